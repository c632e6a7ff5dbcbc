//! `peil close`: freezes the figures of a period as published.

use peil_reports::Form;
use peil_warehouse::Result;
use serde_json::json;

use crate::cli::{CloseArgs, Global};
use crate::exit::Exit;
use crate::output::{Output, counted};
use crate::progress::progress;
use crate::releases::{close, report};
use crate::{context, records};

/// Closes a period, writes its report, and says what was frozen.
///
/// # Errors
/// As [`close::close`].
pub async fn run(global: &Global, arguments: &CloseArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (warehouse, _) = context::read_warehouse(&settings).await?;
    let progress = progress(output);
    let reason = arguments.reason.as_deref();
    let release = close::close(&warehouse, &settings, arguments.period, reason, progress.as_ref()).await?;
    let written = report::put(&warehouse, &release, &arguments.out, &Form::ALL).await?;
    let (_, published) = context::read_warehouse(&settings).await?;
    let figures = records::read(&warehouse, &published, "ops/vintages").await?;
    let of_release = |record: &&records::Record| records::text(record, "release") == release.id;
    let figures =
        figures.iter().filter(of_release).filter(|record| records::text(record, "published") == "true").count();
    if output.is_json() {
        output.document(&json!({
            "release": release.id, "period": release.period, "schema": release.schema(),
            "closed_at": release.closed_at, "reason": release.reason,
            "as_of": release.published.as_of, "known_on": release.published.known_on,
            "run_id": release.published.run_id, "code_version": release.code_version,
            "figures": figures, "deliveries": release.deliveries.len(), "files": release.files.len(),
            "folder": written.folder, "report": written.entrances,
        }))?;
        return Ok(Exit::Done);
    }
    output.line(format!(
        "{} is closed as release {}: {} from {}, schema {}",
        release.period,
        release.id,
        counted(figures as u64, "figure", "figures"),
        counted(release.deliveries.len() as u64, "delivery", "deliveries"),
        release.schema()
    ));
    for file in &written.entrances {
        output.line(file.display().to_string());
    }
    Ok(Exit::Done)
}
