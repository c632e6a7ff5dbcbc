//! Figures beside those of the period before, as sections 4 to 9 show them.

use super::parts::{number_column, table};
use crate::document::{Cell, Column, Missing, Origin, Row, Span, Table, Text, Value};
use crate::format::capital;
use crate::frames::{Moments, Report};

/// A whole number.
pub(super) const fn count(value: i64) -> Cell {
    Cell::new(Value::Integer(value))
}

/// A number of things.
pub(super) fn amount_of(value: usize) -> Value {
    Value::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// The difference with the period before; a blank where nothing is known of it.
pub(super) fn change(now: i64, before: Option<i64>) -> Cell {
    Cell::new(Value::integer_or(before.map(|before| now - before), Missing::NoData))
}

/// The heading of a column of such differences.
pub(super) fn change_column(name: &str, moments: &Moments) -> Column {
    number_column(name, format!("Verschil met {}", moments.before_heading()))
}

/// A text, or a blank.
pub(super) fn text_or(text: Option<&String>) -> Cell {
    text.map_or(Cell::new(Value::Missing(Missing::NoData)), Cell::text)
}

/// A figure in a sentence, with the mart that it comes from.
pub(super) fn integer(value: i64, mart: &'static str) -> Span {
    Span::Figure(Value::Integer(value), Some(Origin::Mart(mart)))
}

/// The same for a number of things.
pub(super) fn number_of(value: usize, mart: &'static str) -> Span {
    Span::Figure(amount_of(value), Some(Origin::Mart(mart)))
}

/// Words of a sentence.
pub(super) fn words(text: impl Into<String>) -> Span {
    Span::Words(text.into())
}

/// More or fewer than before, as words and a figure: `, 3 meer dan in het
/// vorige semester`. `at` leads in the moment: `in`, `op het einde van`.
pub(super) fn against(now: i64, before: Option<i64>, at: &str, moments: &Moments, mart: &'static str) -> Vec<Span> {
    let Some(before) = before else { return Vec::new() };
    let then = format!("{at} {}", moments.before_words());
    match now - before {
        0 => vec![words(format!(", evenveel als {then}"))],
        change if change > 0 => {
            vec![words(", "), integer(change, mart), words(format!(" meer dan {then}"))]
        }
        change => vec![words(", "), integer(-change, mart), words(format!(" minder dan {then}"))],
    }
}

/// What is said where nothing is known of the period before.
pub(super) fn nothing_before(moments: &Moments) -> String {
    format!(
        "Over het einde van {} zijn er geen gegevens; verschillen kunnen daarom niet getoond worden.",
        moments.before_words()
    )
}

/// One form of a word for one, another for any other number.
pub(super) fn one_or_more<'a>(number: i64, one: &'a str, more: &'a str) -> &'a str {
    if number == 1 { one } else { more }
}

/// A table of a mart with rows of cells.
pub(super) fn filled(
    name: &str,
    caption: String,
    columns: Vec<Column>,
    rows: impl IntoIterator<Item = Vec<Cell>>,
    mart: &'static str,
) -> Table {
    Table {
        rows: rows.into_iter().map(Row::Cells).collect(),
        mart: Some(mart),
        when_empty: "Er zijn geen gegevens.".to_owned(),
        ..table(name, caption, columns)
    }
}

/// What stands under a table of figures that move: what they are set beside.
pub(super) fn standing_note(report: &Report) -> Text {
    let moments = &report.moments;
    Text::words(format!(
        "{} op {}; het verschil is met het einde van {}.",
        capital("stand"),
        crate::format::long_day(moments.until),
        moments.before_words()
    ))
}
