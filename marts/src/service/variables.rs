//! The settings of a session: those that PostgreSQL's clients set and ask
//! for. None of them changes what others see, or what may be read.

use std::collections::BTreeMap;
use std::time::Duration;

use peil_warehouse::nearest::nearest;

use super::fault::{Answered, Fault, code};

/// The PostgreSQL whose words are spoken.
pub const SERVER_VERSION: &str = "16.9";

/// Each setting, its default, and whether a session may change it.
const KNOWN: [(&str, &str, bool); 56] = [
    ("application_name", "", true),
    ("array_nulls", "on", true),
    ("backslash_quote", "safe_encoding", true),
    ("block_size", "8192", false),
    ("bytea_output", "hex", true),
    ("client_encoding", "UTF8", true),
    ("client_min_messages", "notice", true),
    ("cursor_tuple_fraction", "0.1", true),
    ("data_checksums", "on", false),
    ("datestyle", "ISO, MDY", true),
    ("default_table_access_method", "heap", false),
    ("default_tablespace", "", true),
    ("default_transaction_deferrable", "off", true),
    ("default_transaction_isolation", "read committed", true),
    ("default_transaction_read_only", "on", true),
    ("enable_hashjoin", "on", true),
    ("enable_indexscan", "on", true),
    ("enable_mergejoin", "on", true),
    ("enable_nestloop", "on", true),
    ("enable_seqscan", "on", true),
    ("escape_string_warning", "on", true),
    ("extra_float_digits", "1", true),
    ("geqo", "on", true),
    ("idle_in_transaction_session_timeout", "0", true),
    ("in_hot_standby", "off", false),
    ("integer_datetimes", "on", false),
    ("intervalstyle", "postgres", true),
    ("is_superuser", "off", false),
    ("jit", "off", true),
    ("lc_collate", "C", false),
    ("lc_ctype", "C", false),
    ("lc_messages", "C", true),
    ("lc_monetary", "C", true),
    ("lc_numeric", "C", true),
    ("lc_time", "C", true),
    ("listen_addresses", "", false),
    ("lock_timeout", "0", true),
    ("max_connections", "250", false),
    ("max_identifier_length", "63", false),
    ("max_index_keys", "32", false),
    ("password_encryption", "scram-sha-256", false),
    ("port", "5432", false),
    ("quote_all_identifiers", "off", true),
    ("row_security", "on", true),
    ("search_path", "marts, ops", true),
    ("server_encoding", "UTF8", false),
    ("server_version", SERVER_VERSION, false),
    ("server_version_num", "160009", false),
    ("session_authorization", "", false),
    ("ssl_renegotiation_limit", "0", true),
    ("standard_conforming_strings", "on", true),
    ("statement_timeout", "0", true),
    ("synchronize_seqscans", "on", true),
    ("timezone", "Etc/UTC", true),
    ("transaction_isolation", "read committed", true),
    ("transaction_read_only", "on", true),
];

/// The settings that a client is told of at the start and when they change.
pub const REPORTED: [(&str, &str); 13] = [
    ("application_name", "application_name"),
    ("client_encoding", "client_encoding"),
    ("datestyle", "DateStyle"),
    ("default_transaction_read_only", "default_transaction_read_only"),
    ("in_hot_standby", "in_hot_standby"),
    ("integer_datetimes", "integer_datetimes"),
    ("intervalstyle", "IntervalStyle"),
    ("is_superuser", "is_superuser"),
    ("server_encoding", "server_encoding"),
    ("server_version", "server_version"),
    ("session_authorization", "session_authorization"),
    ("standard_conforming_strings", "standard_conforming_strings"),
    ("timezone", "TimeZone"),
];

/// The settings of one session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    changed: BTreeMap<String, String>,
    /// What they go back to.
    first: BTreeMap<String, String>,
}

