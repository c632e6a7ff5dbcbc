//! From the text of a query on the catalogue to what runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{
    self, Distinct, Expr, GroupByExpr, JoinConstraint, JoinOperator, LimitClause, OrderByKind, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableAlias, TableFactor, TableWithJoins,
};

use super::clauses::{by_columns, conjuncts, direction, is_number, mentions_itself, output, place, rename, strip};
use super::functions;
use super::plan::{Aggregate, Body, Join, Node, Query, Select, SetOperation, Source, Step, Window};
use super::relations::{HIDDEN, Relation};
use super::value::Kind;
use crate::service::fault::{Answered, Fault, code};
use crate::service::guard::{arguments, function_name, relation_name};
use crate::service::names::expression_name;

/// A column that can be named.
#[derive(Debug, Clone)]
pub struct Named {
    table: String,
    name: String,
    kind: Kind,
    /// Whether `*` gives it.
    shown: bool,
    /// Whether it is reached by its bare name.
    bare: bool,
}

/// The columns that can be named, and those of the queries around.
pub struct Scope<'a> {
    pub columns: Vec<Named>,
    pub outer: Option<&'a Scope<'a>>,
}

/// Compiles queries.
pub struct Compiler<'a> {
    pub relations: &'a BTreeMap<String, Arc<Relation>>,
    pub with: Vec<(String, Arc<Query>)>,
    /// The types of `$1`, … as they are compared.
    pub parameters: BTreeMap<usize, Kind>,
    /// The functions of the group that is compiled.
    pub aggregates: Option<Vec<Aggregate>>,
    /// The numbers of rows that are asked for: within what, in which order.
    pub windows: Vec<Window>,
}

pub fn unsupported(what: impl std::fmt::Display) -> Fault {
    Fault::new(code::UNSUPPORTED, format!("{what} is not supported on the catalogue"))
}

