//! Section 7: which authorities use which Flemish building blocks.

use peil_warehouse::Result;

use super::comparing::{
    amount_of, change, change_column, count, filled, integer, nothing_before, number_of, standing_note, words,
};
use super::parts::{heading, number_column, text_column};
use crate::charts;
use crate::document::{Block, Cell, Missing, Origin, Section, Table, Text, Value};
use crate::format::{enumeration, long_day};
use crate::frames::{BlockState, Report};

const MART: &str = "building_block_use";

/// The section.
pub(super) fn section(report: &Report) -> Result<Section> {
    let mut blocks = vec![Block::Paragraph(summary(report))];
    blocks.extend(charts::named(report, "bouwstenen_kaart")?.map(Block::Chart));
    blocks.push(heading("bouwstenen-gebruik", "Gebruik per bouwsteen"));
    blocks.push(Block::Table(use_table(report)));
    blocks.extend(charts::named(report, "bouwstenen_besturen")?.map(Block::Chart));
    blocks.push(Block::Annex(authorities(report)));
    blocks.push(heading("bouwstenen-provincies", "Gebruik per provincie"));
    blocks.extend(charts::named(report, "bouwstenen_provincies")?.map(Block::Chart));
    blocks.push(Block::Annex(provinces(report)));
    blocks.push(heading("bouwstenen-nieuw", "Nieuwe gebruikers"));
    blocks.push(Block::Table(joined(report)));
    Ok(Section { number: 7, name: "bouwstenen", title: "Bouwstenen".to_owned(), blocks })
}

fn summary(report: &Report) -> Text {
    let found = &report.building_blocks;
    let Some(first) = found.blocks.first() else {
        return Text::words("Over het gebruik van de bouwstenen zijn er op de peildatum geen gegevens.");
    };
    let mut spans = vec![
        words(format!("Op {} gebruiken ", long_day(report.moments.until))),
        number_of(found.users(), MART),
        words(" besturen minstens één van de "),
        number_of(found.blocks.len(), MART),
        words(" Vlaamse bouwstenen. Het meest gebruikt is "),
        words(first.name.clone()),
        words(", door "),
        integer(first.in_use as i64, MART),
        words(" besturen. "),
    ];
    if found.known_before {
        let times: usize = found.blocks.iter().map(|block| block.joined.len()).sum();
        spans.push(words(format!("Sinds {} namen ", report.moments.before_words())));
        spans.extend([
            number_of(found.joined_authorities(), MART),
            words(" besturen samen "),
            number_of(times, MART),
            words(" keer een bouwsteen in gebruik."),
        ]);
    } else {
        spans.push(words(nothing_before(&report.moments)));
    }
    Text(spans)
}

fn use_table(report: &Report) -> Table {
    let columns = vec![
        text_column("building_block", "Bouwsteen"),
        number_column("in_use", "In gebruik"),
        change_column("in_use_change", &report.moments),
        number_column("implementing", "In implementatie"),
        number_column("planned", "Gepland"),
    ];
    let rows = report.building_blocks.blocks.iter().map(|block| {
        let number = |value| Cell::new(amount_of(value));
        vec![
            Cell::text(&block.name),
            number(block.in_use),
            change(block.in_use as i64, block.in_use_before.map(|before| before as i64)),
            number(block.implementing),
            number(block.planned),
        ]
    });
    Table {
        notes: vec![standing_note(report)],
        ..filled("building_blocks", "Bouwstenen, in aantal besturen".to_owned(), columns, rows, MART)
    }
}

/// Every authority with its state of each block: to look something up.
fn authorities(report: &Report) -> Table {
    let found = &report.building_blocks;
    let mut columns = vec![
        text_column("authority", "Bestuur"),
        text_column("nis_code", "NIS-code"),
        text_column("province", "Provincie"),
        number_column("in_use", "Bouwstenen in gebruik"),
    ];
    columns.extend(found.blocks.iter().map(|block| text_column(&column_name(&block.name), &block.name)));
    let rows = found.authorities.iter().map(|row| {
        let mut cells = vec![
            Cell::text(&row.authority.name).from(Origin::Authority(row.authority.nis.clone())),
            Cell::text(&row.authority.nis),
            Cell::text(&row.authority.province),
            Cell::new(amount_of(row.count(BlockState::InUse))),
        ];
        cells.extend(row.states.iter().map(|state| match state {
            Some(state) => Cell::text(state.word()),
            None => Cell::new(Value::Missing(Missing::NoData)),
        }));
        cells
    });
    let caption = "Stand van elk bestuur met elke bouwsteen".to_owned();
    filled("building_blocks_by_authority", caption, columns, rows, MART)
}

/// The name of a block as a column of a table of data.
fn column_name(block: &str) -> String {
    block.to_lowercase().chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect()
}

fn provinces(report: &Report) -> Table {
    let found = &report.building_blocks;
    let names = report.authorities.provinces();
    let mut columns = vec![text_column("building_block", "Bouwsteen")];
    columns.extend(names.iter().map(|name| number_column(&column_name(name), *name)));
    let rows = found.blocks.iter().enumerate().map(|(place, block)| {
        let shares = names.iter().map(|name| {
            let (users, all) = found.in_province(name, place);
            let share = (all > 0).then(|| users as f64 / all as f64);
            Cell::new(Value::share_or(share, Missing::NotApplicable))
        });
        std::iter::once(Cell::text(&block.name)).chain(shares).collect::<Vec<Cell>>()
    });
    let caption = "Aandeel van de gemeenten van elke provincie dat een bouwsteen gebruikt".to_owned();
    filled("building_blocks_by_province", caption, columns, rows, MART)
}

fn joined(report: &Report) -> Table {
    let found = &report.building_blocks;
    let columns = vec![
        text_column("building_block", "Bouwsteen"),
        number_column("joined", "Nieuwe besturen"),
        text_column("authorities", "Welke"),
    ];
    let mut blocks: Vec<_> = found.blocks.iter().filter(|block| !block.joined.is_empty()).collect();
    blocks.sort_by_key(|block| std::cmp::Reverse(block.joined.len()));
    let rows = blocks.into_iter().map(|block| {
        vec![Cell::text(&block.name), count(block.joined.len() as i64), Cell::text(enumeration(&block.joined))]
    });
    let before = report.moments.before_words();
    Table {
        notes: vec![Text::words("Besturen die sindsdien door een fusie ontstonden, tellen niet als nieuw.")],
        when_empty: if found.known_before {
            format!("Sinds {before} nam geen enkel bestuur een bouwsteen in gebruik.")
        } else {
            nothing_before(&report.moments)
        },
        ..filled(
            "building_blocks_joined",
            format!("Besturen die sinds {before} een bouwsteen in gebruik namen"),
            columns,
            rows,
            MART,
        )
    }
}
