//! Who had to come to a review, in three classes: had to, came on an open invitation, came uninvited. The
//! headline of A2 and of each review, beside A2's strict form, which believes every mark in the calendar.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike as _;
use polars::prelude::*;

use crate::indicators::Context;
use crate::indicators::frames::ints;
use crate::indicators::shapes::{
    Sides, fewest, guarded_middle, limits_of_median, people_proportion,
};
use crate::model::{Millis, Results, Value};
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

/// Whether somebody who came need not have, by both forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Duty {
    pub(crate) need_not: bool,
    pub(crate) strict: bool,
}

/// Of each row of the attendance whether somebody with a name came to a planned meeting who need not have, as A2's
/// headline counts them.
pub(crate) fn duties(frame: &DataFrame, context: &Context) -> PolarsResult<Vec<Option<Duty>>> {
    let all = came(frame, context)?;
    let few = Few::of(&all, context.k);
    let duty = |one: &Came| Duty {
        need_not: few.class(one) >= Class::Open,
        strict: one.strict_class() >= Class::Open,
    };
    Ok(all.iter().map(|one| one.as_ref().map(duty)).collect())
}

/// Whom the strict form counts otherwise, in which quarter and why, where they are fewer than k: they would
/// be what lies between the two forms, in all or in the roles of the quarter, so the word of the strict form
/// stands for them.
struct Few(BTreeSet<(Quarter, Other)>);

impl Few {
    fn of(all: &[Option<Came>], k: u32) -> Few {
        let mut people: BTreeMap<(Quarter, Other), BTreeSet<i64>> = BTreeMap::new();
        for one in all.iter().flatten() {
            if let Some(other) = one.other() {
                let own = people.entry((one.quarter, other)).or_default();
                own.insert(one.person);
            }
        }
        let few = people
            .into_iter()
            .filter(|(_, people)| (people.len() as u64) < u64::from(k));
        Few(few.map(|(of, _)| of).collect())
    }

    fn class(&self, one: &Came) -> Class {
        match one.other() {
            Some(other) if self.0.contains(&(one.quarter, other)) => one.strict_class(),
            _ => one.class(),
        }
    }
}

/// How many need not have come.
pub(super) fn need_not(rows: &LazyFrame, context: &Context) -> PolarsResult<Value> {
    let frame = rows.clone().collect()?;
    let all = came(&frame, context)?;
    let few = Few::of(&all, context.k);
    let class = |one: &Came| few.class(one);
    let mut per_meeting: BTreeMap<Option<String>, u64> = BTreeMap::new();
    let mut of_class: BTreeMap<Class, Vec<&Came>> = BTreeMap::new();
    for (meeting, one) in texts(&frame, "meeting")?.into_iter().zip(&all) {
        let free = per_meeting.entry(meeting).or_default();
        if let Some(one) = one {
            *free += u64::from(class(one) >= Class::Open);
            of_class.entry(class(one)).or_default().push(one);
        }
    }
    let count = |class: Class| of_class.get(&class).map_or(0, Vec::len) as u64;
    let people = |wanted: &dyn Fn(Class) -> bool| {
        let all = of_class.iter().filter(|(class, _)| wanted(**class));
        distinct(all.flat_map(|(_, all)| all).copied()) as u64
    };
    let had_to = count(Class::HadTo) + count(Class::NotStated);
    let (open, uninvited) = (count(Class::Open), count(Class::Uninvited));
    let sides = Sides {
        with: people(&|class| class >= Class::Open),
        without: people(&|class| class < Class::Open),
        all: people(&|_| true),
    };
    let share = people_proportion(open + uninvited, had_to + open + uninvited, sides);
    let Value::Map(share) = share else {
        return Ok(Value::Null);
    };
    let parts = [
        people(&|class| class == Class::Open),
        people(&|class| class == Class::Uninvited),
    ];
    // The strict form tells its walk-ins: less those, this one's sum is its other part.
    let is_strict = of_class.iter().all(|(class, all)| {
        all.iter()
            .all(|one| one.strict_class().max(Class::NotStated) == (*class).max(Class::NotStated))
    });
    let of_sum = match is_strict {
        true => 0,
        false => fewest(&parts),
    };
    let share = share
        .0
        .into_iter()
        .map(|(name, value)| match name.as_str() {
            "n" => (name, value),
            _ => (name, value.of_people(of_sum)),
        });
    // A3 tells all who came uninvited, those who had to among them.
    let obliged = all.iter().flatten();
    let obliged = obliged.filter(|one| !one.invited && class(one) < Class::Open);
    let part = |count: u64| {
        let among = [&parts[..], &[distinct(obliged.clone()) as u64]].concat();
        Value::from(count).of_people(fewest(&among))
    };
    let unstated = [
        people(&|class| class == Class::NotStated),
        people(&|class| class == Class::HadTo),
    ];
    let sizes: Vec<f64> = per_meeting.values().map(|&count| count as f64).collect();
    let middle = |value: Option<f64>| guarded_middle(value, sizes.len(), sides.with);
    let quartiles = [0.25, 0.75].map(|q| middle(quantile(&sizes, q)));
    let (lo, hi) = limits_of_median(&sizes, middle);
    let values = Results(share.collect())
        .with("per_meeting_median", middle(median(&sizes)))
        .with("per_meeting_median_lo", lo)
        .with("per_meeting_median_hi", hi)
        .with("iqr", Value::List(quartiles.into()))
        .with("had_to_come", sides.share(had_to).of_people(of_sum))
        .with(
            "role_not_stated",
            Value::from(count(Class::NotStated)).of_people(fewest(&unstated)),
        )
        .with("open_invitation", part(open))
        .with("uninvited", part(uninvited));
    Ok(values.into())
}

