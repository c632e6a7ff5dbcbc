//! The sources of what a plan returns: from the scans up, node by node.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::common::JoinType;
use datafusion::error::{DataFusionError, Result as EngineResult};
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Aggregate, Distinct, Join, LogicalPlan, RecursiveQuery, TableScan, Window};

use super::expression::Scope;
use super::source::{How, ROWS, Relation, Sources};

/// A table that a model makes: its columns by name, and their sources.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub names: Vec<String>,
    pub relation: Relation,
}

/// Walks plans; remembers what the tables that models make come from.
#[derive(Debug, Default)]
pub(super) struct Walker {
    /// By schema and table.
    pub made: BTreeMap<String, Known>,
    /// What recursive queries have found so far, by their names.
    recursive: RefCell<BTreeMap<String, Relation>>,
}

impl Walker {
    /// The sources of what a plan returns.
    pub fn relation(&self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> EngineResult<Relation> {
        let input = |plan: &LogicalPlan| self.relation(plan, outer);
        Ok(match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::Projection(projection) => {
                let below = input(&projection.input)?;
                let inputs = [(projection.input.schema().as_ref(), &below)];
                let scope = Scope { inputs: &inputs, outer };
                let columns = projection.expr.iter().map(|one| self.expression(one, scope));
                Relation { columns: columns.collect::<EngineResult<_>>()?, rows: below.rows.clone() }
            }
            LogicalPlan::Filter(filter) => {
                let mut below = input(&filter.input)?;
                let inputs = [(filter.input.schema().as_ref(), &below)];
                let chosen = self.expression(&filter.predicate, Scope { inputs: &inputs, outer })?;
                below.rows.add(&chosen.through(How::Filter));
                below
            }
            LogicalPlan::Aggregate(aggregate) => self.grouped(aggregate, outer)?,
            LogicalPlan::Window(window) => self.windowed(window, outer)?,
            LogicalPlan::Join(join) => self.joined(join, outer)?,
            LogicalPlan::Union(union) => {
                let mut all = Relation::constants(union.schema.fields().len());
                for one in &union.inputs {
                    let one = input(one)?;
                    all.columns.iter_mut().zip(&one.columns).for_each(|(column, more)| column.add(more));
                    all.rows.add(&one.rows);
                }
                all
            }
            LogicalPlan::RecursiveQuery(query) => self.recursion(query, outer)?,
            // The order of rows says nothing, unless the first ones are kept.
            LogicalPlan::Sort(sort) => {
                let below = input(&sort.input)?;
                if sort.fetch.is_some() { self.kept(plan, below, outer)? } else { below }
            }
            LogicalPlan::Limit(limit) => self.kept(&limit.input, input(&limit.input)?, outer)?,
            LogicalPlan::Distinct(Distinct::On(distinct)) => {
                let mut below = input(&distinct.input)?;
                let inputs = [(distinct.input.schema().as_ref(), &below)];
                let scope = Scope { inputs: &inputs, outer };
                let columns = distinct.select_expr.iter().map(|one| self.expression(one, scope));
                let columns = columns.collect::<EngineResult<_>>()?;
                let sorted = distinct.sort_expr.iter().flatten().map(|sort| &sort.expr);
                let chosen = self.expressions(distinct.on_expr.iter().chain(sorted), scope)?;
                below.rows.add(&chosen.through(How::Filter));
                Relation { columns, rows: below.rows }
            }
            LogicalPlan::Unnest(unnest) => {
                let below = input(&unnest.input)?;
                let column = |place: &usize| below.columns.get(*place).map(|one| one.clone().through(How::Expression));
                let columns = unnest.dependency_indices.iter().map(|place| column(place).unwrap_or_default());
                Relation { columns: columns.collect(), rows: below.rows.clone() }
            }
            LogicalPlan::EmptyRelation(empty) => Relation::constants(empty.schema.fields().len()),
            LogicalPlan::Values(values) => Relation::constants(values.schema.fields().len()),
            LogicalPlan::Subquery(subquery) => input(&subquery.subquery)?,
            LogicalPlan::SubqueryAlias(alias) => input(&alias.input)?,
            LogicalPlan::Distinct(Distinct::All(below)) => input(below)?,
            LogicalPlan::Repartition(repartition) => input(&repartition.input)?,
            other => {
                return Err(DataFusionError::NotImplemented(format!("the lineage of {}", other.display())));
            }
        })
    }

    /// A table: one that a model makes, what a recursive query found so far,
    /// or a source.
    fn scan(&self, scan: &TableScan) -> Relation {
        let name = match scan.table_name.schema() {
            Some(schema) => format!("{schema}.{}", scan.table_name.table()),
            None => scan.table_name.table().to_owned(),
        };
        if let Some(found) = self.recursive.borrow().get(&name) {
            return match &scan.projection {
                Some(places) => {
                    let columns = places.iter().map(|place| found.columns.get(*place).cloned().unwrap_or_default());
                    Relation { columns: columns.collect(), rows: found.rows.clone() }
                }
                None => found.clone(),
            };
        }
        let names = scan.projected_schema.fields().iter().map(|field| field.name());
        match self.made.get(&name) {
            Some(known) => {
                let place = |name: &String| known.names.iter().position(|known| known == name);
                let columns = names.map(|name| place(name).and_then(|place| known.relation.columns.get(place)));
                let columns = columns.map(|sources| sources.cloned().unwrap_or_default()).collect();
                Relation { columns, rows: known.relation.rows.clone() }
            }
            // A function that stands where a table stands reads nothing.
            None if scan.table_name.schema().is_none() => Relation::constants(names.count()),
            None => {
                let table = Arc::from(name);
                Relation {
                    columns: names.map(|column| Sources::of(&table, column, How::Direct)).collect(),
                    rows: Sources::of(&table, ROWS, How::Filter),
                }
            }
        }
    }

