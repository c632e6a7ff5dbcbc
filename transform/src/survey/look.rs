//! What is known of the row groups of a delivery: their months, and between
//! which keys they lie.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, TimestampMicrosecondArray};
use bytes::Bytes;
use peil_warehouse::contract::{Column, ColumnType};
use peil_warehouse::table::RowGroups;
use peil_warehouse::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::columns::{fact_column, months_of};
use crate::dataset::Dataset;
use crate::days::Month;
use crate::job::Job;

/// So many rows after one another fall in one month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Run {
    /// None where the row has no day.
    pub month: Option<Month>,
    pub rows: u32,
}

/// A row group of a staged file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    /// Its rows, by the stretches of one month.
    pub runs: Vec<Run>,
    /// A key that is not above any of its keys, and one that is not below any;
    /// none where the key is not one text.
    pub keys: Option<(String, String)>,
    /// Whether each key is above the one before it, so that none stands twice.
    pub ascends: bool,
}

impl Group {
    /// Its rows.
    pub fn rows(&self) -> u32 {
        self.runs.iter().map(|run| run.rows).sum()
    }

    /// Whether a month occurs in it.
    pub fn touches(&self, month: Month) -> bool {
        self.runs.iter().any(|run| run.month == Some(month))
    }

    /// Whether all rows are of one month.
    pub fn is_whole(&self) -> bool {
        matches!(self.runs.as_slice(), [Run { month: Some(_), .. }])
    }
}

/// The row groups of each staged file of a delivery.
pub(crate) type Look = Vec<Vec<Group>>;

/// The only column of the key, where it is a text: what statistics and the
/// order of rows can be asked about.
pub(super) fn key_text(dataset: &Dataset) -> Option<&Column> {
    match dataset.contract.key.as_slice() {
        [key] => dataset.contract.column(key).filter(|column| column.column_type == ColumnType::Text),
        _ => None,
    }
}

/// Looks at a delivery.
///
/// # Errors
/// [`Error::Storage`] where a file is damaged; [`Error::Source`] where the
/// delivery has more rows than can be counted.
pub(super) fn look(job: &Job, at: usize, files: Vec<Bytes>) -> Result<Look> {
    let mut rows = 0;
    let mut seen = Look::new();
    for content in files {
        let groups = RowGroups::open(content)?;
        let mut of_file = Vec::new();
        for (number, of_group) in groups.rows().enumerate() {
            rows += of_group;
            let runs = runs_of(job, &groups, number, of_group)?;
            let (keys, ascends) = match key_text(&job.dataset) {
                None => (None, false),
                Some(key) => (groups.text_range(number, &key.name), ascends(&groups, number, key)?),
            };
            of_file.push(Group { runs, keys, ascends });
        }
        seen.push(of_file);
    }
    if u32::try_from(rows).is_err() {
        return Err(Error::source(format!(
            "the delivery {} has more rows than can be counted: split it",
            job.deliveries[at].object
        )));
    }
    Ok(seen)
}

fn ascends(groups: &RowGroups, number: usize, key: &Column) -> Result<bool> {
    let keys = groups.read(number, &[key.field()], None)?;
    let keys = keys[0].as_string::<i32>();
    let mut last = None;
    Ok(keys.iter().all(|key| std::mem::replace(&mut last, key) < key))
}

/// The stretches of one month of a row group: by its statistics where its
/// first and its last day tell, else row by row.
fn runs_of(job: &Job, groups: &RowGroups, number: usize, rows: usize) -> Result<Vec<Run>> {
    let fact = fact_column(&job.dataset);
    let Some(column) = job.dataset.contract.column(fact) else {
        return Err(Error::internal(format!("{} has no day of the fact", job.dataset.name())));
    };
    if let Some((first, last)) = groups.range(number, fact) {
        let bounds: ArrayRef = match column.column_type {
            ColumnType::Timestamp => Arc::new(TimestampMicrosecondArray::from(vec![first, last])),
            _ => Arc::new(Date32Array::from(vec![first as i32, last as i32])),
        };
        if let [Some(first), Some(last)] = months_of(&bounds)?[..]
            && first == last
        {
            return Ok(vec![Run { month: Some(first), rows: rows as u32 }]);
        }
    }
    let days = groups.read(number, &[column.field()], None)?;
    let months = months_of(days[0].as_ref())?;
    let stretches = months.chunk_by(|one, other| one == other);
    Ok(stretches.map(|stretch| Run { month: stretch[0], rows: stretch.len() as u32 }).collect())
}
