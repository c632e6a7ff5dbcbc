//! Reading the warehouse's own records, row by row: they are small.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

/// A row: each column that is not null, as text.
pub type Record = BTreeMap<String, String>;

/// All rows of a table; none of one that is not there.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be read.
pub async fn read(storage: &Storage, published: &Published, table: &str) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for batch in published.batches(storage, table, None).await? {
        records.extend(of_batch(&batch)?);
    }
    Ok(records)
}

fn of_batch(batch: &RecordBatch) -> Result<Vec<Record>> {
    let options = FormatOptions::default();
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name());
    let columns: Vec<_> = names
        .zip(batch.columns())
        .map(|(name, column)| Ok((name, column, ArrayFormatter::try_new(column, &options)?)))
        .collect::<Result<_>>()?;
    let record = |row: usize| {
        let valid = columns.iter().filter(|(_, column, _)| column.is_valid(row));
        valid.map(|(name, _, formatter)| ((*name).clone(), formatter.value(row).to_string())).collect()
    };
    Ok((0..batch.num_rows()).map(record).collect())
}

/// The text of a column, empty where it is null.
pub fn text<'a>(record: &'a Record, column: &str) -> &'a str {
    record.get(column).map_or("", String::as_str)
}

/// The whole number of a column, 0 where it is null.
pub fn number(record: &Record, column: &str) -> u64 {
    text(record, column).parse().unwrap_or(0)
}

/// A numeric value as a fraction; none where it is null or no number.
pub fn fraction(column: &ArrayRef, row: usize) -> Option<f64> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Float64 => Some(column.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(row) as f64),
        _ => None,
    }
}
