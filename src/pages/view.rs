//! What every page shares: the head with its statement, sentences whose numbers lead to their
//! definitions, figures with their tables.

use serde::Serialize;
use serde_json::Value;

use super::{Links, ListQuery, PageError, STATEMENT, Seat, assets, templates, words};
use crate::charts::{self, Chart, Table, Theme, reading};

/// The frame of a page.
#[derive(Serialize)]
pub(super) struct Frame {
    title: String,
    /// Which entry of the navigation is this one.
    here: &'static str,
    statement: &'static str,
    organisation: String,
    as_of: String,
    timezone: String,
    simulated: bool,
    k: u64,
    nav: Vec<(&'static str, &'static str, String)>,
    /// The style sheet's address; empty where `css` holds it.
    style: String,
    css: String,
    icon: String,
    /// The script's address; empty where there is none.
    script: String,
    /// Where the feed is; empty where there is none.
    feed: &'static str,
    summary: String,
    privacy: String,
    /// Where a reader signs in and out; empty where nobody does.
    access: &'static str,
    /// Whether looks at restricted write-ups are written down.
    noted: bool,
    /// To whom a browser says which page it comes from.
    referrer: &'static str,
}

impl Frame {
    /// The frame of a page of this title.
    pub(super) fn new(summary: &Value, links: Links, here: &'static str, title: &str) -> Frame {
        let organisation = organisation(summary);
        let seat = match links {
            Links::Seated(seat) => seat,
            Links::Server | Links::Report { .. } => Seat::default(),
        };
        let mut nav = vec![
            ("overview", "Overview", links.overview()),
            (
                "writeups",
                "Write-ups",
                links.writeups(&ListQuery::default()),
            ),
            ("reviews", "Reviews", links.reviews(1)),
            ("links", "Links", links.links()),
            ("slices", "Parts", links.slices()),
            ("definitions", "Definitions", links.definitions()),
        ];
        if seat.registry {
            nav.push(("registry", "Registry", "/registry".to_owned()));
        }
        if seat.audit {
            nav.push(("audit", "Audit log", "/audit".to_owned()));
        }
        // Last: nobody has to go there.
        nav.push(("explore", "Explore", links.explore()));
        Frame {
            title: title.to_owned(),
            here,
            statement: STATEMENT,
            organisation: reading::text(organisation, "name").to_owned(),
            as_of: words::date(reading::text(summary, "as_of"), reading::zone(summary)),
            timezone: reading::text(organisation, "timezone").to_owned(),
            simulated: simulated(summary),
            k: k(summary),
            nav,
            style: links.asset(assets::STYLE),
            css: String::new(),
            icon: links.asset("icon.svg"),
            script: links.asset(assets::SCRIPT),
            feed: match links {
                Links::Server | Links::Seated(_) => "/feed.atom",
                Links::Report { .. } => "",
            },
            summary: links.summary(),
            privacy: links.privacy(),
            access: match links {
                Links::Server | Links::Seated(_) => "/signin",
                Links::Report { .. } => "",
            },
            noted: seat.noted,
            referrer: "no-referrer",
        }
    }

    /// The same with forms, which say where they are from.
    pub(super) fn with_forms(self) -> Frame {
        Frame {
            referrer: "same-origin",
            ..self
        }
    }

    /// The same with its style sheet inside: the page is complete by itself.
    pub(super) fn self_contained(mut self) -> Result<Frame, PageError> {
        let (bytes, _) = assets::find(assets::STYLE).ok_or(PageError::Asset(assets::STYLE))?;
        let css = std::str::from_utf8(bytes).map_err(|_| PageError::Asset(assets::STYLE))?;
        self.css = lean(css);
        self.style = String::new();
        self.icon = String::new();
        self.script = String::new();
        Ok(self)
    }
}