impl Variables {
    /// Settings that came with the connection; those that are unknown are
    /// left out, as nobody could mend them.
    pub fn starting<'a>(values: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut variables = Self::default();
        for (name, value) in values {
            let _ = variables.set(name, Some(value));
        }
        variables.first = variables.changed.clone();
        variables
    }

    /// The value of a setting.
    ///
    /// # Errors
    /// [`code::UNDEFINED_OBJECT`] where there is none, with the nearest.
    pub fn get(&self, name: &str) -> Answered<String> {
        let name = name.to_lowercase();
        if let Some(value) = self.changed.get(&name) {
            return Ok(value.clone());
        }
        let known = KNOWN.iter().find(|(known, ..)| *known == name);
        known.map(|(_, default, _)| (*default).to_owned()).ok_or_else(|| unknown(&name))
    }

    /// Changes a setting, or takes it back.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] for a value that is not possible here,
    /// [`code::READ_ONLY`] and [`code::FORBIDDEN`] for what readers may not.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Answered<()> {
        let name = name.to_lowercase();
        let own = name.contains('.');
        match KNOWN.iter().find(|(known, ..)| *known == name) {
            None if !own => return Err(unknown(&name)),
            Some((.., false)) if value.is_some() => {
                return Err(Fault::new("55P02", format!("parameter \"{name}\" cannot be changed")));
            }
            _ => {}
        }
        let Some(value) = value else {
            match self.first.get(&name) {
                Some(first) => self.changed.insert(name, first.clone()),
                None => self.changed.remove(&name),
            };
            return Ok(());
        };
        let value = checked(&name, value)?;
        self.changed.insert(name, value);
        Ok(())
    }

    /// All as they were at the start.
    pub fn reset(&mut self) {
        self.changed = self.first.clone();
    }

    /// All settings by name.
    pub fn all(&self) -> Vec<(String, String)> {
        let known = KNOWN.iter().map(|(name, default, _)| ((*name).to_owned(), (*default).to_owned()));
        let mut all: BTreeMap<String, String> = known.collect();
        all.extend(self.changed.clone());
        all.into_iter().collect()
    }

    /// The schemas in which a name without schema is looked for.
    pub fn search_path(&self) -> Vec<String> {
        let path = self.get("search_path").unwrap_or_default();
        let names = path.split(',').map(|name| name.trim().trim_matches('"').to_lowercase());
        names.filter(|name| !name.is_empty() && name != "$user").collect()
    }

    /// The time that a statement may take, within the server's own limit.
    pub fn time(&self, limit: Duration) -> Duration {
        let wanted = self.get("statement_timeout").ok().and_then(|text| milliseconds(&text)).filter(|ms| *ms > 0);
        wanted.map_or(limit, |ms| Duration::from_millis(ms).min(limit))
    }
}

fn unknown(name: &str) -> Fault {
    let fault = Fault::new(code::UNDEFINED_OBJECT, format!("unrecognized configuration parameter \"{name}\""));
    match nearest(name, KNOWN.iter().map(|(known, ..)| *known), 1).first() {
        Some(near) => fault.hint(format!("Perhaps you meant \"{near}\".")),
        None => fault,
    }
}

fn checked(name: &str, value: &str) -> Answered<String> {
    let lower = value.to_lowercase();
    let wrong = || Fault::new(code::BAD_VALUE, format!("invalid value for parameter \"{name}\": \"{value}\""));
    match name {
        "client_encoding" => match lower.replace(['-', '_'], "").as_str() {
            "utf8" | "unicode" => Ok("UTF8".to_owned()),
            _ => Err(wrong().hint("This server speaks UTF8.")),
        },
        "datestyle" if !lower.split(',').next().unwrap_or_default().trim().starts_with("iso") => match lower.trim() {
            "mdy" | "dmy" | "ymd" => Ok(format!("ISO, {}", value.trim().to_uppercase())),
            _ => Err(wrong().hint("This server writes dates as ISO.")),
        },
        "standard_conforming_strings" if !is_true(&lower) => Err(wrong()),
        "default_transaction_read_only" | "transaction_read_only" if !is_true(&lower) => {
            Err(Fault::new(code::READ_ONLY, "cannot set transaction read-write mode: this server only reads"))
        }
        "statement_timeout" | "lock_timeout" | "idle_in_transaction_session_timeout" => {
            milliseconds(value).map(|_| value.to_owned()).ok_or_else(wrong)
        }
        "timezone" => {
            let known = lower == "local" || lower == "utc" || lower.starts_with(['+', '-']);
            let zone = value.parse::<arrow::array::timezone::Tz>().is_ok();
            if known || zone || lower.starts_with("gmt") { Ok(value.to_owned()) } else { Err(wrong()) }
        }
        _ => Ok(value.to_owned()),
    }
}

fn is_true(text: &str) -> bool {
    ["on", "true", "1", "yes"].contains(&text)
}

/// `5s`, `2min` or a bare number of milliseconds.
fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..end].parse().ok()?;
    let unit = match text[end..].trim() {
        "" | "ms" => 1,
        "s" => 1_000,
        "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_checked_and_taken_back() {
        let mut variables = Variables::starting([("application_name", "psql"), ("nonsense", "1")]);
        variables.set("application_name", Some("other")).unwrap();
        variables.set("statement_timeout", Some("5s")).unwrap();
        assert_eq!(variables.time(Duration::from_secs(60)), Duration::from_secs(5));
        assert_eq!(variables.time(Duration::from_secs(2)), Duration::from_secs(2));
        variables.reset();
        assert_eq!(variables.get("application_name").unwrap(), "psql");
        for (name, value, code) in [
            ("aplication_name", "x", code::UNDEFINED_OBJECT),
            ("client_encoding", "LATIN1", code::BAD_VALUE),
            ("transaction_read_only", "off", code::READ_ONLY),
            ("server_version", "9", "55P02"),
            ("standard_conforming_strings", "off", code::BAD_VALUE),
            ("timezone", "Europe/Brusels", code::BAD_VALUE),
        ] {
            assert_eq!(variables.set(name, Some(value)).unwrap_err().code, code, "{name}");
        }
        variables.set("TimeZone", Some("Europe/Brussels")).unwrap();
    }
}
