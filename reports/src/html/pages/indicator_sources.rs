//! The block of an indicator's page that leads to its source: the deliveries
//! whose rows count, how complete the sources are, how the definition changed.

use std::fmt::Write;

use crate::document::{Cell, Column, ColumnKind, Missing, Row, Table, Value};
use crate::format::{long_day, percent, period_phrase};
use crate::frames::{Coverage, Indicator};

use super::super::markup::{Place, escape};
use super::super::table::{self, Sources};
use super::Source;
use super::indicator::made_from;

/// The rows behind the figure of the report's period; empty where the marts
/// do not tell.
pub(super) fn rows(source: &Source<'_>, place: &Place<'_>, indicator: &Indicator) -> String {
    let sources = &source.report.sources;
    let Some(coverage) = sources.coverage.get(&indicator.id) else { return String::new() };
    let period = source.report.colophon.period;
    let deliveries = sources.deliveries_of(&indicator.id);
    let rows: i64 = deliveries.iter().map(|delivery| delivery.rows).sum();
    let mut out = format!(
        "<section aria-labelledby=\"bronrijen\">\n<h2 id=\"bronrijen\">Bronrijen</h2>\n\
         <p>Achter het cijfer van {} {} {} uit {}. {}</p>\n\
         <p><code>peil explain {} {period}</code> toont elke rij met haar levering en lijn, en telt ze opnieuw.</p>\n",
        period_phrase(period),
        if rows == 1 { "staat" } else { "staan" },
        counted(rows, "bronrij", "bronrijen"),
        counted(deliveries.len() as i64, "levering", "leveringen"),
        escape(&coverage_sentence(coverage)),
        escape(&indicator.id),
    );
    if !deliveries.is_empty() {
        let list = Table {
            name: "sources".to_owned(),
            caption: format!("{}: leveringen achter het cijfer, de laatste eerst", indicator.label),
            columns: vec![
                Column::new("object", "Bestand", ColumnKind::Text),
                Column::new("delivery_date", "Dag", ColumnKind::Day),
                Column::new("rows", "Rijen die meetellen", ColumnKind::Number),
            ],
            rows: deliveries
                .iter()
                .rev()
                .map(|delivery| {
                    Row::Cells(vec![
                        Cell::text(delivery.object.clone()),
                        Cell::new(delivery.day.map_or(Value::Missing(Missing::NoData), Value::Day)),
                        Cell::new(Value::Integer(delivery.rows)),
                    ])
                })
                .collect(),
            notes: Vec::new(),
            mart: Some("indicator_sources"),
            when_empty: String::new(),
        };
        out.push_str(&table::table(place, &list, Sources::None));
    }
    out.push_str(&made_from(place, &["indicator_sources", "indicator_coverage"]));
    out.push_str("</section>\n");
    out
}

/// How the definition changed; empty where it never did.
pub(super) fn versions(source: &Source<'_>, indicator: &Indicator) -> String {
    let versions = source.report.sources.definitions_of(&indicator.id);
    if versions.len() < 2 {
        return String::new();
    }
    let mut out = String::from(
        "<section aria-labelledby=\"versies\">\n<h2 id=\"versies\">Versies van de definitie</h2>\n\
         <p>Een periode telt volgens de definitie die op haar peildatum geldt. Tussen twee versies breekt de reeks: cijfers ervoor en erna zijn niet zonder meer te vergelijken.</p>\n<dl class=\"terms\">\n",
    );
    for version in versions.iter().rev() {
        let since =
            version.holds_from.map_or_else(|| "Van bij de start".to_owned(), |day| format!("Vanaf {}", long_day(day)));
        let note = if version.note.is_empty() { String::new() } else { format!("<b>{}</b> ", escape(&version.note)) };
        let _ = writeln!(out, "<div><dt>{since}</dt><dd>{note}{}</dd></div>", escape(&version.text));
    }
    out.push_str("</dl>\n</section>\n");
    out
}

fn coverage_sentence(coverage: &Coverage) -> String {
    let told = match coverage.last_delivery {
        None => format!("Van de dataset {} is nog niets geleverd.", coverage.dataset),
        Some(_) if coverage.complete >= 1.0 => "De leveringen dekken alle dagen die meetellen.".to_owned(),
        Some(day) => format!(
            "De leveringen dekken {} van de dagen die meetellen: de laatste is van {}.",
            percent(coverage.complete),
            long_day(day)
        ),
    };
    let authorities = coverage.authorities.map_or_else(String::new, |(named, all)| {
        format!(
            " De dataset noemt in die dagen {} van de {} besturen.",
            Value::Integer(named).shown(),
            Value::Integer(all).shown()
        )
    });
    let rejected = match coverage.rejected {
        0 => String::new(),
        rows => format!(" {} afgekeurd.", counted(rows, "rij werd", "rijen werden")),
    };
    format!("{told}{authorities}{rejected}")
}

fn counted(number: i64, one: &str, many: &str) -> String {
    format!("{} {}", Value::Integer(number).shown(), if number == 1 { one } else { many })
}
