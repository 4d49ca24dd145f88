//! Observed time: what nobody watched is no sign of anything. A stationary organisation is cut in
//! its first months and in the middle; no indicator leaves the interval that the whole history
//! gives it, and none takes the cut for a trend.

use readback::model::{DAY_MS, Millis};
use readback::simulate::{Cut, Options};
use serde_json::Value;

use super::way::{Report, Way, lines};

/// Nothing changes in it: no template, no late source, nothing withdrawn.
fn stationary() -> Options {
    Options {
        seed: 10,
        reads: 20_000,
        template_from: None,
        late: 0.0,
        deleted: 0.0,
        ..Options::default()
    }
}

/// From day to day of the simulated time.
fn cut(options: &Options, from: i64, to: i64) -> Cut {
    let start = options.as_of() - i64::from(options.days) * DAY_MS;
    let day = |n: i64| -> Millis { start + n * DAY_MS };
    Cut {
        from: day(from),
        to: day(to),
    }
}

async fn reported(database: &str, lines: &[String]) -> Option<Value> {
    let way = Way::fresh(database).await?;
    way.events(lines).await;
    let report: Report = way.report(stationary().as_of()).await;
    Some(report.json())
}

fn number(json: &Value, path: &str) -> f64 {
    let value = json.pointer(path);
    value
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("{path}: {value:?}"))
}

/// Ratios and shares with their intervals.
const ESTIMATES: [(&str, &str, &str, &str); 4] = [
    ("/indicators/L3/results/tail_share", "ratio", "lo", "hi"),
    ("/indicators/L4/results/still_read", "p", "lo", "hi"),
    (
        "/indicators/L5/results/readership_survival",
        "S_365",
        "S_365_lo",
        "S_365_hi",
    ),
    (
        "/indicators/C1/results/late_share_horizon",
        "ratio",
        "lo",
        "hi",
    ),
];

const VERDICT: &str = "/indicators/T1/results/trend/recommended/verdict";

fn list<'a>(json: &'a Value, path: &str) -> &'a [Value] {
    let list = json.pointer(path).and_then(Value::as_array);
    list.unwrap_or_else(|| panic!("{path}: no list"))
}

/// A cut takes write-ups out of what is comparable, so its estimate rests on fewer of them: the
/// interval that it states has to hold what the whole history says.
fn estimates_hold(name: &str, whole: &Value, cut: &Value) {
    for (at, value, lo, hi) in ESTIMATES {
        let of = |json: &Value, field: &str| number(json, &format!("{at}/{field}"));
        let (truth, lo, hi) = (of(whole, value), of(cut, lo), of(cut, hi));
        assert!(
            lo <= truth && truth <= hi,
            "{name} {at}: {truth} is not in [{lo}, {hi}]"
        );
    }
}

/// L1: the rates of the weeks stay in the intervals of the whole history. Those are of 95 %, so
/// that one week in twenty may leave its own.
fn curve_holds(name: &str, whole: &Value, cut: &Value) {
    let at = "/indicators/L1/results/curve";
    let (whole, cut) = (list(whole, at), list(cut, at));
    assert_eq!(whole.len(), cut.len(), "{name}");
    let compared = whole
        .iter()
        .zip(cut)
        .filter(|(_, cut)| !cut["rate"].is_null());
    let mut weeks = 0;
    let mut left = Vec::new();
    for (whole, cut) in compared {
        let of = |json: &Value, field: &str| json[field].as_f64().expect("a number");
        weeks += 1;
        if of(cut, "rate") < of(whole, "lo") || of(cut, "rate") > of(whole, "hi") {
            left.push(format!("{whole} {cut}"));
        }
    }
    assert!(weeks >= 50, "{name}: {weeks} weeks");
    assert!(left.len() * 20 <= weeks, "{name}:\n{}", left.join("\n"));
}

/// T0: a month that was watched whole says exactly what it says in the whole history; one that was
/// watched for the greater part stays near it; of the others nothing is asked.
fn months_hold(name: &str, whole: &Value, cut: &Value) {
    let at = "/indicators/T0/results/series";
    let mut same = 0;
    for month in list(cut, at) {
        let of = |json: &Value, field: &str| json[field].as_f64().unwrap_or(0.0);
        let known = list(whole, at)
            .iter()
            .find(|known| known["month"] == month["month"]);
        let known = known.unwrap_or_else(|| panic!("{name}: {month}"));
        let (exposure, watched) = (of(known, "window_exposure"), of(month, "window_exposure"));
        assert!(watched <= exposure, "{name}: {month} {known}");
        if watched == exposure {
            assert_eq!(month["window_reads"], known["window_reads"], "{name}");
            same += 1;
        } else if watched * 2.0 >= exposure {
            // The square root of a Poisson count has a standard deviation of a half.
            let (root, share) = (of(known, "window_reads").sqrt(), exposure / 100.0);
            let (lo, hi) = (
                (root - 0.98).max(0.0).powi(2) / share,
                (root + 0.98).powi(2) / share,
            );
            let rate = of(month, "window_per_100");
            assert!(lo <= rate && rate <= hi, "{name}: {month} {known}");
        }
    }
    assert!(same >= 28, "{name}: {same} months");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_is_no_sign() {
    let options = stationary();
    let Some(whole) = reported("observed_whole", &lines(&options)).await else {
        return;
    };
    assert_eq!(whole.pointer(VERDICT), Some(&Value::from("no clear trend")));
    let first = cut(&options, -1, 150);
    let middle = cut(&options, 540, 570);
    let with = |cuts: &[Cut]| {
        lines(&Options {
            cut: cuts.to_vec(),
            ..options.clone()
        })
    };
    // A source that goes live late and says nothing observes from its first event on.
    let mut unsaid = with(&[first]);
    unsaid.retain(|line| !line.contains("org.readback.coverage.v1"));
    for (name, lines) in [
        ("first", with(&[first])),
        ("both", with(&[first, middle])),
        ("unsaid", unsaid),
    ] {
        let cut = reported(&format!("observed_{name}"), &lines)
            .await
            .expect("an engine");
        estimates_hold(name, &whole, &cut);
        curve_holds(name, &whole, &cut);
        months_hold(name, &whole, &cut);
        assert_eq!(cut.pointer(VERDICT), whole.pointer(VERDICT), "{name}");
    }
}
