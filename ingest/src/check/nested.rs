//! Lists and objects within a row, as JSON.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Decimal128Array, ListArray, ListBuilder, StringArray, StringBuilder, StructArray};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{DataType, Field, Fields};
use peil_warehouse::contract::{Column, ColumnType};
use peil_warehouse::problem::Reason;
use peil_warehouse::{Error, Result};
use serde_json::value::RawValue;

use super::number::{MILLIONTHS, Notation, range, within};
use super::{Task, number};
use crate::read::Layout;

/// Lists of texts. Empty elements are none.
pub fn lists(mut task: Task<'_>) -> Result<ArrayRef> {
    let DataType::List(element) = task.column.column_type.data_type() else {
        return Err(Error::internal("a list that is kept as something else"));
    };
    let mut builder = ListBuilder::new(StringBuilder::new()).with_field(element);
    for row in 0..task.rows {
        let elements = match json(&mut task, row) {
            None => None,
            Some(text) => texts_of(text).map_or_else(
                || {
                    task.faults.add(row, Reason::BadJson);
                    None
                },
                Some,
            ),
        };
        match elements {
            None => builder.append_null(),
            Some(elements) => {
                elements.iter().for_each(|element| builder.values().append_value(element));
                builder.append(true);
            }
        }
    }
    Ok(Arc::new(builder.finish()))
}

/// Lists of objects with given members.
pub fn records(mut task: Task<'_>, members: &[Column]) -> Result<ArrayRef> {
    let DataType::List(element) = task.column.column_type.data_type() else {
        return Err(Error::internal("a list that is kept as something else"));
    };
    let mut columns = Members::new(members, &element)?;
    let (mut lengths, mut valid) = (Vec::with_capacity(task.rows), Vec::with_capacity(task.rows));
    for row in 0..task.rows {
        let Some(text) = json(&mut task, row) else {
            valid.push(false);
            lengths.push(0);
            continue;
        };
        let before = columns.rows;
        let read = serde_json::from_str::<Vec<&RawValue>>(text).map_err(|_| Reason::BadJson);
        let read =
            read.and_then(|elements| elements.iter().try_for_each(|element| columns.push(element.get(), &mut task)));
        if let Err(reason) = read {
            columns.truncate(before);
            task.faults.add(row, reason);
        }
        valid.push(read.is_ok());
        lengths.push(columns.rows - before);
    }
    let nulls = NullBuffer::from(valid);
    let array =
        ListArray::try_new(element, OffsetBuffer::from_lengths(lengths), Arc::new(columns.finish(None)?), Some(nulls))?;
    Ok(Arc::new(array))
}

/// Objects with given members.
pub fn record(mut task: Task<'_>, members: &[Column]) -> Result<ArrayRef> {
    let field = Field::new("record", task.column.column_type.data_type(), true);
    let mut columns = Members::new(members, &field)?;
    let mut valid = Vec::with_capacity(task.rows);
    for row in 0..task.rows {
        let read = match json(&mut task, row) {
            None => {
                valid.push(false);
                columns.push_null();
                continue;
            }
            Some(text) => columns.push(text, &mut task),
        };
        if let Err(reason) = read {
            columns.truncate(row);
            columns.push_null();
            task.faults.add(row, reason);
        }
        valid.push(read.is_ok());
    }
    Ok(Arc::new(columns.finish(Some(NullBuffer::from(valid)))?))
}

/// The JSON text of a row; none where it is empty.
fn json<'a>(task: &mut Task<'a>, row: usize) -> Option<&'a str> {
    let text = task.values.get(row).map(|(raw, _)| raw.trim()).filter(|text| !text.is_empty());
    if text.is_none() {
        task.missing(row);
    }
    text
}

/// The texts of a JSON array, trimmed; none where it is no array of scalars.
fn texts_of(text: &str) -> Option<Vec<String>> {
    let elements: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let texts = elements.iter().map(|element| scalar(element.get())).collect::<Option<Vec<_>>>()?;
    Some(texts.into_iter().flatten().collect())
}

