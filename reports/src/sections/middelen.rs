//! Section 10: what it costs, beside the budget.

use peil_warehouse::Result;

use super::parts::{table, text_column};
use crate::charts;
use crate::document::{Block, Cell, Column, ColumnKind, Missing, Origin, Row, Section, Table, Text, Value};
use crate::format::{capital, long_day};
use crate::frames::{Costs, Report};
use crate::sentences;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(Text::words(
        "Alleen boekingen onder de analytische code VRD2 tellen mee. Geboekt is wat in volledig verstreken maanden geboekt werd; de prognose trekt dat bedrag door naar twaalf maanden.",
    ))];
    blocks.extend(sentences::money(&report.costs).map(|message| Block::Paragraph(message.text)));
    blocks.extend(charts::named(report, "middelen")?.map(Block::Chart));
    blocks.push(Block::Table(costs_table(&report.costs)));
    blocks.push(Block::Table(years_table(&report.costs)));
    Ok(Section { number: 10, name: "middelen", title: "Middelen".to_owned(), blocks })
}

fn amount(cents: Option<i128>) -> Cell {
    Cell::new(Value::amount_or(cents, Missing::NoData)).from(Origin::Mart("costs"))
}

fn share(costs: &Costs, forecast: Option<i128>) -> Cell {
    let budget = costs.budget.filter(|budget| *budget > 0);
    let value = forecast.zip(budget).map(|(forecast, budget)| forecast as f64 / budget as f64);
    Cell::new(Value::share_or(value, Missing::NoData))
}

/// Costs per product and cost type, and the budget.
fn costs_table(costs: &Costs) -> Table {
    let year = costs.year;
    let booked = costs
        .until
        .map_or_else(|| "Geboekt".to_owned(), |day| capital(&format!("geboekt tot en met {}", long_day(day))));
    let columns = vec![
        text_column("cost_type", "Product en kostensoort"),
        Column::new("actual", booked, ColumnKind::Amount),
        Column::new("forecast", format!("Prognose {year}"), ColumnKind::Amount),
        Column::new("budget_share", format!("Prognose in % van het budget {year}"), ColumnKind::Number),
    ];
    let line = |name: String, actual, forecast| {
        vec![Cell::text(name), amount(actual), amount(forecast), share(costs, forecast)]
    };
    let mut rows = Vec::new();
    for product in &costs.products {
        rows.push(Row::Group(product.name.clone()));
        for cost in &product.lines {
            rows.push(Row::Cells(line(cost.cost_type.clone(), cost.actual, cost.forecast)));
        }
        rows.push(Row::Total(line(format!("Samen {}", product.name), product.actual(), product.forecast())));
    }
    if !rows.is_empty() {
        rows.push(Row::Group("Alle producten".to_owned()));
        rows.push(Row::Total(line("Totaal".to_owned(), costs.actual(), costs.forecast())));
        let blank = || Cell::new(Value::Missing(Missing::NotApplicable));
        if let Some(budget) = costs.budget {
            let budget_cell = Cell::new(Value::Amount(budget)).from(Origin::Mart("budget"));
            rows.push(Row::Cells(vec![Cell::text("Budget"), blank(), budget_cell, blank()]));
            if let Some(forecast) = costs.forecast() {
                let difference = Cell::new(Value::Amount(forecast - budget));
                rows.push(Row::Cells(vec![Cell::text("Prognose min budget"), blank(), difference, blank()]));
            }
        }
    }
    Table {
        rows,
        mart: Some("costs"),
        when_empty: format!("In {year} werd nog niets geboekt."),
        ..table("costs", format!("Kosten per product en kostensoort, {year}, in euro"), columns)
    }
}

/// Budget and costs of every year up to that of the report.
fn years_table(costs: &Costs) -> Table {
    let columns = vec![
        text_column("year", "Jaar"),
        Column::new("budget", "Budget", ColumnKind::Amount),
        Column::new("actual", "Geboekt", ColumnKind::Amount),
        Column::new("forecast", "Prognose", ColumnKind::Amount),
        Column::new("budget_share", "Prognose in % van het budget", ColumnKind::Number),
    ];
    let rows = costs
        .years
        .iter()
        .map(|found| {
            let from = |value| Cell::new(Value::amount_or(value, Missing::NoData)).from(Origin::Mart("budget"));
            Row::Cells(vec![
                Cell::text(found.year.to_string()),
                from(found.budget),
                from(found.actual),
                from(found.forecast),
                Cell::new(Value::share_or(found.share, Missing::NoData)),
            ])
        })
        .collect();
    Table {
        rows,
        mart: Some("budget"),
        notes: vec![Text::words("Van een afgelopen jaar is de prognose wat er geboekt werd.")],
        when_empty: "Er is nog geen budget en er werd nog niets geboekt.".to_owned(),
        ..table("budget_years", "Budget en kosten per jaar, in euro", columns)
    }
}
