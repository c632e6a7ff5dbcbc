//! Writing the report of a period to a folder.

use std::path::{Path, PathBuf};

use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

use crate::frames::Report;
use crate::html::{self, Templates};

/// Writes the report of `period` under `out`, in a folder of the period's
/// name, with the built-in templates, and returns the files that it wrote.
///
/// # Errors
/// As [`write_report_with`].
pub async fn write_report(
    storage: &Storage,
    published: &Published,
    period: Period,
    out: &Path,
) -> Result<Vec<PathBuf>> {
    write_report_with(storage, published, period, out, &Templates::built_in()).await
}

/// The same with `templates` of the user's own.
///
/// # Errors
/// [`Error::Usage`] where the period has no data (the message names the
/// nearest that has), a mart is missing or a template is wrong;
/// [`Error::Storage`] where the warehouse cannot be read or the page cannot be
/// written.
pub async fn write_report_with(
    storage: &Storage,
    published: &Published,
    period: Period,
    out: &Path,
    templates: &Templates,
) -> Result<Vec<PathBuf>> {
    let report = Report::read(storage, published, period).await?;
    let page = html::page(&report, templates)?;
    let folder = out.join(period.to_string());
    let file = folder.join("index.html");
    write_whole(&folder, &file, page.as_bytes())
        .map_err(|error| Error::storage(format!("{} cannot be written: {error}", file.display())))?;
    Ok(vec![file])
}

/// A reader of the page sees the former one or the new one, never a half.
fn write_whole(folder: &Path, file: &Path, content: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let staged = folder.join(format!(".index.html.{}.tmp", std::process::id()));
    std::fs::write(&staged, content)?;
    std::fs::rename(&staged, file)
}
