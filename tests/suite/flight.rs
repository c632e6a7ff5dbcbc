//! `peil serve` over Arrow Flight SQL, by ADBC's driver where it is installed.

use std::path::Path;
use std::process::Command;

use peil_tests::Site;
use peil_tests::serving::{PASSWORD, Serving, USER, python};

/// Has a client of `tests/data` ask the server.
fn is_content(python: &Path, client: &str, server: &Serving) {
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(client);
    let asked = Command::new(python).arg(client).args(["127.0.0.1", &server.flight, USER, PASSWORD]).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
}

#[test]
fn adbc_reads_the_marts_as_arrow_and_changes_nothing() {
    let Some(python) = python("adbc_driver_flightsql, pyarrow") else { return };
    let server = Serving::start(&Site::published().warehouse(), &[]);
    is_content(&python, "flight_client.py", &server);
    let audit = server.audit();
    let flight = audit.lines().filter(|line| line.contains("\"protocol\":\"flight\""));
    assert!(audit.contains("login of \\\"an\\\""), "{audit}");
    assert!(flight.clone().any(|line| line.contains("\"outcome\":\"ok\"")), "{audit}");
    assert!(flight.into_iter().any(|line| line.contains("drop table") && line.contains("25006")), "{audit}");
}

#[test]
fn without_tls_nobody_from_elsewhere_is_served() {
    let answer = Site::published().peil(&["serve", "--flight", "0.0.0.0:0"]);
    assert_eq!(answer.code, Some(2));
    assert!(answer.stderr.contains("there is no TLS"), "{}", answer.stderr);
}

#[test]
fn what_the_jdbc_driver_sends_is_answered() {
    let Some(python) = python("pyarrow.flight") else { return };
    let server = Serving::start(&Site::published().warehouse(), &[]);
    is_content(&python, "flight_jdbc.py", &server);
}
