//! The page of an indicator: what it counts, its history, the authorities
//! behind it, and how to follow a figure down to the deliveries.

use std::fmt::Write;

use peil_warehouse::period::PeriodType;
use peil_warehouse::{Period, Result};

use crate::document::{Cell, Column, ColumnKind, Missing, Origin, Row, Table, Text, Value};
use crate::format::{capital, figure, percent, period_name, period_phrase};
use crate::frames::{self, AuthorityValue, Figure, Indicator, NumericRow};
use crate::sections::herzieningen;
use crate::words;

use super::super::markup::{Place, escape, state, status};
use super::super::page::Page;
use super::super::table::{self, Sources};
use super::super::{blocks, history, kind_name};
use super::{Source, chain, home_crumb, indicator_sources, programme};

pub(super) fn pages(source: &Source<'_>) -> Result<Vec<Page>> {
    let mut pages: Vec<Page> = source.report.indicators.rows().map(|row| page(source, row)).collect::<Result<_>>()?;
    chain(&mut pages);
    Ok(pages)
}

fn page(source: &Source<'_>, row: &frames::Row) -> Result<Page> {
    let indicator = row.indicator();
    let path = format!("indicator/{}.html", indicator.id);
    let place = source.place(&path);
    let programme_name = source.report.indicators.programme_name(&indicator.programme);
    let mut body = match row {
        frames::Row::Numeric(row) => now(source, row),
        frames::Row::Milestone(_) => String::new(),
    };
    body.push_str(&definition(source, indicator));
    body.push_str(&indicator_sources::versions(source, indicator));
    match row {
        frames::Row::Numeric(_) => {
            body.push_str(&history(source, &place, indicator)?);
            body.push_str(&by_authority(source, &place, indicator));
        }
        frames::Row::Milestone(_) => body.push_str(&marks(source, &place, indicator)),
    }
    body.push_str(&revisions(source, &place, indicator));
    body.push_str(&query(source, indicator));
    body.push_str(&indicator_sources::rows(source, &place, indicator));
    body.push_str(&deliveries(source, &place, indicator));
    let mut crumbs = home_crumb();
    crumbs.push((programme::path(&indicator.programme), programme_name.to_owned()));
    Ok(Page {
        title: indicator.label.clone(),
        kicker: format!("Indicator {} · {programme_name}", indicator.id),
        description: format!("{} ({}): definitie, verloop, doel en herkomst.", indicator.label, indicator.id),
        crumbs,
        body,
        under: programme::path(&indicator.programme),
        words: format!("{} {}", indicator.id, indicator.section),
        path,
        ..Page::default()
    })
}

/// The period of the report, in figures.
fn now(source: &Source<'_>, row: &NumericRow) -> String {
    let Figure { value, target, provisional, .. } = row.in_period;
    let period = source.report.colophon.period;
    let mut out = format!("<dl class=\"key\">\n<div><dt>{}</dt><dd>", capital(&period_name(period)));
    match value {
        Some(value) => {
            let mark = if provisional { " <abbr title=\"voorlopig\">(v)</abbr>" } else { "" };
            let _ = write!(out, "<b>{}</b>{mark} {}", figure(value), escape(words::unit(value, &row.indicator.unit)));
        }
        None => out.push_str("– nog geen gegevens"),
    }
    out.push_str("</dd></div>\n<div><dt>Doel</dt><dd>");
    match target {
        Some(target) => {
            let _ = write!(out, "<b>{}</b>", figure(target));
            if let Some(share) = row.in_period.attainment() {
                let _ = write!(out, " <span>{} bereikt</span>", percent(share));
            }
        }
        None => out.push_str("– geen doel"),
    }
    let _ = writeln!(out, "</dd></div>\n<div><dt>Stand</dt><dd>{}</dd></div>", status(row.in_period.status));
    let year_ago = year_before(period);
    if let Some(before) = source.report.figure(&row.indicator.id, year_ago).and_then(|figure| figure.value) {
        let _ = write!(out, "<div><dt>{}</dt><dd><b>{}</b>", capital(&period_name(year_ago)), figure(before));
        if let Some(value) = value {
            let change = value - before;
            let sign = if change > 0.0 { "+" } else { "" };
            let _ = write!(out, " <span>verschil {sign}{}</span>", figure(change));
        }
        out.push_str("</dd></div>\n");
    }
    out.push_str("</dl>\n");
    out
}

/// The same period, a year before.
fn year_before(period: Period) -> Period {
    let (year, number) = (period.calendar_year() - 1, period.number());
    match period.kind() {
        PeriodType::Quarter => Period::quarter(year, number),
        PeriodType::Semester => Period::semester(year, number),
        PeriodType::Year => Period::year(year),
    }
}

