//! The frame of the pages: they are read without scripts, by keyboard, on a
//! phone.

use std::fmt::Write;

use axum::response::Html;

const STYLE: &str = "\
body{font:1rem/1.5 system-ui,sans-serif;color:#1b1f23;margin:0 auto;max-width:60rem;padding:1rem 1.25rem 3rem}\
h1{font-size:1.75rem;line-height:1.2}h2{font-size:1.25rem;margin-top:2.25rem}a{color:#12436D}\
:focus-visible{outline:3px solid #801650;outline-offset:2px}\
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;vertical-align:top;\
padding:.3rem .75rem .3rem 0;border-bottom:1px solid #d9dde1}caption{text-align:left;color:#545b62;padding:.25rem 0}\
details{border-top:1px solid #d9dde1;padding:.5rem 0}summary{cursor:pointer;font-weight:600}summary .quiet{font-weight:400;font-size:.9rem;margin-left:.5rem}\
.scroll{overflow-x:auto}pre{background:#f4f7fa;border-left:3px solid #12436D;padding:.6rem .8rem;overflow-x:auto}\
code{font-size:.9em}.quiet{color:#545b62}";

/// A page in Dutch.
pub(super) fn page(title: &str, main: &str) -> Html<String> {
    let mut out = String::with_capacity(main.len() + 2_000);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"nl-BE\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{main}</main>\n</body>\n</html>\n",
        title = escape(title)
    );
    Html(out)
}

/// Text in markup.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
