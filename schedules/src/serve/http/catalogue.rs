//! What there is: each table with its columns, how fresh it is, and questions
//! that it answers.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use arrow::datatypes::DataType;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use peil_marts::service::State as Published;
use peil_warehouse::Result;
use peil_warehouse::table::COMMENT;
use serde::Serialize;

use super::page::{escape, page};
use super::{Site, failed, said};
use crate::records;
use crate::rows::Form;

/// Everything.
#[derive(Debug, Serialize)]
struct Catalogue {
    published_at: Option<DateTime<Utc>>,
    run_id: Option<String>,
    as_of: Option<NaiveDate>,
    known_on: Option<NaiveDate>,
    releases: Vec<Released>,
    tables: Vec<Table>,
}

#[derive(Debug, Serialize)]
struct Released {
    id: String,
    period: String,
    schema: String,
    closed_at: DateTime<Utc>,
    report: String,
}

#[derive(Debug, Serialize)]
struct Table {
    schema: String,
    table: String,
    description: String,
    rows: u64,
    columns: Vec<Column>,
    addresses: BTreeMap<&'static str, String>,
    examples: Vec<Example>,
}

#[derive(Debug, Serialize)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    description: String,
}

#[derive(Debug, Clone, Serialize)]
struct Example {
    question: String,
    query: String,
}

/// The same for a program.
pub(super) async fn json(State(site): State<Arc<Site>>) -> Response {
    match read(&site).await {
        Ok(catalogue) => match serde_json::to_vec_pretty(&catalogue) {
            Ok(text) => ([(CONTENT_TYPE, "application/json")], text).into_response(),
            Err(error) => said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        },
        Err(answer) => *answer,
    }
}

/// The catalogue as a page.
pub(super) async fn html(State(site): State<Arc<Site>>) -> Response {
    let catalogue = match read(&site).await {
        Ok(catalogue) => catalogue,
        Err(answer) => return *answer,
    };
    let mut out = freshness(&catalogue);
    out.push_str("<p>Elke tabel is te bevragen in SQL en te downloaden als CSV, JSON of Parquet. Met <code>?kolom=waarde</code> achter een adres komen alleen die rijen, met <code>?columns=a,b</code> alleen die kolommen. <a href=\"/catalogue.json\">Deze catalogus als JSON</a>.</p>\n");
    let mut schema = "";
    for table in &catalogue.tables {
        if table.schema != schema {
            schema = &table.schema;
            let _ = writeln!(out, "<h2 id=\"{0}\">Schema {0}</h2>", escape(schema));
        }
        details(&mut out, table);
    }
    page("Gegevens van Peil", &out).into_response()
}

/// The way to everything.
pub(super) async fn home(State(site): State<Arc<Site>>) -> Response {
    let catalogue = match read(&site).await {
        Ok(catalogue) => catalogue,
        Err(answer) => return *answer,
    };
    let mut out = freshness(&catalogue);
    out.push_str("<h2>Rapporten</h2>\n<ul>\n<li><a href=\"/reports/latest/\">Het nieuwste rapport</a></li>\n");
    for release in catalogue.releases.iter().rev() {
        let _ = writeln!(
            out,
            "<li><a href=\"{}\">{}</a>, gepubliceerd op {}</li>",
            escape(&release.report),
            escape(&release.id),
            release.closed_at.format("%d/%m/%Y")
        );
    }
    out.push_str("</ul>\n<h2>Gegevens</h2>\n<ul>\n<li><a href=\"/catalogue\">De catalogus</a>: elke tabel met haar kolommen, voorbeelden en downloads</li>\n<li><a href=\"/catalogue.json\">Dezelfde catalogus als JSON</a></li>\n</ul>\n<h2>Beheer</h2>\n<ul>\n<li><a href=\"/readyz\">Is er iets gepubliceerd?</a></li>\n<li><a href=\"/metrics\">Tellingen voor Prometheus</a></li>\n</ul>\n");
    page("Peil", &out).into_response()
}

async fn read(site: &Site) -> std::result::Result<Catalogue, Box<Response>> {
    let state = site.service.state().await.map_err(|fault| Box::new(failed(&fault)))?;
    catalogue(site, &state).await.map_err(|error| Box::new(said(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())))
}

