//! The PDF, read back: what makes it readable to all and to later years.

mod structure;
pub mod text;

use std::sync::OnceLock;

use lopdf::{Dictionary, Document as Pdf, Object};
use peil_reports::frames::Report;
use peil_reports::{pdf, sections};

use crate::marts::Marts;

/// The PDF of the first semester of 2022; made once, as all look at the same.
async fn bytes() -> &'static [u8] {
    static MADE: OnceLock<Vec<u8>> = OnceLock::new();
    let report = Marts::as_published().publish().await.report("2022S1").await;
    MADE.get_or_init(|| made(&report))
}

fn made(report: &Report) -> Vec<u8> {
    pdf::document(report, &sections::document(report).unwrap()).unwrap()
}

/// A dictionary, followed where it is a reference.
fn dictionary<'a>(pdf: &'a Pdf, of: &'a Dictionary, key: &[u8]) -> &'a Dictionary {
    let object = of.get(key).unwrap_or_else(|_| panic!("no {}", String::from_utf8_lossy(key)));
    pdf.dereference(object).unwrap().1.as_dict().unwrap()
}

fn string(object: &Object) -> String {
    lopdf::decode_text_string(object).unwrap()
}

#[tokio::test]
async fn the_catalogue_says_language_tags_outline_and_standards() {
    let bytes = bytes().await;
    let pdf = Pdf::load_mem(bytes).unwrap();
    let catalog = pdf.catalog().unwrap();
    assert_eq!(string(catalog.get(b"Lang").unwrap()), "nl-BE");
    assert!(dictionary(&pdf, catalog, b"MarkInfo").get(b"Marked").unwrap().as_bool().unwrap());
    assert!(dictionary(&pdf, catalog, b"ViewerPreferences").get(b"DisplayDocTitle").unwrap().as_bool().unwrap());
    let outline = dictionary(&pdf, catalog, b"Outlines");
    assert!(outline.get(b"Count").unwrap().as_i64().unwrap() >= 1);
    let metadata = pdf.dereference(catalog.get(b"Metadata").unwrap()).unwrap().1.as_stream().unwrap();
    let xmp = String::from_utf8(metadata.get_plain_content().unwrap()).unwrap();
    for said in ["<pdfuaid:part>1</pdfuaid:part>", "<pdfaid:part>2</pdfaid:part>", "<pdfaid:conformance>A<"] {
        assert!(xmp.contains(said), "no {said} in {xmp}");
    }
    assert!(xmp.contains("Voortgangsrapport eerste semester\u{a0}2022") && xmp.contains("V-ICT-OR"), "{xmp}");
}

#[tokio::test]
async fn the_same_report_is_the_same_bytes_and_small() {
    let one = bytes().await;
    assert!(one == made(&Marts::as_published().publish().await.report("2022S1").await));
    assert!(one.len() < 3_000_000, "{} bytes", one.len());
}

#[tokio::test]
async fn every_font_is_embedded_with_its_letters() {
    let bytes = bytes().await;
    let pdf = Pdf::load_mem(bytes).unwrap();
    let dictionaries = || pdf.objects.values().filter_map(|object| object.as_dict().ok());
    let kind = |dictionary: &Dictionary, name: &[u8]| {
        dictionary.get(b"Type").and_then(Object::as_name).is_ok_and(|kind| kind == name)
    };
    let descriptors: Vec<_> = dictionaries().filter(|one| kind(one, b"FontDescriptor")).collect();
    assert!(descriptors.len() >= 2);
    for descriptor in descriptors {
        assert!([&b"FontFile"[..], b"FontFile2", b"FontFile3"].iter().any(|key| descriptor.has(key)), "{descriptor:?}");
        let name = String::from_utf8_lossy(descriptor.get(b"FontName").unwrap().as_name().unwrap()).into_owned();
        assert!(name.contains("Inter"), "{name}");
    }
    for font in
        dictionaries().filter(|one| kind(one, b"Font") && one.get(b"Subtype").unwrap().as_name().unwrap() == b"Type0")
    {
        assert!(font.has(b"ToUnicode"), "{font:?}");
    }
}

#[tokio::test]
async fn pages_are_a4_and_numbered() {
    let bytes = bytes().await;
    let pdf = Pdf::load_mem(bytes).unwrap();
    let pages = pdf.get_pages();
    assert!((3..80).contains(&pages.len()), "{} pages", pages.len());
    for page in pages.values() {
        let media = pdf.get_dictionary(*page).unwrap().get(b"MediaBox").unwrap().as_array().unwrap();
        let mut sides: Vec<i64> =
            media[2..].iter().map(|side| f64::from(side.as_float().unwrap()).round() as i64).collect();
        sides.sort_unstable();
        assert_eq!(sides, [595, 842]);
    }
    let texts = text::pages(bytes);
    for (at, text) in texts.iter().enumerate().skip(1) {
        let number = format!("{} van {}", at + 1, texts.len());
        assert!(text.contains(&number), "page {} does not say {number}: {text}", at + 1);
    }
}

#[tokio::test]
async fn each_section_and_caption_is_printed() {
    let report = Marts::as_published().publish().await.report("2022S1").await;
    let document = sections::document(&report).unwrap();
    let text = text::squeezed(&text::pages(bytes().await).concat());
    for section in &document.sections {
        assert!(text.contains(&text::squeezed(&section.title)), "{}", section.title);
    }
    for table in document.tables() {
        assert!(text.contains(&text::squeezed(&table.caption)), "{}", table.caption);
    }
    for chart in document.charts() {
        assert!(text.contains(&text::squeezed(&chart.title)), "{}", chart.title);
    }
}
