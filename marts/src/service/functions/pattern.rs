//! PostgreSQL's patterns of moments and numbers.

use chrono::{Datelike, NaiveDateTime, Timelike};

use crate::service::fault::{Answered, Fault, code};

/// The words of moments; longer ones first where one begins another.
const WORDS: [&str; 54] = [
    "MONTH", "Month", "month", "IYYY", "YYYY", "Y,YYY", "HH24", "HH12", "SSSSS", "SSSS", "IDDD", "Month", "MON", "Mon",
    "mon", "DAY", "Day", "day", "DDD", "IYY", "YYY", "A.D.", "B.C.", "A.M.", "P.M.", "a.m.", "p.m.", "DY", "Dy", "dy",
    "YY", "IY", "MM", "DD", "ID", "WW", "IW", "HH", "MI", "SS", "MS", "US", "CC", "RM", "AM", "PM", "am", "pm", "AD",
    "TZ", "OF", "Q", "D", "J",
];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

fn unsupported(word: &str) -> Fault {
    Fault::new(code::UNSUPPORTED, format!("to_char: the pattern \"{word}\" is not supported"))
}

/// A moment by a pattern.
pub(super) fn moment(moment: NaiveDateTime, pattern: &str) -> Answered<String> {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let inner = &rest[1..];
            let end = inner.find('"').unwrap_or(inner.len());
            out += &inner[..end];
            rest = inner.get(end + 1..).unwrap_or_default();
            continue;
        }
        let fill = !rest.starts_with("FM") && !rest.starts_with("fm");
        let after = if fill { rest } else { &rest[2..] };
        if let Some(word) = ["TM", "tm"].iter().find(|word| after.starts_with(**word)) {
            return Err(unsupported(word));
        }
        let found = WORDS.iter().find(|word| after.starts_with(**word)).copied();
        // Words of numbers are known in lower case too.
        let found = found.or_else(|| {
            WORDS
                .iter()
                .find(|word| after.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
                .copied()
        });
        match found {
            Some(word) => {
                let written = &after[..word.len()];
                let number = part(moment, word, written, fill, &mut out)?;
                rest = &after[word.len()..];
                if rest.starts_with("TH") || rest.starts_with("th") {
                    let ending = number.map_or("", ordinal);
                    out += &if rest.starts_with("TH") { ending.to_uppercase() } else { ending.to_owned() };
                    rest = &rest[2..];
                }
            }
            None => {
                let Some(character) = after.chars().next() else { break };
                if character.is_ascii_alphabetic() && !["T", "t"].contains(&&after[..1]) {
                    // PostgreSQL gives other letters as they are.
                    out.push(character);
                } else if character != '\\' {
                    out.push(character);
                }
                rest = &after[character.len_utf8()..];
            }
        }
    }
    Ok(out)
}

fn ordinal(number: i64) -> &'static str {
    match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    }
}

fn part(moment: NaiveDateTime, word: &str, written: &str, fill: bool, out: &mut String) -> Answered<Option<i64>> {
    let week = moment.iso_week();
    let hour12 = (moment.hour() + 11) % 12 + 1;
    let sunday = i64::from(moment.weekday().num_days_from_sunday());
    let number = match word.to_uppercase().as_str() {
        "YYYY" => Some((i64::from(moment.year()), 4)),
        "Y,YYY" => {
            *out += &format!("{},{:03}", moment.year() / 1000, moment.year() % 1000);
            return Ok(None);
        }
        "YYY" => Some((i64::from(moment.year() % 1000), 3)),
        "YY" => Some((i64::from(moment.year() % 100), 2)),
        "IYYY" => Some((i64::from(week.year()), 4)),
        "IYY" => Some((i64::from(week.year() % 1000), 3)),
        "IY" => Some((i64::from(week.year() % 100), 2)),
        "CC" => Some((i64::from((moment.year() + 99) / 100), 2)),
        "Q" => Some((i64::from(moment.month0() / 3 + 1), 1)),
        "MM" => Some((i64::from(moment.month()), 2)),
        "DD" => Some((i64::from(moment.day()), 2)),
        "DDD" => Some((i64::from(moment.ordinal()), 3)),
        "D" => Some((sunday + 1, 1)),
        "ID" => Some((i64::from(moment.weekday().number_from_monday()), 1)),
        "IDDD" => Some((i64::from((week.week() - 1) * 7 + moment.weekday().number_from_monday()), 3)),
        "WW" => Some((i64::from(moment.ordinal0() / 7 + 1), 2)),
        "IW" => Some((i64::from(week.week()), 2)),
        "J" => Some((i64::from(moment.num_days_from_ce()) + 1_721_425, 1)),
        "HH24" => Some((i64::from(moment.hour()), 2)),
        "HH" | "HH12" => Some((i64::from(hour12), 2)),
        "MI" => Some((i64::from(moment.minute()), 2)),
        "SS" => Some((i64::from(moment.second()), 2)),
        "SSSS" | "SSSSS" => Some((i64::from(moment.num_seconds_from_midnight()), 1)),
        "MS" => Some((i64::from(moment.nanosecond() / 1_000_000), 3)),
        "US" => Some((i64::from(moment.nanosecond() / 1_000), 6)),
        _ => None,
    };
    if let Some((number, width)) = number {
        *out += &if fill { format!("{number:0width$}") } else { number.to_string() };
        return Ok(Some(number));
    }
    let month = MONTHS[moment.month0() as usize];
    let day = DAYS[sunday as usize];
    let half = if moment.hour() < 12 { "am" } else { "pm" };
    let text = match word.to_uppercase().as_str() {
        "MONTH" => pad(cased(month, written), fill),
        "MON" => cased(&month[..3], written),
        "DAY" => pad(cased(day, written), fill),
        "DY" => cased(&day[..3], written),
        "AM" | "PM" => cased_half(half, written, false),
        "A.M." | "P.M." => cased_half(half, written, true),
        "AD" => "AD".to_owned(),
        "A.D." => "A.D.".to_owned(),
        "RM" => {
            let numerals = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
            format!("{:<4}", numerals[moment.month0() as usize])
        }
        "TZ" => "UTC".to_owned(),
        "OF" => "+00".to_owned(),
        other => return Err(unsupported(other)),
    };
    *out += &text;
    Ok(None)
}

