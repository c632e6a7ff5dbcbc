//! When a job is due: by a cron pattern, on a working day of each period, or
//! on given days; always in Brussels time.

use std::str::FromStr;

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, SubsecRound, TimeZone, Utc};
use chrono_tz::Europe::Brussels;
use croner::Cron;
use peil_warehouse::period::{Period, PeriodType};
use serde::Deserialize;

use super::calendar;

/// Months that are looked ahead for the next working day of a period: a year,
/// and a period more.
const HORIZON_MONTHS: u32 = 24;

/// When a job is due, as its file says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct WhenText {
    /// A cron pattern of five fields, in Brussels time.
    cron: Option<String>,
    /// The n-th working day of the periods that `of` names.
    working_day: Option<u32>,
    /// `month`, `quarter`, `semester` or `year`.
    of: Option<String>,
    /// Given days.
    days: Option<Vec<NaiveDate>>,
    /// The time of the day in Brussels, as `06:30`, of working and given days.
    at: Option<String>,
}

/// When a job is due.
#[derive(Debug, Clone)]
pub enum When {
    /// At each moment that a cron pattern names.
    Cron(Box<Cron>),
    /// On the n-th working day of each period of a kind.
    WorkingDay {
        /// Which working day, from 1.
        number: u32,
        /// Of which periods.
        of: Span,
        /// At what time in Brussels.
        at: NaiveTime,
    },
    /// On given days, in their order.
    Days {
        /// The days.
        days: Vec<NaiveDate>,
        /// At what time in Brussels.
        at: NaiveTime,
    },
}

/// Periods of which a working day is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Each month.
    Month,
    /// Each quarter, semester or year.
    Period(PeriodType),
}

impl Span {
    /// The first day of the period that holds `day`.
    fn start(self, day: NaiveDate) -> Option<NaiveDate> {
        use chrono::Datelike;
        match self {
            Self::Month => day.with_day(1),
            Self::Period(kind) => Some(Period::containing(day, kind).first_day()),
        }
    }

    const fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Period(PeriodType::Quarter) => 3,
            Self::Period(PeriodType::Semester) => 6,
            Self::Period(PeriodType::Year) => 12,
        }
    }
}

impl When {
    /// Reads what a job's file says; what is wrong, in words that name the
    /// key.
    ///
    /// # Errors
    /// What is wrong, and how to mend it.
    pub fn read(text: &WhenText) -> Result<Self, String> {
        match (&text.cron, text.working_day, &text.days) {
            (Some(pattern), None, None) => {
                if text.of.is_some() || text.at.is_some() {
                    return Err("`when.cron` tells the time by itself: leave out `of` and `at`".to_owned());
                }
                cron(pattern).map(|cron| Self::Cron(Box::new(cron)))
            }
            (None, Some(number @ 1..=60), None) => {
                let of = text.of.as_deref().ok_or("`when.working_day` needs `of`: month, quarter, semester or year")?;
                Ok(Self::WorkingDay { number, of: span(of)?, at: time(text.at.as_deref())? })
            }
            (None, Some(_), None) => Err("`when.working_day` is a number from 1 to 60".to_owned()),
            (None, None, Some(days)) if !days.is_empty() && text.of.is_none() => {
                let mut days = days.clone();
                days.sort_unstable();
                days.dedup();
                Ok(Self::Days { days, at: time(text.at.as_deref())? })
            }
            _ => {
                Err("`when` holds one of `cron`, `working_day` (with `of` and `at`) and `days` (with `at`)".to_owned())
            }
        }
    }

    /// The first due moment after `moment`; none where there is none.
    pub fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => {
                // A fraction of a second would be carried into what follows.
                let local = moment.trunc_subsecs(0).with_timezone(&Brussels);
                Some(cron.find_next_occurrence(&local, false).ok()?.with_timezone(&Utc)).filter(|next| *next > moment)
            }
            Self::WorkingDay { number, of, at } => {
                let today = moment.with_timezone(&Brussels).date_naive();
                // A late working day of a short period may lie in the next one.
                let first = of.start(today.checked_sub_months(Months::new(of.months()))?)?;
                let starts = (0..=HORIZON_MONTHS / of.months() + 1)
                    .map_while(|step| first.checked_add_months(Months::new(step * of.months())));
                starts
                    .filter_map(|start| calendar::working_day(start, *number))
                    .filter_map(|day| moment_of(day, *at))
                    .find(|due| *due > moment)
            }
            Self::Days { days, at } => days.iter().filter_map(|day| moment_of(*day, *at)).find(|due| *due > moment),
        }
    }

    /// The due moments after `from`, up to and including `until`.
    pub fn between(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let first = self.next_after(from);
        std::iter::successors(first, |due| self.next_after(*due)).take_while(move |due| *due <= until)
    }
}

fn cron(pattern: &str) -> Result<Cron, String> {
    if pattern.split_whitespace().count() != 5 {
        return Err(format!(
            "the cron pattern `{pattern}` has {} fields: give minute, hour, day, month and weekday, as `30 2 * * *`",
            pattern.split_whitespace().count()
        ));
    }
    Cron::from_str(pattern).map_err(|error| format!("the cron pattern `{pattern}` is not understood: {error}"))
}

