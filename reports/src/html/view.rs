//! What the templates are given: texts as readers see them.

use serde::Serialize;

use super::cells::{self, Cell, PeriodCell, Sign};
use super::font::Fonts;
use crate::charts::Chart;
use crate::format::{EMPTY, capital, euro, long_day, percent, period_name, short_day};
use crate::frames::{AttentionPoint, Costs, Indicator, MilestoneRow, Report, Row, Status};
use crate::sentences::{status_counts, summary};
use peil_warehouse::period::brussels_day;

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct Page {
    fonts: Fonts,
    title: String,
    period: String,
    year: i32,
    colophon: ColophonView,
    columns: Columns,
    counts: Vec<Count>,
    numeric: usize,
    milestones: usize,
    messages: Vec<MessageView>,
    programmes: Vec<ProgrammeView>,
    charts: Vec<ChartView>,
    costs: CostsView,
    attention: Vec<PointView>,
    quarters_begun: usize,
}

#[derive(Debug, Serialize)]
struct ColophonView {
    code: String,
    from: String,
    until: String,
    as_of: String,
    peildatum: String,
    known_on: String,
    run: String,
    published_on: Option<String>,
    provisional: bool,
}

/// Headings of the indicator tables.
#[derive(Debug, Serialize)]
struct Columns {
    before: i32,
    quarters: [String; 4],
    following: [i32; 2],
    period: String,
}

#[derive(Debug, Serialize)]
struct Count {
    sign: Sign,
    count: usize,
}