/// A style sheet without what is for those who work at it: comments, indents.
fn lean(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        kept.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    let lines = kept.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The organisation's own entry of a summary.
pub(super) fn organisation(summary: &Value) -> &Value {
    summary.get("organisation").unwrap_or(&Value::Null)
}

/// Whether nothing in it is real.
pub(super) fn simulated(summary: &Value) -> bool {
    organisation(summary)
        .get("simulated")
        .and_then(Value::as_bool)
        .unwrap_or(false)
}

/// Whether an entry of a list is not for everybody.
pub(super) fn restricted(entry: &Value) -> bool {
    entry.get("restricted").and_then(Value::as_bool) == Some(true)
}

/// The number of people below which nothing is told.
pub(super) fn k(summary: &Value) -> u64 {
    organisation(summary)
        .get("k")
        .and_then(Value::as_u64)
        .unwrap_or(5)
}

/// A stretch of a sentence; a number carries the address of its definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Part {
    pub(super) text: String,
    pub(super) href: Option<String>,
    /// Something to type.
    pub(super) code: bool,
}

impl Part {
    fn words(text: &str) -> Part {
        Part {
            // A line does not end between a number and its sign.
            text: text.replace(" %", "\u{a0}%"),
            href: None,
            code: false,
        }
    }
}

/// Words into parts: what stands between guillemets is a number of the indicator `code`, what
/// stands between grave accents a command.
pub(super) fn say(links: Links, code: &str, sentence: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    for (i, piece) in sentence.split('«').enumerate() {
        let (number, rest) = match (i, piece.split_once('»')) {
            (0, _) | (_, None) => (None, piece),
            (_, Some((number, rest))) => (Some(number), rest),
        };
        if let Some(number) = number {
            parts.push(Part {
                href: Some(links.definition(code)),
                ..Part::words(number)
            });
        }
        let stretches = rest.split('`').enumerate();
        parts.extend(
            stretches
                .filter(|(_, text)| !text.is_empty())
                .map(|(i, text)| Part {
                    code: i % 2 == 1,
                    ..Part::words(text)
                }),
        );
    }
    parts
}

/// Sentences in a row, each with numbers of its own indicator.
pub(super) fn say_all(links: Links, said: &[(&'static str, String)]) -> Vec<Part> {
    said.iter()
        .flat_map(|(code, sentence)| say(links, code, sentence))
        .collect()
}

/// The same words without marks, for Markdown and titles.
pub(super) fn plain(sentence: &str) -> String {
    sentence.replace(['«', '»'], "")
}

/// A chart in a page.
#[derive(Serialize)]
pub(super) struct Figure {
    /// Safe: made by our own renderer, which escapes its texts.
    svg: String,
    name: String,
    table: Table,
    files: Vec<(&'static str, String)>,
}

impl Figure {
    /// A chart of the organisation, with its files beside it.
    pub(super) fn new(chart: &Chart, links: Links) -> Figure {
        let files = vec![
            ("SVG", links.chart(&chart.name, "svg")),
            ("PNG", links.chart(&chart.name, "png")),
            ("CSV", links.chart(&chart.name, "csv")),
        ];
        Figure {
            files,
            ..Figure::without_files(chart)
        }
    }

    /// A chart that stands in this page alone.
    pub(super) fn without_files(chart: &Chart) -> Figure {
        Figure {
            svg: charts::render_svg(chart, Theme::Page),
            name: chart.title.clone(),
            table: chart.table.clone(),
            files: Vec::new(),
        }
    }
}

/// Links to the pages of a long list.
#[derive(Serialize)]
pub(super) struct Pager {
    /// Words such as `51 to 100 of 240`.
    pub(super) words: String,
    /// Address of the page before.
    pub(super) before: Option<String>,
    /// Address of the page after.
    pub(super) after: Option<String>,
}

/// A page that says one thing.
pub(super) fn message(
    summary: &Value,
    links: Links,
    title: &str,
    text: &str,
) -> Result<String, PageError> {
    #[derive(Serialize)]
    struct View<'a> {
        frame: Frame,
        text: &'a str,
    }
    let frame = Frame::new(summary, links, "", title);
    templates::render("message.html", &View { frame, text })
}
