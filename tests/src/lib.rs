//! What the acceptance suite needs: the program as a user starts it, a
//! landing area and a warehouse of its own for each test, and ways to look
//! into both.

#![expect(clippy::expect_used, reason = "a test harness ends at the first thing that is not as it must be")]

pub mod servers;
pub mod serving;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The as-of day on which the sample meets the published table.
pub const AS_OF: &str = "2022-07-31";

/// The key that the tests use for deliveries of their own making.
pub const KEY: &str = "a key of the tests, not of anyone else";

/// The program under test, built beside the suite.
///
/// # Panics
/// Where it was not built: `cargo test --workspace` builds it.
pub fn program() -> PathBuf {
    let suite = std::env::current_exe().expect("the suite knows where it is");
    let target = suite.parent().and_then(Path::parent).expect("a target folder");
    let program = target.join("peil");
    assert!(program.exists(), "{} is not there: run `cargo test --workspace`", program.display());
    program
}

/// Where tests write: in the target folder, swept at each start of the suite,
/// for what all tests share outlives them.
fn scratch() -> &'static Path {
    static SCRATCH: OnceLock<PathBuf> = OnceLock::new();
    SCRATCH.get_or_init(|| {
        let all = program().with_file_name("peil-suite");
        for left in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            // Named by its process: that of a suite at work is left alone.
            if !Path::new("/proc").join(left.file_name()).exists() {
                let _ = std::fs::remove_dir_all(left.path());
            }
        }
        let folder = all.join(std::process::id().to_string());
        std::fs::create_dir_all(&folder).expect("a folder for the tests");
        folder
    })
}

/// A landing area and a warehouse in a folder that goes with the test.
pub struct Site {
    folder: tempfile::TempDir,
}

/// What a call of the program gave.
#[derive(Debug)]
pub struct Answer {
    /// Exit code; none where it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Site {
    /// An empty landing area and a warehouse that is not there yet.
    ///
    /// # Panics
    /// Where the folder cannot be made.
    pub fn empty() -> Self {
        let folder = tempfile::tempdir_in(scratch()).expect("a folder");
        std::fs::create_dir_all(folder.path().join("landing")).expect("a landing area");
        Self { folder }
    }

    /// The clean sample, at the scale of the tests.
    ///
    /// # Panics
    /// Where the sample cannot be copied.
    pub fn sample() -> Self {
        let site = Self::empty();
        copy_tree(sample_folder(), &site.landing());
        site
    }

