//! The indicators of a programme through time: a panel for each.

use peil_warehouse::{Period, Result};

use super::{Names, programme};
use crate::charts::kinds::{Panel, SmallMultiples, TimePoint};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, figure};
use crate::frames::{Figure, NumericRow, Report};
use crate::sentences::year_before;

/// Quarters that are shown at most: two years and the quarter before.
const QUARTERS: usize = 9;

/// Draws the chart; none where no indicator has two figures.
pub(super) fn draw(report: &Report, names: &Names) -> Result<Option<Chart>> {
    let Some(programme) = programme(report, names) else { return Ok(None) };
    let lines: Vec<(&NumericRow, Vec<Figure>)> = report
        .indicators
        .numeric()
        .filter(|row| row.indicator.programme == programme.code)
        .map(|row| (row, report.quarters(&row.indicator.id, report.colophon.period.last_day(), QUARTERS)))
        .filter(|(_, figures)| figures.iter().filter(|figure| figure.value.is_some()).count() > 1)
        .collect();
    let quarters: Vec<Period> = lines
        .iter()
        .max_by_key(|(_, figures)| figures.len())
        .map_or_else(Vec::new, |(_, figures)| figures.iter().map(|figure| figure.period).collect());
    let (Some(first), Some(last)) = (quarters.first(), quarters.last()) else { return Ok(None) };
    let kind = SmallMultiples { panels: lines.iter().map(|(row, figures)| panel(report, row, figures)).collect() };
    let told: Vec<String> = lines
        .iter()
        .map(|(row, figures)| {
            let values: Vec<f64> = figures.iter().filter_map(|figure| figure.value).collect();
            let end = |value: Option<&f64>| value.map_or_else(|| EMPTY.to_owned(), |value| figure(*value));
            format!(
                "{}: van {} naar {}",
                report.indicators.distinct_label(&row.indicator),
                end(values.first()),
                end(values.last())
            )
        })
        .collect();
    Ok(Some(Chart {
        name: names.through_time,
        title: title(report, &lines),
        measure: format!(
            "{}: cijfer per kwartaal, {first} tot {last}, elk paneel op zijn eigen schaal vanaf nul; streepjes: doel.",
            programme.name
        ),
        source: "Bron: Peil, mart indicator_values.".to_owned(),
        alternative: format!(
            "Kleine lijndiagrammen van de indicatoren van {} per kwartaal. {}.",
            programme.name,
            told.join("; ")
        ),
        table: table(report, &lines, &quarters),
        drawings: kind.draw()?,
    }))
}

fn title(report: &Report, lines: &[(&NumericRow, Vec<Figure>)]) -> String {
    let before = year_before(report.colophon.period);
    let compared: Vec<(f64, f64)> = lines
        .iter()
        .filter_map(|(row, _)| Some((report.figure(&row.indicator.id, before)?.value?, row.in_period.value?)))
        .collect();
    if compared.is_empty() {
        return format!("Verloop van {} indicatoren per kwartaal", lines.len());
    }
    let higher = compared.iter().filter(|(before, now)| now > before).count();
    format!("{higher} van {} indicatoren hoger dan een jaar eerder", compared.len())
}

fn panel(report: &Report, row: &NumericRow, figures: &[Figure]) -> Panel {
    let last = figures.iter().rev().find_map(|figure| figure.value);
    Panel {
        title: report.indicators.distinct_label(&row.indicator),
        points: figures
            .iter()
            .map(|figure| TimePoint {
                period: figure.period.to_string(),
                value: figure.value,
                provisional: figure.provisional,
                break_before: figure.break_before,
            })
            .collect(),
        targets: figures.iter().map(|figure| figure.target).collect(),
        shown_last: last.map_or_else(|| EMPTY.to_owned(), figure),
    }
}

fn table(report: &Report, lines: &[(&NumericRow, Vec<Figure>)], quarters: &[Period]) -> ChartTable {
    let mut header = vec!["Indicator".to_owned()];
    header.extend(quarters.iter().map(Period::to_string));
    let value = |figures: &[Figure], quarter: &Period| {
        let found = figures.iter().find(|figure| figure.period == *quarter).and_then(|figure| figure.value);
        found.map_or_else(|| EMPTY.to_owned(), figure)
    };
    let rows = lines
        .iter()
        .map(|(row, figures)| {
            let mut cells = vec![report.indicators.distinct_label(&row.indicator)];
            cells.extend(quarters.iter().map(|quarter| value(figures, quarter)));
            cells
        })
        .collect();
    ChartTable { caption: "Cijfer per kwartaal".to_owned(), header, rows }
}
