//! What kinds share: scales, rows with their names, keys, places for labels.

use peil_warehouse::Result;
use plotters::style::RGBColor;

use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, LIGHT, PLUM, Weight};
use crate::format::number;

/// From the middle of a line of text to that of the next.
pub(super) const LINE: f64 = 16.0;

/// Said in the place of a chart without figures.
pub(super) fn nothing(layout: Layout) -> Result<Drawing> {
    Canvas::draw(layout, 40.0, |canvas| {
        canvas.text("Er zijn geen gegevens om te tonen.", 0.0, 20.0, Label::note(Anchor::Start))?;
        Ok(())
    })
}

/// Figures along a line, from left to right or from below upward.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub from: f64,
    pub to: f64,
    pub start: f64,
    pub end: f64,
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = if self.to > self.from { (value - self.from) / (self.to - self.from) } else { 0.0 };
        self.start + share.clamp(0.0, 1.0) * (self.end - self.start)
    }

    /// From zero or below to the largest of the figures.
    pub(super) fn over(values: impl Iterator<Item = f64>, start: f64, end: f64) -> Self {
        let (from, to) = values
            .filter(|value| value.is_finite())
            .fold((0.0_f64, 0.0_f64), |(from, to), value| (from.min(value), to.max(value)));
        Self { from, to: if to > from { to } else { from + 1.0 }, start, end }
    }

    /// Round figures on it, some `most` of them.
    pub(super) fn ticks(&self, most: usize) -> Vec<f64> {
        let rough = (self.to - self.from) / most.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let parts = [1.0, 2.0, 2.5, 5.0, 10.0];
        let step = parts.map(|part| part * power).into_iter().find(|step| *step >= rough * 0.999).unwrap_or(rough);
        let first = (self.from / step - 1e-9).ceil() as i64;
        (first..).map(|index| index as f64 * step).take_while(|value| *value <= self.to + step * 1e-9).collect()
    }
}

/// A tick as it is written: no more decimals than the step needs.
pub(super) fn tick_text(value: f64, ticks: &[f64], suffix: &str) -> String {
    let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::MAX, f64::min);
    let decimals = (0..4).find(|decimals| {
        let scaled = step * 10_f64.powi(*decimals as i32);
        (scaled - scaled.round()).abs() < 1e-6
    });
    format!("{}{suffix}", number(value, decimals.unwrap_or(0)))
}

/// Widest of some texts.
pub(super) fn widest<'a>(texts: impl Iterator<Item = &'a str>, size: f64, weight: Weight) -> Result<f64> {
    texts.map(|text| theme::width(text, size, weight)).try_fold(0.0, |most, width| Ok(f64::max(most, width?)))
}

/// Places along a line, as near to the wanted ones as their sizes allow:
/// neighbours that would collide share the room around their common middle.
/// Wanted places are of middles, in any order.
pub(super) fn spread(wanted: &[f64], sizes: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]).then(one.cmp(other)));
    // Blocks of neighbours: (start, size, members).
    let mut blocks: Vec<(f64, f64, Vec<usize>)> = Vec::new();
    for index in order {
        let size = sizes[index];
        let mut block = (wanted[index] - size / 2.0, size, vec![index]);
        while let Some(before) = blocks.pop_if(|before| before.0 + before.1 > block.0) {
            let count = (before.2.len() + block.2.len()) as f64;
            let middle = ((before.0 + before.1 / 2.0) * before.2.len() as f64
                + (block.0 + block.1 / 2.0) * block.2.len() as f64)
                / count;
            let size = before.1 + block.1;
            let members = before.2.into_iter().chain(block.2).collect();
            block = (middle - size / 2.0, size, members);
        }
        block.0 = block.0.min(high - block.1).max(low);
        blocks.push(block);
    }
    // A block that was moved back from the end may touch the one before.
    for index in (1..blocks.len()).rev() {
        let next = blocks[index].0;
        let block = &mut blocks[index - 1];
        block.0 = block.0.min(next - block.1).max(low);
    }
    let mut places = vec![0.0; wanted.len()];
    for (mut start, _, members) in blocks {
        for index in members {
            places[index] = start + sizes[index] / 2.0;
            start += sizes[index];
        }
    }
    places
}

