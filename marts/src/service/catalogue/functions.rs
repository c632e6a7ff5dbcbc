//! The functions of PostgreSQL that its clients call on the catalogue.

use super::Context;
use super::evaluate::{self, Failed};
use super::relations::OWNER;
use super::types;
use super::value::{Kind, Value};
use crate::service::fault::{Answered, Fault, code};

/// Functions that give texts.
const TEXTS: [&str; 58] = [
    "json_build_object",
    "jsonb_build_object",
    "pg_export_snapshot",
    "version",
    "format_type",
    "obj_description",
    "col_description",
    "shobj_description",
    "pg_get_expr",
    "pg_get_viewdef",
    "pg_get_constraintdef",
    "pg_get_indexdef",
    "pg_get_triggerdef",
    "pg_get_ruledef",
    "pg_get_functiondef",
    "pg_get_function_result",
    "pg_get_function_arguments",
    "pg_get_function_identity_arguments",
    "pg_get_partkeydef",
    "pg_get_statisticsobjdef_columns",
    "pg_get_partition_constraintdef",
    "pg_get_serial_sequence",
    "pg_encoding_to_char",
    "pg_client_encoding",
    "getdatabaseencoding",
    "current_setting",
    "set_config",
    "pg_size_pretty",
    "array_to_string",
    "quote_ident",
    "quote_literal",
    "lower",
    "upper",
    "initcap",
    "btrim",
    "trim",
    "ltrim",
    "rtrim",
    "replace",
    "substring",
    "substr",
    "left",
    "right",
    "split_part",
    "concat",
    "concat_ws",
    "regexp_replace",
    "translate",
    "reverse",
    "repeat",
    "lpad",
    "rpad",
    "md5",
    "inet_server_addr",
    "inet_client_addr",
    "pg_tablespace_location",
    "pg_get_keywords",
    "pg_describe_object",
];
const NAMES: [&str; 8] = [
    "current_database",
    "current_catalog",
    "current_schema",
    "current_user",
    "session_user",
    "user",
    "current_role",
    "pg_get_userbyid",
];
const BOOLS: [&str; 28] = [
    "pg_table_is_visible",
    "pg_type_is_visible",
    "pg_function_is_visible",
    "pg_operator_is_visible",
    "pg_opclass_is_visible",
    "pg_opfamily_is_visible",
    "pg_collation_is_visible",
    "pg_conversion_is_visible",
    "pg_statistics_obj_is_visible",
    "pg_ts_config_is_visible",
    "pg_ts_dict_is_visible",
    "has_table_privilege",
    "has_schema_privilege",
    "has_database_privilege",
    "has_column_privilege",
    "has_any_column_privilege",
    "has_function_privilege",
    "has_sequence_privilege",
    "has_tablespace_privilege",
    "has_type_privilege",
    "has_foreign_data_wrapper_privilege",
    "has_server_privilege",
    "has_language_privilege",
    "pg_has_role",
    "pg_is_in_recovery",
    "pg_relation_is_publishable",
    "pg_is_other_temp_schema",
    "starts_with",
];
const INTS: [&str; 12] = [
    "pg_backend_pid",
    "array_length",
    "array_upper",
    "array_lower",
    "array_position",
    "cardinality",
    "length",
    "char_length",
    "strpos",
    "pg_char_to_encoding",
    "inet_server_port",
    "array_ndims",
];
const LONGS: [&str; 9] = [
    "pg_total_relation_size",
    "pg_relation_size",
    "pg_table_size",
    "pg_indexes_size",
    "pg_database_size",
    "pg_stat_get_numscans",
    "txid_current",
    "pg_stat_get_live_tuples",
    "octet_length",
];

/// Whether a function gives several rows.
pub fn is_series(name: &str) -> bool {
    ["unnest", "generate_series", "generate_subscripts", "_pg_expandarray"].contains(&name)
}

/// Whether a function takes numbers of things that have names as numbers.
pub fn takes_numbers(name: &str) -> bool {
    name.starts_with("pg_")
        || name.starts_with("has_")
        || name.ends_with("_description")
        || name == "format_type"
        || name == "coalesce"
}

/// The type of a parameter in the place of an argument.
pub fn parameter_of(name: &str, at: usize) -> Kind {
    match name {
        "format_type" | "obj_description" | "col_description" if at == 0 => Kind::Oid,
        _ if name.starts_with("pg_get_") && at == 0 => Kind::Oid,
        _ => Kind::Text,
    }
}

