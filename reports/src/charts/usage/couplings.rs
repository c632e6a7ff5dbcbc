//! The couplings as a matrix of solutions and techniques.

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::Matrix;
use crate::charts::{Chart, ChartTable};
use crate::format::{long_day, number};
use crate::frames::Report;

pub(super) const NAME: &str = "koppelingen";

/// Solutions that are shown: those with most couplings.
const MOST: usize = 20;

/// Draws the chart; none where no coupling is available.
pub(super) fn draw(report: &Report) -> Result<Option<Chart>> {
    let couplings = &report.couplings;
    let rows: Vec<_> = couplings.matrix().into_iter().take(MOST).collect();
    let Some(first) = rows.first() else { return Ok(None) };
    let matrix = Matrix {
        columns: couplings.techniques.clone(),
        rows: rows
            .iter()
            .map(|row| (row.solution.clone(), row.counts.iter().map(|count| (*count > 0).then_some(*count)).collect()))
            .collect(),
    };
    let measure = format!(
        "Beschikbare koppelingen per oplossing en techniek op {}, van de {} oplossingen met de meeste koppelingen; elke koppeling telt bij haar twee oplossingen.",
        long_day(report.moments.until),
        rows.len()
    );
    let header = std::iter::once("Oplossing".to_owned()).chain(couplings.techniques.iter().cloned()).collect();
    let cells = rows.iter().map(|row| {
        std::iter::once(row.solution.clone()).chain(row.counts.iter().map(|count| number(*count as f64, 0))).collect()
    });
    Ok(Some(Chart {
        name: NAME,
        title: title(
            format!("{} heeft de meeste koppelingen", first.solution),
            "Koppelingen per oplossing en techniek",
        ),
        alternative: format!("Matrix. {measure} {}", matrix.describe()),
        source: "Bron: Peil, mart couplings.".to_owned(),
        table: ChartTable { caption: measure.clone(), header, rows: cells.collect() },
        measure,
        drawings: matrix.draw()?,
    }))
}
