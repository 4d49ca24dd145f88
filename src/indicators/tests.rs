//! What must hold of every indicator: its place in the list, its words, and the shape of its
//! results, which `tests/vectors/summary_shape.json` fixes for whoever reads the summary.

use polars::prelude::{DataType, df};
use serde_json::Value as Json;

use super::test_support::{
    CommentRow, LinkRow, Row, attendance, comments, context, contributions, date, day, edits,
    empty, links, newcomers, read_ages, read_facts, reader_teams, reads_by_thirty, reads_by_week,
    reads_of_year, threads, writeup,
};
use super::{
    ALL, AnnotationFact, ClassTotal, Descriptors, Facts, LongTail, Reach, Totals, Windows,
    WriteupFact, find,
};
use crate::model::{ActsOn, DAY_MS, Guard, Value};

/// The order of INDICATORS.
const ORDER: [&str; 50] = [
    "R1", "R2", "R3", "R4", "R5", "R6", "R7", "L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8", "L9",
    "L10", "L11", "L12", "L13", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "C1", "C2", "C3",
    "C4", "E1", "K1", "K2", "K3", "K4", "K5", "K6", "T0", "T1", "T2", "T3", "T4", "T5", "T6", "T7",
    "T8", "D1", "D2",
];

#[test]
fn the_list_is_in_order_and_every_code_is_there_once() {
    let codes: Vec<&str> = ALL.iter().map(|indicator| indicator.spec().code).collect();
    assert_eq!(codes, ORDER);
    assert!(find("l3").is_some_and(|indicator| indicator.spec().code == "L3"));
    assert!(find("L99").is_none());
}

#[test]
fn every_one_explains_itself() {
    for indicator in ALL {
        let spec = indicator.spec();
        let told = spec.told(&context().parameters);
        for (name, text) in [
            ("says", told.says),
            ("definition", told.definition),
            ("caveat", told.caveat),
        ] {
            assert!(
                text.len() > 30 && text.ends_with('.'),
                "{} {name}: {text}",
                spec.code
            );
            assert!(
                !text.contains("  "),
                "{} {name} has a hole: {text}",
                spec.code
            );
        }
        assert!(!spec.title.is_empty() && !spec.unit.is_empty() && spec.version > 0);
    }
}

#[test]
fn results_have_the_fixed_shape() {
    let shapes: Json =
        serde_json::from_str(include_str!("../../tests/vectors/summary_shape.json")).unwrap();
    let (facts, context) = (some_facts(), context());
    for indicator in ALL {
        let code = indicator.spec().code;
        let results = Value::Map(indicator.compute(&facts, &context).unwrap());
        if let Some(shape) = shape(&shapes, code) {
            check(code, shape, &results);
        }
    }
}

#[test]
fn empty_facts_give_every_name_at_the_top() {
    let shapes: Json =
        serde_json::from_str(include_str!("../../tests/vectors/summary_shape.json")).unwrap();
    for indicator in ALL {
        let code = indicator.spec().code;
        let results = indicator.compute(&empty(), &context()).unwrap();
        let shape = shape(&shapes, code).and_then(Json::as_object);
        for name in shape.into_iter().flat_map(|shape| shape.keys()) {
            assert!(results.get(name).is_some(), "{code} {name}");
        }
    }
}

#[test]
fn facts_in_which_everything_optional_is_null() {
    let nobody = Row {
        person: None,
        role: None,
        partstat: None,
        ..Row::walk_in("a", 0)
    };
    let facts = Facts {
        attendance: attendance(&[nobody]),
        comments: comments(&[(0, day(1.0), None, false)]),
        links: links(&[LinkRow::new(0, "other", 1.0, None)]),
        ..read_facts(vec![writeup("undated", None)], &[(0, 100.0, 7)])
    };
    for indicator in ALL {
        indicator.compute(&facts, &context()).unwrap();
    }
    let value = |code: &str, name: &str| {
        let results = find(code).unwrap().compute(&facts, &context()).unwrap();
        results.get(name).unwrap().clone()
    };
    assert_eq!(value("L1", "curve"), Value::List(Vec::new()));
    assert_eq!(value("L4", "still_read"), Value::Null);
    assert_eq!(value("A2", "voluntary"), Value::Null);
    assert_eq!(value("A3", "walk_in_share"), Value::Null);
    assert_eq!(value("T0", "series"), Value::List(Vec::new()));
    let Value::Map(attended) = value("A1", "attendance") else {
        panic!("no map")
    };
    assert_eq!(
        attended.get("attendees").map(Value::bare),
        Some(&Value::Int(1))
    );
    assert_eq!(
        attended.get("people").map(Value::bare),
        Some(&Value::Int(0))
    );
}

