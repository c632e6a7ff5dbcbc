//! The average rating of each solution, with its interval.

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::{Dot, DotPlot};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, long_day, number};
use crate::frames::Report;

pub(super) const NAME: &str = "tevredenheid";

/// Draws the chart; none where no average is shown.
pub(super) fn draw(report: &Report) -> Result<Option<Chart>> {
    let shown: Vec<_> = report.satisfaction.shown().collect();
    let Some(best) = shown.first() else { return Ok(None) };
    let score = |value: Option<f64>| value.map_or_else(|| EMPTY.to_owned(), |value| number(value, 1));
    let before = |at: usize| shown[at].before.and_then(|before| before.average);
    let plot = DotPlot {
        dots: shown
            .iter()
            .enumerate()
            .map(|(at, one)| Dot {
                label: one.name.clone(),
                value: one.now.average.unwrap_or(0.0),
                low: one.now.interval.map(|(low, _)| low),
                high: one.now.interval.map(|(_, high)| high),
                shown: score(one.now.average),
                previous: before(at),
                count: format!("{} beoordelingen", number(one.now.ratings as f64, 0)),
            })
            .collect(),
        from: 1.0,
        to: 5.0,
        previous_name: format!("einde {}", report.moments.before_heading()),
        interval_name: String::new(),
    };
    let measure = format!(
        "Gemiddelde beoordeling per oplossing, van 1 tot 5, met het 95 %-interval, op {}.",
        long_day(report.moments.until)
    );
    let rows = shown.iter().enumerate().map(|(at, one)| {
        vec![
            one.name.clone(),
            score(one.now.average),
            score(one.now.interval.map(|(low, _)| low)),
            score(one.now.interval.map(|(_, high)| high)),
            score(before(at)),
            number(one.now.ratings as f64, 0),
        ]
    });
    let header = ["Oplossing", "Gemiddelde", "Interval van", "Interval tot", "Vorig gemiddelde", "Beoordelingen"];
    Ok(Some(Chart {
        name: NAME,
        title: title(format!("{} krijgt de hoogste beoordeling", best.name), "Gemiddelde beoordeling per oplossing"),
        alternative: format!("Puntendiagram. {measure} {}", plot.describe()),
        source: "Bron: Peil, mart solution_satisfaction.".to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: header.map(str::to_owned).to_vec(),
            rows: rows.collect(),
        },
        measure,
        drawings: plot.draw()?,
    }))
}
