//! Texts, and what is kept as text.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use peil_warehouse::contract::Constraint;
use peil_warehouse::problem::Reason;
use peil_warehouse::{Period, Result};

use super::Task;
use super::codes::coded;
use crate::privacy::{PseudonymKey, Pseudonyms};

/// Bytes of a usual text, to make room.
const USUAL_TEXT: usize = 16;
/// Digits of an enterprise number.
const ENTERPRISE_DIGITS: usize = 10;

/// Texts as they are, or as the list has them where there is one.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where the column cannot be made.
pub fn texts(mut task: Task<'_>) -> Result<ArrayRef> {
    let listed = listed(&task);
    if task.repeats {
        return coded(task, Reason::NotAllowed, |value, texts| {
            let kept = listed.as_ref().map_or(Some(value), |listed| listed.find(value));
            kept.inspect(|kept| texts.append_value(kept)).is_some()
        });
    }
    let mut builder = builder(&task);
    for row in 0..task.rows {
        let Some(value) = task.scalar(row, Reason::BadJson) else {
            builder.append_null();
            continue;
        };
        match &listed {
            None => builder.append_value(value),
            Some(listed) => match listed.find(value) {
                Some(listed) => builder.append_value(listed),
                None => {
                    builder.append_null();
                    task.faults.add(row, Reason::NotAllowed);
                }
            },
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Pseudonyms in the place of texts.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where the column cannot be made.
pub fn pseudonyms(mut task: Task<'_>, key: &PseudonymKey) -> Result<ArrayRef> {
    if task.repeats {
        return coded(task, Reason::BadJson, |value, texts| {
            texts.append_value(key.pseudonym(value));
            true
        });
    }
    let mut pseudonyms = Pseudonyms::new(key);
    let mut builder = StringBuilder::with_capacity(task.rows, task.rows * 32);
    for row in 0..task.rows {
        match task.scalar(row, Reason::BadJson) {
            None => builder.append_null(),
            Some(value) => builder.append_value(pseudonyms.of(value)),
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Periods, as `2022Q1`.
pub fn periods(mut task: Task<'_>) -> ArrayRef {
    let mut builder = builder(&task);
    for row in 0..task.rows {
        let read = task.scalar(row, Reason::BadPeriod).map(str::parse::<Period>);
        match read {
            None => builder.append_null(),
            Some(Ok(period)) => builder.append_value(period.to_string()),
            Some(Err(_)) => {
                builder.append_null();
                task.faults.add(row, Reason::BadPeriod);
            }
        }
    }
    Arc::new(builder.finish())
}

/// Enterprise numbers, without dots and spaces, a leading zero restored. Where
/// the contract asks, check digits are proved; where it does not, what is no
/// enterprise number stays as it is.
pub fn enterprise_numbers(mut task: Task<'_>) -> ArrayRef {
    let proved = task.column.constraints.contains(&Constraint::CheckDigits);
    let mut builder = builder(&task);
    for row in 0..task.rows {
        let Some(value) = task.scalar(row, Reason::BadJson) else {
            builder.append_null();
            continue;
        };
        match enterprise_number(value) {
            Some(number) if !proved || check_digits_fit(&number) => builder.append_value(number),
            None if !proved => builder.append_value(value),
            _ => {
                builder.append_null();
                task.faults.add(row, Reason::BadChecksum);
            }
        }
    }
    Arc::new(builder.finish())
}

/// Ten digits; none where the text does not hold them.
fn enterprise_number(value: &str) -> Option<String> {
    let mut digits: String = value.chars().filter(|char| *char != '.' && !char.is_whitespace()).collect();
    if digits.len() + 1 == ENTERPRISE_DIGITS {
        digits.insert(0, '0');
    }
    let fits = digits.len() == ENTERPRISE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

/// Whether the last two digits are 97 minus the others modulo 97.
fn check_digits_fit(number: &str) -> bool {
    let (body, check) = number.split_at(ENTERPRISE_DIGITS - 2);
    matches!((body.parse::<u32>(), check.parse::<u32>()), (Ok(body), Ok(check)) if 97 - body % 97 == check)
}

fn builder(task: &Task<'_>) -> StringBuilder {
    StringBuilder::with_capacity(task.rows, task.rows * USUAL_TEXT)
}

/// The listed values of a column, with how they look in lower case.
struct Listed(Vec<(String, String)>);

fn listed(task: &Task<'_>) -> Option<Listed> {
    task.column.constraints.iter().find_map(|constraint| match constraint {
        Constraint::OneOf(values) => {
            Some(Listed(values.iter().map(|value| (value.clone(), value.to_lowercase())).collect()))
        }
        _ => None,
    })
}

impl Listed {
    /// The listed value, whatever the case.
    fn find<'a>(&'a self, value: &str) -> Option<&'a str> {
        let same = self.0.iter().find(|(listed, _)| listed == value);
        let found = same.or_else(|| {
            let lower = value.to_lowercase();
            self.0.iter().find(|(_, listed)| *listed == lower)
        });
        found.map(|(listed, _)| listed.as_str())
    }
}
