//! `latest/`: one address that leads to the newest report.

use std::io::Result;
use std::path::Path;

use peil_warehouse::Period;

use super::Form;
use super::folder::{holds, write_whole};
use crate::format::period_phrase;

/// The folder beside those of the periods.
pub(super) const FOLDER: &str = "latest";

/// Writes the page that leads to the newest period under `out`: the one that
/// ends last, of two that end together the longer, and of that its last
/// release.
pub(super) fn write(out: &Path) -> Result<()> {
    let mut editions: Vec<(Period, u32, String)> = Vec::new();
    for entry in std::fs::read_dir(out)? {
        let entry = entry?;
        let name = entry.file_name();
        let edition = name.to_str().and_then(edition);
        editions.extend(edition.filter(|_| Form::ALL.iter().any(|form| holds(&entry.path(), *form))));
    }
    let newest = editions.into_iter().max_by_key(|(period, number, _)| (period.last_day(), period.kind(), *number));
    let Some((newest, _, folder)) = newest else { return Ok(()) };
    let forms = Form::ALL.into_iter().filter(|form| holds(&out.join(&folder), *form));
    write_whole(&out.join(FOLDER).join("index.html"), page(newest, &folder, forms).as_bytes())
}

/// The period of a folder, and which release of it: `2022S1`, `2022S1-r2`.
fn edition(name: &str) -> Option<(Period, u32, String)> {
    let (stem, number) = match name.split_once("-r") {
        Some((stem, number)) => (stem, number.parse().ok()?),
        None => (name, 1),
    };
    let period = stem.parse::<Period>().ok().filter(|period| period.to_string() == stem)?;
    Some((period, number, name.to_owned()))
}

/// The page needs no server and no script: the browser follows the first
/// form, and a reader whose browser does not follows a link.
fn page(period: Period, folder: &str, forms: impl Iterator<Item = Form>) -> String {
    let addresses: Vec<(Form, String)> =
        forms.map(|form| (form, format!("../{folder}/{}", form.entrance(period)))).collect();
    let follow = match addresses.first() {
        Some((Form::Html, address)) => format!("<meta http-equiv=\"refresh\" content=\"0; url={address}\">\n"),
        _ => String::new(),
    };
    let links: String = addresses
        .iter()
        .map(|(form, address)| format!("<li><a href=\"{address}\">{}</a></li>\n", form.name().to_uppercase()))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"nl-BE\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n{follow}\
         <title>Peil: het nieuwste rapport</title>\n</head>\n<body>\n<main>\n<h1>Het nieuwste rapport</h1>\n\
         <p>Het rapport over {}:</p>\n<ul>\n{links}</ul>\n</main>\n</body>\n</html>\n",
        period_phrase(period)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write::folder;

    #[test]
    fn the_period_that_ends_last_is_the_newest() {
        let out = tempfile::tempdir().unwrap();
        for period in ["2022Q2", "2022S1", "2022S1-r2", "2021"] {
            folder::write(&out.path().join(period), "1", &[(Form::Html, vec![("index.html".to_owned(), vec![])])])
                .unwrap();
        }
        std::fs::create_dir_all(out.path().join("2030S1")).unwrap();
        write(out.path()).unwrap();
        let page = std::fs::read_to_string(out.path().join("latest/index.html")).unwrap();
        assert!(
            page.contains("url=../2022S1-r2/index.html") && page.contains("het eerste semester\u{a0}2022"),
            "{page}"
        );
    }
}
