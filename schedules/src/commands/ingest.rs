//! `peil ingest`: the first stage alone.

use peil_warehouse::Result;

use crate::cli::{Global, IngestArgs};
use crate::commands::run::{execute, source};
use crate::context;
use crate::exit::Exit;
use crate::output::Output;
use crate::pipeline::Plan;

/// Reads new deliveries.
///
/// # Errors
/// As [`crate::pipeline::run`].
pub async fn run(global: &Global, arguments: &IngestArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let plan = Plan { ingest: Some(source(&settings, output).await?), full: arguments.full, ..Plan::default() };
    execute(&plan, &settings, output).await
}
