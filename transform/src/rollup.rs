//! The daily activity on the portal: what distinct and rolling counts rest on,
//! so that they need not read every event.

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField};
use peil_warehouse::Result;
use peil_warehouse::table::{TableSpec, documented};
use polars::prelude::*;

use crate::dataset::{Dataset, MONTH};
use crate::frame::failed;

/// The dataset of which a rollup is kept.
const DATASET: &str = "portal/events";
const TABLE: &str = "conformed/portal_activity";
const EVENTS: &str = "events";
const GRAIN: [&str; 4] = ["occurred_on", "user_id", "nis_code", "module"];

/// What the rollup of a dataset looks like; none where it has none.
pub(crate) fn spec(dataset: &Dataset) -> Option<TableSpec> {
    if dataset.name() != DATASET || !dataset.contract.large_fact {
        return None;
    }
    let parent = dataset.spec();
    let grain =
        GRAIN.iter().map(|name| parent.schema.field_with_name(name).ok().cloned()).collect::<Option<Vec<_>>>()?;
    let month = documented(ArrowField::new(MONTH, ArrowType::Utf8, true), "Brussels month, as 2022-03");
    let events = documented(ArrowField::new(EVENTS, ArrowType::Int64, true), "number of events");
    let columns = std::iter::once(month).chain(grain).chain([events]).collect();
    let description = "Activity on the portal: a row for each day, user, authority and module.";
    Some(TableSpec::new(TABLE, description, columns))
}

/// The rollup of the conformed events of one month.
pub(crate) fn rows(events: &DataFrame) -> Result<DataFrame> {
    let grain: Vec<Expr> = GRAIN.iter().map(|name| col(*name)).collect();
    let month = events.column(MONTH).and_then(|month| month.get(0).map(AnyValue::into_static)).map_err(failed)?;
    let mut rolled = events
        .clone()
        .lazy()
        .group_by(&grain)
        .agg([len().cast(DataType::Int64).alias(EVENTS)])
        .sort(GRAIN, SortMultipleOptions::default())
        .collect()
        .map_err(failed)?;
    let month = Column::new_scalar(MONTH.into(), Scalar::new(DataType::String, month), rolled.height());
    rolled.insert_column(0, month).map_err(failed)?;
    Ok(rolled)
}
