//! Small multiples: many figures through time, a panel each.

use super::TimePoint;
use peil_warehouse::Result;

use super::both;
use super::line::{SERIES_BREAK, series_break, short};
use super::parts::{Key, Scale, Sign, baseline_across, nothing, step_lines};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, PLUM, Weight};

/// Many figures through time, each on a scale of its own that starts at zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SmallMultiples {
    /// The panels, row by row.
    pub panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Panel {
    /// What it shows.
    pub title: String,
    /// The figures, oldest first.
    pub points: Vec<TimePoint>,
    /// The target of each point.
    pub targets: Vec<Option<f64>>,
    /// The last figure, as readers see it.
    pub shown_last: String,
}

const PLOT: f64 = 64.0;

impl SmallMultiples {
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
            return "Kleine lijndiagrammen zonder gegevens.".to_owned();
        }
        let ends = |panel: &Panel| {
            let mut values = panel.points.iter().filter_map(|point| point.value);
            let first = values.next()?;
            Some((first, values.next_back().unwrap_or(first)))
        };
        let count =
            |moved: fn((f64, f64)) -> bool| self.panels.iter().filter_map(ends).filter(|ends| moved(*ends)).count();
        format!(
            "{} kleine lijndiagrammen. Van het eerste tot het laatste cijfer gestegen: {}; gedaald: {}; gelijk: {}.",
            self.panels.len(),
            count(|(first, last)| last > first),
            count(|(first, last)| last < first),
            count(|(first, last)| last == first)
        )
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.panels.is_empty() {
            return nothing(layout);
        }
        let (columns, gap) = if layout == Layout::Wide { (4.min(self.panels.len().max(3)), 26.0) } else { (2, 18.0) };
        let wide = (layout.width() - gap * (columns as f64 - 1.0)) / columns as f64;
        let titles: Vec<Vec<String>> = self
            .panels
            .iter()
            .map(|panel| theme::wrap_at_most(&panel.title, theme::NOTE, Weight::SemiBold, wide, 4))
            .collect::<Result<_>>()?;
        let mut items = vec![(Sign::Line(BLUE), "gerealiseerd".to_owned())];
        if self.panels.iter().any(|panel| panel.targets.iter().any(Option::is_some)) {
            items.push((Sign::Line(PLUM), "doel".to_owned()));
        }
        if self.panels.iter().any(|panel| panel.points.iter().any(|point| point.provisional)) {
            items.push((Sign::Ring(BLUE), "voorlopig".to_owned()));
        }
        let breaks = |panel: &Panel| panel.points.iter().skip(1).any(|point| point.break_before);
        if self.panels.iter().any(breaks) {
            items.push((Sign::Line(GREY), SERIES_BREAK.to_owned()));
        }
        let key = Key::new(items, layout.width())?;
        let mut places = Vec::new();
        let mut y = key.height();
        for row in titles.chunks(columns) {
            let head = row.iter().map(Vec::len).max().unwrap_or(1) as f64 * 14.5 + 4.0;
            for column in 0..row.len() {
                places.push((column as f64 * (wide + gap), y, head));
            }
            y += head + 22.0 + PLOT + 22.0 + 16.0;
        }
        Canvas::draw(layout, y - 8.0, |canvas| {
            key.draw(canvas, 0.0)?;
            for ((panel, lines), place) in self.panels.iter().zip(&titles).zip(&places) {
                draw_panel(canvas, panel, lines, *place, wide)?;
            }
            Ok(())
        })
    }
}

fn draw_panel(
    canvas: &mut Canvas<'_>,
    panel: &Panel,
    title: &[String],
    (left, top, head): (f64, f64, f64),
    wide: f64,
) -> Result<()> {
    let label = Label { size: theme::NOTE, ..Label::strong(Anchor::Start) };
    canvas.lines(title, left, top + title.len() as f64 * 14.5 / 2.0, label)?;
    let plot = top + head + 22.0;
    if panel.points.iter().all(|point| point.value.is_none()) {
        canvas.text("nog geen gegevens", left, top + head + 10.0, Label::note(Anchor::Start))?;
    } else {
        canvas.text(
            &panel.shown_last,
            left,
            top + head + 10.0,
            Label { colour: BLUE, size: 15.0, ..Label::strong(Anchor::Start) },
        )?;
    }
    let all = panel.points.iter().filter_map(|point| point.value).chain(panel.targets.iter().flatten().copied());
    let scale = Scale::over(all, plot + PLOT, plot);
    let slot = wide / panel.points.len().max(1) as f64;
    let at = |index: usize| left + (index as f64 + 0.5) * slot;
    baseline_across(canvas, [left, left + wide], scale.at(0.0))?;
    let steps: Vec<(f64, Option<f64>)> = panel
        .targets
        .iter()
        .take(panel.points.len())
        .enumerate()
        .map(|(index, target)| (at(index), target.map(|target| scale.at(target))))
        .collect();
    step_lines(canvas, &steps, slot, 1.4)?;
    let mut run = Vec::new();
    for (index, point) in panel.points.iter().enumerate() {
        if index > 0 && point.break_before {
            series_break(canvas, at(index) - slot / 2.0, [plot, plot + PLOT])?;
            if run.len() > 1 {
                canvas.path(&std::mem::take(&mut run), 2.0, BLUE)?;
            }
            run.clear();
        }
        match point.value {
            Some(value) => run.push((at(index), scale.at(value))),
            None if run.len() > 1 => canvas.path(&std::mem::take(&mut run), 2.0, BLUE)?,
            None => run.clear(),
        }
    }
    if run.len() > 1 {
        canvas.path(&run, 2.0, BLUE)?;
    }
    for (index, point) in panel.points.iter().enumerate() {
        let Some(value) = point.value else { continue };
        let alone = (index == 0 || panel.points[index - 1].value.is_none())
            && panel.points.get(index + 1).is_none_or(|next| next.value.is_none());
        let last = panel.points[index + 1..].iter().all(|point| point.value.is_none());
        if point.provisional {
            canvas.ring((at(index), scale.at(value)), 4.0, 1.6, BLUE)?;
        } else if alone || last {
            canvas.dot((at(index), scale.at(value)), 3.4, BLUE)?;
        }
    }
    let (Some(first), Some(last)) = (panel.points.first(), panel.points.last()) else { return Ok(()) };
    let foot = plot + PLOT + 12.0;
    let width = canvas.text(&short(&first.period), left, foot, Label::note(Anchor::Start))?;
    let end = short(&last.period);
    if panel.points.len() > 1 && width + theme::width(&end, theme::NOTE, Weight::Regular)? + 6.0 < wide {
        canvas.text(&end, left + wide, foot, Label::note(Anchor::End))?;
    }
    Ok(())
}
