//! A person is erased, the key is rotated: nothing of before is left in any
//! file, and every figure stays.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use peil_tests::{Site, files_below};

use crate::privacy::texts;

const PERSON: &str = "account-geheim-4711";
const OTHER: &str = "account-ander-0815";
const POWER_CUT: &str = "PEIL_POWER_CUT_BEFORE_WRITE";
const AS_OF: [&str; 3] = ["run", "--as-of", "2022-06-30"];

fn users(persons: &[&str], role: &str) -> String {
    let line = |person: &&str| format!("{person};;;Gent;{role};2022-01-01;\n");
    let lines: String = persons.iter().map(line).collect();
    format!("gebruiker_id;naam;email;bestuur;functie;geregistreerd_op;uitgeschreven_op\n{lines}")
}

fn events(persons: &[&str], month: u32) -> String {
    let line = |(number, person): (usize, &&str)| {
        format!(
            "{{\"gebeurtenis_id\":\"e-{month}-{number}\",\"tijdstip\":\"2022-{month:02}-0{}T10:00:00Z\",\"gebruiker_id\":\"{person}\",\"bestuur\":\"Gent\",\"onderdeel\":\"bouwstenen\",\"actie\":\"bekijken\",\"ip\":\"\"}}\n",
            number + 1
        )
    };
    persons.iter().enumerate().map(line).collect()
}

/// Two persons, seen in two runs, so that files of before lie about.
fn site() -> Site {
    static SEEN: OnceLock<Site> = OnceLock::new();
    Site::copy_of(SEEN.get_or_init(seen))
}

fn seen() -> Site {
    let site = Site::empty();
    site.deliver("portal/users/2022-04-30.csv", users(&[PERSON, OTHER], "ambtenaar"));
    site.deliver("portal/events/2022-04.ndjson", events(&[PERSON, OTHER, PERSON], 4));
    assert_eq!(site.peil(&AS_OF).code, Some(0));
    site.deliver("portal/users/2022-05-31.csv", users(&[PERSON, OTHER], "diensthoofd"));
    site.deliver("portal/events/2022-05.ndjson", events(&[OTHER, PERSON], 5));
    assert_eq!(site.peil(&AS_OF).code, Some(0));
    site
}

/// The pseudonym of a person under the key of the tests.
fn pseudonym(person: &str) -> String {
    let site = Site::empty();
    site.deliver("portal/users/2022-04-30.csv", users(&[person], "ambtenaar"));
    assert_eq!(site.peil(&["ingest"]).code, Some(0));
    let is_pseudonym = |text: &String| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let files = files_below(&site.warehouse().join("staged/portal_users"));
    let parquet = files.iter().filter(|file| file.extension().is_some_and(|end| end == "parquet"));
    parquet.flat_map(|file| texts(file)).find(is_pseudonym).expect("a pseudonym")
}

/// The files of the warehouse in which a text stands.
fn files_with(site: &Site, wanted: &str) -> BTreeSet<String> {
    let holds = |file: &std::path::PathBuf| {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(wanted.len()).any(|window| window == wanted.as_bytes())
            || (file.extension().is_some_and(|end| end == "parquet")
                && texts(file).iter().any(|text| text.contains(wanted)))
    };
    files_below(&site.warehouse()).into_iter().filter(holds).map(|file| file.display().to_string()).collect()
}

fn forget(site: &Site, arguments: &[&str], variables: &[(&str, &str)]) -> peil_tests::Answer {
    let names = site.landing().join("../names");
    std::fs::write(&names, format!("{PERSON}\n")).unwrap();
    site.peil_with(&[&["forget", names.to_str().unwrap()], arguments].concat(), variables)
}

fn figures(site: &Site) -> Vec<Vec<String>> {
    site.sql("select period, module, users, events from marts.portal_usage order by period, module")
}

