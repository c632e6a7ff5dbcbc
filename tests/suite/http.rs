//! `peil serve --http`: reports, catalogue, tables, health and metrics.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use parquet::file::reader::FileReader;
use peil_tests::Site;
use peil_tests::serving::{PASSWORD, Serving};
use serde_json::Value;

/// `an:geheim-genoeg`, as Basic authentication has it.
const LOGIN: &str = "authorization: Basic YW46Z2VoZWltLWdlbm9lZw==";

/// A server that ends with the test.
struct Server(Serving);

/// An answer.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Server {
    fn start(warehouse: &Path, variables: &[(&str, &str)]) -> Self {
        Self(Serving::start(warehouse, variables))
    }

    fn get(&self, path: &str, headers: &[&str]) -> Answer {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.0.http)).unwrap();
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let request = format!("GET {path} HTTP/1.1\r\nhost: peil\r\nconnection: close\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("an answer has a head");
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut body = bytes[end + 4..].to_vec();
        if head.to_lowercase().contains("transfer-encoding: chunked") {
            body = joined(&body);
        }
        Answer { status, head, body }
    }

    fn data(&self, path: &str) -> Answer {
        self.get(path, &[LOGIN])
    }
}

/// The body of an answer that came in chunks; it ends in one of no bytes.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = chunks.windows(2).position(|two| two == b"\r\n").expect("a chunk says how long it is");
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return body;
        }
        body.extend_from_slice(&chunks[end + 2..end + 2 + length]);
        chunks = &chunks[end + 2 + length + 2..];
    }
}

#[test]
fn tables_are_given_in_three_forms_to_who_may_log_in() {
    let site = Site::published();
    let server = Server::start(&site.warehouse(), &[]);
    let address = "/marts/indicator_values.csv?period=2022Q2&columns=indicator_id,value,target";
    for headers in [&[][..], &["authorization: Basic YW46ZXJnLWZvdXQ="]] {
        let refused = server.get(address, headers);
        assert_eq!(refused.status, 401);
        assert!(refused.header("www-authenticate").unwrap().starts_with("Basic"));
    }
    let refused = server.0.audit();
    assert_eq!(refused.lines().filter(|line| line.contains("login of \\\"an\\\"")).count(), 1, "{refused}");
    let query = "select indicator_id, value, target from marts.indicator_values where period = '2022Q2'";
    let csv = server.data(address);
    assert_eq!((csv.status, csv.header("content-type").unwrap().split(';').next()), (200, Some("text/csv")));
    let mut lines: Vec<Vec<String>> =
        csv.text().lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let mut expected = site.sql(query);
    lines.sort();
    expected.sort();
    assert_eq!(lines.len(), 49);
    assert_eq!(lines, expected);
    let json: Vec<Value> =
        serde_json::from_slice(&server.data(&address.replace(".csv", ".json")).body).expect("an array of objects");
    assert_eq!(json.len(), 49);
    assert!(json.iter().all(|row| row.as_object().unwrap().len() == 3));
    let parquet = server.data("/marts/indicator_values.parquet");
    let file = bytes_reader(parquet.body);
    assert_eq!(
        file.metadata().file_metadata().num_rows().to_string(),
        site.value("select count(*) from marts.indicator_values")
    );
    // What is in the cache is asked for again, and not sent again.
    let known = format!("if-none-match: {}", csv.header("etag").unwrap());
    assert_eq!(server.get(address, &[LOGIN, &known]).status, 304);
    let audit = server.0.audit();
    assert!(audit.contains("\"protocol\":\"http\"") && audit.contains("\"user\":\"an\""));
    assert!(!audit.contains(PASSWORD));
}

fn bytes_reader(body: Vec<u8>) -> parquet::file::reader::SerializedFileReader<bytes::Bytes> {
    parquet::file::reader::SerializedFileReader::new(body.into()).unwrap()
}

#[test]
fn what_is_wrong_with_an_address_is_said() {
    let server = Server::start(&Site::published().warehouse(), &[]);
    for (path, status, words) in [
        ("/marts/indicator_valus.csv", 404, "\"marts.indicator_values\""),
        ("/marts/indicator_values.xls", 404, ".csv, .json or .parquet"),
        ("/marts/budget.csv?yaer=2022", 400, "\"year\""),
        ("/marts/budget.csv?year=x", 400, "no value of the column year"),
        ("/marts/budget.csv?year=2022)%20or%20(1=1", 400, "no value"),
        ("/staged/portal_users.csv", 404, "does not exist"),
        ("/nowhere", 404, "nothing at this address"),
    ] {
        let answer = server.data(path);
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
    }
}

