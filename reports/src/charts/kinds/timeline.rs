//! A timeline: milestones by period.

use peil_warehouse::Result;

use super::both;
use super::parts::{Rows, nothing};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, GRID, LIGHT, ORANGE, PALE, WHITE, Weight};

use crate::frames::State;

/// Milestones by period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// The milestones, from top to bottom.
    pub rows: Vec<TimelineRow>,
    /// The periods, in order, as `2022Q1`.
    pub periods: Vec<String>,
    /// The index of the period of the report: its column stands out.
    pub now: Option<usize>,
}

/// A milestone.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimelineRow {
    /// What it is.
    pub label: String,
    /// Its marks: index of the period, whether it is planned there, its state.
    pub marks: Vec<(usize, bool, Option<State>)>,
}

const SIZE: f64 = 8.0;

impl Timeline {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let marks = || self.rows.iter().flat_map(|row| &row.marks);
        let planned = marks().filter(|mark| mark.1).count();
        let states: Vec<String> = State::ALL
            .into_iter()
            .map(|state| (state, marks().filter(|mark| mark.2 == Some(state)).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(state, count)| format!("{} {count}", state.word()))
            .collect();
        let states = if states.is_empty() { String::new() } else { format!(" Stand: {}.", states.join(", ")) };
        match (self.periods.first(), self.periods.last(), self.rows.len()) {
            (Some(first), Some(last), rows) if rows > 0 => format!(
                "Tijdlijn van {rows} {} van {first} tot {last}, met {planned} geplande momenten.{states}",
                if rows == 1 { "mijlpaal" } else { "mijlpalen" }
            ),
            _ => "Tijdlijn zonder gegevens.".to_owned(),
        }
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.rows.is_empty() || self.periods.is_empty() {
            return nothing(layout);
        }
        let key = [None, Some(State::Done), Some(State::Underway), Some(State::Planned), Some(State::Dropped)];
        let mut places = Vec::new();
        let (mut x, mut y) = (0.0, 12.0);
        for state in key {
            let text = state.map_or("gepland in de tabel", State::word);
            let width = theme::width(text, theme::NOTE, Weight::Regular)? + 24.0;
            if x + width > layout.width() {
                (x, y) = (0.0, y + 22.0);
            }
            places.push((state, text, x, y));
            x += width + 18.0;
        }
        let head = y + 18.0;
        let top = head + 38.0;
        let texts: Vec<(&str, &str)> = self.rows.iter().map(|row| (row.label.as_str(), "")).collect();
        let rows = Rows::new(layout, &texts, 20.0, 10.0, top)?;
        let slot = (layout.width() - rows.left) / self.periods.len() as f64;
        let at = |index: usize| rows.left + (index as f64 + 0.5) * slot;
        Canvas::draw(layout, rows.bottom + 4.0, |canvas| {
            if let Some(now) = self.now.filter(|now| *now < self.periods.len()) {
                canvas.bar(at(now) - slot / 2.0, head, slot, rows.bottom - head, PALE)?;
            }
            for (state, text, x, y) in &places {
                mark(canvas, (x + SIZE, *y), state.is_none(), *state)?;
                canvas.text(text, x + 22.0, *y, Label::note(Anchor::Start))?;
            }
            self.heads(canvas, head, rows.left, slot)?;
            for (index, row) in self.rows.iter().enumerate() {
                let middle = rows.middle(index);
                canvas.path(&[(rows.left, middle), (layout.width(), middle)], 0.8, GRID)?;
                match layout {
                    Layout::Wide => rows.name(canvas, index, Weight::Regular)?,
                    Layout::Narrow => rows.name(canvas, index, Weight::Regular)?,
                }
                for (period, planned, state) in row.marks.iter().filter(|mark| mark.0 < self.periods.len()) {
                    mark(canvas, (at(*period), middle), *planned, *state)?;
                }
            }
            Ok(())
        })
    }

    /// The periods, with their year where a new one begins.
    fn heads(&self, canvas: &mut Canvas<'_>, top: f64, left: f64, slot: f64) -> Result<()> {
        let note = Label::note(Anchor::Middle);
        let (mut year_end, mut mark_end, mut before) = (f64::MIN, f64::MIN, "");
        for (index, period) in self.periods.iter().enumerate() {
            let (year, mark) = period.split_at_checked(4).unwrap_or((period, ""));
            let mark = mark.trim_start_matches('-');
            let middle = left + (index as f64 + 0.5) * slot;
            if year != before {
                before = year;
                let width = theme::width(year, note.size, Weight::SemiBold)?;
                let start = (middle - width / 2.0).max(0.0);
                if start > year_end + 4.0 {
                    let label = Label { weight: Weight::SemiBold, anchor: Anchor::Start, ..note };
                    canvas.text(year, start, top + 9.0, label)?;
                    year_end = start + width;
                }
                if index > 0 {
                    canvas.path(&[(middle - slot / 2.0, top), (middle - slot / 2.0, top + 34.0)], 0.8, GRID)?;
                }
            }
            let width = theme::width(mark, note.size, note.weight)?;
            if !mark.is_empty() && middle - width / 2.0 > mark_end + 3.0 {
                canvas.text(mark, middle, top + 26.0, note)?;
                mark_end = middle + width / 2.0;
            }
        }
        Ok(())
    }
}

/// A square where it is planned; in it the state, as a shape of its own.
fn mark(canvas: &mut Canvas<'_>, (x, y): (f64, f64), planned: bool, state: Option<State>) -> Result<()> {
    if planned {
        let place = [x - SIZE - 1.0, y - SIZE - 1.0, 2.0 * SIZE + 2.0, 2.0 * SIZE + 2.0];
        canvas.bar(place[0], place[1], place[2], place[3], LIGHT)?;
        canvas.outline(place, 0.8, GREY)?;
    }
    match state {
        None => Ok(()),
        Some(State::Done) => {
            canvas.dot((x, y), 7.0, BLUE)?;
            canvas.path(&[(x - 3.2, y + 0.2), (x - 0.9, y + 2.8), (x + 3.4, y - 2.6)], 1.7, WHITE)
        }
        Some(State::Underway) => {
            canvas.ring((x, y), 7.0, 1.6, BLUE)?;
            let half = (0..=12).map(|step| f64::from(step) * std::f64::consts::PI / 12.0 + std::f64::consts::FRAC_PI_2);
            let points: Vec<(f64, f64)> = half.map(|angle| (x + 6.0 * angle.cos(), y + 6.0 * angle.sin())).collect();
            canvas.polygon(&points, BLUE)
        }
        Some(State::Planned) => canvas.ring((x, y), 7.0, 1.6, BLUE),
        Some(State::Dropped) => {
            canvas.path(&[(x - 5.0, y - 5.0), (x + 5.0, y + 5.0)], 2.4, ORANGE)?;
            canvas.path(&[(x - 5.0, y + 5.0), (x + 5.0, y - 5.0)], 2.4, ORANGE)
        }
    }
}
