//! Ranked bars: figures of named things, one bar each, from zero.

use peil_warehouse::Result;

use super::parts::{Key, Rows, Scale, Sign, baseline, grid, nothing, widest};
use super::{both, or};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, LIGHT, Weight};

/// Figures of named things, in the order in which they are drawn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RankedBars {
    /// The bars, from top to bottom.
    pub bars: Vec<RankedBar>,
    /// What is counted, as `besturen`: read in the text alternative.
    pub unit: &'static str,
    /// Decimals of the axis.
    pub decimals: u32,
    /// What `previous` is, as `2021`: named in the key. Empty: the year before.
    pub previous_name: String,
    /// What `target` is, as `doel 2022`. Empty: `doel`.
    pub target_name: String,
}

/// A bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RankedBar {
    /// What it is of.
    pub label: String,
    /// Its length.
    pub value: f64,
    /// The figure as readers see it, with its unit where that is short.
    pub shown: String,
    /// The same a year before: a light bar behind it.
    pub previous: Option<f64>,
    /// Its target: a marker.
    pub target: Option<f64>,
}

impl RankedBars {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let by_value = |one: &&RankedBar, other: &&RankedBar| one.value.total_cmp(&other.value);
        let (Some(most), Some(least)) = (self.bars.iter().max_by(by_value), self.bars.iter().min_by(by_value)) else {
            return "Staafdiagram zonder gegevens.".to_owned();
        };
        if self.bars.len() == 1 {
            return format!("Staafdiagram met één staaf: {} ({}).", most.label, most.shown);
        }
        let unit = if self.unit.is_empty() { String::new() } else { format!(", in {}", self.unit) };
        format!(
            "Staafdiagram met {} staven{unit}: het meest {} ({}), het minst {} ({}).",
            self.bars.len(),
            most.label,
            most.shown,
            least.label,
            least.shown
        )
    }

    fn key(&self, width: f64) -> Result<Key> {
        let mut items = Vec::new();
        let has_previous = self.bars.iter().any(|bar| bar.previous.is_some());
        let has_target = self.bars.iter().any(|bar| bar.target.is_some());
        if has_previous || has_target {
            items.push((Sign::Solid(BLUE), "stand".to_owned()));
        }
        if has_previous {
            items.push((Sign::Light, or(&self.previous_name, "een jaar eerder")));
        }
        if has_target {
            items.push((Sign::Target, or(&self.target_name, "doel")));
        }
        Key::new(items, width)
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.bars.is_empty() {
            return nothing(layout);
        }
        let compared = self.bars.iter().any(|bar| bar.previous.is_some() || bar.target.is_some());
        let key = self.key(layout.width())?;
        let top = key.height() + if compared { 22.0 } else { 4.0 };
        let texts: Vec<(&str, &str)> = self.bars.iter().map(|bar| (bar.label.as_str(), "")).collect();
        let gap = if layout == Layout::Wide { 8.0 } else { 10.0 };
        let rows = Rows::new(layout, &texts, 18.0, gap, top)?;
        let figures = widest(self.bars.iter().map(|bar| bar.shown.as_str()), theme::LABEL, Weight::SemiBold)?;
        let all = self.bars.iter().flat_map(|bar| [Some(bar.value), bar.previous, bar.target]).flatten();
        let left = if self.bars.iter().any(|bar| bar.target.is_some()) { rows.left + 8.0 } else { rows.left };
        let scale = Scale::over(all, left, layout.width() - figures - 16.0);
        Canvas::draw(layout, rows.bottom + 4.0, |canvas| {
            key.draw(canvas, 0.0)?;
            if compared {
                let ticks = scale.ticks(if layout == Layout::Wide { 5 } else { 3 });
                grid(canvas, scale, &ticks, "", [top, rows.bottom], layout.width())?;
            }
            for (index, bar) in self.bars.iter().enumerate() {
                rows.name(canvas, index, Weight::Regular)?;
                self.bar(canvas, bar, scale, rows.middle(index))?;
            }
            if layout == Layout::Wide {
                baseline(canvas, scale.at(0.0), top, rows.bottom)?;
            } else {
                for index in 0..self.bars.len() {
                    let middle = rows.middle(index);
                    baseline(canvas, scale.at(0.0), middle - 11.0, middle + 11.0)?;
                }
            }
            self.bars
                .iter()
                .enumerate()
                .filter_map(|(index, bar)| bar.target.map(|target| (index, target)))
                .try_for_each(|(index, target)| canvas.target((scale.at(target), rows.middle(index))))
        })
    }

    fn bar(&self, canvas: &mut Canvas<'_>, bar: &RankedBar, scale: Scale, middle: f64) -> Result<()> {
        let zero = scale.at(0.0);
        let mut end = zero.max(scale.at(bar.value));
        if let Some(previous) = bar.previous {
            let x = scale.at(previous);
            end = end.max(x);
            if previous != 0.0 {
                let (left, width) = (zero.min(x), (x - zero).abs().max(1.0));
                canvas.bar(left, middle - 9.0, width, 18.0, LIGHT)?;
                canvas.outline([left, middle - 9.0, width, 18.0], 0.8, GREY)?;
            }
        }
        let thick = if self.bars.iter().any(|bar| bar.previous.is_some()) { 10.0 } else { 18.0 };
        if bar.value != 0.0 {
            let width = scale.at(bar.value) - zero;
            let width = if width.abs() < 1.5 { 1.5 } else { width };
            canvas.bar(zero, middle - thick / 2.0, width, thick, BLUE)?;
        }
        if let Some(target) = bar.target {
            end = end.max(scale.at(target) + 8.0);
        }
        canvas.text_on_white(&bar.shown, end + 7.0, middle, Label::strong(Anchor::Start))?;
        Ok(())
    }
}
