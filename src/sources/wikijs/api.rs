//! Asks Wiki.js's GraphQL API. What is not for the key comes back as nothing, beside an error that is not
//! read further: its words may name what was asked for.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use url::Url;

use crate::model::Identity;
use crate::sources::SourceError;
use crate::sources::forge::{Client, Reply, Stop};
use crate::sources::wiki::{
    self, Fate, Hearing, Links, Page, Run, Said, Seen, Stands, Targets, Turn, Wiki,
};

use super::WikiJs;
use super::answer::{self, Version};

/// All pages: the list knows no parts.
const PAGES: &str = "query { localization { config { locale namespacing } } pages { list(orderBy: ID) { id path locale \
                     title isPublished isPrivate createdAt updatedAt tags } } }";

/// A page as it is shown. Who wrote it is for other keys than what it says.
const PAGE: &str = "query ($id: Int!) { pages { shown: single(id: $id) { render } \
                    people: single(id: $id) { authorId creatorId } } }";

/// Earlier versions, the newest first.
const HISTORY: &str = "query ($id: Int!, $part: Int!) { pages { history(id: $id, offsetPage: $part, \
                       offsetSize: 100) { trail { versionId authorId actionType valueBefore } total } } }";

/// What was said on a page.
const COMMENTS: &str = "query ($locale: String!, $path: String!) { comments { list(locale: $locale, path: $path) { id \
                        authorId createdAt updatedAt render } } }";

/// Versions of one part of a history.
const PART: usize = 100;

/// Parts of a history; nobody changes a page so often.
const MOST_PARTS: usize = 50;

/// What the wiki says itself where its answer to a key is status 500.
const OFF: &str = "; so does Wiki.js answer where its API is switched off, and a key that is wrong";

/// One pull.
pub(super) struct Asking<'a> {
    wiki: &'a WikiJs,
    client: Client,
    base: String,
    /// The wiki's first language, and whether every address has one.
    main: Option<(String, bool)>,
    /// All pages, by their numbers.
    all: BTreeMap<String, answer::Page>,
    /// What was asked about single pages: what is shown, and who wrote it.
    shown: BTreeMap<String, Shown>,
    /// Earlier versions of single pages.
    histories: BTreeMap<String, Vec<Version>>,
    /// Whether anything was refused to the key.
    is_refused: bool,
}

#[derive(Clone, Default)]
struct Shown {
    html: Option<String>,
    author: Option<Identity>,
    creator: Option<Identity>,
}

