//! How long those that events are taken from remember them. What nobody takes meanwhile is lost.

/// What a kind of source forgets.
#[derive(Debug, PartialEq, Eq)]
pub struct Memory {
    /// The kind of source.
    pub kind: &'static str,
    /// What is forgotten.
    pub what: &'static str,
    /// After so many days.
    pub days: u32,
}

/// Every kind that forgets. The others can be asked for all of their past, or tell of it once and by
/// themselves.
pub static MEMORIES: [Memory; 2] = [
    Memory {
        kind: "meet",
        what: "who came to meetings in Google Meet",
        days: 30,
    },
    Memory {
        kind: "mediawiki",
        what: "page views (PageViewInfo)",
        days: 60,
    },
];

/// What this kind of source forgets; nothing where it does not.
pub fn memory(kind: &str) -> Option<&'static Memory> {
    MEMORIES.iter().find(|memory| memory.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forgets_is_a_kind() {
        for memory in &MEMORIES {
            assert!(
                crate::sources::find(memory.kind).is_some(),
                "{}",
                memory.kind
            );
            // Half of it is the time to be warned in.
            assert!(memory.days >= 2, "{}", memory.kind);
        }
    }
}
