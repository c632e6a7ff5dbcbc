//! A column of a row group, made of pages that are encoded here.
//!
//! The library encodes any column, a value at a time. What comes in great
//! numbers is known well enough to be written in whole stretches.

use std::ops::Range;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;
use zstd::bulk::Compressor;

use crate::{Error, Result};

/// How hard the compressor tries.
pub(super) const COMPRESSION_LEVEL: i32 = 1;
/// Bytes of a text up to which it stands in the statistics.
const LONGEST_BOUND: usize = 64;
/// Rows of a page.
const PAGE_ROWS: usize = 65_536;
/// Equal values after one another from which they are written once.
const LEAST_RUN: usize = 16;

/// An encoded column of a row group.
pub(super) struct EncodedChunk {
    pub bytes: Bytes,
    pub close: ColumnCloseResult,
}

/// Whether rows of a column either have a value or none, and are not nested.
pub(super) fn is_flat(column: &ColumnDescPtr) -> bool {
    column.max_rep_level() == 0 && column.max_def_level() == 1
}

/// Of each row whether it has a value; it holds nothing as long as all have.
#[derive(Default)]
pub(super) struct Levels {
    rows: usize,
    levels: Vec<u32>,
}

impl Levels {
    /// Adds a row without a value, which is the one at `row`; rows that were
    /// not told of before it have one.
    pub fn push_null(&mut self, row: usize) {
        self.levels.resize(row, 1);
        self.levels.push(0);
    }

    /// Ends with that many rows.
    pub fn end(&mut self, rows: usize) {
        self.rows = rows;
        if !self.levels.is_empty() {
            self.levels.resize(rows, 1);
        }
    }

    /// Writes those of some rows; gives how many of these have a value.
    fn write(&self, rows: Range<usize>, into: &mut Vec<u8>) -> usize {
        if self.levels.is_empty() {
            run(1, rows.len(), 1, into);
            return rows.len();
        }
        let levels = &self.levels[rows];
        hybrid(levels, 1, into);
        levels.iter().filter(|level| **level == 1).count()
    }
}

/// The dictionary page of a column.
pub(super) struct DictionaryPage {
    pub content: Bytes,
    pub count: u32,
}

/// What statistics tell of texts: the least and the greatest, where it is not
/// too long.
pub(super) fn bounds(least: Option<&[u8]>, most: Option<&[u8]>, nulls: u64) -> Statistics {
    let bound = |text: Option<&[u8]>| {
        text.filter(|text| text.len() <= LONGEST_BOUND).map(|text| ByteArray::from(text.to_vec()))
    };
    Statistics::ByteArray(ValueStatistics::new(bound(least), bound(most), None, Some(nulls), false))
}

/// Makes a column of pages: `values` writes some of its values, by place, in
/// the encoding that is told.
pub(super) fn write(
    column: &ColumnDescPtr,
    levels: &Levels,
    dictionary: Option<DictionaryPage>,
    encoding: Encoding,
    statistics: Statistics,
    values: impl FnMut(Range<usize>, &mut Vec<u8>),
) -> Result<EncodedChunk> {
    write_pages(column, levels, dictionary, encoding, statistics, false, values)
}

/// As [`write`], each data page compressed or not.
pub(super) fn write_pages(
    column: &ColumnDescPtr,
    levels: &Levels,
    dictionary: Option<DictionaryPage>,
    encoding: Encoding,
    statistics: Statistics,
    is_compressed: bool,
    mut values: impl FnMut(Range<usize>, &mut Vec<u8>),
) -> Result<EncodedChunk> {
    let mut encodings = vec![Encoding::RLE, encoding];
    let mut sink = TrackedWrite::new(Vec::new());
    let mut pages = SerializedPageWriter::new(&mut sink);
    let (mut first, mut uncompressed) = (None, 0);
    if let Some(DictionaryPage { content, count }) = dictionary {
        encodings.insert(0, Encoding::PLAIN);
        let written = pages.write_page(page(Page::DictionaryPage {
            buf: content,
            num_values: count,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        }))?;
        first = Some(written.bytes_written);
        uncompressed = written.uncompressed_size;
    }
    let (rows, mut row, mut at) = (levels.rows, 0, 0);
    let mut compressor =
        is_compressed.then(|| Compressor::new(COMPRESSION_LEVEL)).transpose().map_err(Error::internal)?;
    let compression = match is_compressed {
        true => Compression::ZSTD(ZstdLevel::try_new(COMPRESSION_LEVEL)?),
        false => Compression::UNCOMPRESSED,
    };
    while row < rows {
        let end = rows.min(row + PAGE_ROWS);
        let mut content = vec![0; 4];
        let count = levels.write(row..end, &mut content);
        let length = (content.len() - 4) as u32;
        content[..4].copy_from_slice(&length.to_le_bytes());
        values(at..at + count, &mut content);
        let size = content.len();
        if let Some(compressor) = &mut compressor {
            content = compressor.compress(&content).map_err(Error::internal)?;
        }
        let data = Page::DataPage {
            buf: content.into(),
            num_values: (end - row) as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        uncompressed += pages.write_page(CompressedPage::new(data, size))?.uncompressed_size;
        (row, at) = (end, at + count);
    }
    pages.close()?;
    let bytes: Bytes = sink.into_inner()?.into();
    let metadata = ColumnChunkMetaData::builder(column.clone())
        .set_encodings(encodings)
        .set_compression(compression)
        .set_num_values(rows as i64)
        .set_total_compressed_size(bytes.len() as i64)
        .set_total_uncompressed_size(uncompressed as i64)
        .set_dictionary_page_offset(first.map(|_| 0))
        .set_data_page_offset(first.unwrap_or(0) as i64)
        .set_statistics(statistics)
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
pub(super) fn hybrid(values: &[u32], width: u8, into: &mut Vec<u8>) {
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

pub(super) fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}
