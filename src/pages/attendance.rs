//! Who came to reviews, in words. A meeting that was only planned says nothing of who came, and a
//! list of who came says nothing of who had to.

use serde_json::Value;

use super::words::{self, count, measure, middle, percent, plural};
use crate::charts::reading::{self, Cell, Share, cell, share};

/// Who need not have come; said once wherever the words stand.
pub(super) const FREELY: &str = "Whoever came uninvited or on an open invitation (as optional, through a large \
    list, or to a meeting for everybody) need not have come, but for responders, those who wrote it up, the chair and \
    those who were told to.";

/// Of how many reviews it is known who came, and how many were only planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Meetings {
    pub(super) held: usize,
    pub(super) planned: usize,
}

/// Whether nobody recorded who came to it. That nobody came is recorded, and a number that is withheld was.
pub(super) fn is_planned(review: &Value) -> bool {
    review["not_recorded"] == true || cell(review, "attendees") == Cell::Missing
}

/// The reviews of a summary, counted.
pub(super) fn meetings(summary: &Value) -> Meetings {
    let reviews = reading::list(summary, "reviews");
    let planned = reviews.iter().filter(|review| is_planned(review)).count();
    Meetings {
        held: reviews.len() - planned,
        planned,
    }
}

/// Whether there are plans and nothing else.
pub(super) fn only_planned(summary: &Value) -> bool {
    let Meetings { held, planned } = meetings(summary);
    held == 0 && planned > 0
}

/// Whether no invitation was seen for any meeting with attendance: then everybody looks as if they
/// had walked in, and who had to come is not known.
pub(super) fn uninvited(summary: &Value) -> bool {
    let results = reading::results(summary, "A3");
    let not_planned = cell(results, "not_planned").get();
    match (share(results, "walk_in_share").value, not_planned) {
        (Cell::Missing, not_planned) => not_planned.is_some_and(|n| n > 0.0),
        // An earlier summary does not leave out what nobody planned.
        (walked_in, None) => walked_in == Cell::Value(1.0),
        (_, Some(_)) => false,
    }
}

/// The share of those who came freely; with reviews as clusters where that can be told. Nothing
/// where who had to come is not known.
pub(super) fn voluntary(summary: &Value) -> Option<Share> {
    if uninvited(summary) {
        return None;
    }
    let results = reading::results(summary, "A2");
    let clustered = share(results, "voluntary_clustered");
    let found = match clustered.value {
        Cell::Value(_) => clustered,
        _ => share(results, "voluntary"),
    };
    found.value.get().map(|_| found)
}

/// The share of those who need not have come, as A2's headline has it, and what they did; an earlier summary has
/// the strict form alone. Nothing where who had to come is not known.
pub(super) fn headline(summary: &Value) -> Option<(Share, &'static str)> {
    let strict = voluntary(summary);
    if uninvited(summary) {
        return None;
    }
    let free = share(reading::results(summary, "A2"), "need_not");
    match free.value {
        Cell::Value(_) => Some((free, "need not have come")),
        _ => Some((strict?, "came freely, by the marks of the calendar alone")),
    }
}

/// That the habit of inviting changed, where it did.
pub(super) fn habit(summary: &Value) -> Option<String> {
    let quarters = reading::changed_habits(summary);
    if quarters.is_empty() {
        return None;
    }
    Some(format!(
        "In {} the invitation habit changed: other invitations, as optional or as required, went to much the \
         same people, and as many came. How many came freely before and after is not alike.",
        quarters.join(" and ")
    ))
}

/// `«12» came to «2» reviews`.
pub(super) fn came(summary: &Value) -> Option<String> {
    let attendance = reading::results(summary, "A1").get("attendance")?;
    let all = cell(attendance, "attendees").get().filter(|n| *n > 0.0)?;
    // A summary may leave its reviews out; their number stands in the indicator too.
    let held = match meetings(summary) {
        Meetings {
            held: 0,
            planned: 0,
        } => cell(attendance, "meetings").get()?,
        Meetings { held, .. } => held as f64,
    };
    Some(format!(
        "«{}» came to «{}» {}",
        count(all),
        count(held),
        plural(held, "review", "reviews")
    ))
}

