//! A heat map: levels of many things by column.

use peil_warehouse::Result;

use super::parts::{Key, Sign, nothing, shade};
use super::{both, or};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, GREY, PALE, WHITE, Weight};
use crate::words;

/// Levels of many things by column. Up to sixty rows stand with their names;
/// more are stripes under the names of their groups.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatMap {
    /// The columns.
    pub columns: Vec<String>,
    /// The rows, those of a group together.
    pub rows: Vec<HeatRow>,
    /// What each level is called, lowest first, with its level, from 1.
    pub steps: Vec<(String, usize)>,
    /// What no level is called. Empty: `geen gegevens`.
    pub without: String,
    /// Under the heading of each column, as `41`. May be empty.
    pub totals: Vec<String>,
}

/// A row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HeatRow {
    /// What it is of.
    pub label: String,
    /// The group it stands in, as its province. May be empty.
    pub group: String,
    /// A level for each column; none or 0: blank.
    pub levels: Vec<Option<usize>>,
}

/// Rows with a name each, at most.
const NAMED: usize = 60;
/// Height of all stripes together.
const STRIPES: f64 = 840.0;
/// Narrowest column: a heading that reads upward stands over it.
const COLUMN: f64 = 15.0;
/// Widest column.
const WIDEST: f64 = 64.0;

/// A part of a heat map that is drawn by itself: on a narrow drawing the
/// columns are set under each other in as many parts as they need.
struct Part {
    columns: std::ops::Range<usize>,
    top: f64,
    head: f64,
}