fn distinct<'a>(all: impl Iterator<Item = &'a Came>) -> usize {
    all.map(|one| one.person).collect::<BTreeSet<i64>>().len()
}

fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<String>>> {
    let column = frame.column(name)?.cast(&DataType::String)?;
    Ok(column.str()?.iter().map(|t| t.map(str::to_owned)).collect())
}

/// Of each row who came, if somebody with a name did.
fn came(frame: &DataFrame, context: &Context) -> PolarsResult<Vec<Option<Came>>> {
    let large = i64::from(context.parameters.large_list);
    let at = ints(frame, "at")?;
    let flags = |name: &str| -> PolarsResult<Vec<bool>> {
        let column = frame.column(name)?.cast(&DataType::Boolean)?;
        Ok(column.bool()?.iter().map(|f| f.unwrap_or(false)).collect())
    };
    let (roles, people, lists) = (
        texts(frame, "role")?,
        ints(frame, "person")?,
        ints(frame, "list")?,
    );
    let (attended, invited, stated) = (flags("attended")?, flags("invited")?, flags("stated")?);
    let planned = flags("planned")?;
    let (open, grouped, told) = (flags("open")?, flags("grouped")?, flags("mandatory")?);
    let (responder, author) = (flags("responder")?, flags("author")?);
    let rows = roles.into_iter().enumerate().map(|(row, role)| {
        Some(Came {
            // Of what nobody planned it is not known who had to come.
            person: people[row]
                .filter(|_| attended[row] && (planned[row] || open[row] || told[row]))?,
            quarter: quarter(at[row].unwrap_or(0), context),
            // A role makes an invitation.
            invited: invited[row] || role.is_some(),
            role,
            stated: stated[row],
            // Whoever is named as well has no list.
            open: open[row] || lists[row].is_some_and(|people| people > large),
            welcome: open[row] || grouped[row],
            told: told[row] || responder[row],
            author: author[row],
        })
    });
    Ok(rows.collect())
}

/// Whom the strict form counts otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    /// Authors who were invited and free not to come.
    Author,
    AuthorUninvited,
    /// Required, and on an open invitation.
    Open,
    /// Not named in any invitation, where everybody may come or a group was invited.
    Welcome,
}

/// A year, and which of its quarters.
type Quarter = (i32, u32);

fn quarter(at: Millis, context: &Context) -> Quarter {
    let date = context.calendar.date(at);
    (date.year(), date.month0() / 3)
}

/// Somebody who came.
struct Came {
    person: i64,
    quarter: Quarter,
    role: Option<String>,
    invited: bool,
    /// The calendar names the role.
    stated: bool,
    /// Everybody may come, or so many that nobody by name is meant.
    open: bool,
    /// Whoever no invitation names is invited all the same: everybody may come, or a group was invited of which
    /// nobody is known.
    welcome: bool,
    /// Told to come, or a responder.
    told: bool,
    author: bool,
}

impl Came {
    fn class(&self) -> Class {
        match self.other() {
            _ if self.author => Class::HadTo,
            Some(Other::Open | Other::Welcome) => Class::Open,
            _ => self.strict_class(),
        }
    }

    /// As the strict form has it.
    fn strict_class(&self) -> Class {
        match self.role.as_deref() {
            _ if self.told => Class::HadTo,
            None if !self.invited => Class::Uninvited,
            Some("OPT-PARTICIPANT" | "NON-PARTICIPANT") => Class::Open,
            Some("CHAIR") => Class::HadTo,
            _ if self.stated => Class::HadTo,
            _ => Class::NotStated,
        }
    }