fn span(text: &str) -> Result<Span, String> {
    match text {
        "month" => Ok(Span::Month),
        "quarter" => Ok(Span::Period(PeriodType::Quarter)),
        "semester" => Ok(Span::Period(PeriodType::Semester)),
        "year" => Ok(Span::Period(PeriodType::Year)),
        other => Err(format!("`when.of` is month, quarter, semester or year, not `{other}`")),
    }
}

fn time(text: Option<&str>) -> Result<NaiveTime, String> {
    let text = text.ok_or("`when.at` is missing: give the time in Brussels, as `06:30`")?;
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| format!("`when.at` is a time as `06:30`, not `{text}`"))
}

/// A local time as a moment: the first of two, and of a time that the clock
/// skips the moment at which it went on.
fn moment_of(day: NaiveDate, at: NaiveTime) -> Option<DateTime<Utc>> {
    let local = day.and_time(at);
    let exact = Brussels.from_local_datetime(&local).earliest();
    let skipped = || Brussels.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest();
    let moment = exact.or_else(skipped).or_else(|| {
        Brussels.from_local_datetime(&day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN)).earliest()
    });
    moment.map(|moment| moment.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn when(yaml: &str) -> Result<When, String> {
        When::read(&serde_saphyr::from_str::<WhenText>(yaml).map_err(|error| error.to_string())?)
    }

    fn days(when: &When, from: &str, count: usize) -> Vec<String> {
        let mut at = moment(from);
        let mut found = Vec::new();
        for _ in 0..count {
            at = when.next_after(at).unwrap();
            found.push(at.with_timezone(&Brussels).format("%Y-%m-%d %H:%M %z").to_string());
        }
        found
    }

    #[test]
    fn a_due_moment_has_no_fraction_of_a_second() {
        let nightly = when("cron: '30 6 * * *'").unwrap();
        let next = |from: &str| nightly.next_after(moment(from)).unwrap();
        assert_eq!(next("2022-07-01T04:29:59.7Z"), moment("2022-07-01T04:30:00Z"));
        assert_eq!(next("2022-07-01T04:30:00.2Z"), moment("2022-07-02T04:30:00Z"));
    }

    #[test]
    fn a_cron_pattern_is_in_brussels_time_through_the_changes_of_the_clock() {
        let nightly = when("cron: '30 6 * * *'").unwrap();
        assert_eq!(
            days(&nightly, "2022-03-26T00:00:00Z", 3),
            ["2022-03-26 06:30 +0100", "2022-03-27 06:30 +0200", "2022-03-28 06:30 +0200"]
        );
        let in_the_gap = when("cron: '30 2 * * *'").unwrap();
        let spring: Vec<_> =
            in_the_gap.between(moment("2022-03-26T12:00:00Z"), moment("2022-03-28T12:00:00Z")).collect();
        assert_eq!(spring.len(), 2, "{spring:?}");
        let autumn: Vec<_> =
            in_the_gap.between(moment("2022-10-29T12:00:00Z"), moment("2022-10-31T12:00:00Z")).collect();
        assert_eq!(autumn.len(), 2, "{autumn:?}");
    }

    #[test]
    fn the_third_working_day_of_each_quarter() {
        let draft = when("working_day: 3\nof: quarter\nat: '06:00'").unwrap();
        assert_eq!(
            days(&draft, "2022-01-05T06:00:00Z", 3),
            ["2022-04-05 06:00 +0200", "2022-07-05 06:00 +0200", "2022-10-05 06:00 +0200"]
        );
        assert_eq!(days(&draft, "2022-01-05T04:59:59Z", 1), ["2022-01-05 06:00 +0100"]);
    }

    #[test]
    fn a_late_working_day_lies_in_the_next_month() {
        let late = when("working_day: 25\nof: month\nat: '08:00'").unwrap();
        // February 2022 has twenty working days: the 25th is 7 March.
        assert_eq!(days(&late, "2022-03-01T00:00:00Z", 1), ["2022-03-07 08:00 +0100"]);
    }

    #[test]
    fn given_days_end() {
        let published = when("days: [2022-09-30, 2022-03-31]\nat: '10:00'").unwrap();
        assert_eq!(days(&published, "2022-01-01T00:00:00Z", 2), ["2022-03-31 10:00 +0200", "2022-09-30 10:00 +0200"]);
        assert_eq!(published.next_after(moment("2022-09-30T08:00:00Z")), None);
    }

    #[test]
    fn what_is_wrong_is_told() {
        for (yaml, word) in [
            ("cron: '30 2 * *'", "4 fields"),
            ("cron: '61 2 * * *'", "not understood"),
            ("working_day: 3\nat: '06:00'", "`of`"),
            ("working_day: 3\nof: week\nat: '06:00'", "`week`"),
            ("working_day: 0\nof: month\nat: '06:00'", "from 1"),
            ("days: [2022-09-30]", "`when.at` is missing"),
            ("days: [2022-09-30]\nat: '25:00'", "`25:00`"),
            ("at: '06:00'", "one of"),
        ] {
            let error = when(yaml).unwrap_err();
            assert!(error.contains(word), "{yaml}: {error}");
        }
    }
}
