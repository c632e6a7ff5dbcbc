//! Datasets that have become later than their schedule, told once each.

use std::collections::BTreeSet;

use peil_warehouse::publish::Published;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::{freshness, stages};

/// The datasets that people were told of and that are late still.
const TOLD: &str = "schedule/late.json";

/// What is late now, and what of it nobody was told.
pub struct Late {
    /// A line for each dataset that became late since it was last told: its
    /// name, the days, the last delivery.
    pub new: Vec<String>,
    now: BTreeSet<String>,
    told: BTreeSet<String>,
}

/// What became late since it was last looked. One that comes in and is late
/// again is told again.
///
/// # Errors
/// [`Error::Storage`] where the warehouse cannot be read.
pub async fn newly_late(settings: &Settings, warehouse: &Storage) -> Result<Late> {
    let published = Published::read(warehouse).await?;
    let contracts = stages::contracts(settings)?;
    let all = freshness::read(warehouse, &published, &contracts).await?;
    let late: Vec<_> = all.iter().filter(|dataset| dataset.days_late > 0).collect();
    let told: BTreeSet<String> = match warehouse.get_optional(TOLD).await? {
        Some(text) => serde_json::from_slice(&text).map_err(Error::storage)?,
        None => BTreeSet::new(),
    };
    let now = late.iter().map(|dataset| dataset.dataset.clone()).collect();
    let new = late.iter().filter(|dataset| !told.contains(&dataset.dataset));
    let new = new
        .map(|dataset| {
            let days = if dataset.days_late == 1 { "dag" } else { "dagen" };
            format!(
                "{}: {} {days} later dan gepland, laatste levering {}",
                dataset.dataset, dataset.days_late, dataset.last_delivery
            )
        })
        .collect();
    Ok(Late { new, now, told })
}

impl Late {
    /// Notes that people were told: after they were, so that nothing is lost
    /// between the two.
    ///
    /// # Errors
    /// [`Error::Storage`] where the warehouse cannot be written.
    pub async fn were_told(&self, warehouse: &Storage) -> Result<()> {
        if self.now == self.told {
            return Ok(());
        }
        let text = serde_json::to_vec(&self.now).map_err(Error::internal)?;
        warehouse.put_durable(TOLD, text.into()).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_told_is_noted_after_it_was() {
        let warehouse = Storage::open("memory:///").unwrap();
        let settings = Settings::resolve(None, [], &[]).unwrap();
        // One that came in since: it is told again when it is late again.
        warehouse.put_durable(TOLD, "[\"portal/plates\"]".into()).await.unwrap();
        let noted = async || String::from_utf8(warehouse.get(TOLD).await.unwrap().to_vec()).unwrap();
        let late = newly_late(&settings, &warehouse).await.unwrap();
        assert_eq!((late.new.len(), noted().await.as_str()), (0, "[\"portal/plates\"]"));
        late.were_told(&warehouse).await.unwrap();
        assert_eq!(noted().await, "[]");
        let late = Late {
            new: vec!["portal/events: 3 dagen later dan gepland".to_owned()],
            now: BTreeSet::from(["portal/events".to_owned()]),
            told: BTreeSet::new(),
        };
        late.were_told(&warehouse).await.unwrap();
        assert_eq!(noted().await, "[\"portal/events\"]");
    }
}
