//! A line through time, with the target as steps.

use peil_warehouse::Result;

use super::parts::{Scale, baseline_across, nothing, spread, step_lines, tick_text, widest};
use super::{both, or};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, GRID, PLUM, Weight};
use crate::format::number;

/// One figure through time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LineWithTarget {
    /// The figures, oldest first.
    pub points: Vec<TimePoint>,
    /// The target that each period has; periods after the last point are drawn too.
    pub target_step: Vec<(String, f64)>,
    /// What the line is, at its end, as `gerealiseerd`. May be empty.
    pub name: String,
    /// What the steps are, as `doel`. Empty: `doel`.
    pub target_name: String,
    /// After the figures, as ` %` or ` ms`. May be empty.
    pub suffix: String,
    /// Decimals of the figures.
    pub decimals: u32,
}

/// A figure of a period.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TimePoint {
    /// The period or month, as `2022Q1`, `2022S1`, `2022` or `2022-03`.
    pub period: String,
    /// None where there is no figure: the line breaks there.
    pub value: Option<f64>,
    /// The period goes on: a hollow point.
    pub provisional: bool,
    /// Counted otherwise than the period before: the line breaks, with a mark.
    pub break_before: bool,
}

/// What stands at the mark between periods that do not compare.
pub(super) const SERIES_BREAK: &str = "reeksbreuk";

/// A period as it stands at an axis: `Q1 2022`, `maart 2022` as `03/2022`.
pub(super) fn short(period: &str) -> String {
    match period.split_at_checked(4) {
        Some((year, "")) => year.to_owned(),
        Some((year, month)) if month.starts_with('-') => format!("{}/{year}", &month[1..]),
        Some((year, mark)) => format!("{mark} {year}"),
        None => period.to_owned(),
    }
}

