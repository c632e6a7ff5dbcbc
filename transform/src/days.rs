//! Brussels days and months of whole columns.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate};
use peil_warehouse::period::brussels_day;
use polars::prelude::*;

const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;
/// The day 0 of columns of dates, in chrono's count of days.
const EPOCH: i32 = 719_163;

/// The day of a column of dates.
pub(crate) fn day_of(number: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(number.checked_add(EPOCH)?)
}

/// The number by which a column of dates has a day.
pub(crate) fn number_of(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH
}

/// The Brussels day of each moment (microseconds since 1970, UTC).
///
/// The offset hardly ever changes within an hour of UTC, so the calendar is
/// asked once for each hour that occurs.
pub(crate) fn brussels_days(name: &str, moments: &Int64Chunked) -> Int32Chunked {
    let mut hours: HashMap<i64, Option<i32>> = HashMap::new();
    let mut last = (i64::MIN, None);
    let days = moments.iter().map(|moment| {
        let moment = moment?;
        let hour = moment.div_euclid(MICROSECONDS_PER_HOUR);
        if hour != last.0 {
            last = (hour, *hours.entry(hour).or_insert_with(|| whole_hour(hour)));
        }
        last.1.or_else(|| exact(moment))
    });
    let mut days: Int32Chunked = days.collect();
    days.rename(name.into());
    days
}

/// The day of a whole hour, where all of it falls on one.
fn whole_hour(hour: i64) -> Option<i32> {
    let first = exact(hour.checked_mul(MICROSECONDS_PER_HOUR)?)?;
    let last = exact(hour.checked_add(1)?.checked_mul(MICROSECONDS_PER_HOUR)? - 1)?;
    (first == last).then_some(first)
}

fn exact(moment: i64) -> Option<i32> {
    DateTime::from_timestamp_micros(moment).map(|moment| number_of(brussels_day(moment)))
}

/// A calendar month: months since year 0.
pub(crate) type Month = i32;

/// The month of each day.
pub(crate) fn months(days: &Int32Chunked) -> Vec<Option<Month>> {
    let mut last = (None, None);
    days.iter()
        .map(|day| {
            if day != last.0 {
                last = (day, day.and_then(day_of).map(|day| day.year() * 12 + day.month0() as i32));
            }
            last.1
        })
        .collect()
}

/// A month as `2022-03`.
pub(crate) fn month_text(month: Month) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn micros(text: &str) -> i64 {
        DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
    }

    #[test]
    fn moments_fall_on_their_brussels_day() {
        let moments = [
            ("2022-03-31T21:59:59Z", "2022-03-31"),
            ("2022-03-31T22:00:00Z", "2022-04-01"),
            ("2022-03-31T23:30:00Z", "2022-04-01"),
            ("2021-12-31T22:59:59Z", "2021-12-31"),
            ("2021-12-31T23:00:00Z", "2022-01-01"),
            ("2022-03-27T00:59:59Z", "2022-03-27"),
            ("2022-10-30T22:59:59Z", "2022-10-30"),
            ("2022-10-30T23:00:00Z", "2022-10-31"),
            ("1969-07-20T20:17:40Z", "1969-07-20"),
        ];
        let column = Int64Chunked::from_vec("at".into(), moments.iter().map(|(moment, _)| micros(moment)).collect());
        let days = brussels_days("on", &column);
        for (day, (moment, expected)) in days.iter().zip(moments) {
            assert_eq!(day_of(day.unwrap()).unwrap().to_string(), expected, "{moment}");
        }
    }

    #[test]
    fn months_are_written_as_in_marts() {
        let days = Int32Chunked::from_vec(
            "on".into(),
            vec![number_of("2022-03-31".parse().unwrap()), number_of("2021-12-01".parse().unwrap())],
        );
        let texts: Vec<String> = months(&days).into_iter().flatten().map(month_text).collect();
        assert_eq!(texts, ["2022-03", "2021-12"]);
    }
}
