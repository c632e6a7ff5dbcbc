//! The first part of section 12: what has changed since it was published, and
//! why.

use super::parts::{heading, number_column, table, text_column};
use crate::document::{Block, Cell, Missing, Origin, Row, Table, Text, Value};
use crate::format::{enumeration, period_name};
use crate::frames::{Cause, Edition, Measure, Report, Revision, Vintage};

/// The blocks of this part.
pub(super) fn blocks(report: &Report) -> Vec<Block> {
    let quality = &report.quality;
    let mut blocks = vec![heading("herzieningen", "Herzieningen"), Block::Paragraph(revised(report))];
    if !quality.revisions.is_empty() {
        blocks.push(Block::Table(revisions(report)));
        if quality.revisions.iter().any(|one| one.difference.is_some()) {
            blocks.push(Block::Table(parts(report)));
        }
    }
    let moved = vintages(report);
    if !moved.rows.is_empty() {
        blocks.push(Block::Table(moved));
    }
    blocks
}

fn revised(report: &Report) -> Text {
    let quality = &report.quality;
    if let Edition::Release { id, reason, .. } = &report.colophon.edition
        && quality.revisions.is_empty()
    {
        let again =
            reason.as_ref().map(|reason| format!(" Reden van deze nieuwe publicatie: {reason}.")).unwrap_or_default();
        return Text::words(format!(
            "Dit zijn de cijfers van vrijgave {id}: zo werden ze gepubliceerd, en zo blijven ze bewaard. Geen enkel cijfer dat eerder gepubliceerd werd, was toen gewijzigd.{again}"
        ));
    }
    if quality.released.is_empty() {
        return Text::words(
            "Er werd nog geen periode afgesloten en gepubliceerd. Er is dus niets herzien: alle cijfers zijn een ontwerp.",
        );
    }
    let periods: Vec<String> = quality.released.iter().map(|period| period_name(*period)).collect();
    let text = Text::words(format!("Gepubliceerd werd tot nu toe: {}. ", enumeration(&periods)));
    let count = Value::Integer(quality.revisions.len() as i64);
    match quality.revisions.len() {
        0 => text.and("Geen enkel gepubliceerd cijfer is sindsdien gewijzigd."),
        1 => text.and("Sindsdien is ").figure(count, None).and(" gepubliceerd cijfer gewijzigd."),
        _ => text.and("Sindsdien zijn ").figure(count, None).and(" gepubliceerde cijfers gewijzigd."),
    }
}

/// The figures that changed since they were published.
pub(crate) fn revisions(report: &Report) -> Table {
    let columns = vec![
        text_column("indicator", "Indicator"),
        text_column("period", "Periode"),
        text_column("measure", "Wat"),
        text_column("release", "Vrijgave"),
        number_column("published", "Gepubliceerd"),
        number_column("current", "Nu"),
        number_column("difference", "Verschil"),
        text_column("causes", "Door"),
        text_column("deliveries", "Leveringen"),
    ];
    let rows = report.quality.revisions.iter().map(|revision| {
        let origin = Origin::Indicator(revision.indicator.clone(), revision.period);
        Row::Cells(vec![
            indicator(report, &revision.indicator),
            Cell::new(Value::Period(revision.period)),
            Cell::text(revision.measure.word()),
            Cell::text(revision.release.clone()),
            shown(revision, revision.published, revision.published_text.as_deref()),
            Cell { revised: true, ..shown(revision, revision.current, revision.current_text.as_deref()) }.from(origin),
            Cell::new(Value::figure_or(revision.difference, Missing::NotApplicable)),
            Cell::text(causes(revision)),
            Cell::text(revision.deliveries.clone()),
        ])
    });
    Table { rows: rows.collect(), ..table("revisions", "Cijfers die sinds hun publicatie gewijzigd zijn", columns) }
}

/// Why a figure changed, in words.
pub(crate) fn causes(revision: &Revision) -> String {
    revision.causes.iter().map(|cause| cause.word()).collect::<Vec<_>>().join(", ")
}

/// A figure, or the mark of a milestone.
pub(crate) fn shown(revision: &Revision, number: Option<f64>, text: Option<&str>) -> Cell {
    match (revision.measure, text) {
        (Measure::Value, _) => Cell::new(Value::figure_or(number, Missing::NoData)),
        (Measure::Target, _) => Cell::new(Value::figure_or(number, Missing::NoTarget)),
        (Measure::Planned, Some(_)) => Cell::text("gepland"),
        (Measure::Planned, None) => Cell::text("niet gepland"),
        (Measure::State, Some(text)) => Cell::text(text),
        (Measure::State, None) => Cell::new(Value::Missing(Missing::NoData)),
    }
}

