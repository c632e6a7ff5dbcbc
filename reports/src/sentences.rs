//! The messages of the summary: made by rules from the frames, each with its
//! figures and never a cause.

use crate::format::{NBSP, capital, count_word, enumeration, euro, figure, long_day, percent, period_phrase};
use crate::frames::{Costs, MilestoneRow, NumericRow, Report, State, Status};
use peil_warehouse::period::PeriodType;

/// Messages that a summary shows at most.
const MESSAGES: usize = 5;
/// Indicators that the message on the furthest behind names at most.
const NAMED: usize = 3;

/// A message: what it is about, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// In a word or two.
    pub subject: String,
    /// A sentence or two.
    pub text: String,
}

/// The messages of the summary, the most important first.
pub fn summary(report: &Report) -> Vec<Message> {
    [targets(report), behind(report), year_targets(report), money(&report.costs), milestones(report), attention(report)]
        .into_iter()
        .flatten()
        .take(MESSAGES)
        .collect()
}

/// How many numeric indicators have each status in the period, in the order
/// of [`Status::ALL`].
pub fn status_counts(report: &Report) -> Vec<(Status, usize)> {
    let count = |status| report.indicators.numeric().filter(|row| row.in_period.status == status).count();
    Status::ALL.into_iter().map(|status| (status, count(status))).collect()
}

/// The indicators at risk or missed, the furthest behind first.
pub fn furthest_behind(report: &Report) -> Vec<&NumericRow> {
    let mut behind: Vec<(f64, &NumericRow)> = report
        .indicators
        .numeric()
        .filter(|row| matches!(row.in_period.status, Status::AtRisk | Status::Missed))
        .filter_map(|row| Some((row.in_period.attainment()?, row)))
        .collect();
    behind.sort_by(|one, other| one.0.total_cmp(&other.0));
    behind.into_iter().map(|(_, row)| row).collect()
}

/// The indicators that measure a state on a day (not what happened within a
/// period) and have a value and a target above zero for the year: with the
/// share of that target, the lowest first.
pub fn on_the_way_to_the_year(report: &Report) -> Vec<(f64, &NumericRow)> {
    let measures_a_state = |kind: &str| matches!(kind, "stock" | "cumulative" | "rolling" | "average");
    let mut rows: Vec<(f64, &NumericRow)> = report
        .indicators
        .numeric()
        .filter(|row| measures_a_state(&row.indicator.kind))
        .filter_map(|row| {
            let target = row.year_target.filter(|target| *target > 0.0)?;
            Some((row.in_period.value? / target, row))
        })
        .collect();
    rows.sort_by(|one, other| one.0.total_cmp(&other.0));
    rows
}

fn targets(report: &Report) -> Option<Message> {
    let counts = status_counts(report);
    let of = |status| counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
    let with_target: usize = counts
        .iter()
        .filter(|(status, _)| !matches!(status, Status::NoTarget | Status::NoValue))
        .map(|(_, count)| count)
        .sum();
    if with_target == 0 {
        return None;
    }
    let phrase = period_phrase(report.colophon.period);
    let subject = "Doelen".to_owned();
    if report.colophon.provisional() {
        let reached = |row: &&NumericRow| row.in_period.attainment().is_some_and(|share| share >= 1.0);
        let enough = report.indicators.numeric().filter(reached).count();
        let text = format!(
            "De periode loopt nog. Op {} {} {} van de {with_target} indicatoren met een doel op of boven het doel voor {phrase}.",
            long_day(report.colophon.peildatum()),
            verb(enough, "zit", "zitten"),
            count_word(enough),
        );
        return Some(Message { subject, text });
    }
    let achieved = of(Status::Achieved);
    if achieved == with_target {
        let text = format!("Alle {with_target} indicatoren met een doel voor {phrase} hebben dat doel bereikt.");
        return Some(Message { subject, text });
    }
    let text = format!(
        "Van de {with_target} indicatoren met een doel voor {phrase} {} er {} dat doel, {} {} het bijna (90{}% of meer) en {} niet.",
        verb(achieved, "bereikte", "bereikten"),
        count_word(achieved),
        count_word(of(Status::AtRisk)),
        verb(of(Status::AtRisk), "bereikte", "bereikten"),
        NBSP,
        count_word(of(Status::Missed)),
    );
    Some(Message { subject, text })
}

