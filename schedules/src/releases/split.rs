//! The difference between a figure as published and as it is now, split by
//! cause.
//!
//! From the inputs of the release to those of now, one change after the other
//! is switched on, and the marts are made again: each cause has the difference
//! that its step makes, so the parts add up to the whole. The order is that of
//! [`peil_warehouse::release::CAUSES`]: first how is counted, then the list of authorities, the names
//! that resolve, the targets, then what was delivered since: its rows of new
//! keys, and last the rows that replace others.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use peil_warehouse::publish::Draft;
use peil_warehouse::release::Release;
use peil_warehouse::settings::Settings;
use peil_warehouse::{Error, Result};

use super::blame::{self, Changes};
use super::close::definitions_fingerprint;
use super::figures::{self, Figure, Figures};
use super::rebuild::{DELIVERIES, Line, Rebuild, filtered, lines};
use super::revise::{Revision, same};
use crate::stages::{self, Declarations};

/// How is counted.
pub const DEFINITION: usize = 0;
/// The list of authorities.
pub const COMPOSITION: usize = 1;
/// Names of authorities that resolve.
pub const NAMES: usize = 2;
/// Targets.
pub const TARGET: usize = 3;
/// Rows of new keys.
pub const LATE: usize = 4;
/// Rows that replace others.
pub const CORRECTIONS: usize = 5;

/// What a difference is split by.
pub struct Split<'a> {
    /// What is published now.
    pub draft: &'a Draft,
    /// The settings.
    pub settings: &'a Settings,
    /// How is counted now.
    pub declarations: &'a Declarations,
    /// The release.
    pub release: &'a Release,
    /// Its figures.
    pub published: &'a Figures,
    /// Those of now.
    pub current: &'a Figures,
}

/// The record of deliveries then and now.
struct Deliveries {
    then: Vec<RecordBatch>,
    now: Vec<RecordBatch>,
    known: BTreeSet<(String, String, String, String)>,
    known_ids: BTreeSet<String>,
}

/// Which cause a change of a dataset is.
pub fn cause_of(dataset: &str) -> usize {
    match dataset {
        "reference/authorities" => COMPOSITION,
        "reference/aliases" => NAMES,
        "reference/targets" => TARGET,
        _ => LATE,
    }
}

/// Fills in the parts, the causes and the deliveries of each revision.
///
/// # Errors
/// [`Error::Storage`] where what the release rests on cannot be read.
pub async fn split(split: &Split<'_>, revisions: &mut [Revision]) -> Result<()> {
    let deliveries = Deliveries::read(split).await?;
    let changes = deliveries.changes()?;
    let steps = split.steps(&changes);
    let mut before = split.published.clone();
    let mut with_late = None;
    for (at, cause) in steps.iter().enumerate() {
        let after = if at + 1 == steps.len() {
            split.current.clone()
        } else {
            let made = split.state_after(&steps[..=at], &deliveries).await;
            // What cannot be made in between, as where a check of the marts
            // fails on it, goes with the next cause: the whole stays exact.
            let Ok(made) = made else { continue };
            let figures = figures::read(made.storage(), made.published()).await?;
            if *cause == LATE {
                with_late = Some(made);
            }
            figures
        };
        for revision in revisions.iter_mut() {
            let (one, other) = (before.get(&revision.key), after.get(&revision.key));
            if !same(one, other) {
                let number = |figure: Option<&Figure>| figure.and_then(Figure::number).unwrap_or(0.0);
                revision.parts[*cause] = number(other) - number(one);
                revision.causes.insert(*cause);
            }
        }
        before = after;
    }
    revisions.iter_mut().for_each(add_up);
    blame::blame(split, &changes, with_late.as_ref(), revisions).await;
    Ok(())
}

/// Takes the rounding of fractions out of the largest part, so that the parts
/// add up to the difference to the last digit.
fn add_up(revision: &mut Revision) {
    let Some(difference) = revision.difference() else { return };
    let largest = |parts: &[f64]| {
        let sizes = parts.iter().map(|part| part.abs()).enumerate();
        sizes.fold((0, 0.0), |most, one| if one.1 > most.1 { one } else { most }).0
    };
    // Adding to a part rounds again; a few times is always enough.
    for _ in 0..4 {
        let rest = difference - revision.parts.iter().sum::<f64>();
        if rest == 0.0 {
            return;
        }
        let at = largest(&revision.parts);
        revision.parts[at] += rest;
    }
}

