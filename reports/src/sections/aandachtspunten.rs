//! Section 11: what the rules point out.

use peil_warehouse::Result;

use super::parts::{evidence, points_table, subject, table, text_column};
use crate::document::{Block, Cell, Origin, Row, Section, Table, Text, Value};
use crate::frames::Report;
use crate::words;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let blocks = vec![
        Block::Paragraph(introduction(report)),
        Block::Table(Table {
            when_empty: "Geen enkel punt vraagt de aandacht.".to_owned(),
            ..points_table(report, "attention_points", "Punten die de aandacht vragen", report.attention.iter())
        }),
        Block::Table(resolved(report)),
    ];
    Ok(Section { number: 11, name: "aandachtspunten", title: "Aandachtspunten".to_owned(), blocks })
}

fn introduction(report: &Report) -> Text {
    let count = |number: usize| Value::Integer(number as i64);
    let origin = || Some(Origin::Mart("attention_points"));
    let fresh = report.attention.iter().filter(|point| point.is_new()).count();
    Text::words("Vaste regels wijzen de punten aan. Elk punt stelt cijfers vast en noemt geen oorzaak. Punten nu: ")
        .figure(count(report.attention.len()), origin())
        .and(", waarvan nieuw: ")
        .figure(count(fresh), origin())
        .and(". Punten van de vorige keer die niet meer gelden: ")
        .figure(count(report.resolved.len()), origin())
        .and(".")
}

/// What stood the time before, and no longer does.
fn resolved(report: &Report) -> Table {
    let columns = vec![
        text_column("point", "Wat"),
        text_column("evidence", "Vaststelling van toen"),
        text_column("period", "Laatst vastgesteld"),
    ];
    let rows = report
        .resolved
        .iter()
        .map(|point| {
            let evidence = Cell::text(evidence(point));
            Row::Cells(vec![
                Cell::text(words::rule(&point.code)),
                match subject(report, point) {
                    Some(origin) => evidence.from(origin),
                    None => evidence,
                },
                Cell::new(Value::Period(point.period)),
            ])
        })
        .collect();
    Table {
        rows,
        mart: Some("attention_points"),
        when_empty: "Geen enkel punt van de vorige keer is weggevallen.".to_owned(),
        ..table("resolved_points", "Punten van de vorige keer die niet meer gelden", columns)
    }
}
