//! Comparisons, sums, patterns, casts and names of types, as PostgreSQL has them.

use super::Context;
use super::evaluate::Failed;
use super::functions;
use super::plan::Comparison;
use super::types;
use super::value::{Kind, Value};
use crate::service::fault::{Fault, code};

type Result<T> = std::result::Result<T, Failed>;

/// A pattern of LIKE as a regular expression.
pub fn like(pattern: &str) -> String {
    let mut out = String::from("(?s)^");
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            '%' => out += ".*",
            '_' => out.push('.'),
            '\\' => out += &regex::escape(&characters.next().map(String::from).unwrap_or_default()),
            c => out += &regex::escape(&c.to_string()),
        }
    }
    out + "$"
}

/// A regular expression.
pub fn regex(pattern: &str, fold: bool) -> Result<regex::Regex> {
    let built = regex::RegexBuilder::new(pattern).case_insensitive(fold).size_limit(1 << 20).build();
    built.map_err(|_| Failed(Fault::new("2201B", format!("invalid regular expression: {pattern}"))))
}

/// A value as one of another type.
pub fn cast(value: Value, from: Kind, to: Kind, context: &Context<'_>) -> Result<Value> {
    if value.is_null() {
        return Ok(value);
    }
    let bad = |text: &str| {
        Failed(Fault::new(
            code::BAD_TEXT,
            format!("invalid input syntax for type {to:?}: \"{text}\"")
                .to_lowercase()
                .replace("for type int4", "for type integer")
                .replace("for type int8", "for type bigint"),
        ))
    };
    if to.is_reg() {
        return match &value {
            Value::Text(text) => named(text, to, context),
            _ => Ok(value),
        };
    }
    if to.is_text() {
        if from.is_reg()
            && let Value::Int(oid) = value
        {
            return Ok(Value::text(shown(oid, from, context)));
        }
        return Ok(match (&value, from) {
            (Value::Bool(known), _) => Value::text(if *known { "true" } else { "false" }),
            (Value::List(list), Kind::Oids) if to == Kind::Text => {
                Value::text(list.iter().filter_map(Value::shown).collect::<Vec<_>>().join(" "))
            }
            _ => value.shown().map_or(Value::Null, Value::text),
        });
    }
    Ok(match (to, &value) {
        (Kind::Bool, Value::Text(text)) => match text.trim().to_lowercase().as_str() {
            "t" | "true" | "on" | "yes" | "1" | "y" => Value::Bool(true),
            "f" | "false" | "off" | "no" | "0" | "n" => Value::Bool(false),
            _ => return Err(bad(text)),
        },
        (Kind::Bool, Value::Int(number)) => Value::Bool(*number != 0),
        (Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid | Kind::Xid, Value::Text(text)) => {
            Value::Int(text.trim().parse().map_err(|_| bad(text))?)
        }
        (Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid | Kind::Xid, other) => {
            other.int().map_or(Value::Null, Value::Int)
        }
        (Kind::Float4 | Kind::Float8, Value::Text(text)) => Value::Float(text.trim().parse().map_err(|_| bad(text))?),
        (Kind::Float4 | Kind::Float8, Value::Int(number)) => Value::Float(*number as f64),
        (to, Value::Text(text)) if to.is_list() => {
            let inner = text.trim().trim_start_matches('{').trim_end_matches('}');
            let between = if text.contains('{') { ',' } else { ' ' };
            let parts = inner.split(between).map(|part| part.trim().trim_matches('"')).filter(|part| !part.is_empty());
            let values = parts.map(|part| cast(Value::text(part), Kind::Unknown, to.element(), context));
            Value::list(values.collect::<Result<Vec<_>>>()?)
        }
        (to, Value::List(list)) if to.is_list() => {
            let values = list.iter().map(|value| cast(value.clone(), from.element(), to.element(), context));
            Value::list(values.collect::<Result<Vec<_>>>()?)
        }
        _ => value,
    })
}

