//! What went wrong with a statement, as PostgreSQL tells it: a SQLSTATE, a
//! message, where in the text, and what to do.

use datafusion::arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use peil_warehouse::nearest::nearest;

/// An error of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// SQLSTATE, five characters.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The character of the statement's text at which it went wrong, from 1.
    pub position: Option<usize>,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "\nhint: {hint}"))
    }
}

impl std::error::Error for Fault {}

/// The SQLSTATEs that are given.
pub mod code {
    /// A wrong statement.
    pub const SYNTAX: &str = "42601";
    /// No such table.
    pub const UNDEFINED_TABLE: &str = "42P01";
    /// No such schema.
    pub const UNDEFINED_SCHEMA: &str = "3F000";
    /// No such column.
    pub const UNDEFINED_COLUMN: &str = "42703";
    /// No such function, or not with these arguments.
    pub const UNDEFINED_FUNCTION: &str = "42883";
    /// No such type, setting or object.
    pub const UNDEFINED_OBJECT: &str = "42704";
    /// A column that is in more than one table.
    pub const AMBIGUOUS: &str = "42702";
    /// A column that is neither grouped nor aggregated.
    pub const GROUPING: &str = "42803";
    /// Types that do not fit.
    pub const TYPE: &str = "42804";
    /// Something that only changes data.
    pub const READ_ONLY: &str = "25006";
    /// Something that is not for readers.
    pub const FORBIDDEN: &str = "42501";
    /// Something that is not built.
    pub const UNSUPPORTED: &str = "0A000";
    /// Stopped, by the client or by the limit on time.
    pub const CANCELED: &str = "57014";
    /// A statement within a transaction that failed already.
    pub const FAILED_TRANSACTION: &str = "25P02";
    /// Too much memory.
    pub const MEMORY: &str = "53200";
    /// Too many rows, or another limit of the configuration.
    pub const LIMIT: &str = "54000";
    /// Too many statements at the same time.
    pub const BUSY: &str = "53300";
    /// A text that is no value of the type.
    pub const BAD_TEXT: &str = "22P02";
    /// A wrong value of a setting or a parameter.
    pub const BAD_VALUE: &str = "22023";
    /// No such cursor.
    pub const UNDEFINED_CURSOR: &str = "34000";
    /// No such prepared statement.
    pub const UNDEFINED_STATEMENT: &str = "26000";
    /// Anything that should not happen.
    pub const INTERNAL: &str = "XX000";
}

impl Fault {
    /// An error with a SQLSTATE.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), hint: None, position: None }
    }

    /// With advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With a place in the text.
    #[must_use]
    pub fn at(mut self, position: impl Into<Option<usize>>) -> Self {
        self.position = position.into().or(self.position);
        self
    }

    /// A relation that is not there, with the nearest that is.
    pub fn no_relation<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let fault = Self::new(code::UNDEFINED_TABLE, format!("relation \"{name}\" does not exist"));
        // A bare name is near to the bare part of a name with its schema.
        let bare = name.rsplit('.').next().unwrap_or(name);
        let known: Vec<&str> = known.into_iter().collect();
        let near = nearest(bare, known.iter().map(|full| full.rsplit('.').next().unwrap_or(full)), 1);
        let full = near
            .first()
            .and_then(|near| known.iter().find(|full| full.rsplit('.').next().is_some_and(|bare| bare == *near)));
        match full {
            Some(full) => fault.hint(format!("Perhaps you meant the table \"{full}\".")),
            None => fault.hint("The tables are listed in information_schema.tables."),
        }
    }

    /// A column that is not there, with the nearest that is.
    pub fn no_column<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let fault = Self::new(code::UNDEFINED_COLUMN, format!("column \"{name}\" does not exist"));
        match nearest(name.rsplit('.').next().unwrap_or(name), known, 1).first() {
            Some(near) => fault.hint(format!("Perhaps you meant to reference the column \"{near}\".")),
            None => fault,
        }
    }
}

impl From<DataFusionError> for Fault {
    fn from(error: DataFusionError) -> Self {
        let root = error.find_root();
        match root {
            DataFusionError::External(inner) => match inner.downcast_ref::<Fault>() {
                Some(fault) => fault.clone(),
                None => Self::new(code::INTERNAL, "the data could not be read"),
            },
            DataFusionError::SchemaError(schema, _) => schema_fault(schema),
            DataFusionError::ResourcesExhausted(_) => Self::new(code::MEMORY, "out of memory for this statement")
                .hint("Ask for fewer rows or groups, or sort less."),
            DataFusionError::NotImplemented(text) => Self::new(code::UNSUPPORTED, first_line(text)),
            DataFusionError::ArrowError(arrow, _) => arrow_fault(arrow),
            DataFusionError::SQL(parser, _) => Self::new(code::SYNTAX, first_line(&parser.to_string())),
            DataFusionError::Plan(text) => plan_fault(text),
            DataFusionError::Execution(text) => execution_fault(text),
            // Paths and stores are nobody's business.
            DataFusionError::ObjectStore(_) | DataFusionError::IoError(_) | DataFusionError::ParquetError(_) => {
                Self::new(code::INTERNAL, "the data could not be read")
            }
            other => Self::new(code::INTERNAL, first_line(&other.strip_backtrace())),
        }
    }
}

fn schema_fault(error: &SchemaError) -> Fault {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let name = match &field.relation {
                Some(relation) => format!("{}.{}", relation.table(), field.name()),
                None => field.name().to_owned(),
            };
            Fault::no_column(&name, valid_fields.iter().map(|column| column.name()))
        }
        SchemaError::AmbiguousReference { field } => {
            Fault::new(code::AMBIGUOUS, format!("column reference \"{}\" is ambiguous", field.name()))
        }
        other => Fault::new(code::AMBIGUOUS, first_line(&other.to_string())),
    }
}

fn arrow_fault(error: &ArrowError) -> Fault {
    match error {
        ArrowError::DivideByZero => Fault::new("22012", "division by zero"),
        ArrowError::ArithmeticOverflow(_) => Fault::new("22003", "value out of range"),
        ArrowError::CastError(text) | ArrowError::ParseError(text) => Fault::new(code::BAD_TEXT, first_line(text)),
        other => Fault::new(code::INTERNAL, first_line(&other.to_string())),
    }
}

fn plan_fault(text: &str) -> Fault {
    let line = first_line(text);
    let lower = line.to_lowercase();
    if lower.contains("invalid function") {
        let name = line.split('\'').nth(1).unwrap_or_default();
        return Fault::new(code::UNDEFINED_FUNCTION, format!("function {name} does not exist"));
    }
    if lower.contains("group by") && lower.contains("must") {
        return Fault::new(code::GROUPING, line);
    }
    if lower.contains("no function matches") || lower.contains("coercion") || lower.contains("failed to coerce") {
        return Fault::new(code::UNDEFINED_FUNCTION, line);
    }
    if lower.starts_with("table") && lower.contains("not found") {
        return Fault::new(code::UNDEFINED_TABLE, line);
    }
    if lower.contains("cannot infer common argument type") || lower.contains("type") {
        return Fault::new(code::TYPE, line);
    }
    Fault::new(code::SYNTAX, line)
}

fn execution_fault(text: &str) -> Fault {
    let line = first_line(text);
    if line.to_lowercase().contains("divide by zero") {
        return Fault::new("22012", "division by zero");
    }
    Fault::new(code::BAD_VALUE, line)
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// A result of a statement.
pub type Answered<T> = Result<T, Fault>;
