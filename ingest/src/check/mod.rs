//! Checks: from raw columns to typed ones, and the rows that do not pass.
//!
//! A chunk is checked a column at a time, in the contract's order. Of each row
//! the first fault counts; orders between columns come last. A bad row is
//! never guessed at: it is set apart with its place, value and reason.
//!
//! | module | checks |
//! | --- | --- |
//! | `codes` | texts that repeat, each different one once |
//! | `faults` | which rows have a fault, and which |
//! | `text` | texts, listed values, pseudonyms, periods, enterprise numbers |
//! | `number` | whole numbers, decimals, ranges |
//! | `day` | days and their order |
//! | `moment` | timestamps, Brussels local time |
//! | `nested` | lists, objects |

mod codes;
mod day;
mod faults;
mod moment;
mod nested;
mod number;
#[cfg(test)]
mod tests;
mod text;

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array};
use arrow::compute::filter;
use peil_warehouse::contract::{Column, ColumnType, Constraint, Contract, FormatKind, Privacy};
use peil_warehouse::problem::Reason;
use peil_warehouse::{Error, Result};

use crate::privacy::PseudonymKey;
use crate::read::{Chunk, Raw, Values};
use faults::Faults;
use number::Notation;

/// Checks the rows of one dataset.
#[derive(Debug, Clone)]
pub struct Checker {
    contract: Arc<Contract>,
    key: PseudonymKey,
    notation: Notation,
}

/// What came of a chunk.
#[derive(Debug)]
pub struct Checked {
    /// How many rows there were.
    pub rows: usize,
    /// The stored columns of the accepted rows.
    pub columns: Vec<ArrayRef>,
    /// Of each accepted row, its number in the chunk, from 0.
    pub numbers: Int64Array,
    /// Of each accepted row, the line on which it begins.
    pub lines: Int64Array,
    /// The rejected rows, in order.
    pub rejected: Vec<Rejected>,
    /// Members that the contract does not have.
    pub unknown: BTreeSet<String>,
}

/// A rejected row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The line on which it begins.
    pub line: i64,
    /// Which column of the contract is to blame; none where no column is.
    pub column: Option<usize>,
    /// The value as delivered; none where there is none, or privacy forbids.
    pub raw_value: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// A column being checked: its raw values, and where its faults go.
struct Task<'a> {
    column: &'a Column,
    values: Values<'a>,
    rows: usize,
    notation: Notation,
    /// Whether its texts are expected to repeat.
    repeats: bool,
    faults: &'a mut Faults,
    unknown: &'a mut BTreeSet<String>,
}

impl<'a> Task<'a> {
    /// The trimmed value of a row; none where it is empty, which is a fault of
    /// a required column, or nested, which is a fault by `reason`.
    #[inline]
    fn scalar(&mut self, row: usize, reason: Reason) -> Option<&'a str> {
        match self.values.get(row) {
            Some((raw, nested)) => {
                if nested {
                    self.faults.add(row, reason);
                    return None;
                }
                let value = trimmed(raw);
                if value.is_empty() {
                    self.missing(row);
                    return None;
                }
                Some(value)
            }
            None => {
                self.missing(row);
                None
            }
        }
    }

    fn missing(&mut self, row: usize) {
        if self.column.required {
            self.faults.add(row, Reason::MissingValue);
        }
    }
}

/// A text without white space around it. Most have none, which the first and
/// the last byte tell.
#[inline]
fn trimmed(raw: &str) -> &str {
    match raw.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => raw,
        _ => raw.trim(),
    }
}

impl Checker {
    /// A checker of a dataset that comes in this format.
    pub fn new(contract: &Arc<Contract>, kind: FormatKind, key: &PseudonymKey) -> Self {
        let notation = match kind {
            FormatKind::Csv => Notation { comma: contract.format.decimal_comma, exponent: false },
            FormatKind::Xlsx => Notation { comma: false, exponent: true },
            FormatKind::Ndjson | FormatKind::Json | FormatKind::Parquet => Notation { comma: false, exponent: true },
        };
        Self { contract: Arc::clone(contract), key: key.clone(), notation }
    }

