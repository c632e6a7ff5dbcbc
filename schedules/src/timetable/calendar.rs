//! Working days in Flanders.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Public holidays on a fixed day, as month and day, with their names: the
/// Belgian ones (royal decree of 18 April 1974), and the day of the Flemish
/// Community, on which local authorities are closed.
const FIXED: [(u32, u32, &str); 8] = [
    (1, 1, "Nieuwjaar"),
    (5, 1, "Dag van de Arbeid"),
    (7, 11, "Feestdag van de Vlaamse Gemeenschap"),
    (7, 21, "Nationale feestdag"),
    (8, 15, "Onze-Lieve-Vrouw-Hemelvaart"),
    (11, 1, "Allerheiligen"),
    (11, 11, "Wapenstilstand"),
    (12, 25, "Kerstmis"),
];
/// Public holidays so many days after Easter Sunday.
const AFTER_EASTER: [(u64, &str); 3] =
    [(1, "Paasmaandag"), (39, "Onze-Lieve-Heer-Hemelvaart"), (50, "Pinkstermaandag")];

/// The public holiday on a day, in Dutch; none on other days.
pub fn holiday(day: NaiveDate) -> Option<&'static str> {
    let fixed = FIXED.iter().find(|(month, number, _)| (day.month(), day.day()) == (*month, *number));
    let movable = || {
        let easter = easter(day.year())?;
        AFTER_EASTER.iter().find(|(after, _)| easter.checked_add_days(Days::new(*after)) == Some(day))
    };
    fixed.map(|(_, _, name)| *name).or_else(|| movable().map(|(_, name)| *name))
}

/// Whether offices are open: from Monday to Friday, but for public holidays.
pub fn is_working_day(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && holiday(day).is_none()
}

/// The n-th working day on or after a day, from 1.
pub fn working_day(from: NaiveDate, number: u32) -> Option<NaiveDate> {
    let working = from.iter_days().filter(|day| is_working_day(*day));
    working.take(number.max(1) as usize).last()
}

/// Easter Sunday, by the anonymous Gregorian computus (Meeus, Astronomical
/// Algorithms, chapter 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let month = (h + l - 7 * m + 114) / 31;
    let day = (h + l - 7 * m + 114) % 31 + 1;
    NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn movable_holidays_follow_easter() {
        for (year, sunday) in [(2019, "2019-04-21"), (2022, "2022-04-17"), (2024, "2024-03-31"), (2038, "2038-04-25")] {
            assert_eq!(easter(year), Some(day(sunday)));
        }
        assert_eq!(holiday(day("2022-04-18")), Some("Paasmaandag"));
        assert_eq!(holiday(day("2022-05-26")), Some("Onze-Lieve-Heer-Hemelvaart"));
        assert_eq!(holiday(day("2022-06-06")), Some("Pinkstermaandag"));
        assert_eq!(holiday(day("2022-06-07")), None);
    }

    #[test]
    fn working_days_skip_weekends_and_holidays() {
        // 2022-01-01 was a Saturday: the first working day is Monday the 3rd.
        assert_eq!(working_day(day("2022-01-01"), 1), Some(day("2022-01-03")));
        assert_eq!(working_day(day("2022-01-01"), 3), Some(day("2022-01-05")));
        // Friday 1 April, then Monday 4 and Tuesday 5.
        assert_eq!(working_day(day("2022-04-01"), 3), Some(day("2022-04-05")));
        // The 11th of July is skipped: the 1st, 4th-8th, then the 12th.
        assert_eq!(working_day(day("2022-07-01"), 7), Some(day("2022-07-12")));
        assert!(!is_working_day(day("2024-11-11")));
    }
}
