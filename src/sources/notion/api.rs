//! Asks Notion's REST API.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::model::Millis;
use crate::sources::forge::{Client, Reply, Stop, second};
use crate::sources::wiki::{
    self, Fate, Hearing, Links, Page, Run, Said, Seen, Stands, Targets, Turn, Wiki,
};

use super::Notion;
use super::answer::{self, Comment};
use super::blocks;

/// Most that is given at once.
const AT_ONCE: u32 = 100;

/// Blocks within blocks; below it hardly anything is said.
const DEEPEST: u32 = 6;

/// Lists of what was changed last are made some time after, ms.
const OVERLAP: Millis = 3_600_000;

/// One pull.
pub(super) struct Asking<'a> {
    notion: &'a Notion,
    client: Client,
    now: Millis,
    /// Texts of pages, each asked for once.
    texts: BTreeMap<String, Option<String>>,
    /// Comments are not for this integration.
    is_mute: bool,
}

impl<'a> Asking<'a> {
    pub(super) fn new(notion: &'a Notion, client: Client, now: Millis) -> Asking<'a> {
        Asking {
            notion,
            client,
            now,
            texts: BTreeMap::new(),
            is_mute: false,
        }
    }

    fn get(&mut self, path: &str) -> Result<Option<Value>, Stop> {
        let address = self.client.address(path);
        let reply = self.client.get(&address, None)?;
        Ok(of(reply))
    }

    fn post(&mut self, path: &str, question: &Value) -> Result<Option<Value>, Stop> {
        let address = self.client.address(path);
        let reply = self.client.post(&address, &question.to_string())?;
        Ok(of(reply))
    }

    /// Goes through a list that is asked for by a question, until `take` has enough. False where it is not
    /// there, or not for us.
    fn queried(
        &mut self,
        path: &str,
        question: &Value,
        take: &mut dyn FnMut(&Value) -> bool,
    ) -> Result<bool, Stop> {
        let mut question = question.clone();
        question["page_size"] = json!(AT_ONCE);
        loop {
            let Some(answer) = self.post(path, &question)? else {
                return Ok(false);
            };
            let goes_on = results(&answer).iter().all(&mut *take);
            match next(&answer).filter(|_| goes_on) {
                Some(cursor) => question["start_cursor"] = json!(cursor),
                None => return Ok(true),
            }
        }
    }

    /// The same, of a list at an address.
    fn listed(&mut self, path: &str, take: &mut dyn FnMut(&Value)) -> Result<bool, Stop> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut cursor = String::new();
        loop {
            let part = format!("{path}{join}page_size={AT_ONCE}{cursor}");
            let Some(answer) = self.get(&part)? else {
                return Ok(false);
            };
            results(&answer).iter().for_each(&mut *take);
            match next(&answer) {
                Some(next) => cursor = format!("&start_cursor={next}"),
                None => return Ok(true),
            }
        }
    }

    /// The pages of a database, whatever sources of data it has.
    fn database(&mut self, database: &str) -> Result<Vec<answer::Page>, Stop> {
        let path = format!("/databases/{database}");
        let Some(answer) = self.get(&path)? else {
            return Err(wiki::missing(&self.notion.api, &path));
        };
        let sources = answer["data_sources"].as_array().into_iter().flatten();
        let sources = sources.filter_map(|source| answer::id_in(source["id"].as_str()?));
        let sources: Vec<String> = sources.collect();
        let mut pages = Vec::new();
        for source in sources {
            let path = format!("/data_sources/{source}/query");
            let is_there = self.queried(&path, &json!({}), &mut |value| {
                pages.extend(answer::page(value));
                true
            })?;
            if !is_there {
                return Err(wiki::missing(&self.notion.api, &path));
            }
        }
        Ok(pages)
    }

