//! Disclosure control: what says too much about few persons is not shown.
//!
//! A cell whose count lies between 0 and the threshold is hidden. Where one
//! hidden cell could be worked out from a total that is shown, the next
//! smallest cell that is not zero is hidden with it: over the authorities of a
//! province, and over all. That can leave a single hidden cell elsewhere, so
//! it is done until nothing changes. Zero is shown. What was hidden in a release
//! stays hidden.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Float64Array, RecordBatch};
use arrow::compute::{cast, nullif};
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, SortField};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use peil_warehouse::release::Release;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::model::Disclosure;
use crate::model_set::ModelSet;

/// The column that tells which cells are hidden.
pub const SUPPRESSED: &str = "suppressed";

/// Cells that were hidden when they were published: by mart, the keys of their
/// rows as [`key_texts`] writes them. They stay hidden, since the difference
/// between two publications would tell what the first did not.
pub type HiddenBefore = BTreeMap<String, BTreeSet<String>>;

/// The cells that are hidden in releases, in the marts under control.
///
/// # Errors
/// [`Error::Storage`] where the schema of a release is not valid.
pub async fn hidden_before(warehouse: &Storage, releases: &[Release], models: &ModelSet) -> Result<HiddenBefore> {
    let mut hidden = HiddenBefore::new();
    for model in models.marts().filter(|model| model.header.disclosure.is_some()) {
        let name = model.table();
        let mut columns: Vec<&str> = model.header.order.iter().map(String::as_str).collect();
        columns.push(SUPPRESSED);
        for release in releases {
            let Some(state) = release.published.table(&name) else { continue };
            let schema = state.arrow_schema()?;
            if columns.iter().any(|column| schema.index_of(column).is_err()) {
                continue;
            }
            // A release that cannot be read stops no run: that it is so is told by its own check.
            let batches = release.published.batches(&release.storage(warehouse), &name, Some(&columns)).await;
            for batch in batches.unwrap_or_default() {
                let (keys, flags) = batch.columns().split_at(columns.len() - 1);
                let flags = boolean(&name, SUPPRESSED, &flags[0])?;
                let texts = key_texts(keys)?;
                let told = texts.into_iter().enumerate().filter(|(row, _)| flags.is_valid(*row) && flags.value(*row));
                hidden.entry(name.clone()).or_default().extend(told.map(|(_, key)| key));
            }
        }
    }
    Ok(hidden)
}

/// The key of each row as one text.
///
/// # Errors
/// [`Error::Internal`] where a column has no text, which does not happen.
pub fn key_texts(columns: &[ArrayRef]) -> Result<Vec<String>> {
    let options = FormatOptions::default();
    let formats =
        columns.iter().map(|column| Ok(ArrayFormatter::try_new(column, &options)?)).collect::<Result<Vec<_>>>()?;
    let rows = columns.first().map_or(0, |column| column.len());
    let text =
        |row: usize| formats.iter().map(|format| format.value(row).to_string()).collect::<Vec<_>>().join("\u{1f}");
    Ok((0..rows).map(text).collect())
}

/// Hides cells of rows that are sorted by their key; of equally small cells
/// the first by key is hidden. `before` tells of each row whether it was
/// published hidden; where it is empty, none was.
///
/// # Errors
/// [`Error::Usage`] where a column is missing or of another type.
pub fn control(
    place: &str,
    rows: &RecordBatch,
    rules: &Disclosure,
    threshold: u32,
    before: &[bool],
) -> Result<RecordBatch> {
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
    let is_small = |count: f64| count > 0.0 && count < f64::from(threshold);
    let was_hidden = |row: usize| before.get(row).copied().unwrap_or(false);
    let mut hidden: Vec<bool> = cells
        .iter()
        .enumerate()
        .map(|(row, cell)| cell.is_some_and(|count| is_small(count) || was_hidden(row)))
        .collect();
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
    let already = boolean(place, SUPPRESSED, column(SUPPRESSED)?)?;
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, values)| {
        let name = field.name();
        if name == SUPPRESSED {
            let all: BooleanArray = (0..hidden.len())
                .map(|row| Some(hidden.value(row) || (already.is_valid(row) && already.value(row))))
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
