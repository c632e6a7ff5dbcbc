//! The blocks of a document as markup.

use std::fmt::Write;

use crate::charts::Chart;
use crate::document::{Block, Section};

use super::markup::{Place, escape};
use super::table::{self, Sources};

/// The blocks of a section; `level` is that of a heading right under it.
pub(super) fn blocks(place: &Place<'_>, blocks: &[Block], level: u8) -> String {
    let mut out = String::new();
    // Charts and tables stand under the last heading.
    let mut under = level;
    for block in blocks {
        match block {
            Block::Heading { level: own, name, text } => {
                let shown = level + own.saturating_sub(1);
                under = shown + 1;
                let _ = writeln!(out, "<h{shown} id=\"{}\">{}</h{shown}>", escape(name), escape(text));
            }
            Block::Paragraph(text) => {
                let _ = writeln!(out, "<p>{}</p>", place.text(text));
            }
            Block::List(items) => {
                out.push_str("<ul class=\"points\">\n");
                for item in items {
                    let _ = writeln!(out, "<li>{}</li>", place.text(item));
                }
                out.push_str("</ul>\n");
            }
            Block::Terms(terms) => {
                out.push_str("<dl class=\"terms\">\n");
                for (term, text) in terms {
                    let _ = writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", escape(term), place.text(text));
                }
                out.push_str("</dl>\n");
            }
            Block::Table(table) => out.push_str(&table::table(place, table, Sources::File)),
            Block::Annex(table) => out.push_str(&table::annex(place, table)),
            Block::Chart(one) => out.push_str(&chart(one, under.min(6))),
        }
    }
    out
}

/// A section with its heading, at `level`.
pub(super) fn section(place: &Place<'_>, section: &Section, level: u8) -> String {
    let (name, title) = (section.name, escape(&section.title));
    format!(
        "<section id=\"{name}\" aria-labelledby=\"{name}-titel\">\n<h{level} id=\"{name}-titel\">{title}</h{level}>\n{}</section>\n",
        blocks(place, &section.blocks, level + 1)
    )
}

/// A chart, its text alternative, and the table of its figures.
pub(super) fn chart(chart: &Chart, level: u8) -> String {
    let id = format!("grafiek-{}", chart.name.replace('_', "-"));
    let mut out = format!(
        "<figure class=\"chart\" id=\"{id}\" aria-labelledby=\"{id}-titel\">\n<h{level} id=\"{id}-titel\">{}</h{level}>\n",
        escape(&chart.title)
    );
    for drawing in &chart.drawings {
        out.push_str(&drawing.svg(chart.name, &chart.title, &chart.alternative));
        out.push('\n');
    }
    let _ = write!(
        out,
        "<figcaption>{} {}</figcaption>\n<details>\n<summary>Cijfers bij deze grafiek</summary>\n",
        escape(&chart.measure),
        escape(&chart.source)
    );
    let _ = write!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{id}-bijschrift\"><table class=\"data plain\">\
         <caption id=\"{id}-bijschrift\">{}</caption><thead><tr>",
        escape(&chart.table.caption)
    );
    for (at, heading) in chart.table.header.iter().enumerate() {
        let class = if at == 0 { "" } else { " class=\"n\"" };
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escape(heading));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in &chart.table.rows {
        out.push_str("<tr>");
        for (at, text) in row.iter().enumerate() {
            let text = escape(text);
            let _ = if at == 0 {
                write!(out, "<th scope=\"row\">{text}</th>")
            } else {
                write!(out, "<td class=\"n\">{text}</td>")
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n</details>\n</figure>\n");
    out
}
