//! What an operator does by hand.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use peil_tests::{AS_OF, Site};

/// A plate that nobody delivered before.
const NEW_PLATE: &str = "plaat_id;bestuur;aangemaakt_op;verwijderd_op\nnieuwe-plaat;Gent;2022-06-20;\n";

/// A job that fails until there is something to run on.
const JOB: &str = "job: figures\ntitle_nl: Cijfers\nwhen: { cron: '0 6 * * *' }\nsteps:\n  - [run, --as-of, '2022-07-31']\ncatch_up: latest\nlimit_minutes: 30\n";

/// A timetable of [`JOB`] alone.
fn only_figures() -> tempfile::TempDir {
    let jobs = tempfile::tempdir().unwrap();
    for built_in in ["nightly_run", "quarter_draft", "semester_report", "weekly_check", "retention", "weekly_catalogue"]
    {
        std::fs::write(jobs.path().join(format!("{built_in}.yaml")), "").unwrap();
    }
    std::fs::write(jobs.path().join("figures.yaml"), JOB).unwrap();
    jobs
}

#[test]
fn what_failed_is_made_again_and_what_was_missed_is_filled_in() {
    let site = Site::sample();
    let jobs = only_figures();
    let folder = jobs.path().to_str().unwrap();
    let at = |clock: &'static str| [("PEIL_JOBS", folder), ("PEIL_CLOCK", clock)];
    // The first look begins the timetable; a day later the run is due, and fails.
    assert_eq!(site.peil_with(&["schedule", "run", "--once"], &at("2022-08-01T00:00:00Z")).code, Some(0));
    let plates = site.landing().join("portal/plates");
    let aside = jobs.path().join("key");
    std::fs::rename(site.landing().join(".sample-pseudonym-key"), &aside).unwrap();
    let without = [("PEIL_JOBS", folder), ("PEIL_CLOCK", "2022-08-01T12:00:00Z"), ("PEIL_PSEUDONYM_KEY", "")];
    let failed = site.peil_with(&["schedule", "run", "--once"], &without);
    assert_ne!(failed.code, Some(0), "{}", failed.stderr);
    let told = site.peil_with(&["schedule", "list"], &at("2022-08-01T12:30:00Z"));
    assert!(told.stdout.contains("figures"), "{}", told.stdout);
    std::fs::rename(&aside, site.landing().join(".sample-pseudonym-key")).unwrap();
    assert!(plates.exists());
    let mended = site.peil_with(&["retry"], &at("2022-08-01T13:00:00Z"));
    assert_eq!(mended.code, Some(0), "{}{}", mended.stdout, mended.stderr);
    assert!(
        mended.stdout.contains("figures due 2022-08-01T06:00") && mended.stdout.contains("done"),
        "{}",
        mended.stdout
    );
    let late = site.peil_with(&["status"], &at("2022-08-03T12:00:00Z"));
    assert!(
        late.stdout.contains("figures due 2022-08-03T06:00") && late.stdout.contains("was not made"),
        "{}",
        late.stdout
    );
    let again = site.peil_with(&["retry"], &at("2022-08-01T13:00:00Z"));
    assert!(again.stdout.contains("went through"), "{}", again.stdout);
    // Two days on: the days between are shown first, then made.
    let fill = ["backfill", "figures", "--from", "2022-08-01", "--until", "2022-08-03"];
    let shown = site.peil_with(&fill, &at("2022-08-03T12:00:00Z"));
    assert!(
        shown.stdout.contains("2 due runs would be made") && !shown.stdout.contains("2022-08-01T06"),
        "{}",
        shown.stdout
    );
    let made = site.peil_with(&[&fill[..], &["--yes", "--json"]].concat(), &at("2022-08-03T12:00:00Z"));
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let made: serde_json::Value = serde_json::from_str(&made.stdout).unwrap();
    assert_eq!(made["runs"].as_array().unwrap().len(), 2);
    assert!(site.peil_with(&fill, &at("2022-08-03T12:00:00Z")).stdout.contains("nothing is to be made"));
    let wrong = site.peil_with(&["backfill", "figurs", "--from", "2022-08-01"], &at("2022-08-03T12:00:00Z"));
    assert!(wrong.code == Some(2) && wrong.stderr.contains("figures"), "{}", wrong.stderr);
}

