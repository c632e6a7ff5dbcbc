//! The values of the numeric indicators, by indicator and period.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Period, Result};

use super::table::{Kind, Table};

/// How a value stands against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// At the target or above.
    Achieved,
    /// At nine tenths of the target or above.
    AtRisk,
    /// Below nine tenths of the target.
    Missed,
    /// The period has not ended.
    InProgress,
    /// There is a value and no target.
    NoTarget,
    /// There is no value.
    NoValue,
}

impl Status {
    /// In the order in which they are shown.
    pub const ALL: [Self; 6] =
        [Self::Achieved, Self::AtRisk, Self::Missed, Self::InProgress, Self::NoTarget, Self::NoValue];

    /// As the mart writes it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Achieved => "achieved",
            Self::AtRisk => "at_risk",
            Self::Missed => "missed",
            Self::InProgress => "in_progress",
            Self::NoTarget => "no_target",
            Self::NoValue => "no_value",
        }
    }

    /// As readers see it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Achieved => "bereikt",
            Self::AtRisk => "bijna bereikt",
            Self::Missed => "niet bereikt",
            Self::InProgress => "lopend",
            Self::NoTarget => "geen doel",
            Self::NoValue => "geen cijfer",
        }
    }

    fn parse(code: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code).ok_or_else(|| {
            let known = Self::ALL.map(Self::code).join(", ");
            Error::usage(format!("the mart `indicator_values` has the status `{code}`; a report knows {known}"))
        })
    }
}

/// The value of an indicator in a period, and its target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The period.
    pub period: Period,
    /// Whether the period has begun on the as-of day.
    pub begun: bool,
    /// Whether the period goes on after the as-of day.
    pub provisional: bool,
    /// What was realised, in the indicator's unit.
    pub value: Option<f64>,
    /// What was aimed at, in the same unit.
    pub target: Option<f64>,
    /// How they compare.
    pub status: Status,
    /// Whether the period before is counted by another definition: the series
    /// breaks between the two.
    pub break_before: bool,
}

impl Figure {
    /// Whether there is a value or a target: without both, a period says
    /// nothing.
    pub const fn tells(&self) -> bool {
        self.value.is_some() || self.target.is_some()
    }

    /// Value over target; none without a target or where it is 0.
    pub fn attainment(&self) -> Option<f64> {
        let target = self.target.filter(|target| *target != 0.0)?;
        Some(self.value? / target)
    }
}

/// A row of the mart.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value {
    pub(super) provisional: bool,
    pub(super) value: Option<f64>,
    pub(super) target: Option<f64>,
    pub(super) status: Status,
    pub(super) break_before: bool,
}

impl Value {
    /// The value as a figure of its period.
    pub(super) fn figure(self, period: Period, as_of: NaiveDate) -> Figure {
        Figure {
            period,
            begun: period.first_day() <= as_of,
            provisional: self.provisional,
            value: self.value,
            target: self.target,
            status: self.status,
            break_before: self.break_before,
        }
    }
}

/// The mart `indicator_values`.
pub(super) struct Values(BTreeMap<(String, Period), Value>);

impl Values {
    pub(super) async fn read(storage: &Storage, published: &Published) -> Result<Self> {
        let columns = [
            ("indicator_id", Kind::Text),
            ("period", Kind::Text),
            ("provisional", Kind::Flag),
            ("value", Kind::Number),
            ("target", Kind::Number),
            ("status", Kind::Text),
        ];
        let optional = [("break_before", Kind::Flag)];
        let table = Table::read(storage, published, "indicator_values", &columns, &optional).await?;
        let mut values = BTreeMap::new();
        for row in table.rows() {
            let value = Value {
                provisional: table.flag("provisional", row),
                value: table.number("value", row),
                target: table.number("target", row),
                status: Status::parse(&table.required("status", row)?)?,
                break_before: table.flag("break_before", row),
            };
            values.insert((table.required("indicator_id", row)?, table.period("period", row)?), value);
        }
        Ok(Self(values))
    }

    /// The value of an indicator in a period that the mart has.
    pub(super) fn get(&self, indicator: &str, period: Period) -> Option<Value> {
        self.0.get(&(indicator.to_owned(), period)).copied()
    }

    /// Every value of an indicator.
    pub(super) fn of<'a>(&'a self, indicator: &'a str) -> impl Iterator<Item = (Period, Value)> + 'a {
        self.0.iter().filter(move |((id, _), _)| id == indicator).map(|((_, period), value)| (*period, *value))
    }

    /// Makes sure that the period has a value of any indicator.
    pub(super) fn require(&self, period: Period) -> Result<()> {
        let with_data: BTreeSet<Period> =
            self.0.iter().filter(|(_, value)| value.value.is_some()).map(|((_, period), _)| *period).collect();
        if with_data.contains(&period) {
            return Ok(());
        }
        let distance = |other: &Period| (other.first_day() - period.first_day()).num_days().abs();
        let nearest =
            with_data.iter().filter(|other| other.kind() == period.kind()).min_by_key(|other| distance(other));
        Err(Error::usage(match nearest {
            Some(nearest) => format!("{period} has no data: the nearest period that has is {nearest}"),
            None => format!("{period} has no data, and no other {} has: run `peil run` first", period.kind().as_str()),
        }))
    }
}
