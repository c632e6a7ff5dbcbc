//! Parts of a query on the catalogue: its order, its names, its conditions.

use datafusion::sql::sqlparser::ast::{self, Expr, TableAlias};

use super::compile::{folded, unsupported};
use super::plan::{Join, Node, Query, Select};
use super::value::Kind;
use crate::service::fault::Answered;

pub fn strip(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => strip(inner),
        other => other,
    }
}

pub fn is_number(expr: &Expr) -> bool {
    matches!(expr, Expr::Value(value) if matches!(value.value, ast::Value::Number(..)))
}

/// The output column that ORDER BY or GROUP BY names.
pub fn output(expr: &Expr, columns: &[(String, Kind)]) -> Option<usize> {
    match expr {
        Expr::Identifier(ident) => columns.iter().position(|(name, _)| *name == folded(ident)),
        Expr::Value(value) => match &value.value {
            ast::Value::Number(number, _) => {
                number.parse::<usize>().ok()?.checked_sub(1).filter(|at| *at < columns.len())
            }
            _ => None,
        },
        _ => None,
    }
}

pub fn direction(item: &ast::OrderByExpr, at: usize) -> (usize, bool, bool) {
    let down = item.options.asc == Some(false);
    (at, down, item.options.nulls_first.unwrap_or(down))
}

pub fn by_columns(order: &[ast::OrderByExpr], columns: &[(String, Kind)]) -> Answered<Vec<(usize, bool, bool)>> {
    let one = |item: &ast::OrderByExpr| {
        output(&item.expr, columns).map(|at| direction(item, at)).ok_or_else(|| unsupported("this ORDER BY"))
    };
    order.iter().map(one).collect()
}

pub fn rename(query: &mut Query, alias: &TableAlias) {
    for (column, name) in query.columns.iter_mut().zip(&alias.columns) {
        column.0 = folded(&name.name);
    }
}

pub fn mentions_itself(table: &ast::Cte) -> bool {
    let name = folded(&table.alias.name);
    table.query.to_string().to_lowercase().contains(&format!("from {name}"))
        || table.query.to_string().to_lowercase().contains(&format!("join {name}"))
}

/// What must hold all together.
pub fn conjuncts(node: Node) -> Vec<Node> {
    match node {
        Node::And(a, b) => {
            let mut all = conjuncts(*a);
            all.extend(conjuncts(*b));
            all
        }
        other => vec![other],
    }
}

/// Puts what a filter asks as early as its columns are there.
pub fn place(node: Node, select: &mut Select) {
    let moves = select.steps.iter().all(|step| matches!(step.join, Join::Inner | Join::Left));
    for part in conjuncts(node) {
        let mut last = 0;
        let whole = part.columns(&mut |at| last = last.max(at));
        let step = select.steps.iter_mut().find(|step| last < step.start + step.width);
        match step {
            Some(step) if moves && whole => {
                if step.join == Join::Inner {
                    step.on.push(part);
                } else {
                    step.then.push(part);
                }
            }
            _ => select.filter.push(part),
        }
    }
}
