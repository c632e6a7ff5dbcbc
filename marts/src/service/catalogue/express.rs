//! Expressions of a query on the catalogue.

use datafusion::sql::sqlparser::ast::{
    self, BinaryOperator, DataType, Expr, FunctionArguments, Subscript, UnaryOperator, Value as Literal,
};

use super::compile::{Compiler, Scope, unsupported};
use super::functions;
use super::plan::{Comparison, Node};
use super::types;
use super::value::{Kind, Value};
use crate::service::fault::{Answered, Fault, code};
use crate::service::guard::{arguments, function_name};

/// Functions over groups.
const AGGREGATES: [&str; 10] =
    ["count", "sum", "min", "max", "avg", "array_agg", "string_agg", "bool_and", "bool_or", "every"];

type Compiled = Answered<(Node, Kind)>;

/// An expression and its type.
pub fn expression(compiler: &mut Compiler<'_>, expr: &Expr, scope: &Scope<'_>) -> Compiled {
    let boolean = |node| Ok((node, Kind::Bool));
    match expr {
        Expr::Identifier(ident)
            if ident.quote_style.is_none()
                && is_constant(&ident.value)
                && compiler.column(std::slice::from_ref(ident), scope).is_err() =>
        {
            Ok((Node::Call(ident.value.to_lowercase(), Vec::new()), Kind::Name))
        }
        Expr::Identifier(ident) => compiler.column(std::slice::from_ref(ident), scope),
        Expr::CompoundIdentifier(parts) => compiler.column(parts, scope),
        Expr::Nested(inner) => expression(compiler, inner, scope),
        Expr::Collate { expr, .. } => expression(compiler, expr, scope),
        Expr::Value(value) => literal(compiler, &value.value),
        Expr::TypedString(typed) => {
            let text = typed.value.value.clone().into_string().unwrap_or_default();
            cast(Node::Const(Value::text(text)), Kind::Unknown, &typed.data_type)
        }
        Expr::UnaryOp { op, expr } => {
            let (node, kind) = expression(compiler, expr, scope)?;
            match op {
                UnaryOperator::Not => boolean(Node::Not(Box::new(node))),
                UnaryOperator::Plus => Ok((node, kind)),
                UnaryOperator::Minus => {
                    Ok((Node::Arithmetic('-', Box::new(Node::Const(Value::Int(0))), Box::new(node)), kind))
                }
                _ => Err(unsupported(expr)),
            }
        }
        Expr::BinaryOp { left, op, right } => binary(compiler, left, op, right, scope),
        Expr::IsNull(inner) => boolean(Node::IsNull(one(compiler, inner, scope)?, true)),
        Expr::IsNotNull(inner) => boolean(Node::IsNull(one(compiler, inner, scope)?, false)),
        Expr::IsTrue(inner) => boolean(Node::Is(one(compiler, inner, scope)?, true, true)),
        Expr::IsNotTrue(inner) => boolean(Node::Is(one(compiler, inner, scope)?, true, false)),
        Expr::IsFalse(inner) => boolean(Node::Is(one(compiler, inner, scope)?, false, true)),
        Expr::IsNotFalse(inner) => boolean(Node::Is(one(compiler, inner, scope)?, false, false)),
        Expr::IsDistinctFrom(a, b) | Expr::IsNotDistinctFrom(a, b) => {
            let (a, b, _) = pair(compiler, a, b, scope)?;
            boolean(Node::Distinct(Box::new(a), Box::new(b), matches!(expr, Expr::IsDistinctFrom(..))))
        }
        Expr::Between { expr, negated, low, high } => {
            let (a, low, _) = pair(compiler, expr, low, scope)?;
            let (b, high, _) = pair(compiler, expr, high, scope)?;
            let compare = |how, a, b| Box::new(Node::Compare(how, Box::new(a), Box::new(b)));
            let both = Node::And(compare(Comparison::GreaterEqual, a, low), compare(Comparison::LessEqual, b, high));
            boolean(negate(both, *negated))
        }
        Expr::InList { expr, list, negated } => {
            let (value, kind) = expression(compiler, expr, scope)?;
            let mut nodes = Vec::new();
            for item in list {
                let (node, of) = expression(compiler, item, scope)?;
                nodes.push(coerce(compiler, node, of, kind));
            }
            boolean(Node::In { value: Box::new(value), list: nodes, negated: *negated })
        }
        Expr::InSubquery { expr, subquery, negated } => {
            let value = one(compiler, expr, scope)?;
            let query = inner_query(compiler, subquery, scope)?;
            boolean(Node::InQuery(value, Box::new(query), *negated))
        }
        Expr::Exists { subquery, negated } => {
            let query = inner_query(compiler, subquery, scope)?;
            boolean(Node::Exists(Box::new(query), *negated))
        }
        Expr::Subquery(query) => {
            let query = inner_query(compiler, query, scope)?;
            let kind = query.columns.first().map_or(Kind::Unknown, |(_, kind)| *kind);
            Ok((Node::Scalar(Box::new(query)), kind))
        }
        Expr::Like { negated, expr: value, pattern, .. } | Expr::ILike { negated, expr: value, pattern, .. } => {
            let fold = matches!(expr, Expr::ILike { .. });
            let (value, kind) = expression(compiler, value, scope)?;
            let value = if kind.is_reg() { Node::Cast(Box::new(value), kind, Kind::Text) } else { value };
            let pattern = one(compiler, pattern, scope)?;
            boolean(Node::Like { value: Box::new(value), pattern, fold, negated: *negated })
        }
        Expr::AnyOp { left, compare_op, right, .. } => any(compiler, left, compare_op, right, false, scope),
        Expr::AllOp { left, compare_op, right } => any(compiler, left, compare_op, right, true, scope),
        Expr::Case { operand, conditions, else_result, .. } => {
            let of = operand.as_ref().map(|operand| expression(compiler, operand, scope)).transpose()?;
            let mut whens = Vec::new();
            let mut kind = Kind::Unknown;
            for when in conditions {
                let (condition, condition_kind) = expression(compiler, &when.condition, scope)?;
                let condition = match &of {
                    Some((_, of)) => coerce(compiler, condition, condition_kind, *of),
                    None => condition,
                };
                let (then, then_kind) = expression(compiler, &when.result, scope)?;
                kind = wider(kind, then_kind);
                whens.push((condition, then));
            }
            let last = else_result.as_ref().map(|last| expression(compiler, last, scope)).transpose()?;
            kind = last.as_ref().map_or(kind, |(_, last)| wider(kind, *last));
            let (operand, last) = (of.map(|(node, _)| Box::new(node)), last.map(|(node, _)| Box::new(node)));
            Ok((Node::Case { operand, whens, last }, kind))
        }
        Expr::Cast { expr, data_type, .. } => {
            let (node, kind) = expression(compiler, expr, scope)?;
            if let Some(number) = placeholder(expr) {
                let to = kind_of(data_type)?;
                compiler.parameters.insert(number, if to.is_reg() { Kind::Text } else { to });
            }
            cast(node, kind, data_type)
        }
        Expr::Array(array) => {
            let mut nodes = Vec::new();
            let mut kind = Kind::Unknown;
            for element in &array.elem {
                let (node, of) = expression(compiler, element, scope)?;
                kind = wider(kind, of);
                nodes.push(node);
            }
            Ok((Node::List(nodes), kind.list()))
        }
        Expr::CompoundFieldAccess { root, access_chain } => {
            // `i.indkey[0]` is read as the field `indkey` of `i`.
            let column = match (root.as_ref(), access_chain.first()) {
                (Expr::Identifier(table), Some(ast::AccessExpr::Dot(Expr::Identifier(column)))) => {
                    compiler.column(&[table.clone(), column.clone()], scope).ok()
                }
                _ => None,
            };
            let rest = usize::from(column.is_some());
            let (mut node, mut kind) = match column {
                Some(column) => column,
                None => expression(compiler, root, scope)?,
            };
            for access in &access_chain[rest..] {
                match access {
                    ast::AccessExpr::Subscript(Subscript::Index { index }) => {
                        node = Node::Index(Box::new(node), one(compiler, index, scope)?);
                        kind = kind.element();
                    }
                    ast::AccessExpr::Dot(Expr::Identifier(field)) => {
                        // The fields of a pair (x, n).
                        let at = if field.value.eq_ignore_ascii_case("n") { 2 } else { 1 };
                        node = Node::Index(Box::new(node), Box::new(Node::Const(Value::Int(at))));
                        kind = Kind::Int4;
                    }
                    _ => return Err(unsupported(expr)),
                }
            }
            Ok((node, kind))
        }
        Expr::Function(function) => call(compiler, function, scope),
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let mut nodes = vec![*one(compiler, expr, scope)?];
            for part in [substring_from, substring_for].into_iter().flatten() {
                nodes.push(*one(compiler, part, scope)?);
            }
            Ok((Node::Call("substring".to_owned(), nodes), Kind::Text))
        }
        Expr::Position { expr, r#in } => {
            let nodes = vec![*one(compiler, r#in, scope)?, *one(compiler, expr, scope)?];
            Ok((Node::Call("strpos".to_owned(), nodes), Kind::Int4))
        }
        Expr::Trim { expr, trim_what, .. } => {
            let mut nodes = vec![*one(compiler, expr, scope)?];
            if let Some(what) = trim_what {
                nodes.push(*one(compiler, what, scope)?);
            }
            Ok((Node::Call("btrim".to_owned(), nodes), Kind::Text))
        }
        other => Err(unsupported(other)),
    }
}

fn one(compiler: &mut Compiler<'_>, expr: &Expr, scope: &Scope<'_>) -> Answered<Box<Node>> {
    Ok(Box::new(expression(compiler, expr, scope)?.0))
}

fn inner_query(compiler: &mut Compiler<'_>, query: &ast::Query, scope: &Scope<'_>) -> Answered<super::plan::Query> {
    let around = compiler.aggregates.take();
    let compiled = compiler.query(query, Some(scope));
    compiler.aggregates = around;
    compiled
}

fn negate(node: Node, negated: bool) -> Node {
    if negated { Node::Not(Box::new(node)) } else { node }
}

fn placeholder(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Nested(inner) => placeholder(inner),
        Expr::Value(value) => match &value.value {
            Literal::Placeholder(name) => name.trim_start_matches('$').parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

fn literal(compiler: &mut Compiler<'_>, value: &Literal) -> Compiled {
    let (value, kind) = match value {
        Literal::Null => (Value::Null, Kind::Unknown),
        Literal::Boolean(value) => (Value::Bool(*value), Kind::Bool),
        Literal::Number(text, _) => match text.parse::<i64>() {
            Ok(number) => (Value::Int(number), if i32::try_from(number).is_ok() { Kind::Int4 } else { Kind::Int8 }),
            Err(_) => return Err(unsupported(text)),
        },
        Literal::Placeholder(name) => {
            if let Ok(number) = name.trim_start_matches('$').parse() {
                compiler.parameters.entry(number).or_insert(Kind::Text);
            }
            (Value::Null, Kind::Unknown)
        }
        other => match other.clone().into_string() {
            Some(text) => (Value::text(text), Kind::Unknown),
            None => match other {
                Literal::EscapedStringLiteral(text) => (Value::text(text), Kind::Unknown),
                other => return Err(unsupported(other)),
            },
        },
    };
    Ok((Node::Const(value), kind))
}

/// The type that values of either type have in common.
fn wider(a: Kind, b: Kind) -> Kind {
    match (a, b) {
        (Kind::Unknown, other) | (other, Kind::Unknown) => other,
        (Kind::Int8, other) | (other, Kind::Int8) if !other.is_text() => Kind::Int8,
        (Kind::Name | Kind::Char, Kind::Text) | (Kind::Text, Kind::Name | Kind::Char) => Kind::Text,
        (a, _) => a,
    }
}

/// A literal of which nothing was known, as a value of a type.
fn coerce(compiler: &mut Compiler<'_>, node: Node, kind: Kind, to: Kind) -> Node {
    let _ = compiler;
    if kind == Kind::Unknown && !to.is_text() { Node::Cast(Box::new(node), Kind::Unknown, to) } else { node }
}

fn pair(compiler: &mut Compiler<'_>, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Answered<(Node, Node, Kind)> {
    let (a, a_kind) = expression(compiler, left, scope)?;
    let (b, b_kind) = expression(compiler, right, scope)?;
    for (expr, kind) in [(left, b_kind), (right, a_kind)] {
        if let Some(number) = placeholder(expr) {
            compiler.parameters.insert(number, if kind == Kind::Unknown { Kind::Text } else { kind });
        }
    }
    let a = coerce(compiler, a, a_kind, b_kind);
    let b = coerce(compiler, b, b_kind, a_kind);
    // A name beside a number of something that has names.
    let named = |node: Node, kind: Kind, other: Kind| {
        if kind.is_reg() && other.is_text() && other != Kind::Unknown {
            Node::Cast(Box::new(node), kind, Kind::Text)
        } else {
            node
        }
    };
    Ok((named(a, a_kind, b_kind), named(b, b_kind, a_kind), wider(a_kind, b_kind)))
}

fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::Other,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterEqual,
        BinaryOperator::PGCustomBinaryOperator(parts) => match parts.last().map(String::as_str) {
            Some("=") => Comparison::Equal,
            Some("<>" | "!=") => Comparison::Other,
            Some("<") => Comparison::Less,
            Some(">") => Comparison::Greater,
            _ => return None,
        },
        _ => return None,
    })
}

