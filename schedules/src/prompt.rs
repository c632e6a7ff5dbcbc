//! The prompt of `peil sql`: history, several lines, completion of names.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use arrow::datatypes::DataType;
use peil_marts::service::Session;
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;
use peil_warehouse::table::{COMMENT, TableState};
use peil_warehouse::{Error, Result};
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::DefaultHistory;
use rustyline::validate::Validator;
use rustyline::{Config, Editor, Helper};

use crate::cli::SqlFormat;
use crate::exit::Exit;
use crate::output::{Output, thousands};
use crate::query;
use crate::statements::{Entry, Statements};
use crate::table::{Grid, Layout};

const HELP: &str = "\
A query ends with `;` and may take several lines. It only reads.
  \\d          lists the tables of marts and ops
  \\d NAME     shows the columns of a table and what they mean
  \\x          rows as lists: auto, on, off
  \\q          leaves (also Ctrl-D); Ctrl-C drops what is typed or stops a query
  \\?          this help
Example: select * from marts.indicator_values where period = '2022Q1';";

const HISTORY_LENGTH: usize = 2_000;

/// The prompt over a warehouse.
pub struct Prompt {
    storage: Storage,
    published: Published,
    session: Session,
    output: Output,
    format: SqlFormat,
    layout: Layout,
}

/// Whether to go on.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Go,
    Leave,
}

impl Prompt {
    /// A prompt over what is published.
    ///
    /// # Errors
    /// [`Error::Storage`] where a table cannot be opened.
    pub async fn open(storage: Storage, published: Published, format: SqlFormat, output: Output) -> Result<Self> {
        let session = query::session(&storage)?;
        Ok(Self { storage, published, session, output, format, layout: Layout::Auto })
    }

    /// Asks and answers: on a terminal until the user leaves, else to the end
    /// of standard input or the first error.
    ///
    /// # Errors
    /// On a terminal only where it fails; elsewhere that of the first wrong
    /// query.
    pub async fn run(mut self) -> Result<Exit> {
        if std::io::stdin().is_terminal() { self.converse().await } else { self.answer_input().await }
    }

    async fn answer_input(&mut self) -> Result<Exit> {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|error| Error::usage(format!("standard input: {error}")))?;
        let mut statements = Statements::default();
        let mut entries: Vec<Entry> = text.lines().flat_map(|line| statements.push(line)).collect();
        entries.extend(statements.finish());
        for entry in entries {
            if self.answer(entry).await? == Next::Leave {
                break;
            }
        }
        Ok(Exit::Done)
    }

    async fn converse(&mut self) -> Result<Exit> {
        let config = Config::builder()
            .max_history_size(HISTORY_LENGTH)
            .and_then(|builder| builder.history_ignore_dups(true))
            .map_err(Error::internal)?
            .build();
        let mut editor: Editor<Names, DefaultHistory> = Editor::with_config(config).map_err(Error::internal)?;
        editor.set_helper(Some(Names::of(&self.published)?));
        let history = self.history(&mut editor);
        let as_of = self.published.as_of.map(|day| format!(", as of {day}")).unwrap_or_default();
        self.output.talk(format!("{}{as_of}. `\\?` helps, `\\q` leaves.", self.storage.url()));
        let mut statements = Statements::default();
        loop {
            match editor.readline(if statements.is_empty() { "peil> " } else { "   -> " }) {
                Ok(line) => {
                    for entry in statements.push(&line) {
                        let (Entry::Query(text) | Entry::Command(text)) = &entry;
                        let ended = if matches!(entry, Entry::Query(_)) { ";" } else { "" };
                        let _ = editor.add_history_entry(format!("{text}{ended}"));
                        if let Some(file) = &history {
                            let _ = editor.append_history(file);
                        }
                        match self.answer(entry).await {
                            Ok(Next::Go) => {}
                            Ok(Next::Leave) => return Ok(Exit::Done),
                            Err(error) => {
                                self.output.error(&error);
                            }
                        }
                    }
                }
                Err(ReadlineError::Interrupted) => statements.clear(),
                Err(ReadlineError::Eof) => return Ok(Exit::Done),
                Err(error) => return Err(Error::internal(format!("the terminal cannot be read: {error}"))),
            }
        }
    }

    /// Loads the history and gives the file in which it is kept; none, with
    /// a word, where it cannot be.
    fn history(&self, editor: &mut Editor<Names, DefaultHistory>) -> Option<PathBuf> {
        let file = history_file()?;
        if let Err(error) = file.parent().map_or(Ok(()), std::fs::create_dir_all) {
            self.output.talk(format!("the history is not kept in {}: {error}", file.display()));
            return None;
        }
        // The first time there is none.
        let _ = editor.load_history(&file);
        Some(file)
    }

    async fn answer(&mut self, entry: Entry) -> Result<Next> {
        let text = match entry {
            Entry::Command(command) => return self.command(&command).await,
            Entry::Query(text) => text,
        };
        self.refresh().await?;
        let query = query::run(&self.session, &text, self.format, self.layout, self.output);
        tokio::select! {
            answered = query => answered.map(|_| Next::Go),
            _ = tokio::signal::ctrl_c() => {
                self.output.talk("stopped");
                Ok(Next::Go)
            }
        }
    }

    async fn command(&mut self, command: &str) -> Result<Next> {
        let mut words = command.split_whitespace();
        let word = words.next().unwrap_or_default().to_lowercase();
        let rest = words.next();
        match word.as_str() {
            "\\q" | "quit" | "exit" => return Ok(Next::Leave),
            "\\?" | "\\h" | "help" => self.output.talk(HELP),
            "\\d" | "\\dt" => {
                self.refresh().await?;
                let text = match rest {
                    None => list(&self.published).render(self.output.width(), Layout::Columns),
                    Some(name) => describe(&self.published, name)?.render(self.output.width(), Layout::Columns),
                };
                self.output.line(text);
            }
            "\\x" => {
                self.layout = match (rest, self.layout) {
                    (Some("auto"), _) => Layout::Auto,
                    (Some("off"), _) | (None, Layout::Expanded) => Layout::Columns,
                    _ => Layout::Expanded,
                };
                self.output.talk(match self.layout {
                    Layout::Auto => "rows are lists where columns do not fit",
                    Layout::Columns => "rows are columns",
                    Layout::Expanded => "rows are lists",
                });
            }
            _ => return Err(Error::usage(format!("`{word}` is no command\nhint: `\\?` lists them"))),
        }
        Ok(Next::Go)
    }

    /// Each statement sees what is published now, and all of it.
    async fn refresh(&mut self) -> Result<()> {
        let now = Published::read(&self.storage).await?;
        if now.sequence != self.published.sequence {
            self.published = now;
        }
        Ok(())
    }
}

