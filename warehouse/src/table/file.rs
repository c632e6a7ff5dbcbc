//! A Parquet file in the making.
//!
//! Columns are gathered as they are encoded, and put together once, at the end:
//! of many files most columns are taken over from others, and their bytes are
//! what there is to move.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io::{Read, Write};
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves};
use parquet::basic::Encoding;
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::SchemaDescriptor;

use super::chunk::EncodedChunk;
use super::encode::properties;
use super::{coded, differences, prefixed};
use crate::{Error, Result};

/// What a Parquet file begins with, and ends with.
const MAGIC: &[u8] = b"PAR1";
/// Bytes between the description of a file and its end: its length, and the
/// mark of the format.
const TAIL: usize = 8;
/// Rows below which a row group is not compressed: to set up a compressor for
/// each column, and another to read it, takes longer than all else.
const FEW_ROWS: u64 = 1024;

/// Where a column of a row group comes from.
#[derive(Debug, Clone)]
pub enum ColumnSource {
    /// Its rows, in one or more arrays of the column's type, or dictionaries
    /// of it.
    Rows(Vec<ArrayRef>),
    /// A column of a row group of another file, as it is encoded there.
    Chunk(ChunkCopy),
}

impl ColumnSource {
    fn rows(&self) -> u64 {
        match self {
            Self::Rows(arrays) => arrays.iter().map(|array| array.len() as u64).sum(),
            Self::Chunk(chunk) => chunk.rows,
        }
    }
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
    /// The same, as Parquet has it.
    form: SchemaDescriptor,
    /// How row groups are written, and those of few rows.
    compressed: WriterPropertiesPtr,
    plain: WriterPropertiesPtr,
    groups: Vec<Vec<EncodedChunk>>,
    /// The library's encoders of the columns that needed one, by place and
    /// whether they compress: they take their time to be set up.
    encoders: BTreeMap<(usize, bool), Encoder>,
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
        let [compressed, plain] = [true, false].map(|is_compressed| properties(&schema, unique, is_compressed));
        let (compressed, plain) = (Arc::new(compressed?), Arc::new(plain?));
        let form = ArrowSchemaConverter::new().convert(&schema)?;
        Ok(Self { schema, form, compressed, plain, groups: Vec::new(), encoders: BTreeMap::new() })
    }

    /// Adds a row group of these columns, one for each of the file's.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where a column does not fit.
    pub fn append(&mut self, columns: Vec<ColumnSource>) -> Result<()> {
        let is_compressed = columns.first().is_some_and(|column| column.rows() >= FEW_ROWS);
        let properties = if is_compressed { &self.compressed } else { &self.plain };
        let mut group = Vec::with_capacity(columns.len());
        for ((place, field), column) in self.schema.fields().iter().enumerate().zip(columns) {
            let descriptor = self.form.column(group.len());
            let arrays = match column {
                ColumnSource::Chunk(ChunkCopy { content, leaves, rows }) => {
                    group.extend(leaves.into_iter().map(|leaf| taken(&content, leaf, rows)));
                    continue;
                }
                ColumnSource::Rows(arrays) => arrays,
            };
            let hardly_repeats = properties.encoding(descriptor.path()) == Some(Encoding::DELTA_BYTE_ARRAY);
            let chunk = match coded::encode(&descriptor, &arrays)? {
                None if hardly_repeats => prefixed::encode(&descriptor, &arrays, is_compressed)?,
                None => differences::encode(&descriptor, field.data_type(), &arrays)?,
                chunk => chunk,
            };
            if let Some(chunk) = chunk {
                group.push(chunk);
                continue;
            }
            let encoder = match self.encoders.entry((place, is_compressed)) {
                Entry::Occupied(encoder) => encoder.into_mut(),
                Entry::Vacant(none) => none.insert(Encoder::of(field, properties)?),
            };
            group.extend(encoder.encode(&arrays)?);
        }
        if group.len() != self.form.num_columns() {
            return Err(Error::internal("a row group has other columns than its file"));
        }
        self.groups.push(group);
        Ok(())
    }

    /// The file.
    ///
    /// What is known of a column right after it was encoded is more than what
    /// a file tells of it. So that a column is described the same whether it
    /// was encoded here or taken over, it is described by what a file tells.
    ///
    /// # Errors
    /// [`crate::Error::Storage`] where it cannot be ended.
    pub fn finish(self) -> Result<Bytes> {
        let mut content = Vec::from(MAGIC);
        let columns: usize = self.groups.iter().flatten().map(|chunk| chunk.bytes.len()).sum();
        let known =
            self.footer(columns, self.groups.iter().map(|group| group.iter().map(|chunk| chunk.close.clone())))?;
        let told = ParquetMetaDataReader::decode_metadata(&known[..known.len().saturating_sub(TAIL)])?;
        let told = told.row_groups().iter().map(|group| {
            let rows = group.num_rows() as u64;
            group.columns().iter().map(move |column| as_it_is(column.clone(), rows))
        });
        let footer = self.footer(columns, told)?;
        content.reserve_exact(columns + footer.len());
        self.groups.iter().flatten().for_each(|chunk| content.extend_from_slice(&chunk.bytes));
        content.extend_from_slice(&footer);
        Ok(content.into())
    }

    /// What stands behind columns of so many bytes that are described so.
    fn footer<G>(&self, columns: usize, groups: impl Iterator<Item = G>) -> Result<Vec<u8>>
    where
        G: Iterator<Item = ColumnCloseResult>,
    {
        let footer = Footer { skip: MAGIC.len() + columns, footer: Vec::new() };
        let mut writer = file_writer(footer, &self.form, &self.compressed)?;
        for group in groups {
            let mut into = writer.next_row_group()?;
            group.into_iter().try_for_each(|column| into.append_column(&Elsewhere, column))?;
            into.close()?;
        }
        Ok(writer.into_inner()?.footer)
    }
}

