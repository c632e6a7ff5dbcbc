//! Columns of few values, encoded from their codes.
//!
//! A column that comes as a dictionary needs no look at its texts: the codes
//! are packed as they are. The library would hash every value again.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, DictionaryArray, StringArray};
use arrow::datatypes::{Date32Type, Int32Type};
use bytes::Bytes;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use crate::Result;

/// Rows of a page.
const PAGE_ROWS: usize = 65_536;
/// Equal values after one another from which they are written once.
const LEAST_RUN: usize = 16;
/// Bytes of a text up to which it stands in the statistics.
const LONGEST_BOUND: usize = 64;
const UNSEEN: u32 = u32::MAX;

/// An encoded column of a row group.
pub(super) struct EncodedChunk {
    pub bytes: Bytes,
    pub close: ColumnCloseResult,
}

/// The values of a dictionary.
#[derive(Clone, Copy)]
enum Values<'a> {
    Texts(&'a StringArray),
    Days(&'a Date32Array),
}

impl<'a> Values<'a> {
    fn of(array: &'a DictionaryArray<Int32Type>) -> Option<Self> {
        let values = array.values();
        match values.as_string_opt::<i32>() {
            Some(texts) => Some(Self::Texts(texts)),
            None => values.as_primitive_opt::<Date32Type>().map(Self::Days),
        }
    }

    fn is_null(&self, at: usize) -> bool {
        match self {
            Self::Texts(texts) => texts.is_null(at),
            Self::Days(days) => days.is_null(at),
        }
    }
}

/// The values that occur, numbered in the order in which they do.
#[derive(Default)]
struct Dictionary<'a> {
    texts: HashMap<&'a str, u32, foldhash::fast::FixedState>,
    days: HashMap<i32, u32, foldhash::fast::FixedState>,
    count: u32,
    /// As a dictionary page has them.
    page: Vec<u8>,
}

impl<'a> Dictionary<'a> {
    fn number(&mut self, values: Values<'a>, at: usize) -> u32 {
        let next = self.count;
        let number = match values {
            Values::Texts(texts) => *self.texts.entry(texts.value(at)).or_insert(next),
            Values::Days(days) => *self.days.entry(days.value(at)).or_insert(next),
        };
        if number == next {
            self.count += 1;
            match values {
                Values::Texts(texts) => {
                    let text = texts.value(at).as_bytes();
                    self.page.extend_from_slice(&(text.len() as u32).to_le_bytes());
                    self.page.extend_from_slice(text);
                }
                Values::Days(days) => self.page.extend_from_slice(&days.value(at).to_le_bytes()),
            }
        }
        number
    }

    fn statistics(&self, nulls: u64) -> Statistics {
        if self.texts.is_empty() {
            let (least, most) = (self.days.keys().min().copied(), self.days.keys().max().copied());
            return Statistics::Int32(ValueStatistics::new(least, most, None, Some(nulls), false));
        }
        let bound =
            |text: Option<&&str>| text.filter(|text| text.len() <= LONGEST_BOUND).map(|text| ByteArray::from(*text));
        let (least, most) = (bound(self.texts.keys().min()), bound(self.texts.keys().max()));
        Statistics::ByteArray(ValueStatistics::new(least, most, None, Some(nulls), false))
    }
}

/// Encodes the rows of some dictionaries of texts or days, one after the
/// other, as a column of a row group; none where they are something else, or
/// hold nothing but nulls.
pub(super) fn encode(column: &ColumnDescPtr, arrays: &[ArrayRef]) -> Result<Option<EncodedChunk>> {
    if column.max_rep_level() != 0 || column.max_def_level() != 1 {
        return Ok(None);
    }
    let mut coded = Vec::with_capacity(arrays.len());
    for array in arrays {
        let Some(array) = array.as_dictionary_opt::<Int32Type>() else { return Ok(None) };
        let Some(values) = Values::of(array) else { return Ok(None) };
        coded.push((array, values));
    }
    let rows = arrays.iter().map(|array| array.len()).sum();
    let mut dictionary = Dictionary::default();
    let mut numbers: Vec<u32> = Vec::with_capacity(rows);
    // Of each row whether it has a value; empty as long as all have.
    let mut levels: Vec<u32> = Vec::new();
    let mut row = 0;
    for (array, values) in coded {
        let mut seen = vec![UNSEEN; array.values().len()];
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let may_be_null = nulls.is_some() || array.values().null_count() > 0;
        for (at, key) in array.keys().values().iter().enumerate() {
            let key = *key as usize;
            if may_be_null && (nulls.is_some_and(|nulls| nulls.is_null(at)) || values.is_null(key)) {
                levels.resize(row + at, 1);
                levels.push(0);
                continue;
            }
            if seen[key] == UNSEEN {
                seen[key] = dictionary.number(values, key);
            }
            numbers.push(seen[key]);
        }
        row += array.len();
        if !levels.is_empty() {
            levels.resize(row, 1);
        }
    }
    if numbers.is_empty() {
        return Ok(None);
    }
    write(column, rows, &dictionary, &numbers, &levels).map(Some)
}

