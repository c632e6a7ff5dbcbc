//! Checks: queries that return the rows that should not be there, and what
//! they found, as the warehouse records it.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field};
use datafusion::execution::context::SessionContext;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, fingerprint};
use peil_warehouse::{Error, Result};

use crate::finish::{EXAMPLES, row_text};
use crate::model::{Check, Severity};
use crate::relation::plain;

/// The warehouse's record of checks.
pub const QUALITY_CHECKS: &str = "ops/quality_checks";
/// Our part of it.
const PART: &str = "marts";
/// Runs whose checks are kept.
const RUNS_KEPT: usize = 50;

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the check.
    pub check: String,
    /// The mart that it checks.
    pub mart: String,
    /// What offending rows mean for the run.
    pub severity: Severity,
    /// Number of offending rows: 0 where it passed.
    pub rows: u64,
    /// The first of them, as text.
    pub examples: Vec<String>,
}

impl Finding {
    /// `passed`, `warning` or `failed`.
    pub fn outcome(&self) -> &'static str {
        match (self.rows, self.severity) {
            (0, _) => "passed",
            (_, Severity::Warning) => "warning",
            (_, Severity::Error) => "failed",
        }
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
    Ok(Finding { check: check.name.clone(), mart: mart.to_owned(), severity: check.severity, rows, examples })
}

/// Records what the checks of this run found, beside those of the runs
/// before it.
///
/// # Errors
/// [`Error::Storage`] where the record cannot be read or written.
pub(crate) async fn record(draft: &mut Draft, run_id: &str, findings: &[Finding]) -> Result<()> {
    if draft.table(QUALITY_CHECKS).is_none() {
        draft.declare(&record_spec())?;
    }
    let schema =
        draft.table(QUALITY_CHECKS).ok_or_else(|| Error::internal("there is no record of checks"))?.arrow_schema()?;
    let before = draft.batches(QUALITY_CHECKS, None).await?;
    let kept = kept(&concat_batches(&schema, &before)?, run_id)?;
    let text = |of: &dyn Fn(&Finding) -> String| {
        Arc::new(findings.iter().map(|finding| Some(of(finding))).collect::<StringArray>()) as ArrayRef
    };
    let columns = schema.fields().iter().map(|field| match field.name().as_str() {
        "run_id" => text(&|_| run_id.to_owned()),
        "check" => text(&|finding| finding.check.clone()),
        "dataset" => text(&|finding| finding.mart.clone()),
        "severity" => text(&|finding| finding.severity.as_str().to_owned()),
        "outcome" => text(&|finding| finding.outcome().to_owned()),
        "rows" => Arc::new(Int64Array::from_iter_values(findings.iter().map(|finding| finding.rows as i64))),
        "detail" => Arc::new(
            findings
                .iter()
                .map(|finding| (finding.rows > 0).then(|| finding.examples.join("; ")))
                .collect::<StringArray>(),
        ),
        "stage" => text(&|_| PART.to_owned()),
        _ => arrow::array::new_null_array(field.data_type(), findings.len()),
    });
    let fresh = RecordBatch::try_new(Arc::clone(&schema), columns.collect())?;
    let print = fingerprint([run_id.to_owned(), format!("{findings:?}"), format!("{}", kept.num_rows())]);
    draft.write_part(QUALITY_CHECKS, PART, print, &[kept, fresh]).await
}

/// The rows of our part of the last runs before this one.
fn kept(rows: &RecordBatch, run_id: &str) -> Result<RecordBatch> {
    let column = |name: &str| {
        let values = rows.column_by_name(name).and_then(|values| values.as_any().downcast_ref::<StringArray>());
        values.ok_or_else(|| Error::internal(format!("{QUALITY_CHECKS} has no text column {name}")))
    };
    let (runs, stages) = (column("run_id")?, column("stage")?);
    let ours = |row: usize| stages.is_valid(row) && stages.value(row) == PART && runs.value(row) != run_id;
    let mut last = BTreeSet::new();
    for row in (0..rows.num_rows()).rev().filter(|row| ours(*row)) {
        if last.len() < RUNS_KEPT - 1 {
            last.insert(runs.value(row));
        }
    }
    let keep = (0..rows.num_rows()).map(|row| Some(ours(row) && last.contains(runs.value(row)))).collect();
    Ok(filter_record_batch(rows, &keep)?)
}

/// The record of checks, of all stages.
fn record_spec() -> TableSpec {
    let text = |name: &str, comment: &str| documented(Field::new(name, DataType::Utf8, true), comment);
    TableSpec::new(
        QUALITY_CHECKS,
        "What the checks of each run found.",
        vec![
            text("run_id", "the run"),
            text("check", "name of the check"),
            text("dataset", "dataset or mart that it checks"),
            text("severity", "error or warning"),
            text("outcome", "passed, warning or failed"),
            documented(Field::new("rows", DataType::Int64, true), "number of offending rows"),
            text("detail", "the first offending rows"),
            text("stage", "stage that checked"),
        ],
    )
}
