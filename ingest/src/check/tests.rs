//! Tests of single values.

use peil_warehouse::contract::DateForm;

use super::day::{day, days_since_1970};
use super::moment::{BrusselsClock, moment};
use super::number::Notation;

#[test]
fn days_are_those_of_the_calendar() {
    use chrono::Datelike;
    let mut date = chrono::NaiveDate::from_ymd_opt(1895, 1, 1).unwrap();
    while date.year() < 2105 {
        let expected = (date - chrono::NaiveDate::default()).num_days() as i32;
        assert_eq!(days_since_1970(date.year(), date.month() as i32, date.day() as i32), Some(expected));
        date = date.succ_opt().unwrap();
    }
    for text in [
        "2021-02-29",
        "2022-13-01",
        "2022-00-01",
        "2022-01-00",
        "2022-1-1",
        "0000-01-01",
        "2022-01-011",
        "2022/01/01",
        "２022-01-1",
        "",
    ] {
        assert_eq!(day(text, DateForm::Iso), None, "{text}");
    }
    assert_eq!(day("29/02/2024", DateForm::DayMonthYear), day("2024-02-29", DateForm::Iso));
    assert_eq!(day("2024-02-29", DateForm::DayMonthYear), None);
}

fn utc(text: &str) -> Option<String> {
    moment(text, &mut BrusselsClock::default())
        .map(|micros| chrono::DateTime::from_timestamp_micros(micros).unwrap().to_rfc3339())
}

#[test]
fn moments_are_rfc_3339_or_brussels_time() {
    let cases = [
        ("2022-03-31T23:30:00Z", Some("2022-03-31T23:30:00+00:00")),
        ("2022-03-31 23:30:00+02:00", Some("2022-03-31T21:30:00+00:00")),
        ("2022-03-31T23:30:00.1234567-00:30", Some("2022-04-01T00:00:00.123456+00:00")),
        ("1969-12-31T23:59:59.5Z", Some("1969-12-31T23:59:59.500+00:00")),
        ("2022-01-01T00:00:00", Some("2021-12-31T23:00:00+00:00")),
        ("2022-07-01T00:00:00", Some("2022-06-30T22:00:00+00:00")),
        // The clock goes forward: these times do not exist.
        ("2022-03-27T01:59:59", Some("2022-03-27T00:59:59+00:00")),
        ("2022-03-27T02:00:00", None),
        ("2022-03-27T02:59:59.999", None),
        ("2022-03-27T03:00:00", Some("2022-03-27T01:00:00+00:00")),
        ("2022-03-27T02:30:00+01:00", Some("2022-03-27T01:30:00+00:00")),
        // The clock goes back: the first of the two.
        ("2022-10-30T02:30:00", Some("2022-10-30T00:30:00+00:00")),
        ("2022-10-30T03:00:00", Some("2022-10-30T02:00:00+00:00")),
        ("2022-10-30T02:30:00+01:00", Some("2022-10-30T01:30:00+00:00")),
    ];
    for (text, expected) in cases {
        assert_eq!(utc(text).as_deref(), expected, "{text}");
    }
    let bad = [
        "2022-03-31",
        "2022-03-31T23:30",
        "2022-03-31T23:30Z",
        "2022-03-31T24:00:00Z",
        "2022-03-31T23:60:00Z",
        "2022-03-31T23:59:60Z",
        "2022-03-31t23:30:00Z",
        "2022-03-31T23:30:00+0200",
        "2022-03-31T23:30:00+02",
        "2022-03-31T23:30:00 +02:00",
        "2022-03-31T23:30:00.Z",
        "2022-03-31T23:30:00,5Z",
        "2022-02-30T00:00:00Z",
        "2022-03-31T23:30:00+24:00",
        "20220331T233000Z",
        "2022-03-31  23:30:00",
        "31/03/2022 10:00:00",
    ];
    for text in bad {
        assert_eq!(utc(text), None, "{text}");
    }
}

#[test]
fn the_clock_remembers_no_hour_too_long() {
    let mut clock = BrusselsClock::default();
    for text in [
        "2022-03-27T01:30:00",
        "2022-03-27T03:30:00",
        "2022-10-30T02:30:00",
        "2022-10-30T03:30:00",
        "1892-05-01T00:10:00",
        "1892-05-01T00:20:00",
    ] {
        assert_eq!(moment(text, &mut clock), moment(text, &mut BrusselsClock::default()), "{text}");
    }
}

#[test]
fn numbers_are_exact() {
    let point = Notation { comma: false, exponent: true };
    let millionths = |text: &str| point.number(text).and_then(|number| number.rounded(6));
    let cases = [
        ("1", Some(1_000_000)),
        ("-0.5", Some(-500_000)),
        ("+2", Some(2_000_000)),
        (".5", Some(500_000)),
        ("0.0000005", Some(1)),
        ("-0.0000005", Some(-1)),
        ("0.0000004999999999999999999999999999999999999", Some(0)),
        ("3.3333333333333335", Some(3_333_333)),
        ("1e3", Some(1_000_000_000)),
        ("25E-2", Some(250_000)),
        ("1e-400", Some(0)),
        ("0e400", Some(0)),
        ("1e400", None),
        ("999999999999.999999", Some(999_999_999_999_999_999)),
        ("1000000000000", None),
    ];
    for (text, expected) in cases {
        assert_eq!(millionths(text), expected, "{text}");
    }
    for text in ["", "-", ".", "5.", "1,5", "1 000", "1.000.000", "0x1", "NaN", "inf", "1e", "e5", "--1", "1_0", "١"] {
        assert_eq!(point.number(text), None, "{text}");
    }
    let comma = Notation { comma: true, exponent: false };
    assert!(comma.number("1,5").is_some());
    assert!(["1.5", "1.000,5", "1e3"].iter().all(|text| comma.number(text).is_none()));
}
