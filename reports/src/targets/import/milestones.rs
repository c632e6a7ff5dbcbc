//! The sheet of milestones.

use std::collections::{BTreeMap, BTreeSet};

use calamine::Data;
use peil_warehouse::Period;
use peil_warehouse::nearest::did_you_mean;

use super::super::change::{Change, Field, Filled};
use super::super::export::existing;
use super::super::layout::{MARK, MILESTONE_COLUMNS, covers};
use super::super::mistake::{Mistake, Rule};
use super::super::register::{Kind, Register, StateRow, TargetRow};
use super::Import;
use super::cells::{Sheet, cell_name, shown};
use crate::frames::{Indicator, State};

/// What a row gives.
struct Given {
    planned: bool,
    state: Option<State>,
    note: Option<String>,
}

/// The places of the cells of a row.
struct Places {
    id: (u32, u16),
    period: (u32, u16),
    planned: (u32, u16),
    state: (u32, u16),
    note: (u32, u16),
}

/// Reads the sheet into `import`.
pub(super) fn read(register: &Register, year: i32, sheet: &Sheet, import: &mut Import) {
    let wanted = MILESTONE_COLUMNS.map(str::to_owned);
    let found = sheet.columns(&wanted, &mut import.mistakes);
    let column = |name: &str| found.get(name).copied();
    let (Some(id), Some(period), Some(planned), Some(state), Some(note)) =
        (column("Indicator"), column("Periode"), column("Gepland"), column("Stand"), column("Toelichting"))
    else {
        return;
    };
    let mut seen: BTreeMap<(String, Period), u32> = BTreeMap::new();
    // Rows with a mistake in their key: what they stood for is not missing.
    let mut unclear = false;
    for row in sheet.rows() {
        let places = Places {
            id: (row, id),
            period: (row, period),
            planned: (row, planned),
            state: (row, state),
            note: (row, note),
        };
        match key_of(register, year, sheet, &places, &seen) {
            Ok((indicator, period)) => {
                seen.insert((indicator.id.clone(), period), row);
                match given(sheet, &places) {
                    Ok(given) => compare(register, sheet, &places, (indicator, period), given, import),
                    Err(mistakes) => import.mistakes.extend(mistakes),
                }
            }
            Err(mistakes) => {
                unclear = true;
                import.mistakes.extend(mistakes);
            }
        }
    }
    if unclear {
        return;
    }
    for (indicator, period) in existing(register, year) {
        if !seen.contains_key(&(indicator.id.clone(), period)) {
            let remedy = "put back its row; to give it up, set its state to `geschrapt`";
            import.mistakes.push(sheet.missing_row(format!("{} {period}", indicator.id), remedy));
        }
    }
}

/// The milestone and period that a row speaks of.
fn key_of<'a>(
    register: &'a Register,
    year: i32,
    sheet: &Sheet,
    places: &Places,
    seen: &BTreeMap<(String, Period), u32>,
) -> Result<(&'a Indicator, Period), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let mut wrong = |place: (u32, u16), rule: Rule, remedy: &str| {
        mistakes.push(sheet.mistake(place, rule, sheet.text(place), remedy));
    };
    let id = sheet.text(places.id);
    let indicator = match register.indicator(&id) {
        _ if id.is_empty() => {
            wrong(places.id, Rule::MissingValue, "give the code of the milestone, or empty the row");
            None
        }
        None => {
            let near = did_you_mean(&id, register.milestones().map(|indicator| indicator.id.as_str()));
            wrong(places.id, Rule::UnknownIndicator, &format!("give the code of a milestone{near}"));
            None
        }
        Some(indicator) if !indicator.is_milestone() => {
            wrong(places.id, Rule::NoMilestone, "an indicator with numbers belongs on the sheet `Doelen`");
            None
        }
        known => known,
    };
    let text = sheet.text(places.period);
    let period = match text.parse::<Period>() {
        _ if text.is_empty() => {
            wrong(places.period, Rule::MissingValue, "give the period, as 2022Q1");
            None
        }
        Err(_) => {
            wrong(places.period, Rule::BadPeriod, "give a quarter (2022Q1), a semester (2022S1) or a year (2022)");
            None
        }
        Ok(period) if !covers(year, period) => {
            let remedy = format!("this workbook speaks of {} to {}", year - 1, year + 2);
            wrong(places.period, Rule::BadPeriod, &remedy);
            None
        }
        Ok(period) => Some(period),
    };
    if let (Some(indicator), Some(period)) = (indicator, period) {
        match seen.get(&(indicator.id.clone(), period)) {
            None => return Ok((indicator, period)),
            Some(first) => {
                let remedy =
                    format!("{} has this milestone and period too: keep one row", cell_name(*first, places.id.1));
                wrong(places.id, Rule::DuplicateRow, &remedy);
            }
        }
    }
    Err(mistakes)
}