fn definition(source: &Source<'_>, indicator: &Indicator) -> String {
    let mut out = String::from("<section aria-labelledby=\"definitie\">\n<h2 id=\"definitie\">Definitie</h2>\n");
    let _ = writeln!(out, "<p class=\"lead\">{}</p>", escape(&indicator.definition));
    let mut terms: Vec<(&str, String)> = vec![
        ("Programma", source.report.indicators.programme_name(&indicator.programme).to_owned()),
        ("Onderdeel", indicator.section.clone()),
        ("Telling", kind_name(&indicator.kind).to_owned()),
    ];
    if !indicator.unit.is_empty() {
        terms.push(("Eenheid", indicator.unit.clone()));
    }
    if let Some(dataset) = source.report.provenance.datasets.get(&indicator.id) {
        terms.push(("Bron", format!("dataset {dataset}")));
    }
    out.push_str("<dl class=\"terms\">\n");
    for (term, text) in terms {
        let _ = writeln!(out, "<div><dt>{term}</dt><dd>{}</dd></div>", escape(&text));
    }
    out.push_str("</dl>\n</section>\n");
    out
}

/// Every period that has a value or a target, the latest year first.
fn history(source: &Source<'_>, place: &Place<'_>, indicator: &Indicator) -> Result<String> {
    let figures: Vec<&Figure> = source.report.figures(&indicator.id).iter().filter(|figure| figure.tells()).collect();
    let columns = vec![
        Column::new("period", "Periode", ColumnKind::Text),
        Column::new("value", format!("Gerealiseerd ({})", indicator.unit), ColumnKind::Number),
        Column::new("target", "Doel", ColumnKind::Number),
        Column::new("attainment", "Bereikt", ColumnKind::Number),
        Column::new("status", "Stand", ColumnKind::Text),
    ];
    let mut years: Vec<i32> = figures.iter().map(|figure| figure.period.calendar_year()).collect();
    years.dedup();
    let mut rows = Vec::new();
    for year in years.into_iter().rev() {
        rows.push(Row::Group(year.to_string()));
        for figure in figures.iter().filter(|figure| figure.period.calendar_year() == year) {
            let missing = if figure.begun { Missing::NoData } else { Missing::NotBegun };
            let mut value = Cell::new(Value::figure_or(figure.value, missing));
            value.provisional = figure.provisional && figure.value.is_some();
            rows.push(Row::Cells(vec![
                Cell::new(Value::Period(figure.period)),
                value,
                Cell::new(Value::figure_or(figure.target, Missing::NoTarget)),
                Cell::new(figure.attainment().map_or(Value::Missing(Missing::NotApplicable), Value::Share)),
                Cell::new(Value::Status(figure.status)),
            ]));
        }
    }
    let figures = Table {
        name: "history".to_owned(),
        caption: format!("{}: gerealiseerd en doel per kwartaal, semester en jaar", indicator.label),
        columns,
        rows,
        notes: vec![Text::words("(v): voorlopig, de periode loopt nog.")],
        mart: Some("indicator_values"),
        when_empty: "Er zijn nog geen cijfers en geen doelen.".to_owned(),
    };
    let mut out = String::from("<section aria-labelledby=\"verloop\">\n<h2 id=\"verloop\">Verloop en doel</h2>\n");
    if let Some(chart) = history::chart(source.report, indicator)? {
        out.push_str(&blocks::chart(&chart, 3));
    }
    out.push_str(&table::table(place, &figures, Sources::None));
    out.push_str(&made_from(place, &["indicator_values"]));
    out.push_str("</section>\n");
    Ok(out)
}

/// The marks of a milestone.
fn marks(source: &Source<'_>, place: &Place<'_>, indicator: &Indicator) -> String {
    let mut out = String::from("<section aria-labelledby=\"mijlpaal\">\n<h2 id=\"mijlpaal\">Planning en stand</h2>\n");
    let marks = source.report.marks_of(&indicator.id);
    if marks.is_empty() {
        out.push_str("<p>Er is niets gepland en het register noemt geen stand.</p>\n</section>\n");
        return out;
    }
    let caption = format!("{}: wanneer het gepland is, met de stand van het register", escape(&indicator.label));
    let _ = writeln!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"mijlpaal-bijschrift\"><table class=\"data\">\
         <caption id=\"mijlpaal-bijschrift\">{caption}</caption><thead><tr><th scope=\"col\">Periode</th>\
         <th scope=\"col\">Gepland</th><th scope=\"col\">Stand</th><th scope=\"col\">Nota</th></tr></thead><tbody>"
    );
    for mark in marks {
        let _ = writeln!(
            out,
            "<tr id=\"p-{}\"><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            mark.period,
            capital(&period_name(mark.period)),
            if mark.planned { "<b>x</b> gepland" } else { "– niet gepland" },
            mark.state.map_or_else(|| "– geen stand opgegeven".to_owned(), state),
            escape(mark.note.as_deref().unwrap_or("–"))
        );
    }
    out.push_str("</tbody></table></div>\n");
    out.push_str(&made_from(place, &["milestones"]));
    out.push_str("</section>\n");
    out
}