impl LineWithTarget {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let known: Vec<(&TimePoint, f64)> =
            self.points.iter().filter_map(|point| Some((point, point.value?))).collect();
        let (Some(first), Some(last)) = (known.first(), known.last()) else {
            return "Lijndiagram zonder gegevens.".to_owned();
        };
        let moved = if last.1 > first.1 {
            "gestegen"
        } else if last.1 < first.1 {
            "gedaald"
        } else {
            "gelijk gebleven"
        };
        let target = self.target_step.iter().find(|step| step.0 == last.0.period);
        let target = target.map_or_else(String::new, |(_, value)| format!(" Het doel is dan {}.", self.text(*value)));
        let breaks: Vec<String> = self.breaks().map(|point| short(&point.period)).collect();
        let breaks = match breaks.is_empty() {
            true => String::new(),
            false => format!(" Reeksbreuk vóór {}: de definitie wijzigde.", breaks.join(", ")),
        };
        format!(
            "Lijndiagram van {} cijfers, {moved} van {} ({}) tot {} ({}).{target}{breaks}",
            known.len(),
            self.text(first.1),
            short(&first.0.period),
            self.text(last.1),
            short(&last.0.period)
        )
    }

    /// The points before which the series breaks; before the first there is
    /// nothing to break.
    fn breaks(&self) -> impl Iterator<Item = &TimePoint> {
        self.points.iter().skip(1).filter(|point| point.break_before)
    }

    fn text(&self, value: f64) -> String {
        format!("{}{}", number(value, self.decimals), self.suffix)
    }

    /// Every period of points and target, in order.
    fn periods(&self) -> Vec<&str> {
        let mut periods: Vec<&str> = self.points.iter().map(|point| point.period.as_str()).collect();
        for (period, _) in &self.target_step {
            if !periods.contains(&period.as_str()) {
                periods.push(period);
            }
        }
        let days: Option<Vec<_>> = periods
            .iter()
            .map(|period| period.parse::<peil_warehouse::Period>().ok().map(|parsed| (parsed.last_day(), *period)))
            .collect();
        if let Some(mut days) = days {
            days.sort_by_key(|day| day.0);
            return days.into_iter().map(|day| day.1).collect();
        }
        periods
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        let periods = self.periods();
        if periods.is_empty() {
            return nothing(layout);
        }
        let (top, plot) = (14.0, if layout == Layout::Wide { 250.0 } else { 210.0 });
        let bottom = top + plot;
        let all = self.points.iter().filter_map(|point| point.value).chain(self.target_step.iter().map(|step| step.1));
        let scale = Scale::over(all, bottom, top);
        let ticks = scale.ticks(5);
        let texts: Vec<String> = ticks.iter().map(|tick| tick_text(*tick, &ticks, &self.suffix)).collect();
        let left = widest(texts.iter().map(String::as_str), theme::NOTE, Weight::Regular)? + 10.0;
        let room = if layout == Layout::Wide { 130.0 } else { 86.0 };
        let right = layout.width() - room - 12.0;
        let slot = (right - left) / periods.len() as f64;
        let at =
            |period: &str| left + (periods.iter().position(|known| *known == period).unwrap_or(0) as f64 + 0.5) * slot;
        Canvas::draw(layout, bottom + 44.0, |canvas| {
            for (tick, text) in ticks.iter().zip(&texts) {
                canvas.path(&[(left, scale.at(*tick)), (right, scale.at(*tick))], 0.8, GRID)?;
                canvas.text(text, left - 8.0, scale.at(*tick), Label::note(Anchor::End))?;
            }
            baseline_across(canvas, [left, right], scale.at(0.0))?;
            let steps: Vec<(f64, Option<f64>)> = periods
                .iter()
                .map(|period| {
                    (at(period), self.target_step.iter().find(|step| step.0 == *period).map(|step| scale.at(step.1)))
                })
                .collect();
            step_lines(canvas, &steps, slot, 1.8)?;
            for point in self.breaks() {
                let x = at(&point.period) - slot / 2.0;
                series_break(canvas, x, [top, bottom])?;
                let anchor = if x > (left + right) / 2.0 { Anchor::End } else { Anchor::Start };
                let beside = if anchor == Anchor::End { x - 5.0 } else { x + 5.0 };
                canvas.text(SERIES_BREAK, beside, top - 6.0, Label::note(anchor))?;
            }
            self.line(canvas, scale, at)?;
            axis(canvas, &periods, left, slot, bottom)?;
            self.ends(canvas, scale, at, [right, room], [top - 8.0, bottom + 4.0])
        })
    }

    fn line(&self, canvas: &mut Canvas<'_>, scale: Scale, at: impl Fn(&str) -> f64) -> Result<()> {
        let mut run: Vec<(f64, f64)> = Vec::new();
        for point in &self.points {
            if point.break_before && run.len() > 1 {
                canvas.path(&std::mem::take(&mut run), 2.6, BLUE)?;
            } else if point.break_before {
                run.clear();
            }
            match point.value {
                Some(value) => run.push((at(&point.period), scale.at(value))),
                None if run.len() > 1 => canvas.path(&std::mem::take(&mut run), 2.6, BLUE)?,
                None => run.clear(),
            }
        }
        if run.len() > 1 {
            canvas.path(&run, 2.6, BLUE)?;
        }
        for point in &self.points {
            let Some(value) = point.value else { continue };
            let place = (at(&point.period), scale.at(value));
            if point.provisional {
                canvas.ring(place, 5.0, 2.0, BLUE)?;
            } else if self.points.len() <= 24 {
                canvas.dot(place, 4.0, BLUE)?;
            }
        }
        Ok(())
    }

    /// Figure and name of the last point and of the last target, beside the plot.
    fn ends(
        &self,
        canvas: &mut Canvas<'_>,
        scale: Scale,
        at: impl Fn(&str) -> f64,
        [right, room]: [f64; 2],
        [top, bottom]: [f64; 2],
    ) -> Result<()> {
        let last =
            self.points.iter().rev().find_map(|point| Some((at(&point.period), point.value?, point.provisional)));
        let mut ends = Vec::new();
        if let Some((x, value, provisional)) = last {
            let name =
                if provisional { format!("{} (voorlopig)", or(&self.name, "stand")) } else { or(&self.name, "stand") };
            ends.push((x, value, name, BLUE));
        }
        if let Some((period, value)) = self.target_step.last() {
            ends.push((at(period), *value, or(&self.target_name, "doel"), PLUM));
        }
        let blocks: Vec<Vec<String>> = ends
            .iter()
            .map(|end| theme::wrap_at_most(&end.2, theme::NOTE, Weight::Regular, room, 3))
            .collect::<Result<_>>()?;
        let sizes: Vec<f64> = blocks.iter().map(|lines| 17.0 + lines.len() as f64 * 14.5 + 4.0).collect();
        let wanted: Vec<f64> = ends.iter().map(|end| scale.at(end.1)).collect();
        let places = spread(&wanted, &sizes, top, bottom);
        for (((end, lines), size), place) in ends.iter().zip(&blocks).zip(&sizes).zip(&places) {
            let first = place - size / 2.0 + 9.0;
            let left = right + 12.0;
            let text = theme::wrap_at_most(&self.text(end.1), theme::LABEL, Weight::SemiBold, room, 1)?.swap_remove(0);
            canvas.text(&text, left, first, Label { colour: end.3, ..Label::strong(Anchor::Start) })?;
            let middle = first + 16.0 + (lines.len() as f64 - 1.0) * 14.5 / 2.0;
            canvas.lines(lines, left, middle, Label::note(Anchor::Start))?;
        }
        Ok(())
    }
}

/// The mark between two periods that are counted by different definitions.
pub(super) fn series_break(canvas: &mut Canvas<'_>, x: f64, [top, bottom]: [f64; 2]) -> Result<()> {
    canvas.path(&[(x, top - 8.0), (x, bottom)], 1.4, GREY)
}

/// Marks of the periods, as many as fit, and the year where one begins.
fn axis(canvas: &mut Canvas<'_>, periods: &[&str], left: f64, slot: f64, bottom: f64) -> Result<()> {
    let note = Label::note(Anchor::Middle);
    let (mut taken, mut taken_year, mut before) = (f64::MIN, f64::MIN, "");
    for (index, period) in periods.iter().enumerate() {
        let middle = left + (index as f64 + 0.5) * slot;
        let (year, mark) = period.split_at_checked(4).unwrap_or((period, ""));
        let mark = mark.trim_start_matches('-');
        let width = theme::width(mark, note.size, note.weight)?;
        if !mark.is_empty() && middle - width / 2.0 > taken + 5.0 {
            canvas.text(mark, middle, bottom + 13.0, note)?;
            taken = middle + width / 2.0;
        }
        if year != before {
            before = year;
            let width = theme::width(year, note.size, Weight::SemiBold)?;
            let start = (middle - width / 2.0).max(0.0);
            if start > taken_year + 6.0 {
                let label = Label { weight: Weight::SemiBold, anchor: Anchor::Start, ..note };
                canvas.text(year, start, bottom + 31.0, label)?;
                taken_year = start + width;
            }
        }
    }
    Ok(())
}
