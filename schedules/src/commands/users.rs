//! `peil users`: those who may log in to `peil serve`.

use std::io::{BufRead, IsTerminal};

use peil_marts::service::Users;
use peil_warehouse::{Error, Result};

use crate::cli::{Global, UsersCommand};
use crate::context;
use crate::exit::Exit;
use crate::output::Output;

/// Adds, lists or removes.
///
/// # Errors
/// [`Error::Usage`] where a name or a password cannot be one.
pub fn run(global: &Global, command: &UsersCommand, output: Output) -> Result<Exit> {
    let settings = context::settings(global)?;
    let users = Users::of(&settings.serve.users_file);
    let place = users.path().display().to_string();
    match command {
        UsersCommand::Add { name } => {
            let new = users.add(name, &password(output)?)?;
            output.talk(format!("{name} {} in {place}", if new { "is" } else { "has another password" }));
        }
        UsersCommand::List => {
            let all = users.all()?;
            if output.is_json() {
                output.document(&all.keys().collect::<Vec<_>>())?;
            } else {
                all.keys().for_each(|name| output.line(name));
            }
        }
        UsersCommand::Remove { name } => {
            if !users.remove(name)? {
                let known = users.all()?;
                let near = peil_warehouse::nearest::did_you_mean(name, known.keys().map(String::as_str));
                return Err(Error::usage(format!("there is no user {name} in {place}{near}")));
            }
            output.talk(format!("{name} is no longer in {place}"));
        }
    }
    Ok(Exit::Done)
}

/// The password: a line of standard input, which a terminal does not show.
fn password(output: Output) -> Result<String> {
    let input = std::io::stdin();
    if input.is_terminal() {
        output.talk("password:");
        let hidden = Hidden::begin();
        let mut line = String::new();
        let read = input.lock().read_line(&mut line);
        drop(hidden);
        read?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let mut line = String::new();
    input.lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// A terminal that does not show what is typed, until it goes.
struct Hidden;

impl Hidden {
    fn begin() -> Self {
        stty("-echo");
        Self
    }
}

impl Drop for Hidden {
    fn drop(&mut self) {
        stty("echo");
    }
}

/// Where there is no such program, what is typed is shown.
fn stty(word: &str) {
    let _ = std::process::Command::new("stty").arg(word).stdin(std::process::Stdio::inherit()).status();
}
