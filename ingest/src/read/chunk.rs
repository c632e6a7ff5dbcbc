//! Raw rows of a delivery, before they are checked.

use std::collections::BTreeSet;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, StringArray};
use arrow::datatypes::Int32Type;
use peil_warehouse::problem::Reason;

use super::{Layout, ReadResult, Unreadable, json, ndjson};

/// Where a raw value stands in the text of its chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    length: u32,
}

/// The bit of a length that marks a JSON array or object.
const NESTED: u32 = 1 << 31;

impl Span {
    /// No value.
    pub const NULL: Self = Self { start: u32::MAX, length: 0 };

    /// The value from `start` up to `end`. A chunk is far smaller than what
    /// 31 bits count (see `window`).
    pub fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, length: (end - start) as u32 }
    }

    /// The JSON array or object from `start` up to `end`.
    pub fn nested(start: usize, end: usize) -> Self {
        Self { start: start as u32, length: (end - start) as u32 | NESTED }
    }

    fn get(self, text: &str) -> Option<(&str, bool)> {
        if self == Self::NULL {
            return None;
        }
        let (start, length) = (self.start as usize, (self.length & !NESTED) as usize);
        Some((&text[start..start + length], self.length & NESTED != 0))
    }
}

/// The raw values of a column.
#[derive(Debug, Clone)]
pub enum Raw {
    /// The delivery does not have the column, or it is dropped.
    Absent,
    /// Stretches of the chunk's text.
    Spans(Vec<Span>),
    /// Texts of their own.
    Strings(StringArray),
    /// Texts of their own, as codes of the different ones; none is null.
    Coded(DictionaryArray<Int32Type>),
    /// Values of the column's own type, as its staged array.
    Typed(ArrayRef),
}

/// The raw text values of a column, with the text they stand in.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// No value at all.
    Absent,
    /// Stretches of a text.
    Spans(&'a str, &'a [Span]),
    /// Texts of their own.
    Strings(&'a StringArray),
    /// Codes, and the texts that they stand for.
    Coded(&'a DictionaryArray<Int32Type>, &'a StringArray),
}

impl<'a> Values<'a> {
    /// The raw value of a row, untrimmed, and whether it is a JSON array or
    /// object; none where there is no value.
    #[inline]
    pub fn get(&self, row: usize) -> Option<(&'a str, bool)> {
        match self {
            Self::Absent => None,
            Self::Spans(text, spans) => spans[row].get(text),
            Self::Strings(array) => array.is_valid(row).then(|| (array.value(row), false)),
            Self::Coded(rows, texts) => rows.key(row).map(|key| (texts.value(key), false)),
        }
    }
}

/// A number of raw rows.
#[derive(Debug, Clone)]
pub struct Chunk {
    /// The text in which [`Raw::Spans`] stand.
    pub text: String,
    /// How many rows there are.
    pub rows: usize,
    /// The line on which each row begins.
    pub lines: Vec<i64>,
    /// A column for each of the contract's, in its order.
    pub columns: Vec<Raw>,
    /// Rows that are no rows at all, in order: no value of them is read.
    pub faults: Vec<(usize, Reason)>,
    /// Members that the contract does not have.
    pub unknown: BTreeSet<String>,
}

impl Chunk {
    /// The text values of a column; none for a typed column.
    pub fn values(&self, column: usize) -> Option<Values<'_>> {
        match &self.columns[column] {
            Raw::Absent => Some(Values::Absent),
            Raw::Spans(spans) => Some(Values::Spans(&self.text, spans)),
            Raw::Strings(array) => Some(Values::Strings(array)),
            Raw::Coded(array) => Some(Values::Coded(array, array.values().as_string::<i32>())),
            Raw::Typed(_) => None,
        }
    }
}

/// A stretch of a delivery, not yet parsed.
#[derive(Debug)]
pub enum Block {
    /// Whole lines of NDJSON, from the line `first_line` on.
    Lines {
        /// The lines.
        text: Vec<u8>,
        /// Number of the first.
        first_line: u64,
    },
    /// Elements of a JSON array: from, up to, and line, of each in `text`.
    Elements {
        /// The text they stand in.
        text: Vec<u8>,
        /// Number of its first line.
        first_line: u64,
        /// Where each stands.
        elements: Vec<(u32, u32, u64)>,
    },
    /// Rows that the source has parsed already.
    Rows(Chunk),
}

impl Block {
    /// Parses the block.
    ///
    /// # Errors
    /// [`Unreadable`] where it is not UTF-8.
    pub fn parse(self, layout: &Layout) -> ReadResult<Chunk> {
        match self {
            Self::Lines { text, first_line } => Ok(ndjson::parse(utf8(text, first_line)?, first_line, layout)),
            Self::Elements { text, first_line, elements } => {
                Ok(json::parse(utf8(text, first_line)?, &elements, layout))
            }
            Self::Rows(chunk) => Ok(chunk),
        }
    }
}

/// The bytes as text; refused where they are not UTF-8.
pub fn utf8(bytes: Vec<u8>, first_line: u64) -> ReadResult<String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = first_line + memchr::memchr_iter(b'\n', good).count() as u64;
        Unreadable::wrong_encoding(format!("line {line} is not UTF-8"))
    })
}
