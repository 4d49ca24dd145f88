//! What is told beside the reads of people: what AI agents read, and what looks like a program's reading.

use serde_json::Value;

use super::words::{count, plural};
use crate::charts::reading::{Cell, cell};

/// One sentence for each, by `health.reads` of a summary.
pub(super) fn told(reads: &Value) -> Vec<String> {
    [agents(reads), automated(reads)]
        .into_iter()
        .flatten()
        .collect()
}

/// `And 12 reads by AI agents, which are in no other number of reads.`
fn agents(reads: &Value) -> Option<String> {
    match cell(reads, "agents") {
        Cell::Missing => None,
        Cell::Withheld => Some("AI agents read, too; how often is withheld.".to_owned()),
        Cell::Value(n) => Some(format!(
            "And {} {} by AI agents, which are in no other number of reads.",
            count(n),
            plural(n, "read", "reads")
        )),
    }
}

/// `300 reads came too fast for a person and count as robots'.`
fn automated(reads: &Value) -> Option<String> {
    match cell(reads, "automated") {
        Cell::Missing => None,
        Cell::Withheld => Some(
            "Some accounts read too fast for a person and count as robots; how often is withheld."
                .to_owned(),
        ),
        Cell::Value(n) => Some(format!(
            "{} {} too fast for a person and {} as robots'.",
            count(n),
            plural(n, "read came", "reads came"),
            plural(n, "counts", "count")
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_said_of_what_is_not_there() {
        assert!(told(&json!({ "self": null, "suppressed": true })).is_empty());
        assert_eq!(
            told(&json!({ "agents": 1, "automated": 1200 })),
            [
                "And 1 read by AI agents, which are in no other number of reads.",
                "1,200 reads came too fast for a person and count as robots'."
            ]
        );
        let withheld = told(&json!({ "agents": null, "automated": null, "suppressed": true }));
        assert!(withheld.iter().all(|said| said.contains("withheld")));
        assert_eq!(withheld.len(), 2);
    }
}
