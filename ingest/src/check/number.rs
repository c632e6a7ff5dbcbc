//! Numbers: whole ones, decimals, and their ranges. Nothing passes through
//! floating point.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Builder, Int64Builder};
use arrow::compute::{max, min};
use arrow::datatypes::Int64Type;
use peil_warehouse::Result;
use peil_warehouse::contract::{Column, ColumnType, Constraint};
use peil_warehouse::problem::Reason;

use super::Task;
use super::faults::Faults;

/// Decimals of an amount.
const CENTS: u32 = 2;
/// Decimals of other decimal numbers.
pub const MILLIONTHS: u32 = 6;
/// Digits that a decimal holds.
const MOST: i128 = 1_000_000_000_000_000_000;
/// Digits of a number beyond which it is no number of ours.
const MOST_DIGITS: usize = 30;
/// Digits between two thousands separators.
const THOUSANDS: u32 = 3;

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notation {
    /// With a decimal comma rather than a point.
    pub comma: bool,
    /// Perhaps with an exponent, as JSON writes numbers.
    pub exponent: bool,
}

/// A number: `digits` without the last `scale` of them after the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    digits: i128,
    scale: i32,
    /// Digits written after the mark.
    written: u32,
}

impl Notation {
    /// Reads a number. A thousands separator makes it none.
    pub fn number(self, text: &str) -> Option<Number> {
        let (negative, text) = match text.as_bytes() {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            rest => (false, rest),
        };
        let mark = if self.comma { b',' } else { b'.' };
        let (mut digits, mut scale, mut count, mut written) = (0_i128, 0_i32, 0, 0_u32);
        let (mut marked, mut at) = (false, 0);
        while let Some(&byte) = text.get(at) {
            match byte {
                b'0'..=b'9' => {
                    count += 1;
                    written += u32::from(marked);
                    // Digits that far behind the mark change nothing.
                    if !(marked && count > MOST_DIGITS) {
                        digits = digits.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
                        scale += i32::from(marked);
                    }
                }
                _ if byte == mark && !marked => marked = true,
                b'e' | b'E' if self.exponent => break,
                _ => return None,
            }
            at += 1;
        }
        // Neither a mark alone nor one with nothing after it.
        if count == 0 || (marked && written == 0) {
            return None;
        }
        if at < text.len() {
            let exponent: i32 = std::str::from_utf8(&text[at + 1..]).ok()?.parse().ok()?;
            scale = scale.checked_sub(exponent)?;
        }
        Some(Number { digits: if negative { -digits } else { digits }, scale, written })
    }
}

impl Number {
    /// The number in units of which `decimals` make up the mark, rounded half
    /// away from zero; none where it has too many digits.
    pub fn rounded(self, decimals: u32) -> Option<i128> {
        let shift = decimals as i32 - self.scale;
        let value = if shift >= 0 {
            if self.digits == 0 {
                return Some(0);
            }
            self.digits.checked_mul(10_i128.checked_pow(shift as u32)?)?
        } else {
            match 10_i128.checked_pow(shift.unsigned_abs()) {
                None => 0,
                Some(unit) => (self.digits + self.digits.signum() * (unit / 2)) / unit,
            }
        };
        (value.abs() < MOST).then_some(value)
    }

    /// The whole number that this is; none where it is not whole.
    fn whole(self) -> Option<i64> {
        let value = if self.scale <= 0 {
            if self.digits == 0 {
                return Some(0);
            }
            self.digits.checked_mul(10_i128.checked_pow(self.scale.unsigned_abs())?)?
        } else {
            match 10_i128.checked_pow(self.scale.unsigned_abs()) {
                Some(unit) if self.digits % unit == 0 => self.digits / unit,
                None if self.digits == 0 => 0,
                _ => return None,
            }
        };
        i64::try_from(value).ok()
    }
}

/// Whole numbers. `4.0` is one; `1.000` is rather a thousand, and refused.
pub fn integers(mut task: Task<'_>) -> ArrayRef {
    let range = range(task.column);
    let notation = task.notation;
    let mut builder = Int64Builder::with_capacity(task.rows);
    for row in 0..task.rows {
        let read = task.scalar(row, Reason::BadNumber).map(|value| integer(value, notation));
        let fault = match read {
            None => None,
            Some(None) => Some(Reason::BadNumber),
            Some(Some(value)) if !within(range, i128::from(value) * 10_i128.pow(MILLIONTHS)) => {
                Some(Reason::OutOfRange)
            }
            Some(Some(value)) => {
                builder.append_value(value);
                continue;
            }
        };
        builder.append_null();
        if let Some(reason) = fault {
            task.faults.add(row, reason);
        }
    }
    Arc::new(builder.finish())
}

#[inline]
fn integer(value: &str, notation: Notation) -> Option<i64> {
    if value.len() < 18 && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.bytes().fold(0, |number, byte| number * 10 + i64::from(byte - b'0')));
    }
    let number = notation.number(value)?;
    if number.written == THOUSANDS { None } else { number.whole() }
}

/// Amounts, exact to the cent, and decimals, to the millionth.
pub fn decimals(mut task: Task<'_>) -> Result<ArrayRef> {
    let range = range(task.column);
    let notation = task.notation;
    let amount = task.column.column_type == ColumnType::Amount;
    let mut builder = Decimal128Builder::with_capacity(task.rows).with_data_type(task.column.column_type.data_type());
    for row in 0..task.rows {
        let read = task.scalar(row, Reason::BadNumber).map(|value| decimal(value, notation, amount));
        let fault = match read {
            None => None,
            Some(None) => Some(Reason::BadNumber),
            Some(Some((_, millionths))) if !within(range, millionths) => Some(Reason::OutOfRange),
            Some(Some((value, _))) => {
                builder.append_value(value);
                continue;
            }
        };
        builder.append_null();
        if let Some(reason) = fault {
            task.faults.add(row, reason);
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// A decimal as it is kept, and in millionths.
fn decimal(value: &str, notation: Notation, amount: bool) -> Option<(i128, i128)> {
    let number = notation.number(value)?;
    if !amount {
        return number.rounded(MILLIONTHS).map(|value| (value, value));
    }
    if number.scale > CENTS as i32 {
        return None;
    }
    number.rounded(CENTS).map(|cents| (cents, cents * 10_i128.pow(MILLIONTHS - CENTS)))
}

type Range = (Option<i128>, Option<i128>);

/// The range of a column, in millionths.
pub fn range(column: &Column) -> Range {
    let ranges = column.constraints.iter().find_map(|constraint| match constraint {
        Constraint::Range { minimum, maximum } => Some((*minimum, *maximum)),
        _ => None,
    });
    ranges.unwrap_or_default()
}

/// Whether a number of millionths lies in a range.
pub fn within((minimum, maximum): Range, millionths: i128) -> bool {
    minimum.is_none_or(|minimum| millionths >= minimum) && maximum.is_none_or(|maximum| millionths <= maximum)
}

/// The range of whole numbers that came as such.
pub fn range_of_integers(column: &Column, array: &ArrayRef, faults: &mut Faults) {
    let range = range(column);
    let Some(values) = array.as_primitive_opt::<Int64Type>().filter(|_| range != (None, None)) else { return };
    let bounds = [min(values), max(values)];
    if bounds.into_iter().flatten().all(|value| within(range, i128::from(value) * 10_i128.pow(MILLIONTHS))) {
        return;
    }
    for row in 0..values.len() {
        if values.is_valid(row) && !within(range, i128::from(values.value(row)) * 10_i128.pow(MILLIONTHS)) {
            faults.add(row, Reason::OutOfRange);
        }
    }
}
