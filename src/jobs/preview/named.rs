//! Which names a list shows. Whoever says who is who types them, and a slip of the hand would match nobody
//! without a word.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context as _;

use crate::collect::input;
use crate::jobs::order::Order;
use crate::model::{Event, Millis, Vocabulary, to_rfc3339};
use crate::sources::{Build, File, Problem, Setting, Sink};

/// At most so many names are told as near ones.
const MOST: usize = 3;
/// By which dates may be read.
const ORDERS: [&str; 3] = ["dmy", "mdy", "ymd"];

/// The names in a file of this order, those of whom nobody is brought in among them.
///
/// # Errors
/// The file can't be read as what it is said to be.
pub fn names(
    order: &Order,
    (name, bytes): (&str, Vec<u8>),
    (timezone, now): (chrono_tz::Tz, Millis),
) -> anyhow::Result<BTreeSet<String>> {
    let build = order.kind.file.context("the kind reads no files")?;
    let mut params = order.params.clone();
    // Who is matched stands under the name of somebody else.
    params.remove("people");
    let bytes = Arc::new(bytes);
    let read = |params| {
        let mut sink = Names::default();
        let bytes = Arc::clone(&bytes);
        one_way(
            (build, params),
            (order, name, bytes),
            (timezone, now),
            &mut sink,
        )?;
        anyhow::Ok(sink.0)
    };
    let mut found = read(params.clone());
    // The names are the same whenever the meeting was, and whichever it was.
    for date_order in ORDERS {
        if found.is_ok() {
            break;
        }
        let mut params = params.clone();
        params.insert("date_order".to_owned(), date_order.into());
        let own = [("meeting", "known".to_owned()), ("start", to_rfc3339(now))];
        for (name, value) in own {
            params.entry(name).or_insert_with(|| value.into());
        }
        found = read(params).or(found);
    }
    found
}

/// Reads a file by these parameters.
fn one_way(
    (build, params): (Build<dyn File>, toml::Table),
    (order, name, bytes): (&Order, &str, Arc<Vec<u8>>),
    (timezone, now): (chrono_tz::Tz, Millis),
    sink: &mut Names,
) -> anyhow::Result<()> {
    let setting = Setting {
        source: order.source.clone(),
        vocabulary: Vocabulary::default(),
        timezone,
        writeups: Vec::new(),
    };
    let mut reader = build(params, &setting)?;
    reader.dated(now);
    reader.begun(now);
    let mut input = input::of_bytes(name.to_owned(), bytes.to_vec());
    reader.read(&input.name, &mut input.reader, sink)?;
    Ok(())
}

/// The first of these names that stands in no list, with those that are like it.
pub fn missing<'s>(
    mut said: impl Iterator<Item = &'s str>,
    known: &BTreeSet<String>,
) -> Option<(&'s str, Vec<&str>)> {
    let folded_names: BTreeSet<String> = known.iter().map(|name| folded(name)).collect();
    let missing = said.find(|name| !folded_names.contains(&folded(name)))?;
    let near = known.iter().filter(|name| is_near(name, missing));
    Some((missing, near.map(String::as_str).take(MOST).collect()))
}

/// Whether a word of the one begins as a word of the other.
fn is_near(one: &str, other: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let lower = folded(name);
        let words = lower.split(|c: char| !c.is_alphanumeric());
        let long = words.filter(|word| word.chars().count() > 1);
        long.map(|word| word.chars().take(3).collect()).collect()
    };
    let others = words(other);
    words(one).iter().any(|word| others.contains(word))
}

/// A name as it is compared with that of a list.
fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

#[derive(Default)]
struct Names(BTreeSet<String>);

impl Sink for Names {
    fn seen(&mut self, name: &str) {
        if !name.is_empty() {
            self.0.insert(name.to_owned());
        }
    }

    fn event(&mut self, _: Event) {}
    fn problem(&mut self, _: Problem) {}
    fn left_out(&mut self, _: &'static str) {}
    fn note(&mut self, _: String) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_nowhere_is_told_with_those_like_it() {
        let known = ["Ada Lovelace", "Ada's phone", "Grace"].map(str::to_owned);
        let known = BTreeSet::from(known);
        let found = |said: &'static str| missing(std::iter::once(said), &known);
        assert_eq!(found(" ada lovelace"), None);
        assert_eq!(
            found("Lovelacce"),
            Some(("Lovelacce", vec!["Ada Lovelace"]))
        );
        assert_eq!(
            found("Ada"),
            Some(("Ada", vec!["Ada Lovelace", "Ada's phone"]))
        );
        assert_eq!(found("Nobody Here"), Some(("Nobody Here", Vec::new())));
        assert_eq!(missing(std::iter::empty(), &known), None);
    }
}
