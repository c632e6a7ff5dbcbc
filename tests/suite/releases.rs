//! What was published stays, and when a figure changes, someone can say why.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use peil_tests::serving::{PASSWORD, Serving, USER, python};
use peil_tests::{Answer, Site, files_below};
use serde_json::Value;

const AS_OF: [&str; 2] = ["--as-of", "2022-07-31"];

/// A mart whose check always fails.
const FAILING: &str = "/*\nmart: wrong\ngrain: one row\nowner: V-ICT-OR\ndescription: a row that is wrong\n\
    columns:\n  period: a period\norder: [period]\nchecks:\n  - name: never\n    query: select period from marts.wrong\n*/\n\
    select '2022' as period\n";

/// The site with its first semester closed, made once.
fn closed() -> Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    Site::copy_of(SITE.get_or_init(|| {
        let site = site();
        site.run();
        call(&site, 0, &["close", "2022S1"]);
        assert!(revisions(&site).is_empty());
        site
    }))
}

/// The same after everything that can happen to a figure, made once.
fn changed() -> Site {
    static SITE: OnceLock<Site> = OnceLock::new();
    Site::copy_of(SITE.get_or_init(|| {
        let site = closed();
        deliver_changes(&site);
        site.run();
        site
    }))
}

/// Four towns, their master plans and plates, a target; one reference that
/// nobody knows yet.
fn site() -> Site {
    let site = Site::empty();
    let authorities = "nis_code;naam;soort;provincie;geldig_van;geldig_tot;opvolger_nis;inwoners;kbo_nummer\n\
        1;Aalst;gemeente;Oost;1977-01-01;;;10;\n2;Brugge;gemeente;West;1977-01-01;;;20;\n\
        3;Couvin;gemeente;West;1977-01-01;;;30;\n4;Diest;gemeente;Oost;1977-01-01;;;40;\n";
    site.deliver("reference/authorities/2022-01-01.csv", authorities);
    let plans = "masterplan_id;bestuur;gestart_op;vastgesteld_op\nm1;Aalst;2022-01-10;\nm2;Brugge;2022-02-10;\nm3;Koevoet;2022-03-10;\n";
    site.deliver("portal/masterplans/2022-03-31.csv", plans);
    let plates = "plaat_id;bestuur;aangemaakt_op;verwijderd_op\np1;Aalst;2022-01-10;\np2;Brugge;2022-02-10;\np3;Diest;2022-03-10;\n";
    site.deliver("portal/plates/2022-03-31.csv", plates);
    site.deliver(
        "reference/targets/2022-01-01.csv",
        "indicator_id;periode;soort;waarde;bron\nVVG-MP-02;2022Q1;streef;5;plan\n",
    );
    site
}

/// Everything that can happen to a figure at once: a late plan and late plates,
/// a corrected plate, an alias, another target, a merger.
fn deliver_changes(site: &Site) {
    site.deliver(
        "portal/masterplans/2022-05-31.csv",
        "masterplan_id;bestuur;gestart_op;vastgesteld_op\nm4;Diest;2022-03-20;\n",
    );
    let plates = "plaat_id;bestuur;aangemaakt_op;verwijderd_op\np4;Brugge;2022-02-01;\np5;Diest;2022-02-02;\n";
    site.deliver("portal/plates/2022-05-31.csv", plates);
    site.deliver(
        "portal/plates/2022-07-15.csv",
        "plaat_id;bestuur;aangemaakt_op;verwijderd_op\np1;Aalst;2022-07-10;\n",
    );
    site.deliver("reference/aliases/2022-07-15.csv", "alias;nis_code\nKoevoet;3\n");
    site.deliver(
        "reference/targets/2022-07-15.csv",
        "indicator_id;periode;soort;waarde;bron\nVVG-MP-02;2022Q1;streef;4;plan\nVVG-RA-01;2022Q2;streef;;plan\n",
    );
    // Of after the semester: it changes nothing that was published.
    let later = "masterplan_id;bestuur;gestart_op;vastgesteld_op\nm5;Diest;2022-07-05;\n";
    site.deliver("portal/masterplans/2022-07-20.csv", later);
    let authorities = "nis_code;naam;soort;provincie;geldig_van;geldig_tot;opvolger_nis;inwoners;kbo_nummer\n\
        1;Aalst;gemeente;Oost;1977-01-01;2022-01-31;2;10;\n";
    site.deliver("reference/authorities/2022-07-15.csv", authorities);
}

