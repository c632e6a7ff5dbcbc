//! The marts described for a catalogue of open data: DCAT-AP Vlaanderen, as
//! JSON-LD.
//!
//! Each of these the profile asks for: of the catalogue title, description,
//! publisher, contact, licence, datasets and a record of each; of a dataset
//! title, description, identifier, publisher, contact, access rights, theme
//! and distributions; of a distribution where it is and its licence. Titles
//! and descriptions are Dutch.

use peil_warehouse::Result;
use peil_warehouse::table::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::content::{Content, Table};
use super::themes::{OTHER, THEMES, Theme};
use super::{HOMEPAGE, Options, PUBLISHER, json};

const PROFILE: &str = "https://data.vlaanderen.be/doc/applicatieprofiel/DCAT-AP-VL/";
/// The lists of the Publications Office of the European Union.
const AUTHORITY: &str = "http://publications.europa.eu/resource/authority";
/// The Flemish Region in the nomenclature of territorial units.
const FLANDERS: &str = "http://data.europa.eu/nuts/code/BE2";

/// `dcat.jsonld`.
pub(super) fn describe(content: &Content, options: &Options) -> Result<Vec<u8>> {
    let named: Vec<&str> = THEMES.iter().flat_map(|theme| theme.tables).copied().collect();
    let mut datasets = Vec::new();
    for theme in THEMES.iter().chain([&OTHER]) {
        let tables: Vec<&Table> = match theme.tables {
            [] => content.tables.iter().filter(|table| !named.contains(&table.name.as_str())).collect(),
            names => names.iter().filter_map(|name| content.table(name)).collect(),
        };
        if !tables.is_empty() {
            datasets.push(dataset(theme, &tables, content, options));
        }
    }
    let records: Vec<Value> = datasets.iter().map(|dataset| record(dataset, content)).collect();
    let mut context = context();
    if let Some(url) = &options.url {
        context["@base"] = json!(format!("{}/", url.trim_end_matches('/')));
    }
    json(&json!({
        "@context": context,
        "@id": "#catalogus",
        "@type": "dcat:Catalog",
        "dct:identifier": identifier("catalogus", options),
        "dct:title": dutch("Peil: datacatalogus van V-ICT-OR"),
        "dct:description": dutch("Cijfers over de lokaal-digitale programma's voor de Vlaamse lokale besturen."),
        "dct:publisher": publisher(),
        "dcat:contactPoint": contact(),
        "dct:language": term("language/NLD", "dct:LinguisticSystem"),
        "dct:license": licence(options),
        "dct:modified": day(content),
        "dct:spatial": { "@id": FLANDERS, "@type": "dct:Location" },
        "foaf:homepage": { "@id": HOMEPAGE, "@type": "foaf:Document" },
        "dcat:themeTaxonomy": { "@id": format!("{AUTHORITY}/data-theme"), "@type": "skos:ConceptScheme" },
        "dcat:dataset": datasets,
        "dcat:record": records,
    }))
}

