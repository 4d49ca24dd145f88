//! What became of the lines received, kind by kind: the first steps of every number's way.

use std::collections::{BTreeMap, BTreeSet};

use super::health::{
    AFTER_DELETE, AGENT, BOT, DOUBLED, EXCLUDED, GENERATED, LIKE_MACHINE, UNKNOWN, UNREACHABLE,
};
use crate::store::{ExcludedRow, LabelCount};
use crate::summary::document::{OfKind, Received};
use crate::summary::suppress;

/// What people do, so that the number of it may be somebody's.
const ACTS: [&str; 5] = ["attendance", "comment", "edit", "link", "read"];

/// Each kind with its reasons. `received` holds the same over all kinds; `machines` says that those for
/// whom agents read, or who read like programs, are fewer than `k`.
pub(super) fn by_kind(
    labels: &[LabelCount],
    received: &Received,
    excluded: &[ExcludedRow],
    (k, machines): (u64, bool),
) -> BTreeMap<String, OfKind> {
    let mut kinds: BTreeMap<String, OfKind> = BTreeMap::new();
    for row in labels {
        add(kinds.entry(row.kind.clone()).or_default(), row);
    }
    let hidden = hidden(&kinds, received, excluded, (k, machines));
    for (kind, row) in &mut kinds {
        if hidden.contains(kind) {
            *row = OfKind {
                kept: received.kept.get(kind).and_then(serde_json::Value::as_u64),
                suppressed: true,
                ..OfKind::default()
            };
        }
    }
    kinds
}

fn add(kind: &mut OfKind, row: &LabelCount) {
    let own = match row.label {
        UNKNOWN => &mut kind.unknown_writeup,
        AFTER_DELETE => &mut kind.after_delete,
        BOT | AGENT | LIKE_MACHINE => &mut kind.bot,
        EXCLUDED => &mut kind.excluded,
        GENERATED | UNREACHABLE | DOUBLED => &mut kind.not_counted,
        _ => &mut kind.kept,
    };
    *own = Some(own.unwrap_or(0) + row.before);
    kind.future = Some(kind.future.unwrap_or(0) + row.future);
    kind.events = Some(kind.events.unwrap_or(0) + row.before + row.future);
    for field in [
        &mut kind.unknown_writeup,
        &mut kind.after_delete,
        &mut kind.bot,
        &mut kind.excluded,
        &mut kind.not_counted,
        &mut kind.kept,
    ] {
        field.get_or_insert(0);
    }
}

/// Kinds whose reasons would tell what a few people did. The same reasons are told over all kinds
/// together, so never one kind alone.
fn hidden(
    kinds: &BTreeMap<String, OfKind>,
    received: &Received,
    excluded: &[ExcludedRow],
    (k, machines): (u64, bool),
) -> BTreeSet<String> {
    let of_kind: Vec<&ExcludedRow> = excluded.iter().filter(|row| !row.kind.is_empty()).collect();
    let people: Vec<u64> = of_kind.iter().map(|row| row.people).collect();
    let shown = suppress::cells(&people, k);
    let few_in_all = received.excluded.is_none();
    let mut hidden: BTreeSet<String> = of_kind
        .iter()
        .zip(shown)
        .filter(|(row, shown)| row.people > 0 && (few_in_all || !shown))
        .map(|(row, _)| row.kind.clone())
        .collect();
    hidden.extend(
        received
            .kept
            .iter()
            .filter(|(_, n)| n.is_null())
            .map(|(kind, _)| kind.clone()),
    );
    if machines {
        hidden.insert("read".to_owned());
    }
    hidden.retain(|kind| kinds.contains_key(kind));
    if hidden.len() == 1 {
        let others = ACTS
            .iter()
            .filter(|kind| !hidden.contains(**kind))
            .filter_map(|kind| Some((kinds.get(*kind)?.events?, *kind)));
        let smallest = others.filter(|(events, _)| *events > 0).min();
        hidden.extend(smallest.map(|(_, kind)| kind.to_owned()));
    }
    hidden
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn label(kind: &str, label: u8, before: u64, future: u64) -> LabelCount {
        LabelCount {
            kind: kind.to_owned(),
            label,
            before,
            future,
        }
    }

    fn excluded(kind: &str, people: u64) -> ExcludedRow {
        ExcludedRow {
            kind: kind.to_owned(),
            people,
        }
    }

    fn received(kept: serde_json::Value, excluded: Option<u64>) -> Received {
        Received {
            kept: kept.as_object().cloned().unwrap_or_default(),
            excluded,
            ..Received::default()
        }
    }

    fn shown(kinds: &BTreeMap<String, OfKind>) -> Vec<&str> {
        let shown = kinds.iter().filter(|(_, row)| !row.suppressed);
        shown.map(|(kind, _)| &**kind).collect()
    }

    #[test]
    fn the_reasons_of_a_kind_add_up_to_its_events() {
        let labels = [
            label("link", GENERATED, 3, 0),
            label("link", DOUBLED, 2, 0),
            label("read", 0, 50, 4),
            label("read", BOT, 7, 0),
            label("read", AGENT, 1, 0),
            label("read", UNKNOWN, 2, 1),
            label("read", EXCLUDED, 9, 0),
        ];
        let all = received(json!({ "read": 50, "link": 0 }), Some(9));
        let kinds = by_kind(
            &labels,
            &all,
            &[excluded("", 6), excluded("read", 6)],
            (5, false),
        );
        let read = &kinds["read"];
        assert_eq!(read.events, Some(74));
        assert_eq!(
            (read.future, read.bot, read.excluded),
            (Some(5), Some(8), Some(9))
        );
        assert_eq!((read.unknown_writeup, read.kept), (Some(2), Some(50)));
        assert_eq!(kinds["link"].not_counted, Some(5));
        assert_eq!(kinds["link"].kept, Some(0));
    }

    #[test]
    fn one_kind_is_never_hidden_alone() {
        let labels = [
            label("comment", 0, 20, 0),
            label("edit", 0, 30, 0),
            label("read", EXCLUDED, 9, 0),
            label("read", 0, 50, 0),
            label("writeup", 0, 5, 0),
        ];
        let all = received(json!({ "comment": 20, "edit": 30, "read": 50 }), None);
        let kinds = by_kind(
            &labels,
            &all,
            &[excluded("", 2), excluded("read", 2)],
            (5, false),
        );
        assert_eq!(shown(&kinds), ["edit", "writeup"]);
        assert_eq!(kinds["read"].kept, Some(50));
        assert_eq!(kinds["read"].events, None);
    }

    #[test]
    fn few_of_one_kind_hide_another_of_many() {
        let labels = [
            label("comment", EXCLUDED, 4, 0),
            label("edit", EXCLUDED, 8, 0),
            label("link", 0, 1, 0),
            label("read", EXCLUDED, 9, 0),
        ];
        let all = received(json!({ "link": 1 }), Some(21));
        let people = [
            excluded("", 9),
            excluded("comment", 2),
            excluded("edit", 6),
            excluded("read", 8),
        ];
        assert_eq!(
            shown(&by_kind(&labels, &all, &people, (5, false))),
            ["link", "read"]
        );
    }

    #[test]
    fn machines_of_a_few_hide_reads() {
        let labels = [label("link", 0, 1, 0), label("read", AGENT, 9, 0)];
        let all = received(json!({ "link": 1, "read": 0 }), Some(0));
        assert!(shown(&by_kind(&labels, &all, &[], (5, true))).is_empty());
    }
}
