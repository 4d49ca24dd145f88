//! How is that going? What somebody undertook and from when, with write-ups of like age (or months, or reviews)
//! before and after side by side. It is a comparison and never a trend, and it proves no cause. All of it is
//! made from what the summary tells anyway, so it can tell nothing that is withheld there.

use serde::Serialize;
use serde_json::Value;

use super::sides::{self, Pairs, Sides};
use super::view::{Figure, Part, say};
use super::words::{self, count, plural};
use super::{Links, alive, annotations, list, opening, signals};
use crate::charts::build;
use crate::charts::reading;
use crate::stats::{Compared, LEAST_CLUSTERS, compared};

/// Undertakings on the page, the newest; the others stand with the annotations.
const MOST: usize = 3;
/// Things to open below each.
const EVIDENCE: usize = 3;

/// What was undertaken.
#[derive(Serialize)]
pub(super) struct Undertaken {
    /// Since when.
    on: String,
    what: String,
    /// What it is expected to act on.
    acts_on: &'static str,
    /// What is found in one sentence.
    found: Vec<Part>,
    /// What is compared, first what it is expected to act on.
    rows: Vec<Row>,
    /// What was compared and did not move by more than chance may.
    still: String,
    /// What T6 says of it.
    tested: Vec<Part>,
    figures: Vec<Figure>,
    /// Published since, and in use: title, address, and words.
    evidence: Vec<(String, String, String)>,
    /// Why there is nothing to open.
    no_evidence: &'static str,
}

impl Undertaken {
    /// The same in one line without marks.
    pub(super) fn line(&self) -> String {
        let found: String = self.found.iter().map(|part| part.text.as_str()).collect();
        let still = match self.still.is_empty() {
            true => String::new(),
            false => format!(" Not told apart from before: {}.", self.still),
        };
        format!("{}, from {}: {found}{still}", self.what, self.on)
    }
}

/// One sign on both sides.
#[derive(Serialize)]
struct Row {
    sign: &'static str,
    before: Vec<Part>,
    after: Vec<Part>,
    /// After divided by before.
    ratio: Vec<Part>,
    /// `more`, `less`, `not told apart`, `too early`, `too little before it`, `nothing to compare`.
    word: &'static str,
}

/// What is compared, with its code.
struct Sign {
    code: &'static str,
    name: &'static str,
    /// In the middle of a sentence.
    said: &'static str,
    /// Of which annotations it is what they are expected to act on.
    of: &'static [&'static str],
    /// Numerators and denominators, a pair for each cluster, by what stands on either side.
    pairs: fn(&Value, &Sides) -> Pairs,
    /// For how many months the same write-ups are in them.
    window: fn(&Value) -> f64,
    /// One and many of the clusters.
    clusters: [&'static str; 2],
    /// How a level is told.
    level: fn(f64) -> String,
    /// The first month in which it can be told, if there is a cluster in every month.
    told_in: fn(&Value, &Sides) -> Option<i32>,
}

static SIGNS: [Sign; 5] = [
    Sign {
        code: "T0",
        name: "Reads of a write-up at one age, by when it was published",
        said: "late reading of what was published since",
        of: &["writeups", "organisation"],
        pairs: sides::by_publication,
        window: sides::apart,
        clusters: ["month of publication", "months of publication"],
        level: words::measure,
        told_in: sides::once_published,
    },
    Sign {
        code: "T0",
        name: "Reads a working day of a write-up of one age, by month",
        said: "late reading by month",
        of: &["reading", "organisation"],
        pairs: sides::by_month,
        window: sides::window,
        clusters: ["month", "months"],
        level: words::measure,
        told_in: sides::once_over,
    },
    Sign {
        code: "R4",
        name: "Of those who open an older write-up, stay long enough to read it",
        said: "staying long enough to read",
        of: &[],
        pairs: sides::by_depth,
        window: sides::window,
        clusters: ["month", "months"],
        level: words::percent,
        told_in: sides::once_over,
    },
    Sign {
        code: "A1",
        name: "People who come to a review",
        said: "how many come to a review",
        of: &["reviews", "organisation"],
        pairs: sides::by_review,
        window: sides::apart,
        clusters: ["review", "reviews"],
        level: words::measure,
        told_in: |_, _| None,
    },
    Sign {
        code: "A2",
        name: "Of those who come, need not have come",
        said: "which part of those who come to a review need not have",
        of: &["reviews"],
        pairs: sides::by_freedom,
        window: sides::apart,
        clusters: ["review", "reviews"],
        level: words::percent,
        told_in: |_, _| None,
    },
];

