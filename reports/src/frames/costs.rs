//! The costs of the year by product and cost type, and its budget.

use chrono::{Datelike, Days, NaiveDate};
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::{Period, Result};

use super::Colophon;
use super::table::{Kind, Table};

/// Products in the order of the published table; others follow by name.
const PRODUCTS: [&str; 4] =
    ["VlaVirGem tool", "Oplossingscatalogus", "Informatieveiligheids- en GDPR tool", "Proeftuin implementatie LB365"];
/// Cost types in the order of the published table; others follow by name.
const COST_TYPES: [&str; 5] =
    ["Personeel Servicedesk", "Personeel", "Ontwikkeling", "Onderhoud en SLA", "Infrastructurele ondersteuning"];

/// Costs of one type of a product, in cents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostLine {
    /// Name of the cost type.
    pub cost_type: String,
    /// Booked in the whole months that have ended; none while none has.
    pub actual: Option<i128>,
    /// Forecast of the whole year.
    pub forecast: Option<i128>,
}

/// The costs of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Name.
    pub name: String,
    /// A line for each cost type.
    pub lines: Vec<CostLine>,
}

impl Product {
    /// Sum of the lines' actual costs, in cents.
    pub fn actual(&self) -> Option<i128> {
        sum(self.lines.iter().map(|line| line.actual))
    }

    /// Sum of the lines' forecasts, in cents.
    pub fn forecast(&self) -> Option<i128> {
        sum(self.lines.iter().map(|line| line.forecast))
    }
}

/// The budget of a year, beside what was booked.
#[derive(Debug, Clone, PartialEq)]
pub struct YearBudget {
    /// The year.
    pub year: i32,
    /// Budget, in cents.
    pub budget: Option<i128>,
    /// Booked in the whole months that have ended, in cents.
    pub actual: Option<i128>,
    /// Forecast of the whole year, in cents.
    pub forecast: Option<i128>,
    /// Forecast over budget.
    pub share: Option<f64>,
}

/// The costs of a year. A total is the sum of the rows that are shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// The year.
    pub year: i32,
    /// Last day of the whole months that have ended on the as-of day; none
    /// while none has.
    pub until: Option<NaiveDate>,
    /// A row for each product.
    pub products: Vec<Product>,
    /// Budget of the year, in cents.
    pub budget: Option<i128>,
    /// Forecast over budget.
    pub budget_share: Option<f64>,
    /// Every year with a budget or a booking, up to that of the report.
    pub years: Vec<YearBudget>,
}

impl Costs {
    pub(super) async fn read(storage: &Storage, published: &Published, colophon: &Colophon) -> Result<Self> {
        let year = colophon.year();
        let columns = [
            ("year", Kind::Integer),
            ("product", Kind::Text),
            ("cost_type", Kind::Text),
            ("actual", Kind::Amount),
            ("forecast", Kind::Amount),
        ];
        let table = Table::read(storage, published, "costs", &columns, &[]).await?;
        let mut products: Vec<Product> = Vec::new();
        for row in table.rows().filter(|row| table.integer("year", *row) == Some(i64::from(year))) {
            let name = table.required("product", row)?;
            let line = CostLine {
                cost_type: table.required("cost_type", row)?,
                actual: table.amount("actual", row),
                forecast: table.amount("forecast", row),
            };
            match products.iter_mut().find(|product| product.name == name) {
                Some(product) => product.lines.push(line),
                None => products.push(Product { name, lines: vec![line] }),
            }
        }
        products.sort_by(|one, other| place(&PRODUCTS, &one.name).cmp(&place(&PRODUCTS, &other.name)));
        for product in &mut products {
            let of = |line: &CostLine| (place(&COST_TYPES, &line.cost_type).0, line.cost_type.clone());
            product.lines.sort_by_key(of);
        }
        let years = read_years(storage, published, year).await?;
        let of_year = years.last().filter(|last| last.year == year);
        Ok(Self {
            year,
            until: last_whole_month(year, colophon.as_of),
            products,
            budget: of_year.and_then(|last| last.budget),
            budget_share: of_year.and_then(|last| last.share),
            years,
        })
    }

    /// Sum of the rows' actual costs, in cents.
    pub fn actual(&self) -> Option<i128> {
        sum(self.products.iter().map(Product::actual))
    }

    /// Sum of the rows' forecasts, in cents.
    pub fn forecast(&self) -> Option<i128> {
        sum(self.products.iter().map(Product::forecast))
    }

    /// Whether the year has ended: its forecast is what was booked.
    pub fn finished(&self) -> bool {
        self.until == Some(Period::year(self.year).last_day())
    }
}

/// The years up to `last`, oldest first.
async fn read_years(storage: &Storage, published: &Published, last: i32) -> Result<Vec<YearBudget>> {
    let columns = [
        ("year", Kind::Integer),
        ("budget", Kind::Amount),
        ("actual", Kind::Amount),
        ("forecast", Kind::Amount),
        ("budget_share", Kind::Number),
    ];
    let table = Table::read(storage, published, "budget", &columns, &[]).await?;
    let mut years: Vec<YearBudget> = table
        .rows()
        .filter_map(|row| {
            Some(YearBudget {
                year: i32::try_from(table.integer("year", row)?).ok()?,
                budget: table.amount("budget", row),
                actual: table.amount("actual", row),
                forecast: table.amount("forecast", row),
                share: table.number("budget_share", row),
            })
        })
        .filter(|found| found.year <= last)
        .collect();
    years.sort_by_key(|found| found.year);
    Ok(years)
}

/// The sum of what is there; none where nothing is.
fn sum(amounts: impl Iterator<Item = Option<i128>>) -> Option<i128> {
    amounts.flatten().reduce(|one, other| one + other)
}

fn place<'a>(order: &[&str], name: &'a str) -> (usize, &'a str) {
    (order.iter().position(|known| *known == name).unwrap_or(order.len()), name)
}

/// Last day of the last whole month of `year` that has ended on `as_of`.
fn last_whole_month(year: i32, as_of: NaiveDate) -> Option<NaiveDate> {
    let tomorrow = as_of + Days::new(1);
    let month_end = tomorrow.with_day(1)? - Days::new(1);
    let last = month_end.min(Period::year(year).last_day());
    (last.year() == year).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_counts_once_it_has_ended() {
        let until = |day: &str| last_whole_month(2022, day.parse().unwrap()).map(|day| day.to_string());
        assert_eq!(until("2022-07-31").as_deref(), Some("2022-07-31"));
        assert_eq!(until("2022-07-30").as_deref(), Some("2022-06-30"));
        assert_eq!(until("2022-01-30"), None);
        assert_eq!(until("2023-05-02").as_deref(), Some("2022-12-31"));
    }
}
