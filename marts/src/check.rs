//! Checks: queries that return the rows that should not be there, and what
//! they found, as the warehouse records it.

use datafusion::execution::context::SessionContext;

use peil_warehouse::{Error, Result};

use crate::finish::{EXAMPLES, row_text};
use crate::model::{Check, Severity};
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

/// Runs a check.
///
/// # Errors
/// [`Error::Usage`] where its query cannot be planned or run.
pub(crate) async fn run(session: &SessionContext, place: &str, mart: &str, check: &Check) -> Result<Finding> {
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
    Ok(Finding {
        check: check.name.clone(),
        layer: MARTS,
        mart: mart.to_owned(),
        severity: check.severity,
        rows,
        examples,
        known: None,
        input: None,
    })
}
