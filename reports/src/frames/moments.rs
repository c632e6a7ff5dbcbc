//! Which quarters tell of a period: where it stands, and what it is set beside.

use chrono::{Datelike, NaiveDate};
use peil_warehouse::Period;
use peil_warehouse::period::PeriodType;

use super::Colophon;

/// The quarters and days that a period is told by. A stand is that of the
/// quarter of the peildatum; movement is since the end of the period before,
/// of the same kind; use is set beside a year ago, since it has its seasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moments {
    /// The period of the report.
    pub period: Period,
    /// The quarter of the peildatum.
    pub quarter: Period,
    /// The quarter with which the period before ended.
    pub before: Period,
    /// The quarter of the peildatum, a year before.
    pub year_ago: Period,
    /// First day of the period.
    pub from: NaiveDate,
    /// The peildatum.
    pub until: NaiveDate,
}

impl Moments {
    /// The moments of the period of a report.
    pub fn of(colophon: &Colophon) -> Self {
        let until = colophon.peildatum();
        let quarter = Period::containing(until, PeriodType::Quarter);
        Self {
            period: colophon.period,
            quarter,
            before: Period::containing(colophon.period.previous().last_day(), PeriodType::Quarter),
            year_ago: Period::quarter(quarter.calendar_year() - 1, quarter.number()),
            from: colophon.period.first_day(),
            until,
        }
    }

    /// The period before, as a sentence names it: `het vorige semester`.
    pub const fn before_words(&self) -> &'static str {
        match self.period.kind() {
            PeriodType::Quarter => "het vorige kwartaal",
            PeriodType::Semester => "het vorige semester",
            PeriodType::Year => "het vorige jaar",
        }
    }

    /// The same as the end of a heading: `vorig semester`.
    pub const fn before_heading(&self) -> &'static str {
        match self.period.kind() {
            PeriodType::Quarter => "vorig kwartaal",
            PeriodType::Semester => "vorig semester",
            PeriodType::Year => "vorig jaar",
        }
    }

    /// Whether a month, as `2022-03`, lies in `period` and not after the
    /// peildatum's.
    pub(super) fn in_period(&self, month: &str) -> bool {
        month_of(self.from).as_str() <= month && month <= month_of(self.until).as_str()
    }

    /// Whether a month lies in the same months of the period before. Of a
    /// period that goes on, only as many months as have begun: what has begun
    /// is set beside as much.
    pub(super) fn in_period_before(&self, month: &str) -> bool {
        let previous = self.period.previous();
        let months = 12 * (self.until.year() - self.from.year()) + self.until.month() as i32 - self.from.month() as i32;
        let last = previous.first_day() + chrono::Months::new(months.unsigned_abs());
        month_of(previous.first_day()).as_str() <= month && month <= month_of(last).as_str()
    }
}

/// The month of a day, as the marts write it.
pub(super) fn month_of(day: NaiveDate) -> String {
    day.format("%Y-%m").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(period: &str, as_of: &str) -> Moments {
        Moments::of(&Colophon {
            period: period.parse().unwrap(),
            as_of: as_of.parse().unwrap(),
            known_on: None,
            run_id: None,
            published_at: None,
            edition: crate::frames::Edition::Draft,
        })
    }

    #[test]
    fn a_period_stands_where_its_last_quarter_does() {
        for (period, quarter, before, year_ago) in [
            ("2022S1", "2022Q2", "2021Q4", "2021Q2"),
            ("2022Q1", "2022Q1", "2021Q4", "2021Q1"),
            ("2021", "2021Q4", "2020Q4", "2020Q4"),
            // Under way: the quarter of the as-of day.
            ("2022S2", "2022Q3", "2022Q2", "2021Q3"),
            ("2022", "2022Q3", "2021Q4", "2021Q3"),
        ] {
            let moments = moments(period, "2022-07-31");
            let found = [moments.quarter, moments.before, moments.year_ago].map(|quarter| quarter.to_string());
            assert_eq!(found, [quarter, before, year_ago], "{period}");
        }
    }

    #[test]
    fn months_under_way_are_set_beside_as_many() {
        let moments = moments("2022S2", "2022-08-10");
        assert!(moments.in_period("2022-07") && moments.in_period("2022-08") && !moments.in_period("2022-09"));
        assert!(moments.in_period_before("2022-01") && moments.in_period_before("2022-02"));
        assert!(!moments.in_period_before("2022-03") && !moments.in_period_before("2021-12"));
    }
}
