//! `peil forget`: erases persons from everything that is kept.

use std::collections::BTreeMap;
use std::io::Read;

use peil_ingest::PseudonymKey;
use peil_warehouse::table::hex;
use peil_warehouse::{Error, Result};

use crate::cli::{ForgetArgs, Global};
use crate::commands::run::source;
use crate::exit::Exit;
use crate::output::{Output, Tone, counted};
use crate::persons::{self, Change, by_dataset};
use crate::progress::progress;
use crate::{context, stages};

/// Puts a random text in the place of each person's pseudonym, in every layer.
/// Counts of the past stay; who the person was can no longer be found out,
/// also with the key.
///
/// # Errors
/// [`Error::Usage`] where nobody is named or the key is another;
/// [`Error::Storage`] where a figure would change: then nothing is done.
pub async fn run(global: &Global, arguments: &ForgetArgs, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let names = names(arguments)?;
    let (_, key) = source(&settings, output).await?;
    let (warehouse, published) = context::read_warehouse(&settings).await?;
    // Without those who were erased before: they are found by nobody.
    let key = PseudonymKey::rotated(key.text(), published.pseudonym_key_rotations)?;
    stages::same_key(&key, &published)?;
    let mut instead = BTreeMap::new();
    for name in &names {
        instead.insert(key.pseudonym(name), peil_marts::service::users::random(16).map(|bytes| hex(&bytes))?);
    }
    let other = |pseudonym: &str| instead.get(pseudonym).cloned();
    let preview = persons::preview(&settings, &warehouse, &other).await?;
    let rows: u64 = preview.iter().map(|one| one.rows).sum();
    let done = arguments.yes;
    if done {
        let marks: BTreeMap<String, String> =
            instead.iter().map(|(pseudonym, token)| (key.mark(pseudonym), token.clone())).collect();
        let pointer = |published: &mut peil_warehouse::publish::Published| published.erased.extend(marks.clone());
        let change = Change { kind: "erasure", persons: instead.len(), other: &other, pointer: &pointer };
        persons::change(&settings, &warehouse, &change, progress(output).as_ref()).await?;
    }
    if output.is_json() {
        output.document(&serde_json::json!({
            "persons": instead.len(), "rows": rows, "datasets": by_dataset(&preview), "erased": done
        }))?;
        return Ok(Exit::Done);
    }
    for (dataset, rows) in by_dataset(&preview) {
        output.line(format!("{dataset}  {}", counted(rows, "row", "rows")));
    }
    match (rows, done) {
        (0, _) => output.line("nothing of them is kept"),
        (_, true) => {
            output.line(format!(
                "{} erased; every figure is as it was",
                counted(instead.len() as u64, "person is", "persons are")
            ));
            output.remark(
                Tone::Warning,
                "note",
                "deliveries in the landing area are the sources': have them erased there. What comes again is taken in as of the erased person",
            );
        }
        (_, false) => output.line("nothing is erased yet: --yes does it"),
    }
    Ok(Exit::Done)
}

/// The persons, a line each. They are not arguments: those are seen by others
/// on the machine and stay in a shell's history.
fn names(arguments: &ForgetArgs) -> Result<Vec<String>> {
    let text = match &arguments.file {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Error::usage(format!("{} cannot be read: {error}", path.display())))?,
        None => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Error::usage(format!("standard input: {error}")))?;
            text
        }
    };
    let names: Vec<String> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if names.is_empty() {
        return Err(Error::usage(
            "nobody is named\nhint: give a person a line, as the sources name them (gebruiker_id, lid_id, …): peil forget FILE",
        ));
    }
    Ok(names)
}