fn binary(compiler: &mut Compiler<'_>, left: &Expr, op: &BinaryOperator, right: &Expr, scope: &Scope<'_>) -> Compiled {
    if let Some(how) = comparison(op) {
        let (a, b, _) = pair(compiler, left, right, scope)?;
        return Ok((Node::Compare(how, Box::new(a), Box::new(b)), Kind::Bool));
    }
    let custom = match op {
        BinaryOperator::PGCustomBinaryOperator(parts) => parts.last().cloned(),
        _ => None,
    };
    let regex = match (op, custom.as_deref()) {
        (BinaryOperator::PGRegexMatch, _) | (_, Some("~")) => Some((false, false)),
        (BinaryOperator::PGRegexIMatch, _) | (_, Some("~*")) => Some((true, false)),
        (BinaryOperator::PGRegexNotMatch, _) | (_, Some("!~")) => Some((false, true)),
        (BinaryOperator::PGRegexNotIMatch, _) | (_, Some("!~*")) => Some((true, true)),
        _ => None,
    };
    if let Some((fold, negated)) = regex {
        let (value, kind) = expression(compiler, left, scope)?;
        let value = if kind.is_reg() { Node::Cast(Box::new(value), kind, Kind::Text) } else { value };
        let pattern = one(compiler, right, scope)?;
        return Ok((Node::Regex { value: Box::new(value), pattern, fold, negated }, Kind::Bool));
    }
    let like = match (op, custom.as_deref()) {
        (BinaryOperator::PGLikeMatch, _) | (_, Some("~~")) => Some((false, false)),
        (BinaryOperator::PGILikeMatch, _) | (_, Some("~~*")) => Some((true, false)),
        (BinaryOperator::PGNotLikeMatch, _) | (_, Some("!~~")) => Some((false, true)),
        _ => None,
    };
    if let Some((fold, negated)) = like {
        let (value, pattern) = (one(compiler, left, scope)?, one(compiler, right, scope)?);
        return Ok((Node::Like { value, pattern, fold, negated }, Kind::Bool));
    }
    let (a, a_kind) = expression(compiler, left, scope)?;
    let (b, b_kind) = expression(compiler, right, scope)?;
    let (a, b) = (coerce(compiler, a, a_kind, b_kind), coerce(compiler, b, b_kind, a_kind));
    let (a_box, b_box) = (Box::new(a), Box::new(b));
    match op {
        BinaryOperator::And => Ok((Node::And(a_box, b_box), Kind::Bool)),
        BinaryOperator::Or => Ok((Node::Or(a_box, b_box), Kind::Bool)),
        BinaryOperator::StringConcat => {
            let kind = if a_kind.is_list() {
                a_kind
            } else if b_kind.is_list() {
                b_kind
            } else {
                Kind::Text
            };
            let text = |node: Box<Node>, kind: Kind| {
                if kind.is_reg() { Box::new(Node::Cast(node, kind, Kind::Text)) } else { node }
            };
            Ok((Node::Concat(text(a_box, a_kind), text(b_box, b_kind)), kind))
        }
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::BitwiseAnd
        | BinaryOperator::BitwiseOr
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight => {
            let sign = match op {
                BinaryOperator::Plus => '+',
                BinaryOperator::Minus => '-',
                BinaryOperator::Multiply => '*',
                BinaryOperator::Divide => '/',
                BinaryOperator::Modulo => '%',
                BinaryOperator::BitwiseAnd => '&',
                BinaryOperator::BitwiseOr => '|',
                BinaryOperator::PGBitwiseShiftLeft => '<',
                _ => '>',
            };
            if a_kind == Kind::Timestamptz || b_kind == Kind::Timestamptz {
                return Err(unsupported("arithmetic of times"));
            }
            Ok((Node::Arithmetic(sign, a_box, b_box), wider(a_kind, b_kind)))
        }
        other => Err(unsupported(format!("the operator {other}"))),
    }
}

