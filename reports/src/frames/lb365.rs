//! The platform LB365: who takes part, its modules, its building blocks.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Moments;
use super::authorities::Authorities;
use super::solutions::Earlier;
use super::table::{Kind, Table};

/// The indicator that counts who takes part.
pub const PARTICIPANTS: &str = "LB-LB-01";

/// How far a module is, in numbers of authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModuleState {
    /// With a track under way.
    pub tracks: i64,
    /// Where it is in use.
    pub live: i64,
}

/// A module of LB365.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LbModule {
    /// Name.
    pub module: String,
    /// On the peildatum.
    pub now: ModuleState,
    /// At the end of the period before.
    pub before: Option<ModuleState>,
}

/// A building block that authorities are connected to by LB365.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Name of the block.
    pub building_block: String,
    /// Authorities that are connected.
    pub connected: usize,
    /// The same at the end of the period before.
    pub before: Option<i64>,
    /// Names of those that connected in the period, in order.
    pub joined: Vec<String>,
}

/// LB365 on the peildatum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lb365 {
    /// Names of the authorities that take part, in order.
    pub participants: Vec<String>,
    /// How many took part at the end of the period before.
    pub participants_before: Option<usize>,
    /// Names of those that take part and did not at that time, in order.
    pub joined: Vec<String>,
    /// The modules, the most used first.
    pub modules: Vec<LbModule>,
    /// The building blocks, the most connected first.
    pub connections: Vec<Connection>,
}

impl Lb365 {
    pub(super) async fn read(
        storage: &Storage,
        published: &Published,
        moments: &Moments,
        authorities: &Authorities,
    ) -> Result<Self> {
        let (now, before) = participants(storage, published, moments).await?;
        let existed = |nis: &str| authorities.get(nis).is_some_and(|authority| authority.existed_before);
        let mut names: Vec<String> = now.values().cloned().collect();
        names.sort();
        let mut joined: Vec<String> = before.as_ref().map_or_else(Vec::new, |before| {
            now.iter().filter(|(nis, _)| existed(nis) && !before.contains(*nis)).map(|(_, name)| name.clone()).collect()
        });
        joined.sort();
        Ok(Self {
            participants: names,
            participants_before: before.map(|before| before.len()),
            joined,
            modules: modules(storage, published, moments).await?,
            connections: connections(storage, published, moments).await?,
        })
    }

    /// Modules with a track under way at any authority, and modules in use.
    pub fn module_counts(&self) -> (usize, usize) {
        let count = |of: fn(&ModuleState) -> i64| self.modules.iter().filter(|module| of(&module.now) > 0).count();
        (count(|state| state.tracks), count(|state| state.live))
    }

    /// Modules in use at the end of the period before.
    pub fn live_before(&self) -> Option<usize> {
        let before: Vec<ModuleState> = self.modules.iter().filter_map(|module| module.before).collect();
        (!before.is_empty()).then(|| before.iter().filter(|state| state.live > 0).count())
    }
}

/// Names by NIS code of those that take part, and the NIS codes of those that
/// did at the end of the period before; none where nothing is known of it.
async fn participants(
    storage: &Storage,
    published: &Published,
    moments: &Moments,
) -> Result<(BTreeMap<String, String>, Option<BTreeSet<String>>)> {
    let columns = [
        ("indicator_id", Kind::Text),
        ("period", Kind::Text),
        ("nis_code", Kind::Text),
        ("authority", Kind::Text),
        ("value", Kind::Number),
    ];
    let table = Table::read(storage, published, "indicator_by_authority", &columns, &[]).await?;
    let (quarter, former) = (moments.quarter.to_string(), moments.before.to_string());
    let mut now = BTreeMap::new();
    let mut before: Option<BTreeSet<String>> = None;
    for row in table.rows().filter(|row| table.is("indicator_id", *row, PARTICIPANTS)) {
        let takes_part = table.number("value", row).unwrap_or(0.0) > 0.0;
        if table.is("period", row, &former) {
            let known = before.get_or_insert_default();
            if takes_part {
                known.insert(table.required("nis_code", row)?);
            }
        } else if takes_part && table.is("period", row, &quarter) {
            now.insert(table.required("nis_code", row)?, table.required("authority", row)?);
        }
    }
    Ok((now, before))
}

async fn modules(storage: &Storage, published: &Published, moments: &Moments) -> Result<Vec<LbModule>> {
    let columns = [("period", Kind::Text), ("module", Kind::Text), ("tracks", Kind::Integer), ("live", Kind::Integer)];
    let table = Table::read(storage, published, "lb365_modules", &columns, &[]).await?;
    let mut modules = Vec::new();
    let mut before = Earlier::default();
    for row in table.rows() {
        let period = table.period("period", row)?;
        let module = table.required("module", row)?;
        let number = |column| table.integer(column, row).unwrap_or(0);
        let state = ModuleState { tracks: number("tracks"), live: number("live") };
        if period == moments.before {
            before.add(&module, state);
        }
        if period == moments.quarter {
            modules.push(LbModule { module, now: state, before: None });
        }
    }
    for module in &mut modules {
        module.before = before.of(&module.module);
    }
    modules.sort_by(|one, other| {
        (other.now.live, other.now.tracks, &one.module).cmp(&(one.now.live, one.now.tracks, &other.module))
    });
    Ok(modules)
}

async fn connections(storage: &Storage, published: &Published, moments: &Moments) -> Result<Vec<Connection>> {
    let columns = [
        ("period", Kind::Text),
        ("nis_code", Kind::Text),
        ("authority", Kind::Text),
        ("building_block", Kind::Text),
        ("connected", Kind::Flag),
        ("connected_on", Kind::Day),
    ];
    let table = Table::read(storage, published, "lb365_adoption", &columns, &[]).await?;
    let mut blocks: BTreeMap<String, Connection> = BTreeMap::new();
    let mut before: BTreeMap<String, i64> = BTreeMap::new();
    let mut known_before = false;
    let within = |day: NaiveDate| moments.from <= day && day <= moments.until;
    for row in table.rows() {
        let period = table.period("period", row)?;
        let (quarter, former) = (period == moments.quarter, period == moments.before);
        known_before |= former;
        if !(quarter || former) || !table.flag("connected", row) {
            continue;
        }
        let building_block = table.required("building_block", row)?;
        if former {
            *before.entry(building_block.clone()).or_default() += 1;
        }
        if quarter {
            let block = blocks.entry(building_block.clone()).or_insert_with(|| Connection {
                building_block,
                connected: 0,
                before: None,
                joined: Vec::new(),
            });
            block.connected += 1;
            if table.day("connected_on", row).is_some_and(within) {
                block.joined.push(table.required("authority", row)?);
            }
        }
    }
    let mut connections: Vec<Connection> = blocks.into_values().collect();
    for block in &mut connections {
        block.before = known_before.then(|| before.get(&block.building_block).copied().unwrap_or(0));
        block.joined.sort();
    }
    connections
        .sort_by(|one, other| (other.connected, &one.building_block).cmp(&(one.connected, &other.building_block)));
    Ok(connections)
}
