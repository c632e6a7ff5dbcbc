//! The ledger: what arrived, and what became of it (`ops/deliveries`,
//! `ops/rejected_rows`).

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate, Utc};
use peil_warehouse::storage::Object;
use peil_warehouse::table::{TableSpec, documented, fingerprint};
use peil_warehouse::{Error, Result};

use crate::check::Rejected;

/// The table of deliveries.
pub const DELIVERIES: &str = "ops/deliveries";
/// The table of rejected rows.
pub const REJECTED_ROWS: &str = "ops/rejected_rows";

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its rows count.
    Accepted,
    /// Nothing of it counts.
    Refused,
    /// Its content came under another name, and counts there.
    Duplicate,
}

impl Outcome {
    const ALL: [Self; 3] = [Self::Accepted, Self::Refused, Self::Duplicate];

    /// `accepted`, `refused` or `duplicate`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Duplicate => "duplicate",
        }
    }
}

/// An object that arrived with some content.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Dataset, as `portal/events`.
    pub dataset: String,
    /// Path under the landing area.
    pub object: String,
    /// SHA-256 of the stored bytes, in hexadecimal.
    pub sha256: String,
    /// Delivery date; none where the name tells none.
    pub delivery_date: Option<NaiveDate>,
    /// When it was first seen.
    pub received_at: DateTime<Utc>,
    /// Rows in it; 0 of a duplicate, whose rows count elsewhere.
    pub rows: i64,
    /// Rows that passed the checks.
    pub accepted: i64,
    /// Rows that did not.
    pub rejected: i64,
    /// Rows that replaced others with other content; counted by the transform.
    pub corrections: i64,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was refused, or of what it is a duplicate.
    pub reason: Option<String>,
    /// Its name within the warehouse.
    pub delivery_id: String,
    /// 1 for what arrived first; ties in the order of intake end here.
    pub received_order: i64,
    /// Bytes.
    pub size: i64,
    /// Tells whether the object was written since.
    pub etag: Option<String>,
    /// What it was read with: contract and settings.
    pub contract: String,
    /// What else is worth telling, such as unknown columns.
    pub note: Option<String>,
}

impl Entry {
    /// Whether the object is still as it was seen.
    pub fn is_of(&self, object: &Object) -> bool {
        self.object == object.path
            && self.size == object.size as i64
            && self.etag.as_deref() == Some(mark(object).as_str())
    }
}

/// What tells that an object was written anew.
pub fn mark(object: &Object) -> String {
    object.etag.clone().unwrap_or_else(|| object.modified.to_rfc3339())
}

/// What the table of deliveries looks like.
pub fn deliveries_spec() -> TableSpec {
    let text = || DataType::Utf8;
    let columns = [
        ("dataset", text(), "dataset, as portal/events"),
        ("object", text(), "path under the landing area"),
        ("sha256", text(), "SHA-256 of the bytes as stored"),
        ("delivery_date", DataType::Date32, "day that the file name tells; empty where it tells none"),
        ("received_at", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), "when it was first seen"),
        ("rows", DataType::Int64, "rows in it; 0 of a duplicate"),
        ("accepted", DataType::Int64, "rows that passed the checks"),
        ("rejected", DataType::Int64, "rows that did not pass the checks"),
        ("corrections", DataType::Int64, "rows that replaced others with other content"),
        ("outcome", text(), "accepted, refused or duplicate"),
        ("reason", text(), "why it was refused, or of what it is a duplicate"),
        ("delivery_id", text(), "name within the warehouse, as in _delivery of staged rows"),
        ("received_order", DataType::Int64, "order of intake, from 1"),
        ("size", DataType::Int64, "bytes as stored"),
        ("contract", text(), "contract and settings it was read with"),
        ("note", text(), "what else is worth telling, such as unknown columns"),
    ];
    spec(DELIVERIES, "One row for each object that arrived with some content.", columns)
}

/// What the table of rejected rows looks like.
pub fn rejected_rows_spec() -> TableSpec {
    let columns = [
        ("dataset", DataType::Utf8, "dataset, as portal/events"),
        ("object", DataType::Utf8, "path under the landing area"),
        ("line", DataType::Int64, "line, sheet row or Parquet row on which the row begins"),
        ("column", DataType::Utf8, "the source's name of the faulty column; empty where no column is to blame"),
        ("raw_value", DataType::Utf8, "the value as delivered; empty for columns that privacy protects"),
        ("reason", DataType::Utf8, "why, as bad_date"),
        ("delivery_id", DataType::Utf8, "delivery, as in ops.deliveries"),
    ];
    spec(REJECTED_ROWS, "One row for each rejected row, of refused deliveries too.", columns)
}

fn spec<const N: usize>(name: &str, description: &str, columns: [(&str, DataType, &str); N]) -> TableSpec {
    let fields =
        columns.into_iter().map(|(name, data_type, comment)| documented(Field::new(name, data_type, true), comment));
    TableSpec::new(name, description, fields.collect())
}

