//! Facts from a day until a day: stock and cumulative.
//!
//! A stock is what is open on the peildatum; a cumulative indicator is a stock
//! whose facts never end.

use peil_warehouse::Result;

use super::{Facts, Shape, Version, authority, condition, sources, thing};
use crate::model::{Header, Model};

/// The table of all intervals that indicators count.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a condition is no SQL.
pub fn model(versions: &[Version]) -> Result<Model> {
    let header = Header {
        intermediate: Some("indicator_intervals".into()),
        grain: "a row for each version of an indicator and fact that it counts".into(),
        description: "What stock and cumulative indicators count: a thing of an authority, from a day until a day."
            .into(),
        ..Header::default()
    };
    let empty = "select '' as rule, '' as thing, '' as nis_code, cast(null as date) as from_day, \
                 cast(null as date) as until_day where false";
    let sql = sources(versions, |shape| shape == Shape::Interval, source, empty)?;
    Model::new("the indicators", header, &sql)
}

/// The row source of one indicator.
pub fn source(facts: &Facts<'_>) -> String {
    let Facts { indicator, fact, from, .. } = facts;
    let until = indicator.until.as_deref().unwrap_or("cast(null as date)");
    format!(
        "select '{}' as rule, {} as thing, {} as nis_code, {from} as from_day, {until} as until_day\n\
         from conformed.{fact}\nwhere {from} is not null and {}",
        indicator.rule,
        thing(indicator),
        authority(indicator),
        condition(indicator),
    )
}