/// What a sign in a key looks like.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sign {
    Solid(RGBColor),
    Light,
    Hatched,
    Target,
    Dot,
    Ring(RGBColor),
    Line(RGBColor),
    Box,
    Median,
    /// A level of a heat map: its filling, and how wide it is in its cell.
    Level(RGBColor, f64),
    /// Ground with a hatch: without data.
    Without,
}

const SIGN: f64 = 18.0;

impl Sign {
    pub(super) fn draw(self, canvas: &mut Canvas<'_>, left: f64, middle: f64) -> Result<()> {
        let center = (left + SIGN / 2.0, middle);
        let top = middle - 6.0;
        match self {
            Self::Solid(colour) => canvas.bar(left, top + 1.0, SIGN, 10.0, colour),
            Self::Light => {
                canvas.bar(left, top, SIGN, 12.0, LIGHT)?;
                canvas.outline([left, top, SIGN, 12.0], 0.8, GREY)
            }
            Self::Hatched => canvas.hatched(left, top, SIGN, 12.0, BLUE),
            Self::Target => canvas.target(center),
            Self::Dot => canvas.dot(center, 5.5, BLUE),
            Self::Ring(colour) => canvas.ring(center, 5.0, 1.6, colour),
            Self::Line(colour) => canvas.path(&[(left, middle), (left + SIGN, middle)], 2.0, colour),
            Self::Box => {
                canvas.bar(left, top, SIGN, 12.0, theme::LIGHT)?;
                canvas.outline([left, top, SIGN, 12.0], 0.8, GREY)
            }
            Self::Median => canvas.bar(center.0 - 2.0, middle - 8.0, 4.0, 16.0, BLUE),
            Self::Level(colour, share) => {
                canvas.bar(left, top - 1.0, 14.0, 14.0, theme::PALE)?;
                canvas.bar(left, top - 1.0, 14.0 * share, 14.0, colour)
            }
            Self::Without => {
                let corners = vec![(left, top), (left + SIGN, top), (left + SIGN, top + 12.0), (left, top + 12.0)];
                canvas.hatch(&[corners], 5.0, 0.8, GREY)?;
                canvas.outline([left, top, SIGN, 12.0], 0.8, GREY)
            }
        }
    }
}

/// A key: signs with their names, in as many rows as they need.
pub(super) struct Key {
    items: Vec<(Sign, Vec<String>, f64, f64)>,
    height: f64,
}

impl Key {
    pub(super) fn new(items: Vec<(Sign, String)>, room: f64) -> Result<Self> {
        let note = Label::note(Anchor::Start);
        let (mut left, mut top, mut high) = (0.0, 0.0, 0.0_f64);
        let mut placed = Vec::new();
        for (sign, text) in items {
            let lines = theme::wrap(&text, note.size, note.weight, room - SIGN - 6.0)?;
            let width = SIGN + 6.0 + widest(lines.iter().map(String::as_str), note.size, note.weight)?;
            if left > 0.0 && left + width > room {
                (left, top, high) = (0.0, top + high, 0.0);
            }
            placed.push((sign, lines, left, top));
            high = high.max(placed.last().map_or(0.0, |item| item.1.len() as f64) * 15.0 + 5.0);
            left += width + 18.0;
        }
        let height = if placed.is_empty() { 0.0 } else { top + high + 6.0 };
        Ok(Self { items: placed, height })
    }

    /// Its height, the room under it included; 0 for an empty one.
    pub(super) const fn height(&self) -> f64 {
        self.height
    }

    pub(super) fn draw(&self, canvas: &mut Canvas<'_>, top: f64) -> Result<()> {
        for (sign, lines, left, down) in &self.items {
            let middle = top + down + 10.0;
            sign.draw(canvas, *left, middle)?;
            let text_middle = middle + (lines.len() as f64 - 1.0) * 14.5 / 2.0;
            canvas.lines(lines, left + SIGN + 6.0, text_middle, Label::note(Anchor::Start))?;
        }
        Ok(())
    }
}

