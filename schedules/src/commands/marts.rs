//! `peil marts`: the third stage alone.

use peil_warehouse::{Result, clock};

use crate::cli::{Global, MartsArgs};
use crate::commands::run::{engine, execute};
use crate::context;
use crate::exit::Exit;
use crate::output::Output;
use crate::pipeline::Plan;

/// Makes, checks and publishes the marts, from conformed tables as they are.
///
/// # Errors
/// As [`crate::pipeline::run`].
pub async fn run(global: &Global, arguments: &MartsArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    context::read_warehouse(&settings).await?;
    let as_of = arguments.as_of.unwrap_or_else(clock::today);
    let engine = engine(arguments.engine.as_deref(), &settings).await?;
    let plan = Plan { marts: Some(as_of), engine, full: arguments.full, ..Plan::default() };
    execute(&plan, &settings, output).await
}
