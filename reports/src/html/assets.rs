//! The files that all pages share: style, script, fonts.

use peil_warehouse::Result;

use super::templates::Templates;

static REGULAR: &[u8] = include_bytes!("../../fonts/Inter-Regular.woff2");
static SEMI_BOLD: &[u8] = include_bytes!("../../fonts/Inter-SemiBold.woff2");

/// Path and content of each.
///
/// # Errors
/// [`peil_warehouse::Error::Usage`] where a template is missing.
pub(super) fn files(templates: &Templates) -> Result<Vec<(String, Vec<u8>)>> {
    let text = |name: &str| templates.source(name).map(String::into_bytes);
    Ok(vec![
        ("assets/inter-regular.woff2".to_owned(), REGULAR.to_vec()),
        ("assets/inter-semibold.woff2".to_owned(), SEMI_BOLD.to_vec()),
        ("assets/peil.css".to_owned(), text("style.css")?),
        ("assets/peil.js".to_owned(), text("script.js")?),
    ])
}
