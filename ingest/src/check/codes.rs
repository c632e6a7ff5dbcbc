//! Texts by their codes: of a large dataset most columns hold few different
//! texts, each of which is checked once.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DictionaryArray, Int32Builder, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int32Type};
use peil_warehouse::Result;
use peil_warehouse::problem::Reason;

use super::{Task, trimmed};
use crate::read::Values;

/// What an empty text is read as.
const EMPTY: i32 = -1;
/// What a text that does not pass is read as.
const FAULTY: i32 = -2;
/// A code that was not looked at yet.
const UNSEEN: i32 = -3;
/// Rows up to which all texts may be different.
const FEW_ROWS: usize = 1024;

/// The different texts met so far.
struct Codes<'a, F> {
    known: HashMap<&'a str, i32, foldhash::fast::FixedState>,
    last: Option<(&'a str, i32)>,
    texts: StringBuilder,
    count: i32,
    /// How a text is kept; none where it does not pass.
    read: F,
}

impl<'a, F: FnMut(&'a str, &mut StringBuilder) -> bool> Codes<'a, F> {
    fn of(&mut self, raw: &'a str) -> i32 {
        if let Some((known, code)) = self.last
            && known == raw
        {
            return code;
        }
        let value = trimmed(raw);
        let code = if value.is_empty() {
            EMPTY
        } else if let Some(code) = self.known.get(value) {
            *code
        } else {
            let code = if (self.read)(value, &mut self.texts) {
                self.count += 1;
                self.count - 1
            } else {
                FAULTY
            };
            self.known.insert(value, code);
            code
        };
        self.last = Some((raw, code));
        code
    }
}

/// The texts of a task as a dictionary, each different one read once: `read`
/// adds how it is kept, or tells that it does not pass, for `reason`. Where
/// most are different after all, plain texts.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where the dictionary cannot be made.
pub fn coded<'a>(
    mut task: Task<'a>,
    reason: Reason,
    read: impl FnMut(&'a str, &mut StringBuilder) -> bool,
) -> Result<ArrayRef> {
    let mut codes = Codes { known: HashMap::default(), last: None, texts: StringBuilder::new(), count: 0, read };
    let mut keys = Int32Builder::with_capacity(task.rows);
    let mut take = |task: &mut Task<'a>, row: usize, code: i32| match code {
        EMPTY => {
            task.missing(row);
            keys.append_null();
        }
        FAULTY => {
            task.faults.add(row, reason);
            keys.append_null();
        }
        code => keys.append_value(code),
    };
    match task.values {
        Values::Coded(rows, texts) => {
            let mut seen = vec![UNSEEN; texts.len()];
            for row in 0..task.rows {
                let Some(key) = rows.key(row) else {
                    take(&mut task, row, EMPTY);
                    continue;
                };
                if seen[key] == UNSEEN {
                    seen[key] = codes.of(texts.value(key));
                }
                take(&mut task, row, seen[key]);
            }
        }
        values => {
            for row in 0..task.rows {
                let code = match values.get(row) {
                    None => EMPTY,
                    Some((_, true)) => {
                        task.faults.add(row, Reason::BadJson);
                        FAULTY
                    }
                    Some((raw, false)) => codes.of(raw),
                };
                take(&mut task, row, code);
            }
        }
    }
    let keys = keys.finish();
    let texts = codes.texts.finish();
    let many = task.rows > FEW_ROWS && codes.count as usize > task.rows / 2;
    let array: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::new(texts))?);
    Ok(if many { cast(&array, &DataType::Utf8)? } else { array })
}
