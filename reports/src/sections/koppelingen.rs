//! Section 6: couplings between solutions, parties on the bus, standards.

use peil_warehouse::Result;

use super::comparing::{
    against, amount_of, change, change_column, count, filled, integer, number_of, one_or_more, standing_note, words,
};
use super::parts::{heading, number_column, text_column};
use crate::charts;
use crate::document::{Block, Cell, Column, ColumnKind, Missing, Section, Table, Text, Value};
use crate::format::long_day;
use crate::frames::{Coupling, Report};

const MART: &str = "couplings";
/// Rows of the matrix and of the most used couplings in the report.
const MOST: usize = 20;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(summary(report))];
    blocks.push(heading("koppelingen-beschikbaar", "Beschikbare koppelingen"));
    blocks.extend(charts::named(report, "koppelingen")?.map(Block::Chart));
    blocks.push(Block::Table(techniques(report)));
    blocks.push(Block::Annex(matrix(report)));
    blocks.push(heading("koppelingen-gebruikt", "Besturen die een koppeling gebruiken"));
    let open = &report.couplings.open;
    let used = "coupling_use";
    blocks.push(Block::Table(couplings(
        used,
        &format!("De {MOST} meest gebruikte koppelingen"),
        open.iter().take(MOST),
    )));
    blocks.push(Block::Annex(couplings("couplings", "Alle open koppelingen", open.iter())));
    blocks.push(heading("koppelingen-nieuw", "Nieuw en beëindigd"));
    blocks.push(Block::Table(new_couplings(report)));
    if !report.couplings.ended.is_empty() {
        let caption = "Koppelingen die in de periode beëindigd werden";
        blocks.push(Block::Table(couplings("couplings_ended", caption, report.couplings.ended.iter())));
    }
    blocks.push(heading("koppelingen-partijen", "Externe partijen op de LB-bus"));
    blocks.push(Block::Table(partners(report)));
    blocks.push(heading("koppelingen-standaarden", "Ondersteuning van standaarden"));
    blocks.push(Block::Paragraph(standards_sentence(report)));
    blocks.push(Block::Table(standards(report, "standards_support", MOST)));
    blocks.push(Block::Annex(standards(report, "standards_support_all", usize::MAX)));
    Ok(Section { number: 6, name: "koppelingen", title: "Koppelingen".to_owned(), blocks })
}

fn summary(report: &Report) -> Text {
    let couplings = &report.couplings;
    let open = couplings.open.len() as i64;
    let used = couplings.open.iter().filter(|one| one.authorities > 0).count();
    let mut spans = vec![
        words(format!("Op {} zijn er ", long_day(report.moments.until))),
        integer(open, MART),
        words(one_or_more(open, " koppeling beschikbaar", " koppelingen beschikbaar")),
    ];
    let before = i64::try_from(couplings.open_before).ok().filter(|before| *before > 0);
    spans.extend(against(open, before, "op het einde van", &report.moments, MART));
    spans.extend([
        words(". In de periode kwamen er "),
        number_of(couplings.new.len(), MART),
        words(" bij en werden er "),
    ]);
    spans.extend([number_of(couplings.ended.len(), MART), words(" beëindigd. ")]);
    spans.extend([number_of(used, MART), words(" van de beschikbare koppelingen ")]);
    spans.push(words(if used == 1 {
        "wordt door minstens één bestuur gebruikt."
    } else {
        "worden door minstens één bestuur gebruikt."
    }));
    Text(spans)
}

fn techniques(report: &Report) -> Table {
    let couplings = &report.couplings;
    let columns = vec![
        text_column("technique", "Techniek"),
        number_column("couplings", "Beschikbare koppelingen"),
        number_column("used", "Gebruikt door minstens één bestuur"),
        number_column("new", "Nieuw in de periode"),
    ];
    let rows = couplings.techniques.iter().map(|technique| {
        let (open, used) = couplings.of_technique(technique);
        let new = couplings.new.iter().filter(|one| one.technique == *technique).count();
        let number = |value| Cell::new(amount_of(value));
        vec![Cell::text(technique), number(open), number(used), number(new)]
    });
    let caption = "Beschikbare koppelingen per techniek".to_owned();
    Table {
        when_empty: "Er zijn geen koppelingen beschikbaar.".to_owned(),
        ..filled("coupling_techniques", caption, columns, rows, MART)
    }
}

fn matrix(report: &Report) -> Table {
    let couplings = &report.couplings;
    let mut columns = vec![text_column("solution", "Oplossing")];
    columns.extend(couplings.techniques.iter().map(|technique| number_column(&technique.to_lowercase(), technique)));
    columns.push(number_column("couplings", "Samen"));
    let rows = couplings.matrix().into_iter().map(|row| {
        let total = row.total();
        let counts = row.counts.into_iter().map(count);
        std::iter::once(Cell::text(row.solution)).chain(counts).chain([count(total)]).collect::<Vec<Cell>>()
    });
    let caption = "Beschikbare koppelingen per oplossing en techniek; elke koppeling telt bij haar twee oplossingen";
    filled("coupling_matrix", caption.to_owned(), columns, rows, MART)
}

