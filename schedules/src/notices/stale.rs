//! Datasets that have become later than their schedule, told once each.

use std::collections::BTreeSet;

use peil_warehouse::publish::Published;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::{freshness, stages};

/// The datasets that people were told of and that are late still.
const TOLD: &str = "schedule/late.json";

/// What became late since it was last looked, a line each: dataset, days. One
/// that comes in and is late again is told again.
///
/// # Errors
/// [`Error::Storage`] where the warehouse cannot be read or written.
pub async fn newly_late(settings: &Settings, warehouse: &Storage) -> Result<Vec<String>> {
    let published = Published::read(warehouse).await?;
    let contracts = stages::contracts(settings)?;
    let all = freshness::read(warehouse, &published, &contracts).await?;
    let late: Vec<_> = all.iter().filter(|dataset| dataset.days_late > 0).collect();
    let told: BTreeSet<String> = match warehouse.get_optional(TOLD).await? {
        Some(text) => serde_json::from_slice(&text).map_err(Error::storage)?,
        None => BTreeSet::new(),
    };
    let names: BTreeSet<&str> = late.iter().map(|dataset| dataset.dataset.as_str()).collect();
    if names.iter().copied().ne(told.iter().map(String::as_str)) {
        let text = serde_json::to_vec(&names).map_err(Error::internal)?;
        warehouse.put_durable(TOLD, text.into()).await?;
    }
    let new = late.iter().filter(|dataset| !told.contains(&dataset.dataset));
    Ok(new
        .map(|dataset| {
            let days = if dataset.days_late == 1 { "dag" } else { "dagen" };
            format!(
                "{}: {} {days} later dan gepland, laatste levering {}",
                dataset.dataset, dataset.days_late, dataset.last_delivery
            )
        })
        .collect())
}
