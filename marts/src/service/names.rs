//! The names of a result's columns, as PostgreSQL gives them.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};
use datafusion::sql::sqlparser::ast::{Expr, Ident, Query, SelectItem, SetExpr, TableFactor, VisitMut, VisitorMut};

use super::guard::function_name;

/// The schema of a result under PostgreSQL's names.
pub fn shown(query: &Query, schema: &SchemaRef) -> SchemaRef {
    let Some(names) = names(query).filter(|names| names.len() == schema.fields().len()) else {
        return Arc::clone(schema);
    };
    let fields: Vec<_> =
        schema.fields().iter().zip(names).map(|(field, name)| field.as_ref().clone().with_name(name)).collect();
    Arc::new(Schema::new(fields))
}

/// The names of the columns of a query; none where a `*` stands among them.
pub fn names(query: &Query) -> Option<Vec<String>> {
    let mut body = query.body.as_ref();
    loop {
        match body {
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            SetExpr::Query(inner) => return names(inner),
            SetExpr::Values(values) => {
                let columns = values.rows.first().map_or(0, |row| row.content.len());
                return Some((1..=columns).map(|number| format!("column{number}")).collect());
            }
            SetExpr::Select(select) => return select.projection.iter().map(item_name).collect(),
            _ => return None,
        }
    }
}

fn item_name(item: &SelectItem) -> Option<String> {
    match item {
        SelectItem::UnnamedExpr(expr) => Some(expression_name(expr).unwrap_or_else(|| "?column?".to_owned())),
        SelectItem::ExprWithAlias { alias, .. } => Some(folded(alias)),
        _ => None,
    }
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// The name that an expression gives its column.
pub fn expression_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(folded(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(folded),
        Expr::Function(function) => Some(function_name(&function.name)),
        Expr::Cast { expr, data_type, .. } => {
            expression_name(expr).or_else(|| Some(type_word(&data_type.to_string().to_lowercase())))
        }
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => expression_name(inner),
        Expr::Case { else_result, .. } => {
            let of_else =
                else_result.as_deref().filter(|last| !matches!(last, Expr::Value(_))).and_then(expression_name);
            Some(of_else.unwrap_or_else(|| "case".to_owned()))
        }
        Expr::Exists { .. } => Some("exists".to_owned()),
        Expr::Subquery(query) => names(query)?.into_iter().next(),
        Expr::Extract { .. } => Some("extract".to_owned()),
        Expr::Substring { .. } => Some("substring".to_owned()),
        Expr::Trim { .. } => Some("btrim".to_owned()),
        Expr::Position { .. } => Some("position".to_owned()),
        Expr::Floor { .. } => Some("floor".to_owned()),
        Expr::Ceil { .. } => Some("ceil".to_owned()),
        Expr::Array(_) => Some("array".to_owned()),
        Expr::AtTimeZone { .. } => Some("timezone".to_owned()),
        Expr::TypedString(typed) => Some(type_word(&typed.data_type.to_string().to_lowercase())),
        Expr::CompoundFieldAccess { root, .. } => expression_name(root),
        _ => None,
    }
}

fn type_word(name: &str) -> String {
    let bare = name.rsplit('.').next().unwrap_or(name).split('(').next().unwrap_or(name);
    match bare {
        "int" | "integer" => "int4",
        "bigint" => "int8",
        "smallint" => "int2",
        "double precision" | "double" => "float8",
        "real" => "float4",
        "boolean" => "bool",
        "character varying" => "varchar",
        "decimal" => "numeric",
        other => other,
    }
    .to_owned()
}

/// Gives the unnamed columns of derived tables the names by which PostgreSQL
/// knows them, so that the query around may use these: DuckDB's extension asks
/// for `select "count" from (select count(*) …)`.
pub fn name_derived(query: &mut Query) {
    let _ = query.visit(&mut Derived);
}

struct Derived;

impl VisitorMut for Derived {
    type Break = ();

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<()> {
        for table in query.with.iter_mut().flat_map(|with| &mut with.cte_tables) {
            if table.alias.columns.is_empty() {
                name_columns(&mut table.query);
                make_unique(&mut table.query);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Derived { subquery, alias, .. } = factor
            && alias.as_ref().is_none_or(|alias| alias.columns.is_empty())
        {
            name_columns(subquery);
            make_unique(subquery);
        }
        ControlFlow::Continue(())
    }
}

/// Where two columns have one name, neither gets it: the engine would have to
/// choose.
fn name_columns(query: &mut Query) {
    let mut body = query.body.as_mut();
    let select = loop {
        match body {
            SetExpr::SetOperation { left, .. } => body = left.as_mut(),
            SetExpr::Query(inner) => return name_columns(inner),
            SetExpr::Select(select) => break select,
            _ => return,
        }
    };
    let names: Vec<Option<String>> = select.projection.iter().map(item_name).collect();
    for (at, item) in select.projection.iter_mut().enumerate() {
        let SelectItem::UnnamedExpr(expr) = item else { continue };
        let Some(name) = &names[at] else { continue };
        let has_name = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
        if !has_name && names.iter().flatten().filter(|other| *other == name).count() == 1 {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: Ident::with_quote('"', name.clone()) };
        }
    }
}

/// Gives a second column of the same name a name of its own: the engine knows
/// columns by their names.
pub fn make_unique(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    let mut seen = BTreeSet::new();
    for (number, item) in select.projection.iter_mut().enumerate() {
        let name = match item {
            SelectItem::UnnamedExpr(expr) => expr.to_string(),
            SelectItem::ExprWithAlias { alias, .. } => folded(alias),
            _ => continue,
        };
        if seen.insert(name) {
            continue;
        }
        let alias = Ident::with_quote('"', format!("{number}"));
        match item {
            SelectItem::UnnamedExpr(expr) => *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias },
            SelectItem::ExprWithAlias { alias: old, .. } => *old = alias,
            _ => {}
        }
    }
}
