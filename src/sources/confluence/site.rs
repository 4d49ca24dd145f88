//! Asks one site, in the words of its edition. What is asked more than once in a pull stands in its
//! checkpoint; here nothing is remembered but what the connection needs.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::sources::SourceError;
use crate::sources::forge::{Client, Reply, Stop};

use super::Edition;
use super::answer::{self, Comment, Page, Version};

/// Objects of a list in one answer, without bodies.
const LIGHT: u32 = 200;
/// With bodies: a page can be long.
const HEAVY: u32 = 25;
/// Pages asked for by their numbers at once: they stand in the address.
pub(super) const TOGETHER: usize = 25;
/// Answers to one question.
const MOST_ANSWERS: usize = 1_000;

/// What the older API tells of a page beside its title.
const EXPAND: &str = "version,history,space,metadata.labels,restrictions.read.restrictions.user,\
                      restrictions.read.restrictions.group";

/// A site that is asked.
pub(super) struct Site {
    client: Client,
    edition: Edition,
    /// Pages and comments that could not be read.
    pub(super) unread: usize,
}

/// Whether a list could be read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Listed {
    /// To its end.
    Whole,
    /// It is not there, or not for us.
    Absent,
}

/// Comments below a page, and comments at a place in it.
const FOOTER: &str = "footer-comments";
const INLINE: &str = "inline-comments";

/// Pages and blog posts, as both APIs call them.
const COLLECTIONS: [(&str, &str, bool); 2] =
    [("pages", "page", false), ("blogposts", "blogpost", true)];

impl Site {
    /// A site of a known edition.
    pub(super) fn new(client: Client, edition: Edition) -> Site {
        Site {
            client,
            edition,
            unread: 0,
        }
    }

    /// Finds out which edition answers.
    pub(super) fn meet(mut client: Client) -> Result<Site, Stop> {
        let mut refused = false;
        for (edition, path) in [
            (Edition::Cloud, "/api/v2/spaces?limit=1"),
            (Edition::DataCenter, "/rest/api/space?limit=1"),
        ] {
            let address = client.address(path);
            match client.get(&address, None) {
                Ok(Reply::Page(page)) if page.value["results"].is_array() => {
                    return Ok(Site::new(client, edition));
                }
                Ok(Reply::Forbidden) => refused = true,
                // Where one edition has its API, the other may have a page for people, or nothing.
                Ok(_)
                | Err(Stop::Refused(
                    SourceError::Remote {
                        retryable: false, ..
                    },
                    _,
                )) => {}
                Err(stop) => return Err(stop),
            }
        }
        let reason = match refused {
            true => "refuses access (status 403); check token_file and the rights of its user",
            false => "neither Confluence Cloud nor Data Center answers there; check url",
        };
        Err(client.refused(reason))
    }

    /// The edition.
    pub(super) fn edition(&self) -> Edition {
        self.edition
    }

    /// One object; `None` where it is not there, or not for us.
    fn one(&mut self, path: &str) -> Result<Option<Value>, Stop> {
        let address = self.client.address(path);
        let reply = self.client.get(&address, None)?;
        Ok(match reply {
            Reply::Page(page) => Some(page.value),
            Reply::Same | Reply::Gone | Reply::Forbidden => None,
        })
    }

    /// Hands over the answers of a list to its end.
    fn all(&mut self, path: &str, mut take: impl FnMut(&Value)) -> Result<Listed, Stop> {
        let mut path = path.to_owned();
        let mut asked = HashSet::new();
        let mut first = true;
        while asked.insert(path.clone()) && asked.len() <= MOST_ANSWERS {
            let address = self.client.address(&path);
            let reply = self.client.get(&address, None)?;
            let page = match reply {
                Reply::Page(page) => page,
                Reply::Same | Reply::Gone | Reply::Forbidden if first => return Ok(Listed::Absent),
                // It answered just before.
                Reply::Same | Reply::Gone | Reply::Forbidden => {
                    return Err(self
                        .client
                        .unanswered("a list breaks off in its middle", true));
                }
            };
            first = false;
            if !page.value["results"].is_array() {
                return Err(self
                    .client
                    .refused("answers with something else than a list; check url"));
            }
            take(&page.value);
            match answer::next(&page.value, page.next.as_deref()) {
                Some(next) => path = next,
                None => return Ok(Listed::Whole),
            }
        }
        Err(self
            .client
            .refused("a list leads back to where it was, or never ends"))
    }

