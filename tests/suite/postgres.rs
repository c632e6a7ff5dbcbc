//! `peil serve` over the PostgreSQL protocol, by the clients that analysts
//! have. What is not installed is skipped, with a word.

use std::path::PathBuf;
use std::process::Command;

use peil_tests::Site;
use peil_tests::serving::{PASSWORD, Serving, USER};

fn start(variables: &[(&str, &str)]) -> Serving {
    Serving::start(&Site::published().warehouse(), variables)
}

#[test]
fn psql_asks_and_is_answered() {
    let server = start(&[]);
    let Some((done, text)) = server.psql(
        PASSWORD,
        &[
            "select count(*) from marts.indicators",
            "\\d+ marts.indicator_values",
            "\\dt+",
            "\\dn",
            "\\l",
            "\\du",
            "\\df",
            "\\dT",
        ],
    ) else {
        return;
    };
    assert!(done && text.starts_with("87\n"), "{text}");
    assert!(text.contains("value divided by target") && text.contains("marts|portal_usage"), "{text}");
    // The query around a derived table may call its columns as PostgreSQL names them.
    let derived = "select \"count\" + max from (select count(*), max(1) from marts.indicators) as found";
    assert_eq!(server.psql(PASSWORD, &[derived]).unwrap(), (true, "88\n".to_owned()));
    let named = "with found as (select lower('A'), count(*), count(*) from indicators) select lower from found";
    assert_eq!(server.psql(PASSWORD, &[named]).unwrap(), (true, "a\n".to_owned()));
    // \copy goes through COPY … TO STDOUT.
    let (done, text) = server
        .psql(PASSWORD, &["\\copy (select indicator_id from indicators order by 1 limit 2) to stdout csv header"])
        .unwrap();
    assert!(done && text.starts_with("indicator_id\n") && text.lines().count() == 3, "{text}");
    for (sql, state) in [
        ("drop table marts.indicators", "25006"),
        ("create table t as select 1", "25006"),
        ("select 1 into t", "25006"),
        ("insert into marts.indicators select * from marts.indicators", "25006"),
        ("copy marts.indicators to '/tmp/peil-never'", "42501"),
        ("copy marts.indicators to program 'cat'", "42501"),
        ("copy marts.indicators from stdin", "25006"),
        ("explain analyze delete from marts.indicators", "25006"),
        ("select * from read_parquet('/etc/passwd')", "42501"),
        ("select pg_read_file('/etc/passwd')", "42501"),
        ("create external table t stored as csv location '/etc/passwd'", "25006"),
        ("set transaction read write", "25006"),
        ("set datafusion.execution.batch_size = 1; select 1 from nosuch", "42P01"),
        ("select valu from marts.indicator_values", "42703"),
        ("select * from marts.indicator_value", "42P01"),
        ("selct 1", "42601"),
    ] {
        let (_, text) = server.psql(PASSWORD, &[sql]).unwrap();
        assert!(text.contains(&format!("ERROR:  {state}")), "{sql}: {text}");
    }
    let (_, text) = server.psql(PASSWORD, &["explain select * from marts.indicators"]).unwrap();
    assert!(!text.contains(".parquet") && text.contains("TableScan"), "{text}");
    let (done, text) = server.psql("another password", &["select 1"]).unwrap();
    assert!(!done && text.contains("password authentication failed"), "{text}");
    let audit = server.audit();
    assert!(
        audit.contains("select count(*) from marts.indicators") && audit.contains("\"outcome\":\"25006\""),
        "{audit}"
    );
}

#[test]
fn limits_hold_while_rows_stream() {
    let server = start(&[("PEIL_SERVE_SECONDS", "2"), ("PEIL_SERVE_ROWS", "1000000")]);
    let endless = "select sum(a * b) from generate_series(1, 10000000) a, generate_series(1, 10000000) b";
    let Some((_, text)) = server.psql(PASSWORD, &[endless]) else { return };
    assert!(text.contains("57014"), "{text}");
    let (_, text) =
        server.psql(PASSWORD, &["\\copy (select n from generate_series(1, 5000000) n) to '/dev/null'"]).unwrap();
    assert!(text.contains("54000") || text.contains("57014"), "{text}");
    let (done, _) = server.psql(PASSWORD, &["select 1"]).unwrap();
    assert!(done);
}

