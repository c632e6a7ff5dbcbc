//! The indicators that are shown by authority, at the end of the report's
//! period.

use std::collections::BTreeMap;

use peil_warehouse::period::PeriodType;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Colophon;
use super::table::{Kind, Table};

/// What an authority counts in an indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthorityValue {
    /// NIS code.
    pub nis: String,
    /// The count, or the measurement of an average.
    pub value: Option<f64>,
    /// Hidden, since it counts few persons or would give away one that does.
    pub suppressed: bool,
}

/// An authority, as the mart names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorityName {
    /// Official name.
    pub name: String,
    /// Name of its province.
    pub province: String,
}

/// The mart `indicator_by_authority`, in one quarter or year.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ByAuthority {
    /// The quarter or year: the last that has begun in the report's period.
    pub period: Option<Period>,
    /// The authorities, by NIS code.
    pub authorities: BTreeMap<String, AuthorityName>,
    values: BTreeMap<String, Vec<AuthorityValue>>,
}

impl ByAuthority {
    pub(super) async fn read(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<Self> {
        let columns = [
            ("indicator_id", Kind::Text),
            ("period", Kind::Text),
            ("nis_code", Kind::Text),
            ("authority", Kind::Text),
            ("province", Kind::Text),
            ("value", Kind::Number),
            ("suppressed", Kind::Flag),
        ];
        let table = Table::read_if_there(storage, published, "marts/indicator_by_authority", &columns, &[]).await?;
        let Some(table) = table else { return Ok(Self::default()) };
        let period = period(colophon);
        let wanted = period.to_string();
        let mut found = Self { period: Some(period), ..Self::default() };
        for row in table.rows().filter(|row| table.text_in_place("period", *row) == Some(wanted.as_str())) {
            let nis = table.required("nis_code", row)?;
            if !found.authorities.contains_key(&nis) {
                let name = table.text("authority", row).unwrap_or_else(|| nis.clone());
                let province = table.text("province", row).unwrap_or_default();
                found.authorities.insert(nis.clone(), AuthorityName { name, province });
            }
            let value =
                AuthorityValue { nis, value: table.number("value", row), suppressed: table.flag("suppressed", row) };
            match table.text_in_place("indicator_id", row) {
                Some(id) if found.values.contains_key(id) => found.values.entry(id.to_owned()).or_default().push(value),
                Some(id) => {
                    found.values.insert(id.to_owned(), vec![value]);
                }
                None => {}
            }
        }
        Ok(found)
    }

    /// The values of an indicator, by NIS code; empty where it is not shown
    /// by authority.
    pub fn of(&self, indicator: &str) -> &[AuthorityValue] {
        self.values.get(indicator).map_or(&[], Vec::as_slice)
    }

    /// The values of an authority, by indicator.
    pub fn of_authority<'a>(&'a self, nis: &'a str) -> impl Iterator<Item = (&'a str, &'a AuthorityValue)> {
        self.values.iter().filter_map(move |(indicator, values)| {
            let at = values.binary_search_by(|value| value.nis.as_str().cmp(nis)).ok()?;
            Some((indicator.as_str(), &values[at]))
        })
    }
}

/// The mart knows quarters and years: of a semester, its last quarter that
/// has begun.
fn period(colophon: &Colophon) -> Period {
    match colophon.period.kind() {
        PeriodType::Semester => Period::containing(colophon.peildatum(), PeriodType::Quarter),
        PeriodType::Quarter | PeriodType::Year => colophon.period,
    }
}
