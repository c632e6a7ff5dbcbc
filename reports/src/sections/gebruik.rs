//! Section 4: which solutions are used, what is on offer, how the portal is
//! used.

use peil_warehouse::Result;

use super::comparing::{
    against, change, change_column, count, filled, integer, nothing_before, number_of, one_or_more, standing_note,
    text_or, words,
};
use super::parts::{heading, number_column, text_column};
use crate::charts;
use crate::document::{Block, Cell, Column, Missing, Section, Table, Text, Value};
use crate::format::{capital, long_day, period_name};
use crate::frames::{Report, SolutionUse};

/// Rows of a table of the most chosen.
const MOST: usize = 15;
/// Rows of a table of movement.
const MOVED: usize = 10;

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(summary(report))];
    blocks.push(heading("gebruik-gekozen", "Meest gekozen oplossingen"));
    blocks.extend(charts::named(report, "oplossingen")?.map(Block::Chart));
    blocks.push(Block::Table(most_chosen(report)));
    blocks.push(Block::Annex(all_solutions(report)));
    blocks.push(heading("gebruik-stijgend", "Stijgend en uitgefaseerd"));
    blocks.push(Block::Table(rising(report)));
    blocks.push(Block::Table(phased_out(report)));
    blocks.push(heading("gebruik-aanbod", "Aanbod tegenover gebruikers"));
    blocks.push(Block::Paragraph(offer_sentence(report)));
    blocks.push(Block::Table(suppliers(report, "supplier_offer", MOVED)));
    blocks.push(Block::Annex(suppliers(report, "supplier_offer_all", usize::MAX)));
    blocks.push(heading("gebruik-componenten", "Dekking van de referentiecomponenten"));
    blocks.extend(charts::named(report, "componenten")?.map(Block::Chart));
    blocks.push(Block::Table(components(report)));
    blocks.push(heading("gebruik-portaal", "Gebruik van het portaal"));
    blocks.push(Block::Paragraph(portal_sentence(report)));
    blocks.extend(charts::named(report, "portaal")?.map(Block::Chart));
    blocks.push(Block::Table(portal(report)));
    Ok(Section { number: 4, name: "gebruik", title: "Gebruik van oplossingen".to_owned(), blocks })
}

fn summary(report: &Report) -> Text {
    const MART: &str = "solution_usage";
    let catalogue = &report.solutions;
    let Some(first) = catalogue.solutions.first().filter(|first| first.now.chosen > 0) else {
        return Text::words("Op de peildatum heeft geen enkel bestuur een oplossing als gekozen aangeduid.");
    };
    let used = catalogue.solutions.iter().filter(|solution| solution.now.chosen > 0).count();
    let mut spans = vec![
        words(format!("Op {} hebben besturen ", long_day(report.moments.until))),
        number_of(used, MART),
        words(" verschillende oplossingen gekozen. Het vaakst gekozen is "),
        words(first.name.clone()),
        words(", door "),
        integer(first.now.chosen, MART),
        words(one_or_more(first.now.chosen, " bestuur", " besturen")),
    ];
    let before = first.before.map(|before| before.chosen);
    spans.extend(against(first.now.chosen, before, "op het einde van", &report.moments, MART));
    spans.push(words("."));
    match catalogue.rising().first() {
        Some(riser) => spans.extend([
            words(format!(" De sterkste stijger sinds {} is {}: ", report.moments.before_words(), riser.name)),
            integer(riser.risen().unwrap_or(0), MART),
            words(one_or_more(riser.risen().unwrap_or(0), " bestuur meer.", " besturen meer.")),
        ]),
        None if first.before.is_none() => spans.push(words(format!(" {}", nothing_before(&report.moments)))),
        None => {
            spans.push(words(format!(" Geen enkele oplossing steeg sinds {}.", report.moments.before_words())));
        }
    }
    Text(spans)
}

/// Columns of a table of solutions.
fn solution_columns(report: &Report) -> Vec<Column> {
    vec![
        text_column("solution", "Oplossing"),
        text_column("supplier", "Leverancier"),
        number_column("chosen", "Besturen die ze kozen"),
        change_column("chosen_change", &report.moments),
        number_column("planned", "Gepland"),
        number_column("phased_out", "Uitgefaseerd"),
        number_column("market_share", "Aandeel"),
    ]
}

fn solution_cells(solution: &SolutionUse) -> Vec<Cell> {
    vec![
        Cell::text(&solution.name),
        text_or(solution.supplier.as_ref()),
        count(solution.now.chosen),
        change(solution.now.chosen, solution.before.map(|before| before.chosen)),
        count(solution.now.planned),
        count(solution.now.phased_out),
        Cell::new(Value::share_or(solution.market_share, Missing::NotApplicable)),
    ]
}

