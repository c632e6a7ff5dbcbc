//! A table of the document as markup: a caption, headings with a scope, a
//! region that scrolls by itself where the screen is too narrow.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::document::{Cell, Column, ColumnKind, Missing, Origin, Row, Table, Value};
use crate::format::EMPTY;
use crate::frames::Status;
use crate::words;

use super::markup::{Place, escape, shape, state, status};
use super::trend;

/// Rows from which on a table scrolls inside itself, so that its headings
/// stay in sight.
const LONG: usize = 24;
/// Characters of a text beyond which it takes several lines: its column is
/// wide enough to be read, also where the table then scrolls sideways.
const LINE: usize = 60;
/// Empty cells with one reason from which on the reason stands under the
/// table, not in each of them.
const OFTEN: usize = 8;

/// What a table says about where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sources {
    /// A table of the document: its file and the mart that it was made from.
    File,
    /// A table of one page only.
    None,
}

/// The markup of a table.
pub(super) fn table(place: &Place<'_>, table: &Table, sources: Sources) -> String {
    let name = escape(&table.name.replace('_', "-"));
    let mut out = String::with_capacity(table.rows.len() * 240 + 1_000);
    let _ = write!(out, "<div class=\"table\" id=\"tabel-{name}\">");
    if table.rows.is_empty() {
        // A table of the document says what is not there; on its own page, the heading has said it.
        if sources == Sources::File {
            let _ = write!(out, "<p class=\"caption\">{}</p>", escape(&table.caption));
        }
        let _ = write!(out, "<p>{}</p>", escape(&table.when_empty));
        out.push_str("</div>\n");
        return out;
    }
    let often = often_missing(table);
    let long = if table.rows.len() > LONG { " long" } else { "" };
    let _ = write!(
        out,
        "<div class=\"scroll{long}\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{name}-bijschrift\">\
         <table class=\"data{}\"><caption id=\"{name}-bijschrift\"><span>{}</span></caption><thead><tr>",
        if is_wide(table) { " wide-table" } else { "" },
        escape(&table.caption)
    );
    let classes: Vec<&str> = table.columns.iter().enumerate().map(|(at, column)| class(table, at, column)).collect();
    for (column, class) in table.columns.iter().zip(&classes) {
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", escape(&column.heading));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let mut groups = 0;
    for row in &table.rows {
        match row {
            Row::Group(group) => {
                if groups > 0 {
                    out.push_str("</tbody>\n<tbody>\n");
                }
                groups += 1;
                let _ = writeln!(
                    out,
                    "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{}\"><span>{}</span></th></tr>",
                    table.columns.len(),
                    escape(group)
                );
            }
            Row::Cells(cells) => cell_row(&mut out, place, table, &classes, cells, often, ""),
            Row::Total(cells) => cell_row(&mut out, place, table, &classes, cells, often, " class=\"total\""),
        }
    }
    out.push_str("</tbody></table></div>\n");
    notes(&mut out, place, table, often);
    if sources == Sources::File {
        let _ = write!(
            out,
            "<p class=\"sources\"><a href=\"{}tabellen/{}.csv\" download>CSV<span class=\"hidden\"> van: {}</span></a>",
            place.root,
            escape(&table.name),
            escape(&table.caption)
        );
        if let Some(mart) = table.mart {
            let named = format!("tabel {}", escape(mart));
            let _ = write!(out, " · gemaakt uit {}", place.linked(&named, Some(&Origin::Mart(mart))));
        }
        out.push_str("</p>");
    }
    out.push_str("</div>\n");
    out
}

/// A line in place of a table that is too long for a page.
pub(super) fn annex(place: &Place<'_>, table: &Table) -> String {
    format!(
        "<p class=\"annex\">{} – <a href=\"{}tabellen/{}.csv\" download>downloaden als CSV<span class=\"hidden\">: {}</span></a>, of in het werkboek ({}).</p>\n",
        escape(&table.caption),
        place.root,
        escape(&table.name),
        escape(&table.caption),
        words::rows(table.body().count())
    )
}

fn is_wide(table: &Table) -> bool {
    table.columns.len() > 6
}

/// What a column is, for the style sheet.
fn class(table: &Table, at: usize, column: &Column) -> &'static str {
    let is_long = |cell: &Cell| matches!(&cell.value, Value::Text(text) if text.chars().count() > LINE);
    match column.kind {
        ColumnKind::Number | ColumnKind::Amount => " class=\"n\"",
        ColumnKind::Day => " class=\"d\"",
        ColumnKind::Target => " class=\"t\"",
        ColumnKind::Trend => " class=\"s\"",
        ColumnKind::Text if table.body().any(|(_, cells)| cells.get(at).is_some_and(is_long)) => " class=\"l\"",
        ColumnKind::Text => "",
    }
}

