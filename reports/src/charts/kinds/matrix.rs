//! A matrix: counts of things by column.

use peil_warehouse::Result;

use super::both;
use super::parts::{LINE, ink_on, nothing, shade};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, PALE, WHITE, Weight};
use crate::format::number;

/// Counts of things by column, each a figure in a shaded cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Matrix {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows: name and a count for each column; none: blank.
    pub rows: Vec<(String, Vec<Option<i64>>)>,
}

/// How the cells of a matrix stand.
struct Cells {
    layout: Layout,
    names: Vec<Vec<String>>,
    headings: Vec<Vec<String>>,
    upright: bool,
    left: f64,
    wide: f64,
    head: f64,
}

const CELL: f64 = 26.0;

impl Matrix {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let cells = self.rows.iter().flat_map(|(name, counts)| {
            self.columns.iter().zip(counts).filter_map(move |(column, count)| count.map(|count| (name, column, count)))
        });
        let filled = cells.clone().filter(|cell| cell.2 > 0).count();
        let Some((name, column, count)) = cells.max_by_key(|cell| cell.2).filter(|_| filled > 0) else {
            return "Matrix zonder gegevens.".to_owned();
        };
        format!(
            "Matrix van {} rijen en {} kolommen; {filled} cellen zijn ingevuld. Het grootst is {name} met {column}: {}.",
            self.rows.len(),
            self.columns.len(),
            number(count as f64, 0)
        )
    }

    fn cells(&self, layout: Layout) -> Result<Cells> {
        let room = if layout == Layout::Wide { 250.0 } else { layout.width() };
        let names: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|(name, _)| theme::wrap_at_most(name, theme::LABEL, Weight::Regular, room, 3))
            .collect::<Result<_>>()?;
        let mut column = 0.0_f64;
        for line in names.iter().flatten() {
            column = column.max(theme::width(line, theme::LABEL, Weight::Regular)?);
        }
        let left = if layout == Layout::Wide { column.ceil() + 14.0 } else { 0.0 };
        let wide = ((layout.width() - left) / self.columns.len() as f64).min(90.0);
        let wrapped = |text: &String| theme::wrap(text, theme::NOTE, Weight::Regular, (wide - 6.0).max(20.0));
        let mut headings: Vec<Vec<String>> = self.columns.iter().map(wrapped).collect::<Result<_>>()?;
        let broken =
            headings.iter().flatten().any(|line| line.ends_with('-')) || headings.iter().any(|lines| lines.len() > 3);
        let upright = broken || wide < 44.0;
        let mut head = headings.iter().map(Vec::len).max().unwrap_or(1) as f64 * 14.5 + 8.0;
        if upright {
            let one = |text: &String| theme::wrap_at_most(text, theme::NOTE, Weight::Regular, 150.0, 1);
            headings = self.columns.iter().map(one).collect::<Result<_>>()?;
            head = 0.0;
            for line in headings.iter().flatten() {
                head = f64::max(head, theme::width(line, theme::NOTE, Weight::Regular)? + 10.0);
            }
        }
        Ok(Cells { layout, names, headings, upright, left, wide, head })
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.rows.is_empty() || self.columns.is_empty() {
            return nothing(layout);
        }
        let cells = self.cells(layout)?;
        let most = self.rows.iter().flat_map(|row| &row.1).flatten().copied().max().unwrap_or(0);
        let height = cells.head + cells.names.iter().map(|lines| cells.high(lines)).sum::<f64>() + 2.0;
        Canvas::draw(layout, height, |canvas| {
            cells.headings(canvas)?;
            let mut y = cells.head;
            for ((_, counts), lines) in self.rows.iter().zip(&cells.names) {
                let text = lines.len() as f64 * LINE;
                let (text_middle, middle) = match layout {
                    Layout::Wide => (y + cells.high(lines) / 2.0, y + cells.high(lines) / 2.0),
                    Layout::Narrow => (y + 6.0 + text / 2.0, y + 8.0 + text + CELL / 2.0),
                };
                canvas.lines(lines, 0.0, text_middle, Label::plain(Anchor::Start))?;
                for index in 0..self.columns.len() {
                    let count = counts.get(index).copied().flatten();
                    cells.cell(canvas, index, middle, count, most)?;
                }
                y += cells.high(lines);
            }
            Ok(())
        })
    }
}

impl Cells {
    fn high(&self, lines: &[String]) -> f64 {
        let text = lines.len() as f64 * LINE;
        if self.layout == Layout::Wide { text.max(CELL) + 4.0 } else { text + CELL + 12.0 }
    }

    fn headings(&self, canvas: &mut Canvas<'_>) -> Result<()> {
        for (index, lines) in self.headings.iter().enumerate() {
            let middle = self.left + (index as f64 + 0.5) * self.wide;
            if self.upright {
                for line in lines {
                    canvas.text_upward(line, middle, self.head - 6.0, Label::note(Anchor::Start))?;
                }
            } else {
                let center = self.head - 6.0 - lines.len() as f64 * 14.5 / 2.0;
                canvas.lines(lines, middle, center, Label::note(Anchor::Middle))?;
            }
        }
        Ok(())
    }

    fn cell(&self, canvas: &mut Canvas<'_>, index: usize, middle: f64, count: Option<i64>, most: i64) -> Result<()> {
        let left = self.left + index as f64 * self.wide;
        let filling = match count {
            Some(count) if count > 0 && most > 0 => {
                // Counts are many small and few large: the root keeps the small apart.
                let share = (count as f64 / most as f64).sqrt();
                shade((share * 8.0).round() as usize, 9)
            }
            _ => PALE,
        };
        canvas.bar(left + 1.0, middle - CELL / 2.0, self.wide - 2.0, CELL, filling)?;
        let Some(count) = count else { return Ok(()) };
        let ink = if filling == PALE { theme::GREY } else { ink_on(filling) };
        let text = number(count as f64, 0);
        let mut label = Label { colour: ink, ..Label::strong(Anchor::Middle) };
        if theme::width(&text, label.size, label.weight)? > self.wide - 4.0 {
            label = Label { size: theme::NOTE, weight: Weight::Regular, ..label };
        }
        // A figure that is wider than its cell is in the table only.
        if theme::width(&text, label.size, label.weight)? <= self.wide - 1.0 {
            debug_assert!(ink != WHITE || filling != PALE);
            canvas.text(&text, left + self.wide / 2.0, middle, label)?;
        }
        Ok(())
    }
}
