//! A waterfall: amounts that add up, with a budget as a line.

use peil_warehouse::Result;

use super::both;
use super::parts::{Key, Rows, Scale, Sign, baseline, grid, nothing, widest};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, PLUM, WHITE, Weight};
use crate::format::euro;

/// Amounts that add up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Waterfall {
    /// The steps, from top to bottom.
    pub steps: Vec<WaterfallStep>,
    /// A line over all steps, as the budget: its name and its amount in cents.
    pub line: Option<(String, f64)>,
}

/// A step.
#[derive(Debug, Clone, PartialEq)]
pub struct WaterfallStep {
    /// What it is of.
    pub label: String,
    /// The amount, in cents; negative leads back.
    pub amount_cents: i128,
    /// How it is drawn.
    pub kind: StepKind,
    /// What is still expected on top of it, hatched; 0 for none.
    pub expected_cents: i128,
    /// Under the amount, less loud, as `geboekt 1.518,95 €`. May be empty.
    pub note: String,
}

/// What a step of a waterfall is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepKind {
    /// Booked: solid, from where the step before ended.
    #[default]
    Actual,
    /// Expected: hatched, from where the step before ended.
    Forecast,
    /// A sum: from zero; its amount is drawn solid, what is expected hatched.
    Total,
}

/// A step with where it begins and ends, in cents.
struct Placed<'a> {
    step: &'a WaterfallStep,
    start: f64,
    booked: f64,
    end: f64,
}

impl Waterfall {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let placed = self.placed();
        let Some(last) = placed.last() else { return "Watervaldiagram zonder gegevens.".to_owned() };
        let largest = self.steps.iter().filter(|step| step.kind != StepKind::Total).max_by_key(|step| step.whole());
        let largest = largest
            .map_or_else(String::new, |step| format!(" Het grootst is {} ({}).", step.label, euro(step.whole())));
        let line = self
            .line
            .as_ref()
            .map_or_else(String::new, |(name, cents)| format!(" {name}: {}.", euro(cents.round() as i128)));
        format!(
            "Watervaldiagram van {} stappen, die eindigt op {} ({}).{largest}{line}",
            placed.len(),
            euro(last.end.round() as i128),
            last.step.label
        )
    }

    fn placed(&self) -> Vec<Placed<'_>> {
        let mut sum = 0.0;
        self.steps
            .iter()
            .map(|step| {
                let start = if step.kind == StepKind::Total { 0.0 } else { sum };
                let amount = step.amount_cents as f64;
                let booked = if step.kind == StepKind::Forecast { start } else { start + amount };
                sum = start + step.whole() as f64;
                Placed { step, start, booked, end: sum }
            })
            .collect()
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        let placed = self.placed();
        if placed.is_empty() {
            return nothing(layout);
        }
        let mut items = vec![(Sign::Solid(BLUE), "geboekt".to_owned())];
        if placed.iter().any(|place| place.booked != place.end) {
            items.push((Sign::Hatched, "nog verwacht".to_owned()));
        }
        let key = Key::new(items, layout.width())?;
        let above = if self.line.is_some() { 24.0 } else { 0.0 };
        let top = key.height() + above + 22.0;
        let texts: Vec<(&str, &str)> =
            self.steps.iter().map(|step| (step.label.as_str(), step.note.as_str())).collect();
        let rows = Rows::new(layout, &texts, 24.0, 14.0, top)?;
        let amounts: Vec<String> = self.steps.iter().map(|step| euro(step.whole())).collect();
        let figures = widest(amounts.iter().map(String::as_str), theme::LABEL, Weight::SemiBold)?;
        let ends = placed.iter().flat_map(|place| [place.start, place.booked, place.end]);
        let all = ends.chain(self.line.iter().map(|line| line.1)).map(|cents| cents / 100.0);
        let scale = Scale::over(all, rows.left, layout.width() - figures - 18.0);
        let at = |cents: f64| scale.at(cents / 100.0);
        Canvas::draw(layout, rows.bottom + 4.0, |canvas| {
            key.draw(canvas, 0.0)?;
            let ticks = scale.ticks(if layout == Layout::Wide { 5 } else { 3 });
            grid(canvas, scale, &ticks, "\u{a0}€", [top, rows.bottom], layout.width())?;
            baseline(canvas, at(0.0), top, rows.bottom)?;
            for (index, place) in placed.iter().enumerate() {
                let middle = rows.middle(index);
                let (start, booked, end) = (at(place.start), at(place.booked), at(place.end));
                canvas.bar(start, middle - 12.0, booked - start, 24.0, BLUE)?;
                if (end - booked).abs() > 0.5 {
                    canvas.hatched(booked, middle - 12.0, end - booked, 24.0, BLUE)?;
                }
                if let Some(next) = placed.get(index + 1).filter(|next| next.step.kind != StepKind::Total) {
                    canvas.path(&[(end, middle + 12.0), (end, rows.middle(index + 1) - 12.0)], 0.8, GREY)?;
                    debug_assert!((next.start - place.end).abs() < 1.0);
                }
            }
            self.line(canvas, scale, key.height() + 8.0, [top - 24.0 + 22.0, rows.bottom], layout)?;
            for (index, place) in placed.iter().enumerate() {
                let weight = if place.step.kind == StepKind::Total { Weight::SemiBold } else { Weight::Regular };
                rows.name(canvas, index, weight)?;
                canvas.text(&amounts[index], layout.width(), rows.middle(index), Label::strong(Anchor::End))?;
            }
            Ok(())
        })
    }

    fn line(
        &self,
        canvas: &mut Canvas<'_>,
        scale: Scale,
        middle: f64,
        [top, bottom]: [f64; 2],
        layout: Layout,
    ) -> Result<()> {
        let Some((name, cents)) = &self.line else { return Ok(()) };
        let x = scale.at(cents / 100.0);
        // The white rim sets the line off from the bars that it crosses.
        canvas.path(&[(x, top), (x, bottom)], 5.0, WHITE)?;
        canvas.path(&[(x, top), (x, bottom)], 2.0, PLUM)?;
        canvas.path(&[(x, middle + 9.0), (x, top - 18.0)], 2.0, PLUM)?;
        let text = format!("{name} {}", euro(cents.round() as i128));
        let label = Label { colour: PLUM, ..Label::strong(Anchor::Start) };
        let text = theme::wrap_at_most(&text, label.size, label.weight, layout.width(), 1)?.swap_remove(0);
        let width = theme::width(&text, label.size, label.weight)?;
        canvas.text(&text, (x - width / 2.0).clamp(0.0, layout.width() - width), middle, label)?;
        Ok(())
    }
}

impl WaterfallStep {
    fn whole(&self) -> i128 {
        self.amount_cents + self.expected_cents
    }
}