/// The difference of each figure, by cause.
fn parts(report: &Report) -> Table {
    let mut columns = vec![
        text_column("indicator", "Indicator"),
        text_column("period", "Periode"),
        text_column("measure", "Wat"),
        number_column("difference", "Verschil"),
    ];
    let title = |cause: Cause| crate::format::capital(cause.word());
    columns.extend(Cause::ALL.map(|cause| number_column(cause.column(), title(cause))));
    let rows = report.quality.revisions.iter().filter(|one| one.difference.is_some()).map(|revision| {
        let mut cells = vec![
            indicator(report, &revision.indicator),
            Cell::new(Value::Period(revision.period)),
            Cell::text(revision.measure.word()),
            Cell::new(Value::figure_or(revision.difference, Missing::NotApplicable)),
        ];
        cells.extend(revision.parts.iter().map(|part| Cell::new(Value::Figure(*part))));
        Row::Cells(cells)
    });
    Table {
        rows: rows.collect(),
        notes: vec![Text::words(
            "De delen tellen op tot het verschil. Ze volgen uit een herberekening, met telkens één soort wijziging meer: eerst de definitie, dan de samenstelling (fusies), de herkende namen, de doelen, de late leveringen en ten slotte de correcties. Een leeg cijfer telt hier als 0.",
        )],
        ..table("revision_parts", "Het verschil, opgesplitst naar wat het veroorzaakte", columns)
    }
}

/// The figures of which a release shows another value than the one before, or
/// than there is now.
fn vintages(report: &Report) -> Table {
    let columns = vec![
        text_column("indicator", "Indicator"),
        text_column("period", "Periode"),
        text_column("release", "Vrijgave"),
        text_column("closed_on", "Afgesloten op"),
        number_column("value", "Cijfer"),
        number_column("target", "Doel"),
    ];
    let all = &report.quality.vintages;
    let mut rows = Vec::new();
    for figure in all.chunk_by(|one, other| (one.period, &one.indicator) == (other.period, &other.indicator)) {
        let Some(first) = figure.first() else { continue };
        let now = report
            .quality
            .revisions
            .iter()
            .filter(|one| one.period == first.period && one.indicator == first.indicator);
        let now: Vec<&Revision> = now.collect();
        let moved = figure.iter().any(|one| (one.value, one.target) != (first.value, first.target));
        if !moved && now.is_empty() {
            continue;
        }
        rows.extend(figure.iter().map(|vintage| Row::Cells(vintage_cells(report, vintage))));
        if let (Some(last), false) = (figure.last(), now.is_empty()) {
            let of = |measure: Measure, then: Option<f64>| {
                now.iter().find(|one| one.measure == measure).map_or(then, |one| one.current)
            };
            let (value, target) = (of(Measure::Value, last.value), of(Measure::Target, last.target));
            let mut cells = vec![indicator(report, &last.indicator), Cell::new(Value::Period(last.period))];
            cells.extend([Cell::text("nu"), Cell::new(Value::Missing(Missing::NotApplicable))]);
            let revised = |measure: Measure| now.iter().any(|one| one.measure == measure);
            cells.extend([
                Cell { revised: revised(Measure::Value), ..Cell::new(Value::figure_or(value, Missing::NoData)) },
                Cell { revised: revised(Measure::Target), ..Cell::new(Value::figure_or(target, Missing::NoTarget)) },
            ]);
            rows.push(Row::Cells(cells));
        }
    }
    Table { rows, ..table("vintages", "Gewijzigde cijfers, zoals ze bij elke vrijgave waren", columns) }
}

fn vintage_cells(report: &Report, vintage: &Vintage) -> Vec<Cell> {
    let closed = vintage.closed_at.map(peil_warehouse::period::brussels_day);
    vec![
        indicator(report, &vintage.indicator),
        Cell::new(Value::Period(vintage.period)),
        Cell::text(vintage.release.clone()),
        Cell::new(closed.map_or(Value::Missing(Missing::NotApplicable), Value::Day)),
        Cell::new(Value::figure_or(vintage.value, Missing::NoData)),
        Cell::new(Value::figure_or(vintage.target, Missing::NoTarget)),
    ]
}

/// The name of an indicator or a milestone, that leads to its page.
fn indicator(report: &Report, id: &str) -> Cell {
    let label = report.indicators.label(id).unwrap_or(id);
    Cell::text(label).from(Origin::IndicatorPage(id.to_owned()))
}
