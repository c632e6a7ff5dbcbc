//! Data files: naming by content, writing, reading.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::SchemaRef;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use sha2::{Digest, Sha256};

use super::bundle::OpenBundle;
use super::{Bundle, DataFile, TableState, hex};
use crate::storage::Storage;
use crate::{Error, Result};

/// Rows in a batch that is read.
const BATCH_ROWS: usize = 65_536;
/// Files that are read at the same time.
const CONCURRENT_FILES: usize = 4;

/// Writes a Parquet file into a table, named by its content. It belongs to
/// the table only once a draft names it and is published, and is durable only
/// then.
///
/// # Errors
/// [`Error::Storage`] where it cannot be written.
pub async fn write_file(storage: &Storage, table: &str, part: &str, content: Bytes, rows: u64) -> Result<DataFile> {
    let hash = hex(&Sha256::digest(&content)[..8]);
    let path = if part.is_empty() { format!("{hash}.parquet") } else { format!("{part}-{hash}.parquet") };
    let size = content.len() as u64;
    storage.put_ahead(&format!("{table}/{path}"), content).await?;
    Ok(DataFile { part: part.to_owned(), path, size, rows, bundle: None })
}

/// The bytes of a data file, as it was written.
///
/// # Errors
/// [`Error::Storage`] where it cannot be read.
pub async fn read_file(storage: &Storage, table: &str, file: &DataFile) -> Result<Bytes> {
    let content = read_stored(storage, table, file).await?;
    match &file.bundle {
        None => Ok(content),
        Some(bundle) => OpenBundle::open(content)?.file(bundle),
    }
}

/// The bytes of data files, in their order; what lies together is read once.
///
/// # Errors
/// As [`read_file`].
pub async fn read_files(storage: &Storage, table: &str, files: &[DataFile]) -> Result<Vec<Bytes>> {
    let read = futures::stream::iter(together(files).into_iter().map(|files| async move {
        let Some(first) = files.first() else { return Ok(Vec::new()) };
        let content = read_stored(storage, table, first).await?;
        if first.bundle.is_none() {
            return Ok::<_, Error>(vec![content]);
        }
        let open = OpenBundle::open(content)?;
        files.iter().filter_map(|file| file.bundle.as_ref()).map(|bundle| open.file(bundle)).collect()
    }));
    let contents: Vec<Vec<Bytes>> = read.buffered(CONCURRENT_FILES).try_collect().await?;
    Ok(contents.into_iter().flatten().collect())
}

/// The object in which the file lies.
async fn read_stored(storage: &Storage, table: &str, file: &DataFile) -> Result<Bytes> {
    storage.get(&format!("{table}/{}", file.stored_at().path)).await
}

/// Files after one another that lie in one bundle; others one by one.
fn together(files: &[DataFile]) -> Vec<Vec<DataFile>> {
    let one_bundle = |one: &DataFile, other: &DataFile| match (&one.bundle, &other.bundle) {
        (Some(one), Some(other)) => one.path == other.path,
        _ => false,
    };
    files.chunk_by(one_bundle).map(<[DataFile]>::to_vec).collect()
}

/// All rows of a table, in the order of its files; with `columns`, those
/// columns only, in that order.
///
/// # Errors
/// [`Error::Storage`] where a file cannot be read; [`Error::Internal`] where
/// the table has no such column.
pub async fn read_batches(
    storage: &Storage,
    table: &str,
    state: &TableState,
    columns: Option<&[&str]>,
) -> Result<Vec<RecordBatch>> {
    let schema = state.arrow_schema()?;
    let schema = match columns {
        None => schema,
        Some(columns) => {
            let indices = columns
                .iter()
                .map(|column| {
                    schema.index_of(column).map_err(|_| Error::internal(format!("{table} has no column {column}")))
                })
                .collect::<Result<Vec<_>>>()?;
            Arc::new(schema.project(&indices)?)
        }
    };
    let files = futures::stream::iter(together(&state.files).into_iter().map(|files| {
        let schema = Arc::clone(&schema);
        async move {
            let Some(first) = files.first() else { return Ok::<_, Error>(Vec::new()) };
            let content = read_stored(storage, table, first).await?;
            let bundles: Vec<&Bundle> = files.iter().filter_map(|file| file.bundle.as_ref()).collect();
            let groups = first.bundle.is_some().then(|| bundles.iter().flat_map(|bundle| bundle.numbers()).collect());
            tokio::task::spawn_blocking(move || decode(content, &schema, groups)).await.map_err(Error::internal)?
        }
    }));
    let batches: Vec<Vec<RecordBatch>> = files.buffered(CONCURRENT_FILES).try_collect().await?;
    Ok(batches.into_iter().flatten().collect())
}

/// Rows of a file; with `groups`, those of these row groups.
fn decode(content: Bytes, schema: &SchemaRef, groups: Option<Vec<usize>>) -> Result<Vec<RecordBatch>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(content, options)?;
    let columns = schema.fields().iter().map(|field| field.name().as_str());
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
    let mut builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
    if let Some(groups) = groups {
        builder = builder.with_row_groups(groups);
    }
    let reader = builder.build()?;
    reader.map(|batch| conform(&batch?, schema)).collect()
}

/// The columns of `batch` in the order and the types of `schema`; a column
/// that a file does not have yet is null.
fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns: Vec<ArrayRef> = schema
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => Ok(cast(column, field.data_type())?),
        })
        .collect::<Result<_>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?)
}
