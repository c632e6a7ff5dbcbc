//! The costs of the year as a waterfall of the products to the forecast, with
//! the budget as a line.

use peil_warehouse::Result;

use super::canvas::{Anchor, Canvas, Drawing, Label, Layout};
use super::theme::{self, BLUE, GREY, GRID, ORANGE, PLUM, Weight};
use super::{Chart, ChartTable, steps};
use crate::format::{EMPTY, capital, euro, long_day, percent, whole_euro};
use crate::frames::{Costs, Report};

pub(super) const NAME: &str = "middelen";

const LINE: f64 = 16.0;
const THICK: f64 = 26.0;
const ROW: f64 = 52.0;

/// A row of the waterfall, in cents.
struct Step<'a> {
    name: &'a str,
    /// Forecast of the products before it.
    start: f64,
    actual: f64,
    forecast: f64,
    actual_text: String,
    forecast_text: String,
}

/// Draws the chart; none where nothing was booked.
pub(super) fn draw(report: &Report) -> Result<Option<Chart>> {
    let costs = &report.costs;
    let (Some(actual), Some(forecast)) = (costs.actual(), costs.forecast()) else { return Ok(None) };
    let mut start = 0.0;
    let mut rows: Vec<Step<'_>> = Vec::new();
    for product in &costs.products {
        let step = step(&product.name, start, product.actual().unwrap_or(0), product.forecast().unwrap_or(0));
        start += step.forecast;
        rows.push(step);
    }
    rows.push(step("Totaal", 0.0, actual, forecast));
    let drawings = Layout::ALL.into_iter().map(|layout| picture(costs, &rows, layout)).collect::<Result<_>>()?;
    let parts: Vec<String> = rows
        .iter()
        .map(|row| format!("{}: {} geboekt, {} verwacht", row.name, row.actual_text, row.forecast_text))
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
        drawings,
    }))
}

fn step(name: &str, start: f64, actual: i128, forecast: i128) -> Step<'_> {
    Step {
        name,
        start,
        actual: actual as f64,
        forecast: forecast as f64,
        actual_text: euro(actual),
        forecast_text: euro(forecast),
    }
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
        rows.iter().map(|row| vec![row.name.to_owned(), row.actual_text.clone(), row.forecast_text.clone()]).collect();
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

/// Where amounts stand.
struct Places {
    layout: Layout,
    plot: f64,
    room: f64,
    largest: f64,
}

