//! Tables of the lists and objects within rows: a row for each item.
//!
//! The conformed table of a dataset holds its single values only; SQL and
//! other readers find what is nested in it here.

use std::collections::HashMap;

use arrow::datatypes::{DataType as ArrowType, Field as ArrowField};
use peil_warehouse::Result;
use peil_warehouse::contract::{Column as ContractColumn, ColumnType};
use peil_warehouse::table::{TableSpec, documented};
use polars::prelude::*;

use crate::authority::Resolver;
use crate::conform::{days_of_rows, item_rows, list_items, nis_codes};
use crate::dataset::{Dataset, origin_fields};
use crate::frame::{dtype_of, failed, list_values, series};

/// A nested column, and the table that is made of it.
#[derive(Debug)]
pub(crate) struct Explosion {
    dataset: &'static str,
    column: &'static str,
    table: &'static str,
    description: &'static str,
    /// Columns of the row that are repeated with each item; the first
    /// identifies the row.
    carried: &'static [&'static str],
    /// Whether the origin of the row is repeated too.
    origin: bool,
    items: Items,
}

#[derive(Debug)]
enum Items {
    /// Each distinct text of a list, under this name.
    Texts(&'static str, &'static str),
    /// Each distinct authority of a list: `authority`, `nis_code`.
    Authorities,
    /// Each object of a list; of two with the same first member the last.
    Records,
    /// Each member of an object that has a value, under these two names.
    Members(&'static str, &'static str),
}

const MEASUREMENT: [&str; 5] = ["measurement_id", "authority", "nis_code", "submitted_at", "submitted_on"];

/// Every nested column of the sources.
pub(crate) const EXPLOSIONS: [Explosion; 5] = [
    Explosion {
        dataset: "portal/maturity",
        column: "chapters",
        table: "portal_maturity_scores",
        description: "Scores of maturity measurements: a row for each measurement and chapter.",
        carried: &MEASUREMENT,
        origin: true,
        items: Items::Records,
    },
    Explosion {
        dataset: "portal/maturity",
        column: "figures",
        table: "portal_maturity_figures",
        description: "Self-declared figures of maturity measurements: a row for each measurement and figure that was given.",
        carried: &MEASUREMENT,
        origin: true,
        items: Items::Members("figure", "value"),
    },
    Explosion {
        dataset: "catalogue/solutions",
        column: "reference_components",
        table: "catalogue_solution_components",
        description: "Reference components that solutions fill in: a row for each solution and component.",
        carried: &["solution_id"],
        origin: false,
        items: Items::Texts("reference_component", "reference component"),
    },
    Explosion {
        dataset: "catalogue/solutions",
        column: "standards",
        table: "catalogue_solution_standards",
        description: "Standards that solutions say they follow: a row for each solution and standard.",
        carried: &["solution_id"],
        origin: false,
        items: Items::Texts("standard_id", "standard, as the solution names it"),
    },
    Explosion {
        dataset: "catalogue/couplings",
        column: "authorities",
        table: "catalogue_coupling_authorities",
        description: "Authorities that put couplings to work: a row for each coupling and authority.",
        carried: &["coupling_id"],
        origin: false,
        items: Items::Authorities,
    },
];

/// The explosions of a dataset whose contract still has the column.
pub(crate) fn of(dataset: &Dataset) -> impl Iterator<Item = &'static Explosion> {
    EXPLOSIONS.iter().filter(|explosion| explosion.dataset == dataset.name() && explosion.source(dataset).is_some())
}

