//! Moments: RFC 3339 with seconds; without an offset, Brussels local time.

use std::sync::Arc;

use arrow::array::{ArrayRef, TimestampMicrosecondBuilder};
use chrono::DateTime;
use peil_warehouse::period::brussels_moment;
use peil_warehouse::problem::Reason;

use super::Task;
use super::day::{days_since_1970, digits};

const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600;
/// Before this (1950), the clock in Brussels was not always changed on the
/// hour.
const CLOCK_ON_THE_HOUR_FROM: i64 = -631_152_000;

/// Moments, kept in microseconds since 1970-01-01 in UTC.
pub fn moments(mut task: Task<'_>) -> ArrayRef {
    let mut clock = BrusselsClock::default();
    let mut builder = TimestampMicrosecondBuilder::with_capacity(task.rows);
    for row in 0..task.rows {
        match task.scalar(row, Reason::BadTimestamp).map(|value| moment(value, &mut clock)) {
            Some(Some(moment)) => builder.append_value(moment),
            Some(None) => {
                builder.append_null();
                task.faults.add(row, Reason::BadTimestamp);
            }
            None => builder.append_null(),
        }
    }
    Arc::new(builder.finish().with_timezone("UTC"))
}

/// The offset of Brussels, remembered for the hour asked last.
#[derive(Debug, Default)]
pub struct BrusselsClock {
    last: Option<(i64, Option<i64>)>,
}

impl BrusselsClock {
    /// Seconds since 1970 in UTC of local seconds since 1970: the first of
    /// two, none where the time does not exist.
    fn utc(&mut self, local: i64) -> Option<i64> {
        let hour = local.div_euclid(HOUR);
        if let Some((known, offset)) = self.last
            && known == hour
            && local >= CLOCK_ON_THE_HOUR_FROM
        {
            return offset.map(|offset| local - offset);
        }
        let time = DateTime::from_timestamp(local, 0)?.naive_utc();
        let utc = brussels_moment(time).map(|moment| moment.timestamp());
        self.last = Some((hour, utc.map(|utc| local - utc)));
        utc
    }
}

/// Microseconds since 1970-01-01 in UTC of a timestamp; none where it is none.
/// Digits beyond the microsecond are cut off.
pub fn moment(text: &str, clock: &mut BrusselsClock) -> Option<i64> {
    let bytes = text.as_bytes();
    let (date_time, rest) = bytes.split_at_checked(19)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] = date_time
    else {
        return None;
    };
    let day = days_since_1970(digits(&[*y1, *y2, *y3, *y4])?, digits(&[*m1, *m2])?, digits(&[*d1, *d2])?)?;
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*n1, *n2])?, digits(&[*s1, *s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let local = i64::from(day) * 24 * HOUR + i64::from(hour * 3600 + minute * 60 + second);
    let (fraction, offset) = fraction(rest)?;
    let seconds = match offset {
        [] => clock.utc(local)?,
        [b'Z' | b'z'] => local,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = i64::from(hours * 3600 + minutes * 60);
            if *sign == b'+' { local - offset } else { local + offset }
        }
        _ => return None,
    };
    Some(seconds * SECOND + fraction)
}

/// Microseconds of the fraction at the start, where there is one, and what
/// follows it.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some(text) = text.strip_prefix(b".") else { return Some((0, text)) };
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return None;
    }
    let shown = &text[..length.min(6)];
    let micros = i64::from(digits(shown)?) * 10_i64.pow(6 - shown.len() as u32);
    Some((micros, &text[length..]))
}