fn call(site: &Site, code: i32, arguments: &[&str]) -> Answer {
    let answer = site.peil(arguments);
    assert_eq!(answer.code, Some(code), "{arguments:?}\n{}\n{}", answer.stdout, answer.stderr);
    answer
}

fn json(site: &Site, code: i32, arguments: &[&str]) -> Value {
    serde_json::from_str(&call(site, code, &[&["--json"], arguments].concat()).stdout).unwrap()
}

/// The revisions, by period, indicator and measure.
fn revisions(site: &Site) -> BTreeMap<(String, String, String), Value> {
    let found = json(site, 0, &["revisions"]);
    let text = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let keyed = found.as_array().unwrap().iter();
    keyed.map(|one| ((text(one, "period"), text(one, "indicator_id"), text(one, "measure")), one.clone())).collect()
}

fn one<'a>(all: &'a BTreeMap<(String, String, String), Value>, period: &str, id: &str, measure: &str) -> &'a Value {
    let key = (period.to_owned(), id.to_owned(), measure.to_owned());
    all.get(&key).unwrap_or_else(|| panic!("{key:?} is not among {:?}", all.keys()))
}

const CAUSES: [&str; 6] = ["definition", "composition", "resolved_names", "target", "late_deliveries", "corrections"];

/// The parts that are not 0.
fn parts(revision: &Value) -> Vec<(&'static str, f64)> {
    CAUSES
        .into_iter()
        .map(|cause| (cause, revision[cause].as_f64().unwrap()))
        .filter(|(_, part)| *part != 0.0)
        .collect()
}

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let name = |file: &Path| file.strip_prefix(folder).unwrap().display().to_string();
    files_below(folder).iter().map(|file| (name(file), std::fs::read(file).unwrap())).collect()
}

fn reports(site: &Site) -> PathBuf {
    site.warehouse().with_file_name("reports")
}

#[test]
fn a_period_is_closed_once_and_only_when_it_can_be() {
    let site = closed();
    let refused = call(&site, 2, &["close", "2022S2"]);
    assert!(
        refused.stderr.contains("2022S2 is not over") && refused.stderr.contains("2022-12-31"),
        "{}",
        refused.stderr
    );
    assert!(call(&site, 2, &["close", "2019"]).stderr.contains("2019"));
    site.deliver(
        "portal/plates/2022-04-30.csv",
        "plaat_id;bestuur;aangemaakt_op;verwijderd_op\np9;Diest;2022-04-10;\n",
    );
    call(&site, 0, &["ingest"]);
    assert!(call(&site, 2, &["close", "2022Q1"]).stderr.contains("peil run --as-of 2022-07-31"));
    let own = site.landing().with_file_name("own");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("wrong.sql"), FAILING).unwrap();
    let failing = site.peil_with(&["run", AS_OF[0], AS_OF[1]], &[("PEIL_MODELS", own.to_str().unwrap())]);
    assert_eq!(failing.code, Some(3), "{}", failing.stderr);
    assert!(call(&site, 2, &["close", "2022Q1"]).stderr.contains("check_failed"));
    site.run();
    let again = call(&site, 2, &["close", "2022S1"]);
    assert!(again.stderr.contains("--reason"), "{}", again.stderr);
    // The power goes while the release is being written: there is none.
    let cut = site.peil_with(&["close", "2022Q1"], &[("PEIL_POWER_CUT_BEFORE_WRITE", "9")]);
    assert_eq!(cut.code, None, "{}", cut.stderr);
    assert_eq!(json(&site, 0, &["releases"]).as_array().unwrap().len(), 1);
    let quarter = json(&site, 0, &["close", "2022Q1"]);
    assert_eq!((quarter["release"].as_str(), quarter["schema"].as_str()), (Some("2022Q1"), Some("release_2022q1")));
    let listed = json(&site, 0, &["releases"]);
    let names: Vec<&str> = listed.as_array().unwrap().iter().map(|one| one["release"].as_str().unwrap()).collect();
    assert_eq!(names, ["2022S1", "2022Q1"]);
    assert_eq!(json(&site, 0, &["releases", "verify", "2022Q1"])[0]["proven"].as_bool(), Some(true));
    assert_eq!(site.value("select count(*) from ops.releases where schema_name = 'release_2022q1'"), "1");
}

