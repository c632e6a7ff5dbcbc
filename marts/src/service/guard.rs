//! What a query may not do, found in its text before it is planned, and the
//! few words of PostgreSQL that the engine writes otherwise.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, ObjectNamePart,
    Query, SetExpr, TableAlias, TableAliasColumnDef, TableFactor, Value, Visit, VisitMut, Visitor, VisitorMut,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::fault::{Answered, Fault, code};

/// Functions that stand where a table stands.
const TABLE_FUNCTIONS: [&str; 3] = ["generate_series", "unnest", "range"];
/// The beginnings of functions that reach files, other servers or others'
/// sessions.
const FORBIDDEN: [&str; 22] = [
    "pg_read_",
    "pg_ls_",
    "pg_stat_file",
    "pg_file_",
    "lo_",
    "dblink",
    "read_parquet",
    "read_csv",
    "read_json",
    "read_text",
    "read_blob",
    "parquet_scan",
    "parquet_metadata",
    "delta_scan",
    "iceberg_scan",
    "glob",
    "query_to_xml",
    "pg_terminate_backend",
    "pg_cancel_backend",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "set_config_file",
];

/// What a query names.
#[derive(Debug, Default, PartialEq)]
pub struct Named {
    /// Tables that are no name of a WITH, with where they are named.
    pub tables: Vec<(String, Span)>,
    /// Functions that stand where a table stands.
    pub table_functions: BTreeSet<String>,
}

/// Checks that a query only reads, and finds what it names.
///
/// # Errors
/// [`code::READ_ONLY`] or [`code::FORBIDDEN`] where it does more.
pub fn inspect(query: &Query) -> Answered<Named> {
    let mut with = WithNames::default();
    let _ = query.visit(&mut with);
    let mut inspection = Inspection { with: with.0, named: Named::default() };
    match query.visit(&mut inspection) {
        ControlFlow::Break(fault) => Err(fault),
        ControlFlow::Continue(()) => Ok(inspection.named),
    }
}

/// The name of a table as it was written, in lower case where it is not
/// quoted, and without the name of the database.
pub fn relation_name(name: &ObjectName) -> String {
    let parts: Vec<String> = name.0.iter().filter_map(ObjectNamePart::as_ident).map(folded).collect();
    let skip = usize::from(parts.len() == 3 && parts[0] == super::DATABASE);
    parts[skip..].join(".")
}

fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_lowercase() }
}

/// The last part of a function's name, in lower case.
pub fn function_name(name: &ObjectName) -> String {
    name.0.last().and_then(ObjectNamePart::as_ident).map(|ident| ident.value.to_lowercase()).unwrap_or_default()
}

#[derive(Default)]
struct WithNames(BTreeSet<String>);

impl Visitor for WithNames {
    type Break = Fault;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Fault> {
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        self.0.extend(tables.map(|table| folded(&table.alias.name)));
        ControlFlow::Continue(())
    }
}

struct Inspection {
    with: BTreeSet<String>,
    named: Named,
}

impl Inspection {
    fn body(body: &SetExpr) -> Option<Fault> {
        let word = match body {
            SetExpr::Insert(_) => "INSERT",
            SetExpr::Update(_) => "UPDATE",
            SetExpr::Delete(_) => "DELETE",
            SetExpr::Merge(_) => "MERGE",
            SetExpr::Select(select) if select.into.is_some() => "SELECT INTO",
            SetExpr::SetOperation { left, right, .. } => return Self::body(left).or_else(|| Self::body(right)),
            _ => return None,
        };
        Some(Fault::new(code::READ_ONLY, format!("cannot execute {word} in a read-only transaction")))
    }

    fn call(name: &ObjectName) -> ControlFlow<Fault> {
        let word = function_name(name);
        if FORBIDDEN.iter().any(|start| word.starts_with(start)) {
            return ControlFlow::Break(Fault::new(code::FORBIDDEN, format!("permission denied for function {word}")));
        }
        ControlFlow::Continue(())
    }
}