fn most_chosen(report: &Report) -> Table {
    let chosen = report.solutions.solutions.iter().filter(|solution| solution.now.chosen > 0);
    Table {
        notes: vec![
            standing_note(report),
            Text::words(
                "Aandeel: besturen die de oplossing kozen, van alle besturen die een oplossing kozen voor minstens één van dezelfde referentiecomponenten. Ingetrokken oplossingen die nog in gebruik zijn, tellen mee.",
            ),
        ],
        when_empty: "Geen enkel bestuur heeft een oplossing als gekozen aangeduid.".to_owned(),
        ..filled(
            "most_chosen_solutions",
            format!("De {MOST} meest gekozen oplossingen, in aantal besturen"),
            solution_columns(report),
            chosen.take(MOST).map(solution_cells),
            "solution_usage",
        )
    }
}

fn all_solutions(report: &Report) -> Table {
    let mut columns = solution_columns(report);
    columns.insert(1, text_column("solution_id", "Nummer"));
    filled(
        "solution_use",
        "Alle oplossingen van de catalogus, in aantal besturen".to_owned(),
        columns,
        report.solutions.solutions.iter().map(|solution| {
            let mut cells = solution_cells(solution);
            cells.insert(1, Cell::text(&solution.id));
            cells
        }),
        "solution_usage",
    )
}

fn rising(report: &Report) -> Table {
    let moments = &report.moments;
    let known = report.solutions.solutions.iter().any(|solution| solution.before.is_some());
    let columns = vec![
        text_column("solution", "Oplossing"),
        text_column("supplier", "Leverancier"),
        number_column("chosen_before", format!("Einde {}", moments.before_heading())),
        number_column("chosen", "Nu"),
        number_column("chosen_change", "Erbij"),
    ];
    let cells = |solution: &SolutionUse| {
        vec![
            Cell::text(&solution.name),
            text_or(solution.supplier.as_ref()),
            Cell::new(Value::integer_or(solution.before.map(|before| before.chosen), Missing::NoData)),
            count(solution.now.chosen),
            Cell::new(Value::integer_or(solution.risen(), Missing::NoData)),
        ]
    };
    Table {
        when_empty: if known {
            format!(
                "Geen enkele oplossing werd door meer besturen gekozen dan op het einde van {}.",
                moments.before_words()
            )
        } else {
            nothing_before(moments)
        },
        ..filled(
            "rising_solutions",
            format!("Sterkste stijgers sinds {}, in besturen die ze kozen", moments.before_words()),
            columns,
            report.solutions.rising().into_iter().take(MOVED).map(cells),
            "solution_usage",
        )
    }
}

fn phased_out(report: &Report) -> Table {
    let moments = &report.moments;
    let known = report.solutions.solutions.iter().any(|solution| solution.before.is_some());
    let columns = vec![
        text_column("solution", "Oplossing"),
        text_column("supplier", "Leverancier"),
        number_column("phased_out", "Besturen die ze uitfaseerden"),
        number_column("phased_out_change", format!("Erbij sinds {}", moments.before_heading())),
        number_column("chosen", "Besturen die ze nog kiezen"),
    ];
    let cells = |solution: &SolutionUse| {
        vec![
            Cell::text(&solution.name),
            text_or(solution.supplier.as_ref()),
            count(solution.now.phased_out),
            Cell::new(Value::integer_or(solution.phased_out_since(), Missing::NoData)),
            count(solution.now.chosen),
        ]
    };
    Table {
        when_empty: if known {
            format!("Sinds {} faseerde geen enkel bestuur een oplossing uit.", moments.before_words())
        } else {
            nothing_before(moments)
        },
        ..filled(
            "phased_out_solutions",
            format!("Meest uitgefaseerd sinds {}, in aantal besturen", moments.before_words()),
            columns,
            report.solutions.phasing_out().into_iter().take(MOVED).map(cells),
            "solution_usage",
        )
    }
}

fn offer_sentence(report: &Report) -> Text {
    const MART: &str = "supplier_offer";
    let suppliers = &report.solutions.suppliers;
    let offered: i64 = suppliers.iter().map(|supplier| supplier.solutions).sum();
    let offering = suppliers.iter().filter(|supplier| supplier.solutions > 0).count();
    let unused = suppliers.iter().filter(|supplier| supplier.solutions > 0 && supplier.authorities == 0).count();
    Text(vec![
        integer(offered, MART),
        words(one_or_more(offered, " oplossing staat", " oplossingen staan")),
        words(" open in de catalogus, van "),
        number_of(offering, MART),
        words(if offering == 1 { " leverancier. Van " } else { " leveranciers. Van " }),
        number_of(unused, MART),
        words(" van hen koos nog geen enkel bestuur een oplossing."),
    ])
}

