//! The page for those who look closer: what INDICATORS keeps from leaders' pages (layer X), with pictures
//! and with what each can't tell. No digest and no verdict uses it, and the page says so.

use serde::Serialize;
use serde_json::Value;

use super::overview::{Signal, signal};
use super::panels::{self, Panel};
use super::view::Frame;
use super::{Links, PageError, list, templates, words};
use crate::charts::reading::{self, Cell, cell, month_index, month_name};
use crate::charts::together::{self, Judged};

#[derive(Serialize)]
struct View {
    frame: Frame,
    sections: Vec<SectionView>,
}

#[derive(Serialize)]
struct SectionView {
    heading: String,
    lead: String,
    signals: Vec<Signal>,
    listings: Vec<Listing>,
}

/// A table below a signal.
#[derive(Serialize)]
struct Listing {
    code: &'static str,
    caption: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Vec<Entry>>,
}

/// What stands in a table, with where it leads.
#[derive(Serialize)]
struct Entry {
    text: String,
    href: Option<String>,
}

impl From<String> for Entry {
    fn from(text: String) -> Self {
        Entry { text, href: None }
    }
}

/// The page.
pub(super) fn render(summary: &Value, links: Links) -> Result<String, PageError> {
    let panels = panels::of_exploring()?;
    let frame = Frame::new(summary, links, "explore", &panels.title);
    let sections = panels.section.into_iter().map(|section| {
        let there = |panel: &&Panel| !reading::indicator(summary, &panel.code).is_null();
        let told: Vec<&Panel> = section.panels.iter().filter(there).collect();
        SectionView {
            signals: told
                .iter()
                .map(|panel| signal(summary, links, panel))
                .collect(),
            listings: told
                .iter()
                .filter_map(|panel| listing(summary, links, &panel.code))
                .filter(|listing| !listing.rows.is_empty())
                .collect(),
            heading: section.heading,
            lead: section.lead,
        }
    });
    let sections = sections
        .filter(|section| !section.signals.is_empty())
        .collect();
    templates::render("explore.html", &View { frame, sections })
}

fn listing(summary: &Value, links: Links, code: &str) -> Option<Listing> {
    let results = reading::results(summary, code);
    Some(match code {
        "L8" => awakenings(summary, links, results),
        "L9" => bursts(summary, links, results),
        "T7" => tests(summary),
        _ => return None,
    })
}

/// A write-up of a list by its title; nothing of one that is not listed.
fn writeup(summary: &Value, links: Links, one: &Value) -> Option<Entry> {
    let id = reading::text(one, "writeup");
    let all = reading::list(summary, "writeups");
    let found = all.iter().find(|entry| reading::text(entry, "id") == id)?;
    Some(Entry {
        text: list::title(found),
        href: Some(links.writeup(id)),
    })
}

/// L8's bins have thirty days.
const BIN_DAYS: f64 = 30.0;

fn awakenings(summary: &Value, links: Links, results: &Value) -> Listing {
    let row = |one: &Value| {
        let span = |key: &str| match cell(one, key).get() {
            Some(bin) => format!("day {:.0} to {:.0}", bin * BIN_DAYS, (bin + 1.0) * BIN_DAYS),
            None => "–".to_owned(),
        };
        Some(vec![
            writeup(summary, links, one)?,
            span("t_a").into(),
            span("t_m").into(),
            number(cell(one, "B")).into(),
        ])
    };
    Listing {
        code: "L8",
        caption: "Write-ups that woke up",
        head: vec![
            "write-up",
            "woke up at age",
            "most read at age",
            "coefficient B",
        ],
        rows: reading::list(results, "beauty_top")
            .iter()
            .filter_map(row)
            .collect(),
    }
}

fn bursts(summary: &Value, links: Links, results: &Value) -> Listing {
    let row = |one: &Value| {
        let first = words::monday(reading::text(one, "first_week"));
        let after = reading::list(one, "bursts").iter();
        let after =
            after.filter(|burst| burst.get("launch").and_then(Value::as_bool) == Some(false));
        let heaviest = after.max_by(|a, b| {
            let weight = |burst: &Value| cell(burst, "weight").get().unwrap_or(0.0);
            weight(a).total_cmp(&weight(b))
        })?;
        let week = |key: &str| {
            let weeks = cell(heaviest, key).get()? as u64;
            let monday = first?.checked_add_days(chrono::Days::new(7 * weeks))?;
            Some(monday.format("%-d %b %Y").to_string())
        };
        let said = |key: &str| week(key).unwrap_or("–".to_owned());
        Some(vec![
            writeup(summary, links, one)?,
            said("begin").into(),
            said("end").into(),
            number(cell(heaviest, "weight")).into(),
        ])
    };
    Listing {
        code: "L9",
        caption: "Write-ups with a burst after their launch, the heaviest first",
        head: vec![
            "write-up",
            "from the week of",
            "to the week of",
            "weight, nats",
        ],
        rows: reading::list(results, "bursts")
            .iter()
            .filter_map(row)
            .collect(),
    }
}

