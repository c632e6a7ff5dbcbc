//! Section 12: what changed since it was published, how is counted, what the
//! words mean, and how good the data are.

use peil_warehouse::Result;

use super::parts::{heading, number_column, table, text_column};
use super::{definitions, herzieningen};
use crate::document::{Block, Cell, Missing, Row, Section, Table, Text, Value};
use crate::frames::{Quality, Report};
use crate::words;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = herzieningen::blocks(report);
    blocks.push(heading("methode-tellen", "Hoe er geteld wordt"));
    blocks.extend(definitions::method());
    blocks.push(heading("definities", "Definities"));
    blocks.push(Block::Table(definitions::indicators(report)));
    blocks.push(heading("kwaliteit", "Kwaliteit van de gegevens"));
    blocks.push(Block::Paragraph(quality(report)));
    blocks.push(Block::Table(rejected(report)));
    blocks.push(Block::Table(unresolved(report)));
    if !report.quality.failed.is_empty() {
        blocks.push(Block::Table(failed(&report.quality)));
    }
    blocks.push(heading("toegankelijkheid", "Toegankelijkheid"));
    blocks.extend(definitions::accessibility());
    Ok(Section { number: 12, name: "methode", title: "Herzieningen, methode en definities".to_owned(), blocks })
}

fn count(number: usize) -> Value {
    Value::Integer(number as i64)
}

fn quality(report: &Report) -> Text {
    let quality = &report.quality;
    let rejected: i64 = report.deliveries.datasets.iter().map(|dataset| dataset.rejected).sum();
    let refused: i64 = report.deliveries.datasets.iter().map(|dataset| dataset.refused).sum();
    Text::words("Elke rij wordt bij ontvangst nagekeken. Een foute rij wordt afgekeurd en bewaard met haar reden; een levering met te veel fouten wordt als geheel geweigerd. Tot nu toe: ")
        .figure(Value::Integer(rejected), None)
        .and(" afgekeurde rijen en ")
        .figure(Value::Integer(refused), None)
        .and(" geweigerde leveringen. Van de ")
        .figure(count(quality.checks), None)
        .and(" controles bij de laatste berekening ")
        .and(if quality.failed.len() == 1 { "slaagde er " } else { "slaagden er " })
        .figure(count(quality.failed.len()), None)
        .and(" niet.")
}

fn rejected(report: &Report) -> Table {
    let columns = vec![
        text_column("dataset", "Gegevensset"),
        text_column("column", "Kolom"),
        text_column("reason", "Reden"),
        number_column("rows", "Rijen"),
    ];
    let rows = report
        .quality
        .rejected
        .iter()
        .map(|rejected| {
            Row::Cells(vec![
                Cell::text(words::dataset(&rejected.dataset)),
                rejected.column.clone().map_or_else(|| Cell::new(Value::Missing(Missing::NotApplicable)), Cell::text),
                Cell::text(words::reason(&rejected.reason)),
                Cell::new(Value::Integer(rejected.rows)),
            ])
        })
        .collect();
    Table {
        rows,
        when_empty: "Er werd geen enkele rij afgekeurd.".to_owned(),
        ..table("rejected_rows", "Afgekeurde rijen naar gegevensset, kolom en reden", columns)
    }
}

fn unresolved(report: &Report) -> Table {
    let columns = vec![
        text_column("reference", "Naam zoals geleverd"),
        text_column("datasets", "Gegevenssets"),
        number_column("rows", "Rijen"),
        text_column("nearest", "Lijkt op"),
    ];
    let rows = report
        .quality
        .unresolved
        .iter()
        .map(|found| {
            let nearest = if found.nearest.is_empty() {
                Cell::new(Value::Missing(Missing::NotApplicable))
            } else {
                Cell::text(found.nearest.clone())
            };
            let datasets: Vec<&str> = found.datasets.split(", ").map(words::dataset).collect();
            Row::Cells(vec![
                Cell::text(found.reference.clone()),
                Cell::text(datasets.join(", ")),
                Cell::new(Value::Integer(found.rows)),
                nearest,
            ])
        })
        .collect();
    Table {
        rows,
        when_empty: "Elke naam van een bestuur werd herkend.".to_owned(),
        notes: vec![Text::words(
            "Deze rijen tellen mee waar het bestuur er niet toe doet. Zodra de naam bekend gemaakt is, tellen ze ook voor dat bestuur.",
        )],
        ..table("unresolved_authorities", "Namen van besturen die niet herkend werden", columns)
    }
}

fn failed(quality: &Quality) -> Table {
    let columns = vec![
        text_column("check", "Controle"),
        text_column("of", "Van"),
        number_column("rows", "Rijen"),
        text_column("detail", "Wat er niet klopt"),
    ];
    let rows = quality
        .failed
        .iter()
        .map(|failed| {
            Row::Cells(vec![
                Cell::text(failed.check.clone()),
                Cell::text(words::dataset(&failed.of)),
                Cell::new(Value::Integer(failed.rows)),
                Cell::text(failed.detail.clone()),
            ])
        })
        .collect();
    Table { rows, ..table("failed_checks", "Controles die niet slaagden", columns) }
}
