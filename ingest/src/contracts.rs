//! The contracts of all datasets: embedded in the program, with the user's
//! folder over them.

use std::path::Path;

use include_dir::{Dir, include_dir};
use peil_warehouse::contract::ContractSet;
use peil_warehouse::{Error, Result};

static CONTRACTS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/contracts");

/// The contracts that come with the program.
///
/// # Errors
/// [`Error::Usage`] where one is wrong, which a test excludes.
pub fn embedded() -> Result<ContractSet> {
    let mut files = Vec::new();
    collect(&CONTRACTS, &mut files)?;
    ContractSet::parse(files)
}

/// The contracts that come with the program, with those of `folder` over
/// them: a file `<system>/<dataset>.odcs.yaml` there takes the place of the
/// one here, or adds a dataset.
///
/// # Errors
/// [`Error::Usage`] that names what is wrong, and where.
pub fn load(folder: Option<&Path>) -> Result<ContractSet> {
    match folder {
        None => embedded(),
        Some(folder) => embedded()?.with_folder(folder),
    }
}

fn collect(folder: &'static Dir<'static>, files: &mut Vec<(&'static str, &'static str)>) -> Result<()> {
    for file in folder.files() {
        let name = file.path().to_str().ok_or_else(|| Error::internal("a contract with a name that is no text"))?;
        let text = file.contents_utf8().ok_or_else(|| Error::usage(format!("contract {name} is not UTF-8")))?;
        if name.ends_with(".odcs.yaml") {
            files.push((name, text));
        }
    }
    folder.dirs().try_for_each(|inner| collect(inner, files))
}

#[cfg(test)]
mod tests {
    use peil_warehouse::contract::{
        ColumnType, Constraint, DateForm, Encoding, FactDay, FormatKind, Mode, Privacy, Reference,
    };

    use super::*;

    #[test]
    fn every_embedded_contract_is_read() {
        let set = embedded().unwrap();
        assert_eq!(set.len(), 34);
        assert_eq!(set.iter().map(|contract| contract.columns.len()).sum::<usize>(), 170);
        let privacy = |wanted| set.iter().flat_map(|c| &c.columns).filter(|column| column.privacy == wanted).count();
        assert_eq!((privacy(Privacy::Drop), privacy(Privacy::Pseudonymise)), (6, 7));
    }

    #[test]
    fn what_datasets_ask_is_in_their_contracts() {
        let set = embedded().unwrap();
        let bookings = set.get("finance/bookings").unwrap();
        assert_eq!((bookings.format.encoding, bookings.format.decimal_comma), (Encoding::Windows1252, true));
        assert_eq!(bookings.column("booked_on").unwrap().column_type, ColumnType::Date(DateForm::DayMonthYear));
        assert_eq!(bookings.column("amount").unwrap().column_type, ColumnType::Amount);
        let blocks = set.get("portal/building_blocks").unwrap();
        assert_eq!((blocks.mode, blocks.fact_day.clone()), (Mode::Snapshot, Some(FactDay::Delivery)));
        assert_eq!(blocks.format.sheet.as_deref(), Some("Bouwstenen"));
        assert_eq!(blocks.key, ["authority", "building_block"]);
        let messages = set.get("lb365/bus_messages").unwrap();
        assert_eq!(messages.format.kinds, [FormatKind::Ndjson, FormatKind::Parquet]);
        assert!(messages.large_fact);
        let successor = set.get("reference/authorities").unwrap().column("successor_nis").unwrap();
        let target = Reference::Column { dataset: "reference/authorities".to_owned(), column: "nis_code".to_owned() };
        assert_eq!(successor.reference, Some(target));
        let until = set.get("reference/authorities").unwrap().column("valid_until").unwrap();
        assert_eq!(until.constraints, [Constraint::NotBefore { column: "valid_from".to_owned(), strictly: true }]);
        let milestone = set.get("register/milestones").unwrap().column("indicator_id").unwrap();
        assert_eq!(milestone.reference, Some(Reference::MilestoneIndicator));
    }
}
