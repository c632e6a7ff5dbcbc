//! The deliveries in force on a known-on day, in the order in which the later
//! wins.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::NaiveDate;
use peil_warehouse::contract::{ContractSet, Mode};
use peil_warehouse::publish::Draft;
use peil_warehouse::table::{DataFile, fingerprint};
use peil_warehouse::{Error, Result};

/// The table in which ingest records what was delivered.
pub(crate) const DELIVERIES: &str = "ops/deliveries";

/// An accepted delivery whose rows count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Delivery {
    /// Its identity: the part of the staged table that holds its rows.
    pub id: String,
    /// The date and name under which it counts.
    pub date: NaiveDate,
    /// See [`Delivery::date`].
    pub object: String,
    /// Deliveries of one date and name share a place in the order: between
    /// their rows the row number decides, then who was received later.
    pub place: u32,
    /// The staged files that hold its accepted rows.
    pub files: Vec<DataFile>,
}

impl Delivery {
    /// No delivery: for tables without rows.
    pub fn none() -> Self {
        Self { id: String::new(), date: NaiveDate::default(), object: String::new(), place: 0, files: Vec::new() }
    }

    /// Changes when the rows of the delivery do, or what is said of them.
    pub fn fingerprint(&self) -> String {
        let files = self.files.iter().map(|file| file.path.clone());
        fingerprint([self.id.clone(), self.date.to_string(), self.object.clone()].into_iter().chain(files))
    }
}

/// A line of `ops/deliveries`.
#[derive(Debug, Clone)]
struct Record {
    dataset: String,
    sha256: String,
    id: String,
    date: NaiveDate,
    object: String,
    received: i64,
    accepted: bool,
}

/// The deliveries in force of each dataset, the later ones last.
///
/// The same bytes under another name change nothing: a delivery counts under
/// the earliest date, then the first name, under which it came. Of a snapshot
/// the same bytes of another date are another state. Those that are `yielding`
/// come before all others, of a snapshot before the others of its day.
///
/// # Errors
/// [`Error::Storage`] where the record of deliveries cannot be read.
pub(crate) async fn in_force(
    draft: &Draft,
    contracts: &ContractSet,
    known_on: Option<NaiveDate>,
    yielding: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<Delivery>>> {
    let columns = ["dataset", "sha256", "delivery_id", "delivery_date", "object", "received_order", "outcome"];
    let batches = draft.batches(DELIVERIES, Some(&columns)).await?;
    let mut groups: BTreeMap<(String, String, Option<NaiveDate>), Vec<Record>> = BTreeMap::new();
    for record in records(&batches)? {
        if known_on.is_some_and(|known_on| record.date > known_on) {
            continue;
        }
        let Some(contract) = contracts.get(&record.dataset) else { continue };
        let date = (contract.mode == Mode::Snapshot).then_some(record.date);
        groups.entry((record.dataset.clone(), record.sha256.clone(), date)).or_default().push(record);
    }
    let mut found: BTreeMap<String, Vec<(i64, Delivery)>> = BTreeMap::new();
    for ((dataset, ..), mut records) in groups {
        records.sort_by(|a, b| (a.date, &a.object, a.received).cmp(&(b.date, &b.object, b.received)));
        // Received first, whatever its name: its rows are the ones staged.
        let Some(accepted) = records.iter().filter(|record| record.accepted).min_by_key(|record| record.received)
        else {
            // The bytes were accepted under a date that is not known yet.
            continue;
        };
        let named = &records[0];
        let delivery = Delivery {
            id: accepted.id.clone(),
            date: named.date,
            object: named.object.clone(),
            place: 0,
            files: Vec::new(),
        };
        found.entry(dataset).or_default().push((named.received, delivery));
    }
    let in_order = |(dataset, found): (String, Vec<_>)| {
        let snapshots = contracts.get(&dataset).is_some_and(|contract| contract.mode == Mode::Snapshot);
        let order = in_order(draft, &dataset, found, |delivery: &Delivery| {
            let first = !yielding.contains(&delivery.id);
            if snapshots { (false, delivery.date, first) } else { (first, delivery.date, false) }
        });
        (dataset, order)
    };
    Ok(found.into_iter().map(in_order).collect())
}

fn in_order(
    draft: &Draft,
    dataset: &str,
    mut found: Vec<(i64, Delivery)>,
    rank: impl Fn(&Delivery) -> (bool, NaiveDate, bool),
) -> Vec<Delivery> {
    found.sort_by(|(a_received, a), (b_received, b)| {
        (rank(a), &a.object, a_received).cmp(&(rank(b), &b.object, b_received))
    });
    let staged = draft.table(&format!("staged/{}", dataset.replace('/', "_")));
    let mut files: BTreeMap<&str, Vec<DataFile>> = BTreeMap::new();
    for file in staged.map_or(&[][..], |state| &state.files) {
        files.entry(&file.part).or_default().push(file.clone());
    }
    let mut place = 0;
    let mut ordered: Vec<Delivery> = Vec::with_capacity(found.len());
    for (_, mut delivery) in found {
        if ordered.last().is_some_and(|last| (rank(last), &last.object) != (rank(&delivery), &delivery.object)) {
            place += 1;
        }
        delivery.place = place;
        delivery.files = files.remove(delivery.id.as_str()).unwrap_or_default();
        ordered.push(delivery);
    }
    ordered
}

fn records(batches: &[RecordBatch]) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for batch in batches {
        let text = |name: &str| -> Result<_> { Ok(column(batch, name)?.as_string::<i32>()) };
        let (dataset, sha256, id) = (text("dataset")?, text("sha256")?, text("delivery_id")?);
        let (object, outcome) = (text("object")?, text("outcome")?);
        let date = column(batch, "delivery_date")?.as_primitive::<Date32Type>();
        let received = column(batch, "received_order")?.as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let accepted = outcome.value(row) == "accepted";
            if !(accepted || outcome.value(row) == "duplicate") || date.is_null(row) {
                continue;
            }
            let Some(date) = date.value_as_date(row) else { continue };
            records.push(Record {
                dataset: dataset.value(row).to_owned(),
                sha256: sha256.value(row).to_owned(),
                id: id.value(row).to_owned(),
                date,
                object: object.value(row).to_owned(),
                received: received.value(row),
                accepted,
            });
        }
    }
    Ok(records)
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array> {
    let column = batch.column_by_name(name).map(AsRef::as_ref);
    column.ok_or_else(|| Error::internal(format!("{DELIVERIES} has no column {name}")))
}