fn behind(report: &Report) -> Option<Message> {
    let behind = furthest_behind(report);
    if behind.is_empty() {
        return None;
    }
    let named: Vec<String> = behind
        .iter()
        .take(NAMED)
        .filter_map(|row| {
            let figures = row.in_period;
            Some(format!(
                "{} ({}: {}, {})",
                row.indicator.label,
                report.indicators.programme_name(&row.indicator.programme),
                of(figures.value?, figures.target?),
                percent(figures.attainment()?)
            ))
        })
        .collect();
    let text =
        format!("Het verst onder het doel voor {}: {}.", period_phrase(report.colophon.period), enumeration(&named));
    Some(Message { subject: "Achterstand".to_owned(), text })
}

fn year_targets(report: &Report) -> Option<Message> {
    let period = report.colophon.period;
    if period.kind() == PeriodType::Year {
        return None;
    }
    let rows = on_the_way_to_the_year(report);
    let (lowest_share, lowest) = rows.first()?;
    let half = rows.iter().filter(|(share, _)| *share < 0.5).count();
    let year = period.calendar_year();
    let lowest = format!(
        "{} ({}: {}, {})",
        lowest.indicator.label,
        report.indicators.programme_name(&lowest.indicator.programme),
        of(lowest.in_period.value?, lowest.year_target?),
        percent(*lowest_share)
    );
    let text = if half > 0 {
        format!(
            "Op {} {} {} van de {} indicatoren die een stand meten onder de helft van het doel voor {year}. Het verst daarvan af: {lowest}.",
            long_day(report.colophon.peildatum()),
            verb(half, "staat", "staan"),
            count_word(half),
            rows.len(),
        )
    } else {
        format!("Het verst van het doel voor {year} staat {lowest}.")
    };
    Some(Message { subject: format!("Jaardoelen {year}"), text })
}

/// What was booked, what is expected, and the budget.
pub fn money(costs: &Costs) -> Option<Message> {
    let (actual, forecast) = (costs.actual()?, costs.forecast()?);
    let year = costs.year;
    let actual_until = match costs.until {
        Some(day) if !costs.finished() => format!("Tot en met {} werd {} geboekt", long_day(day), euro(actual)),
        _ => format!("In {year} werd {} geboekt", euro(actual)),
    };
    let text = match (costs.budget, costs.budget_share) {
        (Some(budget), Some(share)) => {
            let difference = forecast - budget;
            let side = if difference > 0 { "boven" } else { "onder" };
            let amount = if costs.finished() { "dat" } else { "de prognose voor het hele jaar" };
            let size = if costs.finished() { String::new() } else { format!("{}, ", euro(forecast)) };
            format!(
                "{actual_until}; {amount} is {size}{} van het budget van {} en {} {side} dat budget.",
                percent(share),
                euro(budget),
                euro(difference.abs()),
            )
        }
        _ => format!(
            "{actual_until}; de prognose voor het hele jaar is {}. Voor {year} is er geen budget.",
            euro(forecast)
        ),
    };
    Some(Message { subject: "Middelen".to_owned(), text })
}

/// The latest state of a milestone within the period.
pub fn state_in_period(row: &MilestoneRow) -> Option<State> {
    row.in_period.iter().rev().find_map(|mark| mark.state)
}

fn milestones(report: &Report) -> Option<Message> {
    let planned: Vec<&MilestoneRow> =
        report.indicators.milestones().filter(|row| row.in_period.iter().any(|mark| mark.planned)).collect();
    if planned.is_empty() {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    for state in State::ALL {
        let count = planned.iter().filter(|row| state_in_period(row) == Some(state)).count();
        if count > 0 {
            parts.push(format!("{} {}", count_word(count), state.word()));
        }
    }
    let without = planned.iter().filter(|row| state_in_period(row).is_none()).count();
    if without > 0 {
        parts.push(format!("{} zonder opgegeven stand", count_word(without)));
    }
    let text = format!(
        "Voor {} {} {} aangestipt: {}.",
        period_phrase(report.colophon.period),
        verb(planned.len(), "is", "zijn"),
        plural(planned.len(), "mijlpaal", "mijlpalen"),
        enumeration(&parts)
    );
    Some(Message { subject: "Mijlpalen".to_owned(), text })
}

fn attention(report: &Report) -> Option<Message> {
    let count = report.attention.len();
    (count > 0).then(|| Message {
        subject: "Aandachtspunten".to_owned(),
        text: capital(&format!("{} {} de aandacht.", plural(count, "punt", "punten"), verb(count, "vraagt", "vragen"))),
    })
}

/// A figure against another, on one line.
fn of(value: f64, target: f64) -> String {
    format!("{}{NBSP}van{NBSP}{}", figure(value), figure(target))
}

fn plural(count: usize, one: &str, more: &str) -> String {
    format!("{} {}", count_word(count), verb(count, one, more))
}

fn verb<'a>(count: usize, one: &'a str, more: &'a str) -> &'a str {
    if count == 1 { one } else { more }
}
