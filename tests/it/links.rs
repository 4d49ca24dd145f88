//! The ledger of links, the real way: what part each plays against a naive model, the list of the
//! command line, and the page with evidence that opens at the forge.

use std::collections::{BTreeMap, BTreeSet};

use readback::indicators::Context;
use readback::jobs::compute;
use readback::model::{Calendar, DAY_MS, Millis, Parameters, Place, to_rfc3339};
use readback::store::LinksAsked;
use serde_json::{Value, json};

use super::binary::Home;
use super::served::Served;
use super::way::{Way, event, instant};

const START: &str = "2025-01-01T00:00:00Z";
const AS_OF: &str = "2026-01-01T00:00:00Z";

/// Numbers that look like chance and are always the same.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

struct Paper {
    id: String,
    team: Option<String>,
    published: Option<Millis>,
    deleted: Option<Millis>,
    authors: BTreeSet<u64>,
    responders: BTreeSet<u64>,
    teams: BTreeSet<String>,
}

struct Made {
    paper: usize,
    page: String,
    chat: bool,
    at: Millis,
    removed: Option<Millis>,
    person: Option<u64>,
    team: Option<String>,
    role: Option<&'static str>,
}

fn mail(person: u64) -> String {
    format!("p{person}@example.org")
}

/// Everybody's team by the roster; some have none.
fn roster(person: u64) -> Option<String> {
    (!person.is_multiple_of(3)).then(|| format!("team-{}", person % 4))
}

fn papers(dice: &mut Dice, start: Millis) -> Vec<Paper> {
    let some = |dice: &mut Dice| -> BTreeSet<u64> {
        let many = dice.below(3);
        (0..many).map(|_| dice.below(30)).collect()
    };
    (0..60)
        .map(|n| {
            let published = start + (dice.below(340) as i64) * DAY_MS;
            Paper {
                id: format!("INC-{n}"),
                // One team has few write-ups, and half of them are on one page soon.
                team: dice.chance(85).then(|| format!("team-{}", (n % 7).min(3))),
                published: dice.chance(90).then_some(published),
                deleted: dice.chance(8).then(|| published + 200 * DAY_MS),
                authors: some(dice),
                responders: some(dice),
                teams: (0..dice.below(2))
                    .map(|_| format!("team-{}", dice.below(4)))
                    .collect(),
            }
        })
        .collect()
}

fn links(dice: &mut Dice, papers: &[Paper], start: Millis) -> Vec<Made> {
    (0..1500)
        .map(|_| {
            let paper = dice.below(papers.len() as u64) as usize;
            // Few pages hold much, many hold little.
            let page = match dice.chance(30) {
                true => format!("repo:docs/list-{}.md", dice.below(6)),
                false => format!("repo:src/{}.rs", dice.below(250)),
            };
            let near = papers[paper].published.unwrap_or(start);
            let at = match dice.chance(50) {
                true => near + (dice.below(50) as i64 - 10) * DAY_MS,
                false => start + (dice.below(360) as i64) * DAY_MS,
            };
            Made {
                paper,
                page,
                chat: dice.chance(10),
                at,
                removed: dice
                    .chance(40)
                    .then(|| at + (dice.below(300) as i64 - 9) * DAY_MS),
                person: dice
                    .chance(80)
                    .then(|| match papers[paper].authors.first() {
                        Some(author) if dice.chance(30) => *author,
                        _ => dice.below(30),
                    }),
                team: dice.chance(15).then(|| format!("team-{}", dice.below(4))),
                role: match dice.below(20) {
                    0 => Some("follow_up"),
                    1 => Some("uptake"),
                    2 => Some("index"),
                    3 => Some("template"),
                    _ => None,
                },
            }
        })
        .collect()
}

/// Whether a link is told of at all: one that was removed before it was made is none.
fn is_kept(link: &Made, papers: &[Paper], as_of: Millis) -> bool {
    let deleted = papers[link.paper].deleted;
    link.at < as_of
        && deleted.is_none_or(|at| link.at < at)
        && link.removed.is_none_or(|at| link.at <= at)
}

