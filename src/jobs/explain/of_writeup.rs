//! From what is told of all to what is told of one write-up, step by step. Made of the published row and the
//! published results alone: a step beside a number that is withheld is withheld with it.

use serde_json::Value;

use super::steps::{Step, Steps, between, step};
use crate::charts::reading::{Cell, cell, list, text};

/// Reads by age are told for so many days at a time.
const BIN_DAYS: usize = 28;
/// L8's bins have so many.
const AWAKE_DAYS: u64 = 30;

/// The steps to every number that an indicator tells of a write-up, `row` of the list of write-ups; each ends with
/// the number, and its `kind` is the number's place in the row (`reviews/DATE/...` and `results/...` elsewhere).
pub(super) fn of_writeup(summary: &Value, code: &str, row: &Value) -> Vec<Steps> {
    let of = One { summary, row };
    match code {
        "R1" => of.reads(),
        "R3" => vec![of.part(
            "readers",
            of.whole("/R3/results", "reader_writeup_pairs", READERS_OF_ALL),
            "readers of other write-ups",
        )],
        "L1" => of.ages(),
        "L3" => of.late(),
        "L4" => of.still_read(),
        "L8" => of.awakening(),
        "L9" => of.bursts(),
        "L12" => of.outside_team(),
        "A1" | "A2" => of.reviews(code),
        "C1" => of.comments(),
        "K1" => of.links(),
        "K4" => of.cited(),
        "D1" => of.descriptors(),
        _ => Vec::new(),
    }
}

const READERS_OF_ALL: &str = "readers of each write-up, added up over all write-ups";

/// A write-up in a summary.
struct One<'a> {
    summary: &'a Value,
    row: &'a Value,
}

