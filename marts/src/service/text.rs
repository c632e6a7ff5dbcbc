//! The text of a request, taken apart into statements that know where they
//! stand.

use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Tokenizer};

use super::fault::{Answered, Fault, code};

/// One statement of a text.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The statement without its semicolon.
    pub text: String,
    /// Characters of the whole text before it.
    pub offset: usize,
    /// Its words, without spaces and comments; places are those of the whole
    /// text.
    pub tokens: Vec<TokenWithSpan>,
}

/// Takes a text apart at its semicolons.
///
/// # Errors
/// [`code::SYNTAX`] where a quote or a comment does not end.
pub fn split(sql: &str) -> Answered<Vec<Piece>> {
    let places = Places::new(sql);
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize_with_location().map_err(|error| {
        Fault::new(code::SYNTAX, error.message.clone()).at(places.character(error.location).map(|at| at + 1))
    })?;
    let mut pieces = Vec::new();
    let mut current: Vec<TokenWithSpan> = Vec::new();
    for token in tokens {
        match &token.token {
            Token::Whitespace(_) => {}
            Token::SemiColon => places.close(&mut current, Some(&token), &mut pieces),
            Token::EOF => {}
            _ => current.push(token),
        }
    }
    places.close(&mut current, None, &mut pieces);
    Ok(pieces)
}

/// Where in a text the line and column of the tokenizer are.
pub struct Places<'a> {
    text: &'a str,
    /// The byte of each character, and the length of the text.
    bytes: Vec<usize>,
    /// The first character of each line.
    lines: Vec<usize>,
}

impl<'a> Places<'a> {
    /// Reads a text.
    pub fn new(text: &'a str) -> Self {
        let mut lines = vec![0];
        let mut bytes = Vec::with_capacity(text.len() + 1);
        for (number, (byte, character)) in text.char_indices().enumerate() {
            bytes.push(byte);
            if character == '\n' {
                lines.push(number + 1);
            }
        }
        bytes.push(text.len());
        Self { text, bytes, lines }
    }

    /// The character at a location, from 0; none of a location that is none.
    pub fn character(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        Some((self.lines.get(line)? + column).min(self.bytes.len() - 1))
    }

    /// The place of a span, from 1, as PostgreSQL counts.
    pub fn position(&self, span: Span) -> Option<usize> {
        self.character(span.start).map(|at| at + 1)
    }

    fn close(&self, current: &mut Vec<TokenWithSpan>, end: Option<&TokenWithSpan>, pieces: &mut Vec<Piece>) {
        let tokens = std::mem::take(current);
        let Some(start) = tokens.first().and_then(|token| self.character(token.span.start)) else { return };
        let end = end.and_then(|token| self.character(token.span.start)).unwrap_or(self.bytes.len() - 1);
        let text = self.text[self.bytes[start]..self.bytes[end]].trim_end().to_owned();
        pieces.push(Piece { text, offset: start, tokens });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_know_where_they_stand() {
        let pieces = split("select 1;;\n -- no\n select ';é' ; ").unwrap();
        let texts: Vec<(&str, usize)> = pieces.iter().map(|piece| (piece.text.as_str(), piece.offset)).collect();
        assert_eq!(texts, [("select 1", 0), ("select ';é'", 19)]);
        assert!(split(" ; -- x").unwrap().is_empty());
        assert_eq!(split("select 'open").unwrap_err().code, code::SYNTAX);
    }
}
