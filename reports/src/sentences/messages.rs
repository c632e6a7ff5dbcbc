//! What the summary says.

use peil_warehouse::Period;
use peil_warehouse::period::PeriodType;

use super::ranking::{furthest_behind, on_the_way_to_the_year, reference, standings, status_counts};
use crate::document::{Origin, Text, Value};
use crate::format::{NBSP, long_day, period_phrase};
use crate::frames::{Costs, Figure, Indicator, MilestoneRow, Report, State, Status};

/// Messages that a summary shows at most.
const MESSAGES: usize = 5;
/// Indicators that the message on the furthest behind names at most.
const NAMED: usize = 3;

/// A message: what it is about, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// In a word or two.
    pub subject: String,
    /// A sentence or two.
    pub text: Text,
}

impl Message {
    fn new(subject: impl Into<String>, text: Text) -> Self {
        Self { subject: subject.into(), text }
    }
}

/// The messages of the summary, the most important first.
pub fn summary(report: &Report) -> Vec<Message> {
    let by_weight = [
        targets(report),
        behind(report),
        money(&report.costs),
        attention(report),
        year_targets(report),
        milestones(report),
    ];
    by_weight.into_iter().flatten().take(MESSAGES).collect()
}

/// A count of indicators: the tables behind it.
fn count(text: Text, count: usize) -> Text {
    text.figure(Value::Integer(count as i64), Some(Origin::Section("indicatoren")))
}

fn targets(report: &Report) -> Option<Message> {
    let counts = status_counts(report);
    let of = |status| counts.iter().find(|(one, _)| *one == status).map_or(0, |(_, count)| *count);
    let judged = |status: &Status| !matches!(status, Status::NoTarget | Status::NoValue);
    let with_target: usize = counts.iter().filter(|(status, _)| judged(status)).map(|(_, count)| count).sum();
    if with_target == 0 {
        return None;
    }
    let period = reference(report);
    let phrase = period_phrase(period);
    if period.provisional(report.colophon.as_of) {
        let reached =
            standings(report).iter().filter(|one| one.figure.attainment().is_some_and(|share| share >= 1.0)).count();
        let day = long_day(report.colophon.peildatum());
        let text = Text::words(format!("De periode loopt nog. Op {day} {} ", verb(reached, "zit", "zitten")));
        let text = count(count(text, reached).and(" van de "), with_target);
        return Some(Message::new(
            "Doelen",
            text.and(format!(" indicatoren met een doel op of boven het doel voor {phrase}.")),
        ));
    }
    let achieved = of(Status::Achieved);
    if achieved == with_target {
        let text = count(Text::words("Alle "), with_target)
            .and(format!(" indicatoren met een doel voor {phrase} hebben dat doel bereikt."));
        return Some(Message::new("Doelen", text));
    }
    let text = count(Text::words("Van de "), with_target)
        .and(format!(" indicatoren met een doel voor {phrase} {} er ", verb(achieved, "bereikte", "bereikten")));
    let text = count(text, achieved).and(" dat doel, ");
    let text = count(text, of(Status::AtRisk)).and(format!(" bijna (90{NBSP}% of meer) en "));
    Some(Message::new("Doelen", count(text, of(Status::Missed)).and(" niet.")))
}

fn behind(report: &Report) -> Option<Message> {
    let behind = furthest_behind(report);
    if behind.is_empty() {
        return None;
    }
    let named = behind.iter().take(NAMED);
    let last = named.len();
    let mut text = Text::words(format!("Het verst onder het doel voor {}: ", period_phrase(reference(report))));
    for (index, standing) in named.enumerate() {
        if index > 0 {
            text = text.and(if index + 1 == last { " en " } else { ", " });
        }
        text = against_target(report, text, &standing.row.indicator, standing.figure, standing.figure.target);
    }
    Some(Message::new("Achterstand", text.and(".")))
}

/// An indicator with its programme, its value, a target and the share.
fn against_target(report: &Report, text: Text, indicator: &Indicator, figure: Figure, target: Option<f64>) -> Text {
    let origin = |period: Period| Some(Origin::Indicator(indicator.id.clone(), period));
    let text = text
        .link(indicator.label.clone(), Origin::IndicatorPage(indicator.id.clone()))
        .and(format!(" ({}: ", report.indicators.programme_name(&indicator.programme)));
    let (Some(value), Some(target)) = (figure.value, target) else { return text.and("–)") };
    text.figure(Value::Figure(value), origin(figure.period))
        .and(format!("{NBSP}van{NBSP}"))
        .figure(Value::Figure(target), origin(figure.period))
        .and(", ")
        .figure(Value::Share(value / target), origin(figure.period))
        .and(")")
}