impl Visitor for Inspection {
    type Break = Fault;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Fault> {
        if let Some(fault) = Self::body(&query.body) {
            return ControlFlow::Break(fault);
        }
        if !query.locks.is_empty() {
            return ControlFlow::Break(Fault::new(
                code::READ_ONLY,
                "cannot execute SELECT FOR UPDATE in a read-only transaction",
            ));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Fault> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                Self::call(name)?;
                self.named.table_functions.insert(function_name(name));
            }
            TableFactor::Table { name, .. } => {
                let table = relation_name(name);
                if !self.with.contains(&table) {
                    let span = name.0.first().and_then(ObjectNamePart::as_ident).map_or(Span::empty(), |it| it.span);
                    self.named.tables.push((table, span));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Fault> {
        match expr {
            Expr::Function(function) => Self::call(&function.name),
            _ => ControlFlow::Continue(()),
        }
    }
}

/// Checks that functions in the place of tables are ours.
///
/// # Errors
/// [`code::UNDEFINED_FUNCTION`] where one is not.
pub fn check_table_functions(named: &Named) -> Answered<()> {
    match named.table_functions.iter().find(|name| !TABLE_FUNCTIONS.contains(&name.as_str())) {
        Some(name) => Err(Fault::new(code::UNDEFINED_FUNCTION, format!("function {name} does not exist"))),
        None => Ok(()),
    }
}

/// Writes a query in the words of the engine: names with their schema,
/// functions without, types by their own names.
pub struct Translation<'a> {
    /// The schema of a table that is named without one.
    pub schema_of: &'a dyn Fn(&str) -> Option<String>,
    /// The value of a function of the session, as `current_user`.
    pub constant: &'a dyn Fn(&str) -> Option<Value>,
    /// The names of WITH.
    pub with: BTreeSet<String>,
}

impl<'a> Translation<'a> {
    /// Translates a query in place.
    pub fn apply(
        query: &mut Query,
        schema_of: &'a dyn Fn(&str) -> Option<String>,
        constant: &'a dyn Fn(&str) -> Option<Value>,
    ) {
        let mut with = WithNames::default();
        let _ = Visit::visit(&*query, &mut with);
        let mut translation = Self { schema_of, constant, with: with.0 };
        let _: ControlFlow<()> = VisitMut::visit(query, &mut translation);
    }
}

impl VisitorMut for Translation<'_> {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: None, .. } => {
                let relation = relation_name(name);
                if self.with.contains(&relation) {
                    return ControlFlow::Continue(());
                }
                let full = match relation.split_once('.') {
                    Some(_) => relation,
                    None => match (self.schema_of)(&relation) {
                        Some(schema) => format!("{schema}.{relation}"),
                        None => relation,
                    },
                };
                let parts = full.split('.').map(|part| ObjectNamePart::Identifier(Ident::with_quote('"', part)));
                *name = ObjectName(parts.collect());
            }
            TableFactor::Table { name, args: Some(_), alias, .. } | TableFactor::Function { name, alias, .. } => {
                name_series(name, alias);
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => {
                if let Some(last) = function.name.0.pop() {
                    function.name.0 = vec![last];
                }
                let word = function_name(&function.name);
                if no_arguments(function)
                    && let Some(value) = (self.constant)(&word)
                {
                    *expr = Expr::value(value);
                }
            }
            Expr::Identifier(ident) if ident.quote_style.is_none() => {
                if ident.value.eq_ignore_ascii_case("current_schema")
                    && let Some(value) = (self.constant)("current_schema")
                {
                    *expr = Expr::value(value);
                }
            }
            Expr::Collate { expr: inner, .. } => *expr = inner.as_ref().clone(),
            Expr::Cast { data_type, .. } => plain_type(data_type),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// A series is a column by the name of its table, or of the function.
fn name_series(name: &ObjectName, alias: &mut Option<TableAlias>) {
    let function = function_name(name);
    let table = alias.get_or_insert_with(|| TableAlias {
        explicit: false,
        name: Ident::new(function),
        columns: Vec::new(),
        at: None,
    });
    if table.columns.is_empty() {
        table.columns.push(TableAliasColumnDef { name: table.name.clone(), data_type: None });
    }
}

fn no_arguments(function: &Function) -> bool {
    match &function.args {
        FunctionArguments::None => true,
        FunctionArguments::List(list) => list.args.is_empty(),
        FunctionArguments::Subquery(_) => false,
    }
}

/// `pg_catalog.text` is text.
fn plain_type(data_type: &mut DataType) {
    let DataType::Custom(name, _) = data_type else { return };
    let plain = match function_name(name).as_str() {
        "text" | "name" => DataType::Text,
        "int2" => DataType::SmallInt(None),
        "int4" | "oid" => DataType::Integer(None),
        "int8" => DataType::BigInt(None),
        "float4" => DataType::Real,
        "float8" => DataType::DoublePrecision,
        "bool" => DataType::Boolean,
        _ => return,
    };
    *data_type = plain;
}

/// The arguments of a function that are expressions.
pub fn arguments(function: &Function) -> Vec<&Expr> {
    let FunctionArguments::List(list) = &function.args else { return Vec::new() };
    let expressions = list.args.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    });
    expressions.collect()
}

/// Replaces `$1` and its like by what they stand for.
pub fn bind(query: &mut Query, value: &dyn Fn(usize) -> Option<Expr>) {
    struct Binding<'a>(&'a dyn Fn(usize) -> Option<Expr>);
    impl VisitorMut for Binding<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Value(found) = expr
                && let Value::Placeholder(name) = &found.value
            {
                let number = name.trim_start_matches('$').parse::<usize>().ok();
                if let Some(value) = number.and_then(|number| (self.0)(number)) {
                    *expr = value;
                }
            }
            ControlFlow::Continue(())
        }
    }
    let _: ControlFlow<()> = VisitMut::visit(query, &mut Binding(value));
}

/// The highest of `$1`, `$2`, …; 0 where there is none.
pub fn parameters(query: &Query) -> usize {
    struct Highest(usize);
    impl Visitor for Highest {
        type Break = ();

        fn pre_visit_value(&mut self, value: &datafusion::sql::sqlparser::ast::ValueWithSpan) -> ControlFlow<()> {
            if let Value::Placeholder(name) = &value.value {
                self.0 = self.0.max(name.trim_start_matches('$').parse().unwrap_or(0));
            }
            ControlFlow::Continue(())
        }
    }
    let mut highest = Highest(0);
    let _: ControlFlow<()> = query.visit(&mut highest);
    highest.0
}

/// Where a column is named in a query.
pub fn place_of(query: &Query, column: &str) -> Option<Span> {
    struct Search<'a>(&'a str, Option<Span>);
    impl Visitor for Search<'_> {
        type Break = ();

        fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
            let (first, last) = match expr {
                Expr::Identifier(ident) => (ident, ident),
                Expr::CompoundIdentifier(parts) => match (parts.first(), parts.last()) {
                    (Some(first), Some(last)) => (first, last),
                    _ => return ControlFlow::Continue(()),
                },
                _ => return ControlFlow::Continue(()),
            };
            if folded(last) == self.0 || last.value == self.0 {
                self.1 = Some(first.span);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        }
    }
    let mut search = Search(column, None);
    let _ = query.visit(&mut search);
    search.1
}
