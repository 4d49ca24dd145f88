//! A quarter on one printed page: what was seen in it, beside the quarter before and the same quarter of the year
//! before. Two quarters are no trend; the verdict of the whole series stands beside them.

use serde::Serialize;
use serde_json::Value;

use super::opening::Said;
use super::view::{Figure, Frame, Part, say, say_all};
use super::words::{self, count, plural};
use super::{Links, PageError, attendance, health, linked, list, templates, trend};
use crate::charts::reading::{self, Cell, cell, month_index};
use crate::charts::{Mark, Plot, build};

/// Links to open.
const EVIDENCE: usize = 3;
/// Months of a quarter.
const LONG: i32 = 3;

#[derive(Serialize)]
struct View {
    frame: Frame,
    opening: Vec<Part>,
    /// Names of the three quarters that stand side by side, this one first.
    heads: [String; 3],
    rows: Vec<Row>,
    verdict: Vec<Part>,
    figures: Vec<Figure>,
    /// What was undertaken in it.
    undertaken: Vec<(String, String)>,
    /// New links of it: place, title, address of the write-up, since.
    evidence: Vec<(String, String, String, String)>,
    watched: Vec<(&'static str, String)>,
    before: Option<(String, String)>,
    after: Option<(String, String)>,
}

#[derive(Serialize)]
struct Row {
    sign: String,
    href: String,
    cells: Vec<Vec<Part>>,
}

/// A quarter, by its first month: year times twelve plus month less one.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Quarter(i32);

impl Quarter {
    /// `2026-Q2`
    fn named(name: &str) -> Option<Quarter> {
        let (year, number) = name.split_once("-Q")?;
        let number: i32 = number.parse().ok().filter(|n| (1..=4).contains(n))?;
        let year: i32 = year
            .parse()
            .ok()
            .filter(|year| (1970..=9999).contains(year))?;
        Some(Quarter(year * 12 + (number - 1) * LONG))
    }

    fn of(month: i32) -> Quarter {
        Quarter(month - month.rem_euclid(LONG))
    }

    fn name(self) -> String {
        format!(
            "{}-Q{}",
            self.0.div_euclid(12),
            self.0.rem_euclid(12) / LONG + 1
        )
    }

    fn words(self) -> String {
        format!(
            "Q{} {}",
            self.0.rem_euclid(12) / LONG + 1,
            self.0.div_euclid(12)
        )
    }

    fn back(self, months: i32) -> Quarter {
        Quarter(self.0 - months)
    }

