//! Hashes of rows, by which keys and contents are compared.
//!
//! Two rows are taken for equal where 128 bits of hash are: among ten million
//! rows the chance of a mistake is below one in 10²⁴.

use peil_warehouse::{Error, Result};
use polars::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use crate::frame::{failed, list_lengths, list_values};

const NOTHING: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c834;
const FACTOR: u128 = 0xda94_2042_e4dd_58b5_2545_f491_4f6c_dd1d;

/// A hash of each row over `columns`, which are equally long (`rows` says how
/// long where there may be none). The order of the columns matters, their
/// names do not.
pub(crate) fn row_hashes(columns: &[Series], rows: Option<usize>) -> Result<Vec<u128>> {
    let mut hashes = vec![0u128; rows.or(columns.first().map(|column| column.len())).unwrap_or(0)];
    for column in columns {
        add(column, &mut hashes)?;
    }
    // The low half alone is used too: let it depend on all bits.
    hashes.iter_mut().for_each(|hash| *hash ^= *hash >> 64);
    Ok(hashes)
}

/// A hash of a text alone.
pub(crate) fn text_hash(text: &str) -> u128 {
    xxh3_128(text.as_bytes())
}

/// Takes `value` up in `hash`.
pub(crate) fn mix(hash: u128, value: u128) -> u128 {
    (hash.rotate_left(59) ^ value).wrapping_mul(FACTOR)
}

fn add(column: &Series, hashes: &mut [u128]) -> Result<()> {
    match column.dtype() {
        DataType::String => {
            let values = column.str().map_err(failed)?.iter();
            each(hashes, values.map(|value| value.map(text_hash)));
        }
        DataType::Int64 => {
            each(hashes, column.i64().map_err(failed)?.iter().map(|value| value.map(|value| number(value.into()))))
        }
        DataType::Date => {
            let values = column.date().map_err(failed)?.physical();
            each(hashes, values.iter().map(|value| value.map(|value| number(value.into()))));
        }
        DataType::Datetime(..) => {
            let values = column.datetime().map_err(failed)?.physical();
            each(hashes, values.iter().map(|value| value.map(|value| number(value.into()))));
        }
        DataType::Decimal(..) => {
            let values = column.decimal().map_err(failed)?.physical();
            each(hashes, values.iter().map(|value| value.map(number)));
        }
        DataType::Struct(_) => {
            for member in column.struct_().map_err(failed)?.fields_as_series() {
                add(&member, hashes)?;
            }
        }
        DataType::List(_) => {
            let items = row_hashes(&[list_values(column)?], None)?;
            let mut items = items.into_iter();
            for (hash, length) in hashes.iter_mut().zip(list_lengths(column)?) {
                let value = length.map_or(NOTHING, |length| items.by_ref().take(length).fold(length as u128, mix));
                *hash = mix(*hash, value);
            }
        }
        other => return Err(Error::internal(format!("no hash of a column of type {other}"))),
    }
    Ok(())
}

fn each(hashes: &mut [u128], values: impl Iterator<Item = Option<u128>>) {
    for (hash, value) in hashes.iter_mut().zip(values) {
        *hash = mix(*hash, value.unwrap_or(NOTHING));
    }
}

fn number(value: i128) -> u128 {
    xxh3_128(&value.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(frame: &DataFrame) -> Vec<u128> {
        let columns: Vec<Series> =
            frame.columns().iter().map(|column| column.as_materialized_series().clone()).collect();
        row_hashes(&columns, None).unwrap()
    }

    #[test]
    fn rows_differ_where_a_value_does() {
        let frame = df!("a" => ["x", "x", "y", "xx"], "b" => [Some("y"), None, Some("x"), Some("")]).unwrap();
        let all = hashes(&frame);
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| other != one && *other as u64 != *one as u64));
        }
    }

    #[test]
    fn equal_rows_have_equal_hashes() {
        let one = df!("a" => ["x"], "b" => [Option::<i64>::None], "c" => [3i64]).unwrap();
        let other = df!("d" => ["x"], "e" => [Option::<i64>::None], "f" => [3i64]).unwrap();
        assert_eq!(hashes(&one), hashes(&other));
    }

    #[test]
    fn lists_are_compared_by_their_items() {
        let list = |items: &[&str]| Series::new("items".into(), items);
        let lists =
            Series::new("lists".into(), [list(&["a", "b"]), list(&["ab"]), list(&["b", "a"]), list(&["a", "b"])]);
        let all = row_hashes(&[lists], None).unwrap();
        assert_eq!(all[0], all[3]);
        assert!(all[0] != all[1] && all[0] != all[2] && all[1] != all[2]);
    }
}
