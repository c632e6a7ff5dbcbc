//! The form in which spellings of an authority are compared.
//!
//! Ignored are case, accents, white space, hyphens, dots and the difference
//! between `St` and `Sint`. White space goes altogether, so `Sint Niklaas`,
//! `St.-Niklaas` and `SintNiklaas` are one spelling; leading words are then
//! prefixes of what is left.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// One of these before a name is ignored; as [`normalise`] writes them, the
/// longest first.
pub(crate) const LEADING_WORDS: [&str; 10] = [
    "gemeentebestuur", // gemeentebestuur
    "gemeenteenocmw",  // gemeente en OCMW
    "lokaalbestuur",   // lokaal bestuur
    "stadsbestuur",    // stadsbestuur
    "gemeentevan",     // gemeente van
    "stadenocmw",      // stad en OCMW
    "gemeente",        // gemeente
    "stadvan",         // stad van
    "ocmw",            // OCMW
    "stad",            // stad
];

/// One of these before a name makes it a province; as [`normalise`] writes
/// them, the longest first.
pub(crate) const PROVINCE_WORDS: [&str; 3] = ["provinciebestuur", "provincie", "prov"];

/// The form in which two spellings of one name are equal.
pub(crate) fn normalise(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.nfkd() {
        match character {
            '.' => {}
            '\u{2018}' | '\u{2019}' | '\u{201B}' | '`' => plain.push('\''),
            _ if character.is_whitespace() || is_hyphen(character) || is_invisible(character) => {}
            _ if is_combining_mark(character) => {}
            _ => plain.extend(character.to_lowercase().filter(|lower| !is_combining_mark(*lower))),
        }
    }
    if plain.contains("sint") { plain.replace("sint", "st") } else { plain }
}

fn is_hyphen(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{00AD}' | '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// Characters that no editor shows, as copied from a web page.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_equal() {
        for spelling in [
            "Sint-Niklaas",
            "SINT-NIKLAAS",
            "sint niklaas",
            "St-Niklaas",
            "St. Niklaas",
            "St.Niklaas",
            "ST NIKLAAS",
            "SintNiklaas",
            "  Sint  –  Niklaas ",
            "Sint\u{a0}Niklaas",
            "Sint‑Niklaas",
            "Sínt-Niklaäs",
        ] {
            assert_eq!(normalise(spelling), "stniklaas", "{spelling}");
        }
        assert_eq!(normalise("Puurs-St.-Amands"), normalise("Puurs-Sint-Amands"));
        assert_eq!(normalise("Wÿnegem"), "wynegem");
        assert_eq!(normalise("O.C.M.W. Gent"), "ocmwgent");
        assert_eq!(normalise("Biévène"), normalise("Bie\u{301}vene"));
        assert_eq!(normalise("’s-Gravenvoeren"), normalise("'s Gravenvoeren"));
    }

    #[test]
    fn different_names_stay_different() {
        assert_ne!(normalise("Hove"), normalise("Hoves"));
        assert_ne!(normalise("Aalter (voor fusie)"), normalise("Aalter"));
        assert_eq!(normalise(" - . "), "");
    }

    #[test]
    fn words_are_written_as_normalised_and_longest_first() {
        for words in [&LEADING_WORDS[..], &PROVINCE_WORDS[..]] {
            assert!(words.iter().all(|word| normalise(word) == *word));
            assert!(words.windows(2).all(|pair| pair[0].len() >= pair[1].len()));
        }
    }
}