fn suppliers(report: &Report, name: &str, most: usize) -> Table {
    let all = most == usize::MAX;
    let caption = if all {
        "Alle leveranciers: open oplossingen tegenover besturen".to_owned()
    } else {
        format!("De {most} leveranciers met de meeste besturen: open oplossingen tegenover besturen")
    };
    let columns = vec![
        text_column("supplier", "Leverancier"),
        number_column("solutions", "Open oplossingen"),
        number_column("authorities", "Besturen die er een kozen"),
        change_column("authorities_change", &report.moments),
        number_column("couplings", "Open koppelingen"),
    ];
    let rows = report.solutions.suppliers.iter().take(most).map(|supplier| {
        vec![
            Cell::text(&supplier.name),
            count(supplier.solutions),
            count(supplier.authorities),
            change(supplier.authorities, supplier.authorities_before),
            count(supplier.couplings),
        ]
    });
    Table { notes: vec![standing_note(report)], ..filled(name, caption, columns, rows, "supplier_offer") }
}

fn components(report: &Report) -> Table {
    let columns = vec![
        text_column("reference_component", "Referentiecomponent"),
        number_column("solutions", "Open oplossingen"),
        number_column("authorities", "Besturen met een oplossing"),
        change_column("authorities_change", &report.moments),
    ];
    let rows = report.solutions.components.iter().map(|component| {
        vec![
            Cell::text(&component.name),
            count(component.solutions),
            count(component.authorities),
            change(component.authorities, component.authorities_before),
        ]
    });
    Table {
        notes: vec![standing_note(report)],
        ..filled(
            "component_coverage",
            "Referentiecomponenten: aanbod en besturen met een gekozen oplossing".to_owned(),
            columns,
            rows,
            "component_coverage",
        )
    }
}

fn portal_sentence(report: &Report) -> Text {
    const MART: &str = "portal_usage";
    let Some(first) = report.portal.modules.first().filter(|first| first.now.users > 0) else {
        return Text::words(format!("In {} werd het portaal niet gebruikt.", quarter(report)));
    };
    let mut spans = vec![
        words(format!(
            "In {} is {} het meest gebruikte onderdeel van het portaal, met ",
            quarter(report),
            first.module
        )),
        integer(first.now.users, MART),
        words(" gebruikers uit "),
        integer(first.now.authorities, MART),
        words(" besturen"),
    ];
    if let Some(before) = first.year_ago {
        spans.extend([
            words("; een jaar eerder waren het er "),
            integer(before.users, MART),
            words(" uit "),
            integer(before.authorities, MART),
        ]);
    }
    spans.push(words("."));
    let down = report
        .portal
        .modules
        .iter()
        .filter(|one| one.year_ago.is_some_and(|before| before.users > one.now.users))
        .count();
    if report.portal.modules.iter().any(|one| one.year_ago.is_some()) {
        spans.extend([
            words(" Van de "),
            number_of(report.portal.modules.len(), MART),
            words(" onderdelen "),
            words(if down == 1 { "had er " } else { "hadden er " }),
            number_of(down, MART),
            words(" minder gebruikers dan een jaar eerder."),
        ]);
    }
    Text(spans)
}

fn quarter(report: &Report) -> String {
    format!("het {}", period_name(report.moments.quarter))
}

fn portal(report: &Report) -> Table {
    let (now, before) = (period_name(report.moments.quarter), period_name(report.moments.year_ago));
    let columns = vec![
        text_column("module", "Onderdeel"),
        number_column("authorities", "Besturen"),
        number_column("authorities_year_ago", "Een jaar eerder"),
        number_column("users", "Gebruikers"),
        number_column("users_year_ago", "Een jaar eerder"),
        number_column("events", "Handelingen"),
        number_column("events_year_ago", "Een jaar eerder"),
    ];
    let rows = report.portal.modules.iter().map(|one| {
        let pair = |now: i64, before: Option<i64>| [count(now), Cell::new(Value::integer_or(before, Missing::NoData))];
        let figures = [
            pair(one.now.authorities, one.year_ago.map(|before| before.authorities)),
            pair(one.now.users, one.year_ago.map(|before| before.users)),
            pair(one.now.events, one.year_ago.map(|before| before.events)),
        ];
        std::iter::once(Cell::text(capital(&one.module))).chain(figures.into_iter().flatten()).collect::<Vec<Cell>>()
    });
    let unfinished = report.moments.quarter.last_day() > report.moments.until;
    let mut notes = vec![Text::words(
        "Een bestuur of gebruiker telt één keer per onderdeel; de cijfers van onderdelen of kwartalen mogen niet opgeteld worden.",
    )];
    if unfinished {
        notes.push(Text::words(format!(
            "Het {now} loopt nog: de cijfers gaan tot en met {} en staan naast het volledige {before}.",
            long_day(report.moments.until)
        )));
    }
    Table {
        notes,
        when_empty: "Het portaal werd in deze kwartalen niet gebruikt.".to_owned(),
        ..filled("portal_use", format!("Gebruik van het portaal, {now} naast {before}"), columns, rows, "portal_usage")
    }
}
