//! The ledger of runs: `ops/runs`, a row for each run, also for one that
//! found nothing new or failed.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray,
};
use arrow::datatypes::{
    DataType, Date32Type, Field, Float64Type, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{TableSpec, documented, fingerprint};
use peil_warehouse::{Error, Result};
use serde::Serialize;

/// The table.
pub const RUNS: &str = "ops/runs";

/// What came of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Something new is visible.
    Published,
    /// There was nothing new.
    Unchanged,
    /// It went through, but a delivery was refused.
    Refused,
    /// A quality check failed: the marts stay as they were.
    CheckFailed,
    /// It failed.
    Failed,
}

impl Outcome {
    /// The text in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Unchanged => "unchanged",
            Self::Refused => "refused",
            Self::CheckFailed => "check_failed",
            Self::Failed => "failed",
        }
    }
}

/// Rows and seconds of a stage; none of a stage that the run did not have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct StageRow {
    /// Rows that it wrote.
    pub rows: Option<u64>,
    /// How long it took.
    pub seconds: Option<f64>,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunRow {
    /// Moment and number, as `20261123T183300Z-000001`.
    pub run_id: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: DateTime<Utc>,
    /// What came of it, as [`Outcome::as_str`].
    pub outcome: String,
    /// Last day whose facts count; none for a run without marts.
    pub as_of: Option<NaiveDate>,
    /// Last delivery date used; none: all.
    pub known_on: Option<NaiveDate>,
    /// The three stages.
    pub ingest: StageRow,
    /// The second.
    pub transform: StageRow,
    /// The third.
    pub marts: StageRow,
}

/// The identifier of a run: the moment at which it began and the number of the
/// published state that it works towards. So identifiers sort by time, and two
/// runs within a second differ.
pub fn run_id(started_at: DateTime<Utc>, published: &Published) -> String {
    format!("{}-{:06}", started_at.format("%Y%m%dT%H%M%SZ"), published.sequence + 1)
}

/// Adds a run to the ledger of the draft; it is seen once that is published.
///
/// # Errors
/// [`Error::Storage`] where the ledger cannot be read or written.
pub async fn record(draft: &mut Draft, row: &RunRow) -> Result<()> {
    draft.declare(&specification())?;
    let mut batches = draft.batches(RUNS, None).await?;
    batches.push(batch(row)?);
    let schema = specification().schema;
    let all = arrow::compute::concat_batches(
        &schema,
        &batches.iter().map(|batch| plain(batch, &schema)).collect::<Result<Vec<_>>>()?,
    )?;
    draft.write_part(RUNS, "", fingerprint([&row.run_id]), &[all]).await
}

/// The last `limit` runs, the latest first.
///
/// # Errors
/// [`Error::Storage`] where the ledger cannot be read.
pub async fn latest(storage: &Storage, published: &Published, limit: usize) -> Result<Vec<RunRow>> {
    let batches = published.batches(storage, RUNS, None).await?;
    let mut rows = Vec::new();
    for batch in &batches {
        for at in 0..batch.num_rows() {
            rows.push(row(batch, at)?);
        }
    }
    rows.reverse();
    rows.truncate(limit);
    Ok(rows)
}

/// The ledger's columns, with their documentation.
pub fn specification() -> TableSpec {
    let moment = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
    let field = |name: &str, kind: &DataType, nullable: bool, comment: &str| {
        documented(Field::new(name, kind.clone(), nullable), comment)
    };
    let mut columns = vec![
        field("run_id", &DataType::Utf8, false, "moment and number of the run"),
        field("started_at", &moment, false, "when it began"),
        field("finished_at", &moment, false, "when it ended"),
        field(
            "outcome",
            &DataType::Utf8,
            false,
            "published, unchanged, refused (a delivery was), check_failed or failed",
        ),
        field("as_of", &DataType::Date32, true, "last day whose facts count"),
        field("known_on", &DataType::Date32, true, "last delivery date used; empty: all"),
    ];
    for stage in ["ingest", "transform", "marts"] {
        columns.push(field(
            &format!("{stage}_rows"),
            &DataType::Int64,
            true,
            &format!("rows that {stage} wrote; empty: not run"),
        ));
        columns.push(field(
            &format!("{stage}_seconds"),
            &DataType::Float64,
            true,
            &format!("seconds that {stage} took; empty: not run"),
        ));
    }
    TableSpec::new(RUNS, "One row for each run of the pipeline.", columns)
}

