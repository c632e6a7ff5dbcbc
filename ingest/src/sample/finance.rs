//! The bookkeeping: bookings of which those of January to July 2022 come to the
//! published costs, and the budgets.

use chrono::{Datelike, NaiveDate};

use super::calendar::{MONTHS, Rhythm, day, month_first, month_last};
use super::dice::Dice;
use super::reference::COSTS;
use super::table::{Cell, Format, Packing, Table};
use super::text::parse_csv;
use super::world::World;

/// The months of the published costs: January up to and including July 2022.
const PUBLISHED: std::ops::Range<usize> = 48..55;
/// The code under which the programme's costs are booked.
const CODE: &str = "VRD2";
/// The programme's budget of a year, in cents.
const BUDGET: i64 = 11_101_800;

/// A product and cost type with its published costs in cents.
pub(super) struct Cost {
    pub(super) product: String,
    pub(super) cost_type: String,
    /// January to July 2022.
    pub(super) actual: i64,
    /// The published forecast of the year, which the tests compute again.
    #[cfg_attr(not(test), expect(dead_code, reason = "held against the actual in the tests"))]
    pub(super) forecast: i64,
}

/// The rows of the published table, without its total.
pub(super) fn costs() -> Vec<Cost> {
    let cents = |text: &String| text.replace('.', "").parse().unwrap_or(0);
    parse_csv(COSTS, b',')
        .iter()
        .filter(|row| row.len() == 4 && !row[1].is_empty())
        .map(|row| Cost {
            product: row[0].clone(),
            cost_type: row[1].clone(),
            actual: cents(&row[2]),
            forecast: cents(&row[3]),
        })
        .collect()
}

/// `finance/bookings`.
pub(super) fn bookings(world: &World) -> Table {
    const COLUMNS: &[&str] =
        &["boekingsnummer", "boekdatum", "analytische_code", "product", "kostensoort", "bedrag", "omschrijving"];
    let mut dice = world.dice("finance/bookings");
    let mut lines: Vec<(NaiveDate, String, String, String, i64)> = Vec::new();
    let costs = costs();
    for cost in &costs {
        for month in 36..MONTHS {
            if month == PUBLISHED.start {
                // Seven months that together are what was published.
                let mut rest = cost.actual;
                for month in PUBLISHED {
                    let left = (PUBLISHED.end - month) as i64;
                    let share = if left == 1 { rest } else { rest / left * dice.between(75, 125) / 100 };
                    rest -= share;
                    book(&mut lines, cost, month, share, &mut dice);
                }
            } else if !PUBLISHED.contains(&month) {
                // 2021 stays within the budget, later years come near it.
                let percent = if month < PUBLISHED.start { dice.between(55, 74) } else { dice.between(58, 80) };
                book(&mut lines, cost, month, cost.actual / 7 * percent / 100, &mut dice);
            }
        }
    }
    for month in 36..MONTHS {
        for (code, product) in [("VRD1", "Basiswerking"), ("ALG", "Algemeen"), (CODE_OTHER, "VlaVirGem tool")] {
            let amount = dice.between(20_000, 900_000);
            let on = dice.day(month_first(month), month_last(month));
            lines.push((on, code.to_owned(), product.to_owned(), "Personeel".to_owned(), amount));
        }
    }
    lines.sort();
    let mut table = Table::new("finance/bookings", COLUMNS, Format::Bookkeeping, Rhythm::Register).named("boekingen_");
    let (mut year, mut number) = (0, 0);
    for (on, code, product, cost_type, amount) in lines {
        number = if on.year() == year { number + 1 } else { 1 };
        year = on.year();
        let cells = vec![
            Cell::Text(format!("{year}-{number:05}")),
            Cell::Date(on),
            Cell::Text(code),
            Cell::Text(product),
            Cell::Text(cost_type),
            Cell::Decimal(amount, 2),
            description(amount, &mut dice),
        ];
        table.add(on, cells);
    }
    table
}

/// A code that looks like that of the programme and is another.
const CODE_OTHER: &str = "VRD20";

/// Books an amount of a month in two or three lines, sometimes with a credit.
fn book(
    lines: &mut Vec<(NaiveDate, String, String, String, i64)>,
    cost: &Cost,
    month: usize,
    amount: i64,
    dice: &mut Dice,
) {
    let mut parts = vec![amount * dice.between(30, 60) / 100];
    if dice.chance(0.12) {
        parts.push(-(amount / 10) - 1);
    }
    parts.push(amount - parts.iter().sum::<i64>());
    for part in parts {
        let on = dice.day(month_first(month), month_last(month));
        lines.push((on, CODE.to_owned(), cost.product.clone(), cost.cost_type.clone(), part));
    }
}

/// Free text with the letters and quotes that only Windows-1252 has so.
fn description(amount: i64, dice: &mut Dice) -> Cell {
    if amount < 0 {
        return Cell::text("Creditnota – teveel aangerekende prestaties");
    }
    match dice.below(6) {
        0 => Cell::Empty,
        1 => Cell::text("Prestaties coördinatie, één dag extra à 650 €"),
        2 => Cell::text("Doorrekening “servicedesk” (geïndexeerd)"),
        3 => Cell::text("Onderhoud en SLA; driemaandelijkse schijf"),
        4 => Cell::text("Creatie van façades en café-overleg"),
        _ => Cell::text("Maandelijkse afrekening"),
    }
}

/// `finance/budgets`.
pub(super) fn budgets() -> Table {
    const COLUMNS: &[&str] = &["jaar", "analytische_code", "bedrag"];
    let format = Format::Csv { bom: false, crlf: false, comma: true, packing: Packing::Plain };
    let mut table = Table::new("finance/budgets", COLUMNS, format, Rhythm::Slow).named("budgetten_");
    for year in 2021..=2024 {
        for (code, amount) in [(CODE, BUDGET), ("VRD1", 25_000_000), ("ALG", 6_500_000)] {
            let known = day(2020, 12, 15);
            table.add(known, vec![Cell::Integer(year), Cell::text(code), Cell::Decimal(amount, 2)]);
        }
    }
    table
}