/// The newest of them, the newest first.
pub(super) fn undertaken(summary: &Value, links: Links) -> Vec<Undertaken> {
    let annotations = reading::list(reading::results(summary, "T6"), "annotations");
    // In the same order.
    let figures = build::charts(summary, "T6");
    let newest = annotations.iter().rev().take(MOST).enumerate();
    newest
        .filter_map(|(at, annotation)| {
            // One picture shows the form; those of the others stand with the annotations.
            let figures = figures.get(at).filter(|_| at == 0);
            let figures = figures.map(|chart| Figure::new(chart, links));
            one(summary, links, annotation, figures.into_iter().collect())
        })
        .collect()
}

fn one(
    summary: &Value,
    links: Links,
    annotation: &Value,
    figures: Vec<Figure>,
) -> Option<Undertaken> {
    let sides = Sides::of(reading::text(annotation, "on").parse().ok()?);
    let acts_on = reading::text(annotation, "acts_on");
    // What it is expected to act on comes first; both in the order above.
    let (meant, others): (Vec<&Sign>, Vec<&Sign>) =
        SIGNS.iter().partition(|sign| sign.of.contains(&acts_on));
    let each: Vec<(&Sign, Compared)> = meant
        .iter()
        .chain(&others)
        .map(|sign| {
            let [before, after] = (sign.pairs)(summary, &sides);
            (*sign, compared(&before, &after, (sign.window)(summary)))
        })
        .collect();
    let still: Vec<String> = each
        .iter()
        .filter(|(_, found)| word(found) == NOT_APART)
        .map(|(sign, _)| sign.said.to_owned())
        .collect();
    let evidence = evidence(summary, links, &sides);
    Some(Undertaken {
        on: sides.on.format("%-d %b %Y").to_string(),
        what: reading::text(annotation, "text").to_owned(),
        acts_on: annotations::in_words(acts_on),
        found: found(summary, links, &sides, each.get(..meant.len())?),
        rows: each
            .iter()
            .map(|(sign, found)| row(links, sign, found))
            .collect(),
        still: words::row(&still, "and"),
        tested: say(links, "T6", &annotations::shown(annotation)),
        // Its picture is of what was published since.
        figures: figures
            .into_iter()
            .filter(|_| acts_on != "reviews")
            .collect(),
        no_evidence: match evidence.is_empty() {
            true => "Nothing that was published since is known to be in use yet.",
            false => "",
        },
        evidence,
    })
}

const NOT_APART: &str = "not told apart";
const EARLY: &str = "too early";
const TOO_LITTLE: &str = "too little before it";
const NOTHING: &str = "nothing to compare";

/// What may be said of it.
fn word(found: &Compared) -> &'static str {
    match found.interval {
        Some((lo, _)) if lo > 1.0 => "more",
        Some((_, hi)) if hi < 1.0 => "less",
        Some(_) => NOT_APART,
        None if found.before.clusters == 0 => NOTHING,
        // No time to come adds to what was before.
        None if found.before.clusters < LEAST_CLUSTERS => TOO_LITTLE,
        None if found.after.clusters < LEAST_CLUSTERS => EARLY,
        None => NOTHING,
    }
}

fn row(links: Links, sign: &Sign, found: &Compared) -> Row {
    let side = |side: &crate::stats::Ratio| {
        let [one, many] = sign.clusters;
        let clusters = side.clusters as f64;
        let of = format!("{} {}", count(clusters), plural(clusters, one, many));
        let said = match side.ratio {
            Some(level) => format!("«{}» ({of})", (sign.level)(level)),
            None => "–".to_owned(),
        };
        say(links, sign.code, &said)
    };
    let ratio = match (found.quotient, found.interval) {
        (Some(quotient), Some((lo, hi))) => {
            format!("«{quotient:.2}» (95 % interval {lo:.2} to {hi:.2})")
        }
        (Some(quotient), None) => format!("«{quotient:.2}» (no interval: too few)"),
        _ => "–".to_owned(),
    };
    Row {
        sign: sign.name,
        before: side(&found.before),
        after: side(&found.after),
        ratio: say(links, sign.code, &ratio),
        word: word(found),
    }
}