fn coupling_columns() -> Vec<Column> {
    vec![
        text_column("coupling_id", "Koppeling"),
        text_column("from_solution", "Van"),
        text_column("to_solution", "Naar"),
        text_column("technique", "Techniek"),
        Column::new("available_since", "Beschikbaar sinds", ColumnKind::Day),
        Column::new("ended_on", "Beëindigd op", ColumnKind::Day),
        number_column("authorities", "Besturen"),
    ]
}

fn couplings<'a>(name: &str, caption: &str, rows: impl Iterator<Item = &'a Coupling>) -> Table {
    let rows = rows.map(|one| {
        vec![
            Cell::text(&one.id),
            Cell::text(&one.from),
            Cell::text(&one.to),
            Cell::text(&one.technique),
            Cell::new(Value::Day(one.since)),
            Cell::new(one.ended.map_or(Value::Missing(Missing::NotApplicable), Value::Day)),
            count(one.authorities),
        ]
    });
    Table {
        notes: vec![Text::words(
            "Besturen: het aantal dat de koppeling gebruikt volgens de laatste opgave, zonder historiek.",
        )],
        when_empty: "Er zijn geen koppelingen beschikbaar.".to_owned(),
        ..filled(name, caption.to_owned(), coupling_columns(), rows, MART)
    }
}

fn new_couplings(report: &Report) -> Table {
    let caption = format!("Koppelingen die sinds {} beschikbaar werden", report.moments.before_words());
    Table {
        when_empty: format!("Sinds {} kwam er geen koppeling bij.", report.moments.before_words()),
        ..couplings("couplings_new", &caption, report.couplings.new.iter())
    }
}

fn partners(report: &Report) -> Table {
    let columns = vec![
        text_column("partner", "Externe partij"),
        text_column("services", "Diensten"),
        number_column("messages", "Berichten in de periode"),
        change_column("messages_change", &report.moments),
        number_column("error_rate", "Fouten"),
        text_column("first_month", "Eerste maand"),
    ];
    let rows = report.bus.partners.iter().map(|partner| {
        vec![
            Cell::text(&partner.name),
            Cell::text(partner.services.join(", ")),
            count(partner.now.messages),
            change(partner.now.messages, partner.before.map(|before| before.messages)),
            Cell::new(Value::share_or(partner.now.error_rate(), Missing::NoData)),
            Cell::text(&partner.since),
        ]
    });
    Table {
        notes: super::lb365::bus_notes(report),
        when_empty: "In de periode ging er geen bericht naar een externe partij.".to_owned(),
        ..filled("bus_partners", "Externe partijen op de LB-bus".to_owned(), columns, rows, "bus_traffic")
    }
}

fn standards_sentence(report: &Report) -> Text {
    const MART: &str = "standards_support";
    let standards = &report.couplings.standards;
    let recognised = || standards.iter().filter(|standard| standard.status == "erkende-standaard");
    let without = recognised().filter(|standard| standard.solutions == 0).count();
    let mut spans = vec![
        words("Het standaardenregister telt "),
        number_of(standards.len(), MART),
        words(" standaarden, waarvan "),
        number_of(recognised().count(), MART),
        words(" erkend. Van "),
        number_of(without, MART),
        words(if without == 1 {
            " erkende standaard geeft geen enkele open oplossing aan dat ze die volgt."
        } else {
            " erkende standaarden geeft geen enkele open oplossing aan dat ze die volgt."
        }),
    ];
    if let Some(first) = standards.first().filter(|first| first.solutions > 0) {
        spans.extend([
            words(format!(" Het vaakst gevolgd wordt {}: door ", first.name)),
            integer(first.solutions, MART),
            words(one_or_more(first.solutions, " oplossing.", " oplossingen.")),
        ]);
    }
    Text(spans)
}

fn standards(report: &Report, name: &str, most: usize) -> Table {
    let caption = if most == usize::MAX {
        "Alle standaarden en de open oplossingen die ze volgen".to_owned()
    } else {
        format!("De {most} meest gevolgde standaarden, in open oplossingen")
    };
    let columns = vec![
        text_column("standard", "Standaard"),
        text_column("status", "Status van vandaag"),
        number_column("solutions", "Open oplossingen"),
        change_column("solutions_change", &report.moments),
    ];
    let rows = report.couplings.standards.iter().take(most).map(|standard| {
        vec![
            Cell::text(&standard.name),
            Cell::text(standard.status.replace('-', " ")),
            count(standard.solutions),
            change(standard.solutions, standard.before),
        ]
    });
    Table {
        notes: vec![
            standing_note(report),
            Text::words("Leveranciers geven zelf aan welke standaarden een oplossing volgt."),
        ],
        ..filled(name, caption, columns, rows, "standards_support")
    }
}
