//! What the page of an authority holds.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::document::{Cell, Column, ColumnKind, Missing, Origin, Row, Table, Value};
use crate::format::{figure, long_day, number, period_name, period_phrase};
use crate::frames::{ALL, AuthorityProfile, BlockState, OwnModuleState, OwnScore, PeerGroup, Report};

use super::super::super::markup::{Place, escape, shape};
use super::super::super::table::{self, Sources};
use super::super::Source;
use super::super::indicator::made_from;
use super::meter::meter;

/// Highest score of a chapter.
const BEST: f64 = 5.0;

/// What an authority is set beside, worked out once for all pages.
pub(super) struct Flanders {
    /// Authorities that use a block, by its name.
    blocks: BTreeMap<String, usize>,
    /// Authorities that use a module of LB365, by its name.
    modules: BTreeMap<String, usize>,
    /// Authorities that used a part of the portal, by its name.
    portal: BTreeMap<String, i64>,
    /// Authorities that chose a solution, by its name.
    solutions: BTreeMap<String, usize>,
    /// Authorities with a value above zero, by indicator; of all of them.
    indicators: BTreeMap<String, (usize, usize)>,
    /// Names of the indicators.
    labels: BTreeMap<String, (String, String)>,
    /// Blocks in use and solutions chosen, by size class; the middle one.
    middle: BTreeMap<String, (f64, f64)>,
    /// The number of blocks.
    all_blocks: usize,
}

impl Flanders {
    pub(super) fn of(report: &Report) -> Self {
        let mut modules: BTreeMap<String, usize> = BTreeMap::new();
        let mut solutions: BTreeMap<String, usize> = BTreeMap::new();
        let mut counts: BTreeMap<String, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
        for profile in &report.profiles {
            for module in profile.modules.iter().filter(|module| module.state == OwnModuleState::Live) {
                *modules.entry(module.module.clone()).or_default() += 1;
            }
            for line in profile.portfolio.iter().filter(|line| line.status == "gekozen") {
                *solutions.entry(line.solution.clone()).or_default() += 1;
            }
            let of_class = counts.entry(class(profile)).or_default();
            of_class.0.push(in_use(profile));
            of_class.1.push(chosen(profile));
        }
        let indicators = report.indicators.numeric().map(|row| {
            let values = report.by_authority.of(&row.indicator.id);
            let with = values.iter().filter(|value| value.value.is_some_and(|one| one > 0.0)).count();
            (row.indicator.id.clone(), (with, values.len()))
        });
        let labels = report
            .indicators
            .numeric()
            .map(|row| (row.indicator.id.clone(), (row.indicator.label.clone(), row.indicator.unit.clone())));
        Self {
            blocks: report.building_blocks.blocks.iter().map(|block| (block.name.clone(), block.in_use)).collect(),
            modules,
            portal: report.portal.modules.iter().map(|one| (one.module.clone(), one.now.authorities)).collect(),
            solutions,
            indicators: indicators.collect(),
            labels: labels.collect(),
            middle: counts
                .into_iter()
                .map(|(class, (blocks, chosen))| (class, (median(blocks), median(chosen))))
                .collect(),
            all_blocks: report.building_blocks.blocks.len(),
        }
    }
}

fn class(profile: &AuthorityProfile) -> String {
    profile.authority.size_class.clone().unwrap_or_default()
}

fn in_use(profile: &AuthorityProfile) -> usize {
    profile.building_blocks.iter().filter(|(_, state)| *state == BlockState::InUse).count()
}

fn chosen(profile: &AuthorityProfile) -> usize {
    profile.portfolio.iter().filter(|line| line.status == "gekozen").count()
}

fn live(profile: &AuthorityProfile) -> usize {
    profile.modules.iter().filter(|module| module.state == OwnModuleState::Live).count()
}

fn median(mut values: Vec<usize>) -> f64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        even if even % 2 == 0 => (values[middle - 1] + values[middle]) as f64 / 2.0,
        _ => values[middle] as f64,
    }
}