/// The rejected rows of a delivery as a batch; `sources` are the source names
/// of the contract's columns.
///
/// # Errors
/// [`Error::Internal`] where the columns do not fit.
pub fn rejected_batch(
    schema: &SchemaRef,
    entry: &Entry,
    sources: &[String],
    rejected: &[Rejected],
) -> Result<RecordBatch> {
    let rows = rejected.len();
    let constant =
        |text: &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, rows))) };
    let columns: Vec<ArrayRef> = vec![
        constant(&entry.dataset),
        constant(&entry.object),
        Arc::new(rejected.iter().map(|row| row.line).collect::<Int64Array>()),
        Arc::new(rejected.iter().map(|row| row.column.map(|index| sources[index].as_str())).collect::<StringArray>()),
        Arc::new(rejected.iter().map(|row| row.raw_value.as_deref()).collect::<StringArray>()),
        Arc::new(rejected.iter().map(|row| Some(row.reason.as_str())).collect::<StringArray>()),
        constant(&entry.delivery_id),
    ];
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}

/// The ledger as a batch, in order of intake.
///
/// # Errors
/// [`Error::Internal`] where the columns do not fit.
pub fn to_batch(entries: &[Entry]) -> Result<RecordBatch> {
    fn texts<'a>(entries: &'a [Entry], of: impl Fn(&'a Entry) -> Option<&'a str>) -> ArrayRef {
        Arc::new(entries.iter().map(of).collect::<StringArray>())
    }
    let numbers =
        |of: fn(&Entry) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(entries.iter().map(of))) };
    let received = entries.iter().map(|entry| entry.received_at.timestamp_micros());
    let columns: Vec<ArrayRef> = vec![
        texts(entries, |entry| Some(&entry.dataset)),
        texts(entries, |entry| Some(&entry.object)),
        texts(entries, |entry| Some(&entry.sha256)),
        Arc::new(
            entries.iter().map(|entry| entry.delivery_date.map(Date32Type::from_naive_date)).collect::<Date32Array>(),
        ),
        Arc::new(TimestampMicrosecondArray::from_iter_values(received).with_timezone("UTC")),
        numbers(|entry| entry.rows),
        numbers(|entry| entry.accepted),
        numbers(|entry| entry.rejected),
        numbers(|entry| entry.corrections),
        texts(entries, |entry| Some(entry.outcome.as_str())),
        texts(entries, |entry| entry.reason.as_deref()),
        texts(entries, |entry| Some(&entry.delivery_id)),
        numbers(|entry| entry.received_order),
        numbers(|entry| entry.size),
        texts(entries, |entry| Some(&entry.contract)),
        texts(entries, |entry| entry.note.as_deref()),
    ];
    Ok(RecordBatch::try_new(deliveries_spec().schema, columns)?)
}

/// The ledger from its batches, in order of intake.
///
/// # Errors
/// [`Error::Storage`] where a column is not what it should be.
pub fn from_batches(batches: &[RecordBatch]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for batch in batches {
        let column = |name: &str| -> Result<&ArrayRef> {
            batch.column_by_name(name).ok_or_else(|| Error::storage(format!("{DELIVERIES} has no column {name}")))
        };
        let text = |name: &str, row: usize| -> Result<Option<String>> {
            let array = column(name)?
                .as_string_opt::<i32>()
                .ok_or_else(|| Error::storage(format!("{DELIVERIES}.{name} is no text")))?;
            Ok(array.is_valid(row).then(|| array.value(row).to_owned()))
        };
        let number = |name: &str, row: usize| -> Result<i64> {
            let array = column(name)?.as_primitive_opt::<Int64Type>();
            let array = array.ok_or_else(|| Error::storage(format!("{DELIVERIES}.{name} is no number")))?;
            Ok(if array.is_valid(row) { array.value(row) } else { 0 })
        };
        let dates = column("delivery_date")?.as_primitive_opt::<Date32Type>();
        let moments = column("received_at")?.as_primitive_opt::<TimestampMicrosecondType>();
        let (Some(dates), Some(moments)) = (dates, moments) else {
            return Err(Error::storage(format!("{DELIVERIES} has a day or a moment that is none")));
        };
        for row in 0..batch.num_rows() {
            let outcome = text("outcome", row)?.unwrap_or_default();
            let outcome = Outcome::ALL.into_iter().find(|known| known.as_str() == outcome);
            entries.push(Entry {
                dataset: text("dataset", row)?.unwrap_or_default(),
                object: text("object", row)?.unwrap_or_default(),
                sha256: text("sha256", row)?.unwrap_or_default(),
                delivery_date: dates.is_valid(row).then(|| dates.value_as_date(row)).flatten(),
                received_at: DateTime::from_timestamp_micros(moments.value(row)).unwrap_or_default(),
                rows: number("rows", row)?,
                accepted: number("accepted", row)?,
                rejected: number("rejected", row)?,
                corrections: number("corrections", row)?,
                outcome: outcome.ok_or_else(|| Error::storage(format!("{DELIVERIES} has an unknown outcome")))?,
                reason: text("reason", row)?,
                delivery_id: text("delivery_id", row)?.unwrap_or_default(),
                received_order: number("received_order", row)?,
                size: number("size", row)?,
                // It stands apart: see `marks`.
                etag: None,
                contract: text("contract", row)?.unwrap_or_default(),
                note: text("note", row)?,
            });
        }
    }
    entries.sort_by_key(|entry| entry.received_order);
    Ok(entries)
}

/// A hash over the ledger, but for the marks.
pub fn ledger_fingerprint(entries: &[Entry]) -> String {
    fingerprint(entries.iter().map(|entry| format!("{:?}", Entry { etag: None, ..entry.clone() })))
}
