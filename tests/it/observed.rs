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
        seed: 11,
        reads: 30_000,
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

/// Value, lower and upper bound.
const INTERVALS: [(&str, &str, &str); 4] = [
    (
        "/indicators/L3/results/tail_share/ratio",
        "/indicators/L3/results/tail_share/lo",
        "/indicators/L3/results/tail_share/hi",
    ),
    (
        "/indicators/L4/results/still_read/p",
        "/indicators/L4/results/still_read/lo",
        "/indicators/L4/results/still_read/hi",
    ),
    (
        "/indicators/L5/results/readership_survival/S_365",
        "/indicators/L5/results/readership_survival/S_365_lo",
        "/indicators/L5/results/readership_survival/S_365_hi",
    ),
    (
        "/indicators/C1/results/late_share_horizon/ratio",
        "/indicators/C1/results/late_share_horizon/lo",
        "/indicators/C1/results/late_share_horizon/hi",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn explore() {
    let options = stationary();
    let Some(whole) = reported("observed_whole", &lines(&options)).await else {
        return;
    };
    let early = Options {
        cut: vec![cut(&options, -1, 150)],
        ..options.clone()
    };
    let both = Options {
        cut: vec![cut(&options, -1, 150), cut(&options, 540, 570)],
        ..options.clone()
    };
    let unsaid: Vec<String> = lines(&early)
        .into_iter()
        .filter(|l| !l.contains("org.readback.coverage.v1"))
        .collect();
    let mut runs = vec![];
    for (n, l) in [
        ("early", lines(&early)),
        ("both", lines(&both)),
        ("unsaid", unsaid),
    ] {
        runs.push((n, reported(&format!("observed_{n}"), &l).await.unwrap()));
    }
    for (v, lo, hi) in INTERVALS {
        println!(
            "{v}: whole {:.4} [{:.4}, {:.4}]",
            number(&whole, v),
            number(&whole, lo),
            number(&whole, hi)
        );
        for (n, r) in &runs {
            println!(
                "   {n}: {:.4} [{:.4} {:.4}]",
                number(r, v),
                number(r, lo),
                number(r, hi)
            );
        }
    }
    for (n, r) in &runs {
        let (a, b) = (
            &whole["indicators"]["L1"]["results"]["curve"],
            &r["indicators"]["L1"]["results"]["curve"],
        );
        let mut out = 0;
        for (a, b) in a.as_array().unwrap().iter().zip(b.as_array().unwrap()) {
            let f = |v: &Value, k: &str| v[k].as_f64().unwrap_or(f64::NAN);
            let inside = f(b, "rate") >= f(a, "lo") && f(b, "rate") <= f(a, "hi");
            if !inside {
                out += 1;
                println!(
                    "{n} week {} rate {:.3} vs {:.3} [{:.3},{:.3}] exposure {:.1}/{:.1} k {}",
                    a["week"],
                    f(b, "rate"),
                    f(a, "rate"),
                    f(a, "lo"),
                    f(a, "hi"),
                    f(b, "exposure"),
                    f(a, "exposure"),
                    a["k"]
                );
            }
        }
        println!("{n}: out {out} of {}", a.as_array().unwrap().len());
        let (a, b) = (
            &whole["indicators"]["T0"]["results"]["series"],
            &r["indicators"]["T0"]["results"]["series"],
        );
        for b in b.as_array().unwrap() {
            let a = a
                .as_array()
                .unwrap()
                .iter()
                .find(|a| a["month"] == b["month"]);
            println!(
                "{n} {b} | {}",
                a.map(|a| a["window_per_100"].to_string())
                    .unwrap_or_default()
            );
        }
        println!("{n} T1 {} | {}", r["indicators"]["T1"]["results"], "");
    }
    println!("whole T1 {}", whole["indicators"]["T1"]["results"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn seeds() {
    for seed in 1..=14 {
        let options = Options {
            seed,
            reads: 20_000,
            ..stationary()
        };
        let both = Options {
            cut: vec![cut(&options, -1, 150), cut(&options, 540, 570)],
            ..options.clone()
        };
        let way = Way::fresh(&format!("obs_seed_{seed}")).await.unwrap();
        way.events(&lines(&options)).await;
        let a = way.report(options.as_of()).await.json();
        let way = Way::fresh(&format!("obs_seed_{seed}")).await.unwrap();
        way.events(&lines(&both)).await;
        let b = way.report(options.as_of()).await.json();
        let v = |r: &Value| {
            format!(
                "{} {:.3} / {} {:.3}",
                r["indicators"]["T1"]["results"]["trend"]["recommended"]["verdict"],
                r["indicators"]["T1"]["results"]["trend"]["recommended"]["p"]
                    .as_f64()
                    .unwrap_or(9.0),
                r["indicators"]["T1"]["results"]["cohort_trend"]["recommended"]["verdict"],
                r["indicators"]["T1"]["results"]["cohort_trend"]["recommended"]["p"]
                    .as_f64()
                    .unwrap_or(9.0)
            )
        };
        let mut outs = vec![];
        for (x, lo, hi) in INTERVALS {
            let g = |p: &str| a.pointer(p).and_then(Value::as_f64);
            let y = b.pointer(x).and_then(Value::as_f64);
            if let (Some(l), Some(h), Some(y)) = (g(lo), g(hi), y) {
                if y < l || y > h {
                    outs.push(format!("{x} {y:.3} [{l:.3} {h:.3}]"));
                }
            } else {
                outs.push(format!("{x} null"));
            }
        }
        println!(
            "seed {seed}: whole {} | cut {} | out {outs:?}",
            v(&a),
            v(&b)
        );
    }
}
