//! Parquet, a batch at a time. Columns that have the type of the contract stay
//! as they are; all others are read by their text. A row's line is its number.

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::{CastOptions, cast, cast_with_options};
use arrow::datatypes::{DataType, FieldRef, Int32Type, Schema, TimeUnit, TimestampMicrosecondType};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use peil_warehouse::contract::ColumnType;

use super::layout::Meaning;
use super::{Block, Chunk, Layout, Raw, ReadResult, Source, Span, Unreadable};

/// Rows of a chunk.
const CHUNK_ROWS: usize = 32_768;

/// A Parquet delivery being read.
pub struct Parquet {
    batches: ParquetRecordBatchReader,
    /// What each projected column means.
    columns: Vec<usize>,
    layout: Arc<Layout>,
    unknown: BTreeSet<String>,
    row: i64,
}

impl Parquet {
    /// Reads the schema.
    pub fn new(file: File, layout: &Arc<Layout>) -> ReadResult<Self> {
        let builder = open(file, layout).map_err(broken)?;
        let schema = Arc::clone(builder.schema());
        let (meanings, unknown) = layout.header(schema.fields().iter().map(|field| field.name().as_str()))?;
        let wanted: Vec<(usize, usize)> = meanings
            .iter()
            .enumerate()
            .filter_map(|(root, meaning)| match meaning {
                Meaning::Column(column) => Some((root, *column)),
                _ => None,
            })
            .collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.iter().map(|(root, _)| *root));
        let batches = builder.with_projection(mask).with_batch_size(CHUNK_ROWS).build().map_err(broken)?;
        let columns = wanted.into_iter().map(|(_, column)| column).collect();
        Ok(Self { batches, columns, layout: Arc::clone(layout), unknown, row: 1 })
    }

    fn chunk(&mut self, batch: &RecordBatch) -> ReadResult<Chunk> {
        let rows = batch.num_rows();
        let mut chunk = Chunk {
            text: String::new(),
            rows,
            lines: (self.row..self.row + rows as i64).collect(),
            columns: vec![Raw::Absent; self.layout.width()],
            faults: Vec::new(),
            unknown: BTreeSet::new(),
        };
        self.row += rows as i64;
        for (array, &column) in batch.columns().iter().zip(&self.columns) {
            let column_type = &self.layout.contract().columns[column].column_type;
            chunk.columns[column] = raw(array, column_type, &mut chunk.text)?;
        }
        Ok(chunk)
    }
}

impl Source for Parquet {
    fn next_block(&mut self) -> ReadResult<Option<Block>> {
        match self.batches.next() {
            None => Ok(None),
            Some(batch) => {
                let batch = batch.map_err(broken)?;
                self.chunk(&batch).map(Block::Rows).map(Some)
            }
        }
    }

    fn unknown(&self) -> BTreeSet<String> {
        self.unknown.clone()
    }
}

/// Opens a file. Texts that are expected to repeat are read as codes: the
/// file has them so, and each is then checked once.
fn open(file: File, layout: &Layout) -> Result<ParquetRecordBatchReaderBuilder<File>, ParquetError> {
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())?;
    let contract = layout.contract();
    let repeats = |name: &str| match layout.meaning(name) {
        Meaning::Column(column) => {
            let column = &contract.columns[column];
            let text = matches!(column.column_type, ColumnType::Text | ColumnType::Authority);
            contract.large_fact && text && !contract.key.contains(&column.name)
        }
        _ => false,
    };
    let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let field = |field: &FieldRef| match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View if repeats(field.name()) => {
            Arc::new(field.as_ref().clone().with_data_type(coded.clone()))
        }
        _ => Arc::clone(field),
    };
    let schema = Arc::new(Schema::new(metadata.schema().fields().iter().map(field).collect::<Vec<_>>()));
    if schema.fields() == metadata.schema().fields() {
        return Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata));
    }
    let options = ArrowReaderOptions::new().with_schema(schema);
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)?;
    Ok(ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata))
}

