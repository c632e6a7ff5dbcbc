//! Proving a release: that nothing of it was changed, and that its figures
//! follow from what was delivered.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, RecordBatch};
use arrow::compute::concat_batches;
use arrow::row::{RowConverter, SortField};
use peil_marts::{ModelSet, QualityRules};
use peil_warehouse::contract::ContractSet;
use peil_warehouse::publish::Draft;
use peil_warehouse::release::{self, Release};
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::TableState;
use peil_warehouse::{Error, Result};
use serde::Serialize;

use super::close::{CONTRACTS, MODELS};
use super::rebuild::{DELIVERIES, Rebuild};
use super::records;
use crate::stages::{self, Declarations};

/// Rows that differ that are told of each mart.
const TOLD: usize = 5;

/// What came of proving a release.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proof {
    /// The release.
    pub release: String,
    /// Whether nothing was changed and everything follows.
    pub proven: bool,
    /// Files that are not what was published.
    pub damaged: Vec<String>,
    /// Marts that were made again.
    pub marts: usize,
    /// Rows of them.
    pub rows: u64,
    /// Whether the files were compared too: the program is the one that made
    /// the release.
    pub same_program: bool,
    /// What differs.
    pub differences: Vec<Difference>,
}

/// A row that the release and what was made again do not share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The mart.
    pub mart: String,
    /// How many rows differ in it.
    pub rows: usize,
    /// The first of them, as published and as made again.
    pub examples: Vec<String>,
}

/// Makes a release again from the stored deliveries, with the definitions that
/// it keeps, and compares: value by value, and byte by byte where the program
/// is the one that made it.
///
/// # Errors
/// [`Error::Storage`] where what it rests on is gone.
pub async fn verify(warehouse: &Storage, settings: &Settings, release: &Release) -> Result<Proof> {
    let draft = Draft::begin(warehouse).await?;
    let mut damaged = release.damaged(warehouse).await?;
    let document = release::document(warehouse, &release.id).await?;
    let known = records::document_hashes(&draft).await?;
    if known.get(&release.id).is_some_and(|known| *known != release::sha256(&document)) {
        damaged.insert(0, format!("the document {}.json has been changed", release.id));
    }
    let mut proof = Proof {
        release: release.id.clone(),
        proven: false,
        damaged,
        marts: 0,
        rows: 0,
        same_program: release.code_version == stages::code_version(),
        differences: Vec::new(),
    };
    if proof.damaged.iter().any(|what| what.starts_with("definitions/") || what.starts_with(DELIVERIES)) {
        // Made again from what was tampered with proves nothing.
        return Ok(proof);
    }
    let again = rebuild(warehouse, settings, release, &draft).await?;
    compare(warehouse, release, &again, &mut proof).await?;
    proof.proven = proof.damaged.is_empty() && proof.differences.is_empty();
    Ok(proof)
}

async fn rebuild(warehouse: &Storage, settings: &Settings, release: &Release, draft: &Draft) -> Result<Draft> {
    let storage = release.storage(warehouse);
    let texts = |path: &'static str| {
        let storage = storage.clone();
        async move {
            let content = storage.get(path).await?;
            serde_json::from_slice::<BTreeMap<String, String>>(&content)
                .map_err(|error| Error::storage(format!("{path} of {}: {error}", release.id)))
        }
    };
    let contracts = texts(CONTRACTS).await?;
    let models: Vec<(String, String)> = texts(MODELS).await?.into_iter().collect();
    let declarations = Declarations {
        contracts: ContractSet::parse(contracts.iter().map(|(name, text)| (name.as_str(), text.as_str())))?,
        models: ModelSet::from_files(&models)?,
        // The gate stood before the figures were published: here only they are compared.
        quality: QualityRules::default(),
    };
    let as_of = release.published.as_of.ok_or_else(|| Error::storage("the release has no as-of day"))?;
    let mut earlier = release::all(warehouse).await.unwrap_or_default();
    earlier.retain(|other| other.closed_at < release.closed_at);
    let settings = Settings { threshold: release.threshold, ..settings.clone() };
    Rebuild {
        warehouse,
        published: draft.published(),
        settings: &settings,
        declarations: &declarations,
        as_of,
        known_on: release.published.known_on,
        deliveries: &release.published.batches(&storage, DELIVERIES, None).await?,
        yielding: &BTreeSet::new(),
        earlier: &earlier,
        full: true,
    }
    .run()
    .await
}

