//! The file of a contract, as the Open Data Contract Standard has it.
//!
//! Parsed strictly: a key that is not known here is an error, because a
//! misspelt key would otherwise be a rule that is silently not kept. Keys of
//! the standard that say nothing about how a delivery is read are known and
//! passed over.

use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use crate::nearest::did_you_mean;
use crate::{Error, Result};

/// A contract document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Document {
    pub api_version: Spanned<String>,
    pub kind: Spanned<String>,
    pub id: String,
    pub version: String,
    pub status: String,
    pub name: Option<String>,
    pub domain: Option<String>,
    pub tenant: Option<String>,
    pub data_product: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub description: Option<Description>,
    pub schema: Vec<Table>,
    #[serde(default)]
    pub sla_properties: Vec<ServiceLevel>,
}

/// What the source promises of its deliveries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct ServiceLevel {
    pub property: Spanned<String>,
    pub value: Spanned<u32>,
    pub unit: Spanned<String>,
    pub element: Option<String>,
    pub driver: Option<String>,
    pub description: Option<String>,
}

/// What the dataset is for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Description {
    pub purpose: Option<String>,
    pub usage: Option<String>,
    pub limitations: Option<String>,
}

/// The dataset.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Table {
    pub name: Spanned<String>,
    pub physical_name: Spanned<String>,
    pub physical_type: Option<String>,
    pub logical_type: Option<String>,
    pub business_name: Option<String>,
    pub description: String,
    pub data_granularity_description: Option<String>,
    #[serde(default)]
    pub tags: Vec<String>,
    pub custom_properties: Vec<Custom>,
    pub properties: Vec<Property>,
}

/// A column, or a member of one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Property {
    pub name: Spanned<String>,
    pub physical_name: Option<String>,
    pub logical_type: Spanned<String>,
    pub logical_type_options: Option<TypeOptions>,
    pub physical_type: Spanned<String>,
    pub business_name: Option<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub unique: bool,
    #[serde(default)]
    pub primary_key: bool,
    pub primary_key_position: Option<usize>,
    pub classification: Option<String>,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub tags: Vec<String>,
    #[serde(default)]
    pub relationships: Vec<Relationship>,
    #[serde(default)]
    pub quality: Vec<Quality>,
    #[serde(default)]
    pub custom_properties: Vec<Custom>,
    pub items: Option<Box<Items>>,
    #[serde(default)]
    pub properties: Vec<Property>,
}

/// The elements of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Items {
    pub logical_type: Spanned<String>,
    pub physical_type: Option<String>,
    #[serde(default)]
    pub properties: Vec<Property>,
}

/// Bounds and form of a value.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeOptions {
    pub format: Option<Spanned<String>>,
    pub minimum: Option<Spanned<f64>>,
    pub maximum: Option<Spanned<f64>>,
}

/// What the values refer to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Relationship {
    pub to: Spanned<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// A rule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Quality {
    pub name: Option<String>,
    #[serde(rename = "type")]
    pub kind: Spanned<String>,
    pub description: Option<String>,
    pub metric: Option<String>,
    pub must_be: Option<u64>,
    pub arguments: Option<Arguments>,
    pub engine: Option<String>,
    pub implementation: Option<Implementation>,
}

/// Arguments of a rule of the standard's library.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Arguments {
    pub valid_values: Vec<String>,
}

/// A rule of Peil's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Implementation {
    pub not_before: Option<Spanned<String>>,
    pub after: Option<Spanned<String>>,
    pub checksum: Option<Spanned<String>>,
}

/// A property of Peil's own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "keys of the standard that are known and passed over")]
pub(super) struct Custom {
    pub property: Spanned<String>,
    pub value: Value,
    pub description: Option<String>,
}

/// The value of a property of Peil's own.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum Value {
    Flag(bool),
    Text(String),
    List(Vec<String>),
}

/// Parses the document; an error names file, line, key and the nearest known
/// key.
pub(super) fn parse(file: &str, text: &str) -> Result<Document> {
    serde_saphyr::from_str(text).map_err(|error| {
        let error = error.without_snippet();
        let what = match error {
            serde_saphyr::Error::SerdeUnknownField { field, expected, .. } => {
                let known = expected.iter().copied();
                let near = did_you_mean(field, known);
                let near = if near.is_empty() { format!(" (known here: {})", expected.join(", ")) } else { near };
                format!("unknown key `{field}`{near}")
            }
            serde_saphyr::Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
            other => other.to_string(),
        };
        let place = error.location().map_or_else(String::new, |location| format!(", line {}", location.line()));
        Error::usage(format!("contract {file}{place}: {what}"))
    })
}

/// An error at a place of a contract.
pub(super) fn wrong(file: &str, location: &Location, what: impl std::fmt::Display) -> Error {
    Error::usage(format!("contract {file}, line {}: {what}", location.line()))
}
