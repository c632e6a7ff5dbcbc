//! The parts of a query on the catalogue, ready to run.

use std::sync::Arc;

use super::relations::Relation;
use super::value::{Kind, Value};

/// An expression.
#[derive(Debug, Clone)]
pub enum Node {
    Const(Value),
    /// A column of the row, or of a row further out.
    Column {
        up: usize,
        at: usize,
    },
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    /// Whether it is unknown, or is not.
    IsNull(Box<Node>, bool),
    /// Whether it is true or false, or is not.
    Is(Box<Node>, bool, bool),
    Distinct(Box<Node>, Box<Node>, bool),
    Compare(Comparison, Box<Node>, Box<Node>),
    Arithmetic(char, Box<Node>, Box<Node>),
    Concat(Box<Node>, Box<Node>),
    Like {
        value: Box<Node>,
        pattern: Box<Node>,
        fold: bool,
        negated: bool,
    },
    Regex {
        value: Box<Node>,
        pattern: Box<Node>,
        fold: bool,
        negated: bool,
    },
    In {
        value: Box<Node>,
        list: Vec<Node>,
        negated: bool,
    },
    Case {
        operand: Option<Box<Node>>,
        whens: Vec<(Node, Node)>,
        last: Option<Box<Node>>,
    },
    Call(String, Vec<Node>),
    Cast(Box<Node>, Kind, Kind),
    List(Vec<Node>),
    Index(Box<Node>, Box<Node>),
    /// The one value of a query.
    Scalar(Box<Query>),
    /// Whether a query has rows, or has none.
    Exists(Box<Query>, bool),
    InQuery(Box<Node>, Box<Query>, bool),
    /// The values of a query.
    ListOf(Box<Query>),
    /// A comparison with any, or all, of several.
    Any {
        comparison: Comparison,
        value: Box<Node>,
        list: Box<Node>,
        all: bool,
    },
    AnyOf {
        comparison: Comparison,
        value: Box<Node>,
        query: Box<Query>,
        all: bool,
    },
    /// What the group made of it.
    Aggregate(usize),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    Other,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

/// A function over the rows of a group.
#[derive(Debug, Clone)]
pub struct Aggregate {
    pub name: String,
    pub arguments: Vec<Node>,
    pub distinct: bool,
    pub filter: Option<Node>,
    pub order: Vec<(Node, bool)>,
}

/// The numbers of rows: within what, in which order.
#[derive(Debug, Clone)]
pub struct Window {
    pub within: Vec<Node>,
    pub order: Vec<(Node, bool)>,
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub enum Source {
    Table(Arc<Relation>),
    Query(Arc<Query>),
    /// A query that looks at the sources before it.
    Lateral(Arc<Query>),
    /// Rows of a function: its values, and their number.
    Function {
        name: String,
        arguments: Vec<Node>,
        numbered: bool,
    },
}

/// How rows come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    Inner,
    Left,
    Right,
    Full,
}

/// One more source beside the earlier ones.
#[derive(Debug, Clone)]
pub struct Step {
    pub source: Source,
    pub join: Join,
    pub start: usize,
    pub width: usize,
    /// What must hold for rows to come together.
    pub on: Vec<Node>,
    /// What must hold afterwards.
    pub then: Vec<Node>,
}

/// A SELECT.
#[derive(Debug, Clone, Default)]
pub struct Select {
    pub steps: Vec<Step>,
    pub filter: Vec<Node>,
    /// The groups; none where rows are not grouped.
    pub group: Option<Vec<Node>>,
    pub aggregates: Vec<Aggregate>,
    pub having: Option<Node>,
    pub windows: Vec<Window>,
    pub projection: Vec<Node>,
    /// The column that a function makes several rows of.
    pub spread: Vec<usize>,
    pub distinct: bool,
    pub distinct_on: Vec<Node>,
}

/// Rows.
#[derive(Debug, Clone)]
pub enum Body {
    Select(Box<Select>),
    Both { left: Box<Query>, right: Box<Query>, how: SetOperation, all: bool },
    Values(Vec<Vec<Node>>),
}

/// Two queries as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOperation {
    Union,
    Except,
    Intersect,
}

/// A query.
#[derive(Debug, Clone)]
pub struct Query {
    pub body: Body,
    /// Names and types; what comes after them is only there for the order.
    pub columns: Vec<(String, Kind)>,
    /// Column, downwards, unknown first.
    pub order: Vec<(usize, bool, bool)>,
    pub limit: Option<Node>,
    pub offset: Option<Node>,
}

impl Node {
    /// Calls `see` for each column of the row itself; false where it looks
    /// further than that can tell.
    pub fn columns(&self, see: &mut dyn FnMut(usize)) -> bool {
        let all = |nodes: &mut dyn Iterator<Item = &Node>, see: &mut dyn FnMut(usize)| -> bool {
            let mut whole = true;
            for node in nodes {
                whole &= node.columns(see);
            }
            whole
        };
        match self {
            Self::Const(_) => true,
            Self::Column { up: 0, at } => {
                see(*at);
                true
            }
            Self::Column { .. } => true,
            Self::Not(a) | Self::IsNull(a, _) | Self::Is(a, ..) | Self::Cast(a, ..) => a.columns(see),
            Self::And(a, b)
            | Self::Or(a, b)
            | Self::Distinct(a, b, _)
            | Self::Compare(_, a, b)
            | Self::Arithmetic(_, a, b)
            | Self::Concat(a, b)
            | Self::Index(a, b) => all(&mut [a.as_ref(), b.as_ref()].into_iter(), see),
            Self::Like { value, pattern, .. } | Self::Regex { value, pattern, .. } => {
                all(&mut [value.as_ref(), pattern.as_ref()].into_iter(), see)
            }
            Self::Any { value, list, .. } => all(&mut [value.as_ref(), list.as_ref()].into_iter(), see),
            Self::In { value, list, .. } => all(&mut std::iter::once(value.as_ref()).chain(list), see),
            Self::Call(_, list) | Self::List(list) => all(&mut list.iter(), see),
            Self::Case { operand, whens, last } => {
                let whens = whens.iter().flat_map(|(when, then)| [when, then]);
                let ends = operand.iter().chain(last).map(AsRef::as_ref);
                all(&mut whens.chain(ends), see)
            }
            Self::Scalar(_)
            | Self::Exists(..)
            | Self::InQuery(..)
            | Self::ListOf(_)
            | Self::AnyOf { .. }
            | Self::Aggregate(_) => false,
        }
    }
}
