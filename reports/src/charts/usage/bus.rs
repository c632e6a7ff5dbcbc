//! LB365: its modules, the traffic on its bus, and the errors of each service.

use peil_warehouse::Result;

use super::title;
use crate::charts::kinds::{LineWithTarget, RankedBar, RankedBars, TimePoint};
use crate::charts::{Chart, ChartTable};
use crate::format::{EMPTY, long_day, number, percent};
use crate::frames::Report;

pub(super) const MODULES: &str = "lb365_modules";
pub(super) const TRAFFIC: &str = "busverkeer";
pub(super) const ERRORS: &str = "busfouten";

/// Draws the modules by authorities where they are in use.
pub(super) fn modules(report: &Report) -> Result<Option<Chart>> {
    let moments = &report.moments;
    let live: Vec<_> = report.lb365.modules.iter().filter(|one| one.now.live > 0).collect();
    let Some(first) = live.first() else { return Ok(None) };
    let shown = |value: i64| number(value as f64, 0);
    let previous_name = format!("einde {}", moments.before_heading());
    let bars = RankedBars {
        bars: live
            .iter()
            .map(|one| RankedBar {
                label: one.module.clone(),
                value: one.now.live as f64,
                shown: shown(one.now.live),
                previous: one.before.map(|before| before.live as f64),
                target: None,
            })
            .collect(),
        unit: "besturen",
        previous_name: previous_name.clone(),
        ..RankedBars::default()
    };
    let measure = format!("Besturen die een module van LB365 gebruiken, op {}.", long_day(moments.until));
    let rows = live.iter().map(|one| {
        let before = one.before.map_or_else(|| EMPTY.to_owned(), |before| shown(before.live));
        vec![one.module.clone(), shown(one.now.live), before]
    });
    Ok(Some(Chart {
        name: MODULES,
        title: title(format!("{} is de meest gebruikte module", first.module), "Modules van LB365 in gebruik"),
        alternative: format!("Staafdiagram. {measure} {}", bars.describe()),
        source: "Bron: Peil, mart lb365_modules.".to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: vec!["Module".to_owned(), "Besturen".to_owned(), crate::format::capital(&previous_name)],
            rows: rows.collect(),
        },
        measure,
        drawings: bars.draw()?,
    }))
}

/// Draws the messages by month.
pub(super) fn traffic(report: &Report) -> Result<Option<Chart>> {
    let months = &report.bus.months;
    let busiest = months.iter().filter_map(|one| Some((one.traffic?.messages, &one.month))).max();
    let Some((most, month)) = busiest else { return Ok(None) };
    let line = LineWithTarget {
        points: months
            .iter()
            .map(|one| TimePoint {
                period: one.month.clone(),
                value: one.traffic.map(|traffic| traffic.messages as f64),
                provisional: one.provisional,
                break_before: false,
            })
            .collect(),
        name: "berichten".to_owned(),
        ..LineWithTarget::default()
    };
    let measure = format!("Berichten op de LB-bus per maand, tot en met {}.", long_day(report.moments.until));
    let shown = |value: Option<i64>| value.map_or_else(|| EMPTY.to_owned(), |value| number(value as f64, 0));
    let rows = months.iter().map(|one| vec![one.month.clone(), shown(one.traffic.map(|traffic| traffic.messages))]);
    Ok(Some(Chart {
        name: TRAFFIC,
        title: title(
            format!("Drukste maand op de bus: {month}, {} berichten", number(most as f64, 0)),
            "Berichten op de LB-bus per maand",
        ),
        alternative: format!("Lijndiagram. {measure} {}", line.describe()),
        source: "Bron: Peil, mart bus_traffic.".to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: vec!["Maand".to_owned(), "Berichten".to_owned()],
            rows: rows.collect(),
        },
        measure,
        drawings: line.draw()?,
    }))
}

/// Draws the share of errors of each service.
pub(super) fn errors(report: &Report) -> Result<Option<Chart>> {
    let mut services: Vec<(f64, String, Option<f64>)> = report
        .bus
        .services
        .iter()
        .filter_map(|one| {
            let label = match &one.partner {
                Some(partner) => format!("{} ({partner})", one.service),
                None => one.service.clone(),
            };
            Some((one.now.error_rate()?, label, one.before.and_then(|before| before.error_rate())))
        })
        .collect();
    services.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let Some((_, first, _)) = services.first() else { return Ok(None) };
    let previous_name = report.moments.before_heading();
    let bars = RankedBars {
        bars: services
            .iter()
            .map(|(rate, label, before)| RankedBar {
                label: label.clone(),
                value: rate * 100.0,
                shown: percent(*rate),
                previous: before.map(|before| before * 100.0),
                target: None,
            })
            .collect(),
        unit: "% fouten",
        decimals: 1,
        previous_name: previous_name.to_owned(),
        ..RankedBars::default()
    };
    let measure = format!(
        "Aandeel van de berichten met een fout (status 400 of hoger) per dienst, {}.",
        crate::format::period_name(report.moments.period)
    );
    let rows = services.iter().map(|(rate, label, before)| {
        vec![label.clone(), percent(*rate), before.map_or_else(|| EMPTY.to_owned(), percent)]
    });
    Ok(Some(Chart {
        name: ERRORS,
        title: title(format!("Hoogste foutenpercentage: {first}"), "Fouten per dienst van de LB-bus"),
        alternative: format!("Staafdiagram. {measure} {}", bars.describe()),
        source: "Bron: Peil, mart bus_traffic.".to_owned(),
        table: ChartTable {
            caption: measure.clone(),
            header: vec!["Dienst".to_owned(), "Fouten".to_owned(), crate::format::capital(previous_name)],
            rows: rows.collect(),
        },
        measure,
        drawings: bars.draw()?,
    }))
}
