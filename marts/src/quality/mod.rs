//! The quality gate: what must hold before a new state is published, on every
//! layer and on every run.
//!
//! | check of | module |
//! | --- | --- |
//! | staged and conformed tables, by their contracts | `contracts` |
//! | deliveries: rows that add up, volume, freshness | `deliveries` |
//! | marts: the queries in the headers of the models | [`crate::check`] |
//! | figures that were published before | `ties` |
//! | what is known and put up with | `faults` |

mod contracts;
mod deliveries;
mod faults;
mod ties;

use std::sync::Arc;

use chrono::NaiveDate;
use datafusion::execution::context::SessionContext;
use datafusion::execution::runtime_env::RuntimeEnv;
use peil_warehouse::Result;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::memory::Memory;
use peil_warehouse::publish::Draft;
use peil_warehouse::quality::{self, CheckRow, Recorded};
use peil_warehouse::table::fingerprint;

pub use faults::KnownFaults;
pub use ties::PublishedFigures;

use crate::check::{Finding, rested_on};
use crate::finish::EXAMPLES;
use crate::model::Severity;

/// Our part of the record.
const STAGE: &str = "marts";
pub(crate) const STAGED: &str = "staged";
pub(crate) const CONFORMED: &str = "conformed";
pub(crate) const MARTS: &str = "marts";
pub(crate) const OPS: &str = "ops";

pub(crate) const UNIQUE_KEY: &str = "unique_key";
const NOT_NULL: &str = "not_null";
const ALLOWED_VALUES: &str = "allowed_values";
const IN_RANGE: &str = "in_range";
const ORDER_OF_DAYS: &str = "order_of_days";
const ROWS_ADD_UP: &str = "rows_add_up";
const STAGED_AS_ACCEPTED: &str = "staged_as_accepted";
const VOLUME: &str = "volume";
const FRESHNESS: &str = "freshness";
const PUBLISHED_FIGURES: &str = "published_figures";
/// The checks that no model declares.
const CHECKS: [&str; 10] = [
    UNIQUE_KEY,
    NOT_NULL,
    ALLOWED_VALUES,
    IN_RANGE,
    ORDER_OF_DAYS,
    ROWS_ADD_UP,
    STAGED_AS_ACCEPTED,
    VOLUME,
    FRESHNESS,
    PUBLISHED_FIGURES,
];

/// What the gate goes by.
#[derive(Debug, Clone, Default)]
pub struct QualityRules {
    /// The contracts, of which the staged and conformed tables are checked.
    pub contracts: ContractSet,
    /// Faults that are put up with.
    pub known_faults: KnownFaults,
    /// Figures that must still be there.
    pub published_figures: PublishedFigures,
}

impl QualityRules {
    /// A hash over what decides about the checks of the marts.
    pub(crate) fn fingerprint(&self) -> String {
        fingerprint([self.known_faults.fingerprint(), self.published_figures.fingerprint()])
    }
}

/// The day on which a run looks at its data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    pub as_of: NaiveDate,
    pub known_on: Option<NaiveDate>,
}

impl Day {
    fn of_run(self) -> NaiveDate {
        self.known_on.map_or(self.as_of, |known_on| known_on.min(self.as_of))
    }
}

/// Checks the layers before the marts, and the record of deliveries.
pub(crate) async fn check_sources(
    rules: &QualityRules,
    draft: &Draft,
    day: Day,
    before: &[Recorded],
    full: bool,
    runtime: &Arc<RuntimeEnv>,
    memory: Memory,
) -> Result<Vec<Finding>> {
    let mut findings = contracts::check(draft, &rules.contracts, before, full, runtime, memory).await?;
    findings.extend(deliveries::check(draft, &rules.contracts, day.of_run(), day.known_on).await?);
    Ok(findings)
}

/// Compares the marts with what was published before.
pub(crate) async fn check_ties(rules: &QualityRules, session: &SessionContext, day: Day) -> Result<Vec<Finding>> {
    if rules.published_figures.is_empty() {
        return Ok(Vec::new());
    }
    rules.published_figures.check(session, day.of_run()).await
}

/// What the checks of the marts found in the last run, where that run saw the
/// same: none where they must be made.
pub(crate) fn carried(before: &[Recorded], inputs: &str) -> Option<Vec<Finding>> {
    let of_marts: Vec<&Recorded> = before.iter().filter(|row| row.row.layer == MARTS).collect();
    let same = |row: &&Recorded| rested_on(row.row.input.as_deref(), inputs);
    (!of_marts.is_empty() && of_marts.iter().all(same)).then(|| {
        let carry = |row: &Recorded| Finding {
            check: row.row.check.clone(),
            layer: MARTS,
            mart: row.row.dataset.clone(),
            severity: if row.row.severity == "warning" { Severity::Warning } else { Severity::Error },
            rows: row.row.rows,
            examples: row.row.detail.iter().cloned().collect(),
            known: None,
            input: row.row.input.clone(),
        };
        of_marts.into_iter().map(carry).collect()
    })
}

/// Puts up with what is known; tells of entries of the list that excuse
/// nothing.
pub(crate) fn settle(rules: &QualityRules, findings: &mut Vec<Finding>, day: Day) {
    rules.known_faults.apply(findings, day.of_run());
}

/// What the last run found.
pub(crate) async fn before(draft: &Draft) -> Result<Vec<Recorded>> {
    Ok(quality::of_last_run(&quality::history(draft, STAGE).await?).to_vec())
}

/// Records what the checks of this run found.
pub(crate) async fn record(draft: &mut Draft, run_id: &str, findings: &[Finding]) -> Result<()> {
    let row = |finding: &Finding| CheckRow {
        check: finding.check.clone(),
        layer: finding.layer.to_owned(),
        dataset: finding.mart.clone(),
        severity: finding.severity.as_str().to_owned(),
        outcome: finding.outcome().to_owned(),
        rows: finding.rows,
        detail: (finding.rows > 0).then(|| finding.detail()),
        input: finding.input.clone(),
    };
    let rows: Vec<CheckRow> = findings.iter().map(row).collect();
    quality::record(draft, STAGE, run_id, &rows).await
}

/// A finding of offending rows that are told each.
fn finding(check: &str, layer: &'static str, dataset: &str, severity: Severity, offending: Vec<String>) -> Finding {
    Finding {
        check: check.to_owned(),
        layer,
        mart: dataset.to_owned(),
        severity,
        rows: offending.len() as u64,
        examples: offending.into_iter().take(EXAMPLES).collect(),
        known: None,
        input: None,
    }
}
