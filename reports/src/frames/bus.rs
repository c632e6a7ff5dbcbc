//! Traffic on the LB bus: by month, by service, by outside party.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate};
use peil_warehouse::Result;
use peil_warehouse::publish::Published;
use peil_warehouse::storage::Storage;

use super::Moments;
use super::moments::month_of;
use super::table::{Kind, Table};

/// How many months are shown, the last one that of the peildatum.
const MONTHS: u32 = 24;

/// Messages, and how many of them failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Number of messages.
    pub messages: i64,
    /// Those with status 400 and up.
    pub errors: i64,
}

impl Traffic {
    /// Errors over messages; none without messages.
    pub fn error_rate(self) -> Option<f64> {
        (self.messages > 0).then(|| self.errors as f64 / self.messages as f64)
    }

    fn add(&mut self, other: Self) {
        self.messages += other.messages;
        self.errors += other.errors;
    }
}

/// The traffic of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthTraffic {
    /// The month, as `2022-03`.
    pub month: String,
    /// Whether it goes on after the as-of day.
    pub provisional: bool,
    /// Messages and errors; none where the month has no messages.
    pub traffic: Option<Traffic>,
}

/// A service with an outside party, or without one.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Name of the service.
    pub service: String,
    /// The outside party.
    pub partner: Option<String>,
    /// In the period.
    pub now: Traffic,
    /// In the period before; of a period that goes on, in as many months.
    pub before: Option<Traffic>,
    /// Median duration in milliseconds, in the last month of the period with
    /// messages.
    pub median: Option<f64>,
    /// The duration that one in twenty messages exceeds, in that month.
    pub slowest: Option<f64>,
    /// The same in the last month with messages of the period before.
    pub slowest_before: Option<f64>,
}

/// An outside party on the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partner {
    /// Name.
    pub name: String,
    /// Services that it is reached by, in order.
    pub services: Vec<String>,
    /// In the period.
    pub now: Traffic,
    /// In the period before.
    pub before: Option<Traffic>,
    /// First month of all with messages.
    pub since: String,
}

/// Traffic on the bus.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bus {
    /// The last two years, month by month.
    pub months: Vec<MonthTraffic>,
    /// Services with messages in the period, those with most first.
    pub services: Vec<Service>,
    /// Outside parties with messages in the period, those with most first.
    pub partners: Vec<Partner>,
    /// Of all messages in the period.
    pub now: Traffic,
    /// Of all messages in the period before; none where there were none.
    pub before: Option<Traffic>,
    /// Whether the period goes on, so that the period before is cut to as many
    /// months.
    pub cut: bool,
}

/// A row of the mart.
struct Line {
    month: String,
    service: String,
    partner: Option<String>,
    traffic: Traffic,
    median: Option<f64>,
    slowest: Option<f64>,
}

impl Bus {
    pub(super) async fn read(
        storage: &Storage,
        published: &Published,
        moments: &Moments,
        as_of: NaiveDate,
    ) -> Result<Self> {
        let columns = [
            ("month", Kind::Text),
            ("service", Kind::Text),
            ("partner", Kind::Text),
            ("messages", Kind::Integer),
            ("errors", Kind::Integer),
            ("p50_ms", Kind::Number),
            ("p95_ms", Kind::Number),
        ];
        let table = Table::read(storage, published, "bus_traffic", &columns, &[]).await?;
        let mut lines = Vec::new();
        for row in table.rows() {
            let number = |column| table.integer(column, row).unwrap_or(0);
            lines.push(Line {
                month: table.required("month", row)?,
                service: table.required("service", row)?,
                partner: table.text("partner", row),
                traffic: Traffic { messages: number("messages"), errors: number("errors") },
                median: table.number("p50_ms", row),
                slowest: table.number("p95_ms", row),
            });
        }
        let known = lines.iter().any(|line| moments.in_period_before(&line.month));
        let sum = |within: &dyn Fn(&Line) -> bool| {
            let mut sum = Traffic::default();
            lines.iter().filter(|line| within(line)).for_each(|line| sum.add(line.traffic));
            sum
        };
        Ok(Self {
            months: months(&lines, moments, as_of),
            services: services(&lines, moments, known),
            partners: partners(&lines, moments, known),
            now: sum(&|line| moments.in_period(&line.month)),
            before: known.then(|| sum(&|line| moments.in_period_before(&line.month))),
            cut: moments.period.last_day() > moments.until,
        })
    }
}

