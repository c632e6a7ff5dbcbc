//! Grafieken: charts of Excel that point at the sheets of data, so that they
//! follow when a reader filters or changes a cell.
//!
//! To add one of a table of the document: a line in [`OF_TABLES`].

mod draw;

use peil_warehouse::period::PeriodType;
use rust_xlsxwriter::{ChartType, Color};

use super::grid::{Entry, Grid, NumberFormat};
use super::style::{BLUE, GREY, LILAC, ORANGE, TEAL, status_series};
use super::{indicators, score};
use crate::document::Document;
use crate::format::{EMPTY, number, percent, period_phrase};
use crate::frames::{Report, Status};

pub(super) use draw::write;

/// Excel takes no longer text for a chart.
const ALTERNATIVE: usize = 255;

/// A chart to be.
pub(super) struct Planned {
    title: String,
    /// What it shows, for who does not see it.
    alternative: String,
    kind: ChartType,
    series: Vec<Series>,
    format: NumberFormat,
    /// Points of each series.
    points: usize,
    labels: bool,
}

/// Cells of a sheet as a series.
struct Series {
    name: String,
    sheet: String,
    rows: (u32, u32),
    categories: u16,
    values: u16,
    color: Color,
}

/// A chart of a table of the document.
struct OfTable {
    /// The table.
    table: &'static str,
    /// The columns of its values, each a series; its first column that names
    /// the rows gives the categories.
    values: &'static [&'static str],
    /// The column of the categories.
    categories: &'static str,
    kind: ChartType,
    /// At most so many rows.
    most: usize,
    /// The chart of the report that states the finding, for the title; where
    /// there is none, what the table shows is the title.
    like: &'static str,
}

/// The charts of the tables of the document, in its order.
const OF_TABLES: [OfTable; 10] = [
    OfTable {
        table: "most_chosen_solutions",
        values: &["chosen"],
        categories: "solution",
        kind: ChartType::Bar,
        most: 15,
        like: "oplossingen",
    },
    OfTable {
        table: "portal_use",
        values: &["users", "users_year_ago"],
        categories: "module",
        kind: ChartType::Bar,
        most: 15,
        like: "portaal",
    },
    OfTable {
        table: "satisfaction",
        values: &["average_score"],
        categories: "solution",
        kind: ChartType::Bar,
        most: 20,
        like: "tevredenheid",
    },
    OfTable {
        table: "coupling_techniques",
        values: &["couplings", "used"],
        categories: "technique",
        kind: ChartType::Bar,
        most: 15,
        like: "",
    },
    OfTable {
        table: "building_blocks",
        values: &["in_use", "implementing", "planned"],
        categories: "building_block",
        kind: ChartType::BarStacked,
        most: 40,
        like: "",
    },
    OfTable {
        table: "lb365_modules",
        values: &["live", "tracks"],
        categories: "module",
        kind: ChartType::Bar,
        most: 25,
        like: "lb365_modules",
    },
    OfTable {
        table: "bus_months",
        values: &["messages"],
        categories: "month",
        kind: ChartType::Column,
        most: 36,
        like: "busverkeer",
    },
    OfTable {
        table: "bus_services",
        values: &["error_rate", "error_rate_before"],
        categories: "service",
        kind: ChartType::Bar,
        most: 20,
        like: "busfouten",
    },
    OfTable {
        table: "maturity_chapters",
        values: &["mean", "mean_before"],
        categories: "chapter",
        kind: ChartType::Bar,
        most: 15,
        like: "maturiteit",
    },
    OfTable {
        table: "budget_years",
        values: &["budget", "actual", "forecast"],
        categories: "year",
        kind: ChartType::Column,
        most: 10,
        like: "middelen",
    },
];

/// The table of costs, of which each product has a chart.
const COSTS: &str = "costs";

/// Every chart that there are figures for.
pub(super) fn planned(grids: &[Grid], report: &Report, document: &Document) -> Vec<Planned> {
    let find = |table: &str| grids.iter().find(|grid| grid.table == table);
    let mut charts = Vec::new();
    charts.extend(find(score::TABLE).and_then(|grid| statuses(grid, report)));
    charts.extend(find(indicators::TARGETS).into_iter().flat_map(|grid| attainments(grid, report)));
    charts.extend(OF_TABLES.iter().filter_map(|line| of_table(find(line.table)?, line, document)));
    charts.extend(find(COSTS).into_iter().flat_map(costs));
    charts
}

