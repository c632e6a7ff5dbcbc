//! The search: a list of all pages, which a script narrows down.

use std::fmt::Write;

use super::super::markup::escape;
use super::super::page::Page;
use super::home_crumb;

/// Groups of the list, by where a page stands.
const GROUPS: [(&str, &str); 5] = [
    ("", "Pagina's"),
    ("programma/", "Programma's"),
    ("indicator/", "Indicatoren"),
    ("bestuur/", "Besturen"),
    ("gegevens/", "Tabellen met gegevens"),
];

pub(super) fn page(pages: &[Page]) -> Page {
    let mut body = String::from(
        "<form class=\"search\" role=\"search\" hidden><label for=\"zoek\">Zoek een pagina, een indicator, een bestuur of een tabel</label>\
         <input id=\"zoek\" name=\"q\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></form>\n\
         <p id=\"gevonden\" role=\"status\"></p>\n<ol id=\"treffers\" class=\"hits\"></ol>\n<div id=\"lijst\">\n",
    );
    for (folder, title) in GROUPS {
        let own: Vec<&Page> = pages
            .iter()
            .filter(|page| if folder.is_empty() { !page.path.contains('/') } else { page.path.starts_with(folder) })
            .collect();
        if own.is_empty() {
            continue;
        }
        let _ = writeln!(body, "<h2>{title}</h2>\n<ul class=\"index\">");
        for page in own {
            let code = code(page).map(|code| format!(" <small>{}</small>", escape(&code))).unwrap_or_default();
            let _ = writeln!(body, "<li><a href=\"{}\">{}</a>{code}</li>", escape(&page.path), escape(&page.title));
        }
        body.push_str("</ul>\n");
    }
    body.push_str("</div>\n");
    Page {
        path: "zoeken.html".to_owned(),
        title: "Zoeken".to_owned(),
        description: "Alle pagina's, indicatoren, besturen en tabellen van het rapport.".to_owned(),
        crumbs: home_crumb(),
        body,
        ..Page::default()
    }
}

/// The code of an indicator or an authority, from its address.
fn code(page: &Page) -> Option<String> {
    let (folder, file) = page.path.split_once('/')?;
    matches!(folder, "indicator" | "bestuur").then(|| file.trim_end_matches(".html").to_owned())
}

/// The index that the script searches: title, address, kind of page, words.
pub(in super::super) fn index(pages: &[Page]) -> Vec<u8> {
    let entries: Vec<[&str; 4]> = pages
        .iter()
        .map(|page| [page.title.as_str(), page.path.as_str(), page.kicker.as_str(), page.words.as_str()])
        .collect();
    let json = serde_json::to_string(&entries).unwrap_or_else(|_| "[]".to_owned());
    format!("window.peilIndex={json};\n").into_bytes()
}
