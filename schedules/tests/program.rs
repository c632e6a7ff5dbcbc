//! The program starts, says what it can do, and keeps to its exit codes.
//! (That this test exists also makes Cargo build the program for the
//! acceptance suite.)

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not as it must be")]

use std::process::Command;

fn peil(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_peil")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn help_names_every_command() {
    let (code, help, _) = peil(&["--help"]);
    assert_eq!(code, Some(0));
    for command in [
        "demo",
        "init",
        "sample",
        "fetch",
        "run",
        "ingest",
        "transform",
        "marts",
        "report",
        "targets",
        "explain",
        "sql",
        "status",
        "rejected",
        "check",
    ] {
        assert!(help.contains(command), "{command} is not in the help");
        assert_eq!(peil(&[command, "--help"]).0, Some(0), "{command} --help");
    }
}

#[test]
fn wrong_usage_ends_with_2_on_standard_error() {
    for arguments in
        [&["frobnicate"][..], &["run", "--as-of", "gisteren"], &["report"], &["--color", "mauve", "status"]]
    {
        let (code, output, talk) = peil(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {talk}");
        assert!(output.is_empty() && !talk.is_empty(), "{arguments:?}");
    }
}
