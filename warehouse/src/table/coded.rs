//! Columns of few values, encoded from their codes.
//!
//! A column that comes as a dictionary needs no look at its texts: the codes
//! are packed as they are. The library would hash every value again.

use std::collections::HashMap;
use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, DictionaryArray, StringArray};
use arrow::datatypes::{Date32Type, Int32Type};
use parquet::basic::Encoding;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{self, DictionaryPage, EncodedChunk, Levels, hybrid, is_flat};
use crate::Result;

const UNSEEN: u32 = u32::MAX;

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
        let (least, most) = (self.texts.keys().min(), self.texts.keys().max());
        chunk::bounds(least.map(|text| text.as_bytes()), most.map(|text| text.as_bytes()), nulls)
    }
}

/// Encodes the rows of some dictionaries of texts or days, one after the
/// other, as a column of a row group; none where they are something else, or
/// hold nothing but nulls.
pub(super) fn encode(column: &ColumnDescPtr, arrays: &[ArrayRef]) -> Result<Option<EncodedChunk>> {
    if !is_flat(column) {
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
    let mut levels = Levels::default();
    let mut row = 0;
    for (array, values) in coded {
        let mut seen = vec![UNSEEN; array.values().len()];
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let may_be_null = nulls.is_some() || array.values().null_count() > 0;
        for (at, key) in array.keys().values().iter().enumerate() {
            let key = *key as usize;
            if may_be_null && (nulls.is_some_and(|nulls| nulls.is_null(at)) || values.is_null(key)) {
                levels.push_null(row + at);
                continue;
            }
            if seen[key] == UNSEEN {
                seen[key] = dictionary.number(values, key);
            }
            numbers.push(seen[key]);
        }
        row += array.len();
    }
    levels.end(rows);
    if numbers.is_empty() {
        return Ok(None);
    }
    let statistics = dictionary.statistics((rows - numbers.len()) as u64);
    let width = (u32::BITS - (dictionary.count - 1).leading_zeros()).max(1) as u8;
    let page = DictionaryPage { content: dictionary.page.into(), count: dictionary.count };
    let values = |places: Range<usize>, into: &mut Vec<u8>| {
        into.push(width);
        hybrid(&numbers[places], width, into);
    };
    chunk::write(column, &levels, Some(page), Encoding::RLE_DICTIONARY, statistics, values).map(Some)
}
