//! Other pseudonyms in the staged tables: for a person that is erased, and for
//! a rotation of the key.
//!
//! The files are taken over as they are encoded, but for the columns that hold
//! persons, so that everything after them is made as before.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, SchemaRef};
use bytes::Bytes;
use peil_warehouse::contract::{Contract, ContractSet, Privacy};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{self, ColumnSource, FileBuilder, RowGroups, fingerprint};
use peil_warehouse::{Error, Result};

/// Rows in which a pseudonym was replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// The dataset.
    pub dataset: String,
    /// Its rows.
    pub rows: u64,
}

/// Puts `other` of each pseudonym in its place, where it is another; files
/// without such a pseudonym stay as they are.
///
/// # Errors
/// [`Error::Storage`] where a file cannot be read or written.
pub async fn replace(
    contracts: &ContractSet,
    draft: &mut Draft,
    other: &(dyn Fn(&str) -> Option<String> + Send + Sync),
) -> Result<Vec<Replaced>> {
    let mut replaced = Vec::new();
    for contract in contracts.iter() {
        let columns = persons(contract);
        let name = contract.staged_table();
        let Some(state) = draft.table(&name).filter(|_| !columns.is_empty()).cloned() else { continue };
        let schema = state.arrow_schema()?;
        let mut count = 0;
        for (part, print) in &state.parts {
            let mut files = Vec::new();
            let mut changed = false;
            for file in state.part_files(part) {
                let content = table::read_file(draft.storage(), &name, file).await?;
                match rewritten(content, &schema, &columns, other)? {
                    None => files.push(file.clone()),
                    Some((content, rows)) => {
                        count += rows;
                        changed = true;
                        files.push(table::write_file(draft.storage(), &name, part, content, file.rows).await?);
                    }
                }
            }
            if changed {
                let paths = files.iter().map(|file| file.path.clone());
                let print = fingerprint(std::iter::once(print.clone()).chain(paths));
                draft.set_part(&name, part, print, files)?;
            }
        }
        replaced.push(Replaced { dataset: contract.dataset.clone(), rows: count });
    }
    Ok(replaced)
}

/// The columns that hold persons.
fn persons(contract: &Contract) -> Vec<&str> {
    let columns = contract.columns.iter().filter(|column| column.privacy == Privacy::Pseudonymise);
    columns.map(|column| column.name.as_str()).collect()
}

/// The file with other pseudonyms, and the rows in which one changed; none
/// where there is none.
fn rewritten(
    content: Bytes,
    schema: &SchemaRef,
    columns: &[&str],
    other: &(dyn Fn(&str) -> Option<String> + Send + Sync),
) -> Result<Option<(Bytes, u64)>> {
    let groups = RowGroups::open(content)?;
    let mut made: Vec<Vec<(&str, ArrayRef)>> = Vec::new();
    let mut count = 0;
    for (number, rows) in groups.rows().enumerate() {
        let mut of_group = Vec::new();
        let mut touched = vec![false; rows];
        for column in columns {
            let Ok(field) = schema.field_with_name(column) else { continue };
            let read = groups.read(number, std::slice::from_ref(field), None)?.remove(0);
            let texts = cast(&read, &DataType::Utf8)?;
            let texts = texts.as_string_opt::<i32>().ok_or_else(|| Error::internal("a pseudonym is a text"))?;
            let mut changed = false;
            let values: StringArray = (0..texts.len())
                .map(|row| {
                    let value = texts.is_valid(row).then(|| texts.value(row))?;
                    let found = other(value);
                    if found.is_some() {
                        touched[row] = true;
                        changed = true;
                    }
                    Some(found.unwrap_or_else(|| value.to_owned()))
                })
                .collect();
            if changed {
                of_group.push((*column, cast(&(Arc::new(values) as ArrayRef), read.data_type())?));
            }
        }
        count += touched.into_iter().filter(|touched| *touched).count() as u64;
        made.push(of_group);
    }
    if count == 0 {
        return Ok(None);
    }
    let mut file = FileBuilder::new(schema, &[])?;
    for (number, of_group) in made.iter().enumerate() {
        let column = |field: &Field| {
            if let Some((_, rows)) = of_group.iter().find(|(name, _)| name == field.name()) {
                return Ok::<_, Error>(ColumnSource::Rows(vec![Arc::clone(rows)]));
            }
            match groups.chunk(number, field) {
                Some(chunk) => Ok(ColumnSource::Chunk(chunk)),
                None => Ok(ColumnSource::Rows(vec![groups.read(number, std::slice::from_ref(field), None)?.remove(0)])),
            }
        };
        file.append(schema.fields().iter().map(|field| column(field)).collect::<Result<_>>()?)?;
    }
    Ok(Some((file.finish()?, count)))
}
