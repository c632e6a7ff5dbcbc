//! Tokens and passwords: from the environment or a file, never in a
//! configuration, and never shown.

use std::path::{Path, PathBuf};

use peil_warehouse::settings::SECRET_PREFIX;
use serde::Deserialize;

/// Where a secret is kept: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The variable that holds it.
    pub variable: Option<String>,
    /// The file that holds it, taken from where the source's file stands.
    pub file: Option<PathBuf>,
}

impl Secret {
    /// What is wrong with where it says it is kept, with the remedy.
    ///
    /// # Errors
    /// A text that says so.
    pub fn check(&self) -> Result<(), String> {
        match (&self.variable, &self.file) {
            (Some(name), None) if name.starts_with("PEIL_") && !name.starts_with(SECRET_PREFIX) => Err(format!(
                "the variable {name} would be taken for a setting: let its name begin with {SECRET_PREFIX}"
            )),
            (Some(_), None) | (None, Some(_)) => Ok(()),
            _ => Err("a secret is kept in one place: give `variable: NAME` or `file: PATH`".to_owned()),
        }
    }

    /// The secret itself.
    ///
    /// # Errors
    /// A text that says where it was looked for, and nothing of what it is.
    pub fn read(&self, folder: &Path) -> Result<String, String> {
        let text = match (&self.variable, &self.file) {
            (Some(name), _) => std::env::var(name).map_err(|_| {
                format!("the variable {name} is not set: export it, or let the service's environment file set it")
            })?,
            (None, Some(file)) => std::fs::read_to_string(folder.join(file))
                .map_err(|error| format!("the secret in {} cannot be read: {error}", file.display()))?,
            (None, None) => return self.check().map(|()| String::new()),
        };
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() { Err(format!("{self} is empty: put the secret in it")) } else { Ok(text.to_owned()) }
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.variable, &self.file) {
            (Some(name), _) => write!(f, "the variable {name}"),
            (None, Some(file)) => write!(f, "the file {}", file.display()),
            (None, None) => f.write_str("a secret that is kept nowhere"),
        }
    }
}
