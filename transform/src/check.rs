//! What the quality checks of a run say about references: to authorities that
//! do not resolve, and to things that no delivery names (`unknown_reference`).
//! Both are warnings: the other delivery may still come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::AsArray;
use peil_warehouse::Result;
use peil_warehouse::contract::Reference;
use peil_warehouse::publish::Draft;
use peil_warehouse::quality::{self, CheckRow};

use crate::authority::closeness;
use crate::dataset::Dataset;
use crate::explode;
use crate::unresolved::{Counts, UnresolvedAuthority};

/// The part of the table that this stage writes.
const STAGE: &str = "transform";
/// Values that a detail names.
const SHOWN: usize = 10;
/// Known values that are named beside an unknown one.
const NEAREST: usize = 3;

/// An indicator that deliveries may refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownIndicator {
    /// Its identifier, as `VVG-TK-01`.
    pub indicator_id: String,
    /// Whether it is a milestone.
    pub milestone: bool,
}

/// A quality check and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRecord {
    /// `unresolved_authority` or `unknown_reference`.
    pub check: String,
    /// The dataset that holds the references.
    pub dataset: String,
    /// Rows that fail it.
    pub rows: u64,
    /// What fails, with the nearest known; empty where nothing does.
    pub detail: Option<String>,
}

impl CheckRecord {
    /// `passed` or `warning`.
    pub fn outcome(&self) -> &'static str {
        if self.rows == 0 { "passed" } else { "warning" }
    }
}

/// A check for each dataset with authorities.
pub(crate) fn unresolved_authorities(counts: &Counts, list: &[UnresolvedAuthority]) -> Vec<CheckRecord> {
    let nearest: BTreeMap<&str, &[String]> =
        list.iter().map(|one| (one.reference.as_str(), one.nearest.as_slice())).collect();
    counts
        .iter()
        .map(|(dataset, found)| {
            let near = |value: &str| nearest.get(value).map(|names| names.to_vec()).unwrap_or_default();
            record("unresolved_authority", dataset, "authority", found, near)
        })
        .collect()
}

/// A check for each column that refers to something.
///
/// # Errors
/// [`Error::Storage`] where a table cannot be read.
pub(crate) async fn unknown_references(
    draft: &Draft,
    datasets: &[Arc<Dataset>],
    indicators: &[KnownIndicator],
) -> Result<Vec<CheckRecord>> {
    let mut records = Vec::new();
    for dataset in datasets {
        for column in dataset.contract.stored_columns() {
            let Some(reference) = &column.reference else { continue };
            let Some(known) = known(draft, datasets, reference, indicators).await? else { continue };
            let (table, name) = match explode::of(dataset).find(|explosion| explosion.column() == column.name) {
                Some(explosion) => (explosion.table_name(), explosion.item_column().unwrap_or(&column.name).to_owned()),
                None => (dataset.conformed_table(), column.name.clone()),
            };
            let mut found = values(draft, &table, &name).await?;
            found.retain(|value, _| !known.contains(value));
            let near = |value: &str| nearest(value, &known);
            records.push(record("unknown_reference", dataset.name(), &column.name, &found, near));
        }
    }
    Ok(records)
}

/// What a reference may name; none where that is not known here.
async fn known(
    draft: &Draft,
    datasets: &[Arc<Dataset>],
    reference: &Reference,
    indicators: &[KnownIndicator],
) -> Result<Option<BTreeSet<String>>> {
    let of = |milestones_only: bool| {
        let wanted = indicators.iter().filter(|known| known.milestone || !milestones_only);
        (!indicators.is_empty()).then(|| wanted.map(|known| known.indicator_id.clone()).collect())
    };
    match reference {
        Reference::Indicator => Ok(of(false)),
        Reference::MilestoneIndicator => Ok(of(true)),
        Reference::Column { dataset, column } => {
            let Some(target) = datasets.iter().find(|target| target.name() == dataset) else { return Ok(None) };
            Ok(Some(values(draft, &target.conformed_table(), column).await?.into_keys().collect()))
        }
    }
}

/// The values of a text column, with their rows.
async fn values(draft: &Draft, table: &str, column: &str) -> Result<BTreeMap<String, u64>> {
    let mut values: BTreeMap<String, u64> = BTreeMap::new();
    for batch in draft.batches(table, Some(&[column])).await? {
        let texts = batch.column(0).as_string::<i32>();
        for text in texts.iter().flatten() {
            match values.get_mut(text) {
                Some(rows) => *rows += 1,
                None => {
                    values.insert(text.to_owned(), 1);
                }
            }
        }
    }
    Ok(values)
}

fn nearest(value: &str, known: &BTreeSet<String>) -> Vec<String> {
    let lower = value.to_lowercase();
    let mut scored: Vec<(f64, &String)> =
        known.iter().map(|name| (closeness(&lower, &name.to_lowercase()), name)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().filter(|(score, _)| *score > 0.0).take(NEAREST).map(|(_, name)| name.clone()).collect()
}

fn record(
    check: &str,
    dataset: &str,
    column: &str,
    found: &BTreeMap<String, u64>,
    near: impl Fn(&str) -> Vec<String>,
) -> CheckRecord {
    let mut by_rows: Vec<(&String, &u64)> = found.iter().collect();
    by_rows.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let shown = by_rows.iter().take(SHOWN).map(|(value, rows)| match near(value).join(", ") {
        names if names.is_empty() => format!("{value} ({rows})"),
        names => format!("{value} ({rows}; nearest: {names})"),
    });
    let mut shown: Vec<String> = shown.collect();
    if by_rows.len() > SHOWN {
        shown.push(format!("and {} more", by_rows.len() - SHOWN));
    }
    CheckRecord {
        check: check.to_owned(),
        dataset: dataset.to_owned(),
        rows: found.values().sum(),
        detail: (!shown.is_empty()).then(|| format!("{column}: {}", shown.join("; "))),
    }
}

/// Writes the records of this stage.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where they cannot be written.
pub(crate) async fn write(draft: &mut Draft, run_id: &str, records: &[CheckRecord]) -> Result<()> {
    let row = |record: &CheckRecord| CheckRow {
        check: record.check.clone(),
        layer: "conformed".to_owned(),
        dataset: record.dataset.clone(),
        severity: "warning".to_owned(),
        outcome: record.outcome().to_owned(),
        rows: record.rows,
        detail: record.detail.clone(),
        input: None,
    };
    let rows: Vec<CheckRow> = records.iter().map(row).collect();
    quality::record(draft, STAGE, run_id, &rows).await
}