impl<'a> Asking<'a> {
    pub(super) fn new(wiki: &'a WikiJs, client: Client) -> Asking<'a> {
        Asking {
            wiki,
            client,
            base: wiki.base(),
            main: None,
            all: BTreeMap::new(),
            shown: BTreeMap::new(),
            histories: BTreeMap::new(),
            is_refused: false,
        }
    }

    fn ask(&mut self, query: &str, variables: &Value) -> Result<Value, Stop> {
        let question = json!({ "query": query, "variables": variables }).to_string();
        let address = self.client.address("");
        match self.client.post(&address, &question)? {
            Reply::Page(page) => {
                let errors = page.value["errors"].as_array();
                self.is_refused |= errors.is_some_and(|errors| !errors.is_empty());
                Ok(page.value["data"].clone())
            }
            Reply::Same | Reply::Gone | Reply::Forbidden => {
                Err(self.client.refused("is no GraphQL of Wiki.js; check api"))
            }
        }
    }

    /// All pages that the key may see.
    pub(super) fn listed(&mut self) -> Result<Vec<answer::Page>, Stop> {
        let data = self.ask(PAGES, &json!({})).map_err(explained)?;
        let config = &data["localization"]["config"];
        let main = config["locale"].as_str().map(str::to_owned);
        self.main = main.map(|locale| (locale, config["namespacing"] == true));
        let Some(list) = data["pages"]["list"].as_array() else {
            let reason = "gives no list of pages; the key of token_file should have read:pages";
            return Err(self.client.refused(reason));
        };
        Ok(list.iter().filter_map(answer::page).collect())
    }

    /// The address of a page, and the others that it has.
    fn addresses(&self, page: &answer::Page) -> Vec<String> {
        let base = &self.base;
        let long = format!("{base}/{}/{}", page.locale, page.path);
        let short = format!("{base}/{}", page.path);
        let by_number = format!("{base}/i/{}", page.id);
        match &self.main {
            Some((main, _)) if *main != page.locale => vec![long, by_number],
            Some((_, false)) => vec![short, long, by_number],
            _ => vec![long, short, by_number],
        }
    }

    /// A page as a write-up, as far as the list says it.
    fn described(&self, page: &answer::Page) -> Page {
        let mut names = self.addresses(page);
        let url = names.remove(0);
        let keys = self.wiki.house.keys.iter();
        names.extend(keys.flat_map(|pattern| {
            let found = pattern.find_iter(&page.title);
            found.map(|key| key.as_str().to_owned())
        }));
        Page {
            id: page.id.to_string(),
            title: page.title.clone(),
            url: Some(url),
            names,
            published: Some(page.created),
            updated: page.updated,
            tags: page.tags.clone(),
            ..Page::default()
        }
    }

    /// What is shown of a page, asked for once.
    fn shown(&mut self, id: &str) -> Result<Shown, Stop> {
        if let Some(shown) = self.shown.get(id) {
            return Ok(shown.clone());
        }
        let Some(number) = self.all.get(id).map(|page| page.id) else {
            return Ok(Shown::default());
        };
        let data = self.ask(PAGE, &json!({ "id": number }))?;
        let (shown, people) = (&data["pages"]["shown"], &data["pages"]["people"]);
        let html = shown["render"].as_str().filter(|html| !html.is_empty());
        let shown = Shown {
            html: html.map(str::to_owned),
            author: answer::person(&people["authorId"]),
            creator: answer::person(&people["creatorId"]),
        };
        self.shown.insert(id.to_owned(), shown.clone());
        Ok(shown)
    }

    /// The earlier versions of a page, the oldest first, asked for once; none where they are not for the key.
    fn history(&mut self, id: &str) -> Result<Vec<Version>, Stop> {
        if let Some(known) = self.histories.get(id) {
            return Ok(known.clone());
        }
        let Some(number) = self.all.get(id).map(|page| page.id) else {
            return Ok(Vec::new());
        };
        let mut versions: Vec<Version> = Vec::new();
        for part in 0..MOST_PARTS {
            let data = self.ask(HISTORY, &json!({ "id": number, "part": part }))?;
            let trail = data["pages"]["history"]["trail"].as_array();
            let trail = trail.map_or(&[][..], Vec::as_slice);
            versions.extend(trail.iter().filter_map(answer::version));
            if trail.len() < PART {
                break;
            }
        }
        versions.sort_by_key(|version| version.id);
        versions.dedup_by_key(|version| version.id);
        self.histories.insert(id.to_owned(), versions.clone());
        Ok(versions)
    }

    /// How versions came to be earlier ones, by their numbers.
    fn replaced(
        &mut self,
        number: i64,
        versions: &[Version],
    ) -> Result<BTreeMap<i64, answer::Replaced>, Stop> {
        let mut replaced = BTreeMap::new();
        for some in versions.chunks(PART) {
            // Numbers alone are written into the question.
            let parts = some.iter().map(|version| {
                let id = version.id;
                format!("v{id}: version(pageId: {number}, versionId: {id}) {{ action createdAt }}")
            });
            let parts: Vec<String> = parts.collect();
            let query = format!("query {{ pages {{ {} }} }}", parts.join(" "));
            let data = self.ask(&query, &json!({}))?;
            for version in some {
                let one = answer::replaced(&data["pages"][format!("v{}", version.id)]);
                replaced.extend(one.map(|one| (version.id, one)));
            }
        }
        Ok(replaced)
    }

    /// Edits since the last pull, and the addresses under earlier paths. Each is known by the version whose
    /// place it took, and dated by when that became an earlier one: a page that is only rendered anew has a
    /// later date, too.
    fn edits(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let Some(listed) = self.all.get(&page.id).cloned() else {
            return Ok(());
        };
        let mut versions = self.history(&page.id)?;
        versions.retain(|version| seen.mark.is_none_or(|mark| version.id > mark));
        let replaced = self.replaced(listed.id, &versions)?;
        let author = self.shown(&page.id)?.author;
        for (at, version) in versions.iter().enumerate() {
            let Some(replaced) = replaced.get(&version.id).filter(|one| one.is_edit) else {
                continue;
            };
            let next = versions.get(at + 1).map(|next| next.author.clone());
            let person = next.unwrap_or_else(|| author.clone());
            let id = format!("edit:{}:{}", page.id, version.id);
            run.sink
                .event(run.maker.edit(id, &page.id, person, replaced.at, false));
        }
        let moved = versions
            .iter()
            .filter_map(|version| version.moved_from.clone());
        let moved = moved.filter(|path| *path != listed.path);
        let earlier: Vec<String> = moved
            .flat_map(|path| {
                let mut there = self.addresses(&answer::Page {
                    path,
                    ..listed.clone()
                });
                there.pop();
                there
            })
            .collect();
        if !earlier.is_empty() {
            run.sink
                .event(run.maker.also(&page.id, earlier, page.updated));
        }
        seen.mark = versions.last().map(|version| version.id).max(seen.mark);
        Ok(())
    }

    fn said(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let Some(listed) = self.all.get(&page.id) else {
            return Ok(());
        };
        let where_it_is = json!({ "locale": listed.locale, "path": listed.path });
        let data = self.ask(COMMENTS, &where_it_is)?;
        let Some(list) = data["comments"]["list"].as_array() else {
            return Ok(());
        };
        let mut hearing = Hearing::new(run, seen);
        for comment in list.iter().filter_map(answer::comment) {
            let id = comment.id.to_string();
            let html = comment.html.as_deref();
            let words = html.map(|html| {
                wiki::of_html(html, &self.wiki.house.setting.vocabulary)
                    .0
                    .words
            });
            let said = Said {
                id: &id,
                page: &page.id,
                person: comment.author,
                parent: None,
                words,
                created: comment.created,
                updated: comment.updated,
                deleted: None,
            };
            hearing.said(&id, said);
        }
        hearing.whole(&page.id, |id, _| id.to_owned(), seen, run);
        Ok(())
    }
}

impl Wiki for Asking<'_> {
    fn pages(&mut self, _run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let all = self.listed()?;
        let wanted = all.iter().filter(|page| self.wiki.is_writeup(page));
        let pages = wanted.map(|page| self.described(page)).collect();
        self.all = all
            .into_iter()
            .map(|page| (page.id.to_string(), page))
            .collect();
        Ok(pages)
    }

    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        let shown = self.shown(&page.id)?;
        let html = shown.html.as_deref();
        let measured = html.map(|html| {
            let (mut measured, links) = wiki::of_html(html, &self.wiki.house.setting.vocabulary);
            // Every heading has a link to itself.
            let own = links.iter().filter(|link| link.starts_with('#')).count();
            let own = u32::try_from(own).unwrap_or(u32::MAX);
            measured.hyperlinks = measured.hyperlinks.saturating_sub(own);
            measured
        });
        let earlier = self.history(&page.id)?;
        let earlier = earlier.into_iter().map(|version| version.author);
        let people = std::iter::once(shown.creator).chain(earlier);
        Ok(Page {
            contributors: people.chain([shown.author]).flatten().collect(),
            measured,
            ..page.clone()
        })
    }

    fn belongings(
        &mut self,
        page: &Page,
        is_new: bool,
        seen: &mut Seen,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        if is_new {
            self.edits(page, seen, run)?;
        }
        if self.wiki.house.comments {
            self.said(page, seen, run)?;
        }
        Ok(())
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        // The list is whole, whatever is a write-up in it.
        Ok(match self.all.contains_key(id) {
            true => Fate::Elsewhere,
            false => Fate::Gone(None),
        })
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        let told = match self.wiki.house.links {
            true => self.linked(pages, links, run),
            false => Ok(()),
        };
        if self.is_refused {
            run.sink.note(REFUSED.to_owned());
        }
        told
    }
}

