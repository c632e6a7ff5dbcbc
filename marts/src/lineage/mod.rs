//! From which columns each column of a mart comes, found in its query.
//!
//! Each model is planned by the engine over empty tables, and the plan is
//! walked from its scans up: through common table expressions, unions,
//! windows, subqueries and the other models that it reads, down to the tables
//! of the earlier stages and of the run.
//!
//! | module | does |
//! | --- | --- |
//! | `source` | a source, how it bears on a value, and how that adds up |
//! | `walk` | the sources of what a plan returns |
//! | `expression` | those of an expression in it |
//! | `record` | the table `ops.column_lineage` |

mod expression;
mod record;
mod source;
mod walk;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::execution::context::SessionContext;
use peil_warehouse::{Error, Result};

pub(crate) use record::{Followed, due, follow, record};
pub use source::{How, ROWS, Relation, Source, Sources};

use crate::finish;
use crate::model::{Disclosure, Model};
use crate::model_set::ModelSet;
use crate::relation::plain;
use crate::session;
use walk::{Known, Walker};

/// A column of a mart with what it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLineage {
    /// The mart, as `portal_usage`.
    pub mart: String,
    /// Its column.
    pub column: String,
    /// What it comes from.
    pub sources: Sources,
}

/// The lineage of every column of every mart, in the order of marts by name
/// and of their columns. `tables` are the tables that no model makes, by
/// schema and table, as `conformed.portal_users`.
///
/// # Errors
/// [`Error::Usage`] where a query does not fit the tables.
pub async fn lineage(models: &ModelSet, tables: &BTreeMap<String, SchemaRef>) -> Result<Vec<ColumnLineage>> {
    let engine = session::empty();
    for (name, schema) in tables {
        session::register(&engine, name, session::memory_table(schema, Vec::new())?)?;
    }
    let mut walker = Walker::default();
    let mut marts = BTreeMap::new();
    for model in models.in_order() {
        // Others are waiting for the same thread, and planning does not wait.
        tokio::task::yield_now().await;
        let known = made(&engine, &walker, model).await?;
        if model.is_mart() {
            let columns = known.names.iter().zip(&known.relation.columns);
            let mart = model.name.trim_start_matches("marts.");
            let shown = columns.filter(|(name, _)| !name.starts_with('_')).map(|(name, sources)| ColumnLineage {
                mart: mart.to_owned(),
                column: name.clone(),
                sources: sources.clone().and(&known.relation.rows),
            });
            marts.insert(mart.to_owned(), shown.collect::<Vec<_>>());
        }
        walker.made.insert(model.name.clone(), known);
    }
    Ok(marts.into_values().flatten().collect())
}

/// Plans a model, registers the table that it makes, and finds its sources.
async fn made(engine: &SessionContext, walker: &Walker, model: &Model) -> Result<Known> {
    let wrong = |error| Error::usage(format!("{}: {}", model.place, plain(&error)));
    let state = engine.state();
    let plan = state.create_logical_plan(&model.sql).await.map_err(wrong)?;
    let options = state.config_options();
    let plan = state.analyzer().execute_and_check(plan, options.as_ref(), |_, _| {}).map_err(wrong)?;
    let returned: SchemaRef = Arc::new(plan.schema().as_arrow().clone());
    let mut relation = walker.relation(&plan, None).map_err(wrong)?;
    let names: Vec<String> = returned.fields().iter().map(|field| field.name().clone()).collect();
    if let Some(rules) = &model.header.disclosure {
        hide(rules, &names, &mut relation);
    }
    let stored = if model.is_mart() { finish::table_spec(model, &returned)?.schema } else { returned };
    session::register(engine, &model.name, session::memory_table(&stored, Vec::new())?)?;
    Ok(Known { names, relation })
}

/// What is hidden, and that it is, depends on the column that is compared
/// with the threshold.
fn hide(rules: &Disclosure, names: &[String], relation: &mut Relation) {
    let place = |name: &str| names.iter().position(|known| known == name);
    let Some(counted) = place(rules.counted()).map(|place| relation.columns[place].clone().through(How::Expression))
    else {
        return;
    };
    let hidden = rules.with.iter().map(String::as_str).chain([rules.value.as_str(), crate::disclosure::SUPPRESSED]);
    for place in hidden.filter_map(place) {
        relation.columns[place].add(&counted);
    }
}
