//! The sources of an expression.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::error::Result as EngineResult;
use datafusion::logical_expr::expr::{AggregateFunction, WindowFunction};
use datafusion::logical_expr::{Expr, Subquery};

use super::source::{How, Relation, Sources};
use super::walk::Walker;

/// The columns that an expression may name, and those of the queries around
/// it.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The inputs, in the order of their columns.
    pub inputs: &'a [(&'a DFSchema, &'a Relation)],
    /// The scope of the query around a subquery.
    pub outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    fn column(&self, column: &Column) -> Option<Sources> {
        self.inputs.iter().find_map(|(schema, relation)| {
            let place = schema.maybe_index_of_column(column)?;
            relation.columns.get(place).cloned()
        })
    }

    fn outer_column(&self, column: &Column) -> Sources {
        let mut at = self.outer;
        while let Some(scope) = at {
            if let Some(sources) = scope.column(column) {
                return sources;
            }
            at = scope.outer;
        }
        Sources::default()
    }

    fn rows(&self) -> Sources {
        self.inputs.iter().fold(Sources::default(), |all, (_, relation)| all.and(&relation.rows))
    }
}

impl Walker {
    /// The sources of an expression.
    pub(super) fn expression(&self, expression: &Expr, scope: Scope<'_>) -> EngineResult<Sources> {
        Ok(match expression {
            Expr::Alias(alias) => self.expression(&alias.expr, scope)?,
            // The engine casts where types differ: it is the same value.
            Expr::Cast(cast) => self.expression(&cast.expr, scope)?,
            Expr::TryCast(cast) => self.expression(&cast.expr, scope)?,
            Expr::Column(column) => scope.column(column).unwrap_or_default(),
            Expr::OuterReferenceColumn(_, column) => scope.outer_column(column),
            Expr::AggregateFunction(function) => self.aggregate(function, scope)?,
            Expr::WindowFunction(function) => self.window(function, scope)?,
            Expr::ScalarSubquery(subquery) => {
                let found = self.subquery(subquery, scope)?;
                first(&found).through(How::Expression).and(&found.rows)
            }
            Expr::Exists(exists) => self.subquery(&exists.subquery, scope)?.rows,
            Expr::InSubquery(within) => {
                let found = self.subquery(&within.subquery, scope)?;
                let own = self.expression(&within.expr, scope)?.through(How::Expression);
                own.and(&first(&found).through(How::Expression)).and(&found.rows)
            }
            Expr::SetComparison(within) => {
                let found = self.subquery(&within.subquery, scope)?;
                let own = self.expression(&within.expr, scope)?.through(How::Expression);
                own.and(&first(&found).through(How::Expression)).and(&found.rows)
            }
            other => {
                let mut sources = Sources::default();
                other.apply_children(|child| {
                    sources.add(&self.expression(child, scope)?.through(How::Expression));
                    Ok(TreeNodeRecursion::Continue)
                })?;
                sources
            }
        })
    }

    /// The sources of several expressions together.
    pub(super) fn expressions<'e>(
        &self,
        expressions: impl IntoIterator<Item = &'e Expr>,
        scope: Scope<'_>,
    ) -> EngineResult<Sources> {
        expressions.into_iter().try_fold(Sources::default(), |all, one| Ok(all.and(&self.expression(one, scope)?)))
    }

    fn aggregate(&self, function: &AggregateFunction, scope: Scope<'_>) -> EngineResult<Sources> {
        let parameters = &function.params;
        let values = self.expressions(&parameters.args, scope)?;
        let sorted = parameters.order_by.iter().map(|sort| &sort.expr);
        let chosen = self.expressions(parameters.filter.iter().map(AsRef::as_ref).chain(sorted), scope)?;
        let values = if values.is_empty() { scope.rows().counted() } else { values.through(How::Aggregate) };
        Ok(values.and(&chosen.through(How::Filter)))
    }

    fn window(&self, function: &WindowFunction, scope: Scope<'_>) -> EngineResult<Sources> {
        let parameters = &function.params;
        let values = self.expressions(&parameters.args, scope)?;
        let sorted = parameters.order_by.iter().map(|sort| &sort.expr);
        let together = self.expressions(parameters.partition_by.iter().chain(sorted), scope)?;
        let chosen = self.expressions(parameters.filter.iter().map(AsRef::as_ref), scope)?;
        let values = if values.is_empty() { scope.rows().counted() } else { values.through(How::Aggregate) };
        Ok(values.and(&together.through(How::Group)).and(&chosen.through(How::Filter)))
    }

    fn subquery(&self, subquery: &Subquery, scope: Scope<'_>) -> EngineResult<Relation> {
        self.relation(&subquery.subquery, Some(&scope))
    }
}

fn first(relation: &Relation) -> Sources {
    relation.columns.first().cloned().unwrap_or_default()
}
