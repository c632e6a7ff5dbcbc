//! A PostgreSQL query as a source, against a server of the test.

use peil_tests::Site;
use peil_tests::servers::{Postgres, SECRET};

const TABLE: &str = "create table changes (id text, name text, kind text, state text, added date, removed date, changed timestamptz not null);
create role reader login password 'a-secret-of-the-tests'; grant select on changes to reader;";

fn insert(id: &str, changed: &str) -> String {
    format!(
        "insert into changes values ('{id}', 'Stand\"aard {id}', 'technisch', 'erkende-standaard', '2020-02-01', null, '{changed}');"
    )
}

/// A site whose configuration names a source that asks the server.
fn site(server: &Postgres, query: &str, rest: &str) -> Site {
    let site = Site::empty();
    let sources = site.folder().join("sources");
    std::fs::create_dir_all(&sources).unwrap();
    std::fs::write(
        sources.join("register.yaml"),
        format!(
            "source: register\ndataset: catalogue/standards\npostgres:\n  host: 127.0.0.1\n  port: {}\n  database: postgres\n  user: reader\n  password: {{ variable: PEIL_SECRET_REGISTER }}\n  tls: off\n  query: {query}\n{rest}retry_seconds: []\n",
            server.port
        ),
    )
    .unwrap();
    site
}

const QUERY: &str = "select id as standaard_id, name as naam, kind as soort, state as status, added as opgenomen_op, removed as verwijderd_op, changed from changes;";
const CURSOR: &str = "  cursor: changed\n";

fn fetch(site: &Site, more: &[(&str, &str)]) -> (Option<i32>, serde_json::Value) {
    let sources = site.folder().join("sources");
    let variables = [&[("PEIL_SOURCES", sources.to_str().unwrap()), ("PEIL_SECRET_REGISTER", SECRET)], more].concat();
    let answer = site.peil_with(&["--json", "fetch"], &variables);
    assert!(!answer.stdout.contains(SECRET) && !answer.stderr.contains(SECRET), "{answer:?}");
    let document: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
    (answer.code, document["sources"][0].clone())
}

#[test]
fn what_is_new_in_a_database_is_fetched_once_and_counted_once() {
    let Some(server) = Postgres::start() else { return };
    server.sql(TABLE);
    server.sql(&(insert("a", "2022-03-01 10:00+01") + &insert("b", "2022-04-01 10:00+02")));
    let site = site(&server, QUERY, CURSOR);
    let (code, first) = fetch(&site, &[]);
    assert_eq!((code, &first["outcome"], &first["rows"]), (Some(0), &"fetched".into(), &2.into()), "{first}");
    let landed = std::fs::read_to_string(site.landing().join(first["object"].as_str().unwrap())).unwrap();
    let rows: serde_json::Value = serde_json::from_str(&landed).unwrap();
    assert_eq!(rows[0]["naam"], "Stand\"aard a");
    assert_eq!(rows[0]["changed"], "2022-03-01T09:00:00+00:00");
    assert!(rows[0]["verwijderd_op"].is_null());
    assert_eq!(fetch(&site, &[]).1["outcome"], "unchanged");
    // Another row of the very moment at which the last fetch ended.
    server.sql(&insert("c", "2022-04-01 10:00+02"));
    let (_, tie) = fetch(&site, &[]);
    assert_eq!((&tie["outcome"], &tie["rows"]), (&"fetched".into(), &1.into()), "{tie}");
    // A fetch that is killed once its rows have landed, before it says so.
    server.sql(&insert("d", "2022-05-01 10:00+02"));
    assert_eq!(fetch(&site, &[("PEIL_POWER_CUT_BEFORE_WRITE", "3")]).0, None);
    let (code, again) = fetch(&site, &[]);
    assert_eq!((code, &again["rows"]), (Some(0), &1.into()), "{again}");
    // Two at once: one of them fetches.
    server.sql(&insert("e", "2022-06-01 10:00+02"));
    let both = std::thread::scope(|scope| {
        let at_once = [scope.spawn(|| fetch(&site, &[])), scope.spawn(|| fetch(&site, &[]))];
        at_once.map(|one| one.join().unwrap().1)
    });
    let fetched = both.iter().filter(|report| report["outcome"] == "fetched").count();
    assert_eq!(fetched, 1, "{both:?}");
    site.run();
    let corrections = site.value("select sum(corrections) from ops.deliveries where dataset = 'catalogue/standards'");
    assert_eq!(corrections, "0");
    let accepted = site.value(
        "select sum(accepted) from ops.deliveries where dataset = 'catalogue/standards' and outcome = 'accepted'",
    );
    assert_eq!(accepted, "5", "each row counts once");
}