/// What part each link plays, read from the rules one by one.
fn naive(papers: &[Paper], made: &[Made], as_of: Millis) -> Vec<&'static str> {
    let until = |link: &Made| {
        let ends = [link.removed, papers[link.paper].deleted];
        ends.into_iter().flatten().fold(as_of, Millis::min)
    };
    let stands = |link: &Made, t: Millis| link.at <= t && t < until(link);
    let mut pages: BTreeMap<&str, Vec<&Made>> = BTreeMap::new();
    for link in made
        .iter()
        .filter(|link| !link.chat && is_kept(link, papers, as_of))
    {
        pages.entry(&link.page).or_default().push(link);
    }
    let is_out = |n: usize, t: Millis| papers[n].published.is_none_or(|at| at <= t);
    // When each page was a list, judged whenever a link on it began to stand.
    let mut lists: BTreeMap<&str, Vec<Millis>> = BTreeMap::new();
    for (page, links) in &pages {
        let linked = |t: Millis| -> BTreeSet<usize> {
            let there = links.iter().filter(|link| stands(link, t));
            there.map(|link| link.paper).collect()
        };
        for link in links {
            let is_list = linked(link.at).len() > 20;
            if is_list && stands(link, link.at) {
                lists.entry(page).or_default().push(link.at);
            }
            let paper = &papers[link.paper];
            let t = paper.published.map_or(link.at, |at| at.max(link.at));
            if !stands(link, t) {
                continue;
            }
            // Write-ups without a team are those of one.
            let own: BTreeSet<usize> = (0..papers.len())
                .filter(|n| papers[*n].team == paper.team && is_out(*n, t))
                .filter(|n| papers[*n].deleted.is_none_or(|at| at > t))
                .collect();
            let both = linked(t).intersection(&own).count();
            if both >= 5 && 2 * both > own.len() {
                lists.entry(page).or_default().push(t);
            }
        }
    }
    let on_list = |link: &Made| {
        let instants = lists.get(link.page.as_str()).into_iter().flatten();
        !link.chat && instants.into_iter().any(|t| stands(link, *t))
    };
    made.iter()
        .filter(|link| is_kept(link, papers, as_of))
        .map(|link| {
            let paper = &papers[link.paper];
            let had =
                |person: u64| paper.authors.contains(&person) || paper.responders.contains(&person);
            let team = link.team.clone().or_else(|| roster(link.person?));
            // The roster knows no dates: who was in a team was so when the write-up was published.
            let theirs = |team: &String| {
                let mut people = paper.authors.iter().chain(&paper.responders);
                people.any(|person| roster(*person).as_ref() == Some(team))
            };
            let of_team = team.is_some_and(|team| {
                paper.team.as_ref() == Some(&team) || paper.teams.contains(&team) || theirs(&team)
            });
            let soon = paper.published.is_none_or(|at| link.at < at + 30 * DAY_MS);
            match link.role {
                Some(role) => role,
                None if on_list(link) => "index",
                None if soon && (link.person.is_some_and(had) || of_team) => "follow_up",
                None => "uptake",
            }
        })
        .collect()
}

fn lines(papers: &[Paper], made: &[Made]) -> Vec<String> {
    let mails = |people: &BTreeSet<u64>| people.iter().map(|p| mail(*p)).collect::<Vec<_>>();
    let mut lines: Vec<String> = papers
        .iter()
        .map(|paper| {
            let data = json!({
                "id": paper.id, "owner_team": paper.team,
                "published_at": paper.published.map(to_rfc3339),
                "deleted_at": paper.deleted.map(to_rfc3339),
                "contributors": mails(&paper.authors), "responders": mails(&paper.responders),
                "contributor_teams": paper.teams,
            });
            event("writeup", &paper.id, &paper.id, START, data)
        })
        .collect();
    for person in 0..30 {
        let data = json!({ "person": mail(person), "team": roster(person) });
        lines.push(event(
            "person",
            &format!("p{person}"),
            &mail(person),
            START,
            data,
        ));
    }
    for (n, link) in made.iter().enumerate() {
        // Another commit each time: the page is the file.
        let (repo, path) = link.page.split_once(':').expect("a page");
        let data = json!({
            "place": if link.chat { "chat" } else { "docs" },
            "source": format!("{repo}@c{n}:{path}#L{n}"),
            "person": link.person.map(mail), "team": link.team, "role": link.role,
            "removed_at": link.removed.map(to_rfc3339),
        });
        let subject = &papers[link.paper].id;
        lines.push(event(
            "link",
            &format!("l{n}"),
            subject,
            &to_rfc3339(link.at),
            data,
        ));
    }
    lines
}