    /// The text of a page; `None` where it is not there, or not for us.
    fn text(&mut self, id: &str) -> Result<Option<String>, Stop> {
        if let Some(text) = self.texts.get(id) {
            return Ok(text.clone());
        }
        let mut text = String::new();
        let is_there = self.below(id, 0, &mut text)?;
        let text = is_there.then_some(text);
        self.texts.insert(id.to_owned(), text.clone());
        Ok(text)
    }

    fn below(&mut self, id: &str, depth: u32, text: &mut String) -> Result<bool, Stop> {
        let mut found = Vec::new();
        let path = format!("/blocks/{id}/children");
        let is_there = self.listed(&path, &mut |block| {
            let below = block["id"].as_str().filter(|_| blocks::is_parent(block));
            let below = below.and_then(answer::id_in);
            found.push((blocks::written(block), below));
        })?;
        for (written, below) in found {
            text.push_str(&written);
            if let Some(below) = below.filter(|_| depth < DEEPEST) {
                self.below(&below, depth + 1, text)?;
            }
        }
        Ok(is_there)
    }

    /// A page as a write-up, as far as a list says it.
    fn described(&self, page: &answer::Page) -> Page {
        let lasting = blocks::lasting(&page.id);
        let people = [&page.author, &page.editor];
        let mut names = vec![lasting.clone()];
        names.extend(page.public.clone());
        Page {
            id: page.id.clone(),
            title: page.title.clone(),
            url: Some(page.url.clone().unwrap_or(lasting)),
            names,
            published: Some(page.created),
            updated: page.updated,
            contributors: people.into_iter().flatten().cloned().collect(),
            tags: page.tags.clone(),
            template: None,
            measured: None,
        }
    }

    /// Open comments. What was told and is not there may be resolved as well as deleted: it stays.
    fn said(&mut self, page: &Page, seen: &mut Seen, run: &mut Run<'_>) -> Result<(), Stop> {
        let mut comments: Vec<Comment> = Vec::new();
        let path = format!("/comments?block_id={}", page.id);
        let is_there = self.listed(&path, &mut |value| comments.extend(answer::comment(value)))?;
        if !is_there {
            self.is_mute = true;
            return Ok(());
        }
        comments.sort_by_key(|comment| comment.created);
        let mut hearing = Hearing::new(run, seen);
        for comment in &comments {
            let opening = comments
                .iter()
                .find(|one| one.discussion == comment.discussion);
            let opening = opening.filter(|one| one.id != comment.id && !one.discussion.is_empty());
            let said = Said {
                id: &comment.id,
                page: &page.id,
                person: comment.author.clone(),
                parent: opening.map(|one| one.id.as_str()),
                words: Some(wiki::words(&comment.text)),
                created: comment.created,
                updated: comment.updated,
                deleted: None,
            };
            hearing.said(&comment.id, said);
        }
        hearing.open(seen, run);
        Ok(())
    }
}

