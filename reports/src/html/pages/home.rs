//! The home page: the report in five minutes, and the way to everything.

use std::fmt::Write;

use crate::document::Origin;
use crate::format::capital;
use crate::frames::{Report, Status};
use crate::sentences::status_counts;

use super::super::blocks;
use super::super::markup::{Place, escape, shape};
use super::super::page::Page;
use super::{Source, menu};

/// Points that ask for attention, shown at most.
const POINTS: usize = 5;

pub(super) fn page(source: &Source<'_>) -> Page {
    let path = "index.html";
    let place = source.place(path);
    let mut body = String::new();
    body.push_str(&standing(source.report));
    if let Some(section) = source.document.section("samenvatting") {
        body.push_str(&blocks::section(&place, section, 2));
    }
    body.push_str(&attention(source, &place));
    body.push_str(&ways(source));
    Page {
        path: path.to_owned(),
        title: source.document.title.clone(),
        kicker: "V-ICT-OR · VlaVirGem en LB365 · exploitatie VRD2".to_owned(),
        description: format!(
            "Indicatoren, mijlpalen en middelen van het project VlaVirGem: {}.",
            source.document.title
        ),
        body,
        words: "samenvatting colofon start home".to_owned(),
        ..Page::default()
    }
}

/// How many indicators have each status: figures, and a bar of their shares.
fn standing(report: &Report) -> String {
    let counts: Vec<(Status, usize)> = status_counts(report).into_iter().filter(|(_, count)| *count > 0).collect();
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return String::new();
    }
    let mut out = String::from("<section class=\"standing\" aria-labelledby=\"stand-titel\">\n");
    let _ = writeln!(out, "<h2 id=\"stand-titel\">Stand van de {total} indicatoren met cijfers</h2>");
    out.push_str("<ul class=\"counts\">\n");
    for (status, count) in &counts {
        let _ = writeln!(
            out,
            "<li><span class=\"count\">{count}</span> <span class=\"sign\">{}{}</span></li>",
            shape(status.code()),
            status.word()
        );
    }
    out.push_str("</ul>\n<div class=\"share\" aria-hidden=\"true\">");
    for (status, count) in &counts {
        let _ = write!(out, "<span class=\"{}\" style=\"flex-grow:{count}\"></span>", status.code());
    }
    out.push_str("</div>\n</section>\n");
    out
}

/// The first points that ask for attention, and the way to all of them.
fn attention(source: &Source<'_>, place: &Place<'_>) -> String {
    let points = &source.report.attention;
    let Some(all) = place.address(&Origin::Section("aandachtspunten")).filter(|_| !points.is_empty()) else {
        return String::new();
    };
    let mut out = String::from(
        "<section aria-labelledby=\"aandacht-titel\">\n<h2 id=\"aandacht-titel\">Aandachtspunten</h2>\n<ul class=\"points\">\n",
    );
    for point in points.iter().take(POINTS) {
        let _ = writeln!(out, "<li>{}</li>", escape(&point.text));
    }
    let _ = writeln!(
        out,
        "</ul>\n<p><a href=\"{}\">Alle {} aandachtspunten, met hun cijfers en sinds wanneer</a></p>\n</section>",
        escape(&all),
        points.len()
    );
    out
}

/// A way to every page of the menu.
fn ways(source: &Source<'_>) -> String {
    let texts: [(&str, &str); 14] = [
        ("indicatoren.html", "Alle indicatoren en mijlpalen, gerealiseerd naast doel."),
        ("oplossingen.html", "Gekozen, geplande en uitgefaseerde oplossingen; tevredenheid."),
        ("koppelingen.html", "Koppelingen tussen oplossingen, technieken en standaarden."),
        ("bouwstenen.html", "Welk bestuur welke Vlaamse bouwsteen gebruikt, met kaart."),
        ("lb365.html", "Deelnemers, modules en verkeer op de LB-bus."),
        ("maturiteit.html", "Scores per hoofdstuk, per provincie en grootteklasse."),
        ("middelen.html", "Kosten, prognose en budget."),
        ("aandachtspunten.html", "Wat de regels aanwijzen, met de cijfers erbij."),
        ("methode.html", "Herzieningen, methode, definities en toegankelijkheid."),
        ("colofon.html", "Periode, volledigheid van de gegevens, leeswijzer en contact."),
        ("besturen.html", "Elk bestuur naast de besturen die erop lijken."),
        ("gegevens.html", "De tabellen achter de cijfers, met hun kolommen en herkomst."),
        ("downloads.html", "Elke tabel als CSV, het werkboek en het document."),
        ("zoeken.html", "Zoek een pagina, een indicator of een bestuur."),
    ];
    let mut out = String::from(
        "<section aria-labelledby=\"meer-titel\">\n<h2 id=\"meer-titel\">In dit rapport</h2>\n<ul class=\"ways\">\n",
    );
    for (address, text, inner) in menu(source).into_iter().filter(|(address, _, _)| address != "index.html") {
        let about = match texts.iter().find(|(known, _)| *known == address) {
            Some((_, about)) => (*about).to_owned(),
            None if inner => {
                let programme = source.report.indicators.programmes.iter().find(|programme| programme.name == text);
                let rows: usize =
                    programme.map_or(0, |programme| programme.sections.iter().map(|section| section.rows.len()).sum());
                capital(&format!("{rows} indicatoren en mijlpalen, met hun verloop."))
            }
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "<li><a href=\"{}\">{}</a> <span>{}</span></li>",
            escape(&address),
            escape(&text),
            escape(&about)
        );
    }
    out.push_str("</ul>\n</section>\n");
    out
}