fn broken(error: impl std::fmt::Display) -> Unreadable {
    Unreadable::because(format!("the Parquet file: {error}"))
}

fn raw(array: &ArrayRef, column_type: &ColumnType, text: &mut String) -> ReadResult<Raw> {
    let from = array.data_type();
    let to = column_type.data_type();
    let whole = matches!(
        from,
        DataType::Int8
            | DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt8
            | DataType::UInt16
            | DataType::UInt32
    );
    if let Some(coded) = array.as_dictionary_opt::<Int32Type>() {
        // A dictionary larger than what is read of it costs more than it saves.
        let few = coded.values().len() <= coded.len() && coded.values().null_count() == 0;
        return if few && coded.values().as_string_opt::<i32>().is_some() {
            Ok(Raw::Coded(coded.clone()))
        } else {
            texts(array)
        };
    }
    match (column_type, from) {
        (ColumnType::Integer, _) if whole => cast(array, &to).map(Raw::Typed).map_err(broken),
        (ColumnType::Date(_), DataType::Date32) => Ok(Raw::Typed(Arc::clone(array))),
        (ColumnType::Timestamp, DataType::Timestamp(_, Some(_))) => cast(array, &to).map(Raw::Typed).map_err(broken),
        (ColumnType::Timestamp, DataType::Timestamp(_, None)) => local_times(array),
        (_, DataType::Timestamp(_, Some(_))) => {
            let utc =
                cast(array, &DataType::Timestamp(TimeUnit::Microsecond, Some("+00:00".into()))).map_err(broken)?;
            texts(&utc)
        }
        (_, DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_)) => {
            // Some writers leave out that bytes are text.
            let strict = CastOptions { safe: false, ..CastOptions::default() };
            let plain = cast(array, &DataType::Binary).map_err(broken)?;
            cast_with_options(&plain, &DataType::Utf8, &strict)
                .map_err(|_| Unreadable::wrong_encoding("a text is not UTF-8"))
                .map(strings)
        }
        (_, from) if from.is_nested() => nested(array, text),
        _ => texts(array),
    }
}

fn texts(array: &ArrayRef) -> ReadResult<Raw> {
    cast(array, &DataType::Utf8).map(strings).map_err(broken)
}

fn strings(array: ArrayRef) -> Raw {
    Raw::Strings(array.as_string::<i32>().clone())
}

/// Moments without a zone, which are Brussels local time: written out, for
/// not every one of them exists.
fn local_times(array: &ArrayRef) -> ReadResult<Raw> {
    let times = cast(array, &DataType::Timestamp(TimeUnit::Microsecond, None)).map_err(broken)?;
    let times = times.as_primitive::<TimestampMicrosecondType>();
    let written = (0..times.len()).map(|row| {
        let time = times.is_valid(row).then(|| times.value_as_datetime(row)).flatten();
        time.map(|time| time.format("%Y-%m-%dT%H:%M:%S%.6f").to_string())
    });
    Ok(Raw::Strings(written.collect::<StringArray>()))
}

/// Lists and records, as JSON.
fn nested(array: &ArrayRef, text: &mut String) -> ReadResult<Raw> {
    let options = FormatOptions::default().with_null("null");
    let spans = (0..array.len())
        .map(|row| {
            if array.is_null(row) {
                return Ok(Span::NULL);
            }
            let start = text.len();
            match array.as_list_opt::<i32>().map(|list| list.value(row)) {
                Some(elements) if !elements.data_type().is_nested() => {
                    let elements = cast(&elements, &DataType::Utf8).map_err(broken)?;
                    let elements: Vec<Option<&str>> = elements.as_string::<i32>().iter().collect();
                    text.push_str(&serde_json::to_string(&elements).map_err(broken)?);
                }
                _ => {
                    let formatter = ArrayFormatter::try_new(array.as_ref(), &options).map_err(broken)?;
                    text.push_str(&formatter.value(row).to_string());
                }
            }
            Ok(Span::nested(start, text.len()))
        })
        .collect::<ReadResult<Vec<_>>>()?;
    Ok(Raw::Spans(spans))
}
