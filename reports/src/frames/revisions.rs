//! The figures that have changed since they were published, through what, and
//! as they were at each release.

use chrono::{DateTime, Utc};
use peil_warehouse::publish::Published;
use peil_warehouse::release::CAUSES;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::table::{Kind, Table};

/// What of an indicator is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Its value.
    Value,
    /// Its target.
    Target,
    /// Whether a milestone is planned.
    Planned,
    /// The state of a milestone.
    State,
}

impl Measure {
    fn of(text: &str) -> Self {
        match text {
            "target" => Self::Target,
            "planned" => Self::Planned,
            "state" => Self::State,
            _ => Self::Value,
        }
    }

    /// Its name for readers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Value => "cijfer",
            Self::Target => "doel",
            Self::Planned => "planning",
            Self::State => "stand",
        }
    }
}

/// Why a figure changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// How is counted.
    Definition,
    /// Mergers.
    Composition,
    /// Names of authorities that are known since.
    ResolvedNames,
    /// Targets.
    Target,
    /// What came late.
    LateDeliveries,
    /// What replaced other rows.
    Corrections,
}

impl Cause {
    /// Every cause, in the order of the columns.
    pub const ALL: [Self; 6] = [
        Self::Definition,
        Self::Composition,
        Self::ResolvedNames,
        Self::Target,
        Self::LateDeliveries,
        Self::Corrections,
    ];

    /// Its column.
    pub const fn column(self) -> &'static str {
        CAUSES[self as usize].0
    }

    /// Its name for readers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Definition => "definitie",
            Self::Composition => "samenstelling",
            Self::ResolvedNames => "herkende namen",
            Self::Target => "doelen",
            Self::LateDeliveries => "late leveringen",
            Self::Corrections => "correcties",
        }
    }
}

/// A figure that differs from what was published.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// The last release that published it.
    pub release: String,
    /// The period of the figure.
    pub period: Period,
    /// The indicator.
    pub indicator: String,
    /// What of it.
    pub measure: Measure,
    /// As published.
    pub published: Option<f64>,
    /// Now.
    pub current: Option<f64>,
    /// Now less published, an empty figure as 0; none of a text.
    pub difference: Option<f64>,
    /// The part of each cause, in the order of [`Cause::ALL`].
    pub parts: [f64; Cause::ALL.len()],
    /// Of a milestone: as published.
    pub published_text: Option<String>,
    /// Of a milestone: now.
    pub current_text: Option<String>,
    /// The causes.
    pub causes: Vec<Cause>,
    /// The deliveries that changed it.
    pub deliveries: String,
}

/// A figure as it was at a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Vintage {
    /// The release.
    pub release: String,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// The period of the figure.
    pub period: Period,
    /// The indicator.
    pub indicator: String,
    /// Its value.
    pub value: Option<f64>,
    /// Its target.
    pub target: Option<f64>,
}

pub(super) async fn read(storage: &Storage, published: &Published) -> Result<Vec<Revision>> {
    // Records of an earlier form hold nothing yet.
    let mut columns = vec![
        ("release", Kind::Text),
        ("period", Kind::Text),
        ("indicator_id", Kind::Text),
        ("measure", Kind::Text),
        ("published_value", Kind::Number),
        ("current_value", Kind::Number),
        ("difference", Kind::Number),
        ("published_text", Kind::Text),
        ("current_text", Kind::Text),
        ("causes", Kind::Text),
        ("deliveries", Kind::Text),
    ];
    columns.extend(CAUSES.map(|(name, _)| (name, Kind::Number)));
    let Some(table) = Table::read_if_there(storage, published, "ops/revisions", &[], &columns).await? else {
        return Ok(Vec::new());
    };
    let mut revisions = Vec::new();
    for row in table.rows() {
        let causes = table.text("causes", row).unwrap_or_default();
        revisions.push(Revision {
            release: table.required("release", row)?,
            period: table.period("period", row)?,
            indicator: table.required("indicator_id", row)?,
            measure: Measure::of(&table.required("measure", row)?),
            published: table.number("published_value", row),
            current: table.number("current_value", row),
            difference: table.number("difference", row),
            parts: Cause::ALL.map(|cause| table.number(cause.column(), row).unwrap_or(0.0)),
            published_text: table.text("published_text", row),
            current_text: table.text("current_text", row),
            causes: Cause::ALL
                .into_iter()
                .filter(|cause| causes.split(", ").any(|name| name == cause.column()))
                .collect(),
            deliveries: table.text("deliveries", row).unwrap_or_default(),
        });
    }
    let key = |one: &Revision| (one.period.last_day(), one.period, one.indicator.clone(), one.measure);
    revisions.sort_by_key(key);
    Ok(revisions)
}

pub(super) async fn read_vintages(storage: &Storage, published: &Published) -> Result<Vec<Vintage>> {
    let columns = [
        ("release", Kind::Text),
        ("closed_at", Kind::Moment),
        ("period", Kind::Text),
        ("indicator_id", Kind::Text),
        ("value", Kind::Number),
        ("target", Kind::Number),
    ];
    let Some(table) = Table::read_if_there(storage, published, "ops/vintages", &columns, &[]).await? else {
        return Ok(Vec::new());
    };
    let mut vintages = Vec::new();
    for row in table.rows() {
        vintages.push(Vintage {
            release: table.required("release", row)?,
            closed_at: table.moment("closed_at", row),
            period: table.period("period", row)?,
            indicator: table.required("indicator_id", row)?,
            value: table.number("value", row),
            target: table.number("target", row),
        });
    }
    let key = |one: &Vintage| (one.period.last_day(), one.period, one.indicator.clone(), one.closed_at);
    vintages.sort_by_key(key);
    Ok(vintages)
}
