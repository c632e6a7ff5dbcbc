//! The data catalogue: a list of the tables, and a page for each.

use std::fmt::Write;

use crate::document::{Cell, Column, ColumnKind, Missing, Row, Table, Value};
use crate::format::{number, short_day};
use crate::frames::CatalogueTable;

use super::super::markup::{Place, escape};
use super::super::page::Page;
use super::super::table::{self, Sources};
use super::indicator::code;
use super::{Source, chain, home_crumb};

const LIST: &str = "gegevens.html";

pub(super) fn pages(source: &Source<'_>) -> Vec<Page> {
    let mut tables: Vec<Page> = source.report.catalogue.tables.iter().map(|table| page(source, table)).collect();
    chain(&mut tables);
    let mut pages = vec![list(source)];
    pages.extend(tables);
    pages
}

fn list(source: &Source<'_>) -> Page {
    let mut body = String::from(
        "<p class=\"lead\">Elk cijfer komt uit een tabel die u zelf kunt bevragen, in SQL (<code>peil sql</code>, de PostgreSQL- en Flight-poort) of rechtstreeks als Delta Lake en Parquet.</p>\n",
    );
    for (layer, title, about) in [
        ("marts", "Tabellen met cijfers", "Schema <code>marts</code>: wat het rapport toont."),
        (
            "ops",
            "Eigen administratie",
            "Schema <code>ops</code>: leveringen, controles, berekeningen en deze beschrijvingen.",
        ),
    ] {
        let tables: Vec<&CatalogueTable> =
            source.report.catalogue.tables.iter().filter(|table| table.layer == layer).collect();
        if tables.is_empty() {
            continue;
        }
        let _ = writeln!(
            body,
            "<section aria-labelledby=\"{layer}\">\n<h2 id=\"{layer}\">{title}</h2>\n<p>{about}</p>\n\
             <div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{layer}-bijschrift\"><table class=\"data\">\
             <caption id=\"{layer}-bijschrift\">{title}: {} tabellen</caption>\
             <thead><tr><th scope=\"col\">Tabel</th><th scope=\"col\">Wat ze toont</th><th scope=\"col\" class=\"n\">Rijen</th><th scope=\"col\" class=\"d\">Laatste levering</th></tr></thead><tbody>",
            tables.len()
        );
        for table in tables {
            let _ = writeln!(
                body,
                "<tr><th scope=\"row\"><a href=\"gegevens/{0}.html\">{0}</a></th><td class=\"l\" lang=\"en\">{1}</td><td class=\"n\">{2}</td><td class=\"d\">{3}</td></tr>",
                escape(&table.name),
                escape(&table.description),
                rows(table).unwrap_or_else(|| {
                    "<span class=\"none\">–<span class=\"hidden\"> groeit met elke berekening</span></span>".to_owned()
                }),
                table.latest_delivery.map_or_else(
                    || "<span class=\"none\">–<span class=\"hidden\"> niet van toepassing</span></span>".to_owned(),
                    short_day
                )
            );
        }
        body.push_str("</tbody></table></div>\n</section>\n");
    }
    Page {
        path: LIST.to_owned(),
        title: "Gegevens".to_owned(),
        description: "De tabellen achter de cijfers: kolommen, herkomst, actualiteit en voorbeelden.".to_owned(),
        crumbs: home_crumb(),
        body,
        words: "datacatalogus catalogus sql marts tabellen".to_owned(),
        ..Page::default()
    }
}

/// The rows of a table with figures. Records grow with every run and delivery:
/// a report as known on a day is the same whenever it is made.
fn rows(table: &CatalogueTable) -> Option<String> {
    (table.layer == "marts").then(|| number(table.rows as f64, 0))
}