impl Split<'_> {
    /// The causes that there can be, in their order.
    fn steps(&self, changes: &Changes) -> Vec<usize> {
        let recounted = self.release.definitions_fingerprint != definitions_fingerprint(self.declarations)
            || self.release.code_version != stages::code_version();
        let mut steps: Vec<usize> = recounted.then_some(DEFINITION).into_iter().collect();
        steps.extend([COMPOSITION, NAMES, TARGET].into_iter().filter(|cause| changes.has(*cause)));
        if changes.has(LATE) {
            steps.extend([LATE, CORRECTIONS]);
        }
        // The as-of day alone changes nothing of a period that was over.
        if steps.is_empty() { vec![DEFINITION] } else { steps }
    }

    /// The marts with these changes switched on.
    async fn state_after(&self, steps: &[usize], deliveries: &Deliveries) -> Result<Draft> {
        let late = steps.contains(&LATE);
        let switched = |line: &Line| steps.contains(&cause_of(&line.dataset)) && cause_of(&line.dataset) != LATE;
        let mut chosen = filtered(&deliveries.then, |line| !switched(line))?;
        let added = |line: &Line| {
            switched(line) || (late && cause_of(&line.dataset) == LATE && !deliveries.known.contains(&line.identity()))
        };
        chosen.extend(filtered(&deliveries.now, added)?);
        let published = self.draft.published();
        let mut yielding = BTreeSet::new();
        if late {
            for batch in &deliveries.now {
                let new = lines(batch)?.into_iter().filter(|line| !deliveries.known_ids.contains(&line.id));
                yielding.extend(new.filter(|line| cause_of(&line.dataset) == LATE).map(|line| line.id));
            }
        }
        Rebuild {
            warehouse: self.draft.storage(),
            published,
            settings: self.settings,
            declarations: self.declarations,
            as_of: published.as_of.ok_or_else(|| Error::internal("marts without an as-of day"))?,
            known_on: None,
            deliveries: &chosen,
            yielding: &yielding,
            earlier: &[],
            full: false,
        }
        .run()
        .await
    }
}

impl Deliveries {
    async fn read(split: &Split<'_>) -> Result<Self> {
        let (release, published) = (split.release, split.draft.published());
        let then = release.published.batches(&release.storage(split.draft.storage()), DELIVERIES, None).await?;
        let now = split.draft.batches(DELIVERIES, None).await?;
        let known_by = |day: Option<chrono::NaiveDate>| {
            move |line: &Line| day.is_none_or(|day| line.date.is_none_or(|date| date <= day))
        };
        let then = filtered(&then, known_by(release.published.known_on))?;
        let now = filtered(&now, known_by(published.known_on))?;
        let (mut known, mut known_ids) = (BTreeSet::new(), BTreeSet::new());
        for batch in &then {
            for line in lines(batch)? {
                known.insert(line.identity());
                known_ids.insert(line.id);
            }
        }
        Ok(Self { then, now, known, known_ids })
    }

    /// What was delivered since, and what no longer counts.
    fn changes(&self) -> Result<Changes> {
        let mut still = BTreeSet::new();
        let mut changes = Changes::default();
        for batch in &self.now {
            for line in lines(batch)?.into_iter().filter(Line::counts) {
                still.insert(line.identity());
                if !self.known.contains(&line.identity()) {
                    changes.added.push(line);
                }
            }
        }
        for batch in &self.then {
            let gone = lines(batch)?.into_iter().filter(|line| line.counts() && !still.contains(&line.identity()));
            changes.gone.extend(gone);
        }
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use peil_warehouse::release::CAUSES;

    use super::super::figures::{Key, Measure};
    use super::*;

    #[test]
    fn parts_add_up_to_the_last_digit() {
        let key = Key { period: "2022Q1".parse().unwrap(), indicator_id: "A".to_owned(), measure: Measure::Value };
        let mut revision = Revision {
            release: "2022S1".to_owned(),
            key,
            published: Some(Figure::Number(0.1)),
            current: Some(Figure::Number(51.7)),
            parts: [0.0; CAUSES.len()],
            causes: BTreeSet::new(),
            deliveries: BTreeSet::new(),
        };
        revision.parts[LATE] = 0.3 - 0.1;
        revision.parts[CORRECTIONS] = 51.7 - 0.3;
        add_up(&mut revision);
        assert_eq!(Some(revision.parts.iter().sum::<f64>()), revision.difference());
    }
}
