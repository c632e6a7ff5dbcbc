//! What a run found, applied to the ledger and to the tables.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::ArrayRef;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, SchemaRef};
use bytes::Bytes;
use peil_warehouse::contract::{DELIVERY, DELIVERY_DATE, OBJECT};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{self, ColumnSource, FileBuilder, RowGroups, TableState, fingerprint};
use peil_warehouse::{Error, Result};

use crate::intake::{Origin, Taken};
use crate::ledger::{Entry, Outcome, REJECTED_ROWS};
use crate::plan::{Group, Plan, Task};

/// What was applied.
#[derive(Debug, Default)]
pub struct Applied {
    /// Rows read.
    pub rows: i64,
    /// Rows of accepted deliveries that passed.
    pub accepted_rows: i64,
    /// Rows that did not pass.
    pub rejected_rows: i64,
    /// Datasets whose staged rows changed.
    pub changed: BTreeSet<String>,
}

/// Refuses what has no date.
///
/// # Errors
/// [`Error::Internal`] where a table was not declared.
pub fn settle_undated(ledger: &mut [Entry], plan: &Plan, draft: &mut Draft) -> Result<()> {
    for place in &plan.undated {
        let entry = &mut ledger[*place];
        entry.outcome = Outcome::Refused;
        entry.reason = Some("no_date: the file name holds neither YYYY-MM-DD nor YYYY-MM".to_owned());
        draft.remove_part(REJECTED_ROWS, &entry.delivery_id)?;
    }
    Ok(())
}

/// Applies what came of each group; `taken` are the results of those that were
/// read, in the order of the plan.
///
/// # Errors
/// [`Error::Storage`] where the warehouse fails.
pub async fn apply(ledger: &mut [Entry], plan: &Plan, taken: Vec<Taken>, draft: &mut Draft) -> Result<Applied> {
    let mut applied = Applied::default();
    let mut taken = taken.into_iter();
    for group in &plan.groups {
        match &group.task {
            Task::Keep { accepted } => keep(ledger, group, *accepted, draft, &mut applied).await?,
            Task::Read { .. } => {
                let taken = taken.next().ok_or_else(|| Error::internal("a delivery was planned and not read"))?;
                applied.rows += taken.rows;
                applied.rejected_rows += taken.rejected;
                if taken.refused.is_some() {
                    refuse(ledger, group, taken, draft, &mut applied).await?;
                } else {
                    accept(ledger, group, taken, draft, &mut applied)?;
                }
            }
        }
    }
    Ok(applied)
}

fn accept(ledger: &mut [Entry], group: &Group, taken: Taken, draft: &mut Draft, applied: &mut Applied) -> Result<()> {
    let table = group.contract.staged_table();
    for place in &group.members {
        drop_parts(&ledger[*place], &table, draft)?;
    }
    let entry = &mut ledger[group.members[0]];
    entry.rows = taken.rows;
    entry.rejected = taken.rejected;
    entry.accepted = taken.rows - taken.rejected;
    entry.note = taken.note;
    applied.accepted_rows += entry.accepted;
    applied.changed.insert(entry.dataset.clone());
    draft.set_part(&table, &entry.delivery_id, part_fingerprint(entry, group), taken.staged)?;
    if !taken.rejected_files.is_empty() {
        draft.set_part(REJECTED_ROWS, &entry.delivery_id, part_fingerprint(entry, group), taken.rejected_files)?;
    }
    settle_accepted(ledger, group);
    Ok(())
}

async fn refuse(
    ledger: &mut [Entry],
    group: &Group,
    taken: Taken,
    draft: &mut Draft,
    applied: &mut Applied,
) -> Result<()> {
    let table = group.contract.staged_table();
    for place in &group.members {
        let entry = &mut ledger[*place];
        if entry.outcome == Outcome::Accepted {
            applied.changed.insert(entry.dataset.clone());
        }
        drop_parts(entry, &table, draft)?;
        entry.outcome = Outcome::Refused;
        entry.reason.clone_from(&taken.refused);
        entry.note.clone_from(&taken.note);
        entry.contract.clone_from(&group.reading);
        entry.rows = taken.rows;
        entry.rejected = taken.rejected;
        entry.accepted = taken.rows - taken.rejected;
        entry.corrections = 0;
    }
    let first = &ledger[group.members[0]];
    if !taken.rejected_files.is_empty() {
        draft.set_part(REJECTED_ROWS, &first.delivery_id, part_fingerprint(first, group), taken.rejected_files)?;
    }
    let storage = draft.storage().clone();
    for file in &taken.abandoned {
        // What was published before may have the same content, and stays.
        let named = |state: &TableState| state.files.iter().any(|named| named.path == file.path);
        if !draft.table(&table).is_some_and(named) {
            storage.delete(&format!("{table}/{}", file.path)).await?;
        }
    }
    Ok(())
}

