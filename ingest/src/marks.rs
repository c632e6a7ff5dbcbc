//! What tells that an object was written anew (`ops/landing_marks`): beside
//! the ledger, so that the same bytes written again change nothing of what
//! was delivered, and nothing that rests on it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{TableSpec, documented, fingerprint};
use peil_warehouse::{Error, Result};

use crate::ledger::Entry;

/// The table of marks.
pub const MARKS: &str = "ops/landing_marks";

/// What the table looks like.
pub fn marks_spec() -> TableSpec {
    let columns = [
        ("delivery_id", "delivery, as in ops.deliveries"),
        ("mark", "tag or moment of writing of its object, when it was last looked at"),
    ];
    let columns = columns.map(|(name, comment)| documented(Field::new(name, DataType::Utf8, true), comment));
    TableSpec::new(MARKS, "One row for each delivery: tells whether its object was written since.", columns.to_vec())
}

/// Adds the marks to the entries of the ledger. One without is looked at anew.
///
/// # Errors
/// [`Error::Storage`] where the table cannot be read.
pub async fn add(draft: &Draft, entries: &mut [Entry]) -> Result<()> {
    let mut marks: BTreeMap<String, String> = BTreeMap::new();
    for batch in draft.batches(MARKS, Some(&["delivery_id", "mark"])).await? {
        let text = |at: usize| batch.column(at).as_string_opt::<i32>();
        let (Some(ids), Some(found)) = (text(0), text(1)) else {
            return Err(Error::storage(format!("{MARKS} holds something that is no text")));
        };
        let rows = (0..batch.num_rows()).filter(|row| found.is_valid(*row));
        marks.extend(rows.map(|row| (ids.value(row).to_owned(), found.value(row).to_owned())));
    }
    entries.iter_mut().for_each(|entry| entry.etag = marks.remove(&entry.delivery_id));
    Ok(())
}

/// Writes the marks of the entries, where one changed.
///
/// # Errors
/// [`Error::Storage`] where the table cannot be written.
pub async fn write(draft: &mut Draft, entries: &[Entry]) -> Result<()> {
    let marks = || entries.iter().filter_map(|entry| Some((entry.delivery_id.as_str(), entry.etag.as_deref()?)));
    let print = fingerprint(marks().flat_map(|(id, mark)| [id, mark]));
    if draft.fingerprint(MARKS, "") == Some(print.as_str()) {
        return Ok(());
    }
    let ids: StringArray = marks().map(|(id, _)| Some(id)).collect();
    let found: StringArray = marks().map(|(_, mark)| Some(mark)).collect();
    let rows = RecordBatch::try_new(marks_spec().schema, vec![Arc::new(ids), Arc::new(found)])?;
    draft.write_part(MARKS, "", print, &[rows]).await
}
