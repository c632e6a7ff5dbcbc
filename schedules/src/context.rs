//! What the commands share: settings resolved once, and storage opened with
//! clear words where it is not there.

use std::path::{Path, PathBuf};

use peil_warehouse::publish::Published;
use peil_warehouse::settings::Settings;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::cli::Global;

/// The configuration that is read where no other is named.
pub const DEFAULT_CONFIG: &str = "peil.toml";

/// The configuration that counts: the one named, which must be there, or
/// `peil.toml` where it is there.
///
/// # Errors
/// [`Error::Usage`] where the one named is not there.
pub fn config_file(global: &Global) -> Result<Option<PathBuf>> {
    match &global.config {
        Some(file) if file.is_file() => Ok(Some(file.clone())),
        Some(file) => Err(Error::usage(format!(
            "the configuration {} is not there\nhint: `peil init` writes one; without --config, {DEFAULT_CONFIG} is read where it is there",
            file.display()
        ))),
        None => Ok(Some(PathBuf::from(DEFAULT_CONFIG)).filter(|file| file.is_file())),
    }
}

/// The settings in force.
///
/// # Errors
/// [`Error::Usage`] where a setting is wrong.
pub fn settings(global: &Global) -> Result<Settings> {
    let file = config_file(global)?;
    Settings::resolve(file.as_deref(), std::env::vars(), &flags(global))
}

/// Settings of a command that keeps everything in a folder of its own: the
/// defaults, whatever the configuration says.
///
/// # Errors
/// [`Error::Usage`] where a flag says that it should be elsewhere.
pub fn settings_of_own(global: &Global, command: &str, landing: &Path, warehouse: &Path) -> Result<Settings> {
    if global.landing.is_some() || global.warehouse.is_some() {
        return Err(Error::usage(format!(
            "`peil {command}` keeps everything in its own folder\nhint: leave out --landing and --warehouse, and name the folder: peil {command} DIR"
        )));
    }
    let text = |path: &Path| path.to_string_lossy().into_owned();
    Settings::resolve(None, [], &[("landing", text(landing)), ("warehouse", text(warehouse))])
}

/// Opens the landing area, which must be there.
///
/// # Errors
/// [`Error::Usage`] where it is not there.
pub fn open_landing(settings: &Settings) -> Result<Storage> {
    let location = &settings.landing;
    if missing_folder(location) {
        return Err(Error::usage(format!(
            "the landing area {location} is not there\nhint: `peil init` makes one, `peil sample {location}` one with sample deliveries, and --landing names another"
        )));
    }
    Storage::open(location)
}

/// Opens the warehouse for writing; a folder is made where it is not there.
///
/// # Errors
/// As [`Storage::open`].
pub fn open_warehouse(settings: &Settings) -> Result<Storage> {
    Ok(Storage::open(&settings.warehouse)?.cached())
}

/// Opens the warehouse for reading, with what is published in it.
///
/// # Errors
/// [`Error::Usage`] where nothing was ever published there.
pub async fn read_warehouse(settings: &Settings) -> Result<(Storage, Published)> {
    let location = &settings.warehouse;
    let nothing = || {
        Error::usage(format!(
            "nothing is published in the warehouse {location} yet\nhint: `peil run` fills it, `peil demo` shows the whole on a sample, and --warehouse names another"
        ))
    };
    if missing_folder(location) {
        return Err(nothing());
    }
    let storage = Storage::open(location)?.cached();
    let published = Published::read(&storage).await?;
    if published.sequence == 0 { Err(nothing()) } else { Ok((storage, published)) }
}

fn flags(global: &Global) -> Vec<(&'static str, String)> {
    let landing = global.landing.clone().map(|value| ("landing", value));
    let warehouse = global.warehouse.clone().map(|value| ("warehouse", value));
    landing.into_iter().chain(warehouse).collect()
}

/// Whether the location is a folder of this machine that is not there. What
/// only reads makes no folders.
fn missing_folder(location: &str) -> bool {
    let path = location.strip_prefix("file://").unwrap_or(location);
    !path.contains("://") && !Path::new(path).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn global(config: Option<PathBuf>, landing: Option<&str>) -> Global {
        Global { config, landing: landing.map(str::to_owned), ..Global::default() }
    }

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("other.toml");
        std::fs::write(&file, "landing = \"/from/file\"\n").unwrap();
        let of_file = settings(&global(Some(file.clone()), None)).unwrap();
        assert_eq!((of_file.landing.as_str(), of_file.warehouse.as_str()), ("/from/file", "warehouse"));
        let of_flag = settings(&global(Some(file.clone()), Some("/from/flag"))).unwrap();
        assert_eq!(of_flag.landing, "/from/flag");
        let variables = [("PEIL_LANDING".to_owned(), "/from/variable".to_owned())];
        assert_eq!(Settings::resolve(Some(&file), variables, &[]).unwrap().landing, "/from/variable");
    }

    #[test]
    fn a_named_configuration_must_be_there() {
        let error = settings(&global(Some(PathBuf::from("/nowhere/peil.toml")), None)).unwrap_err();
        assert!(matches!(error, Error::Usage(ref text) if text.contains("/nowhere/peil.toml is not there")), "{error}");
    }

    #[test]
    fn a_landing_area_that_is_not_there_is_told_not_made() {
        let settings = Settings::resolve(None, [], &[("landing", "/nowhere/landing".to_owned())]).unwrap();
        assert!(matches!(open_landing(&settings), Err(Error::Usage(_))));
        assert!(!missing_folder("s3://bucket/landing"));
        assert!(missing_folder("file:///nowhere/landing"));
    }
}
