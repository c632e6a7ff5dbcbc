//! What can be downloaded: every table, the document, the workbook.

use std::fmt::Write;

use peil_warehouse::Period;

use super::super::markup::escape;
use super::super::page::Page;
use super::{Source, home_crumb};
use crate::words;
use crate::write::Form;

/// The other forms that were made, each with what it is for.
fn of_report(forms: &[Form], period: Period) -> String {
    let made: Vec<String> = [
        (Form::Pdf, "Rapport als PDF", "om te lezen en af te drukken, toegankelijk (PDF/UA)"),
        (Form::Xlsx, "Werkboek (XLSX)", "alle cijfers als getallen, met grafieken"),
    ]
    .into_iter()
    .filter(|(form, ..)| forms.contains(form))
    .map(|(form, name, purpose)| {
        format!("<li><a href=\"{}\">{name}</a> <span>{purpose}</span></li>\n", form.entrance(period))
    })
    .collect();
    if made.is_empty() {
        return String::new();
    }
    format!("<h2 id=\"rapport\">Het rapport</h2>\n<ul class=\"files\">\n{}</ul>\n", made.concat())
}

pub(super) fn page(source: &Source<'_>) -> Page {
    let period = source.report.colophon.period;
    let mut body = String::from("<p class=\"lead\">Alle vormen van dit rapport komen uit dezelfde cijfers.</p>\n");
    body.push_str(&of_report(source.forms, period));
    body.push_str("<h2 id=\"tabellen\">Tabellen als CSV</h2>\n<p>UTF-8, komma tussen de velden, punt als decimaalteken, dagen als 2022-06-30; een leeg veld is een waarde die er niet is. Bedragen zijn in euro, aandelen een deel van 1.</p>\n");
    for section in &source.document.sections {
        let tables: Vec<_> = section
            .blocks
            .iter()
            .filter_map(|block| match block {
                crate::document::Block::Table(table) | crate::document::Block::Annex(table) => Some(table),
                _ => None,
            })
            .collect();
        if tables.is_empty() {
            continue;
        }
        let _ = writeln!(
            body,
            "<h3 id=\"tabellen-{}\">{}</h3>\n<ul class=\"files\">",
            section.name,
            escape(&section.title)
        );
        for table in tables {
            let name = escape(&table.name);
            let _ = writeln!(
                body,
                "<li><a href=\"tabellen/{name}.csv\" download>{name}.csv</a> <span>{} ({})</span></li>",
                escape(&table.caption),
                words::rows(table.body().count())
            );
        }
        body.push_str("</ul>\n");
    }
    Page {
        path: "downloads.html".to_owned(),
        title: "Downloads".to_owned(),
        description: "Elke tabel van het rapport als CSV, het werkboek en het document.".to_owned(),
        crumbs: home_crumb(),
        body,
        words: "csv xlsx excel pdf tabellen werkboek".to_owned(),
        ..Page::default()
    }
}