fn cell_row(
    out: &mut String,
    place: &Place<'_>,
    table: &Table,
    classes: &[&str],
    cells: &[Cell],
    often: Option<Missing>,
    row_class: &str,
) {
    let id = match (table.columns.first().map(|column| column.name.as_str()), cells.first()) {
        (Some("indicator_id"), Some(Cell { value: Value::Text(id), .. })) => format!(" id=\"{}\"", escape(id)),
        (Some("period"), Some(Cell { value: Value::Period(period), .. })) if table.name == "history" => {
            format!(" id=\"p-{period}\"")
        }
        _ => String::new(),
    };
    let _ = write!(out, "<tr{id}{row_class}>");
    for (at, (cell, column)) in cells.iter().zip(&table.columns).enumerate() {
        let content = content(place, cell, column, often);
        if at == 0 {
            let _ = write!(out, "<th scope=\"row\"{}>{content}</th>", classes[at]);
        } else {
            let _ = write!(out, "<td{}>{content}</td>", classes[at]);
        }
    }
    out.push_str("</tr>\n");
}

/// What stands in a cell.
fn content(place: &Place<'_>, cell: &Cell, column: &Column, often: Option<Missing>) -> String {
    let mut out = match &cell.value {
        // Of a trend that is not there the other cells tell why.
        Value::Missing(missing) if column.kind == ColumnKind::Trend => self::missing(*missing, cell, Some(*missing)),
        Value::Missing(missing) => self::missing(*missing, cell, often),
        Value::Status(one) => status(*one),
        Value::Mark(mark, found) => marks(mark, *found),
        Value::Trend(values) => trend::markup(values),
        Value::Flag(flag) => format!("{}{}", shape(if *flag { "achieved" } else { "no_target" }), cell.value.shown()),
        value if value.is_numeric() || cell.target.is_some() => {
            place.figure(&escape(&value.shown()), cell.origin.as_ref())
        }
        value => place.linked(&escape(&value.shown()), cell.origin.as_ref()),
    };
    if cell.provisional {
        out.push_str("\u{a0}<abbr title=\"voorlopig\">(v)</abbr>");
    }
    if cell.revised {
        out.push_str("\u{a0}<abbr title=\"herzien\">(h)</abbr>");
    }
    if let Some(target) = &cell.target {
        let word = if matches!(target, Value::Missing(_)) { "" } else { "doel " };
        let shown = match target {
            Value::Missing(missing) if *missing == Missing::NoTarget => missing.reason().to_owned(),
            Value::Missing(missing) => format!("{EMPTY} {}", missing.reason()),
            other => other.shown(),
        };
        let _ = write!(out, " <small class=\"goal\">{word}{}</small>", escape(&shown));
    }
    for one in &cell.status {
        match one {
            // The target beside it tells the same.
            Value::Status(Status::NoTarget) if cell.target == Some(Value::Missing(Missing::NoTarget)) => {}
            Value::Status(one) if column.kind == ColumnKind::Target => {
                let _ = write!(out, " <small>{}</small>", status(*one));
            }
            Value::Status(one) => {
                let _ = write!(out, " {}", status(*one));
            }
            Value::Mark(mark, found) => {
                let _ = write!(out, "<span class=\"mark\">{}</span>", marks(mark, *found));
            }
            other => {
                let _ = write!(out, " <small>{}</small>", escape(&other.shown()));
            }
        }
    }
    out
}

fn marks(mark: &str, found: Option<crate::frames::State>) -> String {
    let mut out = String::new();
    if !mark.is_empty() {
        let _ = write!(out, "<b>{}</b>", escape(mark));
    }
    if let Some(found) = found {
        let _ = write!(out, " <small>{}</small>", state(found));
    }
    if out.is_empty() {
        let _ = write!(out, "<span aria-hidden=\"true\">{EMPTY}</span><span class=\"hidden\">niet gepland</span>");
    }
    out
}

/// The dash, and the reason: in the cell, or for who hears the table where
/// it stands under it.
fn missing(missing: Missing, cell: &Cell, often: Option<Missing>) -> String {
    let reason = escape(missing.reason());
    // The target beside it tells the same.
    if missing == Missing::NotBegun && cell.target.is_some() {
        return String::new();
    }
    if often == Some(missing) {
        format!(
            "<span class=\"none\" aria-hidden=\"true\">{EMPTY}</span><span class=\"hidden\">{EMPTY} {reason}</span>"
        )
    } else {
        format!("<span class=\"none\">{EMPTY} <small>{reason}</small></span>")
    }
}

/// The reason that most empty cells share, where there are many of them.
fn often_missing(table: &Table) -> Option<Missing> {
    let mut counts: BTreeMap<Missing, usize> = BTreeMap::new();
    for (_, cells) in table.body() {
        for cell in cells {
            if let Value::Missing(missing) = cell.value {
                *counts.entry(missing).or_default() += 1;
            }
        }
    }
    counts.into_iter().filter(|(_, count)| *count > OFTEN).max_by_key(|(_, count)| *count).map(|(missing, _)| missing)
}

fn notes(out: &mut String, place: &Place<'_>, table: &Table, often: Option<Missing>) {
    if often.is_none() && table.notes.is_empty() {
        return;
    }
    out.push_str("<ul class=\"notes\">");
    if let Some(missing) = often {
        let _ = write!(out, "<li>{EMPTY} zonder meer: {}.</li>", escape(missing.reason()));
    }
    for note in &table.notes {
        let _ = write!(out, "<li>{}</li>", place.text(note));
    }
    out.push_str("</ul>\n");
}