/// What a row gives, checked by itself.
fn given(sheet: &Sheet, places: &Places) -> Result<Given, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    let planned = match sheet.at(places.planned) {
        None => false,
        Some(Data::String(text)) if text.trim().eq_ignore_ascii_case(MARK) => true,
        Some(other) => {
            let remedy = match other {
                Data::Int(_) | Data::Float(_) => "a milestone has no number: give `x` where it is planned, or nothing",
                _ => "give `x` where it is planned, or nothing",
            };
            mistakes.push(sheet.mistake(places.planned, Rule::BadMark, shown(other), remedy));
            false
        }
    };
    let word = sheet.text(places.state);
    let state = State::of_word(&word.to_lowercase());
    if state.is_none() && !word.is_empty() {
        let near = did_you_mean(&word, State::ALL.map(State::word));
        let remedy = format!("give gepland, lopend, gerealiseerd or geschrapt{near}");
        mistakes.push(sheet.mistake(places.state, Rule::BadState, word, &remedy));
    }
    let note = Some(sheet.text(places.note)).filter(|note| !note.is_empty());
    if mistakes.is_empty() { Ok(Given { planned, state, note }) } else { Err(mistakes) }
}

/// Sets a row beside the register.
fn compare(
    register: &Register,
    sheet: &Sheet,
    places: &Places,
    (indicator, period): (&Indicator, Period),
    given: Given,
    import: &mut Import,
) {
    let key = (indicator.id.clone(), period);
    let was_planned = register.targets.contains_key(&key);
    let was = register.states.get(&key);
    let mut wrong = |place: (u32, u16), rule: Rule, remedy: &str| {
        import.mistakes.push(sheet.mistake(place, rule, sheet.text(place), remedy));
    };
    if was_planned && !given.planned {
        wrong(
            places.planned,
            Rule::CannotRemove,
            "what is planned stays planned: put back the x, and set the state to `geschrapt`",
        );
        return;
    }
    let Some(state) = given.state else {
        if was.is_some() {
            wrong(places.state, Rule::CannotRemove, "a state cannot be taken away: give another, as `geschrapt`");
        } else if given.note.is_some() {
            wrong(places.state, Rule::MissingValue, "a note needs a state beside it");
        } else if !given.planned {
            wrong(places.planned, Rule::MissingValue, "give an `x` or a state, or empty the row");
        } else {
            plan(was_planned, indicator, key, import);
        }
        return;
    };
    if given.planned {
        plan(was_planned, indicator, key.clone(), import);
    }
    let new = StateRow { state, note: given.note };
    if was == Some(&new) {
        return;
    }
    let text = |text: &str| Filled::Text(text.to_owned());
    let old_note = was.and_then(|was| was.note.as_deref());
    let mut fields = BTreeSet::new();
    if was.map(|was| was.state) != Some(state) {
        fields.insert((Field::State, was.map(|was| was.state.word()), Some(state.word())));
    }
    if old_note != new.note.as_deref() {
        fields.insert((Field::Note, old_note, new.note.as_deref()));
    }
    for (field, old, new) in fields {
        import.changes.push(change(indicator, period, field, old.map(text), new.map(text)));
    }
    import.states.push((key, new));
}

/// A mark that is new.
fn plan(was_planned: bool, indicator: &Indicator, key: (String, Period), import: &mut Import) {
    if !was_planned {
        let mark = Some(Filled::Text(MARK.to_owned()));
        import.changes.push(change(indicator, key.1, Field::Planned, None, mark));
        import.targets.push((key, TargetRow { kind: Kind::Target, value: None }));
    }
}

fn change(indicator: &Indicator, period: Period, field: Field, old: Option<Filled>, new: Option<Filled>) -> Change {
    Change { indicator_id: indicator.id.clone(), label_nl: indicator.label.clone(), period, field, old, new }
}
