//! Facts of which the latest is in force: average, and stock with `line:`.
//!
//! Of the facts of one authority and line on or before the peildatum the
//! latest counts, and of two on one day the one delivered later. Which
//! authorities are one depends on the composition of the peildatum, so the
//! choice is made anew for each.

use peil_warehouse::Result;

use super::{Facts, Shape, Version, condition, sources};
use crate::model::{Header, Model};

/// The order in which deliveries came in.
pub(crate) const DELIVERY_ORDER: &str = "intermediate.delivery_order";

/// The table of all facts of lines that indicators count.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a condition is no SQL.
pub fn model(versions: &[Version]) -> Result<Model> {
    let header = Header {
        intermediate: Some("indicator_lines".into()),
        grain: "a row for each version of an indicator and fact of a line".into(),
        description: "What averages and stocks of lines count: the latest fact of each authority and line is in force."
            .into(),
        ..Header::default()
    };
    let empty = "select '' as rule, '' as nis_code, '' as line, cast(null as date) as from_day, false as counts, \
                 cast(null as decimal(18, 6)) as measure, cast(null as date) as delivery_date, '' as object, \
                 cast(0 as bigint) as received_order, cast(0 as bigint) as row_number where false";
    let sql = sources(versions, |shape| shape == Shape::Line, source, empty)?;
    Model::new("the indicators", header, &sql)
}

/// The row source of one indicator.
pub fn source(facts: &Facts<'_>) -> String {
    let Facts { indicator, fact, from, .. } = facts;
    let columns: Vec<String> =
        indicator.line.iter().flatten().map(|column| format!("cast({column} as varchar)")).collect();
    let line = match columns.as_slice() {
        [] => "''".to_owned(),
        columns => format!("concat_ws(chr(31), {})", columns.join(", ")),
    };
    let measure = indicator.measures.as_deref().unwrap_or("null");
    // An average takes the latest measurement of those that count; of a line
    // the latest fact decides whether it counts.
    let (keep, counts) = match indicator.line {
        Some(_) => ("true".to_owned(), condition(indicator)),
        None => (condition(indicator), "true".to_owned()),
    };
    format!(
        "select '{}' as rule, nis_code, {line} as line, {from} as from_day, coalesce({counts}, false) as counts,\n  \
         cast({measure} as decimal(18, 6)) as measure, _delivery_date as delivery_date, _object as object,\n  \
         coalesce(received_order, 0) as received_order, _row as row_number\n\
         from conformed.{fact}\nleft join {DELIVERY_ORDER} on delivery_id = _delivery\n\
         where nis_code is not null and {from} is not null and {keep}",
        indicator.rule,
    )
}
