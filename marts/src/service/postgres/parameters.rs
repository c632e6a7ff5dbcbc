//! The values that a client binds: read in text or binary, and written into
//! the query as literals of their type.

use arrow::datatypes::{DataType, TimeUnit};
use chrono::{DateTime, Days, NaiveDate, TimeDelta};
use datafusion::sql::sqlparser::ast::{Expr, Value};
use datafusion_postgres::pgwire::api::Type;
use datafusion_postgres::pgwire::api::portal::Portal;
use datafusion_postgres::pgwire::error::PgWireResult;

use super::wire;
use crate::service::fault::{Answered, Fault, code};
use crate::service::session::literal;

/// The engine's type for a type of the protocol; none for those that stay
/// open.
pub(super) fn data_type(wire: &Type) -> Option<DataType> {
    Some(match *wire {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 => DataType::Int64,
        Type::OID | Type::REGCLASS | Type::REGTYPE | Type::XID => DataType::UInt32,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::NUMERIC => DataType::Decimal128(38, 6),
        Type::DATE => DataType::Date32,
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => DataType::Utf8,
        _ => return None,
    })
}

/// The type of the protocol for a type of the engine.
pub(super) fn wire_type(found: &DataType) -> Type {
    match found {
        DataType::UInt32 => Type::OID,
        DataType::List(field) if field.data_type() == &DataType::Int64 => Type::INT8_ARRAY,
        DataType::List(_) => Type::TEXT_ARRAY,
        DataType::Null => Type::TEXT,
        other => datafusion_postgres::arrow_pg::datatypes::into_pg_type(other).unwrap_or(Type::TEXT),
    }
}

/// The bound values of a portal, as the query writes them.
pub(super) fn values<S: Clone>(portal: &Portal<S>, types: &[Type]) -> PgWireResult<Vec<Expr>> {
    let read = |(number, of_type): (usize, &Type)| {
        let value = portal.parameters.get(number).and_then(Option::as_ref);
        let binary = portal.parameter_format.is_binary(number);
        let expression = match value {
            None => Ok(Expr::value(Value::Null)),
            Some(bytes) if binary => from_binary(of_type, bytes),
            Some(bytes) => std::str::from_utf8(bytes)
                .map_err(|_| Fault::new("22021", "invalid byte sequence for encoding \"UTF8\""))
                .and_then(|text| from_text(of_type, text)),
        };
        expression.map_err(|fault| wire::error(fault, 0))
    };
    types.iter().enumerate().map(read).collect()
}

fn text(text: &str) -> Expr {
    Expr::value(Value::SingleQuotedString(text.to_owned()))
}

fn bad(of_type: &Type, text: &str) -> Fault {
    Fault::new(code::BAD_TEXT, format!("invalid input syntax for type {}: \"{text}\"", of_type.name()))
}

fn from_text(of_type: &Type, value: &str) -> Answered<Expr> {
    let number = |valid: bool| {
        let trimmed = value.trim();
        let found = valid.then(|| literal(trimmed)).flatten();
        found.ok_or_else(|| bad(of_type, value))
    };
    match *of_type {
        Type::BOOL => match value.trim().to_lowercase().as_str() {
            "t" | "true" | "1" | "on" | "yes" => Ok(Expr::value(Value::Boolean(true))),
            "f" | "false" | "0" | "off" | "no" => Ok(Expr::value(Value::Boolean(false))),
            _ => Err(bad(of_type, value)),
        },
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => number(value.trim().parse::<i64>().is_ok()),
        Type::NUMERIC => number(is_decimal(value.trim())),
        Type::FLOAT4 | Type::FLOAT8 => {
            value.trim().parse::<f64>().map_err(|_| bad(of_type, value))?;
            cast(value.trim(), "double precision").ok_or_else(|| bad(of_type, value))
        }
        Type::DATE => cast(value, "date").ok_or_else(|| bad(of_type, value)),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => cast(value, "timestamp").ok_or_else(|| bad(of_type, value)),
        _ => Ok(text(value)),
    }
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || c == '.') && digits.matches('.').count() <= 1
}

fn cast(value: &str, to: &str) -> Option<Expr> {
    literal(&format!("cast('{}' as {to})", value.replace('\'', "''")))
}

