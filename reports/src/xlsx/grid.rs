//! A sheet of data before it is a sheet: columns and typed entries.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::document::Value;
use crate::frames::Status;

/// The longest name that Excel allows a sheet.
const SHEET_NAME: usize = 31;

/// What becomes a sheet with one table.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    /// Name of the sheet.
    pub(super) sheet: String,
    /// Name of the table in formulas, as `indicatoren`.
    pub(super) table: String,
    /// What the sheet shows.
    pub(super) caption: String,
    /// The mart that it is made from.
    pub(super) mart: Option<String>,
    /// The columns; the first names the rows.
    pub(super) columns: Vec<GridColumn>,
    /// The rows, an entry for each column.
    pub(super) rows: Vec<Vec<Entry>>,
    /// Rows that sum up others, by index.
    pub(super) totals: BTreeSet<usize>,
    /// Said in the first cell where there are no rows.
    pub(super) when_empty: String,
}

/// A column of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct GridColumn {
    /// Name by which charts find it; not seen by readers.
    pub(super) name: String,
    /// Heading.
    pub(super) heading: String,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Entry {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A number, and how it is shown.
    Number(f64, NumberFormat),
    /// A day.
    Day(NaiveDate),
    /// A status word, in its colour.
    Status(Status),
    /// A text that leads to a sheet.
    Link(String, String),
}

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NumberFormat {
    /// With so many decimals.
    Decimals(u32),
    /// A share as a percentage with one decimal.
    Share,
    /// Euros.
    Euro,
    /// A number that names something, as a year.
    Name,
}

impl Entry {
    /// A text; nothing where it is empty.
    pub(super) fn text(text: impl Into<String>) -> Self {
        let text: String = text.into();
        if text.is_empty() { Self::Blank } else { Self::Text(text) }
    }

    /// A figure of an indicator.
    pub(super) fn figure(value: Option<f64>) -> Self {
        value.map_or(Self::Blank, |value| Self::from(&Value::Figure(value)))
    }

    /// A share.
    pub(super) fn share(value: Option<f64>) -> Self {
        value.map_or(Self::Blank, |value| Self::Number(value, NumberFormat::Share))
    }

    /// A count.
    pub(super) fn count(value: usize) -> Self {
        Self::Number(value as f64, NumberFormat::Decimals(0))
    }

    /// The characters that it takes when shown, more or less.
    pub(super) fn width(&self) -> usize {
        match self {
            Self::Blank => 0,
            Self::Text(text) | Self::Link(text, _) => text.chars().count(),
            Self::Number(value, format) => {
                let decimals = match format {
                    NumberFormat::Decimals(decimals) => *decimals as usize + 1,
                    NumberFormat::Share => 4,
                    NumberFormat::Euro => 5,
                    NumberFormat::Name => 0,
                };
                let digits = value.abs().max(1.0).log10() as usize + 1;
                digits + digits / 3 + decimals
            }
            Self::Day(_) => 10,
            Self::Status(status) => status.word().chars().count(),
        }
    }
}

impl From<&Value> for Entry {
    /// The value itself, not as it is written; a missing one is nothing.
    fn from(value: &Value) -> Self {
        match value {
            Value::Integer(value) => Self::Number(*value as f64, NumberFormat::Decimals(0)),
            Value::Figure(value) => {
                let whole = (value - value.round()).abs() < 1e-9;
                Self::Number(*value, NumberFormat::Decimals(if whole { 0 } else { 1 }))
            }
            Value::Number(value, decimals) => Self::Number(*value, NumberFormat::Decimals(*decimals)),
            Value::Share(value) => Self::Number(*value, NumberFormat::Share),
            Value::Amount(cents) => Self::Number(*cents as f64 / 100.0, NumberFormat::Euro),
            Value::Day(day) => Self::Day(*day),
            Value::Status(status) => Self::Status(*status),
            Value::Missing(_) => Self::Blank,
            Value::Text(_) | Value::Period(_) | Value::Mark(..) | Value::Flag(_) | Value::Trend(_) => {
                Self::text(value.shown().replace('\u{a0}', " "))
            }
        }
    }
}