    fn holds(self, month: i32) -> bool {
        (self.0..self.0 + LONG).contains(&month)
    }
}

/// The quarters that a page can be asked for: those that are over and in which something was read at an age that
/// is compared, or a review was held; the newest first.
pub(super) fn quarters(summary: &Value) -> Vec<(String, String)> {
    let all = known(summary).into_iter().rev();
    all.map(|quarter| (quarter.name(), quarter.words()))
        .collect()
}

fn known(summary: &Value) -> Vec<Quarter> {
    let zone = reading::zone(summary);
    let as_of = reading::day(reading::text(summary, "as_of"), zone);
    let running = as_of.and_then(|day| month_index(&day.format("%Y-%m").to_string()));
    let t0 = reading::list(reading::results(summary, "T0"), "series").iter();
    let read = t0
        .filter(|month| {
            cell(month, "window_exposure")
                .get()
                .is_some_and(|days| days > 0.0)
        })
        .filter_map(|month| month_index(reading::text(month, "month")));
    let reviews = reading::list(summary, "reviews").iter();
    let held = reviews
        .filter(|review| !attendance::is_planned(review))
        .filter_map(|review| month_index(reading::text(review, "date")));
    let mut firsts: Vec<i32> = read
        .chain(held)
        .map(|month| Quarter::of(month).0)
        .filter(|first| running.is_some_and(|running| first + LONG <= running))
        .collect();
    firsts.sort_unstable();
    firsts.dedup();
    firsts.into_iter().map(Quarter).collect()
}

/// The page.
pub(super) fn render(summary: &Value, links: Links, name: &str) -> Result<String, PageError> {
    let known = known(summary);
    let unknown = || PageError::UnknownQuarter(name.to_owned());
    let quarter = Quarter::named(name).ok_or_else(unknown)?;
    let at = known
        .iter()
        .position(|one| *one == quarter)
        .ok_or_else(unknown)?;
    let neighbour = |at: Option<usize>| {
        let found = known.get(at?)?;
        Some((found.words(), links.quarter(&found.name())))
    };
    let three = [quarter, quarter.back(LONG), quarter.back(12)];
    let title = format!("{}, on one page", quarter.words());
    let verdict = trend::reads(summary);
    let view = View {
        opening: say_all(links, &opening(summary, quarter)),
        heads: three.map(Quarter::words),
        rows: rows(summary, links, three),
        verdict: match verdict.word {
            "no data" => Vec::new(),
            _ => say(links, "T1", &verdict.sentence),
        },
        figures: figures(summary, quarter),
        undertaken: undertaken(summary, quarter),
        evidence: evidence(summary, links, quarter),
        watched: health::health(summary).watched,
        before: neighbour(at.checked_sub(1)),
        after: neighbour(Some(at + 1)),
        frame: Frame::new(summary, links, "overview", &title),
    };
    templates::render("quarter.html", &view)
}

/// Sums of two numbers over the months of a quarter: all three must be told.
fn summed(list: &[Value], quarter: Quarter, [num, den]: [&str; 2]) -> Result<(f64, f64), Cell> {
    let own = list.iter().filter(|month| {
        month_index(reading::text(month, "month")).is_some_and(|month| quarter.holds(month))
    });
    let own: Vec<&Value> = own.collect();
    let mut sums = (0.0, 0.0);
    for month in &own {
        match (cell(month, num), cell(month, den)) {
            (Cell::Value(num), Cell::Value(den)) => sums = (sums.0 + num, sums.1 + den),
            (Cell::Withheld, _) | (_, Cell::Withheld) => return Err(Cell::Withheld),
            // Nobody was watching, or nothing was of that age.
            _ => return Err(Cell::Missing),
        }
    }
    match own.len() == LONG as usize && sums.1 > 0.0 {
        true => Ok(sums),
        false => Err(Cell::Missing),
    }
}

/// Reviews of a quarter, and what is told of them.
struct Reviews {
    held: usize,
    /// How many came to each of which that is told.
    came: Vec<f64>,
    /// And how many of them need not have, of which both are.
    freely: Vec<(f64, f64)>,
}

impl Reviews {
    /// All who came to those of which both is told, and those of them who need not have.
    fn sums(&self) -> (f64, f64) {
        let sum = |sum: (f64, f64), one: &(f64, f64)| (sum.0 + one.0, sum.1 + one.1);
        self.freely.iter().fold((0.0, 0.0), sum)
    }
}

fn reviews(summary: &Value, quarter: Quarter) -> Reviews {
    let all = reading::list(summary, "reviews").iter();
    let own: Vec<&Value> = all
        .filter(|review| !attendance::is_planned(review))
        .filter(|review| {
            month_index(reading::text(review, "date")).is_some_and(|month| quarter.holds(month))
        })
        .collect();
    let came = |review: &&Value| cell(review, "attendees").get();
    let both = own
        .iter()
        .filter_map(|review| came(review).zip(cell(review, "need_not_have_come").get()));
    Reviews {
        held: own.len(),
        freely: both.collect(),
        came: own.iter().filter_map(came).collect(),
    }
}

fn late_reads(summary: &Value, quarter: Quarter) -> Result<f64, Cell> {
    let series = reading::list(reading::results(summary, "T0"), "series");
    let (reads, exposure) = summed(series, quarter, ["window_reads", "window_exposure"])?;
    Ok(reads / exposure)
}

/// One sentence of what was seen in it.
fn opening(summary: &Value, quarter: Quarter) -> Vec<Said> {
    let mut said: Vec<Said> = vec![("T0", format!("In {} ", quarter.words()))];
    match late_reads(summary, quarter) {
        Ok(reads) => said.push((
            "T0",
            format!(
                "{} were read «{}» times a working day each",
                trend::subject(summary).replacen('W', "w", 1),
                words::measure(reads)
            ),
        )),
        Err(Cell::Withheld) => said.push((
            "T0",
            "how often older write-ups were read is withheld".to_owned(),
        )),
        Err(_) => said.push((
            "T0",
            "how often older write-ups were read is not known".to_owned(),
        )),
    }
    let reviews = reviews(summary, quarter);
    if reviews.held > 0 {
        let n = reviews.held as f64;
        let came: f64 = reviews.came.iter().sum();
        let (of, freely) = reviews.sums();
        let whole = reviews.came.len() == reviews.held;
        let who = match reviews.came.len() {
            0 => "who came is withheld".to_owned(),
            _ if whole && of == came && !attendance::uninvited(summary) => format!(
                "«{}» came, of whom «{}» need not have",
                count(came),
                count(freely)
            ),
            _ if whole => format!("«{}» came", count(came)),
            some => format!(
                "«{}» came to the «{}» of which it is told",
                count(came),
                count(some as f64)
            ),
        };
        said.push((
            "A2",
            format!(
                "; «{}» {} held, {who}",
                count(n),
                plural(n, "review was", "reviews were")
            ),
        ));
    }
    said.push(("T0", ".".to_owned()));
    said
}

fn told(links: Links, code: &str, found: Result<String, Cell>) -> Vec<Part> {
    match found {
        Ok(said) => say(links, code, &said),
        Err(Cell::Withheld) => say(links, code, "withheld"),
        Err(_) => say(links, code, "–"),
    }
}

fn rows(summary: &Value, links: Links, three: [Quarter; 3]) -> Vec<Row> {
    type Of = fn(&Value, Quarter) -> Result<String, Cell>;
    let signs: [(&str, String, Of); 5] = [
        (
            "T0",
            format!("{}: reads a working day of each", trend::subject(summary)),
            |summary, quarter| {
                late_reads(summary, quarter).map(|reads| format!("«{}»", words::measure(reads)))
            },
        ),
        (
            "R4",
            "Of days on which somebody opened one of them, stayed long enough to read it"
                .to_owned(),
            |summary, quarter| {
                let months = reading::list(reading::results(summary, "R4"), "months");
                let (read, known) = summed(months, quarter, ["read", "known"])?;
                Ok(format!(
                    "«{}» of {}",
                    words::percent(read / known),
                    count(known)
                ))
            },
        ),
        (
            "E1",
            "Edits of them for 100 write-ups and working days".to_owned(),
            |summary, quarter| {
                let months = reading::list(reading::results(summary, "E1"), "series");
                let (edits, exposure) = summed(months, quarter, ["edits", "exposure"])?;
                Ok(format!("«{}»", words::measure(100.0 * edits / exposure)))
            },
        ),
        (
            "A1",
            "People who came to a review".to_owned(),
            |summary, quarter| {
                let Reviews { held, came, .. } = reviews(summary, quarter);
                match (held, came.len()) {
                    (0, _) => Err(Cell::Missing),
                    (_, 0) => Err(Cell::Withheld),
                    (_, n) => Ok(format!(
                        "«{}» on average, to {n} {}",
                        words::measure(came.iter().sum::<f64>() / n as f64),
                        plural(n as f64, "review", "reviews")
                    )),
                }
            },
        ),
        (
            "A2",
            "Of them, need not have come".to_owned(),
            |summary, quarter| {
                let reviews = reviews(summary, quarter);
                let (came, freely) = reviews.sums();
                match (reviews.held, came > 0.0) {
                    (0, _) => Err(Cell::Missing),
                    _ if attendance::uninvited(summary) => Err(Cell::Missing),
                    (_, false) => Err(Cell::Withheld),
                    _ => Ok(format!(
                        "«{}» of {}",
                        words::percent(freely / came),
                        count(came)
                    )),
                }
            },
        ),
    ];
    let rows = signs.into_iter().map(|(code, sign, of)| Row {
        sign,
        href: links.definition(code),
        cells: three
            .iter()
            .map(|quarter| told(links, code, of(summary, *quarter)))
            .collect(),
    });
    rows.filter(|row| row.cells.iter().flatten().any(|part| part.text != "–"))
        .collect()
}

/// The age-matched series with the quarter marked, and who came by quarter.
fn figures(summary: &Value, quarter: Quarter) -> Vec<Figure> {
    let mut reads = build::charts(summary, "T0");
    for chart in &mut reads {
        chart.marks = vec![Mark {
            x: f64::from(quarter.0),
            until: Some(f64::from(quarter.0 + LONG)),
            words: quarter.words(),
        }];
    }
    let came = build::charts(summary, "A1");
    let drawn = reads.into_iter().chain(came.into_iter().take(1));
    drawn
        .filter(|chart| !matches!(chart.plot, Plot::Nothing(_)))
        .map(|chart| Figure::without_files(&chart))
        .collect()
}

fn undertaken(summary: &Value, quarter: Quarter) -> Vec<(String, String)> {
    let zone = reading::zone(summary);
    let all = reading::list(reading::results(summary, "T6"), "annotations").iter();
    let own = all.filter(|one| {
        month_index(reading::text(one, "on")).is_some_and(|month| quarter.holds(month))
    });
    own.map(|one| {
        let on = words::date(reading::text(one, "on"), zone);
        (on, reading::text(one, "text").to_owned())
    })
    .collect()
}

/// Links that others made in it and that stand, the newest of each place first.
fn evidence(
    summary: &Value,
    links: Links,
    quarter: Quarter,
) -> Vec<(String, String, String, String)> {
    let zone = reading::zone(summary);
    let writeups = reading::list(summary, "writeups").iter();
    let all = writeups.flat_map(|writeup| {
        let links = reading::list(writeup, "link_evidence").iter();
        links.map(move |link| (writeup, link))
    });
    let mut own: Vec<(&Value, &Value)> = all
        .filter(|(_, link)| link.get("removed").is_none_or(Value::is_null))
        .filter(|(_, link)| linked::is_uptake(link))
        .filter(|(_, link)| {
            month_index(reading::text(link, "since")).is_some_and(|month| quarter.holds(month))
        })
        .collect();
    own.sort_by(|(a, x), (b, y)| {
        let key = |writeup, link| (reading::text(link, "since"), reading::text(writeup, "id"));
        key(b, y).cmp(&key(a, x))
    });
    let mut places: Vec<&str> = Vec::new();
    own.retain(|(_, link)| {
        let place = reading::text(link, "place");
        let is_new = !places.contains(&place);
        places.push(place);
        is_new
    });
    let told = own.into_iter().take(EVIDENCE).map(|(writeup, link)| {
        (
            words::capital(&words::place(reading::text(link, "place"))),
            list::title(writeup),
            links.writeup(reading::text(writeup, "id")),
            words::date(reading::text(link, "since"), zone),
        )
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quarter_has_one_name() {
        let quarter = Quarter::named("2026-Q2").unwrap();
        assert_eq!(
            (quarter.name(), quarter.words()),
            ("2026-Q2".to_owned(), "Q2 2026".to_owned())
        );
        assert_eq!(quarter.0, 2026 * 12 + 3);
        assert_eq!(quarter.back(12).name(), "2025-Q2");
        for wrong in [
            "2026-Q5",
            "2026-Q0",
            "2026",
            "-Q1",
            "99999999999-Q1",
            "2026-Q",
            "x-Q1",
        ] {
            assert!(Quarter::named(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_quarter_with_a_withheld_month_is_withheld() {
        let month = |n: u32, reads: Value| json!({"month": format!("2026-{n:02}"), "reads": reads, "days": 10, "suppressed": reads.is_null()});
        let quarter = Quarter::named("2026-Q1").unwrap();
        let sum = |months: &[Value]| summed(months, quarter, ["reads", "days"]);
        let told = [
            month(1, json!(4)),
            month(2, json!(5)),
            month(3, json!(6)),
            month(4, json!(99)),
        ];
        assert_eq!(sum(&told), Ok((15.0, 30.0)));
        let few = [
            month(1, json!(4)),
            month(2, Value::Null),
            month(3, json!(6)),
        ];
        assert_eq!(sum(&few), Err(Cell::Withheld));
        assert_eq!(sum(&told[..2]), Err(Cell::Missing));
    }

    #[test]
    fn only_quarters_that_are_over_have_a_page() {
        let summary = json!({
            "as_of": "2026-06-30T22:00:00Z",
            "organisation": {"timezone": "Europe/Berlin"},
            "reviews": [
                {"meeting": "a", "date": "2026-07-01", "attendees": 7},
                {"meeting": "b", "date": "2026-04-02", "attendees": 7},
                {"meeting": "c", "date": "2025-12-31", "attendees": null, "not_recorded": true},
            ],
        });
        let names: Vec<String> = quarters(&summary).into_iter().map(|one| one.0).collect();
        // In Berlin June is over.
        assert_eq!(names, ["2026-Q2"]);
        assert!(render(&summary, Links::Server, "2026-Q2").is_ok());
        assert!(
            render(&summary, Links::Server, "2026-Q3")
                .unwrap_err()
                .is_not_found()
        );
        assert!(
            render(&summary, Links::Server, "soon")
                .unwrap_err()
                .is_not_found()
        );
    }
}
