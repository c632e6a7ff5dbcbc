//! Brussels days and months of many moments.

use std::collections::HashMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, TimestampMicrosecondType};
use chrono::{DateTime, Datelike, NaiveDate};

use crate::period::brussels_day;

const MICROSECONDS_PER_HOUR: i64 = 3_600_000_000;
/// The day 0 of columns of dates, in chrono's count of days.
const EPOCH: i32 = 719_163;

/// A calendar month: months since year 0.
pub type Month = i32;

/// The day of a column of dates; none where the calendar does not have it.
pub fn day_of(number: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(number.checked_add(EPOCH)?)
}

/// The number by which a column of dates has a day.
pub fn number_of(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH
}

/// The month of a day, as a column of dates has it.
pub fn month_of(day: i32) -> Option<Month> {
    day_of(day).map(|day| day.year() * 12 + day.month0() as i32)
}

/// The Brussels days of moments that mostly follow each other.
///
/// The offset hardly ever changes within an hour of UTC, so the calendar is
/// asked once for each hour that occurs.
///
/// ```
/// use peil_warehouse::days::BrusselsDays;
/// let mut days = BrusselsDays::default();
/// assert_eq!(days.of(82_800_000_000), Some(1));
/// assert_eq!(days.of(82_799_999_999), Some(0));
/// ```
#[derive(Debug, Clone)]
pub struct BrusselsDays {
    hours: HashMap<i64, Option<i32>>,
    last: (i64, Option<i32>),
}

impl Default for BrusselsDays {
    fn default() -> Self {
        Self { hours: HashMap::new(), last: (i64::MIN, None) }
    }
}

impl BrusselsDays {
    /// The day of a moment (microseconds since 1970, UTC), as a column of
    /// dates has it.
    pub fn of(&mut self, moment: i64) -> Option<i32> {
        let hour = moment.div_euclid(MICROSECONDS_PER_HOUR);
        if hour != self.last.0 {
            self.last = (hour, *self.hours.entry(hour).or_insert_with(|| whole_hour(hour)));
        }
        self.last.1.or_else(|| exact(moment))
    }
}

/// The months of days that mostly follow each other.
#[derive(Debug, Clone, Default)]
pub struct Months {
    last: Option<(i32, Option<Month>)>,
}

impl Months {
    /// The month of a day, as a column of dates has it.
    pub fn of(&mut self, day: i32) -> Option<Month> {
        match self.last {
            Some((known, month)) if known == day => month,
            _ => {
                let month = month_of(day);
                self.last = Some((day, month));
                month
            }
        }
    }
}

/// The day of each row of a column of moments (Brussels days) or of days;
/// none where the column holds neither.
pub fn days_of(column: &dyn Array) -> Option<Vec<Option<i32>>> {
    if let Some(moments) = column.as_primitive_opt::<TimestampMicrosecondType>() {
        let mut days = BrusselsDays::default();
        return Some(moments.iter().map(|moment| days.of(moment?)).collect());
    }
    Some(column.as_primitive_opt::<Date32Type>()?.iter().collect())
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