/// A1.
pub(super) fn attendance(summary: &Value) -> Option<String> {
    let attendance = reading::results(summary, "A1").get("attendance")?;
    let meetings = cell(attendance, "meetings").get().filter(|n| *n > 0.0)?;
    let usual = cell(attendance, "median_per_meeting").get()?;
    let quartiles: Vec<f64> = reading::list(attendance, "iqr")
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    let spread = match quartiles.as_slice() {
        [low, high] => format!(
            "; half of them had between «{}» and «{}»",
            middle(*low),
            middle(*high)
        ),
        _ => String::new(),
    };
    let planned = cell(attendance, "not_recorded").get();
    let planned = planned.filter(|n| *n > 0.0).map_or_else(String::new, |n| {
        format!(" To «{}» more nobody recorded who came.", count(n))
    });
    let or_more = cell(attendance, "or_more").get();
    let or_more = or_more.filter(|n| *n > 0.0).map_or_else(String::new, |n| {
        format!(
            " At «{}» there were rooms or telephones, so more may have come than are named.",
            count(n)
        )
    });
    Some(format!(
        "To a usual review «{}» {}, over «{}» {}{spread}.{or_more}{planned}",
        middle(usual),
        plural(usual, "person comes", "people come"),
        count(meetings),
        plural(meetings, "review", "reviews")
    ))
}

/// A2.
pub(super) fn freely(summary: &Value) -> Option<String> {
    if uninvited(summary) {
        return Some(format!("{}. {}", came(summary)?, not_known()));
    }
    let came = voluntary(summary)?;
    if let Some(said) = need_not(summary, &came) {
        return Some(said);
    }
    let usual = cell(
        reading::results(summary, "A2"),
        "voluntary_per_meeting_median",
    )
    .get()
    .map_or_else(String::new, |n| {
        format!(
            " In a usual review that is «{}» {}.",
            measure(n),
            plural(n, "person", "people")
        )
    });
    Some(format!(
        "«{}» ({}) of those who came, came freely.{usual}",
        percent(came.value.get()?),
        words::interval(&came)
    ))
}

/// How many need not have come, and beside it what the calendar's marks alone say.
fn need_not(summary: &Value, strict: &Share) -> Option<String> {
    let results = reading::results(summary, "A2");
    let free = share(results, "need_not");
    let told = results.get("need_not")?;
    let number = |name: &str| cell(told, name).get();
    let usual = number("per_meeting_median")?;
    let quartiles = reading::list(told, "iqr").iter();
    let quartiles: Vec<f64> = quartiles.filter_map(Value::as_f64).collect();
    let spread = match quartiles.as_slice() {
        [low, high] => format!(
            " (half of all reviews had between «{}» and «{}»)",
            middle(*low),
            middle(*high)
        ),
        _ => String::new(),
    };
    let walk_ins = number("uninvited").map_or_else(String::new, |walked_in| {
        format!("; «{}» came uninvited", count(walked_in))
    });
    let of_all = free.value.get().map_or_else(String::new, |p| {
        format!(
            ": «{}» ({}) of all who came",
            percent(p),
            words::interval(&free)
        )
    });
    Some(format!(
        "To a usual review «{}» {} who need not have come{spread}{of_all}. By the marks of the calendar \
         alone «{}» ({}) came freely{walk_ins}.",
        middle(usual),
        plural(usual, "person comes", "people come"),
        percent(strict.value.get()?),
        words::interval(strict),
    ))
}

/// Why nothing is said of duty.
pub(super) fn not_known() -> &'static str {
    "Who had to come is not known: no calendar was imported for these meetings \
     (`readback import icalendar`)."
}

