//! What the program says: data to standard output, talk to standard error.

use std::io::{self, IsTerminal, Write};

use peil_warehouse::Error;
use serde::Serialize;

use crate::cli::ColorChoice;
use crate::exit::Exit;

/// The two streams, and how they are to look.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    quiet: bool,
    color_out: bool,
    color_error: bool,
}

/// The meaning of a coloured word. Colour is never the only sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Worth a look.
    Warning,
    /// Wrong.
    Bad,
    /// Beside the point.
    Dim,
    /// A heading.
    Strong,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Good => "32",
            Self::Warning => "33",
            Self::Bad => "1;31",
            Self::Dim => "2",
            Self::Strong => "1",
        }
    }
}

impl Output {
    /// Output as the global flags ask for it.
    pub fn new(json: bool, quiet: bool, color: ColorChoice) -> Self {
        Self {
            json,
            quiet,
            color_out: wants_color(color, io::stdout().is_terminal()),
            color_error: wants_color(color, io::stderr().is_terminal()),
        }
    }

    /// Whether the output is for a machine.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// Whether talk is left out.
    pub const fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Columns of the terminal on standard output; none where it is none.
    pub fn width(self) -> Option<usize> {
        io::stdout().is_terminal().then(|| comfy_table::Table::new().width().map(usize::from)).flatten()
    }

    /// A word on standard output in its tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        painted(self.color_out, tone, text)
    }

    /// A line of data for people.
    pub fn line(self, text: impl AsRef<str>) {
        let mut writer = self.writer();
        let text = text.as_ref();
        keep(writer.write_all(text.as_bytes()));
        if !text.ends_with('\n') {
            keep(writer.write_all(b"\n"));
        }
    }

    /// A document for machines.
    ///
    /// # Errors
    /// [`Error::Internal`] where the value has no JSON form.
    pub fn document(self, value: &impl Serialize) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(value).map_err(Error::internal)?;
        self.line(text);
        Ok(())
    }

    /// Standard output as a writer of data. Where the reader has gone away it
    /// ends the program, as `head` expects it to.
    pub fn writer(self) -> DataWriter {
        DataWriter(io::stdout())
    }

    /// Talk; left out with `--quiet`.
    pub fn talk(self, text: impl AsRef<str>) {
        if !self.quiet {
            // Nobody can be told that the talk is not heard.
            let _ = writeln!(io::stderr(), "{}", text.as_ref());
        }
    }

    /// A remark on standard error, as `note: …` or `warning: …`; left out with
    /// `--quiet`.
    pub fn remark(self, tone: Tone, label: &str, text: &str) {
        self.talk(format!("{} {text}", painted(self.color_error, tone, &format!("{label}:"))));
    }

    /// Says what went wrong and how to mend it; never left out. Gives how the
    /// program ends.
    pub fn error(self, error: &Error) -> Exit {
        let exit = Exit::from(error);
        let said = Said::new(&error.to_string());
        if self.json {
            let document = serde_json::json!({
                "error": { "kind": kind(error), "message": said.message, "hints": said.hints, "exit_code": exit.code() }
            });
            // The same document also tells standard error why nothing came.
            let _ = self.document(&document);
        }
        let _ = write!(io::stderr(), "{}", said.text(self.color_error));
        exit
    }
}

const fn kind(error: &Error) -> &'static str {
    match error {
        Error::Usage(_) => "usage",
        Error::Source(_) => "source",
        Error::Storage(_) => "storage",
        Error::Internal(_) => "internal",
    }
}

/// An error's text, with what helps to mend it apart.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    message: String,
    hints: Vec<String>,
}

impl Said {
    /// Takes apart a message: lines that begin with `hint: `, and a
    /// `(did you mean …?)` at its end, are hints.
    fn new(text: &str) -> Self {
        let (hints, lines): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with("hint: "));
        let mut message = lines.join("\n");
        let mut hints: Vec<String> = hints.iter().map(|line| line.trim_start_matches("hint: ").to_owned()).collect();
        if message.ends_with("?)")
            && let Some(at) = message.rfind(" (did you mean ")
        {
            hints.insert(0, message[at + 2..message.len() - 1].to_owned());
            message.truncate(at);
        }
        Self { message, hints }
    }

    fn text(&self, color: bool) -> String {
        let mut text = String::new();
        for (number, line) in self.message.lines().enumerate() {
            match number {
                0 => text += &format!("{} {line}\n", painted(color, Tone::Bad, "error:")),
                _ => text += &format!("  {line}\n"),
            }
        }
        for hint in &self.hints {
            text += &format!("{} {hint}\n", painted(color, Tone::Strong, "hint:"));
        }
        text
    }
}

fn wants_color(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal && set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb"),
    }
}

fn painted(color: bool, tone: Tone, text: &str) -> String {
    if color { format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code()) } else { text.to_owned() }
}

/// Standard output; see [`Output::writer`].
#[derive(Debug)]
pub struct DataWriter(io::Stdout);

impl Write for DataWriter {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(keep(self.0.write(buffer)))
    }

    fn flush(&mut self) -> io::Result<()> {
        keep(self.0.flush());
        Ok(())
    }
}

/// The value of a write. Where standard output cannot be written there is
/// nobody left to work for: a reader that went away had enough, and anything
/// else (a full disk) is a failure.
fn keep<T>(written: io::Result<T>) -> T {
    match written {
        Ok(value) => value,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(Exit::Done.code().into()),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: standard output cannot be written: {error}");
            std::process::exit(Exit::Failed.code().into())
        }
    }
}

/// A whole number with its thousands apart, as `1,412,345`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number and its noun, as `1 row` or `1,200 rows`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1000, 1_412_345].map(thousands), ["0", "999", "1,000", "1,412,345"]);
        assert_eq!(counted(1, "row", "rows"), "1 row");
        assert_eq!(counted(0, "row", "rows"), "0 rows");
    }

    #[test]
    fn hints_stand_apart_from_the_message() {
        let said = Said::new("peil.toml: `landng` is no setting (did you mean `landing`?)");
        assert_eq!(said.text(false), "error: peil.toml: `landng` is no setting\nhint: did you mean `landing`?\n");
        let said = Said::new("no pseudonym key\nhint: set PEIL_PSEUDONYM_KEY");
        assert_eq!(said.text(false), "error: no pseudonym key\nhint: set PEIL_PSEUDONYM_KEY\n");
        let said = Said::new("a\nb");
        assert_eq!(said.text(false), "error: a\n  b\n");
    }

    #[test]
    fn color_goes_by_the_flag_first() {
        assert!(wants_color(ColorChoice::Always, false));
        assert!(!wants_color(ColorChoice::Never, true));
        assert!(!wants_color(ColorChoice::Auto, false));
    }
}
