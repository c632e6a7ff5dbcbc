//! Bullets: shares of a target, which stands at one line for all.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

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
        both(blank)
    }

    /// What the input holds, in Dutch, for the text alternative.
    pub fn describe(&self) -> String {
        String::new()
    }
}
