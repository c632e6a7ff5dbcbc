//! What there is to say of one authority: its use, building blocks, modules,
//! maturity and portfolio, beside its peers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Moments;
use super::authorities::{Authorities, Authority};
use super::building_blocks::{BlockState, BuildingBlocks};
use super::maturity::{ALL, Maturity, PeerGroup};
use super::table::{Kind, Table};

/// The use that an authority made of a part of the portal in a quarter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnUse {
    /// Part of the portal.
    pub module: String,
    /// Accounts; none where they are too few to be shown.
    pub users: Option<i64>,
    /// Actions; none as for the accounts.
    pub events: Option<i64>,
}

/// The state of an authority with a module of LB365.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnModuleState {
    /// In use.
    Live,
    /// With a track under way.
    Track,
    /// Stopped.
    Stopped,
}

impl OwnModuleState {
    /// As readers see it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "in gebruik",
            Self::Track => "traject gestart",
            Self::Stopped => "gestopt",
        }
    }
}

/// A module of LB365 at an authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnModule {
    /// Name of the module.
    pub module: String,
    /// How far it is.
    pub state: OwnModuleState,
    /// First day of the track.
    pub track_started_on: Option<NaiveDate>,
    /// First day of use.
    pub live_on: Option<NaiveDate>,
}

/// A building block that an authority is connected to by LB365.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnConnection {
    /// Name of the block.
    pub building_block: String,
    /// First day of the connection.
    pub connected_on: Option<NaiveDate>,
}

/// The score of an authority in a chapter, with its peers.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnScore {
    /// The chapter.
    pub chapter: String,
    /// Its own score, 0 to 5.
    pub score: f64,
    /// When the measurement was handed in.
    pub submitted_on: Option<NaiveDate>,
    /// The scores of all, of its size class and of its province.
    pub peers: Vec<PeerGroup>,
}

/// A line of an authority's portfolio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortfolioLine {
    /// Name of the solution.
    pub solution: String,
    /// Name of the supplier.
    pub supplier: Option<String>,
    /// gekozen, gepland or uitgefaseerd.
    pub status: String,
    /// Since when.
    pub since: Option<NaiveDate>,
}

/// An authority, on the peildatum.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorityProfile {
    /// Who it is.
    pub authority: Authority,
    /// Parts of the portal that it used in the quarter, by name.
    pub portal: Vec<OwnUse>,
    /// Building blocks that it uses, puts in place or plans, the furthest first.
    pub building_blocks: Vec<(String, BlockState)>,
    /// Modules of LB365, those in use first.
    pub modules: Vec<OwnModule>,
    /// Building blocks that it is connected to by LB365, by name.
    pub connections: Vec<OwnConnection>,
    /// Its latest maturity measurement, by chapter.
    pub maturity: Vec<OwnScore>,
    /// Its portfolio: chosen, planned, phased out.
    pub portfolio: Vec<PortfolioLine>,
    /// The figures of the benchmark in its peer groups: all, its size class,
    /// its province. Its own figures are not shown: they would give away
    /// those of peer groups that are too small.
    pub benchmark: Vec<(String, Vec<PeerGroup>)>,
}

/// The profile of each authority, by name.
pub(super) async fn read(
    storage: &Storage,
    published: &Published,
    moments: &Moments,
    authorities: &Authorities,
    blocks: &BuildingBlocks,
    maturity: &Maturity,
) -> Result<Vec<AuthorityProfile>> {
    let mut portal = portal(storage, published, moments.quarter).await?;
    let mut modules = modules(storage, published, moments.quarter).await?;
    let mut connections = connections(storage, published, moments.quarter).await?;
    let mut scores = scores(storage, published, moments.quarter).await?;
    let mut portfolio = portfolio(storage, published, moments.quarter).await?;
    let mut states: BTreeMap<&str, Vec<(String, BlockState)>> = BTreeMap::new();
    for row in &blocks.authorities {
        let known =
            row.states.iter().zip(&blocks.blocks).filter_map(|(state, block)| Some((block.name.clone(), (*state)?)));
        let mut known: Vec<(String, BlockState)> = known.filter(|(_, state)| *state != BlockState::NotUsed).collect();
        known.sort_by(|one, other| (other.1, &one.0).cmp(&(one.1, &other.0)));
        states.insert(&row.authority.nis, known);
    }
    let profile = |authority: &Authority| {
        let nis = authority.nis.as_str();
        AuthorityProfile {
            portal: portal.remove(nis).unwrap_or_default(),
            building_blocks: states.remove(nis).unwrap_or_default(),
            modules: modules.remove(nis).unwrap_or_default(),
            connections: connections.remove(nis).unwrap_or_default(),
            maturity: scores
                .remove(nis)
                .unwrap_or_default()
                .into_iter()
                .map(|(chapter, score, submitted_on)| OwnScore {
                    peers: maturity
                        .chapters
                        .iter()
                        .find(|known| known.name == chapter)
                        .map_or_else(Vec::new, |known| peers(&known.groups, authority)),
                    chapter,
                    score,
                    submitted_on,
                })
                .collect(),
            portfolio: portfolio.remove(nis).unwrap_or_default(),
            benchmark: maturity
                .figures
                .iter()
                .map(|figure| (figure.name.clone(), peers(&figure.groups, authority)))
                .collect(),
            authority: authority.clone(),
        }
    };
    Ok(authorities.all.iter().map(profile).collect())
}