fn cased(name: &str, written: &str) -> String {
    if written.chars().all(|c| c.is_ascii_uppercase()) {
        name.to_uppercase()
    } else if written.starts_with(|c: char| c.is_ascii_uppercase()) {
        name.to_owned()
    } else {
        name.to_lowercase()
    }
}

fn cased_half(half: &str, written: &str, points: bool) -> String {
    let text = if points { format!("{}.m.", &half[..1]) } else { half.to_owned() };
    if written.starts_with(|c: char| c.is_ascii_uppercase()) { text.to_uppercase() } else { text }
}

/// Names of months and days fill nine characters.
fn pad(name: String, fill: bool) -> String {
    if fill { format!("{name:<9}") } else { name }
}

/// A number by a pattern of 9, 0, point, comma, FM, MI, S, %.
pub(super) fn number(number: f64, pattern: &str) -> Answered<String> {
    let fill = !pattern.to_uppercase().starts_with("FM");
    let body = if fill { pattern } else { &pattern[2..] };
    let upper = body.to_uppercase();
    let trailing_minus = upper.ends_with("MI");
    let body = if trailing_minus { &body[..body.len() - 2] } else { body };
    let plus = body.to_uppercase().starts_with('S');
    let body = if plus { &body[1..] } else { body };
    if let Some(wrong) = body.chars().find(|c| !"90.,DGdg% ".contains(*c)) {
        return Err(unsupported(&wrong.to_string()));
    }
    let (whole, fraction) = match body.find(['.', 'D', 'd']) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let places = fraction.map_or(0, |fraction| fraction.chars().filter(|c| *c == '9' || *c == '0').count());
    let shown = format!("{:.places$}", number.abs());
    let (digits, decimals) = shown.split_once('.').unwrap_or((&shown, ""));
    let room = whole.chars().filter(|c| *c == '9' || *c == '0').count();
    let negative = number < 0.0 && shown.chars().any(|c| c.is_ascii_digit() && c != '0');
    let too_long = digits.trim_start_matches('0').len() > room;
    let mut digits: Vec<char> = format!("{:>room$}", digits.trim_start_matches('0')).chars().collect();
    if too_long {
        digits = vec!['#'; room];
    }
    let first_zero = whole.chars().filter(|c| *c == '9' || *c == '0').position(|c| c == '0').unwrap_or(room);
    let mut out = String::new();
    let mut started = false;
    let mut at = 0;
    for mark in whole.chars() {
        match mark {
            '9' | '0' => {
                let digit = digits[at];
                started |= digit != ' ' || at >= first_zero;
                out.push(if digit == ' ' && started { '0' } else { digit });
                at += 1;
            }
            ',' | 'G' | 'g' => out.push(if started { ',' } else { ' ' }),
            other => out.push(other),
        }
    }
    // Without a fraction a bare 0 is shown.
    if room > 0 && !started && fraction.is_none() && out.ends_with(' ') {
        out.pop();
        out.push('0');
    }
    let sign = if plus {
        if negative { "-" } else { "+" }
    } else if negative && !trailing_minus {
        "-"
    } else {
        ""
    };
    let spaces = out.len() - out.trim_start().len();
    out = format!("{}{sign}{}", " ".repeat(spaces), out.trim_start());
    if let Some(fraction) = fraction {
        let decimals = if too_long { "#".repeat(places) } else { decimals.to_owned() };
        let kept = fraction.chars().filter(|c| *c == '0').count();
        let decimals = if fill {
            decimals.as_str()
        } else {
            let least = fraction.rfind('0').map_or(0, |at| at + 1).max(kept);
            let trimmed = decimals.trim_end_matches('0');
            &decimals[..trimmed.len().max(least).min(decimals.len())]
        };
        out.push('.');
        out += decimals;
        if fraction.contains('%') {
            out.push('%');
        }
    }
    if trailing_minus {
        out.push(if negative { '-' } else { ' ' });
    }
    if !fill {
        return Ok(out.trim().to_owned());
    }
    // The place of the sign.
    Ok(if sign.is_empty() && !trailing_minus { format!(" {out}") } else { out })
}
