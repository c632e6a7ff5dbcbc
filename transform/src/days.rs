//! Brussels days and months of whole columns.

use peil_warehouse::days::BrusselsDays;
pub(crate) use peil_warehouse::days::{Month, day_of, number_of};
use polars::prelude::*;

/// The Brussels day of each moment (microseconds since 1970, UTC).
pub(crate) fn brussels_days(name: &str, moments: &Int64Chunked) -> Int32Chunked {
    let mut known = BrusselsDays::default();
    let mut days: Int32Chunked = moments.iter().map(|moment| known.of(moment?)).collect();
    days.rename(name.into());
    days
}

/// A month as `2022-03`.
pub(crate) fn month_text(month: Month) -> String {
    format!("{:04}-{:02}", month.div_euclid(12), month.rem_euclid(12) + 1)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use peil_warehouse::days::month_of;

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
        let days = ["2022-03-31", "2021-12-01"].map(|day| number_of(day.parse().unwrap()));
        let texts: Vec<String> = days.into_iter().filter_map(month_of).map(month_text).collect();
        assert_eq!(texts, ["2022-03", "2021-12"]);
    }
}
