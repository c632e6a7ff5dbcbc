//! The corrections that deliveries brought, told in the record of deliveries.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableState, read_batches};
use peil_warehouse::{Error, Result};

use crate::delivery::DELIVERIES;

/// Writes the corrections of the deliveries of `datasets` into the record;
/// those of other datasets stay as they are. A delivery that is not in force
/// has corrected nothing.
///
/// # Errors
/// [`Error::Storage`] where the record cannot be read or written.
pub(crate) async fn write(
    draft: &mut Draft,
    datasets: &BTreeSet<String>,
    corrections: &BTreeMap<String, u64>,
) -> Result<()> {
    let Some(state) = draft.table(DELIVERIES).cloned() else { return Ok(()) };
    for (part, fingerprint) in &state.parts {
        let files = state.part_files(part).cloned().collect();
        let one = TableState { files, ..state.clone() };
        let batches = read_batches(draft.storage(), DELIVERIES, &one, None).await?;
        let told = batches.iter().map(|batch| tell(batch, datasets, corrections)).collect::<Result<Vec<_>>>()?;
        if told != batches {
            draft.write_part(DELIVERIES, part, fingerprint.clone(), &told).await?;
        }
    }
    Ok(())
}

fn tell(batch: &RecordBatch, datasets: &BTreeSet<String>, corrections: &BTreeMap<String, u64>) -> Result<RecordBatch> {
    let index = |name: &str| batch.schema().index_of(name).map_err(Error::from);
    let text = |name: &str| Ok::<_, Error>(batch.column(index(name)?).as_string::<i32>());
    let (dataset, id, outcome) = (text("dataset")?, text("delivery_id")?, text("outcome")?);
    let at = index("corrections")?;
    let before = batch.column(at).as_primitive::<Int64Type>();
    let value = |row: usize| {
        if !datasets.contains(dataset.value(row)) {
            return before.is_valid(row).then(|| before.value(row));
        }
        let counted = if outcome.value(row) == "accepted" { corrections.get(id.value(row)) } else { None };
        Some(counted.copied().unwrap_or(0) as i64)
    };
    let after: ArrayRef = Arc::new((0..batch.num_rows()).map(value).collect::<Int64Array>());
    let mut columns = batch.columns().to_vec();
    columns[at] = after;
    RecordBatch::try_new(batch.schema(), columns).map_err(Error::from)
}