/// The type that a function gives.
///
/// # Errors
/// [`code::UNDEFINED_FUNCTION`] where there is none.
pub fn kind_of(name: &str, arguments: &[Kind]) -> Answered<Kind> {
    let first = arguments.first().copied().unwrap_or(Kind::Unknown);
    let known = |list: &[&str]| list.contains(&name);
    Ok(match name {
        _ if known(&TEXTS) => Kind::Text,
        _ if known(&NAMES) => Kind::Name,
        _ if known(&BOOLS) => Kind::Bool,
        _ if known(&INTS) => Kind::Int4,
        _ if known(&LONGS) => Kind::Int8,
        "current_schemas" => Kind::Names,
        "string_to_array" | "regexp_split_to_array" | "parse_ident" => Kind::Texts,
        "to_regclass" => Kind::Regclass,
        "to_regtype" => Kind::Regtype,
        "to_regnamespace" => Kind::Regnamespace,
        "pg_my_temp_schema" => Kind::Oid,
        "pg_postmaster_start_time" | "pg_conf_load_time" => Kind::Timestamptz,
        "coalesce" | "nullif" | "greatest" | "least" => {
            arguments.iter().copied().find(|kind| *kind != Kind::Unknown).unwrap_or(Kind::Text)
        }
        "unnest" => first.element(),
        "generate_series" if arguments.iter().all(|kind| matches!(kind, Kind::Int2 | Kind::Int4 | Kind::Int8)) => first,
        "generate_series" => return Err(super::compile::unsupported("generate_series of these")),
        "generate_subscripts" => Kind::Int4,
        "_pg_expandarray" => Kind::Int4s,
        "array_append" | "array_cat" | "array_remove" => first,
        "abs" => first,
        _ => return Err(Fault::new(code::UNDEFINED_FUNCTION, format!("function {name} does not exist"))),
    })
}

/// The columns of a function in the place of a table.
pub fn columns_of(name: &str, kind: Kind) -> Vec<(String, Kind)> {
    match name {
        "_pg_expandarray" => vec![("x".to_owned(), Kind::Int4), ("n".to_owned(), Kind::Int4)],
        "pg_get_keywords" => vec![
            ("word".to_owned(), Kind::Text),
            ("catcode".to_owned(), Kind::Char),
            ("catdesc".to_owned(), Kind::Text),
        ],
        _ => vec![(name.to_owned(), kind)],
    }
}

/// The rows of a function.
pub fn series(name: &str, values: &[Value]) -> Result<Vec<Vec<Value>>, Failed> {
    let one = |value: Value| vec![value];
    Ok(match (name, values) {
        ("unnest", [Value::List(list)]) => list.iter().cloned().map(one).collect(),
        ("_pg_expandarray", [Value::List(list)]) => {
            list.iter().enumerate().map(|(at, value)| vec![value.clone(), Value::Int(at as i64 + 1)]).collect()
        }
        ("generate_subscripts", [Value::List(list), ..]) => (1..=list.len() as i64).map(Value::Int).map(one).collect(),
        ("generate_series", [Value::Int(from), Value::Int(to), rest @ ..]) => {
            let step = rest.first().and_then(Value::int).unwrap_or(1);
            if step == 0 {
                return Err(Failed(Fault::new(code::BAD_VALUE, "step size cannot equal zero")));
            }
            let count = (to - from).checked_div(step).unwrap_or(-1) + 1;
            if count > 1_000_000 {
                return Err(Failed(super::compile::unsupported("so long a series")));
            }
            (0..count.max(0)).map(|at| Value::Int(from + at * step)).map(one).collect()
        }
        ("pg_get_keywords", _) => {
            let words =
                ["select", "from", "where", "group", "order", "by", "having", "limit", "with", "union", "join", "on"];
            words.iter().map(|word| vec![Value::text(word), Value::text("R"), Value::text("reserved")]).collect()
        }
        (_, [Value::Null, ..]) => Vec::new(),
        ("unnest" | "_pg_expandarray" | "generate_subscripts" | "generate_series", _) => Vec::new(),
        (_, [value, ..]) => vec![vec![value.clone()]],
        _ => Vec::new(),
    })
}

