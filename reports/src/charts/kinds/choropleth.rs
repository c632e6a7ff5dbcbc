//! A map of Flanders: a class for each municipality.

use std::collections::BTreeMap;

use peil_warehouse::Result;
use plotters::style::RGBColor;

use super::borders::{Borders, borders};
use super::parts::{Key, Sign, nothing, shade};
use super::{both, or};
use crate::charts::canvas::{Canvas, Drawing, Layout};
use crate::charts::theme::{GREY, INK, WHITE};

/// Stands under every map.
pub const ATTRIBUTION: &str =
    "Grenzen: © Statbel; BNOSAC BelgiumMaps.StatBel (CC BY 2.0), vereenvoudigd en samengevoegd bij fusies.";

/// Classes of municipalities, on the map.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Choropleth {
    /// Whose borders are drawn: those of 2019 up to 2024, those of 2025 from then on.
    pub year: i32,
    /// What each class is called, lowest first.
    pub classes: Vec<String>,
    /// The class of a municipality, by NIS code; without one it is drawn as
    /// without data.
    pub levels: BTreeMap<String, usize>,
    /// What no class is called. Empty: `geen gegevens`.
    pub without: String,
    /// Whether the borders of the provinces are drawn.
    pub province_lines: bool,
}

impl Choropleth {
    /// The drawings of both layouts.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
    pub fn draw(&self) -> Result<Vec<Drawing>> {
        both(|layout| self.picture(layout))
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        if self.classes.is_empty() {
            return "Kaart zonder gegevens.".to_owned();
        }
        let counts: Vec<String> = self
            .classes
            .iter()
            .enumerate()
            .map(|(class, name)| format!("{name}: {}", self.levels.values().filter(|level| **level == class).count()))
            .collect();
        format!("Kaart van de Vlaamse gemeenten, ingekleurd per klasse. Aantal gemeenten: {}.", counts.join("; "))
    }

    fn picture(&self, layout: Layout) -> Result<Drawing> {
        if self.classes.is_empty() {
            return nothing(layout);
        }
        let borders = borders(self.year)?;
        let level = |nis: &str| self.levels.get(nis).copied().filter(|level| *level < self.classes.len());
        let count = self.classes.len();
        let members =
            |class: Option<usize>| borders.municipalities.iter().filter(move |place| level(&place.0) == class);
        let mut items: Vec<(Sign, String)> = self
            .classes
            .iter()
            .enumerate()
            .map(|(class, name)| {
                (Sign::Solid(shade(class, count)), format!("{name} ({})", members(Some(class)).count()))
            })
            .collect();
        let without = members(None).count();
        if without > 0 {
            items.push((Sign::Without, format!("{} ({without})", or(&self.without, "geen gegevens"))));
        }
        let key = Key::new(items, layout.width())?;
        let drawn = borders.fitted(2.0, key.height() + 8.0, layout.width() - 4.0);
        Canvas::draw(layout, drawn.bottom + 4.0, |canvas| {
            key.draw(canvas, 0.0)?;
            for class in 0..count {
                for (_, rings) in members(Some(class)) {
                    for ring in rings {
                        canvas.polygon(&drawn.ring(ring), shade(class, count))?;
                    }
                }
            }
            for (_, rings) in members(None) {
                let rings: Vec<Vec<(f64, f64)>> = rings.iter().map(|ring| drawn.ring(ring)).collect();
                canvas.hatch(&rings, 5.0, 0.8, GREY)?;
            }
            // White is no border on white: around what has no data it is grey.
            let mut bare = vec![false; drawn.arcs.len()];
            for arc in members(None).flat_map(|(_, rings)| rings).flatten() {
                bare[if *arc < 0 { !*arc } else { *arc } as usize] = true;
            }
            for (colour, wanted) in [(WHITE, false), (GREY, true)] {
                let arcs = drawn.arcs.iter().zip(borders.uses.iter().zip(&bare));
                for (arc, _) in arcs.filter(|(_, (uses, bare))| uses.0 > 1 && **bare == wanted) {
                    canvas.path(arc, if wanted { 0.6 } else { 0.8 }, colour)?;
                }
            }
            lines(canvas, borders, &drawn.arcs, |uses| uses.0 == 1, 0.8, GREY)?;
            lines(canvas, borders, &drawn.arcs, |uses| self.province_lines && uses.1 > 1, 1.4, INK)
        })
    }
}

/// The borders that are wanted, by how many municipalities and provinces share them.
fn lines(
    canvas: &mut Canvas<'_>,
    borders: &Borders,
    arcs: &[Vec<(f64, f64)>],
    wanted: impl Fn(&(usize, usize)) -> bool,
    thick: f64,
    colour: RGBColor,
) -> Result<()> {
    let wanted = arcs.iter().zip(&borders.uses).filter(|(_, uses)| wanted(uses));
    wanted.map(|(arc, _)| arc).try_for_each(|arc| canvas.path(arc, thick, colour))
}
