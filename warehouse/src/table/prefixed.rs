//! Texts that hardly repeat, such as the keys of events: of each, what it
//! shares with the one before it and what it adds (Parquet's
//! `DELTA_BYTE_ARRAY`), compressed. Keys that count up become almost nothing.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray};
use parquet::basic::Encoding;
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{self, EncodedChunk, Levels, is_flat};
use super::differences::differences;
use crate::Result;

/// Bytes that are compared at a time.
const WORD: usize = 8;

/// Encodes the texts of some arrays, one after the other, as a column of a row
/// group, compressed or not; none where they are something else, or hold
/// nothing but nulls.
pub(super) fn encode(column: &ColumnDescPtr, arrays: &[ArrayRef], is_compressed: bool) -> Result<Option<EncodedChunk>> {
    if !is_flat(column) {
        return Ok(None);
    }
    let rows = arrays.iter().map(|array| array.len()).sum();
    let mut texts: Vec<&[u8]> = Vec::with_capacity(rows);
    let mut levels = Levels::default();
    let mut row = 0;
    for array in arrays {
        let Some(values) = array.as_string_opt::<i32>() else { return Ok(None) };
        for (at, text) in values.iter().enumerate() {
            match text {
                Some(text) => texts.push(text.as_bytes()),
                None => levels.push_null(row + at),
            }
        }
        row += array.len();
    }
    levels.end(rows);
    let Some(first) = texts.first() else { return Ok(None) };
    let (mut least, mut most) = (*first, *first);
    let (mut before, mut is_greatest): (&[u8], bool) = (first, true);
    let mut shared: Vec<i64> = Vec::with_capacity(texts.len());
    for text in &texts {
        let same = shared_bytes(before, text);
        // Most follow the one before, which is then the greatest up to there.
        is_greatest = if is_greatest { before.get(same) <= text.get(same) } else { *text >= most };
        if is_greatest {
            most = text;
        } else {
            least = least.min(text);
        }
        shared.push(same as i64);
        before = text;
    }
    let statistics = chunk::bounds(Some(least), Some(most), (rows - texts.len()) as u64);
    let mut added: Vec<i64> = Vec::new();
    let write = |places: Range<usize>, into: &mut Vec<u8>| {
        // A page is read by itself: its first text has none before it.
        if let Some(first) = shared.get_mut(places.start) {
            *first = 0;
        }
        let (texts, shared) = (&texts[places.clone()], &shared[places]);
        differences(shared, into);
        added.clear();
        added.extend(texts.iter().zip(shared).map(|(text, shared)| text.len() as i64 - shared));
        differences(&added, into);
        texts.iter().zip(shared).for_each(|(text, shared)| into.extend_from_slice(&text[*shared as usize..]));
    };
    chunk::write_pages(column, &levels, None, Encoding::DELTA_BYTE_ARRAY, statistics, is_compressed, write).map(Some)
}

/// How many bytes two texts begin with that are the same.
fn shared_bytes(one: &[u8], other: &[u8]) -> usize {
    let mut same = 0;
    for (one, other) in one.chunks_exact(WORD).zip(other.chunks_exact(WORD)) {
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte));
        let different = word(one) ^ word(other);
        if different != 0 {
            return same + (different.trailing_zeros() / 8) as usize;
        }
        same += WORD;
    }
    same + one[same..].iter().zip(&other[same..]).take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::shared_bytes;

    #[test]
    fn texts_share_what_they_begin_with() {
        for (one, other, same) in [
            ("", "", 0),
            ("", "a", 0),
            ("a", "", 0),
            ("abc", "abd", 2),
            ("B202006-0000001", "B202006-0000002", 14),
            ("B202006-0000001", "B202006-0000001", 15),
            ("B202006-0000001x", "B202006-0000001", 15),
            ("B202006-0000001x", "B202006-0000001y", 15),
            ("12345678", "12345678", 8),
            ("12345678", "12345679", 7),
            ("x2345678", "12345678", 0),
            ("één bestuur", "èén bestuur", 1),
        ] {
            assert_eq!(shared_bytes(one.as_bytes(), other.as_bytes()), same, "{one} {other}");
        }
    }
}