fn months(lines: &[Line], moments: &Moments, as_of: NaiveDate) -> Vec<MonthTraffic> {
    let mut by_month: BTreeMap<&str, Traffic> = BTreeMap::new();
    for line in lines {
        by_month.entry(&line.month).or_default().add(line.traffic);
    }
    let last = moments.until.with_day(1).unwrap_or(moments.until);
    let months: Vec<NaiveDate> =
        (0..MONTHS).rev().filter_map(|back| last.checked_sub_months(Months::new(back))).collect();
    let begins = months.iter().position(|month| by_month.contains_key(month_of(*month).as_str()));
    let shown = begins.map_or(&[][..], |begins| &months[begins..]);
    shown
        .iter()
        .map(|month| MonthTraffic {
            traffic: by_month.get(month_of(*month).as_str()).copied(),
            provisional: *month + Months::new(1) > as_of + chrono::Days::new(1),
            month: month_of(*month),
        })
        .collect()
}

fn services(lines: &[Line], moments: &Moments, known: bool) -> Vec<Service> {
    let keys: BTreeSet<(&str, Option<&str>)> = lines
        .iter()
        .filter(|line| moments.in_period(&line.month))
        .map(|line| (line.service.as_str(), line.partner.as_deref()))
        .collect();
    let mut services: Vec<Service> = keys
        .into_iter()
        .map(|(service, partner)| {
            let of = || lines.iter().filter(move |line| line.service == service && line.partner.as_deref() == partner);
            let mut now = Traffic::default();
            of().filter(|line| moments.in_period(&line.month)).for_each(|line| now.add(line.traffic));
            let mut before = Traffic::default();
            of().filter(|line| moments.in_period_before(&line.month)).for_each(|line| before.add(line.traffic));
            let last = of().filter(|line| moments.in_period(&line.month)).max_by_key(|line| &line.month);
            let former = of().filter(|line| moments.in_period_before(&line.month)).max_by_key(|line| &line.month);
            Service {
                service: service.to_owned(),
                partner: partner.map(str::to_owned),
                now,
                before: known.then_some(before),
                median: last.and_then(|line| line.median),
                slowest: last.and_then(|line| line.slowest),
                slowest_before: former.and_then(|line| line.slowest),
            }
        })
        .collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.now.messages));
    services
}

fn partners(lines: &[Line], moments: &Moments, known: bool) -> Vec<Partner> {
    let mut found: BTreeMap<&str, Partner> = BTreeMap::new();
    for line in lines {
        let Some(name) = line.partner.as_deref() else { continue };
        if line.month > month_of(moments.until) {
            continue;
        }
        let partner = found.entry(name).or_insert_with(|| Partner {
            name: name.to_owned(),
            services: Vec::new(),
            now: Traffic::default(),
            before: known.then(Traffic::default),
            since: line.month.clone(),
        });
        partner.since = partner.since.clone().min(line.month.clone());
        if moments.in_period(&line.month) {
            partner.now.add(line.traffic);
            if !partner.services.contains(&line.service) {
                partner.services.push(line.service.clone());
                partner.services.sort();
            }
        }
        if let (true, Some(before)) = (moments.in_period_before(&line.month), partner.before.as_mut()) {
            before.add(line.traffic);
        }
    }
    let mut partners: Vec<Partner> = found.into_values().filter(|partner| partner.now.messages > 0).collect();
    partners.sort_by_key(|partner| std::cmp::Reverse(partner.now.messages));
    partners
}
