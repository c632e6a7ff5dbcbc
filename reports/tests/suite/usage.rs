//! Marts of use, satisfaction, couplings, building blocks, LB365 and maturity,
//! made by hand: a line of text for each row, in the columns of [`MARTS`].

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, StringArray};
use chrono::NaiveDate;

/// Each mart with its columns: name and type, where it is no text.
pub const MARTS: [(&str, &str); 19] = [
    ("portal_usage", "period module authorities:int users:int events:int"),
    (
        "solution_usage",
        "period solution_id solution supplier_id supplier chosen:int planned:int phased_out:int market_share:num",
    ),
    (
        "solution_satisfaction",
        "period solution_id ratings:int average_score:num suppressed:flag interval_low:num interval_high:num",
    ),
    ("supplier_offer", "period supplier_id supplier solutions:int authorities:int couplings:int"),
    ("component_coverage", "period reference_component solutions:int authorities:int"),
    (
        "couplings",
        "coupling_id from_solution_id to_solution_id technique available_since:day ended_on:day authorities:int",
    ),
    ("standards_support", "period standard_id standard status solutions:int"),
    ("authorities", "period nis_code authority kind province inhabitants:int size_class"),
    ("building_block_use", "period nis_code authority building_block status"),
    ("indicator_by_authority", "indicator_id period nis_code authority province value:num suppressed:flag"),
    ("lb365_modules", "period module tracks:int live:int"),
    ("lb365_adoption", "period nis_code authority building_block connected:flag connected_on:day"),
    ("lb365_modules_by_authority", "period nis_code authority module state track_started_on:day live_on:day"),
    ("bus_traffic", "month service partner messages:int errors:int error_rate:num p50_ms:num p95_ms:num bytes:int"),
    ("maturity_scores", "period nis_code authority chapter score:num submitted_on:day"),
    (
        "maturity_distribution",
        "period chapter peer_group authorities:int p10:num p25:num median:num p75:num p90:num mean:num suppressed:flag",
    ),
    (
        "benchmark",
        "period figure peer_group authorities:int p10:num p25:num median:num p75:num p90:num mean:num suppressed:flag",
    ),
    ("portal_usage_by_authority", "period module nis_code authority users:int events:int suppressed:flag"),
    ("authority_portfolio", "period nis_code authority solution_id solution supplier status since:day"),
];

/// The columns of a mart with `rows`, each a text with `|` between its cells;
/// an empty cell is null.
pub fn columns(header: &'static str, rows: &[&str]) -> Vec<(&'static str, ArrayRef)> {
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.split('|').map(str::trim).collect()).collect();
    let named = header.split(' ').map(|column| column.split_once(':').unwrap_or((column, "text")));
    named
        .enumerate()
        .map(|(place, (name, kind))| {
            let cells = rows.iter().map(|row| {
                let cell = row.get(place).unwrap_or_else(|| panic!("no `{name}` in {row:?}"));
                (!cell.is_empty()).then_some(*cell)
            });
            let array: ArrayRef = match kind {
                "int" => Arc::new(cells.map(|cell| cell.map(|cell| cell.parse().unwrap())).collect::<Int64Array>()),
                "num" => Arc::new(cells.map(|cell| cell.map(|cell| cell.parse().unwrap())).collect::<Float64Array>()),
                "flag" => Arc::new(cells.map(|cell| cell.map(|cell| cell == "yes")).collect::<BooleanArray>()),
                "day" => Arc::new(cells.map(|cell| cell.map(days)).collect::<Date32Array>()),
                _ => Arc::new(cells.collect::<StringArray>()),
            };
            (name, array)
        })
        .collect()
}

/// A day as Arrow counts it.
fn days(text: &str) -> i32 {
    let day: NaiveDate = text.parse().unwrap();
    (day - NaiveDate::default()).num_days().try_into().unwrap()
}
