//! Where figures come from: the query of each indicator, the deliveries of
//! its dataset.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Colophon;
use super::table::{Kind, Table};

/// A delivery that was taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Path under the landing area.
    pub object: String,
    /// Its day.
    pub day: Option<NaiveDate>,
    /// Rows in it.
    pub rows: i64,
    /// Rows that were taken in.
    pub accepted: i64,
    /// Rows that were not.
    pub rejected: i64,
    /// `accepted`, `refused` or `duplicate`.
    pub outcome: String,
    /// Hash of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Where figures come from.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Provenance {
    /// The dataset of each indicator, as `portal/events`.
    pub datasets: BTreeMap<String, String>,
    /// The query of each numeric indicator.
    pub queries: BTreeMap<String, String>,
    /// The deliveries of each dataset, up to the day of the report, by day.
    pub deliveries: BTreeMap<String, Vec<Delivery>>,
}

impl Provenance {
    pub(super) async fn read(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<Self> {
        Ok(Self {
            datasets: datasets(storage, published).await?,
            queries: queries(storage, published).await?,
            deliveries: deliveries(storage, published, colophon).await?,
        })
    }

    /// The deliveries of an indicator's dataset.
    pub fn deliveries_of(&self, indicator: &str) -> &[Delivery] {
        let dataset = self.datasets.get(indicator);
        dataset.and_then(|dataset| self.deliveries.get(dataset)).map_or(&[], Vec::as_slice)
    }
}

async fn datasets(storage: &Storage, published: &Published) -> Result<BTreeMap<String, String>> {
    let columns = [("indicator_id", Kind::Text)];
    let optional = [("dataset", Kind::Text)];
    let Some(table) = Table::read_if_there(storage, published, "marts/indicators", &columns, &optional).await? else {
        return Ok(BTreeMap::new());
    };
    Ok(table.rows().filter_map(|row| Some((table.text("indicator_id", row)?, table.text("dataset", row)?))).collect())
}

async fn queries(storage: &Storage, published: &Published) -> Result<BTreeMap<String, String>> {
    let columns = [("indicator_id", Kind::Text), ("query", Kind::Text)];
    let Some(table) = Table::read_if_there(storage, published, "ops/indicator_queries", &columns, &[]).await? else {
        return Ok(BTreeMap::new());
    };
    Ok(table.rows().filter_map(|row| Some((table.text("indicator_id", row)?, table.text("query", row)?))).collect())
}

async fn deliveries(
    storage: &Storage,
    published: &Published,
    colophon: &Colophon,
) -> Result<BTreeMap<String, Vec<Delivery>>> {
    let columns = [
        ("dataset", Kind::Text),
        ("object", Kind::Text),
        ("sha256", Kind::Text),
        ("delivery_date", Kind::Day),
        ("rows", Kind::Integer),
        ("accepted", Kind::Integer),
        ("rejected", Kind::Integer),
        ("outcome", Kind::Text),
    ];
    let Some(table) = Table::read_if_there(storage, published, "ops/deliveries", &columns, &[]).await? else {
        return Ok(BTreeMap::new());
    };
    let mut deliveries: BTreeMap<String, Vec<Delivery>> = BTreeMap::new();
    for row in table.rows() {
        let day = table.day("delivery_date", row);
        let is_known = colophon.known_on.is_none_or(|known| day.is_none_or(|day| day <= known));
        let outcome = table.text("outcome", row).unwrap_or_default();
        if !is_known || outcome == "duplicate" {
            continue;
        }
        let count = |column: &str| table.integer(column, row).unwrap_or_default();
        deliveries.entry(table.required("dataset", row)?).or_default().push(Delivery {
            object: table.required("object", row)?,
            day,
            rows: count("rows"),
            accepted: count("accepted"),
            rejected: count("rejected"),
            outcome,
            sha256: table.text("sha256", row).unwrap_or_default(),
        });
    }
    for of_dataset in deliveries.values_mut() {
        of_dataset.sort_by(|one, other| (one.day, &one.object).cmp(&(other.day, &other.object)));
    }
    Ok(deliveries)
}
