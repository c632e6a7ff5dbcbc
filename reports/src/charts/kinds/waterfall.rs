//! A waterfall: amounts that add up, with a budget as a line.

use peil_warehouse::Result;

use super::{blank, both};
use crate::charts::canvas::Drawing;

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

impl Waterfall {
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