#[test]
fn an_erased_person_is_in_no_file_and_in_every_count() {
    let site = site();
    let (person, other) = (pseudonym(PERSON), pseudonym(OTHER));
    let (marts, before) = (site.files("marts"), figures(&site));
    assert!(before.iter().any(|row| row[2] == "2"), "{before:?}");
    assert!(files_with(&site, &person).len() > 2, "it is there to be erased");
    let asked = forget(&site, &["--json"], &[]);
    assert!(
        asked.stdout.contains("\"portal/users\": 2") && asked.stdout.contains("\"portal/events\": 3"),
        "{}",
        asked.stdout
    );
    assert!(!files_with(&site, &person).is_empty(), "nothing goes before it is said");
    let done = forget(&site, &["--yes"], &[]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(!done.stdout.contains(PERSON) && !done.stderr.contains(PERSON));
    assert_eq!(files_with(&site, &person), BTreeSet::new());
    assert!(!files_with(&site, &other).is_empty(), "the other person stays");
    assert_eq!(site.files("marts"), marts);
    assert_eq!(site.value("select concat(kind, ' ', persons, ' ', \"rows\") from ops.erasures"), "erasure 1 5");
    // The sources may deliver the person again: nobody new is counted.
    site.deliver("portal/users/2022-06-15.csv", users(&[PERSON, OTHER], "directeur"));
    site.deliver("portal/events/2022-05-31.ndjson", events(&[PERSON, OTHER, PERSON, OTHER], 5));
    assert_eq!(site.peil(&AS_OF).code, Some(0));
    assert_eq!(files_with(&site, &person), BTreeSet::new());
    let users_of = |rows: &[Vec<String>]| rows.iter().map(|row| (row[0].clone(), row[2].clone())).collect::<Vec<_>>();
    assert_eq!(users_of(&figures(&site)), users_of(&before));
    // And everything made again from the landing area is the same.
    let now = site.files("marts");
    assert_eq!(site.peil(&[&AS_OF[..], &["--full"]].concat()).code, Some(0));
    assert_eq!(site.files("marts"), now);
    assert!(forget(&site, &["--yes"], &[]).stdout.contains("nothing of them is kept"));
}

#[test]
fn a_person_is_erased_from_files_that_were_put_together() {
    let site = site();
    let person = pseudonym(PERSON);
    for night in 0..70 {
        let day = chrono::NaiveDate::from_yo_opt(2022, 1 + night).unwrap();
        let persons: &[&str] = if night == 40 { &[PERSON, OTHER] } else { &[OTHER] };
        site.deliver(&format!("portal/users/{day}.csv"), users(persons, &format!("functie {night}")));
    }
    assert_eq!(site.peil(&AS_OF).code, Some(0));
    assert!(site.peil(&["maintain", "--keep-hours", "0"]).stdout.contains("put together in 1 bundle"));
    let bundled = files_with(&site, &person);
    assert!(bundled.iter().any(|file| file.contains("bundle-")), "{bundled:?}");
    let marts = site.files("marts");
    assert_eq!(forget(&site, &["--yes"], &[]).code, Some(0));
    assert_eq!(files_with(&site, &person), BTreeSet::new());
    assert_eq!(site.files("marts"), marts);
    assert_eq!(site.peil(&[&AS_OF[..], &["--full"]].concat()).code, Some(0));
    assert_eq!(site.files("marts"), marts);
}

#[test]
fn an_erasure_that_is_cut_off_leaves_the_figures_and_goes_on() {
    let site = site();
    let person = pseudonym(PERSON);
    let marts = site.files("marts");
    let mut cuts = 0;
    for write in (1..).step_by(7) {
        let answer = forget(&site, &["--yes"], &[(POWER_CUT, &write.to_string())]);
        assert_eq!(site.files("marts"), marts, "after a cut before write {write}");
        if answer.code == Some(0) {
            break;
        }
        assert_eq!(answer.code, None, "killed, not failed: {}", answer.stderr);
        cuts += 1;
        assert!(cuts < 100, "it never completes");
    }
    assert!(cuts > 3, "only {cuts} writes were cut");
    assert_eq!(files_with(&site, &person), BTreeSet::new());
}

#[test]
fn a_release_is_proven_after_an_erasure() {
    let site = Site::copy_of(Site::published());
    assert_eq!(site.peil(&["close", "2022Q2"]).code, Some(0));
    let landing = site.landing().join("portal/users");
    let file = std::fs::read_dir(landing).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    let reader = flate(&std::fs::read(file).unwrap());
    let name = reader.lines().nth(1).unwrap().split(';').next().unwrap().to_owned();
    let names = site.landing().join("../names");
    std::fs::write(&names, name).unwrap();
    let done = site.peil(&["forget", names.to_str().unwrap(), "--yes"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stdout.contains("erased"), "{}", done.stdout);
    let proof = site.peil(&["releases", "verify"]);
    assert_eq!(proof.code, Some(0), "{}{}", proof.stdout, proof.stderr);
}

/// The text of a file that may be compressed.
fn flate(bytes: &[u8]) -> String {
    use std::io::Read;
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::MultiGzDecoder::new(bytes).read_to_string(&mut text).unwrap();
    } else {
        text = String::from_utf8(bytes.to_vec()).unwrap();
    }
    text
}

#[test]
fn after_a_rotation_persons_stay_who_they_are_and_the_old_key_makes_none() {
    let site = site();
    let (person, marts) = (pseudonym(PERSON), site.files("marts"));
    let keys = format!("{}\n{}", peil_tests::KEY, "een nieuwe sleutel, lang genoeg");
    let both = [("PEIL_PSEUDONYM_KEY", keys.as_str())];
    let early = site.peil_with(&AS_OF, &both);
    assert_eq!(early.code, Some(2), "a key is not changed in passing");
    assert!(early.stderr.contains("keys rotate"), "{}", early.stderr);
    assert_eq!(site.peil(&["keys", "rotate", "--yes"]).code, Some(2), "there is no new key");
    let done = site.peil_with(&["keys", "rotate", "--yes"], &both);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert_eq!((site.files("marts"), files_with(&site, &person)), (marts, BTreeSet::new()));
    // The old key alone is refused; with both, the same persons are the same.
    assert_eq!(site.peil(&AS_OF).code, Some(2));
    let before = figures(&site);
    site.deliver("portal/users/2022-06-15.csv", users(&[PERSON, OTHER], "directeur"));
    site.deliver("portal/events/2022-05-31.ndjson", events(&[PERSON, OTHER, PERSON, OTHER], 5));
    assert_eq!(site.peil_with(&AS_OF, &both).code, Some(0));
    let users_of = |rows: &[Vec<String>]| rows.iter().map(|row| (row[0].clone(), row[2].clone())).collect::<Vec<_>>();
    assert_eq!(users_of(&figures(&site)), users_of(&before));
    assert_eq!(files_with(&site, &person), BTreeSet::new());
}

#[test]
fn what_is_cleared_away_is_needed_by_nobody() {
    let site = Site::copy_of(Site::published());
    assert_eq!(site.peil(&["close", "2022Q2"]).code, Some(0));
    site.deliver(
        "portal/plates/2022-07-15.csv",
        "plaat_id;bestuur;aangemaakt_op;verwijderd_op\nnieuwe-plaat;Gent;2022-06-20;\n",
    );
    site.run();
    let kept = site.files("marts");
    let told = site.peil(&["maintain", "--keep-hours", "0", "--dry-run", "--json"]);
    assert!(told.stdout.contains("\"removed\": false") && !told.stdout.contains("\"files\": 0,"), "{}", told.stdout);
    assert!(site.peil(&["maintain"]).stdout.contains("0 files removed"), "readers of the last day keep theirs");
    let count = files_below(&site.warehouse()).len();
    let done = site.peil(&["maintain", "--keep-hours", "0"]);
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(files_below(&site.warehouse()).len() < count, "{}", done.stdout);
    assert_eq!(site.files("marts"), kept);
    assert_eq!(site.peil(&["releases", "verify"]).code, Some(0));
    let again = site.run_expecting(&["--as-of", peil_tests::AS_OF, "--full"], 0);
    assert_eq!(site.files("marts"), kept, "{}", again.stdout);
    let former = site.peil(&["run", "--as-of", peil_tests::AS_OF, "--known-on", "2022-07-01"]);
    assert_eq!(former.code, Some(0), "{}", former.stderr);
}