/// Calls a function.
pub fn call(name: &str, values: &[Value], context: &Context<'_>) -> Result<Value, Failed> {
    let first = values.first().unwrap_or(&Value::Null);
    let text = |at: usize| values.get(at).and_then(Value::shown);
    let int = |at: usize| values.get(at).and_then(Value::int);
    let around = context.surroundings;
    let names = &context.catalogue.names;
    match name {
        "coalesce" => return Ok(values.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null)),
        "concat" => return Ok(Value::text(values.iter().filter_map(Value::shown).collect::<String>())),
        "concat_ws" => {
            let parts: Vec<String> = values.iter().skip(1).filter_map(Value::shown).collect();
            return Ok(text(0).map_or(Value::Null, |between| Value::text(parts.join(&between))));
        }
        "greatest" | "least" => {
            let known = values.iter().filter(|value| !value.is_null()).cloned();
            let pick = |a: Value, b: Value| {
                let greater = a.compare(&b).is_some_and(std::cmp::Ordering::is_gt);
                if greater == (name == "greatest") { a } else { b }
            };
            return Ok(known.reduce(pick).unwrap_or(Value::Null));
        }
        "json_build_object" | "jsonb_build_object" => {
            let quoted = |value: &Value| serde_json::Value::from(value.shown().unwrap_or_default()).to_string();
            let shown = |value: &Value| match value {
                Value::Null => "null".to_owned(),
                Value::Bool(known) => known.to_string(),
                Value::Int(number) => number.to_string(),
                other => quoted(other),
            };
            let pairs = values
                .chunks(2)
                .map(|pair| format!("{} : {}", quoted(&pair[0]), pair.get(1).map_or("null".to_owned(), shown)));
            return Ok(Value::text(format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))));
        }
        "pg_export_snapshot" => return Ok(Value::text("00000001-00000001-1")),
        "nullif" => {
            let same = first.compare(values.get(1).unwrap_or(&Value::Null)) == Some(std::cmp::Ordering::Equal);
            return Ok(if same { Value::Null } else { first.clone() });
        }
        "format_type" => return Ok(int(0).map_or(Value::Null, |oid| Value::text(types::shown(oid as u32, int(1))))),
        "array_to_string" => {
            let (Value::List(list), Some(between)) = (first, text(1)) else { return Ok(Value::Null) };
            let missing = text(2);
            let parts: Vec<String> =
                list.iter().filter_map(|value| value.shown().or_else(|| missing.clone())).collect();
            return Ok(Value::text(parts.join(&between)));
        }
        "array_append" => {
            let mut list = match first {
                Value::List(list) => list.to_vec(),
                _ => Vec::new(),
            };
            list.push(values.get(1).cloned().unwrap_or(Value::Null));
            return Ok(Value::list(list));
        }
        _ => {}
    }
    if let Some(value) = around.value(name) {
        return Ok(value);
    }
    match name {
        "pg_is_in_recovery" | "pg_is_other_temp_schema" | "pg_relation_is_publishable" => {
            return Ok(Value::Bool(false));
        }
        "current_setting" | "set_config" => {}
        _ if !values.is_empty() && first.is_null() => return Ok(Value::Null),
        _ => {}
    }
    Ok(match name {
        "current_setting" => {
            let missing_ok = values.get(1).is_some_and(Value::is_true);
            match around.setting(&text(0).unwrap_or_default()) {
                Ok(value) => Value::text(value),
                Err(_) if missing_ok => Value::Null,
                Err(fault) => return Err(Failed(fault)),
            }
        }
        // It answers as PostgreSQL does; what it would change is checked, as
        // SET does, and SET changes it.
        "set_config" => {
            let (setting, value) = (text(0).unwrap_or_default(), text(1).unwrap_or_default());
            around.variables.clone().set(&setting, Some(&value)).map_err(Failed)?;
            Value::text(value)
        }
        "obj_description" => described(context, int(0), 0, text(1).as_deref()),
        "col_description" => described(context, int(0), int(1).unwrap_or(0), None),
        "pg_get_userbyid" => {
            Value::text(if int(0) == Some(OWNER) { around.database.as_str() } else { "unknown (OID=0)" })
        }
        "pg_table_is_visible" => {
            let found = int(0).and_then(|oid| names.classes.get(&oid));
            Value::Bool(found.is_some_and(|(schema, table)| is_visible(context, schema, table)))
        }
        _ if name.starts_with("pg_") && name.ends_with("_is_visible") => Value::Bool(true),
        _ if name.starts_with("has_") => {
            let rights = values.last().and_then(Value::shown).unwrap_or_default().to_lowercase();
            let reading = ["select", "usage", "connect", "execute", "temp"];
            Value::Bool(rights.split(',').any(|right| reading.contains(&right.trim())))
        }
        "pg_has_role" => Value::Bool(false),
        "to_regclass" | "to_regtype" | "to_regnamespace" => {
            let kind = match name {
                "to_regclass" => Kind::Regclass,
                "to_regtype" => Kind::Regtype,
                _ => Kind::Regnamespace,
            };
            evaluate::cast(first.clone(), Kind::Text, kind, context).unwrap_or(Value::Null)
        }
        "pg_total_relation_size" | "pg_relation_size" | "pg_table_size" => {
            let oid = evaluate::cast(first.clone(), Kind::Unknown, Kind::Regclass, context)?;
            Value::Int(oid.int().and_then(|oid| names.bytes.get(&oid).copied()).unwrap_or(0))
        }
        "pg_indexes_size" | "pg_stat_get_numscans" | "pg_stat_get_live_tuples" => Value::Int(0),
        "pg_database_size" => Value::Int(names.bytes.values().sum()),
        "pg_size_pretty" => Value::text(pretty(int(0).unwrap_or(0))),
        "pg_encoding_to_char" => Value::text("UTF8"),
        "pg_char_to_encoding" => Value::Int(6),
        "quote_ident" => Value::text(quoted(&text(0).unwrap_or_default())),
        "quote_literal" => Value::text(format!("'{}'", text(0).unwrap_or_default().replace('\'', "''"))),
        "parse_ident" => {
            let parts = text(0).unwrap_or_default();
            Value::list(parts.split('.').map(|part| Value::text(part.trim_matches('"'))).collect())
        }
        "abs" => Value::Int(int(0).unwrap_or(0).abs()),
        "string_to_array" => match text(1) {
            Some(between) if !between.is_empty() => {
                Value::list(text(0).unwrap_or_default().split(&between).map(Value::text).collect())
            }
            _ => Value::Null,
        },
        "array_length" | "array_upper" | "cardinality" => match first {
            Value::List(list) if !list.is_empty() || name == "cardinality" => Value::Int(list.len() as i64),
            _ => Value::Null,
        },
        "array_lower" | "array_ndims" => match first {
            Value::List(list) if !list.is_empty() => Value::Int(1),
            _ => Value::Null,
        },
        "array_position" => match first {
            Value::List(list) => {
                let wanted = values.get(1).map(Value::key);
                list.iter()
                    .position(|value| Some(value.key()) == wanted)
                    .map_or(Value::Null, |at| Value::Int(at as i64 + 1))
            }
            _ => Value::Null,
        },
        "array_cat" => match (first, values.get(1)) {
            (Value::List(a), Some(Value::List(b))) => Value::list(a.iter().chain(b.iter()).cloned().collect()),
            _ => first.clone(),
        },
        "array_remove" => match first {
            Value::List(list) => {
                let unwanted = values.get(1).map(Value::key);
                Value::list(list.iter().filter(|value| Some(value.key()) != unwanted).cloned().collect())
            }
            _ => Value::Null,
        },
        _ => texts(name, values)?,
    })
}