    fn grouped(&self, aggregate: &Aggregate, outer: Option<&Scope<'_>>) -> EngineResult<Relation> {
        let below = self.relation(&aggregate.input, outer)?;
        let inputs = [(aggregate.input.schema().as_ref(), &below)];
        let scope = Scope { inputs: &inputs, outer };
        let keys = grouping_set_to_exprlist(&aggregate.group_expr)?;
        let keys = keys.into_iter().map(|key| self.expression(key, scope)).collect::<EngineResult<Vec<_>>>()?;
        let together = keys.iter().fold(Sources::default(), |all, key| all.and(key)).through(How::Group);
        let mut columns = keys;
        // Sets of keys bring a column that tells which of them a row is of.
        columns.resize(aggregate.schema.fields().len() - aggregate.aggr_expr.len(), Sources::default());
        for value in &aggregate.aggr_expr {
            columns.push(self.expression(value, scope)?.and(&together));
        }
        Ok(Relation { columns, rows: below.rows })
    }

    fn windowed(&self, window: &Window, outer: Option<&Scope<'_>>) -> EngineResult<Relation> {
        let below = self.relation(&window.input, outer)?;
        let inputs = [(window.input.schema().as_ref(), &below)];
        let scope = Scope { inputs: &inputs, outer };
        let made = window.window_expr.iter().map(|one| self.expression(one, scope));
        let made = made.collect::<EngineResult<Vec<_>>>()?;
        Ok(Relation { columns: below.columns.iter().cloned().chain(made).collect(), rows: below.rows })
    }

    /// Of a side whose rows all stay, the rows are its own; what the other
    /// side's rows rest on is told of the columns that it brings.
    fn joined(&self, join: &Join, outer: Option<&Scope<'_>>) -> EngineResult<Relation> {
        let (left, right) = (self.relation(&join.left, outer)?, self.relation(&join.right, outer)?);
        let inputs = [(join.left.schema().as_ref(), &left), (join.right.schema().as_ref(), &right)];
        let scope = Scope { inputs: &inputs, outer };
        let keys = join.on.iter().flat_map(|(one, other)| [one, other]).chain(&join.filter);
        let keys = self.expressions(keys, scope)?.through(How::Join);
        let brought = |side: &Relation| {
            let rows = side.rows.clone().and(&keys);
            side.columns.iter().map(move |column| column.clone().and(&rows)).collect::<Vec<_>>()
        };
        let both = left.rows.clone().and(&right.rows).and(&keys);
        let concat = |one: &[Sources], other: &[Sources]| [one, other].concat();
        Ok(match join.join_type {
            JoinType::Inner => Relation { columns: concat(&left.columns, &right.columns), rows: both },
            JoinType::Left => Relation { columns: concat(&left.columns, &brought(&right)), rows: left.rows },
            JoinType::Right => Relation { columns: concat(&brought(&left), &right.columns), rows: right.rows },
            JoinType::Full => Relation { columns: concat(&brought(&left), &brought(&right)), rows: both },
            JoinType::LeftSemi | JoinType::LeftAnti => Relation { columns: left.columns, rows: both },
            JoinType::RightSemi | JoinType::RightAnti => Relation { columns: right.columns, rows: both },
            JoinType::LeftMark => {
                Relation { columns: concat(&left.columns, &[keys.and(&right.rows)]), rows: left.rows }
            }
            JoinType::RightMark => {
                Relation { columns: concat(&right.columns, &[keys.and(&left.rows)]), rows: right.rows }
            }
        })
    }

    /// Rows of which the first in an order are kept.
    fn kept(&self, plan: &LogicalPlan, mut below: Relation, outer: Option<&Scope<'_>>) -> EngineResult<Relation> {
        if let LogicalPlan::Sort(sort) = plan {
            let inputs = [(sort.input.schema().as_ref(), &below)];
            let sorted = sort.expr.iter().map(|sort| &sort.expr);
            let chosen = self.expressions(sorted, Scope { inputs: &inputs, outer })?;
            below.rows.add(&chosen.through(How::Filter));
        }
        Ok(below)
    }

    /// Goes round until nothing new is found.
    fn recursion(&self, query: &RecursiveQuery, outer: Option<&Scope<'_>>) -> EngineResult<Relation> {
        let mut found = self.relation(&query.static_term, outer)?;
        loop {
            let hidden = self.recursive.borrow_mut().insert(query.name.clone(), found.clone());
            let next = self.relation(&query.recursive_term, outer);
            match hidden {
                Some(hidden) => self.recursive.borrow_mut().insert(query.name.clone(), hidden),
                None => self.recursive.borrow_mut().remove(&query.name),
            };
            let next = next?;
            let mut all = found.clone();
            all.columns.iter_mut().zip(&next.columns).for_each(|(column, more)| column.add(more));
            all.rows.add(&next.rows);
            if all == found {
                return Ok(found);
            }
            found = all;
        }
    }
}
