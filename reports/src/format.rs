//! Numbers, amounts, days and periods as readers of Dutch write them.
//!
//! A line never breaks inside a number, an amount or a day: the spaces in
//! them are [`NBSP`].

use chrono::{Datelike, NaiveDate};
use peil_warehouse::Period;
use peil_warehouse::period::PeriodType;

/// The space at which a line does not break.
pub const NBSP: char = '\u{a0}';

/// What stands for a value that is not there; the reason stands beside it.
pub const EMPTY: &str = "–";

const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
];
const ORDINALS: [&str; 4] = ["eerste", "tweede", "derde", "vierde"];
const WORDS: [&str; 13] =
    ["geen", "één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf"];

/// A number with `decimals` decimals, rounded half away from zero.
///
/// ```
/// use peil_reports::format::number;
/// assert_eq!(number(1234.0, 0), "1.234");
/// assert_eq!(number(-0.25, 1), "−0,3");
/// assert_eq!(number(-0.001, 1), "0,0");
/// ```
pub fn number(value: f64, decimals: u32) -> String {
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(0));
    // The nearest decimal that a reader would write down decides a half:
    // 2.675 is stored a little lower and is still read as 2.675.
    let scaled = (value * scale * (1.0 + f64::EPSILON)).round();
    digits(scaled as i128, decimals)
}

/// A figure of an indicator: whole as it is, else with one decimal.
///
/// ```
/// use peil_reports::format::figure;
/// assert_eq!(figure(0.0), "0");
/// assert_eq!(figure(1000.0), "1.000");
/// assert_eq!(figure(60.25), "60,3");
/// ```
pub fn figure(value: f64) -> String {
    let whole = (value - value.round()).abs() < 1e-9;
    number(value, if whole { 0 } else { 1 })
}

/// An amount in cents, as euros.
///
/// ```
/// use peil_reports::format::euro;
/// assert_eq!(euro(151_895), "1.518,95\u{a0}€");
/// assert_eq!(euro(-5), "−0,05\u{a0}€");
/// assert_eq!(euro(0), "0,00\u{a0}€");
/// ```
pub fn euro(cents: i128) -> String {
    format!("{}{NBSP}€", digits(cents, 2))
}

/// An amount in cents, as whole euros: for axes.
///
/// ```
/// use peil_reports::format::whole_euro;
/// assert_eq!(whole_euro(5_000_000), "50.000\u{a0}€");
/// ```
pub fn whole_euro(cents: i128) -> String {
    format!("{}{NBSP}€", digits(cents / 100, 0))
}

/// A share as a percentage with one decimal.
///
/// ```
/// use peil_reports::format::percent;
/// assert_eq!(percent(0.901), "90,1\u{a0}%");
/// assert_eq!(percent(1.46448), "146,4\u{a0}%");
/// ```
pub fn percent(share: f64) -> String {
    format!("{}{NBSP}%", number(share * 100.0, 1))
}

/// A day in words.
///
/// ```
/// use peil_reports::format::long_day;
/// let day = "2022-06-30".parse().unwrap();
/// assert_eq!(long_day(day), "30\u{a0}juni\u{a0}2022");
/// ```
pub fn long_day(day: NaiveDate) -> String {
    format!("{}{NBSP}{}{NBSP}{}", day.day(), MONTHS[day.month0() as usize], day.year())
}

/// A day in digits.
///
/// ```
/// use peil_reports::format::short_day;
/// assert_eq!(short_day("2022-06-30".parse().unwrap()), "30/06/2022");
/// ```
pub fn short_day(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// The name of a period.
///
/// ```
/// use peil_reports::format::period_name;
/// assert_eq!(period_name("2022S1".parse().unwrap()), "eerste semester\u{a0}2022");
/// assert_eq!(period_name("2022Q4".parse().unwrap()), "vierde kwartaal\u{a0}2022");
/// assert_eq!(period_name("2022".parse().unwrap()), "2022");
/// ```
pub fn period_name(period: Period) -> String {
    let year = period.calendar_year();
    let ordinal = ORDINALS[(period.number() - 1) as usize];
    match period.kind() {
        PeriodType::Quarter => format!("{ordinal} kwartaal{NBSP}{year}"),
        PeriodType::Semester => format!("{ordinal} semester{NBSP}{year}"),
        PeriodType::Year => year.to_string(),
    }
}

/// The name of a period with its article, as it follows `in`.
///
/// ```
/// use peil_reports::format::period_phrase;
/// assert_eq!(period_phrase("2022S1".parse().unwrap()), "het eerste semester\u{a0}2022");
/// assert_eq!(period_phrase("2022".parse().unwrap()), "2022");
/// ```
pub fn period_phrase(period: Period) -> String {
    let article = if period.kind() == PeriodType::Year { "" } else { "het " };
    format!("{article}{}", period_name(period))
}

/// The short mark of a period within its year: `Q1`, `S1`, or the year.
///
/// ```
/// use peil_reports::format::period_mark;
/// assert_eq!(period_mark("2023Q4".parse().unwrap()), "Q4");
/// ```
pub fn period_mark(period: Period) -> String {
    match period.kind() {
        PeriodType::Quarter => format!("Q{}", period.number()),
        PeriodType::Semester => format!("S{}", period.number()),
        PeriodType::Year => period.calendar_year().to_string(),
    }
}

/// A count in words up to twelve, in digits beyond.
///
/// ```
/// use peil_reports::format::count_word;
/// assert_eq!(count_word(5), "vijf");
/// assert_eq!(count_word(1234), "1.234");
/// ```
pub fn count_word(count: usize) -> String {
    WORDS.get(count).map_or_else(|| digits(count as i128, 0), |word| (*word).to_owned())
}

/// A text that begins with a capital.
///
/// ```
/// use peil_reports::format::capital;
/// assert_eq!(capital("één indicator"), "Eén indicator");
/// ```
pub fn capital(text: &str) -> String {
    // A capital stands without the accents of emphasis: `Eén`, not `Één`.
    if let Some(rest) = text.strip_prefix("één") {
        return format!("Eén{rest}");
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Words as an enumeration: `a, b en c`.
///
/// ```
/// use peil_reports::format::enumeration;
/// assert_eq!(enumeration(&["a".into(), "b".into(), "c".into()]), "a, b en c");
/// ```
pub fn enumeration(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} en {last}", first.join(", ")),
    }
}

/// A whole number of units of the last decimal, with points and a comma.
fn digits(scaled: i128, decimals: u32) -> String {
    let unit = 10_u128.pow(decimals);
    let (whole, rest) = (scaled.unsigned_abs() / unit, scaled.unsigned_abs() % unit);
    let plain = whole.to_string();
    let mut text = String::from(if scaled < 0 { "−" } else { "" });
    for (index, digit) in plain.chars().enumerate() {
        if index > 0 && (plain.len() - index) % 3 == 0 {
            text.push('.');
        }
        text.push(digit);
    }
    if decimals > 0 {
        text.push_str(&format!(",{rest:0width$}", width = decimals as usize));
    }
    text
}
