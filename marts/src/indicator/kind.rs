//! The kinds of indicators, and the shape of the facts that each counts.

use serde::Deserialize;

/// How an indicator is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Things open on the peildatum.
    Stock,
    /// Things since the start.
    Cumulative,
    /// Things that begin inside the period.
    Flow,
    /// Things seen inside the period.
    Distinct,
    /// Things seen in the twelve months that end on the peildatum.
    Rolling,
    /// The mean of the things seen in each whole month of the period.
    MonthlyActive,
    /// The mean of the latest measurement of each authority.
    Average,
    /// No number: planned work.
    Milestone,
}

/// What the facts of an indicator look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// From a day until a day.
    Interval,
    /// On a day; counted where the day lies in the window.
    Event(Window),
    /// From a day until the next fact of the same authority and line.
    Line,
}

/// The days whose events count for a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The period, up to the peildatum.
    Period,
    /// The twelve months that end on the peildatum.
    Rolling,
    /// Each whole month of the period that has ended.
    Month,
}

impl Window {
    /// `period`, `rolling` or `month`: the `window_kind` of `run.windows`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Rolling => "rolling",
            Self::Month => "month",
        }
    }
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Stock,
        Self::Cumulative,
        Self::Flow,
        Self::Distinct,
        Self::Rolling,
        Self::MonthlyActive,
        Self::Average,
        Self::Milestone,
    ];

    /// The word for it, as `monthly_active`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stock => "stock",
            Self::Cumulative => "cumulative",
            Self::Flow => "flow",
            Self::Distinct => "distinct",
            Self::Rolling => "rolling",
            Self::MonthlyActive => "monthly_active",
            Self::Average => "average",
            Self::Milestone => "milestone",
        }
    }

    /// Whether it has numbers.
    pub const fn is_numeric(self) -> bool {
        !matches!(self, Self::Milestone)
    }
}
