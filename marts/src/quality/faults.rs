//! Known faults of sources: a list with who decided, why, and until when.

use std::path::Path;

use chrono::NaiveDate;
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::table::fingerprint;
use peil_warehouse::{Error, Result};
use serde::Deserialize;

use super::{CHECKS, OPS};
use crate::check::Finding;
use crate::model::{self, Severity};
use crate::model_set::ModelSet;

const BUILT_IN: &str = include_str!("../../quality/known_faults.yaml");
/// The check that tells of entries that excuse nothing any more.
pub(super) const UNMATCHED: &str = "known_fault_unmatched";

/// The list of known faults.
#[derive(Debug, Clone, Default)]
pub struct KnownFaults {
    place: String,
    text: String,
    faults: Vec<KnownFault>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    known_faults: Vec<KnownFault>,
}

/// A fault that is known.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct KnownFault {
    check: String,
    dataset: String,
    /// The most offending rows that it excuses.
    rows: u64,
    reason: String,
    date: String,
    #[serde(default)]
    until: Option<String>,
    by: String,
}

impl KnownFaults {
    /// The list of the file, or the built-in one, which is empty.
    ///
    /// # Errors
    /// [`Error::Usage`] where the file cannot be read, has an unknown key,
    /// lacks a reason, a day or a name, or names no check that there is.
    pub fn load(file: Option<&Path>, models: &ModelSet) -> Result<Self> {
        let Some(path) = file else { return Self::read("known_faults.yaml", BUILT_IN, models) };
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::usage(format!("the list of known faults {} cannot be read: {error}", path.display()))
        })?;
        Self::read(&path.display().to_string(), &text, models)
    }

    fn read(place: &str, text: &str, models: &ModelSet) -> Result<Self> {
        let document: Document = model::yaml(place, text)?;
        let wrong = |fault: &KnownFault, what: String| {
            Error::usage(format!("{place}: the known fault `{}` of `{}`: {what}", fault.check, fault.dataset))
        };
        let of_models = models.in_order().flat_map(|model| model.header.checks.iter().map(|check| check.name.as_str()));
        let checks: Vec<&str> = of_models.chain(CHECKS).collect();
        for fault in &document.known_faults {
            if !checks.contains(&fault.check.as_str()) {
                let near = did_you_mean(&fault.check, checks.iter().copied());
                return Err(wrong(fault, format!("there is no such check{near}")));
            }
            for (key, text) in [("reason", &fault.reason), ("by", &fault.by), ("dataset", &fault.dataset)] {
                if text.trim().is_empty() {
                    return Err(wrong(fault, format!("`{key}` is empty: say it")));
                }
            }
            for (key, day) in [("date", Some(&fault.date)), ("until", fault.until.as_ref())] {
                if day.is_some_and(|day| day.parse::<NaiveDate>().is_err()) {
                    return Err(wrong(fault, format!("`{key}` is no day: write it as 2022-04-12")));
                }
            }
        }
        Ok(Self { place: place.to_owned(), text: text.to_owned(), faults: document.known_faults })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.faults.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// A hash over the list.
    pub fn fingerprint(&self) -> String {
        fingerprint([&self.text])
    }

    /// Marks the findings that a fault excuses on `day`, and adds a warning
    /// for each fault that excuses nothing.
    pub(super) fn apply(&self, findings: &mut Vec<Finding>, day: NaiveDate) {
        let mut unmatched = Vec::new();
        for fault in &self.faults {
            let until = fault.until.as_ref().and_then(|until| until.parse::<NaiveDate>().ok());
            let is_over = until.is_some_and(|until| until < day);
            let of = |finding: &&mut Finding| {
                finding.check == fault.check && finding.mart == fault.dataset && finding.rows > 0
            };
            let mut matched = false;
            for finding in findings.iter_mut().filter(of) {
                matched = true;
                if !is_over && finding.rows <= fault.rows {
                    finding.known = Some(format!("{} ({}, {})", fault.reason.trim(), fault.by.trim(), fault.date));
                }
            }
            if !matched || is_over {
                let why = if matched { "its last day is over" } else { "it matches nothing any more: remove it" };
                unmatched.push(Finding {
                    check: UNMATCHED.to_owned(),
                    layer: OPS,
                    mart: fault.dataset.clone(),
                    severity: Severity::Warning,
                    rows: 1,
                    examples: vec![format!("{}: {}: {why}", self.place, fault.check)],
                    known: None,
                    input: None,
                });
            }
        }
        findings.append(&mut unmatched);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> ModelSet {
        ModelSet::from_files(&[]).unwrap()
    }

    fn list(more: &str) -> String {
        format!(
            "known_faults:\n  - check: volume\n    dataset: portal/events\n    rows: 1\n    reason: lost\n    date: 2022-04-12\n    by: me\n{more}"
        )
    }

    fn finding(rows: u64) -> Finding {
        Finding {
            check: "volume".to_owned(),
            layer: OPS,
            mart: "portal/events".to_owned(),
            severity: Severity::Error,
            rows,
            examples: vec!["x".to_owned()],
            known: None,
            input: None,
        }
    }

    fn applied(text: &str, rows: u64, day: &str) -> Vec<String> {
        let mut findings = vec![finding(rows)];
        KnownFaults::read("f.yaml", text, &models()).unwrap().apply(&mut findings, day.parse().unwrap());
        findings.iter().map(|finding| format!("{} {}", finding.check, finding.outcome())).collect()
    }

    #[test]
    fn a_known_fault_is_put_up_with_until_its_day_and_up_to_its_rows() {
        let text = list("    until: 2022-12-31\n");
        assert_eq!(applied(&text, 1, "2022-12-31"), ["volume known"]);
        assert_eq!(applied(&text, 2, "2022-12-31"), ["volume failed"]);
        assert_eq!(applied(&text, 1, "2023-01-01"), ["volume failed", "known_fault_unmatched warning"]);
        assert_eq!(applied(&text, 0, "2022-12-31"), ["volume passed", "known_fault_unmatched warning"]);
    }

    #[test]
    fn a_wrong_list_says_what_is_wrong() {
        let message = |text: &str| KnownFaults::read("f.yaml", text, &models()).unwrap_err().to_string();
        assert!(message(&list("    untill: 2022-12-31\n")).contains("untill"));
        assert!(message(&list("").replace("volume", "volumes")).contains("did you mean `volume`"));
        assert!(message(&list("").replace("lost", "''")).contains("`reason` is empty"));
        assert!(message(&list("    until: later\n")).contains("`until` is no day"));
        assert!(KnownFaults::load(None, &models()).unwrap().is_empty());
    }
}
