//! What the sources delivered, and how much of it was taken.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Colophon;
use super::table::{Kind, Table};

/// The deliveries of a dataset that the report rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dataset {
    /// Its name, as `portal/events`.
    pub name: String,
    /// Delivery date of the last delivery that was accepted.
    pub last_delivery: Option<NaiveDate>,
    /// Deliveries that were accepted.
    pub accepted: i64,
    /// Deliveries that were refused whole.
    pub refused: i64,
    /// Rows of both.
    pub rows: i64,
    /// Rows that were rejected.
    pub rejected: i64,
    /// How often a delivery is expected, in words; none where it comes when it
    /// changes.
    pub schedule: Option<String>,
}

impl Dataset {
    /// Rejected rows over all rows; none without rows.
    pub fn share_rejected(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.rejected as f64 / self.rows as f64)
    }
}

/// The deliveries, by dataset.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deliveries {
    /// The datasets of which something was delivered, by name.
    pub datasets: Vec<Dataset>,
}

impl Deliveries {
    pub(super) async fn read(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<Self> {
        let columns = [
            ("dataset", Kind::Text),
            ("delivery_date", Kind::Day),
            ("rows", Kind::Integer),
            ("rejected", Kind::Integer),
            ("outcome", Kind::Text),
        ];
        let Some(table) = Table::read_record(storage, published, "deliveries", &columns).await? else {
            return Ok(Self::default());
        };
        let mut datasets: BTreeMap<String, Dataset> = BTreeMap::new();
        for row in table.rows() {
            let day = table.day("delivery_date", row);
            let known = colophon.known_on.is_none_or(|known_on| day.is_some_and(|day| day <= known_on));
            let outcome = table.required("outcome", row)?;
            if !known || !matches!(outcome.as_str(), "accepted" | "refused") {
                continue;
            }
            let name = table.required("dataset", row)?;
            let dataset = datasets.entry(name.clone()).or_insert_with(|| Dataset { name, ..Dataset::default() });
            dataset.rows += table.integer("rows", row).unwrap_or(0);
            dataset.rejected += table.integer("rejected", row).unwrap_or(0);
            if outcome == "accepted" {
                dataset.accepted += 1;
                dataset.last_delivery = dataset.last_delivery.max(day);
            } else {
                dataset.refused += 1;
            }
        }
        let columns = [("dataset", Kind::Text), ("schedule_nl", Kind::Text)];
        if let Some(table) = Table::read_record(storage, published, "datasets", &columns).await? {
            for row in table.rows() {
                if let Some(dataset) = datasets.get_mut(&table.required("dataset", row)?) {
                    dataset.schedule = table.text("schedule_nl", row);
                }
            }
        }
        Ok(Self { datasets: datasets.into_values().collect() })
    }
}
