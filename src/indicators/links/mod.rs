//! Links to write-ups (INDICATORS section 6): where they have become part of the work.

pub(super) mod age;
pub(super) mod cited;
pub(super) mod graph;
pub(super) mod late;
pub(super) mod live;
mod recent;
pub(super) mod survival;

use std::collections::BTreeMap;

use polars::prelude::*;

use super::Facts;
use super::frames::{ints, with_flags};
use crate::model::{LinkForm, LinkRole, Millis, Place, Results, Value};

/// Links that somebody meant: without self-links, and without those of which their source says that they
/// stand on an index page or came with a template.
fn meant(facts: &Facts) -> LazyFrame {
    let role_is = |role: LinkRole| col("role").eq(lit(role.name())).fill_null(lit(false));
    with_flags(&facts.links, &["own", "removed"]).filter(
        col("own")
            .or(role_is(LinkRole::Index))
            .or(role_is(LinkRole::Template))
            .not(),
    )
}

/// One of them.
#[derive(Clone, Copy, Debug)]
struct Meant {
    writeup: usize,
    place: Place,
    at: Millis,
    /// When it went, or the write-up it leads to.
    ended_at: Option<Millis>,
    part: LinkRole,
    form: Option<LinkForm>,
    /// The write-up on whose page it stands.
    stands_on: Option<usize>,
}

impl Meant {
    fn is_live(&self) -> bool {
        self.ended_at.is_none()
    }

    /// It is no answer of those who had the incident, and no entry of a list.
    fn is_uptake(&self) -> bool {
        self.part == LinkRole::Uptake
    }
}

/// The links that somebody meant, one by one.
fn each(facts: &Facts) -> PolarsResult<Vec<Meant>> {
    let columns = [
        "writeup",
        "place",
        "at",
        "ended_at",
        "part",
        "form",
        "stands_on",
    ];
    let table = meant(facts).select(columns.map(col)).collect()?;
    let numbers = |name: &str| ints(&table, name);
    let texts = |name: &str| table.column(name)?.cast(&DataType::String);
    let (places, parts, forms) = (texts("place")?, texts("part")?, texts("form")?);
    let (places, parts, forms) = (places.str()?, parts.str()?, forms.str()?);
    let (writeups, on) = (numbers("writeup")?, numbers("stands_on")?);
    let (at, ended) = (numbers("at")?, numbers("ended_at")?);
    let index = |n: Option<i64>| n.and_then(|n| usize::try_from(n).ok());
    let mut all = Vec::with_capacity(table.height());
    for row in 0..table.height() {
        let (Some(writeup), Some(at)) = (index(writeups[row]), at[row]) else {
            continue;
        };
        let part = parts.get(row).unwrap_or_default();
        let form = forms.get(row).unwrap_or_default();
        all.push(Meant {
            writeup,
            place: places
                .get(row)
                .unwrap_or_default()
                .parse()
                .unwrap_or(Place::Other),
            at,
            ended_at: ended[row],
            part: named(LinkRole::ALL, LinkRole::name, part).unwrap_or(LinkRole::Uptake),
            form: named(LinkForm::ALL, LinkForm::name, form),
            stands_on: index(on[row]),
        });
    }
    Ok(all)
}

fn named<T: Copy, const N: usize>(
    all: [T; N],
    name: impl Fn(T) -> &'static str,
    text: &str,
) -> Option<T> {
    all.into_iter().find(|one| name(*one) == text)
}

/// Whether a place is one of the five that the talk names.
fn is_of_the_talk(place: Place) -> bool {
    Place::OF_THE_TALK.contains(&place)
}

/// Whatever is said of some links, said of each of the five places.
fn by_place(links: &[Meant], say: impl Fn(&[Meant]) -> Value) -> Results {
    let mut of: BTreeMap<Place, Vec<Meant>> = BTreeMap::new();
    for link in links {
        of.entry(link.place).or_default().push(*link);
    }
    Place::OF_THE_TALK
        .into_iter()
        .fold(Results::new(), |results, place| {
            let own = of.get(&place).map_or(&[][..], Vec::as_slice);
            results.with(place.name(), say(own))
        })
}

/// The links in the five places, and the others.
fn talk_and_others(links: Vec<Meant>) -> (Vec<Meant>, Vec<Meant>) {
    links
        .into_iter()
        .partition(|link| is_of_the_talk(link.place))
}

/// Those that are uptake.
fn uptake(links: &[Meant]) -> Vec<Meant> {
    links.iter().copied().filter(Meant::is_uptake).collect()
}
