//! A table as it is printed: its columns, and what stands in each cell.

use peil_warehouse::Result;
use serde::Serialize;

use super::data::{Destinations, Words};
use super::letters::printable;
use super::widths::{self, Wish};
use super::{MOST_ROWS, printed_rows};
use crate::document::{Cell, Column, ColumnKind, Missing, Row, Table, Value};
use crate::format::number;
use crate::frames::State;

/// Width of a sparkline, in points.
const TREND: f64 = 64.0;
/// The mark of a milestone in the published tables.
const PLANNED: &str = "x";
/// Width of the shape of a status with the space after it, in points.
const SHAPE: f64 = 9.5;

/// A table, printed.
#[derive(Debug, Serialize)]
pub(super) struct TableData {
    number: usize,
    caption: String,
    widths: Vec<f64>,
    right: Vec<bool>,
    headings: Vec<String>,
    rows: Vec<RowData>,
    notes: Vec<Words>,
    empty: Option<String>,
    /// Whether its headings may be parted with a hyphen: there is no room for
    /// their longest words.
    tight: bool,
    #[serde(skip)]
    pub(super) sideways: bool,
    #[serde(skip)]
    wishes: Vec<Wish>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum RowData {
    Group { group: String },
    Cells { cells: Vec<CellData>, total: bool },
}

/// A cell: most are a text and no more.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum CellData {
    Plain(String),
    Rich(Rich),
}

#[derive(Debug, Default, Serialize)]
struct Rich {
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trend: Option<Trend>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<String>,
}

#[derive(Debug, Default, Serialize)]
struct Line {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shape: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    small: bool,
    /// Letter of the reason under the table.
    #[serde(skip_serializing_if = "Option::is_none")]
    letter: Option<String>,
}

/// A sparkline: each stretch of known figures as points between 0 and 1, from
/// the lower left corner.
#[derive(Debug, Serialize)]
struct Trend {
    stretches: Vec<Vec<[f64; 2]>>,
    last: Option<[f64; 2]>,
    alternative: String,
}

/// A table as it is printed.
pub(super) fn table(table: &Table, number_in_report: usize, destinations: &mut Destinations) -> Result<TableData> {
    let mut reasons = Reasons::of(table);
    let mut wishes: Vec<Wish> = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let mut wish = Wish::new(column.kind == ColumnKind::Text);
        // A heading may always be broken over lines.
        for word in column.heading.split(' ') {
            wish.line(&printable(word), true, 0.0)?;
        }
        wishes.push(wish);
    }
    let mut rows = Vec::new();
    let mut left = printed_rows(table);
    for row in &table.rows {
        if left == 0 {
            break;
        }
        match row {
            Row::Group(group) => rows.push(RowData::Group { group: printable(group) }),
            Row::Cells(cells) | Row::Total(cells) => {
                left -= 1;
                let total = matches!(row, Row::Total(_));
                let mut printed = Vec::with_capacity(cells.len());
                for (index, (cell, column)) in cells.iter().zip(&table.columns).enumerate() {
                    let data = cell_data(cell, column, &mut reasons, index == 0, destinations);
                    wishes[index].next_row();
                    data.measure(&mut wishes[index], total)?;
                    printed.push(data);
                }
                rows.push(RowData::Cells { cells: printed, total });
            }
        }
    }
    // A group of which no row is printed is not named.
    while matches!(rows.last(), Some(RowData::Group { .. })) {
        rows.pop();
    }
    let columns = widths::share(&wishes);
    Ok(TableData {
        number: number_in_report,
        caption: printable(&table.caption),
        widths: columns.widths,
        right: table.columns.iter().map(|column| is_right(table, column)).collect(),
        headings: table.columns.iter().map(|column| printable(&column.heading)).collect(),
        empty: rows.is_empty().then(|| printable(&table.when_empty)),
        rows,
        notes: notes(table, &reasons, destinations),
        tight: columns.tight,
        sideways: columns.sideways,
        wishes,
    })
}

impl TableData {
    /// Whether it has the columns of another: such tables are read as one.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.headings == other.headings
    }

    /// Lays it out for a page on its side.
    pub(super) fn turn(&mut self) {
        let columns = widths::turned(&self.wishes);
        (self.widths, self.sideways, self.tight) = (columns.widths, columns.sideways, columns.tight);
    }
}

