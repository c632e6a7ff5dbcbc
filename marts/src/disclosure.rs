//! Disclosure control: what says too much about few persons is not shown.
//!
//! A cell whose count lies between 0 and the threshold is hidden. Where one
//! hidden cell could be worked out from a total that is shown, the next
//! smallest cell that is not zero is hidden with it: over the authorities of a
//! province, and over all. That can leave a single hidden cell elsewhere, so
//! it is done until nothing changes. Zero is shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch};
use arrow::compute::{cast, nullif};
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, SortField};
use peil_warehouse::{Error, Result};

use crate::model::Disclosure;

/// The column that tells which cells are hidden.
pub const SUPPRESSED: &str = "suppressed";

/// Hides cells of rows that are sorted by their key; of equally small cells
/// the first by key is hidden.
///
/// # Errors
/// [`Error::Usage`] where a column is missing or of another type.
pub fn control(place: &str, rows: &RecordBatch, rules: &Disclosure, threshold: u32) -> Result<RecordBatch> {
    let column = |name: &str| {
        rows.column_by_name(name).ok_or_else(|| {
            let known = rows.schema();
            let hint =
                peil_warehouse::nearest::did_you_mean(name, known.fields().iter().map(|field| field.name().as_str()));
            Error::usage(format!(
                "{place}: disclosure control needs a column `{name}`, which the query does not return{hint}"
            ))
        })
    };
    let counts = cast(column(rules.counted())?, &DataType::Float64)?;
    let counts =
        counts.as_any().downcast_ref::<Float64Array>().ok_or_else(|| Error::internal("a count is no number"))?;
    let applies = rules.applies.as_deref().map(|name| boolean(place, name, column(name)?)).transpose()?;
    let subject = |row: usize| applies.as_ref().is_none_or(|applies| applies.is_valid(row) && applies.value(row));
    let cells: Vec<Option<f64>> =
        (0..rows.num_rows()).map(|row| (subject(row) && counts.is_valid(row)).then(|| counts.value(row))).collect();
    let mut hidden: Vec<bool> =
        cells.iter().map(|cell| cell.is_some_and(|count| count > 0.0 && count < f64::from(threshold))).collect();
    if !rules.within.is_empty() && hidden.contains(&true) {
        let within = rules.within.iter().map(|name| column(name).cloned()).collect::<Result<Vec<_>>>()?;
        let totals = groups(&within, &cells)?;
        let parts = match &rules.over {
            None => Vec::new(),
            Some(over) => groups(&[within, vec![Arc::clone(column(over)?)]].concat(), &cells)?,
        };
        while hide_single(&parts, &cells, &mut hidden) | hide_single(&totals, &cells, &mut hidden) {}
    }
    let hidden = BooleanArray::from(hidden);
    let before = boolean(place, SUPPRESSED, column(SUPPRESSED)?)?;
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, values)| {
        let name = field.name();
        if name == SUPPRESSED {
            let all: BooleanArray = (0..hidden.len())
                .map(|row| Some(hidden.value(row) || (before.is_valid(row) && before.value(row))))
                .collect();
            Ok(Arc::new(all) as ArrayRef)
        } else if *name == rules.value || rules.with.contains(name) {
            Ok(nullif(values, &hidden)?)
        } else {
            Ok(Arc::clone(values))
        }
    });
    let columns = columns.collect::<Result<Vec<_>>>()?;
    let fields = schema.fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect::<Vec<_>>();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

/// In each group with exactly one hidden cell, hides the next smallest that
/// is not zero; tells whether there was one.
fn hide_single(groups: &[Vec<usize>], cells: &[Option<f64>], hidden: &mut [bool]) -> bool {
    let mut changed = false;
    for group in groups {
        if group.iter().filter(|row| hidden[**row]).take(2).count() != 1 {
            continue;
        }
        let open = group.iter().filter(|row| !hidden[**row]).filter_map(|row| Some((cells[*row]?, *row)));
        let next = open.filter(|(count, _)| *count > 0.0).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        if let Some((_, row)) = next {
            hidden[row] = true;
            changed = true;
        }
    }
    changed
}

/// Rows with equal values, for rows that are subject to control.
fn groups(columns: &[ArrayRef], cells: &[Option<f64>]) -> Result<Vec<Vec<usize>>> {
    let fields = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let keys = RowConverter::new(fields)?.convert_columns(columns)?;
    let mut groups: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for row in (0..cells.len()).filter(|row| cells[*row].is_some()) {
        groups.entry(keys.row(row).data()).or_default().push(row);
    }
    Ok(groups.into_values().collect())
}

fn boolean(place: &str, name: &str, values: &ArrayRef) -> Result<BooleanArray> {
    let values = values.as_any().downcast_ref::<BooleanArray>();
    values.cloned().ok_or_else(|| {
        Error::usage(format!("{place}: the column `{name}` must be true or false: write it as a condition"))
    })
}
