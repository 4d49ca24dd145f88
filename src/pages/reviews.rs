//! Reviews: how many came, how many of them need not have. For one review these two numbers only; roles
//! stand by the quarter.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::attendance::{self, is_planned};
use super::overview::{Signal, signal};
use super::stories::{Acts, Stories, acts, retellings, stories};
use super::view::{Frame, Pager, Part, restricted, say};
use super::{Links, PageError, health, panels, templates, words};
use crate::charts::reading::{self, Cell, cell};

/// What stands for the title of a review that is about no known write-up.
pub const UNTITLED: &str = "no write-up known";

/// Rows on a page.
const ROWS: usize = 50;

#[derive(Serialize)]
struct View<'a> {
    frame: Frame,
    opening: Vec<Part>,
    signals: Vec<Signal>,
    missing: Option<&'static health::Missing>,
    rows: Vec<Row>,
    attendees_href: String,
    freely_href: String,
    freely_means: &'static str,
    /// That the numbers of every single review are withheld, and what is told instead.
    small: Option<&'static str>,
    pager: Pager,
    acts: Vec<Acts>,
    retellings: Vec<Part>,
    habit: Option<String>,
    stories: Option<Stories>,
    /// For those who may say something of reviews.
    desk: Option<&'a Seated>,
}

/// What a coordinator sees beside what everybody sees.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seated {
    /// What forms bring along.
    pub form: String,
    /// Of what something was said a moment ago.
    pub said: &'static str,
    /// Reviews that are planned, the next first.
    pub upcoming: Vec<Unlisted>,
    /// What was said of meetings to come that nobody plans any more: when, and what.
    pub astray: Vec<(String, String)>,
    /// Meetings in which what had happened before was told again, the latest first.
    pub retold: Vec<Unlisted>,
    /// What is said of meetings by hand, by their names.
    pub by_hand: BTreeMap<String, ByHand>,
}

/// A meeting that stands in no list of reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Unlisted {
    /// Its name.
    pub meeting: String,
    /// Its day and hour.
    pub when: String,
    /// What it is about.
    pub title: String,
    /// What is said of it.
    pub by_hand: ByHand,
}

/// What is said of a meeting by hand, as its form has it: empty where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ByHand {
    /// What the meeting is about, so that nobody takes it for another of its day.
    pub title: Option<String>,
    /// How many gave their own account.
    pub accounts: String,
    /// Changes to the write-up that came of it.
    pub changes: String,
    /// How many watched its recording afterwards.
    pub watched: String,
    /// What kind of meeting it was.
    pub form: String,
    /// Everybody may come: `true` or `false`.
    pub open: String,
    /// All of them had to come.
    pub mandatory: String,
}

#[derive(Serialize)]
struct Row {
    date: String,
    /// What is to be said of a meeting of which nobody is known to have come.
    note: &'static str,
    title: String,
    restricted: bool,
    href: Option<String>,
    attendees: String,
    freely: String,
    /// Its name for forms.
    meeting: String,
    accounts: String,
    changes: String,
    watched: String,
    /// Everybody may come.
    open: bool,
    /// What the form has in its fields.
    by_hand: ByHand,
}

/// How many pages there are.
pub(super) fn pages(summary: &Value) -> usize {
    reading::list(summary, "reviews")
        .len()
        .div_ceil(ROWS)
        .max(1)
}

