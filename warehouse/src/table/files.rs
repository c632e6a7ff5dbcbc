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

use super::{DataFile, TableState, hex};
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
    storage.put(&format!("{table}/{path}"), content).await?;
    Ok(DataFile { part: part.to_owned(), path, size, rows })
}

/// The bytes of a data file.
///
/// # Errors
/// [`Error::Storage`] where it cannot be read.
pub async fn read_file(storage: &Storage, table: &str, file: &DataFile) -> Result<Bytes> {
    storage.get(&format!("{table}/{}", file.path)).await
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
    let files = futures::stream::iter(state.files.clone().into_iter().map(|file| {
        let schema = Arc::clone(&schema);
        async move {
            let content = read_file(storage, table, &file).await?;
            tokio::task::spawn_blocking(move || decode(content, &schema)).await.map_err(Error::internal)?
        }
    }));
    let batches: Vec<Vec<RecordBatch>> = files.buffered(CONCURRENT_FILES).try_collect().await?;
    Ok(batches.into_iter().flatten().collect())
}

fn decode(content: Bytes, schema: &SchemaRef) -> Result<Vec<RecordBatch>> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(content, options)?;
    let columns = schema.fields().iter().map(|field| field.name().as_str());
    let mask = ProjectionMask::columns(builder.parquet_schema(), columns);
    let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build()?;
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
