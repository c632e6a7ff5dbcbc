//! Facts on a day: flow, distinct, rolling and monthly_active.
//!
//! A fact counts in each period in whose window its day lies. There are many
//! facts and many windows, so they never meet one by one: the calendar is cut
//! into *slices* where any window begins or ends, facts become distinct things
//! per slice, and a window is a set of slices.

use peil_warehouse::Result;

use super::{Facts, Shape, Version, authority, condition, sources, thing};
use crate::model::{Header, Model};

/// The table of all events that indicators count, per slice of the calendar.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a condition is no SQL.
pub fn model(versions: &[Version]) -> Result<Model> {
    let header = Header {
        intermediate: Some("indicator_slices".into()),
        grain:
            "a row for each version of an indicator, thing, authority and slice of the calendar in which it was seen"
                .into(),
        description: "What flow, distinct, rolling and monthly_active indicators count.".into(),
        ..Header::default()
    };
    let empty = "select '' as rule, '' as thing, '' as nis_code, cast(null as date) as day where false";
    let seen = sources(versions, |shape| matches!(shape, Shape::Event(_)), source, empty)?;
    let sql = format!(
        "with seen as (\n{seen}\n)\n\
         select seen.rule, seen.thing, seen.nis_code, days.slice\n\
         from seen\njoin run.days on days.day = seen.day\n\
         group by seen.rule, seen.thing, seen.nis_code, days.slice"
    );
    Model::new("the indicators", header, &sql)
}

/// The row source of one indicator.
pub fn source(facts: &Facts<'_>) -> String {
    let Facts { indicator, fact, from, .. } = facts;
    format!(
        "select '{}' as rule, {} as thing, {} as nis_code, {from} as day\nfrom conformed.{fact}\nwhere {}",
        indicator.rule,
        thing(indicator),
        authority(indicator),
        condition(indicator),
    )
}
