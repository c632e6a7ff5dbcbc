//! The sheet of baselines and targets.

use std::collections::BTreeMap;

use calamine::Data;
use peil_warehouse::nearest::did_you_mean;

use super::super::change::{Change, Field, Filled, millionths};
use super::super::layout::{NAMING, TargetColumn, target_columns};
use super::super::mistake::{Mistake, Rule};
use super::super::register::{Kind, Register, TargetRow};
use super::Import;
use super::cells::{Sheet, cell_name, shown};
use crate::frames::Indicator;

/// What the register keeps: 18 digits, six of them decimals.
const LARGEST: f64 = 1e12;

/// Reads the sheet into `import`.
pub(super) fn read(register: &Register, year: i32, sheet: &Sheet, import: &mut Import) {
    let targets = target_columns(year);
    let mut wanted: Vec<String> = NAMING.iter().map(|name| (*name).to_owned()).collect();
    wanted.extend(targets.iter().map(|column| column.heading.clone()));
    let found = sheet.columns(&wanted, &mut import.mistakes);
    let Some(code) = found.get(NAMING[0]).copied() else { return };
    let columns: Vec<(u16, &TargetColumn)> =
        targets.iter().filter_map(|column| Some((*found.get(&column.heading)?, column))).collect();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for row in sheet.rows() {
        let id = sheet.text((row, code));
        match row_of(register, sheet, (row, code), &id, &seen) {
            Ok(indicator) => {
                seen.insert(indicator.id.clone(), row);
                for (column, target) in &columns {
                    cell(register, sheet, (row, *column), indicator, target, import);
                }
            }
            Err(mistake) => import.mistakes.push(mistake),
        }
    }
    for indicator in register.numeric().filter(|indicator| !seen.contains_key(&indicator.id)) {
        let remedy = "put back its row, or fill in a workbook that was newly exported";
        import.mistakes.push(sheet.missing_row(format!("{} {}", indicator.id, indicator.label), remedy));
    }
}

/// The indicator that a row speaks of.
fn row_of<'a>(
    register: &'a Register,
    sheet: &Sheet,
    place: (u32, u16),
    id: &str,
    seen: &BTreeMap<String, u32>,
) -> Result<&'a Indicator, Mistake> {
    let wrong = |rule: Rule, remedy: &str| Err(sheet.mistake(place, rule, id.to_owned(), remedy));
    if id.is_empty() {
        return wrong(Rule::MissingValue, "give the code of the indicator, or empty the row");
    }
    let Some(indicator) = register.indicator(id) else {
        let near = did_you_mean(id, register.numeric().map(|indicator| indicator.id.as_str()));
        return wrong(Rule::UnknownIndicator, &format!("give the code of an indicator{near}"));
    };
    if indicator.is_milestone() {
        return wrong(Rule::MilestoneWithNumber, "a milestone has no number: it belongs on the sheet `Mijlpalen`");
    }
    if let Some(first) = seen.get(&indicator.id) {
        return wrong(Rule::DuplicateRow, &format!("{} has it too: keep one row", cell_name(*first, place.1)));
    }
    Ok(indicator)
}

fn cell(
    register: &Register,
    sheet: &Sheet,
    place: (u32, u16),
    indicator: &Indicator,
    target: &TargetColumn,
    import: &mut Import,
) {
    let key = (indicator.id.clone(), target.period);
    let old = register.value(&key, target.kind);
    let new = match sheet.at(place).map(|cell| number(cell).map_err(|wrong| (wrong, shown(cell)))).transpose() {
        Ok(new) => new,
        Err(((rule, remedy), found)) => {
            import.mistakes.push(sheet.mistake(place, rule, found, remedy));
            return;
        }
    };
    if new.map(millionths) == old.map(millionths) {
        return;
    }
    if let (Some(new), true) = (new, register.taken(&key, target.kind)) {
        let (this, other) = match target.kind {
            Kind::Baseline => ("baseline", "target"),
            Kind::Target => ("target", "baseline"),
        };
        let remedy = format!(
            "{} has a {other} for {} already, which a {this} would replace: leave the cell empty",
            indicator.id, target.period
        );
        import.mistakes.push(sheet.mistake(place, Rule::Taken, new.to_string(), &remedy));
        return;
    }
    import.changes.push(Change {
        indicator_id: indicator.id.clone(),
        label_nl: indicator.label.clone(),
        period: target.period,
        field: match target.kind {
            Kind::Baseline => Field::Baseline,
            Kind::Target => Field::Target,
        },
        old: old.map(Filled::Number),
        new: new.map(Filled::Number),
    });
    import.targets.push((key, TargetRow { kind: target.kind, value: new }));
}

/// The number of a cell; else the rule that it breaks, and the remedy.
fn number(cell: &Data) -> Result<f64, (Rule, &'static str)> {
    let value = match cell {
        Data::Int(value) => *value as f64,
        Data::Float(value) => *value,
        Data::String(text)
            if text.trim().parse::<f64>().is_ok() || text.trim().replace(',', ".").parse::<f64>().is_ok() =>
        {
            return Err((
                Rule::NotANumber,
                "this is text that looks like a number: set the cell to a number and type it again",
            ));
        }
        _ => return Err((Rule::NotANumber, "give a number of 0 or more, or nothing")),
    };
    if value < 0.0 {
        return Err((Rule::Negative, "give a number of 0 or more"));
    }
    if !value.is_finite() || value >= LARGEST {
        return Err((Rule::OutOfRange, "give a number of at most twelve digits"));
    }
    // What Excel computes may be off in the sixteenth digit; more than that is
    // a decimal too many.
    let scaled = value * 1e6;
    if (scaled - scaled.round()).abs() > (scaled.abs() * 1e-14).max(1e-4) {
        return Err((Rule::OutOfRange, "give at most six decimals"));
    }
    Ok(millionths(value) as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_never_guessed_at() {
        let rule = |cell: Data| number(&cell).map_err(|(rule, _)| rule);
        assert_eq!(rule(Data::Float(12.5)), Ok(12.5));
        assert_eq!(rule(Data::Int(0)), Ok(0.0));
        assert_eq!(rule(Data::Float(0.1 + 0.2)), Ok(0.3));
        assert_eq!(rule(Data::Float(-1.0)), Err(Rule::Negative));
        assert_eq!(rule(Data::Float(0.123_456_78)), Err(Rule::OutOfRange));
        assert_eq!(rule(Data::Float(1e15)), Err(Rule::OutOfRange));
        assert_eq!(rule(Data::String("140".to_owned())), Err(Rule::NotANumber));
        assert_eq!(rule(Data::String("x".to_owned())), Err(Rule::NotANumber));
        assert_eq!(rule(Data::Bool(true)), Err(Rule::NotANumber));
    }
}