pub fn folded(ident: &ast::Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

impl Compiler<'_> {
    /// Compiles a query.
    pub fn query(&mut self, query: &ast::Query, outer: Option<&Scope<'_>>) -> Answered<Query> {
        let before = self.with.len();
        if let Some(with) = &query.with {
            if with.recursive && with.cte_tables.iter().any(mentions_itself) {
                return Err(unsupported("WITH RECURSIVE"));
            }
            for table in &with.cte_tables {
                let mut inner = self.query(&table.query, outer)?;
                rename(&mut inner, &table.alias);
                self.with.push((folded(&table.alias.name), Arc::new(inner)));
            }
        }
        let order = match query.order_by.as_ref().map(|order| &order.kind) {
            Some(OrderByKind::Expressions(order)) => order.as_slice(),
            Some(OrderByKind::All(_)) => return Err(unsupported("ORDER BY ALL")),
            None => &[],
        };
        let mut compiled = self.body(&query.body, order, outer)?;
        let scope = Scope { columns: Vec::new(), outer };
        let (limit, offset) = match &query.limit_clause {
            Some(LimitClause::LimitOffset { limit, offset, .. }) => {
                (limit.as_ref(), offset.as_ref().map(|offset| &offset.value))
            }
            Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
            None => (query.fetch.as_ref().and_then(|fetch| fetch.quantity.as_ref()), None),
        };
        compiled.limit = limit.map(|limit| self.expression(limit, &scope).map(|(node, _)| node)).transpose()?;
        compiled.offset = offset.map(|offset| self.expression(offset, &scope).map(|(node, _)| node)).transpose()?;
        self.with.truncate(before);
        Ok(compiled)
    }

    fn body(&mut self, body: &SetExpr, order: &[ast::OrderByExpr], outer: Option<&Scope<'_>>) -> Answered<Query> {
        match body {
            SetExpr::Select(select) => self.select(select, order, outer),
            SetExpr::Query(inner) if order.is_empty() => self.query(inner, outer),
            SetExpr::Query(inner) => {
                let mut query = self.query(inner, outer)?;
                query.order = by_columns(order, &query.columns)?;
                Ok(query)
            }
            SetExpr::Values(values) => {
                let scope = Scope { columns: Vec::new(), outer };
                let mut rows = Vec::new();
                let mut columns: Vec<(String, Kind)> = Vec::new();
                for row in &values.rows {
                    let mut nodes = Vec::new();
                    for (at, value) in row.content.iter().enumerate() {
                        let (node, kind) = self.expression(value, &scope)?;
                        match columns.get_mut(at) {
                            None => columns.push((format!("column{}", at + 1), kind)),
                            Some((_, known)) if *known == Kind::Unknown => *known = kind,
                            Some(_) => {}
                        }
                        nodes.push(node);
                    }
                    rows.push(nodes);
                }
                let order = by_columns(order, &columns)?;
                Ok(Query { body: Body::Values(rows), columns, order, limit: None, offset: None })
            }
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                let left = self.body(left, &[], outer)?;
                let right = self.body(right, &[], outer)?;
                if left.columns.len() != right.columns.len() {
                    return Err(Fault::new(code::SYNTAX, "each UNION query must have the same number of columns"));
                }
                let how = match op {
                    SetOperator::Union => SetOperation::Union,
                    SetOperator::Except | SetOperator::Minus => SetOperation::Except,
                    SetOperator::Intersect => SetOperation::Intersect,
                };
                let columns: Vec<(String, Kind)> = left
                    .columns
                    .iter()
                    .zip(&right.columns)
                    .map(|((name, kind), (_, other))| {
                        (name.clone(), if *kind == Kind::Unknown { *other } else { *kind })
                    })
                    .collect();
                let order = by_columns(order, &columns)?;
                let all = *set_quantifier == SetQuantifier::All;
                let body = Body::Both { left: Box::new(left), right: Box::new(right), how, all };
                Ok(Query { body, columns, order, limit: None, offset: None })
            }
            _ => Err(unsupported("this kind of query")),
        }
    }

    fn select(
        &mut self,
        select: &ast::Select,
        order: &[ast::OrderByExpr],
        outer: Option<&Scope<'_>>,
    ) -> Answered<Query> {
        let mut compiled = Select::default();
        let mut scope = Scope { columns: Vec::new(), outer };
        for from in self.in_order(select) {
            self.from(from, &mut compiled.steps, &mut scope)?;
        }
        if let Some(filter) = &select.selection {
            let (node, _) = self.expression(filter, &scope)?;
            place(node, &mut compiled);
        }
        // Functions over groups are gathered while what follows is compiled.
        let around = self.aggregates.replace(Vec::new());
        let windows = std::mem::take(&mut self.windows);
        let result = self.projection(select, order, &scope, &mut compiled);
        let aggregates = std::mem::replace(&mut self.aggregates, around).unwrap_or_default();
        let windows = std::mem::replace(&mut self.windows, windows);
        let mut query = result?;
        if let Body::Select(compiled) = &mut query.body {
            compiled.windows = windows;
            if !aggregates.is_empty() && compiled.group.is_none() {
                compiled.group = Some(Vec::new());
            }
            compiled.aggregates = aggregates;
        }
        Ok(query)
    }

    fn projection(
        &mut self,
        select: &ast::Select,
        order: &[ast::OrderByExpr],
        scope: &Scope<'_>,
        compiled: &mut Select,
    ) -> Answered<Query> {
        let mut columns: Vec<(String, Kind)> = Vec::new();
        let mut written: Vec<Option<&Expr>> = Vec::new();
        for item in &select.projection {
            let (expr, name) = match item {
                SelectItem::UnnamedExpr(expr) => (expr, expression_name(expr).unwrap_or_else(|| "?column?".to_owned())),
                SelectItem::ExprWithAlias { expr, alias } => (expr, folded(alias)),
                SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..) => {
                    let table = match item {
                        SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                            Some(relation_name(name))
                        }
                        _ => None,
                    };
                    for (at, column) in scope.columns.iter().enumerate() {
                        let wanted = table.as_ref().is_none_or(|table| *table == column.table);
                        if column.shown && wanted && (table.is_some() || column.bare) {
                            compiled.projection.push(Node::Column { up: 0, at });
                            columns.push((column.name.clone(), column.kind));
                            written.push(None);
                        }
                    }
                    continue;
                }
                _ => return Err(unsupported(item)),
            };
            if let Expr::Function(function) = strip(expr)
                && functions::is_series(&function_name(&function.name))
            {
                compiled.spread.push(compiled.projection.len());
            }
            let (node, kind) = self.expression(expr, scope)?;
            compiled.projection.push(node);
            columns.push((name, kind));
            written.push(Some(expr));
        }
        let group = match &select.group_by {
            GroupByExpr::Expressions(group, _) if group.is_empty() => None,
            GroupByExpr::Expressions(group, _) => Some(group),
            GroupByExpr::All(_) => return Err(unsupported("GROUP BY ALL")),
        };
        if let Some(group) = group {
            let mut nodes = Vec::new();
            for expr in group {
                let node = match output(expr, &columns) {
                    Some(at) if self.expression(expr, scope).is_err() || is_number(expr) => {
                        compiled.projection[at].clone()
                    }
                    _ => self.expression(expr, scope)?.0,
                };
                nodes.push(node);
            }
            compiled.group = Some(nodes);
        }
        compiled.having =
            select.having.as_ref().map(|having| self.expression(having, scope).map(|(node, _)| node)).transpose()?;
        match &select.distinct {
            Some(Distinct::Distinct) => compiled.distinct = true,
            Some(Distinct::On(list)) => {
                for expr in list {
                    let node = self.expression(expr, scope)?.0;
                    compiled.distinct_on.push(node);
                }
            }
            _ => {}
        }
        let mut keys = Vec::new();
        for item in order {
            let at = match output(&item.expr, &columns) {
                Some(at) => at,
                None => match written.iter().position(|written| *written == Some(&item.expr)) {
                    Some(at) => at,
                    None => {
                        let node = self.expression(&item.expr, scope)?.0;
                        compiled.projection.push(node);
                        compiled.projection.len() - 1
                    }
                },
            };
            keys.push(direction(item, at));
        }
        let body = Body::Select(Box::new(std::mem::take(compiled)));
        Ok(Query { body, columns, order: keys, limit: None, offset: None })
    }

    /// The sources, small ones first where nothing tells their order: so few
    /// rows are looked at.
    fn in_order<'s>(&self, select: &'s ast::Select) -> Vec<&'s TableWithJoins> {
        let mut sources: Vec<&TableWithJoins> = select.from.iter().collect();
        let rows = |from: &&TableWithJoins| match &from.relation {
            TableFactor::Table { name, args: None, .. } if from.joins.is_empty() => {
                find(self.relations, &relation_name(name)).map(|relation| relation.rows.len())
            }
            _ => None,
        };
        let named = select.projection.iter().all(|item| !matches!(item, SelectItem::Wildcard(_)));
        if named && sources.len() > 2 && sources.iter().all(|from| rows(from).is_some()) {
            sources.sort_by_key(|from| rows(from));
        }
        sources
    }

    fn from(&mut self, from: &TableWithJoins, steps: &mut Vec<Step>, scope: &mut Scope<'_>) -> Answered<()> {
        self.source(&from.relation, Join::Inner, None, steps, scope)?;
        for joined in &from.joins {
            let (join, constraint) = match &joined.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::CrossJoin(c) => (Join::Inner, Some(c)),
                JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (Join::Left, Some(c)),
                JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (Join::Right, Some(c)),
                JoinOperator::FullOuter(c) => (Join::Full, Some(c)),
                _ => return Err(unsupported("this kind of join")),
            };
            self.source(&joined.relation, join, constraint, steps, scope)?;
        }
        Ok(())
    }

    fn source(
        &mut self,
        factor: &TableFactor,
        join: Join,
        constraint: Option<&JoinConstraint>,
        steps: &mut Vec<Step>,
        scope: &mut Scope<'_>,
    ) -> Answered<()> {
        let start = scope.columns.len();
        let (source, mut columns, alias) = self.factor(factor, scope)?;
        if let Some(alias) = alias {
            let table = folded(&alias.name);
            for (at, column) in columns.iter_mut().enumerate() {
                column.table.clone_from(&table);
                if let Some(name) = alias.columns.get(at) {
                    column.name = folded(&name.name);
                }
            }
            // A function of one column is named as its table.
            if matches!(source, Source::Function { .. })
                && alias.columns.is_empty()
                && let Some(first) = columns.first_mut()
            {
                first.name = table;
            }
        }
        let width = columns.len();
        scope.columns.append(&mut columns);
        let on = match constraint {
            Some(JoinConstraint::On(expr)) => conjuncts(self.expression(expr, scope)?.0),
            Some(JoinConstraint::Using(names)) => {
                let mut on = Vec::new();
                for name in names {
                    let name = relation_name(name);
                    let find = |range: std::ops::Range<usize>| {
                        range
                            .clone()
                            .find(|at| scope.columns[*at].name == name)
                            .ok_or_else(|| Fault::no_column(&name, []))
                    };
                    let (left, right) = (find(0..start)?, find(start..start + width)?);
                    let side = |at| Box::new(Node::Column { up: 0, at });
                    on.push(Node::Compare(super::plan::Comparison::Equal, side(left), side(right)));
                    scope.columns[right].bare = false;
                }
                on
            }
            Some(JoinConstraint::Natural) => return Err(unsupported("NATURAL JOIN")),
            Some(JoinConstraint::None) | None => Vec::new(),
        };
        steps.push(Step { source, join, start, width, on, then: Vec::new() });
        Ok(())
    }

    fn factor<'f>(
        &mut self,
        factor: &'f TableFactor,
        scope: &Scope<'_>,
    ) -> Answered<(Source, Vec<Named>, Option<&'f TableAlias>)> {
        let named = |table: &str, columns: &[(String, Kind)], hidden: usize| -> Vec<Named> {
            let shown = columns.len() - hidden;
            let one = |(at, (name, kind)): (usize, &(String, Kind))| Named {
                table: table.to_owned(),
                name: name.clone(),
                kind: *kind,
                shown: at < shown,
                bare: at < shown,
            };
            columns.iter().enumerate().map(one).collect()
        };
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let full = relation_name(name);
                let bare = full.rsplit('.').next().unwrap_or(&full).to_owned();
                if let Some((_, query)) = self.with.iter().rev().find(|(with, _)| *with == full) {
                    let columns = named(&bare, &query.columns, 0);
                    return Ok((Source::Query(Arc::clone(query)), columns, alias.as_ref()));
                }
                let relation = find(self.relations, &full).ok_or_else(|| Fault::no_relation(&full, []))?;
                let columns = named(&bare, &relation.columns, HIDDEN);
                Ok((Source::Table(Arc::clone(relation)), columns, alias.as_ref()))
            }
            TableFactor::Table { name, alias, args: Some(list), with_ordinality, .. } => {
                let nodes = self.call(name, &list.args, scope)?;
                self.series(name, nodes, *with_ordinality, alias.as_ref())
            }
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                let nodes = self.call(name, args, scope)?;
                self.series(name, nodes, *with_ordinality, alias.as_ref())
            }
            TableFactor::UNNEST { array_exprs, alias, with_ordinality, .. } => {
                let first = array_exprs.first().ok_or_else(|| unsupported("unnest of nothing"))?;
                let compiled = self.expression(first, scope)?;
                self.series(
                    &ast::ObjectName::from(vec![ast::Ident::new("unnest")]),
                    vec![compiled],
                    *with_ordinality,
                    alias.as_ref(),
                )
            }
            TableFactor::Derived { subquery, alias, lateral, .. } => {
                let mut query = self.query(subquery, Some(scope))?;
                if let Some(alias) = alias {
                    rename(&mut query, alias);
                }
                let columns = named("", &query.columns, 0);
                let query = Arc::new(query);
                Ok((if *lateral { Source::Lateral(query) } else { Source::Query(query) }, columns, alias.as_ref()))
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let mut inner = Select::default();
                let mut own = Scope { columns: Vec::new(), outer: scope.outer };
                self.from(table_with_joins, &mut inner.steps, &mut own)?;
                inner.projection = (0..own.columns.len()).map(|at| Node::Column { up: 0, at }).collect();
                let columns = own.columns.iter().map(|column| (column.name.clone(), column.kind)).collect();
                let body = Body::Select(Box::new(inner));
                let query = Query { body, columns, order: Vec::new(), limit: None, offset: None };
                Ok((Source::Query(Arc::new(query)), own.columns, alias.as_ref()))
            }
            _ => Err(unsupported("this source of rows")),
        }
    }

    fn call(
        &mut self,
        name: &ast::ObjectName,
        args: &[ast::FunctionArg],
        scope: &Scope<'_>,
    ) -> Answered<Vec<(Node, Kind)>> {
        let mut nodes = Vec::new();
        for argument in args {
            match argument {
                ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(expr)) => {
                    nodes.push(self.expression(expr, scope)?)
                }
                _ => return Err(unsupported(name)),
            }
        }
        Ok(nodes)
    }

    fn series<'f>(
        &mut self,
        name: &ast::ObjectName,
        nodes: Vec<(Node, Kind)>,
        numbered: bool,
        alias: Option<&'f TableAlias>,
    ) -> Answered<(Source, Vec<Named>, Option<&'f TableAlias>)> {
        let name = function_name(name);
        let (nodes, kinds): (Vec<Node>, Vec<Kind>) = nodes.into_iter().unzip();
        let kind = functions::kind_of(&name, &kinds)?;
        let mut columns = functions::columns_of(&name, kind);
        if numbered {
            columns.push(("ordinality".to_owned(), Kind::Int8));
        }
        let named = columns.into_iter().map(|(column, kind)| Named {
            table: name.clone(),
            name: column,
            kind,
            shown: true,
            bare: true,
        });
        let named = named.collect();
        Ok((Source::Function { name, arguments: nodes, numbered }, named, alias))
    }

    /// A column by its name: how far out, where, and its type.
    pub fn column(&self, parts: &[ast::Ident], scope: &Scope<'_>) -> Answered<(Node, Kind)> {
        let names: Vec<String> = parts.iter().map(folded).collect();
        let (name, table) = match names.as_slice() {
            [name] => (name, None),
            [.., table, name] => (name, Some(table)),
            [] => return Err(unsupported("a column without name")),
        };
        let mut up = 0;
        let mut current = Some(scope);
        while let Some(here) = current {
            let fits = |column: &&(usize, &Named)| match table {
                Some(table) => column.1.table == *table && column.1.name == *name,
                None => column.1.name == *name && (column.1.bare || !column.1.shown),
            };
            let all: Vec<(usize, &Named)> = here.columns.iter().enumerate().collect();
            let found: Vec<&(usize, &Named)> = all.iter().filter(fits).collect();
            match found.as_slice() {
                [] => {}
                [(at, column)] => return Ok((Node::Column { up, at: *at }, column.kind)),
                [(at, column), ..] if !column.shown => return Ok((Node::Column { up, at: *at }, column.kind)),
                _ => {
                    return Err(Fault::new(code::AMBIGUOUS, format!("column reference \"{name}\" is ambiguous")));
                }
            }
            up += 1;
            current = here.outer;
        }
        let known = scope.columns.iter().map(|column| column.name.as_str());
        Err(Fault::no_column(&names.join("."), known))
    }

    /// An expression and its type.
    pub fn expression(&mut self, expr: &Expr, scope: &Scope<'_>) -> Answered<(Node, Kind)> {
        super::express::expression(self, expr, scope)
    }

    /// `row_number() over (…)`: a column behind those of the sources.
    pub fn row_number(&mut self, name: &str, window: &ast::WindowType, scope: &Scope<'_>) -> Answered<(Node, Kind)> {
        let ast::WindowType::WindowSpec(window) = window else { return Err(unsupported("a named window")) };
        if name != "row_number" {
            return Err(unsupported(format!("the window function {name}")));
        }
        let mut within = Vec::new();
        for expr in &window.partition_by {
            within.push(self.expression(expr, scope)?.0);
        }
        let mut order = Vec::new();
        for item in &window.order_by {
            let node = self.expression(&item.expr, scope)?.0;
            order.push((node, direction(item, 0).1));
        }
        self.windows.push(Window { within, order });
        Ok((Node::Column { up: 0, at: scope.columns.len() + self.windows.len() - 1 }, Kind::Int8))
    }

    /// A function over groups.
    pub fn aggregate(&mut self, function: &ast::Function, scope: &Scope<'_>) -> Answered<(Node, Kind)> {
        let name = function_name(&function.name);
        // Within it no other is allowed, so its parts are compiled without.
        let mut gathered = self
            .aggregates
            .take()
            .ok_or_else(|| Fault::new(code::GROUPING, "aggregate functions are not allowed here"))?;
        let result = self.aggregate_parts(function, scope);
        let (aggregate, kind) = match result {
            Ok(parts) => parts,
            Err(fault) => {
                self.aggregates = Some(gathered);
                return Err(fault);
            }
        };
        gathered.push(Aggregate { name, ..aggregate });
        let at = gathered.len() - 1;
        self.aggregates = Some(gathered);
        Ok((Node::Aggregate(at), kind))
    }

    fn aggregate_parts(&mut self, function: &ast::Function, scope: &Scope<'_>) -> Answered<(Aggregate, Kind)> {
        let name = function_name(&function.name);
        let mut nodes = Vec::new();
        let mut kinds = Vec::new();
        for expr in arguments(function) {
            let (node, kind) = self.expression(expr, scope)?;
            nodes.push(node);
            kinds.push(kind);
        }
        let mut order = Vec::new();
        let mut distinct = false;
        if let ast::FunctionArguments::List(list) = &function.args {
            distinct = matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
            for clause in &list.clauses {
                let ast::FunctionArgumentClause::OrderBy(items) = clause else { return Err(unsupported(clause)) };
                for item in items {
                    let node = self.expression(&item.expr, scope)?.0;
                    order.push((node, direction(item, 0).1));
                }
            }
        }
        let filter =
            function.filter.as_ref().map(|filter| self.expression(filter, scope).map(|(node, _)| node)).transpose()?;
        let first = kinds.first().copied().unwrap_or(Kind::Int8);
        let kind = match name.as_str() {
            "count" => Kind::Int8,
            "sum" if first == Kind::Float8 => Kind::Float8,
            "sum" => Kind::Int8,
            "avg" => Kind::Float8,
            "bool_and" | "bool_or" | "every" => Kind::Bool,
            "string_agg" => Kind::Text,
            "array_agg" => first.list(),
            _ => first,
        };
        Ok((Aggregate { name, arguments: nodes, distinct, filter, order }, kind))
    }
}

/// A table by its full or bare name; bare ones are of `pg_catalog`.
pub fn find<'r>(relations: &'r BTreeMap<String, Arc<Relation>>, name: &str) -> Option<&'r Arc<Relation>> {
    if name.contains('.') { relations.get(name) } else { relations.get(&format!("pg_catalog.{name}")) }
}
