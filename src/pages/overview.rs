//! The leader's page: the signals as a set, in the order of `dashboards/pages/leader.toml`, with
//! evidence, and with the health of the measurement beside them.

use serde::Serialize;
use serde_json::Value;

use super::panels::{Panel, panels};
use super::view::{self, Figure, Frame, Part, say};
use super::{
    Links, PageError, alive, arrivals, attendance, conversing, first_months, glance, health,
    linked, list, opening, quarter, restated, signals, templates, trend, undertaken, words,
};
use crate::charts::{Chart, Plot, build, reading};

/// Quarters that the page leads to: a year back, and the same quarter before it.
const QUARTERS: usize = 5;

/// The page.
pub(super) fn render(summary: &Value, links: Links, told: &Value) -> Result<String, PageError> {
    let frame = Frame::new(summary, links, "overview", &panels()?.title);
    view(summary, links, frame, told)
}

/// The same in one file, style sheet and all.
pub(super) fn render_self_contained(summary: &Value, links: Links) -> Result<String, PageError> {
    let frame = Frame::new(summary, links, "overview", &panels()?.title).self_contained()?;
    view(summary, links, frame, &Value::Null)
}

#[derive(Serialize)]
struct View {
    frame: Frame,
    opening: Vec<Part>,
    /// How the first words are meant, and how sure they are.
    under: Vec<Part>,
    /// The verdict on the age-matched series; empty where there is no series yet.
    verdict: Vec<Part>,
    /// Empty where nothing at all has come in.
    glance: Vec<glance::Sign>,
    /// Signs that do not agree.
    notes: Vec<NoteView>,
    /// Quarters that have a page of their own, the newest first: words and address.
    quarters: Vec<(String, String)>,
    /// What is told before a trend can be.
    first: Option<first_months::FirstMonths>,
    /// What somebody undertook, the newest first.
    undertaken: Vec<undertaken::Undertaken>,
    /// Where an undertaking is entered, for those who may.
    enter: Option<&'static str>,
    sections: Vec<SectionView>,
    evidence: Evidence,
    /// Where readers came from; empty where no source tells.
    arrivals: Vec<arrivals::Way>,
    health: health::Health,
    /// What an earlier report would say now; nothing where none was kept.
    restated: Option<String>,
}

#[derive(Serialize)]
struct SectionView {
    heading: String,
    lead: String,
    signals: Vec<Signal>,
    /// Questions that can't be answered yet.
    waiting: Vec<Waiting>,
    /// The source without which none of them can.
    missing: Option<&'static health::Missing>,
}

/// Signs that do not agree, with the definitions of what they rest on.
#[derive(Serialize)]
struct NoteView {
    text: String,
    rests_on: Vec<(String, String)>,
}

/// A question without an answer yet, and why.
#[derive(Serialize)]
struct Waiting {
    code: String,
    asks: String,
    why: Vec<Part>,
    href: String,
}

