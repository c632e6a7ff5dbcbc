//! Every figure of every numeric indicator, through time.

use chrono::NaiveDate;
use peil_warehouse::Period;
use peil_warehouse::period::PeriodType;

use super::indicators::Indicators;
use super::milestones::Mark;
use super::values::{Figure, Values};
use super::{Colophon, Report};

/// The figures of an indicator, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The indicator's code.
    pub indicator: String,
    /// Every quarter, semester and year that the mart has, by last day; of
    /// those that end together the shorter first.
    pub figures: Vec<Figure>,
}

/// The histories, in the published order of the indicators.
pub(super) fn histories(indicators: &Indicators, values: &Values, colophon: &Colophon) -> Vec<History> {
    let history = |id: &str| {
        let mut figures: Vec<Figure> =
            values.of(id).map(|(period, value)| value.figure(period, colophon.as_of)).collect();
        figures.sort_by_key(|figure| (figure.period.last_day(), figure.period.kind()));
        History { indicator: id.to_owned(), figures }
    };
    indicators.numeric().map(|row| history(&row.indicator.id)).collect()
}

impl Report {
    /// The marks of a milestone, by the end of their period.
    pub fn marks_of(&self, indicator: &str) -> &[Mark] {
        self.marks.get(indicator).map_or(&[], Vec::as_slice)
    }

    /// The figure of an indicator in a period that the marts have.
    pub fn figure(&self, indicator: &str, period: Period) -> Option<Figure> {
        self.figures(indicator).iter().find(|figure| figure.period == period).copied()
    }

    /// The quarters of an indicator that have begun and end on `until` or
    /// before, oldest first: at most `most`, from the first with a value.
    pub fn quarters(&self, indicator: &str, until: NaiveDate, most: usize) -> Vec<Figure> {
        let quarters: Vec<Figure> = self
            .figures(indicator)
            .iter()
            .filter(|figure| figure.period.kind() == PeriodType::Quarter)
            .filter(|figure| figure.period.last_day() <= until && figure.begun)
            .copied()
            .collect();
        let recent = &quarters[quarters.len().saturating_sub(most)..];
        recent.iter().skip_while(|figure| figure.value.is_none()).copied().collect()
    }

    /// Every figure of an indicator, oldest first.
    pub fn figures(&self, indicator: &str) -> &[Figure] {
        self.history.iter().find(|history| history.indicator == indicator).map_or(&[], |history| &history.figures)
    }
}