    /// The numbers of the pages that a question of CQL finds, and whether they are blog posts.
    pub(super) fn search(&mut self, cql: &str) -> Result<BTreeMap<u64, bool>, Stop> {
        let cql: String = byte_serialize(cql.as_bytes()).collect();
        let mut found = BTreeMap::new();
        let path = format!("/rest/api/content/search?cql={cql}&limit={LIGHT}");
        let listed = self.all(&path, |answer| {
            for one in answer::results(answer) {
                let blog = one["type"] == "blogpost";
                found.extend(answer::number(&one["id"]).map(|id| (id, blog)));
            }
        })?;
        match listed {
            Listed::Whole => Ok(found),
            Listed::Absent => Err(self.client.refused(
                "does not let us search (rest/api/content/search); check the rights of the token",
            )),
        }
    }

    /// The numbers of spaces by their keys; empty where the edition goes by keys.
    pub(super) fn spaces(&mut self, keys: &[String]) -> Result<BTreeMap<String, String>, Stop> {
        let mut ids = BTreeMap::new();
        if self.edition == Edition::DataCenter {
            return Ok(ids);
        }
        let listed: Vec<String> = keys.iter().map(|key| escaped(key)).collect();
        let path = format!("/api/v2/spaces?keys={}&limit={LIGHT}", listed.join(","));
        self.all(&path, |answer| {
            for space in answer::results(answer) {
                let key = space["key"].as_str().map(str::to_owned);
                ids.extend(
                    key.and_then(|key| Some((answer::number(&space["id"])?.to_string(), key))),
                );
            }
        })?;
        let is_there = |key: &String| ids.values().any(|known| known == key);
        if let Some(absent) = keys.iter().find(|key| !is_there(key)) {
            // The key of a personal space names somebody.
            let absent = match absent.starts_with('~') {
                true => "a personal space".to_owned(),
                false => format!("the space {absent:?}"),
            };
            let reason = format!("{absent} is not there, or not for the token of token_file");
            return Err(self.client.refused(&reason));
        }
        Ok(ids)
    }

    /// The pages of spaces by their number, without bodies. `ids` are the numbers of the spaces.
    pub(super) fn listing(
        &mut self,
        keys: &[String],
        ids: &BTreeMap<String, String>,
    ) -> Result<BTreeMap<u64, Page>, Stop> {
        let mut pages = BTreeMap::new();
        for (collection, kind, blog) in COLLECTIONS {
            let paths: Vec<String> = match self.edition {
                Edition::Cloud => {
                    let ids: Vec<&str> = ids.keys().map(String::as_str).collect();
                    let ids = ids.join(",");
                    vec![format!("/api/v2/{collection}?space-id={ids}&limit={LIGHT}")]
                }
                Edition::DataCenter => {
                    let one = |key: &String| {
                        let key = escaped(key);
                        format!(
                            "/rest/api/content?spaceKey={key}&type={kind}&status=current&expand={EXPAND}&limit={LIGHT}"
                        )
                    };
                    keys.iter().map(one).collect()
                }
            };
            for path in paths {
                let mut unread = 0;
                let listed = self.all(&path, |answer| {
                    let found = pages_of(answer, blog, ids, &mut unread);
                    pages.extend(found.into_iter().map(|(page, _)| (page.id, page)));
                })?;
                self.unread += unread;
                if listed == Listed::Absent && !blog {
                    return Err(self
                        .client
                        .refused("the spaces are not there, or not for the token"));
                }
            }
        }
        Ok(pages)
    }

    /// Some pages by their numbers, those that are there, with their bodies where that is asked.
    pub(super) fn pages(
        &mut self,
        wanted: &[(u64, bool)],
        with_body: bool,
        ids: &BTreeMap<String, String>,
    ) -> Result<Vec<(Page, Option<String>)>, Stop> {
        let mut found = Vec::new();
        for (collection, _, blog) in COLLECTIONS {
            let some = wanted.iter().filter(|(_, is_blog)| *is_blog == blog);
            let some: Vec<String> = some.map(|(id, _)| id.to_string()).collect();
            if some.is_empty() {
                continue;
            }
            let some = some.join(",");
            let path = match self.edition {
                Edition::Cloud => {
                    let body = if with_body {
                        "&body-format=storage"
                    } else {
                        ""
                    };
                    format!("/api/v2/{collection}?id={some}{body}&limit={TOGETHER}")
                }
                Edition::DataCenter => {
                    let body = if with_body { ",body.storage" } else { "" };
                    let cql: String =
                        byte_serialize(format!("id in ({some})").as_bytes()).collect();
                    format!(
                        "/rest/api/content/search?cql={cql}&expand={EXPAND}{body}&limit={TOGETHER}"
                    )
                }
            };
            let mut unread = 0;
            self.all(&path, |answer| {
                found.extend(pages_of(answer, blog, ids, &mut unread));
            })?;
            self.unread += unread;
        }
        Ok(found)
    }