    /// Checks a chunk.
    ///
    /// # Errors
    /// [`Error::Internal`] where columns cannot be put together.
    pub fn check(&self, mut chunk: Chunk) -> Result<Checked> {
        let mut unknown = std::mem::take(&mut chunk.unknown);
        let mut faults = Faults::new(chunk.rows, &chunk.faults);
        let columns = &self.contract.columns;
        let mut arrays: Vec<Option<ArrayRef>> = Vec::with_capacity(columns.len());
        for (index, column) in columns.iter().enumerate() {
            if column.privacy == Privacy::Drop {
                arrays.push(None);
                continue;
            }
            faults.enter(index);
            let array = match (chunk.values(index), &chunk.columns[index]) {
                (Some(values), _) => {
                    let (notation, rows) = (self.notation, chunk.rows);
                    let repeats = self.contract.large_fact && !self.contract.key.contains(&column.name);
                    let (faults, unknown) = (&mut faults, &mut unknown);
                    let task = Task { column, values, rows, notation, repeats, faults, unknown };
                    self.typed(task)?
                }
                (None, Raw::Typed(array)) => checked_as_it_is(column, array, &mut faults),
                (None, _) => return Err(Error::internal("a raw column without values")),
            };
            arrays.push(Some(array));
        }
        self.orders(&arrays, &mut faults)?;
        self.part(&chunk, arrays, &faults, unknown)
    }

    fn typed(&self, task: Task<'_>) -> Result<ArrayRef> {
        if task.column.privacy == Privacy::Pseudonymise {
            return text::pseudonyms(task, &self.key);
        }
        match &task.column.column_type {
            ColumnType::Text | ColumnType::Authority => text::texts(task),
            ColumnType::EnterpriseNumber => Ok(text::enterprise_numbers(task)),
            ColumnType::Period => Ok(text::periods(task)),
            ColumnType::Date(form) => {
                let form = *form;
                Ok(day::days(task, form))
            }
            ColumnType::Timestamp => Ok(moment::moments(task)),
            ColumnType::Integer => Ok(number::integers(task)),
            ColumnType::Amount | ColumnType::Decimal => number::decimals(task),
            ColumnType::List(_) => nested::lists(task),
            ColumnType::Records(members) => nested::records(task, members),
            ColumnType::Record(members) => nested::record(task, members),
        }
    }

    fn orders(&self, arrays: &[Option<ArrayRef>], faults: &mut Faults) -> Result<()> {
        let columns = &self.contract.columns;
        for (index, column) in columns.iter().enumerate() {
            for constraint in &column.constraints {
                let Constraint::NotBefore { column: other, strictly } = constraint else { continue };
                let other = columns.iter().position(|column| column.name == *other);
                let (Some(end), Some(Some(start))) = (&arrays[index], other.map(|other| &arrays[other])) else {
                    continue;
                };
                faults.enter(index);
                day::order(start, end, *strictly, faults)?;
            }
        }
        Ok(())
    }

    /// Parts accepted rows from rejected ones.
    fn part(
        &self,
        chunk: &Chunk,
        arrays: Vec<Option<ArrayRef>>,
        faults: &Faults,
        unknown: BTreeSet<String>,
    ) -> Result<Checked> {
        let rejected = faults.iter().map(|(row, column, reason)| self.rejected(chunk, row, column, reason)).collect();
        let stored = arrays.into_iter().flatten();
        let lines = Int64Array::from(chunk.lines.clone());
        let numbers = Int64Array::from_iter_values(0..chunk.rows as i64);
        if faults.is_empty() {
            return Ok(Checked { rows: chunk.rows, columns: stored.collect(), numbers, lines, rejected, unknown });
        }
        let kept: BooleanArray = faults.passed().into();
        let kept_of =
            |array: &Int64Array| -> Result<Int64Array> { Ok(Int64Array::from(filter(array, &kept)?.to_data())) };
        let columns = stored.map(|array| Ok(filter(&array, &kept)?)).collect::<Result<Vec<_>>>()?;
        Ok(Checked {
            rows: chunk.rows,
            columns,
            numbers: kept_of(&numbers)?,
            lines: kept_of(&lines)?,
            rejected,
            unknown,
        })
    }

    fn rejected(&self, chunk: &Chunk, row: usize, column: Option<usize>, reason: Reason) -> Rejected {
        let line = chunk.lines[row];
        // The shape of the row is at fault, or of a value that is no value of
        // a column.
        let column = column.filter(|_| reason != Reason::BadJson);
        let shown = column.filter(|index| self.contract.columns[*index].privacy == Privacy::Keep);
        let raw_value = shown.and_then(|index| match (chunk.values(index), &chunk.columns[index]) {
            (Some(values), _) => values.get(row).map(|(raw, _)| raw.to_owned()),
            (None, Raw::Typed(array)) => arrow::util::display::array_value_to_string(array, row).ok(),
            (None, _) => None,
        });
        Rejected { line, column, raw_value: raw_value.filter(|raw| !raw.is_empty()), reason }
    }
}

/// A column that came with its type: only what the type does not say is
/// checked.
fn checked_as_it_is(column: &Column, array: &ArrayRef, faults: &mut Faults) -> ArrayRef {
    if column.required && array.null_count() > 0 {
        (0..array.len()).filter(|row| array.is_null(*row)).for_each(|row| faults.add(row, Reason::MissingValue));
    }
    number::range_of_integers(column, array, faults);
    Arc::clone(array)
}
