//! A job of the timetable: one file, `schedules/jobs/<job>.yaml`.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use include_dir::{Dir, include_dir};
use peil_warehouse::nearest::did_you_mean;
use peil_warehouse::period::{Period, PeriodType, brussels_day};
use peil_warehouse::{Error, Result};
use serde::Deserialize;
use serde_saphyr::{Location, Spanned};

use super::when::{When, WhenText};

static JOBS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/jobs");

/// Commands that a step may give: those that need nobody at the keyboard.
const COMMANDS: [&str; 10] =
    ["fetch", "run", "ingest", "transform", "marts", "report", "export", "maintain", "releases", "check"];
/// The most that a job may take, in minutes: a day.
const MOST_MINUTES: u32 = 24 * 60;
/// The most times that a run is tried again.
const MOST_RETRIES: usize = 20;

/// What happens with runs that were due while no daemon was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatchUp {
    /// Each is done, the oldest first.
    All,
    /// The latest is done, the others are skipped.
    Latest,
    /// All are skipped.
    None,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobText {
    job: String,
    title_nl: String,
    when: Spanned<WhenText>,
    steps: Vec<Spanned<Vec<String>>>,
    catch_up: CatchUp,
    #[serde(default)]
    retry_minutes: Vec<u32>,
    limit_minutes: Spanned<u32>,
    #[serde(default)]
    publication: bool,
}

/// A job of the timetable.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its name, that of its file.
    pub name: String,
    /// What it is, for people who read Dutch.
    pub title_nl: String,
    /// When it is due.
    pub when: When,
    /// Commands of this program, with their arguments, one after another;
    /// `{previous_quarter}` and the like stand for what the due day makes of
    /// them.
    pub steps: Vec<Vec<String>>,
    /// What happens with runs that were missed.
    pub catch_up: CatchUp,
    /// Minutes to wait before each further attempt; as many attempts more.
    pub retry_minutes: Vec<u32>,
    /// Minutes after which an attempt is ended.
    pub limit_minutes: u32,
    /// Whether it is a day on which figures are published, which others plan
    /// by.
    pub publication: bool,
}

impl Job {
    /// Reads a job; `place` is its file, for what is said of mistakes.
    ///
    /// # Errors
    /// [`Error::Usage`] that says where, what and how to mend it.
    pub fn read(place: &str, text: &str) -> Result<Self> {
        let wrong = |what: String| Error::usage(format!("{place}: {what}"));
        let read: JobText = serde_saphyr::from_str(text).map_err(|error| {
            let line = error.location().map(|location| format!(":{}", location.line())).unwrap_or_default();
            Error::usage(format!("{place}{line}: {}", error.without_snippet()))
        })?;
        let name = place.rsplit('/').next().unwrap_or(place).trim_end_matches(".yaml");
        if read.job != name {
            return Err(wrong(format!("the job is called `{}`: call it `{name}`, as its file", read.job)));
        }
        if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err(wrong(format!("`{name}` is no name: use lower-case letters, digits and _")));
        }
        let at = |location: Location| move |what: String| Error::usage(format!("{place}:{}: {what}", location.line()));
        let when = When::read(&read.when.value).map_err(at(read.when.referenced))?;
        if read.steps.is_empty() {
            return Err(wrong("`steps` is empty: give commands, as `- [run]`".to_owned()));
        }
        for step in &read.steps {
            check_step(&step.value).map_err(at(step.referenced))?;
        }
        let minutes = read.limit_minutes.value;
        if minutes == 0 || minutes > MOST_MINUTES {
            return Err(at(read.limit_minutes.referenced)(format!(
                "`limit_minutes` is a number from 1 to {MOST_MINUTES}"
            )));
        }
        if read.retry_minutes.len() > MOST_RETRIES {
            return Err(wrong(format!("`retry_minutes` has more than {MOST_RETRIES} attempts")));
        }
        Ok(Self {
            name: read.job,
            title_nl: read.title_nl,
            when,
            steps: read.steps.into_iter().map(|step| step.value).collect(),
            catch_up: read.catch_up,
            retry_minutes: read.retry_minutes,
            limit_minutes: minutes,
            publication: read.publication,
        })
    }

    /// The arguments of each step of the run that was due at `due`.
    ///
    /// # Errors
    /// [`Error::Internal`] where a step names what [`Job::read`] refuses.
    pub fn arguments(&self, due: DateTime<Utc>) -> Result<Vec<Vec<String>>> {
        let day = brussels_day(due);
        let fill = |text: &String| fill(text, day).map_err(Error::internal);
        self.steps.iter().map(|step| step.iter().map(fill).collect()).collect()
    }
}

