//! The rule of an indicator in words, for one period.

use chrono::NaiveDate;
use peil_warehouse::Period;

use crate::calendar::{last_of_month, months_ended, window_start};
use crate::indicator::{Declaration, Facts, Shape, Window};

/// What is counted, where and when.
pub(super) fn rule(declared: &Declaration, period: Period, as_of: NaiveDate) -> String {
    let Some(facts) = declared.facts() else {
        return "no number: planned in the periods that the targets mark, with the state that the register gives"
            .into();
    };
    let when = period.peildatum(as_of).map_or_else(
        || format!("; {period} has not begun on {as_of}"),
        |peildatum| format!(" {}", stretch(&facts, period, peildatum, as_of)),
    );
    let filter = declared.filter.as_ref().map(|filter| format!(", where {filter}")).unwrap_or_default();
    let composition = match declared.counts_authorities() {
        true => "; authorities that merged by the peildatum are one",
        false => "",
    };
    match facts.shape {
        Shape::Line => line(declared, &facts, &when, &filter) + composition,
        _ => format!("{} of {}{when}{filter}{composition}", things(declared), declared.dataset),
    }
}

/// What is counted.
fn things(declared: &Declaration) -> String {
    match declared.counts.as_deref() {
        Some("authority") => "distinct authorities".to_owned(),
        Some(column) => format!("distinct {column}"),
        None => "things".to_owned(),
    }
}

fn line(declared: &Declaration, facts: &Facts<'_>, when: &str, filter: &str) -> String {
    match (&declared.measures, &declared.line) {
        (Some(measure), _) => format!(
            "the mean of {measure} of {} over the authorities, each by its latest measurement{when}{filter}",
            declared.dataset
        ),
        (None, line) => format!(
            "distinct authorities of {} with a line in force{when}{filter}; of each authority and {} the latest by {} is in force",
            declared.dataset,
            line.iter().flatten().cloned().collect::<Vec<_>>().join(", "),
            facts.from
        ),
    }
}

/// The days that count.
fn stretch(facts: &Facts<'_>, period: Period, peildatum: NaiveDate, as_of: NaiveDate) -> String {
    let from = facts.from;
    match facts.shape {
        Shape::Line => format!("on or before {peildatum} (by {from})"),
        Shape::Interval => match &facts.indicator.until {
            Some(until) => format!("open on {peildatum}: {from} on or before it, {until} empty or after it"),
            None => format!("since the start, with {from} on or before {peildatum}"),
        },
        Shape::Event(Window::Period) => format!("with {from} from {} to {peildatum}", period.first_day()),
        Shape::Event(Window::Rolling) => {
            format!("with {from} in the twelve months from {} to {peildatum}", window_start(peildatum))
        }
        Shape::Event(Window::Month) => {
            let months = months_ended(period, as_of);
            match (months.first(), months.last()) {
                (Some(first), Some(last)) => format!(
                    "with {from} in a month, as the mean of the {} whole months from {first} to {}",
                    months.len(),
                    last_of_month(*last)
                ),
                _ => format!("with {from} in a month; no month of {period} has ended on {as_of}"),
            }
        }
    }
}
