//! Bullets: shares of a target, which stands at one line for all.

use peil_warehouse::Result;

use super::both;
use super::parts::{Key, Rows, Scale, Sign, grid, nothing, widest};
use crate::charts::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use crate::charts::theme::{self, BLUE, GREY, LIGHT, PLUM, Weight};

/// Shares of a target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bullets {
    /// The bullets, from top to bottom.
    pub bullets: Vec<Bullet>,
    /// What the bar is, as `stand 30 juni 2022`.
    pub value_name: String,
    /// What the light bar is, as `stand 2021`.
    pub previous_name: String,
    /// What the marker is, as `doel 2de kw. 2022`; none is drawn without.
    pub marker_name: Option<String>,
    /// What the line at 100 % is, as `doel 2022`.
    pub target_name: String,
}

/// A bullet: everything as a share of its target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bullet {
    /// What it is of.
    pub label: String,
    /// Under the label, less loud: the programme. May be empty.
    pub note: String,
    /// What was reached.
    pub share: f64,
    /// The same a year before.
    pub previous: Option<f64>,
    /// A target on the way: a marker.
    pub marker: Option<f64>,
    /// The figures, as `25 van 30`.
    pub shown: String,
    /// Beside or under the figures, as `83,3 % · gebruikers`.
    pub shown_note: String,
}

impl Bullets {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        let by_share = |one: &&Bullet, other: &&Bullet| one.share.total_cmp(&other.share);
        let (Some(most), Some(least)) = (self.bullets.iter().max_by(by_share), self.bullets.iter().min_by(by_share))
        else {
            return "Staafdiagram zonder gegevens.".to_owned();
        };
        let reached = self.bullets.iter().filter(|bullet| bullet.share >= 1.0).count();
        format!(
            "Staafdiagram van {} indicatoren tegenover hun doel; {reached} op of boven het doel. Het verst: {} ({}). Het minst ver: {} ({}).",
            self.bullets.len(),
            most.label,
            most.shown,
            least.label,
            least.shown
        )
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.bullets.is_empty() {
            return nothing(layout);
        }
        let mut items = vec![(Sign::Solid(BLUE), super::or(&self.value_name, "stand"))];
        if self.bullets.iter().any(|bullet| bullet.previous.is_some()) {
            items.push((Sign::Light, super::or(&self.previous_name, "een jaar eerder")));
        }
        if let Some(name) = &self.marker_name {
            items.push((Sign::Target, name.clone()));
        }
        items.push((Sign::Line(PLUM), format!("{} = 100\u{a0}%", super::or(&self.target_name, "doel"))));
        let key = Key::new(items, layout.width())?;
        let top = key.height() + 22.0;
        // Beside the bars when there is room, under the names when there is not.
        let notes: Vec<String> = self
            .bullets
            .iter()
            .map(|bullet| match layout {
                Layout::Wide => bullet.note.clone(),
                Layout::Narrow => [&bullet.shown, &bullet.shown_note]
                    .map(String::as_str)
                    .join(" · ")
                    .trim_end_matches(" · ")
                    .to_owned(),
            })
            .collect();
        let texts: Vec<(&str, &str)> =
            self.bullets.iter().zip(&notes).map(|(bullet, note)| (bullet.label.as_str(), note.as_str())).collect();
        let rows = Rows::new(layout, &texts, 22.0, 12.0, top)?;
        let figures = match layout {
            Layout::Wide => {
                let shown =
                    widest(self.bullets.iter().map(|bullet| bullet.shown.as_str()), theme::LABEL, Weight::SemiBold)?;
                shown.max(widest(
                    self.bullets.iter().map(|bullet| bullet.shown_note.as_str()),
                    theme::NOTE,
                    Weight::Regular,
                )?) + 14.0
            }
            Layout::Narrow => 10.0,
        }
        .min(210.0);
        let shares =
            self.bullets.iter().flat_map(|bullet| [Some(bullet.share), bullet.previous, bullet.marker]).flatten();
        let largest = shares.fold(1.0, f64::max).min(2.0);
        let scale = Scale { from: 0.0, to: largest * 100.0, start: rows.left + 8.0, end: layout.width() - figures };
        Canvas::draw(layout, rows.bottom + 4.0, |canvas| {
            key.draw(canvas, 0.0)?;
            grid(canvas, scale, &scale.ticks(4), "\u{a0}%", [top, rows.bottom], layout.width())?;
            for (index, bullet) in self.bullets.iter().enumerate() {
                rows.name(canvas, index, Weight::Regular)?;
                let middle = rows.middle(index);
                bar(canvas, bullet, scale, middle)?;
                if layout == Layout::Wide {
                    let left = layout.width() - figures + 14.0;
                    let note =
                        theme::wrap_at_most(&bullet.shown_note, theme::NOTE, Weight::Regular, figures - 14.0, 1)?
                            .swap_remove(0);
                    let offset = if note.is_empty() { 0.0 } else { 8.0 };
                    canvas.text(&bullet.shown, left, middle - offset, Label::strong(Anchor::Start))?;
                    if !note.is_empty() {
                        canvas.text(&note, left, middle + 8.0, Label::note(Anchor::Start))?;
                    }
                }
            }
            for index in 0..self.bullets.len() {
                let middle = rows.middle(index);
                canvas.path(&[(scale.at(100.0), middle - 13.0), (scale.at(100.0), middle + 13.0)], 1.8, PLUM)?;
            }
            Ok(())
        })
    }
}

fn bar(canvas: &mut Canvas<'_>, bullet: &Bullet, scale: Scale, middle: f64) -> Result<()> {
    let width = |share: f64| scale.at(share * 100.0) - scale.start;
    if let Some(previous) = bullet.previous.filter(|previous| *previous > 0.0) {
        canvas.bar(scale.start, middle - 10.0, width(previous), 20.0, LIGHT)?;
        canvas.outline([scale.start, middle - 10.0, width(previous), 20.0], 0.8, GREY)?;
    }
    canvas.bar(scale.start, middle - 5.0, width(bullet.share).max(1.5), 10.0, BLUE)?;
    match bullet.marker {
        Some(marker) => canvas.target((scale.at(marker * 100.0), middle)),
        None => Ok(()),
    }
}