/// In one sentence: what it is expected to act on moved, did not, or can't be told yet, and then from when.
fn found(summary: &Value, links: Links, sides: &Sides, meant: &[(&Sign, Compared)]) -> Vec<Part> {
    let Some((sign, first)) = meant.first() else {
        return Vec::new();
    };
    let said = match (word(first), first.quotient, first.interval) {
        (way @ ("more" | "less"), Some(quotient), Some((lo, hi))) => format!(
            "{}: «{quotient:.2}» times what it was, and chance alone seldom shows so much {way} (95 % interval {lo:.2} \
             to {hi:.2}).",
            words::capital(sign.said)
        ),
        (NOT_APART, Some(quotient), Some((lo, hi))) => format!(
            "{}: before and after can't be told apart: «{quotient:.2}» times what it was, by chance anything between \
             {lo:.2} and {hi:.2}.",
            words::capital(sign.said)
        ),
        (EARLY, ..) => {
            let [one, many] = sign.clusters;
            let after = first.after.clusters as f64;
            let when = (sign.told_in)(summary, sides).map_or_else(String::new, |month| {
                format!(
                    " It can first be told in {}, if every month brings some.",
                    words::month(month)
                )
            });
            format!(
                "Too early: «{}» {} after it {} told, and «{LEAST_CLUSTERS}» are needed on each side.{when}",
                count(after),
                plural(after, one, many),
                plural(after, "is", "are")
            )
        }
        (TOO_LITTLE, ..) => {
            let [one, many] = sign.clusters;
            let before = first.before.clusters as f64;
            format!(
                "There is too little before it to compare with: «{}» {} {} told, and «{LEAST_CLUSTERS}» are needed.",
                count(before),
                plural(before, one, many),
                plural(before, "is", "are")
            )
        }
        _ => format!(
            "Nothing to compare: {}.",
            opening::nothing(summary, sign.code)
                .trim_end_matches('.')
                .to_lowercase()
        ),
    };
    say(links, sign.code, &said)
}

