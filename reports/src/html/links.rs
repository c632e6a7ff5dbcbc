//! Where an origin leads: the page, and the place in it, that tells how a
//! figure came about. Only places that are there have an address.

use std::collections::{BTreeMap, BTreeSet};

use peil_warehouse::Period;

use crate::document::{Document, Origin};
use crate::frames::Report;

/// Pages that show sections of the document, with the sections of each, in
/// the order of the report. The home page is the first.
pub(super) const SECTION_PAGES: [(&str, &[&str]); 11] = [
    ("index.html", &["samenvatting"]),
    ("indicatoren.html", &["indicatoren"]),
    ("oplossingen.html", &["gebruik", "tevredenheid"]),
    ("koppelingen.html", &["koppelingen"]),
    ("bouwstenen.html", &["bouwstenen"]),
    ("lb365.html", &["lb365"]),
    ("maturiteit.html", &["maturiteit"]),
    ("middelen.html", &["middelen"]),
    ("aandachtspunten.html", &["aandachtspunten"]),
    ("methode.html", &["methode"]),
    ("colofon.html", &["colofon"]),
];

/// The places of the site that an origin can lead to.
#[derive(Debug, Default)]
pub(super) struct Links {
    indicators: BTreeMap<String, BTreeSet<Period>>,
    authorities: BTreeSet<String>,
    tables: BTreeSet<String>,
    sections: BTreeMap<&'static str, String>,
}

impl Links {
    pub(super) fn new(report: &Report, document: &Document) -> Self {
        let mut indicators: BTreeMap<String, BTreeSet<Period>> = BTreeMap::new();
        for row in report.indicators.rows() {
            let id = &row.indicator().id;
            // The periods of which the page has a row.
            let figures = report.figures(id).iter().filter(|figure| figure.tells()).map(|figure| figure.period);
            let marks = report.marks_of(id).iter().map(|mark| mark.period);
            indicators.insert(id.clone(), figures.chain(marks).collect());
        }
        let mut sections = BTreeMap::new();
        for (page, names) in SECTION_PAGES {
            for name in names.iter().filter(|name| document.section(name).is_some()) {
                sections.insert(*name, format!("{page}#{name}"));
            }
        }
        // Its parts stand on the pages of the programmes.
        sections.insert("programmas", "indicatoren.html#programmas".to_owned());
        Self {
            indicators,
            authorities: report.site_authorities().map(|(nis, _)| nis.to_owned()).collect(),
            tables: report.catalogue.tables.iter().map(|table| table.name.clone()).collect(),
            sections,
        }
    }

    /// The address of an origin, from the folder of the period.
    pub(super) fn address(&self, origin: &Origin) -> Option<String> {
        match origin {
            Origin::Indicator(id, period) => {
                let periods = self.indicators.get(id)?;
                let place = if periods.contains(period) { format!("#p-{period}") } else { String::new() };
                Some(format!("indicator/{id}.html{place}"))
            }
            Origin::IndicatorPage(id) => self.indicators.get(id).map(|_| format!("indicator/{id}.html")),
            Origin::Authority(nis) => self.authorities.get(nis).map(|_| format!("bestuur/{nis}.html")),
            Origin::Mart(name) => self.table(name),
            Origin::Section(name) => self.sections.get(name).cloned(),
        }
    }

    /// The address of a table in the data catalogue.
    pub(super) fn table(&self, name: &str) -> Option<String> {
        self.tables.contains(name).then(|| format!("gegevens/{name}.html"))
    }
}
