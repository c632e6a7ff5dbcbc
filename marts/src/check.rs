//! Checks: queries that return the rows that should not be there, and what
//! they found, as the warehouse records it.

use std::collections::{BTreeMap, BTreeSet};

use datafusion::execution::context::SessionContext;
use peil_warehouse::quality::Recorded;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};

use crate::finish::{EXAMPLES, row_text};
use crate::model::{Check, Severity};
use crate::model_set::ModelSet;
use crate::plan;
use crate::quality::MARTS;
use crate::relation::plain;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the check.
    pub check: String,
    /// The layer that it checks.
    pub layer: &'static str,
    /// The mart, or the dataset, that it checks.
    pub mart: String,
    /// What offending rows mean for the run.
    pub severity: Severity,
    /// Number of offending rows: 0 where it passed.
    pub rows: u64,
    /// The first of them, as text.
    pub examples: Vec<String>,
    /// Why it is put up with, where it is a known fault.
    pub known: Option<String>,
    /// What it looked at: equal, and it finds the same again.
    pub input: Option<String>,
}

impl Finding {
    /// `passed`, `known`, `warning` or `failed`.
    pub fn outcome(&self) -> &'static str {
        match (self.rows, self.severity) {
            (0, _) => "passed",
            _ if self.known.is_some() => "known",
            (_, Severity::Warning) => "warning",
            (_, Severity::Error) => "failed",
        }
    }

    /// The first offending rows.
    pub fn detail(&self) -> String {
        self.examples.join("; ")
    }

    /// Whether nothing of the marts may be published.
    pub fn has_failed(&self) -> bool {
        self.outcome() == "failed"
    }
}

/// A check of a run.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    mart: String,
    place: String,
    check: Check,
    /// The tables that it reads.
    pub reads: BTreeSet<String>,
    /// Its query and what it sees, as a hash: equal, and it finds the same.
    sees: String,
}

/// Parts the hash of what a check sees from that of all that the run rests on.
const PART: char = ' ';

/// All checks of all models, in the order of their names; `seen` are hashes of
/// what the tables hold.
pub(crate) fn planned(models: &ModelSet, seen: &BTreeMap<&str, String>) -> Vec<Planned> {
    let mut checks = Vec::new();
    for model in models.in_order() {
        let mart = model.name.trim_start_matches("marts.").to_owned();
        for (check, reads) in model.header.checks.iter().zip(&model.check_reads) {
            let texts =
                [plan::ENGINE.to_owned(), check.name.clone(), format!("{:?}", check.severity), check.query.clone()];
            let sees = fingerprint(texts.into_iter().chain(reads.iter().map(|table| seen[table.as_str()].clone())));
            let (mart, place) = (mart.clone(), model.place.clone());
            checks.push(Planned { mart, place, check: check.clone(), reads: reads.clone(), sees });
        }
    }
    checks.sort_by(|a, b| (&a.mart, &a.check.name).cmp(&(&b.mart, &b.check.name)));
    checks
}

/// Parts checks that must be made from those that saw the same in the last
/// run, with what these found.
pub(crate) fn part(checks: Vec<Planned>, before: &[Recorded]) -> (Vec<Planned>, Vec<Finding>) {
    let of_marts = before.iter().filter(|row| row.row.layer == MARTS);
    let known: BTreeMap<(&str, &str), &Recorded> =
        of_marts.map(|row| ((row.row.dataset.as_str(), row.row.check.as_str()), row)).collect();
    let (mut made, mut carried) = (Vec::new(), Vec::new());
    for planned in checks {
        let found = known.get(&(planned.mart.as_str(), planned.check.name.as_str()));
        let saw = found.and_then(|row| row.row.input.as_deref()?.split_once(PART)).map(|(saw, _)| saw);
        match found.filter(|_| saw == Some(planned.sees.as_str())) {
            Some(row) => carried.push(Finding {
                rows: row.row.rows,
                examples: row.row.detail.iter().cloned().collect(),
                ..planned.finding()
            }),
            None => made.push(planned),
        }
    }
    (made, carried)
}

/// Notes beside what a check saw all that the run rests on.
pub(crate) fn note_inputs(finding: &mut Finding, inputs: &str) {
    let saw = finding.input.take().unwrap_or_default();
    finding.input = Some(format!("{saw}{PART}{inputs}"));
}

/// Whether a finding is of a run that rested on this.
pub(crate) fn rested_on(input: Option<&str>, inputs: &str) -> bool {
    input.and_then(|input| input.split_once(PART)).is_some_and(|(_, all)| all == inputs)
}

impl Planned {
    /// What it finds where all is well.
    fn finding(&self) -> Finding {
        Finding {
            check: self.check.name.clone(),
            layer: MARTS,
            mart: self.mart.clone(),
            severity: self.check.severity,
            rows: 0,
            examples: Vec::new(),
            known: None,
            input: Some(self.sees.clone()),
        }
    }
}

/// Runs a check.
///
/// # Errors
/// [`Error::Usage`] where its query cannot be planned or run.
pub(crate) async fn run(session: &SessionContext, planned: &Planned) -> Result<Finding> {
    let Planned { place, check, .. } = planned;
    let wrong = |error| Error::usage(format!("{place}: the check `{}`: {}", check.name, plain(&error)));
    let frame = session.sql(&check.query).await.map_err(wrong)?;
    let batches = frame.collect().await.map_err(wrong)?;
    let rows = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    let mut examples: Vec<String> = batches
        .iter()
        .flat_map(|batch| (0..batch.num_rows()).take(EXAMPLES).map(|row| row_text(batch, row, &[])))
        .collect();
    examples.sort();
    examples.truncate(EXAMPLES);
    Ok(Finding { rows, examples, ..planned.finding() })
}
