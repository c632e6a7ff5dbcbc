//! `peil keys`: the pseudonym key in the course of time.

use peil_ingest::PseudonymKey;
use peil_warehouse::publish::Published;
use peil_warehouse::{Error, Result};

use crate::cli::{Global, KeysAction};
use crate::commands::run::source;
use crate::exit::Exit;
use crate::output::{Output, counted};
use crate::persons::{self, Change, by_dataset};
use crate::progress::progress;
use crate::{context, stages};

/// Rotates the key: every pseudonym that is kept is signed again with the new
/// one. From then on all keys are needed to make a pseudonym, and none of the
/// older ones is enough.
///
/// # Errors
/// [`Error::Usage`] where there is no new key, or the old one is another;
/// [`Error::Storage`] where a figure would change: then nothing is done.
pub async fn run(global: &Global, action: &KeysAction, output: Output) -> Result<Exit> {
    let KeysAction::Rotate { yes } = action;
    let settings = context::settings(global)?;
    let (_, given) = source(&settings, output).await?;
    let (warehouse, published) = context::read_warehouse(&settings).await?;
    let rotations = published.pseudonym_key_rotations;
    let lines: Vec<&str> = given.text().lines().collect();
    if lines.len() < rotations as usize + 2 {
        return Err(Error::usage(format!(
            "there is no new key: {} given, and the warehouse rests on {}\nhint: write the new key as a further line below the old one, where the key is kept (`openssl rand -hex 32` makes one)",
            counted(lines.len() as u64, "key is", "keys are"),
            rotations + 1
        )));
    }
    let former = PseudonymKey::rotated(&lines[..=rotations as usize].join("\n"), rotations)?;
    stages::same_key(&former, &published)?;
    let key = PseudonymKey::rotated(given.text(), rotations + 1)?;
    let other = |pseudonym: &str| Some(key.rotate(pseudonym));
    let preview = persons::preview(&settings, &warehouse, &other).await?;
    let rows: u64 = preview.iter().map(|one| one.rows).sum();
    if *yes {
        let check = key.check();
        let pointer = |published: &mut Published| {
            published.pseudonym_key_rotations = rotations + 1;
            published.pseudonym_key_check = Some(check.clone());
        };
        let change = Change { kind: "rotation", persons: 0, other: &other, pointer: &pointer };
        persons::change(&settings, &warehouse, &change, progress(output).as_ref()).await?;
    }
    if output.is_json() {
        output.document(&serde_json::json!({
            "rotations": rotations + u32::from(*yes), "rows": rows, "datasets": by_dataset(&preview), "rotated": yes
        }))?;
        return Ok(Exit::Done);
    }
    output.line(format!("{} hold a pseudonym", counted(rows, "row", "rows")));
    output.line(match yes {
        true => "the key is rotated; every figure is as it was. Keep all keys, a line each, the oldest first",
        false => "nothing is rotated yet: --yes does it",
    });
    Ok(Exit::Done)
}