/// How many indicators of each programme stand how.
fn statuses(grid: &Grid, report: &Report) -> Option<Planned> {
    let rows = (0, grid.rows.len().checked_sub(grid.totals.len() + 1)?);
    let series: Vec<Series> = Status::ALL
        .into_iter()
        .filter_map(|status| Series::of(grid, rows, "programme", status.code(), status_series(status)))
        .filter(|series| series.has_values(grid))
        .collect();
    let title = format!("Indicatoren per programma en status, {}", period_phrase(report.colophon.period));
    Planned::new(title, ChartType::BarStacked, series, grid, NumberFormat::Decimals(0))
}

/// How far each indicator of a programme is on its way to its target.
fn attainments(grid: &Grid, report: &Report) -> Vec<Planned> {
    let Some(programme) = grid.column("programme") else { return Vec::new() };
    let mark = match report.colophon.period.kind() {
        PeriodType::Year => report.colophon.period.to_string(),
        _ => period_phrase(report.colophon.period),
    };
    let name = |row: &Vec<Entry>| match row.get(programme) {
        Some(Entry::Text(name)) => name.clone(),
        _ => String::new(),
    };
    let mut charts = Vec::new();
    let mut first = 0;
    while first < grid.rows.len() {
        let programme = name(&grid.rows[first]);
        let length = grid.rows[first..].iter().take_while(|row| name(row) == programme).count();
        let series = Series::of(grid, (first, first + length - 1), "label", "attainment", BLUE);
        let series = series.into_iter().filter(|series| series.has_values(grid)).collect();
        let title = format!("{programme}: doelbereik van elke indicator, {mark}");
        charts.extend(Planned::new(title, ChartType::Bar, series, grid, NumberFormat::Share));
        first += length;
    }
    charts
}

/// What was booked and what is expected, by type of cost, for each product.
fn costs(grid: &Grid) -> Vec<Planned> {
    let Some(product) = grid.column("group") else { return Vec::new() };
    let name = |row: usize| match grid.rows.get(row).and_then(|row| row.get(product)) {
        Some(Entry::Text(name)) if !grid.totals.contains(&row) => Some(name.as_str()),
        _ => None,
    };
    let mut charts = Vec::new();
    let mut first = 0;
    while first < grid.rows.len() {
        let length =
            (first..grid.rows.len()).take_while(|row| name(*row).is_some() && name(*row) == name(first)).count();
        if let (Some(product), true) = (name(first), length > 0) {
            let series = ["actual", "forecast"].into_iter().zip([BLUE, LILAC]).filter_map(|(values, color)| {
                Series::of(grid, (first, first + length - 1), "cost_type", values, color)
            });
            let series: Vec<Series> = series.filter(|series| series.has_values(grid)).collect();
            let title = format!("{product}: kosten per soort, in euro");
            // The rows of all products together hold the budget, not costs.
            if series.len() > 1 {
                charts.extend(Planned::new(title, ChartType::Bar, series, grid, NumberFormat::Euro));
            }
        }
        first += length.max(1);
    }
    charts
}

fn of_table(grid: &Grid, line: &OfTable, document: &Document) -> Option<Planned> {
    let body = (0..grid.rows.len()).take_while(|row| !grid.totals.contains(row)).count().min(line.most);
    let rows = (0, body.checked_sub(1)?);
    let colors = [BLUE, TEAL, ORANGE, LILAC, GREY];
    let series: Vec<Series> = line
        .values
        .iter()
        .zip(colors)
        .filter_map(|(values, color)| {
            // What was before stands back.
            let before = values.ends_with("_before") || values.ends_with("_ago");
            Series::of(grid, rows, line.categories, values, if before { LILAC } else { color })
        })
        .filter(|series| series.has_values(grid))
        .collect();
    let format = series.first().and_then(|series| series.format(grid))?;
    let finding = document.charts().find(|chart| chart.name == line.like).map(|chart| chart.title.clone());
    let title = finding.unwrap_or_else(|| grid.caption.clone());
    Planned::new(title, line.kind, series, grid, format)
}