fn tests(summary: &Value) -> Listing {
    let name = |one: &Judged| match (one.code, one.of.as_str()) {
        ("T1", "trend") => "Trend by month".to_owned(),
        ("T1", "cohort_trend") => "Trend by month of publication".to_owned(),
        ("T3", "months") => "The same month of other years".to_owned(),
        ("T3", "cohorts") => "The same month of publication of other years".to_owned(),
        ("T4", _) => "One change of level".to_owned(),
        (code, of) => format!("{code}, {}", of.replace('_', " ")),
    };
    let row = |one: &Judged| {
        let p = match one.adjusted {
            Some(p) if p < 0.001 => "below 0.001".to_owned(),
            Some(p) => words::measure(p),
            None => "not made, or withheld".to_owned(),
        };
        vec![name(one).into(), p.into()]
    };
    Listing {
        code: "T7",
        caption: "All tests of this page, judged together",
        head: vec!["test", "adjusted p"],
        rows: together::exploring(summary).iter().map(row).collect(),
    }
}

fn number(value: Cell) -> String {
    match value {
        Cell::Value(value) => words::measure(value),
        Cell::Withheld => "withheld".to_owned(),
        Cell::Missing => "–".to_owned(),
    }
}

/// T2 to T8, in words: what is told of the age-matched series beside its verdict.
pub(super) fn of_the_series(summary: &Value, code: &str) -> Option<String> {
    let results = reading::results(summary, code);
    match code {
        "T2" => slope(results),
        "T3" => seasons(summary, results),
        "T4" => change(summary, results),
        "T5" => segments(results),
        "T6" => interrupted(results),
        "T7" => judged(results),
        "T8" => sure(results),
        _ => None,
    }
}

fn limits(of: &Value, digits: usize) -> Option<String> {
    let (lo, hi) = reading::interval(of)?;
    Some(format!(" (95 % interval {lo:.digits$} to {hi:.digits$})"))
}

fn slope(results: &Value) -> Option<String> {
    let percent = results.get("months")?.get("percent")?;
    let slope = cell(percent, "slope").get()?;
    Some(format!(
        "Reads at the same age change by «{slope:+.1} %» a month in the middle of all pairs of months{}.",
        limits(percent, 1).unwrap_or_default()
    ))
}

fn seasons(summary: &Value, results: &Value) -> Option<String> {
    let months = results.get("months")?;
    let p = together::explored(summary, "T3", "months");
    let verdict = match (reading::text(months, "verdict"), p) {
        ("too early", _) => {
            Some("It is too early to compare months with those of other years.".to_owned())
        }
        (verdict, Some(p)) => Some(format!(
            "With each month set beside the same month of other years, late reading shows {} ({}).",
            match verdict {
                "rising" if p < 0.05 => "a rise",
                "falling" if p < 0.05 => "a fall",
                _ => "no clear trend",
            },
            probability(p)
        )),
        _ => None,
    };
    let days: Vec<(&str, f64)> = reading::list(results, "weekdays")
        .iter()
        .filter_map(|day| Some((reading::text(day, "weekday"), cell(day, "factor").get()?)))
        .collect();
    let most = days.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let most = most.map(|(day, factor)| {
        format!(
            "Of all weekdays {day} is read most, «{factor:.1}» times as much as an average day."
        )
    });
    let said: Vec<String> = [verdict, most].into_iter().flatten().collect();
    (!said.is_empty()).then(|| said.join(" "))
}

fn probability(p: f64) -> String {
    match p < 0.001 {
        true => "judged with the other tests of this page, p below «0.001»".to_owned(),
        false => format!(
            "judged with the other tests of this page, p «{}»",
            words::measure(p)
        ),
    }
}

fn change(summary: &Value, results: &Value) -> Option<String> {
    let found = results.get("pettitt")?;
    let month = month_name(month_index(reading::text(found, "first_month_after"))?);
    let p = together::explored(summary, "T4", "pettitt")?;
    let each = |key: &str| {
        cell(found, key)
            .get()
            .map(|level| words::measure(level / 100.0))
    };
    let levels = each("level_before").zip(each("level_after"));
    let levels = levels.map_or_else(String::new, |(before, after)| {
        format!(", from «{before}» to «{after}» reads a working day for each write-up of that age")
    });
    let sure = match p < 0.05 {
        true => "",
        false => " That is no more than chance often shows.",
    };
    Some(format!(
        "If the level changed once, it did from {month} on{levels} ({}).{sure}",
        probability(p)
    ))
}

