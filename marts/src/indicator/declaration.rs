//! An indicator as it is declared: one file, from which its value, its
//! breakdown by authority and its explanation follow.

use peil_warehouse::{Error, Result};
use serde::Deserialize;

use super::kind::{Kind, Shape, Window};
use super::version::Change;
use crate::model;
use crate::relation::is_name;

/// Columns that stand for a person: counts of few of them are not shown.
pub const PERSON_COLUMNS: [&str; 3] = ["user_id", "member_id", "subscriber_id"];
/// The word for counting authorities, in the composition of the peildatum.
const AUTHORITY: &str = "authority";

/// An indicator of the published table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Row in the published table, from 1.
    pub position: u32,
    /// As `VVG-TK-01`.
    pub id: String,
    /// As `vlavirgem`.
    pub programme: String,
    /// Section of the programme's table.
    pub section: String,
    /// Name for readers.
    pub label_nl: String,
    /// How it is counted.
    pub kind: Kind,
    /// What is counted, for readers; none for a milestone.
    #[serde(default)]
    pub unit_nl: Option<String>,
    /// Exactly what is counted and how, for readers.
    pub definition_nl: String,
    /// The dataset from which it comes, as `portal/events`.
    pub dataset: String,
    /// The conformed table that holds the facts.
    #[serde(default)]
    pub fact: Option<String>,
    /// `authority`, or the column whose distinct values are counted.
    #[serde(default)]
    pub counts: Option<String>,
    /// The column whose mean is taken, for an average.
    #[serde(default)]
    pub measures: Option<String>,
    /// Columns that, with the authority, name a line of which the latest fact
    /// is in force until the next; an average has lines of the authority alone.
    #[serde(default)]
    pub line: Option<Vec<String>>,
    /// Which facts count: a condition in SQL over the columns of the table.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// The column with the day by which a fact counts.
    #[serde(default)]
    pub from: Option<String>,
    /// The column with the first day on which it counts no longer.
    #[serde(default)]
    pub until: Option<String>,
    /// Whether it is shown for each authority.
    #[serde(default)]
    pub by_authority: bool,
    /// From which days on it is counted otherwise, the earliest first.
    #[serde(default)]
    pub versions: Vec<Change>,
    /// The name of this version of the rule among the facts: the id, of a
    /// later version with its number.
    #[serde(skip)]
    pub rule: String,
    /// The file, for messages.
    #[serde(skip)]
    pub place: String,
}

/// What a numeric indicator must have to be counted.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The declaration.
    pub indicator: &'a Declaration,
    /// The conformed table.
    pub fact: &'a str,
    /// The day by which a fact counts.
    pub from: &'a str,
    /// What the facts look like.
    pub shape: Shape,
}

impl Declaration {
    /// Whether authorities are what is counted.
    pub fn counts_authorities(&self) -> bool {
        self.counts.as_deref() == Some(AUTHORITY) || self.kind == Kind::Average
    }

    /// Whether persons are what is counted.
    pub fn counts_persons(&self) -> bool {
        self.counts.as_deref().is_some_and(|column| PERSON_COLUMNS.contains(&column))
    }

    /// The facts of a numeric indicator; none of a milestone.
    pub fn facts(&self) -> Option<Facts<'_>> {
        let shape = match self.kind {
            Kind::Milestone => return None,
            Kind::Stock if self.line.is_some() => Shape::Line,
            Kind::Average => Shape::Line,
            Kind::Stock | Kind::Cumulative => Shape::Interval,
            Kind::Flow | Kind::Distinct => Shape::Event(Window::Period),
            Kind::Rolling => Shape::Event(Window::Rolling),
            Kind::MonthlyActive => Shape::Event(Window::Month),
        };
        Some(Facts { indicator: self, fact: self.fact.as_deref()?, from: self.from.as_deref()?, shape })
    }

    fn check(&self) -> Result<(), String> {
        self.check_rule()?;
        self.check_versions()
    }

    /// What is wrong with the rule.
    pub(super) fn check_rule(&self) -> Result<(), String> {
        let given = [
            ("fact", self.fact.is_some()),
            ("counts", self.counts.is_some()),
            ("measures", self.measures.is_some()),
            ("line", self.line.is_some()),
            ("where", self.filter.is_some()),
            ("from", self.from.is_some()),
            ("until", self.until.is_some()),
        ];
        let (needed, possible): (&[&str], &[&str]) = match self.kind {
            Kind::Milestone => (&[], &[]),
            Kind::Average => (&["fact", "measures", "from"], &["where"]),
            Kind::Stock => (&["fact", "counts", "from"], &["where", "until", "line"]),
            _ => (&["fact", "counts", "from"], &["where"]),
        };
        for (key, is_given) in given {
            if needed.contains(&key) && !is_given {
                return Err(format!("a {} indicator needs `{key}:`", self.kind.as_str()));
            }
            if is_given && !needed.contains(&key) && !possible.contains(&key) {
                return Err(format!("`{key}:` means nothing for a {} indicator: leave it out", self.kind.as_str()));
            }
        }
        if self.line.is_some() && (self.until.is_some() || !self.counts_authorities()) {
            return Err("with `line:` the next fact is the end and authorities are counted: write `counts: authority`, no `until:`".into());
        }
        if self.by_authority && !self.kind.is_numeric() {
            return Err("a milestone is not shown by authority: leave out `by_authority:`".into());
        }
        let columns = [&self.fact, &self.counts, &self.measures, &self.from, &self.until];
        let lines = self.line.iter().flatten();
        match columns.into_iter().flatten().chain(lines).find(|column| !is_name(column)) {
            Some(column) => {
                Err(format!("`{column}` is no name of a table or column: use lower-case letters, digits and _"))
            }
            None => Ok(()),
        }
    }
}

/// Reads a declaration.
///
/// # Errors
/// [`Error::Usage`] with file and line where it is wrong.
pub fn parse(place: &str, text: &str) -> Result<Declaration> {
    let mut declaration: Declaration = model::yaml(place, text)?;
    declaration.place = place.to_owned();
    declaration.rule.clone_from(&declaration.id);
    let id_is_plain = declaration.id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if declaration.id.is_empty() || !id_is_plain {
        return Err(Error::usage(format!("{place}: `{}` is no id: use letters, digits and -", declaration.id)));
    }
    declaration.check().map_err(|problem| Error::usage(format!("{place}: {problem}")))?;
    Ok(declaration)
}
