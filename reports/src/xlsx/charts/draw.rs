//! A planned chart as one of Excel's, and the sheet that holds them.

use rust_xlsxwriter::{
    Chart, ChartAxis, ChartDataLabel, ChartEmptyCells, ChartFont, ChartFormat, ChartLegendPosition, ChartLine,
    ChartSolidFill, ChartType, Color, Worksheet, XlsxError,
};

use super::super::grid::NumberFormat;
use super::super::pages::CHARTS;
use super::super::sheet::print_setup;
use super::super::style::{GREY, LIGHT, Style};
use super::{Planned, Series};

/// Pixels of a chart, and of what stands around its bars.
const WIDTH: u32 = 920;
const FRAME: u32 = 130;
const BAR: u32 = 24;
const LINE_CHART: u32 = 360;
/// Pixels of a row of the sheet.
const ROW: u32 = 20;
/// Rows of a printed page, upright, at this scale in percent.
const PAGE: u32 = 80;
const SCALE: u16 = 56;

/// Writes the sheet: the charts under each other.
pub(in crate::xlsx) fn write(
    sheet: &mut Worksheet,
    charts: &[Planned],
    title: &str,
    style: &Style,
) -> Result<(), XlsxError> {
    sheet.set_name(CHARTS)?;
    sheet.set_screen_gridlines(false);
    sheet.write_string_with_format(0, 0, "Grafieken", &style.heading)?;
    sheet.write_string(1, 0, "Elke grafiek volgt de cellen van het blad waarvan ze de cijfers toont.")?;
    let mut row = 3;
    // A chart is never parted over pages.
    let (mut page, mut breaks) = (0, Vec::new());
    for planned in charts {
        let height = height(planned);
        let rows = height / ROW + 2;
        if row + rows > page + PAGE && row > page + 3 {
            page = row;
            breaks.push(row);
        }
        sheet.insert_chart(row, 0, &chart(planned, height))?;
        row += rows;
    }
    print_setup(sheet, title)?;
    sheet.set_portrait().set_print_scale(SCALE);
    if !breaks.is_empty() {
        sheet.set_page_breaks(&breaks)?;
    }
    Ok(())
}

fn height(planned: &Planned) -> u32 {
    match planned.kind {
        ChartType::Bar | ChartType::BarStacked => {
            let points = u32::try_from(planned.points).unwrap_or(0);
            let beside =
                if planned.kind == ChartType::Bar { u32::try_from(planned.series.len()).unwrap_or(1) } else { 1 };
            FRAME + points * (BAR * beside.div_ceil(2) + 8)
        }
        _ => LINE_CHART,
    }
}

fn chart(planned: &Planned, height: u32) -> Chart {
    let mut chart = Chart::new(planned.kind);
    let lies = matches!(planned.kind, ChartType::Bar | ChartType::BarStacked);
    let stacked = matches!(planned.kind, ChartType::BarStacked | ChartType::ColumnStacked);
    chart.set_width(WIDTH).set_height(height).set_alt_text(&planned.alternative).set_name(&planned.title);
    chart.show_empty_cells_as(ChartEmptyCells::Gaps);
    chart
        .title()
        .set_name(planned.title.as_str())
        .set_font(ChartFont::new().set_size(13).set_bold().set_color(GREY))
        .set_overlay(false);
    for series in &planned.series {
        let added = chart.add_series();
        let (first, last) = series.rows;
        added
            .set_name(series.name.as_str())
            .set_categories((series.sheet.as_str(), first, series.categories, last, series.categories))
            .set_values((series.sheet.as_str(), first, series.values, last, series.values))
            .set_format(&mut look(planned.kind, series));
        if lies || planned.kind == ChartType::Column {
            added.set_gap(45);
        }
        if stacked {
            added.set_overlap(100);
        }
        if planned.labels {
            added.set_data_label(&label(planned, series));
        }
    }
    let font = |size: u32| ChartFont::new().set_size(size).set_color(GREY).clone();
    let gridlines = ChartLine::new().set_color(LIGHT).set_width(0.75).clone();
    // The horizontal axis of lying bars is that of the values.
    let (names, values) = if lies { (Axis::Vertical, Axis::Horizontal) } else { (Axis::Horizontal, Axis::Vertical) };
    names.of(&mut chart).set_font(&font(9)).set_major_gridlines(false);
    values
        .of(&mut chart)
        .set_font(&font(9))
        .set_min(0)
        .set_num_format(axis_format(planned.format))
        .set_major_gridlines(true)
        .set_major_gridlines_line(&gridlines);
    if lies {
        // The first row of the sheet stands on top, and the values below.
        names.of(&mut chart).set_reverse();
        values.of(&mut chart).set_label_position(rust_xlsxwriter::ChartAxisLabelPosition::High);
    }
    if planned.series.len() > 1 {
        chart.legend().set_position(ChartLegendPosition::Bottom).set_font(&font(9));
    } else {
        chart.legend().set_hidden();
    }
    chart
}

/// An axis by where it lies.
enum Axis {
    Horizontal,
    Vertical,
}

impl Axis {
    fn of<'a>(&self, chart: &'a mut Chart) -> &'a mut ChartAxis {
        match self {
            Self::Horizontal => chart.x_axis(),
            Self::Vertical => chart.y_axis(),
        }
    }
}

fn look(kind: ChartType, series: &Series) -> ChartFormat {
    let mut format = ChartFormat::new();
    if kind == ChartType::Line {
        format.set_line(ChartLine::new().set_color(series.color).set_width(2.25));
    } else {
        format.set_solid_fill(ChartSolidFill::new().set_color(series.color));
    }
    format
}

/// The value at its bar; in a stack inside it, and none for nothing.
fn label(planned: &Planned, series: &Series) -> ChartDataLabel {
    let mut label = ChartDataLabel::new();
    label.show_value();
    if planned.kind == ChartType::BarStacked {
        let light = [super::BLUE, super::GREY].contains(&series.color);
        let ink = if light { Color::White } else { Color::Black };
        label.set_font(ChartFont::new().set_size(9).set_color(ink)).set_num_format("0;;;");
    } else {
        label.set_font(ChartFont::new().set_size(9).set_color(GREY)).set_num_format(label_format(planned.format));
    }
    label
}

/// A share at its bar is as exact as in the tables.
fn label_format(format: NumberFormat) -> String {
    match format {
        NumberFormat::Share => "0.0%".to_owned(),
        other => axis_format(other),
    }
}

fn axis_format(format: NumberFormat) -> String {
    match format {
        NumberFormat::Share => "0%".to_owned(),
        NumberFormat::Euro => "#,##0 \"€\"".to_owned(),
        NumberFormat::Decimals(0) | NumberFormat::Name => "#,##0".to_owned(),
        NumberFormat::Decimals(decimals) => format!("#,##0.{}", "0".repeat(decimals as usize)),
    }
}
