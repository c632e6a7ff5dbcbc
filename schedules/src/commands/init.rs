//! `peil init`: a configuration and an empty landing area.

use std::path::Path;

use peil_warehouse::settings::{KEYS, PSEUDONYM_KEY_VARIABLE, Settings, variable};
use peil_warehouse::{Error, Result};

use crate::cli::InitArgs;
use crate::context::DEFAULT_CONFIG;
use crate::exit::Exit;
use crate::output::Output;
use crate::stages;

/// Settings that are written out; the others are there as comments.
const WRITTEN: [&str; 2] = ["landing", "warehouse"];

/// Writes both, and overwrites nothing.
///
/// # Errors
/// [`Error::Usage`] where a configuration is there already.
pub fn run(arguments: &InitArgs, output: Output) -> Result<Exit> {
    let folder = &arguments.folder;
    let config = folder.join(DEFAULT_CONFIG);
    let failed =
        |path: &Path, error: std::io::Error| Error::storage(format!("{} cannot be written: {error}", path.display()));
    if config.exists() {
        return Err(Error::usage(format!(
            "{} is there already\nhint: name another folder: peil init DIR",
            config.display()
        )));
    }
    let settings = Settings::resolve(None, [], &[])?;
    let contracts = stages::contracts(&settings)?;
    let landing = folder.join(&settings.landing);
    for contract in contracts.iter() {
        let of_dataset = landing.join(&contract.dataset);
        std::fs::create_dir_all(&of_dataset).map_err(|error| failed(&of_dataset, error))?;
    }
    std::fs::write(&config, configuration()).map_err(|error| failed(&config, error))?;
    if output.is_json() {
        output.document(&serde_json::json!({ "config": config, "landing": landing, "datasets": contracts.len() }))?;
        return Ok(Exit::Done);
    }
    output.line(config.display().to_string());
    output.line(format!("{} with a folder for each of {} datasets", landing.display(), contracts.len()));
    output.talk(format!(
        "next: put deliveries in these folders, set {PSEUDONYM_KEY_VARIABLE} (`openssl rand -hex 32` makes a key; keep it), then: peil check, peil run"
    ));
    Ok(Exit::Done)
}

/// The commented configuration: each setting with what it means, its variable
/// and its default.
pub fn configuration() -> String {
    let mut text = String::from(
        "# The configuration of Peil. Each setting may also be given by its PEIL_ variable,\n\
         # which wins over this file; a flag wins over both. Folders are taken from where\n\
         # this file stands.\n",
    );
    let mut section = "";
    for (key, meaning, default) in KEYS {
        let (of, name) = key.split_once('.').unwrap_or(("", key));
        if of != section {
            text += &format!("\n[{of}]\n");
            section = of;
        }
        let comment = if WRITTEN.contains(&key) { "" } else { "#" };
        text += &format!("\n# {meaning}\n# variable: {}\n{comment}{name} = {default}\n", variable(key));
    }
    text += &format!(
        "\n# The pseudonym key itself goes in {PSEUDONYM_KEY_VARIABLE} or in the key file, never in here.\n\
         \n# A dataset may have its own share of rejected rows:\n#[datasets.\"portal/events\"]\n#refuse_above = 0.01\n"
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(text: &str) -> Result<Settings> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(DEFAULT_CONFIG);
        std::fs::write(&file, text).unwrap();
        let relative = |path: String| path.rsplit('/').next().unwrap_or_default().to_owned();
        Settings::resolve(Some(&file), [], &[]).map(|settings| Settings {
            landing: relative(settings.landing),
            warehouse: relative(settings.warehouse),
            ..settings
        })
    }

    #[test]
    fn the_configuration_holds_every_setting_and_the_defaults() {
        let defaults = Settings::resolve(None, [], &[]).unwrap();
        assert_eq!(resolve(&configuration()).unwrap(), defaults);
        let lines = configuration();
        let settings =
            lines.lines().map(|line| line.strip_prefix('#').filter(|line| !line.starts_with(' ')).unwrap_or(line));
        let all = settings.collect::<Vec<_>>().join("\n");
        let own = resolve(&all).unwrap();
        assert_eq!(own.refuse_above("portal/events"), 0.01);
        for (key, ..) in KEYS {
            let name = key.rsplit('.').next().unwrap();
            assert!(all.lines().any(|line| line.starts_with(&format!("{name} = "))), "{key}");
        }
    }
}