fn year_targets(report: &Report) -> Option<Message> {
    if reference(report).kind() == PeriodType::Year {
        return None;
    }
    let rows = on_the_way_to_the_year(report);
    let (_, lowest) = rows.first()?;
    let half = rows.iter().filter(|(share, _)| *share < 0.5).count();
    let year = report.colophon.year();
    let text = if half > 0 {
        let day = long_day(report.colophon.peildatum());
        let text = count(Text::words(format!("Op {day} {} ", verb(half, "staat", "staan"))), half).and(" van de ");
        count(text, rows.len()).and(format!(
            " indicatoren die een stand meten onder de helft van het doel voor {year}. Het verst daarvan af: "
        ))
    } else {
        Text::words(format!("Het verst van het doel voor {year} staat "))
    };
    let text = against_target(report, text, &lowest.indicator, lowest.in_period, lowest.year_target);
    Some(Message::new(format!("Jaardoelen {year}"), text.and(".")))
}

/// What was booked, what is expected, and the budget.
pub fn money(costs: &Costs) -> Option<Message> {
    let (actual, forecast) = (costs.actual()?, costs.forecast()?);
    let year = costs.year;
    let booked = |cents| (Value::Amount(cents), Some(Origin::Mart("costs")));
    let until = match costs.until {
        Some(day) if !costs.finished() => format!("Tot en met {} werd ", long_day(day)),
        _ => format!("In {year} werd "),
    };
    let (value, origin) = booked(actual);
    let mut text = Text::words(until).figure(value, origin).and(" geboekt; ");
    let (Some(budget), Some(share)) = (costs.budget, costs.budget_share) else {
        let (value, origin) = booked(forecast);
        text = text.and("de prognose voor het hele jaar is ").figure(value, origin);
        return Some(Message::new("Middelen", text.and(format!(". Voor {year} is er geen budget."))));
    };
    if costs.finished() {
        text = text.and("dat is ");
    } else {
        let (value, origin) = booked(forecast);
        text = text.and("de prognose voor het hele jaar is ").figure(value, origin).and(", dat is ");
    }
    let difference = forecast - budget;
    let of_budget = || Some(Origin::Mart("budget"));
    text = text
        .figure(Value::Share(share), of_budget())
        .and(" van het budget van ")
        .figure(Value::Amount(budget), of_budget());
    text = match difference {
        0 => text.and(", precies het budget."),
        over => text.and(" en ").figure(Value::Amount(over.abs()), of_budget()).and(if over > 0 {
            " erboven."
        } else {
            " eronder."
        }),
    };
    Some(Message::new("Middelen", text))
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
    let with_state = |state| planned.iter().filter(|row| state_in_period(row) == state).count();
    let mut parts: Vec<(usize, &str)> =
        State::ALL.into_iter().map(|state| (with_state(Some(state)), state.word())).collect();
    parts.push((with_state(None), "zonder opgegeven stand"));
    parts.retain(|(count, _)| *count > 0);
    let text =
        Text::words(format!("Voor {} {} ", period_phrase(report.colophon.period), verb(planned.len(), "is", "zijn")));
    let mut text =
        count(text, planned.len()).and(format!(" {} gepland: ", verb(planned.len(), "mijlpaal", "mijlpalen")));
    let last = parts.len();
    for (index, (number, words)) in parts.into_iter().enumerate() {
        if index > 0 {
            text = text.and(if index + 1 == last { " en " } else { ", " });
        }
        text = count(text, number).and(format!(" {words}"));
    }
    Some(Message::new("Mijlpalen", text.and(".")))
}

fn attention(report: &Report) -> Option<Message> {
    let points = &report.attention;
    if points.is_empty() {
        return None;
    }
    let number = |text: Text, number: usize| {
        text.figure(Value::Integer(number as i64), Some(Origin::Section("aandachtspunten")))
    };
    let fresh = points.iter().filter(|point| point.is_new()).count();
    let mut text = number(Text::default(), points.len()).and(match points.len() {
        1 => " punt vraagt de aandacht",
        _ => " punten vragen de aandacht",
    });
    text = match fresh {
        1 if points.len() == 1 => text.and("; het is nieuw"),
        0 if points.len() == 1 => text.and("; het stond er al"),
        0 => text.and("; geen daarvan is nieuw"),
        fresh if fresh == points.len() => text.and(", allemaal nieuw"),
        fresh => number(text.and(", waarvan "), fresh).and(" nieuw"),
    };
    text = match report.resolved.len() {
        0 => text,
        1 => number(text.and("; "), 1).and(" punt van de vorige keer geldt niet meer"),
        more => number(text.and("; "), more).and(" punten van de vorige keer gelden niet meer"),
    };
    Some(Message::new("Aandachtspunten", text.and(".")))
}

fn verb<'a>(count: usize, one: &'a str, more: &'a str) -> &'a str {
    if count == 1 { one } else { more }
}