impl One<'_> {
    /// A number of an indicator, which is of all write-ups.
    fn whole(&self, results: &str, name: &str, what: &str) -> Step {
        let found = self.summary["indicators"].pointer(results);
        step(found.unwrap_or(&Value::Null), name, what, false)
    }

    /// A number of the row.
    fn own(&self, name: &str, what: &str) -> Step {
        step(self.row, name, what, false)
    }

    /// The row's number of this name, what stands before it, and what lies between them.
    fn part(&self, name: &str, before: Step, others: &str) -> Steps {
        let own = self.own(name, &format!("{} of this write-up", said(name)));
        of_kind(name, less(before, own, others))
    }

    fn days(&self, name: &str, otherwise: u64) -> u64 {
        let found = self.summary["parameters"].get(name);
        found.and_then(Value::as_u64).unwrap_or(otherwise)
    }

    fn reads(&self) -> Vec<Steps> {
        let all = self.whole("/R1/results", "total_reads", "reads that count (R1)");
        let mut told = vec![self.part("reads", all, "reads of other write-ups")];
        if let Some(agents) = self.row.get("agents") {
            let what = "reads by AI agents, in no other number of reads";
            told.push(of_kind(
                "agents/reads",
                vec![step(agents, "reads", what, false)],
            ));
        }
        for (at, way) in list(self.row, "arrivals").iter().enumerate() {
            let what = format!("of its reads, from the class {}", text(way, "class"));
            let kind = format!("arrivals/{at}/reads");
            let own = step(way, "reads", &what, false);
            told.push(of_kind(
                &kind,
                vec![self.own("reads", "reads of this write-up"), own],
            ));
        }
        told
    }

    /// All blocks of age, and then their sum.
    fn ages(&self) -> Vec<Steps> {
        let watched = list(self.row, "watched_by_age");
        let reads = list(self.row, "reads_by_age");
        let mut steps: Vec<Step> = reads
            .iter()
            .enumerate()
            .map(|(at, n)| {
                let (from, to) = (at * BIN_DAYS, (at + 1) * BIN_DAYS);
                let seen = watched.get(at).and_then(Value::as_f64);
                let seen = seen.map_or_else(String::new, |share| {
                    format!(", watched for {:.0} % of them", 100.0 * share)
                });
                Step {
                    what: format!("at an age of {from} to {to} days{seen}"),
                    n: n.as_u64(),
                    left_out: false,
                    suppressed: n.is_null(),
                    value: None,
                }
            })
            .collect();
        if steps.is_empty() {
            return Vec::new();
        }
        steps.push(self.own("reads", "reads of this write-up"));
        vec![of_kind("reads_by_age", steps)]
    }

    fn late(&self) -> Vec<Steps> {
        let late = self.days("late_days", 90);
        let early = format!("at an age under {late} days, or of no known age");
        let readers = format!("who read it at an age under {late} days only");
        vec![
            self.part(
                "late_reads",
                self.own("reads", "reads of this write-up"),
                &early,
            ),
            self.part(
                "late_readers",
                self.own("readers", "readers of this write-up"),
                &readers,
            ),
        ]
    }

    fn still_read(&self) -> Vec<Steps> {
        let trailing = self.days("trailing_days", 28);
        let others = format!("who did not read it in the last {trailing} days");
        let lately = self.part(
            "readers_trailing",
            self.own("readers", "readers of this write-up"),
            &others,
        );
        let late = self.days("late_days", 90);
        let least = self.days("min_readers", 3).max(self.days("k", 5));
        let age = self.own(
            "age_days",
            &format!("days since publication, at least {late} are needed"),
        );
        let readers = format!(
            "readers in the last {trailing} days; one write-up is named as still read from {least} on, as not from \
             none, and between them as neither"
        );
        let steps = vec![
            age,
            self.own("readers_trailing", &readers),
            value(self.row, "still_read", "still read"),
        ];
        vec![
            of_kind("age_days", steps[..1].to_vec()),
            lately,
            of_kind("still_read", steps),
        ]
    }

    fn comments(&self) -> Vec<Steps> {
        let late = self.days("late_days", 90);
        let all = self.whole(
            "/C1/results/comments",
            "comments",
            "comments that count (C1)",
        );
        let young = format!("at an age under {late} days, on a draft, or of no known age");
        vec![
            self.part("comments", all, "comments on other write-ups"),
            self.part(
                "late_comments",
                self.own("comments", "comments on this write-up"),
                &young,
            ),
        ]
    }

    fn outside_team(&self) -> Vec<Steps> {
        let Some(teams) = self.row.get("outside_team") else {
            return Vec::new();
        };
        let known = || step(teams, "readers", "readers of known teams", false);
        let outside = || {
            step(
                teams,
                "outside",
                "readers of other teams than the owning one",
                false,
            )
        };
        let all = self.own("readers", "readers of this write-up");
        vec![
            of_kind(
                "outside_team/readers",
                less(all, known(), "who are of no known team"),
            ),
            of_kind(
                "outside_team/outside",
                less(known(), outside(), "who are of the owning team"),
            ),
            of_kind(
                "outside_team/share",
                vec![
                    known(),
                    outside(),
                    value(teams, "share", "the share of the latter"),
                ],
            ),
        ]
    }

    /// Of each place the links that were made, those that stand, and whose they are.
    fn links(&self) -> Vec<Steps> {
        let links = &self.row["links"];
        let mut told = Vec::new();
        for place in links["created"].as_object().into_iter().flatten() {
            let place = place.0.as_str();
            let of = |name: &str, what: &str| Step {
                // A place without any is left out.
                n: Some(links[name][place].as_u64().unwrap_or(0)),
                ..bare(what)
            };
            let made = || {
                of(
                    "created",
                    "links that were made, in no list of links and by no template",
                )
            };
            let live = || of("live", "links that stand");
            let kind = |name: &str| format!("links/{name}/{place}");
            told.push(of_kind(&kind("created"), vec![made()]));
            let removed = "links that were removed since";
            told.push(of_kind(&kind("live"), less(made(), live(), removed)));
            for (name, what, others) in [
                (
                    "uptake",
                    "uptake: links by others",
                    "follow-up, and links on pages that list",
                ),
                (
                    "follow_up",
                    "follow-up: links by its own people",
                    "uptake, and links on pages that list",
                ),
            ] {
                told.push(of_kind(&kind(name), less(live(), of(name, what), others)));
            }
        }
        if self.row.get("links_unreachable").is_some() {
            let what = "links in commits that no branch leads to any more, in no other number";
            told.push(of_kind(
                "links_unreachable",
                vec![self.own("links_unreachable", what)],
            ));
        }
        told
    }

    /// Its place in the graph of write-ups, where that is told.
    fn cited(&self) -> Vec<Steps> {
        let results = &self.summary["indicators"]["K4"]["results"]["graph"];
        let lists = [
            list(results, "pagerank_top"),
            list(&results["drawn"], "nodes"),
        ];
        let halves = list(results, "by_half_year").iter();
        let halves = halves.flat_map(|half| list(half, "top"));
        let mut named = lists.into_iter().flatten().chain(halves);
        let Some(node) = named.find(|node| self.is_it(node)) else {
            return Vec::new();
        };
        let links = Step {
            n: Some(self.row["links"]["live"]["writeup"].as_u64().unwrap_or(0)),
            ..bare("links to it that stand on pages of other write-ups")
        };
        let degree = step(node, "in_degree", "write-ups that link to it", false);
        let others = "links beside another one of the same page, on pages that list, or of no write-up that counts";
        let rank = value(node, "pagerank", "its rank (PageRank over all write-ups)");
        vec![
            of_kind(
                "results/graph/in_degree",
                less(links, degree.clone(), others),
            ),
            of_kind("results/graph/pagerank", vec![degree, rank]),
        ]
    }

    fn is_it(&self, named: &Value) -> bool {
        text(named, "writeup") == text(self.row, "id")
    }

    fn awakening(&self) -> Vec<Steps> {
        let results = &self.summary["indicators"]["L8"]["results"];
        let Some(found) = list(results, "beauty_top")
            .iter()
            .find(|one| self.is_it(one))
        else {
            return Vec::new();
        };
        let day = |name: &str, what: &str| Step {
            n: found[name].as_u64().map(|bin| bin * AWAKE_DAYS),
            ..bare(what)
        };
        let most = Step {
            n: found["c_tm"].as_f64().map(|reads| reads as u64),
            suppressed: cell(found, "c_tm") == Cell::Withheld,
            ..bare("reads in those thirty days")
        };
        let steps = vec![
            self.own("reads", "reads of this write-up"),
            day("t_a", "the age in days at which it woke up"),
            day(
                "t_m",
                "the age in days from which on thirty days had the most reads",
            ),
            most,
            value(
                found,
                "B",
                "B: how far its reads before that lay under a straight line",
            ),
        ];
        vec![of_kind("results/B", steps)]
    }

    fn bursts(&self) -> Vec<Steps> {
        let results = &self.summary["indicators"]["L9"]["results"];
        let Some(found) = list(results, "bursts").iter().find(|one| self.is_it(one)) else {
            return Vec::new();
        };
        let bursts = list(found, "bursts").iter().enumerate();
        let steps = bursts.map(|(at, burst)| {
            let steps = vec![
                step(found, "n", "complete weeks since publication", false),
                value(found, "p0", "its share of all reads in an ordinary week"),
                value(found, "p1", "its share in a burst"),
                step(
                    burst,
                    "begin",
                    "the week, from 0 on, with which it begins",
                    false,
                ),
                step(burst, "end", "the week with which it ends", false),
                value(burst, "weight", "its weight in nats"),
            ];
            of_kind(&format!("results/bursts/{at}/weight"), steps)
        });
        steps.collect()
    }

    /// Its reviews: all who came, and of these who need not have come.
    fn reviews(&self, code: &str) -> Vec<Steps> {
        let id = text(self.row, "id");
        let own = list(self.summary, "reviews").iter();
        let own = own.filter(|review| text(review, "writeup") == id);
        own.map(|review| {
            let came = step(review, "attendees", "people who came to this review", false);
            let kind = |name: &str| format!("reviews/{}/{name}", text(review, "date"));
            match code {
                "A1" => {
                    let all = self.whole(
                        "/A1/results/attendance",
                        "attendees",
                        "who came to reviews, each time",
                    );
                    of_kind(
                        &kind("attendees"),
                        less(all, came, "who came to other reviews"),
                    )
                }
                _ => {
                    let freely = step(
                        review,
                        "need_not_have_come",
                        "who need not have come",
                        false,
                    );
                    let others = "who had to come, or of whom nobody knows it";
                    of_kind(&kind("need_not_have_come"), less(came, freely, others))
                }
            }
        })
        .collect()
    }

    /// What its text is like: counted where it lies, so that there is nothing to take away.
    fn descriptors(&self) -> Vec<Steps> {
        let now = &self.row["descriptors"];
        let mut told = vec![of_kind(
            "words",
            vec![self.own("words", "words of its text now")],
        )];
        for (place, of, when) in [
            ("descriptors", now, "now"),
            (
                "descriptors/at_publication",
                &now["at_publication"],
                "as published",
            ),
        ] {
            for name in of.as_object().into_iter().flatten().map(|(name, _)| name) {
                let made_of: &[&str] = match name.as_str() {
                    "at_publication" | "suppressed" => continue,
                    "reading_minutes" => &["words"],
                    "unexplained_per_1000" => &["acronyms_unexplained", "words"],
                    _ => &[],
                };
                let each = made_of.iter();
                let each =
                    each.map(|name| step(of, name, &format!("{} {when}", said(name)), false));
                let what = format!("{} {when}", said(name));
                let last = match made_of {
                    [] => step(of, name, &what, false),
                    _ => value(of, name, &what),
                };
                told.push(of_kind(
                    &format!("{place}/{name}"),
                    each.chain([last]).collect(),
                ));
            }
        }
        told
    }
}