/// Rows with their names: beside the marks on a wide drawing, above them on a
/// narrow one.
pub(super) struct Rows {
    layout: Layout,
    names: Vec<(Vec<String>, Vec<String>)>,
    tops: Vec<f64>,
    mark: f64,
    gap: f64,
    /// Where marks begin.
    pub left: f64,
    /// Where the last row ends.
    pub bottom: f64,
}

impl Rows {
    /// Rows of `(name, note)` whose marks are `mark` high.
    pub(super) fn new(layout: Layout, texts: &[(&str, &str)], mark: f64, gap: f64, top: f64) -> Result<Self> {
        let most = if layout == Layout::Wide { 4 } else { 3 };
        let room = if layout == Layout::Wide { 250.0 } else { layout.width() };
        let names: Vec<(Vec<String>, Vec<String>)> = texts
            .iter()
            .map(|(name, note)| {
                let name = theme::wrap_at_most(name, theme::LABEL, Weight::Regular, room, most)?;
                let note = if note.is_empty() {
                    Vec::new()
                } else {
                    theme::wrap_at_most(note, theme::NOTE, Weight::Regular, room, 2)?
                };
                Ok((name, note))
            })
            .collect::<Result<_>>()?;
        let mut column = 0.0_f64;
        for (name, note) in &names {
            column = column.max(widest(name.iter().map(String::as_str), theme::LABEL, Weight::Regular)?);
            column = column.max(widest(note.iter().map(String::as_str), theme::NOTE, Weight::Regular)?);
        }
        let mut tops = Vec::new();
        let mut y = top;
        for (name, note) in &names {
            tops.push(y);
            let text = (name.len() + note.len()) as f64 * LINE;
            y += if layout == Layout::Wide { text.max(mark) } else { text + mark + 2.0 } + gap;
        }
        let left = if layout == Layout::Wide { column.ceil() + 14.0 } else { 1.0 };
        Ok(Self { layout, names, tops, mark, gap, left, bottom: y })
    }

    /// Middle of the marks of a row.
    pub(super) fn middle(&self, index: usize) -> f64 {
        let end = self.tops.get(index + 1).copied().unwrap_or(self.bottom);
        match self.layout {
            Layout::Wide => f64::midpoint(self.tops[index], end),
            Layout::Narrow => end - self.gap / 2.0 - self.mark / 2.0,
        }
    }

    pub(super) fn name(&self, canvas: &mut Canvas<'_>, index: usize, weight: Weight) -> Result<()> {
        let (name, note) = &self.names[index];
        let high = (name.len() + note.len()) as f64 * LINE;
        let first = match self.layout {
            Layout::Wide => self.middle(index) - high / 2.0,
            Layout::Narrow => self.tops[index] + self.gap / 2.0,
        } + LINE / 2.0;
        let label = Label { weight, ..Label::plain(Anchor::Start) };
        for (line, text) in name.iter().enumerate() {
            canvas.text_on_white(text, 0.0, first + line as f64 * LINE, label)?;
        }
        for (line, text) in note.iter().enumerate() {
            canvas.text_on_white(text, 0.0, first + (name.len() + line) as f64 * LINE, Label::note(Anchor::Start))?;
        }
        Ok(())
    }
}

/// Quiet lines at round figures, each with its figure above, as many as fit.
pub(super) fn grid(
    canvas: &mut Canvas<'_>,
    scale: Scale,
    ticks: &[f64],
    suffix: &str,
    [top, bottom]: [f64; 2],
    width: f64,
) -> Result<()> {
    let note = Label::note(Anchor::Start);
    let mut taken = f64::MIN;
    for tick in ticks {
        let x = scale.at(*tick);
        canvas.path(&[(x, top), (x, bottom)], 0.8, theme::GRID)?;
        let text = tick_text(*tick, ticks, suffix);
        let wide = theme::width(&text, note.size, note.weight)?;
        let left = (x - wide / 2.0).clamp(0.0, (width - wide).max(0.0));
        if left > taken + 8.0 {
            canvas.text(&text, left, top - 9.0, note)?;
            taken = left + wide;
        }
    }
    Ok(())
}