#[derive(Debug, Serialize)]
struct MessageView {
    subject: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct ProgrammeView {
    code: String,
    name: String,
    sections: Vec<SectionView>,
    rows: usize,
}

#[derive(Debug, Serialize)]
struct SectionView {
    name: String,
    rows: Vec<RowView>,
}

#[derive(Debug, Serialize)]
struct RowView {
    id: String,
    label: String,
    unit: String,
    kind: &'static str,
    definition: String,
    milestone: bool,
    cells: Vec<Cell>,
    period: PeriodCell,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ChartView {
    name: &'static str,
    title: String,
    measure: String,
    source: String,
    drawings: Vec<String>,
    caption: String,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

#[derive(Debug, Serialize)]
struct CostsView {
    booked: String,
    products: Vec<ProductView>,
    actual: String,
    forecast: String,
    budget: Option<String>,
    share: Option<String>,
    difference: Option<String>,
    over: bool,
    finished: bool,
}

#[derive(Debug, Serialize)]
struct ProductView {
    name: String,
    lines: Vec<[String; 3]>,
    actual: String,
    forecast: String,
}

#[derive(Debug, Serialize)]
struct PointView {
    subject: String,
    text: String,
}

impl Page {
    pub(super) fn new(report: &Report, charts: &[Chart]) -> Self {
        let colophon = &report.colophon;
        let period = period_name(colophon.period);
        let year = colophon.year();
        Self {
            fonts: Fonts::new(),
            title: format!("Voortgangsrapport {period}"),
            colophon: ColophonView {
                code: colophon.period.to_string(),
                from: long_day(colophon.period.first_day()),
                until: long_day(colophon.period.last_day()),
                as_of: long_day(colophon.as_of),
                peildatum: long_day(colophon.peildatum()),
                known_on: colophon.known_on.map_or_else(
                    || "alle leveringen".to_owned(),
                    |day| format!("leveringen tot en met {}", long_day(day)),
                ),
                run: colophon.run_id.clone().unwrap_or_else(|| EMPTY.to_owned()),
                published_on: colophon.published_at.map(|moment| short_day(brussels_day(moment))),
                provisional: colophon.provisional(),
            },
            columns: Columns {
                before: year - 1,
                quarters: [1, 2, 3, 4].map(|quarter| format!("Q{quarter}")),
                following: [year + 1, year + 2],
                period: capital(&period),
            },
            counts: counts(report),
            numeric: report.indicators.numeric().count(),
            milestones: report.indicators.milestones().count(),
            messages: summary(report)
                .into_iter()
                .map(|message| MessageView { subject: message.subject, text: message.text.plain() })
                .collect(),
            programmes: programmes(report),
            charts: charts.iter().map(chart).collect(),
            costs: costs(&report.costs),
            attention: report.attention.iter().map(point).collect(),
            quarters_begun: report
                .indicators
                .numeric()
                .next()
                .map_or(0, |row| row.quarters.iter().filter(|quarter| quarter.begun).count()),
            period,
            year,
        }
    }
}

/// The number of indicators of each status; those that are always told, and
/// those that occur.
fn counts(report: &Report) -> Vec<Count> {
    let always = |status| matches!(status, Status::Achieved | Status::AtRisk | Status::Missed);
    status_counts(report)
        .into_iter()
        .filter(|(status, count)| *count > 0 || (always(*status) && !report.colophon.provisional()))
        .map(|(status, count)| Count { sign: status.into(), count })
        .collect()
}

fn programmes(report: &Report) -> Vec<ProgrammeView> {
    let section = |section: &crate::frames::Section| SectionView {
        name: section.name.clone(),
        rows: section.rows.iter().map(row).collect(),
    };
    report
        .indicators
        .programmes
        .iter()
        .map(|programme| ProgrammeView {
            code: programme.code.clone(),
            name: programme.name.clone(),
            rows: programme.sections.iter().map(|section| section.rows.len()).sum(),
            sections: programme.sections.iter().map(section).collect(),
        })
        .collect()
}

fn row(row: &Row) -> RowView {
    let view = |indicator: &Indicator, cells, period, notes, milestone| RowView {
        id: indicator.id.clone(),
        label: indicator.label.clone(),
        unit: indicator.unit.clone(),
        kind: kind_name(&indicator.kind),
        definition: indicator.definition.clone(),
        milestone,
        cells,
        period,
        notes,
    };
    match row {
        Row::Numeric(row) => {
            let mut cells = vec![cells::baseline(row.baseline)];
            cells.extend(row.quarters.iter().chain(&row.following).map(cells::numeric));
            view(&row.indicator, cells, cells::period(row), Vec::new(), false)
        }
        Row::Milestone(row) => {
            let mut cells = vec![cells::marks(&row.baseline, true)];
            cells.extend(row.quarters.iter().map(|marks| cells::marks(marks, false)));
            cells.extend(row.following.iter().map(|marks| cells::marks(marks, true)));
            view(&row.indicator, cells, cells::milestone_period(row), notes(row), true)
        }
    }
}

/// The register's notes on the year of the report, each with its period.
fn notes(row: &MilestoneRow) -> Vec<String> {
    let noted = row.quarters.iter().flatten();
    noted
        .filter_map(|mark| {
            mark.note.as_ref().map(|note| format!("{}: {note}", crate::format::period_mark(mark.period)))
        })
        .collect()
}

fn kind_name(kind: &str) -> &'static str {
    match kind {
        "stock" => "stand op de peildatum",
        "cumulative" => "totaal sinds de start",
        "flow" => "aantal binnen de periode",
        "distinct" => "unieke binnen de periode",
        "rolling" => "unieke in de laatste twaalf maanden",
        "monthly_active" => "gemiddelde van de maanden",
        "average" => "gemiddelde van de laatste metingen",
        "milestone" => "mijlpaal",
        _ => "andere telling",
    }
}

fn chart(chart: &Chart) -> ChartView {
    ChartView {
        name: chart.name,
        title: chart.title.clone(),
        measure: chart.measure.clone(),
        source: chart.source.clone(),
        drawings: chart.drawings.iter().map(|one| one.svg(chart.name, &chart.title, &chart.alternative)).collect(),
        caption: chart.table.caption.clone(),
        header: chart.table.header.clone(),
        rows: chart.table.rows.clone(),
    }
}

fn costs(costs: &Costs) -> CostsView {
    let amount = |cents: Option<i128>| cents.map_or_else(|| EMPTY.to_owned(), euro);
    let product = |product: &crate::frames::Product| ProductView {
        name: product.name.clone(),
        lines: product
            .lines
            .iter()
            .map(|line| [line.cost_type.clone(), amount(line.actual), amount(line.forecast)])
            .collect(),
        actual: amount(product.actual()),
        forecast: amount(product.forecast()),
    };
    let difference = costs.forecast().zip(costs.budget).map(|(forecast, budget)| forecast - budget);
    CostsView {
        booked: costs.until.map_or_else(
            || "Geboekt (nog geen volledige maand)".to_owned(),
            |day| format!("Geboekt tot en met {}", long_day(day)),
        ),
        products: costs.products.iter().map(product).collect(),
        actual: amount(costs.actual()),
        forecast: amount(costs.forecast()),
        budget: costs.budget.map(euro),
        share: costs.budget_share.map(percent),
        difference: difference.map(|cents| euro(cents.abs())),
        over: difference.is_some_and(|cents| cents > 0),
        finished: costs.finished(),
    }
}

fn point(point: &AttentionPoint) -> PointView {
    PointView { subject: point.subject.clone(), text: point.text.clone() }
}
