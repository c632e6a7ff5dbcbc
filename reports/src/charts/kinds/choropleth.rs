//! A map of Flanders: a class for each municipality.

use std::collections::BTreeMap;

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

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
        both(blank)
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        String::new()
    }
}