/// Whether an indicator counts the authorities themselves: 1 or 0 for each.
fn is_yes_or_no(indicator: &Indicator, values: &[AuthorityValue]) -> bool {
    indicator.unit.contains("bestu")
        && values.iter().all(|value| value.value.is_none_or(|one| one == 0.0 || one == 1.0))
}

fn by_authority(source: &Source<'_>, place: &Place<'_>, indicator: &Indicator) -> String {
    let frame = &source.report.by_authority;
    let values = frame.of(&indicator.id);
    let Some(period) = frame.period.filter(|_| !values.is_empty()) else { return String::new() };
    let yes_or_no = is_yes_or_no(indicator, values);
    let hidden = values.iter().filter(|value| value.suppressed).count();
    let with = values.iter().filter(|value| value.value.is_some_and(|one| one > 0.0)).count();
    let mut out = String::from("<section aria-labelledby=\"besturen\">\n<h2 id=\"besturen\">Per bestuur</h2>\n");
    let _ = write!(
        out,
        "<p>In {}: {with} van de {} besturen {}.",
        period_phrase(period),
        values.len(),
        if yes_or_no { "tellen mee" } else { "met een waarde boven nul" }
    );
    if hidden > 0 {
        let _ = write!(
            out,
            " Van {hidden} {} is het cijfer niet getoond: het zou te veel zeggen over weinig personen.",
            if hidden == 1 { "bestuur" } else { "besturen" }
        );
    }
    out.push_str("</p>\n");
    let mut rows = Vec::new();
    let mut named: Vec<(&str, &str, &AuthorityValue)> = values
        .iter()
        .map(|value| {
            let known = frame.authorities.get(&value.nis);
            (
                known.map_or(value.nis.as_str(), |one| one.name.as_str()),
                known.map_or("", |one| one.province.as_str()),
                value,
            )
        })
        .collect();
    named.sort_by_key(|(name, _, value)| (*name, value.nis.as_str()));
    for (name, province, value) in named {
        let shown = match value.value {
            Some(one) if yes_or_no => Value::Flag(one > 0.0),
            Some(one) => Value::Figure(one),
            None if value.suppressed => Value::Missing(Missing::Suppressed),
            None => Value::Missing(Missing::NoData),
        };
        rows.push(Row::Cells(vec![
            Cell::text(name).from(Origin::Authority(value.nis.clone())),
            Cell::text(province),
            Cell::new(shown),
        ]));
    }
    let kind = if yes_or_no { ColumnKind::Text } else { ColumnKind::Number };
    let list = Table {
        name: "by_authority".to_owned(),
        caption: format!("{}: per bestuur, {}", indicator.label, period_name(period)),
        columns: vec![
            Column::new("authority", "Bestuur", ColumnKind::Text),
            Column::new("province", "Provincie", ColumnKind::Text),
            Column::new("value", if yes_or_no { "Telt mee".to_owned() } else { capital(&indicator.unit) }, kind),
        ],
        rows,
        notes: Vec::new(),
        mart: Some("indicator_by_authority"),
        when_empty: String::new(),
    };
    out.push_str(&table::table(place, &list, Sources::None));
    out.push_str(&made_from(place, &["indicator_by_authority"]));
    out.push_str("</section>\n");
    out
}