/// The groups that an authority is in.
fn peers(groups: &[PeerGroup], authority: &Authority) -> Vec<PeerGroup> {
    let own = |group: &&PeerGroup| {
        group.name == ALL || Some(&group.name) == authority.size_class.as_ref() || group.name == authority.province
    };
    groups.iter().filter(own).cloned().collect()
}

/// The rows of a mart of the quarter, by NIS code.
async fn by_authority<T>(
    storage: &Storage,
    published: &Published,
    quarter: Period,
    mart: &'static str,
    columns: &[(&'static str, Kind)],
    line: impl Fn(&Table, usize) -> Result<T>,
) -> Result<BTreeMap<String, Vec<T>>> {
    let key = [("period", Kind::Text), ("nis_code", Kind::Text)];
    let table = Table::read(storage, published, mart, &[&key[..], columns].concat(), &[]).await?;
    let quarter = quarter.to_string();
    let mut found: BTreeMap<String, Vec<T>> = BTreeMap::new();
    for row in table.rows().filter(|row| table.is("period", *row, &quarter)) {
        found.entry(table.required("nis_code", row)?).or_default().push(line(&table, row)?);
    }
    Ok(found)
}

type ByAuthority<T> = BTreeMap<String, Vec<T>>;

async fn portal(storage: &Storage, published: &Published, quarter: Period) -> Result<ByAuthority<OwnUse>> {
    let columns = [("module", Kind::Text), ("users", Kind::Integer), ("events", Kind::Integer)];
    by_authority(storage, published, quarter, "portal_usage_by_authority", &columns, |table, row| {
        Ok(OwnUse {
            module: table.required("module", row)?,
            users: table.integer("users", row),
            events: table.integer("events", row),
        })
    })
    .await
}

async fn modules(storage: &Storage, published: &Published, quarter: Period) -> Result<ByAuthority<OwnModule>> {
    let columns =
        [("module", Kind::Text), ("state", Kind::Text), ("track_started_on", Kind::Day), ("live_on", Kind::Day)];
    let mut found = by_authority(storage, published, quarter, "lb365_modules_by_authority", &columns, |table, row| {
        Ok(OwnModule {
            module: table.required("module", row)?,
            state: match table.required("state", row)?.as_str() {
                "live" => OwnModuleState::Live,
                "track" => OwnModuleState::Track,
                _ => OwnModuleState::Stopped,
            },
            track_started_on: table.day("track_started_on", row),
            live_on: table.day("live_on", row),
        })
    })
    .await?;
    for modules in found.values_mut() {
        modules.sort_by(|one, other| (one.state, &one.module).cmp(&(other.state, &other.module)));
    }
    Ok(found)
}

async fn connections(storage: &Storage, published: &Published, quarter: Period) -> Result<ByAuthority<OwnConnection>> {
    let columns = [("building_block", Kind::Text), ("connected", Kind::Flag), ("connected_on", Kind::Day)];
    let mut found = by_authority(storage, published, quarter, "lb365_adoption", &columns, |table, row| {
        let connection = OwnConnection {
            building_block: table.required("building_block", row)?,
            connected_on: table.day("connected_on", row),
        };
        Ok(table.flag("connected", row).then_some(connection))
    })
    .await?;
    Ok(found.iter_mut().map(|(nis, rows)| (nis.clone(), rows.drain(..).flatten().collect())).collect())
}

type Score = (String, f64, Option<NaiveDate>);

async fn scores(storage: &Storage, published: &Published, quarter: Period) -> Result<ByAuthority<Score>> {
    let columns = [("chapter", Kind::Text), ("score", Kind::Number), ("submitted_on", Kind::Day)];
    by_authority(storage, published, quarter, "maturity_scores", &columns, |table, row| {
        let score = table.number("score", row).unwrap_or(0.0);
        Ok((table.required("chapter", row)?, score, table.day("submitted_on", row)))
    })
    .await
}

async fn portfolio(storage: &Storage, published: &Published, quarter: Period) -> Result<ByAuthority<PortfolioLine>> {
    let columns = [
        ("solution_id", Kind::Text),
        ("solution", Kind::Text),
        ("supplier", Kind::Text),
        ("status", Kind::Text),
        ("since", Kind::Day),
    ];
    let mut found = by_authority(storage, published, quarter, "authority_portfolio", &columns, |table, row| {
        Ok(PortfolioLine {
            solution: match table.text("solution", row) {
                Some(name) => name,
                None => table.required("solution_id", row)?,
            },
            supplier: table.text("supplier", row),
            status: table.required("status", row)?,
            since: table.day("since", row),
        })
    })
    .await?;
    for lines in found.values_mut() {
        let place =
            |line: &PortfolioLine| ["gekozen", "gepland", "uitgefaseerd"].iter().position(|s| *s == line.status);
        lines.sort_by(|one, other| (place(one), &one.solution).cmp(&(place(other), &other.solution)));
    }
    Ok(found)
}
