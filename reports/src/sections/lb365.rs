//! Section 8: the platform LB365 and its bus.

use peil_warehouse::Result;

use super::comparing::{
    against, amount_of, change, change_column, count, filled, integer, nothing_before, number_of, standing_note, words,
};
use super::parts::{heading, number_column, text_column};
use crate::charts;
use crate::document::{Block, Cell, Missing, Origin, Section, Span, Table, Text, Value};
use crate::format::{enumeration, long_day};
use crate::frames::{PARTICIPANTS, Report};

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(summary(report))];
    blocks.push(heading("lb365-deelnemers", "Deelnemers"));
    blocks.push(Block::Paragraph(joined(report)));
    blocks.push(Block::Annex(participants(report)));
    blocks.push(Block::Table(connections(report)));
    blocks.push(heading("lb365-modules", "Modules"));
    blocks.extend(charts::named(report, "lb365_modules")?.map(Block::Chart));
    blocks.push(Block::Table(modules(report)));
    blocks.push(heading("lb365-bus", "Verkeer op de LB-bus"));
    blocks.push(Block::Paragraph(traffic_sentence(report)));
    blocks.extend(charts::named(report, "busverkeer")?.map(Block::Chart));
    blocks.push(Block::Table(services(report)));
    blocks.extend(charts::named(report, "busfouten")?.map(Block::Chart));
    blocks.push(Block::Annex(months(report)));
    Ok(Section { number: 8, name: "lb365", title: "LB365".to_owned(), blocks })
}

fn participants_figure(report: &Report) -> Span {
    let origin = Origin::Indicator(PARTICIPANTS.to_owned(), report.moments.quarter);
    Span::Figure(amount_of(report.lb365.participants.len()), Some(origin))
}

fn summary(report: &Report) -> Text {
    const MART: &str = "lb365_modules";
    let lb365 = &report.lb365;
    let mut spans = vec![
        words(format!("Op {} nemen ", long_day(report.moments.until))),
        participants_figure(report),
        words(" besturen deel aan LB365"),
    ];
    let before = lb365.participants_before.map(|before| before as i64);
    spans.extend(against(
        lb365.participants.len() as i64,
        before,
        "op het einde van",
        &report.moments,
        "indicator_by_authority",
    ));
    let (tracks, live) = lb365.module_counts();
    spans.extend([
        words(". Voor "),
        number_of(tracks, MART),
        words(if tracks == 1 { " module" } else { " modules" }),
        words(" loopt er een traject, "),
        number_of(live, MART),
        words(if live == 1 { " module is" } else { " modules zijn" }),
        words(" bij minstens één bestuur in gebruik"),
    ]);
    spans.extend(against(
        live as i64,
        lb365.live_before().map(|before| before as i64),
        "op het einde van",
        &report.moments,
        MART,
    ));
    spans.push(words("."));
    Text(spans)
}

fn joined(report: &Report) -> Text {
    let lb365 = &report.lb365;
    let before = report.moments.before_words();
    if lb365.participants_before.is_none() {
        return Text::words(nothing_before(&report.moments));
    }
    if lb365.joined.is_empty() {
        return Text::words(format!("Sinds {before} kwam er geen deelnemer bij."));
    }
    Text(vec![
        words(format!("Sinds {before} {} er ", if lb365.joined.len() == 1 { "kwam" } else { "kwamen" })),
        number_of(lb365.joined.len(), "indicator_by_authority"),
        words(format!(" bij: {}.", enumeration(&lb365.joined))),
    ])
}

fn participants(report: &Report) -> Table {
    let columns = vec![text_column("authority", "Bestuur"), text_column("new", "Nieuw in de periode")];
    let lb365 = &report.lb365;
    let rows = lb365
        .participants
        .iter()
        .map(|name| vec![Cell::text(name), Cell::new(Value::Flag(lb365.joined.contains(name)))]);
    filled("lb365_participants", "Deelnemers aan LB365".to_owned(), columns, rows, "indicator_by_authority")
}

fn connections(report: &Report) -> Table {
    let columns = vec![
        text_column("building_block", "Bouwsteen"),
        number_column("connected", "Aangesloten besturen"),
        change_column("connected_change", &report.moments),
        text_column("joined", "Aangesloten in de periode"),
    ];
    let rows = report.lb365.connections.iter().map(|one| {
        let joined = if one.joined.is_empty() {
            Cell::new(Value::Missing(Missing::NotApplicable))
        } else {
            Cell::text(enumeration(&one.joined))
        };
        vec![
            Cell::text(&one.building_block),
            count(one.connected as i64),
            change(one.connected as i64, one.before),
            joined,
        ]
    });
    Table {
        notes: vec![standing_note(report)],
        when_empty: "Op de peildatum is er nog geen bestuur via LB365 op een bouwsteen aangesloten.".to_owned(),
        ..filled(
            "lb365_connections",
            "Bouwstenen waarop besturen via LB365 aangesloten zijn".to_owned(),
            columns,
            rows,
            "lb365_adoption",
        )
    }
}

