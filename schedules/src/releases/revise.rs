//! Which published figures have changed since, by how much and through what:
//! `ops/revisions`, a part for each release.
//!
//! A figure is compared with the last release that publishes its period. Only
//! where one differs is anything made again; and what was found stays until
//! the figures, the deliveries or the definitions change.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use peil_warehouse::Result;
use peil_warehouse::publish::Draft;
use peil_warehouse::release::{CAUSES, REVISIONS_TABLE, Release};
use peil_warehouse::settings::Settings;
use peil_warehouse::table::fingerprint;
use serde::Serialize;

use super::close::definitions_fingerprint;
use super::figures::{self, Figure, Figures, Key};
use super::rebuild::DELIVERIES;
use super::records::of_table;
use super::split::{self, Split};
use crate::stages::{self, Declarations};

/// Differences below this share of a figure come from adding up in another
/// order, and are none.
const NOISE: f64 = 1e-9;

/// A figure that differs from what was published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revision {
    /// The last release that publishes it.
    pub release: String,
    /// Which figure.
    #[serde(flatten)]
    pub key: Key,
    /// As published; none where it was empty.
    pub published: Option<Figure>,
    /// Now; none where it is empty.
    pub current: Option<Figure>,
    /// The parts of the difference, in the order of the causes; they add up
    /// to it.
    pub parts: [f64; CAUSES.len()],
    /// The causes that changed it, by their number.
    pub causes: BTreeSet<usize>,
    /// The deliveries that changed it.
    pub deliveries: BTreeSet<String>,
}

impl Revision {
    /// Now less published, an empty figure as 0; none of a text.
    pub fn difference(&self) -> Option<f64> {
        let number = |figure: &Option<Figure>| figure.as_ref().and_then(Figure::number);
        let (then, now) = (number(&self.published), number(&self.current));
        (then.is_some() || now.is_some()).then(|| now.unwrap_or(0.0) - then.unwrap_or(0.0))
    }
}

/// Brings the table up to the figures of the draft.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where a release cannot be read or the
/// table not be written.
pub async fn write(
    draft: &mut Draft,
    settings: &Settings,
    declarations: &Declarations,
    releases: &[Release],
) -> Result<()> {
    let made_from = made_from(draft, declarations, releases);
    let gone: Vec<String> = draft
        .table(REVISIONS_TABLE)
        .map(|state| {
            state.parts.keys().filter(|part| !releases.iter().any(|known| known.id == **part)).cloned().collect()
        })
        .unwrap_or_default();
    for part in gone {
        draft.remove_part(REVISIONS_TABLE, &part)?;
    }
    if releases.iter().all(|release| draft.fingerprint(REVISIONS_TABLE, &release.id) == Some(made_from.as_str())) {
        return Ok(());
    }
    let current = figures::read(draft.storage(), draft.published()).await?;
    let mut told: BTreeSet<Key> = BTreeSet::new();
    for release in releases.iter().rev() {
        let published = figures::read(&release.storage(draft.storage()), &release.published).await?;
        let keys: BTreeSet<Key> = published.keys().chain(current.keys()).cloned().collect();
        let keys = keys.into_iter().filter(|key| release.covers(key.period)).filter(|key| told.insert(key.clone()));
        let mut revisions: Vec<Revision> =
            keys.filter_map(|key| revision(release, key, &published, &current)).collect();
        if !revisions.is_empty() {
            let split = Split { draft, settings, declarations, release, published: &published, current: &current };
            split::split(&split, &mut revisions).await?;
        }
        let rows = batch(draft, &revisions)?;
        draft.write_part(REVISIONS_TABLE, &release.id, made_from.clone(), &[rows]).await?;
    }
    Ok(())
}

/// Changes when a figure can differ, or its cause.
fn made_from(draft: &Draft, declarations: &Declarations, releases: &[Release]) -> String {
    let tables = ["marts/indicator_values", "marts/milestones", DELIVERIES].map(|table| draft.content_hash(table));
    let published = draft.published();
    let days = format!("{:?} {:?} {}", published.as_of, published.known_on, stages::code_version());
    let releases = releases.iter().map(|release| release.id.clone());
    fingerprint([definitions_fingerprint(declarations), days].into_iter().chain(tables).chain(releases))
}

fn revision(release: &Release, key: Key, published: &Figures, current: &Figures) -> Option<Revision> {
    let (then, now) = (published.get(&key).cloned(), current.get(&key).cloned());
    if same(then.as_ref(), now.as_ref()) {
        return None;
    }
    Some(Revision {
        release: release.id.clone(),
        key,
        published: then,
        current: now,
        parts: [0.0; CAUSES.len()],
        causes: BTreeSet::new(),
        deliveries: BTreeSet::new(),
    })
}

/// Whether two figures are the same.
pub fn same(one: Option<&Figure>, other: Option<&Figure>) -> bool {
    match (one, other) {
        (Some(Figure::Number(one)), Some(Figure::Number(other))) => (one - other).abs() <= NOISE * one.abs().max(1.0),
        (one, other) => one == other,
    }
}

fn batch(draft: &Draft, revisions: &[Revision]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&Revision) -> Option<String>| -> ArrayRef {
        Arc::new(revisions.iter().map(of).collect::<StringArray>())
    };
    let number = |of: &dyn Fn(&Revision) -> Option<f64>| -> ArrayRef {
        Arc::new(revisions.iter().map(of).collect::<Float64Array>())
    };
    let figure_text = |figure: &Option<Figure>| figure.as_ref().and_then(Figure::text).map(str::to_owned);
    let figure_number = |figure: &Option<Figure>| figure.as_ref().and_then(Figure::number);
    let mut columns = vec![
        text(&|one| Some(one.release.clone())),
        text(&|one| Some(one.key.period.to_string())),
        text(&|one| Some(one.key.indicator_id.clone())),
        text(&|one| Some(one.key.measure.as_str().to_owned())),
        number(&|one| figure_number(&one.published)),
        number(&|one| figure_number(&one.current)),
        number(&Revision::difference),
    ];
    columns.extend((0..CAUSES.len()).map(|cause| number(&|one| one.difference().map(|_| one.parts[cause]))));
    columns.extend([
        text(&|one| figure_text(&one.published)),
        text(&|one| figure_text(&one.current)),
        text(&|one| Some(one.causes.iter().map(|cause| CAUSES[*cause].0).collect::<Vec<_>>().join(", "))),
        text(&|one| Some(one.deliveries.iter().cloned().collect::<Vec<_>>().join(", "))),
    ]);
    of_table(draft, REVISIONS_TABLE, columns)
}
