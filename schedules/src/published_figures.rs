//! The figures as published in 2022, beside those of the warehouse.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Error, Result};
use serde::Serialize;

use crate::output::{Output, Tone};
use crate::records;
use crate::table::{Grid, Layout, fraction};

const FIGURES: &str = include_str!("../data/published_indicators.csv");

/// The published periods that were past at the time of writing.
pub const PERIODS: [&str; 3] = ["2021", "2022Q1", "2022Q2"];

/// The costs of 2022 as the sum of the published rows, to July, and the
/// forecast for the year; both in cents.
const COSTS: (i64, i64) = (9_484_079, 16_258_416);
/// The forecast as a share of the budget, in thousandths.
const BUDGET_SHARE: f64 = 1464.0;

/// An indicator's published figures and the warehouse's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The indicator.
    pub indicator_id: String,
    /// What readers call it.
    pub label_nl: String,
    /// As published, per period; none where the cell is empty.
    pub published: [Option<f64>; 3],
    /// As the warehouse has it.
    pub computed: [Option<f64>; 3],
    /// Whether each published figure is the computed one, to the unit.
    pub equal: bool,
}

/// Costs of 2022 in cents, and the share of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Costs {
    /// Actual to July, in cents.
    pub actual_cents: i64,
    /// Forecast for the year, in cents.
    pub forecast_cents: i64,
    /// Forecast as a share of the budget.
    pub budget_share: f64,
    /// Whether the three are as published.
    pub equal: bool,
}

/// All comparisons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Numeric indicators, in the order of the published table.
    pub indicators: Vec<Line>,
    /// Milestones whose marks are as published.
    pub milestones_equal: usize,
    /// All milestones.
    pub milestones: usize,
    /// The costs.
    pub costs: Costs,
}

impl Comparison {
    /// Indicators that equal the published table.
    pub fn equal(&self) -> usize {
        self.indicators.iter().filter(|line| line.equal).count()
    }

    /// Whether everything is as published.
    pub fn all_equal(&self) -> bool {
        self.equal() == self.indicators.len() && self.milestones_equal == self.milestones && self.costs.equal
    }

    /// The comparison for people.
    pub fn tell(&self, output: Output) {
        let header = ["indicator", "", ">2021", ">2022Q1", ">2022Q2", ""];
        let mut grid = Grid::new(&header);
        for line in &self.indicators {
            let label: String = line.label_nl.chars().take(48).collect();
            let figures =
                line.published.iter().zip(&line.computed).map(|(published, computed)| cell(*published, *computed));
            let mark = if line.equal { "equal" } else { "DIFFERS" };
            grid.push([line.indicator_id.clone(), label].into_iter().chain(figures).chain([mark.to_owned()]));
        }
        output.line(grid.render(output.width(), Layout::Columns));
        let tone = |equal: bool| if equal { Tone::Good } else { Tone::Bad };
        let all = self.equal() == self.indicators.len();
        output.line("");
        let text = format!("{} of {} indicators equal the published table", self.equal(), self.indicators.len());
        output.line(output.paint(tone(all), &text));
        let text = format!("{} of {} milestones are marked as published", self.milestones_equal, self.milestones);
        output.line(output.paint(tone(self.milestones_equal == self.milestones), &text));
        let costs = &self.costs;
        let text = format!(
            "costs of 2022: {} euro to July, forecast {} euro, {} % of the budget: {}",
            euro(costs.actual_cents),
            euro(costs.forecast_cents),
            format!("{:.1}", costs.budget_share * 100.0).replace('.', ","),
            if costs.equal { "equal to the published rows" } else { "DIFFERENT from the published rows" }
        );
        output.line(output.paint(tone(costs.equal), &text));
    }
}

/// Compares what is published in the warehouse with what was in 2022.
///
/// # Errors
/// [`Error::Storage`] where a mart cannot be read.
pub async fn compare(storage: &Storage, published: &Published) -> Result<Comparison> {
    let values = values(storage, published).await?;
    let marks = marks(storage, published).await?;
    let mut indicators = Vec::new();
    let (mut milestones, mut milestones_equal) = (0, 0);
    for row in figures()? {
        if row.kind == "milestone" {
            let marked = PERIODS.iter().zip(&row.cells);
            milestones += 1;
            milestones_equal += usize::from(marked.into_iter().all(|(period, cell)| {
                (cell == "x") == marks.get(&(row.indicator_id.clone(), (*period).to_owned())).copied().unwrap_or(false)
            }));
        } else {
            let published = [0, 1, 2].map(|column: usize| row.cells.get(column).and_then(|cell| cell.parse().ok()));
            let computed = PERIODS.map(|period| values.get(&(row.indicator_id.clone(), period.to_owned())).copied());
            // An average is published to the unit; a count is one.
            let same = |published: f64, computed: f64| match row.kind.as_str() {
                "average" => computed.round() == published,
                _ => computed == published,
            };
            let pairs = published.iter().zip(&computed);
            let equal = pairs.into_iter().all(|(published, computed)| {
                published.is_none_or(|published| computed.is_some_and(|computed| same(published, computed)))
            });
            indicators.push(Line {
                indicator_id: row.indicator_id,
                label_nl: row.label_nl,
                published,
                computed,
                equal,
            });
        }
    }
    Ok(Comparison { indicators, milestones_equal, milestones, costs: costs(storage, published).await? })
}

