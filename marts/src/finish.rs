//! From what a query returns to the rows of a mart: the documented columns in
//! plain types, sorted by key, after disclosure control.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, UInt32Array, new_empty_array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::row::{RowConverter, SortField};
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result};

use crate::disclosure::{self, HiddenBefore};
use crate::model::Model;

/// How many offending rows are shown.
pub(crate) const EXAMPLES: usize = 5;

/// The finished rows of a mart, and what is wrong with their key.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The rows, sorted by key.
    pub rows: RecordBatch,
    /// Rows whose key is null or stands twice.
    pub wrong_keys: u64,
    /// Some of them, as text.
    pub examples: Vec<String>,
}

/// The table that a mart becomes, from the columns that its query returns.
///
/// # Errors
/// [`Error::Usage`] where the query does not return the documented columns,
/// or one of a type that no table of ours has.
pub(crate) fn table_spec(model: &Model, returned: &SchemaRef) -> Result<TableSpec> {
    check_columns(model, returned)?;
    let documented_columns: std::collections::BTreeMap<&str, &str> =
        model.header.columns.0.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let fields = returned.fields().iter().filter(|field| !field.name().starts_with('_')).map(|field| {
        let kind = plain_type(field.data_type()).ok_or_else(|| {
            Error::usage(format!(
                "{}: the column `{}` is of type {}, which a table cannot hold: cast it to varchar, bigint, double, boolean, date, timestamp or decimal",
                model.place,
                field.name(),
                field.data_type()
            ))
        })?;
        let text = documented_columns.get(field.name().as_str()).copied().unwrap_or_default();
        Ok(documented(Field::new(field.name(), kind, true), text))
    });
    let description = format!("{} {}: {}.", model.header.description.trim(), "Grain", model.header.grain.trim());
    Ok(TableSpec::new(model.table(), description, fields.collect::<Result<Vec<_>>>()?))
}

/// Whether the query returns the documented columns in their order; those
/// that begin with `_` need no documentation.
pub(crate) fn check_columns(model: &Model, returned: &SchemaRef) -> Result<()> {
    let shown = |name: &&str| !name.starts_with('_');
    let names: Vec<&str> = returned.fields().iter().map(|field| field.name().as_str()).filter(shown).collect();
    let wanted: Vec<&str> = model.header.columns.0.iter().map(|(name, _)| name.as_str()).filter(shown).collect();
    if wanted.is_empty() || names == wanted {
        return Ok(());
    }
    Err(Error::usage(format!(
        "{}: the query returns the columns {}, and the header documents {}: let them be the same, in the same order",
        model.place,
        names.join(", "),
        wanted.join(", ")
    )))
}

fn plain_type(kind: &DataType) -> Option<DataType> {
    Some(match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => DataType::Int64,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => DataType::Float64,
        DataType::Decimal128(..) | DataType::Boolean | DataType::Date32 => kind.clone(),
        DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        DataType::Dictionary(_, values) => plain_type(values)?,
        _ => return None,
    })
}

/// Sorts, controls and types the rows that a query returned.
///
/// # Errors
/// [`Error::Usage`] where a column is missing.
pub(crate) fn finish(
    model: &Model,
    spec: &TableSpec,
    returned: &SchemaRef,
    batches: &[RecordBatch],
    threshold: u32,
    hidden: &HiddenBefore,
) -> Result<Finished> {
    let rows = concat_batches(returned, batches)?;
    let order = model.header.order.iter().map(|name| {
        let column = rows.column_by_name(name);
        column.cloned().ok_or_else(|| {
            Error::usage(format!("{}: `order:` names `{name}`, which the query does not return", model.place))
        })
    });
    let (rows, wrong) = sort(model, &rows, &order.collect::<Result<Vec<_>>>()?)?;
    let rows = match &model.header.disclosure {
        None => rows,
        Some(rules) => {
            let before = match hidden.get(&spec.name).filter(|keys| !keys.is_empty()) {
                None => Vec::new(),
                Some(keys) => {
                    let order: Vec<ArrayRef> =
                        model.header.order.iter().filter_map(|name| rows.column_by_name(name).cloned()).collect();
                    disclosure::key_texts(&order)?.iter().map(|key| keys.contains(key)).collect()
                }
            };
            disclosure::control(&model.place, &rows, rules, threshold, &before)?
        }
    };
    let columns = spec.schema.fields().iter().map(|field| match rows.column_by_name(field.name()) {
        Some(values) => Ok(cast(values, field.data_type())?),
        None => Ok(new_empty_array(field.data_type())),
    });
    let plain: Vec<Field> =
        spec.schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(Default::default())).collect();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(plain)), columns.collect::<Result<Vec<_>>>()?)?;
    let examples = wrong.iter().take(EXAMPLES).map(|row| row_text(&rows, *row, &model.header.order)).collect();
    Ok(Finished { rows, wrong_keys: wrong.len() as u64, examples })
}

/// Rows by key, with the rows whose key is null or equal to the one before.
fn sort(model: &Model, rows: &RecordBatch, order: &[ArrayRef]) -> Result<(RecordBatch, Vec<usize>)> {
    if rows.num_rows() == 0 || order.is_empty() {
        return Ok((rows.clone(), Vec::new()));
    }
    let fields = order.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let keys = RowConverter::new(fields)?.convert_columns(order)?;
    let mut indices: Vec<u32> = (0..rows.num_rows() as u32).collect();
    if !indices.is_sorted_by_key(|row| keys.row(*row as usize)) {
        indices.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    }
    let may_be_null = |name: &String| model.header.nullable.contains(name);
    let strict: Vec<&ArrayRef> = order
        .iter()
        .zip(&model.header.order)
        .filter(|(_, name)| !may_be_null(name))
        .map(|(column, _)| column)
        .collect();
    let mut wrong = Vec::new();
    for (at, row) in indices.iter().enumerate() {
        let row = *row as usize;
        let twice = at > 0 && keys.row(indices[at - 1] as usize) == keys.row(row);
        if twice || strict.iter().any(|column| column.is_null(row)) {
            wrong.push(at);
        }
    }
    let indices = UInt32Array::from(indices);
    let columns = rows.columns().iter().map(|column| take(column, &indices, None)).collect::<Result<Vec<_>, _>>()?;
    Ok((RecordBatch::try_new(rows.schema(), columns)?, wrong))
}

/// A row as text: `period=2022Q1, users=-1`; with `names`, those columns.
pub(crate) fn row_text(rows: &RecordBatch, row: usize, names: &[String]) -> String {
    let schema = rows.schema();
    let shown = schema
        .fields()
        .iter()
        .zip(rows.columns())
        .filter(|(field, _)| names.is_empty() || names.contains(field.name()));
    let cells = shown.map(|(field, values)| {
        let value = if values.is_null(row) {
            "null".to_owned()
        } else {
            arrow::util::display::array_value_to_string(values, row).unwrap_or_else(|error| error.to_string())
        };
        format!("{}={value}", field.name())
    });
    cells.collect::<Vec<_>>().join(", ")
}
