//! The figures of a published state: what a release is compared by.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};
use serde::Serialize;

const VALUES: &str = "marts/indicator_values";
const MILESTONES: &str = "marts/milestones";

/// What of an indicator is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Its value.
    Value,
    /// Its target.
    Target,
    /// Whether a milestone is planned.
    Planned,
    /// The state of a milestone.
    State,
}

impl Measure {
    /// Its name in the tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Target => "target",
            Self::Planned => "planned",
            Self::State => "state",
        }
    }
}

/// Which figure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// The period.
    pub period: Period,
    /// The indicator.
    pub indicator_id: String,
    /// What of it.
    pub measure: Measure,
}

/// A figure, or the mark of a milestone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

impl Figure {
    /// The number; none of a text.
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(_) => None,
        }
    }

    /// The text; none of a number.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Number(_) => None,
            Self::Text(text) => Some(text),
        }
    }
}

/// All figures that are not empty.
pub type Figures = BTreeMap<Key, Figure>;

/// Reads the figures of a state.
///
/// # Errors
/// [`Error::Storage`] where they cannot be read.
pub async fn read(storage: &Storage, published: &Published) -> Result<Figures> {
    let mut figures = Figures::new();
    let columns = ["indicator_id", "period", "value", "target"];
    for batch in published.batches(storage, VALUES, Some(&columns)).await? {
        for (name, measure) in [("value", Measure::Value), ("target", Measure::Target)] {
            let numbers = column(&batch, name)?.as_primitive::<Float64Type>();
            for row in (0..batch.num_rows()).filter(|row| numbers.is_valid(*row)) {
                figures.insert(key(&batch, row, measure)?, Figure::Number(numbers.value(row)));
            }
        }
    }
    for batch in published.batches(storage, MILESTONES, Some(&["indicator_id", "period", "planned", "state"])).await? {
        let (planned, state) = (column(&batch, "planned")?.as_boolean(), column(&batch, "state")?.as_string::<i32>());
        for row in 0..batch.num_rows() {
            if planned.is_valid(row) && planned.value(row) {
                figures.insert(key(&batch, row, Measure::Planned)?, Figure::Text("x".to_owned()));
            }
            if state.is_valid(row) {
                figures.insert(key(&batch, row, Measure::State)?, Figure::Text(state.value(row).to_owned()));
            }
        }
    }
    Ok(figures)
}

fn key(batch: &RecordBatch, row: usize, measure: Measure) -> Result<Key> {
    let text = |name: &str| Ok::<_, Error>(column(batch, name)?.as_string::<i32>().value(row));
    let period = text("period")?.parse().map_err(Error::internal)?;
    Ok(Key { period, indicator_id: text("indicator_id")?.to_owned(), measure })
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    let column = batch.column_by_name(name).map(AsRef::as_ref);
    column.ok_or_else(|| Error::storage(format!("the marts have no column {name}: run `peil run --full`")))
}