fn segments(results: &Value) -> Option<String> {
    let segments = reading::list(results.get("pelt")?, "segments");
    let last = month_index(reading::text(segments.last()?, "first_month"))?;
    Some(match segments.len() {
        // That nothing was found does not say that there is nothing.
        1 => "No change of level stands out from what months differ anyway.".to_owned(),
        many => format!(
            "The months fall into «{many}» levels; the newest begins with {}.",
            month_name(last)
        ),
    })
}

fn interrupted(results: &Value) -> Option<String> {
    let its = results.get("its")?;
    let ratio = cell(its, "level_ratio").get()?;
    let month = month_name(month_index(reading::text(its, "first_after"))?);
    let [lo, hi] = reading::list(its, "level_ratio_ci") else {
        return None;
    };
    Some(format!(
        "Write-ups published from {month} on are read «{ratio:.2}» times as much at the same age as the course before \
         had let expect (95 % interval {:.2} to {:.2}).",
        lo.as_f64()?,
        hi.as_f64()?
    ))
}

fn judged(results: &Value) -> Option<String> {
    let made = cell(results, "m").get().filter(|made| *made > 0.0)?;
    let found = cell(results, "rejected_05").get()?;
    Some(format!(
        "Of the leader's page «{}» {} made, and judged together «{}» still {} something.",
        words::count(made),
        words::plural(made, "test was", "tests were"),
        words::count(found),
        words::plural(found, "finds", "find")
    ))
}

fn sure(results: &Value) -> Option<String> {
    let mean = results.get("per_writeup")?.get("mean")?;
    let value = cell(mean, "value").get()?;
    let year = results.get("year_on_year");
    let year = year.and_then(|year| Some((cell(year, "ratio").get()?, limits(year, 2)?)));
    let year = year.map_or_else(String::new, |(ratio, limits)| {
        format!(" In the last twelve months it was «{ratio:.2}» times what it was in the twelve before{limits}.")
    });
    Some(format!(
        "In that window of age a write-up is read «{}» times on average{}.{year}",
        words::measure(value),
        limits(mean, 1).unwrap_or_default()
    ))
}

/// D1: of how many descriptors something may be said, never which to write to.
pub(super) fn association(summary: &Value) -> Option<String> {
    let all = together::exploring(summary).into_iter();
    let known: Vec<Judged> = all
        .filter(|one| one.code == "D1" && one.adjusted.is_some())
        .collect();
    let found = known.iter().filter(|one| one.finds()).count() as f64;
    let made = known.len() as f64;
    (made > 0.0).then(|| {
        format!(
            "Judged with the other tests of this page, «{}» of «{}» {} with late reading more closely than chance alone \
             would show.",
            words::count(found),
            words::count(made),
            words::plural(made, "descriptor goes", "descriptors go")
        )
    })
}