/// The number of something by its name.
fn named(text: &str, kind: Kind, context: &Context<'_>) -> Result<Value> {
    if let Ok(number) = text.trim().parse() {
        return Ok(Value::Int(number));
    }
    let names = &context.catalogue.names;
    let plain = text.replace('"', "");
    let found = match kind {
        Kind::Regtype => types::by_name(&plain.to_lowercase()).map(i64::from),
        Kind::Regnamespace => names.schemas.iter().find(|(_, name)| **name == plain).map(|(oid, _)| *oid),
        Kind::Regproc => {
            // The function that reads a type's text stands for the one that
            // receives it: no client calls either.
            let bare = plain.rsplit('.').next().unwrap_or(&plain);
            let receiver = bare.strip_suffix("in").map(|stem| format!("{stem}recv"));
            let fits = |name: &String| *name == bare || Some(name) == receiver.as_ref();
            names.functions.iter().find(|(_, name)| fits(name)).map(|(oid, _)| *oid)
        }
        Kind::Regrole => Some(super::relations::OWNER),
        _ => {
            let parts: Vec<&str> = plain.split('.').collect();
            let parts = if parts.len() == 3 { &parts[1..] } else { &parts[..] };
            let fits = |schema: &str, table: &str| match parts {
                [name] => *name == table && functions::is_visible(context, schema, table),
                [of, name] => *name == table && *of == schema,
                _ => false,
            };
            names.classes.iter().find(|(_, (schema, table))| fits(schema, table)).map(|(oid, _)| *oid)
        }
    };
    found.map(Value::Int).ok_or_else(|| {
        Failed(match kind {
            Kind::Regclass => Fault::no_relation(text, context.catalogue.tables()),
            Kind::Regtype => Fault::new(code::UNDEFINED_OBJECT, format!("type \"{text}\" does not exist")),
            Kind::Regnamespace => Fault::new(code::UNDEFINED_SCHEMA, format!("schema \"{text}\" does not exist")),
            _ => Fault::new(code::UNDEFINED_FUNCTION, format!("function \"{text}\" does not exist")),
        })
    })
}

/// The name of something by its number.
pub fn shown(oid: i64, kind: Kind, context: &Context<'_>) -> String {
    if oid == 0 {
        return "-".to_owned();
    }
    let names = &context.catalogue.names;
    let number = || oid.to_string();
    match kind {
        Kind::Regclass => names.classes.get(&oid).map_or_else(number, |(schema, table)| {
            let table_name = functions::quoted(table);
            if functions::is_visible(context, schema, table) {
                table_name
            } else {
                format!("{}.{table_name}", functions::quoted(schema))
            }
        }),
        Kind::Regtype => u32::try_from(oid).map_or_else(|_| number(), |oid| types::shown(oid, None)),
        Kind::Regproc => names.functions.get(&oid).cloned().unwrap_or_else(number),
        Kind::Regnamespace => names.schemas.get(&oid).cloned().unwrap_or_else(number),
        Kind::Regrole => context.surroundings.database.clone(),
        _ => number(),
    }
}

pub fn compare(how: Comparison, a: &Value, b: &Value) -> Option<bool> {
    let order = a.compare(b)?;
    Some(match how {
        Comparison::Equal => order.is_eq(),
        Comparison::Other => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::LessEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterEqual => order.is_ge(),
    })
}

pub fn among(how: Comparison, of: &Value, list: &[Value], all: bool) -> Option<bool> {
    let mut unknown = false;
    for value in list {
        match compare(how, of, value) {
            Some(found) if found != all => return Some(!all),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(all) }
}

pub fn arithmetic(sign: char, a: &Value, b: &Value) -> Result<Value> {
    if let (Value::Float(_), _) | (_, Value::Float(_)) = (a, b) {
        let number = |value: &Value| match value {
            Value::Float(number) => Some(*number),
            other => other.int().map(|number| number as f64),
        };
        let (Some(a), Some(b)) = (number(a), number(b)) else { return Ok(Value::Null) };
        return Ok(Value::Float(match sign {
            '+' => a + b,
            '-' => a - b,
            '*' => a * b,
            _ => a / b,
        }));
    }
    let (Some(a), Some(b)) = (a.int(), b.int()) else { return Ok(Value::Null) };
    if matches!(sign, '/' | '%') && b == 0 {
        return Err(Failed(Fault::new("22012", "division by zero")));
    }
    let result = match sign {
        '+' => a.checked_add(b),
        '-' => a.checked_sub(b),
        '*' => a.checked_mul(b),
        '/' => a.checked_div(b),
        '%' => a.checked_rem(b),
        '&' => Some(a & b),
        '|' => Some(a | b),
        '<' => u32::try_from(b).ok().and_then(|b| a.checked_shl(b)),
        _ => u32::try_from(b).ok().and_then(|b| a.checked_shr(b)),
    };
    result.map(Value::Int).ok_or_else(|| Failed(Fault::new("22003", "bigint out of range")))
}
