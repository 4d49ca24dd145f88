//! Microsoft Graph, as its reference describes it: a listener's answers about mailboxes, with changes that are
//! as bare as the real ones. It checks what it is shown.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::calendar_server::{Asked, Reply, Server, Source, reply};

/// How an identifier of Exchange's own form begins and ends; between them stands the day.
const HEAD: &str = "040000008200E00074C5B7101A82E008";
const TAIL: &str = "E040C9C12685C4010000000000000000100000000BF0ED4B6E4EE94E9E39E3867B3";

/// The UID of a meeting or series by its number, as iCalendar has it.
pub(crate) fn uid(number: u32) -> String {
    format!("{HEAD}00000000{TAIL}{number:05X}")
}

fn uid_of(number: u32, day: &str) -> String {
    let part = |range: std::ops::Range<usize>| day[range].parse::<u32>().expect("digits");
    let (year, month, day) = (part(0..4), part(5..7), part(8..10));
    format!("{HEAD}{year:04X}{month:02X}{day:02X}{TAIL}{number:05X}")
}

fn time(at: &str) -> Value {
    json!({ "dateTime": format!("{at}.0000000"), "timeZone": "UTC" })
}

/// Somebody who is invited: who, type, answer.
pub(crate) type Invited<'a> = (&'a str, &'a str, &'a str);

pub(crate) fn person(who: &str) -> Value {
    json!({ "emailAddress": { "name": format!("{who} zzsecret"), "address": format!("{who}@example.org") } })
}

