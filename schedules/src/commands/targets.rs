//! `peil targets`: the workbook in which staff fill in targets and
//! milestones, handed out and taken back.

use std::io::{IsTerminal, Write};
use std::path::Path;

use bytes::Bytes;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use peil_ingest::delivery::{delivery_date, file_name};
use peil_reports::targets::{self, Change, Filled, Import, Register};
use peil_warehouse::clock;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::cli::{Global, TargetsAction, TargetsExportArgs, TargetsImportArgs};
use crate::context;
use crate::exit::Exit;
use crate::output::{Output, Tone, counted};
use crate::table::{Grid, Layout};

/// The datasets that a workbook changes, with the ending of their deliveries.
const TARGETS: (&str, &str) = ("reference/targets", "csv");
const MILESTONES: (&str, &str) = ("register/milestones", "xlsx");

/// Hands out the workbook, or takes it back.
///
/// # Errors
/// [`Error::Usage`] where the file is there already, or is no workbook.
pub async fn run(global: &Global, action: &TargetsAction, output: Output) -> Result<Exit> {
    match action {
        TargetsAction::Export(arguments) => export(global, arguments, output).await,
        TargetsAction::Import(arguments) => import(global, arguments, output).await,
    }
}

async fn export(global: &Global, arguments: &TargetsExportArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let register = Register::read(&storage, &published).await?;
    let year = arguments.year.unwrap_or(register.as_of.year());
    let workbook = targets::export(&register, year)?;
    let file = &arguments.file;
    // What somebody filled in is not written over.
    let created = std::fs::OpenOptions::new().write(true).create_new(true).open(file);
    created.and_then(|mut open| open.write_all(&workbook)).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::usage(format!("{} is there already\nhint: name another file, or remove it", file.display()))
        }
        _ => Error::storage(format!("{} cannot be written: {error}", file.display())),
    })?;
    if output.is_json() {
        let (numeric, milestones) = (register.numeric().count(), register.milestones().count());
        output.document(&serde_json::json!({
            "file": file, "year": year, "indicators": numeric, "milestones": milestones,
        }))?;
    } else {
        output.line(file.display().to_string());
        output.talk(format!("next: fill it in, then peil targets import {}", file.display()));
    }
    Ok(Exit::Done)
}

async fn import(global: &Global, arguments: &TargetsImportArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let file = &arguments.file;
    let workbook = std::fs::read(file).map_err(|error| {
        Error::usage(format!("{} cannot be read: {error}\nhint: `peil targets export FILE` writes one", file.display()))
    })?;
    let (storage, published) = context::read_warehouse(&settings).await?;
    let register = Register::read(&storage, &published).await?;
    let import =
        targets::import(&register, &workbook).map_err(|error| Error::usage(format!("{}: {error}", file.display())))?;
    if !import.mistakes.is_empty() {
        mistakes(&import, output)?;
        return Ok(Exit::Usage);
    }
    if !output.is_json() {
        differences(&import, output);
    }
    if import.stale && !import.changes.is_empty() {
        let text = "targets or milestones changed since this workbook was exported: see that no difference above sets back what others changed";
        output.remark(Tone::Warning, "note", text);
    }
    let written = if import.changes.is_empty() || arguments.dry_run || !agreed(arguments, output)? {
        Vec::new()
    } else {
        deliver(&context::open_landing(&settings)?, &import, file).await?
    };
    if output.is_json() {
        output.document(&serde_json::json!({
            "mistakes": [], "changes": import.changes, "stale": import.stale, "deliveries": written,
        }))?;
    } else {
        for object in &written {
            output.line(object);
        }
    }
    if !written.is_empty() {
        output.talk("next: peil run");
    }
    Ok(Exit::Done)
}

/// Every mistake, with what helps.
fn mistakes(import: &Import, output: Output) -> Result<()> {
    if output.is_json() {
        let mistakes: Vec<_> = import
            .mistakes
            .iter()
            .map(|mistake| {
                serde_json::json!({
                    "place": mistake.place(), "sheet": mistake.sheet, "cell": mistake.cell,
                    "rule": mistake.rule, "found": mistake.found, "remedy": mistake.remedy,
                })
            })
            .collect();
        return output.document(&serde_json::json!({ "mistakes": mistakes, "changes": [], "deliveries": [] }));
    }
    let mut grid = Grid::new(&["cell", "rule", "found", "remedy"]);
    for mistake in &import.mistakes {
        grid.push([mistake.place(), mistake.rule.as_str().to_owned(), mistake.found.clone(), mistake.remedy.clone()]);
    }
    output.line(grid.render(output.width(), Layout::Columns));
    let number = counted(import.mistakes.len() as u64, "mistake", "mistakes");
    output.remark(Tone::Bad, "error", &format!("{number}: nothing was taken over"));
    Ok(())
}