#[test]
fn each_change_has_its_part_and_the_parts_add_up() {
    let site = changed();
    let found = revisions(&site);
    // Aalst and Brugge are one since, Koevoet is Couvin, Diest came late.
    let plans = one(&found, "2022Q1", "VVG-MP-02", "value");
    assert_eq!((plans["published_value"].as_f64(), plans["current_value"].as_f64()), (Some(2.0), Some(3.0)));
    assert_eq!(parts(plans), [("composition", -1.0), ("resolved_names", 1.0), ("late_deliveries", 1.0)]);
    let named = [
        "portal/masterplans/2022-05-31.csv",
        "reference/aliases/2022-07-15.csv",
        "reference/authorities/2022-07-15.csv",
    ];
    assert_eq!(plans["deliveries"], serde_json::json!(named));
    // Two plates came late, one turned out to be of July.
    let plates = one(&found, "2022Q2", "VVG-RA-04", "value");
    assert_eq!((plates["published_value"].as_f64(), plates["current_value"].as_f64()), (Some(3.0), Some(4.0)));
    assert_eq!(parts(plates), [("late_deliveries", 2.0), ("corrections", -1.0)]);
    assert_eq!(
        plates["deliveries"],
        serde_json::json!(["portal/plates/2022-05-31.csv", "portal/plates/2022-07-15.csv"])
    );
    let target = one(&found, "2022Q1", "VVG-MP-02", "target");
    assert_eq!(parts(target), [("target", -1.0)]);
    assert_eq!(target["deliveries"], serde_json::json!(["reference/targets/2022-07-15.csv"]));
    let planned = one(&found, "2022Q2", "VVG-RA-01", "planned");
    assert_eq!((planned["published_text"].as_str(), planned["current_text"].as_str()), (None, Some("x")));
    assert_eq!((&planned["causes"], &planned["difference"]), (&serde_json::json!(["target"]), &Value::Null));
    for revision in found.values().filter(|revision| revision["measure"] != "planned") {
        let sum: f64 = CAUSES.iter().map(|cause| revision[cause].as_f64().unwrap()).sum();
        assert_eq!(Some(sum), revision["difference"].as_f64(), "{revision}");
        assert!(!revision["causes"].as_array().unwrap().is_empty(), "{revision}");
    }
    // Every figure that differs is there, and none that does not.
    let differing = "select count(*) from marts.indicator_values n join release_2022s1.indicator_values p \
        using (indicator_id, period) where n.period in ('2022Q1', '2022Q2', '2022S1') and n.value is distinct from p.value";
    let of_values = found.keys().filter(|(.., measure)| measure == "value").count();
    assert_eq!(site.value(differing), of_values.to_string());
    assert_eq!(site.value("select count(*) from ops.revisions where measure = 'value'"), of_values.to_string());
    // A run with nothing new changes nothing of it.
    let before = site.files("ops")["ops/revisions"].clone();
    site.run();
    assert_eq!(site.files("ops")["ops/revisions"], before);

    // The report of the period tells it, beside the one that was published.
    call(&site, 0, &["report", "2022S1", "--format", "html"]);
    let draft = tree(&reports(&site).join("concept/2022S1"));
    let all: String = draft
        .iter()
        .filter(|(name, _)| name.ends_with(".html"))
        .map(|(_, text)| String::from_utf8_lossy(text))
        .collect();
    for word in ["(h)", "late leveringen", "herkende namen", "samenstelling", "ontwerp, niet vrijgegeven"] {
        assert!(all.contains(word), "the draft does not say {word}");
    }
    let wide = call(&site, 0, &["revisions", "2022Q1"]).stdout;
    assert!(wide.contains("late deliveries") && !wide.contains("2022Q2"), "{wide}");
}