/// The jobs that come with the program, with those of `folder` over them: a
/// file `<job>.yaml` there takes the place of the one here, or adds a job; an
/// empty one takes a job away.
///
/// # Errors
/// [`Error::Usage`] that names the file and what is wrong in it.
pub fn load(folder: Option<&Path>) -> Result<Vec<Job>> {
    let mut texts = std::collections::BTreeMap::new();
    for file in JOBS.files() {
        let name = file.path().to_string_lossy().into_owned();
        let text = file.contents_utf8().ok_or_else(|| Error::usage(format!("jobs/{name} is not UTF-8")))?;
        texts.insert(name.clone(), (format!("jobs/{name}"), text.to_owned()));
    }
    if let Some(folder) = folder {
        let unreadable = |error| Error::usage(format!("the jobs in {} cannot be read: {error}", folder.display()));
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if name.starts_with('.') || !name.ends_with(".yaml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            texts.insert(name.to_owned(), (path.display().to_string(), text));
        }
    }
    let kept = texts.into_values().filter(|(_, text)| !text.trim().is_empty());
    kept.map(|(place, text)| Job::read(&place, &text)).collect()
}

fn check_step(step: &[String]) -> Result<(), String> {
    let Some(command) = step.first() else { return Err("a step is empty: give a command, as `- [run]`".to_owned()) };
    if !COMMANDS.contains(&command.as_str()) {
        return Err(format!("`{command}` is no command of a step{}", did_you_mean(command, COMMANDS)));
    }
    let some_day = NaiveDate::default();
    step.iter().try_for_each(|text| fill(text, some_day).map(drop))
}

/// Puts in what the due day makes of `{…}`.
fn fill(text: &str, day: NaiveDate) -> Result<String, String> {
    const WORDS: [&str; 5] = ["due_day", "previous_day", "previous_quarter", "previous_semester", "previous_year"];
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (word, after) = after.split_once('}').ok_or_else(|| format!("`{text}` has a `{{` without `}}`"))?;
        let previous = |kind| Period::containing(day, kind).previous().to_string();
        filled.push_str(before);
        filled.push_str(&match word {
            "due_day" => day.to_string(),
            "previous_day" => day.pred_opt().unwrap_or(day).to_string(),
            "previous_quarter" => previous(PeriodType::Quarter),
            "previous_semester" => previous(PeriodType::Semester),
            "previous_year" => previous(PeriodType::Year),
            other => return Err(format!("`{{{other}}}` stands for nothing{}", did_you_mean(other, WORDS))),
        });
        rest = after;
    }
    Ok(filled + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "job: nightly\ntitle_nl: Nacht\nwhen: { cron: '30 2 * * *' }\nsteps:\n  - [run]\n  - [report, '{previous_quarter}', --out, 'drafts/{due_day}']\ncatch_up: latest\nretry_minutes: [5, 30]\nlimit_minutes: 120\n";

    #[test]
    fn every_job_that_comes_with_the_program_is_read() {
        let jobs = load(None).unwrap();
        let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
        assert!(names.contains(&"nightly_run") && names.contains(&"semester_report"), "{names:?}");
    }

    #[test]
    fn the_due_day_fills_the_steps() {
        let job = Job::read("jobs/nightly.yaml", GOOD).unwrap();
        // Half an hour after midnight in Brussels is still the day before in UTC.
        let arguments = job.arguments("2022-06-30T22:30:00Z".parse().unwrap()).unwrap();
        assert_eq!(arguments[1], ["report", "2022Q2", "--out", "drafts/2022-07-01"]);
    }

    #[test]
    fn a_file_of_the_users_takes_the_place_of_one_here_or_takes_it_away() {
        let folder = tempfile::tempdir().unwrap();
        let before = load(None).unwrap().len();
        std::fs::write(folder.path().join("nightly.yaml"), GOOD).unwrap();
        std::fs::write(folder.path().join("nightly_run.yaml"), "").unwrap();
        let jobs = load(Some(folder.path())).unwrap();
        assert_eq!(jobs.len(), before);
        assert!(jobs.iter().any(|job| job.name == "nightly") && jobs.iter().all(|job| job.name != "nightly_run"));
    }

    #[test]
    fn mistakes_name_the_file_and_the_remedy() {
        for (from, to, word) in [
            ("job: nightly", "job: other", "call it `nightly`"),
            ("[run]", "[rum]", ":5: `rum` is no command of a step (did you mean `run`"),
            ("[run]", "[sql, drop]", "`sql` is no command"),
            ("{previous_quarter}", "{previous_quartre}", "did you mean `previous_quarter`"),
            ("{previous_quarter}", "{previous_quarter", "without `}`"),
            ("limit_minutes: 120", "limit_minutes: 0", ":9: `limit_minutes` is a number from 1 to 1440"),
            ("30 2 * * *", "61 2 * * *", ":3: the cron pattern"),
            ("catch_up: latest", "catch_up: sometimes", ":7"),
            ("retry_minutes", "retries", "unknown field"),
        ] {
            let error = Job::read("jobs/nightly.yaml", &GOOD.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains("jobs/nightly.yaml") && error.contains(word), "{to}: {error}");
        }
    }
}
