//! Columns of large facts: what is read of staged files, and what is derived
//! from it. Texts that repeat are handled by their codes.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, DictionaryArray, Int32Array, Int32Builder, StringArray};
use arrow::datatypes::{DataType, Field, Int32Type};
use peil_warehouse::contract::{ColumnType, FactDay, LINE, ROW};
use peil_warehouse::days::{Month, Months, days_of};
use peil_warehouse::{Error, Result};

use crate::authority::{Resolution, Resolver};
use crate::dataset::{Dataset, day_column, nis_column};
use crate::days::{day_of, number_of};
use crate::delivery::Delivery;

/// What stands for no code at all.
const NONE: i32 = -1;

/// A text as it is read: codes of the different texts, but for a key, of
/// which each is different.
fn as_read(dataset: &Dataset, field: Field) -> Field {
    let repeats = field.data_type() == &DataType::Utf8 && !dataset.contract.key.contains(field.name());
    if repeats { coded_field(&field) } else { field }
}

/// The field with codes of its values.
pub(crate) fn coded_field(field: &Field) -> Field {
    let coded = DataType::Dictionary(Box::new(DataType::Int32), Box::new(field.data_type().clone()));
    field.clone().with_data_type(coded)
}

/// The columns of a staged file that a conformed row is made of.
pub(crate) fn staged_fields(dataset: &Dataset) -> Vec<Field> {
    let numbers = [ROW, LINE].map(|name| Field::new(name, DataType::Int64, true));
    dataset.contract.stored_columns().map(|column| as_read(dataset, column.field())).chain(numbers).collect()
}

/// The staged columns from which others are derived.
pub(crate) fn source_fields(dataset: &Dataset) -> Vec<Field> {
    let columns = dataset.contract.stored_columns().filter(|column| {
        matches!(column.column_type, ColumnType::Authority | ColumnType::Timestamp)
            || *column.name == *fact_column(dataset)
    });
    columns.map(|column| as_read(dataset, column.field())).collect()
}

/// The column by which a row falls in a month; a large fact has one.
pub(crate) fn fact_column(dataset: &Dataset) -> &str {
    match &dataset.contract.fact_day {
        Some(FactDay::Earliest(columns)) => columns.first().map_or("", String::as_str),
        _ => "",
    }
}

/// The month of each row.
pub(crate) fn months_of(column: &dyn Array) -> Result<Vec<Option<Month>>> {
    let mut months = Months::default();
    Ok(days(column)?.into_iter().map(|day| months.of(day?)).collect())
}

fn days(column: &dyn Array) -> Result<Vec<Option<i32>>> {
    days_of(column).ok_or_else(|| Error::internal("the day of a large fact is neither a moment nor a day"))
}

/// Columns by their names.
pub(crate) type Columns = HashMap<String, ArrayRef>;

/// What is derived of the columns of [`source_fields`]: Brussels days and NIS
/// codes, as dictionaries.
pub(crate) fn derived(
    dataset: &Dataset,
    delivery: &Delivery,
    resolver: &Resolver,
    columns: &Columns,
) -> Result<Columns> {
    let mut derived = Columns::new();
    let column = |name: &str| {
        columns
            .get(name)
            .ok_or_else(|| Error::internal(format!("the column {name} of {} was not read", dataset.name())))
    };
    let fact = fact_column(dataset);
    let fact_days = days(column(fact)?)?;
    for contract in dataset.contract.stored_columns() {
        match contract.column_type {
            ColumnType::Timestamp => {
                let own;
                let days = if contract.name == fact {
                    &fact_days
                } else {
                    own = days(column(&contract.name)?)?;
                    &own
                };
                derived.insert(day_column(&contract.name), coded_days(days)?);
            }
            ColumnType::Authority => {
                let texts = column(&contract.name)?.as_dictionary::<Int32Type>();
                let codes = nis_codes(texts, &fact_days, number_of(delivery.date), resolver)?;
                derived.insert(nis_column(&contract.name), codes);
            }
            _ => {}
        }
    }
    Ok(derived)
}

fn coded_days(days: &[Option<i32>]) -> Result<ArrayRef> {
    let mut numbers: HashMap<i32, i32> = HashMap::new();
    let mut different = Vec::new();
    let mut keys = Int32Builder::with_capacity(days.len());
    let mut last = None;
    for day in days {
        let Some(day) = *day else {
            keys.append_null();
            continue;
        };
        let number = match last {
            Some((known, number)) if known == day => number,
            _ => *numbers.entry(day).or_insert_with(|| {
                different.push(day);
                different.len() as i32 - 1
            }),
        };
        last = Some((day, number));
        keys.append_value(number);
    }
    dictionary(keys.finish(), Arc::new(Date32Array::from(different)))
}

/// What a code of a text stands for.
#[derive(Clone, Copy)]
enum Known<'a> {
    Unseen,
    /// The same on every day.
    Always(i32),
    OnTheDay(Resolution<'a>),
}

/// The NIS code of each text on its day; on the day of delivery where it has
/// none.
fn nis_codes(
    texts: &DictionaryArray<Int32Type>,
    days: &[Option<i32>],
    delivered: i32,
    resolver: &Resolver,
) -> Result<ArrayRef> {
    let different = texts.values().as_string::<i32>();
    let mut codes: Vec<&str> = Vec::new();
    let mut numbers: HashMap<&str, i32> = HashMap::new();
    let mut known = vec![Known::Unseen; different.len()];
    let mut last: Option<(usize, i32, i32)> = None;
    let mut keys = Int32Builder::with_capacity(texts.len());
    for (row, day) in days.iter().enumerate() {
        let Some(key) = texts.key(row).filter(|key| different.is_valid(*key)) else {
            keys.append_null();
            continue;
        };
        if matches!(known[key], Known::Unseen) {
            let resolution = resolver.resolve(different.value(key));
            known[key] = if resolution.depends_on_day() {
                Known::OnTheDay(resolution)
            } else {
                Known::Always(numbered(resolution.on(None), &mut codes, &mut numbers))
            };
        }
        let number = match known[key] {
            Known::Always(number) => number,
            Known::OnTheDay(resolution) => {
                let day = day.unwrap_or(delivered);
                match last {
                    Some((before, on, number)) if before == key && on == day => number,
                    _ => {
                        let number = numbered(resolution.on(day_of(day)), &mut codes, &mut numbers);
                        last = Some((key, day, number));
                        number
                    }
                }
            }
            Known::Unseen => NONE,
        };
        keys.append_option((number != NONE).then_some(number));
    }
    dictionary(keys.finish(), Arc::new(StringArray::from_iter_values(codes)))
}

fn numbered<'a>(code: Option<&'a str>, codes: &mut Vec<&'a str>, numbers: &mut HashMap<&'a str, i32>) -> i32 {
    let Some(code) = code else { return NONE };
    *numbers.entry(code).or_insert_with(|| {
        codes.push(code);
        codes.len() as i32 - 1
    })
}

/// The same value in each of so many rows.
pub(crate) fn repeated(value: ArrayRef, rows: usize) -> Result<ArrayRef> {
    dictionary(Int32Array::from_value(0, rows), value)
}

fn dictionary(keys: Int32Array, values: ArrayRef) -> Result<ArrayRef> {
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?))
}
