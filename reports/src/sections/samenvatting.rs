//! Section 1: the report on a page.

use peil_warehouse::Result;

use super::parts::{compares, number_column, programme_of, table, text_column};
use crate::document::{Block, Cell, Column, ColumnKind, Missing, Origin, Row, Section, Table, Text, Value};
use crate::format::{NBSP, period_name, period_phrase};
use crate::frames::Report;
use crate::sentences::{furthest_behind, most_improved, reference, status_counts, summary};

/// Rows of each list.
const NAMED: usize = 5;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let messages = summary(report)
        .into_iter()
        .map(|message| {
            let mut text = Text::default().strong(format!("{}. ", message.subject));
            text.0.extend(message.text.0);
            text
        })
        .collect();
    let blocks = vec![
        Block::List(messages),
        Block::Table(statuses(report)),
        Block::Table(behind(report)),
        Block::Table(improved(report)),
    ];
    Ok(Section { number: 1, name: "samenvatting", title: "Samenvatting".to_owned(), blocks })
}

/// How many indicators have each status: those that are always told, and
/// those that occur.
fn statuses(report: &Report) -> Table {
    let period = reference(report);
    let running = period.provisional(report.colophon.as_of);
    let columns = vec![text_column("status", "Tegenover het doel"), number_column("indicators", "Indicatoren")];
    let rows = status_counts(report)
        .into_iter()
        .filter(|(status, count)| *count > 0 || (compares(*status) && !running))
        .map(|(status, count)| {
            let count = Cell::new(Value::Integer(count as i64)).from(Origin::Section("indicatoren"));
            Row::Cells(vec![Cell::new(Value::Status(status)), count])
        })
        .collect();
    Table {
        rows,
        mart: Some("indicator_values"),
        notes: vec![Text::words(format!("Bijna bereikt: 90{NBSP}% van het doel of meer."))],
        ..table(
            "indicators_by_status",
            format!("Indicatoren met cijfers naar hun stand tegenover het doel voor {}", period_phrase(period)),
            columns,
        )
    }
}

/// The five indicators that are the furthest behind.
fn behind(report: &Report) -> Table {
    let period = reference(report);
    let columns = vec![
        text_column("indicator", "Indicator"),
        text_column("programme", "Programma"),
        Column::new("value", "Gerealiseerd", ColumnKind::Number),
        number_column("target", "Doel"),
        number_column("attainment", "Aandeel van het doel"),
    ];
    let rows = furthest_behind(report)
        .into_iter()
        .take(NAMED)
        .map(|standing| {
            let id = &standing.row.indicator.id;
            let origin = Origin::Indicator(id.clone(), standing.figure.period);
            Row::Cells(vec![
                Cell::text(report.indicators.distinct_label(&standing.row.indicator))
                    .from(Origin::IndicatorPage(id.clone())),
                Cell::text(programme_of(report, &standing.row.indicator)),
                Cell {
                    provisional: standing.figure.provisional,
                    ..Cell::new(Value::figure_or(standing.figure.value, Missing::NoData)).from(origin.clone())
                },
                Cell::new(Value::figure_or(standing.figure.target, Missing::NoTarget)),
                Cell::new(Value::share_or(standing.figure.attainment(), Missing::NoTarget)).from(origin),
            ])
        })
        .collect();
    let phrase = period_phrase(period);
    Table {
        rows,
        mart: Some("indicator_values"),
        when_empty: format!("Geen enkele indicator staat onder zijn doel voor {phrase}."),
        ..table("furthest_behind", format!("Het verst onder het doel voor {phrase}, hoogstens vijf"), columns)
    }
}

/// The five indicators that moved forward the most.
fn improved(report: &Report) -> Table {
    let (before, improved) = most_improved(report);
    let period = report.colophon.period;
    let columns = vec![
        text_column("indicator", "Indicator"),
        text_column("programme", "Programma"),
        number_column("before", before.to_string()),
        number_column("now", period.to_string()),
        number_column("growth", "Groei"),
    ];
    let rows = improved
        .into_iter()
        .take(NAMED)
        .map(|found| {
            let id = &found.row.indicator.id;
            let origin = |period| Origin::Indicator(id.clone(), period);
            Row::Cells(vec![
                Cell::text(report.indicators.distinct_label(&found.row.indicator))
                    .from(Origin::IndicatorPage(id.clone())),
                Cell::text(programme_of(report, &found.row.indicator)),
                Cell::new(Value::Figure(found.before)).from(origin(before)),
                Cell {
                    provisional: found.row.in_period.provisional,
                    ..Cell::new(Value::Figure(found.now)).from(origin(period))
                },
                Cell::new(Value::Share(found.growth())),
            ])
        })
        .collect();
    Table {
        rows,
        mart: Some("indicator_values"),
        when_empty: format!("Van {} zijn er geen cijfers om mee te vergelijken.", period_phrase(before)),
        notes: vec![Text::words(
            "Alleen indicatoren die toen minstens 5 telden: daaronder zegt een percentage weinig.",
        )],
        ..table(
            "most_improved",
            format!("Het sterkst gegroeid tegenover {}, hoogstens vijf", period_name(before)),
            columns,
        )
    }
}
