//! A mart in memory, read by column and row.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float64Type, Int64Type, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, NaiveDate, Utc};
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::TableState;
use peil_warehouse::{Error, Period, Result};

/// How a column is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Number,
    /// Euros, to the cent.
    Amount,
    Flag,
    Day,
    Moment,
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Amount => DataType::Decimal128(18, 2),
            Self::Flag => DataType::Boolean,
            Self::Day => DataType::Date32,
            Self::Moment => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }
}

/// The columns of a mart that a frame uses.
pub(crate) struct Table {
    mart: &'static str,
    rows: usize,
    columns: BTreeMap<&'static str, ArrayRef>,
}

impl Table {
    /// Reads `columns` of a mart; those of `optional` where it has them.
    pub(crate) async fn read(
        storage: &Storage,
        published: &Published,
        mart: &'static str,
        columns: &[(&'static str, Kind)],
        optional: &[(&'static str, Kind)],
    ) -> Result<Self> {
        let name = format!("marts/{mart}");
        let Some(state) = published.table(&name) else {
            let known: Vec<&str> = published.tables.keys().filter_map(|name| name.strip_prefix("marts/")).collect();
            let hint = if known.is_empty() {
                ": no mart is published yet; run `peil run` first".to_owned()
            } else {
                format!("{}; run `peil marts` to make it", did_you_mean(mart, known))
            };
            return Err(Error::usage(format!("the mart `{mart}`, which the report needs, is missing{hint}")));
        };
        Self::of(storage, published, &name, state, mart, columns, optional).await
    }

    /// The same of a table of any layer, as `conformed/reference_targets`.
    pub(crate) async fn read_table(
        storage: &Storage,
        published: &Published,
        name: &'static str,
        columns: &[(&'static str, Kind)],
    ) -> Result<Self> {
        match published.table(name) {
            Some(state) => Self::of(storage, published, name, state, name, columns, &[]).await,
            None => Err(Error::usage(format!("the table `{name}` is missing; run `peil run` first"))),
        }
    }

    /// Reads `columns` of a table of any layer, as `ops/deliveries`; none
    /// where it is not there.
    pub(crate) async fn read_if_there(
        storage: &Storage,
        published: &Published,
        name: &'static str,
        columns: &[(&'static str, Kind)],
        optional: &[(&'static str, Kind)],
    ) -> Result<Option<Self>> {
        match published.table(name) {
            Some(state) => Self::of(storage, published, name, state, name, columns, optional).await.map(Some),
            None => Ok(None),
        }
    }

    /// The same of a table of the warehouse's own records; none where there
    /// is none yet.
    pub(crate) async fn read_record(
        storage: &Storage,
        published: &Published,
        table: &'static str,
        columns: &[(&'static str, Kind)],
    ) -> Result<Option<Self>> {
        let name = format!("ops/{table}");
        match published.table(&name) {
            Some(state) => Self::of(storage, published, &name, state, table, columns, &[]).await.map(Some),
            None => Ok(None),
        }
    }

    async fn of(
        storage: &Storage,
        published: &Published,
        name: &str,
        state: &TableState,
        mart: &'static str,
        columns: &[(&'static str, Kind)],
        optional: &[(&'static str, Kind)],
    ) -> Result<Self> {
        let schema = state.arrow_schema()?;
        if let Some((column, _)) = columns.iter().find(|(column, _)| schema.index_of(column).is_err()) {
            return Err(Error::usage(format!(
                "the mart `{mart}` has no column `{column}`, which the report needs: add it to its model"
            )));
        }
        let wanted: Vec<(&'static str, Kind)> = columns
            .iter()
            .chain(optional.iter().filter(|(column, _)| schema.index_of(column).is_ok()))
            .copied()
            .collect();
        let names: Vec<&str> = wanted.iter().map(|(column, _)| *column).collect();
        let batches = published.batches(storage, name, Some(&names)).await?;
        let whole = match batches.first() {
            Some(first) => concat_batches(&first.schema(), &batches)?,
            None => RecordBatch::new_empty(Arc::new(
                schema.project(&names.iter().map(|column| schema.index_of(column)).collect::<Result<Vec<_>, _>>()?)?,
            )),
        };
        let mut found = BTreeMap::new();
        for ((column, kind), array) in wanted.iter().zip(whole.columns()) {
            found.insert(*column, cast(array, &kind.data_type())?);
        }
        Ok(Self { mart, rows: whole.num_rows(), columns: found })
    }

    pub(crate) fn rows(&self) -> std::ops::Range<usize> {
        0..self.rows
    }

    pub(crate) fn text(&self, column: &str, row: usize) -> Option<String> {
        self.text_in_place(column, row).map(str::to_owned)
    }

    /// A text, where it stands: for rows that are only looked at.
    pub(super) fn text_in_place(&self, column: &str, row: usize) -> Option<&str> {
        let array = self.present(column, row)?;
        Some(array.as_string::<i32>().value(row))
    }

    /// Whether a text is `word`: without a copy of it, for marts of many rows.
    pub(crate) fn is(&self, column: &str, row: usize, word: &str) -> bool {
        self.present(column, row).is_some_and(|array| array.as_string::<i32>().value(row) == word)
    }

    /// A text that may not be empty.
    pub(crate) fn required(&self, column: &str, row: usize) -> Result<String> {
        self.text(column, row).ok_or_else(|| {
            Error::usage(format!("the mart `{}` has no `{column}` in row {}: mend its model", self.mart, row + 1))
        })
    }

    /// A period, which may not be empty.
    pub(crate) fn period(&self, column: &str, row: usize) -> Result<Period> {
        let text = self.required(column, row)?;
        text.parse().map_err(|error| Error::usage(format!("the mart `{}`, row {}: {error}", self.mart, row + 1)))
    }

    pub(crate) fn integer(&self, column: &str, row: usize) -> Option<i64> {
        Some(self.present(column, row)?.as_primitive::<Int64Type>().value(row))
    }

    pub(crate) fn number(&self, column: &str, row: usize) -> Option<f64> {
        Some(self.present(column, row)?.as_primitive::<Float64Type>().value(row))
    }

    /// An amount in cents.
    pub(crate) fn amount(&self, column: &str, row: usize) -> Option<i128> {
        Some(self.present(column, row)?.as_primitive::<Decimal128Type>().value(row))
    }

    pub(crate) fn day(&self, column: &str, row: usize) -> Option<NaiveDate> {
        Date32Type::to_naive_date_opt(self.present(column, row)?.as_primitive::<Date32Type>().value(row))
    }

    pub(crate) fn moment(&self, column: &str, row: usize) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(
            self.present(column, row)?.as_primitive::<TimestampMicrosecondType>().value(row),
        )
    }

    pub(crate) fn flag(&self, column: &str, row: usize) -> bool {
        self.present(column, row).is_some_and(|array| array.as_boolean().value(row))
    }

    fn present(&self, column: &str, row: usize) -> Option<&ArrayRef> {
        self.columns.get(column).filter(|array| array.is_valid(row))
    }
}