/// The rows are staged already: under the right name, or they are given it.
async fn keep(
    ledger: &mut [Entry],
    group: &Group,
    accepted: usize,
    draft: &mut Draft,
    applied: &mut Applied,
) -> Result<()> {
    let first = group.members[0];
    if first != accepted {
        let old = ledger[accepted].clone();
        let entry = &mut ledger[first];
        entry.rows = old.rows;
        entry.accepted = old.accepted;
        entry.rejected = old.rejected;
        entry.note.clone_from(&old.note);
        let entry = entry.clone();
        rename(&group.contract.staged_table(), &old, &entry, group, draft).await?;
        rename(REJECTED_ROWS, &old, &entry, group, draft).await?;
        applied.changed.insert(entry.dataset);
    }
    settle_accepted(ledger, group);
    Ok(())
}

/// The first of the group counts; the others are the same again.
fn settle_accepted(ledger: &mut [Entry], group: &Group) {
    let object = ledger[group.members[0]].object.clone();
    for (number, place) in group.members.iter().enumerate() {
        let entry = &mut ledger[*place];
        entry.contract.clone_from(&group.reading);
        if number == 0 {
            entry.outcome = Outcome::Accepted;
            entry.reason = None;
        } else {
            entry.outcome = Outcome::Duplicate;
            entry.reason = Some(format!("same content as {object}"));
            entry.note = None;
            (entry.rows, entry.accepted, entry.rejected, entry.corrections) = (0, 0, 0, 0);
        }
    }
}

fn part_fingerprint(entry: &Entry, group: &Group) -> String {
    fingerprint([&entry.delivery_id, &group.reading])
}

fn drop_parts(entry: &Entry, table: &str, draft: &mut Draft) -> Result<()> {
    draft.remove_part(table, &entry.delivery_id)?;
    draft.remove_part(REJECTED_ROWS, &entry.delivery_id)
}

/// Gives the rows of a delivery another name, object and date, without the
/// landing area, from which the old object may be gone. All else is taken
/// over as it is encoded, so that the bytes are those of a delivery that came
/// under this name at once.
async fn rename(table: &str, old: &Entry, new: &Entry, group: &Group, draft: &mut Draft) -> Result<()> {
    let state = draft.table(table).ok_or_else(|| Error::internal(format!("the table {table} was not declared")))?;
    let schema = state.arrow_schema()?;
    let files: Vec<_> = state.part_files(&old.delivery_id).cloned().collect();
    let storage = draft.storage().clone();
    let mut renamed = Vec::with_capacity(files.len());
    for file in files {
        let content = table::read_file(&storage, table, &file).await?;
        let content = renamed_file(content, &schema, new, table == REJECTED_ROWS)?;
        renamed.push(table::write_file(&storage, table, &new.delivery_id, content, file.rows).await?);
    }
    let had = draft.fingerprint(table, &old.delivery_id).is_some();
    draft.remove_part(table, &old.delivery_id)?;
    if had {
        draft.set_part(table, &new.delivery_id, part_fingerprint(new, group), renamed)?;
    }
    Ok(())
}

fn renamed_file(content: Bytes, schema: &SchemaRef, entry: &Entry, rejected_rows: bool) -> Result<Bytes> {
    let date = entry.delivery_date.ok_or_else(|| Error::internal("an accepted delivery without a date"))?;
    let origin = Origin { delivery: &entry.delivery_id, object: &entry.object, date };
    let groups = RowGroups::open(content)?;
    let mut file = FileBuilder::new(schema, &[])?;
    for (number, rows) in groups.rows().enumerate() {
        let [delivery, object, date] = origin.columns(rows)?;
        let plain = |column: &ArrayRef| Ok::<_, Error>(cast(column, &DataType::Utf8)?);
        let column = |field: &Field| {
            let rows = match (rejected_rows, field.name().as_str()) {
                (false, DELIVERY) => Arc::clone(&delivery),
                (false, OBJECT) => Arc::clone(&object),
                (false, DELIVERY_DATE) => Arc::clone(&date),
                (true, "delivery_id") => plain(&delivery)?,
                (true, "object") => plain(&object)?,
                _ => match groups.chunk(number, field) {
                    Some(chunk) => return Ok(ColumnSource::Chunk(chunk)),
                    None => groups.read(number, std::slice::from_ref(field), None)?.remove(0),
                },
            };
            Ok(ColumnSource::Rows(vec![rows]))
        };
        file.append(schema.fields().iter().map(|field| column(field)).collect::<Result<_>>()?)?;
    }
    file.finish()
}
