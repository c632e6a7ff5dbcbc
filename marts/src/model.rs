//! A model: a query that makes one table, and what there is to say about it.
//!
//! A model is a file: a YAML header in a leading comment, then one query. The
//! header names the table, documents every column, gives the order of the rows
//! (which is also their key), and lists checks: queries that return the rows
//! that should not be there.

use std::collections::BTreeSet;

use peil_warehouse::{Error, Result};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use crate::relation;

/// How bad it is when a check returns rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing of the marts is published.
    #[default]
    Error,
    /// It is recorded and told.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A query that returns the offending rows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Name of the check, unique in its model.
    pub name: String,
    /// The query.
    pub query: String,
    /// What a row of it means for the run.
    #[serde(default)]
    pub severity: Severity,
}

/// A question that the mart answers, and the query that does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// The question.
    pub question: String,
    /// The query.
    pub query: String,
}

/// Which cells say too much about few persons, and what to hide with them;
/// see [`crate::disclosure`].
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// The column that is hidden.
    pub value: String,
    /// Columns that are hidden with it.
    #[serde(default)]
    pub with: Vec<String>,
    /// The columns whose equal values share a total that is shown; without
    /// them a hidden cell cannot be worked out and nothing more is hidden.
    #[serde(default)]
    pub within: Vec<String>,
    /// A column whose values have totals of their own, as the province.
    #[serde(default)]
    pub over: Option<String>,
    /// The column that counts persons, ratings or authorities; `value` where
    /// it is not given.
    #[serde(default)]
    pub threshold_on: Option<String>,
    /// A boolean column: only where it is true the row is subject to control.
    #[serde(default)]
    pub applies: Option<String>,
    /// The column with the least that a cell can be where it is not zero; 1
    /// where it is not given. A mean over months can be less.
    #[serde(default)]
    pub least: Option<String>,
}

impl Disclosure {
    /// The column that is compared with the threshold.
    pub fn counted(&self) -> &str {
        self.threshold_on.as_deref().unwrap_or(&self.value)
    }
}

/// Columns with their documentation, in order.
#[derive(Debug, Clone, Default)]
pub struct Columns(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Columns;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("each column with what it holds")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut columns: Vec<(String, String)> = Vec::new();
                while let Some((name, text)) = map.next_entry::<String, String>()? {
                    columns.push((name, text));
                }
                Ok(Columns(columns))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// What the header of a model says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Name of the mart, for a table that is published.
    #[serde(default)]
    pub mart: Option<String>,
    /// Name of the table, for one that only other models read.
    #[serde(default)]
    pub intermediate: Option<String>,
    /// What a row stands for.
    pub grain: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: String,
    /// What it shows.
    pub description: String,
    /// Every column in order.
    #[serde(default)]
    pub columns: Columns,
    /// `month of conformed.x`: computed again only for months of that table
    /// that changed, an intermediate table too.
    #[serde(default)]
    pub incremental: Option<String>,
    /// Disclosure control.
    #[serde(default)]
    pub disclosure: Option<Disclosure>,
    /// The columns by which rows are sorted; together unique, never null.
    #[serde(default)]
    pub order: Vec<String>,
    /// Columns of `order` that may be null all the same.
    #[serde(default)]
    pub nullable: Vec<String>,
    /// Queries that return what should not be there.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// Queries to start from.
    #[serde(default)]
    pub examples: Vec<Example>,
}

/// Computed month by month: which column holds the month, of which source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incremental {
    /// The column of the mart that holds the month.
    pub column: String,
    /// The source that is split by month, as `conformed.lb365_bus_messages`.
    pub source: String,
}

/// A model that was read: a table, the query that makes it, what it reads.
#[derive(Debug, Clone)]
pub struct Model {
    /// Schema and table, as `marts.portal_usage`.
    pub name: String,
    /// Where the model stands, for messages.
    pub place: String,
    /// What the header says.
    pub header: Header,
    /// The query.
    pub sql: String,
    /// The tables that the query reads.
    pub reads: BTreeSet<String>,
    /// The tables that each check reads, in the order of the checks.
    pub check_reads: Vec<BTreeSet<String>>,
    /// Header and query: equal texts, equal models.
    pub text: String,
    /// How it is computed month by month, where it is.
    pub incremental: Option<Incremental>,
}

impl Model {
    /// Whether the table is published.
    pub fn is_mart(&self) -> bool {
        self.header.mart.is_some()
    }

    /// Whether the table is kept in the warehouse: marts for their readers, an
    /// intermediate table that is computed month by month for the next run.
    pub fn is_stored(&self) -> bool {
        self.is_mart() || self.incremental.is_some()
    }

    /// Name of the table in the warehouse, as `marts/portal_usage`.
    pub fn table(&self) -> String {
        relation::table_name(&self.name)
    }

