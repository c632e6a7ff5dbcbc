//! Days, and the order of two.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Builder};
use arrow::datatypes::Date32Type;
use peil_warehouse::contract::DateForm;
use peil_warehouse::problem::Reason;
use peil_warehouse::{Error, Result};

use super::Task;
use super::faults::Faults;

/// Days, kept as days since 1970-01-01.
pub fn days(mut task: Task<'_>, form: DateForm) -> ArrayRef {
    let mut builder = Date32Builder::with_capacity(task.rows);
    for row in 0..task.rows {
        match task.scalar(row, Reason::BadDate).map(|value| day(value, form)) {
            Some(Some(day)) => builder.append_value(day),
            Some(None) => {
                builder.append_null();
                task.faults.add(row, Reason::BadDate);
            }
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish())
}

/// The order of two days of a row: the end may not come before the start.
pub fn order(start: &ArrayRef, end: &ArrayRef, strictly: bool, faults: &mut Faults) -> Result<()> {
    let days = |array: &ArrayRef| {
        array.as_primitive_opt::<Date32Type>().cloned().ok_or_else(|| Error::internal("an order of no days"))
    };
    let (start, end) = (days(start)?, days(end)?);
    for row in 0..end.len() {
        if start.is_valid(row) && end.is_valid(row) {
            let (start, end) = (start.value(row), end.value(row));
            if end < start || (strictly && end == start) {
                faults.add(row, Reason::BadOrder);
            }
        }
    }
    Ok(())
}

/// Days since 1970-01-01 of a day in this form; none where it is not in this
/// form, or not in the calendar.
pub fn day(text: &str, form: DateForm) -> Option<i32> {
    let (year, month, day) = match (form, text.as_bytes()) {
        (DateForm::Iso, [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2]) => {
            (digits(&[*y1, *y2, *y3, *y4])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
        }
        (DateForm::DayMonthYear, [d1, d2, b'/', m1, m2, b'/', y1, y2, y3, y4]) => {
            (digits(&[*y1, *y2, *y3, *y4])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)
        }
        _ => return None,
    };
    days_since_1970(year, month, day)
}

/// The number that ASCII digits write.
#[inline]
pub fn digits(text: &[u8]) -> Option<i32> {
    text.iter().try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0')))
}

/// Days since 1970-01-01 of a day of the (proleptic Gregorian) calendar; none
/// where there is no such day. The year 0 is none of ours.
pub fn days_since_1970(year: i32, month: i32, day: i32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if year == 0 || day == 0 || day > length {
        return None;
    }
    // Years from March on, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}
