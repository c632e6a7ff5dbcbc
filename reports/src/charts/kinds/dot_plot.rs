//! Dots with their interval: averages and how sure they are.

use peil_warehouse::Result;

use super::parts::{Key, Rows, Scale, Sign, grid, nothing, widest};
use super::{both, or};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, GRID, Weight};

/// Averages with their interval, on a scale that need not start at zero.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DotPlot {
    /// The dots, from top to bottom.
    pub dots: Vec<Dot>,
    /// Where the scale begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What the hollow dot is, as `vorig semester`. Empty: the year before.
    pub previous_name: String,
    /// What the line through the dot is. Empty: the 95 % interval.
    pub interval_name: String,
}

/// A dot.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dot {
    /// What it is of.
    pub label: String,
    /// The average.
    pub value: f64,
    /// Where the interval begins.
    pub low: Option<f64>,
    /// Where it ends.
    pub high: Option<f64>,
    /// The average as readers see it.
    pub shown: String,
    /// The average a period before: a hollow dot.
    pub previous: Option<f64>,
    /// On how many it rests, as `12 waarderingen`.
    pub count: String,
}

impl DotPlot {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let by_value = |one: &&Dot, other: &&Dot| one.value.total_cmp(&other.value);
        let (Some(most), Some(least)) = (self.dots.iter().max_by(by_value), self.dots.iter().min_by(by_value)) else {
            return "Puntendiagram zonder gegevens.".to_owned();
        };
        let count = |dot: &Dot| if dot.count.is_empty() { String::new() } else { format!(", {}", dot.count) };
        if self.dots.len() == 1 {
            return format!("Puntendiagram met één punt: {} ({}{}).", most.label, most.shown, count(most));
        }
        let risen = self.dots.iter().filter(|dot| dot.previous.is_some_and(|previous| dot.value > previous)).count();
        let fallen = self.dots.iter().filter(|dot| dot.previous.is_some_and(|previous| dot.value < previous)).count();
        let moved = if risen + fallen == 0 { String::new() } else { format!(" Gestegen: {risen}; gedaald: {fallen}.") };
        format!(
            "Puntendiagram met {} punten en hun interval: het hoogst {} ({}{}), het laagst {} ({}{}).{moved}",
            self.dots.len(),
            most.label,
            most.shown,
            count(most),
            least.label,
            least.shown,
            count(least)
        )
    }

    fn key(&self, width: f64) -> Result<Key> {
        let mut items = vec![(Sign::Dot, "gemiddelde".to_owned())];
        if self.dots.iter().any(|dot| dot.low.is_some()) {
            items.push((Sign::Line(BLUE), or(&self.interval_name, "95 %-interval")));
        }
        if self.dots.iter().any(|dot| dot.previous.is_some()) {
            items.push((Sign::Ring(GREY), or(&self.previous_name, "een jaar eerder")));
        }
        Key::new(items, width)
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.dots.is_empty() {
            return nothing(layout);
        }
        let key = self.key(layout.width())?;
        let top = key.height() + 22.0;
        let texts: Vec<(&str, &str)> = self.dots.iter().map(|dot| (dot.label.as_str(), dot.count.as_str())).collect();
        let rows = Rows::new(layout, &texts, 14.0, 10.0, top)?;
        let figures = widest(self.dots.iter().map(|dot| dot.shown.as_str()), theme::LABEL, Weight::SemiBold)?;
        let (start, end) = (rows.left + 8.0, layout.width() - figures - 18.0);
        let scale =
            Scale { from: self.from, to: if self.to > self.from { self.to } else { self.from + 1.0 }, start, end };
        Canvas::draw(layout, rows.bottom + 4.0, |canvas| {
            key.draw(canvas, 0.0)?;
            let ticks = scale.ticks(if layout == Layout::Wide { 6 } else { 4 });
            grid(canvas, scale, &ticks, "", [top, rows.bottom], layout.width())?;
            for (index, dot) in self.dots.iter().enumerate() {
                let middle = rows.middle(index);
                canvas.path(&[(start, middle), (end, middle)], 0.8, GRID)?;
                rows.name(canvas, index, Weight::Regular)?;
                mark(canvas, dot, scale, middle)?;
                canvas.text(&dot.shown, layout.width(), middle, Label::strong(Anchor::End))?;
            }
            Ok(())
        })
    }
}

fn mark(canvas: &mut Canvas<'_>, dot: &Dot, scale: Scale, middle: f64) -> Result<()> {
    let x = scale.at(dot.value);
    if let (Some(low), Some(high)) = (dot.low, dot.high) {
        let (low, high) = (scale.at(low), scale.at(high));
        canvas.path(&[(low, middle), (high, middle)], 2.0, BLUE)?;
        canvas.path(&[(low, middle - 4.0), (low, middle + 4.0)], 1.4, BLUE)?;
        canvas.path(&[(high, middle - 4.0), (high, middle + 4.0)], 1.4, BLUE)?;
    }
    if let Some(previous) = dot.previous {
        canvas.ring((scale.at(previous), middle), 5.0, 1.6, GREY)?;
    }
    canvas.dot((x, middle), 6.5, theme::WHITE)?;
    canvas.dot((x, middle), 5.5, BLUE)
}