type ByPeriod<T> = BTreeMap<(String, String), T>;

async fn values(storage: &Storage, published: &Published) -> Result<ByPeriod<f64>> {
    let mut values = BTreeMap::new();
    for batch in
        published.batches(storage, "marts/indicator_values", Some(&["indicator_id", "period", "value"])).await?
    {
        let (ids, periods) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            if let Some(value) = records::fraction(batch.column(2), row) {
                values.insert((ids.value(row).to_owned(), periods.value(row).to_owned()), value);
            }
        }
    }
    Ok(values)
}

async fn marks(storage: &Storage, published: &Published) -> Result<ByPeriod<bool>> {
    let mut marks = BTreeMap::new();
    for batch in published.batches(storage, "marts/milestones", Some(&["indicator_id", "period", "planned"])).await? {
        let (ids, periods) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        let planned = batch.column(2).as_boolean();
        for row in 0..batch.num_rows() {
            let is_planned = planned.is_valid(row) && planned.value(row);
            marks.insert((ids.value(row).to_owned(), periods.value(row).to_owned()), is_planned);
        }
    }
    Ok(marks)
}

async fn costs(storage: &Storage, published: &Published) -> Result<Costs> {
    let rows = records::read(storage, published, "marts/budget").await?;
    let year = rows.iter().find(|row| records::text(row, "year") == "2022");
    let text = |column: &str| year.map_or("", |row| records::text(row, column));
    let (actual_cents, forecast_cents) = (cents(text("actual")), cents(text("forecast")));
    let budget_share = text("budget_share").parse().unwrap_or_default();
    let equal = (actual_cents, forecast_cents) == COSTS && f64::round(budget_share * 1000.0) == BUDGET_SHARE;
    Ok(Costs { actual_cents, forecast_cents, budget_share, equal })
}

struct Figure {
    indicator_id: String,
    label_nl: String,
    kind: String,
    cells: Vec<String>,
}

fn figures() -> Result<Vec<Figure>> {
    let mut reader = csv::Reader::from_reader(FIGURES.as_bytes());
    reader
        .records()
        .map(|record| {
            let record = record.map_err(Error::internal)?;
            let mut cells = record.iter().map(str::to_owned);
            let mut next = || cells.next().unwrap_or_default();
            let (indicator_id, label_nl, kind) = (next(), next(), next());
            Ok(Figure { indicator_id, label_nl, kind, cells: cells.collect() })
        })
        .collect()
}

/// The computed figure, with the published one behind it where they differ.
fn cell(published: Option<f64>, computed: Option<f64>) -> String {
    let shown = computed.map(fraction).unwrap_or_default();
    match published {
        Some(published) if computed.is_none_or(|computed| computed.round() != published) => {
            format!("{shown} ≠ {}", fraction(published))
        }
        _ => shown,
    }
}

/// A decimal text of at most two decimals, in cents.
fn cents(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<2}").parse().unwrap_or(0)
}

/// Cents as Dutch readers write euros, as `94.840,79`.
fn euro(cents: i64) -> String {
    let whole = crate::output::thousands(cents.unsigned_abs() / 100).replace(',', ".");
    format!("{}{whole},{:02}", if cents < 0 { "-" } else { "" }, cents.unsigned_abs() % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_table_is_whole() {
        let figures = figures().unwrap();
        assert_eq!(figures.len(), 87);
        assert_eq!(figures.iter().filter(|figure| figure.kind != "milestone").count(), 49);
        assert!(figures.iter().all(|figure| figure.cells.len() == PERIODS.len()));
    }

    #[test]
    fn a_difference_shows_both_figures() {
        assert_eq!(cell(Some(130.0), Some(130.0)), "130");
        assert_eq!(cell(Some(130.0), Some(131.0)), "131 ≠ 130");
        assert_eq!(cell(Some(130.0), None), " ≠ 130");
        assert_eq!(cell(None, Some(7.0)), "7");
    }

    #[test]
    fn money_is_exact() {
        assert_eq!(cents("94840.79"), COSTS.0);
        assert_eq!(cents("3.5"), 350);
        assert_eq!(euro(COSTS.1), "162.584,16");
    }
}
