//! The spread of figures, by group, a panel for each figure: from p10 to p90,
//! p25 to p75, and the median.

use peil_warehouse::Result;

use super::both;
use super::parts::{Key, Scale, Sign, baseline, grid, nothing, widest};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, LIGHT, Weight};
use crate::format::number;

/// The spread of figures, by group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Distribution {
    /// The panels, row by row.
    pub panels: Vec<DistributionPanel>,
    /// Of what the panels are.
    pub scale: Measured,
}

/// How the panels of a [`Distribution`] are measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Measured {
    /// All alike: on one scale, from zero.
    #[default]
    Alike,
    /// Each on a scale of its own, of which each line is ten times the one
    /// before it: groups of very different sizes can all be read.
    Tenfold,
}

/// A figure.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistributionPanel {
    /// What it is of, with its unit.
    pub title: String,
    /// Decimals of the figures.
    pub decimals: u32,
    /// The groups, from top to bottom; the same in every panel.
    pub rows: Vec<DistributionRow>,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DistributionRow {
    /// The group.
    pub label: String,
    /// A tenth lies below it.
    pub p10: f64,
    /// A quarter lies below it.
    pub p25: f64,
    /// Half lies below it.
    pub median: f64,
    /// A quarter lies above it.
    pub p75: f64,
    /// A tenth lies above it.
    pub p90: f64,
    /// Not shown: too few.
    pub suppressed: bool,
}

const ROW: f64 = 22.0;
/// From the titles of the panels to their first row: room for the scale.
const SCALE: f64 = 26.0;
const LINE: f64 = 15.0;
const GAP: f64 = 20.0;

impl Distribution {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        if self.panels.is_empty() {
            return "Spreidingsdiagram zonder gegevens.".to_owned();
        }
        self.panels.iter().map(DistributionPanel::describe).collect::<Vec<_>>().join(" ")
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.panels.iter().all(|panel| panel.rows.is_empty()) {
            return nothing(layout);
        }
        let key = Key::new(
            vec![
                (Sign::Median, "mediaan".to_owned()),
                (Sign::Box, "middelste helft (p25 tot p75)".to_owned()),
                (Sign::Line(GREY), "middelste 80\u{a0}% (p10 tot p90)".to_owned()),
            ],
            layout.width(),
        )?;
        let across = if layout == Layout::Wide { self.panels.len().clamp(1, 3) } else { 1 };
        let texts = self.panels.iter().flat_map(|panel| &panel.rows).map(|row| row.label.as_str());
        let names = widest(texts, theme::NOTE, Weight::Regular)?.min(180.0) + 10.0;
        let room = (layout.width() - names - GAP * (across as f64 - 1.0)) / across as f64;
        let of_panel = |panel: &DistributionPanel| {
            let room = if layout == Layout::Wide { room } else { layout.width() };
            theme::wrap_at_most(&panel.title, theme::LABEL, Weight::SemiBold, room, 2)
        };
        let titles: Vec<Vec<String>> = self.panels.iter().map(of_panel).collect::<Result<_>>()?;
        let mut tops = Vec::new();
        let mut y = key.height() + 6.0;
        for (panels, titles) in self.panels.chunks(across).zip(titles.chunks(across)) {
            let title = titles.iter().map(Vec::len).max().unwrap_or(1) as f64 * LINE;
            let rows = panels.iter().map(|panel| panel.rows.len()).max().unwrap_or(0) as f64 * ROW;
            tops.push(y + title);
            y += title + SCALE + rows + GAP;
        }
        let largest = self.panels.iter().flat_map(DistributionPanel::ends).fold(0.0, f64::max);
        let largest = (self.scale == Measured::Alike).then_some(largest);
        Canvas::draw(layout, y - GAP + 6.0, |canvas| {
            key.draw(canvas, 0.0)?;
            for (index, panel) in self.panels.iter().enumerate() {
                let (row, column) = (index / across, index % across);
                let left = names + column as f64 * (room + GAP);
                let foot = tops[row];
                let title = if layout == Layout::Wide { left } else { 0.0 };
                let middle = foot - titles[index].len() as f64 * LINE / 2.0;
                canvas.lines(&titles[index], title, middle, Label { size: 12.5, ..Label::strong(Anchor::Start) })?;
                if column == 0 {
                    panel.names(canvas, foot + SCALE, names - 10.0)?;
                }
                panel.picture(canvas, largest, [left, left + room], foot + SCALE)?;
            }
            Ok(())
        })
    }
}

impl DistributionPanel {
    fn shown(&self) -> impl Iterator<Item = &DistributionRow> {
        self.rows.iter().filter(|row| !row.suppressed)
    }

    fn ends(&self) -> impl Iterator<Item = f64> {
        self.shown().flat_map(|row| [row.p10, row.p90])
    }

    fn text(&self, value: f64) -> String {
        number(value, self.decimals)
    }