fn any(
    compiler: &mut Compiler<'_>,
    left: &Expr,
    op: &BinaryOperator,
    right: &Expr,
    all: bool,
    scope: &Scope<'_>,
) -> Compiled {
    let how = comparison(op).ok_or_else(|| unsupported(op))?;
    let (value, kind) = expression(compiler, left, scope)?;
    let mut right = right;
    while let Expr::Nested(inner) = right {
        right = inner;
    }
    if let Expr::Subquery(query) = right {
        let query = Box::new(inner_query(compiler, query, scope)?);
        return Ok((Node::AnyOf { comparison: how, value: Box::new(value), query, all }, Kind::Bool));
    }
    let (list, list_kind) = expression(compiler, right, scope)?;
    if let Some(number) = placeholder(right) {
        compiler.parameters.insert(number, kind.list());
    }
    let list = if list_kind == Kind::Unknown { Node::Cast(Box::new(list), Kind::Unknown, kind.list()) } else { list };
    Ok((Node::Any { comparison: how, value: Box::new(value), list: Box::new(list), all }, Kind::Bool))
}

fn call(compiler: &mut Compiler<'_>, function: &ast::Function, scope: &Scope<'_>) -> Compiled {
    let name = function_name(&function.name);
    if let Some(window) = &function.over {
        return compiler.row_number(&name, window, scope);
    }
    if AGGREGATES.contains(&name.as_str()) {
        return compiler.aggregate(function, scope);
    }
    if let FunctionArguments::Subquery(query) = &function.args {
        if name != "array" {
            return Err(unsupported(function));
        }
        let query = inner_query(compiler, query, scope)?;
        let kind = query.columns.first().map_or(Kind::Texts, |(_, kind)| kind.list());
        return Ok((Node::ListOf(Box::new(query)), kind));
    }
    let mut nodes = Vec::new();
    let mut kinds = Vec::new();
    for argument in arguments(function) {
        let (node, kind) = expression(compiler, argument, scope)?;
        if let Some(number) = placeholder(argument) {
            compiler.parameters.insert(number, functions::parameter_of(&name, nodes.len()));
        }
        let node = if kind.is_reg() && !functions::takes_numbers(&name) {
            Node::Cast(Box::new(node), kind, Kind::Text)
        } else {
            node
        };
        nodes.push(node);
        kinds.push(kind);
    }
    let kind = functions::kind_of(&name, &kinds)?;
    Ok((Node::Call(name, nodes), kind))
}

