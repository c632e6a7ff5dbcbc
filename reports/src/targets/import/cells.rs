//! A sheet by its headings and cells.

use std::collections::BTreeMap;

use calamine::{Data, Range};

use super::super::mistake::{Mistake, Rule};

/// A sheet of the workbook.
pub(super) struct Sheet {
    name: &'static str,
    range: Range<Data>,
}

impl Sheet {
    pub(super) fn new(name: &'static str, range: Range<Data>) -> Self {
        Self { name, range }
    }

    /// A cell by row and column from 0; none where it is empty.
    pub(super) fn at(&self, place: (u32, u16)) -> Option<&Data> {
        let cell = self.range.get_value((place.0, u32::from(place.1)))?;
        let blank = matches!(cell, Data::Empty) || matches!(cell, Data::String(text) if text.trim().is_empty());
        if blank { None } else { Some(cell) }
    }

    /// The text of a cell, trimmed; empty where the cell is.
    pub(super) fn text(&self, place: (u32, u16)) -> String {
        self.at(place).map(shown).unwrap_or_default()
    }

    /// The rows under the header that hold anything.
    pub(super) fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        let last = self.range.end().map_or(0, |(row, _)| row);
        (1..=last).filter(|row| (0..self.width()).any(|column| self.at((*row, column)).is_some()))
    }

    fn width(&self) -> u16 {
        self.range.end().and_then(|(_, column)| u16::try_from(column + 1).ok()).unwrap_or(0)
    }

    /// The places of the columns `wanted`, by heading; each that is missing,
    /// there twice or unknown is a mistake.
    pub(super) fn columns(&self, wanted: &[String], mistakes: &mut Vec<Mistake>) -> BTreeMap<String, u16> {
        let mut found: BTreeMap<String, u16> = BTreeMap::new();
        for column in 0..self.width() {
            let heading = self.text((0, column));
            let known = wanted.iter().find(|name| name.to_lowercase() == heading.to_lowercase());
            let Some(known) = known else {
                if self.is_used(column) {
                    mistakes.push(self.unknown_column(column, heading));
                }
                continue;
            };
            if let Some(first) = found.get(known) {
                let remedy = format!("this column stands in {} too: keep one", cell_name(0, *first));
                mistakes.push(self.mistake((0, column), Rule::DuplicateColumn, heading, &remedy));
            } else {
                found.insert(known.clone(), column);
            }
        }
        for name in wanted.iter().filter(|name| !found.contains_key(*name)) {
            mistakes.push(Mistake {
                sheet: self.name.to_owned(),
                cell: None,
                rule: Rule::MissingColumn,
                found: name.clone(),
                remedy: format!("put back the column `{name}`, with its heading in row 1"),
            });
        }
        found
    }

    fn is_used(&self, column: u16) -> bool {
        let last = self.range.end().map_or(0, |(row, _)| row);
        (0..=last).any(|row| self.at((row, column)).is_some())
    }

    /// A column of targets with a period that is none says so.
    fn unknown_column(&self, column: u16, heading: String) -> Mistake {
        let period =
            heading.split_once(' ').filter(|(word, _)| ["doel", "basis"].contains(&word.to_lowercase().as_str()));
        match period.map(|(_, period)| period.parse::<peil_warehouse::Period>()) {
            Some(Err(error)) => self.mistake((0, column), Rule::BadPeriod, heading, &error.to_string()),
            Some(Ok(_)) => {
                let remedy = "this workbook has no such column: export one of that year (--year)";
                self.mistake((0, column), Rule::UnknownColumn, heading, remedy)
            }
            None => self.mistake((0, column), Rule::UnknownColumn, heading, "take away this column"),
        }
    }

    /// A mistake in a cell.
    pub(super) fn mistake(&self, place: (u32, u16), rule: Rule, found: String, remedy: &str) -> Mistake {
        Mistake {
            sheet: self.name.to_owned(),
            cell: Some(cell_name(place.0, place.1)),
            rule,
            found,
            remedy: remedy.to_owned(),
        }
    }

    /// A row that is not there.
    pub(super) fn missing_row(&self, what: String, remedy: &str) -> Mistake {
        Mistake {
            sheet: self.name.to_owned(),
            cell: None,
            rule: Rule::MissingRow,
            found: what,
            remedy: remedy.to_owned(),
        }
    }
}

/// The name of a cell, as `F12`.
pub(super) fn cell_name(row: u32, column: u16) -> String {
    let mut letters = String::new();
    let mut rest = u32::from(column) + 1;
    while rest > 0 {
        let letter = (rest - 1) % 26;
        letters.insert(0, char::from(b'A' + letter as u8));
        rest = (rest - 1) / 26;
    }
    format!("{letters}{}", row + 1)
}

/// What stands in a cell, as a reader sees it.
pub(super) fn shown(cell: &Data) -> String {
    match cell {
        Data::String(text) => text.trim().to_owned(),
        other => other.to_string().trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_named_as_a_reader_finds_them() {
        assert_eq!(
            [(0, 0), (11, 5), (0, 25), (4, 26), (9, 701), (0, 702)].map(|(row, column)| cell_name(row, column)),
            ["A1", "F12", "Z1", "AA5", "ZZ10", "AAA1"]
        );
    }
}