/// A meeting of an hour.
pub(crate) fn meeting(number: u32, start: &str, title: &str, people: &[Invited<'_>]) -> Value {
    let hour: u32 = start[11..13].parse().expect("an hour");
    let end = format!("{}{:02}{}", &start[..11], hour + 1, &start[13..]);
    let attendees = people.iter().map(|(who, sort, answer)| {
        let mut one = person(who);
        one["type"] = json!(sort);
        one["status"] = json!({ "response": answer, "time": "0001-01-01T00:00:00Z" });
        one
    });
    json!({ "id": format!("AAMk{number}="), "iCalUId": uid(number), "type": "singleInstance",
        "subject": title, "categories": [], "start": time(start), "end": time(&end), "isAllDay": false,
        "isCancelled": false, "isDraft": false, "isOrganizer": true, "showAs": "busy",
        "seriesMasterId": null, "body": { "contentType": "text", "content": "zzsecret words" },
        "location": { "displayName": "Room 4" }, "locations": [{ "displayName": "Room 4" }],
        "organizer": person("uwe"), "attendees": attendees.collect::<Vec<_>>(), "responseStatus":
        { "response": "organizer", "time": "0001-01-01T00:00:00Z" } })
}

/// One of a series: the start that the series gave it, the start that it has, further fields.
pub(crate) fn occurrence(master: &Value, number: u32, original: &str, start: &str) -> Value {
    let mut one = meeting(number, start, "", &[]);
    for field in ["subject", "attendees", "organizer", "isOrganizer", "body"] {
        one[field] = master[field].clone();
    }
    one["id"] = json!(format!("AAMk{number}.{}=", &original[..10]));
    one["iCalUId"] = json!(uid_of(number, original));
    let sort = if original == start {
        "occurrence"
    } else {
        "exception"
    };
    one["type"] = json!(sort);
    one["seriesMasterId"] = master["id"].clone();
    one["originalStart"] = json!(format!("{original}Z"));
    one
}

/// A calendar.
#[derive(Default)]
pub(crate) struct Calendar {
    /// Meetings, and series by their masters, with their occurrences.
    entries: BTreeMap<String, (Value, Vec<Value>)>,
    /// Ids in the order in which something became of them; a token is how many there were.
    changes: Vec<String>,
}

impl Calendar {
    pub(crate) fn set(&mut self, meeting: Value) {
        self.put(meeting, Vec::new());
    }

    pub(crate) fn series(
        &mut self,
        number: u32,
        title: &str,
        people: &[Invited<'_>],
        all: &[(&str, &str)],
    ) {
        let mut master = meeting(number, all[0].0, title, people);
        master["type"] = json!("seriesMaster");
        master["isOrganizer"] = json!(true);
        let all = all
            .iter()
            .map(|(original, start)| occurrence(&master, number, original, start));
        let all = all.collect();
        self.put(master, all);
    }

    pub(crate) fn put(&mut self, entry: Value, occurrences: Vec<Value>) {
        let id = entry["id"].as_str().expect("an id").to_owned();
        self.entries.insert(id.clone(), (entry, occurrences));
        self.changes.push(id);
    }

    /// Something of an entry, which is told of as changed.
    pub(crate) fn change(&mut self, number: u32, with: impl FnOnce(&mut Value, &mut Vec<Value>)) {
        let id = format!("AAMk{number}=");
        let (entry, occurrences) = self.entries.get_mut(&id).expect("an entry");
        with(entry, occurrences);
        self.changes.push(id);
    }

    pub(crate) fn remove(&mut self, number: u32) {
        let id = format!("AAMk{number}=");
        self.entries.remove(&id).expect("an entry");
        self.changes.push(id);
    }

    /// What lists and changes say of an entry: of occurrences as little as Graph does.
    fn told(&self, id: &str) -> Vec<Value> {
        let Some((entry, occurrences)) = self.entries.get(id) else {
            return vec![json!({ "@odata.type": "#microsoft.graph.event", "id": id,
                "@removed": { "reason": "deleted" } })];
        };
        let bare = occurrences.iter().map(|one| match one["type"] == "occurrence" {
            true => json!({ "@odata.type": "#microsoft.graph.event", "id": one["id"], "type": "occurrence",
                "seriesMasterId": one["seriesMasterId"], "start": one["start"], "end": one["end"] }),
            false => one.clone(),
        });
        std::iter::once(entry.clone()).chain(bare).collect()
    }
}

/// A meeting in Teams.
#[derive(Default)]
pub(crate) struct Online {
    pub(crate) name: &'static str,
    /// Whose it is asked for as.
    pub(crate) user: &'static str,
    pub(crate) join_url: String,
    pub(crate) reports: Vec<Value>,
    /// What is said of each, its lines of JSON, its voices.
    pub(crate) transcripts: Vec<(Value, Option<String>, Option<String>)>,
}

/// What Graph has.
pub(crate) struct Outlook {
    /// By address of the mailbox, and for calendars beside the first one by address, slash and name.
    pub(crate) calendars: BTreeMap<String, Calendar>,
    /// Groups with an address: members.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    pub(crate) online: Vec<Online>,
    pub(crate) subscriptions: Vec<Value>,
    /// Entries of a page.
    pub(crate) most: usize,
    /// Tokens from before this one are not known any more.
    pub(crate) known_from: usize,
    /// Answers that come before all others, to questions that hold a text.
    pub(crate) odd: Vec<(String, Reply)>,
    pub(crate) own: String,
}

pub(crate) fn ok(body: &Value) -> Reply {
    reply(200, body.to_string())
}

fn gone() -> Reply {
    reply(
        404,
        json!({ "error": { "code": "ErrorItemNotFound" } }).to_string(),
    )
}

impl Outlook {
    pub(crate) fn calendar(&mut self, name: &str) -> &mut Calendar {
        self.calendars.entry(name.to_owned()).or_default()
    }

    pub(crate) fn answer(&mut self, asked: &Asked) -> Reply {
        let url = url::Url::parse(&format!("http://h{}", asked.target)).expect("a target");
        let found = self
            .odd
            .iter()
            .position(|(part, _)| asked.target.contains(part.as_str()));
        if let Some(at) = found {
            return self.odd.remove(at).1;
        }
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        if path == "/t1/oauth2/v2.0/token" {
            let form: BTreeMap<String, String> = url::form_urlencoded::parse(asked.body.as_bytes())
                .into_owned()
                .collect();
            assert_eq!(form["grant_type"], "client_credentials");
            assert_eq!(form["client_id"], "c1");
            assert_eq!(form["client_secret"], "zzsecret");
            assert_eq!(form["scope"], format!("{}/.default", self.own));
            return ok(
                &json!({ "token_type": "Bearer", "expires_in": 3599, "access_token": "zzsecret.t" }),
            );
        }
        assert_eq!(asked.header("authorization"), "Bearer zzsecret.t");
        assert!(asked.header("prefer").contains("outlook.timezone=\"UTC\""));
        let query = |name: &str| {
            let mut pairs = url.query_pairs();
            pairs.find_map(|(one, value)| (one == name).then(|| value.into_owned()))
        };
        let parts: Vec<&str> = path.trim_start_matches("/v1.0/").split('/').collect();
        match parts[..] {
            ["subscriptions"] if asked.method == "GET" => {
                // What was given for a secret is not shown.
                let all = self.subscriptions.iter().map(|one| {
                    let mut shown = one.clone();
                    shown["clientState"] = Value::Null;
                    shown
                });
                ok(&json!({ "value": all.collect::<Vec<_>>() }))
            }
            ["subscriptions"] => {
                let mut made: Value = serde_json::from_str(&asked.body).expect("JSON");
                if self
                    .subscriptions
                    .iter()
                    .any(|one| one["resource"] == made["resource"])
                {
                    return reply(409, "{}");
                }
                made["id"] = json!(format!("s{}", self.subscriptions.len() + 1));
                self.subscriptions.push(made.clone());
                reply(201, made.to_string())
            }
            ["subscriptions", id] => {
                assert_eq!(asked.method, "PATCH");
                let change: Value = serde_json::from_str(&asked.body).expect("JSON");
                match self.subscriptions.iter_mut().find(|one| one["id"] == id) {
                    Some(one) => {
                        one["expirationDateTime"] = change["expirationDateTime"].clone();
                        ok(one)
                    }
                    None => gone(),
                }
            }
            ["groups"] => {
                assert_eq!(query("$filter").as_deref(), Some("mailEnabled eq true"));
                let all = self.groups.keys().map(|mail| {
                    json!({ "id": format!("g-{mail}"), "mail": mail,
                        "proxyAddresses": [format!("SMTP:{mail}"), format!("smtp:also-{mail}"), "X500:/o=x"] })
                });
                ok(&json!({ "value": all.collect::<Vec<_>>() }))
            }
            ["groups", id, "transitiveMembers", "microsoft.graph.user"] => {
                let members = self.groups[id.trim_start_matches("g-")].iter();
                let members =
                    members.map(|mail| json!({ "mail": mail, "userPrincipalName": "x@y" }));
                ok(&json!({ "value": members.collect::<Vec<_>>() }))
            }
            ["users", mailbox, "calendars"] => {
                let names = self
                    .calendars
                    .keys()
                    .filter_map(|name| name.split_once('/'));
                let own = names.filter(|(owner, _)| *owner == mailbox);
                let all = own.map(|(_, name)| json!({ "id": format!("c+{name}="), "name": name }));
                ok(&json!({ "value": all.collect::<Vec<_>>() }))
            }
            ["users", mailbox, "calendar", "events"] => {
                match self.calendars.contains_key(mailbox) {
                    true => ok(&json!({ "value": [] })),
                    false => gone(),
                }
            }
            ["users", mailbox, "calendarView"] => {
                let calendar = &self.calendars[mailbox];
                let all = calendar.entries.values();
                let all = all.flat_map(|(entry, all)| match all.is_empty() {
                    true => std::slice::from_ref(entry),
                    false => all.as_slice(),
                });
                let (from, until) = (query("startDateTime"), query("endDateTime"));
                let within = |one: &&Value| {
                    let start = one["start"]["dateTime"].as_str().map(str::to_owned);
                    start >= from && start < until
                };
                ok(&json!({ "value": all.filter(within).collect::<Vec<_>>() }))
            }
            ["users", user, "onlineMeetings"] => {
                let filter = query("$filter").expect("a filter");
                let joined = filter.strip_prefix("JoinWebUrl eq '").expect("an address");
                let found = self
                    .online
                    .iter()
                    .find(|one| one.join_url == joined.trim_end_matches('\''));
                let found = found.map(|one| {
                    assert_eq!(user, one.user);
                    json!({ "id": format!("on={}", one.name) })
                });
                ok(&json!({ "value": found.into_iter().collect::<Vec<_>>() }))
            }
            ["users", _, "onlineMeetings", id, ref rest @ ..] => {
                let found = self
                    .online
                    .iter()
                    .find(|one| format!("on={}", one.name) == id);
                let found = found.expect("a meeting");
                let whole = |one: &&Value| rest.get(1).is_some_and(|id| one["id"] == *id);
                match rest {
                    ["attendanceReports"] => {
                        let bare = found.reports.iter().map(|one| {
                            let mut bare = one.clone();
                            bare.as_object_mut()
                                .expect("a report")
                                .remove("attendanceRecords");
                            bare
                        });
                        ok(&json!({ "value": bare.collect::<Vec<_>>() }))
                    }
                    ["attendanceReports", _] => {
                        assert_eq!(query("$expand").as_deref(), Some("attendanceRecords"));
                        found.reports.iter().find(whole).map_or_else(gone, ok)
                    }
                    ["transcripts"] => ok(
                        &json!({ "value": found.transcripts.iter().map(|one| &one.0).collect::<Vec<_>>() }),
                    ),
                    ["transcripts", id, form] => {
                        let text = found.transcripts.iter().find(|one| one.0["id"] == *id);
                        let (_, lines, voices) = text.expect("a transcript");
                        let text = if *form == "metadataContent" {
                            lines
                        } else {
                            voices
                        };
                        match text {
                            Some(text) => reply(200, text.as_str()),
                            None => gone(),
                        }
                    }
                    _ => panic!("an unexpected question: {}", asked.target),
                }
            }
            ["users", mailbox, "calendarView", "delta"] => {
                self.delta(mailbox, &asked.target, &query)
            }
            ["users", mailbox, "calendars", id, "calendarView", "delta"] => {
                let name = id.trim_start_matches("c+").trim_end_matches('=');
                self.delta(&format!("{mailbox}/{name}"), &asked.target, &query)
            }
            ["users", mailbox, "events", id] => match self.entry(mailbox, id) {
                Some((event, _)) => ok(event),
                None => gone(),
            },
            ["users", mailbox, "events", id, "instances"] => match self.entry(mailbox, id) {
                Some((_, all)) => {
                    let (from, until) = (query("startDateTime"), query("endDateTime"));
                    let within = |one: &&Value| {
                        let start = one["start"]["dateTime"].as_str().map(str::to_owned);
                        start >= from && start < until
                    };
                    ok(&json!({ "value": all.iter().filter(within).collect::<Vec<_>>() }))
                }
                None => gone(),
            },
            _ => panic!("an unexpected question: {}", asked.target),
        }
    }

    fn entry(&self, mailbox: &str, id: &str) -> Option<&(Value, Vec<Value>)> {
        let own = self.calendars.iter();
        let mut own = own.filter(|(name, _)| name.split('/').next() == Some(mailbox));
        own.find_map(|(_, calendar)| calendar.entries.get(id))
    }

    fn delta(&self, name: &str, target: &str, query: &dyn Fn(&str) -> Option<String>) -> Reply {
        let Some(calendar) = self.calendars.get(name) else {
            return gone();
        };
        let own = target.split('?').next().expect("a path");
        let link = |query: String| format!("{}{own}?{query}", self.own);
        let now = calendar.changes.len();
        // A page's token: what is listed, where it goes on, what changes count from.
        let (all, at, since): (Vec<String>, usize, usize) =
            match (query("$skiptoken"), query("$deltatoken")) {
                (None, None) => {
                    assert!(query("startDateTime").is_some() && query("endDateTime").is_some());
                    (calendar.entries.keys().cloned().collect(), 0, now)
                }
                (Some(token), _) => {
                    let parts: Vec<usize> = token
                        .split('-')
                        .map(|part| part.parse().expect("a number"))
                        .collect();
                    let [at, since, from] = parts[..] else {
                        panic!("a token of three numbers");
                    };
                    let all = match from {
                        0 => calendar.entries.keys().cloned().collect(),
                        from => calendar.changes[from - 1..since].to_vec(),
                    };
                    (all, at, since)
                }
                (None, Some(token)) => {
                    let token: usize = token.parse().expect("a number");
                    if token < self.known_from {
                        let error = json!({ "error": { "code": "SyncStateNotFound" } });
                        return reply(410, error.to_string());
                    }
                    (calendar.changes[token..].to_vec(), 0, now)
                }
            };
        let from = match (query("$skiptoken"), query("$deltatoken")) {
            (Some(token), _) => token.rsplit('-').next().expect("a number").to_owned(),
            (None, Some(token)) => (token.parse::<usize>().expect("a number") + 1).to_string(),
            (None, None) => "0".to_owned(),
        };
        let end = all.len().min(at + self.most);
        let mut ids: Vec<&String> = all[at..end].iter().collect();
        ids.sort();
        ids.dedup();
        let value: Vec<Value> = ids.iter().flat_map(|id| calendar.told(id)).collect();
        let mut page = json!({ "value": value });
        match end < all.len() {
            true => {
                page["@odata.nextLink"] = json!(link(format!("$skiptoken={end}-{since}-{from}")))
            }
            false => page["@odata.deltaLink"] = json!(link(format!("$deltatoken={since}"))),
        }
        ok(&page)
    }
}

/// Graph, and a source that reads these mailboxes.
pub(crate) struct Tenant {
    pub(crate) outlook: Arc<Mutex<Outlook>>,
    pub(crate) server: Server,
    /// The file with the secret.
    pub(crate) secret: tempfile::NamedTempFile,
}

impl Tenant {
    pub(crate) fn new() -> Tenant {
        let outlook = Arc::new(Mutex::new(Outlook {
            calendars: BTreeMap::new(),
            groups: BTreeMap::new(),
            online: Vec::new(),
            subscriptions: Vec::new(),
            most: 100,
            known_from: 0,
            odd: Vec::new(),
            own: String::new(),
        }));
        let shown = Arc::clone(&outlook);
        let server = Server::new(move |asked| shown.lock().expect("no panic").answer(asked));
        outlook.lock().expect("no panic").own = server.address.clone();
        let mut secret = tempfile::NamedTempFile::new().expect("a file");
        writeln!(secret, "zzsecret").expect("written");
        Tenant {
            outlook,
            server,
            secret,
        }
    }

    pub(crate) fn params(&self, more: &str) -> String {
        let own = &self.server.address;
        let secret = self.secret.path();
        format!(
            "tenant = \"t1\"\nclient_id = \"c1\"\nclient_secret_file = {secret:?}\nlogin = \"{own}\"\n\
             graph = \"{own}/v1.0\"\n{more}"
        )
    }

    pub(crate) fn source(&self, more: &str) -> Source {
        Source::new("microsoft-calendar", self.params(more))
    }

    /// Does something to a calendar.
    pub(crate) fn calendar(&self, name: &str, with: impl FnOnce(&mut Calendar)) {
        with(self.outlook.lock().expect("no panic").calendar(name));
    }

    /// Answers a question that holds this text in an odd way, once.
    pub(crate) fn odd(&self, part: &str, answer: Reply) {
        let mut outlook = self.outlook.lock().expect("no panic");
        outlook.odd.push((part.to_owned(), answer));
    }

    /// What was asked since the last time, without the sign-in.
    pub(crate) fn targets(&self) -> Vec<String> {
        let asked = self.server.asked().into_iter().map(|asked| asked.target);
        asked.filter(|target| !target.contains("oauth2")).collect()
    }
}