    /// Whether a page lies in the trash; `None` where it is not there any more.
    pub(super) fn is_trashed(&mut self, id: u64, blog: bool) -> Result<Option<bool>, Stop> {
        let path = match self.edition {
            Edition::Cloud => format!("/api/v2/{}/{id}", collection(blog)),
            Edition::DataCenter => format!("/rest/api/content/{id}?status=any"),
        };
        Ok(self.one(&path)?.as_ref().map(answer::is_trashed))
    }

    /// The history of a page, the first version first; with bodies where the edition gives them along.
    pub(super) fn history(&mut self, page: &Page) -> Result<Vec<Version>, Stop> {
        let id = page.id;
        let paths = match self.edition {
            Edition::Cloud => vec![format!(
                "/api/v2/{}/{id}/versions?body-format=storage&limit={HEAVY}",
                collection(page.blog)
            )],
            // It moved when it was no longer experimental.
            Edition::DataCenter => ["api", "experimental"]
                .map(|place| format!("/rest/{place}/content/{id}/version?limit={LIGHT}"))
                .to_vec(),
        };
        let mut history: Vec<Version> = Vec::new();
        for path in paths {
            let listed = self.all(&path, |answer| {
                history.extend(answer::results(answer).filter_map(answer::version));
            })?;
            if listed == Listed::Whole {
                break;
            }
        }
        if history.is_empty() {
            for number in 1..page.version.number {
                history.extend(self.version(page, number)?);
            }
        }
        if history
            .iter()
            .all(|version| version.number != page.version.number)
        {
            history.push(page.version.clone());
        }
        history.sort_by_key(|version| version.number);
        history.dedup_by_key(|version| version.number);
        Ok(history)
    }

    /// One version of a page with what it says; `None` where it was removed.
    pub(super) fn version(&mut self, page: &Page, number: u32) -> Result<Option<Version>, Stop> {
        let id = page.id;
        let path = match self.edition {
            Edition::Cloud => {
                let collection = collection(page.blog);
                format!("/api/v2/{collection}/{id}?version={number}&body-format=storage")
            }
            Edition::DataCenter if number == page.version.number => {
                format!("/rest/api/content/{id}?expand=version,body.storage")
            }
            Edition::DataCenter => format!(
                "/rest/api/content/{id}?status=historical&version={number}&expand=version,body.storage"
            ),
        };
        let Some(value) = self.one(&path)? else {
            return Ok(None);
        };
        let version = value.get("version").and_then(answer::version);
        Ok(version.map(|version| Version {
            body: answer::body(&value).map(str::to_owned),
            ..version
        }))
    }

    /// The comments of a page, those that others answer first, and whether these are all.
    pub(super) fn comments(&mut self, page: &Page) -> Result<(Vec<Comment>, bool), Stop> {
        let mut comments: Vec<Comment> = Vec::new();
        let before = self.unread;
        let mut is_whole = true;
        let lists = match self.edition {
            Edition::DataCenter => vec![(
                false,
                format!(
                    "/rest/api/content/{}/child/comment?depth=all\
                     &expand=version,history,ancestors,body.storage&limit={HEAVY}",
                    page.id
                ),
            )],
            Edition::Cloud => [(false, FOOTER), (true, INLINE)]
                .map(|(inline, kind)| {
                    let (collection, id) = (collection(page.blog), page.id);
                    let path = format!(
                        "/api/v2/{collection}/{id}/{kind}?body-format=storage&limit={HEAVY}"
                    );
                    (inline, path)
                })
                .to_vec(),
        };
        for (inline, path) in lists {
            let (found, listed) = self.comments_at(&path)?;
            is_whole &= listed == Listed::Whole;
            comments.extend(found.into_iter().map(|one| Comment { inline, ..one }));
        }
        if self.edition == Edition::Cloud {
            let mut known: BTreeSet<u64> = comments.iter().map(|comment| comment.id).collect();
            let mut at = 0;
            while let Some((above, inline)) = comments.get(at).map(|one| (one.id, one.inline)) {
                at += 1;
                let kind = if inline { INLINE } else { FOOTER };
                let path =
                    format!("/api/v2/{kind}/{above}/children?body-format=storage&limit={HEAVY}");
                for mut comment in self.comments_at(&path)?.0 {
                    comment.parent = comment.parent.or(Some(above));
                    comment.inline = inline;
                    if known.insert(comment.id) {
                        comments.push(comment);
                    }
                }
            }
        }
        Ok((comments, is_whole && self.unread == before))
    }

