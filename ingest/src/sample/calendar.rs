//! Quarters from 2018 to 2026, days of Brussels, and the days on which the
//! sources deliver.

use chrono::{Datelike, NaiveDate, TimeDelta};

/// Quarters that the sample can fill: 2018Q1 is 0, 2026Q4 is 35.
pub(super) const QUARTERS: usize = 36;
/// Months that the sample can fill: January 2018 is 0.
pub(super) const MONTHS: usize = QUARTERS * 3;

/// A day that is known to exist.
pub(super) const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(found) => found,
        None => panic!("no such day"),
    }
}

/// First day of a month counted from January 2018.
pub(super) fn month_first(month: usize) -> NaiveDate {
    let (year, month) = (2018 + (month / 12) as i32, (month % 12) as u32 + 1);
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or(NaiveDate::MAX)
}

/// Last day of a month counted from January 2018.
pub(super) fn month_last(month: usize) -> NaiveDate {
    month_first(month + 1) - TimeDelta::days(1)
}

/// The month of a day, counted from January 2018.
pub(super) fn month_of(day: NaiveDate) -> usize {
    ((day.year() - 2018) * 12 + day.month0() as i32).max(0) as usize
}

/// First day of a quarter counted from 2018Q1.
pub(super) fn quarter_first(quarter: usize) -> NaiveDate {
    month_first(quarter * 3)
}

/// Last day of a quarter counted from 2018Q1.
pub(super) fn quarter_last(quarter: usize) -> NaiveDate {
    month_last(quarter * 3 + 2)
}

/// Whether a day is the last of a quarter.
pub(super) fn ends_quarter(day: NaiveDate) -> bool {
    quarter_last(month_of(day) / 3) == day
}

/// Seconds from midnight UTC of 1970-01-01 to midnight UTC of the day.
fn epoch(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce() - 719_163) * 86_400
}

/// The last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: u32) -> NaiveDate {
    let last = NaiveDate::from_ymd_opt(year, month, 31).unwrap_or(NaiveDate::MAX);
    last - TimeDelta::days(i64::from(last.weekday().num_days_from_sunday()))
}

/// Hours that Brussels is ahead of UTC at a local time outside the hours of the
/// clock changes (the sample has nothing between 02:00 and 03:00).
fn offset_hours(day: NaiveDate, second_of_day: i64) -> i64 {
    let (summer, winter) = (last_sunday(day.year(), 3), last_sunday(day.year(), 10));
    let after = |change: NaiveDate| day > change || (day == change && second_of_day >= 3 * 3_600);
    if after(summer) && !after(winter) { 2 } else { 1 }
}

/// Seconds since 1970 in UTC of a local time.
pub(super) fn utc(day: NaiveDate, second_of_day: i64) -> i64 {
    epoch(day) + second_of_day - offset_hours(day, second_of_day) * 3_600
}

/// The day and second of the day of seconds since 1970, without any zone.
pub(super) fn split(seconds: i64) -> (NaiveDate, i64) {
    let days = seconds.div_euclid(86_400);
    let day = NaiveDate::from_num_days_from_ce_opt((days + 719_163) as i32);
    (day.unwrap_or(NaiveDate::MIN), seconds.rem_euclid(86_400))
}

/// How often a source delivers.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rhythm {
    /// Each year up to 2020, half years of 2021, then quarters and July 2022.
    Register,
    /// Each year, with June and July of 2022.
    Slow,
    /// Quarters up to 2020, then months.
    Log,
    /// Quarters, with July 2022.
    Bus,
    /// Quarters from the end of 2020 on.
    Snapshot,
    /// Months from 2022 on.
    Monthly2022,
    /// Once, before everything else.
    Once,
}

impl Rhythm {
    /// The delivery dates up to `until`. The last is `until` itself, so that
    /// nothing up to that day is missing; not for snapshots, which are of a
    /// quarter's last day. July 2022 is in every rhythm, so that a sample that
    /// goes on further is known on that day as the one that ends there.
    pub(super) fn dates(self, until: NaiveDate) -> Vec<NaiveDate> {
        if self == Rhythm::Once {
            return vec![day(2018, 1, 1)];
        }
        let mut dates: Vec<NaiveDate> =
            (0..MONTHS).filter(|&month| self.delivers(month)).map(month_last).filter(|&date| date <= until).collect();
        if self != Rhythm::Snapshot && dates.last() != Some(&until) {
            dates.push(until);
        }
        dates
    }

    fn delivers(self, month: usize) -> bool {
        let (year, month) = (2018 + month / 12, month % 12 + 1);
        let quarter = month.is_multiple_of(3);
        let july = (year, month) == (2022, 7);
        match self {
            Rhythm::Register if year < 2021 => month == 12,
            Rhythm::Register if year == 2021 => month.is_multiple_of(6),
            Rhythm::Register => quarter || july,
            Rhythm::Slow => month == 12 || july || (year, month) == (2022, 6),
            Rhythm::Log => year > 2020 || quarter,
            Rhythm::Bus => quarter || july,
            Rhythm::Snapshot => quarter && (year > 2020 || (year == 2020 && month == 12)),
            Rhythm::Monthly2022 => year >= 2022,
            Rhythm::Once => false,
        }
    }
}
