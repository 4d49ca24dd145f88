//! How long things last, in words. A curve of a few lives, or one without an end in it, has an
//! interval of no width that promises what nobody knows: there the lives are counted instead.

use serde_json::Value;

use super::words::{self, count, percent, plural};
use crate::charts::reading::{self, cell};

/// Lives below which no share is told.
const FEW: f64 = 20.0;

/// A curve, read for words.
struct Lives {
    all: f64,
    ended: f64,
    /// Where it stands after a year, if anything was watched that long. Beyond that the curve only
    /// goes on for want of anything to see.
    year: Option<Year>,
}

struct Year {
    share: f64,
    limits: Option<(f64, f64)>,
}

impl Lives {
    fn of(survival: &Value) -> Option<Lives> {
        Some(Lives {
            all: cell(survival, "n").get().filter(|n| *n > 0.0)?,
            ended: cell(survival, "events").get()?,
            year: year(survival),
        })
    }

    fn can_be_shared(&self) -> bool {
        self.all >= FEW && self.ended > 0.0
    }
}

impl Year {
    /// `«93 %» (95 % interval 84 to 97)`; no interval where it has no width.
    fn said(&self, name: &str) -> String {
        let sure = self
            .limits
            .filter(|(lo, hi)| lo < hi)
            .map(|(lo, hi)| format!(" ({name}{:.0} to {:.0})", lo * 100.0, hi * 100.0));
        format!("«{}»{}", percent(self.share), sure.unwrap_or_default())
    }
}

fn year(survival: &Value) -> Option<Year> {
    // The curve has a step for each week, and one for the year itself.
    let last = reading::list(survival, "curve").last()?;
    let (day, at_risk) = (cell(last, "day").get()?, cell(last, "at_risk").get()?);
    if day < 364.0 || at_risk <= 0.0 {
        return None;
    }
    Some(Year {
        share: cell(survival, "S_365").get()?,
        limits: cell(survival, "S_365_lo")
            .get()
            .zip(cell(survival, "S_365_hi").get()),
    })
}

/// L5: how many write-ups are still being read after a year, and when half of them are not.
pub(super) fn readership(results: &Value, quiet: f64) -> Option<String> {
    let survival = results.get("readership_survival")?;
    let lives = Lives::of(survival)?;
    // Before that age nothing can have gone quiet.
    let long_enough = reading::list(survival, "curve").iter().any(|step| {
        let is = |key: &str, least: f64| cell(step, key).get().is_some_and(|n| n >= least);
        is("day", quiet) && is("at_risk", 1.0)
    });
    let writeups = plural(lives.all, "write-up", "write-ups");
    if !lives.can_be_shared() {
        let few = match lives.all < FEW {
            true => "; too few to tell a share",
            false => "",
        };
        return match lives.ended {
            0.0 if !long_enough => None,
            0.0 => Some(format!(
                "All «{}» {writeups} watched are still being read so far{few}.",
                count(lives.all)
            )),
            ended => Some(format!(
                "«{}» of «{}» {writeups} watched {} gone quiet ({quiet:.0} days without a read) so \
                 far{few}.",
                count(ended),
                count(lives.all),
                plural(ended, "has", "have")
            )),
        };
    }
    let half = cell(survival, "median").get().map(|day| {
        match watched_on(survival, day) {
            Some(many) => format!(
                "Half have gone quiet ({quiet:.0} days without a read) by day «{}», until which «{}» were watched.",
                count(day),
                count(many)
            ),
            // The curve goes on by single ones.
            None => format!(
                "When half have gone quiet ({quiet:.0} days without a read) can't be told: it is later than \
                 enough of them were watched."
            ),
        }
    });
    let after = lives.year.as_ref().map(|year| {
        format!(
            "After a year {} were still being read.",
            year.said("95 % interval ")
        )
    });
    let said: Vec<String> = after.into_iter().chain(half).collect();
    Some(match said.is_empty() {
        false => said.join(" "),
        true => format!(
            "«{}» of «{}» {writeups} watched have gone quiet ({quiet:.0} days without a read) so \
             far; none was watched for a year yet.",
            count(lives.ended),
            count(lives.all)
        ),
    })
}

/// How many were still followed on a day, where the curve is drawn that far and they are not few.
fn watched_on(survival: &Value, day: f64) -> Option<f64> {
    let drawn = reading::list(survival, "curve").iter();
    // The first step at or after the day: no more were followed on the day itself than before it.
    let mut later = drawn.filter(|step| cell(step, "day").get().is_some_and(|step| step >= day));
    let at_risk = cell(later.next()?, "at_risk").get()?;
    (at_risk >= FEW).then_some(at_risk)
}

