//! What sections 4 to 9 say, on rows whose figures are computed by hand.

use peil_reports::document::{Block, Document, Missing, Table, Value};
use peil_reports::sections;

use crate::marts::Marts;

const USE: [&str; 5] = [
    "2021Q4|s1|Een|v1|Leverancier|4|0|1|0.5",
    "2021Q4|s2|Twee|v1|Leverancier|9|0|0|0.5",
    "2022Q2|s1|Een|v1|Leverancier|7|1|1|0.4",
    "2022Q2|s2|Twee|v1|Leverancier|8|0|3|0.6",
    "2022Q2|s3|Drie|v1|Leverancier|2|0|0|",
];

fn table<'a>(document: &'a Document, name: &str) -> &'a Table {
    document.tables().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

/// The cells of a table as they are written.
fn cells(document: &Document, name: &str) -> Vec<Vec<String>> {
    table(document, name).body().map(|(_, cells)| cells.iter().map(|cell| cell.shown()).collect()).collect()
}

fn first_sentence(document: &Document, section: &str) -> String {
    let blocks = &document.section(section).unwrap().blocks;
    let text = blocks.iter().find_map(|block| match block {
        Block::Paragraph(text) => Some(text.plain()),
        _ => None,
    });
    text.unwrap()
}

async fn document(marts: Marts, period: &str) -> Document {
    sections::document(&marts.publish().await.report(period).await).unwrap()
}

/// Marts with some use of everything, so that every chart has figures.
pub fn with_uses(marts: Marts) -> Marts {
    marts
        .with("solution_usage", &USE)
        .with("component_coverage", &["2022Q2|Burgerzaken|3|8", "2022Q2|Archief|1|2"])
        .with("portal_usage", &["2021Q2|dashboard|30|90|400", "2022Q2|dashboard|40|80|300"])
        .with("solution_satisfaction", &["2022Q2|s1|8|4.25|no|3.5|5"])
        .with("couplings", &["k1|s1|s2|API|2021-01-01||5"])
        .with(
            "authorities",
            &[
                "2022Q2|11001|Aartselaar|gemeente|Antwerpen|14427|10k-20k",
                "2022Q2|44021|Gent|gemeente|Oost-Vlaanderen|260000|>=50k",
            ],
        )
        .with(
            "building_block_use",
            &["2022Q2|11001|Aartselaar|MAGDA|in gebruik", "2022Q2|44021|Gent|DAV|in implementatie"],
        )
        .with("lb365_modules", &["2022Q2|Klachten|2|5"])
        .with("bus_traffic", &["2022-05|zaken||80|2|0.025|10|40|0", "2022-06|zaken||100|6|0.06|10|40|0"])
        .with(
            "maturity_distribution",
            &["2022Q1|capaciteit|all|20|1|1.5|2|2.5|3|2.00|no", "2022Q2|capaciteit|all|21|1|1.5|2|2.5|3|2.25|no"],
        )
        .with(
            "benchmark",
            &[
                "2022Q2|budget_software|all|30|20000|45000|90000|180000|400000|150000|no",
                "2022Q2|budget_software|<10k|18|18000|30000|52000|80000|120000|60000|no",
                "2022Q2|budget_software|>=50k|3|||||||yes",
                "2022Q2|budget_software|Antwerpen|12|21000|40000|80000|160000|300000|130000|no",
                "2022Q2|ict_medewerkers|all|30|0.5|1|2|4|12|5|no",
            ],
        )
}

#[tokio::test]
async fn rising_and_phased_out_are_told_against_the_end_of_the_period_before() {
    let document = document(Marts::as_published().with("solution_usage", &USE), "2022S1").await;
    assert_eq!(
        cells(&document, "rising_solutions"),
        [["Een", "Leverancier", "4", "7", "3"], ["Drie", "Leverancier", "0", "2", "2"]]
    );
    assert_eq!(cells(&document, "phased_out_solutions"), [["Twee", "Leverancier", "3", "3", "8"]]);
    assert_eq!(cells(&document, "most_chosen_solutions")[0][2..4], ["8", "−1"]);
    let said = first_sentence(&document, "gebruik");
    assert!(said.contains("3 verschillende oplossingen"), "{said}");
    assert!(said.contains("Twee, door 8 besturen, 1 minder dan op het einde van het vorige semester"), "{said}");
    assert!(said.contains("stijger sinds het vorige semester is Een: 3 besturen meer"), "{said}");
}

#[tokio::test]
async fn without_the_period_before_no_movement_is_made_up() {
    let marts = Marts::as_published().with("solution_usage", &USE[2..]);
    let document = document(marts, "2022S1").await;
    let rising = table(&document, "rising_solutions");
    assert!(rising.rows.is_empty() && rising.when_empty.contains("geen gegevens"), "{}", rising.when_empty);
    let change = table(&document, "most_chosen_solutions").body().next().unwrap().1[3].value.clone();
    assert_eq!(change, Value::Missing(Missing::NoData));
    assert!(first_sentence(&document, "gebruik").contains("geen gegevens"));
}