/// A size class as readers say it.
pub(super) fn class_name(class: &str) -> &'static str {
    match class {
        "<10k" => "minder dan 10.000 inwoners",
        "10k-20k" => "10.000 tot 20.000 inwoners",
        "20k-50k" => "20.000 tot 50.000 inwoners",
        ">=50k" => "50.000 inwoners of meer",
        _ => "provincies",
    }
}

fn mean(scores: &[OwnScore]) -> Option<f64> {
    (!scores.is_empty()).then(|| scores.iter().map(|score| score.score).sum::<f64>() / scores.len() as f64)
}

/// The middle score of a peer group, over the chapters.
fn peers_mean(scores: &[OwnScore], group: &str) -> Option<f64> {
    let medians: Vec<f64> = scores.iter().filter_map(|score| middle(&score.peers, group)).collect();
    (!medians.is_empty()).then(|| medians.iter().sum::<f64>() / medians.len() as f64)
}

fn middle(groups: &[PeerGroup], name: &str) -> Option<f64> {
    groups.iter().find(|group| group.name == name)?.quantiles.map(|quantiles| quantiles.median)
}

pub(super) fn body(source: &Source<'_>, flanders: &Flanders, place: &Place<'_>, profile: &AuthorityProfile) -> String {
    let mut out = lead(source.report, flanders, profile);
    out.push_str(&maturity(place, profile));
    out.push_str(&blocks(flanders, place, profile));
    out.push_str(&portfolio(flanders, place, profile));
    out.push_str(&modules(flanders, place, profile));
    out.push_str(&portal(source.report, flanders, place, profile));
    out.push_str(&indicators(source, flanders, place, profile));
    out.push_str(&benchmark(place, profile));
    out
}

/// One sentence, and the figures in it once more, beside those of peers.
fn lead(report: &Report, flanders: &Flanders, profile: &AuthorityProfile) -> String {
    let name = escape(&profile.authority.name);
    let class = class(profile);
    let (blocks, chosen_peers) = flanders.middle.get(&class).copied().unwrap_or_default();
    let day = long_day(report.colophon.peildatum());
    let mut out = format!(
        "<p class=\"lead\">Op {day} heeft {name} {} van de {} Vlaamse bouwstenen in gebruik en {} {} gekozen",
        in_use(profile),
        flanders.all_blocks,
        chosen(profile),
        if chosen(profile) == 1 { "oplossing" } else { "oplossingen" }
    );
    let score = mean(&profile.maturity);
    if let Some(score) = score {
        let _ = write!(out, "; de maturiteitsmeting geeft gemiddeld {} op 5", number(score, 1));
    }
    out.push_str(".</p>\n<dl class=\"key\">\n");
    let mut key = |term: &str, value: String, beside: String| {
        let _ = writeln!(out, "<div><dt>{term}</dt><dd><b>{value}</b> <span>{beside}</span></dd></div>");
    };
    let peers = |value: f64| format!("mediaan {}", figure(value));
    key("Bouwstenen in gebruik", in_use(profile).to_string(), peers(blocks));
    key("Oplossingen gekozen", chosen(profile).to_string(), peers(chosen_peers));
    if let Some(score) = score {
        let beside = peers_mean(&profile.maturity, &class).or_else(|| peers_mean(&profile.maturity, ALL));
        key(
            "Maturiteit, gemiddeld op 5",
            number(score, 1),
            beside.map_or_else(String::new, |one| format!("mediaan {}", number(one, 1))),
        );
    }
    key(
        "Modules van LB365 in gebruik",
        live(profile).to_string(),
        if profile.modules.is_empty() {
            "geen deelnemer of nog geen traject".to_owned()
        } else {
            format!("van {} met een traject", profile.modules.len())
        },
    );
    let _ = writeln!(
        out,
        "</dl>\n<p class=\"sources\">Mediaan: van de besturen in dezelfde groep ({}).</p>",
        class_name(&class)
    );
    out
}