#[test]
fn clients_in_python_read_the_marts() {
    let python = std::env::var_os("TEST_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let server = start(&[]);
    let output = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/data/postgres_clients.py"))
        .args(["127.0.0.1", &server.postgres, USER, PASSWORD])
        .output();
    let asks_with_psycopg =
        |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).contains("psycopg, cancelling: ok");
    if output.as_ref().is_ok_and(asks_with_psycopg) {
        let canceled = server.audit().lines().filter(|line| line.contains("\"outcome\":\"57014\"")).count();
        assert_eq!(canceled, 2, "{}", server.audit());
    }
    let Ok(output) = output else {
        eprintln!("skipped: there is no Python (name one in TEST_PYTHON)");
        return;
    };
    let talk = String::from_utf8_lossy(&output.stdout).into_owned();
    eprintln!("{talk}");
    assert!(output.status.success(), "{talk}{}", String::from_utf8_lossy(&output.stderr));
    let audit = server.audit();
    let missed: Vec<&str> = audit.lines().filter(|line| line.contains("not understood")).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

/// Attaches the marts to DuckDB, and asks them as tables and in words of ours.
const DUCKDB: &str = "
import glob, os, sys, duckdb, duckdb_extension_postgres_scanner as extension
[found] = glob.glob(os.path.dirname(extension.__file__) + '/**/*.duckdb_extension', recursive=True)
duck = duckdb.connect(config={'allow_unsigned_extensions': True})
duck.execute(f\"load '{found}'\")
duck.execute(f\"attach 'host=127.0.0.1 port={sys.argv[1]} dbname=peil user={sys.argv[2]} password={sys.argv[3]}' as peil (type postgres, read_only)\")
ask = lambda text: duck.sql(text).fetchall()
assert ask('select count(*) from peil.marts.indicators') == [(87,)]
assert ask(\"select count(*) from peil.marts.indicator_values where period = '2022Q2' and value is not null\") == [(49,)]
assert ask(\"select * from postgres_query('peil', 'select count(*) from marts.indicators')\") == [(87,)]
assert ask(\"select sum(rows) > 0 from (select count(*) as rows from peil.marts.bus_traffic)\") == [(True,)]
";

#[test]
fn duckdb_attaches_the_marts() {
    let server = start(&[]);
    let python = std::env::var_os("TEST_DUCKDB_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let ready = Command::new(&python).args(["-c", "import duckdb, duckdb_extension_postgres_scanner"]).output();
    if !ready.is_ok_and(|output| output.status.success()) {
        eprintln!(
            "skipped: no Python with duckdb and duckdb-extension-postgres-scanner (name one in TEST_DUCKDB_PYTHON)"
        );
        return;
    }
    let output = Command::new(python).args(["-c", DUCKDB, &server.postgres, USER, PASSWORD]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn pgjdbc_and_what_dbeaver_asks_are_answered() {
    let jar =
        std::env::var_os("TEST_PGJDBC").map_or_else(|| PathBuf::from("/usr/share/java/postgresql.jar"), PathBuf::from);
    let server = start(&[]);
    let output = Command::new("java")
        .arg("-cp")
        .arg(&jar)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/data/Jdbc.java"))
        .args(["127.0.0.1", &server.postgres, USER, PASSWORD])
        .output();
    let Some(output) = output.ok().filter(|_| jar.is_file()) else {
        eprintln!("skipped: no Java, or no pgjdbc at {} (name one in TEST_PGJDBC)", jar.display());
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let audit = server.audit();
    let missed: Vec<&str> = audit.lines().filter(|line| line.contains("not understood")).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn over_tls_a_client_knows_whom_it_talks_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", &path("key"), "-out", &path("crt")])
        .output();
    let other = Command::new("openssl").args(["genrsa", "-traditional", "-out", &path("other")]).output();
    if !(made.is_ok_and(|made| made.status.success()) && other.is_ok_and(|made| made.status.success())) {
        eprintln!("skipped: openssl is not installed");
        return;
    }
    // The same key in the older form is as good; the key of another is not.
    let mut older = Command::new("openssl");
    older.args(["rsa", "-traditional", "-in", &path("key"), "-out", &path("pkcs1")]);
    assert!(older.output().unwrap().status.success());
    let settings = |key: &str| {
        [("PEIL_SERVE_TLS_CERTIFICATE", path("crt")), ("PEIL_SERVE_TLS_KEY", path(key))]
            .map(|(name, value)| (name.to_owned(), value))
    };
    for key in ["key", "pkcs1"] {
        let settings = settings(key);
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let server = start(&settings);
        let ask = |more: &str| {
            let place = format!("host=localhost port={} user={USER} dbname=peil {more}", server.postgres);
            let output = Command::new("psql")
                .args(["-X", "-A", "-t", "-c", "select count(*) from marts.indicators", "-d", &place])
                .env("PGPASSWORD", PASSWORD)
                .output();
            output.map(|output| (output.status.success(), String::from_utf8_lossy(&output.stdout).trim().to_owned()))
        };
        let Ok(answer) = ask(&format!("sslmode=verify-full sslrootcert={}", path("crt"))) else {
            eprintln!("skipped: psql is not installed");
            return;
        };
        assert_eq!(answer, (true, "87".to_owned()));
        assert!(!ask("sslmode=verify-full sslrootcert=/dev/null").unwrap().0);
    }
    let mut command = Command::new(peil_tests::program());
    command.args(["serve", "--postgres", "127.0.0.1:0", "--http", "127.0.0.1:0"]).envs(settings("other"));
    let output = command.arg("--warehouse").arg(Site::published().warehouse()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is not the key of"), "{output:?}");
}

#[test]
fn what_is_not_safe_is_not_served() {
    let site = Site::published();
    for (variables, words) in [
        (vec![("PEIL_SERVE_POSTGRES", "0.0.0.0:0")], "there is no TLS"),
        (vec![("PEIL_SERVE_POSTGRES", "127.0.0.1:0"), ("PEIL_SERVE_TLS_CERTIFICATE", "/nowhere")], "both"),
        (
            vec![
                ("PEIL_SERVE_POSTGRES", "127.0.0.1:0"),
                ("PEIL_SERVE_TLS_CERTIFICATE", "/dev/null"),
                ("PEIL_SERVE_TLS_KEY", "/dev/null"),
            ],
            "is no certificate",
        ),
    ] {
        let answer = site.peil_with(&["serve"], &variables);
        assert_eq!(answer.code, Some(2), "{}", answer.stderr);
        assert!(answer.stderr.contains(words), "{}", answer.stderr);
    }
}
