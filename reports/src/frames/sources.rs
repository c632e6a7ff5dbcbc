//! What is behind the figures of the report's period: the deliveries whose
//! rows count, how complete the sources are, and the definitions.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Colophon;
use super::table::{Kind, Table};

/// A delivery with rows behind a figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceDelivery {
    /// Path under the landing area.
    pub object: String,
    /// Its day.
    pub day: Option<NaiveDate>,
    /// Rows of it that count.
    pub rows: i64,
}

/// How complete the sources of a figure are.
#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// The dataset, as `portal/events`.
    pub dataset: String,
    /// Accepted deliveries dated in the days that count.
    pub deliveries: i64,
    /// The day of the last delivery.
    pub last_delivery: Option<NaiveDate>,
    /// Rows of the dataset in those days, whatever the indicator counts.
    pub rows: i64,
    /// Rows that were rejected.
    pub rejected: i64,
    /// Authorities that the rows name, and those that there are; none where
    /// the dataset names none.
    pub authorities: Option<(i64, i64)>,
    /// Share of the days that a delivery has told of.
    pub complete: f64,
}

/// A version of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// From 1.
    pub version: i64,
    /// The first peildatum that is counted by it; none: from the start.
    pub holds_from: Option<NaiveDate>,
    /// The definition.
    pub text: String,
    /// What changed; empty for the first.
    pub note: String,
}

/// What is behind the figures.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FigureSources {
    deliveries: BTreeMap<String, Vec<SourceDelivery>>,
    /// The coverage of each indicator.
    pub coverage: BTreeMap<String, Coverage>,
    definitions: BTreeMap<String, Vec<Definition>>,
}

impl FigureSources {
    pub(super) async fn read(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<Self> {
        Ok(Self {
            deliveries: deliveries(storage, published, colophon).await?,
            coverage: coverage(storage, published, colophon).await?,
            definitions: definitions(storage, published).await?,
        })
    }

    /// The deliveries with rows behind the figure of an indicator, by day.
    pub fn deliveries_of(&self, indicator: &str) -> &[SourceDelivery] {
        self.deliveries.get(indicator).map_or(&[], Vec::as_slice)
    }

    /// The versions of the definition of an indicator, the oldest first.
    pub fn definitions_of(&self, indicator: &str) -> &[Definition] {
        self.definitions.get(indicator).map_or(&[], Vec::as_slice)
    }
}

async fn deliveries(
    storage: &Storage,
    published: &Published,
    colophon: &Colophon,
) -> Result<BTreeMap<String, Vec<SourceDelivery>>> {
    let columns = [
        ("indicator_id", Kind::Text),
        ("period", Kind::Text),
        ("object", Kind::Text),
        ("delivery_date", Kind::Day),
        ("rows", Kind::Integer),
    ];
    let mut found: BTreeMap<String, Vec<SourceDelivery>> = BTreeMap::new();
    let table = Table::read_if_there(storage, published, "marts/indicator_sources", &columns, &[]).await?;
    let Some(table) = table else { return Ok(found) };
    let period = colophon.period.to_string();
    for row in table.rows().filter(|row| table.is("period", *row, &period)) {
        found.entry(table.required("indicator_id", row)?).or_default().push(SourceDelivery {
            object: table.required("object", row)?,
            day: table.day("delivery_date", row),
            rows: table.integer("rows", row).unwrap_or_default(),
        });
    }
    for of_indicator in found.values_mut() {
        of_indicator.sort_by(|one, other| (one.day, &one.object).cmp(&(other.day, &other.object)));
    }
    Ok(found)
}

async fn coverage(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<BTreeMap<String, Coverage>> {
    let columns = [
        ("indicator_id", Kind::Text),
        ("period", Kind::Text),
        ("dataset", Kind::Text),
        ("deliveries", Kind::Integer),
        ("last_delivery", Kind::Day),
        ("rows", Kind::Integer),
        ("rejected", Kind::Integer),
        ("authorities", Kind::Integer),
        ("authorities_expected", Kind::Integer),
        ("complete", Kind::Number),
    ];
    let mut found = BTreeMap::new();
    let table = Table::read_if_there(storage, published, "marts/indicator_coverage", &columns, &[]).await?;
    let Some(table) = table else { return Ok(found) };
    let period = colophon.period.to_string();
    for row in table.rows().filter(|row| table.is("period", *row, &period)) {
        let count = |column: &str| table.integer(column, row).unwrap_or_default();
        let coverage = Coverage {
            dataset: table.required("dataset", row)?,
            deliveries: count("deliveries"),
            last_delivery: table.day("last_delivery", row),
            rows: count("rows"),
            rejected: count("rejected"),
            authorities: table.integer("authorities", row).zip(table.integer("authorities_expected", row)),
            complete: table.number("complete", row).unwrap_or_default(),
        };
        found.insert(table.required("indicator_id", row)?, coverage);
    }
    Ok(found)
}

async fn definitions(storage: &Storage, published: &Published) -> Result<BTreeMap<String, Vec<Definition>>> {
    let columns = [
        ("indicator_id", Kind::Text),
        ("version", Kind::Integer),
        ("holds_from", Kind::Day),
        ("definition_nl", Kind::Text),
        ("note_nl", Kind::Text),
    ];
    let mut found: BTreeMap<String, Vec<Definition>> = BTreeMap::new();
    let table = Table::read_if_there(storage, published, "marts/indicator_definitions", &columns, &[]).await?;
    let Some(table) = table else { return Ok(found) };
    for row in table.rows() {
        found.entry(table.required("indicator_id", row)?).or_default().push(Definition {
            version: table.integer("version", row).unwrap_or(1),
            holds_from: table.day("holds_from", row),
            text: table.required("definition_nl", row)?,
            note: table.text("note_nl", row).unwrap_or_default(),
        });
    }
    for of_indicator in found.values_mut() {
        of_indicator.sort_by_key(|definition| definition.version);
    }
    Ok(found)
}