impl HeatMap {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let highest = self.steps.iter().max_by_key(|step| step.1);
        let (Some((word, level)), false) = (highest, self.rows.is_empty() || self.columns.is_empty()) else {
            return "Warmtekaart zonder gegevens.".to_owned();
        };
        let counts: Vec<usize> = (0..self.columns.len())
            .map(|column| self.rows.iter().filter(|row| row.level(column) == *level).count())
            .collect();
        let most = (0..counts.len()).max_by_key(|index| (counts[*index], usize::MAX - index)).unwrap_or(0);
        let least = (0..counts.len()).min_by_key(|index| (counts[*index], *index)).unwrap_or(0);
        format!(
            "Warmtekaart van {} en {} kolommen. Het vaakst ‘{word}’: {} ({}); het minst: {} ({}).",
            words::rows(self.rows.len()),
            self.columns.len(),
            self.columns[most],
            words::rows(counts[most]),
            self.columns[least],
            words::rows(counts[least])
        )
    }

    fn named(&self) -> bool {
        self.rows.len() <= NAMED
    }

    fn row_height(&self) -> f64 {
        if self.named() { 18.0 } else { (STRIPES / self.rows.len() as f64).clamp(1.0, 10.0) }
    }

    fn key(&self, width: f64) -> Result<Key> {
        let count = self.steps.len();
        let mut items: Vec<(Sign, String)> = self
            .steps
            .iter()
            .enumerate()
            .rev()
            .map(|(index, step)| {
                (Sign::Level(shade(index + 1, count + 1), (index + 1) as f64 / count as f64), step.0.clone())
            })
            .collect();
        items.push((Sign::Level(PALE, 1.0), or(&self.without, "geen gegevens")));
        Key::new(items, width)
    }

    /// The groups with their rows, in order.
    fn groups(&self) -> Vec<(&str, std::ops::Range<usize>)> {
        let mut groups: Vec<(&str, std::ops::Range<usize>)> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            match groups.last_mut() {
                Some((name, range)) if *name == row.group => range.end = index + 1,
                _ => groups.push((&row.group, index..index + 1)),
            }
        }
        groups
    }

    fn names(&self, layout: Layout) -> Result<(Vec<String>, f64)> {
        let room = if layout == Layout::Wide { 190.0 } else { 118.0 };
        let texts: Vec<&str> = if self.named() {
            self.rows.iter().map(|row| row.label.as_str()).collect()
        } else {
            self.groups().iter().map(|(name, _)| *name).collect()
        };
        let mut width = 0.0_f64;
        let mut names = Vec::new();
        for text in texts {
            let line = theme::wrap_at_most(text, theme::NOTE, Weight::Regular, room, 1)?.swap_remove(0);
            width = width.max(theme::width(&line, theme::NOTE, Weight::Regular)?);
            names.push(line);
        }
        Ok((names, width))
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.rows.is_empty() || self.columns.is_empty() {
            return nothing(layout);
        }
        let key = self.key(layout.width())?;
        let (names, width) = self.names(layout)?;
        let left = if width > 0.0 { width.ceil() + 10.0 } else { 0.0 };
        let fit = (((layout.width() - left) / COLUMN).floor() as usize).max(1);
        let count = self.columns.len().div_ceil(fit);
        let columns = self.columns.len().div_ceil(count);
        let wide = ((layout.width() - left) / columns as f64).min(WIDEST);
        let headings: Vec<String> = self
            .columns
            .iter()
            .map(|text| Ok(theme::wrap_at_most(text, theme::NOTE, Weight::Regular, 190.0, 1)?.swap_remove(0)))
            .collect::<Result<_>>()?;
        let body = self.body_height();
        let mut y = key.height();
        let mut parts = Vec::new();
        for start in (0..self.columns.len()).step_by(columns) {
            let range = start..(start + columns).min(self.columns.len());
            let mut head = 0.0_f64;
            for text in &headings[range.clone()] {
                head = head.max(theme::width(text, theme::NOTE, Weight::Regular)? + 8.0);
            }
            if self.totals_fit(wide)? {
                head += 18.0;
            }
            parts.push(Part { columns: range, top: y, head });
            y += head + body + 20.0;
        }
        let totals = self.totals_fit(wide)?;
        Canvas::draw(layout, y - 14.0, |canvas| {
            key.draw(canvas, 0.0)?;
            for part in &parts {
                self.part(canvas, part, left, wide, &names, &headings, totals)?;
            }
            Ok(())
        })
    }

    fn totals_fit(&self, wide: f64) -> Result<bool> {
        let mut most = 0.0_f64;
        for text in &self.totals {
            most = most.max(theme::width(text, theme::NOTE, Weight::SemiBold)?);
        }
        Ok(!self.totals.is_empty() && most <= wide - 2.0)
    }

    fn body_height(&self) -> f64 {
        let gaps = if self.named() { 0 } else { self.groups().len() - 1 };
        self.rows.len() as f64 * self.row_height() + gaps as f64 * self.group_gap()
    }

    fn group_gap(&self) -> f64 {
        if self.named() { 0.0 } else { 14.0 }
    }

    #[expect(clippy::too_many_arguments, reason = "measures of one drawing, made together")]
    fn part(
        &self,
        canvas: &mut Canvas<'_>,
        part: &Part,
        left: f64,
        wide: f64,
        names: &[String],
        headings: &[String],
        totals: bool,
    ) -> Result<()> {
        let body = part.top + part.head;
        let high = self.row_height();
        for (place, column) in part.columns.clone().enumerate() {
            let middle = left + (place as f64 + 0.5) * wide;
            let foot = body - if totals { 24.0 } else { 6.0 };
            canvas.text_upward(&headings[column], middle, foot, Label::note(Anchor::Start))?;
            if let Some(total) = self.totals.get(column).filter(|_| totals) {
                let label = Label { size: theme::NOTE, ..Label::strong(Anchor::Middle) };
                canvas.text(total, middle, body - 12.0, label)?;
            }
        }
        let right = left + part.columns.len() as f64 * wide;
        let mut y = body;
        for (group, (_, rows)) in self.groups().into_iter().enumerate() {
            let bottom = y + rows.len() as f64 * high;
            canvas.bar(left, y, right - left, bottom - y, PALE)?;
            self.levels(canvas, part, left, wide, y, rows.clone())?;
            let mut x = left;
            while x <= right + 0.1 {
                canvas.path(&[(x, y), (x, bottom)], 1.2, WHITE)?;
                x += wide;
            }
            if self.named() {
                for (index, row) in rows.clone().enumerate() {
                    let top = y + index as f64 * high;
                    canvas.path(&[(left, top), (right, top)], 1.2, WHITE)?;
                    canvas.text(
                        &names[row],
                        left - 8.0,
                        top + high / 2.0,
                        Label { colour: theme::INK, ..Label::note(Anchor::End) },
                    )?;
                }
            } else if !names[group].is_empty() {
                let middle = f64::midpoint(y, bottom);
                canvas.text(&names[group], left - 8.0, middle, Label { colour: GREY, ..Label::note(Anchor::End) })?;
            }
            y = bottom + self.group_gap();
        }
        Ok(())
    }

    /// The levels of some rows; cells of one level above each other are one bar.
    fn levels(
        &self,
        canvas: &mut Canvas<'_>,
        part: &Part,
        left: f64,
        wide: f64,
        top: f64,
        rows: std::ops::Range<usize>,
    ) -> Result<()> {
        let (count, high) = (self.steps.len(), self.row_height());
        for (index, (_, level)) in self.steps.iter().enumerate() {
            let share = (index + 1) as f64 / count as f64;
            for (place, column) in part.columns.clone().enumerate() {
                let mut from = rows.start;
                while from < rows.end {
                    let run = self.rows[from..rows.end].iter().take_while(|row| row.level(column) == *level).count();
                    if run > 0 {
                        let y = top + (from - rows.start) as f64 * high;
                        let x = left + place as f64 * wide;
                        canvas.bar(x, y, wide * share, run as f64 * high, shade(index + 1, count + 1))?;
                    }
                    from += run.max(1);
                }
            }
        }
        Ok(())
    }
}

impl HeatRow {
    fn level(&self, column: usize) -> usize {
        self.levels.get(column).copied().flatten().unwrap_or(0)
    }
}
