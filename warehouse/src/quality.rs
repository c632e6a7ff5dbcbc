//! The record of quality checks: what each check of each run found, and since
//! when. Every stage writes its own part of it; the last runs are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type};

use crate::publish::Draft;
use crate::table::{TableSpec, documented, fingerprint};
use crate::{Error, Result};

/// The table.
pub const QUALITY_CHECKS: &str = "ops/quality_checks";
/// Runs of a stage whose checks are kept.
const RUNS_KEPT: usize = 50;

/// What a check found in a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckRow {
    /// Name of the check.
    pub check: String,
    /// The layer that it looks at: `staged`, `conformed`, `marts`, or `ops`
    /// for the record of deliveries.
    pub layer: String,
    /// Dataset or mart.
    pub dataset: String,
    /// `error` or `warning`.
    pub severity: String,
    /// `passed`, `warning`, `failed`, or `known` for a fault that is known.
    pub outcome: String,
    /// Number of offending rows.
    pub rows: u64,
    /// The first of them; empty where there is none.
    pub detail: Option<String>,
    /// What the check looked at: equal, and it finds the same again.
    pub input: Option<String>,
}

/// A row of the record: what was found, by which run, and the first run since
/// which it is so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The run.
    pub run_id: String,
    /// What it found.
    pub row: CheckRow,
    /// The first run of the unbroken series with this outcome.
    pub since: Option<String>,
    stage: String,
}

/// What the record looks like.
pub fn spec() -> TableSpec {
    let text = |name: &str, comment: &str| documented(Field::new(name, DataType::Utf8, true), comment);
    TableSpec::new(
        QUALITY_CHECKS,
        "What the checks of the last runs of each stage found.",
        vec![
            text("run_id", "run that made the check"),
            text("check", "name of the check"),
            text("dataset", "dataset or mart that was checked"),
            text("severity", "error: nothing is published; or warning"),
            text(
                "outcome",
                "passed, warning, failed, or known: a fault of the source that is on the list of known faults",
            ),
            documented(Field::new("rows", DataType::Int64, true), "number of offending rows"),
            text("detail", "the first offending rows; empty where there is none"),
            text("stage", "stage that made the check"),
            text("layer", "layer that was checked: staged, conformed, marts, or ops for the record of deliveries"),
            text("since", "first run of the unbroken series of runs with this outcome"),
            text("input", "what the check looked at: equal, and it finds the same"),
        ],
    )
}

/// The rows of a stage in the order in which they were recorded.
///
/// # Errors
/// [`Error::Storage`] where the record cannot be read.
pub async fn history(draft: &Draft, stage: &str) -> Result<Vec<Recorded>> {
    let mut rows = Vec::new();
    for batch in draft.batches(QUALITY_CHECKS, None).await? {
        read(&batch, stage, &mut rows)?;
    }
    Ok(rows)
}

/// Those of the last run among `history`.
pub fn of_last_run(history: &[Recorded]) -> &[Recorded] {
    let Some(last) = history.last() else { return &[] };
    let from = history.iter().rposition(|row| row.run_id != last.run_id).map_or(0, |before| before + 1);
    &history[from..]
}

/// Adds what a stage found in a run to what it found in the last runs.
///
/// # Errors
/// [`Error::Storage`] where the record cannot be read or written.
pub async fn record(draft: &mut Draft, stage: &str, run_id: &str, found: &[CheckRow]) -> Result<()> {
    draft.declare(&spec())?;
    let mut rows = history(draft, stage).await?;
    rows.retain(|row| row.run_id != run_id);
    let before: BTreeMap<(&str, &str, &str), &Recorded> =
        of_last_run(&rows).iter().map(|row| (key(&row.row), row)).collect();
    let since = |row: &CheckRow| match before.get(&key(row)) {
        Some(earlier) if earlier.row.outcome == row.outcome => earlier.since.clone().unwrap_or(earlier.run_id.clone()),
        _ => run_id.to_owned(),
    };
    let fresh: Vec<Recorded> = found
        .iter()
        .map(|row| Recorded {
            run_id: run_id.to_owned(),
            since: Some(since(row)),
            row: row.clone(),
            stage: stage.to_owned(),
        })
        .collect();
    let mut last = BTreeSet::new();
    for row in rows.iter().rev() {
        if last.len() < RUNS_KEPT - 1 {
            last.insert(row.run_id.clone());
        }
    }
    rows.retain(|row| last.contains(&row.run_id));
    rows.extend(fresh);
    let print = fingerprint([run_id.to_owned(), format!("{rows:?}")]);
    let batch = batch(&rows)?;
    draft.write_part(QUALITY_CHECKS, stage, print, &[batch]).await
}

