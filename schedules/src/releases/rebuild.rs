//! The marts again, from chosen deliveries, beside what is published: in a
//! scratch that nobody else sees. Only staged rows are read of what is there;
//! everything after them is made again where its inputs differ.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Date32Type;
use chrono::NaiveDate;
use peil_warehouse::progress::Silent;
use peil_warehouse::publish::{Draft, Published};
use peil_warehouse::release::Release;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::stages::{self, Declarations, Engine, Stage};

/// The record of what was delivered.
pub const DELIVERIES: &str = "ops/deliveries";

/// What is made again.
pub struct Rebuild<'a> {
    /// The warehouse that holds the staged rows.
    pub warehouse: &'a Storage,
    /// What is published there.
    pub published: &'a Published,
    /// The settings.
    pub settings: &'a Settings,
    /// How it is counted.
    pub declarations: &'a Declarations,
    /// Last day whose facts count.
    pub as_of: NaiveDate,
    /// Last delivery date that is used; none: all of `deliveries`.
    pub known_on: Option<NaiveDate>,
    /// The record of the deliveries that count.
    pub deliveries: &'a [RecordBatch],
    /// Deliveries whose rows give way to all others.
    pub yielding: &'a BTreeSet<String>,
    /// Releases from before, whose hidden cells stay hidden.
    pub earlier: &'a [Release],
    /// Everything is made again, also where its inputs are those of what is
    /// published.
    pub full: bool,
}

impl Rebuild<'_> {
    /// Makes conformed tables and marts, and gives the draft that holds them.
    ///
    /// # Errors
    /// As the stages; [`Error::Storage`] where a check of the marts fails on
    /// these deliveries, with what it found.
    pub async fn run(&self) -> Result<Draft> {
        let scratch = self.warehouse.scratch();
        let mut draft = Draft::from(self.published.clone(), &scratch);
        let parts: Vec<String> =
            draft.table(DELIVERIES).map(|state| state.parts.keys().cloned().collect()).unwrap_or_default();
        for part in parts {
            draft.remove_part(DELIVERIES, &part)?;
        }
        draft.write_part(DELIVERIES, "", "chosen", self.deliveries).await?;
        // The gate stood before what was published; figures made again are compared, not published.
        let declarations = Declarations {
            contracts: self.declarations.contracts.clone(),
            models: self.declarations.models.clone(),
            quality: peil_marts::QualityRules::default(),
        };
        let stage = Stage {
            run_id: self.published.run_id.as_deref().unwrap_or_default(),
            settings: self.settings,
            declarations: &declarations,
            releases: self.earlier,
            engine: &Engine::Embedded,
            full: self.full,
            progress: &Silent,
        };
        stages::transform(&stage, self.known_on, self.yielding, &mut draft).await?;
        let report = stages::marts(&stage, self.as_of, self.known_on, &mut draft).await?;
        match report.failed.first() {
            None => Ok(draft),
            Some(failed) => Err(Error::storage(format!(
                "made again from what was delivered, {} fails its check {} ({}): `peil check` tells whether the declarations are sound",
                failed.dataset, failed.check, failed.detail
            ))),
        }
    }
}

/// A line of the record of deliveries, as far as it tells which rows count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// System and dataset.
    pub dataset: String,
    /// The object.
    pub object: String,
    /// SHA-256 of what came.
    pub sha256: String,
    /// The date under which it came; none where it bears none.
    pub date: Option<NaiveDate>,
    /// accepted, refused or duplicate.
    pub outcome: String,
    /// Its identity in the staged tables.
    pub id: String,
    /// Rows that it corrected.
    pub corrections: i64,
}

impl Line {
    /// Whether its rows can count.
    pub fn counts(&self) -> bool {
        self.date.is_some() && (self.outcome == "accepted" || self.outcome == "duplicate")
    }

    /// What tells one line from another: what came, and under which name.
    pub fn identity(&self) -> (String, String, String, String) {
        (self.dataset.clone(), self.object.clone(), self.sha256.clone(), self.outcome.clone())
    }
}

/// The lines of a batch of the record, in its order.
///
/// # Errors
/// [`Error::Storage`] where a column is missing.
pub fn lines(batch: &RecordBatch) -> Result<Vec<Line>> {
    let column = |name: &str| {
        batch.column_by_name(name).ok_or_else(|| Error::storage(format!("{DELIVERIES} has no column {name}")))
    };
    let text = |name: &str| Ok::<_, Error>(column(name)?.as_string::<i32>().clone());
    let (datasets, objects, hashes) = (text("dataset")?, text("object")?, text("sha256")?);
    let (outcomes, ids) = (text("outcome")?, text("delivery_id")?);
    let dates = column("delivery_date")?.as_primitive::<Date32Type>();
    let corrections = column("corrections")?.as_primitive::<arrow::datatypes::Int64Type>();
    let cell = |values: &arrow::array::StringArray, row: usize| {
        if values.is_valid(row) { values.value(row).to_owned() } else { String::new() }
    };
    let line = |row: usize| Line {
        dataset: cell(&datasets, row),
        object: cell(&objects, row),
        sha256: cell(&hashes, row),
        date: dates.is_valid(row).then(|| dates.value_as_date(row)).flatten(),
        outcome: cell(&outcomes, row),
        id: cell(&ids, row),
        corrections: if corrections.is_valid(row) { corrections.value(row) } else { 0 },
    };
    Ok((0..batch.num_rows()).map(line).collect())
}

/// The rows of batches of the record for which `keep` holds.
///
/// # Errors
/// As [`lines`].
pub fn filtered(batches: &[RecordBatch], keep: impl Fn(&Line) -> bool) -> Result<Vec<RecordBatch>> {
    let filtered = batches.iter().map(|batch| {
        let kept: BooleanArray = lines(batch)?.iter().map(|line| Some(keep(line))).collect();
        Ok(filter_record_batch(batch, &kept)?)
    });
    filtered.collect()
}