#[test]
fn the_same_facts_give_the_same_results() {
    let (facts, context) = (some_facts(), context());
    for indicator in ALL {
        let once = indicator.compute(&facts, &context).unwrap();
        assert_eq!(
            once,
            indicator.compute(&facts, &context).unwrap(),
            "{}",
            indicator.spec().code
        );
    }
}

#[test]
fn a_frame_without_its_columns_is_an_error_that_names_the_indicator() {
    let facts = Facts {
        daily: df!("other" => [1i32]).unwrap(),
        ..some_facts()
    };
    let error = find("L3").unwrap().compute(&facts, &context()).unwrap_err();
    assert!(error.to_string().starts_with("L3: "), "{error}");
}

/// The shape of an indicator's results. What page counters and edits say has none, nor have slopes, seasons
/// and tests judged together: their fields are ours.
fn shape<'a>(shapes: &'a Json, code: &str) -> Option<&'a Json> {
    let shape = shapes.get(code);
    assert_eq!(
        shape.is_none(),
        ["R6", "R7", "E1", "T2", "T3", "T7", "T8"].contains(&code),
        "{code}"
    );
    shape
}

/// Every path of the shape is in the value, and holds what the shape says or nothing.
fn check(path: &str, shape: &Json, value: &Value) {
    match (shape, value.bare()) {
        (Json::Object(fields), Value::Map(map)) => {
            for (name, shape) in fields {
                // Names that are numbers: months after the first.
                if name == "<key>" {
                    assert!(!map.0.is_empty(), "{path} is empty");
                    for (name, field) in &map.0 {
                        check(&format!("{path}.{name}"), shape, field);
                    }
                    continue;
                }
                let field = map
                    .get(name)
                    .unwrap_or_else(|| panic!("{path}.{name} is missing"));
                check(&format!("{path}.{name}"), shape, field);
            }
        }
        (Json::Array(shapes), Value::List(values)) => {
            assert!(!values.is_empty(), "{path} is empty");
            values
                .iter()
                .for_each(|value| check(&format!("{path}[]"), &shapes[0], value));
        }
        (Json::String(kind), value) => {
            let fits = match kind.as_str() {
                "int" => matches!(value, Value::Int(_)),
                "float" | "null|number" => matches!(value, Value::Float(_) | Value::Null),
                "bool" => matches!(value, Value::Bool(_)),
                "string" => matches!(value, Value::Text(_)),
                other => panic!("{path}: {other} is no kind"),
            };
            assert!(fits, "{path} is to be {kind}: {value:?}");
        }
        (shape, value) => panic!("{path}: {shape} {value:?}"),
    }
}

/// The same with a team, half an hour of presence and a minute of talk.
fn of_team(row: Row) -> Row {
    Row {
        stayed_ms: Some(1_800_000),
        length_ms: Some(3_600_000),
        talked_ms: Some(60_000),
        team: Some("search"),
        ..row
    }
}

