//! The authorities: a list by province, and a page for each: its use,
//! building blocks, modules, maturity and portfolio, beside its peers.

mod body;
mod meter;

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::format::number;
use crate::frames::AuthorityProfile;

use super::super::markup::{escape, slug};
use super::super::page::Page;
use super::{Source, chain, home_crumb};

const LIST: &str = "besturen.html";

pub(super) fn pages(source: &Source<'_>) -> Vec<Page> {
    let mut profiles: Vec<&AuthorityProfile> = source.report.profiles.iter().collect();
    profiles.sort_by_key(|profile| (slug(&profile.authority.name), profile.authority.nis.clone()));
    let flanders = body::Flanders::of(source.report);
    let mut own: Vec<Page> = profiles.iter().map(|profile| page(source, &flanders, profile)).collect();
    chain(&mut own);
    let mut pages = vec![list(&profiles)];
    pages.extend(own);
    pages
}

fn list(profiles: &[&AuthorityProfile]) -> Page {
    let mut provinces: BTreeMap<&str, Vec<&AuthorityProfile>> = BTreeMap::new();
    for profile in profiles {
        provinces.entry(profile.authority.province.as_str()).or_default().push(profile);
    }
    let mut body = format!(
        "<p class=\"lead\">De {} besturen die op de peildatum bestaan, per provincie. Elk bestuur heeft een pagina met zijn gebruik, bouwstenen, modules, maturiteit en portfolio.</p>\n",
        profiles.len()
    );
    for (province, own) in provinces {
        let name = if province.is_empty() { "Andere" } else { province };
        let _ = writeln!(
            body,
            "<h2 id=\"{}\">{} <small>{} besturen</small></h2>\n<ul class=\"index\">",
            slug(name),
            escape(name),
            own.len()
        );
        for profile in own {
            let kind = if profile.authority.municipality { "" } else { " <small>provincie</small>" };
            let _ = writeln!(
                body,
                "<li><a href=\"bestuur/{}.html\">{}</a>{kind}</li>",
                escape(&profile.authority.nis),
                escape(&profile.authority.name)
            );
        }
        body.push_str("</ul>\n");
    }
    Page {
        path: LIST.to_owned(),
        title: "Besturen".to_owned(),
        description: "Een pagina per bestuur: gebruik, bouwstenen, modules, maturiteit en portfolio.".to_owned(),
        crumbs: home_crumb(),
        body,
        words: "gemeenten provincies".to_owned(),
        ..Page::default()
    }
}

fn page(source: &Source<'_>, flanders: &body::Flanders, profile: &AuthorityProfile) -> Page {
    let authority = &profile.authority;
    let path = format!("bestuur/{}.html", authority.nis);
    let mut crumbs = home_crumb();
    crumbs.push((LIST.to_owned(), "Besturen".to_owned()));
    let kind = if authority.municipality { "Gemeente" } else { "Provincie" };
    let mut kicker = format!("{kind} · NIS {}", authority.nis);
    if authority.municipality && !authority.province.is_empty() {
        let _ = write!(kicker, " · provincie {}", authority.province);
    }
    if let Some(inhabitants) = authority.inhabitants {
        let _ = write!(kicker, " · {} inwoners", number(inhabitants as f64, 0));
    }
    Page {
        title: if authority.municipality { authority.name.clone() } else { format!("Provincie {}", authority.name) },
        kicker,
        description: format!("{}: gebruik, bouwstenen, modules, maturiteit en portfolio.", authority.name),
        crumbs,
        body: body::body(source, flanders, &source.place(&path), profile),
        under: LIST.to_owned(),
        words: format!("{} {}", authority.nis, authority.province),
        path,
        ..Page::default()
    }
}