/// Functions of texts.
fn texts(name: &str, values: &[Value]) -> Result<Value, Failed> {
    let text = |at: usize| values.get(at).and_then(Value::shown);
    let int = |at: usize| values.get(at).and_then(Value::int);
    let first = text(0).unwrap_or_default();
    let trimmed: Vec<char> = text(1).unwrap_or_else(|| " ".to_owned()).chars().collect();
    let strip = |c: char| trimmed.contains(&c);
    Ok(match name {
        "lower" => Value::text(first.to_lowercase()),
        "upper" => Value::text(first.to_uppercase()),
        "length" | "char_length" => Value::Int(first.chars().count() as i64),
        "octet_length" => Value::Int(first.len() as i64),
        "btrim" | "trim" => Value::text(first.trim_matches(strip)),
        "ltrim" => Value::text(first.trim_start_matches(strip)),
        "rtrim" => Value::text(first.trim_end_matches(strip)),
        "replace" => Value::text(first.replace(&text(1).unwrap_or_default(), &text(2).unwrap_or_default())),
        "strpos" => {
            let found = first.find(&text(1).unwrap_or_default());
            Value::Int(found.map_or(0, |at| first[..at].chars().count() as i64 + 1))
        }
        "starts_with" => Value::Bool(first.starts_with(&text(1).unwrap_or_default())),
        "left" => {
            Value::text(first.chars().take(usize::try_from(int(1).unwrap_or(0)).unwrap_or(0)).collect::<String>())
        }
        "right" => {
            let skip = first.chars().count().saturating_sub(usize::try_from(int(1).unwrap_or(0)).unwrap_or(0));
            Value::text(first.chars().skip(skip).collect::<String>())
        }
        "substring" | "substr" => match int(1) {
            Some(from) => {
                let to = int(2).map_or(i64::MAX, |count| from.saturating_add(count));
                let inside = first.chars().zip(1_i64..).filter(|(_, at)| *at >= from && *at < to);
                Value::text(inside.map(|(c, _)| c).collect::<String>())
            }
            None => {
                let found = evaluate::regex(&text(1).unwrap_or_default(), false)?
                    .captures(&first)
                    .and_then(|found| found.get(1).or_else(|| found.get(0)).map(|part| part.as_str().to_owned()));
                found.map_or(Value::Null, Value::text)
            }
        },
        "split_part" => {
            let between = text(1).unwrap_or_default();
            let at = usize::try_from(int(2).unwrap_or(1)).unwrap_or(1).saturating_sub(1);
            Value::text(first.split(&between).nth(at).unwrap_or_default())
        }
        "regexp_replace" => {
            let pattern = evaluate::regex(&text(1).unwrap_or_default(), false)?;
            let with = text(2).unwrap_or_default().replace("\\1", "${1}").replace("\\2", "${2}");
            let all = text(3).is_some_and(|flags| flags.contains('g'));
            let count = if all { 0 } else { 1 };
            Value::text(pattern.replacen(&first, count, with.as_str()))
        }
        "repeat" => Value::text(first.repeat(usize::try_from(int(1).unwrap_or(0)).unwrap_or(0).min(1000))),
        "reverse" => Value::text(first.chars().rev().collect::<String>()),
        "pg_get_partkeydef"
        | "pg_get_expr"
        | "pg_get_indexdef"
        | "pg_get_triggerdef"
        | "pg_get_ruledef"
        | "pg_get_functiondef"
        | "pg_get_constraintdef"
        | "pg_get_viewdef"
        | "shobj_description"
        | "pg_get_serial_sequence"
        | "pg_get_statisticsobjdef_columns"
        | "pg_get_partition_constraintdef"
        | "pg_tablespace_location"
        | "pg_describe_object" => Value::Null,
        "pg_get_function_result" => Value::text("internal"),
        "pg_get_function_arguments" | "pg_get_function_identity_arguments" => Value::text("internal"),
        _ => return Err(Failed(super::compile::unsupported(format!("the function {name}")))),
    })
}