/// The column of so many rows that stands somewhere in `content`.
fn taken(content: &Bytes, column: ColumnChunkMetaData, rows: u64) -> EncodedChunk {
    let (start, length) = column.byte_range();
    EncodedChunk { bytes: content.slice(start as usize..(start + length) as usize), close: as_it_is(column, rows) }
}

/// The library's encoder of one column.
struct Encoder {
    field: FieldRef,
    /// That of a file of this column alone.
    form: SchemaDescriptor,
    properties: WriterPropertiesPtr,
    factory: ArrowRowGroupWriterFactory,
}

impl Encoder {
    fn of(field: &FieldRef, properties: &WriterPropertiesPtr) -> Result<Self> {
        let alone = Arc::new(Schema::new([Arc::clone(field)]));
        let form = ArrowSchemaConverter::new().convert(&alone)?;
        let factory = ArrowRowGroupWriterFactory::new(&file_writer(std::io::sink(), &form, properties)?, alone);
        Ok(Self { field: Arc::clone(field), form, properties: Arc::clone(properties), factory })
    }

    /// The columns of Parquet that these rows become: several where they are
    /// nested.
    fn encode(&self, arrays: &[ArrayRef]) -> Result<Vec<EncodedChunk>> {
        let mut writers = self.factory.create_column_writers(0)?;
        let mut rows = 0;
        for array in arrays {
            rows += array.len() as u64;
            let kind = self.field.data_type();
            let array = if array.data_type() == kind { Arc::clone(array) } else { cast(array, kind)? };
            for (writer, leaf) in writers.iter_mut().zip(compute_leaves(&self.field, &array)?) {
                writer.write(&leaf)?;
            }
        }
        let mut file = file_writer(Vec::new(), &self.form, &self.properties)?;
        let mut group = file.next_row_group()?;
        for writer in writers {
            writer.close()?.append_to_row_group(&mut group)?;
        }
        let columns = group.close()?.columns().to_vec();
        let content: Bytes = file.into_inner()?.into();
        Ok(columns.into_iter().map(|column| taken(&content, column, rows)).collect())
    }
}

fn file_writer<W: Write + Send>(
    into: W,
    form: &SchemaDescriptor,
    properties: &WriterPropertiesPtr,
) -> Result<SerializedFileWriter<W>> {
    Ok(SerializedFileWriter::new(into, form.root_schema_ptr(), Arc::clone(properties))?)
}

/// Columns that lie elsewhere: the library goes past them, and does not see
/// them.
struct Elsewhere;

impl Length for Elsewhere {
    fn len(&self) -> u64 {
        u64::MAX
    }
}

impl ChunkReader for Elsewhere {
    type T = Self;

    fn get_read(&self, _: u64) -> ParquetResult<Self> {
        Ok(Self)
    }

    fn get_bytes(&self, _: u64, length: usize) -> ParquetResult<Bytes> {
        Ok(vec![0; length].into())
    }
}

impl Read for Elsewhere {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        Ok(into.len())
    }
}

/// Keeps what is written behind the columns.
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
