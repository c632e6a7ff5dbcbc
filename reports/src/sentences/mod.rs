//! The messages of the summary: made by rules from the frames, each with its
//! figures and never a cause.

mod messages;
mod ranking;

pub use messages::{Message, money, state_in_period, summary};
pub use ranking::{
    Improvement, Standing, furthest_behind, most_improved, on_the_way_to_the_year, reference, standings, status_counts,
    year_before,
};