/// A line at zero, on which bars stand.
pub(super) fn baseline(canvas: &mut Canvas<'_>, x: f64, top: f64, bottom: f64) -> Result<()> {
    canvas.path(&[(x, top), (x, bottom)], 1.2, GREY)
}

/// The same, from left to right.
pub(super) fn baseline_across(canvas: &mut Canvas<'_>, [left, right]: [f64; 2], y: f64) -> Result<()> {
    canvas.path(&[(left, y), (right, y)], 1.2, GREY)
}

/// A tint between [`LIGHT`] and [`BLUE`], by its place among `count`.
pub(super) fn shade(index: usize, count: usize) -> RGBColor {
    // From a light ground to the full colour; steps are of equal lightness.
    const STOPS: [RGBColor; 5] = [
        RGBColor(0xD3, 0xE0, 0xEC),
        RGBColor(0x9D, 0xBA, 0xD4),
        RGBColor(0x64, 0x8F, 0xB8),
        RGBColor(0x35, 0x67, 0x96),
        BLUE,
    ];
    if count <= 1 {
        return BLUE;
    }
    let place = index.min(count - 1) as f64 / (count - 1) as f64 * 4.0;
    let (low, part) = (place.floor() as usize, place.fract());
    let (from, to) = (STOPS[low], STOPS[(low + 1).min(4)]);
    let mix = |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * part).round() as u8;
    RGBColor(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Ink that reads on a filling.
pub(super) fn ink_on(colour: RGBColor) -> RGBColor {
    let light = 0.299 * f64::from(colour.0) + 0.587 * f64::from(colour.1) + 0.114 * f64::from(colour.2);
    if light < 128.0 { theme::WHITE } else { theme::INK }
}

/// Steps of a target through `(x, y)`, each `slot` wide; joined where one
/// follows on the other.
pub(super) fn step_lines(canvas: &mut Canvas<'_>, places: &[(f64, Option<f64>)], slot: f64, thick: f64) -> Result<()> {
    let mut run: Vec<(f64, f64)> = Vec::new();
    for (x, y) in places {
        match y {
            Some(y) => run.extend([(x - slot / 2.0, *y), (x + slot / 2.0, *y)]),
            None if run.is_empty() => {}
            None => canvas.path(&std::mem::take(&mut run), thick, PLUM)?,
        }
    }
    if run.is_empty() { Ok(()) } else { canvas.path(&run, thick, PLUM) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_share_the_room_and_stay_inside() {
        let places = spread(&[50.0, 52.0, 99.0, 51.0], &[10.0, 10.0, 10.0, 10.0], 0.0, 100.0);
        let mut sorted = places.clone();
        sorted.sort_by(f64::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 10.0 - 1e-9), "{places:?}");
        assert!(sorted[0] >= 5.0 && sorted[3] <= 95.0, "{places:?}");
    }

    #[test]
    fn bars_start_at_zero_whatever_their_signs() {
        assert_eq!(Scale::over([3.0, 9.0].into_iter(), 10.0, 100.0).at(0.0), 10.0);
        let both = Scale::over([-5.0, 5.0].into_iter(), 0.0, 100.0);
        assert!((both.at(0.0) - 50.0).abs() < 1e-9);
        assert_eq!(both.ticks(4), [-5.0, -2.5, 0.0, 2.5, 5.0]);
        assert_eq!(Scale::over(std::iter::empty(), 0.0, 1.0).ticks(2), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn shades_grow_darker() {
        let light = |colour: RGBColor| u32::from(colour.0) + u32::from(colour.1) + u32::from(colour.2);
        for count in 2..8 {
            assert!((1..count).all(|index| light(shade(index, count)) < light(shade(index - 1, count))));
        }
    }
}