fn section(id: &str, title: &str, content: &str) -> String {
    format!("<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n{content}</section>\n")
}

fn maturity(place: &Place<'_>, profile: &AuthorityProfile) -> String {
    if profile.maturity.is_empty() {
        return section("maturiteit", "Maturiteit", "<p>Dit bestuur diende nog geen maturiteitsmeting in.</p>\n");
    }
    let class = class(profile);
    let province = &profile.authority.province;
    let mut content = String::new();
    if let Some(day) = profile.maturity.iter().filter_map(|score| score.submitted_on).max() {
        let _ = writeln!(
            content,
            "<p>Laatste meting ingediend op {}. De balk is de eigen score op 5, de streep de mediaan van alle besturen.</p>",
            long_day(day)
        );
    }
    let shown = |value: Option<f64>| {
        value.map_or_else(
            || "<span class=\"none\">– <small>te weinig besturen</small></span>".to_owned(),
            |one| number(one, 1),
        )
    };
    let _ = writeln!(
        content,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"maturiteit-bijschrift\"><table class=\"data compare\">\
         <caption id=\"maturiteit-bijschrift\">Score per hoofdstuk, naast de mediaan van gelijke besturen</caption><thead><tr>\
         <th scope=\"col\">Hoofdstuk</th><th scope=\"col\" class=\"n\">Score</th><th scope=\"col\" class=\"n\">Zelfde grootte</th>\
         <th scope=\"col\" class=\"n\">Provincie</th><th scope=\"col\" class=\"n\">Alle besturen</th></tr></thead><tbody>"
    );
    for score in &profile.maturity {
        let all = middle(&score.peers, ALL);
        let _ = writeln!(
            content,
            "<tr><th scope=\"row\">{}{}</th><td class=\"n\"><b>{}</b></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            escape(&score.chapter),
            meter(score.score, all, BEST),
            number(score.score, 1),
            shown(middle(&score.peers, &class)),
            shown(middle(&score.peers, province)),
            shown(all)
        );
    }
    content.push_str("</tbody></table></div>\n");
    content.push_str(&made_from(place, &["maturity_scores", "maturity_distribution"]));
    section("maturiteit", "Maturiteit", &content)
}

