//! The plan of a run: what is new, what is the same again, what counts.
//!
//! A delivery is known by its content within its dataset. The same content may
//! have come under several names: it counts once, under the earliest delivery
//! date, then the first file name, whichever of them came first. So what is in
//! force does not depend on the order of arrival.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use peil_warehouse::contract::Contract;
use peil_warehouse::table::fingerprint;

use crate::delivery::{Arrival, delivery_date, delivery_id, file_name, identity};
use crate::ledger::{Entry, Outcome, mark};

/// Changes with how readers and checks understand a delivery: what was read
/// by an earlier version is read again where it still is.
const READER_VERSION: &str = "2";

/// What a delivery is read with: contract and settings.
pub fn reading(contract: &Contract, refuse_above: f64) -> String {
    fingerprint([contract.fingerprint(), READER_VERSION, &refuse_above.to_string()])
}

/// An arrival that must be looked at, with its content's hash.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The arrival.
    pub arrival: Arrival,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// What it is to be read with.
    pub reading: String,
}

/// The same content under one or more names.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its contract.
    pub contract: Arc<Contract>,
    /// What it is to be read with.
    pub reading: String,
    /// Places in the ledger, the one that counts first.
    pub members: Vec<usize>,
    /// What is to be done.
    pub task: Task,
}

/// What is to be done about a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// It must be read, from this object of so many bytes.
    Read {
        /// The object.
        object: String,
        /// Its bytes.
        size: u64,
    },
    /// Its rows are staged already, under this place of the ledger.
    Keep {
        /// The place.
        accepted: usize,
    },
}

/// What a run is to do.
#[derive(Debug, Default)]
pub struct Plan {
    /// Groups with something new.
    pub groups: Vec<Group>,
    /// Places in the ledger without a date, refused.
    pub undated: Vec<usize>,
    /// Places in the ledger that are new, or looked at anew.
    pub fresh: BTreeSet<usize>,
}

/// Whether an arrival must be looked at: not when it is in the ledger as it
/// is, read with what it would be read with now.
pub fn is_new(ledger: &BTreeMap<&str, Vec<&Entry>>, arrival: &Arrival, reading: &str, full: bool) -> bool {
    let known = ledger.get(arrival.object.path.as_str()).into_iter().flatten();
    full || !known.into_iter().any(|entry| entry.is_of(&arrival.object) && entry.contract == reading)
}

/// Enters what was seen into the ledger, and plans what is to be done.
pub fn plan(ledger: &mut Vec<Entry>, seen: &[Seen], now: DateTime<Utc>, full: bool) -> Plan {
    let mut plan = Plan::default();
    let mut by_id: BTreeMap<String, usize> =
        ledger.iter().enumerate().map(|(place, entry)| (entry.delivery_id.clone(), place)).collect();
    let mut order = ledger.iter().map(|entry| entry.received_order).max().unwrap_or(0);
    let mut sources: BTreeMap<usize, &Seen> = BTreeMap::new();
    for one in seen {
        let (dataset, object) = (&one.arrival.contract.dataset, &one.arrival.object);
        let id = delivery_id(dataset, &object.path, &one.sha256);
        let place = match by_id.get(&id) {
            Some(&place) => {
                let entry = &mut ledger[place];
                entry.size = object.size as i64;
                entry.etag = Some(mark(object));
                if entry.contract == one.reading && !full {
                    continue;
                }
                place
            }
            None => {
                order += 1;
                by_id.insert(id.clone(), ledger.len());
                ledger.push(new_entry(one, id, order, now));
                ledger.len() - 1
            }
        };
        plan.fresh.insert(place);
        sources.insert(place, one);
        if ledger[place].delivery_date.is_none() {
            plan.undated.push(place);
        }
    }
    plan.groups = groups(ledger, &sources);
    plan
}

fn new_entry(seen: &Seen, id: String, order: i64, now: DateTime<Utc>) -> Entry {
    let object = &seen.arrival.object;
    Entry {
        dataset: seen.arrival.contract.dataset.clone(),
        object: object.path.clone(),
        sha256: seen.sha256.clone(),
        delivery_date: delivery_date(file_name(&object.path)),
        received_at: now,
        rows: 0,
        accepted: 0,
        rejected: 0,
        corrections: 0,
        outcome: Outcome::Refused,
        reason: None,
        delivery_id: id,
        received_order: order,
        size: object.size as i64,
        etag: Some(mark(object)),
        contract: seen.reading.clone(),
        note: None,
    }
}

/// The groups in which something is new.
fn groups(ledger: &[Entry], sources: &BTreeMap<usize, &Seen>) -> Vec<Group> {
    let mut by_content: BTreeMap<(&str, String), Group> = BTreeMap::new();
    for (place, seen) in sources {
        let (entry, contract) = (&ledger[*place], &seen.arrival.contract);
        let Some(date) = entry.delivery_date else { continue };
        let object = &seen.arrival.object;
        by_content.entry((&entry.dataset, identity(contract, &entry.sha256, date))).or_insert_with(|| Group {
            contract: Arc::clone(contract),
            reading: seen.reading.clone(),
            members: Vec::new(),
            task: Task::Read { object: object.path.clone(), size: object.size },
        });
    }
    let contracts: BTreeMap<&str, &Contract> =
        sources.values().map(|seen| (seen.arrival.contract.dataset.as_str(), seen.arrival.contract.as_ref())).collect();
    for (place, entry) in ledger.iter().enumerate() {
        let (Some(date), Some(contract)) = (entry.delivery_date, contracts.get(entry.dataset.as_str())) else {
            continue;
        };
        if let Some(group) = by_content.get_mut(&(entry.dataset.as_str(), identity(contract, &entry.sha256, date))) {
            group.members.push(place);
        }
    }
    let mut groups: Vec<Group> = by_content.into_values().collect();
    for group in &mut groups {
        group.members.sort_by_key(|place| {
            let entry = &ledger[*place];
            (entry.delivery_date, file_name(&entry.object), entry.received_order)
        });
        let staged = group.members.iter().copied().find(|place| {
            let entry = &ledger[*place];
            entry.outcome == Outcome::Accepted && entry.contract == group.reading && !sources.contains_key(place)
        });
        if let Some(accepted) = staged {
            group.task = Task::Keep { accepted };
        }
    }
    groups
}