impl Wiki for Asking<'_> {
    fn pages(&mut self, _run: &mut Run<'_>) -> Result<Vec<Page>, Stop> {
        let mut pages = Vec::new();
        for database in &self.notion.databases {
            let found = self.database(database)?;
            let found = found.iter().filter(|page| self.notion.is_writeup(page));
            pages.extend(found.map(|page| self.described(page)));
        }
        Ok(pages)
    }

    fn whole(&mut self, page: &Page) -> Result<Page, Stop> {
        let Some(text) = self.text(&page.id)? else {
            return Ok(page.clone());
        };
        let vocabulary = &self.notion.house.setting.vocabulary;
        let (measured, keys) =
            wiki::of_markdown(&page.title, &text, &self.notion.house.keys, vocabulary);
        let mut names = page.names.clone();
        names.extend(keys);
        Ok(Page {
            names,
            measured: Some(measured),
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
        let is_edited = page.published.is_some_and(|made| page.updated > made);
        if is_new && is_edited {
            let id = format!("edit:{}@{}", page.id, second(page.updated));
            let editor = page.contributors.last().cloned();
            run.sink
                .event(run.maker.edit(id, &page.id, editor, page.updated, false));
        }
        if self.notion.house.comments && !self.is_mute {
            self.said(page, seen, run)?;
        }
        Ok(())
    }

    fn fate(&mut self, id: &str) -> Result<Fate, Stop> {
        let Some(answer) = self.get(&format!("/pages/{id}"))? else {
            return Ok(Fate::Gone(None));
        };
        let is_gone = answer::page(&answer).is_some_and(|page| page.is_gone);
        Ok(match is_gone {
            // Notion does not say since when it lies in the trash.
            true => Fate::Gone(Some(self.now)),
            false => Fate::Elsewhere,
        })
    }

    fn links(&mut self, pages: &[Page], links: &mut Links, run: &mut Run<'_>) -> Result<(), Stop> {
        if self.is_mute {
            run.sink.note(MUTE.to_owned());
        }
        if !self.notion.house.links {
            return Ok(());
        }
        let targets = Targets::new(&run.maker, &self.notion.house.setting, pages);
        let since = links.turns.since.map(|since| since - OVERLAP);
        let since = since.filter(|_| !links.turns.is_again());
        let question = json!({
            "filter": { "property": "object", "value": "page" },
            "sort": { "timestamp": "last_edited_time", "direction": "descending" },
        });
        let mut changed: Vec<answer::Page> = Vec::new();
        self.queried("/search", &question, &mut |value| {
            let Some(page) = answer::page(value) else {
                return true;
            };
            let is_new = since.is_none_or(|since| page.updated >= since);
            changed.extend(Some(page).filter(|page| is_new && !page.is_gone));
            is_new
        })?;
        // The oldest first: a pull that is cut off goes on where it stood.
        let turns = links
            .turns
            .of(changed, OVERLAP, |page| (page.updated, page.id.clone()));
        for (turn, page) in turns {
            let is_read = self.look(&page, &targets, links, run)?;
            links.turns.looked(turn, &page.id, page.updated, is_read);
        }
        for id in links.turns.waiting() {
            let answer = self.get(&format!("/pages/{id}"));
            let is_read = match run.pass(answer)? {
                Some(answer) => {
                    let page = answer.as_ref().and_then(answer::page);
                    match page.filter(|page| !page.is_gone) {
                        Some(page) => self.look(&page, &targets, links, run)?,
                        None => true,
                    }
                }
                None => false,
            };
            links.turns.looked(Turn::Waited, &id, 0, is_read);
        }
        Ok(())
    }
}

impl Asking<'_> {
    /// Looks at a page as it stands. Says whether its text was answered.
    fn look(
        &mut self,
        page: &answer::Page,
        targets: &Targets,
        links: &mut Links,
        run: &mut Run<'_>,
    ) -> Result<bool, Stop> {
        let text = self.text(&page.id);
        let Some(text) = run.pass(text)? else {
            return Ok(false);
        };
        if let Some(text) = text {
            let stands = Stands {
                page: &page.id,
                is_writeup: targets.is_own(&page.id),
                place: self.notion.house.places.of(&page.title, &[]),
                address: page.url.clone(),
                updated: page.updated,
                editor: page.editor.clone(),
                to: targets.of(&text),
                sought: &targets.sought,
            };
            links.look(stands, run);
        }
        Ok(true)
    }
}

/// What is said where comments are not for an integration.
const MUTE: &str = "comments are not for this integration, and are left out; give it the capability to read \
                    comments, or set comments = false";

fn of(reply: Reply) -> Option<Value> {
    match reply {
        Reply::Page(page) => Some(page.value),
        Reply::Same | Reply::Gone | Reply::Forbidden => None,
    }
}

fn results(answer: &Value) -> &[Value] {
    answer["results"].as_array().map_or(&[], Vec::as_slice)
}

/// Where a list goes on.
fn next(answer: &Value) -> Option<&str> {
    let cursor = answer["next_cursor"].as_str()?;
    let is_plain = cursor
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let goes_on = answer["has_more"] == true && is_plain && !cursor.is_empty();
    goes_on.then_some(cursor)
}
