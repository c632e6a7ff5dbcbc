//! The costs of the year as a waterfall of the products to the forecast, with
//! the budget as a line.

use peil_warehouse::Result;

use super::kinds::{StepKind, Waterfall, WaterfallStep};
use super::{Chart, ChartTable};
use crate::format::{EMPTY, capital, euro, long_day, percent};
use crate::frames::{Costs, Report};

pub(super) const NAME: &str = "middelen";

/// A row of the waterfall, in cents.
struct Step<'a> {
    name: &'a str,
    kind: StepKind,
    actual: i128,
    forecast: i128,
}

impl Step<'_> {
    fn drawn(&self) -> WaterfallStep {
        WaterfallStep {
            label: self.name.to_owned(),
            amount_cents: self.actual,
            kind: self.kind,
            expected_cents: self.forecast - self.actual,
            note: if self.actual == self.forecast { String::new() } else { format!("geboekt {}", euro(self.actual)) },
        }
    }
}

/// Draws the chart; none where nothing was booked.
pub(super) fn draw(report: &Report) -> Result<Option<Chart>> {
    let costs = &report.costs;
    let (Some(actual), Some(forecast)) = (costs.actual(), costs.forecast()) else { return Ok(None) };
    let mut rows: Vec<Step<'_>> = costs
        .products
        .iter()
        .map(|product| Step {
            name: &product.name,
            kind: StepKind::Actual,
            actual: product.actual().unwrap_or(0),
            forecast: product.forecast().unwrap_or(0),
        })
        .collect();
    rows.push(Step { name: "Totaal", kind: StepKind::Total, actual, forecast });
    let kind = Waterfall {
        steps: rows.iter().map(Step::drawn).collect(),
        line: costs.budget.map(|budget| (format!("budget {}", costs.year), budget as f64)),
    };
    let parts: Vec<String> = rows
        .iter()
        .map(|row| format!("{}: {} geboekt, {} verwacht", row.name, euro(row.actual), euro(row.forecast)))
        .collect();
    let budget = match (costs.budget, costs.budget_share) {
        (Some(budget), Some(share)) => {
            format!(" Het budget is {}; de prognose is {} daarvan.", euro(budget), percent(share))
        }
        _ => " Er is geen budget.".to_owned(),
    };
    Ok(Some(Chart {
        name: NAME,
        title: title(costs, forecast),
        measure: format!(
            "Kosten per product in euro, {}: geboekt {} en prognose voor het hele jaar.",
            costs.year,
            until(costs)
        ),
        source: "Bron: Peil, marts costs en budget (analytische code VRD2).".to_owned(),
        alternative: format!(
            "Watervaldiagram van de kosten van {} per product, opgeteld tot de prognose. {}.{budget}",
            costs.year,
            parts.join("; ")
        ),
        table: table(costs, &rows),
        drawings: kind.draw()?,
    }))
}

fn until(costs: &Costs) -> String {
    costs.until.map_or_else(|| format!("in {}", costs.year), |day| format!("tot en met {}", long_day(day)))
}

fn title(costs: &Costs, forecast: i128) -> String {
    let (year, what) = (costs.year, if costs.finished() { "Kosten" } else { "Prognose" });
    match (costs.budget, costs.budget_share) {
        (Some(budget), Some(share)) if forecast > budget => {
            format!(
                "{what} {year} {} {} boven het budget",
                if costs.finished() { "liggen" } else { "ligt" },
                percent(share - 1.0)
            )
        }
        (Some(_), Some(share)) => format!("{what} {year}: {} van het budget", percent(share)),
        _ => format!("{what} {year}: {}", euro(forecast)),
    }
}

fn table(costs: &Costs, rows: &[Step<'_>]) -> ChartTable {
    let mut lines: Vec<Vec<String>> =
        rows.iter().map(|row| vec![row.name.to_owned(), euro(row.actual), euro(row.forecast)]).collect();
    if let Some(budget) = costs.budget {
        lines.push(vec![format!("Budget {}", costs.year), EMPTY.to_owned(), euro(budget)]);
    }
    ChartTable {
        caption: format!("Kosten en prognose per product, {}", costs.year),
        header: vec![
            "Product".to_owned(),
            capital(&format!("geboekt {}", until(costs))),
            format!("Prognose {}", costs.year),
        ],
        rows: lines,
    }
}
