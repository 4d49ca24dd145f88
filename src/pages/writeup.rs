//! The page of one write-up: is it still read, where is it linked from, who came to its review.
//! Evidence shows places and dates, never a person.

use serde::Serialize;
use serde_json::Value;

use super::links::outside;
use super::list::measured;
use super::opening::Said;
use super::view::{self, Figure, Frame, Part, say_all};
use super::{
    Links, PageError, alive, arrivals, assigned, attendance, copies, health, linked, list, reviews,
    signals, templates, words,
};
use crate::charts::build;
use crate::charts::reading::{self, Cell, cell};

/// Rows of evidence on the page.
const MOST_LINKS: usize = 100;

/// Indicators that tell numbers of single write-ups, whose steps `crate::jobs::explain` knows.
pub const EXPLAINED: [&str; 14] = [
    "R1", "R3", "L1", "L3", "L4", "L8", "L9", "L12", "A1", "A2", "C1", "K1", "K4", "D1",
];

#[derive(Serialize)]
struct View {
    frame: Frame,
    id: String,
    /// Not everybody sees it.
    restricted: bool,
    /// Where it lies; in simulated data that is nowhere.
    url: Option<String>,
    nowhere: String,
    opening: Vec<Part>,
    facts: Vec<Fact>,
    /// Codes that tell numbers of it, and where these are explained; none in a report.
    explained: Vec<(&'static str, String)>,
    about: Vec<About>,
    /// Nothing where its reads can't be placed by age; `no_chart` says why.
    chart: Option<Figure>,
    no_chart: &'static str,
    curve_href: String,
    /// Where its readers came from; empty where no source tells.
    arrivals: Vec<arrivals::Way>,
    links: Vec<LinkRow>,
    /// How to make one more.
    copies: Vec<copies::Copy>,
    /// How many more there are; empty where none.
    more_links: String,
    /// How many stand where the branch no longer leads to; empty where none.
    unreachable: String,
    reviews: Vec<ReviewRow>,
    freely_means: &'static str,
    reviews_watched: bool,
    links_watched: bool,
}

#[derive(Serialize)]
struct Fact {
    name: &'static str,
    value: String,
    href: String,
}

/// What a write-up is about; where others have the same, their page.
#[derive(Serialize)]
struct About {
    name: &'static str,
    value: String,
    href: Option<String>,
}

#[derive(Serialize)]
struct LinkRow {
    place: String,
    stands_in: String,
    /// Whether `stands_in` is the title of another write-up.
    titled: bool,
    note: &'static str,
    href: Option<String>,
    since: String,
    removed: Option<String>,
}

#[derive(Serialize)]
struct ReviewRow {
    date: String,
    note: &'static str,
    attendees: String,
    freely: String,
}

/// The page.
pub(super) fn render(
    summary: &Value,
    links: Links,
    id: &str,
    origin: Option<&str>,
) -> Result<String, PageError> {
    let writeup = reading::list(summary, "writeups")
        .iter()
        .find(|writeup| reading::text(writeup, "id") == id)
        .ok_or_else(|| PageError::UnknownWriteup(id.to_owned()))?;
    render_one(&Around::of(summary), links, writeup, origin)
}

/// What a page needs to know of all write-ups; gathered once for all pages of a report.
pub(super) struct Around<'a> {
    summary: &'a Value,
    signs: alive::Signs<'a>,
    index: linked::Index<'a>,
}