fn blocks(flanders: &Flanders, place: &Place<'_>, profile: &AuthorityProfile) -> String {
    let rows = profile.building_blocks.iter().map(|(block, state)| {
        let users = flanders.blocks.get(block).copied().unwrap_or_default();
        Row::Cells(vec![Cell::text(block.clone()), Cell::text(state.word()), Cell::new(Value::Integer(users as i64))])
    });
    let list = Table {
        name: "own_building_blocks".to_owned(),
        caption: "Vlaamse bouwstenen die het bestuur gebruikt, invoert of plant".to_owned(),
        columns: vec![
            Column::new("building_block", "Bouwsteen", ColumnKind::Text),
            Column::new("state", "Stand", ColumnKind::Text),
            Column::new("authorities", "Besturen die ze gebruiken", ColumnKind::Number),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        mart: None,
        when_empty: "Er is geen bouwsteen in gebruik of gepland.".to_owned(),
    };
    let mut content = table::table(place, &list, Sources::None);
    if !list.rows.is_empty() {
        content.push_str(&made_from(place, &["building_block_use"]));
    }
    section("bouwstenen", "Bouwstenen", &content)
}

fn day(day: Option<chrono::NaiveDate>) -> Cell {
    Cell::new(day.map_or(Value::Missing(Missing::NotApplicable), Value::Day))
}

fn portfolio(flanders: &Flanders, place: &Place<'_>, profile: &AuthorityProfile) -> String {
    let rows = profile.portfolio.iter().map(|line| {
        Row::Cells(vec![
            Cell::text(line.solution.clone()),
            line.supplier.clone().map_or_else(|| Cell::new(Value::Missing(Missing::NotApplicable)), Cell::text),
            Cell::text(line.status.clone()),
            day(line.since),
            Cell::new(Value::Integer(flanders.solutions.get(&line.solution).copied().unwrap_or_default() as i64)),
        ])
    });
    let list = Table {
        name: "own_portfolio".to_owned(),
        caption: "Oplossingen die het bestuur koos, plant of uitfaseerde".to_owned(),
        columns: vec![
            Column::new("solution", "Oplossing", ColumnKind::Text),
            Column::new("supplier", "Leverancier", ColumnKind::Text),
            Column::new("status", "Stand", ColumnKind::Text),
            Column::new("since", "Sinds", ColumnKind::Day),
            Column::new("authorities", "Besturen die ze kozen", ColumnKind::Number),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        mart: None,
        when_empty: "Het bestuur duidde geen oplossingen aan.".to_owned(),
    };
    let mut content = table::table(place, &list, Sources::None);
    if !list.rows.is_empty() {
        content.push_str(&made_from(place, &["authority_portfolio"]));
    }
    section("portfolio", "Portfolio van oplossingen", &content)
}

fn modules(flanders: &Flanders, place: &Place<'_>, profile: &AuthorityProfile) -> String {
    let rows = profile.modules.iter().map(|module| {
        Row::Cells(vec![
            Cell::text(module.module.clone()),
            Cell::text(module.state.word()),
            day(module.track_started_on),
            day(module.live_on),
            Cell::new(Value::Integer(flanders.modules.get(&module.module).copied().unwrap_or_default() as i64)),
        ])
    });
    let list = Table {
        name: "own_modules".to_owned(),
        caption: "Modules van LB365".to_owned(),
        columns: vec![
            Column::new("module", "Module", ColumnKind::Text),
            Column::new("state", "Stand", ColumnKind::Text),
            Column::new("track_started_on", "Traject gestart", ColumnKind::Day),
            Column::new("live_on", "In gebruik", ColumnKind::Day),
            Column::new("authorities", "Besturen die ze gebruiken", ColumnKind::Number),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        mart: None,
        when_empty: "Het bestuur heeft geen traject of module van LB365.".to_owned(),
    };
    let mut content = table::table(place, &list, Sources::None);
    if !profile.connections.is_empty() {
        content.push_str("<h3>Aangesloten bouwstenen</h3>\n<ul class=\"index\">\n");
        for connection in &profile.connections {
            let since = connection
                .connected_on
                .map_or_else(String::new, |day| format!(" <small>sinds {}</small>", long_day(day)));
            let _ = writeln!(content, "<li>{}{}{since}</li>", shape("achieved"), escape(&connection.building_block));
        }
        content.push_str("</ul>\n");
    }
    if !list.rows.is_empty() || !profile.connections.is_empty() {
        content.push_str(&made_from(place, &["lb365_modules_by_authority", "lb365_adoption"]));
    }
    section("lb365", "LB365", &content)
}

fn portal(report: &Report, flanders: &Flanders, place: &Place<'_>, profile: &AuthorityProfile) -> String {
    let rows = profile.portal.iter().map(|own| {
        Row::Cells(vec![
            Cell::text(own.module.clone()),
            Cell::new(Value::integer_or(own.users, Missing::Suppressed)),
            Cell::new(Value::integer_or(own.events, Missing::Suppressed)),
            Cell::new(Value::Integer(flanders.portal.get(&own.module).copied().unwrap_or_default())),
        ])
    });
    let quarter = period_name(report.moments.quarter);
    let list = Table {
        name: "own_portal_use".to_owned(),
        caption: format!("Gebruik van het portaal, {quarter}"),
        columns: vec![
            Column::new("module", "Onderdeel", ColumnKind::Text),
            Column::new("users", "Gebruikers", ColumnKind::Number),
            Column::new("events", "Handelingen", ColumnKind::Number),
            Column::new("authorities", "Besturen die het gebruikten", ColumnKind::Number),
        ],
        rows: rows.collect(),
        notes: Vec::new(),
        mart: None,
        when_empty: format!("Het bestuur gebruikte het portaal niet in {}.", period_phrase(report.moments.quarter)),
    };
    let mut content = table::table(place, &list, Sources::None);
    if !list.rows.is_empty() {
        content.push_str(&made_from(place, &["portal_usage_by_authority", "portal_usage"]));
    }
    section("gebruik", "Gebruik van het portaal", &content)
}

/// The indicators that are shown by authority.
fn indicators(source: &Source<'_>, flanders: &Flanders, place: &Place<'_>, profile: &AuthorityProfile) -> String {
    let frame = &source.report.by_authority;
    let Some(period) = frame.period else { return String::new() };
    let mut rows = Vec::new();
    for (id, own) in frame.of_authority(&profile.authority.nis) {
        let Some((label, unit)) = flanders.labels.get(id) else { continue };
        let (with, of) = flanders.indicators.get(id).copied().unwrap_or_default();
        let missing = if own.suppressed { Missing::Suppressed } else { Missing::NoData };
        let value = match own.value {
            Some(one) if unit.contains("bestu") && (one == 0.0 || one == 1.0) => Value::Flag(one > 0.0),
            value => Value::figure_or(value, missing),
        };
        rows.push(Row::Cells(vec![
            Cell::text(label.clone()).from(Origin::Indicator(id.to_owned(), period)),
            Cell::text(unit.clone()),
            Cell::new(value),
            Cell::text(format!("{with} van {of}")),
        ]));
    }
    if rows.is_empty() {
        return String::new();
    }
    let list = Table {
        name: "own_indicators".to_owned(),
        caption: format!("Indicatoren die per bestuur bekend zijn, {}", period_name(period)),
        columns: vec![
            Column::new("indicator", "Indicator", ColumnKind::Text),
            Column::new("unit", "Telt", ColumnKind::Text),
            Column::new("value", "Dit bestuur", ColumnKind::Number),
            Column::new("others", "Besturen met meer dan nul", ColumnKind::Number),
        ],
        rows,
        notes: Vec::new(),
        mart: None,
        when_empty: String::new(),
    };
    let mut content = table::table(place, &list, Sources::None);
    content.push_str(&made_from(place, &["indicator_by_authority"]));
    section("indicatoren", "Indicatoren", &content)
}

/// The figures of the benchmark in the groups that the authority is in.
fn benchmark(place: &Place<'_>, profile: &AuthorityProfile) -> String {
    if profile.benchmark.is_empty() {
        return String::new();
    }
    let class = class(profile);
    let cell = |groups: &[PeerGroup], name: &str| {
        Cell::new(middle(groups, name).map_or(Value::Missing(Missing::FewAuthorities), |one| Value::Number(one, 1)))
    };
    let rows = profile.benchmark.iter().map(|(name, groups)| {
        Row::Cells(vec![
            Cell::text(name.replace('_', " ")),
            cell(groups, &class),
            cell(groups, &profile.authority.province),
            cell(groups, ALL),
        ])
    });
    let list = Table {
        name: "peer_benchmark".to_owned(),
        caption: "Benchmark: mediaan van de groepen waartoe het bestuur behoort".to_owned(),
        columns: vec![
            Column::new("figure", "Cijfer", ColumnKind::Text),
            Column::new("size_class", "Zelfde grootte", ColumnKind::Number),
            Column::new("province", "Provincie", ColumnKind::Number),
            Column::new("all", "Alle besturen", ColumnKind::Number),
        ],
        rows: rows.collect(),
        notes: vec![crate::document::Text::words(
            "Het eigen cijfer van een bestuur staat hier niet: het zou dat van te kleine groepen verraden.",
        )],
        mart: None,
        when_empty: String::new(),
    };
    let mut content = table::table(place, &list, Sources::None);
    content.push_str(&made_from(place, &["benchmark"]));
    section("benchmark", "Gelijke besturen in de benchmark", &content)
}
