//! The indicators that are the furthest from their target of the year: a
//! bullet for each.

use peil_warehouse::period::PeriodType;
use peil_warehouse::{Period, Result};

use super::kinds::{self, Bullets};
use super::{Chart, ChartTable};
use crate::format::{EMPTY, NBSP, capital, count_word, figure, long_day, percent, period_name};
use crate::frames::{NumericRow, Report};
use crate::sentences::on_the_way_to_the_year;

pub(super) const NAME: &str = "jaardoelen";

/// Indicators that are shown at most.
const SHOWN: usize = 12;

/// One bullet: everything as a share of the target of the year.
struct Bullet<'a> {
    row: &'a NumericRow,
    programme: &'a str,
    share: f64,
    baseline: Option<f64>,
    target: Option<f64>,
    figures: String,
}

impl<'a> Bullet<'a> {
    fn new(report: &'a Report, share: f64, row: &'a NumericRow) -> Self {
        let year_target = row.year_target.unwrap_or(1.0);
        let of_year = |value: Option<f64>| value.map(|value| value / year_target);
        let value = row.in_period.value.map_or_else(|| EMPTY.to_owned(), figure);
        Self {
            programme: report.indicators.programme_name(&row.indicator.programme),
            share,
            baseline: of_year(row.baseline),
            target: of_year(row.in_period.target.filter(|_| has_own_target(report))),
            figures: format!("{value}{NBSP}van{NBSP}{}", figure(year_target)),
            row,
        }
    }

    fn name(&self) -> &'a str {
        &self.row.indicator.label
    }

    fn drawn(&self) -> kinds::Bullet {
        kinds::Bullet {
            label: self.name().to_owned(),
            note: self.programme.to_owned(),
            share: self.share,
            previous: self.baseline,
            marker: self.target,
            shown: self.figures.clone(),
            shown_note: format!("{} · {}", percent(self.share), self.row.indicator.unit),
        }
    }
}

/// Whether the period has a target beside that of the year.
fn has_own_target(report: &Report) -> bool {
    report.colophon.period.kind() != PeriodType::Year
}

/// Draws the chart; none where no indicator has a target of the year.
pub(super) fn draw(report: &Report) -> Result<Option<Chart>> {
    let all = on_the_way_to_the_year(report);
    if all.is_empty() {
        return Ok(None);
    }
    let bullets: Vec<Bullet<'_>> =
        all.iter().take(SHOWN).map(|(share, row)| Bullet::new(report, *share, row)).collect();
    let colophon = &report.colophon;
    let day = long_day(colophon.peildatum());
    let year = colophon.year();
    let kind = Bullets {
        bullets: bullets.iter().map(Bullet::drawn).collect(),
        value_name: format!("stand {day}"),
        previous_name: format!("stand {}", year - 1),
        marker_name: has_own_target(report).then(|| format!("doel {}", short_period(colophon.period))),
        target_name: format!("doel {year}"),
    };
    let title = title(&all, year);
    let extremes = match (bullets.first(), bullets.last()) {
        (Some(first), Some(last)) => format!(
            "Van {} ({}, {}) tot {} ({}, {}).",
            first.name(),
            first.figures,
            percent(first.share),
            last.name(),
            last.figures,
            percent(last.share)
        ),
        _ => String::new(),
    };
    Ok(Some(Chart {
        name: NAME,
        alternative: format!(
            "Staafdiagram van de {} indicatoren die op {day} het verst van hun doel voor {year} staan, van laag naar hoog. {extremes}",
            bullets.len()
        ),
        title,
        measure: format!(
            "Stand op {day} in procent van het doel voor eind {year}; de {} van de {} indicatoren die een stand meten en het verst van hun jaardoel staan.",
            bullets.len(),
            all.len()
        ),
        source: "Bron: Peil, marts indicator_values en indicator_table.".to_owned(),
        table: table(report, &bullets),
        drawings: kind.draw()?,
    }))
}

fn title(all: &[(f64, &NumericRow)], year: i32) -> String {
    let under = |limit: f64| all.iter().filter(|(share, _)| *share < limit).count();
    let indicators = |count: usize| {
        let noun = if count == 1 { "indicator staat" } else { "indicatoren staan" };
        capital(&format!("{} {noun}", count_word(count)))
    };
    match (under(0.5), under(1.0)) {
        (0, 0) => format!("Alle indicatoren staan op hun doel voor {year}"),
        (0, below) => format!("{} nog onder het doel voor {year}", indicators(below)),
        (half, _) => format!("{} onder de helft van het jaardoel", indicators(half)),
    }
}

fn table(report: &Report, bullets: &[Bullet<'_>]) -> ChartTable {
    let optional = |value: Option<f64>| value.map_or_else(|| EMPTY.to_owned(), figure);
    let year = report.colophon.year();
    ChartTable {
        caption: format!("Stand op {} tegenover het doel voor {year}", long_day(report.colophon.peildatum())),
        header: vec![
            "Indicator".to_owned(),
            "Eenheid".to_owned(),
            (year - 1).to_string(),
            "Stand".to_owned(),
            format!("Doel {}", period_name(report.colophon.period)),
            format!("Doel {year}"),
            "Aandeel van jaardoel".to_owned(),
        ],
        rows: bullets
            .iter()
            .map(|bullet| {
                let row = bullet.row;
                vec![
                    row.indicator.label.clone(),
                    row.indicator.unit.clone(),
                    optional(row.baseline),
                    optional(row.in_period.value),
                    optional(row.in_period.target),
                    optional(row.year_target),
                    percent(bullet.share),
                ]
            })
            .collect(),
    }
}

/// `doel` of the period, short enough for a key.
fn short_period(period: Period) -> String {
    period_name(period).replace("kwartaal", "kw.").replace("semester", "sem.")
}
