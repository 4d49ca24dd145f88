//! Who had to come to a review, in three classes: had to, came on an open invitation, came uninvited. Part of
//! A2, beside its strict form, which believes every mark in the calendar.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

use crate::indicators::frames::ints;
use crate::indicators::shapes::{Sides, fewest, guarded_middle, people_proportion};
use crate::model::{Results, Value};
use crate::stats::{median, quantile};

/// Why somebody came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// A responder, an author, named as required, in the chair, or told to come.
    HadTo,
    /// The same by the RFC alone: the calendar names no role.
    NotStated,
    /// Invited, and free not to come.
    Open,
    Uninvited,
}

/// How many need not have come. A list of more people than `large` is an open invitation. All of it is
/// withheld where one of the groups that its numbers and those of the strict form part is few.
pub(super) fn need_not(rows: &LazyFrame, large: u32) -> PolarsResult<Value> {
    let frame = rows.clone().collect()?;
    let texts = |name: &str| -> PolarsResult<Vec<Option<String>>> {
        let column = frame.column(name)?.cast(&DataType::String)?;
        Ok(column.str()?.iter().map(|t| t.map(str::to_owned)).collect())
    };
    let flags = |name: &str| -> PolarsResult<Vec<bool>> {
        let column = frame.column(name)?.cast(&DataType::Boolean)?;
        Ok(column.bool()?.iter().map(|f| f.unwrap_or(false)).collect())
    };
    let (meetings, roles, people) = (texts("meeting")?, texts("role")?, ints(&frame, "person")?);
    let lists = ints(&frame, "list")?;
    let (attended, invited, stated) = (flags("attended")?, flags("invited")?, flags("stated")?);
    let (open, told) = (flags("open")?, flags("mandatory")?);
    let (responder, author) = (flags("responder")?, flags("author")?);

    let mut per_meeting: BTreeMap<&Option<String>, u64> = BTreeMap::new();
    let mut of_class: BTreeMap<Class, Vec<i64>> = BTreeMap::new();
    // Everybody whom some number of A2 or A3 counts and another one does not.
    let mut atoms: BTreeMap<(Class, bool, bool), BTreeSet<i64>> = BTreeMap::new();
    for row in 0..frame.height() {
        let free = per_meeting.entry(&meetings[row]).or_default();
        let Some(person) = people[row].filter(|_| attended[row]) else {
            continue;
        };
        let came = Came {
            role: roles[row].as_deref(),
            invited: invited[row],
            stated: stated[row],
            // Whoever is named as well has no list.
            by_list: lists[row].is_some_and(|people| people > i64::from(large)),
            open: open[row],
            told: told[row] || responder[row],
            author: author[row],
        };
        let class = came.class();
        *free += u64::from(class >= Class::Open);
        of_class.entry(class).or_default().push(person);
        let atom = (class, came.is_strictly_free(), came.invited);
        atoms.entry(atom).or_default().insert(person);
    }
    let count = |class: Class| of_class.get(&class).map_or(0, Vec::len) as u64;
    let had_to = count(Class::HadTo) + count(Class::NotStated);
    let (open, uninvited) = (count(Class::Open), count(Class::Uninvited));
    let distinct = |wanted: &dyn Fn(Class) -> bool| -> u64 {
        let people = of_class.iter().filter(|(class, _)| wanted(**class));
        let people: BTreeSet<i64> = people.flat_map(|(_, people)| people).copied().collect();
        people.len() as u64
    };
    let sides = Sides {
        with: distinct(&|class| class >= Class::Open),
        without: distinct(&|class| class < Class::Open),
        all: distinct(&|_| true),
    };
    let share = people_proportion(open + uninvited, had_to + open + uninvited, sides);
    let Value::Map(share) = share else {
        return Ok(Value::Null);
    };
    let sizes: Vec<f64> = per_meeting.values().map(|&count| count as f64).collect();
    let middle = |value: Option<f64>| guarded_middle(value, sizes.len(), sides.with);
    let quartiles = [0.25, 0.75].map(|q| middle(quantile(&sizes, q)));
    let atoms: Vec<u64> = atoms.values().map(|people| people.len() as u64).collect();
    let among = |value: Value| match value {
        Value::Null => Value::Null,
        value => value.of_people(fewest(&atoms)),
    };
    // The strict form tells the denominator as well.
    let share = share
        .0
        .into_iter()
        .map(|(name, value)| match name.as_str() {
            "n" => (name, value),
            _ => (name, among(value)),
        });
    let values = Results(share.collect())
        .with("per_meeting_median", among(middle(median(&sizes))))
        .with("iqr", among(Value::List(quartiles.into())))
        .with("had_to_come", among(had_to.into()))
        .with("role_not_stated", among(count(Class::NotStated).into()))
        .with("open_invitation", among(open.into()))
        .with("uninvited", among(uninvited.into()));
    Ok(values.into())
}