impl Planned {
    /// A chart; none without a series.
    fn new(title: String, kind: ChartType, series: Vec<Series>, grid: &Grid, format: NumberFormat) -> Option<Self> {
        let first = series.first()?;
        let points = (first.rows.1 - first.rows.0 + 1) as usize;
        let title = title.replace('\u{a0}', " ");
        Some(Self {
            alternative: alternative(&title, &series, grid),
            labels: kind == ChartType::BarStacked || kind == ChartType::Bar && series.len() <= 2 && points <= 30,
            title,
            kind,
            series,
            format,
            points,
        })
    }
}

impl Series {
    /// The column `values` of rows (from 0, both included) of a grid.
    fn of(grid: &Grid, rows: (usize, usize), categories: &str, values: &str, color: Color) -> Option<Self> {
        let column = |name: &str| grid.column(name).and_then(|at| u16::try_from(at).ok());
        let values = column(values)?;
        // The header is the first row of the sheet.
        let row = |row: usize| u32::try_from(row + 1).ok();
        Some(Self {
            // A heading that stands twice in a sheet has a number there.
            name: grid.columns.get(usize::from(values))?.heading.trim_end_matches(" 2").to_owned(),
            sheet: grid.sheet.clone(),
            rows: (row(rows.0)?, row(rows.1)?),
            categories: column(categories)?,
            values,
            color,
        })
    }

    fn entries<'a>(&self, grid: &'a Grid) -> impl Iterator<Item = (&'a Entry, &'a Entry)> {
        let (first, last) = (self.rows.0 as usize - 1, self.rows.1 as usize - 1);
        let (categories, values) = (usize::from(self.categories), usize::from(self.values));
        grid.rows
            .get(first..=last)
            .into_iter()
            .flatten()
            .filter_map(move |row| Some((row.get(categories)?, row.get(values)?)))
    }

    fn has_values(&self, grid: &Grid) -> bool {
        self.entries(grid).any(|(_, value)| matches!(value, Entry::Number(value, _) if *value != 0.0))
    }

    fn format(&self, grid: &Grid) -> Option<NumberFormat> {
        self.entries(grid).find_map(|(_, value)| match value {
            Entry::Number(_, format) => Some(*format),
            _ => None,
        })
    }
}

/// The finding in words, as long as Excel lets it be: the ends of each series,
/// and where all of its figures stand.
fn alternative(title: &str, series: &[Series], grid: &Grid) -> String {
    let place = format!(" Alle cijfers: blad {}.", grid.sheet);
    let mut text = cut(&format!("{title}."), ALTERNATIVE - place.chars().count());
    for one in series {
        let mut points: Vec<(f64, String)> = one
            .entries(grid)
            .filter_map(|(name, value)| match value {
                Entry::Number(number, _) => Some((*number, format!("{} {}", shown(name), shown(value)))),
                _ => None,
            })
            .collect();
        points.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (Some((_, lowest)), Some((_, highest))) = (points.first(), points.last()) else { continue };
        let part = if points.len() == 1 {
            format!(" {}: {highest}.", one.name)
        } else {
            format!(" {}: hoogste {highest}, laagste {lowest}.", one.name)
        };
        if text.chars().count() + part.chars().count() + place.chars().count() > ALTERNATIVE {
            break;
        }
        text += &part;
    }
    text + &place
}

/// A text of at most so many characters.
fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).collect::<String>() + "…"
}

fn shown(entry: &Entry) -> String {
    match entry {
        Entry::Blank => EMPTY.to_owned(),
        Entry::Text(text) | Entry::Link(text, _) => text.clone(),
        Entry::Number(value, NumberFormat::Share) => percent(*value),
        Entry::Number(value, NumberFormat::Decimals(decimals)) => number(*value, *decimals),
        Entry::Number(value, NumberFormat::Euro) => format!("{} €", number(*value, 2)),
        Entry::Number(value, NumberFormat::Name) => value.to_string(),
        Entry::Day(day) => crate::format::short_day(*day),
        Entry::Status(status) => status.word().to_owned(),
    }
    .replace('\u{a0}', " ")
}
