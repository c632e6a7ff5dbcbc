//! Numbers and moments, encoded as packed differences (Parquet's
//! `DELTA_BINARY_PACKED`): what follows one another in time or in a file
//! differs little, and takes few bits.

use std::ops::Range;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use parquet::basic::Encoding;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::schema::types::ColumnDescPtr;

use super::chunk::{self, EncodedChunk, Levels, is_flat, varint};
use crate::Result;

/// Differences that are packed with the same width.
const MINIBLOCK: usize = 64;
/// Of these in a block, which has its own least difference.
const MINIBLOCKS: usize = 4;
const BLOCK: usize = MINIBLOCK * MINIBLOCKS;

/// Encodes whole numbers or moments of some arrays, one after the other, as a
/// column of this type in a row group; none where they are something else, or
/// hold nothing but nulls.
pub(super) fn encode(column: &ColumnDescPtr, kind: &DataType, arrays: &[ArrayRef]) -> Result<Option<EncodedChunk>> {
    if !is_flat(column) || arrays.iter().any(|array| array.data_type() != kind) {
        return Ok(None);
    }
    let mut values: Vec<i64> = Vec::with_capacity(arrays.iter().map(|array| array.len()).sum());
    let mut levels = Levels::default();
    let mut rows = 0;
    for array in arrays {
        let Some(numbers) = numbers(array) else { return Ok(None) };
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => values.extend_from_slice(&numbers),
            Some(nulls) => {
                for (at, (number, is_valid)) in numbers.iter().zip(nulls).enumerate() {
                    if is_valid { values.push(*number) } else { levels.push_null(rows + at) }
                }
            }
        }
        rows += array.len();
    }
    levels.end(rows);
    let (Some(least), Some(most)) = (values.iter().min(), values.iter().max()) else { return Ok(None) };
    let nulls = (rows - values.len()) as u64;
    let statistics = Statistics::Int64(ValueStatistics::new(Some(*least), Some(*most), None, Some(nulls), false));
    let write = |places: Range<usize>, into: &mut Vec<u8>| differences(&values[places], into);
    chunk::write(column, &levels, None, Encoding::DELTA_BINARY_PACKED, statistics, write).map(Some)
}

fn numbers(array: &ArrayRef) -> Option<ScalarBuffer<i64>> {
    match array.as_primitive_opt::<Int64Type>() {
        Some(numbers) => Some(numbers.values().clone()),
        None => Some(array.as_primitive_opt::<TimestampMicrosecondType>()?.values().clone()),
    }
}

/// The values of a page. Differences wrap around, so that any two numbers have
/// one.
pub(super) fn differences(values: &[i64], into: &mut Vec<u8>) {
    varint(BLOCK as u64, into);
    varint(MINIBLOCKS as u64, into);
    varint(values.len() as u64, into);
    varint(zigzag(values.first().copied().unwrap_or(0)), into);
    let mut block = [0_i64; BLOCK];
    let mut former = values;
    while former.len() > 1 {
        let count = BLOCK.min(former.len() - 1);
        for (difference, pair) in block.iter_mut().zip(former.windows(2)) {
            *difference = pair[1].wrapping_sub(pair[0]);
        }
        packed_block(&block[..count], into);
        former = &former[count..];
    }
}

fn packed_block(differences: &[i64], into: &mut Vec<u8>) {
    let least = differences.iter().copied().min().unwrap_or(0);
    varint(zigzag(least), into);
    let widths = into.len();
    into.resize(widths + MINIBLOCKS, 0);
    for (number, miniblock) in differences.chunks(MINIBLOCK).enumerate() {
        // What is missing of the last one is there as zeros.
        let mut above = [0_u64; MINIBLOCK];
        for (above, difference) in above.iter_mut().zip(miniblock) {
            *above = difference.wrapping_sub(least) as u64;
        }
        let width = u64::BITS - above.iter().fold(0, |bits, above| bits | above).leading_zeros();
        into[widths + number] = width as u8;
        match width {
            0 => {}
            1..=32 => packed_narrow(&above, width, into),
            _ => packed_wide(&above, width, into),
        }
    }
}

/// Values of up to 32 bits; 64 of them end with a whole number of words.
fn packed_narrow(values: &[u64; MINIBLOCK], width: u32, into: &mut Vec<u8>) {
    let (mut held, mut bits) = (0_u64, 0_u32);
    for value in values {
        held |= value << bits;
        bits += width;
        if bits >= u32::BITS {
            into.extend_from_slice(&(held as u32).to_le_bytes());
            held >>= u32::BITS;
            bits -= u32::BITS;
        }
    }
}

fn packed_wide(values: &[u64; MINIBLOCK], width: u32, into: &mut Vec<u8>) {
    let (mut held, mut bits) = (0_u128, 0_u32);
    for value in values {
        held |= u128::from(*value) << bits;
        bits += width;
        if bits >= u64::BITS {
            into.extend_from_slice(&(held as u64).to_le_bytes());
            held >>= u64::BITS;
            bits -= u64::BITS;
        }
    }
}

/// Small numbers of either sign as small numbers.
fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}
