//! `peil check`: everything that can be wrong before anything runs.

use peil_warehouse::publish::Published;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use serde::Serialize;

use crate::cli::Global;
use crate::commands::serve;
use crate::exit::Exit;
use crate::notices::Notices;
use crate::output::{Output, Tone, counted};
use crate::sources::config;
use crate::timetable::job;
use crate::{context, key, stages};

/// A file that is written and removed to see that the warehouse takes writes.
const PROBE: &str = "_probe";

/// What was checked and what came of it.
#[derive(Debug, Serialize)]
struct Checked {
    check: &'static str,
    ok: bool,
    detail: String,
}

/// Checks all of it, before it gives up on what is wrong.
///
/// # Errors
/// None of its own: what is wrong is told, with exit code 2.
pub async fn run(global: &Global, output: Output) -> Result<Exit> {
    let mut all = Vec::new();
    let settings = context::settings(global);
    all.push(checked("configuration", settings.as_ref().map(|_| source(global)).map_err(ToString::to_string)));
    if let Ok(settings) = &settings {
        check_settings(settings, &mut all).await;
    }
    let ok = all.iter().all(|checked| checked.ok);
    if output.is_json() {
        output.document(&serde_json::json!({ "ok": ok, "checks": all }))?;
    } else {
        for checked in &all {
            let word = if checked.ok { output.paint(Tone::Good, "ok    ") } else { output.paint(Tone::Bad, "failed") };
            let detail = checked.detail.replace('\n', &format!("\n{}", " ".repeat(23)));
            output.line(format!("{word}  {:<13}  {detail}", checked.check));
        }
    }
    Ok(if ok { Exit::Done } else { Exit::Usage })
}

async fn check_settings(settings: &Settings, all: &mut Vec<Checked>) {
    let landing = context::open_landing(settings);
    let listed = match &landing {
        Ok(landing) => landing.list("").await.map(|objects| {
            let shown =
                objects.iter().filter(|object| !object.path.rsplit('/').next().unwrap_or_default().starts_with('.'));
            format!("{}: {}", landing.url(), counted(shown.count() as u64, "object", "objects"))
        }),
        Err(error) => Err(Error::usage(error)),
    };
    all.push(checked("landing", listed.map_err(|error| error.to_string())));
    if let Ok(landing) = &landing {
        let found = match key::variable() {
            Ok(variable) => key::resolve(settings, variable, landing).await,
            Err(error) => Err(error),
        };
        all.push(checked("key", found.map(|(_, origin)| format!("from {origin}")).map_err(|error| error.to_string())));
    }
    all.push(checked("warehouse", warehouse(settings).await.map_err(|error| error.to_string())));
    all.push(checked("quality", quality(settings).map_err(|error| error.to_string())));
    let contracts = stages::contracts(settings).map(|contracts| counted(contracts.len() as u64, "dataset", "datasets"));
    all.push(checked("contracts", contracts.map_err(|error| error.to_string())));
    let models = stages::models(settings).map(|models| {
        let (ordered, indicators) = (models.in_order().count() as u64, models.indicators().len() as u64);
        format!("{} in order, {}", counted(ordered, "model", "models"), counted(indicators, "indicator", "indicators"))
    });
    all.push(checked("models", models.map_err(|error| error.to_string())));
    all.push(checked("sources", sources(settings).map_err(|error| error.to_string())));
    let notices = Notices::of(&settings.notices)
        .map(|notices| notices.map_or_else(|| "nobody is told".to_owned(), |notices| notices.told()));
    all.push(checked("notices", notices.map_err(|error| error.to_string())));
    let jobs = job::load(settings.jobs.as_deref()).map(|jobs| counted(jobs.len() as u64, "job", "jobs"));
    all.push(checked("serve", serve::examine(&settings.serve).map_err(|error| error.to_string())));
    all.push(checked("timetable", jobs.map_err(|error| error.to_string())));
}

/// Reads the sources, and sees that their secrets are where they should be.
fn sources(settings: &Settings) -> Result<String> {
    let sources = config::load(settings.sources.as_deref(), &stages::contracts(settings)?)?;
    for source in &sources {
        if let Some(secret) = source.secret() {
            let missing = |what| Error::usage(format!("source {}: {what}", source.name));
            secret.read(&source.folder).map_err(missing)?;
        }
    }
    Ok(counted(sources.len() as u64, "source", "sources"))
}

/// Reads the list of known faults and the figures published before.
fn quality(settings: &Settings) -> Result<String> {
    let (contracts, models) = (stages::contracts(settings)?, stages::models(settings)?);
    let rules = stages::quality(settings, &contracts, &models)?;
    let faults = counted(rules.known_faults.len() as u64, "known fault", "known faults");
    let figures = counted(rules.published_figures.len() as u64, "published figure", "published figures");
    Ok(format!("{faults}, {figures}"))
}

/// Writes, reads and removes a file, and reads what is published.
async fn warehouse(settings: &Settings) -> Result<String> {
    let storage: Storage = context::open_warehouse(settings)?;
    storage.put_durable(PROBE, PROBE.into()).await?;
    storage.delete(PROBE).await?;
    let published = Published::read(&storage).await?;
    let told = match published.published_at {
        Some(at) => format!("last published at {}", at.format("%Y-%m-%d %H:%M UTC")),
        None => "nothing published yet".to_owned(),
    };
    Ok(format!("{}: can be written, {told}", storage.url()))
}

fn source(global: &Global) -> String {
    match context::config_file(global) {
        Ok(Some(file)) => file.display().to_string(),
        _ => format!("the defaults (there is no {})", context::DEFAULT_CONFIG),
    }
}

fn checked(check: &'static str, found: Result<String, String>) -> Checked {
    match found {
        Ok(detail) => Checked { check, ok: true, detail },
        Err(detail) => Checked { check, ok: false, detail },
    }
}