fn context() -> Value {
    json!({
        "adms": "http://www.w3.org/ns/adms#",
        "dcat": "http://www.w3.org/ns/dcat#",
        "dct": "http://purl.org/dc/terms/",
        "foaf": "http://xmlns.com/foaf/0.1/",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "spdx": "http://spdx.org/rdf/terms#",
        "vcard": "http://www.w3.org/2006/vcard/ns#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

fn dataset(theme: &Theme, tables: &[&Table], content: &Content, options: &Options) -> Value {
    let mut distributions: Vec<Value> = Vec::new();
    for table in tables {
        let (csv, parquet) = (table.csv_path(), table.parquet_path());
        distributions.push(distribution(table, &csv, &table.csv, ["CSV", "text/csv"], content, options));
        let format = ["PARQUET", "application/vnd.apache.parquet"];
        distributions.push(distribution(table, &parquet, &table.parquet, format, content, options));
    }
    let themes: Vec<Value> =
        theme.themes.iter().map(|name| term(&format!("data-theme/{name}"), "skos:Concept")).collect();
    let keywords: Vec<Value> = theme.keywords.iter().map(|word| dutch(word)).collect();
    let days = tables.iter().filter_map(|table| table.days);
    let days = days.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let mut dataset = json!({
        "@id": format!("#{}", theme.id),
        "@type": "dcat:Dataset",
        "dct:identifier": identifier(theme.id, options),
        "dct:title": dutch(theme.title),
        "dct:description": dutch(theme.description),
        "dct:publisher": publisher(),
        "dcat:contactPoint": contact(),
        "dct:accessRights": term("access-right/PUBLIC", "dct:RightsStatement"),
        "dct:accrualPeriodicity": term(&format!("frequency/{}", theme.frequency), "dct:Frequency"),
        "dct:language": term("language/NLD", "dct:LinguisticSystem"),
        "dct:modified": day(content),
        "dct:spatial": { "@id": FLANDERS, "@type": "dct:Location" },
        "dcat:keyword": keywords,
        "dcat:landingPage": { "@id": HOMEPAGE, "@type": "foaf:Document" },
        "dcat:theme": themes,
        "dcat:distribution": distributions,
    });
    if let Some((from, until)) = days {
        let date = |day: chrono::NaiveDate| json!({ "@value": day.to_string(), "@type": "xsd:date" });
        dataset["dct:temporal"] =
            json!({ "@type": "dct:PeriodOfTime", "dcat:startDate": date(from), "dcat:endDate": date(until) });
    }
    if let Some(release) = &options.release {
        dataset["adms:versionNotes"] = dutch(&format!("Vrijgave {release}"));
    }
    dataset
}

fn distribution(
    table: &Table,
    path: &str,
    bytes: &[u8],
    [format, media]: [&str; 2],
    content: &Content,
    options: &Options,
) -> Value {
    json!({
        "@id": format!("#{}-{}", table.name, format.to_lowercase()),
        "@type": "dcat:Distribution",
        "dct:title": dutch(&format!("{} ({format})", table.name)),
        "dct:description": { "@value": table.description, "@language": "en" },
        "dcat:accessURL": { "@id": path },
        "dcat:downloadURL": { "@id": path },
        "dcat:byteSize": { "@value": bytes.len().to_string(), "@type": "xsd:nonNegativeInteger" },
        "dcat:mediaType": {
            "@id": format!("https://www.iana.org/assignments/media-types/{media}"), "@type": "dct:MediaType"
        },
        "dct:format": term(&format!("file-type/{format}"), "dct:MediaTypeOrExtent"),
        "dct:license": licence(options),
        "dct:modified": day(content),
        "adms:status": term("dataset-status/COMPLETED", "skos:Concept"),
        "spdx:checksum": {
            "@type": "spdx:Checksum",
            "spdx:algorithm": { "@id": "http://spdx.org/rdf/terms#checksumAlgorithm_sha256" },
            "spdx:checksumValue": { "@value": hex(&Sha256::digest(bytes)), "@type": "xsd:hexBinary" },
        },
    })
}

/// Says of a dataset by which profile it is described, and when.
fn record(dataset: &Value, content: &Content) -> Value {
    let id = dataset["@id"].as_str().unwrap_or_default();
    json!({
        "@id": format!("{id}-record"),
        "@type": "dcat:CatalogRecord",
        "dct:identifier": format!("{}-record", dataset["dct:identifier"].as_str().unwrap_or_default()),
        "dct:conformsTo": { "@id": PROFILE, "@type": "dct:Standard" },
        "dct:modified": day(content),
        "foaf:primaryTopic": { "@id": id },
    })
}

fn identifier(id: &str, options: &Options) -> String {
    match &options.release {
        Some(release) => format!("peil-{id}-{}", release.to_lowercase()),
        None => format!("peil-{id}"),
    }
}

fn publisher() -> Value {
    json!({
        "@id": "#uitgever",
        "@type": ["foaf:Agent", "foaf:Organization"],
        "foaf:name": dutch(PUBLISHER),
        "foaf:homepage": { "@id": HOMEPAGE, "@type": "foaf:Document" },
        "dct:type": { "@id": "http://purl.org/adms/publishertype/NonProfitOrganisation", "@type": "skos:Concept" },
    })
}

fn contact() -> Value {
    json!({
        "@id": "#contact",
        "@type": ["vcard:Kind", "vcard:Organization"],
        "vcard:fn": PUBLISHER,
        "vcard:hasURL": { "@id": HOMEPAGE },
    })
}

fn licence(options: &Options) -> Value {
    json!({ "@id": options.licence(), "@type": "dct:LicenseDocument" })
}

fn term(path: &str, class: &str) -> Value {
    json!({ "@id": format!("{AUTHORITY}/{path}"), "@type": class })
}

fn dutch(text: &str) -> Value {
    json!({ "@value": text, "@language": "nl" })
}

fn day(content: &Content) -> Value {
    json!({ "@value": content.as_of.to_string(), "@type": "xsd:date" })
}
