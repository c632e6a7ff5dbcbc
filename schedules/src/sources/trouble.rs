//! What is wrong with sources, for those who look after them.

use chrono::{DateTime, Utc};
use peil_warehouse::Result;
use peil_warehouse::contract::ContractSet;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;

use super::config;
use super::ledger::{End, Ledger};
use crate::timetable::ledger::Holder;

/// A line for each source that fails, or was never fetched; one that says so
/// where the sources themselves are wrong.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the ledger cannot be read.
pub async fn trouble(
    settings: &Settings,
    contracts: &ContractSet,
    warehouse: &Storage,
    now: DateTime<Utc>,
) -> Result<Vec<String>> {
    let sources = match config::load(settings.sources.as_deref(), contracts) {
        Ok(sources) => sources,
        Err(_) => return Ok(vec!["the sources are not as they should be: `peil check` says what to mend".to_owned()]),
    };
    let ledger = Ledger::new(warehouse.clone(), Holder::this());
    let mut lines = Vec::new();
    for source in &sources {
        let standing = ledger.standing(&source.name, now).await?;
        lines.extend(line(&source.name, standing.last.as_ref()));
    }
    Ok(lines)
}

fn line(source: &str, last: Option<&End>) -> Option<String> {
    let Some(last) = last else {
        return Some(format!("the source {source} was never fetched: peil fetch {source}"));
    };
    let since =
        last.place.fetched_at.map_or_else(|| "never before".to_owned(), |at| at.format("last on %Y-%m-%d").to_string());
    (last.outcome == "failed").then(|| format!("the source {source} is not fetched ({since}): {}", last.said))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::ledger::Place;

    #[test]
    fn a_source_that_fails_is_told_with_when_it_went_well_last() {
        let now: DateTime<Utc> = "2022-07-02T00:30:00Z".parse().unwrap();
        let place = Place { fetched_at: Some("2022-07-01T00:30:00Z".parse().unwrap()), ..Place::default() };
        let end = |outcome: &str| End {
            outcome: outcome.to_owned(),
            ended_at: now,
            rows: 0,
            said: "it answers 503".to_owned(),
            place: place.clone(),
        };
        let told = line("register", Some(&end("failed"))).unwrap();
        assert_eq!(told, "the source register is not fetched (last on 2022-07-01): it answers 503");
        assert_eq!(line("register", Some(&end("unchanged"))), None);
        assert!(line("register", None).unwrap().contains("peil fetch register"));
    }
}