fn notes(table: &Table, reasons: &Reasons, destinations: &Destinations) -> Vec<Words> {
    let mut notes: Vec<Words> = Vec::new();
    let all = table.body().count();
    if all > MOST_ROWS {
        let shown = number(printed_rows(table) as f64, 0);
        let all = number(all as f64, 0);
        notes.push(Words::plain(&format!(
            "De eerste {shown} van {all} rijen; alle rijen staan op de site en in het werkboek."
        )));
    }
    if let Some(legend) = reasons.legend() {
        notes.push(Words::plain(&legend));
    }
    let (mut provisional, mut revised) = (false, false);
    for (_, cells) in table.body() {
        provisional |= cells.iter().any(|cell| cell.provisional);
        revised |= cells.iter().any(|cell| cell.revised);
    }
    match (provisional, revised) {
        (true, true) => notes.push(Words::plain("(v) voorlopig; (h) herzien.")),
        (true, false) => notes.push(Words::plain("(v) voorlopig.")),
        (false, true) => notes.push(Words::plain("(h) herzien.")),
        (false, false) => {}
    }
    notes.extend(table.notes.iter().map(|note| Words::new(note, destinations)));
    notes
}

/// Why values are missing in a table, each with a letter where there is more
/// than one reason.
struct Reasons(Vec<&'static str>);

impl Reasons {
    fn of(table: &Table) -> Self {
        let mut reasons = Vec::new();
        let values = table.body().flat_map(|(_, cells)| cells).filter(|cell| !only_target(cell));
        let targets = table.body().flat_map(|(_, cells)| cells).filter_map(|cell| cell.target.as_ref());
        for reason in values.map(|cell| &cell.value).chain(targets).filter_map(reason) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        Self(reasons)
    }

    fn letter(&mut self, missing: Missing) -> Option<String> {
        let at = self.0.iter().position(|reason| *reason == missing.reason())?;
        let letter = u8::try_from(at).ok().map(|at| char::from(b'a' + at % 26).to_string());
        letter.filter(|_| self.0.len() > 1)
    }

    fn legend(&self) -> Option<String> {
        match self.0.as_slice() {
            [] => None,
            [reason] => Some(format!("– {reason}.")),
            reasons => {
                let told = reasons.iter().zip('a'..).map(|(reason, letter)| format!("({letter}) {reason}"));
                Some(format!("– {}.", told.collect::<Vec<_>>().join("; ")))
            }
        }
    }
}

fn reason(value: &Value) -> Option<&'static str> {
    match value {
        Value::Missing(missing) => Some(missing.reason()),
        _ => None,
    }
}

/// Before a period begins its target stands by itself.
fn only_target(cell: &Cell) -> bool {
    let aimed = cell.target.as_ref().is_some_and(|target| !matches!(target, Value::Missing(_)));
    aimed && cell.value == Value::Missing(Missing::NotBegun)
}

fn cell_data(
    cell: &Cell,
    column: &Column,
    reasons: &mut Reasons,
    first: bool,
    destinations: &mut Destinations,
) -> CellData {
    let mut rich = Rich::default();
    match &cell.value {
        Value::Trend(values) => rich.trend = Some(trend(values)),
        Value::Missing(missing) if !only_target(cell) => {
            let letter = reasons.letter(*missing);
            rich.lines.push(Line { text: cell.shown(), letter, ..Line::default() });
        }
        Value::Missing(_) => {}
        // A column of states says them in words; what is planned is its row.
        Value::Mark(mark, Some(state)) if column.kind == ColumnKind::Text => {
            let text = match mark.as_str() {
                "" | PLANNED => state.word().to_owned(),
                mark => format!("{} ({mark})", state.word()),
            };
            rich.lines.push(Line { text: printable(&text), shape: Some(shape(*state)), ..Line::default() });
        }
        value => rich.lines.extend(lines(value, &cell.shown(), false)),
    }
    if let Some(target) = &cell.target {
        let letter = match target {
            Value::Missing(missing) => reasons.letter(*missing),
            _ => None,
        };
        let text = printable(&format!("doel\u{a0}{}", target.shown()));
        rich.lines.push(Line { text, small: true, letter, ..Line::default() });
    }
    for status in &cell.status {
        // That there is no target is said where the target would stand.
        let said = matches!(status, Value::Status(status) if cell.target.is_some() && status.code() == "no_target");
        if !said {
            rich.lines.extend(lines(
                status,
                &status.shown(),
                column.kind == ColumnKind::Target && cell.target.is_some(),
            ));
        }
    }
    if first && let Some(origin) = &cell.origin {
        rich.anchor = destinations.arrive(origin);
    }
    match rich.lines.as_slice() {
        [line] if line.is_plain() && rich.trend.is_none() && rich.anchor.is_none() => {
            CellData::Plain(line.text.clone())
        }
        _ => CellData::Rich(rich),
    }
}