fn said(name: &str) -> String {
    name.replace('_', " ")
}

fn of_kind(kind: &str, steps: Vec<Step>) -> Steps {
    Steps {
        kind: kind.to_owned(),
        steps,
    }
}

/// What stood before, what lies between, and the number.
fn less(before: Step, own: Step, others: &str) -> Vec<Step> {
    let [between, own] = between(&before, own, others);
    vec![before, between, own]
}

/// What is shown and no count.
fn value(parent: &Value, name: &str, what: &str) -> Step {
    let found = parent.get(name).filter(|found| !found.is_null());
    Step {
        suppressed: cell(parent, name) == Cell::Withheld,
        value: found.cloned(),
        ..bare(what)
    }
}

/// A step whose number is known otherwise.
fn bare(what: &str) -> Step {
    Step {
        what: what.to_owned(),
        n: None,
        left_out: false,
        suppressed: false,
        value: None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary() -> (Value, Value) {
        let row = json!({
            "id": "inc-1", "reads": 40, "late_reads": null, "readers": 12, "late_readers": null, "age_days": 200,
            "readers_trailing": 6, "still_read": true, "reads_by_age": [31, null, 9], "watched_by_age": [1.0, 0.5],
            "links": {"created": {"commit": 4}, "live": {"commit": 3}, "uptake": {"commit": 2}, "follow_up": {}},
            "suppressed": true,
        });
        let indicators = json!({"R1": {"results": {"total_reads": 100}}});
        (
            json!({"indicators": indicators, "parameters": {"k": 5}}),
            row,
        )
    }

    fn numbers(steps: &Steps) -> Vec<Option<u64>> {
        steps.steps.iter().map(|step| step.n).collect()
    }

    #[test]
    fn steps_end_at_the_number_and_hide_what_it_hides() {
        let (summary, row) = summary();
        let reads = of_writeup(&summary, "R1", &row);
        assert_eq!(numbers(&reads[0]), [Some(100), Some(60), Some(40)]);
        // That is what the late ones are less than all: neither is told.
        let late = of_writeup(&summary, "L3", &row);
        assert_eq!(numbers(&late[0]), [Some(40), None, None]);
        assert!(late[0].steps[1].suppressed && late[0].steps[2].suppressed);
        let ages = of_writeup(&summary, "L1", &row);
        assert_eq!(numbers(&ages[0]), [Some(31), None, Some(9), Some(40)]);
        assert!(ages[0].steps[1].what.ends_with("watched for 50 % of them"));
        assert!(ages[0].steps[1].suppressed);
        let links = of_writeup(&summary, "K1", &row);
        let kinds: Vec<&str> = links.iter().map(|steps| &*steps.kind).collect();
        let of = |name: &str| format!("links/{name}/commit");
        assert_eq!(kinds, ["created", "live", "uptake", "follow_up"].map(of));
        assert_eq!(numbers(&links[2]), [Some(3), Some(1), Some(2)]);
        let still = of_writeup(&summary, "L4", &row).pop().unwrap();
        assert_eq!(still.steps.last().unwrap().value, Some(json!(true)));
        assert_eq!(of_writeup(&summary, "T1", &row), []);
    }
}
