//! Where the value of a column stands in a row of a source.

use regex::Regex;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::config::is_pointer;
use super::rows::{at, scalar};

/// Where a value stands: a JSON pointer, or where to look one after another.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Written")]
pub struct Field {
    pointers: Vec<String>,
    pattern: Option<String>,
    regex: Option<Result<Regex, String>>,
}

/// As it is written in the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Pointer(String),
    Choice(Choice),
}

/// The places of a value in turn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Choice {
    /// JSON pointers, the best first.
    first_of: Vec<String>,
    /// What of a text counts, as a regular expression or its first group: for
    /// values with words beside them, and to pass by what is none, as `TBD`.
    pattern: Option<String>,
}

impl From<Written> for Field {
    fn from(written: Written) -> Self {
        let (pointers, pattern) = match written {
            Written::Pointer(pointer) => (vec![pointer], None),
            Written::Choice(choice) => (choice.first_of, choice.pattern),
        };
        let regex = pattern.as_deref().map(|pattern| Regex::new(pattern).map_err(|error| error.to_string()));
        Self { pointers, pattern, regex }
    }
}

/// What stands in a row.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// A value as it stands there.
    Json,
    /// A text that a pattern took out of one.
    Text(String),
}

impl Field {
    /// What is wrong with it.
    ///
    /// # Errors
    /// What to do.
    pub fn check(&self) -> Result<(), String> {
        if self.pointers.is_empty() {
            return Err("`first_of` is empty: give the JSON pointers where the value may stand".to_owned());
        }
        self.pointers.iter().try_for_each(|pointer| is_pointer(pointer))?;
        match (&self.pattern, &self.regex) {
            (Some(pattern), Some(Err(error))) => {
                let why = error.lines().last().unwrap_or_default();
                Err(format!("`{pattern}` is no regular expression ({why})"))
            }
            _ => Ok(()),
        }
    }

    /// The first value that counts. Where none does, the first that stands
    /// there at all: it is told as a bad value, rather than hidden.
    pub fn find<'a>(&self, row: &'a RawValue) -> Option<(Found, &'a RawValue)> {
        let mut there =
            self.pointers.iter().filter_map(|pointer| at(row, pointer)).filter(|value| value.get() != "null");
        let Some(Ok(regex)) = &self.regex else {
            return there.next().map(|value| (Found::Json, value));
        };
        let there: Vec<&RawValue> = there.collect();
        let taken = there.iter().find_map(|value| {
            let text = scalar(value)?;
            let groups = regex.captures(&text)?;
            let part = groups.get(1).or_else(|| groups.get(0))?;
            Some((Found::Text(part.as_str().to_owned()), *value))
        });
        taken.or_else(|| there.first().map(|value| (Found::Json, *value)))
    }
}
