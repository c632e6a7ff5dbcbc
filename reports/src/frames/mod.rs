//! The marts as typed rows: a frame for each section of the report.
//!
//! A frame holds what is shown, in the order in which it is shown, and no
//! word of how: page, document and workbook are all made from it.

mod attention;
mod authorities;
mod authority;
mod building_blocks;
mod bus;
mod by_authority;
mod catalogue;
mod costs;
mod couplings;
mod deliveries;
mod edition;
mod history;
mod indicators;
mod lb365;
mod lineage;
mod maturity;
mod milestones;
mod moments;
mod portal;
mod provenance;
mod quality;
mod revisions;
mod satisfaction;
mod solutions;
mod sources;
pub(crate) mod table;
mod values;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

pub use attention::AttentionPoint;
pub use authorities::{Authorities, Authority, SIZE_CLASSES};
pub use authority::{AuthorityProfile, OwnConnection, OwnModule, OwnModuleState, OwnScore, OwnUse, PortfolioLine};
pub use building_blocks::{AuthorityBlocks, BlockState, BuildingBlock, BuildingBlocks};
pub use bus::{Bus, MonthTraffic, Partner, Service, Traffic};
pub use by_authority::{AuthorityName, AuthorityValue, ByAuthority};
pub use catalogue::{Catalogue, CatalogueColumn, CatalogueTable};
pub use costs::{CostLine, Costs, Product, YearBudget};
pub use couplings::{Coupling, Couplings, MatrixRow, Standard};
pub use deliveries::{Dataset, Deliveries};
pub use edition::Edition;
pub use history::History;
pub(crate) use indicators::read_indicators;
pub use indicators::{Indicator, Indicators, MilestoneRow, NumericRow, Programme, Row, Section};
pub use lb365::{Connection, Lb365, LbModule, ModuleState, PARTICIPANTS};
pub use lineage::{ColumnSource, DeliveredColumn, Lineage};
pub use maturity::{ALL, BenchmarkFigure, Chapter, Maturity, PeerGroup, Quantiles, ScorePoint};
pub use milestones::{Mark, State};
pub use moments::Moments;
pub use portal::{ModuleUse, PortalUse, Use};
pub use provenance::{Delivery, Provenance};
pub use quality::{FailedCheck, Quality, Rejected, Unresolved};
pub use revisions::{Cause, Measure, Revision, Vintage};
pub use satisfaction::{Rating, Satisfaction, SolutionRating};
pub use solutions::{Choices, Component, SolutionUse, Solutions, SupplierOffer};
pub use sources::{Coverage, Definition, FigureSources, SourceDelivery};
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
    /// What they pointed out the time before, and no longer do.
    pub resolved: Vec<AttentionPoint>,
    /// What the sources delivered.
    pub deliveries: Deliveries,
    /// Which quarters tell of the period.
    pub moments: Moments,
    /// The authorities of the quarter.
    pub authorities: Authorities,
    /// Use of the portal.
    pub portal: PortalUse,
    /// The catalogue and its use.
    pub solutions: Solutions,
    /// Satisfaction with the solutions.
    pub satisfaction: Satisfaction,
    /// Couplings and standards.
    pub couplings: Couplings,
    /// Use of the Flemish building blocks.
    pub building_blocks: BuildingBlocks,
    /// The platform LB365.
    pub lb365: Lb365,
    /// Traffic on the LB bus.
    pub bus: Bus,
    /// Maturity and benchmark.
    pub maturity: Maturity,
    /// What there is to say of each authority, by name.
    pub profiles: Vec<AuthorityProfile>,
    /// How good they are, and what changed since it was published.
    pub quality: Quality,
    /// The marks of each milestone in every period.
    pub marks: BTreeMap<String, Vec<Mark>>,
    /// The indicators that are shown by authority.
    pub by_authority: ByAuthority,
    /// Where figures come from.
    pub provenance: Provenance,
    /// What is behind the figures: deliveries, coverage, definitions.
    pub sources: FigureSources,
    /// The tables that readers can query.
    pub catalogue: Catalogue,
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
    /// Draft or release.
    pub edition: Edition,
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
    /// The authorities that have a page: NIS code and name.
    pub fn site_authorities(&self) -> impl Iterator<Item = (&str, &str)> {
        self.profiles.iter().map(|profile| (profile.authority.nis.as_str(), profile.authority.name.as_str()))
    }

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
            edition: Edition::Draft,
        };
        let attention = attention::Attention::read(storage, published, &colophon).await?;
        let indicators = Indicators::read(storage, published, &colophon, &values).await?;
        let moments = Moments::of(&colophon);
        let authorities = Authorities::read(storage, published, &moments).await?;
        let solutions = Solutions::read(storage, published, &moments).await?;
        let building_blocks = BuildingBlocks::read(storage, published, &moments, &authorities).await?;
        let maturity = Maturity::read(storage, published, &moments).await?;
        let provenance = Provenance::read(storage, published, &colophon).await?;
        Ok(Self {
            portal: PortalUse::read(storage, published, &moments).await?,
            satisfaction: Satisfaction::read(storage, published, &moments, &solutions).await?,
            couplings: Couplings::read(storage, published, &moments, &solutions).await?,
            lb365: Lb365::read(storage, published, &moments, &authorities).await?,
            bus: Bus::read(storage, published, &moments, as_of).await?,
            profiles: authority::read(storage, published, &moments, &authorities, &building_blocks, &maturity).await?,
            moments,
            authorities,
            solutions,
            building_blocks,
            maturity,
            history: history::histories(&indicators, &values, &colophon),
            indicators,
            costs: Costs::read(storage, published, &colophon).await?,
            attention: attention.standing,
            resolved: attention.resolved,
            deliveries: Deliveries::read(storage, published, &colophon).await?,
            quality: Quality::read(storage, published).await?,
            marks: milestones::Milestones::read(storage, published).await?.all(),
            by_authority: ByAuthority::read(storage, published, &colophon).await?,
            sources: FigureSources::read(storage, published, &colophon).await?,
            catalogue: Catalogue::read(storage, published, &provenance).await?,
            provenance,
            colophon,
        })
    }
}