async fn compare(warehouse: &Storage, release: &Release, again: &Draft, proof: &mut Proof) -> Result<()> {
    let storage = release.storage(warehouse);
    let marts = release.published.tables.iter().filter(|(name, _)| name.starts_with("marts/"));
    for (name, state) in marts {
        proof.marts += 1;
        proof.rows += state.rows();
        let published = match release.published.batches(&storage, name, None).await {
            Ok(rows) => rows,
            // A file that cannot be read is among those that were changed.
            Err(error) => {
                let what = format!("{name} cannot be read: {error}");
                proof.differences.push(Difference { mart: name.clone(), rows: 0, examples: vec![what] });
                continue;
            }
        };
        let mut difference = differing(name, &published, &again.batches(name, None).await?)?;
        if difference.is_none() && proof.same_program && again.table(name).map(files) != Some(files(state)) {
            let what = "the same rows, in other files".to_owned();
            difference = Some(Difference { mart: name.clone(), rows: 0, examples: vec![what] });
        }
        proof.differences.extend(difference);
    }
    Ok(())
}

/// The names of the files: they are hashes of their content.
fn files(state: &TableState) -> Vec<&str> {
    state.files.iter().map(|file| file.path.as_str()).collect()
}

/// The rows of which one side has more than the other.
fn differing(mart: &str, published: &[RecordBatch], again: &[RecordBatch]) -> Result<Option<Difference>> {
    let (published, again) = (whole(published)?, whole(again)?);
    let mut counts: BTreeMap<Vec<u8>, (i64, String)> = BTreeMap::new();
    for (batch, sign, side) in [(&published, 1, "published"), (&again, -1, "made again")] {
        let Some(batch) = batch else { continue };
        let fields = batch.schema().fields().iter().map(|field| SortField::new(field.data_type().clone())).collect();
        let rows = RowConverter::new(fields)?.convert_columns(batch.columns())?;
        for (at, row) in rows.iter().enumerate() {
            let entry = counts.entry(row.as_ref().to_vec()).or_insert_with(|| (0, format!("{side} {at}")));
            entry.0 += sign;
        }
    }
    let wrong: Vec<&str> = counts.values().filter(|(count, _)| *count != 0).map(|(_, text)| text.as_str()).collect();
    if wrong.is_empty() {
        return Ok(None);
    }
    let shown = wrong.iter().take(TOLD).map(|text| {
        let (side, row) = text.rsplit_once(' ').unwrap_or((text, "0"));
        let batch = if side == "published" { &published } else { &again };
        let row = row.parse().unwrap_or(0);
        format!("{side}: {}", batch.as_ref().map(|batch| row_text(batch, row)).unwrap_or_default())
    });
    Ok(Some(Difference { mart: mart.to_owned(), rows: wrong.len(), examples: shown.collect() }))
}

fn whole(batches: &[RecordBatch]) -> Result<Option<RecordBatch>> {
    let Some(first) = batches.first() else { return Ok(None) };
    Ok(Some(concat_batches(&first.schema(), batches)?))
}

/// A row as text: `period=2022Q1, users=12`.
fn row_text(rows: &RecordBatch, row: usize) -> String {
    let schema = rows.schema();
    let cells = schema.fields().iter().zip(rows.columns()).filter(|(_, values)| values.is_valid(row));
    let cells = cells.map(|(field, values)| {
        let value = arrow::util::display::array_value_to_string(values, row).unwrap_or_default();
        format!("{}={value}", field.name())
    });
    cells.collect::<Vec<_>>().join(", ")
}
