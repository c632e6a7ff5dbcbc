//! The marts as a Data Package (version 2.0) with Table Schema.

use peil_warehouse::Result;
use peil_warehouse::table::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::content::{Column, Content, Kind, Table};
use super::{HOMEPAGE, Options, PUBLISHER, json};

/// `datapackage.json`.
pub(super) fn describe(content: &Content, options: &Options) -> Result<Vec<u8>> {
    let resources: Vec<Value> = content.tables.iter().flat_map(|table| [csv(table), parquet(table)]).collect();
    let name = match &options.release {
        Some(release) => format!("peil-{}", release.to_lowercase().replace([' ', '/', '_'], "-")),
        None => "peil".to_owned(),
    };
    json(&json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": name,
        "title": "Peil: cijfers over het Vlaamse lokaal-digitale programma",
        "description": format!(
            "The published marts of Peil as of {}: indicators, use, satisfaction, maturity, building blocks and money. \
             Cells that say too much about few persons are empty, with `suppressed` true.",
            content.as_of
        ),
        "version": content.as_of.to_string(),
        "created": format!("{}T00:00:00Z", content.as_of),
        "homepage": HOMEPAGE,
        "licenses": [{ "path": options.licence(), "title": "Modellicentie gratis hergebruik" }],
        "contributors": [{ "title": PUBLISHER, "path": HOMEPAGE, "roles": ["publisher"] }],
        "keywords": ["lokale besturen", "digitalisering", "indicatoren", "Vlaanderen"],
        "resources": resources,
    }))
}

fn csv(table: &Table) -> Value {
    let fields: Vec<Value> = table.columns.iter().map(|column| field(column, &table.key)).collect();
    let mut schema = json!({
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "fields": fields,
        "missingValues": [""],
    });
    if !table.key.is_empty() {
        schema["primaryKey"] = json!(table.key);
    }
    json!({
        "name": table.name,
        "type": "table",
        "description": table.description,
        "path": table.csv_path(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": table.csv.len(),
        "hash": hash(&table.csv),
        "dialect": { "delimiter": ",", "lineTerminator": "\r\n", "header": true },
        "schema": schema,
    })
}

/// The same rows, a file that says by itself which types they have.
fn parquet(table: &Table) -> Value {
    json!({
        "name": format!("{}-parquet", table.name),
        "type": "file",
        "description": table.description,
        "path": table.parquet_path(),
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "bytes": table.parquet.len(),
        "hash": hash(&table.parquet),
    })
}

fn hash(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

fn field(column: &Column, key: &[String]) -> Value {
    let kind = match column.kind {
        Kind::Text => "string",
        Kind::Integer => "integer",
        Kind::Number | Kind::Decimal(_) => "number",
        Kind::Flag => "boolean",
        Kind::Day => "date",
        Kind::Moment => "datetime",
    };
    let mut field = json!({ "name": column.name, "type": kind, "description": column.description });
    if key.contains(&column.name) {
        field["constraints"] = json!({ "required": true });
    }
    field
}