async fn catalogue(site: &Site, state: &Published) -> Result<Catalogue> {
    let mut examples: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    for record in records::read(&site.storage, &state.published, "ops/model_examples").await? {
        let example = Example {
            question: records::text(&record, "question").to_owned(),
            query: records::text(&record, "query").to_owned(),
        };
        examples.entry(records::text(&record, "model").to_owned()).or_default().push(example);
    }
    let mut tables = Vec::new();
    for relation in state.relations() {
        let (Some((schema, table)), Some(found)) = (relation.split_once('.'), state.table(relation)) else { continue };
        let columns = found.arrow_schema()?;
        let columns = columns.fields().iter().map(|field| Column {
            name: field.name().clone(),
            kind: type_name(field.data_type()),
            description: field.metadata().get(COMMENT).cloned().unwrap_or_default(),
        });
        tables.push(Table {
            schema: schema.to_owned(),
            table: table.to_owned(),
            description: found.description.clone(),
            rows: found.rows(),
            columns: columns.collect(),
            addresses: Form::ALL.iter().map(|(_, end, _)| (*end, format!("/{schema}/{table}.{end}"))).collect(),
            examples: if schema == "ops" { Vec::new() } else { examples.get(table).cloned().unwrap_or_default() },
        });
    }
    let releases = state.releases.iter().map(|release| Released {
        id: release.id.clone(),
        period: release.period.to_string(),
        schema: release.schema(),
        closed_at: release.closed_at,
        report: format!("/reports/{}/", release.id),
    });
    let published = &state.published;
    Ok(Catalogue {
        published_at: published.published_at,
        run_id: published.run_id.clone(),
        as_of: published.as_of,
        known_on: published.known_on,
        releases: releases.collect(),
        tables,
    })
}

/// The name of a type in PostgreSQL.
fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 => "text".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float64 => "double precision".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp with time zone".to_owned(),
        DataType::Decimal128(digits, decimals) => format!("numeric({digits},{decimals})"),
        other => other.to_string().to_lowercase(),
    }
}

fn freshness(catalogue: &Catalogue) -> String {
    let day = |day: Option<NaiveDate>| day.map(|day| day.format("%d/%m/%Y").to_string());
    let Some(at) = catalogue.published_at else {
        return "<p>Er is nog niets gepubliceerd.</p>\n".to_owned();
    };
    let as_of = day(catalogue.as_of).map(|day| format!(", feiten tot en met {day}")).unwrap_or_default();
    let known = day(catalogue.known_on).map(|day| format!(", leveringen tot en met {day}")).unwrap_or_default();
    format!("<p class=\"quiet\">Gepubliceerd op {} UTC{as_of}{known}.</p>\n", at.format("%d/%m/%Y om %H:%M"))
}

fn details(out: &mut String, table: &Table) {
    let links = table.addresses.iter().map(|(end, address)| {
        format!(
            "<a href=\"{}\">{}<span class=\"quiet\"> van {}</span></a>",
            escape(address),
            end.to_uppercase(),
            escape(&table.table)
        )
    });
    let _ = write!(
        out,
        "<details id=\"{}.{}\">\n<summary>{} <span class=\"quiet\" lang=\"en\">{}</span></summary>\n<p lang=\"en\">{}</p>\n<p>{} rijen · {}</p>\n<div class=\"scroll\"><table><caption>Kolommen van {}</caption><thead><tr><th scope=\"col\">Kolom</th><th scope=\"col\">Type</th><th scope=\"col\">Wat het is</th></tr></thead><tbody>\n",
        escape(&table.schema),
        escape(&table.table),
        escape(&table.table),
        escape(table.description.split_inclusive(". ").next().unwrap_or_default().trim().trim_end_matches('.')),
        escape(&table.description),
        table.rows,
        links.collect::<Vec<_>>().join(" · "),
        escape(&table.table),
    );
    for column in &table.columns {
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td lang=\"en\">{}</td></tr>",
            escape(&column.name),
            escape(&column.kind),
            escape(&column.description)
        );
    }
    out.push_str("</tbody></table></div>\n");
    for example in &table.examples {
        let _ = write!(
            out,
            "<p>{}</p>\n<pre tabindex=\"0\"><code>{}</code></pre>\n",
            escape(&example.question),
            escape(&example.query)
        );
    }
    out.push_str("</details>\n");
}