/// The type that a query names.
fn kind_of(data_type: &DataType) -> Answered<Kind> {
    let text = data_type.to_string().to_lowercase();
    let bare = text.trim_start_matches("pg_catalog.").trim_start_matches("information_schema.");
    let plain = bare.split('(').next().unwrap_or(bare).trim();
    let plain = if bare.ends_with("[]") && !plain.ends_with("[]") { format!("{plain}[]") } else { plain.to_owned() };
    Kind::named(&plain)
        .or_else(|| types::by_name(&plain).is_some().then_some(Kind::Text))
        .ok_or_else(|| Fault::new(code::UNDEFINED_OBJECT, format!("type \"{bare}\" does not exist")))
}

fn cast(node: Node, kind: Kind, data_type: &DataType) -> Compiled {
    let text = data_type.to_string().to_lowercase();
    // Times and exact numbers are for the engine.
    if ["date", "timestamp", "interval", "numeric", "decimal", "json"].iter().any(|word| text.starts_with(word)) {
        return Err(unsupported(format!("a cast to {text}")));
    }
    let to = kind_of(data_type)?;
    Ok((Node::Cast(Box::new(node), kind, to), to))
}

fn is_constant(name: &str) -> bool {
    ["current_schema", "current_catalog", "current_user", "session_user", "user", "current_role"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}