fn modules(report: &Report) -> Table {
    let columns = vec![
        text_column("module", "Module"),
        number_column("live", "In gebruik"),
        change_column("live_change", &report.moments),
        number_column("tracks", "Traject gestart"),
        change_column("tracks_change", &report.moments),
    ];
    let rows = report.lb365.modules.iter().map(|one| {
        vec![
            Cell::text(&one.module),
            count(one.now.live),
            change(one.now.live, one.before.map(|before| before.live)),
            count(one.now.tracks),
            change(one.now.tracks, one.before.map(|before| before.tracks)),
        ]
    });
    Table {
        notes: vec![
            standing_note(report),
            Text::words("Traject gestart: besturen waar het traject loopt en de module nog niet in gebruik is."),
        ],
        when_empty: "Op de peildatum is er nog geen traject gestart.".to_owned(),
        ..filled("lb365_modules", "Modules van LB365, in aantal besturen".to_owned(), columns, rows, "lb365_modules")
    }
}

/// What holds for every figure of the bus that is set beside the period before.
pub(super) fn bus_notes(report: &Report) -> Vec<Text> {
    if !report.bus.cut {
        return Vec::new();
    }
    vec![Text::words(format!(
        "De periode loopt nog: de cijfers gaan tot en met {} en staan naast evenveel maanden van {}.",
        long_day(report.moments.until),
        report.moments.before_words()
    ))]
}

fn traffic_sentence(report: &Report) -> Text {
    const MART: &str = "bus_traffic";
    let bus = &report.bus;
    let Some(rate) = bus.now.error_rate() else {
        return Text::words("In de periode ging er geen bericht over de LB-bus.");
    };
    let share = |value| Span::Figure(Value::Share(value), Some(Origin::Mart(MART)));
    let mut spans =
        vec![words("In de periode gingen er "), integer(bus.now.messages, MART), words(" berichten over de LB-bus")];
    let before = bus.before.map(|before| before.messages);
    spans.extend(against(bus.now.messages, before, "in", &report.moments, MART));
    spans.extend([words("; "), share(rate), words(" daarvan eindigde in een fout")]);
    if let Some(before) = bus.before.and_then(|before| before.error_rate()) {
        spans.extend([words(", tegenover "), share(before), words(format!(" in {}", report.moments.before_words()))]);
    }
    spans.push(words("."));
    let worst = bus.services.iter().filter_map(|one| Some((one.now.error_rate()?, one)));
    if let Some((rate, one)) =
        worst.max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.service.cmp(&one.1.service)))
    {
        spans.extend([
            words(format!(" Het hoogste foutenpercentage heeft de dienst {}: ", one.service)),
            share(rate),
            words("."),
        ]);
    }
    Text(spans)
}

fn services(report: &Report) -> Table {
    let columns = vec![
        text_column("service", "Dienst"),
        text_column("partner", "Externe partij"),
        number_column("messages", "Berichten"),
        change_column("messages_change", &report.moments),
        number_column("error_rate", "Fouten"),
        number_column("error_rate_before", format!("Fouten, {}", report.moments.before_heading())),
        number_column("p50_ms", "Mediaan (ms)"),
        number_column("p95_ms", "P95 (ms)"),
        number_column("p95_ms_before", format!("P95 (ms), {}", report.moments.before_heading())),
    ];
    let rows = report.bus.services.iter().map(|one| {
        let share = |value| Cell::new(Value::share_or(value, Missing::NoData));
        let milliseconds = |value: Option<f64>| {
            Cell::new(value.map_or(Value::Missing(Missing::NoData), |value| Value::Number(value, 0)))
        };
        vec![
            Cell::text(&one.service),
            one.partner.as_ref().map_or_else(|| Cell::text("geen"), Cell::text),
            count(one.now.messages),
            change(one.now.messages, one.before.map(|before| before.messages)),
            share(one.now.error_rate()),
            share(one.before.and_then(|before| before.error_rate())),
            milliseconds(one.median),
            milliseconds(one.slowest),
            milliseconds(one.slowest_before),
        ]
    });
    let mut notes = vec![Text::words(
        "Fouten: berichten met status 400 of hoger. Mediaan en P95 zijn die van de laatste maand van de periode met berichten: de helft van de berichten duurt langer dan de mediaan, één op de twintig langer dan P95.",
    )];
    notes.extend(bus_notes(report));
    Table {
        notes,
        when_empty: "In de periode ging er geen bericht over de LB-bus.".to_owned(),
        ..filled("bus_services", "Berichten, fouten en duur per dienst".to_owned(), columns, rows, "bus_traffic")
    }
}

fn months(report: &Report) -> Table {
    let columns = vec![
        text_column("month", "Maand"),
        number_column("messages", "Berichten"),
        number_column("errors", "Fouten"),
        number_column("error_rate", "Foutenpercentage"),
    ];
    let rows = report.bus.months.iter().map(|one| {
        let number = |value: Option<i64>| Cell {
            provisional: one.provisional,
            ..Cell::new(Value::integer_or(value, Missing::NoData))
        };
        let rate = one.traffic.and_then(|traffic| traffic.error_rate());
        vec![
            Cell::text(&one.month),
            number(one.traffic.map(|traffic| traffic.messages)),
            number(one.traffic.map(|traffic| traffic.errors)),
            Cell { provisional: one.provisional, ..Cell::new(Value::share_or(rate, Missing::NoData)) },
        ]
    });
    filled("bus_months", "Berichten op de LB-bus per maand".to_owned(), columns, rows, "bus_traffic")
}