    /// The sample as published by one run, for tests that only read.
    ///
    /// # Panics
    /// Where the run fails.
    pub fn published() -> &'static Self {
        static SITE: OnceLock<Site> = OnceLock::new();
        SITE.get_or_init(|| {
            let site = Self::sample();
            site.run();
            site
        })
    }

    /// A copy of another site, to go on from.
    ///
    /// # Panics
    /// Where it cannot be copied.
    pub fn copy_of(other: &Self) -> Self {
        let site = Self::empty();
        copy_tree(other.folder.path(), site.folder.path());
        site
    }

    /// The folder of both.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The landing area.
    pub fn landing(&self) -> PathBuf {
        self.folder.path().join("landing")
    }

    /// The warehouse.
    pub fn warehouse(&self) -> PathBuf {
        self.folder.path().join("warehouse")
    }

    /// Writes a delivery, as `portal/plates/2022-03.csv`.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn deliver(&self, object: &str, content: impl AsRef<[u8]>) {
        let path = self.landing().join(object);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a delivery");
    }

    /// Calls the program with `arguments`, on this site.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn peil(&self, arguments: &[&str]) -> Answer {
        self.peil_with(arguments, &[])
    }

    /// As [`Site::peil`], with variables.
    ///
    /// # Panics
    /// Where the program cannot be started.
    pub fn peil_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Answer {
        Answer::of(self.command(arguments, variables).output().expect("the program starts"))
    }

    /// The call of the program on this site, to be started.
    pub fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(program());
        command.current_dir(self.folder.path()).env_remove("PEIL_CLOCK");
        if !self.landing().join(".sample-pseudonym-key").exists() {
            command.env("PEIL_PSEUDONYM_KEY", KEY);
        }
        command.envs(variables.iter().copied());
        command.arg("--landing").arg(self.landing()).arg("--warehouse").arg(self.warehouse()).args(arguments);
        command
    }

    /// Runs the pipeline as of [`AS_OF`] and demands exit code 0.
    ///
    /// # Panics
    /// Where the run fails.
    pub fn run(&self) -> Answer {
        self.run_expecting(&["--as-of", AS_OF], 0)
    }

    /// Runs the pipeline and demands an exit code.
    ///
    /// # Panics
    /// Where it is another.
    pub fn run_expecting(&self, arguments: &[&str], code: i32) -> Answer {
        let arguments = [&["run"], arguments].concat();
        let answer = self.peil(&arguments);
        assert_eq!(answer.code, Some(code), "{arguments:?}\n{}\n{}", answer.stdout, answer.stderr);
        answer
    }

    /// The rows of a query, each a list of texts; the header left out.
    ///
    /// # Panics
    /// Where the query fails.
    pub fn sql(&self, query: &str) -> Vec<Vec<String>> {
        let answer = self.peil(&["sql", query, "--format", "csv"]);
        assert_eq!(answer.code, Some(0), "{query}\n{}", answer.stderr);
        let mut reader = csv::Reader::from_reader(answer.stdout.as_bytes());
        let record =
            |record: Result<csv::StringRecord, csv::Error>| record.expect("CSV").iter().map(str::to_owned).collect();
        reader.records().map(record).collect()
    }

    /// The single value of a query.
    ///
    /// # Panics
    /// Where it gives no single value.
    pub fn value(&self, query: &str) -> String {
        let rows = self.sql(query);
        assert!(rows.len() == 1 && rows[0].len() == 1, "{query} gave {rows:?}");
        rows[0][0].clone()
    }

    /// Every data file of the published tables of a layer, by table: names are
    /// made from content, so equal lists are equal bytes.
    ///
    /// # Panics
    /// Where there is no published state.
    pub fn files(&self, layer: &str) -> BTreeMap<String, Vec<String>> {
        let pointer = std::fs::read(self.warehouse().join("published.json")).expect("a published state");
        let pointer: serde_json::Value = serde_json::from_slice(&pointer).expect("JSON");
        let tables = pointer["tables"].as_object().expect("tables");
        let of_layer = tables.iter().filter(|(name, _)| name.starts_with(&format!("{layer}/")));
        of_layer
            .map(|(name, state)| {
                let files = state["files"].as_array().expect("files").iter();
                let mut files: Vec<String> =
                    files.map(|file| file["path"].as_str().expect("a path").to_owned()).collect();
                files.sort();
                (name.clone(), files)
            })
            .collect()
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The clean sample, written once for all tests.
///
/// # Panics
/// Where it cannot be written.
pub fn sample_folder() -> &'static Path {
    static SAMPLE: OnceLock<tempfile::TempDir> = OnceLock::new();
    SAMPLE.get_or_init(|| write_sample(&["--scale", "0.005"])).path()
}

/// Writes a sample with `flags` into a folder that goes with the handle.
///
/// # Panics
/// Where it cannot be written.
pub fn write_sample(flags: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir_in(scratch()).expect("a folder");
    let mut command = Command::new(program());
    command.arg("sample").arg(folder.path()).args(flags).arg("--quiet");
    let answer = Answer::of(command.output().expect("the program starts"));
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    folder
}

/// Copies a folder with all that is in it.
///
/// # Panics
/// Where something cannot be copied.
pub fn copy_tree(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// All files below a folder, sorted.
///
/// # Panics
/// Where the folder cannot be read.
pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
