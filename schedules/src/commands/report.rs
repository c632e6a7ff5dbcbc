//! `peil report`: the report of a period.

use peil_warehouse::Result;

use crate::cli::{Global, ReportArgs};
use crate::exit::Exit;
use crate::output::Output;
use crate::{context, stages};

/// Writes the report and says where it is.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where the period has no data.
pub async fn run(global: &Global, arguments: &ReportArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let files = stages::write_report(&storage, &published, arguments.period, &arguments.out).await?;
    if output.is_json() {
        output.document(&serde_json::json!({ "period": arguments.period, "files": files }))?;
    } else {
        for file in files {
            output.line(file.display().to_string());
        }
    }
    Ok(Exit::Done)
}
