//! What a statement asks for: the allow-list. What is not in it is refused
//! with the SQLSTATE that PostgreSQL gives to readers.

use datafusion::sql::sqlparser::ast::Query;
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::fault::{Answered, Fault, code};
use super::text::{Piece, split};

/// A statement that is allowed.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are what the statement names")]
pub enum Request {
    /// A query.
    Query(Box<Query>),
    /// What a query would do; with `analyze`, and how long it takes.
    Explain { query: Box<Query>, analyze: bool },
    /// A setting's value; all of them without a name.
    Show(Option<String>),
    /// A setting; none takes it back to its default.
    Set { name: String, value: Option<String> },
    /// All settings to their defaults.
    ResetAll,
    /// A word of transactions, by its tag.
    Begin,
    /// Ends a transaction.
    Commit,
    /// Ends a transaction; with `to_savepoint`, only what failed.
    Rollback { to_savepoint: bool },
    /// Keeps a point of a transaction, or forgets it; by its tag.
    Savepoint(&'static str),
    /// Forgets what the session holds; by its tag.
    Discard(&'static str),
    /// Forgets a prepared statement, or all.
    Deallocate(Option<String>),
    /// Opens a cursor.
    Declare { name: String, query: Box<Query>, hold: bool },
    /// Rows of a cursor, or past them.
    Fetch { name: String, count: Option<u64>, moving: bool },
    /// Closes a cursor, or all.
    Close(Option<String>),
    /// The rows of a query as a stream of text or binary.
    CopyOut { query: Box<Query>, form: CopyForm },
    /// A word that does nothing here; by its tag.
    Nothing(&'static str),
}

/// The form of COPY TO STDOUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyForm {
    /// Text, csv or binary.
    pub kind: CopyKind,
    /// Between fields.
    pub delimiter: u8,
    /// For an empty field.
    pub null: String,
    /// The names first.
    pub header: bool,
    /// Around a csv field.
    pub quote: u8,
}

/// The kinds of COPY TO STDOUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyKind {
    /// Lines with tabs.
    Text,
    /// Comma-separated.
    Csv,
    /// PostgreSQL's binary form.
    Binary,
}

/// Statements that write.
const WRITING: [&str; 24] = [
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "CREATE",
    "DROP",
    "ALTER",
    "TRUNCATE",
    "GRANT",
    "REVOKE",
    "COMMENT",
    "VACUUM",
    "ANALYZE",
    "REINDEX",
    "REFRESH",
    "CLUSTER",
    "IMPORT",
    "LOCK",
    "DO",
    "CALL",
    "NOTIFY",
    "REASSIGN",
    "SECURITY",
    "CHECKPOINT",
];

/// Reads a statement.
///
/// # Errors
/// [`code::READ_ONLY`] where it would change something, [`code::FORBIDDEN`]
/// where it is not for readers, [`code::SYNTAX`] where it is none.
pub fn read(piece: &Piece) -> Answered<Request> {
    Words { piece, at: 0 }.request()
}

struct Words<'a> {
    piece: &'a Piece,
    at: usize,
}

