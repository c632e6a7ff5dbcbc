//! `peil report`: the report of a period.

use peil_warehouse::Result;

use crate::cli::{Global, ReportArgs};
use crate::exit::Exit;
use crate::output::{Output, Tone};
use crate::{context, stages};

/// Writes the report and says where it is.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where the period has no data.
pub async fn run(global: &Global, arguments: &ReportArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let forms: Vec<_> = arguments.format.iter().map(|format| format.form()).collect();
    let written = stages::write_report(&storage, &published, arguments.period, &arguments.out, &forms).await?;
    if output.is_json() {
        output.document(&serde_json::json!({
            "period": arguments.period, "folder": written.folder, "files": written.entrances,
            "written": written.files, "older": written.older,
        }))?;
    } else {
        for file in &written.entrances {
            output.line(file.display().to_string());
        }
    }
    if !written.older.is_empty() {
        let older: Vec<&str> = written.older.iter().map(|form| form.name()).collect();
        let text = format!(
            "{} there was made from an earlier state of the warehouse: `peil report {}` writes all forms again",
            older.join(", "),
            arguments.period
        );
        output.remark(Tone::Warning, "note", &text);
    }
    Ok(Exit::Done)
}