    fn comments_at(&mut self, path: &str) -> Result<(Vec<Comment>, Listed), Stop> {
        let mut comments = Vec::new();
        let mut all = 0;
        let listed = self.all(path, |answer| {
            all += answer::results(answer).count();
            comments.extend(answer::results(answer).filter_map(answer::comment));
        })?;
        self.unread += all - comments.len();
        Ok((comments, listed))
    }

    /// When and by whom a comment was written: it tells itself only who changed it last.
    pub(super) fn written(&mut self, comment: &mut Comment) -> Result<(), Stop> {
        if comment.written.is_some() {
            return Ok(());
        }
        if comment.version.number == 1 {
            comment.written = Some((comment.version.at, comment.version.who.clone()));
            return Ok(());
        }
        let kind = if comment.inline { INLINE } else { FOOTER };
        let first = self.one(&format!("/api/v2/{kind}/{}/versions/1", comment.id))?;
        let first = first.as_ref().and_then(answer::version);
        comment.written = first.map(|first| (first.at, first.who));
        Ok(())
    }

    /// The labels of a page, where the listing does not tell them.
    pub(super) fn labels(&mut self, page: &Page) -> Result<Option<Vec<String>>, Stop> {
        if page.labels.is_some() || self.edition == Edition::DataCenter {
            return Ok(page.labels.clone());
        }
        let path = format!(
            "/api/v2/{}/{}/labels?limit={LIGHT}",
            collection(page.blog),
            page.id
        );
        Ok(self.one(&path)?.as_ref().and_then(answer::labels))
    }

    /// Whether not everybody who sees the space may see a page, where that is told.
    pub(super) fn restricted(&mut self, page: &Page) -> Result<Option<bool>, Stop> {
        if page.restricted.is_some() || self.edition == Edition::DataCenter {
            return Ok(page.restricted);
        }
        let path = format!("/rest/api/content/{}/restriction/byOperation/read", page.id);
        Ok(self.one(&path)?.as_ref().and_then(answer::restricted))
    }

    /// A page's counters: views, and people who viewed. `None` where they are not for us.
    pub(super) fn counters(&mut self, page: u64) -> Result<Option<(u64, Option<u64>)>, Stop> {
        let count = |value: Option<Value>| value.and_then(|value| value["count"].as_u64());
        let path = format!("/rest/api/analytics/content/{page}/views");
        let Some(views) = count(self.one(&path)?) else {
            return Ok(None);
        };
        let path = format!("/rest/api/analytics/content/{page}/viewers");
        Ok(Some((views, count(self.one(&path)?))))
    }

    /// Which of these accounts are programs.
    pub(super) fn programs(&mut self, accounts: &[String]) -> Result<Vec<String>, Stop> {
        let address = self.client.address("/api/v2/users-bulk");
        let question = json!({ "accountIds": accounts }).to_string();
        let Reply::Page(page) = self.client.post(&address, &question)? else {
            return Ok(Vec::new());
        };
        let programs = answer::results(&page.value).filter(|user| user["accountType"] == "app");
        let ids = programs.filter_map(|user| user["accountId"].as_str().map(str::to_owned));
        // Only those that were asked for, whatever is answered.
        Ok(ids.filter(|id| accounts.contains(id)).collect())
    }
}

/// The pages of an answer with their bodies, and their spaces' keys where only numbers are told.
fn pages_of(
    answer: &Value,
    blog: bool,
    ids: &BTreeMap<String, String>,
    unread: &mut usize,
) -> Vec<(Page, Option<String>)> {
    let base = answer["_links"]["base"].as_str();
    let mut pages = Vec::new();
    for value in answer::results(answer) {
        let Some(mut page) = answer::page(value) else {
            *unread += 1;
            continue;
        };
        page.blog |= blog;
        page.base = page.base.or_else(|| base.map(str::to_owned));
        let key = page.space_id.as_ref().and_then(|id| ids.get(id));
        page.space = key.cloned().or(page.space);
        pages.push((page, answer::body(value).map(str::to_owned)));
    }
    pages
}

fn collection(blog: bool) -> &'static str {
    if blog { "blogposts" } else { "pages" }
}

fn escaped(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}