/// Write-ups that were published since and are still read, and then those that are linked by now.
fn evidence(summary: &Value, links: Links, sides: &Sides) -> Vec<(String, String, String)> {
    let zone = reading::zone(summary);
    let is_since = |writeup: &&Value| {
        let published = reading::day(reading::text(writeup, "published_at"), zone);
        published.is_some_and(|published| published >= sides.on)
    };
    let late = signals::days(summary, "late", 90.0);
    let read = alive::still_alive(summary, late, usize::MAX);
    let read = read.into_iter().filter(is_since);
    let read = read.map(|writeup| (writeup, alive::words_of(summary, writeup)));
    let linked = alive::newest_links(summary, usize::MAX).into_iter();
    let linked = linked.filter(|(writeup, _)| is_since(writeup));
    let linked = linked.map(|(writeup, link)| {
        let place = words::place(reading::text(link, "place"));
        let since = words::date(reading::text(link, "since"), zone);
        (writeup, format!("linked from a {place} since {since}"))
    });
    let mut told: Vec<(String, String, String)> = Vec::new();
    for (writeup, said) in read.chain(linked) {
        let href = links.writeup(reading::text(writeup, "id"));
        if told.len() < EVIDENCE && told.iter().all(|one| one.1 != href) {
            told.push((list::title(writeup), href, said));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::view::Part;
    use super::*;

    fn text(parts: &[Part]) -> String {
        parts
            .iter()
            .map(|part| part.text.replace('\u{a0}', " "))
            .collect()
    }

    /// Cohorts from January 2025 on, of three write-ups each, before and after June.
    fn summary(months: i32, after: f64, acts_on: &str) -> Value {
        let cohort = |n: i32| {
            let sway = f64::from(n * 7 % 3);
            let level = if n < 6 { 10.0 } else { after };
            json!({"month": format!("2025-{n:02}"), "writeups": 3, "per_writeup": level + sway})
        };
        let cohorts: Vec<Value> = (1..=months).map(cohort).collect();
        let its = json!({"told": "too early", "before": 5, "after": 0, "level_ratio": null});
        let change =
            json!({"on": "2025-06-01", "text": "A new template", "acts_on": acts_on, "its": its});
        let review = |n: u32| {
            let date = format!("2025-{:02}-{:02}", 1 + n / 2, 5 + n % 2);
            json!({"meeting": n.to_string(), "date": date, "attendees": 12 + n % 3, "need_not_have_come": 6})
        };
        json!({
            "as_of": "2026-06-01T00:00:00Z",
            "health": {"coverage": [{"kind": "read", "scope": "wiki"}, {"kind": "attendance", "scope": "calendar"}]},
            "indicators": {
                "T0": {"results": {"cohorts": cohorts}},
                "T6": {"results": {"annotations": [change]}},
            },
            "reviews": (0..24).map(review).collect::<Vec<Value>>(),
        })
    }

    fn told(summary: &Value) -> Undertaken {
        undertaken(summary, Links::Server).remove(0)
    }

    #[test]
    fn what_moved_is_told_with_its_interval_and_what_did_not_is_listed() {
        let found = told(&summary(11, 30.0, "writeups"));
        let said = text(&found.found);
        assert!(
            said.starts_with("Late reading of what was published since: 2."),
            "{said}"
        );
        assert!(
            said.contains("chance alone seldom shows so much more (95 % interval 2."),
            "{said}"
        );
        assert_eq!(found.rows[0].word, "more");
        assert_eq!(
            found.still,
            "how many come to a review and which part of those who come to a review need not have"
        );
        assert_eq!(text(&found.rows[0].before), "11 (5 months of publication)");
    }

    #[test]
    fn what_is_too_early_names_its_month() {
        let found = told(&summary(8, 30.0, "writeups"));
        let said = text(&found.found);
        assert!(
            said.starts_with("Too early: 3 months of publication after it are told"),
            "{said}"
        );
        // June to October, and half a year from the last of October on.
        assert!(said.contains("first be told in April 2026"), "{said}");
        assert_eq!(found.rows[0].word, EARLY);
        let little = told(&summary(2, 30.0, "writeups"));
        assert!(text(&little.found).contains("too little before it"));
    }

    #[test]
    fn a_change_of_reviews_is_looked_for_in_reviews_first() {
        let found = told(&summary(11, 10.0, "reviews"));
        assert_eq!(found.rows[0].sign, "People who come to a review");
        let said = text(&found.found);
        assert!(said.contains("can't be told apart"), "{said}");
        assert!(
            found
                .still
                .contains("late reading of what was published since"),
            "{}",
            found.still
        );
        assert!(found.figures.is_empty());
    }

    #[test]
    fn withheld_numbers_are_on_neither_side() {
        let mut few = summary(11, 30.0, "writeups");
        let cohorts = few["indicators"]["T0"]["results"]["cohorts"]
            .as_array_mut()
            .unwrap();
        for cohort in cohorts.iter_mut().take(3) {
            *cohort = json!({"month": cohort["month"], "writeups": 3, "per_writeup": null, "suppressed": true});
        }
        let found = told(&few);
        assert_eq!(
            text(&found.rows[0].before).split('(').nth(1),
            Some("2 months of publication)")
        );
        assert_eq!(found.rows[0].word, TOO_LITTLE);
    }

    #[test]
    fn what_was_published_since_and_is_in_use_can_be_opened() {
        let mut with = summary(11, 30.0, "writeups");
        let writeup = |id: &str, published: &str| {
            let link = json!({"place": "code_comment", "since": "2026-02-01", "removed": null});
            json!({"id": id, "title": id, "published_at": published, "age_days": 200, "still_read": true,
                   "readers_trailing": 8, "link_evidence": [link]})
        };
        with["writeups"] = json!([
            writeup("OLD", "2025-01-01T00:00:00Z"),
            writeup("NEW", "2025-08-01T00:00:00Z"),
        ]);
        let found = told(&with);
        let ids: Vec<&str> = found.evidence.iter().map(|one| one.0.as_str()).collect();
        assert_eq!(ids, ["NEW"]);
        assert!(
            told(&summary(11, 30.0, "writeups"))
                .no_evidence
                .starts_with("Nothing")
        );
    }
}
