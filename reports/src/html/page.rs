//! A page of the site, and the frame that stands around all of them.

use minijinja::value::{Serde, Value};
use peil_warehouse::Result;
use serde::Serialize;

use crate::document::Document;
use crate::format::{capital, long_day, period_name};
use crate::frames::Report;

use super::templates::Templates;

/// A page: where it stands, and what it holds.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Path in the folder of the period, as `indicator/OC-01.html`.
    pub(super) path: String,
    /// Its title, which is its heading too.
    pub(super) title: String,
    /// A line above the title: what kind of page it is.
    pub(super) kicker: String,
    /// One sentence on what it holds.
    pub(super) description: String,
    /// The pages above it: address from the folder of the period, and title.
    pub(super) crumbs: Vec<(String, String)>,
    /// What it holds, as markup.
    pub(super) body: String,
    /// The entry of the menu that it stands under.
    pub(super) under: String,
    /// The pages before and after it.
    pub(super) previous: Option<(String, String)>,
    /// The same.
    pub(super) next: Option<(String, String)>,
    /// Words that a search finds it by, beside its title.
    pub(super) words: String,
}

impl Page {
    /// From the page to the folder of the period.
    pub(super) fn root(path: &str) -> &'static str {
        if path.contains('/') { "../" } else { "" }
    }
}

/// An entry of the menu.
#[derive(Debug, Clone, Serialize)]
struct Entry {
    address: String,
    text: String,
    /// The page itself, or one under it.
    current: bool,
    /// The page itself.
    here: bool,
    inner: bool,
}

#[derive(Debug, Serialize)]
struct Link {
    address: String,
    text: String,
}

/// What the template of the frame is given.
#[derive(Debug, Serialize)]
struct Context<'a> {
    title: &'a str,
    kicker: &'a str,
    description: &'a str,
    document: &'a str,
    root: &'static str,
    home: bool,
    search: bool,
    menu: Vec<Entry>,
    crumbs: Vec<Link>,
    previous: Option<Link>,
    next: Option<Link>,
    period: &'a str,
    code: &'a str,
    as_of: &'a str,
    provisional: bool,
    state: &'a str,
    body: &'a str,
}

/// The frame of every page of one report.
pub(super) struct Frame {
    document: String,
    period: String,
    code: String,
    as_of: String,
    provisional: bool,
    state: String,
    menu: Vec<(String, String, bool)>,
}

impl Frame {
    pub(super) fn new(report: &Report, document: &Document, menu: Vec<(String, String, bool)>) -> Self {
        let colophon = &report.colophon;
        Self {
            document: document.title.clone(),
            period: capital(&period_name(colophon.period)),
            code: colophon.period.to_string(),
            as_of: long_day(colophon.as_of),
            provisional: colophon.provisional(),
            state: colophon.edition.mark(),
            menu,
        }
    }

    /// The whole page.
    ///
    /// # Errors
    /// [`peil_warehouse::Error::Usage`] where the template is wrong.
    pub(super) fn render(&self, page: &Page, templates: &Templates) -> Result<String> {
        let root = Page::root(&page.path);
        let link =
            |(address, text): &(String, String)| Link { address: format!("{root}{address}"), text: text.clone() };
        let menu = self.menu.iter().map(|(address, text, inner)| Entry {
            address: format!("{root}{address}"),
            text: text.clone(),
            current: *address == page.path || *address == page.under,
            here: *address == page.path,
            inner: *inner,
        });
        let context = Context {
            title: &page.title,
            kicker: &page.kicker,
            description: &page.description,
            document: &self.document,
            root,
            home: page.path == "index.html",
            search: page.path == "zoeken.html",
            menu: menu.collect(),
            crumbs: page.crumbs.iter().map(link).collect(),
            previous: page.previous.as_ref().map(link),
            next: page.next.as_ref().map(link),
            period: &self.period,
            code: &self.code,
            as_of: &self.as_of,
            provisional: self.provisional,
            state: &self.state,
            body: &page.body,
        };
        templates.render("pagina.html", Value::from(Serde(context)))
    }
}
