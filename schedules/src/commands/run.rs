//! `peil run`: the three stages.

use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Result, clock};

use crate::cli::{Global, RunArgs};
use crate::exit::Exit;
use crate::key::{self, Key, Origin};
use crate::output::{Output, Tone};
use crate::pipeline::{self, Plan, RunReport};
use crate::progress::progress;
use crate::stages::Engine;
use crate::{context, summary};

/// Runs the pipeline.
///
/// # Errors
/// As [`pipeline::run`].
pub async fn run(global: &Global, arguments: &RunArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let plan = Plan {
        ingest: Some(source(&settings, output).await?),
        transform: Some(arguments.known_on),
        marts: Some(arguments.as_of.unwrap_or_else(clock::today)),
        engine: engine(arguments.engine.as_deref(), &settings).await?,
        full: arguments.full,
    };
    execute(&plan, &settings, output).await
}

/// The landing area and the key with which it is read. Without a key, nothing
/// is read.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where one of the two is missing.
pub async fn source(settings: &Settings, output: Output) -> Result<(Storage, Key)> {
    let landing = context::open_landing(settings)?;
    let (key, origin) = key::resolve(settings, key::variable()?, &landing).await?;
    if origin == Origin::Sample {
        output.remark(Tone::Dim, "note", "the landing area holds a sample: its own pseudonym key is used");
    }
    Ok((landing, key))
}

/// What computes the queries of marts.
///
/// # Errors
/// As [`Engine::at`].
pub async fn engine(address: Option<&str>, settings: &Settings) -> Result<Engine> {
    match address {
        None => Ok(Engine::Embedded),
        Some(address) => Engine::at(address, &context::open_warehouse(settings)?).await,
    }
}

/// Runs a plan on the warehouse of the settings and tells what came of it.
///
/// # Errors
/// As [`pipeline::run`].
pub async fn execute(plan: &Plan, settings: &Settings, output: Output) -> Result<Exit> {
    let warehouse = context::open_warehouse(settings)?;
    let report = pipeline::run(plan, &warehouse, settings, progress(output).as_ref()).await?;
    tell(&report, output)?;
    Ok(report.exit())
}

fn tell(report: &RunReport, output: Output) -> Result<()> {
    if output.is_json() {
        return output.document(report);
    }
    for line in summary::lines(report, output) {
        output.line(line);
    }
    Ok(())
}