fn write(
    column: &ColumnDescPtr,
    rows: usize,
    dictionary: &Dictionary<'_>,
    numbers: &[u32],
    levels: &[u32],
) -> Result<EncodedChunk> {
    let mut sink = TrackedWrite::new(Vec::new());
    let mut pages = SerializedPageWriter::new(&mut sink);
    let first = pages.write_page(page(Page::DictionaryPage {
        buf: dictionary.page.clone().into(),
        num_values: dictionary.count,
        encoding: Encoding::PLAIN,
        is_sorted: false,
    }))?;
    let width = (u32::BITS - (dictionary.count - 1).leading_zeros()).max(1) as u8;
    let (mut row, mut at) = (0, 0);
    while row < rows {
        let end = rows.min(row + PAGE_ROWS);
        let mut content = vec![0; 4];
        let values = if levels.is_empty() {
            run(1, end - row, 1, &mut content);
            end - row
        } else {
            hybrid(&levels[row..end], 1, &mut content);
            levels[row..end].iter().filter(|level| **level == 1).count()
        };
        let length = (content.len() - 4) as u32;
        content[..4].copy_from_slice(&length.to_le_bytes());
        content.push(width);
        hybrid(&numbers[at..at + values], width, &mut content);
        pages.write_page(page(Page::DataPage {
            buf: content.into(),
            num_values: (end - row) as u32,
            encoding: Encoding::RLE_DICTIONARY,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        }))?;
        (row, at) = (end, at + values);
    }
    pages.close()?;
    let bytes: Bytes = sink.into_inner()?.into();
    let metadata = ColumnChunkMetaData::builder(column.clone())
        .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
        .set_compression(Compression::UNCOMPRESSED)
        .set_num_values(rows as i64)
        .set_total_compressed_size(bytes.len() as i64)
        .set_total_uncompressed_size(bytes.len() as i64)
        .set_dictionary_page_offset(Some(0))
        .set_data_page_offset(first.bytes_written as i64)
        .set_statistics(dictionary.statistics((rows - numbers.len()) as u64))
        .build()?;
    let close = ColumnCloseResult {
        bytes_written: bytes.len() as u64,
        rows_written: rows as u64,
        metadata,
        bloom_filter: None,
        column_index: None,
        offset_index: None,
    };
    Ok(EncodedChunk { bytes, close })
}

fn page(page: Page) -> CompressedPage {
    let size = page.buffer().len();
    CompressedPage::new(page, size)
}

/// Writes values of `width` bits each: packed, or once where they repeat.
fn hybrid(values: &[u32], width: u8, into: &mut Vec<u8>) {
    let (mut start, mut at) = (0, 0);
    while at < values.len() {
        let equal = values[at..].iter().take_while(|value| **value == values[at]).count();
        // What is packed comes in eights.
        let filler = (8 - (at - start) % 8) % 8;
        if equal < filler + LEAST_RUN {
            at += equal;
            continue;
        }
        packed(&values[start..at + filler], width, into);
        run(values[at], equal - filler, width, into);
        at += equal;
        start = at;
    }
    packed(&values[start..], width, into);
}

fn run(value: u32, length: usize, width: u8, into: &mut Vec<u8>) {
    varint((length as u64) << 1, into);
    into.extend_from_slice(&value.to_le_bytes()[..usize::from(width).div_ceil(8)]);
}

fn packed(values: &[u32], width: u8, into: &mut Vec<u8>) {
    if values.is_empty() {
        return;
    }
    let eights = values.len().div_ceil(8);
    varint((eights as u64) << 1 | 1, into);
    let end = into.len() + eights * usize::from(width);
    let (mut held, mut bits) = (0_u64, 0_u32);
    for value in values {
        held |= u64::from(*value) << bits;
        bits += u32::from(width);
        if bits >= u32::BITS {
            into.extend_from_slice(&(held as u32).to_le_bytes());
            held >>= u32::BITS;
            bits -= u32::BITS;
        }
    }
    into.extend_from_slice(&held.to_le_bytes()[..(bits as usize).div_ceil(8)]);
    // Zeros up to the eight.
    into.resize(end, 0);
}

fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}