    fn describe(&self) -> String {
        let by_median = |one: &&DistributionRow, other: &&DistributionRow| one.median.total_cmp(&other.median);
        let hidden = match self.rows.iter().filter(|row| row.suppressed).count() {
            0 => String::new(),
            1 => "; één groep is te klein om te tonen".to_owned(),
            count => format!("; {count} groepen zijn te klein om te tonen"),
        };
        match (self.shown().max_by(by_median), self.shown().min_by(by_median)) {
            (Some(most), Some(least)) if most.label != least.label => format!(
                "{}: de hoogste mediaan heeft {} ({}), de laagste {} ({}){hidden}.",
                self.title,
                most.label,
                self.text(most.median),
                least.label,
                self.text(least.median)
            ),
            (Some(only), _) => format!("{}: mediaan {} ({}){hidden}.", self.title, self.text(only.median), only.label),
            _ => format!("{}: geen gegevens{hidden}.", self.title),
        }
    }

    fn names(&self, canvas: &mut Canvas<'_>, top: f64, room: f64) -> Result<()> {
        for (index, row) in self.rows.iter().enumerate() {
            let name = theme::wrap_at_most(&row.label, theme::NOTE, Weight::Regular, room, 1)?.swap_remove(0);
            let label = Label { colour: theme::INK, ..Label::note(Anchor::Start) };
            canvas.text(&name, 0.0, top + (index as f64 + 0.5) * ROW, label)?;
        }
        Ok(())
    }

    /// The largest power of ten that no figure is below, as its exponent;
    /// what is zero stands on it.
    fn power(&self) -> i32 {
        let smallest = self.ends().filter(|value| *value > 0.0).fold(f64::MAX, f64::min);
        if smallest < f64::MAX { smallest.log10().floor().clamp(-3.0, 15.0) as i32 } else { 0 }
    }

    /// The medians stand right of the marks, where their column is. `largest`
    /// is of all panels, where they stand on one scale.
    fn picture(&self, canvas: &mut Canvas<'_>, largest: Option<f64>, [left, right]: [f64; 2], top: f64) -> Result<()> {
        let medians: Vec<String> = self.rows.iter().map(|row| self.text(row.median)).collect();
        let figures = widest(medians.iter().map(String::as_str), theme::NOTE, Weight::SemiBold)?;
        let (end, bottom) = (right - figures - 8.0, top + self.rows.len() as f64 * ROW);
        let power = self.power();
        let scale = if largest.is_some() {
            Scale::over(self.ends().chain(largest), left, end)
        } else {
            let most = self.ends().fold(0.0, f64::max).log10();
            Scale { from: f64::from(power), to: most.max(f64::from(power) + 1.0), start: left, end }
        };
        let at = |value: f64| match largest {
            Some(_) => scale.at(value),
            None => scale.at(value.max(10_f64.powi(power)).log10()),
        };
        if largest.is_some() {
            grid(canvas, scale, &scale.ticks(4), "", [top, bottom], right)?;
            baseline(canvas, scale.at(0.0), top, bottom)?;
        } else {
            tenfold(canvas, scale, power, [top, bottom])?;
        }
        for (index, row) in self.rows.iter().enumerate() {
            let middle = top + (index as f64 + 0.5) * ROW;
            if row.suppressed {
                canvas.text_on_white("niet getoond", left + 6.0, middle, Label::note(Anchor::Start))?;
                continue;
            }
            let [p10, p25, median, p75, p90] = [row.p10, row.p25, row.median, row.p75, row.p90].map(at);
            canvas.path(&[(p10, middle), (p90, middle)], 1.8, GREY)?;
            canvas.bar(p25, middle - 6.0, p75 - p25, 12.0, LIGHT)?;
            canvas.outline([p25, middle - 6.0, p75 - p25, 12.0], 0.8, GREY)?;
            canvas.bar(median - 1.8, middle - 8.0, 3.6, 16.0, BLUE)?;
            let label = Label { size: theme::NOTE, ..Label::strong(Anchor::End) };
            canvas.text(&medians[index], right, middle, label)?;
        }
        Ok(())
    }
}

/// Quiet lines at the powers of ten, each with its figure above.
fn tenfold(canvas: &mut Canvas<'_>, scale: Scale, power: i32, [top, bottom]: [f64; 2]) -> Result<()> {
    let note = Label::note(Anchor::Start);
    let mut taken = f64::MIN;
    for exponent in power..=scale.to.floor() as i32 {
        let x = scale.at(f64::from(exponent));
        canvas.path(&[(x, top), (x, bottom)], 0.8, theme::GRID)?;
        let text = number(10_f64.powi(exponent), exponent.min(0).unsigned_abs());
        let wide = theme::width(&text, note.size, note.weight)?;
        let left = (x - wide / 2.0).clamp(scale.start, (scale.end - wide).max(scale.start));
        if left > taken + 8.0 {
            canvas.text(&text, left, top - 9.0, note)?;
            taken = left + wide;
        }
    }
    Ok(())
}
