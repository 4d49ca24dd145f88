//! A3, show rate, optional yield and walk-in share: do invitations turn into presence?

use polars::prelude::*;

use super::{came, planned, recorded, rows, sides};
use crate::indicators::frames::scalar;
use crate::indicators::shapes::people_proportion;
use crate::indicators::{Context, Facts, Indicator, IndicatorError, Spec};
use crate::model::{Layer, Results, Value};

/// A3.
pub(in crate::indicators) struct ShowRate;

static SPEC: Spec = Spec {
    code: "A3",
    title: "Show rate, optional yield, walk-in share",
    unit: "share",
    version: 3,
    layer: Layer::H,
    state: false,
    facts: &["fact_attendance"],
    says: "Whether invitations turn into presence, and who comes uninvited.",
    definition: "Over (meeting, person): show rate = attended of those whose answer at the start \
        was ACCEPTED; optional yield = attended of those invited as OPT-PARTICIPANT, whatever \
        they answered; walk-in share = not invited of those who attended. Attended as in A1; meetings that \
        are not recorded (A1) left out, not_recorded = how many these are; of the walk-in share also those that are \
        not planned (A2), not_planned = how many these are; \
        dial-ins without a name left out. Wilson's 95 % interval; null where there is nothing to \
        have a share of.",
    caveat: "An acceptance costs nothing, and a guest with a forwarded invitation counts as \
        uninvited, as does whoever came because a group is invited whose members are not known (A2 counts \
        these as on an open invitation). Read the three together.",
};

impl Indicator for ShowRate {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn compute(&self, facts: &Facts, _context: &Context) -> Result<Results, IndicatorError> {
        show_rate(&rows(facts)).map_err(|source| IndicatorError::of("A3", source))
    }
}

fn show_rate(rows: &LazyFrame) -> PolarsResult<Results> {
    let (rows, not_recorded) = recorded(rows)?;
    let (invited_to, not_planned) = planned(&rows)?;
    let rows = &rows;
    let named = || col("person").is_not_null();
    let is = |name: &str, value: &str| col(name).eq(lit(value)).fill_null(lit(false));
    let accepted = named().and(is("partstat", "ACCEPTED"));
    let optional = named()
        .and(col("invited"))
        .and(is("role", "OPT-PARTICIPANT"));
    Ok(Results::new()
        .with("show_rate", share(rows, accepted, col("attended"))?)
        .with("optional_yield", share(rows, optional, col("attended"))?)
        .with(
            "walk_in_share",
            share(&invited_to, came(), col("invited").not())?,
        )
        .with("not_recorded", not_recorded)
        .with("not_planned", not_planned))
}

/// Of the rows in `base`, those in `part`.
fn share(rows: &LazyFrame, base: Expr, part: Expr) -> PolarsResult<Value> {
    let of_base = rows.clone().filter(base.clone());
    let n = scalar(of_base.clone(), len())?;
    let k = scalar(of_base.filter(part.clone()), len())?;
    Ok(people_proportion(k, n, sides(rows, base, part)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indicators::test_support::{Row, attendance};
    use crate::stats::examples::{close, one};

    fn check(found: &Results, name: &str, expect: &serde_json::Value) {
        let Some(Value::Map(map)) = found.get(name) else {
            panic!("{name} {found:?}")
        };
        for (field, value) in &map.0 {
            let value = match *value.bare() {
                Value::Int(value) => value as f64,
                Value::Float(value) => value,
                ref other => panic!("{field} {other:?}"),
            };
            assert!(close(value, &expect[field]), "{name} {field} {value}");
        }
    }

    #[test]
    fn fits_the_worked_example() {
        let mut rows = Vec::new();
        for person in 0..20 {
            let mut row = Row::invited("m", person, "REQ-PARTICIPANT");
            row.attended = person < 17;
            rows.push(row);
        }
        for person in 20..32 {
            let mut row = Row::invited("m", person, "OPT-PARTICIPANT");
            row.partstat = if person % 2 == 0 {
                Some("DECLINED")
            } else {
                None
            };
            row.attended = person < 25;
            rows.push(row);
        }
        let found = show_rate(&attendance(&rows).lazy()).unwrap();
        let expect = one("A3", 0).expect;
        check(&found, "show_rate", &expect["show"]);
        check(&found, "optional_yield", &expect["optional_yield"]);
    }

    /// A calendar's answers alone say nothing of who came.
    #[test]
    fn what_nobody_recorded_is_in_no_share() {
        let planned = |person, role| Row {
            attended: false,
            recorded: false,
            ..Row::invited("planned", person, role)
        };
        let rows = [planned(1, "REQ-PARTICIPANT"), planned(2, "OPT-PARTICIPANT")];
        let found = show_rate(&attendance(&rows).lazy()).unwrap();
        assert_eq!(found.get("show_rate"), Some(&Value::Null));
        assert_eq!(found.get("optional_yield"), Some(&Value::Null));
        assert_eq!(found.get("not_recorded"), Some(&Value::Int(1)));
        let absent = Row {
            attended: false,
            ..Row::invited("held", 1, "OPT-PARTICIPANT")
        };
        let came = Row::invited("held", 2, "OPT-PARTICIPANT");
        let rows = [rows.to_vec(), vec![absent, came]].concat();
        let found = show_rate(&attendance(&rows).lazy()).unwrap();
        for name in ["show_rate", "optional_yield"] {
            check(
                &found,
                name,
                &serde_json::json!({
                    "k": 1, "n": 2, "p": 0.5, "lo": 0.09453120573423074, "hi": 0.9054687942657693
                }),
            );
        }
    }

    #[test]
    fn nobody_accepted_is_not_nought() {
        let found = show_rate(&attendance(&[Row::walk_in("m", 1)]).lazy()).unwrap();
        assert_eq!(found.get("show_rate"), Some(&Value::Null));
        let Some(Value::Map(walk_ins)) = found.get("walk_in_share") else {
            panic!("{found:?}")
        };
        assert_eq!(
            walk_ins.get("k"),
            Some(&Value::Int(1).share_of_people(1, 1))
        );
    }
}
