//! The reference tables that everything else rests on: authorities, aliases,
//! and the compositions that follow from the successors.

use std::sync::Arc;

use arrow::array::{Array, AsArray, Date32Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Date32Type, Field, Int64Type};
use chrono::NaiveDate;
use peil_warehouse::contract::{DELIVERY_DATE, OBJECT, ROW};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented};
use peil_warehouse::{Error, Result};

use crate::authority::{Authority, Resolver};
use crate::composition::compositions;
use crate::days::number_of;

/// The datasets that a resolver is made of: they are conformed first.
pub(crate) const REFERENCES: [&str; 2] = ["reference/authorities", "reference/aliases"];

const AUTHORITIES: &str = "conformed/reference_authorities";
const ALIASES: &str = "conformed/reference_aliases";
const COMPOSITIONS: &str = "conformed/authority_compositions";

/// The authorities and the resolver of the conformed reference tables.
///
/// # Errors
/// [`Error::Storage`] where they cannot be read.
pub(crate) async fn resolver(draft: &Draft) -> Result<(Vec<Authority>, Resolver)> {
    let authorities = authorities(draft).await?;
    let resolver = Resolver::new(&authorities, &aliases(draft).await?);
    Ok((authorities, resolver))
}

async fn authorities(draft: &Draft) -> Result<Vec<Authority>> {
    if draft.table(AUTHORITIES).is_none() {
        return Ok(Vec::new());
    }
    let columns = ["nis_code", "name", "kind", "valid_from", "valid_until", "successor_nis"];
    let mut authorities = Vec::new();
    for batch in draft.batches(AUTHORITIES, Some(&columns)).await? {
        let (code, name, kind) = (text(&batch, 0), text(&batch, 1), text(&batch, 2));
        let (from, until) =
            (batch.column(3).as_primitive::<Date32Type>(), batch.column(4).as_primitive::<Date32Type>());
        let successor = text(&batch, 5);
        for row in 0..batch.num_rows() {
            let Some(valid_from) = from.is_valid(row).then(|| from.value_as_date(row)).flatten() else { continue };
            authorities.push(Authority {
                nis_code: code.value(row).to_owned(),
                name: name.value(row).to_owned(),
                kind: kind.value(row).to_owned(),
                valid_from,
                valid_until: until.is_valid(row).then(|| until.value_as_date(row)).flatten(),
                successor: successor.is_valid(row).then(|| successor.value(row).to_owned()),
            });
        }
    }
    Ok(authorities)
}

/// Aliases, the later delivered last.
async fn aliases(draft: &Draft) -> Result<Vec<(String, String)>> {
    if draft.table(ALIASES).is_none() {
        return Ok(Vec::new());
    }
    let mut rows = Vec::new();
    for batch in draft.batches(ALIASES, Some(&["alias", "nis_code", DELIVERY_DATE, OBJECT, ROW])).await? {
        let (alias, code, object) = (text(&batch, 0), text(&batch, 1), text(&batch, 3));
        let (date, number) =
            (batch.column(2).as_primitive::<Date32Type>(), batch.column(4).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            let delivered = (date.value(row), object.value(row).to_owned(), number.value(row));
            rows.push((delivered, (alias.value(row).to_owned(), code.value(row).to_owned())));
        }
    }
    rows.sort();
    Ok(rows.into_iter().map(|(_, alias)| alias).collect())
}

fn text(batch: &RecordBatch, column: usize) -> &StringArray {
    batch.column(column).as_string::<i32>()
}

/// What the table of compositions looks like.
pub(crate) fn compositions_spec() -> TableSpec {
    let columns = [
        ("nis_code", DataType::Utf8, "authority that is referred to"),
        ("from_day", DataType::Date32, "first day; empty: since ever"),
        ("until_day", DataType::Date32, "first day no longer; empty: still"),
        ("composition_nis", DataType::Utf8, "authority that stands for it on those days"),
    ];
    let columns = columns.map(|(name, data_type, comment)| documented(Field::new(name, data_type, true), comment));
    let description = "Which authority stands for which on a day: successors followed until one exists on the day.";
    TableSpec::new(COMPOSITIONS, description, columns.to_vec())
}

/// Writes the compositions, where the authorities changed.
///
/// # Errors
/// [`Error::Storage`] where they cannot be written.
pub(crate) async fn write_compositions(
    draft: &mut Draft,
    authorities: &[Authority],
    fingerprint: &str,
    full: bool,
) -> Result<()> {
    let spec = compositions_spec();
    draft.declare(&spec)?;
    if !full && draft.fingerprint(COMPOSITIONS, "") == Some(fingerprint) {
        return Ok(());
    }
    let rows = compositions(authorities);
    let day = |day: Option<NaiveDate>| day.map(number_of);
    let batch = RecordBatch::try_new(
        Arc::clone(&spec.schema),
        vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.nis_code))),
            Arc::new(Date32Array::from_iter(rows.iter().map(|row| day(row.from_day)))),
            Arc::new(Date32Array::from_iter(rows.iter().map(|row| day(row.until_day)))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.composition_nis))),
        ],
    )
    .map_err(Error::from)?;
    draft.write_part(COMPOSITIONS, "", fingerprint, &[batch]).await
}