/// The page of this number, from 1.
pub(super) fn render(
    summary: &Value,
    links: Links,
    number: usize,
    desk: Option<&Seated>,
) -> Result<String, PageError> {
    let reviews = newest_first(summary);
    let pages = pages(summary);
    let page = number.clamp(1, pages);
    let start = (page - 1) * ROWS;
    let rows: Vec<Row> = reviews
        .iter()
        .skip(start)
        .take(ROWS)
        .map(|review| row(summary, links, review, desk))
        .collect();
    let pager = Pager {
        words: match rows.len() {
            0 => "none".to_owned(),
            shown => words::from_to(start, shown, reviews.len()),
        },
        before: (page > 1).then(|| links.reviews(page - 1)),
        after: (page < pages).then(|| links.reviews(page + 1)),
    };
    let missing = health::missing(summary, "A1");
    let panels = panels::of_reviews()?;
    let signals = panels
        .iter()
        .filter(|_| page == 1 && missing.is_none())
        .filter(|panel| !reading::indicator(summary, &panel.code).is_null())
        .map(|panel| signal(summary, links, panel));
    let frame = Frame::new(summary, links, "reviews", "Who comes to reviews?");
    let is_first = page == 1;
    let view = View {
        frame: match desk {
            Some(_) => frame.with_forms(),
            None => frame,
        },
        acts: if is_first { acts(summary) } else { Vec::new() },
        retellings: retellings(summary)
            .filter(|_| is_first)
            .map(|words| say(links, "A1", &words))
            .unwrap_or_default(),
        stories: stories(summary, links).filter(|_| is_first),
        habit: attendance::habit(summary).filter(|_| is_first),
        desk,
        opening: say(links, "A2", &opening(summary, &reviews)),
        signals: signals.collect(),
        missing,
        rows,
        attendees_href: links.definition("A1"),
        freely_href: links.definition("A2"),
        freely_means: attendance::FREELY,
        small: small(&reviews),
        pager,
    };
    templates::render("reviews.html", &view)
}

/// Said once, where it would stand in every row.
fn small(reviews: &[&Value]) -> Option<&'static str> {
    let mut held = reviews
        .iter()
        .filter(|review| !is_planned(review))
        .peekable();
    held.peek()?;
    let is_withheld = |review: &&Value| matches!(cell(review, "attendees"), Cell::Withheld);
    held.all(is_withheld).then_some(
        "So few came to each of these reviews that its numbers would tell what single people did: they are withheld \
         review by review. All reviews of a quarter are counted together, and what that can tell stands with the \
         attendance by quarter.",
    )
}

pub(super) fn newest_first(summary: &Value) -> Vec<&Value> {
    let mut reviews: Vec<&Value> = reading::list(summary, "reviews").iter().collect();
    reviews.sort_by(|a, b| {
        let key = |r| (reading::text(r, "date"), reading::text(r, "meeting"));
        key(b).cmp(&key(a))
    });
    reviews
}

/// Such as: To the latest review, on 3 Jun 2026, 14 came; 9 of them need not have come.
fn opening(summary: &Value, reviews: &[&Value]) -> String {
    let Some(latest) = reviews.iter().find(|review| !is_planned(review)) else {
        return match health::missing(summary, "A1") {
            Some(_) => "Reviews are not measured yet.".to_owned(),
            None => attendance::nothing(summary),
        };
    };
    let date = words::date(reading::text(latest, "date"), reading::zone(summary));
    match told(summary, latest) {
        Some(told) => format!("To the latest review, on {date}, {told}"),
        None => format!("The latest review was on {date}; its numbers are withheld."),
    }
}

/// What is told of one review, the end of a sentence that says which: «14» came; «9» of them need not have come; 6
/// gave their own account; 5 changes to the write-up came of it. Nothing where it is withheld how many came, or
/// nobody recorded it. What somebody says by hand is no indicator's number.
pub(super) fn told(summary: &Value, review: &Value) -> Option<String> {
    if is_planned(review) {
        return None;
    }
    let all = cell(review, "attendees").get()?;
    let mut said = vec![format!("«{}»{} came", words::count(all), or_more(review))];
    let uninvited = attendance::uninvited(summary);
    match cell(review, "need_not_have_come") {
        Cell::Value(free) if !uninvited => {
            said.push(format!(
                "«{}» of them need not have come",
                words::count(free)
            ));
        }
        Cell::Withheld if !uninvited => {
            said.push("how many of them need not have come is withheld".to_owned());
        }
        _ => {}
    }
    if let Cell::Value(accounts) = cell(review, "accounts") {
        said.push(format!("{} gave their own account", words::count(accounts)));
    }
    if let Cell::Value(changes) = cell(review, "changes") {
        let changed = words::plural(changes, "change", "changes");
        said.push(format!(
            "{} {changed} to the write-up came of it",
            words::count(changes)
        ));
    }
    let said = said.join("; ");
    Some(match uninvited {
        true => format!("{said}. {}", attendance::not_known()),
        false => format!("{said}."),
    })
}

