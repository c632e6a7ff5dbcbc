//! The site of the report, opened in a browser and checked by axe against
//! WCAG 2.1 AA, as wide as a desk and as narrow as a telephone.

use std::path::{Path, PathBuf};
use std::process::Command;

use peil_tests::Site;

/// A page of each kind.
const PAGES: [&str; 6] = [
    "index.html",
    "programma/lb365.html",
    "indicator/OC-02.html",
    "bestuur/11002.html",
    "gegevens/indicator_values.html",
    "zoeken.html",
];

/// A folder of Node packages with axe-core and puppeteer-core, and a browser.
fn tools() -> Option<(PathBuf, PathBuf)> {
    let packages = PathBuf::from(std::env::var_os("TEST_NODE_MODULES")?);
    let named = std::env::var_os("TEST_CHROMIUM").map(PathBuf::from);
    let browser = named.or_else(|| {
        let known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
        known.into_iter().map(PathBuf::from).find(|path| path.exists())
    })?;
    let ready = packages.join("axe-core").is_dir() && packages.join("puppeteer-core").is_dir();
    let node = Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success());
    (ready && node).then_some((packages, browser))
}

#[test]
fn axe_finds_nothing_on_a_page_of_each_kind() {
    let Some((packages, browser)) = tools() else {
        eprintln!(
            "skipped: no Node with axe-core and puppeteer-core (name their folder in TEST_NODE_MODULES) or no Chromium (TEST_CHROMIUM)"
        );
        return;
    };
    let site = Site::published();
    let out = tempfile::tempdir().unwrap();
    let answer = site.peil(&["report", "2022S1", "--format", "html", "--out", out.path().to_str().unwrap()]);
    assert_eq!(answer.code, Some(0), "{}", answer.stderr);
    let pages = PAGES.map(|page| out.path().join("2022S1").join(page));
    for page in &pages {
        assert!(page.exists(), "{} is not there", page.display());
    }
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/axe.cjs"))
        .args(&pages)
        .env("NODE_PATH", packages)
        .env("CHROMIUM", browser)
        .output()
        .unwrap();
    let (found, talk) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{talk}");
    assert!(found.trim().is_empty(), "{found}");
    assert!(talk.contains("12 looked at"), "{talk}");
}
