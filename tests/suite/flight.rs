//! `peil serve` over Arrow Flight SQL, by ADBC's driver where it is installed.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use peil_tests::Site;

const USER: &str = "an";
const PASSWORD: &str = "geheim-genoeg";

/// A server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A Python with ADBC's driver, where there is one.
fn python() -> Option<PathBuf> {
    let named = std::env::var_os("TEST_PYTHON").map(PathBuf::from);
    let python = named.unwrap_or_else(|| PathBuf::from("python3"));
    let ready = Command::new(&python).args(["-c", "import adbc_driver_flightsql, pyarrow"]).output();
    ready.is_ok_and(|output| output.status.success()).then_some(python)
}

fn peil(arguments: &[&str], folder: &std::path::Path) -> Command {
    let mut command = Command::new(peil_tests::program());
    command.args(arguments).arg("--warehouse").arg(Site::published().warehouse()).current_dir(folder);
    command.env("PEIL_SERVE_USERS_FILE", folder.join("users")).env("PEIL_SERVE_AUDIT_FILE", folder.join("audit"));
    command
}

#[test]
fn adbc_reads_the_marts_as_arrow_and_changes_nothing() {
    let Some(python) = python() else {
        eprintln!("skipped: no Python with adbc_driver_flightsql and pyarrow (name one in TEST_PYTHON)");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut adding =
        peil(&["users", "add", USER], folder.path()).stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(adding.wait().unwrap().success());
    let serving = peil(&["serve", "--flight", "127.0.0.1:0"], folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let mut server = Server(serving);
    let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
    let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("Flight SQL at"));
    let line = line.expect("the server says where it listens");
    let port = line.split("127.0.0.1:").nth(1).unwrap().split(',').next().unwrap().to_owned();
    std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/data/flight_client.py"))
        .args(["127.0.0.1", &port, USER, PASSWORD])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let audit = std::fs::read_to_string(folder.path().join("audit")).unwrap();
    let flight = audit.lines().filter(|line| line.contains("\"protocol\":\"flight\""));
    assert!(flight.clone().any(|line| line.contains("\"outcome\":\"ok\"")), "{audit}");
    assert!(flight.into_iter().any(|line| line.contains("drop table") && line.contains("25006")), "{audit}");
}

#[test]
fn without_tls_nobody_from_elsewhere_is_served() {
    let folder = tempfile::tempdir().unwrap();
    let output = peil(&["serve", "--flight", "0.0.0.0:0"], folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no TLS"));
}
