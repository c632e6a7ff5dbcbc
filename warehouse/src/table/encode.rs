//! The one encoding of data files: the same rows give the same bytes.

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterPropertiesPtr};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::{coded, differences};
use crate::{Error, Result};

/// What a Parquet file begins with.
const MAGIC: &str = "PAR1";
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

/// Where a column of a row group comes from.
#[derive(Debug, Clone)]
pub enum ColumnSource {
    /// Its rows, in one or more arrays of the column's type, or dictionaries
    /// of it.
    Rows(Vec<ArrayRef>),
    /// A column of a row group of another file, as it is encoded there.
    Chunk(ChunkCopy),
}

/// An encoded column of a row group of a file.
#[derive(Debug, Clone)]
pub struct ChunkCopy {
    pub(super) content: Bytes,
    /// The columns of Parquet that it is made of: several where it is nested.
    pub(super) leaves: Vec<ColumnChunkMetaData>,
    pub(super) rows: u64,
}

/// A Parquet file in the making, a row group at a time.
pub struct FileBuilder {
    schema: SchemaRef,
    writer: SerializedFileWriter<Vec<u8>>,
    /// Of each column, what makes the library's writers of it; none before
    /// they are needed. They bring a compressor each, which takes its time.
    encoders: Vec<Option<ArrowRowGroupWriterFactory>>,
}

impl FileBuilder {
    /// A file of these columns; those named in `unique` are texts that hardly
    /// repeat.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where Parquet has no type for a column.
    pub fn new(schema: &SchemaRef, unique: &[&str]) -> Result<Self> {
        // Documentation of columns stands in the table's log, not in each file.
        let plain = schema.fields().iter().map(|field| field.as_ref().clone().with_metadata(Default::default()));
        let schema = Arc::new(Schema::new(plain.collect::<Vec<_>>()));
        let properties = Arc::new(properties(&schema, unique)?);
        let writer = file_writer(Vec::new(), &schema, &properties)?;
        let encoders = schema.fields().iter().map(|_| None).collect();
        Ok(Self { schema, writer, encoders })
    }

    /// Adds a row group of these columns, one for each of the file's.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where a column does not fit.
    pub fn append(&mut self, columns: Vec<ColumnSource>) -> Result<()> {
        let properties = Arc::clone(self.writer.properties());
        let descriptors = self.writer.schema_descr().columns().to_vec();
        let mut group = self.writer.next_row_group()?;
        let mut leaf = 0;
        for ((field, column), encoder) in self.schema.fields().iter().zip(columns).zip(&mut self.encoders) {
            let descriptor = &descriptors[leaf];
            leaf += leaves(field.data_type());
            let arrays = match column {
                ColumnSource::Chunk(chunk) => {
                    for leaf in chunk.leaves {
                        group.append_column(&chunk.content, as_it_is(leaf, chunk.rows))?;
                    }
                    continue;
                }
                ColumnSource::Rows(arrays) => arrays,
            };
            let chunk = match coded::encode(descriptor, &arrays)? {
                None => differences::encode(descriptor, field.data_type(), &arrays)?,
                chunk => chunk,
            };
            if let Some(chunk) = chunk {
                group.append_column(&chunk.bytes, chunk.close)?;
                continue;
            }
            let encoder = match encoder {
                Some(encoder) => encoder,
                None => encoder.insert(encoder_of(field, &properties)?),
            };
            let mut own = encoder.create_column_writers(0)?;
            for array in &arrays {
                let array = if array.data_type() == field.data_type() {
                    Arc::clone(array)
                } else {
                    cast(array, field.data_type())?
                };
                for (writer, leaf) in own.iter_mut().zip(compute_leaves(field, &array)?) {
                    writer.write(&leaf)?;
                }
            }
            for writer in own {
                writer.close()?.append_to_row_group(&mut group)?;
            }
        }
        group.close()?;
        Ok(())
    }

    /// The file.
    ///
    /// What is known of a column right after it was encoded is more than what
    /// a file tells of it. So that a column is described the same whether it
    /// was encoded here or taken over, the footer is written anew from what the
    /// file tells.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where it cannot be ended.
    pub fn finish(self) -> Result<Bytes> {
        let root = self.writer.schema_descr().root_schema_ptr();
        let properties = Arc::clone(self.writer.properties());
        let content: Bytes = self.writer.into_inner()?.into();
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&content)?;
        let columns = columns_end(&metadata)?;
        let mut writer = SerializedFileWriter::new(Footer { skip: columns, footer: Vec::new() }, root, properties)?;
        for group in metadata.row_groups() {
            let mut into = writer.next_row_group()?;
            for column in group.columns() {
                into.append_column(&content, as_it_is(column.clone(), group.num_rows() as u64))?;
            }
            into.close()?;
        }
        let footer = writer.into_inner()?.footer;
        let mut content = Vec::from(content);
        content.truncate(columns);
        content.extend_from_slice(&footer);
        Ok(content.into())
    }
}

fn file_writer<W: Write + Send>(
    into: W,
    schema: &Schema,
    properties: &WriterPropertiesPtr,
) -> Result<SerializedFileWriter<W>> {
    let root = ArrowSchemaConverter::new().convert(schema)?.root_schema_ptr();
    Ok(SerializedFileWriter::new(into, root, Arc::clone(properties))?)
}

/// What makes writers of one column.
fn encoder_of(field: &FieldRef, properties: &WriterPropertiesPtr) -> Result<ArrowRowGroupWriterFactory> {
    let alone = Arc::new(Schema::new([Arc::clone(field)]));
    let writer = file_writer(std::io::sink(), &alone, properties)?;
    Ok(ArrowRowGroupWriterFactory::new(&writer, alone))
}

/// Where the columns of a file end, which stand in it one after the other.
fn columns_end(metadata: &ParquetMetaData) -> Result<usize> {
    let mut end = MAGIC.len() as u64;
    for column in metadata.row_groups().iter().flat_map(RowGroupMetaData::columns) {
        let (start, length) = column.byte_range();
        if start != end {
            return Err(Error::internal("the columns of a file do not stand one after the other"));
        }
        end += length;
    }
    usize::try_from(end).map_err(Error::internal)
}

/// Takes in a file and keeps what comes after its columns, which are there
/// already.
struct Footer {
    skip: usize,
    footer: Vec<u8>,
}

impl Write for Footer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        self.footer.extend_from_slice(&bytes[skipped..]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(super) fn as_it_is(metadata: ColumnChunkMetaData, rows: u64) -> ColumnCloseResult {
    ColumnCloseResult {
        bytes_written: metadata.compressed_size() as u64,
        rows_written: rows,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    }
}

/// Columns of Parquet that a column of ours is made of.
fn leaves(kind: &DataType) -> usize {
    match kind {
        DataType::List(item) => leaves(item.data_type()),
        DataType::Struct(members) => members.iter().map(|member| leaves(member.data_type())).sum(),
        _ => 1,
    }
}

/// What holds for every file.
pub(super) fn common_properties() -> Result<WriterPropertiesBuilder> {
    Ok(WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by("peil".to_owned()))
}

fn properties(schema: &Schema, unique: &[&str]) -> Result<WriterProperties> {
    let mut properties = common_properties()?;
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
