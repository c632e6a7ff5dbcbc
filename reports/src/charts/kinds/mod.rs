//! How each kind of chart is drawn: plain input, no knowledge of marts.
//!
//! A kind is a struct of labels and figures with `draw`, which gives a drawing
//! for each layout, and `describe`, which says in Dutch what its input holds,
//! for the text alternative of the chart. A chart of the report fills in a kind
//! and adds title, measure, source and table.
//!
//! | kind | shows |
//! | --- | --- |
//! | [`RankedBars`] | figures of named things, one bar each |
//! | [`Bullets`] | shares of a target |
//! | [`LineWithTarget`] | one figure through time, with its target as steps |
//! | [`SmallMultiples`] | many figures through time, a panel each |
//! | [`DotPlot`] | averages with their interval |
//! | [`Distribution`] | the spread of figures, by group, a panel each |
//! | [`HeatMap`] | levels of many things by column |
//! | [`Matrix`] | counts of things by column |
//! | [`Choropleth`] | classes of municipalities, on the map |
//! | [`Waterfall`] | amounts that add up, with a budget as a line |
//! | [`Timeline`] | milestones by period |
//! | [`sparkline`] | one figure through time, as small as a word |

mod borders;
mod bullets;
mod choropleth;
mod distribution;
mod dot_plot;
mod heat_map;
mod line;
mod matrix;
mod multiples;
mod parts;
mod ranked_bars;
mod sparkline;
mod timeline;
mod waterfall;

pub use bullets::{Bullet, Bullets};
pub use choropleth::{ATTRIBUTION, Choropleth};
pub use distribution::{Distribution, DistributionPanel, DistributionRow, Measured};
pub use dot_plot::{Dot, DotPlot};
pub use heat_map::{HeatMap, HeatRow};
pub use line::{LineWithTarget, TimePoint};
pub use matrix::Matrix;
pub use multiples::{Panel, SmallMultiples};
pub use ranked_bars::{RankedBar, RankedBars};
pub use sparkline::sparkline;
pub use timeline::{Timeline, TimelineRow};
pub use waterfall::{StepKind, Waterfall, WaterfallStep};

use peil_warehouse::Result;

use super::canvas::{Drawing, Layout};

/// The drawings of both layouts.
fn both(mut draw: impl FnMut(Layout) -> Result<Drawing>) -> Result<Vec<Drawing>> {
    Layout::ALL.into_iter().map(&mut draw).collect()
}

/// A text, or what stands for an empty one.
fn or(text: &str, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text.to_owned() }
}
