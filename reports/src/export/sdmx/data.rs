//! The figures as SDMX-CSV 2.0: a line for each observation.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::period::PeriodType;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

use super::{AGENCY, Codes, FLANDERS, VERSION};
use crate::frames::table::{Kind, Table};

/// The header: what the line is of, the dimensions, the measure, attributes.
const HEADER: [&str; 11] = [
    "STRUCTURE",
    "STRUCTURE_ID",
    "ACTION",
    "FREQ",
    "INDICATOR",
    "REF_AREA",
    "VALUE_TYPE",
    "TIME_PERIOD",
    "OBS_VALUE",
    "OBS_STATUS",
    "UNIT",
];

/// A figure.
struct Observation {
    indicator: String,
    area: String,
    value_type: &'static str,
    period: Period,
    /// None where it is suppressed.
    value: Option<f64>,
    status: &'static str,
}

/// All figures.
pub(super) struct Observations {
    rows: Vec<Observation>,
    /// The authorities of which there are figures: NIS code and name.
    pub authorities: BTreeMap<String, String>,
}

/// Reads realised values and targets, and the values by authority.
pub(super) async fn read(storage: &Storage, published: &Published, as_of: NaiveDate) -> Result<Observations> {
    let mut rows = Vec::new();
    let columns = [
        ("indicator_id", Kind::Text),
        ("period", Kind::Text),
        ("value", Kind::Number),
        ("target", Kind::Number),
        ("provisional", Kind::Flag),
    ];
    let values = Table::read(storage, published, "indicator_values", &columns, &[]).await?;
    for row in values.rows() {
        let provisional = values.flag("provisional", row);
        let figures = [
            ("REALISED", values.number("value", row), if provisional { "P" } else { "A" }),
            ("TARGET", values.number("target", row), "A"),
        ];
        for (value_type, value, status) in figures {
            if value.is_some() {
                rows.push(Observation {
                    indicator: values.required("indicator_id", row)?,
                    area: FLANDERS.to_owned(),
                    value_type,
                    period: values.period("period", row)?,
                    value,
                    status,
                });
            }
        }
    }
    let columns = [
        ("indicator_id", Kind::Text),
        ("period", Kind::Text),
        ("nis_code", Kind::Text),
        ("authority", Kind::Text),
        ("value", Kind::Number),
        ("suppressed", Kind::Flag),
    ];
    let mut authorities = BTreeMap::new();
    let values = Table::read(storage, published, "indicator_by_authority", &columns, &[]).await?;
    for row in values.rows() {
        let suppressed = values.flag("suppressed", row);
        let value = values.number("value", row).filter(|_| !suppressed);
        if value.is_none() && !suppressed {
            continue;
        }
        let area = values.required("nis_code", row)?;
        authorities.insert(area.clone(), values.required("authority", row)?);
        let period = values.period("period", row)?;
        rows.push(Observation {
            indicator: values.required("indicator_id", row)?,
            area,
            value_type: "REALISED",
            period,
            value,
            status: match (suppressed, period.provisional(as_of)) {
                (true, _) => "Q",
                (false, true) => "P",
                (false, false) => "A",
            },
        });
    }
    Ok(Observations { rows, authorities })
}

/// The figures as lines.
pub(super) fn csv(observations: &Observations, codes: &Codes) -> Result<Vec<u8>> {
    let failed = |error: csv::Error| Error::internal(format!("SDMX-CSV: {error}"));
    let units: BTreeMap<&str, &str> =
        codes.indicators.iter().map(|indicator| (indicator.id.as_str(), indicator.unit.as_str())).collect();
    let structure = format!("{AGENCY}:PEIL_INDICATORS({VERSION})");
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER).map_err(failed)?;
    for row in &observations.rows {
        let value = row.value.map(|value| value.to_string()).unwrap_or_default();
        let (frequency, period) = (frequency(row.period), time_period(row.period));
        let unit = units.get(row.indicator.as_str()).copied().unwrap_or_default();
        writer
            .write_record([
                "dataflow",
                &structure,
                "I",
                frequency,
                &row.indicator,
                &row.area,
                row.value_type,
                &period,
                &value,
                row.status,
                unit,
            ])
            .map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Error::internal(format!("SDMX-CSV: {error}")))
}

fn frequency(period: Period) -> &'static str {
    match period.kind() {
        PeriodType::Quarter => "Q",
        PeriodType::Semester => "S",
        PeriodType::Year => "A",
    }
}

/// `2022-Q1`, `2022-S1`, `2022`.
fn time_period(period: Period) -> String {
    let text = period.to_string();
    match text.split_at_checked(4) {
        Some((year, part)) if !part.is_empty() => format!("{year}-{part}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_written_as_sdmx_does() {
        let of = |text: &str| {
            let period: Period = text.parse().unwrap();
            (frequency(period), time_period(period))
        };
        assert_eq!(of("2022Q1"), ("Q", "2022-Q1".to_owned()));
        assert_eq!(of("2022S2"), ("S", "2022-S2".to_owned()));
        assert_eq!(of("2022"), ("A", "2022".to_owned()));
    }
}