/// The lines of a value: a status with its shape, the mark of a milestone over
/// its state.
fn lines(value: &Value, shown: &str, small: bool) -> Vec<Line> {
    match value {
        Value::Status(status) => {
            vec![Line { text: shown.to_owned(), shape: Some(status.code()), small, ..Line::default() }]
        }
        Value::Mark(mark, state) => {
            let mut lines = Vec::new();
            if !mark.is_empty() {
                lines.push(Line { text: printable(mark), ..Line::default() });
            }
            if let Some(state) = state {
                let text = state.word().to_owned();
                lines.push(Line { text, shape: Some(shape(*state)), small: true, ..Line::default() });
            }
            lines
        }
        _ => vec![Line { text: printable(shown), ..Line::default() }],
    }
}

const fn shape(state: State) -> &'static str {
    match state {
        State::Done => "achieved",
        State::Underway => "in_progress",
        State::Planned => "planned",
        State::Dropped => "missed",
    }
}

/// Figures to the right; so a column of texts in which only figures stand.
fn is_right(table: &Table, column: &Column) -> bool {
    match column.kind {
        ColumnKind::Number | ColumnKind::Amount | ColumnKind::Target => true,
        ColumnKind::Day | ColumnKind::Trend => false,
        ColumnKind::Text => {
            let at = table.columns.iter().position(|other| other.name == column.name);
            let mut values = table.body().filter_map(|(_, cells)| cells.get(at?)).map(|cell| &cell.value).peekable();
            values.peek().is_some() && values.all(Value::is_numeric)
        }
    }
}

fn trend(values: &[Option<f64>]) -> Trend {
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().fold(0.0_f64, f64::min), known().fold(0.0_f64, f64::max));
    let span = if high > low { high - low } else { 1.0 };
    let steps = values.len().saturating_sub(1).max(1) as f64;
    // Four decimals are finer than a printer; fewer letters for Typst to read.
    let round = |part: f64| (part * 1e4).round() / 1e4;
    let point = |at: usize, value: f64| [round(at as f64 / steps), round((value - low) / span)];
    let mut stretches = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match (value, stretches.last_mut()) {
            (Some(value), Some(stretch)) => stretch.push(point(at, *value)),
            (None, Some(stretch)) if !stretch.is_empty() => stretches.push(Vec::new()),
            _ => {}
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    Trend {
        last: stretches.last().and_then(|stretch| stretch.last()).copied(),
        stretches,
        alternative: format!("Verloop: {}", Value::Trend(values.to_vec()).shown()),
    }
}

impl Line {
    fn is_plain(&self) -> bool {
        self.shape.is_none() && !self.small && self.letter.is_none()
    }
}

impl CellData {
    fn measure(&self, wish: &mut Wish, strong: bool) -> Result<()> {
        match self {
            Self::Plain(text) => wish.line(text, strong, 0.0)?,
            Self::Rich(rich) => {
                if rich.trend.is_some() {
                    wish.fixed(TREND);
                }
                for line in &rich.lines {
                    let beside = if line.shape.is_some() { SHAPE } else { 0.0 };
                    let letter = if line.letter.is_some() { 4.0 } else { 0.0 };
                    wish.line(&line.text, strong, beside + letter)?;
                }
            }
        }
        Ok(())
    }
}
