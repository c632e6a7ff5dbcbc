//! The tables that readers can query, with what there is to say about each.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{COMMENT, TableState};

use super::lineage::{ColumnSource, Lineage};
use super::provenance::Provenance;
use super::table::{Kind, Table};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueColumn {
    /// Name.
    pub name: String,
    /// Type in SQL.
    pub kind: String,
    /// What it holds.
    pub description: String,
    /// The columns that it comes from.
    pub sources: Vec<ColumnSource>,
}

/// A table of the marts, or of the warehouse's own records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CatalogueTable {
    /// Name, unique over the layers.
    pub name: String,
    /// `marts` or `ops`.
    pub layer: String,
    /// What a row stands for.
    pub grain: String,
    /// Who answers for it.
    pub owner: String,
    /// What it shows.
    pub description: String,
    /// Columns in order.
    pub columns: Vec<CatalogueColumn>,
    /// Questions, with the query that answers each.
    pub examples: Vec<(String, String)>,
    /// The tables that it is made from, as `conformed.costs`.
    pub depends_on: Vec<String>,
    /// The marts that are made from it.
    pub used_by: Vec<String>,
    /// The datasets that it rests on, as `finance/costs`.
    pub datasets: Vec<String>,
    /// Day of the latest delivery of those datasets.
    pub latest_delivery: Option<NaiveDate>,
    /// Number of rows.
    pub rows: u64,
    /// The query that makes it; empty where no model does.
    pub query: String,
}

/// The data catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Catalogue {
    /// Marts, then the warehouse's own records, by name.
    pub tables: Vec<CatalogueTable>,
}

/// What the warehouse records of a model.
#[derive(Debug, Default)]
struct Model {
    layer: String,
    grain: String,
    owner: String,
    description: String,
    query: String,
    depends_on: Vec<String>,
}

impl Catalogue {
    pub(super) async fn read(storage: &Storage, published: &Published, provenance: &Provenance) -> Result<Self> {
        let models = models(storage, published).await?;
        let mut examples = examples(storage, published).await?;
        let lineage = Lineage::read(storage, published).await?;
        let mut tables = Vec::new();
        for layer in ["marts", "ops"] {
            let prefix = format!("{layer}/");
            for (path, state) in &published.tables {
                let Some(name) = path.strip_prefix(&prefix) else { continue };
                let model = models.get(&format!("{layer}.{name}"));
                let mut table = described(name, layer, state)?;
                if layer == "marts" {
                    for column in &mut table.columns {
                        column.sources = lineage.sources(name, &column.name).to_vec();
                    }
                }
                if let Some(model) = model {
                    table.grain.clone_from(&model.grain);
                    table.owner.clone_from(&model.owner);
                    table.description.clone_from(&model.description);
                    table.query.clone_from(&model.query);
                    table.depends_on.clone_from(&model.depends_on);
                    table.examples = examples.remove(name).unwrap_or_default();
                    table.used_by = users(&models, &format!("{layer}.{name}"));
                    table.datasets = datasets(&models, &format!("{layer}.{name}"), provenance);
                    let days = table.datasets.iter().filter_map(|dataset| provenance.deliveries.get(dataset));
                    table.latest_delivery = days.flatten().filter_map(|delivery| delivery.day).max();
                }
                tables.push(table);
            }
        }
        Ok(Self { tables })
    }

    /// A table by name.
    pub fn table(&self, name: &str) -> Option<&CatalogueTable> {
        self.tables.iter().find(|table| table.name == name)
    }
}

fn described(name: &str, layer: &str, state: &TableState) -> Result<CatalogueTable> {
    let schema = state.arrow_schema()?;
    let columns = schema.fields().iter().map(|field| CatalogueColumn {
        name: field.name().clone(),
        kind: type_name(field.data_type()),
        description: field.metadata().get(COMMENT).cloned().unwrap_or_default(),
        sources: Vec::new(),
    });
    Ok(CatalogueTable {
        name: name.to_owned(),
        layer: layer.to_owned(),
        description: state.description.clone(),
        columns: columns.collect(),
        rows: state.files.iter().map(|file| file.rows).sum(),
        ..CatalogueTable::default()
    })
}