#[test]
fn values_arrive_digit_for_digit() {
    let Some(server) = Postgres::start() else { return };
    let query = "select 12345678901234567890.1230::numeric as n, 9007199254740993::int8 as i, 0.1::float8 as f, true as b, \
                 date '2022-02-28' as d, timestamptz '2022-03-27 03:00:00.123456+02' as t, timestamp '2022-03-27 03:00:00' as l, \
                 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid as u, null::text as x, E'é\\n\"' as s";
    let site = site(&server, &format!("\"{}\"", query.replace('\\', "\\\\").replace('"', "\\\"")), "");
    server.sql("create role reader login password 'a-secret-of-the-tests'");
    let (_, report) = fetch(&site, &[]);
    assert_eq!(report["outcome"], "fetched", "{report}");
    let landed = std::fs::read_to_string(site.landing().join(report["object"].as_str().unwrap())).unwrap();
    assert_eq!(
        landed,
        "[\n{\"n\":12345678901234567890.1230,\"i\":9007199254740993,\"f\":0.1,\"b\":true,\"d\":\"2022-02-28\",\"t\":\"2022-03-27T01:00:00.123456+00:00\",\"l\":\"2022-03-27T03:00:00\",\"u\":\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\",\"x\":null,\"s\":\"é\\n\\\"\"}\n]\n"
    );
}

#[test]
fn a_database_that_says_no_is_told_with_what_helps() {
    let Some(server) = Postgres::start() else { return };
    server.sql(TABLE);
    server.sql("create function grow() returns int language sql as $$ insert into changes values ('z','z','z','z',now(),null,now()) returning 1 $$");
    server.sql("grant insert on changes to reader");
    for (query, rest, said) in [
        ("select nothing from changes", "", "look at `query`"),
        ("select * from pg_authid", "", "grant the user"),
        ("select grow()", "", "may only read"),
        ("select pg_sleep(30)", "request_seconds: 1\n", "`request_seconds`"),
        ("select 'geheim'::int", "", "does not fit"),
        ("select id, null::date as changed from (values (1)) as v(id)", CURSOR, "`coalesce`"),
        ("select id from changes", CURSOR, "no column `changed`"),
        ("select 1::float8 as changed", CURSOR, "cast it"),
        ("select repeat('x', 3000000)", "limit_megabytes: 1\n", "`limit_megabytes`"),
    ] {
        let site = site(&server, query, rest);
        let (code, report) = fetch(&site, &[]);
        let told = report["said"].as_str().unwrap_or_default();
        assert!(code == Some(3) && told.contains(said) && !told.contains("geheim"), "{query}: {code:?} {report}");
        assert!(peil_tests::files_below(&site.landing()).is_empty(), "{query}");
    }
    let wrong = site(&server, "select 1 as x", "");
    let (code, report) = fetch(&wrong, &[("PEIL_SECRET_REGISTER", "another")]);
    assert!(code == Some(3) && report["said"].as_str().unwrap().contains("`password`"), "{report}");
    // TLS is the default, and a server without it is sent nothing.
    let file = wrong.folder().join("sources/register.yaml");
    let text = std::fs::read_to_string(&file).unwrap().replace("  tls: off\n", "");
    std::fs::write(&file, text).unwrap();
    let (code, report) = fetch(&wrong, &[]);
    assert!(code == Some(3) && report["said"].as_str().unwrap().contains("TLS"), "{report}");
}
