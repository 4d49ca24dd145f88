//! The page of links: where they stand and how long, uptake beside follow-up, the newest with their
//! evidence, write-ups that link to each other, and links that lead to nothing. It names places, never
//! who made a link.

use serde::Serialize;
use serde_json::Value;

use super::overview::{Signal, signal};
use super::view::{Frame, Part, restricted, say};
use super::{Links, PageError, health, linked, list, panels, signals, templates, words};
use crate::charts::reading::{self, cell};

/// Rows of the newest links.
const NEWEST: usize = 50;

#[derive(Serialize)]
struct View {
    frame: Frame,
    opening: Vec<Part>,
    /// The source without which there is nothing to see.
    missing: Option<&'static health::Missing>,
    signals: Vec<Signal>,
    /// Links by place and part; empty where a summary does not tell them apart.
    places: Vec<PlaceRow>,
    /// Those of the talk's places by part and how they are written.
    forms: Vec<FormRow>,
    k1_href: String,
    k4_href: String,
    follow_up_days: String,
    newest: Vec<LinkRow>,
    halves: Vec<HalfYear>,
    gone: Vec<Gone>,
    /// What is known of targets without a write-up.
    unknown: String,
}

#[derive(Serialize)]
struct PlaceRow {
    place: String,
    /// Standing and made.
    uptake: String,
    follow_up: String,
    on_lists: String,
}

/// Standing links that are written in one way, each part apart.
#[derive(Serialize)]
struct FormRow {
    said: &'static str,
    uptake: String,
    follow_up: String,
    on_lists: String,
}

#[derive(Serialize)]
struct LinkRow {
    title: String,
    title_href: String,
    restricted: bool,
    place: String,
    stands_in: String,
    titled: bool,
    href: Option<String>,
    note: &'static str,
    form: &'static str,
    since: String,
}

/// The first write-ups of one half-year of publication.
#[derive(Serialize)]
struct HalfYear {
    name: String,
    writeups: String,
    /// Title, address, linked from so many.
    top: Vec<(String, String, String)>,
}

/// A deleted write-up that is still linked.
#[derive(Serialize)]
struct Gone {
    title: String,
    restricted: bool,
    deleted: String,
    links: String,
    evidence: Vec<GoneLink>,
}

#[derive(Serialize)]
struct GoneLink {
    stands_in: String,
    titled: bool,
    href: Option<String>,
    note: &'static str,
}

/// The page.
pub(super) fn render(summary: &Value, links: Links) -> Result<String, PageError> {
    let panels = panels::of_links()?;
    let missing = health::missing(summary, "K1");
    let told = panels.section.iter().flat_map(|section| &section.panels);
    let signals = told
        .filter(|_| missing.is_none())
        .filter(|panel| !reading::indicator(summary, &panel.code).is_null())
        .map(|panel| signal(summary, links, panel))
        .collect();
    let k1 = reading::results(summary, "K1").get("links");
    let k1 = k1.unwrap_or(&Value::Null);
    let index = linked::Index::of(summary);
    let view = View {
        frame: Frame::new(summary, links, "links", &panels.title),
        opening: say(links, "K1", &opening(summary)),
        missing,
        signals,
        places: places(k1),
        forms: forms(k1),
        k1_href: links.definition("K1"),
        k4_href: links.definition("K4"),
        follow_up_days: words::count(signals::days(summary, "follow_up", 30.0)),
        newest: newest(summary, links, &index),
        halves: halves(summary, links),
        gone: gone(summary, links, &index),
        unknown: unknown(summary),
    };
    templates::render("links.html", &view)
}

fn opening(summary: &Value) -> String {
    if health::missing(summary, "K1").is_some() {
        return "Links are not measured yet.".to_owned();
    }
    match linked::of_all(summary) {
        Some((linked, of_all)) => format!(
            "{of_all} {} linked from {}.",
            words::plural(linked, "is", "are"),
            linked::PLACES_SAID
        ),
        None if linked::none_yet(summary).is_some() => "No uptake yet.".to_owned(),
        None if linked::only_unlisted(summary) => {
            "The links that stand lead to write-ups that are not listed here.".to_owned()
        }
        None => {
            "No link from the work to a write-up stands, as far as these sources see.".to_owned()
        }
    }
}

/// Every place with a link, those of the talk first, in the order of their names.
fn places(k1: &Value) -> Vec<PlaceRow> {
    let parts = PARTS.map(|part| k1.get(part));
    let [Some(uptake), Some(follow_up), Some(on_lists)] = parts else {
        return Vec::new();
    };
    let mut rows = Vec::new();
    for of_talk in [true, false] {
        let side = |part: &Value, key: &str| {
            let part = match of_talk {
                true => Some(part),
                false => part.get("other_places"),
            };
            part.and_then(|part| part.get(key))
                .cloned()
                .unwrap_or_default()
        };
        let names = side(uptake, "created");
        let names = names.as_object().into_iter().flat_map(|names| names.keys());
        for name in names {
            let made: f64 = [uptake, follow_up, on_lists]
                .iter()
                .filter_map(|part| cell(&side(part, "created"), name).get())
                .sum();
            if made == 0.0 && !of_talk {
                continue;
            }
            let told = |part: &Value| {
                let [live, created] =
                    ["live", "created"].map(|key| words::counted(cell(&side(part, key), name)));
                format!("{live} of {created}")
            };
            rows.push(PlaceRow {
                place: words::capital(&words::places(name)),
                uptake: told(uptake),
                follow_up: told(follow_up),
                on_lists: told(on_lists),
            });
        }
    }
    rows
}

/// The parts that links play, in the order in which they are told.
const PARTS: [&str; 3] = ["uptake", "follow_up", "index"];