fn differences(import: &Import, output: Output) {
    if import.changes.is_empty() {
        output.line("no difference with the register");
        return;
    }
    let mut grid = Grid::new(&["indicator", "period", "what", "was", "becomes"]);
    let shown = |filled: &Option<Filled>| filled.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string);
    for Change { indicator_id, label_nl, period, field, old, new } in &import.changes {
        grid.push([
            format!("{indicator_id} {label_nl}"),
            period.to_string(),
            field.word().to_owned(),
            shown(old),
            shown(new),
        ]);
    }
    output.line(grid.render(output.width(), Layout::Columns));
    output.line(counted(import.changes.len() as u64, "difference", "differences"));
}

/// Whether the differences are to be taken over.
fn agreed(arguments: &TargetsImportArgs, output: Output) -> Result<bool> {
    if arguments.yes {
        return Ok(true);
    }
    if output.is_json() || !std::io::stdin().is_terminal() {
        return Err(Error::usage(
            "nothing was taken over: nobody can be asked here\nhint: --yes takes the differences over, --dry-run only shows them",
        ));
    }
    eprint!("take this over? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|error| Error::usage(format!("standard input: {error}")))?;
    Ok(["y", "yes", "j", "ja"].contains(&answer.trim().to_lowercase().as_str()))
}

/// Writes the changed rows as new deliveries, the objects in the landing area.
async fn deliver(landing: &Storage, import: &Import, file: &Path) -> Result<Vec<String>> {
    let moment = clock::now();
    let source = file.file_name().unwrap_or_default().to_string_lossy();
    let made = targets::deliveries(import, &source, moment)?;
    let mut written = Vec::new();
    for ((dataset, ending), content) in [(TARGETS, made.targets), (MILESTONES, made.milestones)] {
        let Some(content) = content else { continue };
        let object = next_object(landing, dataset, ending, moment).await?;
        if !landing.create_durable(&object, Bytes::from(content)).await? {
            return Err(Error::usage(format!(
                "{object} is in the landing area already, and no delivery is written over\nhint: try again in a second{}",
                if written.is_empty() { String::new() } else { format!("; delivered already: {}", written.join(", ")) }
            )));
        }
        written.push(object);
    }
    Ok(written)
}

/// The name of a delivery that comes after all of its dataset: of two rows
/// with one key the later wins, by delivery date, then by file name.
async fn next_object(landing: &Storage, dataset: &str, ending: &str, moment: DateTime<Utc>) -> Result<String> {
    let objects = landing.list(dataset).await?;
    let names: Vec<&str> = objects.iter().map(|object| file_name(&object.path)).collect();
    let name = next_name(&names, ending, moment).ok_or_else(|| {
        Error::usage(format!("the last delivery of {dataset} has a name after which none can come\nhint: rename it"))
    })?;
    Ok(format!("{dataset}/{name}"))
}

fn next_name(names: &[&str], ending: &str, moment: DateTime<Utc>) -> Option<String> {
    let time = moment.format("%H%M%S");
    let today = peil_warehouse::period::brussels_day(moment);
    let last = names.iter().filter_map(|name| Some((delivery_date(name)?, *name))).max();
    let place = |name: &str| delivery_date(name).map(|date| (date, name.to_owned()));
    let comes_last = |name: &String| last.is_none_or(|(date, name_of)| place(name) > Some((date, name_of.to_owned())));
    let day: NaiveDate = last.map_or(today, |(date, _)| date.max(today));
    let plain = format!("{day}_doelenwerkboek_{time}.{ending}");
    let behind = last.map(|(_, name)| format!("{}_{time}.{ending}", name.split('.').next().unwrap_or(name)));
    [Some(plain), behind].into_iter().flatten().find(comes_last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_comes_after_all_others() {
        let moment: DateTime<Utc> = "2022-08-01T10:15:00Z".parse().unwrap();
        let next = |names: &[&str]| next_name(names, "csv", moment).unwrap();
        assert_eq!(next(&[]), "2022-08-01_doelenwerkboek_101500.csv");
        assert_eq!(next(&["2018-01-01.csv"]), "2022-08-01_doelenwerkboek_101500.csv");
        assert_eq!(next(&["2024-12-31.csv"]), "2024-12-31_doelenwerkboek_101500.csv");
        assert_eq!(next(&["mijlpalen_2022-08-01.xlsx"]), "mijlpalen_2022-08-01_101500.csv");
        assert_eq!(next(&["mijlpalen_2022-08.xlsx"]), "mijlpalen_2022-08_101500.csv");
    }
}
