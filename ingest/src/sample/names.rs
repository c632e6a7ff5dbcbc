//! How authorities are spelled by those who fill in forms, and names that are
//! nobody's.

use chrono::NaiveDate;

use super::calendar::day;
use super::dice::Dice;
use super::reference::{Named, Town};

/// The name that an authority bears on a day. `salt` stays the same for all
/// versions of a row, so that its key does.
pub(super) fn bearer(town: &Town, on: NaiveDate, salt: usize) -> &Named {
    if !town.before.is_empty() {
        let old = &town.before[salt % town.before.len()];
        // Some go on writing the name from before the merger.
        let habit = salt % 23 == 7 && old.name != town.own.name;
        if on < day(2019, 1, 1) || habit {
            return old;
        }
    }
    match &town.after {
        // The old name still resolves; rows with a key of their own keep it.
        Some(new) if on >= day(2025, 1, 1) && !salt.is_multiple_of(3) => new,
        _ => &town.own,
    }
}

/// One of the ways in which a source writes an authority; all of them resolve
/// by the rules or by the list of aliases.
pub(super) fn spell(town: &Town, on: NaiveDate, salt: usize, dice: &mut Dice) -> String {
    let bearer = bearer(town, on, salt);
    let name = bearer.name.as_str();
    if town.province {
        return match dice.below(8) {
            0 => bearer.nis.clone(),
            1 => format!("Provinciebestuur {name}"),
            2 => format!("Prov. {name}"),
            3 => format!("provincie {}", name.to_lowercase()),
            _ => format!("Provincie {name}"),
        };
    }
    match dice.below(40) {
        0..=17 => name.to_owned(),
        18..=20 => format!("Gemeente {name}"),
        21..=23 => format!("Stad {name}"),
        24..=25 => format!("OCMW {name}"),
        26 => format!("Stadsbestuur {name}"),
        27 => format!("Gemeentebestuur {name}"),
        28 => format!("Lokaal bestuur {name}"),
        29 => format!("Gemeente en OCMW {name}"),
        30 => format!("stad en ocmw {name}"),
        31 => format!("Gemeente van {name}"),
        32 => name.to_lowercase(),
        33 => name.to_uppercase(),
        34 => name.replace('-', " "),
        35 => name.replace("Sint-", "St.-"),
        36 => name.replace("Sint-", "St. "),
        37 if bearer.name == town.own.name && !town.aliases.is_empty() => {
            dice.pick(&town.aliases).cloned().unwrap_or_else(|| name.to_owned())
        }
        38 => format!("  {name} "),
        _ => bearer.nis.clone(),
    }
}

const ADJECTIVES: [&str; 20] = [
    "Blauwe", "Stille", "Gouden", "Zilveren", "Vlugge", "Wakkere", "Heldere", "Groene", "Rode", "Zachte", "Vrije",
    "Warme", "Nieuwe", "Kleine", "Grote", "Lichte", "Verre", "Vaste", "Zwarte", "Witte",
];
const ANIMALS: [&str; 30] = [
    "Kraanvogel",
    "Bever",
    "Grutto",
    "Waterhoen",
    "Kievit",
    "Boommarter",
    "Zeeotter",
    "Wulp",
    "Karekiet",
    "Egel",
    "Roerdomp",
    "Houtduif",
    "Veldmuis",
    "Lepelaar",
    "Zwaluw",
    "Bunzing",
    "Meerkoet",
    "Ijsvogel",
    "Steenuil",
    "Salamander",
    "Winterkoning",
    "Goudplevier",
    "Hermelijn",
    "Putter",
    "Watersnip",
    "Nachtegaal",
    "Vuurvlinder",
    "Libel",
    "Sprinkhaan",
    "Kamsalamander",
];
const FORMS: [&str; 6] = ["Toepassingen", "Informatica", "Systemen", "Digitaal", "Programmatuur", "Diensten"];

/// An invented name of a supplier, another one for each number up to 3,600.
pub(super) fn supplier(number: usize) -> String {
    let mixed = (number * 1_637 + 211) % 3_600;
    format!("{} {} {}", ADJECTIVES[mixed % 20], ANIMALS[mixed / 20 % 30], FORMS[mixed / 600 % 6])
}

/// A word for a product of the supplier of a number.
pub(super) fn product_word(number: usize) -> &'static str {
    ANIMALS[(number * 1_637 + 211) % 3_600 / 20 % 30]
}

const FIRST: [&str; 24] = [
    "An", "Bram", "Céline", "Dries", "Elke", "Fien", "Geert", "Hilde", "Ilse", "Joris", "Katrien", "Lode", "Maaike",
    "Nele", "Omar", "Pieter", "Renée", "Sofie", "Toon", "Ulrike", "Veerle", "Wout", "Yasmina", "Zoë",
];
const LAST: [&str; 20] = [
    "Wolkenwever",
    "Regenboogs",
    "Zandkorrel",
    "Sterrebos",
    "Windenvanger",
    "Maneschijns",
    "Dauwdruppel",
    "Hagelstorms",
    "Golvenbreker",
    "Nevelgordel",
    "Zonneklaar",
    "Vuurtorens",
    "Donderbui",
    "Rietkraag",
    "Schemerlicht",
    "Ijsbloem",
    "Kiezelpad",
    "Lentebries",
    "Mosterdzaad",
    "Wilgentak",
];

/// An invented person: name and e-mail address.
pub(super) fn person(dice: &mut Dice) -> (String, String) {
    let (first, last) = (dice.word(&FIRST), dice.word(&LAST));
    let address = format!("{}.{}@voorbeeld.example", plain(first), plain(last));
    (format!("{first} {last}"), address)
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace(['é', 'ë'], "e")
}

/// An invented enterprise number with a right check, in one of the ways in
/// which people write it. The range 0999 is not in use.
pub(super) fn enterprise_number(number: usize, dice: &mut Dice) -> String {
    let base = 9_990_000 + number as u64 * 13 % 9_999;
    let digits = format!("{base:08}{:02}", 97 - base % 97);
    match dice.below(4) {
        0 => format!("{}.{}.{}", &digits[..4], &digits[4..7], &digits[7..]),
        1 => digits[1..].to_owned(),
        2 => format!("{} {} {}", &digits[..4], &digits[4..7], &digits[7..]),
        _ => digits,
    }
}
