//! Section 3: each programme, with its charts and what needs attention.

use peil_warehouse::Result;

use super::parts::{heading, points_table, table, text_column};
use crate::charts;
use crate::document::{Block, Cell, Missing, Origin, Row, Section, Table, Text, Value};
use crate::format::{NBSP, period_phrase};
use crate::frames::{AttentionPoint, Programme, Report};
use crate::sentences::{Standing, most_improved, reference, standings};

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = Vec::new();
    for programme in &report.indicators.programmes {
        blocks.push(heading(format!("programma-{}", programme.code), programme.name.clone()));
        blocks.push(Block::Paragraph(sentences(report, programme)));
        for name in charts::programme_charts(&programme.code).into_iter().flatten() {
            blocks.extend(charts::named(report, name)?.map(Block::Chart));
        }
        blocks.push(Block::Table(milestones(report, programme)));
        blocks.push(Block::Table(Table {
            when_empty: "Geen enkel punt van dit programma vraagt de aandacht.".to_owned(),
            ..points_table(
                report,
                format!("attention_points_{}", programme.code),
                format!("{}: punten die de aandacht vragen", programme.name),
                report.attention.iter().filter(|point| belongs(report, point, &programme.code)),
            )
        }));
    }
    Ok(Section { number: 3, name: "programmas", title: "Per programma".to_owned(), blocks })
}

/// How many reached their target, and which one grew the most.
fn sentences(report: &Report, programme: &Programme) -> Text {
    let judged: Vec<Standing<'_>> = standings(report)
        .into_iter()
        .filter(|standing| standing.row.indicator.programme == programme.code)
        .filter(|standing| standing.figure.value.is_some() && standing.figure.target.is_some())
        .collect();
    let count =
        |text: Text, count: usize| text.figure(Value::Integer(count as i64), Some(Origin::Section("indicatoren")));
    let phrase = period_phrase(reference(report));
    let mut text = if judged.is_empty() {
        Text::words(format!("Voor {phrase} heeft dit programma geen doelen."))
    } else {
        let reached = judged.iter().filter(|standing| standing.figure.value >= standing.figure.target).count();
        let text = count(count(Text::words("Op of boven het doel: "), reached).and(" van de "), judged.len());
        text.and(format!(" indicatoren met een doel voor {phrase}."))
    };
    let (before, improved) = most_improved(report);
    if let Some(found) = improved.iter().find(|found| found.row.indicator.programme == programme.code) {
        let id = &found.row.indicator.id;
        text = text
            .and(" Het sterkst gegroeid: ")
            .link(report.indicators.distinct_label(&found.row.indicator), Origin::IndicatorPage(id.clone()))
            .and(", van ")
            .figure(Value::Figure(found.before), Some(Origin::Indicator(id.clone(), before)))
            .and(format!(" in {} naar ", period_phrase(before)))
            .figure(Value::Figure(found.now), Some(Origin::Indicator(id.clone(), report.colophon.period)))
            .and(format!(" (+{NBSP}"))
            .figure(Value::Share(found.growth()), None)
            .and(").");
    }
    text
}

/// The milestones of the year, with the notes of the register.
fn milestones(report: &Report, programme: &Programme) -> Table {
    let year = report.colophon.year();
    let columns = vec![
        text_column("milestone", "Mijlpaal"),
        text_column("period", "Periode"),
        text_column("state", "Stand"),
        text_column("note", "Toelichting"),
    ];
    let mut rows = Vec::new();
    for row in report.indicators.milestones().filter(|row| row.indicator.programme == programme.code) {
        for mark in row.quarters.iter().flatten() {
            let planned = if mark.planned { "x" } else { "" };
            let note = mark.note.clone().filter(|note| !note.is_empty());
            rows.push(Row::Cells(vec![
                Cell::text(row.indicator.label.clone()).from(Origin::IndicatorPage(row.indicator.id.clone())),
                Cell::new(Value::Period(mark.period)),
                Cell::new(Value::Mark(planned.to_owned(), mark.state)),
                note.map_or_else(|| Cell::new(Value::Missing(Missing::NotApplicable)), Cell::text),
            ]));
        }
    }
    Table {
        rows,
        mart: Some("milestones"),
        when_empty: format!("Voor {year} zijn geen mijlpalen gepland."),
        ..table(
            format!("milestones_{}", programme.code),
            format!("{}: mijlpalen van {year}, met hun stand in het register", programme.name),
            columns,
        )
    }
}

/// Whether a point is about a programme.
fn belongs(report: &Report, point: &AttentionPoint, programme: &str) -> bool {
    let indicator = report.indicators.numeric().find(|row| row.indicator.id == point.subject);
    if let Some(row) = indicator {
        return row.indicator.programme == programme;
    }
    let of = match (point.code.as_str(), point.subject.split('/').next()) {
        ("module_use_down", _) | (_, Some("portal")) => "vlavirgem",
        ("low_satisfaction" | "only_coupling_ended", _) | (_, Some("catalogue")) => "oplossingscatalogus",
        (_, Some("security")) => "informatieveiligheid",
        (_, Some("lb365")) => "lb365",
        _ => return false,
    };
    of == programme
}
