//! `peil serve` for a test: every protocol at ports of its own, one user, an
//! audit log; it ends with the test.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// The user who may log in.
pub const USER: &str = "an";
/// The password of that user.
pub const PASSWORD: &str = "geheim-genoeg";

/// A server that ends with the test.
pub struct Serving {
    child: Child,
    folder: tempfile::TempDir,
    /// The port of the PostgreSQL protocol.
    pub postgres: String,
    /// The port of Arrow Flight SQL.
    pub flight: String,
    /// The port of HTTP.
    pub http: String,
}

impl Serving {
    /// Serves a warehouse, with variables.
    ///
    /// # Panics
    /// Where it does not say where it listens.
    pub fn start(warehouse: &Path, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let command = |arguments: &[&str]| {
            let mut command = Command::new(crate::program());
            command.args(arguments).arg("--warehouse").arg(warehouse).current_dir(folder.path());
            command.env("PEIL_SERVE_USERS_FILE", folder.path().join("users"));
            command.env("PEIL_SERVE_AUDIT_FILE", folder.path().join("audit")).envs(variables.iter().copied());
            command
        };
        let mut adding = command(&["users", "add", USER]);
        let mut adding = adding.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut typed = adding.stdin.take().expect("a way in");
        typed.write_all(format!("{PASSWORD}\n").as_bytes()).expect("a password is read");
        drop(typed);
        assert!(adding.wait().expect("it ends").success());
        let anywhere = "127.0.0.1:0";
        let mut serving = command(&["serve", "--postgres", anywhere, "--flight", anywhere, "--http", anywhere]);
        let mut child = serving.stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("what it says")).lines();
        let mut port = |words: &str| {
            let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains(words));
            let line = line.unwrap_or_else(|| panic!("the server does not say where it listens: {words}"));
            let after = line.split("127.0.0.1:").nth(1).expect("a port");
            after.chars().take_while(char::is_ascii_digit).collect::<String>()
        };
        let (postgres, flight, http) = (port("PostgreSQL protocol at"), port("Flight SQL at"), port("HTTP at"));
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, folder, postgres, flight, http }
    }

    /// The audit log.
    pub fn audit_file(&self) -> PathBuf {
        self.folder.path().join("audit")
    }

    /// What the audit log holds by now.
    ///
    /// # Panics
    /// Where there is none.
    pub fn audit(&self) -> String {
        std::fs::read_to_string(self.audit_file()).expect("an audit log")
    }

    /// What psql gives, and whether it was content; none where it is not
    /// installed, with a word.
    pub fn psql(&self, password: &str, arguments: &[&str]) -> Option<(bool, String)> {
        let output = Command::new("psql")
            .args(["-X", "-A", "-t", "-h", "127.0.0.1", "-p", &self.postgres, "-U", USER, "-d", "peil"])
            .args(["-v", "VERBOSITY=verbose"])
            .args(arguments.iter().flat_map(|command| ["-c", command]))
            .env("PGPASSWORD", password)
            .output();
        let Ok(output) = output else {
            eprintln!("skipped: psql is not installed");
            return None;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        Some((output.status.success(), text))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python that has these modules: the one of `TEST_PYTHON`, or the system's;
/// none where it lacks one, with a word.
pub fn python(modules: &str) -> Option<PathBuf> {
    let python = std::env::var_os("TEST_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let ready = Command::new(&python).args(["-c", &format!("import {modules}")]).output();
    let ready = ready.is_ok_and(|output| output.status.success());
    if !ready {
        eprintln!("skipped: no Python with {modules} (name one in TEST_PYTHON)");
    }
    ready.then_some(python)
}