fn key(row: &CheckRow) -> (&str, &str, &str) {
    (&row.check, &row.layer, &row.dataset)
}

fn read(batch: &RecordBatch, stage: &str, rows: &mut Vec<Recorded>) -> Result<()> {
    let column = |name: &str| {
        let values = batch.column_by_name(name).and_then(|values| values.as_string_opt::<i32>());
        values.ok_or_else(|| Error::internal(format!("{QUALITY_CHECKS} has no text column {name}")))
    };
    let optional = |name: &str| batch.column_by_name(name).and_then(|values| values.as_string_opt::<i32>());
    let at = |values: &StringArray, row: usize| values.is_valid(row).then(|| values.value(row).to_owned());
    let (runs, checks, datasets) = (column("run_id")?, column("check")?, column("dataset")?);
    let (severities, outcomes, stages) = (column("severity")?, column("outcome")?, column("stage")?);
    let counts = batch.column_by_name("rows").and_then(|values| values.as_primitive_opt::<Int64Type>());
    for row in (0..batch.num_rows()).filter(|row| stages.is_valid(*row) && stages.value(*row) == stage) {
        let maybe = |name: &str| optional(name).and_then(|values| at(values, row));
        rows.push(Recorded {
            run_id: at(runs, row).unwrap_or_default(),
            row: CheckRow {
                check: at(checks, row).unwrap_or_default(),
                layer: maybe("layer").unwrap_or_else(|| "marts".to_owned()),
                dataset: at(datasets, row).unwrap_or_default(),
                severity: at(severities, row).unwrap_or_default(),
                outcome: at(outcomes, row).unwrap_or_default(),
                rows: counts.map_or(0, |counts| u64::try_from(counts.value(row)).unwrap_or(0)),
                detail: maybe("detail"),
                input: maybe("input"),
            },
            since: maybe("since"),
            stage: stage.to_owned(),
        });
    }
    Ok(())
}

fn batch(rows: &[Recorded]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&Recorded) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(of).collect::<StringArray>())
    };
    let columns = vec![
        text(&|row| Some(row.run_id.clone())),
        text(&|row| Some(row.row.check.clone())),
        text(&|row| Some(row.row.dataset.clone())),
        text(&|row| Some(row.row.severity.clone())),
        text(&|row| Some(row.row.outcome.clone())),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.row.rows as i64))),
        text(&|row| row.row.detail.clone()),
        text(&|row| Some(row.stage.clone())),
        text(&|row| Some(row.row.layer.clone())),
        text(&|row| row.since.clone()),
        text(&|row| row.row.input.clone()),
    ];
    Ok(RecordBatch::try_new(spec().schema, columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Storage;

    fn found(check: &str, outcome: &str) -> CheckRow {
        CheckRow {
            check: check.to_owned(),
            outcome: outcome.to_owned(),
            layer: "marts".to_owned(),
            ..CheckRow::default()
        }
    }

    #[tokio::test]
    async fn the_record_tells_since_which_run_and_keeps_stages_apart() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let mut draft = Draft::begin(&storage).await.unwrap();
        record(&mut draft, "marts", "r1", &[found("a", "passed"), found("b", "passed")]).await.unwrap();
        record(&mut draft, "transform", "r1", &[found("a", "warning")]).await.unwrap();
        record(&mut draft, "marts", "r2", &[found("a", "passed"), found("b", "failed")]).await.unwrap();
        record(&mut draft, "marts", "r3", &[found("a", "passed"), found("b", "failed")]).await.unwrap();
        draft.publish().await.unwrap();
        let rows = history(&draft, "marts").await.unwrap();
        let since = |row: &Recorded| format!("{} {}", row.row.check, row.since.as_deref().unwrap());
        assert_eq!(of_last_run(&rows).iter().map(since).collect::<Vec<_>>(), ["a r1", "b r2"]);
        assert_eq!((rows.len(), history(&draft, "transform").await.unwrap().len()), (6, 1));
        for run in 4..70 {
            record(&mut draft, "marts", &format!("r{run}"), &[found("a", "passed")]).await.unwrap();
        }
        let rows = history(&draft, "marts").await.unwrap();
        assert_eq!(rows.len(), RUNS_KEPT);
        assert_eq!(rows.last().and_then(|row| row.since.as_deref()), Some("r1"));
    }
}
