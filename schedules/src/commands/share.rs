//! `peil share`: a share of what the next run is to do, on one of several
//! machines.

use peil_warehouse::Result;
use peil_warehouse::publish::Draft;

use crate::cli::{Global, ShareArgs, SharedStage};
use crate::commands::run::source;
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, counted};
use crate::progress::progress;
use crate::stages::{self, Declarations, Engine, ShareReport, Stage};

/// Does the share. Nothing is published: the next run takes it over.
///
/// # Errors
/// As the stage that is shared.
pub async fn run(global: &Global, arguments: &ShareArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let declarations = Declarations::load(&settings)?;
    let warehouse = context::open_warehouse(&settings)?;
    let mut draft = Draft::begin(&warehouse).await?;
    let progress = progress(output);
    let stage = Stage {
        run_id: "share",
        settings: &settings,
        declarations: &declarations,
        releases: &[],
        engine: &Engine::Embedded,
        full: false,
        progress: progress.as_ref(),
    };
    let (report, piece, pieces) = match arguments.stage {
        SharedStage::Ingest => {
            let (landing, key) = source(&settings, output).await?;
            let report = stages::share_ingest(&stage, &landing, &key, arguments.share, &mut draft).await?;
            (report, "delivery", "deliveries")
        }
        SharedStage::Transform => {
            let report = stages::share_transform(&stage, arguments.known_on, arguments.share, &mut draft).await?;
            (report, "month of large facts", "months of large facts")
        }
    };
    if output.is_json() {
        output.document(&report)?;
        return Ok(Exit::Done);
    }
    let ShareReport { all, taken, ready } = report;
    let all = counted(all as u64, piece, pieces);
    output.line(format!("share {}: {taken} of {all} done here, {ready} ready for the next run", arguments.share));
    Ok(Exit::Done)
}
