//! The terms on which people are counted: what a works council agrees to. Plain names and values, so
//! that whoever adds a setting that concerns people adds one line.

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// What it settles, in words that stay the same.
    pub name: String,
    /// How, in plain words.
    pub value: String,
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrivacyTerms(pub Vec<Term>);

/// How a term differs from what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermChange {
    /// Its name.
    pub name: String,
    /// What it was; `None` where there was none.
    pub old: Option<String>,
    /// What it is; `None` where it is gone.
    pub new: Option<String>,
}

impl PrivacyTerms {
    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.0.push(Term { name, value });
        self
    }

    /// The value of one.
    pub fn get(&self, name: &str) -> Option<&str> {
        let term = self.0.iter().find(|term| term.name == name);
        term.map(|term| term.value.as_str())
    }

    /// The same terms in the same words whatever their order: one line each, sorted. Line breaks in a
    /// value can't make two terms of one.
    pub fn canonical(&self) -> String {
        let mut lines: Vec<String> = self
            .0
            .iter()
            .map(|term| format!("{:?}: {:?}\n", term.name, term.value))
            .collect();
        lines.sort();
        lines.concat()
    }

    /// What has changed since earlier terms, by name.
    pub fn since(&self, earlier: &PrivacyTerms) -> Vec<TermChange> {
        let mut names: Vec<&str> = self
            .0
            .iter()
            .chain(&earlier.0)
            .map(|t| t.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        let each = names.into_iter().map(|name| TermChange {
            name: name.to_owned(),
            old: earlier.get(name).map(str::to_owned),
            new: self.get(name).map(str::to_owned),
        });
        each.filter(|change| change.old != change.new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_a_line_break_makes_no_term() {
        let one = PrivacyTerms::default()
            .with("k", "5")
            .with("mode", "strict");
        let other = PrivacyTerms::default()
            .with("mode", "strict")
            .with("k", "5");
        assert_eq!(one.canonical(), other.canonical());
        let trick = PrivacyTerms::default().with("k", "5\"\n\"mode\": \"strict");
        assert_ne!(trick.canonical(), one.canonical());
    }

    #[test]
    fn changes_name_what_came_what_went_and_what_differs() {
        let before = PrivacyTerms::default()
            .with("k", "5")
            .with("source wiki", "mediawiki");
        let after = PrivacyTerms::default()
            .with("k", "7")
            .with("source git", "git");
        let changes: Vec<_> = after
            .since(&before)
            .into_iter()
            .map(|c| (c.name, c.old, c.new))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            changes,
            [
                ("k".to_owned(), text("5"), text("7")),
                ("source git".to_owned(), None, text("git")),
                ("source wiki".to_owned(), text("mediawiki"), None),
            ]
        );
        assert!(after.since(&after).is_empty());
    }
}