/// Somebody who came.
struct Came<'a> {
    role: Option<&'a str>,
    invited: bool,
    /// The calendar names the role.
    stated: bool,
    /// Invited through a large list, and not by name.
    by_list: bool,
    /// Everybody may come.
    open: bool,
    /// Told to come, or a responder.
    told: bool,
    author: bool,
}

impl Came<'_> {
    fn class(&self) -> Class {
        if self.told || self.author {
            return Class::HadTo;
        }
        if !self.invited && self.role.is_none() {
            return Class::Uninvited;
        }
        match self.role {
            Some("OPT-PARTICIPANT" | "NON-PARTICIPANT") => Class::Open,
            Some("CHAIR") => Class::HadTo,
            _ if self.open || self.by_list => Class::Open,
            _ if self.stated => Class::HadTo,
            _ => Class::NotStated,
        }
    }

    /// As in the strict form.
    fn is_strictly_free(&self) -> bool {
        let role = match self.role {
            None => !self.invited,
            Some(role) => ["OPT-PARTICIPANT", "NON-PARTICIPANT"].contains(&role),
        };
        role && !self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance, field};
    use crate::model::Guard;

    fn found(rows: &[Row]) -> Results {
        let value = need_not(&attendance(rows).lazy(), 15).unwrap();
        match value.bare() {
            Value::Map(results) => results.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn classes(rows: &[Row]) -> [i64; 4] {
        let found = found(rows);
        [
            "had_to_come",
            "role_not_stated",
            "open_invitation",
            "uninvited",
        ]
        .map(|name| match field(&found, &[name]).bare() {
            Value::Int(value) => *value,
            other => panic!("{name} {other:?}"),
        })
    }

    #[test]
    fn each_class_by_its_rule() {
        let required = |person| Row::invited("m", person, "REQ-PARTICIPANT");
        let by_list = |person, people| Row {
            list: Some(people),
            ..required(person)
        };
        let rows = [
            Row::invited("m", 1, "CHAIR"),
            required(2),
            Row {
                stated: false,
                ..required(3)
            },
            // A list of fifteen is a circle of people who are meant, one of sixteen is not.
            by_list(4, 15),
            by_list(5, 16),
            Row::invited("m", 6, "OPT-PARTICIPANT"),
            Row::walk_in("m", 7),
            Row {
                author: true,
                ..Row::walk_in("m", 8)
            },
            Row {
                responder: true,
                ..by_list(9, 40)
            },
            Row {
                mandatory: true,
                ..Row::invited("m", 10, "NON-PARTICIPANT")
            },
            Row {
                attended: false,
                ..required(11)
            },
            Row {
                person: None,
                ..Row::walk_in("m", 0)
            },
        ];
        assert_eq!(classes(&rows), [7, 1, 2, 1]);
        let results = found(&rows);
        assert_eq!(field(&results, &["k"]).bare(), &Value::Int(3));
        assert_eq!(field(&results, &["n"]).bare(), &Value::Int(10));
    }

    #[test]
    fn to_an_open_meeting_nobody_has_to_come_but_who_holds_it() {
        let open = |row: Row| Row { open: true, ..row };
        let rows = [
            open(Row::invited("m", 1, "CHAIR")),
            open(Row::invited("m", 2, "REQ-PARTICIPANT")),
            open(Row {
                responder: true,
                ..Row::invited("m", 3, "REQ-PARTICIPANT")
            }),
        ];
        assert_eq!(classes(&rows), [2, 0, 1, 0]);
    }

    #[test]
    fn the_number_for_each_review_is_over_all_of_them() {
        let mut rows: Vec<Row> = (0..4).map(|person| Row::walk_in("a", person)).collect();
        rows.push(Row::walk_in("b", 1));
        rows.push(Row::walk_in("b", 2));
        rows.push(Row {
            attended: false,
            ..Row::invited("nobody", 1, "CHAIR")
        });
        let results = found(&rows);
        assert_eq!(
            field(&results, &["per_meeting_median"]).bare(),
            &Value::Float(2.0)
        );
        let quartiles = field(&results, &["iqr"]);
        let Value::List(quartiles) = quartiles.bare() else {
            panic!("{results:?}")
        };
        let quartiles: Vec<&Value> = quartiles.iter().map(Value::bare).collect();
        assert_eq!(quartiles, [&Value::Float(1.0), &Value::Float(3.0)]);
    }

    /// The strict form counts an author who came freely, and this one does not: one less the other.
    #[test]
    fn few_between_the_two_forms_are_withheld() {
        let mut rows: Vec<Row> = (0..20).map(|person| Row::walk_in("m", person)).collect();
        let all = need_not(&attendance(&rows).lazy(), 15).unwrap();
        rows[3].author = true;
        let few = need_not(&attendance(&rows).lazy(), 15).unwrap();
        let guard = |value: &Value| match value {
            Value::Map(values) => match values.get("uninvited") {
                Some(Value::Guarded(Guard::Count(people), _)) => *people,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        assert_eq!((guard(&all), guard(&few)), (20, 1));
    }

    #[test]
    fn nobody_came() {
        assert_eq!(need_not(&attendance(&[]).lazy(), 15).unwrap(), Value::Null);
    }
}
