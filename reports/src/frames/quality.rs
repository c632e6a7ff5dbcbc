//! How good the data are, and what changed since it was published.

use std::collections::BTreeMap;

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::revisions::{self, Measure, Revision, Vintage};
use super::table::{Kind, Table};

/// Rows that were rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The dataset, as `portal/events`.
    pub dataset: String,
    /// The source's name of the faulty column; none where no column is to blame.
    pub column: Option<String>,
    /// Why, as `bad_date`.
    pub reason: String,
    /// How many.
    pub rows: i64,
}

/// A reference to an authority that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    /// The text, as delivered.
    pub reference: String,
    /// The datasets in which it stands.
    pub datasets: String,
    /// Rows in which it stands.
    pub rows: i64,
    /// The nearest names that are known.
    pub nearest: String,
}

/// A check of the last run that did not pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedCheck {
    /// Name of the check.
    pub check: String,
    /// Dataset or mart.
    pub of: String,
    /// Rows that fail it.
    pub rows: i64,
    /// What fails.
    pub detail: String,
}

/// Quality of the data, and revisions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Quality {
    /// Checks of the last run.
    pub checks: usize,
    /// Those that did not pass.
    pub failed: Vec<FailedCheck>,
    /// Rejected rows, by dataset, column and reason.
    pub rejected: Vec<Rejected>,
    /// Authorities that are not known, those with the most rows first.
    pub unresolved: Vec<Unresolved>,
    /// Periods whose figures were published.
    pub released: Vec<Period>,
    /// What has changed since.
    pub revisions: Vec<Revision>,
    /// The figures as they were at each release.
    pub vintages: Vec<Vintage>,
}

impl Quality {
    pub(super) async fn read(storage: &Storage, published: &Published) -> Result<Self> {
        let (checks, failed) = read_checks(storage, published).await?;
        Ok(Self {
            checks,
            failed,
            rejected: read_rejected(storage, published).await?,
            unresolved: read_unresolved(storage, published).await?,
            released: read_released(storage, published).await?,
            revisions: revisions::read(storage, published).await?,
            vintages: revisions::read_vintages(storage, published).await?,
        })
    }

    /// Whether the figure of an indicator differs from what was published.
    pub fn is_revised(&self, indicator: &str, period: Period) -> bool {
        let same = |one: &&Revision| one.period == period && one.indicator == indicator;
        self.revisions.iter().filter(same).any(|one| one.measure == Measure::Value)
    }
}

async fn read_checks(storage: &Storage, published: &Published) -> Result<(usize, Vec<FailedCheck>)> {
    let columns = [
        ("run_id", Kind::Text),
        ("stage", Kind::Text),
        ("check", Kind::Text),
        ("dataset", Kind::Text),
        ("outcome", Kind::Text),
        ("rows", Kind::Integer),
        ("detail", Kind::Text),
    ];
    let Some(table) = Table::read_record(storage, published, "quality_checks", &columns).await? else {
        return Ok((0, Vec::new()));
    };
    // The record holds earlier runs too; of each stage the last counts.
    let mut last: BTreeMap<Option<String>, Option<String>> = BTreeMap::new();
    for row in table.rows() {
        let run = last.entry(table.text("stage", row)).or_default();
        *run = run.take().max(table.text("run_id", row));
    }
    let is_last = |row: &usize| last.get(&table.text("stage", *row)) == Some(&table.text("run_id", *row));
    let rows: Vec<usize> = table.rows().filter(is_last).collect();
    let mut failed = Vec::new();
    for row in rows.iter().copied() {
        if table.text("outcome", row).as_deref() != Some("passed") {
            failed.push(FailedCheck {
                check: table.required("check", row)?,
                of: table.text("dataset", row).unwrap_or_default(),
                rows: table.integer("rows", row).unwrap_or(0),
                detail: table.text("detail", row).unwrap_or_default(),
            });
        }
    }
    Ok((rows.len(), failed))
}

async fn read_rejected(storage: &Storage, published: &Published) -> Result<Vec<Rejected>> {
    let columns = [("dataset", Kind::Text), ("column", Kind::Text), ("reason", Kind::Text)];
    let Some(table) = Table::read_record(storage, published, "rejected_rows", &columns).await? else {
        return Ok(Vec::new());
    };
    let mut counted: BTreeMap<(String, Option<String>, String), i64> = BTreeMap::new();
    for row in table.rows() {
        let key = (table.required("dataset", row)?, table.text("column", row), table.required("reason", row)?);
        *counted.entry(key).or_default() += 1;
    }
    let rejected = |((dataset, column, reason), rows)| Rejected { dataset, column, reason, rows };
    Ok(counted.into_iter().map(rejected).collect())
}

async fn read_unresolved(storage: &Storage, published: &Published) -> Result<Vec<Unresolved>> {
    let columns =
        [("reference", Kind::Text), ("datasets", Kind::Text), ("rows", Kind::Integer), ("nearest", Kind::Text)];
    let Some(table) = Table::read_record(storage, published, "unresolved_authorities", &columns).await? else {
        return Ok(Vec::new());
    };
    let mut unresolved = Vec::new();
    for row in table.rows() {
        unresolved.push(Unresolved {
            reference: table.required("reference", row)?,
            datasets: table.text("datasets", row).unwrap_or_default(),
            rows: table.integer("rows", row).unwrap_or(0),
            nearest: table.text("nearest", row).unwrap_or_default(),
        });
    }
    unresolved.sort_by(|one, other| (other.rows, &one.reference).cmp(&(one.rows, &other.reference)));
    Ok(unresolved)
}

async fn read_released(storage: &Storage, published: &Published) -> Result<Vec<Period>> {
    let table = Table::read_record(storage, published, "releases", &[("period", Kind::Text)]).await?;
    let Some(table) = table else { return Ok(Vec::new()) };
    let mut periods: Vec<Period> = table.rows().map(|row| table.period("period", row)).collect::<Result<_>>()?;
    periods.sort_by_key(|period| (period.last_day(), period.kind()));
    periods.dedup();
    Ok(periods)
}