/// The tables that a query can name.
fn list(published: &Published) -> Grid {
    let mut grid = Grid::new(&["table", ">rows", "what it holds"]);
    for name in query::tables(published) {
        if let Some(state) = state(published, &name) {
            grid.push([name.clone(), thousands(state.rows()), state.description.clone()]);
        }
    }
    grid
}

/// The columns of a table, named with or without its schema.
fn describe(published: &Published, name: &str) -> Result<Grid> {
    let tables = query::tables(published);
    let wanted = name.to_lowercase();
    let full = tables.iter().find(|table| **table == wanted || table.rsplit('.').next() == Some(wanted.as_str()));
    let Some(state) = full.and_then(|full| state(published, full)) else {
        let near = did_you_mean(
            &wanted,
            tables.iter().flat_map(|table| [table.as_str(), table.rsplit('.').next().unwrap_or_default()]),
        );
        return Err(Error::usage(format!("there is no table `{name}`{near}")));
    };
    let mut grid = Grid::new(&["column", "type", "meaning"]);
    for field in state.arrow_schema()?.fields() {
        let meaning = field.metadata().get(COMMENT).cloned().unwrap_or_default();
        grid.push([field.name().clone(), type_name(field.data_type()), meaning]);
    }
    Ok(grid)
}

/// The type as analysts know it from SQL.
fn type_name(data_type: &DataType) -> String {
    match data_type {
        DataType::Utf8 => "text".to_owned(),
        DataType::Int64 => "bigint".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Date32 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::Decimal128(digits, scale) => format!("decimal({digits},{scale})"),
        other => other.to_string(),
    }
}

fn state<'a>(published: &'a Published, name: &str) -> Option<&'a TableState> {
    published.table(&name.replacen('.', "/", 1))
}

/// Where the history is kept: in the user's state folder.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")))?;
    Some(state.join("peil").join("sql_history"))
}

/// Completes the names of tables and columns, and the words of SQL.
struct Names(Vec<String>);

const WORDS: [&str; 24] = [
    "and",
    "as",
    "asc",
    "between",
    "by",
    "case",
    "count",
    "desc",
    "distinct",
    "else",
    "end",
    "from",
    "group by",
    "having",
    "is null",
    "join",
    "left join",
    "limit",
    "not",
    "order by",
    "select",
    "then",
    "when",
    "where",
];

impl Names {
    fn of(published: &Published) -> Result<Self> {
        let mut names: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
        for table in query::tables(published) {
            if let Some(state) = state(published, &table) {
                names.extend(state.arrow_schema()?.fields().iter().map(|field| field.name().clone()));
            }
            names.push(table);
        }
        names.sort();
        names.dedup();
        Ok(Self(names))
    }

    fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        let start = line
            .rfind(|c: char| !(c.is_alphanumeric() || "_.\\".contains(c)))
            .map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        let word = line[start..].to_lowercase();
        if word.is_empty() {
            return (start, Vec::new());
        }
        (start, self.0.iter().filter(|name| name.starts_with(&word)).cloned().collect())
    }
}

impl Completer for Names {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        position: usize,
        _: &rustyline::Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(self.candidates(&line[..position]))
    }
}

impl Hinter for Names {
    type Hint = String;
}

impl Highlighter for Names {}
impl Validator for Names {}
impl Helper for Names {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use arrow::datatypes::Field;
    use peil_warehouse::table::{TableSpec, documented};

    use super::*;

    fn published() -> Published {
        let column = documented(Field::new("indicator_id", DataType::Utf8, false), "the indicator");
        let spec = TableSpec::new("marts/indicator_values", "numeric indicator and period", vec![column]);
        let tables = BTreeMap::from([(spec.name.clone(), TableState::empty(&spec).unwrap())]);
        Published { tables, ..Published::default() }
    }

    #[test]
    fn tables_are_listed_and_described() {
        let text = list(&published()).render(None, Layout::Columns);
        assert!(text.contains("marts.indicator_values     0  numeric indicator and period"), "{text}");
        for name in ["indicator_values", "marts.indicator_values", "Indicator_Values"] {
            let text = describe(&published(), name).unwrap().render(None, Layout::Columns);
            assert!(text.contains("indicator_id") && text.contains("the indicator"), "{text}");
        }
        let error = describe(&published(), "indicator_value").unwrap_err().to_string();
        assert!(error.contains("did you mean"), "{error}");
    }

    #[test]
    fn names_are_completed() {
        let names = Names::of(&published()).unwrap();
        assert_eq!(names.candidates("select * from marts.ind"), (14, vec!["marts.indicator_values".to_owned()]));
        assert_eq!(names.candidates("select INDIC"), (7, vec!["indicator_id".to_owned()]));
        assert_eq!(names.candidates("select "), (7, Vec::new()));
    }
}