/// One indicator on a page.
#[derive(Serialize)]
pub(super) struct Signal {
    code: String,
    /// The question it answers.
    asks: String,
    title: String,
    says: String,
    caveat: String,
    /// A verdict, or that there can be none.
    word: Option<&'static str>,
    sentence: Vec<Part>,
    href: String,
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Evidence {
    writeups: Vec<Alive>,
    links: Vec<LinkRow>,
}

#[derive(Serialize)]
struct Alive {
    title: String,
    href: String,
    words: String,
}

#[derive(Serialize)]
struct LinkRow {
    place: String,
    stands_in: String,
    /// The page of the write-up that it stands in; then `stands_in` is its title.
    stands_in_href: Option<String>,
    since: String,
    title: String,
    href: String,
}

fn view(summary: &Value, links: Links, frame: Frame, told: &Value) -> Result<String, PageError> {
    let verdict = trend::reads(summary);
    let begun = health::anything(summary);
    let mut sections: Vec<SectionView> = panels()?
        .section
        .into_iter()
        .filter(|_| begun)
        .map(|section| section_view(summary, links, section))
        .filter(|section| !section.signals.is_empty() || !section.waiting.is_empty())
        .collect();
    // What can be told first; both in the order of the file.
    sections.sort_by_key(|section| section.signals.is_empty());
    let view = View {
        frame,
        opening: view::say_all(links, &opening::opening(summary)),
        under: say(links, "L4", &opening::under(summary).unwrap_or_default()),
        verdict: match verdict.word {
            "no data" => Vec::new(),
            _ => say(links, "T1", &verdict.sentence),
        },
        glance: match begun {
            true => glance::signs(summary, links),
            false => Vec::new(),
        },
        notes: notes(summary, links),
        quarters: quarter::quarters(summary)
            .into_iter()
            .take(QUARTERS)
            .map(|(name, words)| (words, links.quarter(&name)))
            .collect(),
        first: first_months::first_months(summary, links),
        undertaken: undertaken::undertaken(summary, links),
        enter: match links {
            Links::Seated(seat) if seat.registry => Some("/annotations"),
            _ => None,
        },
        sections,
        evidence: evidence(summary, links),
        arrivals: arrivals::ways(summary),
        health: health::health(summary),
        restated: restated::sentence(told, reading::zone(summary)),
    };
    templates::render("overview.html", &view)
}

fn notes(summary: &Value, links: Links) -> Vec<NoteView> {
    let note = |note: &Value| {
        let codes = reading::list(note, "rests_on")
            .iter()
            .filter_map(Value::as_str);
        NoteView {
            text: reading::text(note, "text").to_owned(),
            rests_on: codes
                .map(|code| (code.to_owned(), links.definition(code)))
                .collect(),
        }
    };
    reading::list(summary, "notes").iter().map(note).collect()
}

fn section_view(summary: &Value, links: Links, section: super::panels::Section) -> SectionView {
    let (told, waiting): (Vec<Panel>, Vec<Panel>) = section
        .panels
        .into_iter()
        .filter(|panel| !reading::indicator(summary, &panel.code).is_null())
        .partition(|panel| signals::told(summary, &panel.code).is_some());
    let missing = waiting
        .first()
        .filter(|_| told.is_empty())
        .and_then(|panel| health::missing(summary, &panel.code));
    let waiting = waiting.into_iter().map(|panel| Waiting {
        why: say(links, &panel.code, &opening::nothing(summary, &panel.code)),
        href: links.definition(&panel.code),
        asks: panel.asks,
        code: panel.code,
    });
    SectionView {
        signals: told
            .iter()
            .map(|panel| signal(summary, links, panel))
            .collect(),
        waiting: waiting.collect(),
        missing,
        heading: section.heading,
        lead: section.lead,
    }
}

/// An indicator with its words and its pictures.
pub(super) fn signal(summary: &Value, links: Links, panel: &Panel) -> Signal {
    let code = panel.code.as_str();
    let indicator = reading::indicator(summary, code);
    let is_trend = matches!(code, "T0" | "T1");
    let charts = build::charts(summary, code);
    Signal {
        code: code.to_owned(),
        asks: panel.asks.clone(),
        title: reading::text(indicator, "title").to_owned(),
        says: words::capital(reading::text(indicator, "says")),
        caveat: match code {
            "A2" => format!(
                "{} {}",
                attendance::FREELY,
                reading::text(indicator, "caveat")
            ),
            _ => reading::text(indicator, "caveat").to_owned(),
        },
        word: match code {
            _ if is_trend => Some(trend::reads(summary).word),
            // They move by themselves when people stop writing (INDICATORS 0.5).
            "K1" | "K2" | "K5" | "K6" | "L2" | "C1" => Some("can't be compared over time"),
            // Its series is of write-ups of like age, and its trend is judged with the others.
            "E1" => conversing::edits_verdict(reading::results(summary, "E1")),
            _ => None,
        },
        sentence: say(
            links,
            if is_trend { "T1" } else { code },
            &signals::sentence(summary, code),
        ),
        href: links.definition(code),
        // Where there is nothing to draw, the sentence has said why.
        figures: charts
            .iter()
            .filter(drawn)
            .filter(|_| !panel.words_only)
            // A picture of walk-ins would say what the words take back.
            .filter(|_| !(matches!(code, "A2" | "A3") && attendance::uninvited(summary)))
            .map(|chart| Figure::new(chart, links))
            .collect(),
    }
}

fn drawn(chart: &&Chart) -> bool {
    !matches!(chart.plot, Plot::Nothing(_)) || !chart.table.rows.is_empty()
}

fn evidence(summary: &Value, links: Links) -> Evidence {
    let late = signals::days(summary, "late", 90.0);
    let zone = reading::zone(summary);
    let writeups = alive::still_alive(summary, late, 3)
        .into_iter()
        .map(|writeup| Alive {
            title: list::title(writeup),
            href: links.writeup(reading::text(writeup, "id")),
            words: alive::words_of(summary, writeup),
        })
        .collect();
    let index = linked::Index::of(summary);
    let links = alive::newest_links(summary, 3)
        .into_iter()
        .map(|(writeup, link)| {
            let stands_in = reading::text(link, "stands_in");
            let other = index.writeup_at(stands_in);
            LinkRow {
                place: words::capital(&words::place(reading::text(link, "place"))),
                stands_in: other.map_or_else(|| stands_in.to_owned(), list::title),
                stands_in_href: other.map(|other| links.writeup(reading::text(other, "id"))),
                since: words::date(reading::text(link, "since"), zone),
                title: list::title(writeup),
                href: links.writeup(reading::text(writeup, "id")),
            }
        })
        .collect();
    Evidence { writeups, links }
}
