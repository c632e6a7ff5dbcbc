//! `peil export`: the published marts in open formats.

use peil_reports::export::{Options, write_export};
use peil_warehouse::{Result, release};

use crate::cli::{ExportArgs, Global};
use crate::context;
use crate::exit::Exit;
use crate::output::Output;

/// Writes the export and says where it is.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where nothing is published.
pub async fn run(global: &Global, arguments: &ExportArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let chosen = match &arguments.release {
        None => None,
        Some(name) => Some(release::find(&release::all(&storage).await?, name)?.clone()),
    };
    // A release is a small warehouse of its own.
    let (storage, published) = match &chosen {
        None => (storage, published),
        Some(release) => (release.storage(&storage), release.published.clone()),
    };
    let release = chosen.map(|release| release.id);
    let options = Options { release, url: arguments.url.clone(), licence: arguments.licence.clone() };
    let formats: Vec<_> = arguments.format.iter().map(|format| format.format()).collect();
    let exported = write_export(&storage, &published, &arguments.out, &formats, &options).await?;
    if output.is_json() {
        output.document(&serde_json::json!({
            "folder": exported.folder, "entrances": exported.entrances,
            "files": exported.files, "tables": exported.tables,
        }))?;
    } else {
        for entrance in &exported.entrances {
            output.line(entrance.display().to_string());
        }
    }
    Ok(Exit::Done)
}
