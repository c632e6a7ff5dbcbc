//! The table `ops.column_lineage`: it changes only where a model or the shape
//! of a source does.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, SchemaRef};
use peil_warehouse::Result;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, fingerprint};

use super::{ColumnLineage, lineage};
use crate::calendar::{self, Horizon};
use crate::model_set::ModelSet;
use crate::relation::table_name;

/// The table.
pub(crate) const TABLE: &str = "ops/column_lineage";
/// Goes up where the same models give other rows.
const VERSION: &str = "column lineage 1";
/// Its one part.
const WHOLE: &str = "";

/// What the table looks like.
fn spec() -> TableSpec {
    let columns = [
        ("mart", "the mart"),
        ("column", "its column"),
        ("source_table", "a table that it comes from, of an earlier stage or of the run, as conformed.portal_users"),
        ("source_column", "the column of that table; * for its rows as such, as in a count of them"),
        (
            "how",
            "direct: the same value; expression: computed from it; aggregate: computed over several rows; \
             group, join, filter: it decides which rows make the value",
        ),
    ];
    let columns = columns.map(|(name, text)| documented(Field::new(name, DataType::Utf8, true), text));
    TableSpec::new(TABLE, "From which columns each column of a mart comes, and how.", columns.to_vec())
}

/// The lineage of models, where it may have changed: what it is followed
/// through, before it is.
#[derive(Debug)]
pub(crate) struct Due {
    tables: BTreeMap<String, SchemaRef>,
    print: String,
}

/// The rows of the table, to be written.
#[derive(Debug)]
pub(crate) struct Followed {
    print: String,
    rows: RecordBatch,
}

/// What is to be followed; none where the table has it already.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a table of the draft has no valid
/// schema.
pub(crate) fn due(draft: &Draft, models: &ModelSet) -> Result<Option<Due>> {
    let mut tables: BTreeMap<String, SchemaRef> = BTreeMap::new();
    for source in models.sources() {
        if let Some(state) = draft.table(&table_name(source)) {
            tables.insert(source.to_owned(), state.arrow_schema()?);
        }
    }
    let shapes = tables.iter().map(|(name, schema)| {
        let columns = schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type()));
        format!("{name} {}", columns.collect::<Vec<_>>().join(", "))
    });
    let print = fingerprint([VERSION.to_owned(), models.fingerprint()].into_iter().chain(shapes));
    Ok((draft.fingerprint(TABLE, WHOLE) != Some(print.as_str())).then_some(Due { tables, print }))
}

/// Follows what is due. It reads no rows, and goes on beside what does.
///
/// # Errors
/// As [`lineage`].
pub(crate) async fn follow(due: Option<Due>, models: &ModelSet) -> Result<Option<Followed>> {
    let Some(Due { mut tables, print }) = due else { return Ok(None) };
    // The tables of the run have the same columns on every day.
    let calendar = calendar::calendar(&Horizon::default(), models.indicators())?;
    tables.extend(calendar.tables.iter().map(|(name, rows)| ((*name).to_owned(), rows.schema())));
    let rows = rows(&spec().schema, &lineage(models, &tables).await?)?;
    Ok(Some(Followed { print, rows }))
}

/// Writes what was followed into the draft.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where it cannot be written.
pub(crate) async fn record(draft: &mut Draft, followed: Option<Followed>) -> Result<()> {
    let Some(Followed { print, rows }) = followed else { return Ok(()) };
    draft.declare(&spec())?;
    draft.write_part(TABLE, WHOLE, print, &[rows]).await
}

fn rows(schema: &SchemaRef, columns: &[ColumnLineage]) -> Result<RecordBatch> {
    let all = || columns.iter().flat_map(|one| one.sources.told().map(move |(source, how)| (one, source, how)));
    let arrays: [StringArray; 5] = [
        all().map(|(one, ..)| Some(one.mart.as_str())).collect(),
        all().map(|(one, ..)| Some(one.column.as_str())).collect(),
        all().map(|(_, source, _)| Some(&*source.table)).collect(),
        all().map(|(_, source, _)| Some(&*source.column)).collect(),
        all().map(|(.., how)| Some(how.as_str())).collect(),
    ];
    let arrays = arrays.into_iter().map(|array| Arc::new(array) as ArrayRef).collect();
    Ok(RecordBatch::try_new(Arc::clone(schema), arrays)?)
}
