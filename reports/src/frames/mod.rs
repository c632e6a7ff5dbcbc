//! The marts as typed rows: a frame for each section of the report.
//!
//! A frame holds what is shown, in the order in which it is shown, and no
//! word of how: page, document and workbook are all made from it.

mod attention;
mod costs;
mod deliveries;
mod history;
mod indicators;
mod milestones;
pub(crate) mod table;
mod values;

use chrono::{DateTime, NaiveDate, Utc};
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

pub use attention::AttentionPoint;
pub use costs::{CostLine, Costs, Product, YearBudget};
pub use deliveries::{Dataset, Deliveries};
pub use history::History;
pub(crate) use indicators::read_indicators;
pub use indicators::{Indicator, Indicators, MilestoneRow, NumericRow, Programme, Row, Section};
pub use milestones::{Mark, State};
pub use values::{Figure, Status};

/// What a report of one period shows.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the report rests on.
    pub colophon: Colophon,
    /// The published indicator tables.
    pub indicators: Indicators,
    /// Their figures through time.
    pub history: Vec<History>,
    /// The costs of the year, and its budget.
    pub costs: Costs,
    /// What the rules point out about the period.
    pub attention: Vec<AttentionPoint>,
    /// What the sources delivered.
    pub deliveries: Deliveries,
}

/// What a report rests on.
#[derive(Debug, Clone)]
pub struct Colophon {
    /// The period of the report.
    pub period: Period,
    /// Last day whose facts count.
    pub as_of: NaiveDate,
    /// Last delivery date that was used; none: all deliveries.
    pub known_on: Option<NaiveDate>,
    /// The run that published the marts.
    pub run_id: Option<String>,
    /// When the marts were published.
    pub published_at: Option<DateTime<Utc>>,
}

impl Colophon {
    /// The peildatum: the last day of the period, or the as-of day where that
    /// comes first.
    pub fn peildatum(&self) -> NaiveDate {
        self.period.last_day().min(self.as_of)
    }

    /// Whether the period goes on after the as-of day.
    pub fn provisional(&self) -> bool {
        self.period.provisional(self.as_of)
    }

    /// The calendar year that the tables show.
    pub fn year(&self) -> i32 {
        self.period.calendar_year()
    }
}

impl Report {
    /// Reads the frames of `period` from what is published.
    ///
    /// # Errors
    /// [`Error::Usage`] where a mart is missing, or the period has no data:
    /// the message names the nearest period that has.
    pub async fn read(storage: &Storage, published: &Published, period: Period) -> Result<Self> {
        let values = values::Values::read(storage, published).await?;
        values.require(period)?;
        let as_of = published.as_of.ok_or_else(|| Error::usage("no marts are published yet: run `peil run` first"))?;
        let colophon = Colophon {
            period,
            as_of,
            known_on: published.known_on,
            run_id: published.run_id.clone(),
            published_at: published.published_at,
        };
        let indicators = Indicators::read(storage, published, &colophon, &values).await?;
        Ok(Self {
            history: history::histories(&indicators, &values, &colophon),
            indicators,
            costs: Costs::read(storage, published, &colophon).await?,
            attention: attention::read(storage, published, period).await?,
            deliveries: Deliveries::read(storage, published, &colophon).await?,
            colophon,
        })
    }
}
