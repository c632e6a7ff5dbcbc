//! Every figure of every numeric indicator, through time.

use super::Colophon;
use super::indicators::Indicators;
use super::values::{Figure, Values};

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