/// What stands behind a number of attendees where rooms or telephones were there, which hide how many.
fn or_more(review: &Value) -> &'static str {
    match (cell(review, "attendees"), &review["or_more"]) {
        (Cell::Value(_), Value::Bool(true)) => " or more",
        _ => "",
    }
}

/// How many came to a review, and how many of them freely.
pub(super) struct Numbers {
    pub(super) came: String,
    pub(super) freely: String,
    pub(super) note: &'static str,
}

/// What is known of one review.
pub(super) fn numbers(summary: &Value, review: &Value) -> Numbers {
    if is_planned(review) {
        return Numbers {
            came: "–".to_owned(),
            freely: "–".to_owned(),
            note: match review["suppressed"] {
                Value::Bool(true) => {
                    "planned, nobody recorded who came; what came of it is withheld for that"
                }
                _ => "planned, nobody recorded who came",
            },
        };
    }
    Numbers {
        came: words::counted(cell(review, "attendees")) + or_more(review),
        freely: match attendance::uninvited(summary) {
            true => "–".to_owned(),
            false => words::counted(cell(review, "need_not_have_come")),
        },
        note: match (&review["all_had_to_come"], &review["mandatory"]) {
            (Value::Bool(true), _) => "all had to come",
            (_, Value::Bool(true)) => "some were told to come",
            _ if review["not_planned"] == true => "no invitation is known",
            _ => "",
        },
    }
}

fn row(summary: &Value, links: Links, review: &Value, desk: Option<&Seated>) -> Row {
    let writeup = reading::text(review, "writeup");
    let title = reading::text(review, "title");
    let Numbers { came, freely, note } = numbers(summary, review);
    let meeting = reading::text(review, "meeting");
    let said = desk.and_then(|desk| desk.by_hand.get(meeting));
    let said = said.filter(|said| said.title.as_deref().unwrap_or_default() == title);
    Row {
        date: words::date(reading::text(review, "date"), reading::zone(summary)),
        note,
        title: if title.is_empty() {
            UNTITLED.to_owned()
        } else {
            title.to_owned()
        },
        restricted: restricted(review),
        href: (!writeup.is_empty()).then(|| links.writeup(writeup)),
        attendees: came,
        freely,
        meeting: meeting.to_owned(),
        accounts: typed(review, "accounts"),
        changes: typed(review, "changes"),
        watched: typed(review, "watched"),
        open: review["open"] == Value::Bool(true),
        by_hand: said.cloned().unwrap_or_else(|| ByHand {
            accounts: typed(review, "accounts"),
            changes: typed(review, "changes"),
            watched: typed(review, "watched"),
            ..ByHand::default()
        }),
    }
}

/// A number as somebody would type it; empty where it is not told.
fn typed(review: &Value, name: &str) -> String {
    match cell(review, name) {
        Cell::Value(number) => format!("{number:.0}"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_said_once_where_every_review_is_small() {
        let few = json!({ "attendees": null, "need_not_have_come": null, "suppressed": true });
        let many = json!({ "attendees": 9, "need_not_have_come": 7 });
        let planned = json!({ "attendees": null, "not_recorded": true });
        let hides = |mut review: Value| {
            review["or_more"] = json!(true);
            numbers(&Value::Null, &review).came
        };
        assert_eq!(
            [
                hides(many.clone()),
                hides(few.clone()),
                hides(planned.clone())
            ],
            ["9 or more", "withheld", "–"]
        );
        assert!(small(&[&few, &planned, &few]).is_some());
        assert_eq!(small(&[&few, &many]), None);
        assert_eq!(small(&[&planned]), None);
        assert_eq!(small(&[]), None);
    }
}