#[test]
fn a_changed_definition_is_told_apart_from_changed_data() {
    let site = closed();
    site.deliver(
        "portal/plates/2022-05-31.csv",
        "plaat_id;bestuur;aangemaakt_op;verwijderd_op\np4;Diest;2022-02-01;\np5;Diest;2022-02-02;\n",
    );
    let own = site.landing().with_file_name("own");
    std::fs::create_dir_all(&own).unwrap();
    let built_in = include_str!("../../marts/indicators/vlavirgem/VVG-RA-04.yaml");
    std::fs::write(own.join("VVG-RA-04.yaml"), format!("{built_in}where: authority <> 'Brugge'\n")).unwrap();
    let run = site.peil_with(&["run", "--as-of", "2022-07-31"], &[("PEIL_MODELS", own.to_str().unwrap())]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let found = revisions(&site);
    let plates = one(&found, "2022Q1", "VVG-RA-04", "value");
    assert_eq!(parts(plates), [("definition", -1.0), ("late_deliveries", 2.0)]);
    assert_eq!(json(&site, 0, &["releases", "verify"])[0]["proven"].as_bool(), Some(true));
}

#[test]
fn what_was_published_stays_and_a_further_release_stands_beside_it() {
    let then = closed();
    let site = changed();
    let kept =
        |site: &Site| [site.warehouse().join("releases"), reports(site).join("2022S1")].map(|folder| tree(&folder));
    let before = kept(&then);
    assert!(before[1].keys().any(|name| name == "peil-2022S1.pdf"), "{:?}", before[1].keys());
    call(&site, 0, &["run", AS_OF[0], AS_OF[1], "--full"]);
    call(&site, 0, &["report", "2022S1", "--format", "html"]);
    assert!(kept(&site) == before, "a release or its report was changed");
    assert_eq!(
        site.value(
            "select value from release_2022s1.indicator_values where indicator_id = 'VVG-RA-04' and period = '2022Q1'"
        ),
        "3.0"
    );
    let of_release = [
        "sql",
        "select value from marts.indicator_values where indicator_id = 'VVG-RA-04' and period = '2022Q1'",
        "--format",
        "csv",
        "--release",
        "2022S1",
    ];
    assert_eq!(call(&site, 0, &of_release).stdout, "value\n3.0\n");

    let further = json(&site, 0, &["close", "2022S1", "--reason", "late plates"]);
    assert_eq!(further["release"].as_str(), Some("2022S1-r2"));
    assert!(kept(&site)[1] == before[1], "the report of the first release was changed");
    assert_eq!(site.value("select reason from ops.releases where release = '2022S1-r2'"), "late plates");
    let vintages = "select release, value from ops.vintages where indicator_id = 'VVG-RA-04' and period = '2022Q1' order by release";
    assert_eq!(site.sql(vintages), [["2022S1", "3.0"], ["2022S1-r2", "4.0"]]);
    assert!(revisions(&site).is_empty(), "what was published last is what stands now");
    let report = std::fs::read_to_string(reports(&site).join("2022S1-r2/methode.html")).unwrap();
    assert!(report.contains("Vrijgave 2022S1-r2") && report.contains("portal/plates/2022-07-15.csv"));
    let latest = std::fs::read_to_string(reports(&site).join("latest/index.html")).unwrap();
    assert!(latest.contains("../2022S1-r2/"), "{latest}");

    // As known before the late deliveries: byte for byte what stood then.
    call(&site, 0, &["run", AS_OF[0], AS_OF[1], "--known-on", "2022-03-31"]);
    assert_eq!(site.files("marts"), then.files("marts"));
}

#[test]
fn a_release_is_proven_from_the_deliveries_and_tampering_is_found() {
    let site = changed();
    let proofs = json(&site, 0, &["releases", "verify", "2022S1"]);
    assert_eq!((proofs[0]["proven"].as_bool(), proofs[0]["same_program"].as_bool()), (Some(true), Some(true)));
    // A figure of the release is replaced by one of now.
    let release = site.warehouse().join("releases/2022S1/marts/indicator_values");
    let file = files_below(&release).pop().unwrap();
    let now = &site.files("marts")["marts/indicator_values"][0];
    std::fs::copy(site.warehouse().join("marts/indicator_values").join(now), &file).unwrap();
    let proofs = json(&site, 3, &["releases", "verify"]);
    assert_eq!(proofs[0]["proven"].as_bool(), Some(false));
    assert!(proofs[0]["damaged"][0].as_str().unwrap().ends_with("has been changed"), "{proofs}");
    let examples = proofs[0]["differences"].to_string();
    assert!(examples.contains("indicator_values") && examples.contains("VVG-MP-02"), "{examples}");
    // The report can be put back as it went out.
    let page = reports(&site).join("2022S1/index.html");
    let published = std::fs::read(&page).unwrap();
    std::fs::write(&page, "other").unwrap();
    call(&site, 0, &["releases", "report", "2022S1"]);
    assert_eq!(std::fs::read(&page).unwrap(), published);
    assert!(call(&site, 2, &["releases", "verify", "2023"]).stderr.contains("the releases are 2022S1"));
}

#[test]
fn a_release_is_a_schema_over_each_protocol_and_stays_as_it_was_published() {
    let site = changed();
    let query = "select value from SCHEMA.indicator_values where indicator_id = 'VVG-MP-02' and period = '2022Q1'";
    let (released, now) = (query.replace("SCHEMA", "release_2022s1"), query.replace("SCHEMA", "marts"));
    let values = (site.value(&released), site.value(&now));
    assert_ne!(values.0, values.1, "the late plan counts now, and did not when the period was closed");
    let server = Serving::start(&site.warehouse(), &[("PEIL_SERVE_OPEN_DATA", "true")]);
    let address = "/release_2022s1/indicator_values.csv?columns=value&indicator_id=VVG-MP-02&period=2022Q1";
    let mut stream = std::net::TcpStream::connect(format!("127.0.0.1:{}", server.http)).unwrap();
    let request = format!("GET {address} HTTP/1.0\r\nhost: peil\r\n\r\n");
    std::io::Write::write_all(&mut stream, request.as_bytes()).unwrap();
    let answer = std::io::read_to_string(stream).unwrap();
    assert_eq!(answer.trim_end().lines().last(), Some(values.0.as_str()), "{answer}");
    if let Some((done, text)) = server.psql(PASSWORD, &[&released, &now, "\\dt release_2022s1.*"]) {
        assert!(done, "{text}");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((number(lines[0]), number(lines[1])), (number(&values.0), number(&values.1)));
        assert!(text.contains("release_2022s1|indicator_table"), "{text}");
    }
    if let Some(python) = python("adbc_driver_flightsql, pyarrow") {
        let program = format!(
            "import adbc_driver_flightsql.dbapi as flight\n\
             with flight.connect('grpc://127.0.0.1:{}', db_kwargs={{'username': '{USER}', 'password': '{PASSWORD}'}}) as c:\n \
             with c.cursor() as cursor:\n  cursor.execute({released:?})\n  print(cursor.fetchone()[0])\n",
            server.flight
        );
        let output = Command::new(python).args(["-c", &program]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(number(&String::from_utf8_lossy(&output.stdout)), number(&values.0));
    }
}

fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

#[test]
fn what_is_published_meanwhile_is_seen_whole_or_not_at_all() {
    let site = closed();
    let server = Serving::start(&site.warehouse(), &[]);
    // Two marts that change together.
    let query = "select (select sum(value) from marts.indicator_values where indicator_id = 'VVG-MP-02'), \
        (select sum(value) from marts.indicator_by_authority where indicator_id = 'VVG-MP-02'), \
        (select sum(target) from marts.indicator_values)";
    let Some((done, first)) = server.psql(PASSWORD, &[query]) else { return };
    assert!(done, "{first}");
    let seen = std::thread::scope(|scope| {
        let publishing = scope.spawn(|| {
            deliver_changes(&site);
            site.run_expecting(&["--as-of", "2022-08-31"], 0);
        });
        let mut seen = std::collections::BTreeSet::from([first.clone()]);
        while !publishing.is_finished() {
            let (done, text) = server.psql(PASSWORD, &[query]).unwrap();
            assert!(done, "{text}");
            seen.insert(text);
        }
        seen
    });
    let (_, last) = server.psql(PASSWORD, &[query]).unwrap();
    assert_ne!(first, last);
    let either = std::collections::BTreeSet::from([first, last]);
    assert!(seen.is_subset(&either), "{seen:?} has more than {either:?}");
}
