//! References to authorities that do not resolve: they lose no row, and are
//! listed with their rows and the nearest known names, so that staff can add
//! an alias.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType as ArrowType, Field};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use peil_warehouse::kept;
use peil_warehouse::memory::Memory;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, read_file};
use peil_warehouse::{Error, Result};
use polars::prelude::DataType;

use crate::CODE_VERSION;
use crate::authority::Resolver;
use crate::dataset::{Dataset, nis_column};
use crate::explode;
use crate::frame::{Slices, Wanted, failed, nulls, series};
use crate::stage::STAGE;

const UNRESOLVED: &str = "ops/unresolved_authorities";
/// Names that are shown beside a reference.
const NEAREST: usize = 3;
/// Files that are read at the same time.
const CONCURRENCY: usize = 4;

/// A reference that does not resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnresolvedAuthority {
    /// The text, as delivered.
    pub reference: String,
    /// The datasets in which it stands, sorted.
    pub datasets: Vec<String>,
    /// Current rows in which it stands.
    pub rows: u64,
    /// The nearest official names, nearest first.
    pub nearest: Vec<String>,
}

/// Rows by dataset and reference.
pub(crate) type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// The note of what was found in files, by code, file and column: of a file that
/// is as it was the same code finds the same.
const NOTE: &str = "unresolved";
/// Files of fewer rows are read anew sooner than they are noted.
const NOTED_ROWS: u64 = 10_000;
type Found = BTreeMap<String, BTreeMap<String, u64>>;

/// Counts the references of all conformed tables that do not resolve.
///
/// # Errors
/// [`Error::Storage`] where a table cannot be read.
pub(crate) async fn count(draft: &Draft, datasets: &[Arc<Dataset>], memory: Memory) -> Result<Counts> {
    let mut counts = Counts::new();
    let mut looks = Vec::new();
    for dataset in datasets.iter().filter(|dataset| dataset.refers_to_authorities()) {
        counts.insert(dataset.name().to_owned(), BTreeMap::new());
        let own = dataset.authority_columns().map(|column| (dataset.conformed_table(), column.name.clone()));
        let nested = explode::of(dataset).filter(|explosion| {
            dataset.contract.column(explosion.column()).is_some_and(|column| column.column_type.is_authority())
        });
        let nested = nested.map(|explosion| (explosion.table_name(), "authority".to_owned()));
        for (table, column) in own.chain(nested) {
            let files = draft.table(&table).map_or(&[][..], |state| &state.files);
            looks.extend(files.iter().map(|file| (dataset.name(), table.clone(), column.clone(), file)));
        }
    }
    let before: Found = kept::get(draft.storage(), STAGE, NOTE).await?.unwrap_or_default();
    let mut found = futures::stream::iter(looks)
        .map(|(dataset, table, column, file)| {
            let place = format!("{CODE_VERSION} {table}/{} {column}", file.path);
            let known = before.get(&place).cloned();
            async move {
                let rows = match known {
                    Some(known) => known,
                    None => {
                        let content = read_file(draft.storage(), &table, file).await?;
                        let found = tokio::task::spawn_blocking(move || unresolved_in(content, &column));
                        found.await.map_err(Error::internal)??
                    }
                };
                Ok::<_, Error>((dataset, rows, Some(place).filter(|_| file.rows >= NOTED_ROWS)))
            }
        })
        .buffer_unordered(memory.at_once(CONCURRENCY));
    let mut noted = Found::new();
    while let Some((dataset, found, place)) = found.try_next().await? {
        let total = counts.entry(dataset.to_owned()).or_default();
        for (reference, rows) in &found {
            *total.entry(reference.clone()).or_default() += rows;
        }
        noted.extend(place.map(|place| (place, found)));
    }
    if noted != before {
        kept::put(draft.storage(), STAGE, NOTE, &noted).await?;
    }
    Ok(counts)
}

/// The references of one file that do not resolve, with their rows.
fn unresolved_in(content: Bytes, column: &str) -> Result<BTreeMap<String, u64>> {
    let code = nis_column(column);
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    if let (Some(texts), Some(codes)) = (nulls(&content, column)?, nulls(&content, &code)?)
        && texts == codes
    {
        return Ok(found);
    }
    let wanted = vec![Wanted::new(column, DataType::String), Wanted::new(&code, DataType::String)];
    for slice in Slices::open(content, wanted)? {
        let frame = slice?;
        let texts = series(&frame, column)?.str().map_err(failed)?;
        let codes = series(&frame, &code)?.str().map_err(failed)?;
        let without = texts.iter().zip(codes.iter()).filter(|(_, code)| code.is_none());
        for text in without.filter_map(|(text, _)| text) {
            match found.get_mut(text) {
                Some(rows) => *rows += 1,
                None => {
                    found.insert(text.to_owned(), 1);
                }
            }
        }
    }
    Ok(found)
}

/// The list of references, sorted.
pub(crate) fn list(counts: &Counts, resolver: &Resolver) -> Vec<UnresolvedAuthority> {
    let mut references: BTreeMap<&str, (BTreeSet<&str>, u64)> = BTreeMap::new();
    for (dataset, found) in counts {
        for (reference, rows) in found {
            let entry = references.entry(reference).or_default();
            entry.0.insert(dataset);
            entry.1 += rows;
        }
    }
    references
        .into_iter()
        .map(|(reference, (datasets, rows))| UnresolvedAuthority {
            reference: reference.to_owned(),
            datasets: datasets.into_iter().map(str::to_owned).collect(),
            rows,
            nearest: resolver.nearest(reference, NEAREST).into_iter().map(str::to_owned).collect(),
        })
        .collect()
}

/// Writes the list.
///
/// # Errors
/// [`Error::Storage`] where it cannot be written.
pub(crate) async fn write(draft: &mut Draft, list: &[UnresolvedAuthority]) -> Result<()> {
    let text = |name: &str, comment: &str| documented(Field::new(name, ArrowType::Utf8, true), comment);
    let spec = TableSpec::new(
        UNRESOLVED,
        "References to authorities that do not resolve; an alias mends one.",
        vec![
            text("reference", "the text, as delivered"),
            text("datasets", "datasets in which it stands, separated by commas"),
            documented(Field::new("rows", ArrowType::Int64, true), "current rows in which it stands"),
            text("nearest", "nearest official names, separated by semicolons"),
        ],
    );
    draft.declare(&spec)?;
    let batch = RecordBatch::try_new(
        Arc::clone(&spec.schema),
        vec![
            Arc::new(StringArray::from_iter_values(list.iter().map(|one| &one.reference))),
            Arc::new(StringArray::from_iter_values(list.iter().map(|one| one.datasets.join(", ")))),
            Arc::new(Int64Array::from_iter_values(list.iter().map(|one| one.rows as i64))),
            Arc::new(StringArray::from_iter_values(list.iter().map(|one| one.nearest.join("; ")))),
        ],
    )
    .map_err(Error::from)?;
    draft.write_part(UNRESOLVED, "", "", &[batch]).await
}