fn page(source: &Source<'_>, table: &CatalogueTable) -> Page {
    let path = format!("gegevens/{}.html", table.name);
    let place = source.place(&path);
    let mut body = format!("<p class=\"lead\" lang=\"en\">{}</p>\n<dl class=\"terms\">\n", escape(&table.description));
    let mut term = |name: &str, text: String| {
        if !text.is_empty() {
            let _ = writeln!(body, "<div><dt>{name}</dt><dd>{text}</dd></div>");
        }
    };
    term("Schema", format!("<code>{}.{}</code>", escape(&table.layer), escape(&table.name)));
    term("Een rij is", english(&table.grain));
    term("Beheerder", escape(&table.owner));
    term("Rijen", rows(table).unwrap_or_default());
    term("Laatste levering", table.latest_delivery.map_or_else(String::new, short_day));
    term("Datasets", escape(&table.datasets.join(", ")));
    body.push_str("</dl>\n");
    body.push_str(&columns(&place, table));
    body.push_str(&lineage(source, &place, table));
    body.push_str(&super::lineage::section(&place, table));
    if !table.examples.is_empty() {
        body.push_str("<section aria-labelledby=\"voorbeelden\">\n<h2 id=\"voorbeelden\">Voorbeelden</h2>\n");
        for (at, (question, query)) in table.examples.iter().enumerate() {
            let _ = writeln!(
                body,
                "<p lang=\"en\">{}</p>\n{}",
                escape(question),
                code(query, &format!("voorbeeld {}", at + 1))
            );
        }
        body.push_str("</section>\n");
    }
    if !table.query.is_empty() {
        let _ = writeln!(
            body,
            "<section aria-labelledby=\"model\">\n<h2 id=\"model\">De query die ze maakt</h2>\n{}</section>",
            code(&table.query, "query van het model")
        );
    }
    let mut crumbs = home_crumb();
    crumbs.push((LIST.to_owned(), "Gegevens".to_owned()));
    Page {
        title: table.name.clone(),
        kicker: if table.layer == "marts" { "Tabel met cijfers" } else { "Eigen administratie" }.to_owned(),
        description: format!("De tabel {}.{}: kolommen, herkomst en voorbeelden.", table.layer, table.name),
        crumbs,
        body,
        under: LIST.to_owned(),
        words: table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(" "),
        path,
        ..Page::default()
    }
}

fn english(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<span lang=\"en\">{}</span>", escape(text)) }
}

fn columns(place: &Place<'_>, of: &CatalogueTable) -> String {
    let rows = of.columns.iter().map(|column| {
        let text = |text: &str| {
            if text.is_empty() { Cell::new(Value::Missing(Missing::NotApplicable)) } else { Cell::text(text) }
        };
        Row::Cells(vec![text(&column.name), text(&column.kind), text(&column.description)])
    });
    let columns = Table {
        name: "columns".to_owned(),
        caption: format!("De {} kolommen van {}", of.columns.len(), of.name),
        columns: vec![
            Column::new("column", "Kolom", ColumnKind::Text),
            Column::new("type", "Type", ColumnKind::Text),
            Column::new("description", "Wat ze bevat", ColumnKind::Text),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        mart: None,
        when_empty: String::new(),
    };
    format!(
        "<section aria-labelledby=\"kolommen\">\n<h2 id=\"kolommen\">Kolommen</h2>\n{}</section>\n",
        table::table(place, &columns, Sources::None)
    )
}

/// From which tables it is made, and which are made from it.
fn lineage(source: &Source<'_>, place: &Place<'_>, table: &CatalogueTable) -> String {
    if table.depends_on.is_empty() && table.used_by.is_empty() {
        return String::new();
    }
    let list = |names: &[String]| {
        let items = names.iter().map(|name| {
            let (_, own) = name.split_once('.').unwrap_or(("", name));
            match source.links.table(own).filter(|_| name.starts_with("marts.") || name.starts_with("ops.")) {
                Some(address) => format!("<li><a href=\"{}{address}\">{}</a></li>", place.root, escape(name)),
                None => format!("<li>{}</li>", escape(name)),
            }
        });
        items.collect::<String>()
    };
    let mut out = String::from(
        "<section aria-labelledby=\"herkomst\">\n<h2 id=\"herkomst\">Herkomst</h2>\n<div class=\"lineage\">\n",
    );
    for (title, names) in [("Gemaakt uit", &table.depends_on), ("Gebruikt door", &table.used_by)] {
        let _ = write!(out, "<div><h3>{title}</h3>");
        let _ = if names.is_empty() {
            writeln!(out, "<p>– geen andere tabel</p></div>")
        } else {
            writeln!(out, "<ul>{}</ul></div>", list(names))
        };
    }
    out.push_str("</div>\n</section>\n");
    out
}
