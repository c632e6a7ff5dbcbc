//! `peil maintain`: clears away what nothing needs any more.

use chrono::TimeDelta;
use peil_warehouse::lock::RunLock;
use peil_warehouse::publish::Draft;
use peil_warehouse::table::LogTidied;
use peil_warehouse::{Result, clock, compact, sweep, table};
use serde::Serialize;

use crate::cli::{Global, MaintainArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, counted, thousands};
use crate::progress::progress;

#[derive(Debug, Serialize)]
struct Maintained {
    removed: bool,
    files_put_together: u64,
    bundles: u64,
    files: u64,
    bytes: u64,
    logs_summed_up: u64,
    log_entries_removed: u64,
}

/// Puts small files together, removes files that neither what is published nor
/// a reader of the last hours needs, and sums up the logs of the tables. Releases keep files of their
/// own, which it does not look at.
///
/// # Errors
/// [`peil_warehouse::Error::Storage`] where the warehouse refuses.
pub async fn run(global: &Global, arguments: &MaintainArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (warehouse, _) = context::read_warehouse(&settings).await?;
    let lock = RunLock::acquire(&warehouse, progress(output).as_ref()).await?;
    let mut draft = Draft::begin(&warehouse).await?;
    let together = match arguments.dry_run {
        true => compact::preview(&draft),
        false => {
            let together = compact::compact(&mut draft).await?;
            draft.publish().await?;
            together
        }
    };
    let published = draft.published();
    let before = clock::now() - TimeDelta::hours(i64::from(arguments.keep_hours));
    let unused = sweep::unused(&warehouse, published, &sweep::LAYERS, before).await?;
    let mut done = Maintained {
        removed: !arguments.dry_run,
        files_put_together: together.files,
        bundles: together.bundles,
        files: unused.len() as u64,
        bytes: unused.iter().map(|object| object.size).sum(),
        logs_summed_up: 0,
        log_entries_removed: 0,
    };
    if !arguments.dry_run {
        sweep::remove(&warehouse, &unused).await?;
        let oldest = clock::now() - TimeDelta::days(i64::from(arguments.keep_days));
        for (name, state) in &published.tables {
            let LogTidied { summed_up, removed } = table::tidy_log(&warehouse, name, state, oldest).await?;
            done.logs_summed_up += u64::from(summed_up);
            done.log_entries_removed += removed;
        }
    }
    lock.release().await?;
    if output.is_json() {
        output.document(&done)?;
        return Ok(Exit::Done);
    }
    let files = counted(done.files, "file", "files");
    let size = format!("{} kB", thousands(done.bytes.div_ceil(1024)));
    let small = counted(done.files_put_together, "small file", "small files");
    let bundles = counted(done.bundles, "bundle", "bundles");
    output.line(match arguments.dry_run {
        true => format!("{small} would be put together in {bundles}, {files} would go ({size})"),
        false => format!(
            "{small} put together in {bundles}, {files} removed ({size}); {} summed up, {} removed",
            counted(done.logs_summed_up, "log", "logs"),
            counted(done.log_entries_removed, "log entry", "log entries")
        ),
    });
    Ok(Exit::Done)
}
