//! The chart of an indicator's page: its quarters through time, with the
//! target as steps.

use peil_warehouse::Result;
use peil_warehouse::period::PeriodType;

use crate::charts::kinds::{LineWithTarget, TimePoint};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, figure, period_phrase};
use crate::frames::{Figure, Indicator, Report};

/// Quarters that are shown at most.
const QUARTERS: usize = 20;
/// Quarters with a value from which on there is a line.
const LINE: usize = 3;

/// The chart; none where there is no line to draw.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where it cannot be drawn.
pub(super) fn chart(report: &Report, indicator: &Indicator) -> Result<Option<Chart>> {
    let quarters: Vec<&Figure> = report
        .figures(&indicator.id)
        .iter()
        .filter(|one| one.period.kind() == PeriodType::Quarter && one.tells())
        .collect();
    let until = report.colophon.period.last_day();
    let begun: Vec<&&Figure> =
        quarters.iter().filter(|one| one.value.is_some() && one.period.last_day() <= until).collect();
    let (Some(last), true) = (begun.last(), begun.len() >= LINE) else { return Ok(None) };
    let shown = &quarters[quarters.len().saturating_sub(QUARTERS)..];
    let value = last.value.unwrap_or_default();
    let line = LineWithTarget {
        points: shown
            .iter()
            .filter(|one| one.begun)
            .map(|one| TimePoint {
                period: one.period.to_string(),
                value: one.value,
                provisional: one.provisional,
                break_before: one.break_before,
            })
            .collect(),
        target_step: shown.iter().filter_map(|one| Some((one.period.to_string(), one.target?))).collect(),
        name: "gerealiseerd".to_owned(),
        target_name: "doel".to_owned(),
        suffix: String::new(),
        decimals: u32::from(shown.iter().filter_map(|one| one.value).any(|one| one.fract() != 0.0)),
    };
    let written = |value: Option<f64>| value.map_or_else(|| EMPTY.to_owned(), figure);
    let drawings = line.draw()?;
    Ok(Some(Chart {
        name: "history",
        title: format!("{} {} in {}", figure(value), indicator.unit, period_phrase(last.period)),
        measure: format!("{}, per kwartaal, gerealiseerd en doel.", indicator.label),
        source: "Bron: tabel indicator_values.".to_owned(),
        alternative: line.describe(),
        table: ChartTable {
            caption: format!("{}: gerealiseerd en doel per kwartaal", indicator.label),
            header: ["Kwartaal", "Gerealiseerd", "Doel"].map(str::to_owned).to_vec(),
            rows: shown
                .iter()
                .map(|one| vec![one.period.to_string(), written(one.value), written(one.target)])
                .collect(),
        },
        drawings,
    }))
}
