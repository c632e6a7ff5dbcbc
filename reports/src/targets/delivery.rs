//! The changed rows as deliveries of their datasets.

use chrono::{DateTime, Utc};
use peil_warehouse::{Error, Period, Result};
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};

use super::change::decimal;
use super::import::Import;
use super::register::StateRow;

/// Deliveries to be, in the format of their contracts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deliveries {
    /// `reference/targets`, CSV; none where nothing of it changed.
    pub targets: Option<Vec<u8>>,
    /// `register/milestones`, XLSX; none where nothing of it changed.
    pub milestones: Option<Vec<u8>>,
}

/// The deliveries of a workbook named `source`, taken in at `moment`.
///
/// Both say so. Without the moment a workbook that sets back what a later one
/// changed would have the bytes of an earlier delivery, and count as that one.
///
/// # Errors
/// [`Error::Internal`] where one cannot be made.
pub fn deliveries(import: &Import, source: &str, moment: DateTime<Utc>) -> Result<Deliveries> {
    let targets = if import.targets.is_empty() { None } else { Some(targets(import, source, moment)?) };
    let milestones = match import.states.as_slice() {
        [] => None,
        states => {
            let written = milestones(states, source, moment);
            Some(written.map_err(|error| Error::internal(format!("the delivery of milestones: {error}")))?)
        }
    };
    Ok(Deliveries { targets, milestones })
}

fn targets(import: &Import, source: &str, moment: DateTime<Utc>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
    let failed = |error: csv::Error| Error::internal(format!("the delivery of targets: {error}"));
    writer.write_record(["indicator_id", "periode", "soort", "waarde", "bron"]).map_err(failed)?;
    let source = format!("{source}, ingelezen {}", moment.format("%Y-%m-%dT%H:%M:%SZ"));
    for ((indicator, period), row) in &import.targets {
        let value = row.value.map(decimal).unwrap_or_default();
        let fields = [indicator.as_str(), &period.to_string(), row.kind.word(), &value, &source];
        writer.write_record(fields).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::internal(format!("the delivery of targets: {error}")))
}

fn milestones(
    states: &[((String, Period), StateRow)],
    source: &str,
    moment: DateTime<Utc>,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let properties = DocProperties::new().set_title("Stand van mijlpalen").set_comment(source);
    workbook.set_properties(&properties.set_creation_datetime(&moment));
    let sheet = workbook.add_worksheet();
    sheet.set_name("Mijlpalen")?;
    for (column, heading) in (0u16..).zip(["Indicator", "Periode", "Stand", "Toelichting"]) {
        sheet.write_string(0, column, heading)?;
    }
    for (row, ((indicator, period), given)) in (1u32..).zip(states) {
        sheet.write_string(row, 0, indicator)?;
        sheet.write_string(row, 1, period.to_string())?;
        sheet.write_string(row, 2, given.state.word())?;
        if let Some(note) = &given.note {
            sheet.write_string(row, 3, note)?;
        }
    }
    workbook.save_to_buffer()
}
