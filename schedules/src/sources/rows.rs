//! From pages to the rows of a delivery. Numbers are kept as they were
//! written: nothing here reads a value that it does not need.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use chrono::DateTime;
use serde_json::value::RawValue;

use super::config::{Form, Source};
use super::field::Found;
use super::ledger::Place;

/// What a fetch gathers, page by page.
#[derive(Debug, Default)]
pub struct Rows {
    texts: Vec<String>,
    cursor: Option<String>,
    at_cursor: Vec<String>,
    before: Option<String>,
    known: Vec<String>,
}

impl Rows {
    /// None yet; what `place` says was fetched already is left out.
    pub fn after(place: &Place) -> Self {
        Self {
            texts: Vec::new(),
            cursor: place.cursor.clone(),
            at_cursor: place.at_cursor.clone(),
            before: place.cursor.clone(),
            known: place.at_cursor.clone(),
        }
    }

    /// Adds the rows of a page; gives how many it has.
    ///
    /// # Errors
    /// A text that says where the rows should stand.
    pub fn add(&mut self, source: &Source, page: &RawValue) -> Result<usize, String> {
        let items = items(page, source.http.as_ref().and_then(|http| http.items.as_deref()))?;
        for item in &items {
            let text = row(source, item);
            if let Some(mark) = source.since.as_ref().and_then(|since| scalar(at(item, &since.at)?)) {
                let hash = sha256(text.as_bytes());
                if self.before.as_ref() == Some(&mark) && self.known.contains(&hash) {
                    continue;
                }
                match self.cursor.as_ref().map_or(Ordering::Greater, |cursor| compare(&mark, cursor)) {
                    Ordering::Less => {}
                    Ordering::Equal => self.at_cursor.push(hash),
                    Ordering::Greater => {
                        self.cursor = Some(mark);
                        self.at_cursor = vec![hash];
                    }
                }
            }
            self.texts.push(text);
        }
        Ok(items.len())
    }

    /// How many rows are new.
    pub const fn len(&self) -> usize {
        self.texts.len()
    }

    /// The delivery, and how far it goes.
    pub fn delivery(self, form: Form, place: &mut Place) -> Vec<u8> {
        place.cursor = self.cursor;
        place.at_cursor = self.at_cursor;
        match form {
            Form::Json => format!("[\n{}\n]\n", self.texts.join(",\n")),
            Form::Ndjson => self.texts.join("\n") + "\n",
        }
        .into_bytes()
    }
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    peil_warehouse::table::hex(&sha2::Sha256::digest(bytes))
}

/// What stands at a JSON pointer; none where nothing does.
pub fn at<'a>(value: &'a RawValue, pointer: &str) -> Option<&'a RawValue> {
    let mut here = value;
    for step in pointer.split('/').skip(1) {
        here = if here.get().starts_with('[') {
            let inner: Vec<&RawValue> = serde_json::from_str(here.get()).ok()?;
            inner.get(step.parse::<usize>().ok()?).copied()?
        } else {
            let mut inner: BTreeMap<String, &RawValue> = serde_json::from_str(here.get()).ok()?;
            inner.remove(&step.replace("~1", "/").replace("~0", "~"))?
        };
    }
    Some(here)
}

/// A text, a number or a truth as text; none of anything else.
pub fn scalar(value: &RawValue) -> Option<String> {
    match serde_json::from_str(value.get()).ok()? {
        serde_json::Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        serde_json::Value::Number(_) | serde_json::Value::Bool(_) => Some(value.get().to_owned()),
        _ => None,
    }
}

fn items<'a>(page: &'a RawValue, pointer: Option<&str>) -> Result<Vec<&'a RawValue>, String> {
    let is_array = page.get().starts_with('[');
    let pointer = pointer.unwrap_or(if is_array { "" } else { "/items" });
    let found = at(page, pointer).and_then(|found| serde_json::from_str(found.get()).ok());
    found.ok_or_else(|| {
        let place = if pointer.is_empty() { "the page itself" } else { pointer };
        format!("there is no array of rows at {place}: say with `items` where it stands")
    })
}

/// A row on one line, by the dataset's names.
pub fn row(source: &Source, item: &RawValue) -> String {
    if source.fields.is_empty() && source.values.is_empty() {
        return one_line(item);
    }
    let mut members: BTreeMap<String, (String, Option<String>)> = BTreeMap::new();
    if source.fields.is_empty() {
        let there: BTreeMap<String, &RawValue> = serde_json::from_str(item.get()).unwrap_or_default();
        members.extend(there.into_iter().map(|(name, value)| (name, (one_line(value), scalar(value)))));
    }
    for (column, field) in &source.fields {
        match field.find(item) {
            None => {}
            Some((Found::Text(text), _)) => {
                members.insert(column.clone(), (quoted(&text), Some(text)));
            }
            Some((Found::Json, value)) => {
                members.insert(column.clone(), (one_line(value), scalar(value)));
            }
        }
    }
    if members.is_empty() {
        // What is no object is told as a bad row when it is read.
        return one_line(item);
    }
    let members = members.iter().map(|(column, (value, text))| {
        let word = source.values.get(column).and_then(|words| words.get(text.as_ref()?));
        let value = word.map_or_else(|| value.clone(), |word| quoted(word));
        format!("{}:{value}", quoted(column))
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}

/// Line ends stand between values only: within a text they are escaped.
fn one_line(value: &RawValue) -> String {
    value.get().replace(['\n', '\r'], " ")
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Numbers by size, moments by time, anything else as text.
fn compare(left: &str, right: &str) -> Ordering {
    if let (Ok(left), Ok(right)) = (left.parse::<i64>(), right.parse::<i64>()) {
        return left.cmp(&right);
    }
    if let (Ok(left), Ok(right)) = (DateTime::parse_from_rfc3339(left), DateTime::parse_from_rfc3339(right)) {
        return left.cmp(&right);
    }
    left.cmp(right)
}