impl Places {
    fn new(costs: &Costs, rows: &[Step<'_>], layout: Layout) -> Self {
        let ends = rows.iter().map(|row| row.start + row.forecast.max(row.actual));
        let largest = ends.chain(costs.budget.map(|budget| budget as f64)).fold(1.0, f64::max);
        let (plot, room) = match layout {
            Layout::Wide => (190.0, 440.0),
            Layout::Narrow => (1.0, 332.0),
        };
        Self { layout, plot, room, largest }
    }

    fn x(&self, cents: f64) -> f64 {
        self.plot + cents / self.largest * self.room
    }

    /// Middle of the bar of a row that begins at `top`.
    fn middle(&self, top: f64) -> f64 {
        match self.layout {
            Layout::Wide => top + ROW / 2.0,
            Layout::Narrow => top + 2.0 * LINE + 8.0 + THICK / 2.0,
        }
    }

    fn row_height(&self) -> f64 {
        if self.layout == Layout::Wide { ROW } else { ROW + 34.0 }
    }
}

fn picture(costs: &Costs, rows: &[Step<'_>], layout: Layout) -> Result<Drawing> {
    let places = Places::new(costs, rows, layout);
    let (top, after_total) = (34.0, 48.0);
    let rows_end = top + rows.len() as f64 * places.row_height() + 6.0;
    let height = rows_end + after_total + 20.0;
    let row_top = |index: usize| {
        let total = index + 1 == rows.len();
        top + index as f64 * places.row_height() + if total { 6.0 } else { 0.0 }
    };
    Canvas::draw(layout, height, |canvas| {
        axis(canvas, &places, top, height - 20.0)?;
        let total_top = row_top(rows.len() - 1);
        let total_bottom = places.middle(total_top) + THICK / 2.0;
        canvas.path(&[(0.0, total_top - 1.0), (layout.width(), total_top - 1.0)], 0.8, GREY)?;
        for (index, row) in rows.iter().enumerate() {
            let middle = places.middle(row_top(index));
            bar(canvas, &places, row, middle)?;
            if index + 1 < rows.len() {
                connector(canvas, &places, row, middle)?;
            }
        }
        // The line crosses the bars, and the texts stand over the line.
        budget_line(canvas, &places, costs, top, total_bottom + 4.0)?;
        for (index, row) in rows.iter().enumerate() {
            labels(canvas, &places, row, row_top(index), index + 1 == rows.len())?;
        }
        below_total(canvas, &places, costs, (actual(rows), forecast(rows)), total_bottom)
    })
}

/// Booked in total: the last row's.
fn actual(rows: &[Step<'_>]) -> f64 {
    rows.last().map_or(0.0, |row| row.actual)
}

/// Forecast in total: the last row's.
fn forecast(rows: &[Step<'_>]) -> f64 {
    rows.last().map_or(0.0, |row| row.forecast)
}

fn axis(canvas: &mut Canvas<'_>, places: &Places, top: f64, bottom: f64) -> Result<()> {
    let most = if places.layout == Layout::Wide { 5 } else { 4 };
    for cents in steps(places.largest, most) {
        let x = places.x(cents);
        canvas.path(&[(x, top), (x, bottom)], 0.8, GRID)?;
        let anchor = if cents == 0.0 && places.layout == Layout::Narrow {
            Anchor::Start
        } else if x > places.layout.width() - 30.0 {
            Anchor::End
        } else {
            Anchor::Middle
        };
        let text = if cents == 0.0 { "0".to_owned() } else { whole_euro(cents as i128) };
        canvas.text(&text, x, bottom + 11.0, Label::note(anchor))?;
    }
    Ok(())
}

fn budget_line(canvas: &mut Canvas<'_>, places: &Places, costs: &Costs, top: f64, bottom: f64) -> Result<()> {
    let Some(budget) = costs.budget else { return Ok(()) };
    let x = places.x(budget as f64);
    // The white rim sets the line off from the bars that it crosses.
    canvas.path(&[(x, top - 8.0), (x, bottom)], 5.0, theme::WHITE)?;
    canvas.path(&[(x, top - 8.0), (x, bottom)], 2.0, PLUM)?;
    let text = format!("budget {} {}", costs.year, euro(budget));
    let label = Label { colour: PLUM, ..Label::strong(Anchor::Start) };
    let width = theme::width(&text, label.size, label.weight)?;
    let left = (x - width / 2.0).clamp(0.0, places.layout.width() - width);
    canvas.text(&text, left, top - 18.0, label)?;
    Ok(())
}

/// The bar of a row: booked solid, the rest of the forecast hatched.
fn bar(canvas: &mut Canvas<'_>, places: &Places, row: &Step<'_>, middle: f64) -> Result<()> {
    let (start, booked, end) =
        (places.x(row.start), places.x(row.start + row.actual), places.x(row.start + row.forecast));
    canvas.bar(start, middle - THICK / 2.0, booked - start, THICK, BLUE)?;
    if end > booked {
        canvas.hatched(booked, middle - THICK / 2.0, end - booked, THICK, BLUE)?;
    }
    Ok(())
}

/// The name and the amounts of a row.
fn labels(canvas: &mut Canvas<'_>, places: &Places, row: &Step<'_>, top: f64, total: bool) -> Result<()> {
    let weight = if total { Weight::SemiBold } else { Weight::Regular };
    let name = Label { weight, ..Label::plain(Anchor::Start) };
    let middle = places.middle(top);
    let booked = format!("geboekt {}", row.actual_text);
    if places.layout == Layout::Wide {
        let lines = theme::wrap(row.name, theme::LABEL, weight, places.plot - 14.0)?;
        for (index, line) in lines.iter().enumerate() {
            let offset = index as f64 - (lines.len() as f64 - 1.0) / 2.0;
            canvas.text(line, 0.0, middle + offset * LINE, name)?;
        }
        let right = places.x(row.start + row.forecast.max(row.actual)) + 8.0;
        canvas.text_on_white(&row.forecast_text, right, middle - LINE / 2.0, Label::strong(Anchor::Start))?;
        canvas.text_on_white(&booked, right, middle + LINE / 2.0, Label::note(Anchor::Start))?;
    } else {
        canvas.text_on_white(row.name, 0.0, top + LINE / 2.0 + 4.0, name)?;
        let second = top + LINE * 1.5 + 4.0;
        let figure = Label { size: theme::NOTE, ..Label::strong(Anchor::Start) };
        let width = canvas.text_on_white(&format!("prognose {}", row.forecast_text), 0.0, second, figure)?;
        canvas.text_on_white(&booked, width + 10.0, second, Label::note(Anchor::Start))?;
    }
    Ok(())
}

/// The thin line that leads from a product's end to the next one's start.
fn connector(canvas: &mut Canvas<'_>, places: &Places, row: &Step<'_>, middle: f64) -> Result<()> {
    let x = places.x(row.start + row.forecast);
    let next = middle + places.row_height() - THICK / 2.0;
    let gap = if places.layout == Layout::Wide { next } else { middle + THICK / 2.0 + 8.0 };
    canvas.path(&[(x, middle + THICK / 2.0), (x, gap)], 0.8, GREY)
}

/// Names the parts of the total, and what lies beyond the budget.
fn below_total(canvas: &mut Canvas<'_>, places: &Places, costs: &Costs, total: (f64, f64), bottom: f64) -> Result<()> {
    let note = Label::note(Anchor::Start);
    let mut left = places.x(0.0);
    let middle = bottom + 14.0;
    let booked = costs.until.map_or_else(|| "geboekt".to_owned(), |day| format!("geboekt t/m {}", long_day(day)));
    left += canvas.text_on_white(&booked, left, middle, Label { colour: BLUE, ..note })?;
    if !costs.finished() {
        let hatched = places.x(total.0).max(left + 12.0);
        let text = format!("nog verwacht in {}", costs.year);
        let width = theme::width(&text, note.size, note.weight)?;
        let place = hatched.min(places.layout.width() - width);
        canvas.text_on_white(&text, place, middle, note)?;
    }
    let Some(budget) = costs.budget else { return Ok(()) };
    let (from, to) = (places.x(budget as f64), places.x(total.1));
    if to <= from {
        return Ok(());
    }
    let bracket = middle + 13.0;
    canvas.path(&[(from, bracket - 4.0), (from, bracket), (to, bracket), (to, bracket - 4.0)], 3.0, ORANGE)?;
    let beyond = format!("{} boven het budget", euro(total.1 as i128 - budget));
    let label = Label { size: theme::NOTE, ..Label::strong(Anchor::End) };
    canvas.text_on_white(&beyond, to, bracket + 12.0, label)?;
    Ok(())
}
