//! What the warehouse knows of targets and milestones.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

use crate::frames::table::{Kind as ColumnKind, Table};
use crate::frames::{Indicator, State, read_indicators};

/// Targets and milestones as the warehouse has them.
#[derive(Debug, Clone, PartialEq)]
pub struct Register {
    /// The last day whose facts count: its year is the one that is filled in
    /// where no other is asked for.
    pub as_of: NaiveDate,
    /// Tells one state of the register from another.
    pub version: String,
    /// Every indicator, in the published order.
    pub indicators: Vec<Indicator>,
    /// Baselines and targets; a row of a milestone marks its period as planned.
    pub targets: BTreeMap<(String, Period), TargetRow>,
    /// The state of milestones.
    pub states: BTreeMap<(String, Period), StateRow>,
}

/// A row of `reference/targets`, without its key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetRow {
    /// Baseline or target.
    pub kind: Kind,
    /// The value; none for a milestone, and for a target that was taken back.
    pub value: Option<f64>,
}

/// What a row of `reference/targets` gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was there before.
    Baseline,
    /// What is aimed at.
    Target,
}

impl Kind {
    /// As the source writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Baseline => "basis",
            Self::Target => "streef",
        }
    }
}

/// A row of `register/milestones`, without its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateRow {
    /// How it stands.
    pub state: State,
    /// What there is to say of it.
    pub note: Option<String>,
}

const TARGETS: &str = "conformed/reference_targets";
const MILESTONES: &str = "conformed/register_milestones";

impl Register {
    /// Reads the register from what is published.
    ///
    /// # Errors
    /// [`Error::Usage`] where nothing is published or a row is not such as
    /// the contract has it.
    pub async fn read(storage: &Storage, published: &Published) -> Result<Self> {
        let as_of = published.as_of.ok_or_else(|| Error::usage("no marts are published yet: run `peil run` first"))?;
        let version = |table: &str| published.table(table).and_then(|state| state.version).unwrap_or(0);
        Ok(Self {
            as_of,
            version: format!("{}.{}", version(TARGETS), version(MILESTONES)),
            indicators: read_indicators(storage, published).await?,
            targets: targets(storage, published).await?,
            states: states(storage, published).await?,
        })
    }

    /// An indicator by its code.
    pub fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| indicator.id == id)
    }

    /// The indicators with numbers.
    pub fn numeric(&self) -> impl Iterator<Item = &Indicator> {
        self.indicators.iter().filter(|indicator| !indicator.is_milestone())
    }

    /// The milestones.
    pub fn milestones(&self) -> impl Iterator<Item = &Indicator> {
        self.indicators.iter().filter(|indicator| indicator.is_milestone())
    }

    /// The value of a kind that stands in the register.
    pub(super) fn value(&self, key: &(String, Period), kind: Kind) -> Option<f64> {
        self.targets.get(key).filter(|row| row.kind == kind)?.value
    }

    /// Whether the one row of the key holds a value of the other kind, which a
    /// value of this kind would replace.
    pub(super) fn taken(&self, key: &(String, Period), kind: Kind) -> bool {
        self.targets.get(key).is_some_and(|row| row.kind != kind && row.value.is_some())
    }
}

async fn targets(storage: &Storage, published: &Published) -> Result<BTreeMap<(String, Period), TargetRow>> {
    let columns = [
        ("indicator_id", ColumnKind::Text),
        ("period", ColumnKind::Text),
        ("kind", ColumnKind::Text),
        ("value", ColumnKind::Number),
    ];
    let table = Table::read_table(storage, published, TARGETS, &columns).await?;
    let mut rows = BTreeMap::new();
    for row in table.rows() {
        let kind = if table.required("kind", row)? == Kind::Baseline.word() { Kind::Baseline } else { Kind::Target };
        let value = table.number("value", row);
        rows.insert((table.required("indicator_id", row)?, table.period("period", row)?), TargetRow { kind, value });
    }
    Ok(rows)
}

async fn states(storage: &Storage, published: &Published) -> Result<BTreeMap<(String, Period), StateRow>> {
    let columns = [
        ("indicator_id", ColumnKind::Text),
        ("period", ColumnKind::Text),
        ("state", ColumnKind::Text),
        ("note", ColumnKind::Text),
    ];
    let table = Table::read_table(storage, published, MILESTONES, &columns).await?;
    let mut rows = BTreeMap::new();
    for row in table.rows() {
        let word = table.required("state", row)?;
        let state = State::of_word(&word).ok_or_else(|| {
            Error::usage(format!("{MILESTONES} has the state `{word}`, which the contract does not list"))
        })?;
        let note = table.text("note", row);
        rows.insert((table.required("indicator_id", row)?, table.period("period", row)?), StateRow { state, note });
    }
    Ok(rows)
}
