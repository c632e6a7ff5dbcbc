//! How fresh each dataset is, and how late by its contract.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use serde::Serialize;

use crate::records::{self, Record, number, text};

/// How fresh a dataset is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// The dataset.
    pub dataset: String,
    /// Date of the last accepted delivery; empty: none ever.
    pub last_delivery: String,
    /// Accepted deliveries.
    pub deliveries: u64,
    /// Rows accepted.
    pub rows: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Refused deliveries that did not come in good order since.
    pub refused: u64,
    /// Days by which the last delivery is older than its schedule allows, on
    /// the day of the marts.
    pub days_late: u64,
}

/// The freshness of each dataset of a published state, those never delivered
/// too.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the records cannot be read.
pub async fn read(storage: &Storage, published: &Published, contracts: &ContractSet) -> Result<Vec<Freshness>> {
    let names: Vec<&str> = contracts.iter().map(|contract| contract.dataset.as_str()).collect();
    let deliveries = records::read(storage, published, "ops/deliveries").await?;
    Ok(late(freshness(&names, &deliveries), contracts, published.as_of))
}

/// The freshness of each dataset, those never delivered too.
fn freshness(names: &[&str], deliveries: &[Record]) -> Vec<Freshness> {
    let fresh = |name: &str| Freshness { dataset: name.to_owned(), ..Freshness::default() };
    let mut all: BTreeMap<&str, Freshness> = names.iter().map(|name| (*name, fresh(name))).collect();
    for delivery in deliveries {
        let dataset = text(delivery, "dataset");
        let of = all.entry(dataset).or_insert_with(|| fresh(dataset));
        match text(delivery, "outcome") {
            "accepted" => {
                of.deliveries += 1;
                of.rows += number(delivery, "accepted");
                of.rejected += number(delivery, "rejected");
                of.last_delivery = of.last_delivery.clone().max(text(delivery, "delivery_date").to_owned());
            }
            "refused" if stands(delivery, deliveries) => of.refused += 1,
            _ => {}
        }
    }
    all.into_values().collect()
}

/// The same with how late each is by its contract.
fn late(mut datasets: Vec<Freshness>, contracts: &ContractSet, day: Option<NaiveDate>) -> Vec<Freshness> {
    for dataset in &mut datasets {
        let schedule = contracts.get(&dataset.dataset).and_then(|contract| contract.frequency);
        let last: Option<NaiveDate> = dataset.last_delivery.parse().ok();
        if let (Some(schedule), Some(last), Some(day)) = (schedule, last, day) {
            let age = u64::try_from((day - last).num_days()).unwrap_or(0);
            dataset.days_late = age.saturating_sub(u64::from(schedule.late_after_days()));
        }
    }
    datasets
}

/// Whether a refused delivery still stands: none under its name was accepted
/// after it.
pub fn stands(refused: &Record, deliveries: &[Record]) -> bool {
    !deliveries.iter().any(|other| {
        text(other, "outcome") != "refused"
            && text(other, "object") == text(refused, "object")
            && number(other, "received_order") > number(refused, "received_order")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(order: u64, object: &str, date: &str, outcome: &str) -> Record {
        let pairs = [
            ("dataset", "portal/events".to_owned()),
            ("object", object.to_owned()),
            ("delivery_date", date.to_owned()),
            ("outcome", outcome.to_owned()),
            ("accepted", "10".to_owned()),
            ("rejected", "1".to_owned()),
            ("received_order", order.to_string()),
        ];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn a_dataset_is_late_by_its_contract() {
        let contracts = peil_ingest::contracts::load(None).unwrap();
        let fresh = |dataset: &str| Freshness {
            dataset: dataset.to_owned(),
            last_delivery: "2022-05-31".to_owned(),
            ..Freshness::default()
        };
        let all = [fresh("portal/events"), fresh("portal/plates"), fresh("reference/targets")];
        let days = |day: &str| {
            let late = late(all.to_vec(), &contracts, Some(day.parse().unwrap()));
            late.iter().map(|one| one.days_late).collect::<Vec<_>>()
        };
        assert_eq!(days("2022-07-11"), [0, 0, 0]);
        assert_eq!(days("2022-07-13"), [2, 0, 0], "monthly, with a third of it to spare");
    }

    #[test]
    fn freshness_counts_what_was_taken_in() {
        let deliveries = [
            delivery(1, "a", "2022-02-28", "accepted"),
            delivery(2, "b", "2022-01-31", "accepted"),
            delivery(3, "c", "2022-03-31", "refused"),
            delivery(4, "d", "2022-03-31", "refused"),
            delivery(5, "d", "2022-03-31", "accepted"),
            delivery(6, "e", "2022-03-31", "duplicate"),
        ];
        let all = freshness(&["portal/users", "portal/events"], &deliveries);
        let expected = Freshness {
            dataset: "portal/events".to_owned(),
            last_delivery: "2022-03-31".to_owned(),
            deliveries: 3,
            rows: 30,
            rejected: 3,
            refused: 1,
            days_late: 0,
        };
        assert_eq!(all[0], expected);
        assert_eq!(
            (all[1].dataset.as_str(), all[1].deliveries, all[1].last_delivery.as_str()),
            ("portal/users", 0, "")
        );
    }
}