/// A3.
pub(super) fn invitations(summary: &Value) -> Option<String> {
    if uninvited(summary) {
        return None;
    }
    let results = reading::results(summary, "A3");
    let said = [
        ("show_rate", "of those who accepted came"),
        ("optional_yield", "of those invited as optional came"),
        ("walk_in_share", "of those who came were not invited"),
    ];
    let parts: Vec<String> = said
        .into_iter()
        .filter_map(|(key, words)| {
            let share = share(results, key);
            let p = percent(share.value.get()?);
            Some(format!("«{p}» ({}) {words}", words::interval(&share)))
        })
        .collect();
    let left_out = cell(results, "not_recorded").get().filter(|n| *n > 0.0);
    let left_out = left_out.map_or_else(String::new, |n| {
        format!(
            " «{}» {} left out: nobody recorded who came.",
            count(n),
            plural(n, "review is", "reviews are")
        )
    });
    let unplanned = cell(results, "not_planned").get().filter(|n| *n > 0.0);
    let unplanned = unplanned.map_or_else(String::new, |n| {
        format!(
            " Of «{}» no invitation is known: {} in no share.",
            count(n),
            plural(n, "it is", "they are")
        )
    });
    let left_out = left_out + &unplanned;
    (!parts.is_empty()).then(|| format!("{}.{left_out}", parts.join("; ")))
}

/// Why nothing is said of attendance where some source delivers it.
pub(super) fn nothing(summary: &Value) -> String {
    let Meetings { held, planned } = meetings(summary);
    match (held, planned) {
        (0, 0) => "Nothing to say yet: no review has been seen.".to_owned(),
        (0, n) => format!(
            "{} {} planned; nobody recorded who came (`readback import attendance-csv`).",
            count(n as f64),
            plural(n as f64, "review was", "reviews were")
        ),
        _ if uninvited(summary) => not_known().to_owned(),
        _ => "Nothing to say yet: too little is known of who was invited.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn summary(came: &[u64], walk_ins: f64) -> Value {
        let all: u64 = came.iter().sum();
        let reviews = came.iter().map(|n| match n {
            0 => json!({"attendees": null, "not_recorded": true}),
            n => json!({"attendees": n}),
        });
        let reviews: Vec<Value> = reviews.collect();
        let held = came.iter().filter(|n| **n > 0).count();
        json!({
            "reviews": reviews,
            "indicators": {
                "A1": {"results": {"attendance": {
                    "meetings": held, "attendees": all, "median_per_meeting": 5.0,
                    "iqr": [4.5, 6.0], "not_recorded": came.len() - held,
                }}},
                "A2": {"results": {"voluntary": {"k": all, "n": all, "p": 1.0, "lo": 0.7, "hi": 1.0}}},
                "A3": {"results": {"walk_in_share": {"k": all, "n": all, "p": walk_ins, "lo": 0.7, "hi": 1.0}}},
            },
        })
    }

    #[test]
    fn without_a_calendar_nobody_is_a_volunteer() {
        let summary = summary(&[7, 5, 0], 1.0);
        let said = freely(&summary).unwrap();
        assert!(
            said.starts_with("«12» came to «2» reviews. Who had to come is not known"),
            "{said}"
        );
        assert!(voluntary(&summary).is_none());
        assert!(invitations(&summary).is_none());
    }

    #[test]
    fn whom_nobody_told_to_come_to_what_was_planned_came_freely() {
        let mut summary = summary(&[7, 5, 0], 1.0);
        summary["indicators"]["A3"]["results"]["not_planned"] = json!(1);
        assert!(!uninvited(&summary));
        assert!(voluntary(&summary).is_some());
    }

    #[test]
    fn a_plan_is_not_an_empty_review() {
        assert_eq!(
            attendance(&summary(&[7, 5, 0], 0.5)).unwrap(),
            "To a usual review «5» people come, over «2» reviews; half of them had between «4.5» \
             and «6». To «1» more nobody recorded who came."
        );
        assert!(
            !is_planned(&json!({"attendees": 0})),
            "somebody says that nobody came"
        );
        let planned = summary(&[0], 0.5);
        assert_eq!(attendance(&planned), None);
        assert!(nothing(&planned).starts_with("1 review was planned; nobody recorded"));
        assert_eq!(
            attendance(&summary(&[7, 5], 0.5)).unwrap(),
            "To a usual review «5» people come, over «2» reviews; half of them had between «4.5» \
             and «6»."
        );
    }
}