#[test]
fn limits_hold_over_http_too() {
    let server = Server::start(&Site::published().warehouse(), &[("PEIL_SERVE_ROWS", "10")]);
    // Met before the first rows are on their way, so that the answer can say so.
    let answer = server.data("/marts/indicator_values.csv");
    assert!(answer.status == 400 && answer.text().contains("more rows than the server gives"), "{}", answer.text());
    assert_eq!(server.data("/marts/indicator_values.csv?limit=10").status, 200);
}

#[test]
fn marts_are_open_where_the_settings_say_so_and_records_never() {
    let server = Server::start(&Site::published().warehouse(), &[("PEIL_SERVE_OPEN_DATA", "true")]);
    assert_eq!(server.get("/marts/budget.json", &[]).status, 200);
    assert_eq!(server.get("/ops/rejected_rows.json", &[]).status, 401);
}

#[test]
fn reports_and_nothing_else_of_the_disk_are_given() {
    let reports = tempfile::tempdir().unwrap();
    let folder = reports.path().join("reports");
    std::fs::create_dir_all(folder.join("latest")).unwrap();
    std::fs::write(folder.join("latest/index.html"), "<p>nieuw").unwrap();
    std::fs::write(folder.join(".hidden"), "x").unwrap();
    std::fs::write(reports.path().join("peil.toml"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(reports.path().join("peil.toml"), folder.join("link.txt")).unwrap();
    let server = Server::start(&Site::published().warehouse(), &[("PEIL_SERVE_REPORTS", folder.to_str().unwrap())]);
    let page = server.get("/reports/latest/", &[]);
    assert_eq!((page.status, page.text().as_str()), (200, "<p>nieuw"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let known = format!("if-none-match: {}", page.header("etag").unwrap());
    assert_eq!(server.get("/reports/latest/index.html", &[&known]).status, 304);
    assert_eq!(server.get("/reports", &[]).header("location"), Some("/reports/latest/"));
    for path in ["/reports/../peil.toml", "/reports/%2e%2e/peil.toml", "/reports/link.txt", "/reports/.hidden"] {
        let answer = server.get(path, &[]);
        assert!(answer.status == 404 && !answer.text().contains("secret"), "{path}");
    }
}

#[test]
fn health_catalogue_and_counts_are_there() {
    let site = Site::published();
    let server = Server::start(&site.warehouse(), &[]);
    assert_eq!(server.get("/healthz", &[]).status, 200);
    assert_eq!(server.get("/readyz", &[]).status, 200);
    let catalogue: Value = serde_json::from_slice(&server.get("/catalogue.json", &[]).body).unwrap();
    let tables = catalogue["tables"].as_array().unwrap();
    let marts: Vec<&Value> = tables.iter().filter(|table| table["schema"] == "marts").collect();
    assert_eq!(
        marts.len().to_string(),
        site.value("select count(*) from information_schema.tables where table_schema = 'marts'")
    );
    for mart in marts {
        let columns = mart["columns"].as_array().unwrap();
        assert!(
            columns.iter().all(|column| column["description"].as_str().is_some_and(|text| !text.is_empty())),
            "{mart}"
        );
        assert!(mart["examples"].as_array().is_some_and(|examples| !examples.is_empty()), "{mart}");
        assert_eq!(server.data(&format!("{}?limit=1", mart["addresses"]["json"].as_str().unwrap())).status, 200);
    }
    assert!(server.get("/catalogue", &[]).text().contains("indicator_values"));
    assert!(server.get("/", &[]).text().contains("/reports/latest/"));
    let counts = server.get("/metrics", &[]).text();
    for line in ["peil_statements_total{protocol=\"http\",outcome=\"ok\"}", "peil_published_tables", "# EOF"] {
        assert!(counts.contains(line), "{line}\n{counts}");
    }
}

#[test]
fn without_anything_published_it_lives_and_is_not_ready() {
    let site = Site::sample();
    assert_eq!(site.peil(&["ingest"]).code, Some(0));
    let server = Server::start(&site.warehouse(), &[]);
    assert_eq!(server.get("/healthz", &[]).status, 200);
    let ready = server.get("/readyz", &[]);
    assert_eq!((ready.status, ready.text().contains("peil run")), (503, true));
}
