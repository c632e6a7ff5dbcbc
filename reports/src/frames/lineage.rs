//! From which columns each column of a mart comes, down to the deliveries.

use std::collections::BTreeMap;

use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::table::{Kind, Table};

/// A column of a delivery, as its dataset calls it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveredColumn {
    /// System and dataset, as `portal/users`.
    pub dataset: String,
    /// The column as the source calls it; none for what is known of the
    /// delivery itself, and where rows are counted.
    pub column: Option<String>,
    /// How the conformed column is made of it, as `direct` or `pseudonym`.
    pub how: String,
}

/// A column from which a column of a mart comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSource {
    /// Schema and table, as `conformed.portal_users`.
    pub table: String,
    /// The column; `*` for the rows as such.
    pub column: String,
    /// `direct`, `expression` or `aggregate` where the value is made of it;
    /// `group`, `join` or `filter` where it decides which rows make the value.
    pub how: String,
    /// The columns of deliveries from which it comes itself.
    pub delivered: Vec<DeliveredColumn>,
}

impl ColumnSource {
    /// Whether the value is made of it; the others decide which rows do.
    pub fn is_value(&self) -> bool {
        ["direct", "expression", "aggregate"].contains(&self.how.as_str())
    }
}

/// The lineage of all marts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lineage {
    columns: BTreeMap<(String, String), Vec<ColumnSource>>,
}

impl Lineage {
    /// Reads it from what is published; nothing of a warehouse in which it
    /// was not recorded yet.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Storage`] where it cannot be read.
    pub async fn read(storage: &Storage, published: &Published) -> Result<Self> {
        let delivered = delivered(storage, published).await?;
        let names = ["mart", "column", "source_table", "source_column", "how"].map(|column| (column, Kind::Text));
        let mut lineage = Self::default();
        let Some(table) = Table::read_record(storage, published, "column_lineage", &names).await? else {
            return Ok(lineage);
        };
        for row in table.rows() {
            let [mart, column, from, name, how] = [0, 1, 2, 3, 4].map(|at: usize| table.text(names[at].0, row));
            let [mart, column, from, name, how] = [mart, column, from, name, how].map(Option::unwrap_or_default);
            let delivered = match from.strip_prefix("conformed.") {
                Some(conformed) => delivered.get(&(conformed.to_owned(), name.clone())).cloned().unwrap_or_default(),
                None => Vec::new(),
            };
            let source = ColumnSource { table: from, column: name, how, delivered };
            lineage.columns.entry((mart, column)).or_default().push(source);
        }
        Ok(lineage)
    }

    /// The sources of a column of a mart.
    pub fn sources(&self, mart: &str, column: &str) -> &[ColumnSource] {
        self.columns.get(&(mart.to_owned(), column.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The marts of which there is a lineage, by name.
    pub fn marts(&self) -> impl Iterator<Item = &str> {
        let mut last = None;
        self.columns.keys().map(|(mart, _)| mart.as_str()).filter(move |mart| last.replace(*mart) != Some(*mart))
    }

    /// The columns of a mart that come from somewhere, by name.
    pub fn columns(&self, mart: &str) -> impl Iterator<Item = (&str, &[ColumnSource])> {
        let own = self.columns.iter().filter(move |((of, _), _)| of == mart);
        own.map(|((_, column), sources)| (column.as_str(), sources.as_slice()))
    }
}

/// What each conformed column comes from, by table and column.
async fn delivered(
    storage: &Storage,
    published: &Published,
) -> Result<BTreeMap<(String, String), Vec<DeliveredColumn>>> {
    let names = ["table", "column", "dataset", "source_column", "how"].map(|column| (column, Kind::Text));
    let mut found: BTreeMap<(String, String), Vec<DeliveredColumn>> = BTreeMap::new();
    if let Some(table) = Table::read_record(storage, published, "conformed_lineage", &names).await? {
        for row in table.rows() {
            let key = (table.required("table", row)?, table.required("column", row)?);
            found.entry(key).or_default().push(DeliveredColumn {
                dataset: table.required("dataset", row)?,
                column: table.text("source_column", row),
                how: table.required("how", row)?,
            });
        }
    }
    Ok(found)
}