impl GridColumn {
    pub(super) fn new(name: impl Into<String>, heading: impl Into<String>) -> Self {
        Self { name: name.into(), heading: heading.into().replace('\u{a0}', " ") }
    }
}

impl Grid {
    /// A grid without rows, its columns by name and heading.
    pub(super) fn new(sheet: &str, table: &str, caption: impl Into<String>, columns: &[(&str, &str)]) -> Self {
        Self {
            sheet: sheet.to_owned(),
            table: table.to_owned(),
            caption: caption.into(),
            mart: None,
            columns: columns.iter().map(|(name, heading)| GridColumn::new(*name, *heading)).collect(),
            rows: Vec::new(),
            totals: BTreeSet::new(),
            when_empty: "Er zijn geen gegevens.".to_owned(),
        }
    }

    /// The place of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// Makes names of sheets, of tables and of columns such as Excel takes them:
/// within its length and letters, and each only once, case ignored.
pub(super) fn make_unique(grids: &mut [Grid]) {
    let mut sheets: BTreeSet<String> =
        ["omslag", "inhoud", "toelichting", "grafieken"].into_iter().map(str::to_owned).collect();
    let mut tables: BTreeSet<String> = ["inhoud", "toelichting"].into_iter().map(str::to_owned).collect();
    for grid in grids {
        let name: String = grid.sheet.chars().filter(|letter| !"[]:*?/\\".contains(*letter)).collect();
        grid.sheet = once(&mut sheets, name.trim_matches('\''), SHEET_NAME, " ");
        let table: String =
            grid.table.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect();
        grid.table = once(&mut tables, &table, 200, "_");
        let mut headings = BTreeSet::new();
        for column in &mut grid.columns {
            column.heading = once(&mut headings, &column.heading, 255, " ");
        }
    }
}

/// The name, cut to `longest` characters, with a number where it is taken.
fn once(taken: &mut BTreeSet<String>, name: &str, longest: usize, before_number: &str) -> String {
    let cut = |name: &str, longest: usize| name.chars().take(longest).collect::<String>().trim_end().to_owned();
    let mut unique = cut(name, longest);
    let mut number = 1;
    while unique.is_empty() || !taken.insert(unique.to_lowercase()) {
        number += 1;
        let ending = format!("{before_number}{number}");
        unique = cut(name, longest - ending.chars().count()) + &ending;
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_such_as_excel_takes_them() {
        let grid = |sheet: &str| Grid::new(sheet, "most chosen", "", &[("a", "Naam"), ("b", "naam")]);
        let long = "Een naam die langer is dan wat Excel wil";
        let mut grids = [grid("Gebruik"), grid("gebruik"), grid(long), grid(long), grid("Omslag"), grid("a/b")];
        make_unique(&mut grids);
        let sheets: Vec<&str> = grids.iter().map(|grid| grid.sheet.as_str()).collect();
        assert_eq!(
            sheets,
            [
                "Gebruik",
                "gebruik 2",
                "Een naam die langer is dan wat",
                "Een naam die langer is dan wa 2",
                "Omslag 2",
                "ab"
            ]
        );
        assert_eq!((grids[0].table.as_str(), grids[1].table.as_str()), ("most_chosen", "most_chosen_2"));
        assert_eq!(grids[0].columns[1].heading, "naam 2");
    }

    #[test]
    fn an_amount_is_stored_to_the_cent() {
        assert_eq!(Entry::from(&Value::Amount(151_895)), Entry::Number(1518.95, NumberFormat::Euro));
        assert_eq!(Entry::from(&Value::Figure(60.25)), Entry::Number(60.25, NumberFormat::Decimals(1)));
    }
}
