//! Definitions that change: the versions of a declaration.
//!
//! What a declaration says holds from the start; each of its `versions:` says
//! from which day it is counted otherwise, and what of the rule changes. A
//! period is counted by the version in force on its peildatum, the whole of
//! it: a series breaks between two periods, never within one.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};

use super::Declaration;

/// A later version, as a declaration has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The first peildatum that is counted by it.
    pub from: NaiveDate,
    /// What changed and why, for readers.
    pub note_nl: String,
    /// The definition from then on, where it is another.
    #[serde(default)]
    pub definition_nl: Option<String>,
    /// What is counted from then on, for readers, where it is another.
    #[serde(default)]
    pub unit_nl: Option<String>,
    /// The dataset from then on, where it is another.
    #[serde(default)]
    pub dataset: Option<String>,
    /// The parts of the rule that are others from then on.
    #[serde(default)]
    pub rule: RuleChange,
}

/// Parts of a rule by the names that they have in a declaration. One that is
/// not named stays; one that may be left out is taken away by `null`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleChange {
    /// The conformed table.
    #[serde(default)]
    pub fact: Option<String>,
    /// What is counted.
    #[serde(default)]
    pub counts: Option<String>,
    /// The column whose mean is taken.
    #[serde(default)]
    pub measures: Option<String>,
    /// The day by which a fact counts.
    #[serde(default)]
    pub from: Option<String>,
    /// The first day on which it counts no longer.
    #[serde(default, deserialize_with = "given")]
    pub until: Option<Option<String>>,
    /// The columns that name a line.
    #[serde(default, deserialize_with = "given")]
    pub line: Option<Option<Vec<String>>>,
    /// Which facts count.
    #[serde(default, rename = "where", deserialize_with = "given")]
    pub filter: Option<Option<String>>,
}

/// A value that is given, `null` too.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// A version of an indicator: its declaration as it holds for a time.
#[derive(Debug, Clone)]
pub struct Version {
    /// What is counted and how; without versions of its own.
    pub declaration: Declaration,
    /// From 1.
    pub number: u32,
    /// The first peildatum that is counted by it; none: from the start.
    pub holds_from: Option<NaiveDate>,
    /// The first peildatum that is not; none: it still holds.
    pub holds_until: Option<NaiveDate>,
    /// What changed, for readers; none of the first.
    pub note_nl: Option<String>,
}

impl Version {
    /// Whether a peildatum is counted by it.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.holds_from.is_none_or(|from| from <= day) && self.holds_until.is_none_or(|until| day < until)
    }
}

impl Declaration {
    /// The versions, the oldest first: one at least.
    pub fn in_versions(&self) -> Vec<Version> {
        let first = Self { versions: Vec::new(), rule: self.id.clone(), ..self.clone() };
        let mut versions =
            vec![Version { declaration: first, number: 1, holds_from: None, holds_until: None, note_nl: None }];
        for (number, change) in (2..).zip(&self.versions) {
            let Some(before) = versions.last_mut() else { break };
            before.holds_until = Some(change.from);
            let declaration = changed(&before.declaration, change, format!("{}#{number}", self.id));
            versions.push(Version {
                declaration,
                number,
                holds_from: Some(change.from),
                holds_until: None,
                note_nl: Some(change.note_nl.trim().to_owned()),
            });
        }
        versions
    }

    /// The version by which a peildatum is counted.
    pub fn version_on(&self, day: NaiveDate) -> Option<Version> {
        self.in_versions().into_iter().find(|version| version.holds_on(day))
    }

    /// What is wrong with the versions.
    pub(super) fn check_versions(&self) -> Result<(), String> {
        if let Some(pair) = self.versions.windows(2).find(|pair| pair[0].from >= pair[1].from) {
            return Err(format!(
                "`versions:` must be in the order of their days: {} stands after {}",
                pair[1].from, pair[0].from
            ));
        }
        if self.versions.iter().any(|change| change.note_nl.trim().is_empty()) {
            return Err("a version needs `note_nl:`: say to readers what changed and why".to_owned());
        }
        for version in self.in_versions().iter().skip(1) {
            let problem = version.declaration.check_rule();
            problem.map_err(|problem| format!("version {}: {problem}", version.number))?;
        }
        Ok(())
    }
}

fn changed(before: &Declaration, change: &Change, rule: String) -> Declaration {
    let mut after = Declaration { rule, ..before.clone() };
    let parts = &change.rule;
    if let Some(text) = &change.definition_nl {
        after.definition_nl.clone_from(text);
    }
    if let Some(dataset) = &change.dataset {
        after.dataset.clone_from(dataset);
    }
    for (part, new) in [
        (&mut after.unit_nl, &change.unit_nl),
        (&mut after.fact, &parts.fact),
        (&mut after.counts, &parts.counts),
        (&mut after.measures, &parts.measures),
        (&mut after.from, &parts.from),
    ] {
        if new.is_some() {
            part.clone_from(new);
        }
    }
    for (part, new) in [(&mut after.until, &parts.until), (&mut after.filter, &parts.filter)] {
        if let Some(new) = new {
            part.clone_from(new);
        }
    }
    if let Some(line) = &parts.line {
        after.line.clone_from(line);
    }
    after
}

/// Every version of every indicator.
pub fn versions(indicators: &[Declaration]) -> Vec<Version> {
    indicators.iter().flat_map(Declaration::in_versions).collect()
}