/// A retry that is stopped says so in the ledger at once: the next one makes
/// the run, and waits for nothing.
#[test]
fn a_retry_that_is_stopped_leaves_no_claim() {
    let site = Site::sample();
    let jobs = only_figures();
    let folder = jobs.path().to_str().unwrap();
    let at = |clock: &'static str| [("PEIL_JOBS", folder), ("PEIL_CLOCK", clock)];
    assert_eq!(site.peil_with(&["schedule", "run", "--once"], &at("2022-08-01T00:00:00Z")).code, Some(0));
    let fill = ["backfill", "figures", "--from", "2022-08-01", "--yes"];
    let mut retry = site.command(&fill, &at("2022-08-01T13:00:00Z"));
    let mut retry = retry.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It is at work once the run holds the lock of the warehouse.
    let lock = site.warehouse().join("ops");
    while !lock.exists() && retry.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupted = Command::new("sh").args(["-c", &format!("kill -INT {}", retry.id())]).status().unwrap();
    assert!(interrupted.success());
    let ended = retry.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert!(said.contains("interrupted"), "{said}{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(ended.status.code(), Some(1));
    let made = site.peil_with(&["retry"], &at("2022-08-01T13:00:30Z"));
    assert_eq!(made.code, Some(0), "{}{}", made.stdout, made.stderr);
    assert!(made.stdout.contains("done"), "{}", made.stdout);
}

#[test]
fn the_status_tells_in_a_few_lines_what_is_to_do() {
    let site = Site::published();
    let told = site.peil(&["status"]);
    assert_eq!(told.code, Some(0), "{}", told.stderr);
    let lines: Vec<&str> = told.stdout.lines().collect();
    assert!(lines.len() <= 12, "{}", told.stdout);
    assert!(lines[0].starts_with("ok") && lines[0].contains("as of 2022-07-31"), "{}", told.stdout);
    assert!(lines.iter().all(|line| ["ok", "look", "to do", "nothing"].iter().any(|word| line.starts_with(word))));
    assert!(site.peil(&["status", "--all"]).stdout.lines().count() > 40);
}

/// As the page for operators has it: packed, unpacked elsewhere, proven.
#[test]
fn a_restored_backup_is_proven_and_goes_on() {
    let site = Site::copy_of(Site::published());
    assert_eq!(site.peil(&["close", "2022Q1"]).code, Some(0));
    let before = site.files("marts");
    let tar = |arguments: &[&str], folder: &Path| {
        let output = Command::new("tar").current_dir(folder).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    tar(&["-cf", "backup.tar", "warehouse"], site.folder());
    // What came after the backup is lost with the warehouse, and lies in the landing area.
    site.deliver("portal/plates/2022-07-20.csv", NEW_PLATE);
    site.run();
    let after = site.files("marts");
    std::fs::remove_dir_all(site.warehouse()).unwrap();
    tar(&["-xf", "backup.tar"], site.folder());
    assert_eq!(site.files("marts"), before);
    assert_eq!(site.peil(&["status"]).code, Some(0));
    let proven = site.peil(&["releases", "verify"]);
    assert!(proven.code == Some(0) && proven.stdout.contains("byte for byte"), "{}{}", proven.stdout, proven.stderr);
    site.run();
    assert_eq!(site.files("marts"), after);
}

/// A small file system of its own under a warehouse; gone with the test.
struct Disk(PathBuf);

impl Disk {
    /// None where this user may not make one, with a word.
    fn under(folder: &Path, size: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder);
        if !mount.output().is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no file system can be mounted here");
            return None;
        }
        Some(Self(folder.to_owned()))
    }

    /// Writes until nothing more fits, then gives back so many bytes.
    fn fill(&self, left: usize) {
        let path = self.0.join("filler");
        let mut filler = std::fs::File::create(&path).unwrap();
        while filler.write_all(&[0; 65_536]).is_ok() {}
        let length = filler.metadata().unwrap().len();
        filler.set_len(length.saturating_sub(left as u64)).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}

#[test]
fn on_a_full_disk_a_run_fails_and_what_was_published_stays() {
    let site = Site::sample();
    let Some(disk) = Disk::under(&site.warehouse(), "100m") else { return };
    site.run();
    let before = site.files("marts");
    let plates = "select value from marts.indicator_values where indicator_id = 'VVG-RA-04' and period = '2022Q2'";
    let value = site.value(plates);
    site.deliver("portal/plates/2022-07-20.csv", NEW_PLATE);
    for left in [0, 40_000, 300_000] {
        disk.fill(left);
        let answer = site.peil(&["run", "--as-of", AS_OF]);
        assert_eq!(answer.code, Some(1), "{left}: {}{}", answer.stdout, answer.stderr);
        assert!(answer.stderr.contains("No space left on device"), "{left}: {}", answer.stderr);
        assert_eq!((site.files("marts"), site.value(plates)), (before.clone(), value.clone()), "{left}");
    }
    std::fs::remove_file(site.warehouse().join("filler")).unwrap();
    site.run();
    assert_ne!(site.value(plates), value);
}
