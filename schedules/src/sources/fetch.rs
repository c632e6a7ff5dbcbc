//! A source, from its last place to the landing area.

use std::time::Duration;

use peil_warehouse::storage::Storage;
use peil_warehouse::{Result, clock};
use serde::Serialize;

use super::config::{Form, Source};
use super::http::Api;
use super::ledger::{End, Ledger, Place};
use super::postgres;
use super::rows::{Rows, sha256};

/// What came of a source: a value, for one that is down stops no other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name.
    pub source: String,
    /// Its dataset.
    pub dataset: String,
    /// `fetched`, `unchanged`, `busy` (another fetch of it is at work) or
    /// `failed`.
    pub outcome: &'static str,
    /// Rows that landed.
    pub rows: u64,
    /// The delivery, under the landing area.
    pub object: Option<String>,
    /// Why it failed, and what to do.
    pub said: String,
}

/// Fetches what is new of a source; all of it where `again` says so.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the ledger cannot be reached. What
/// the source does wrong is in the report.
pub async fn fetch(source: &Source, landing: &Storage, ledger: &Ledger, again: bool) -> Result<Report> {
    let mut report = Report {
        source: source.name.clone(),
        dataset: source.dataset.clone(),
        outcome: "busy",
        rows: 0,
        object: None,
        said: String::new(),
    };
    let standing = ledger.standing(&source.name, clock::now()).await?;
    let number = standing.number + 1;
    if standing.running.is_some() || !ledger.claim(&source.name, number, clock::now(), source.limit_minutes).await? {
        "another fetch of it is at work".clone_into(&mut report.said);
        return Ok(report);
    }
    let before = standing.last.map(|end| end.place).unwrap_or_default();
    let start = if again { Place::default() } else { before.clone() };
    let limit = Duration::from_secs(u64::from(source.limit_minutes) * 60);
    let landed = match tokio::time::timeout(limit, land(source, landing, number, start)).await {
        Ok(landed) => landed,
        Err(_) => Err(format!("it took longer than {} minutes: raise `limit_minutes`", source.limit_minutes)),
    };
    let place = match landed {
        Ok(Landed { place, rows, object }) => {
            report.outcome = if object.is_some() { "fetched" } else { "unchanged" };
            (report.rows, report.object) = (rows, object);
            place
        }
        Err(said) => {
            report.outcome = "failed";
            report.said = format!("{}: {said}", source.place());
            before
        }
    };
    let end = End {
        outcome: report.outcome.to_owned(),
        ended_at: clock::now(),
        rows: report.rows,
        said: report.said.clone(),
        place,
    };
    ledger.end(&source.name, number, &end).await?;
    Ok(report)
}

struct Landed {
    place: Place,
    rows: u64,
    object: Option<String>,
}

async fn land(source: &Source, landing: &Storage, number: u64, start: Place) -> Result<Landed, String> {
    let day = clock::today();
    let folder = format!("{}/{day}_", source.dataset);
    let extension = match source.form {
        Form::Json => "json",
        Form::Ndjson => "ndjson",
    };
    let object = format!("{folder}{}_{number:08}.{extension}", source.name);
    let mut place = start.clone();
    let (upload, hash, count) = if let Some(database) = &source.postgres {
        let gathered = postgres::gather(source, database, landing, &object, &mut place).await?;
        (gathered.upload, gathered.hash, gathered.rows)
    } else {
        let http = source.http.as_ref().ok_or_else(|| "it is nowhere".to_owned())?;
        let mut rows = Rows::after(&start);
        if !Api::new(source, http)?.fetch(&mut place, &mut rows).await? {
            return Ok(Landed { place: Place { fetched_at: Some(clock::now()), ..start }, rows: 0, object: None });
        }
        let count = rows.len() as u64;
        let content = rows.delivery(source.form, &mut place);
        let mut upload = landing.upload(&object);
        upload.write(&content).await.map_err(|error| format!("the landing area: {error}"))?;
        (upload, sha256(&content), count)
    };
    place.fetched_at = Some(clock::now());
    let same = start.content.as_ref() == Some(&hash);
    // Of a snapshot the same state on a later day is a new one.
    let of_today = start.object.as_ref().is_some_and(|object| object.starts_with(&folder));
    let none_of_all = count == 0 && source.snapshot;
    if count == 0 || (same && (!source.snapshot || of_today)) {
        upload.abort().await.map_err(|error| format!("the landing area: {error}"))?;
        if none_of_all {
            return Err(format!("it gives no rows, while {} is the whole state: nothing is taken", source.dataset));
        }
        return Ok(Landed { place, rows: 0, object: None });
    }
    upload.finish().await.map_err(|error| format!("the landing area: {error}"))?;
    place.content = Some(hash);
    place.object = Some(object.clone());
    Ok(Landed { place, rows: count, object: Some(object) })
}
