//! The pseudonym key of a run: from the environment or a file, never from the
//! warehouse. A sample brings its own.

use std::path::PathBuf;

use peil_warehouse::settings::{PSEUDONYM_KEY_VARIABLE, Settings};
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};

use crate::stages::SAMPLE_PSEUDONYM_KEY;

/// The file in a landing area that says that a sample fills it. It holds the
/// sample's key, which is no secret.
pub const SAMPLE_KEY_FILE: &str = ".sample-pseudonym-key";

/// The shortest key, in bytes.
const SHORTEST: usize = 16;

/// Where a key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The variable.
    Variable,
    /// The file that `privacy.key_file` names.
    File(PathBuf),
    /// The sample in the landing area.
    Sample,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable => f.write_str(PSEUDONYM_KEY_VARIABLE),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Sample => f.write_str("the sample's own, which is no secret"),
        }
    }
}

/// A key that does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// The sample's key.
    pub fn of_sample() -> Self {
        Self(SAMPLE_PSEUDONYM_KEY.to_owned())
    }

    /// The key itself, for the stage that makes pseudonyms.
    pub fn text(&self) -> &str {
        &self.0
    }

    fn new(text: &str, origin: &Origin) -> Result<Self> {
        if text.len() < SHORTEST {
            return Err(Error::usage(format!(
                "the pseudonym key of {origin} has {} bytes, and needs {SHORTEST} at least\nhint: `openssl rand -hex 32` makes a good one; keep it, since another key gives other pseudonyms",
                text.len()
            )));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The key of a run that reads `landing`: the variable, else the file of the
/// settings, else that of the sample in the landing area.
///
/// # Errors
/// [`Error::Usage`] where there is none, or it is too short.
pub async fn resolve(settings: &Settings, variable: Option<String>, landing: &Storage) -> Result<(Key, Origin)> {
    if let Some(text) = variable.filter(|text| !text.is_empty()) {
        return Ok((Key::new(&text, &Origin::Variable)?, Origin::Variable));
    }
    if let Some(path) = &settings.key_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::usage(format!("the key file {} (privacy.key_file) cannot be read: {error}", path.display()))
        })?;
        let origin = Origin::File(path.clone());
        return Ok((Key::new(without_newline(&text), &origin)?, origin));
    }
    match landing.get_optional(SAMPLE_KEY_FILE).await? {
        Some(content) if content.trim_ascii_end() == SAMPLE_PSEUDONYM_KEY.as_bytes() => {
            Ok((Key::of_sample(), Origin::Sample))
        }
        Some(_) => Err(Error::usage(format!(
            "{SAMPLE_KEY_FILE} in {} does not hold the sample's key\nhint: a key of your own goes in {PSEUDONYM_KEY_VARIABLE} or in a file that privacy.key_file names, outside the landing area",
            landing.url()
        ))),
        None => Err(Error::usage(format!(
            "there is no pseudonym key\nhint: set {PSEUDONYM_KEY_VARIABLE}, or let privacy.key_file in peil.toml name a file with a key of {SHORTEST} bytes or more (`openssl rand -hex 32` makes one)"
        ))),
    }
}

/// The key that the environment gives.
///
/// # Errors
/// [`Error::Usage`] where it is no UTF-8.
pub fn variable() -> Result<Option<String>> {
    match std::env::var(PSEUDONYM_KEY_VARIABLE) {
        Ok(text) => Ok(Some(text)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(Error::usage(format!("{PSEUDONYM_KEY_VARIABLE} is not UTF-8"))),
    }
}

fn without_newline(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(key_file: Option<&str>) -> Settings {
        let flags: Vec<_> = key_file.map(|file| ("privacy.key_file", file.to_owned())).into_iter().collect();
        Settings::resolve(None, [], &flags).unwrap()
    }

    #[tokio::test]
    async fn the_variable_wins_then_the_file_then_the_sample() {
        let folder = tempfile::tempdir().unwrap();
        let landing = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "0123456789abcdef\n").unwrap();
        let file = file.to_str().unwrap();

        let error = resolve(&settings(None), None, &landing).await.unwrap_err();
        assert!(error.to_string().contains("there is no pseudonym key"), "{error}");
        std::fs::write(folder.path().join(SAMPLE_KEY_FILE), SAMPLE_PSEUDONYM_KEY).unwrap();
        assert_eq!(resolve(&settings(None), None, &landing).await.unwrap(), (Key::of_sample(), Origin::Sample));
        let (key, origin) = resolve(&settings(Some(file)), None, &landing).await.unwrap();
        assert_eq!((key.text(), origin), ("0123456789abcdef", Origin::File(PathBuf::from(file))));
        let (key, origin) =
            resolve(&settings(Some(file)), Some("a key of the variable".to_owned()), &landing).await.unwrap();
        assert_eq!((key.text(), origin), ("a key of the variable", Origin::Variable));
    }

    #[tokio::test]
    async fn a_short_key_is_refused_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let landing = Storage::open(folder.path().to_str().unwrap()).unwrap();
        let error = resolve(&settings(None), Some("secret".to_owned()), &landing).await.unwrap_err().to_string();
        assert!(error.contains("6 bytes") && !error.contains("secret"), "{error}");
        assert_eq!(format!("{:?}", Key::of_sample()), "Key(…)");
    }

    #[test]
    fn one_newline_is_trimmed() {
        assert_eq!(without_newline("key\n"), "key");
        assert_eq!(without_newline("key\r\n"), "key");
        assert_eq!(without_newline("key \n\n"), "key \n");
    }
}