impl Asking<'_> {
    /// Tells of links in pages that were changed since the last pull.
    fn linked(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        let targets = Targets::new(&run.maker, &self.wiki.house.setting, pages);
        let mut listed: Vec<answer::Page> = self.all.values().cloned().collect();
        listed.retain(|page| page.is_public);
        // In this order a pull that is cut off goes on where it stood.
        let turns = links
            .turns
            .of(listed, 0, |page| (page.updated, page.id.to_string()));
        for (turn, page) in turns {
            self.look(&page, turn, &targets, links, run)?;
        }
        for id in links.turns.waiting() {
            match self.all.get(&id).filter(|page| page.is_public).cloned() {
                Some(page) => self.look(&page, Turn::Waited, &targets, links, run)?,
                None => links.turns.is_done(&id),
            }
        }
        Ok(())
    }

    /// Looks at a page as it stands.
    fn look(
        &mut self,
        page: &answer::Page,
        turn: Turn,
        targets: &Targets,
        links: &mut Links,
        run: &mut Run<'_>,
    ) -> Result<(), Stop> {
        let id = page.id.to_string();
        let shown = self.shown(&id);
        let shown = run.pass(shown)?;
        links.turns.looked(turn, &id, page.updated, shown.is_some());
        let shown = shown.unwrap_or_default();
        let Some(html) = shown.html else {
            return Ok(());
        };
        let address = self.addresses(page).swap_remove(0);
        let (_, led) = wiki::of_html(&html, &self.wiki.house.setting.vocabulary);
        let led = Url::parse(&address).map(|page| wiki::resolved(&led, &page));
        let within: Vec<&str> = page.path.split('/').collect();
        let stands = Stands {
            page: &id,
            is_writeup: targets.is_own(&id),
            place: self.wiki.house.places.of(&page.title, &within),
            address: Some(address),
            updated: page.updated,
            editor: shown.author,
            to: targets.of(&led.unwrap_or_default()),
            sought: &targets.sought,
        };
        links.look(stands, run);
        Ok(())
    }
}

/// What is said where a key may not see all that it is asked for.
const REFUSED: &str = "some of what was asked for is not for the key of token_file, and is left out: it needs \
                       read:pages, read:source, read:history and read:comments, and to see who wrote what and \
                       what it says, write:pages and manage:pages";

/// The first question is where a key that is wrong shows.
fn explained(stop: Stop) -> Stop {
    match stop {
        Stop::Refused(
            SourceError::Remote {
                name,
                reason,
                retryable,
            },
            blame,
        ) if reason.contains("status 500") => Stop::Refused(
            SourceError::Remote {
                name,
                reason: format!("{reason}{OFF}"),
                retryable,
            },
            blame,
        ),
        other => other,
    }
}