/// K3: place by place, of uptake where it is told apart. Commits never go away, so they are no part of it.
pub(super) fn links(results: &Value) -> Option<String> {
    let told = results.get("uptake").unwrap_or(results);
    let places = told.get("link_survival")?.as_object()?;
    let mut shared: Vec<(&str, Year)> = Vec::new();
    let mut counted: Vec<(&str, Lives)> = Vec::new();
    for (place, survival) in places.iter().filter(|(place, _)| *place != "commit") {
        let Some(mut lives) = Lives::of(survival) else {
            continue;
        };
        match lives
            .year
            .take_if(|_| lives.all >= FEW && lives.ended > 0.0)
        {
            Some(year) => shared.push((place, year)),
            None => counted.push((place, lives)),
        }
    }
    // What lasts longest first; ties keep the order of the places' names.
    shared.sort_by(|a, b| b.1.share.total_cmp(&a.1.share));
    let mut said = Vec::new();
    let after: Vec<String> = shared
        .iter()
        .enumerate()
        .map(|(i, (place, year))| {
            let place = format!("in {}", words::places(place));
            match i {
                0 => format!(
                    "{} of links {place} had not been taken out",
                    year.said("95 % interval ")
                ),
                _ => format!("{} {place}", year.said("")),
            }
        })
        .collect();
    if !after.is_empty() {
        said.push(format!("After a year {}.", after.join(", ")));
    }
    if let Some(rest) = standing(&counted) {
        said.push(rest);
    }
    (!said.is_empty()).then(|| said.join(" "))
}

/// Places with too few links, or none lost, or none watched for a year: how many were not taken out. They
/// need not stand: where a write-up was deleted, its links were no longer watched.
fn standing(places: &[(&str, Lives)]) -> Option<String> {
    let named: Vec<String> = places
        .iter()
        .map(|(place, lives)| {
            let place = format!("in {}", words::places(place));
            match lives.ended {
                0.0 if lives.all == 1.0 => format!("the one link {place}"),
                0.0 => format!("all «{}» links {place}", count(lives.all)),
                ended => format!(
                    "«{}» of «{}» links {place}",
                    count(lives.all - ended),
                    count(lives.all)
                ),
            }
        })
        .collect();
    let few = match places.iter().any(|(_, lives)| lives.all < FEW) {
        true => "; too few to tell a share",
        false => "",
    };
    let verb = match places {
        [] => return None,
        [(_, only)] if only.all - only.ended == 1.0 => "was not taken out",
        _ => "were not taken out",
    };
    let said = words::row(&named, "and");
    Some(format!("{} {verb} so far{few}.", words::capital(&said)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn curve(n: u32, events: u32, share: f64) -> Value {
        json!({
            "n": n, "events": events, "median": null,
            "S_365": share, "S_365_lo": share - 0.1, "S_365_hi": share + 0.05,
            "curve": [{"day": 90, "at_risk": n}, {"day": 365, "at_risk": 1}],
        })
    }

    fn certain(n: u32) -> Value {
        let mut curve = curve(n, 0, 1.0);
        curve["S_365_lo"] = json!(1.0);
        curve["S_365_hi"] = json!(1.0);
        curve
    }

    fn of_writeups(survival: Value) -> String {
        readership(&json!({"readership_survival": survival}), 90.0).unwrap()
    }

    #[test]
    fn one_life_tells_no_share() {
        assert_eq!(
            of_writeups(certain(3)),
            "All «3» write-ups watched are still being read so far; too few to tell a share."
        );
        assert_eq!(
            of_writeups(certain(40)),
            "All «40» write-ups watched are still being read so far."
        );
        assert_eq!(
            of_writeups(curve(12, 3, 0.7)),
            "«3» of «12» write-ups watched have gone quiet (90 days without a read) so far; too \
             few to tell a share."
        );
    }

    #[test]
    fn many_lives_tell_one() {
        assert_eq!(
            of_writeups(curve(88, 8, 0.94)),
            "After a year «94 %» (95 % interval 84 to 99) were still being read."
        );
        let mut young = curve(88, 8, 0.94);
        young["curve"] = json!([{"day": 90, "at_risk": 88}]);
        assert!(of_writeups(young).ends_with("none was watched for a year yet."));
    }

    /// Five were followed until the thousandth day: there the curve is at one half, and says little.
    #[test]
    fn half_is_told_only_of_days_on_which_many_were_watched() {
        let mut late = curve(95, 19, 0.9);
        late["median"] = json!(1000.1);
        late["curve"][1]["at_risk"] = json!(52);
        assert!(
            of_writeups(late.clone())
                .ends_with("can't be told: it is later than enough of them were watched.")
        );
        late["median"] = json!(200.4);
        assert!(
            of_writeups(late.clone()).ends_with("by day «200», until which «52» were watched.")
        );
        late["curve"][1]["at_risk"] = json!(19);
        assert!(of_writeups(late).contains("can't be told"));
    }

    #[test]
    fn every_place_with_enough_links_is_told() {
        let said = |places: Value| links(&json!({"link_survival": places})).unwrap();
        assert_eq!(
            said(json!({
                "code_comment": curve(118, 65, 0.53),
                "commit": certain(180),
                "diagram": curve(4, 1, 0.7),
                "writeup": curve(91, 16, 0.85),
            })),
            "After a year «85 %» (95 % interval 75 to 90) of links in other write-ups had not been \
             taken out, «53 %» (43 to 58) in code comments. «3» of «4» links in diagrams were not \
             taken out so far; too few to tell a share."
        );
        assert_eq!(
            said(json!({"writeup": certain(6)})),
            "All «6» links in other write-ups were not taken out so far; too few to tell a share."
        );
        assert!(links(&json!({"link_survival": {"commit": certain(6)}})).is_none());
    }
}