impl Explosion {
    /// The nested column.
    pub fn column(&self) -> &'static str {
        self.column
    }

    /// The table of the items.
    pub fn table_name(&self) -> String {
        format!("conformed/{}", self.table)
    }

    /// The column of the table in which an item of a list of texts stands.
    pub fn item_column(&self) -> Option<&'static str> {
        match self.items {
            Items::Texts(name, _) => Some(name),
            _ => None,
        }
    }

    fn source<'a>(&self, dataset: &'a Dataset) -> Option<&'a ContractColumn> {
        let column = dataset.contract.stored_columns().find(|column| column.name == self.column)?;
        let fits = match (&self.items, &column.column_type) {
            (Items::Texts(..), ColumnType::List(_)) | (Items::Records, ColumnType::Records(_)) => true,
            (Items::Members(..), ColumnType::Record(members)) => {
                members.iter().all(|member| member.column_type == ColumnType::Decimal)
            }
            (Items::Authorities, kind @ ColumnType::List(_)) => kind.is_authority(),
            _ => false,
        };
        fits.then_some(column)
    }

    /// What the table looks like.
    pub fn spec(&self, dataset: &Dataset) -> TableSpec {
        let parent = dataset.spec();
        let carried = self.carried.iter().filter_map(|name| parent.schema.field_with_name(name).ok().cloned());
        let text = |name: &str, comment: &str| documented(ArrowField::new(name, ArrowType::Utf8, true), comment);
        let items = match (&self.items, self.source(dataset).map(|column| &column.column_type)) {
            (Items::Texts(name, comment), _) => vec![text(name, comment)],
            (Items::Authorities, _) => vec![
                text("authority", "authority, as delivered"),
                text("nis_code", "NIS code of the authority on the day of the fact; empty where it does not resolve"),
            ],
            (Items::Records, Some(ColumnType::Records(members))) => members.iter().map(ContractColumn::field).collect(),
            (Items::Members(name, value), _) => vec![
                text(name, "figure, by the name that the source gives it"),
                documented(ArrowField::new(*value, ColumnType::Decimal.data_type(), true), "value of the figure"),
            ],
            _ => Vec::new(),
        };
        let origin = if self.origin { origin_fields() } else { Vec::new() };
        TableSpec::new(self.table_name(), self.description, carried.chain(items).chain(origin).collect())
    }

    /// The rows of the table, made of the current rows of the dataset with
    /// all that [`crate::conform::derive`] adds.
    pub fn rows(&self, frame: &DataFrame, dataset: &Dataset, resolver: &Resolver) -> Result<DataFrame> {
        let nested = series(frame, self.column)?;
        let (rows, items) = match &self.items {
            Items::Texts(name, _) => {
                let (rows, texts) = list_items(nested)?;
                last_of_each(rows, vec![texts.with_name((*name).into()).into_series()])?
            }
            Items::Authorities => {
                let (rows, texts) = list_items(nested)?;
                let codes = nis_codes("nis_code", &texts, &days_of_rows(frame, &rows)?, resolver);
                last_of_each(rows, vec![texts.with_name("authority".into()).into_series(), codes.into_series()])?
            }
            Items::Records => {
                let members = list_values(nested)?.struct_().map_err(failed)?.fields_as_series();
                last_of_each(item_rows(nested)?, members)?
            }
            Items::Members(name, value) => members(nested, name, value)?,
        };
        let index = IdxCa::from_vec("row".into(), rows);
        let mut exploded = frame.take(&index).map_err(failed)?;
        for item in &items {
            exploded.with_column(item.clone().into_column()).map_err(failed)?;
        }
        let spec = self.spec(dataset);
        let names: Vec<&str> = spec.schema.fields().iter().map(|field| field.name().as_str()).collect();
        let sorted_by = [self.carried[0], items.first().map_or(self.carried[0], |item| item.name().as_str())];
        exploded.select(names).and_then(|frame| frame.sort(sorted_by, SortMultipleOptions::default())).map_err(failed)
    }
}

type ItemRows = (Vec<IdxSize>, Vec<Series>);

/// The members of each object that have a value.
fn members(nested: &Series, name: &str, value: &str) -> Result<ItemRows> {
    let mut rows = Vec::new();
    let mut names = StringChunkedBuilder::new(name.into(), nested.len());
    let mut values = Series::new_empty(value.into(), &dtype_of(&ColumnType::Decimal));
    for member in nested.struct_().map_err(failed)?.fields_as_series() {
        let given: Vec<IdxSize> = member
            .is_not_null()
            .iter()
            .enumerate()
            .filter(|(_, given)| *given == Some(true))
            .map(|(row, _)| row as IdxSize)
            .collect();
        given.iter().for_each(|_| names.append_value(member.name().as_str()));
        rows.extend(&given);
        let member = member.drop_nulls().cast(values.dtype()).map_err(failed)?;
        values.append(&member.with_name(value.into())).map_err(failed)?;
    }
    Ok((rows, vec![names.finish().into_series(), values]))
}

/// Of items of one row with the same first value the last, and none without a
/// value.
fn last_of_each(rows: Vec<IdxSize>, items: Vec<Series>) -> Result<ItemRows> {
    let Some(first) = items.first() else { return Ok((rows, items)) };
    let texts = first.str().map_err(failed)?;
    let mut last: HashMap<(IdxSize, &str), IdxSize> = HashMap::new();
    for (at, (row, text)) in rows.iter().zip(texts.iter()).enumerate() {
        if let Some(text) = text {
            last.insert((*row, text), at as IdxSize);
        }
    }
    let mut kept: Vec<IdxSize> = last.into_values().collect();
    kept.sort_unstable();
    let rows = kept.iter().map(|at| rows[*at as usize]).collect();
    let kept = IdxCa::from_vec("kept".into(), kept);
    let items = items.iter().map(|item| item.take(&kept).map_err(failed)).collect::<Result<Vec<_>>>()?;
    Ok((rows, items))
}
