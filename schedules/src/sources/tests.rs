//! Sources against a server of the test: pages, what is new, what is down.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use peil_warehouse::storage::Storage;

use super::config::Source;
use super::fetch::{Report, fetch};
use super::ledger::Ledger;
use crate::timetable::ledger::Holder;

type Answer = (u16, Vec<(&'static str, String)>, String);

fn page(body: &str) -> Answer {
    (200, Vec::new(), body.to_owned())
}

/// A server that answers as it is told; its address.
async fn serve(answer: impl Fn(&str, &HeaderMap) -> Answer + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    let app = Router::new().fallback(move |uri: Uri, headers: HeaderMap| {
        let answer = Arc::clone(&answer);
        async move {
            let (status, with, body) = answer(&uri.to_string(), &headers);
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = StatusCode::from_u16(status).unwrap();
            for (name, value) in with {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// A landing area and a ledger in a folder that goes with the test.
struct Site {
    folder: tempfile::TempDir,
    landing: Storage,
    ledger: Ledger,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = |name: &str| Storage::open(folder.path().join(name).to_str().unwrap()).unwrap();
        let (landing, ledger) = (open("landing"), Ledger::new(open("warehouse"), Holder::this()));
        Self { folder, landing, ledger }
    }

    async fn fetch(&self, source: &Source) -> Report {
        fetch(source, &self.landing, &self.ledger, false).await.unwrap()
    }

    async fn landed(&self, report: &Report) -> serde_json::Value {
        let content = self.landing.get(report.object.as_ref().unwrap()).await.unwrap();
        serde_json::from_slice(&content).unwrap()
    }
}

fn read(text: &str) -> peil_warehouse::Result<Source> {
    Source::read(Path::new("/etc/peil/sources/register.yaml"), text, &peil_ingest::contracts::embedded().unwrap())
}

fn source(http: &str, rest: &str) -> Source {
    read(&format!("source: register\ndataset: catalogue/standards\nhttp: {http}\nretry_seconds: [0, 0]\n{rest}"))
        .unwrap()
}

#[tokio::test]
async fn pages_are_followed_and_the_same_again_lands_once() {
    let base = serve(|uri, _| match uri {
        "/s" => page(r#"{"items": [{"standaard_id": "a", "n": 1.10}], "next": "/s?page=2"}"#),
        "/s?page=2" => page(r#"{"items": [{"standaard_id": "b"}], "next": null}"#),
        _ => (404, Vec::new(), String::new()),
    })
    .await;
    let (site, source) = (Site::new(), source(&format!("{{ url: '{base}/s' }}"), ""));
    let first = site.fetch(&source).await;
    assert_eq!((first.outcome, first.rows), ("fetched", 2), "{}", first.said);
    let day = peil_warehouse::clock::today();
    assert_eq!(first.object.as_deref(), Some(format!("catalogue/standards/{day}_register_00000001.json").as_str()));
    let content = site.landing.get(first.object.as_ref().unwrap()).await.unwrap();
    assert!(String::from_utf8_lossy(&content).contains("1.10"), "numbers stay as they were written");
    let second = site.fetch(&source).await;
    assert_eq!((second.outcome, second.object), ("unchanged", None));
    let number = |parameter: &str| parameter.rsplit('=').next().unwrap().parse::<u32>().unwrap();
    let base = serve(move |uri, _| match number(uri) {
        1 | 2 => page(&format!(r#"[{{"standaard_id": "{uri}"}}]"#)),
        _ => page("[]"),
    })
    .await;
    let by_number = self::source(&format!("{{ url: '{base}/', paging: {{ page: {{ parameter: p }} }} }}"), "");
    assert_eq!(site.fetch(&by_number).await.rows, 2);
}

#[tokio::test]
async fn only_what_is_new_is_fetched_and_nothing_of_a_moment_is_lost() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let base = serve(move |uri, _| match (seen.fetch_add(1, Ordering::SeqCst), uri) {
        (0, "/?since=2022-01-01") => page(r#"[{"id": 1, "at": "2022-03-01"}, {"id": 2, "at": "2022-04-01"}]"#),
        // The row at the cursor comes again; another of that moment is new.
        (1, "/?since=2022-04-01") => page(r#"[{"id": 2, "at": "2022-04-01"}, {"id": 3, "at": "2022-04-01"}]"#),
        (2, "/?since=2022-04-01") => page(r#"[{"id": 2, "at": "2022-04-01"}, {"id": 3, "at": "2022-04-01"}]"#),
        _ => (400, Vec::new(), String::new()),
    })
    .await;
    let since = "since: { parameter: since, at: /at, first: '2022-01-01' }";
    let (site, source) = (Site::new(), source(&format!("{{ url: '{base}/' }}"), since));
    assert_eq!(site.fetch(&source).await.rows, 2);
    let second = site.fetch(&source).await;
    assert_eq!(second.rows, 1, "{}", second.said);
    assert_eq!(site.landed(&second).await[0]["id"], 3);
    assert_eq!(site.fetch(&source).await.outcome, "unchanged");
    assert_eq!(site.fetch(&source).await.outcome, "failed");
    let standing = site.ledger.standing("register", peil_warehouse::clock::now()).await.unwrap();
    assert_eq!(standing.last.unwrap().place.cursor.as_deref(), Some("2022-04-01"), "a failure loses no place");
}

#[tokio::test]
async fn a_source_that_is_down_is_tried_again_and_told_without_its_secret() {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let base = serve(move |_, headers| match seen.fetch_add(1, Ordering::SeqCst) {
        0 => (503, Vec::new(), String::new()),
        1 => (429, vec![("retry-after", "1".to_owned())], String::new()),
        _ if headers.get("authorization").is_some_and(|value| value == "Bearer hush-hush") => page(r#"[{"id": 1}]"#),
        _ => (401, Vec::new(), String::new()),
    })
    .await;
    let site = Site::new();
    let token = site.folder.path().join("token");
    let auth = format!("{{ url: '{base}/?key=hidden', auth: {{ bearer: {{ file: '{}' }} }} }}", token.display());
    let source = source(&auth, "");
    let report = site.fetch(&source).await;
    assert!(report.outcome == "failed" && report.said.contains("token cannot be read"), "{}", report.said);
    std::fs::write(&token, "hush-hush\n").unwrap();
    let report = site.fetch(&source).await;
    assert_eq!((report.outcome, calls.load(Ordering::SeqCst)), ("fetched", 3), "{}", report.said);
    std::fs::write(&token, "wrong-one\n").unwrap();
    let report = site.fetch(&source).await;
    assert!(report.said.contains("401") && report.said.contains("`auth`"), "{}", report.said);
    assert!(!report.said.contains("hidden") && !report.said.contains("wrong-one"), "{}", report.said);
    let gone = self::source("{ url: 'http://127.0.0.1:9/' }", "");
    assert!(site.fetch(&gone).await.said.contains("cannot be reached"));
}

#[tokio::test]
async fn an_answer_that_is_known_is_not_asked_for_again() {
    let base = serve(|_, headers| {
        if headers.get("if-none-match").is_some_and(|value| value == "\"v1\"") {
            return (304, Vec::new(), String::new());
        }
        (200, vec![("etag", "\"v1\"".to_owned())], r#"[{"id": 1}]"#.to_owned())
    })
    .await;
    let (site, source) = (Site::new(), source(&format!("{{ url: '{base}/' }}"), ""));
    assert_eq!(site.fetch(&source).await.outcome, "fetched");
    for _ in 0..2 {
        let report = site.fetch(&source).await;
        assert_eq!(report.outcome, "unchanged", "{}", report.said);
    }
}

#[tokio::test]
async fn a_register_with_a_form_of_its_own_is_read_by_the_names_of_the_dataset() {
    let body = r#"{"@graph": [{"@id": "https://x/1", "label": [{"@value": "Adres"}], "state": "https://x/Erkend"}]}"#;
    let base = serve(move |_, _| page(body)).await;
    let fields = "fields: { standaard_id: '/@id', naam: '/label/0/@value', status: /state }\nvalues: { status: { 'https://x/Erkend': erkend } }";
    let (site, source) = (Site::new(), source(&format!("{{ url: '{base}/', items: '/@graph' }}"), fields));
    let report = site.fetch(&source).await;
    let expected = serde_json::json!([{ "naam": "Adres", "standaard_id": "https://x/1", "status": "erkend" }]);
    assert_eq!(site.landed(&report).await, expected);
}

#[tokio::test]
async fn what_goes_wrong_takes_nothing() {
    let base = serve(|uri, _| match uri {
        "/loop" => page(r#"{"items": [], "next": "/loop"}"#),
        "/away" => page(r#"{"items": [], "next": "http://127.0.0.2:1/"}"#),
        "/redirect" => (302, vec![("location", "http://127.0.0.2:1/".to_owned())], String::new()),
        "/big" => page(&format!("[\"{}\"]", "x".repeat(2 << 20))),
        "/half" => page(r#"[{"id": 1}, {"#),
        _ => page(r#"{"rows": []}"#),
    })
    .await;
    let site = Site::new();
    for (path, said) in [
        ("loop", "back to one before"),
        ("away", "another host"),
        ("redirect", "another host"),
        ("big", "`limit_megabytes`"),
        ("half", "no JSON (line 1"),
        ("other", "`items`"),
    ] {
        let report = site.fetch(&source(&format!("{{ url: '{base}/{path}' }}"), "limit_megabytes: 1")).await;
        assert!(report.outcome == "failed" && report.said.contains(said), "{path}: {report:?}");
    }
    assert!(site.landing.list("").await.unwrap().is_empty());
}

#[test]
fn mistakes_name_the_file_the_line_and_the_remedy() {
    const GOOD: &str = "source: register\ndataset: catalogue/standards\nhttp:\n  url: https://host/x\n  auth: { bearer: { variable: PEIL_SECRET_X } }\nfields: { naam: /name }\n";
    read(GOOD).unwrap();
    for (from, to, line, word) in [
        ("source: register", "source: other", 1, "call it `register`"),
        ("catalogue/standards", "catalogue/standard", 2, "did you mean `catalogue/standards`"),
        ("catalogue/standards", "portal/plates", 2, "`json`"),
        ("https://host/x", "host/x", 4, "https://"),
        ("https://host/x", "http://host/x", 4, "plain text"),
        ("https://host/x", "https://me:secret@host/x", 4, "`auth: { basic"),
        ("PEIL_SECRET_X", "PEIL_X", 5, "PEIL_SECRET_"),
        ("variable: PEIL_SECRET_X", "", 5, "one place"),
        ("naam", "name", 6, "no column"),
        ("/name", "name.nl", 6, "/name/nl"),
        ("fields", "feilds", 6, "feilds"),
    ] {
        let error = read(&GOOD.replace(from, to)).unwrap_err().to_string();
        let place = format!("register.yaml:{line}: ");
        assert!(error.contains(&place) && error.contains(word) && !error.contains("me:secret"), "{to}: {error}");
    }
}
