//! What is typed, taken apart into statements and commands of the prompt.

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A query, without its semicolon.
    Query(String),
    /// A command of the prompt, as `\d indicator_values`.
    Command(String),
}

/// Collects lines until a statement is whole.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    buffer: String,
}

/// Where in the text of a statement a character stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Code,
    /// Within quotes of this kind; a doubled one stands for itself.
    Quoted(char),
    LineComment,
    /// Within block comments, so many deep.
    BlockComment(u32),
}

impl Statements {
    /// Adds a line and gives what is whole now. A command is one only where
    /// no statement is under way.
    pub fn push(&mut self, line: &str) -> Vec<Entry> {
        let trimmed = line.trim();
        if self.is_empty() && is_command(trimmed) {
            self.clear();
            return vec![Entry::Command(trimmed.trim_end_matches(';').trim_end().to_owned())];
        }
        self.buffer += line;
        self.buffer.push('\n');
        let (whole, rest) = split(&self.buffer);
        self.buffer = rest;
        whole.into_iter().map(Entry::Query).collect()
    }

    /// What is left where no more lines come: the last statement needs no
    /// semicolon.
    pub fn finish(&mut self) -> Option<Entry> {
        let rest = std::mem::take(&mut self.buffer);
        (!is_blank(&rest)).then(|| Entry::Query(rest.trim().to_owned()))
    }

    /// Whether no statement is under way.
    pub fn is_empty(&self) -> bool {
        self.buffer.trim().is_empty()
    }

    /// Forgets what is under way.
    pub fn clear(&mut self) {
        self.buffer.clear();
    }
}

fn is_command(line: &str) -> bool {
    let word = line.trim_end_matches(';').trim_end();
    line.starts_with('\\') || ["help", "quit", "exit"].iter().any(|command| word.eq_ignore_ascii_case(command))
}

/// The whole statements of a text, and the rest. A semicolon in quotes or in
/// a comment ends nothing.
fn split(text: &str) -> (Vec<String>, String) {
    let mut whole = Vec::new();
    let mut place = Place::Code;
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        place = match (place, character, next) {
            (Place::Code, ';', _) => {
                let statement = text[start..at].trim();
                if !is_blank(statement) {
                    whole.push(statement.to_owned());
                }
                start = at + 1;
                Place::Code
            }
            (Place::Code, '\'' | '"', _) => Place::Quoted(character),
            (Place::Code, '-', Some('-')) => Place::LineComment,
            (Place::Code | Place::BlockComment(_), '/', Some('*')) => {
                characters.next();
                Place::BlockComment(if let Place::BlockComment(depth) = place { depth + 1 } else { 1 })
            }
            (Place::BlockComment(depth), '*', Some('/')) => {
                characters.next();
                if depth == 1 { Place::Code } else { Place::BlockComment(depth - 1) }
            }
            // A doubled quote closes and opens again: the same in the end.
            (Place::Quoted(quote), _, _) if quote == character => Place::Code,
            (Place::LineComment, '\n', _) => Place::Code,
            (place, _, _) => place,
        };
    }
    (whole, text[start..].to_owned())
}

/// Whether nothing but comments is there.
fn is_blank(text: &str) -> bool {
    text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with("--"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Entry {
        Entry::Query(text.to_owned())
    }

    #[test]
    fn a_statement_may_take_several_lines() {
        let mut statements = Statements::default();
        assert_eq!(statements.push("select 1,"), []);
        assert!(!statements.is_empty());
        assert_eq!(statements.push("  2; select 3;"), [query("select 1,\n  2"), query("select 3")]);
        assert!(statements.is_empty());
    }

    #[test]
    fn a_semicolon_in_quotes_or_comments_ends_nothing() {
        let mut statements = Statements::default();
        let line = r#"select 'a;''b', "c;d" /* ; /* ; */ ; */ -- ; it's"#;
        assert_eq!(statements.push(line), []);
        assert_eq!(statements.push(";"), [query(line)]);
    }

    #[test]
    fn commands_stand_alone() {
        let mut statements = Statements::default();
        for (line, command) in [("\\d runs", "\\d runs"), (" \\q ", "\\q"), ("exit;", "exit"), ("HELP", "HELP")] {
            assert_eq!(statements.push(line), [Entry::Command(command.to_owned())]);
        }
        assert_eq!(statements.push("select"), []);
        assert_eq!(statements.push("help"), []);
        assert_eq!(statements.finish(), Some(query("select\nhelp")));
    }

    #[test]
    fn empty_statements_and_comments_are_nothing() {
        let mut statements = Statements::default();
        assert_eq!(statements.push(";; -- a remark"), []);
        assert_eq!(statements.finish(), None);
    }
}