    fn other(&self) -> Option<Other> {
        let is_chair = self.role.as_deref() == Some("CHAIR");
        match self.strict_class() {
            Class::Uninvited if self.author => Some(Other::AuthorUninvited),
            Class::Uninvited => self.welcome.then_some(Other::Welcome),
            Class::Open => self.author.then_some(Other::Author),
            _ if self.told || self.author || is_chair => None,
            _ => self.open.then_some(Other::Open),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance, context, day, field};
    use crate::model::Guard;

    fn found(rows: &[Row]) -> Results {
        match at_least(rows, 1).bare() {
            Value::Map(results) => results.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn at_least(rows: &[Row], k: u32) -> Value {
        let context = Context { k, ..context() };
        need_not(&attendance(rows).lazy(), &context).unwrap()
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
    fn whoever_no_invitation_names_is_welcome_where_all_are_or_a_group_was_invited() {
        let open = |row: Row| Row { open: true, ..row };
        assert_eq!(classes(&[open(Row::walk_in("m", 1))]), [0, 0, 1, 0]);
        let grouped = |row: Row| Row {
            grouped: true,
            ..row
        };
        let rows = [
            // Named besides: the group does not make them free.
            grouped(Row::invited("m", 1, "REQ-PARTICIPANT")),
            grouped(Row::walk_in("m", 2)),
            grouped(Row {
                author: true,
                ..Row::walk_in("m", 3)
            }),
            Row::walk_in("n", 2),
        ];
        assert_eq!(classes(&rows), [2, 0, 1, 1]);
        // Of few the word of the strict form stands, as of all whom the two forms count otherwise.
        let value = at_least(&rows, 2);
        let Value::Map(results) = &value else {
            panic!("{value:?}")
        };
        assert_eq!(field(results, &["uninvited"]).bare(), &Value::Int(3));
        assert_eq!(field(results, &["open_invitation"]).bare(), &Value::Int(0));
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
    fn for_few_the_word_of_the_strict_form_stands() {
        let mut rows: Vec<Row> = (0..20).map(|person| Row::walk_in("m", person)).collect();
        for row in &mut rows[..4] {
            row.author = true;
        }
        let had_to = |rows: &[Row], k| {
            let value = at_least(rows, k);
            let Value::Map(results) = value else {
                panic!("{value:?}")
            };
            field(&results, &["had_to_come"]).bare().clone()
        };
        assert_eq!(had_to(&rows, 4), Value::Int(4));
        assert_eq!(had_to(&rows, 5), Value::Int(0));
        for row in &mut rows[4..] {
            *row = Row {
                open: true,
                ..Row::invited("m", row.person.unwrap(), "REQ-PARTICIPANT")
            };
        }
        assert_eq!(had_to(&rows, 5), Value::Int(0));
        assert_eq!(had_to(&rows, 17), Value::Int(16));
    }

    /// The roles of a quarter are told, by which the strict form of each quarter is known.
    #[test]
    fn of_a_quarter_with_few_the_strict_form_stands_and_of_the_others_not() {
        let open = |person, at| Row {
            open: true,
            at: day(at),
            ..Row::invited("m", person, "REQ-PARTICIPANT")
        };
        let mut rows: Vec<Row> = (0..6).map(|person| open(person, 3.0)).collect();
        rows.extend((0..4).map(|person| open(person, 100.0)));
        let numbers = |k| {
            let context = Context { k, ..context() };
            let all = duties(&attendance(&rows), &context).unwrap();
            assert!(all.iter().flatten().all(|duty| !duty.strict));
            let own: Vec<bool> = all.iter().flatten().map(|duty| duty.need_not).collect();
            [&own[..6], &own[6..]].map(|some| some.iter().filter(|free| **free).count())
        };
        assert_eq!(numbers(1), [6, 4]);
        assert_eq!(numbers(5), [6, 0]);
        assert_eq!(numbers(7), [0, 0]);
    }

    /// The sum, less the strict form's walk-ins, would be the few who were invited.
    #[test]
    fn few_of_one_class_are_not_what_is_left_of_the_sum() {
        let mut rows: Vec<Row> = (0..20).map(|person| Row::walk_in("m", person)).collect();
        rows.extend((20..40).map(|person| Row {
            author: person < 37,
            ..Row::invited("m", person, "OPT-PARTICIPANT")
        }));
        let guards = |rows: &[Row]| {
            let value = at_least(rows, 5);
            let Value::Map(results) = value else {
                panic!("{value:?}")
            };
            ["k", "uninvited"].map(|name| match results.get(name) {
                Some(Value::Guarded(Guard::Count(people), _)) => *people,
                other => panic!("{other:?}"),
            })
        };
        assert_eq!(guards(&rows), [3, 3]);
        assert_eq!(guards(&rows[..37]), [20, 20]);
    }

    #[test]
    fn nobody_came() {
        assert_eq!(at_least(&[], 1), Value::Null);
    }
}