#[tokio::test]
async fn every_link_plays_the_part_that_a_naive_model_says() {
    let Some(way) = Way::within("links_parts", chrono_tz::UTC).await else {
        return;
    };
    let mut dice = Dice(0x5eed_1e55);
    let (start, as_of) = (instant(START), instant(AS_OF));
    let papers = papers(&mut dice, start);
    let made = links(&mut dice, &papers, start);
    let taken = way.events(&lines(&papers, &made)).await;
    assert_eq!(taken.rejected, 0);
    let derived = way.derive().await;
    let context = Context {
        as_of,
        calendar: Calendar::new(chrono_tz::UTC),
        parameters: Parameters::default(),
        k: 1,
    };
    let settings = compute::settings(&context, derived.generation);
    let asked = LinksAsked {
        most: 10_000,
        ..LinksAsked::default()
    };
    let found = way
        .store
        .list_links(&settings, &asked)
        .await
        .expect("links");
    let by_line: BTreeMap<&str, &str> = found
        .iter()
        .filter_map(|link| Some((link.stands_in.rsplit_once("#L")?.1, link.part.as_str())))
        .collect();
    let kept: Vec<usize> = (0..made.len())
        .filter(|n| is_kept(&made[*n], &papers, as_of))
        .collect();
    assert_eq!(by_line.len(), kept.len());
    let expected = naive(&papers, &made, as_of);
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for (n, part) in kept.iter().zip(&expected) {
        assert_eq!(by_line.get(n.to_string().as_str()), Some(part), "link {n}");
        *parts.entry(part).or_default() += 1;
    }
    // All of them come about, and not only by what is stated.
    assert!(
        parts.len() == 4 && parts.values().all(|n| *n > 60),
        "{parts:?}"
    );

    // The list asks the same of its filters.
    let follow_up = LinksAsked {
        part: "follow_up".to_owned(),
        place: Place::Chat.name().to_owned(),
        standing: Some(true),
        ..asked
    };
    let some = way
        .store
        .list_links(&settings, &follow_up)
        .await
        .expect("links");
    assert!(!some.is_empty() && some.len() < found.len());
    assert!(
        some.iter().all(|link| link.part == "follow_up"
            && link.place == "chat"
            && link.ended_at.is_none())
    );
}

