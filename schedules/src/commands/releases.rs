//! `peil releases`: what was published, and the proof of it.

use peil_reports::Form;
use peil_warehouse::Result;
use peil_warehouse::release::{self, Release};
use serde_json::json;

use crate::cli::{Global, ReleasesAction};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, Tone, counted};
use crate::releases::report;
use crate::releases::verify::{self, Proof};
use crate::table::{Grid, Layout};

/// Lists the releases, or does what is asked with one.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where there is no such release.
pub async fn run(global: &Global, action: Option<&ReleasesAction>, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (warehouse, _) = context::read_warehouse(&settings).await?;
    let releases = release::all(&warehouse).await?;
    match action {
        None | Some(ReleasesAction::List) => list(&releases, output).map(|()| Exit::Done),
        Some(ReleasesAction::Report(arguments)) => {
            let release = release::find(&releases, &arguments.release)?;
            let written = report::put(&warehouse, release, &arguments.out, &Form::ALL).await?;
            if output.is_json() {
                output.document(
                    &json!({ "release": release.id, "folder": written.folder, "files": written.entrances }),
                )?;
            } else {
                written.entrances.iter().for_each(|file| output.line(file.display().to_string()));
            }
            Ok(Exit::Done)
        }
        Some(ReleasesAction::Verify(arguments)) => {
            let chosen: Vec<&Release> = match &arguments.release {
                Some(name) => vec![release::find(&releases, name)?],
                None => releases.iter().collect(),
            };
            let mut proofs = Vec::new();
            for release in chosen {
                proofs.push(verify::verify(&warehouse, &settings, release).await?);
            }
            if output.is_json() {
                output.document(&proofs)?;
            } else {
                tell(&proofs, output);
            }
            Ok(if proofs.iter().all(|proof| proof.proven) { Exit::Done } else { Exit::Incomplete })
        }
    }
}

fn list(releases: &[Release], output: Output) -> Result<()> {
    if output.is_json() {
        let shown: Vec<_> = releases
            .iter()
            .map(|release| {
                json!({
                    "release": release.id, "period": release.period, "schema": release.schema(),
                    "closed_at": release.closed_at, "reason": release.reason,
                    "as_of": release.published.as_of, "known_on": release.published.known_on,
                    "run_id": release.published.run_id, "code_version": release.code_version,
                    "deliveries": release.deliveries.len(), "files": release.files.len(),
                })
            })
            .collect();
        return output.document(&shown);
    }
    if releases.is_empty() {
        output.line("nothing was released yet: `peil close PERIOD` freezes the figures of a period");
        return Ok(());
    }
    let mut grid = Grid::new(&["release", "closed on", "as of", "known on", ">deliveries", "schema", "reason"]);
    for release in releases {
        let day = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string());
        grid.push([
            release.id.clone(),
            peil_warehouse::period::brussels_day(release.closed_at).to_string(),
            day(release.published.as_of).unwrap_or_default(),
            day(release.published.known_on).unwrap_or_else(|| "all".to_owned()),
            release.deliveries.len().to_string(),
            release.schema(),
            release.reason.clone().unwrap_or_default(),
        ]);
    }
    output.line(grid.render(output.width(), Layout::Columns));
    Ok(())
}

fn tell(proofs: &[Proof], output: Output) {
    if proofs.is_empty() {
        output.line("nothing was released yet: there is nothing to prove");
    }
    for proof in proofs {
        if proof.proven {
            let bytes = if proof.same_program { ", byte for byte" } else { " (by another program: values only)" };
            output.line(format!(
                "{}: proven: {} in {} follow from the deliveries{bytes}",
                proof.release,
                counted(proof.rows, "row", "rows"),
                counted(proof.marts as u64, "mart", "marts"),
            ));
            continue;
        }
        output.line(output.paint(Tone::Bad, &format!("{}: not proven", proof.release)));
        for what in &proof.damaged {
            output.line(format!("  changed since: {what}"));
        }
        for difference in &proof.differences {
            output.line(format!(
                "  {}: {}",
                difference.mart,
                counted(difference.rows as u64, "row differs", "rows differ")
            ));
            difference.examples.iter().for_each(|row| output.line(format!("    {row}")));
        }
    }
}
