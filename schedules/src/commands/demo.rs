//! `peil demo`: the whole on a sample, down to the published figures.

use std::path::Path;

use chrono::NaiveDate;
use peil_reports::Form;
use peil_warehouse::publish::Published;
use peil_warehouse::{Error, Period, Result};

use crate::cli::{DemoArgs, Global};
use crate::commands::sample;
use crate::context::{self, DEFAULT_CONFIG};
use crate::exit::Exit;
use crate::key::Key;
use crate::output::Output;
use crate::pipeline::{self, Plan};
use crate::progress::progress;
use crate::stages::{self, SampleRequest};
use crate::{published_figures, summary};

/// The size of the demo's sample: the figures are those of the whole at any
/// size, and a small one is soon done, also in a program that is not
/// optimised.
pub const DEMO_SCALE: f64 = 0.1;

/// The day to which the published table goes.
const AS_OF: Option<NaiveDate> = NaiveDate::from_ymd_opt(2022, 7, 31);
const SEED: u64 = 1;
const REPORT: Period = Period::semester(2022, 1);
/// Says that a folder is a demo's, and of what size.
const MARKER: &str = ".peil-demo";

/// Writes the sample, runs the pipeline, compares, reports.
///
/// # Errors
/// [`Error::Usage`] where the folder holds something else.
pub async fn run(global: &Global, arguments: &DemoArgs, output: Output) -> Result<Exit> {
    let folder = &arguments.folder;
    let (landing, warehouse_folder, reports) =
        (folder.join("landing"), folder.join("warehouse"), folder.join("reports"));
    let settings = context::settings_of_own(global, "demo", &landing, &warehouse_folder)?;
    let as_of = AS_OF.ok_or_else(|| Error::internal("the demo's day"))?;
    prepare(folder, arguments.scale)?;

    let request = SampleRequest { folder: &landing, scale: arguments.scale, seed: SEED, until: as_of, dirty: false };
    let progress = progress(output);
    let sample = sample::write(request, Output::new(false, true, global.color), progress.as_ref())?;

    let warehouse = context::open_warehouse(&settings)?;
    let source = context::open_landing(&settings)?;
    let ingest = Some((source, Key::of_sample()));
    let plan = Plan { ingest, transform: Some(None), marts: Some(as_of), ..Plan::default() };
    let run = pipeline::run(&plan, &warehouse, &settings, progress.as_ref()).await?;
    let published = Published::read(&warehouse).await?;
    if run.exit() != Exit::Done {
        for line in summary::lines(&run, output) {
            output.line(line);
        }
        return Ok(run.exit());
    }
    let comparison = published_figures::compare(&warehouse, &published).await?;
    let report = stages::write_report(&warehouse, &published, REPORT, &reports, &Form::ALL).await?;
    let config = folder.join(DEFAULT_CONFIG);
    std::fs::write(&config, configuration())
        .map_err(|error| Error::storage(format!("{}: {error}", config.display())))?;
    let exit = if comparison.all_equal() { Exit::Done } else { Exit::Failed };
    if output.is_json() {
        let document = serde_json::json!({
            "equal": comparison.equal(), "of": comparison.indicators.len(), "all_equal": comparison.all_equal(),
            "comparison": comparison, "sample": sample, "run": run, "report": report.entrances, "config": config,
        });
        output.document(&document)?;
        return Ok(exit);
    }
    comparison.tell(output);
    output.line("");
    output.line(format!("sample: {}", sample::told(&sample, &landing)));
    for line in summary::lines(&run, output) {
        output.line(line);
    }
    output.line("");
    for file in &report.entrances {
        let file = file.canonicalize().unwrap_or_else(|_| file.clone());
        output.line(format!("the report of {REPORT}: {}", file.display()));
    }
    output.talk(next(&config));
    Ok(exit)
}

fn next(config: &Path) -> String {
    let peil = format!("peil --config {}", config.display());
    format!(
        "next:\n  {peil} sql \"select period, module, users from marts.portal_usage order by 1, 2\"\n  {peil} sql       a prompt: \\d lists the tables, \\q leaves\n  {peil} status"
    )
}

/// Makes the folder ready: a demo of another size or of another version is
/// cleared away, anything else is left alone.
fn prepare(folder: &Path, scale: f64) -> Result<()> {
    let failed = |error: std::io::Error| Error::storage(format!("{} cannot be written: {error}", folder.display()));
    let marker = folder.join(MARKER);
    let wanted = format!("peil {} at scale {scale}\n", env!("CARGO_PKG_VERSION"));
    match std::fs::read_to_string(&marker) {
        Ok(text) if text == wanted => return Ok(()),
        Ok(_) => {
            for part in ["landing", "warehouse", "reports"] {
                match std::fs::remove_dir_all(folder.join(part)) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                    _ => {}
                }
            }
        }
        Err(_) => {
            let empty = std::fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
            if !empty {
                return Err(Error::usage(format!(
                    "{} holds something that is no demo\nhint: name an empty folder: peil demo DIR",
                    folder.display()
                )));
            }
        }
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    std::fs::write(&marker, wanted).map_err(failed)
}

/// The configuration that makes the other commands work on the demo.
fn configuration() -> String {
    "# The demo's own configuration: peil --config demo/peil.toml …\n\
     landing = \"landing\"\n\
     warehouse = \"warehouse\"\n\n\
     [serve]\n\
     reports = \"reports\"\n\
     users_file = \"peil.users\"\n"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_demo_is_cleared_away() {
        let folder = tempfile::tempdir().unwrap();
        let demo = folder.path().join("demo");
        prepare(&demo, 0.1).unwrap();
        std::fs::create_dir_all(demo.join("landing/portal")).unwrap();
        prepare(&demo, 0.1).unwrap();
        assert!(demo.join("landing").exists(), "the same demo goes on");
        prepare(&demo, 0.2).unwrap();
        assert!(!demo.join("landing").exists(), "another size begins anew");
        std::fs::write(folder.path().join("mine.txt"), "").unwrap();
        assert!(matches!(prepare(folder.path(), 0.1), Err(Error::Usage(_))));
    }
}