/// The trimmed text of a JSON scalar, within `Some`: none where it is null or
/// empty. `None` where it is no scalar.
fn scalar(text: &str) -> Option<Option<String>> {
    let value = match text.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(text).ok()?,
        b'[' | b'{' => return None,
        _ if text == "null" => return Some(None),
        _ => text.to_owned(),
    };
    let value = value.trim();
    Some((!value.is_empty()).then(|| value.to_owned()))
}

/// The members of objects, a column each.
struct Members<'a> {
    members: &'a [Column],
    fields: Fields,
    texts: Vec<Vec<Option<String>>>,
    decimals: Vec<Vec<Option<i128>>>,
    rows: usize,
}

impl<'a> Members<'a> {
    fn new(members: &'a [Column], element: &Field) -> Result<Self> {
        let DataType::Struct(fields) = element.data_type() else {
            return Err(Error::internal("an object that is kept as something else"));
        };
        let (texts, decimals) = (vec![Vec::new(); members.len()], vec![Vec::new(); members.len()]);
        Ok(Self { members, fields: fields.clone(), texts, decimals, rows: 0 })
    }

    fn push_null(&mut self) {
        self.texts.iter_mut().for_each(|column| column.push(None));
        self.decimals.iter_mut().for_each(|column| column.push(None));
        self.rows += 1;
    }

    fn truncate(&mut self, rows: usize) {
        self.texts.iter_mut().for_each(|column| column.truncate(rows));
        self.decimals.iter_mut().for_each(|column| column.truncate(rows));
        self.rows = rows;
    }

    /// Adds an object, or says why it cannot be one.
    fn push(&mut self, text: &str, task: &mut Task<'_>) -> Result<(), Reason> {
        let given: Pairs = serde_json::from_str(text).map_err(|_| Reason::BadJson)?;
        let mut values: Vec<Option<&str>> = vec![None; self.members.len()];
        for (name, value) in &given.0 {
            let meant = |member: &Column| Layout::plain(&member.source) == Layout::plain(name);
            match self.members.iter().position(meant) {
                Some(index) => values[index] = Some(value.get()),
                None => note(task.unknown, &task.column.source, name),
            }
        }
        self.push_null();
        let last = self.rows - 1;
        for (index, member) in self.members.iter().enumerate() {
            let decimal = member.column_type == ColumnType::Decimal;
            let nested = if decimal { Reason::BadNumber } else { Reason::BadJson };
            match values[index].map_or(Some(None), scalar).ok_or(nested)? {
                None if member.required => return Err(Reason::MissingValue),
                None => {}
                Some(text) if decimal => {
                    self.decimals[index][last] = Some(decimal_within(&text, task.notation, member)?)
                }
                Some(text) => self.texts[index][last] = Some(text),
            }
        }
        Ok(())
    }

    fn finish(self, nulls: Option<NullBuffer>) -> Result<StructArray> {
        let columns = self.members.iter().zip(self.texts).zip(self.decimals).map(
            |((member, texts), decimals)| -> Result<ArrayRef> {
                if member.column_type == ColumnType::Decimal {
                    Ok(Arc::new(Decimal128Array::from(decimals).with_data_type(member.column_type.data_type())))
                } else {
                    Ok(Arc::new(StringArray::from(texts)))
                }
            },
        );
        Ok(StructArray::try_new(self.fields, columns.collect::<Result<Vec<_>>>()?, nulls)?)
    }
}

fn decimal_within(text: &str, notation: Notation, member: &Column) -> Result<i128, Reason> {
    let value =
        notation.number(text).and_then(|number: number::Number| number.rounded(MILLIONTHS)).ok_or(Reason::BadNumber)?;
    if within(range(member), value) { Ok(value) } else { Err(Reason::OutOfRange) }
}

fn note(unknown: &mut BTreeSet<String>, column: &str, name: &str) {
    let name = format!("{column}.{name}");
    if unknown.len() < 100 {
        unknown.insert(name);
    }
}

/// The members of a JSON object, in order.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}