/// D2.
pub(super) fn regression(results: &Value) -> Option<String> {
    let fit = results.get("negbin")?;
    let n = cell(fit, "n").get()?;
    let ratios = results.get("rate_ratios")?.as_object()?.values();
    let limits: Vec<(f64, f64)> = ratios.filter_map(reading::interval).collect();
    if limits.is_empty() {
        let needed = cell(fit, "needed").get()?;
        return Some(format!(
            "Of «{}» {} all is known that would be held equal; «{}» are needed, and counts that some law fits.",
            words::count(n),
            words::plural(n, "write-up", "write-ups"),
            words::count(needed)
        ));
    }
    let apart = limits
        .iter()
        .filter(|(lo, hi)| *lo > 1.0 || *hi < 1.0)
        .count() as f64;
    Some(format!(
        "Of «{}» {} that are taken together over «{}» write-ups, «{}» {} an interval without 1.",
        words::count(limits.len() as f64),
        words::plural(limits.len() as f64, "descriptor", "descriptors"),
        words::count(n),
        words::count(apart),
        words::plural(apart, "has", "have")
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::signals::sentence;
    use super::*;

    fn summary(code: &str, results: &Value) -> Value {
        json!({
            "organisation": {"timezone": "UTC"},
            "health": {"coverage": [{"kind": "read", "scope": "wiki"}]},
            "writeups": [{"id": "a", "title": "Disk full"}],
            "indicators": {code: {"title": "t", "results": results}},
        })
    }

    #[test]
    fn what_was_found_is_said() {
        let half = json!({"rho": -0.4, "p": 0.0002, "n": 74});
        for (code, results, said) in [
            (
                "T2",
                json!({"months": {"percent": {"slope": 2.67, "lo": 0.28, "hi": 4.2}}}),
                "Reads at the same age change by «+2.7 %» a month in the middle of all pairs of months (95 % interval \
                 0.3 to 4.2).",
            ),
            (
                "T3",
                json!({"months": {"verdict": "rising", "p": 0.012},
                       "weekdays": [{"weekday": "Monday", "factor": 1.2}, {"weekday": "Sunday", "factor": 0.1}]}),
                "With each month set beside the same month of other years, late reading shows a rise (judged with the other \
                 tests of this page, p «0.012»). Of all weekdays Monday is read most, «1.2» times as much as an average day.",
            ),
            (
                "T4",
                json!({"pettitt": {"first_month_after": "2025-05", "p_approx": 0.3, "level_before": 46.0,
                       "level_after": 96.6}}),
                "If the level changed once, it did from May 2025 on, from «0.46» to «0.97» reads a working day for \
                 each write-up of that age (judged with the other tests of this page, p «0.30»). That is no more than chance often shows.",
            ),
            (
                "T5",
                json!({"pelt": {"segments": [{"first_month": "2025-01"}, {"first_month": "2025-05"}]}}),
                "The months fall into «2» levels; the newest begins with May 2025.",
            ),
            (
                "T5",
                json!({"pelt": {"segments": [{"first_month": "2025-01"}]}}),
                "No change of level stands out from what months differ anyway.",
            ),
            (
                "T6",
                json!({"its": {"first_after": "2025-01", "level_ratio": 2.3, "level_ratio_ci": [1.41, 3.76]}}),
                "Write-ups published from Jan 2025 on are read «2.30» times as much at the same age as the course \
                 before had let expect (95 % interval 1.41 to 3.76).",
            ),
            (
                "T7",
                json!({"m": 4, "rejected_05": 1}),
                "Of the leader's page «4» tests were made, and judged together «1» still finds something.",
            ),
            (
                "T8",
                json!({"per_writeup": {"mean": {"value": 41.7, "lo": 36.0, "hi": 48.0}},
                       "year_on_year": {"ratio": 1.63, "lo": 1.52, "hi": 1.76}}),
                "In that window of age a write-up is read «42» times on average (95 % interval 36.0 to 48.0). In the \
                 last twelve months it was «1.63» times what it was in the twelve before (95 % interval 1.52 to 1.76).",
            ),
            (
                "D1",
                json!({"spearman": {"diagrams": half, "quotations": {"rho": null, "p": null, "n": 0}}}),
                "Judged with the other tests of this page, «1» of «1» descriptor goes with late reading more closely \
                 than chance alone would show.",
            ),
            (
                "D2",
                json!({"negbin": {"n": 74, "needed": 50}, "rate_ratios": {
                    "diagrams": {"ratio": 1.1, "lo": 0.9, "hi": 1.3}, "log_words": {"ratio": 2.0, "lo": 1.1, "hi": 3.0}}}),
                "Of «2» descriptors that are taken together over «74» write-ups, «1» has an interval without 1.",
            ),
            (
                "D2",
                json!({"negbin": {"n": 9, "needed": 50}, "rate_ratios": {}}),
                "Of «9» write-ups all is known that would be held equal; «50» are needed, and counts that some law fits.",
            ),
        ] {
            assert_eq!(sentence(&summary(code, &results), code), said);
        }
    }

    #[test]
    fn write_ups_are_named_only_where_they_are_listed() {
        let burst = |begin: u32, weight: f64| json!({"begin": begin, "end": begin + 1, "weight": weight, "launch": begin == 0});
        let one = |id: &str| json!({"writeup": id, "first_week": "2026-W11", "bursts": [burst(0, 90.0), burst(4, 9.0)]});
        let summary = summary(
            "L9",
            &json!({"bursts": [one("a"), one("hidden")], "writeups": 2, "looked_at": 9}),
        );
        let page = render(&summary, Links::Server).unwrap();
        assert!(page.contains("No digest and no verdict uses what stands here."));
        for words in ["Disk full", "6 Apr 2026", "13 Apr 2026", ">9</td>"] {
            assert!(page.contains(words), "{words}: {page}");
        }
        assert!(!page.contains("hidden</"), "{page}");
    }
}