impl Words<'_> {
    fn request(&mut self) -> Answered<Request> {
        if matches!(self.peek(), Some(Token::LParen)) {
            return self.query_from(0).map(Request::Query);
        }
        let word = self.word().ok_or_else(|| self.wrong())?;
        match word.as_str() {
            "SELECT" | "WITH" | "VALUES" | "TABLE" => self.query_from(0).map(Request::Query),
            "EXPLAIN" => self.explain(),
            "SHOW" => self.show(),
            "SET" => self.set(),
            "RESET" => match self.word().as_deref() {
                Some("ALL") => Ok(Request::ResetAll),
                Some("SESSION") => Ok(Request::Nothing("RESET")),
                Some("ROLE") => Ok(Request::Nothing("RESET")),
                Some(name) => Ok(Request::Set { name: self.dotted(name), value: None }),
                None => Err(self.wrong()),
            },
            "BEGIN" | "START" => self.read_only_words(Request::Begin),
            "COMMIT" | "END" => Ok(Request::Commit),
            "ROLLBACK" | "ABORT" => {
                let to_savepoint = std::iter::from_fn(|| self.word()).any(|word| word == "TO");
                Ok(Request::Rollback { to_savepoint })
            }
            "SAVEPOINT" => Ok(Request::Savepoint("SAVEPOINT")),
            "RELEASE" => Ok(Request::Savepoint("RELEASE")),
            "DISCARD" => match self.word().as_deref() {
                Some("ALL") => Ok(Request::Discard("DISCARD ALL")),
                Some("PLANS") => Ok(Request::Discard("DISCARD PLANS")),
                Some("SEQUENCES") => Ok(Request::Discard("DISCARD SEQUENCES")),
                Some("TEMP" | "TEMPORARY") => Ok(Request::Discard("DISCARD TEMP")),
                _ => Err(self.wrong()),
            },
            "DEALLOCATE" => {
                self.skip("PREPARE");
                let name = self.name().ok_or_else(|| self.wrong())?;
                Ok(Request::Deallocate((!name.eq_ignore_ascii_case("all")).then_some(name)))
            }
            "DECLARE" => self.declare(),
            "FETCH" => self.fetch(false),
            "MOVE" => self.fetch(true),
            "CLOSE" => {
                let name = self.name().ok_or_else(|| self.wrong())?;
                Ok(Request::Close((!name.eq_ignore_ascii_case("all")).then_some(name)))
            }
            "COPY" => self.copy(),
            "UNLISTEN" => Ok(Request::Nothing("UNLISTEN")),
            "LISTEN" | "LOAD" | "PREPARE" | "EXECUTE" => {
                Err(Fault::new(code::FORBIDDEN, format!("permission denied: {word} is not for readers"))
                    .hint("This server answers SELECT, WITH, VALUES, SHOW, EXPLAIN and COPY … TO STDOUT."))
            }
            word if WRITING.contains(&word) => Err(read_only(word)),
            _ => {
                self.at = 0;
                Err(self.wrong())
            }
        }
    }

    fn explain(&mut self) -> Answered<Request> {
        let mut analyze = false;
        if matches!(self.peek(), Some(Token::LParen)) {
            self.at += 1;
            while let Some(token) = self.peek().cloned() {
                self.at += 1;
                match token {
                    Token::RParen => break,
                    Token::Word(word) if word.value.eq_ignore_ascii_case("analyze") => {
                        let off = matches!(self.peek(), Some(Token::Word(next)) if ["off", "false"].iter().any(|no| next.value.eq_ignore_ascii_case(no)));
                        analyze = !off;
                    }
                    _ => {}
                }
            }
        }
        loop {
            if self.skip("ANALYZE") || self.skip("ANALYSE") {
                analyze = true;
            } else if !self.skip("VERBOSE") {
                break;
            }
        }
        match self.peek_word().as_deref() {
            Some(word) if WRITING.contains(&word) => Err(read_only(word)),
            _ => Ok(Request::Explain { query: self.query_from(self.at)?, analyze }),
        }
    }

    fn show(&mut self) -> Answered<Request> {
        let name = self.word().ok_or_else(|| self.wrong())?;
        Ok(match name.as_str() {
            "ALL" => Request::Show(None),
            "TIME" => Request::Show(Some("timezone".to_owned())),
            "TRANSACTION" => Request::Show(Some("transaction_isolation".to_owned())),
            "SESSION" => Request::Show(Some("session_authorization".to_owned())),
            "TABLES" | "COLUMNS" | "FUNCTIONS" | "DATABASES" | "SCHEMAS" => {
                return Err(Fault::new(
                    code::UNDEFINED_OBJECT,
                    format!("unrecognized configuration parameter \"{}\"", name.to_lowercase()),
                )
                .hint("The tables are listed in information_schema.tables."));
            }
            name => Request::Show(Some(self.dotted(name))),
        })
    }

    fn set(&mut self) -> Answered<Request> {
        if self.skip("SESSION") && self.peek_word().as_deref() == Some("CHARACTERISTICS") {
            return self.read_only_words(Request::Nothing("SET"));
        }
        self.skip("LOCAL");
        let name = self.word().ok_or_else(|| self.wrong())?;
        match name.as_str() {
            "TIME" => {
                self.skip("ZONE");
                return Ok(Request::Set { name: "timezone".to_owned(), value: self.value() });
            }
            "NAMES" => return Ok(Request::Set { name: "client_encoding".to_owned(), value: self.value() }),
            "TRANSACTION" => return self.read_only_words(Request::Nothing("SET")),
            "ROLE" | "AUTHORIZATION" => {
                return match self.value() {
                    None => Ok(Request::Nothing("SET")),
                    Some(role) if role.eq_ignore_ascii_case("none") => Ok(Request::Nothing("SET")),
                    Some(role) => Err(Fault::new(code::FORBIDDEN, format!("permission denied to set role \"{role}\""))),
                };
            }
            "CONSTRAINTS" => return Ok(Request::Nothing("SET CONSTRAINTS")),
            _ => {}
        }
        let name = self.dotted(&name);
        if matches!(self.peek(), Some(Token::Eq)) {
            self.at += 1;
        } else if !self.skip("TO") {
            return Err(self.wrong());
        }
        Ok(Request::Set { name, value: self.value() })
    }

    /// Words after BEGIN and SET TRANSACTION: any, but not to write.
    fn read_only_words(&mut self, request: Request) -> Answered<Request> {
        let words: Vec<String> = std::iter::from_fn(|| self.next_word()).collect();
        if words.windows(2).any(|pair| pair[0] == "READ" && pair[1] == "WRITE") {
            return Err(Fault::new(code::READ_ONLY, "cannot set transaction read-write mode: this server only reads"));
        }
        Ok(request)
    }

    fn declare(&mut self) -> Answered<Request> {
        let name = self.name().ok_or_else(|| self.wrong())?;
        let (mut hold, mut without) = (false, false);
        loop {
            match self.word().as_deref() {
                Some("HOLD") => hold = !without,
                Some("WITHOUT") => without = true,
                Some("FOR") => break,
                Some("BINARY" | "INSENSITIVE" | "ASENSITIVE" | "NO" | "CURSOR" | "WITH" | "SCROLL") => {}
                _ => return Err(self.wrong()),
            }
        }
        Ok(Request::Declare { name, query: self.query_from(self.at)?, hold })
    }

    fn fetch(&mut self, moving: bool) -> Answered<Request> {
        let mut count = Some(1);
        loop {
            match self.peek().cloned() {
                Some(Token::Number(digits, _)) => {
                    count = Some(digits.parse().map_err(|_| self.wrong())?);
                    self.at += 1;
                }
                Some(Token::Minus) => return Err(backward()),
                Some(Token::Word(word)) if word.quote_style.is_none() => match word.value.to_uppercase().as_str() {
                    "ALL" => {
                        count = None;
                        self.at += 1;
                    }
                    "NEXT" | "FORWARD" | "FROM" | "IN" => self.at += 1,
                    "PRIOR" | "BACKWARD" | "FIRST" | "LAST" | "ABSOLUTE" | "RELATIVE" => return Err(backward()),
                    _ => break,
                },
                _ => break,
            }
        }
        Ok(Request::Fetch { name: self.name().ok_or_else(|| self.wrong())?, count, moving })
    }

    fn copy(&mut self) -> Answered<Request> {
        let query = if matches!(self.peek(), Some(Token::LParen)) {
            let start = self.at + 1;
            let end = self.closing().ok_or_else(|| self.wrong())?;
            let query = self.query_between(start, Some(end))?;
            self.at = end + 1;
            query
        } else {
            let table = self.at;
            while self.peek_word().is_none_or(|word| word != "TO" && word != "FROM") {
                self.at += 1;
                if self.peek().is_none() {
                    return Err(self.wrong());
                }
            }
            if self.peek_word().as_deref() == Some("FROM") {
                return Err(read_only("COPY FROM"));
            }
            self.table_query(table)?
        };
        match self.word().as_deref() {
            Some("TO") => {}
            Some("FROM") => return Err(read_only("COPY FROM")),
            _ => return Err(self.wrong()),
        }
        if !self.skip("STDOUT") {
            return Err(Fault::new(code::FORBIDDEN, "permission denied to COPY to or from a file or a program")
                .hint("COPY … TO STDOUT and psql's \\copy work for everyone."));
        }
        Ok(Request::CopyOut { query, form: self.copy_form()? })
    }

    /// `table (a, b)` as a query.
    fn table_query(&self, start: usize) -> Answered<Box<Query>> {
        let words: Vec<String> =
            self.piece.tokens[start..self.at].iter().map(|token| token.token.to_string()).collect();
        let open = words.iter().position(|word| word == "(");
        let (table, columns) = match open {
            Some(open) => (words[..open].concat(), words[open + 1..words.len().saturating_sub(1)].concat()),
            None => (words.concat(), "*".to_owned()),
        };
        parse(&format!("select {columns} from {table}"))
    }

    fn copy_form(&mut self) -> Answered<CopyForm> {
        let mut form =
            CopyForm { kind: CopyKind::Text, delimiter: b'\t', null: "\\N".to_owned(), header: false, quote: b'"' };
        let (mut delimiter, mut null) = (None, None);
        self.skip("WITH");
        while let Some(word) = self.next_word() {
            match word.as_str() {
                "FORMAT" => {}
                "CSV" => form.kind = CopyKind::Csv,
                "BINARY" => form.kind = CopyKind::Binary,
                "TEXT" | "ENCODING" | "UTF8" | "UTF-8" | "ON" | "TRUE" | "AS" | "FORCE_QUOTE" | "FORCE" => {}
                "HEADER" => form.header = !(self.skip("FALSE") || self.skip("OFF")),
                "DELIMITER" => {
                    self.skip("AS");
                    delimiter = self.quoted();
                }
                "NULL" => {
                    self.skip("AS");
                    null = self.quoted();
                }
                "QUOTE" => {
                    self.skip("AS");
                    form.quote = self.quoted().and_then(|text| text.bytes().next()).unwrap_or(b'"');
                }
                "ESCAPE" => {
                    self.skip("AS");
                    let escape = self.quoted();
                    if escape.is_some_and(|escape| escape != "\"") {
                        return Err(Fault::new(code::UNSUPPORTED, "COPY with another ESCAPE is not supported"));
                    }
                }
                other => {
                    return Err(Fault::new(
                        code::SYNTAX,
                        format!("option \"{}\" not recognized", other.to_lowercase()),
                    ));
                }
            }
        }
        if form.kind == CopyKind::Csv {
            (form.delimiter, form.null) = (b',', String::new());
        }
        if let Some(text) = delimiter {
            form.delimiter =
                *text.as_bytes().first().filter(|_| text.len() == 1).ok_or_else(|| {
                    Fault::new(code::UNSUPPORTED, "COPY delimiter must be a single one-byte character")
                })?;
        }
        form.null = null.unwrap_or(form.null);
        Ok(form)
    }

    fn quoted(&mut self) -> Option<String> {
        let text = match self.peek()? {
            Token::SingleQuotedString(text) => text.clone(),
            Token::EscapedStringLiteral(text) => text.clone(),
            _ => return None,
        };
        self.at += 1;
        Some(text)
    }

    /// The value of a setting, which may be a list; none for DEFAULT.
    fn value(&mut self) -> Option<String> {
        let mut value = String::new();
        for token in &self.piece.tokens[self.at..] {
            match &token.token {
                Token::SingleQuotedString(text) => value += text,
                Token::Word(word) if word.quote_style.is_some() => value += &word.value,
                Token::Comma => value += ", ",
                token => value += &token.to_string(),
            }
        }
        (!value.eq_ignore_ascii_case("default") && !value.is_empty()).then_some(value)
    }

    /// A name that began with `first` and may go on after a point.
    fn dotted(&mut self, first: &str) -> String {
        let mut name = first.to_lowercase();
        while matches!(self.peek(), Some(Token::Period)) {
            self.at += 1;
            name = format!("{name}.{}", self.name().unwrap_or_default());
        }
        name
    }

    fn query_from(&mut self, start: usize) -> Answered<Box<Query>> {
        self.query_between(start, None)
    }

    /// Parses the tokens from `start` to `end` as one query.
    fn query_between(&mut self, start: usize, end: Option<usize>) -> Answered<Box<Query>> {
        let tokens = &self.piece.tokens[start..end.unwrap_or(self.piece.tokens.len())];
        let dialect = PostgreSqlDialect {};
        let mut parser = Parser::new(&dialect).with_tokens_with_locations(tokens.to_vec());
        let query = parser.parse_query().map_err(|error| self.parser_fault(&error, start))?;
        let rest = parser.peek_token();
        if rest.token != Token::EOF {
            let at = tokens.iter().position(|token| token.span == rest.span).map_or(start, |at| at + start);
            self.at = at;
            return Err(self.wrong());
        }
        Ok(query)
    }

    fn parser_fault(&mut self, error: &ParserError, start: usize) -> Fault {
        let text = match error {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.clone(),
            ParserError::RecursionLimitExceeded => return Fault::new("54001", "the statement is nested too deeply"),
        };
        // The parser ends its message with the place: `… at Line: 1, Column: 8`.
        let place = text.rsplit_once(" at Line: ").and_then(|(_, place)| {
            let (line, column) = place.split_once(", Column: ")?;
            Some((line.trim().parse::<u64>().ok()?, column.trim().parse::<u64>().ok()?))
        });
        let found = place.and_then(|(line, column)| {
            let at = |token: &datafusion::sql::sqlparser::tokenizer::TokenWithSpan| {
                (token.span.start.line, token.span.start.column) == (line, column)
            };
            self.piece.tokens.iter().position(at)
        });
        match found {
            Some(at) => {
                self.at = at;
                self.wrong()
            }
            None if text.contains("found: EOF") => {
                self.at = self.piece.tokens.len();
                self.wrong()
            }
            None => {
                self.at = start;
                Fault::new(code::SYNTAX, text)
            }
        }
    }

    /// A syntax error at the present word.
    fn wrong(&self) -> Fault {
        match self.piece.tokens.get(self.at.min(self.piece.tokens.len())) {
            Some(token) => Fault::new(code::SYNTAX, format!("syntax error at or near \"{}\"", token.token))
                .at(self.position_of(self.at)),
            None => Fault::new(code::SYNTAX, "syntax error at end of input")
                .at(self.piece.offset + self.piece.text.chars().count() + 1),
        }
    }

    fn position_of(&self, at: usize) -> Option<usize> {
        let start = self.piece.tokens.first()?.span.start;
        let place = self.piece.tokens.get(at)?.span.start;
        // Places within the piece follow from lines of its own text.
        let mut line = start.line;
        let mut column = start.column;
        for (number, character) in self.piece.text.chars().enumerate() {
            if (line, column) == (place.line, place.column) {
                return Some(self.piece.offset + number + 1);
            }
            if character == '\n' {
                line += 1;
                column = 1;
            } else {
                column += 1;
            }
        }
        None
    }

    fn closing(&self) -> Option<usize> {
        let mut depth = 0;
        for (number, token) in self.piece.tokens.iter().enumerate().skip(self.at) {
            match token.token {
                Token::LParen => depth += 1,
                Token::RParen if depth == 1 => return Some(number),
                Token::RParen => depth -= 1,
                _ => {}
            }
        }
        None
    }

    fn peek(&self) -> Option<&Token> {
        self.piece.tokens.get(self.at).map(|token| &token.token)
    }

    fn peek_word(&self) -> Option<String> {
        match self.peek()? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_uppercase()),
            _ => None,
        }
    }

    fn word(&mut self) -> Option<String> {
        let word = self.peek_word()?;
        self.at += 1;
        Some(word)
    }

    /// The next word, past anything that is none; quoted ones too.
    fn next_word(&mut self) -> Option<String> {
        while let Some(token) = self.peek() {
            let word = match token {
                Token::Word(word) => Some(word.value.to_uppercase()),
                Token::SingleQuotedString(text) => Some(text.to_uppercase()),
                _ => None,
            };
            self.at += 1;
            if word.is_some() {
                return word;
            }
        }
        None
    }

    fn skip(&mut self, wanted: &str) -> bool {
        let found = self.peek_word().as_deref() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// A name: folded to lower case unless it is quoted.
    fn name(&mut self) -> Option<String> {
        let name = match self.peek()? {
            Token::Word(word) if word.quote_style.is_none() => word.value.to_lowercase(),
            Token::Word(word) => word.value.clone(),
            Token::SingleQuotedString(text) => text.clone(),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }
}

/// Parses a query that we wrote.
pub(super) fn parse(sql: &str) -> Answered<Box<Query>> {
    match split(sql)?.as_slice() {
        [piece] => match read(piece)? {
            Request::Query(query) => Ok(query),
            _ => Err(Fault::new(code::SYNTAX, "this is no query")),
        },
        _ => Err(Fault::new(code::SYNTAX, "this is not one query")),
    }
}

fn read_only(word: &str) -> Fault {
    Fault::new(code::READ_ONLY, format!("cannot execute {word} in a read-only transaction"))
        .hint("The marts are made by `peil run`; here they are only read.")
}

fn backward() -> Fault {
    Fault::new("55000", "cursor can only scan forward").hint("Fetch NEXT, FORWARD n or ALL.")
}
