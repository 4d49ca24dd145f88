//! Takes values out of a TOML table one by one and notes what is wrong with each, so that every
//! problem of a file is listed at once and no key is ignored.

use std::collections::BTreeSet;

pub(super) struct Reader<'a> {
    section: String,
    table: toml::Table,
    asked: BTreeSet<String>,
    given: BTreeSet<String>,
    problems: &'a mut Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(section: &str, table: toml::Table, problems: &'a mut Vec<String>) -> Self {
        Reader {
            section: section.to_owned(),
            table,
            asked: BTreeSet::new(),
            given: BTreeSet::new(),
            problems,
        }
    }

    pub(super) fn problems(&mut self) -> &mut Vec<String> {
        self.problems
    }

    /// The table of a section; empty where it is missing.
    pub(super) fn section(&mut self, name: &str) -> Reader<'_> {
        let table = match self.take(name) {
            None => toml::Table::new(),
            Some(toml::Value::Table(table)) => table,
            Some(other) => {
                self.problem(name, format!("{other} is not a section; valid is [{name}]"));
                toml::Table::new()
            }
        };
        Reader::new(name, table, self.problems)
    }

    /// The tables of a list of sections.
    pub(super) fn tables(&mut self, name: &str) -> Vec<toml::Table> {
        let Some(value) = self.take(name) else {
            return Vec::new();
        };
        let tables: Option<Vec<_>> = value
            .as_array()
            .and_then(|list| list.iter().map(|entry| entry.as_table().cloned()).collect());
        tables.unwrap_or_else(|| {
            self.problem(
                name,
                format!("is not a list of sections; valid is [[{name}]]"),
            );
            Vec::new()
        })
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            toml::Value::String(text) => Some(text),
            other => {
                self.problem(key, format!("{other} is not a text; put it in quotes"));
                None
            }
        }
    }

    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            toml::Value::Boolean(flag) => Some(flag),
            other => {
                self.problem(key, format!("{other} is neither true nor false"));
                None
            }
        }
    }

    /// Whether the file says anything of a key that nobody has taken yet.
    pub(super) fn holds(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Whether it said anything of a key, right or wrong.
    pub(super) fn was_given(&self, key: &str) -> bool {
        self.given.contains(key)
    }

    /// A text that `parse` understands; `valid` says which those are.
    pub(super) fn parsed<T>(
        &mut self,
        key: &str,
        valid: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(key)?;
        let value = parse(&text);
        if value.is_none() {
            self.problem(key, format!("{text:?} is not valid; valid is {valid}"));
        }
        value
    }

    /// A list of texts that `parse` understands.
    pub(super) fn each<T>(
        &mut self,
        key: &str,
        valid: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let Some(list) = value.as_array() else {
            self.problem(key, format!("{value} is not a list"));
            return Vec::new();
        };
        let mut values = Vec::new();
        for entry in list {
            // A bare date of TOML is as good as a quoted one.
            let text = entry
                .as_str()
                .map_or_else(|| entry.to_string(), str::to_owned);
            match parse(&text) {
                Some(value) => values.push(value),
                None => self.problem(key, format!("{text:?} is not valid; valid is {valid}")),
            }
        }
        values
    }

    /// A list of texts that name somebody: what is wrong is told by its place alone.
    pub(super) fn hidden(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let Some(list) = value.as_array() else {
            self.problem(key, "is not a list".to_owned());
            return Vec::new();
        };
        let mut texts = Vec::new();
        for (n, entry) in list.iter().enumerate() {
            match entry.as_str().filter(|text| !text.trim().is_empty()) {
                Some(text) => texts.push(text.to_owned()),
                None => {
                    let reason = "is not an account; valid is one such as \"github:NAME\"";
                    self.problem(key, format!("entry {}: {reason}", n + 1));
                }
            }
        }
        texts
    }

    /// Whether anything is said of a key.
    pub(super) fn has(&mut self, key: &str) -> bool {
        self.asked.insert(key.to_owned());
        self.table.contains_key(key)
    }

    /// A whole number in a range. Says whether it was given.
    pub(super) fn whole(&mut self, key: &str, least: u32, most: u32, into: &mut u32) -> bool {
        let Some(value) = self.take(key) else {
            return false;
        };
        let number = value
            .as_integer()
            .and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (least..=most).contains(number)) {
            Some(number) => *into = number,
            None => {
                self.problem(
                    key,
                    format!("{value} is not a whole number from {least} to {most}"),
                );
            }
        }
        true
    }

    /// A number between 0 and 1, ends excluded and included.
    pub(super) fn share(&mut self, key: &str, into: &mut f64) {
        let Some(value) = self.take(key) else { return };
        let number = value
            .as_float()
            .or_else(|| value.as_integer().map(|n| n as f64));
        match number.filter(|number| *number > 0.0 && *number <= 1.0) {
            Some(number) => *into = number,
            None => self.problem(key, format!("{value} is not above 0 and at most 1")),
        }
    }

    pub(super) fn problem(&mut self, key: &str, text: String) {
        let place = match self.section.as_str() {
            "" => key.to_owned(),
            section => format!("{section}.{key}"),
        };
        self.problems.push(format!("{place}: {text}"));
    }

    /// Refuses whatever nobody asked for.
    pub(super) fn finish(&mut self) {
        let unknown: Vec<_> = self.table.keys().cloned().collect();
        let known: Vec<_> = self.asked.iter().map(String::as_str).collect();
        let known = known.join(", ");
        for key in unknown {
            self.problem(&key, format!("unknown key; known are {known}"));
        }
    }

    fn take(&mut self, key: &str) -> Option<toml::Value> {
        self.asked.insert(key.to_owned());
        let value = self.table.remove(key);
        if value.is_some() {
            self.given.insert(key.to_owned());
        }
        value
    }
}