impl<'a> Around<'a> {
    pub(super) fn of(summary: &'a Value) -> Around<'a> {
        Around {
            summary,
            signs: alive::Signs::of(summary),
            index: linked::Index::of(summary),
        }
    }
}

/// Where a write-up lies, if a browser can be sent there: what is simulated lies nowhere.
pub fn address_of(summary: &Value, writeup: &Value) -> Option<String> {
    let url = reading::text(writeup, "url");
    let real = outside(url).filter(|_| !view::simulated(summary));
    real.map(str::to_owned)
}

/// The page of a write-up that was found; `origin` is where the server is, if it has short addresses.
pub(super) fn render_one(
    around: &Around,
    links: Links,
    writeup: &Value,
    origin: Option<&str>,
) -> Result<String, PageError> {
    let summary = around.summary;
    let no_chart = if health::missing(summary, "L1").is_some() {
        "Reads are not measured yet."
    } else if reading::text(writeup, "published_at").is_empty() {
        "Its date is not known, so reads can't be placed by age."
    } else {
        ""
    };
    let evidence = reading::list(writeup, "link_evidence");
    let id = reading::text(writeup, "id");
    let url = reading::text(writeup, "url");
    let view = View {
        frame: Frame::new(summary, links, "writeups", &list::title(writeup)),
        id: id.to_owned(),
        restricted: view::restricted(writeup),
        url: address_of(summary, writeup),
        nowhere: match view::simulated(summary) {
            true => url.to_owned(),
            false => String::new(),
        },
        opening: say_all(links, &opening(summary, writeup)),
        facts: facts(summary, links, writeup),
        explained: (EXPLAINED.iter())
            .filter_map(|code| Some((*code, links.explained(code, id)?)))
            .collect(),
        about: about(around, links, writeup),
        chart: no_chart
            .is_empty()
            .then(|| Figure::without_files(&build::read_curve(summary, writeup))),
        no_chart,
        curve_href: links.definition("L1"),
        arrivals: arrivals::ways(writeup),
        links: evidence
            .iter()
            .take(MOST_LINKS)
            .map(|link| link_row(around, links, link))
            .collect(),
        copies: copies::address(id, url, origin)
            .map(|address| copies::copies(id, &list::title(writeup), &address))
            .unwrap_or_default(),
        more_links: match evidence.len().saturating_sub(MOST_LINKS) {
            0 => String::new(),
            more => words::count(more as f64),
        },
        unreachable: match writeup["links_unreachable"].as_f64() {
            Some(n) if n > 0.0 => format!(
                "{} more {} in commits that the branch no longer leads to.",
                words::count(n),
                words::plural(n, "stands", "stand")
            ),
            _ => String::new(),
        },
        reviews: reading::list(summary, "reviews")
            .iter()
            .filter(|review| reading::text(review, "writeup") == id)
            .map(|review| review_row(summary, review))
            .collect(),
        freely_means: attendance::FREELY,
        reviews_watched: health::missing(summary, "A1").is_none(),
        links_watched: health::missing(summary, "K1").is_none(),
    };
    templates::render("writeup.html", &view)
}

/// Such as: 14 months old; linked from code comments (2) and commits (1); 11 people read it in the
/// last four weeks.
fn opening(summary: &Value, writeup: &Value) -> Vec<Said> {
    let age = cell(writeup, "age_days").get().map_or_else(
        || "Its date is not known, so reads can't be placed by age".to_owned(),
        |days| format!("{} old", words::age(days)),
    );
    let mut said = vec![("L4", age)];
    if health::missing(summary, "K1").is_none() {
        let places: Vec<String> = linked::live(writeup)
            .into_iter()
            .map(|(place, n)| format!("{} («{}»)", words::places(place), words::count(n)))
            .collect();
        said.push((
            "K1",
            match places.is_empty() {
                true => "; no link to it seen".to_owned(),
                false => format!("; linked from {}", words::row(&places, "and")),
            },
        ));
    }
    said.push(("L4", format!("; {}.", lately(summary, writeup))));
    said
}

fn lately(summary: &Value, writeup: &Value) -> String {
    let trailing = words::stretch(signals::days(summary, "trailing", 28.0));
    if health::missing(summary, "L4").is_some() {
        return "reads are not measured yet".to_owned();
    }
    match cell(writeup, "readers_trailing") {
        Cell::Value(0.0) if alive::read_by_unknown(summary, writeup) => {
            format!("read by somebody unknown in the last {trailing}")
        }
        Cell::Value(0.0) => format!("no reader seen in the last {trailing}"),
        Cell::Value(n) => format!(
            "«{}» {} read it in the last {trailing}",
            words::count(n),
            words::plural(n, "person", "people")
        ),
        Cell::Withheld => {
            format!("how many people read it in the last {trailing} is withheld")
        }
        Cell::Missing if cell(writeup, "reads") == Cell::Value(0.0) => {
            "no read of it seen".to_owned()
        }
        Cell::Missing => "its readers are not known".to_owned(),
    }
}

fn facts(summary: &Value, links: Links, writeup: &Value) -> Vec<Fact> {
    let fact = |name, code: &str, value: String| Fact {
        name,
        value: measured(summary, code, || value),
        href: links.definition(code),
    };
    let number = |key| words::counted(cell(writeup, key));
    // Without a date nothing comes months later.
    let dated = |key| match reading::text(writeup, "published_at") {
        "" => "–".to_owned(),
        _ => number(key),
    };
    vec![
        fact("reads", "R1", number("reads")),
        fact("readers", "R3", number("readers")),
        fact("reads months later", "L3", dated("late_reads")),
        fact(
            "live links",
            "K1",
            words::count(linked::live_links(writeup)),
        ),
        fact("comments", "C1", number("comments")),
        fact("comments months later", "C1", dated("late_comments")),
    ]
}

fn about(around: &Around, links: Links, writeup: &Value) -> Vec<About> {
    let tags: Vec<&str> = reading::list(writeup, "tags")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let zone = reading::zone(around.summary);
    let rows = [
        (
            "Published",
            words::date(reading::text(writeup, "published_at"), zone),
        ),
        (
            "Deleted",
            words::date(reading::text(writeup, "deleted_at"), zone),
        ),
        ("Team", reading::text(writeup, "owner_team").to_owned()),
        ("Template", reading::text(writeup, "template").to_owned()),
        ("Tags", tags.join(", ")),
        ("Assigned reading", assigned::told(writeup, zone)),
        ("Latest sign of life", around.signs.words(writeup)),
        (
            "Reads by AI agents",
            match cell(&writeup["agents"], "reads") {
                Cell::Missing => String::new(),
                told => words::counted(told),
            },
        ),
    ];
    let slices = reading::list(around.summary, "slices");
    let href = |name: &str, value: &str| {
        let by = match name {
            "Team" => "team",
            "Template" => "template",
            _ => return None,
        };
        let is_it = |slice: &&Value| {
            reading::text(slice, "by") == by && reading::text(slice, "name") == value
        };
        slices.iter().find(is_it).map(|_| links.slice(by, value))
    };
    rows.into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| About {
            href: href(name, &value),
            name,
            value,
        })
        .collect()
}

fn link_row(around: &Around, links: Links, link: &Value) -> LinkRow {
    let zone = reading::zone(around.summary);
    let removed = reading::text(link, "removed");
    let evidence = linked::evidence((around.summary, &around.index), links, link);
    LinkRow {
        place: words::place(reading::text(link, "place")),
        stands_in: evidence.words,
        titled: evidence.titled,
        note: evidence.note,
        href: evidence.href,
        since: words::date(reading::text(link, "since"), zone),
        removed: (!removed.is_empty()).then(|| words::date(removed, zone)),
    }
}

fn review_row(summary: &Value, review: &Value) -> ReviewRow {
    let reviews::Numbers { came, freely, note } = reviews::numbers(summary, review);
    ReviewRow {
        date: words::date(reading::text(review, "date"), reading::zone(summary)),
        note,
        attendees: came,
        freely,
    }
}