/// A little of everything.
fn some_facts() -> Facts {
    // Eight of them, and one a month in the two years before: trends need both.
    let earlier = |i: u32| f64::from(i) * 30.5 - 750.0;
    let writeups = (0..32).map(|i| WriteupFact {
        owner_team: Some("payments".to_owned()),
        first: Descriptors {
            words: Some(500 + 100 * i),
            diagrams: Some(i % 3),
            hyperlinks: Some(i * i),
            acronyms_unexplained: Some(i % 4),
            contributors: Some(1 + i % 2),
            ..Descriptors::default()
        },
        ..writeup(
            &format!("w{i}"),
            Some(day(if i < 8 {
                f64::from(i) * 10.0
            } else {
                earlier(i - 8)
            })),
        )
    });
    let rows: Vec<(u32, f64, u64)> = (0..8)
        .flat_map(|w| [1.0, 40.0, 95.0, 130.0, 250.0].map(|age| (w, age, 2)))
        .chain((8..32).flat_map(|w| {
            let reads = if w < 20 { 4 } else { 40 } + u64::from(w * w % 7);
            [100.0, 130.0, 160.0].map(|age| (w, age, reads))
        }))
        .collect();
    // From Monday, 2025-01-06 on; in the fifth week the first write-up is read.
    let burst: Vec<(u32, i32, u64, u64)> = (0..20)
        .flat_map(|week| {
            let monday = date(2025, 1, 6) + 7 * week;
            let own = if week == 4 { 12 } else { 1 };
            [(0, monday, own, own), (1, monday, 40, 9)]
        })
        .collect();
    let faded: Vec<(i64, f64, u64)> = (1..40)
        .map(|n| (100 * DAY_MS, f64::from(n * n) * 5e6, 1))
        .collect();
    let class = ClassTotal {
        days: 12,
        people: 8,
    };
    Facts {
        reach: Reach {
            teams_in_roster: 3,
            teams: reader_teams(&[(0, "payments", 2), (0, "search", 3)], [2, 3, 5, 0, 5]),
            newcomers: newcomers(&[
                (day(150.0), None, Some(day(160.0)), None),
                (day(150.0), None, None, None),
            ]),
            observed: Windows(vec![(day(0.0), day(400.0))]),
        },
        long: LongTail {
            weeks: reads_by_week(&burst),
            thirties: reads_by_thirty(&[(0, 0, 1, 1), (0, 5, 9, 6)]),
            year: reads_of_year(&[(0, 3), (1, 9)], [9, 9]),
            ages: read_ages(&faded),
            ..LongTail::default()
        },
        people_by_age_week: df!("age_week" => [0i32], "people" => [8u64], "anonymous" => [0u64])
            .unwrap(),
        people_by_month: df!(
            "month" => [date(2025, 4, 1)], "late" => [8u64], "window" => [8u64],
        )
        .unwrap(),
        people_by_cohort: df!("month" => [date(2025, 1, 1)], "people" => [8u64]).unwrap(),
        annotations: vec![AnnotationFact {
            on: "2024-02-01".parse().unwrap(),
            text: "A new template".to_owned(),
            acts_on: ActsOn::Writeups,
        }],
        trailing: df!("writeup" => [0u32, 1], "readers" => [5u64, 2]).unwrap(),
        totals: Totals {
            total_reads: 80,
            readers: 8,
            roster: 12,
            roster_readers: 7,
            read: class,
            skimmed: class,
            opened: class,
            median_age_sync_ms: Some(1e9),
            people_sync: 8,
            median_age_diachronous_ms: Some(1e9),
            people_diachronous: 8,
            median_age_by_writeup_ms: vec![1e9],
            ..Totals::default()
        },
        engaged: df!("engaged_ms" => [4_000i64, 90_000], "reads" => [3u64, 2]).unwrap(),
        engaged_bins: df!(
            "power" => [2i32, 6], "reads" => [3u64, 2], "people" => [3u64, 2],
        )
        .unwrap(),
        attendance: attendance(&[
            of_team(Row::invited("a", 1, "CHAIR")),
            of_team(Row::invited("a", 2, "OPT-PARTICIPANT")),
            of_team(Row::walk_in("a", 3)),
        ]),
        contributions: contributions(&[(0, 1, day(2.0))]),
        comments: comments(&[
            (0, day(1.0), Some(1), true),
            (1, day(200.0), Some(2), false),
            (1, day(201.0), None, false),
        ]),
        threads: threads(&[CommentRow::new(1, None), CommentRow::new(2, Some(1))]),
        edits: edits(&[(0, day(95.0), Some(1)), (1, day(20.0), None)]),
        links: links(&[
            LinkRow::new(0, "commit", 5.0, None),
            LinkRow::new(0, "code_comment", 5.0, Some(100.0)),
            LinkRow::new(1, "diagram", 5.0, None),
            LinkRow::new(1, "onboarding", 5.0, None),
            LinkRow {
                stands_on: Some(3),
                ..LinkRow::new(2, "writeup", 35.0, None)
            },
            LinkRow {
                stands_on: Some(3),
                ..LinkRow::new(1, "writeup", 135.0, None)
            },
        ]),
        ..read_facts(writeups.collect(), &rows)
    }
}

#[test]
fn flags_may_come_as_small_integers() {
    let facts = some_facts();
    let mut cast = facts.clone();
    for (frame, names) in [
        (
            &mut cast.attendance,
            &["attended", "invited", "mandatory", "responder"][..],
        ),
        (&mut cast.comments, &["contributor"]),
        (&mut cast.threads, &["counted", "meant", "threaded"]),
        (&mut cast.links, &["removed", "own"]),
    ] {
        for name in names {
            let flag = frame.column(name).unwrap().cast(&DataType::UInt32).unwrap();
            frame.with_column(flag).unwrap();
        }
    }
    for indicator in ALL {
        let expected = indicator.compute(&facts, &context()).unwrap();
        assert_eq!(indicator.compute(&cast, &context()).unwrap(), expected);
    }
}

#[test]
fn guards_of_a_share_see_both_sides() {
    // Two of the four came without having to, one of them twice.
    let facts = Facts {
        attendance: attendance(&[
            Row::invited("a", 1, "REQ-PARTICIPANT"),
            Row::invited("a", 2, "REQ-PARTICIPANT"),
            Row::walk_in("a", 3),
            Row::walk_in("a", 4),
            Row::walk_in("b", 3),
        ]),
        ..empty()
    };
    let results = find("A2").unwrap().compute(&facts, &context()).unwrap();
    let Some(Value::Map(share)) = results.get("voluntary") else {
        panic!("{results:?}")
    };
    let Some(Value::Guarded(guard, _)) = share.get("p") else {
        panic!("{share:?}")
    };
    assert_eq!(*guard, Guard::Share { num: 2, den: 4 });
}