/// How the standing links of the talk's places are written. Leaders see uptake: no part is added to
/// another, and no place compared.
fn forms(k1: &Value) -> Vec<FormRow> {
    let of = |part: &str, form: &str| {
        let live = k1.pointer(&format!("/{part}/by_form/{form}/live"));
        let live = live.and_then(Value::as_object);
        let places: Vec<String> = live
            .into_iter()
            .flatten()
            .filter_map(|(place, n)| Some((place, n.as_f64().filter(|n| *n > 0.0)?)))
            .map(|(place, n)| format!("{} in {}", words::count(n), words::places(place)))
            .collect();
        (!places.is_empty()).then(|| words::row(&places, "and"))
    };
    let mut rows = Vec::new();
    let mut tells = false;
    for (form, said) in [
        ("link", "Lead to the write-up"),
        ("key", "Name its key alone"),
        ("title", "Name its title alone"),
        (
            "unknown",
            "Written in a way that their source does not tell",
        ),
    ] {
        let told = PARTS.map(|part| of(part, form));
        if told.iter().all(Option::is_none) {
            continue;
        }
        // Where no source tells there is nothing to be said.
        tells |= form != "unknown";
        let [uptake, follow_up, on_lists] =
            told.map(|places| places.unwrap_or_else(|| "none".to_owned()));
        rows.push(FormRow {
            said,
            uptake,
            follow_up,
            on_lists,
        });
    }
    rows.retain(|_| tells);
    rows
}

fn newest(summary: &Value, links: Links, index: &linked::Index) -> Vec<LinkRow> {
    let mut all: Vec<(&Value, &Value)> = reading::list(summary, "writeups")
        .iter()
        .flat_map(|writeup| {
            let own = reading::list(writeup, "link_evidence").iter();
            own.map(move |link| (writeup, link))
        })
        .filter(|(_, link)| link.get("removed").is_none_or(Value::is_null))
        .collect();
    all.sort_by(|(a, x), (b, y)| {
        let key = |writeup, link| {
            let [since, stands_in] = ["since", "stands_in"].map(|key| reading::text(link, key));
            (since, reading::text(writeup, "id"), stands_in)
        };
        key(b, y).cmp(&key(a, x))
    });
    let zone = reading::zone(summary);
    all.into_iter()
        .take(NEWEST)
        .map(|(writeup, link)| {
            let evidence = linked::evidence((summary, index), links, link);
            LinkRow {
                title: list::title(writeup),
                title_href: links.writeup(reading::text(writeup, "id")),
                restricted: restricted(writeup),
                place: words::place(reading::text(link, "place")),
                stands_in: evidence.words,
                titled: evidence.titled,
                href: evidence.href,
                note: evidence.note,
                form: match reading::text(link, "form") {
                    "key" => "key alone",
                    "title" => "title alone",
                    _ => "",
                },
                since: words::date(reading::text(link, "since"), zone),
            }
        })
        .collect()
}

/// K4 within the half-years of publication, the latest first; half-years without a link are left out.
fn halves(summary: &Value, links: Links) -> Vec<HalfYear> {
    let graph = reading::results(summary, "K4").get("graph");
    let graph = graph.unwrap_or(&Value::Null);
    let writeups = reading::list(summary, "writeups");
    let named = |one: &Value| {
        let many = cell(one, "in_degree").get().filter(|n| *n > 0.0)?;
        let id = reading::text(one, "writeup");
        let found = writeups
            .iter()
            .find(|writeup| reading::text(writeup, "id") == id)?;
        Some((list::title(found), links.writeup(id), words::count(many)))
    };
    reading::list(graph, "by_half_year")
        .iter()
        .rev()
        .map(|half| HalfYear {
            name: reading::text(half, "half_year")
                .replace("-H1", ", first half")
                .replace("-H2", ", second half"),
            writeups: words::counted(cell(half, "writeups")),
            top: reading::list(half, "top")
                .iter()
                .filter_map(named)
                .collect(),
        })
        .filter(|half| !half.top.is_empty())
        .collect()
}

fn gone(summary: &Value, links: Links, index: &linked::Index) -> Vec<Gone> {
    let list = summary.get("linked_but_gone").unwrap_or(&Value::Null);
    let zone = reading::zone(summary);
    reading::list(list, "deleted")
        .iter()
        .map(|one| {
            let places = one.get("links").and_then(Value::as_object);
            let places: Vec<String> = places
                .into_iter()
                .flatten()
                .filter_map(|(place, n)| Some((words::places(place), n.as_f64()?)))
                .map(|(place, n)| format!("{} in {place}", words::count(n)))
                .collect();
            let evidence = reading::list(one, "link_evidence").iter();
            Gone {
                title: list::title(one),
                restricted: restricted(one),
                deleted: words::date(reading::text(one, "deleted"), zone),
                links: words::row(&places, "and"),
                evidence: evidence
                    .map(|link| {
                        let found = linked::evidence((summary, index), links, link);
                        GoneLink {
                            stands_in: found.words,
                            titled: found.titled,
                            href: found.href,
                            note: found.note,
                        }
                    })
                    .collect(),
            }
        })
        .collect()
}

fn unknown(summary: &Value) -> String {
    let list = summary.get("linked_but_gone").unwrap_or(&Value::Null);
    let number = |key: &str| cell(list, key).get().filter(|n| *n > 0.0);
    let Some((targets, links)) = number("unknown_targets").zip(number("unknown_links")) else {
        return String::new();
    };
    format!(
        "{} {} {} to {} {} that no registered write-up has.",
        words::count(links),
        words::plural(links, "more link", "more links"),
        words::plural(links, "leads", "lead"),
        words::count(targets),
        words::plural(targets, "target", "targets")
    )
}