    /// Makes a model of a header and a query.
    ///
    /// # Errors
    /// [`Error::Usage`] where the header contradicts itself or a query cannot
    /// be read.
    pub fn new(place: &str, header: Header, sql: &str) -> Result<Self> {
        let wrong = |what: String| Error::usage(format!("{place}: {what}"));
        let name = match (&header.mart, &header.intermediate) {
            (Some(mart), None) => format!("marts.{mart}"),
            (None, Some(name)) => format!("intermediate.{name}"),
            _ => {
                return Err(wrong(
                    "the header must have either `mart:` or `intermediate:` with the name of the table".into(),
                ));
            }
        };
        let table = name.split_once('.').map_or("", |(_, table)| table);
        if !relation::is_name(table) {
            return Err(wrong(format!("`{table}` is no name of a table: use lower-case letters, digits and _")));
        }
        let (is_mart, is_stored) = (header.mart.is_some(), header.mart.is_some() || header.incremental.is_some());
        for (key, missing) in [
            ("owner", is_mart && header.owner.is_empty()),
            ("columns", is_stored && header.columns.0.is_empty()),
            ("order", is_stored && header.order.is_empty()),
        ] {
            if missing {
                return Err(wrong(format!("a table that is stored needs `{key}:` in its header")));
            }
        }
        let known: BTreeSet<&str> = header.columns.0.iter().map(|(name, _)| name.as_str()).collect();
        if known.len() < header.columns.0.len() {
            return Err(wrong("a column stands twice under `columns:`".into()));
        }
        for column in header.order.iter().chain(&header.nullable).filter(|_| !known.is_empty()) {
            if !known.contains(column.as_str()) {
                let hint = peil_warehouse::nearest::did_you_mean(column, known.iter().copied());
                return Err(wrong(format!("`order:` names `{column}`, which is no column of the mart{hint}")));
            }
        }
        let sql = sql.trim().trim_end_matches(';').trim_end();
        let reads = relation::tables_of(sql).map_err(|problem| wrong(format!("the query: {problem}")))?;
        let tables_of = |check: &Check| {
            let tables = relation::tables_of(&check.query);
            tables.map_err(|problem| wrong(format!("the check `{}`: {problem}", check.name)))
        };
        let check_reads = header.checks.iter().map(tables_of).collect::<Result<_>>()?;
        let incremental = header.incremental.as_deref().map(|text| incremental(place, text, &reads)).transpose()?;
        let text = format!("{header:?}\n{sql}");
        Ok(Self { name, place: place.to_owned(), header, sql: sql.to_owned(), reads, check_reads, text, incremental })
    }
}

fn incremental(place: &str, text: &str, reads: &BTreeSet<String>) -> Result<Incremental> {
    let parts = text.split_once(" of ").map(|(column, source)| (column.trim(), source.trim()));
    let Some((column, source)) = parts.filter(|(_, source)| source.starts_with("conformed.")) else {
        return Err(Error::usage(format!(
            "{place}: `incremental: {text}` is wrong: write `incremental: month of conformed.<table>`"
        )));
    };
    if !reads.contains(source) {
        return Err(Error::usage(format!("{place}: `incremental:` names {source}, which the query does not read")));
    }
    Ok(Incremental { column: column.to_owned(), source: source.to_owned() })
}

/// What the header of a rule for attention points says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleHeader {
    /// Code of the rule, as `forecast_above_budget`.
    pub rule: String,
    /// How serious a point is, for readers.
    pub severity: String,
    /// When a point is made.
    pub description: String,
}

/// A rule for attention points: its query returns `period`, `subject` and
/// `text_nl`, a row for each point.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Where the rule stands, for messages.
    pub place: String,
    /// What the header says.
    pub header: RuleHeader,
    /// The query.
    pub sql: String,
}

/// A file that was read.
#[derive(Debug, Clone)]
pub enum Parsed {
    /// A model of a mart or an intermediate table.
    Model(Box<Model>),
    /// A rule for attention points.
    Rule(Rule),
}

/// Reads a model or a rule.
///
/// # Errors
/// [`Error::Usage`] with file and line where the header or the query is wrong.
///
/// ```
/// let text = "/*\nmart: answer\ngrain: one row\nowner: V-ICT-OR\ndescription: The answer.\n\
///     columns:\n  answer: the answer\norder: [answer]\n*/\nselect 42 as answer\n";
/// let peil_marts::model::Parsed::Model(model) = peil_marts::model::parse("answer.sql", text).unwrap() else { panic!() };
/// assert_eq!(model.name, "marts.answer");
/// assert!(peil_marts::model::parse("answer.sql", &text.replace("grain", "grian")).is_err());
/// ```
pub fn parse(place: &str, text: &str) -> Result<Parsed> {
    let start = text.trim_start_matches('\u{feff}');
    let parts = start.trim_start().strip_prefix("/*").and_then(|rest| rest.split_once("*/"));
    let Some((header, sql)) = parts.filter(|(header, _)| header.starts_with(['\n', '\r'])) else {
        return Err(Error::usage(format!(
            "{place}:1: a model begins with its header: a line `/*`, the header in YAML, a line `*/`, then the query"
        )));
    };
    // Lines before the header count, so that an error names the file's line.
    let skipped = start.len() - start.trim_start().len();
    let header = format!("{}{header}", "\n".repeat(start[..skipped].matches('\n').count()));
    if header.lines().any(|line| line.starts_with("rule:")) {
        let header: RuleHeader = yaml(place, &header)?;
        if !relation::is_name(&header.rule) {
            return Err(Error::usage(format!(
                "{place}: `{}` is no code: use lower-case letters, digits and _",
                header.rule
            )));
        }
        let sql = sql.trim().trim_end_matches(';').trim_end().to_owned();
        return Ok(Parsed::Rule(Rule { place: place.to_owned(), header, sql }));
    }
    Ok(Parsed::Model(Box::new(Model::new(place, yaml(place, &header)?, sql)?)))
}

/// Reads YAML; an error names the place and the line.
pub(crate) fn yaml<T: for<'de> Deserialize<'de>>(place: &str, text: &str) -> Result<T> {
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map(|location| format!(":{}", location.line())).unwrap_or_default();
        let message = error.without_snippet().to_string();
        Error::usage(format!("{place}{line}: {message}"))
    })
}
