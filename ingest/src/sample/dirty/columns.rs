//! Bad rows in a Parquet file, whose types are right and whose values are not.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::super::{Landing, SampleError};
use super::fault;

const DATASET: &str = "lb365/bus_messages";
const OBJECT: &str = "lb365/bus_messages/2022-07-31_nalevering.parquet";
/// Rows that are like any other; the bad ones follow them.
const GOOD: i64 = 200;
/// One second after the other, from 2022-07-01 12:00:00 UTC.
const FIRST_MOMENT: i64 = 1_656_676_800_000;

/// A row with something wrong: reason, note, and what stands in its columns.
struct Bad {
    reason: &'static str,
    note: &'static str,
    id: Option<&'static str>,
    service: Option<&'static str>,
    status: Option<i32>,
    duration: Option<i64>,
    bytes: Option<i64>,
}

const SOUND: Bad = Bad {
    reason: "",
    note: "",
    id: Some(""),
    service: Some("zaken"),
    status: Some(200),
    duration: Some(40),
    bytes: None,
};

const BAD: [Bad; 5] = [
    Bad { reason: "missing_value", note: "geen bericht_id", id: None, ..SOUND },
    Bad { reason: "missing_value", note: "lege dienst", id: Some("BP-2002"), service: Some(" "), ..SOUND },
    Bad { reason: "out_of_range", note: "status onder 100", id: Some("BP-2003"), status: Some(99), ..SOUND },
    Bad { reason: "out_of_range", note: "negatieve duur", id: Some("BP-2004"), duration: Some(-1), ..SOUND },
    Bad { reason: "out_of_range", note: "negatieve grootte", id: Some("BP-2005"), bytes: Some(-1), ..SOUND },
];

/// Writes the file.
pub(super) fn plant(landing: &mut Landing<'_>) -> Result<(), SampleError> {
    let count = GOOD + BAD.len() as i64;
    let ids = (0..GOOD).map(|number| Some(format!("BP-{:04}", 1_000 + number)));
    let with_bad = |good: fn(i64) -> Option<i64>, bad: fn(&Bad) -> Option<i64>| -> ArrayRef {
        Arc::new((0..GOOD).map(good).chain(BAD.iter().map(bad)).collect::<Int64Array>())
    };
    let columns: [(&str, ArrayRef); 8] = [
        ("bericht_id", Arc::new(ids.chain(BAD.iter().map(|bad| bad.id.map(str::to_owned))).collect::<StringArray>())),
        (
            "tijdstip",
            Arc::new(
                TimestampMillisecondArray::from_iter_values((0..count).map(|number| FIRST_MOMENT + number * 1_000))
                    .with_timezone("UTC"),
            ),
        ),
        ("bestuur", Arc::new((0..count).map(|_| Some("Lede")).collect::<StringArray>())),
        (
            "dienst",
            Arc::new(
                (0..GOOD).map(|_| SOUND.service).chain(BAD.iter().map(|bad| bad.service)).collect::<StringArray>(),
            ),
        ),
        ("partner", Arc::new((0..count).map(|_| None::<&str>).collect::<StringArray>())),
        (
            "status_code",
            Arc::new((0..GOOD).map(|_| SOUND.status).chain(BAD.iter().map(|bad| bad.status)).collect::<Int32Array>()),
        ),
        ("duur_ms", with_bad(|number| Some(40 + number % 17), |bad| bad.duration)),
        ("bytes", with_bad(|_| None, |bad| bad.bytes)),
    ];
    let problem = |error: &dyn std::fmt::Display| SampleError::Parquet(error.to_string());
    let batch = RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)))
        .map_err(|error| problem(&error))?;
    // The name of the writer holds its version: not for bytes that stay the same.
    let properties = WriterProperties::builder().set_created_by("lb-bus export".to_owned()).build();
    let mut writer =
        ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).map_err(|error| problem(&error))?;
    writer.write(&batch).map_err(|error| problem(&error))?;
    let bytes = writer.into_inner().map_err(|error| problem(&error))?;
    landing.save(DATASET, OBJECT, &bytes, count.unsigned_abs())?;
    for (number, bad) in BAD.iter().enumerate() {
        let line = GOOD.unsigned_abs() + number as u64 + 1;
        landing.summary.faults.push(fault(DATASET, OBJECT, Some(line), bad.reason, bad.note));
    }
    Ok(())
}
