//! A filled-in workbook, checked cell by cell.

mod cells;
mod milestones;
mod numbers;

use std::io::Cursor;

use calamine::{Reader, Xlsx, open_workbook_from_rs};
use peil_warehouse::{Error, Period, Result};

use super::change::Change;
use super::layout::{EXPLANATION, VERSION, YEAR};
use super::mistake::{Mistake, Rule};
use super::register::{Register, StateRow, TargetRow};

use cells::{Sheet, shown};

/// What a workbook holds. Where there is a mistake, nothing of it counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Import {
    /// The year that it was handed out for.
    pub year: Option<i32>,
    /// Whether the register changed since it was handed out.
    pub stale: bool,
    /// Every mistake, by sheet, row and column.
    pub mistakes: Vec<Mistake>,
    /// Every difference with the register.
    pub changes: Vec<Change>,
    /// The rows of `reference/targets` that change.
    pub targets: Vec<((String, Period), TargetRow)>,
    /// The rows of `register/milestones` that change.
    pub states: Vec<((String, Period), StateRow)>,
}

/// Reads a workbook and sets it beside the register.
///
/// # Errors
/// [`Error::Usage`] where the bytes are no XLSX workbook.
pub fn import(register: &Register, workbook: &[u8]) -> Result<Import> {
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(workbook)).map_err(|error| {
        Error::usage(format!("this is no XLSX workbook: {error}\nhint: save it as .xlsx and try again"))
    })?;
    let mut import = Import::default();
    let names = book.sheet_names();
    let mut sheet = |name: &'static str| match names.iter().find(|found| found.trim().eq_ignore_ascii_case(name)) {
        Some(found) => book.worksheet_range(found).ok().map(|range| Sheet::new(name, range)),
        None => None,
    };
    let (explanation, targets, states) =
        (sheet(EXPLANATION), sheet(super::layout::TARGETS), sheet(super::layout::MILESTONES));
    for (name, found) in
        [(EXPLANATION, &explanation), (super::layout::TARGETS, &targets), (super::layout::MILESTONES, &states)]
    {
        if found.is_none() {
            import.mistakes.push(Mistake {
                sheet: name.to_owned(),
                cell: None,
                rule: Rule::MissingSheet,
                found: names.join(", "),
                remedy: format!("put back the sheet `{name}`, or fill in a workbook that was newly exported"),
            });
        }
    }
    let (Some(explanation), Some(targets), Some(states)) = (explanation, targets, states) else {
        return Ok(import);
    };
    let Some(year) = explanation.at(YEAR).and_then(year_of) else {
        let found = explanation.at(YEAR).map(shown).unwrap_or_default();
        import.mistakes.push(explanation.mistake(
            YEAR,
            Rule::BadYear,
            found,
            "give the year for which it was exported, as 2022",
        ));
        return Ok(import);
    };
    import.year = Some(year);
    import.stale = explanation.at(VERSION).map(shown).unwrap_or_default() != register.version;
    numbers::read(register, year, &targets, &mut import);
    milestones::read(register, year, &states, &mut import);
    Ok(import)
}

fn year_of(cell: &calamine::Data) -> Option<i32> {
    let year = match cell {
        calamine::Data::Int(year) => i32::try_from(*year).ok()?,
        calamine::Data::Float(year) if year.fract() == 0.0 => *year as i32,
        calamine::Data::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (1900..=9999).contains(&year).then_some(year)
}
