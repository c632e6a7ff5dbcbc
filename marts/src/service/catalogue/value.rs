//! Values of the catalogue and their types.

use std::cmp::Ordering;
use std::sync::Arc;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Unknown.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number, also an oid.
    Int(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(Arc<str>),
    /// Several.
    List(Arc<[Value]>),
}

impl Value {
    /// A text.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(Arc::from(text.as_ref()))
    }

    /// Several.
    pub fn list(values: Vec<Value>) -> Self {
        Self::List(Arc::from(values))
    }

    /// Whether it is unknown.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is true.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    /// As a whole number.
    pub fn int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            Self::Float(number) => Some(*number as i64),
            Self::Bool(value) => Some(i64::from(*value)),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// As PostgreSQL writes it.
    pub fn shown(&self) -> Option<String> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => if *value { "t" } else { "f" }.to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Text(text) => text.to_string(),
            Self::List(values) => {
                let shown = values.iter().map(|value| value.shown().unwrap_or_else(|| "NULL".to_owned()));
                format!("{{{}}}", shown.collect::<Vec<_>>().join(","))
            }
        })
    }

    /// The order of two values; none where one is unknown.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.as_ref().cmp(b.as_ref())),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Float(b)) => (*a as f64).partial_cmp(b),
            (Self::Float(a), Self::Int(b)) => a.partial_cmp(&(*b as f64)),
            (Self::List(a), Self::List(b)) => {
                let first = a.iter().zip(b.iter()).map(|(a, b)| a.compare(b).unwrap_or(Ordering::Equal));
                Some(first.fold(Ordering::Equal, Ordering::then).then(a.len().cmp(&b.len())))
            }
            // A number and its text.
            (a, b) => Some(a.shown()?.cmp(&b.shown()?)),
        }
    }

    /// A text that is the same for the same values, also across types of
    /// numbers.
    pub fn key(&self) -> String {
        match self {
            Self::Null => "\0".to_owned(),
            Self::List(values) => values.iter().map(|value| value.key() + "\u{1}").collect(),
            other => other.shown().unwrap_or_default(),
        }
    }
}

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Xid,
    Float4,
    Float8,
    Text,
    Name,
    Char,
    Regclass,
    Regtype,
    Regproc,
    Regnamespace,
    Regrole,
    Timestamptz,
    /// A literal of which nothing is known.
    Unknown,
    Bools,
    Int2s,
    Int4s,
    Int8s,
    Oids,
    Texts,
    Names,
    Chars,
}

impl Kind {
    /// The type by its name in PostgreSQL.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(element) = name.strip_suffix("[]") {
            return Some(Self::named(element)?.list());
        }
        Some(match name {
            "bool" | "boolean" => Self::Bool,
            "int2" | "smallint" => Self::Int2,
            "int4" | "int" | "integer" => Self::Int4,
            "int8" | "bigint" => Self::Int8,
            "oid" => Self::Oid,
            "xid" => Self::Xid,
            "float4" | "real" => Self::Float4,
            "float8" | "double precision" | "double" | "numeric" | "decimal" => Self::Float8,
            "text"
            | "varchar"
            | "character varying"
            | "character varying(n)"
            | "cardinal_number"
            | "sql_identifier"
            | "character_data"
            | "yes_or_no"
            | "pg_node_tree"
            | "bpchar"
            | "regoper" => Self::Text,
            "name" => Self::Name,
            "\"char\"" | "char" | "character" => Self::Char,
            "regclass" => Self::Regclass,
            "regtype" => Self::Regtype,
            "regproc" | "regprocedure" => Self::Regproc,
            "regnamespace" => Self::Regnamespace,
            "regrole" => Self::Regrole,
            "timestamptz" | "timestamp" | "timestamp with time zone" => Self::Timestamptz,
            "int2vector" => Self::Int2s,
            "oidvector" => Self::Oids,
            _ => return None,
        })
    }

    /// Several of it.
    pub fn list(self) -> Self {
        match self {
            Self::Bool => Self::Bools,
            Self::Int2 => Self::Int2s,
            Self::Int4 => Self::Int4s,
            Self::Int8 => Self::Int8s,
            Self::Oid | Self::Regclass | Self::Regtype | Self::Regproc => Self::Oids,
            Self::Name => Self::Names,
            Self::Char => Self::Chars,
            other if other.is_list() => other,
            _ => Self::Texts,
        }
    }

    /// One of several.
    pub fn element(self) -> Self {
        match self {
            Self::Bools => Self::Bool,
            Self::Int2s => Self::Int2,
            Self::Int4s => Self::Int4,
            Self::Int8s => Self::Int8,
            Self::Oids => Self::Oid,
            Self::Names => Self::Name,
            Self::Chars => Self::Char,
            Self::Texts => Self::Text,
            other => other,
        }
    }

    /// Whether it is of several.
    pub fn is_list(self) -> bool {
        matches!(
            self,
            Self::Bools
                | Self::Int2s
                | Self::Int4s
                | Self::Int8s
                | Self::Oids
                | Self::Texts
                | Self::Names
                | Self::Chars
        )
    }

    /// Whether its values are texts.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Name | Self::Char | Self::Unknown)
    }

    /// Whether its values are numbers of things that have names.
    pub fn is_reg(self) -> bool {
        matches!(self, Self::Regclass | Self::Regtype | Self::Regproc | Self::Regnamespace | Self::Regrole)
    }

    /// Its number in PostgreSQL, as it goes over the wire.
    pub fn oid(self) -> u32 {
        match self {
            Self::Bool => 16,
            Self::Char => 18,
            Self::Name => 19,
            Self::Int8 => 20,
            Self::Int2 => 21,
            Self::Int4 => 23,
            Self::Oid => 26,
            Self::Xid => 23,
            Self::Float4 => 700,
            Self::Float8 => 701,
            Self::Timestamptz => 1184,
            Self::Bools => 1000,
            Self::Int2s => 1005,
            Self::Int4s | Self::Oids => 1007,
            Self::Int8s => 1016,
            Self::Texts | Self::Chars | Self::Names => 1009,
            _ => 25,
        }
    }
}