fn described(context: &Context<'_>, oid: Option<i64>, column: i64, class: Option<&str>) -> Value {
    let Some(oid) = oid else { return Value::Null };
    if class == Some("pg_namespace") {
        let rows = context.catalogue.relations.get("pg_catalog.pg_description").map(|found| found.rows.as_slice());
        let row = rows.unwrap_or_default().iter().find(|row| row[0] == Value::Int(oid) && row[1] == Value::Int(2615));
        return row.map_or(Value::Null, |row| row[3].clone());
    }
    context.catalogue.names.comments.get(&(oid, column)).map_or(Value::Null, Value::text)
}

/// Whether a table is the one that its bare name finds.
pub fn is_visible(context: &Context<'_>, schema: &str, table: &str) -> bool {
    let path = std::iter::once("pg_catalog").chain(context.surroundings.schemas.iter().map(String::as_str));
    let mut all = path.filter(|schema| context.catalogue.has_table(schema, table));
    all.next() == Some(schema)
}

/// A name as SQL writes it.
pub fn quoted(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

fn pretty(bytes: i64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut number = bytes;
    let mut unit = 0;
    while number.abs() >= 10_240 && unit + 1 < units.len() {
        number = (number + 512) / 1024;
        unit += 1;
    }
    format!("{number} {}", units[unit])
}