fn from_binary(of_type: &Type, bytes: &[u8]) -> Answered<Expr> {
    let wrong = || Fault::new("22P03", format!("incorrect binary data format for type {}", of_type.name()));
    let integer = || -> Option<i64> {
        Some(match bytes.len() {
            2 => i64::from(i16::from_be_bytes(bytes.try_into().ok()?)),
            4 if *of_type == Type::OID => i64::from(u32::from_be_bytes(bytes.try_into().ok()?)),
            4 => i64::from(i32::from_be_bytes(bytes.try_into().ok()?)),
            8 => i64::from_be_bytes(bytes.try_into().ok()?),
            _ => return None,
        })
    };
    let expression = match *of_type {
        Type::BOOL => match bytes {
            [byte] => Some(Expr::value(Value::Boolean(*byte != 0))),
            _ => None,
        },
        Type::INT2 | Type::INT4 | Type::INT8 | Type::OID => integer().and_then(|number| literal(&number.to_string())),
        Type::FLOAT4 => {
            let number = bytes.try_into().ok().map(f32::from_be_bytes);
            number.and_then(|number| cast(&number.to_string(), "double precision"))
        }
        Type::FLOAT8 => {
            let number = bytes.try_into().ok().map(f64::from_be_bytes);
            number.and_then(|number| cast(&number.to_string(), "double precision"))
        }
        Type::DATE => integer().and_then(date).and_then(|day| cast(&day.to_string(), "date")),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let moment = integer().and_then(|micros| {
                DateTime::from_timestamp(946_684_800, 0)?
                    .naive_utc()
                    .checked_add_signed(TimeDelta::microseconds(micros))
            });
            moment.and_then(|moment| cast(&moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string(), "timestamp"))
        }
        Type::NUMERIC => numeric(bytes).and_then(|number| literal(&number)),
        Type::TEXT_ARRAY
        | Type::VARCHAR_ARRAY
        | Type::NAME_ARRAY
        | Type::INT4_ARRAY
        | Type::INT8_ARRAY
        | Type::INT2_ARRAY
        | Type::OID_ARRAY => array(bytes).and_then(|elements| literal(&elements)),
        _ => std::str::from_utf8(bytes).ok().map(text),
    };
    expression.ok_or_else(wrong)
}

/// Days since 2000-01-01.
fn date(days: i64) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(2000, 1, 1)?;
    match u64::try_from(days) {
        Ok(after) => first.checked_add_days(Days::new(after)),
        Err(_) => first.checked_sub_days(Days::new(days.unsigned_abs())),
    }
}

/// PostgreSQL's numeric: groups of four digits.
fn numeric(bytes: &[u8]) -> Option<String> {
    let mut words = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    let (count, weight, sign, scale) = (words.next()?, words.next()? as i16, words.next()?, words.next()?);
    let groups: Vec<u16> = words.take(usize::from(count)).collect();
    let group = |place: i32| {
        usize::try_from(i32::from(weight) - place).ok().and_then(|at| groups.get(at)).copied().unwrap_or(0)
    };
    let mut text = String::from(if sign == 0x4000 { "-" } else { "" });
    let mut whole: String = (0..=i32::from(weight).max(0)).rev().map(|place| format!("{:04}", group(place))).collect();
    whole = whole.trim_start_matches('0').to_owned();
    text += if whole.is_empty() { "0" } else { &whole };
    if scale > 0 {
        let places = i32::from(scale).div_euclid(4) + 1;
        let fraction: String = (1..=places).map(|place| format!("{:04}", group(-place))).collect();
        text += ".";
        text += &fraction[..usize::from(scale).min(fraction.len())];
    }
    (sign == 0 || sign == 0x4000).then_some(text)
}

/// A flat array, as `array[…]`.
fn array(bytes: &[u8]) -> Option<String> {
    let number = |at: usize| bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(i32::from_be_bytes);
    let of = u32::try_from(number(8)?).ok()?;
    if number(0)? == 0 {
        return Some("array[]".to_owned());
    }
    let count = usize::try_from(number(12)?).ok()?;
    let mut at = 20;
    let mut elements = Vec::new();
    for _ in 0..count {
        let length = number(at)?;
        at += 4;
        let Ok(length) = usize::try_from(length) else {
            elements.push("null".to_owned());
            continue;
        };
        let element = bytes.get(at..at + length)?;
        at += length;
        elements.push(match Type::from_oid(of)? {
            Type::INT2 => i16::from_be_bytes(element.try_into().ok()?).to_string(),
            Type::INT4 => i32::from_be_bytes(element.try_into().ok()?).to_string(),
            Type::OID => u32::from_be_bytes(element.try_into().ok()?).to_string(),
            Type::INT8 => i64::from_be_bytes(element.try_into().ok()?).to_string(),
            _ => format!("'{}'", std::str::from_utf8(element).ok()?.replace('\'', "''")),
        });
    }
    Some(format!("array[{}]", elements.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_values_become_literals() {
        let of = |wire: &Type, bytes: &[u8]| from_binary(wire, bytes).unwrap().to_string();
        assert_eq!(of(&Type::INT4, &(-7_i32).to_be_bytes()), "-7");
        assert_eq!(of(&Type::DATE, &(8035_i32).to_be_bytes()), "CAST('2021-12-31' AS DATE)");
        assert_eq!(of(&Type::TEXT, b"it's"), "'it''s'");
        // 1234.56: two groups, weight 0, scale 2.
        let number: Vec<u8> = [2_u16, 0, 0, 2, 1234, 5600].iter().flat_map(|word| word.to_be_bytes()).collect();
        assert_eq!(of(&Type::NUMERIC, &number), "1234.56");
        assert_eq!(from_binary(&Type::INT4, b"x").unwrap_err().code, "22P03");
        assert_eq!(from_text(&Type::INT4, "x").unwrap_err().code, code::BAD_TEXT);
    }
}
