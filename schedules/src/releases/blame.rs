//! The deliveries that changed a figure.
//!
//! Of what was delivered since, those of the dataset that the indicator counts
//! can have changed it. Where they are several, the rows behind the figure
//! tell which: late rows are among those that count, and a correction comes
//! from a delivery that replaced rows.

use std::collections::{BTreeMap, BTreeSet};

use peil_marts::explain;
use peil_warehouse::Period;
use peil_warehouse::publish::Draft;

use super::figures::Measure;
use super::rebuild::Line;
use super::revise::Revision;
use super::split::{COMPOSITION, CORRECTIONS, DEFINITION, LATE, NAMES, Split, TARGET, cause_of};

/// What was delivered since a release, and what of it no longer counts.
#[derive(Debug, Default)]
pub struct Changes {
    /// Delivered since.
    pub added: Vec<Line>,
    /// Counted then, and no longer.
    pub gone: Vec<Line>,
}

impl Changes {
    /// Whether a cause has a change at all; of data the late ones stand for
    /// both.
    pub fn has(&self, cause: usize) -> bool {
        self.added.iter().chain(&self.gone).any(|line| cause_of(&line.dataset) == cause)
    }

    fn of<'a>(&'a self, lines: &'a [Line], cause: usize) -> impl Iterator<Item = &'a Line> {
        lines.iter().filter(move |line| cause_of(&line.dataset) == cause)
    }
}

/// The objects whose rows count in a figure, with how many things count by
/// them first.
type Behind = BTreeMap<String, u64>;

/// Fills in the deliveries of each revision. Where a figure cannot be
/// explained, all deliveries that can have changed it are named.
pub async fn blame(split: &Split<'_>, changes: &Changes, with_late: Option<&Draft>, revisions: &mut [Revision]) {
    let datasets: BTreeMap<&str, &str> = split
        .declarations
        .models
        .indicators()
        .iter()
        .map(|indicator| (indicator.id.as_str(), indicator.dataset.as_str()))
        .collect();
    let mut rows = Rows { split, with_late, known: BTreeMap::new() };
    for revision in revisions {
        let dataset = datasets.get(revision.key.indicator_id.as_str()).copied().unwrap_or_default();
        let mut named = BTreeSet::new();
        for cause in revision.causes.clone() {
            match cause {
                DEFINITION => {}
                COMPOSITION | NAMES | TARGET => {
                    let lines = changes.of(&changes.added, cause).chain(changes.of(&changes.gone, cause));
                    named.extend(lines.map(|line| line.object.clone()));
                }
                _ => named.extend(rows.of_data(changes, dataset, cause, revision).await),
            }
        }
        revision.deliveries = named;
    }
}

/// The rows behind figures, each asked for once.
struct Rows<'a> {
    split: &'a Split<'a>,
    with_late: Option<&'a Draft>,
    known: BTreeMap<(usize, String, Period), Behind>,
}

impl Rows<'_> {
    async fn of_data(&mut self, changes: &Changes, dataset: &str, cause: usize, revision: &Revision) -> Vec<String> {
        let of_dataset = |lines: &[Line]| -> Vec<Line> {
            let data = || lines.iter().filter(|line| cause_of(&line.dataset) == LATE);
            let own: Vec<Line> = data().filter(|line| line.dataset == dataset).cloned().collect();
            // An indicator can rest on other datasets beside its own.
            if own.is_empty() { data().cloned().collect() } else { own }
        };
        let mut candidates = of_dataset(&changes.added);
        let mut named = Vec::new();
        if cause == CORRECTIONS {
            named.extend(changes.gone.iter().filter(|line| line.dataset == dataset).map(|line| line.object.clone()));
            if candidates.iter().any(|line| line.corrections > 0) {
                candidates.retain(|line| line.corrections > 0);
            } else if !named.is_empty() {
                return named;
            }
        }
        let mut objects: BTreeSet<String> = candidates.into_iter().map(|line| line.object).collect();
        if objects.len() > 1 && revision.key.measure == Measure::Value {
            let behind = self.behind(cause, &revision.key.indicator_id, revision.key.period).await;
            let first = |object: &String| behind.get(object).is_some_and(|things| *things > 0);
            if objects.iter().any(first) {
                objects.retain(|object| first(object));
            } else if objects.iter().any(|object| behind.contains_key(object)) {
                objects.retain(|object| behind.contains_key(object));
            }
        }
        named.extend(objects);
        named
    }

    async fn behind(&mut self, cause: usize, indicator: &str, period: Period) -> Behind {
        let key = (cause, indicator.to_owned(), period);
        if let Some(behind) = self.known.get(&key) {
            return behind.clone();
        }
        let draft = if cause == LATE { self.with_late.unwrap_or(self.split.draft) } else { self.split.draft };
        let models = &self.split.declarations.models;
        let explained = explain::explain(draft.storage(), draft.published(), models, indicator, period).await;
        let behind: Behind = explained
            .map(|found| found.deliveries.into_iter().map(|share| (share.object, share.things)).collect())
            .unwrap_or_default();
        self.known.insert(key, behind.clone());
        behind
    }
}