fn batch(row: &RunRow) -> Result<RecordBatch> {
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let moment = |at: DateTime<Utc>| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(vec![at.timestamp_micros()]).with_timezone("UTC"))
    };
    let day = |day: Option<NaiveDate>| -> ArrayRef {
        Arc::new(Date32Array::from(vec![
            day.map(|day| i32::try_from((day - NaiveDate::default()).num_days()).unwrap_or(i32::MAX)),
        ]))
    };
    let mut columns = vec![
        text(&row.run_id),
        moment(row.started_at),
        moment(row.finished_at),
        text(&row.outcome),
        day(row.as_of),
        day(row.known_on),
    ];
    for stage in [row.ingest, row.transform, row.marts] {
        columns.push(Arc::new(Int64Array::from(vec![stage.rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))])));
        columns.push(Arc::new(Float64Array::from(vec![stage.seconds])));
    }
    Ok(RecordBatch::try_new(specification().schema, columns)?)
}

/// The batch under the ledger's own schema, whose documentation a file does
/// not carry.
fn plain(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    Ok(RecordBatch::try_new(Arc::clone(schema), batch.columns().to_vec())?)
}

fn row(batch: &RecordBatch, at: usize) -> Result<RunRow> {
    let column =
        |name: &str| batch.column_by_name(name).ok_or_else(|| Error::storage(format!("{RUNS} has no column {name}")));
    let text = |name: &str| Ok::<_, Error>(column(name)?.as_string::<i32>().value(at).to_owned());
    let moment = |name: &str| {
        let micros = column(name)?.as_primitive::<TimestampMicrosecondType>().value(at);
        Ok::<_, Error>(DateTime::from_timestamp_micros(micros).unwrap_or_default())
    };
    let day = |name: &str| {
        let days = column(name)?.as_primitive::<Date32Type>();
        let since = days.is_valid(at).then(|| u64::try_from(days.value(at)).ok()).flatten();
        Ok::<_, Error>(since.map(|days| NaiveDate::default() + Days::new(days)))
    };
    let stage = |name: &str| {
        let rows = column(&format!("{name}_rows"))?.as_primitive::<Int64Type>();
        let seconds = column(&format!("{name}_seconds"))?.as_primitive::<Float64Type>();
        Ok::<_, Error>(StageRow {
            rows: rows.is_valid(at).then(|| u64::try_from(rows.value(at)).unwrap_or(0)),
            seconds: seconds.is_valid(at).then(|| seconds.value(at)),
        })
    };
    Ok(RunRow {
        run_id: text("run_id")?,
        started_at: moment("started_at")?,
        finished_at: moment("finished_at")?,
        outcome: text("outcome")?,
        as_of: day("as_of")?,
        known_on: day("known_on")?,
        ingest: stage("ingest")?,
        transform: stage("transform")?,
        marts: stage("marts")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(number: u32) -> RunRow {
        let at = "2026-11-23T18:33:00Z".parse().unwrap();
        RunRow {
            run_id: run_id(at, &Published { sequence: u64::from(number), ..Published::default() }),
            started_at: at,
            finished_at: at,
            outcome: Outcome::Published.as_str().to_owned(),
            as_of: NaiveDate::from_ymd_opt(2022, 7, 31),
            known_on: None,
            ingest: StageRow { rows: Some(12), seconds: Some(0.5) },
            transform: StageRow::default(),
            marts: StageRow { rows: Some(3), seconds: Some(0.25) },
        }
    }

    #[test]
    fn identifiers_hold_moment_and_number() {
        assert_eq!(sample(0).run_id, "20261123T183300Z-000001");
        assert!(sample(0).run_id < sample(1).run_id);
    }

    #[tokio::test]
    async fn the_ledger_gives_back_what_was_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path().to_str().unwrap()).unwrap();
        for number in 0..3 {
            let mut draft = Draft::begin(&storage).await.unwrap();
            record(&mut draft, &sample(number)).await.unwrap();
            draft.publish().await.unwrap();
        }
        let published = Published::read(&storage).await.unwrap();
        assert_eq!(latest(&storage, &published, 2).await.unwrap(), [sample(2), sample(1)]);
    }
}