/// The name of a type in SQL.
fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Utf8 => "varchar".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Decimal128(digits, decimals) => format!("decimal({digits}, {decimals})"),
        other => other.to_string().to_lowercase(),
    }
}

async fn models(storage: &Storage, published: &Published) -> Result<BTreeMap<String, Model>> {
    let columns = ["model", "layer", "grain", "owner", "description", "depends_on", "query"];
    let Some(table) =
        Table::read_if_there(storage, published, "ops/models", &columns.map(|column| (column, Kind::Text)), &[])
            .await?
    else {
        return Ok(BTreeMap::new());
    };
    let mut models = BTreeMap::new();
    for row in table.rows() {
        let text = |column: &str| table.text(column, row).unwrap_or_default();
        let model = Model {
            layer: text("layer"),
            grain: text("grain"),
            owner: text("owner"),
            description: text("description"),
            query: text("query"),
            depends_on: text("depends_on").split(", ").filter(|name| !name.is_empty()).map(str::to_owned).collect(),
        };
        models.insert(format!("{}.{}", model.layer, text("model")), model);
    }
    Ok(models)
}

async fn examples(storage: &Storage, published: &Published) -> Result<BTreeMap<String, Vec<(String, String)>>> {
    let columns = ["model", "question", "query"].map(|column| (column, Kind::Text));
    let mut examples: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    if let Some(table) = Table::read_if_there(storage, published, "ops/model_examples", &columns, &[]).await? {
        for row in table.rows() {
            let example = (table.required("question", row)?, table.required("query", row)?);
            examples.entry(table.required("model", row)?).or_default().push(example);
        }
    }
    Ok(examples)
}

/// The marts that are made from a table, also by way of intermediate ones.
fn users(models: &BTreeMap<String, Model>, name: &str) -> Vec<String> {
    let mut users = BTreeSet::new();
    let mut ahead = vec![name.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(at) = ahead.pop() {
        for (user, model) in models.iter().filter(|(_, model)| model.depends_on.contains(&at)) {
            if model.layer == "marts" {
                users.insert(user.clone());
            } else if seen.insert(user.clone()) {
                ahead.push(user.clone());
            }
        }
    }
    users.into_iter().collect()
}

/// The datasets that a table rests on: its tables followed back to those of
/// the deliveries.
fn datasets(models: &BTreeMap<String, Model>, name: &str, provenance: &Provenance) -> Vec<String> {
    let mut found = BTreeSet::new();
    let mut ahead = vec![name.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(at) = ahead.pop() {
        if let Some(table) = at.strip_prefix("conformed.") {
            found.extend(dataset(table, provenance));
        }
        let reads = models.get(&at).into_iter().flat_map(|model| &model.depends_on);
        for read in reads.filter(|read| seen.insert((*read).clone())) {
            ahead.push(read.clone());
        }
    }
    found.into_iter().collect()
}

/// Conformed tables whose name does not begin with that of their dataset.
const DERIVED: [(&str, &str); 4] = [
    ("portal_activity", "portal/events"),
    ("portal_maturity_scores", "portal/maturity"),
    ("portal_maturity_figures", "portal/maturity"),
    ("authority_compositions", "reference/authorities"),
];

/// The dataset of a conformed table: the one whose name it begins with.
fn dataset(table: &str, provenance: &Provenance) -> Option<String> {
    if let Some((_, dataset)) = DERIVED.iter().find(|(known, _)| *known == table) {
        return Some((*dataset).to_owned());
    }
    let known = provenance.deliveries.keys().filter(|dataset| table.starts_with(&dataset.replace('/', "_")));
    let singular = |dataset: &&String| {
        let name = dataset.replace('/', "_");
        table.starts_with(name.trim_end_matches('s'))
    };
    known
        .max_by_key(|dataset| dataset.len())
        .or_else(|| provenance.deliveries.keys().filter(singular).max_by_key(|dataset| dataset.len()))
        .cloned()
}
