//! Deliveries: which objects of the landing area are some, and of which day.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{Days, Months, NaiveDate};
use peil_warehouse::contract::{Contract, ContractSet, Mode};
use peil_warehouse::storage::Object;
use peil_warehouse::table::fingerprint;

/// An object of the landing area that lies in the folder of a dataset.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The contract of the dataset.
    pub contract: Arc<Contract>,
    /// The object.
    pub object: Object,
}

/// What the landing area holds.
#[derive(Debug, Clone, Default)]
pub struct Landing {
    /// Deliveries, sorted by path.
    pub arrivals: Vec<Arrival>,
    /// Lines that say what was left alone.
    pub left_alone: Vec<String>,
}

impl Landing {
    /// Tells deliveries from what is left alone: hidden files and folders,
    /// unknown folders, and files that do not lie in a dataset's folder.
    pub fn sort_out(objects: Vec<Object>, contracts: &ContractSet) -> Self {
        let mut landing = Self::default();
        let mut left = BTreeSet::new();
        for object in objects {
            let parts: Vec<&str> = object.path.split('/').collect();
            if parts.iter().any(|part| part.starts_with('.')) {
                left.insert(format!("left alone: the hidden file {}", object.path));
                continue;
            }
            match parts.as_slice() {
                [system, dataset, rest @ ..] if !rest.is_empty() => match contracts.get(&format!("{system}/{dataset}"))
                {
                    None => {
                        left.insert(format!("left alone: the unknown folder {system}/{dataset}"));
                    }
                    Some(_) if rest.len() > 1 => {
                        left.insert(format!("left alone: the unknown folder {system}/{dataset}/{}", rest[0]));
                    }
                    Some(contract) => landing.arrivals.push(Arrival { contract: Arc::clone(contract), object }),
                },
                _ => {
                    left.insert(format!("left alone: {} does not lie in the folder of a dataset", object.path));
                }
            }
        }
        landing.left_alone = left.into_iter().collect();
        landing
    }
}

/// The file name of an object's path.
pub fn file_name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The delivery date that a file name tells: the first `YYYY-MM-DD` in it, or
/// the last day of the first `YYYY-MM`.
///
/// ```
/// use peil_ingest::delivery::delivery_date;
/// assert_eq!(delivery_date("2022-02.csv").unwrap().to_string(), "2022-02-28");
/// assert_eq!(delivery_date("2021-12_tot_2022-03-31.csv").unwrap().to_string(), "2022-03-31");
/// assert_eq!(delivery_date("export.csv"), None);
/// ```
pub fn delivery_date(file_name: &str) -> Option<NaiveDate> {
    let texts = |length: usize| {
        (0..file_name.len()).filter_map(move |start| Some((start + length, file_name.get(start..start + length)?)))
    };
    let day = texts(10).find_map(|(_, text)| day_of(text));
    day.or_else(|| {
        texts(7).find_map(|(end, text)| {
            let first = day_of(&format!("{text}-01"))?;
            // A day that the calendar does not have tells no month either.
            let wrong_day = is_day_of_month(&file_name.as_bytes()[end..]);
            (!wrong_day).then(|| first + Months::new(1) - Days::new(1))
        })
    })
}

/// Whether a text begins with `-DD`.
fn is_day_of_month(text: &[u8]) -> bool {
    let digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    text.first() == Some(&b'-') && digit(1) && digit(2) && !digit(3)
}

fn day_of(text: &str) -> Option<NaiveDate> {
    let shape = text
        .bytes()
        .enumerate()
        .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if shape { text.parse().ok() } else { None }
}

/// The name of a delivery within the warehouse: of its dataset, object and
/// content.
pub fn delivery_id(dataset: &str, object: &str, sha256: &str) -> String {
    fingerprint([dataset, object, sha256])[..16].to_owned()
}

/// What makes two objects of a dataset the same delivery: the content, and of
/// a snapshot the date too.
pub fn identity(contract: &Contract, sha256: &str, date: NaiveDate) -> String {
    match contract.mode {
        Mode::Upsert => sha256.to_owned(),
        Mode::Snapshot => format!("{sha256} {date}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_is_the_first_in_the_name() {
        let cases = [
            ("2022-03.ndjson.gz", Some("2022-03-31")),
            ("2022-03-05.csv", Some("2022-03-05")),
            ("bestanden_2022-03-05_v2_2022-04-01.csv", Some("2022-03-05")),
            ("2024-02.csv", Some("2024-02-29")),
            ("2022-03_tot_2022-04-15.csv", Some("2022-04-15")),
            ("2022-13.csv", None),
            ("2022-02-30.csv", None),
            ("2022-03-001.csv", Some("2022-03-31")),
            ("20220305.csv", None),
            ("export.csv", None),
            ("é2022-03-05é.csv", Some("2022-03-05")),
        ];
        for (name, expected) in cases {
            assert_eq!(delivery_date(name).map(|date| date.to_string()).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn the_landing_area_is_sorted_out() {
        let contracts = crate::contracts::embedded().unwrap();
        let paths = [
            "portal/users/2022-03.csv",
            "portal/users/.2022-03.csv.swp",
            "portal/gone/x.csv",
            "portal/users/old/2022.csv",
            "lees-mij.txt",
            ".git/config",
        ];
        let objects =
            paths.map(|path| Object { path: path.to_owned(), size: 1, modified: Default::default(), etag: None });
        let landing = Landing::sort_out(objects.to_vec(), &contracts);
        assert_eq!(landing.arrivals.len(), 1);
        assert_eq!(landing.left_alone.len(), 5, "{:?}", landing.left_alone);
    }
}
