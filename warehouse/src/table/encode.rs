//! The one encoding of data files: the same rows give the same bytes.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::datatypes::{DataType, Schema, SchemaRef};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::chunk::COMPRESSION_LEVEL;
use super::file::{ColumnSource, FileBuilder};
use crate::Result;

/// Most rows of a row group.
const GROUP_ROWS: usize = 1 << 20;
/// Texts that are looked at to tell whether they repeat.
const LOOKED_AT: usize = 4096;

/// Encodes batches as one Parquet file: the same rows give the same bytes.
///
/// A text or a day may come as a dictionary of such, which is the fastest.
///
/// # Errors
/// [`crate::Error::Storage`] where the rows do not fit the columns.
pub fn encode(batches: &[RecordBatch], schema: &SchemaRef) -> Result<Bytes> {
    let mut groups: Vec<&[RecordBatch]> = Vec::new();
    let mut start = 0;
    while start < batches.len() {
        let mut rows = 0;
        let mut end = start;
        while end < batches.len() && (end == start || rows + batches[end].num_rows() <= GROUP_ROWS) {
            rows += batches[end].num_rows();
            end += 1;
        }
        groups.push(&batches[start..end]);
        start = end;
    }
    encode_groups(&groups, schema)
}

/// Encodes batches as [`encode`] does, in the row groups that are given.
///
/// # Errors
/// As [`encode`].
pub fn encode_groups(groups: &[&[RecordBatch]], schema: &SchemaRef) -> Result<Bytes> {
    // The first batch may hold a few rows of the month before.
    let looked_at = groups.iter().flat_map(|group| group.iter()).find(|batch| batch.num_rows() >= LOOKED_AT);
    let is_unique = |name: &str| looked_at.and_then(|batch| batch.column_by_name(name)).is_some_and(hardly_repeats);
    let unique: Vec<&str> =
        schema.fields().iter().map(|field| field.name().as_str()).filter(|name| is_unique(name)).collect();
    let mut file = FileBuilder::new(schema, &unique)?;
    for group in groups {
        let column = |name: &str, kind: &DataType| {
            let of = |batch: &RecordBatch| match batch.column_by_name(name) {
                None => new_null_array(kind, batch.num_rows()),
                Some(column) => Arc::clone(column),
            };
            ColumnSource::Rows(group.iter().map(of).collect())
        };
        file.append(schema.fields().iter().map(|field| column(field.name(), field.data_type())).collect())?;
    }
    file.finish()
}

/// Whether the texts of a column are so different that a dictionary of them
/// would cost and gain nothing.
fn hardly_repeats(column: &ArrayRef) -> bool {
    let Some(texts) = column.as_string_opt::<i32>() else { return false };
    let different: HashSet<Option<&str>> = texts.iter().take(LOOKED_AT).collect();
    different.len() > LOOKED_AT / 2
}

/// What holds for every file.
pub(super) fn common_properties() -> Result<WriterPropertiesBuilder> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(COMPRESSION_LEVEL)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by("peil".to_owned()))
}

/// What holds for a file of these columns, or for those of its row groups that
/// are compressed or are not.
pub(super) fn properties(schema: &Schema, unique: &[&str], is_compressed: bool) -> Result<WriterProperties> {
    let mut properties = common_properties()?;
    if !is_compressed {
        properties = properties.set_compression(Compression::UNCOMPRESSED);
    }
    for field in schema.fields() {
        let column = ColumnPath::from(field.name().as_str());
        // Numbers and moments are hardly ever repeated: a dictionary of them
        // costs time and gains nothing. Packed differences do not compress.
        if matches!(field.data_type(), DataType::Int64 | DataType::Timestamp(..)) {
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_compression(column.clone(), Compression::UNCOMPRESSED)
                .set_column_encoding(column, Encoding::DELTA_BINARY_PACKED);
        } else if unique.contains(&field.name().as_str()) {
            properties = properties
                .set_column_dictionary_enabled(column.clone(), false)
                .set_column_encoding(column, Encoding::DELTA_BYTE_ARRAY);
        }
    }
    Ok(properties.build())
}