/// Four write-ups (one deleted, one restricted and deleted) and links of every sort.
fn story() -> String {
    let mut lines = Vec::new();
    let mut say = |kind: &str, subject: &str, time: &str, data: Value| {
        let id = format!("e{}", lines.len());
        lines.push(event(kind, &id, subject, time, data));
    };
    let published = "2025-03-01T09:00:00Z";
    for (id, team, deleted, restricted) in [
        ("INC-1", "payments", None, false),
        ("INC-2", "search", None, false),
        ("INC-3", "search", Some("2025-09-01T00:00:00Z"), false),
        ("INC-9", "zzteam", Some("2025-09-01T00:00:00Z"), true),
    ] {
        let data = json!({
            "id": id, "title": format!("The story of {id}"), "published_at": published,
            "url": format!("https://wiki.example.org/pm/{id}"), "owner_team": team,
            "contributors": ["ada@example.org"], "deleted_at": deleted, "restricted": restricted,
        });
        say("writeup", id, published, data);
    }
    for (subject, place, source, time, more) in [
        (
            "INC-1",
            "code_comment",
            "shop@0af3c1d:src/pay queue.rs#L7",
            "2025-05-01T09:00:00Z",
            json!({"form": "link"}),
        ),
        (
            "INC-1",
            "commit",
            "shop@77aa01b",
            "2025-03-05T09:00:00Z",
            json!({"form": "key", "person": "ada@example.org"}),
        ),
        (
            "INC-1",
            "diagram",
            "plans@9e9e9e9:map.mmd#L3",
            "2025-04-01T09:00:00Z",
            json!({"removed_at": "2025-06-01T09:00:00Z"}),
        ),
        (
            "INC-2",
            "writeup",
            "https://wiki.example.org/pm/INC-1#cause",
            "2025-06-01T09:00:00Z",
            json!({"form": "link"}),
        ),
        (
            "INC-2",
            "ticket",
            "https://tracker.example.org/T-7",
            "2025-06-02T09:00:00Z",
            json!({"team": "search"}),
        ),
        (
            "INC-3",
            "onboarding",
            "shop@0af3c1d:onboarding/day-1.md#L2",
            "2025-06-01T09:00:00Z",
            json!({}),
        ),
        (
            "INC-9",
            "docs",
            "shop@0af3c1d:docs/zzsecret.md#L2",
            "2025-06-01T09:00:00Z",
            json!({}),
        ),
        (
            "INC-3",
            "writeup",
            "https://wiki.example.org/pm/INC-9",
            "2025-06-03T09:00:00Z",
            json!({}),
        ),
        (
            "https://wiki.example.org/pm/INC-77",
            "docs",
            "shop@0af3c1d:docs/old.md#L9",
            "2025-06-01T09:00:00Z",
            json!({}),
        ),
        // These lead to nothing either, and nobody meant them.
        (
            "https://wiki.example.org/pm/INC-78",
            "docs",
            "shop@0af3c1d:vendor/old.md#L9",
            "2025-06-01T09:00:00Z",
            json!({"label": "vendored"}),
        ),
        (
            "INC-3",
            "docs",
            "shop@0af3c1d:docs/made.md#L9",
            "2025-06-01T09:00:00Z",
            json!({"person": "robot@example.org"}),
        ),
    ] {
        let mut data = json!({ "place": place, "source": source });
        for (name, value) in more.as_object().expect("fields") {
            data[name] = value.clone();
        }
        say("link", subject, time, data);
    }
    let robot = json!({ "person": "robot@example.org", "kind": "bot" });
    say("person", "robot@example.org", published, robot);
    lines.join("\n") + "\n"
}

const CONFIG: &str = "\
[organisation]\nname = \"Example\"\n
[privacy]\nk = 1\n
[[source]]\nid = \"shop\"\nkind = \"git\"\npath = \"/srv/git/shop.git\"\n\
web = \"https://github.com/example/shop\"\n";

fn house() -> Option<Home> {
    let home = Home::with_engine()?;
    home.file("readback.toml", CONFIG);
    let file = home.file("events.ndjson", story());
    home.done(&["import", "events", &file]);
    Some(home)
}

#[test]
fn the_list_shows_each_link_with_its_evidence() {
    let Some(home) = house() else {
        return;
    };
    let all = home.done(&["links"]);
    insta::assert_snapshot!("links_all", format!("{}{}", all.out, all.err));
    let gone = home.done(&["links", "--gone"]);
    insta::assert_snapshot!("links_gone", format!("{}{}", gone.out, gone.err));

    let rows = |arguments: &[&str]| {
        let said = home.done(&[&["links", "--json"], arguments].concat());
        let rows: Vec<Value> = serde_json::from_str(&said.out).expect("JSON");
        rows
    };
    let told = |rows: &[Value], name: &str| -> Vec<String> {
        let text = |row: &Value| row[name].as_str().unwrap_or("-").to_owned();
        rows.iter().map(text).collect()
    };
    let diagrams = rows(&["--place", "diagram"]);
    assert_eq!(told(&diagrams, "removed"), ["2025-06-01"]);
    assert!(rows(&["--place", "diagram", "--live"]).is_empty());
    let of_one = rows(&["--writeup", "https://wiki.example.org/pm/INC-1", "--uptake"]);
    assert_eq!(told(&of_one, "place"), ["code_comment", "diagram"]);
    assert_eq!(
        told(&of_one, "address"),
        [
            "https://github.com/example/shop/blob/0af3c1d/src/pay%20queue.rs#L7",
            "-"
        ]
    );
    let follow_up = rows(&["--follow-up"]);
    assert_eq!(told(&follow_up, "form"), ["key"]);
    assert_eq!(
        told(&follow_up, "address"),
        ["https://github.com/example/shop/commit/77aa01b"]
    );
    // Two went with their write-up, one by itself.
    let removed = rows(&["--removed"]);
    assert_eq!(
        told(&removed, "writeup_deleted")
            .iter()
            .filter(|at| *at != "-")
            .count(),
        3
    );
    assert_eq!(removed.len(), 4);
    assert_eq!(rows(&["--limit", "2"]).len(), 2);
    assert!(
        home.done(&["links", "--limit", "2"])
            .err
            .contains("--limit 0 shows all")
    );
    assert_eq!(rows(&["--gone", "--place", "onboarding"]).len(), 1);
}

