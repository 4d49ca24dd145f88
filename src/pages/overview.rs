//! The leader's page: the signals as a set, in the order of `dashboards/pages/leader.toml`, with
//! evidence, and with the health of the measurement beside them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::view::{Figure, Frame, Part, say};
use super::{Links, PageError, alive, health, signals, templates, trend, words};
use crate::charts::{Chart, Plot, build, reading};

/// The panels of the leader's page; a file of the program, so that a test reads it.
const PANELS: &str = include_str!("../../dashboards/pages/leader.toml");

/// What the file of panels holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Panels {
    pub(super) title: String,
    pub(super) section: Vec<Section>,
}

/// Indicators that belong together.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    pub(super) heading: String,
    pub(super) lead: String,
    pub(super) panels: Vec<String>,
}

/// The panels of the leader's page.
pub(super) fn panels() -> Result<Panels, PageError> {
    Ok(toml::from_str(PANELS)?)
}

/// The page.
pub(super) fn render(summary: &Value, links: Links) -> Result<String, PageError> {
    view(
        summary,
        links,
        Frame::new(summary, links, "overview", &panels()?.title),
    )
}

/// The same in one file, style sheet and all.
pub(super) fn render_self_contained(summary: &Value, links: Links) -> Result<String, PageError> {
    let frame = Frame::new(summary, links, "overview", &panels()?.title).self_contained()?;
    view(summary, links, frame)
}

#[derive(Serialize)]
struct View {
    frame: Frame,
    opening: Vec<Part>,
    verdict: Vec<Part>,
    sections: Vec<SectionView>,
    evidence: Evidence,
    health: health::Health,
}

#[derive(Serialize)]
struct SectionView {
    heading: String,
    lead: String,
    signals: Vec<Signal>,
}

/// One indicator on a page.
#[derive(Serialize)]
pub(super) struct Signal {
    code: String,
    title: String,
    says: String,
    caveat: String,
    unit: String,
    state: bool,
    verdict: Option<&'static str>,
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
    since: String,
    title: String,
    href: String,
}

fn view(summary: &Value, links: Links, frame: Frame) -> Result<String, PageError> {
    let (code, opening) = signals::opening(summary);
    let verdict = trend::reads(summary);
    let sections = panels()?
        .section
        .into_iter()
        .map(|section| SectionView {
            signals: section
                .panels
                .iter()
                .filter(|code| !reading::indicator(summary, code).is_null())
                .map(|code| signal(summary, links, code))
                .collect(),
            heading: section.heading,
            lead: section.lead,
        })
        .filter(|section| !section.signals.is_empty())
        .collect();
    let view = View {
        frame,
        opening: say(links, code, &opening),
        verdict: say(
            links,
            "T1",
            &format!(
                "How write-ups of one age are read over time: {}.",
                verdict.brief
            ),
        ),
        sections,
        evidence: evidence(summary, links),
        health: health::health(summary),
    };
    templates::render("overview.html", &view)
}

/// An indicator with its words and its pictures.
pub(super) fn signal(summary: &Value, links: Links, code: &str) -> Signal {
    let indicator = reading::indicator(summary, code);
    let is_trend = matches!(code, "T0" | "T1");
    let charts = build::charts(summary, code);
    Signal {
        code: code.to_owned(),
        title: reading::text(indicator, "title").to_owned(),
        says: words::capital(reading::text(indicator, "says")),
        caveat: reading::text(indicator, "caveat").to_owned(),
        unit: reading::text(indicator, "unit").to_owned(),
        state: indicator
            .get("state")
            .and_then(Value::as_bool)
            .unwrap_or(false),
        verdict: is_trend.then(|| trend::reads(summary).word),
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
            .map(|chart| Figure::new(chart, links))
            .collect(),
    }
}

fn drawn(chart: &&Chart) -> bool {
    !matches!(chart.plot, Plot::Nothing(_)) || !chart.table.rows.is_empty()
}

fn evidence(summary: &Value, links: Links) -> Evidence {
    let late = signals::days(summary, "late", 90.0);
    let writeups = alive::still_alive(summary, late, 3)
        .into_iter()
        .map(|writeup| {
            let age = reading::cell(writeup, "age_days")
                .get()
                .map(words::age)
                .unwrap_or_default();
            let readers = words::counted(reading::cell(writeup, "readers_trailing"));
            Alive {
                title: reading::text(writeup, "title").to_owned(),
                href: links.writeup(reading::text(writeup, "id")),
                words: format!("{age} old, {readers} readers in the last four weeks"),
            }
        })
        .collect();
    let links = alive::newest_links(summary, 3)
        .into_iter()
        .map(|(writeup, link)| LinkRow {
            place: words::capital(&words::place(reading::text(link, "place"))),
            stands_in: reading::text(link, "stands_in").to_owned(),
            since: words::date(reading::text(link, "since")),
            title: reading::text(writeup, "title").to_owned(),
            href: links.writeup(reading::text(writeup, "id")),
        })
        .collect();
    Evidence { writeups, links }
}
