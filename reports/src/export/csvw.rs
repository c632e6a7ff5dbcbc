//! The marts as CSV on the Web: one document that describes all tables.

use peil_warehouse::Result;
use serde_json::{Value, json};

use super::content::{Column, Content, Kind, Table};
use super::{Options, PUBLISHER, json};

/// `csv-metadata.json`, the name under which readers look for it.
pub(super) fn describe(content: &Content, options: &Options) -> Result<Vec<u8>> {
    let tables: Vec<Value> = content.tables.iter().map(table).collect();
    json(&json!({
        "@context": ["http://www.w3.org/ns/csvw", { "@language": "en" }],
        "@type": "TableGroup",
        "dc:title": "Peil: figures of the Flemish local-digital programme",
        "dc:publisher": PUBLISHER,
        "dc:license": { "@id": options.licence() },
        "dc:modified": content.as_of.to_string(),
        "dialect": { "header": true, "delimiter": ",", "encoding": "utf-8", "lineTerminators": ["\r\n", "\n"] },
        "tables": tables,
    }))
}

fn table(table: &Table) -> Value {
    let columns: Vec<Value> = table.columns.iter().map(|one| column(one, &table.key)).collect();
    let mut schema = json!({ "columns": columns });
    if !table.key.is_empty() {
        schema["primaryKey"] = json!(table.key);
    }
    json!({
        "url": table.csv_path(),
        "dc:title": table.name,
        "dc:description": table.description,
        "tableSchema": schema,
    })
}

fn column(column: &Column, key: &[String]) -> Value {
    let kind = match column.kind {
        Kind::Text => json!("string"),
        Kind::Integer => json!("integer"),
        Kind::Number => json!("double"),
        Kind::Decimal(_) => json!("decimal"),
        Kind::Flag => json!({ "base": "boolean", "format": "true|false" }),
        Kind::Day => json!({ "base": "date", "format": "yyyy-MM-dd" }),
        Kind::Moment => json!("datetime"),
    };
    json!({
        "name": column.name,
        "titles": column.name,
        "dc:description": column.description,
        "datatype": kind,
        "null": "",
        "required": key.contains(&column.name),
    })
}