#[test]
fn what_is_no_place_and_no_write_up_is_told() {
    let Some(home) = house() else {
        return;
    };
    let said = home.run(&["links", "--place", "wall"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.contains("\"wall\"") || said.err.contains("'wall'"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("code_comment") && said.err.contains("diagram"),
        "{}",
        said.err
    );
    let said = home.run(&["links", "--writeup", "INC-88"]);
    assert_eq!(said.code, Some(1));
    assert!(
        said.err.contains("\"INC-88\"") && said.err.contains("writeups list"),
        "{}",
        said.err
    );
    for odd in [
        ["--live", "--removed"],
        ["--uptake", "--follow-up"],
        ["--gone", "--live"],
    ] {
        assert_eq!(
            home.run(&[&["links"], &odd[..]].concat()).code,
            Some(2),
            "{odd:?}"
        );
    }
    let said = home.done(&["links", "--writeup", "INC-1", "--place", "chat"]);
    assert!(
        said.out.is_empty() && said.err.contains("no such link"),
        "{said:?}"
    );
}

#[test]
fn without_links_the_list_is_empty() {
    let Some(home) = Home::with_engine() else {
        return;
    };
    let said = home.done(&["links"]);
    assert!(
        said.out.is_empty() && said.err.contains("no such link"),
        "{said:?}"
    );
    let said = home.done(&["links", "--gone", "--json"]);
    assert_eq!(said.out, "[]\n");
    assert!(
        home.run(&["links", "--writeup", "INC-1"])
            .err
            .contains("writeups list")
    );
}

#[test]
fn the_page_opens_evidence_at_the_forge_and_hides_what_is_restricted() {
    let Some(home) = house() else {
        return;
    };
    let served = Served::start(&home, &[], &[]);
    served.until("/readyz/pages", 200);
    let page = served.get("/links").text;
    let plain = page.replace("&#x2f;", "/");
    for part in [
        "Where are write-ups linked from?",
        "href=\"https://github.com/example/shop/blob/0af3c1d/src/pay%20queue.rs#L7\"",
        "Linked but gone",
        "The story of INC-3",
        "href=\"https://github.com/example/shop/blob/0af3c1d/onboarding/day-1.md#L2\"",
        "1 more link leads to 1 target that no registered write-up has.",
        "follow-up",
    ] {
        assert!(plain.contains(part), "{part}: {plain}");
    }
    for marker in ["INC-9", "zzteam", "zzsecret", "ada@", "INC-77"] {
        assert!(!plain.contains(marker), "{marker}: {plain}");
    }
    let writeup = served.get("/writeups/INC-1").text.replace("&#x2f;", "/");
    assert!(
        writeup.contains("https://github.com/example/shop/commit/77aa01b"),
        "{writeup}"
    );
    let summary = served.get("/summary.json").json();
    let links = &summary["indicators"]["K1"]["results"]["links"];
    assert_eq!(links["live"]["commit"], 1);
    assert_eq!(links["uptake"]["live"]["commit"], 0);
    assert_eq!(links["follow_up"]["live"]["commit"], 1);
    assert_eq!(links["by_form"]["key"]["live"]["commit"], 1);
    assert_eq!(links["uptake"]["live"]["code_comment"], 1);
    let graph = &summary["indicators"]["K4"]["results"]["graph"];
    assert_eq!((&graph["nodes"], &graph["edges"]), (&json!(2), &json!(1)));
    assert_eq!(graph["pagerank_top"][0]["writeup"], "INC-2");
    assert_eq!(
        summary["linked_but_gone"]["deleted"][0]["links"],
        json!({ "onboarding": 1 })
    );
    assert!(!summary.to_string().contains("zzsecret"));
    served.stop();
    home.done(&["report", "--out", "out"]);
    let file = std::fs::read_to_string(home.path("out/links.html")).expect("the page");
    assert!(file.contains("The story of INC-3") && !file.contains("INC-9"));
}
