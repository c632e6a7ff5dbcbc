//! The pages of the site, a file for each kind. To add one: a file with a
//! function that returns pages, a line in [`all`], and an entry in the menu.

mod authority;
mod catalogue;
mod downloads;
mod home;
mod indicator;
mod indicator_sources;
mod lineage;
mod programme;
mod search;
mod section;

use peil_warehouse::Result;

use crate::document::Document;
use crate::frames::Report;
use crate::write::Form;

pub(super) use search::index;

use super::links::Links;
use super::markup::Place;
use super::page::Page;

/// What pages are made from.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) report: &'a Report,
    pub(super) document: &'a Document,
    pub(super) links: &'a Links,
    /// The forms that lie beside each other.
    pub(super) forms: &'a [Form],
}

impl<'a> Source<'a> {
    /// Where a page stands.
    pub(super) fn place(&self, path: &str) -> Place<'a> {
        Place { links: self.links, root: Page::root(path) }
    }
}

/// Every page, in the order of the menu.
///
/// # Errors
/// [`peil_warehouse::Error::Internal`] where a chart cannot be drawn.
pub(super) fn all(source: &Source<'_>) -> Result<Vec<Page>> {
    let mut pages = vec![home::page(source)];
    pages.extend(section::indicators(source));
    pages.extend(programme::pages(source));
    pages.extend(section::pages(source));
    pages.extend(indicator::pages(source)?);
    pages.extend(authority::pages(source));
    pages.extend(catalogue::pages(source));
    pages.push(downloads::page(source));
    let search = search::page(&pages);
    pages.push(search);
    Ok(pages)
}

/// The menu: address, text, whether it stands under the entry before it.
pub(super) fn menu(source: &Source<'_>) -> Vec<(String, String, bool)> {
    let mut menu = vec![("index.html".to_owned(), "Samenvatting".to_owned(), false)];
    menu.push(("indicatoren.html".to_owned(), "Indicatoren".to_owned(), false));
    for programme in &source.report.indicators.programmes {
        menu.push((programme::path(&programme.code), programme.name.clone(), true));
    }
    menu.extend(section::menu(source));
    menu.push(("besturen.html".to_owned(), "Besturen".to_owned(), false));
    menu.push(("gegevens.html".to_owned(), "Gegevens".to_owned(), false));
    menu.push(("downloads.html".to_owned(), "Downloads".to_owned(), false));
    menu.push(("zoeken.html".to_owned(), "Zoeken".to_owned(), false));
    menu
}

/// The way from the home page, for a page one level down.
fn home_crumb() -> Vec<(String, String)> {
    vec![("index.html".to_owned(), "Samenvatting".to_owned())]
}

/// Links each page to the one before and after it.
fn chain(pages: &mut [Page]) {
    let addresses: Vec<(String, String)> = pages.iter().map(|page| (page.path.clone(), page.title.clone())).collect();
    for (at, page) in pages.iter_mut().enumerate() {
        page.previous = at.checked_sub(1).and_then(|before| addresses.get(before).cloned());
        page.next = addresses.get(at + 1).cloned();
    }
}