#[tokio::test]
async fn few_ratings_keep_their_average_to_themselves() {
    let marts = Marts::as_published().with("solution_usage", &USE).with(
        "solution_satisfaction",
        &["2021Q4|s1|6|3.0|no|2.0|4.0", "2022Q2|s1|8|4.25|no|3.5|5", "2022Q2|s2|4||yes||"],
    );
    let document = document(marts, "2022S1").await;
    let shown = cells(&document, "satisfaction");
    assert_eq!(shown, [["Een", "Leverancier", "8", "4,3", "3,5", "5,0", "3,0", "1,3"]]);
    let hidden = table(&document, "satisfaction_suppressed").body().next().unwrap().1;
    assert_eq!(hidden[2].value, Value::Integer(4));
    assert_eq!(hidden[3].value, Value::Missing(Missing::FewRatings));
    let said = first_sentence(&document, "tevredenheid");
    assert!(said.contains("bij 1 oplossing onder het huidige interval en bij 0 erboven"), "{said}");
}

#[tokio::test]
async fn couplings_are_those_of_the_peildatum() {
    let marts = Marts::as_published().with("solution_usage", &USE).with(
        "couplings",
        &[
            "k1|s1|s2|API|2021-01-01||5",
            "k2|s1|s3|XML|2022-06-30||0",
            "k3|s2|s3|API|2020-01-01|2022-03-01|2",
            "k4|s2|s3|API|2022-07-01||2",
        ],
    );
    let document = document(marts, "2022S1").await;
    assert_eq!(cells(&document, "coupling_techniques"), [["API", "1", "1", "0"], ["XML", "1", "0", "1"]]);
    assert_eq!(
        cells(&document, "coupling_matrix"),
        [["Een", "1", "1", "2"], ["Drie", "0", "1", "1"], ["Twee", "1", "0", "1"]]
    );
    assert_eq!(cells(&document, "couplings_new")[0][0], "k2");
    assert_eq!(cells(&document, "couplings_ended")[0][0], "k3");
}

#[tokio::test]
async fn who_joined_existed_and_did_not_use_it_before() {
    let marts = Marts::as_published()
        .with(
            "authorities",
            &[
                "2021Q4|11001|Aartselaar|gemeente|Antwerpen|14427|10k-20k",
                "2021Q4|11002|Antwerpen|gemeente|Antwerpen|529247|>=50k",
                "2022Q2|11001|Aartselaar|gemeente|Antwerpen|14427|10k-20k",
                "2022Q2|11002|Antwerpen|gemeente|Antwerpen|529247|>=50k",
                "2022Q2|44085|Lievegem|gemeente|Oost-Vlaanderen|26310|20k-50k",
            ],
        )
        .with(
            "building_block_use",
            &[
                "2021Q4|11001|Aartselaar|MAGDA|gepland",
                "2021Q4|11002|Antwerpen|MAGDA|in gebruik",
                "2022Q2|11001|Aartselaar|MAGDA|in gebruik",
                "2022Q2|11002|Antwerpen|MAGDA|in gebruik",
                "2022Q2|44085|Lievegem|MAGDA|in gebruik",
                "2022Q2|44085|Lievegem|DAV|in implementatie",
            ],
        );
    let document = document(marts, "2022S1").await;
    assert_eq!(cells(&document, "building_blocks"), [["MAGDA", "3", "2", "0", "0"], ["DAV", "0", "0", "1", "0"]]);
    assert_eq!(cells(&document, "building_blocks_joined"), [["MAGDA", "1", "Aartselaar"]]);
    assert_eq!(cells(&document, "building_blocks_by_province")[0], ["MAGDA", "100,0\u{a0}%", "100,0\u{a0}%"]);
}

#[tokio::test]
async fn the_bus_is_set_beside_the_months_of_the_period_before() {
    let marts = Marts::as_published().with(
        "bus_traffic",
        &[
            "2021-12|personen|MAGDA|50|5|0.1|20|90|0",
            "2022-01|personen|MAGDA|100|1|0.01|20|80|0",
            "2022-06|personen|MAGDA|300|3|0.01|25|85|0",
            "2022-06|zaken||100|6|0.06|10|40|0",
            "2022-07|zaken||999|0|0|10|40|0",
        ],
    );
    let document = document(marts, "2022S1").await;
    let services = cells(&document, "bus_services");
    assert_eq!(
        services[0],
        ["personen", "MAGDA", "400", "350", "1,0\u{a0}%", "10,0\u{a0}%", "25", "85", "90"].map(str::to_owned)
    );
    assert_eq!(services[1][..3], ["zaken", "geen", "100"]);
    assert_eq!(cells(&document, "bus_partners"), [["MAGDA", "personen", "400", "350", "1,0\u{a0}%", "2021-12"]]);
}

#[tokio::test]
async fn groups_that_are_too_small_are_shown_as_such() {
    let marts = Marts::as_published().with(
        "maturity_distribution",
        &[
            "2021Q4|capaciteit|all|20|1|1.5|2|2.5|3|2.00|no",
            "2022Q2|capaciteit|all|21|1|1.5|2|2.5|3|2.25|no",
            "2022Q2|capaciteit|Limburg|3|||||||yes",
        ],
    );
    let document = document(marts, "2022S1").await;
    assert_eq!(cells(&document, "maturity_chapters"), [["Capaciteit", "21", "2,25", "2,00", "0,25", "2,00"]]);
    let small = table(&document, "maturity_distribution").body().nth(1).unwrap().1;
    assert_eq!(small[1].value, Value::Integer(3));
    assert_eq!(small[4].value, Value::Missing(Missing::FewAuthorities));
}