fn revisions(source: &Source<'_>, place: &Place<'_>, indicator: &Indicator) -> String {
    let rows: Vec<Row> = source
        .report
        .quality
        .revisions
        .iter()
        .filter(|revision| revision.indicator == indicator.id)
        .map(|revision| {
            Row::Cells(vec![
                Cell::new(Value::Period(revision.period)),
                Cell::text(revision.measure.word()),
                Cell::text(revision.release.clone()),
                herzieningen::shown(revision, revision.published, revision.published_text.as_deref()),
                herzieningen::shown(revision, revision.current, revision.current_text.as_deref()),
                Cell::text(herzieningen::causes(revision)),
                Cell::text(revision.deliveries.clone()),
            ])
        })
        .collect();
    let mut out =
        String::from("<section aria-labelledby=\"herzieningen\">\n<h2 id=\"herzieningen\">Herzieningen</h2>\n");
    if rows.is_empty() {
        out.push_str("<p>Geen enkel gepubliceerd cijfer van deze indicator is gewijzigd.</p>\n</section>\n");
        return out;
    }
    let revisions = Table {
        name: "revisions".to_owned(),
        caption: format!("{}: cijfers die na publicatie gewijzigd zijn", indicator.label),
        columns: vec![
            Column::new("revised_period", "Periode", ColumnKind::Text),
            Column::new("measure", "Wat", ColumnKind::Text),
            Column::new("release", "Vrijgave", ColumnKind::Text),
            Column::new("published", "Gepubliceerd", ColumnKind::Number),
            Column::new("current", "Nu", ColumnKind::Number),
            Column::new("causes", "Door", ColumnKind::Text),
            Column::new("deliveries", "Leveringen", ColumnKind::Text),
        ],
        rows,
        notes: Vec::new(),
        mart: None,
        when_empty: String::new(),
    };
    out.push_str(&table::table(place, &revisions, Sources::None));
    out.push_str("</section>\n");
    out
}

fn query(source: &Source<'_>, indicator: &Indicator) -> String {
    let Some(query) = source.report.provenance.queries.get(&indicator.id) else { return String::new() };
    format!(
        "<section aria-labelledby=\"zoekvraag\">\n<h2 id=\"zoekvraag\">De query</h2>\n\
         <p>De waarde van deze indicator in elke periode, in SQL over de verwerkte tabellen.</p>\n{}\
         <p>Het gepubliceerde cijfer zelf:</p>\n{}</section>\n",
        code(query, "query"),
        code(
            &format!(
                "select period, value, target, status\nfrom marts.indicator_values\nwhere indicator_id = '{}'\norder by period",
                indicator.id
            ),
            "query van het cijfer"
        )
    )
}

/// A query, in a region that scrolls.
pub(super) fn code(text: &str, label: &str) -> String {
    format!(
        "<div class=\"scroll code\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><pre><code>{}</code></pre></div>\n",
        escape(label),
        escape(text)
    )
}

fn deliveries(source: &Source<'_>, place: &Place<'_>, indicator: &Indicator) -> String {
    let deliveries = source.report.provenance.deliveries_of(&indicator.id);
    let Some(dataset) = source.report.provenance.datasets.get(&indicator.id) else { return String::new() };
    let mut out = format!(
        "<section aria-labelledby=\"leveringen\">\n<h2 id=\"leveringen\">Leveringen</h2>\n\
         <p>De rijen achter dit cijfer komen uit de leveringen van de dataset <code>{}</code>. \
         <code>peil explain {} {}</code> geeft de rijen zelf, met levering en lijn.</p>\n",
        escape(dataset),
        escape(&indicator.id),
        source.report.colophon.period
    );
    let rows: Vec<Row> = deliveries
        .iter()
        .rev()
        .map(|delivery| {
            Row::Cells(vec![
                Cell::text(delivery.object.clone()),
                Cell::new(delivery.day.map_or(Value::Missing(Missing::NoData), Value::Day)),
                Cell::new(Value::Integer(delivery.rows)),
                Cell::new(Value::Integer(delivery.accepted)),
                Cell::new(Value::Integer(delivery.rejected)),
                Cell::text(delivery.sha256.chars().take(12).collect::<String>()),
            ])
        })
        .collect();
    let list = Table {
        name: "deliveries".to_owned(),
        caption: format!("Leveringen van {dataset}, de laatste eerst"),
        columns: vec![
            Column::new("object", "Bestand", ColumnKind::Text),
            Column::new("delivery_date", "Dag", ColumnKind::Day),
            Column::new("rows", "Rijen", ColumnKind::Number),
            Column::new("accepted", "Aanvaard", ColumnKind::Number),
            Column::new("rejected", "Geweigerd", ColumnKind::Number),
            Column::new("sha256", "SHA-256 (begin)", ColumnKind::Text),
        ],
        rows,
        notes: Vec::new(),
        mart: None,
        when_empty: "Van deze dataset is nog niets geleverd.".to_owned(),
    };
    out.push_str(&table::table(place, &list, Sources::None));
    out.push_str(&made_from(place, &["deliveries"]));
    out.push_str("</section>\n");
    out
}

/// The tables that a part of a page is made from.
pub(super) fn made_from(place: &Place<'_>, tables: &[&str]) -> String {
    let linked = tables.iter().map(|name| match place.links.table(name) {
        Some(address) => format!("<a href=\"{}{address}\">{}</a>", place.root, escape(name)),
        None => escape(name),
    });
    format!("<p class=\"sources\">Gemaakt uit tabel {}</p>\n", linked.collect::<Vec<_>>().join(", "))
}
