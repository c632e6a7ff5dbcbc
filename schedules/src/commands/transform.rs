//! `peil transform`: the second stage alone.

use peil_warehouse::Result;

use crate::cli::{Global, TransformArgs};
use crate::commands::run::execute;
use crate::context;
use crate::exit::Exit;
use crate::output::Output;
use crate::pipeline::Plan;

/// Makes the conformed tables from what is staged.
///
/// # Errors
/// As [`crate::pipeline::run`].
pub async fn run(global: &Global, arguments: &TransformArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    context::read_warehouse(&settings).await?;
    let plan = Plan { transform: Some(arguments.known_on), full: arguments.full, ..Plan::default() };
    execute(&plan, &settings, output).await
}
