//! The text of each page, as one that copies it gets it: through each font's
//! own table of what its glyphs say.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document as Pdf, Object};

/// What the glyphs of a font say.
type Letters = BTreeMap<u16, String>;

/// The text of each page, in the order in which it is drawn; a space between
/// two stretches of text.
pub fn pages(bytes: &[u8]) -> Vec<String> {
    let pdf = Pdf::load_mem(bytes).unwrap();
    let pages = pdf.get_pages();
    pages
        .values()
        .map(|page| {
            let dictionary = pdf.get_dictionary(*page).unwrap();
            let resources = follow(&pdf, dictionary.get(b"Resources").unwrap()).as_dict().unwrap();
            let content = pdf.get_page_content(*page);
            let mut text = String::new();
            read(&pdf, resources, &content, &mut text);
            text
        })
        .collect()
}

/// A text without its spaces and hyphens: lines are broken where they fit.
pub fn squeezed(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && !"-\u{ad}\u{2010}\u{a0}".contains(*letter)).collect()
}

fn read(pdf: &Pdf, resources: &Dictionary, content: &[u8], text: &mut String) {
    let fonts = fonts(pdf, resources);
    let mut letters: Option<&Letters> = None;
    for operation in Content::decode(content).unwrap().operations {
        match operation.operator.as_str() {
            "Tf" => letters = fonts.get(operation.operands[0].as_name().unwrap()),
            "Tj" | "'" | "\"" => say(operation.operands.last().unwrap(), letters, text),
            "TJ" => operation.operands[0].as_array().unwrap().iter().for_each(|part| say(part, letters, text)),
            "ET" => text.push(' '),
            "Do" => form(pdf, resources, operation.operands[0].as_name().unwrap(), text),
            _ => {}
        }
    }
}

/// A drawing inside the page.
fn form(pdf: &Pdf, resources: &Dictionary, name: &[u8], text: &mut String) {
    let Ok(forms) = resources.get(b"XObject") else { return };
    let Ok(form) = follow(pdf, forms).as_dict().unwrap().get(name) else { return };
    let form = follow(pdf, form).as_stream().unwrap();
    if form.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Form") {
        let own = form.dict.get(b"Resources").map(|own| follow(pdf, own).as_dict().unwrap()).unwrap_or(resources);
        read(pdf, own, &form.get_plain_content().unwrap(), text);
    }
}

fn say(part: &Object, letters: Option<&Letters>, text: &mut String) {
    let (Object::String(glyphs, _), Some(letters)) = (part, letters) else { return };
    for glyph in glyphs.chunks(2) {
        let code = u16::from_be_bytes([glyph[0], glyph.get(1).copied().unwrap_or_default()]);
        text.push_str(letters.get(&code).map_or("\u{fffd}", String::as_str));
    }
}

fn fonts(pdf: &Pdf, resources: &Dictionary) -> BTreeMap<Vec<u8>, Letters> {
    let Ok(fonts) = resources.get(b"Font") else { return BTreeMap::new() };
    let fonts = follow(pdf, fonts).as_dict().unwrap();
    let named = fonts.iter().filter_map(|(name, font)| {
        let font = follow(pdf, font).as_dict().unwrap();
        let map = follow(pdf, font.get(b"ToUnicode").ok()?).as_stream().unwrap();
        Some((name.clone(), letters(&map.get_plain_content().unwrap())))
    });
    named.collect()
}

/// Reads `<0012> <0041>` and `<0012> <0014> <0041>` lines.
fn letters(map: &[u8]) -> Letters {
    let map = String::from_utf8_lossy(map);
    let mut letters = Letters::new();
    let mut ranges = false;
    for line in map.lines() {
        ranges = (ranges || line.ends_with("beginbfrange")) && !line.ends_with("endbfrange");
        let codes: Vec<&str> = line.split(['<', '>']).skip(1).step_by(2).collect();
        match codes.as_slice() {
            [glyph, letter] if glyph.len() == 4 => {
                letters.insert(u16::from_str_radix(glyph, 16).unwrap(), decoded(letter));
            }
            [first, last, letter] if ranges => {
                let (first, last) = (u16::from_str_radix(first, 16).unwrap(), u16::from_str_radix(last, 16).unwrap());
                let start = u32::from_str_radix(letter, 16).unwrap();
                for (step, glyph) in (first..=last).enumerate() {
                    letters.insert(glyph, char::from_u32(start + step as u32).unwrap().to_string());
                }
            }
            _ => {}
        }
    }
    letters
}

/// UTF-16 in hexadecimal digits.
fn decoded(digits: &str) -> String {
    let units: Vec<u16> = digits
        .as_bytes()
        .chunks(4)
        .map(|unit| u16::from_str_radix(std::str::from_utf8(unit).unwrap(), 16).unwrap())
        .collect();
    String::from_utf16_lossy(&units)
}

fn follow<'a>(pdf: &'a Pdf, object: &'a Object) -> &'a Object {
    pdf.dereference(object).unwrap().1
}
