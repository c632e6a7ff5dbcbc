//! The indicators of a programme against their targets: a bullet for each.

use peil_warehouse::Result;

use super::{Names, programme};
use crate::charts::kinds::{Bullet, Bullets};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, NBSP, figure, percent, period_name, period_phrase};
use crate::frames::{Figure, NumericRow, Report};
use crate::sentences::{reference, standings, year_before};

/// An indicator with a value and a target above zero.
struct Line<'a> {
    row: &'a NumericRow,
    /// Its name, which no other of the programme bears.
    label: String,
    value: f64,
    target: f64,
    before: Option<f64>,
}

/// Draws the chart; none where no indicator of the programme has a target.
pub(super) fn draw(report: &Report, names: &Names) -> Result<Option<Chart>> {
    let Some(programme) = programme(report, names) else { return Ok(None) };
    let period = reference(report);
    let before = year_before(period);
    let line = |row: &NumericRow, found: Figure| {
        Some((found.value?, found.target.filter(|target| *target > 0.0)?, row.indicator.id.clone()))
    };
    let lines: Vec<Line<'_>> = standings(report)
        .into_iter()
        .filter(|standing| standing.row.indicator.programme == programme.code)
        .filter_map(|standing| {
            let (value, target, id) = line(standing.row, standing.figure)?;
            Some(Line {
                row: standing.row,
                label: report.indicators.distinct_label(&standing.row.indicator),
                value,
                target,
                before: report.figure(&id, before).and_then(|found| found.value),
            })
        })
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let kind = Bullets {
        bullets: lines
            .iter()
            .map(|line| Bullet {
                label: line.label.clone(),
                // A name that says its section needs no second line for it.
                note: if line.label == line.row.indicator.label {
                    line.row.indicator.section.clone()
                } else {
                    String::new()
                },
                share: line.value / line.target,
                previous: line.before.map(|value| value / line.target),
                marker: None,
                shown: format!("{}{NBSP}van{NBSP}{}", figure(line.value), figure(line.target)),
                shown_note: percent(line.value / line.target),
            })
            .collect(),
        value_name: format!("gerealiseerd {period}"),
        previous_name: format!("gerealiseerd {before}"),
        marker_name: None,
        target_name: format!("doel {period}"),
    };
    let reached = lines.iter().filter(|line| line.value >= line.target).count();
    let phrase = period_phrase(period);
    let told: Vec<String> = lines
        .iter()
        .map(|line| format!("{}: {} van {}", line.label, figure(line.value), figure(line.target)))
        .collect();
    Ok(Some(Chart {
        name: names.targets,
        title: format!("{reached} van {} indicatoren op of boven hun doel", lines.len()),
        measure: format!(
            "{}: gerealiseerd in procent van het doel voor {phrase}; licht: {}. Alleen indicatoren met een doel.",
            programme.name,
            period_name(before)
        ),
        source: "Bron: Peil, mart indicator_values.".to_owned(),
        alternative: format!(
            "Staafdiagram van de indicatoren van {} tegenover hun doel voor {phrase}. {}.",
            programme.name,
            told.join("; ")
        ),
        table: table(&lines, &period.to_string(), &before.to_string()),
        drawings: kind.draw()?,
    }))
}

fn table(lines: &[Line<'_>], period: &str, before: &str) -> ChartTable {
    ChartTable {
        caption: format!("Gerealiseerd en doel, {period}"),
        header: vec![
            "Indicator".to_owned(),
            "Eenheid".to_owned(),
            before.to_owned(),
            format!("Gerealiseerd {period}"),
            format!("Doel {period}"),
            "Aandeel van het doel".to_owned(),
        ],
        rows: lines
            .iter()
            .map(|line| {
                vec![
                    line.label.clone(),
                    line.row.indicator.unit.clone(),
                    line.before.map_or_else(|| EMPTY.to_owned(), figure),
                    figure(line.value),
                    figure(line.target),
                    percent(line.value / line.target),
                ]
            })
            .collect(),
    }
}
