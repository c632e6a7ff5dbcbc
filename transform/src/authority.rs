//! Resolving a reference to a local authority: by NIS code, official name or
//! alias.
//!
//! A name means the municipality; a province is meant where one of
//! [`PROVINCE_WORDS`] stands before the name, or where no municipality ever
//! bore it. Where a name stands for several municipalities through time
//! (Aalter before and after 2019), the one valid on the day of the fact wins,
//! else the latest. Resolving stops there: following successors is a matter of
//! the day on which one counts ([`crate::composition`]).

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use peil_warehouse::table::fingerprint;

use crate::normalise::{LEADING_WORDS, PROVINCE_WORDS, normalise};

/// What the reference calls a municipality.
const MUNICIPALITY: &str = "gemeente";

/// A row of `reference/authorities`: one authority during one validity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Authority {
    /// Its NIS code.
    pub nis_code: String,
    /// First day on which it exists under this row.
    pub valid_from: NaiveDate,
    /// First day on which it no longer does.
    pub valid_until: Option<NaiveDate>,
    /// Official name.
    pub name: String,
    /// `gemeente` or `provincie`.
    pub kind: String,
    /// Who took over on `valid_until`.
    pub successor: Option<String>,
}

/// One authority that bears a name, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Holder {
    nis_code: String,
    from: NaiveDate,
    until: Option<NaiveDate>,
}

/// What a reference stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolution<'a>(Meaning<'a>);

#[derive(Debug, Clone, Copy)]
enum Meaning<'a> {
    Unknown,
    One(&'a str),
    /// Several through time: which one depends on the day.
    Several(&'a [Holder]),
}

impl<'a> Resolution<'a> {
    /// Whether the day makes a difference.
    pub fn depends_on_day(&self) -> bool {
        matches!(self.0, Meaning::Several(_))
    }

    /// The NIS code on the day of the fact; the latest authority of the name
    /// where no day is known.
    pub fn on(&self, day: Option<NaiveDate>) -> Option<&'a str> {
        match self.0 {
            Meaning::Unknown => None,
            Meaning::One(code) => Some(code),
            Meaning::Several(holders) => {
                let valid = |holder: &&Holder| {
                    day.is_some_and(|day| holder.from <= day && holder.until.is_none_or(|until| day < until))
                };
                // Holders are sorted by their first day: the last is the latest.
                holders.iter().rev().find(valid).or(holders.last()).map(|holder| holder.nis_code.as_str())
            }
        }
    }
}

/// Everything that a reference can be resolved by, for one known-on day.
#[derive(Debug, Default)]
pub(crate) struct Resolver {
    codes: HashMap<String, String>,
    municipalities: HashMap<String, Vec<Holder>>,
    provinces: HashMap<String, Vec<Holder>>,
    aliases: HashMap<String, String>,
    /// Normalised spelling and the official name to show, sorted.
    spellings: Vec<(String, String)>,
    fingerprint: String,
}

impl Resolver {
    /// A resolver of the authorities and of the aliases (spelling and NIS
    /// code; of two that normalise alike the later wins). An alias of a code
    /// that no authority has resolves nothing.
    pub fn new(authorities: &[Authority], aliases: &[(String, String)]) -> Self {
        let mut resolver = Self { fingerprint: fingerprint_of(authorities, aliases), ..Self::default() };
        let mut latest: BTreeMap<&str, &Authority> = BTreeMap::new();
        for authority in authorities {
            let holder = Holder {
                nis_code: authority.nis_code.clone(),
                from: authority.valid_from,
                until: authority.valid_until,
            };
            resolver.codes.insert(normalise(&authority.nis_code), authority.nis_code.clone());
            let name = normalise(&authority.name);
            let known = latest.entry(&authority.nis_code).or_insert(authority);
            if known.valid_from < authority.valid_from {
                *known = authority;
            }
            resolver.spellings.push((name.clone(), authority.name.clone()));
            if authority.kind == MUNICIPALITY {
                resolver.municipalities.entry(name).or_default().push(holder);
            } else {
                // An official name may carry the word: `Provincie Limburg`.
                let bare = PROVINCE_WORDS.iter().find_map(|word| name.strip_prefix(word)).unwrap_or(&name);
                resolver.provinces.entry(bare.to_owned()).or_default().push(holder);
            }
        }
        for holders in resolver.municipalities.values_mut().chain(resolver.provinces.values_mut()) {
            holders.sort_by(|a, b| (a.from, &a.nis_code).cmp(&(b.from, &b.nis_code)));
        }
        for (alias, code) in aliases {
            if let Some(code) = resolver.codes.get(&normalise(code)) {
                resolver.aliases.insert(normalise(alias), code.clone());
                if let Some(authority) = latest.get(code.as_str()) {
                    resolver.spellings.push((normalise(alias), authority.name.clone()));
                }
            }
        }
        resolver.spellings.sort();
        resolver.spellings.dedup();
        resolver
    }

    /// Changes when an authority or an alias does.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// What a text stands for.
    pub fn resolve(&self, text: &str) -> Resolution<'_> {
        let text = normalise(text);
        let meaning = self.whole(&text).or_else(|| {
            let stripped = LEADING_WORDS.iter().filter_map(|word| text.strip_prefix(word));
            stripped.filter(|rest| !rest.is_empty()).find_map(|rest| self.whole(rest))
        });
        Resolution(meaning.unwrap_or(Meaning::Unknown))
    }

    /// What a normalised text stands for without a leading word.
    fn whole(&self, text: &str) -> Option<Meaning<'_>> {
        self.named(text).or_else(|| {
            let names = PROVINCE_WORDS.iter().filter_map(|word| text.strip_prefix(word));
            names.filter(|name| !name.is_empty()).find_map(|name| self.province(name))
        })
    }

    fn named(&self, text: &str) -> Option<Meaning<'_>> {
        self.codes
            .get(text)
            .map(|code| Meaning::One(code))
            .or_else(|| self.municipalities.get(text).map(|holders| among(holders)))
            .or_else(|| self.provinces.get(text).map(|holders| among(holders)))
            .or_else(|| self.aliases.get(text).map(|code| Meaning::One(code)))
    }

    /// A province by its name, or by an alias of it.
    fn province(&self, name: &str) -> Option<Meaning<'_>> {
        let is_province = |code: &&String| self.provinces.values().flatten().any(|holder| &holder.nis_code == *code);
        self.provinces
            .get(name)
            .map(|holders| among(holders))
            .or_else(|| self.aliases.get(name).filter(is_province).map(|code| Meaning::One(code)))
    }

    /// The official names nearest to a text that does not resolve, nearest
    /// first, ties by name. Aliases are compared too, and give the official
    /// name.
    pub fn nearest(&self, text: &str, limit: usize) -> Vec<&str> {
        let text = normalise(text);
        let bare = LEADING_WORDS.iter().find_map(|word| text.strip_prefix(word)).filter(|rest| !rest.is_empty());
        let score = |known: &str| {
            [Some(text.as_str()), bare].into_iter().flatten().map(|text| closeness(text, known)).fold(0.0, f64::max)
        };
        let mut best: BTreeMap<&str, f64> = BTreeMap::new();
        for (spelling, name) in &self.spellings {
            let reached = best.entry(name).or_insert(0.0);
            *reached = reached.max(score(spelling));
        }
        let mut scored: Vec<(&str, f64)> = best.into_iter().filter(|(_, score)| *score > 0.0).collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
        scored.into_iter().take(limit).map(|(name, _)| name).collect()
    }
}

fn among(holders: &[Holder]) -> Meaning<'_> {
    match holders {
        [] => Meaning::Unknown,
        [first, rest @ ..] if rest.iter().all(|other| other.nis_code == first.nis_code) => {
            Meaning::One(&first.nis_code)
        }
        _ => Meaning::Several(holders),
    }
}

/// From 0 to 1: a common beginning and few changes both make names near.
pub(crate) fn closeness(one: &str, other: &str) -> f64 {
    (strsim::jaro_winkler(one, other) + strsim::normalized_damerau_levenshtein(one, other)) / 2.0
}

fn fingerprint_of(authorities: &[Authority], aliases: &[(String, String)]) -> String {
    let mut authorities: Vec<&Authority> = authorities.iter().collect();
    authorities.sort();
    let rows = authorities.iter().flat_map(|row| {
        [
            row.nis_code.clone(),
            row.name.clone(),
            row.kind.clone(),
            row.valid_from.to_string(),
            row.valid_until.map(|day| day.to_string()).unwrap_or_default(),
            row.successor.clone().unwrap_or_default(),
        ]
    });
    let aliases = aliases.iter().flat_map(|(alias, code)| [alias.clone(), code.clone()]);
    fingerprint(rows.chain([String::from("aliases")]).chain(aliases))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    pub fn authority(nis: &str, name: &str, kind: &str, from: &str, until: &str, successor: &str) -> Authority {
        Authority {
            nis_code: nis.into(),
            name: name.into(),
            kind: kind.into(),
            valid_from: day(from),
            valid_until: (!until.is_empty()).then(|| day(until)),
            successor: (!successor.is_empty()).then(|| successor.into()),
        }
    }

    /// A corner of Flanders that holds each trap of the mergers.
    pub fn flanders() -> Vec<Authority> {
        [
            ("11002", "Antwerpen", "gemeente", "1977-01-01", "", ""),
            ("11007", "Borsbeek", "gemeente", "1977-01-01", "2025-01-01", "11002"),
            ("11056", "Zwijndrecht", "gemeente", "1977-01-01", "2025-01-01", "46030"),
            ("46030", "Beveren-Kruibeke-Zwijndrecht", "gemeente", "2025-01-01", "", ""),
            ("44001", "Aalter", "gemeente", "1977-01-01", "2019-01-01", "44084"),
            ("44084", "Aalter", "gemeente", "2019-01-01", "", ""),
            ("44036", "Lovendegem", "gemeente", "1977-01-01", "2019-01-01", "44085"),
            ("44085", "Lievegem", "gemeente", "2019-01-01", "", ""),
            ("44021", "Gent", "gemeente", "1977-01-01", "", ""),
            ("35014", "Staden", "gemeente", "1977-01-01", "", ""),
            ("46021", "Sint-Niklaas", "gemeente", "1977-01-01", "", ""),
            ("12041", "Puurs-Sint-Amands", "gemeente", "2019-01-01", "", ""),
            ("10000", "Antwerpen", "provincie", "1977-01-01", "", ""),
            ("70000", "Limburg", "provincie", "1977-01-01", "", ""),
            ("20001", "Vlaams-Brabant", "provincie", "1995-01-01", "", ""),
        ]
        .map(|(nis, name, kind, from, until, successor)| authority(nis, name, kind, from, until, successor))
        .to_vec()
    }

    pub fn resolver() -> Resolver {
        let aliases = [
            ("Gand", "44021"),
            ("Vl.-Brabant", "20001"),
            ("Aalter (voor fusie)", "44001"),
            ("Nergens", "99999"),
            ("Anvers", "11002"),
        ];
        Resolver::new(&flanders(), &aliases.map(|(alias, code)| (alias.to_owned(), code.to_owned())))
    }

    #[track_caller]
    fn check(text: &str, on: &str, expected: Option<&str>) {
        let resolver = resolver();
        let on = (!on.is_empty()).then(|| day(on));
        assert_eq!(resolver.resolve(text).on(on), expected, "{text}");
    }

    #[test]
    fn leading_words_are_ignored_also_before_an_alias() {
        for word in [
            "stad",
            "Gemeente",
            "STADSBESTUUR",
            "gemeentebestuur",
            "OCMW",
            "O.C.M.W.",
            "Lokaal bestuur",
            "Stad en OCMW",
            "gemeente en OCMW",
            "Stad van",
            "gemeente van",
            "lokaal-bestuur",
        ] {
            check(&format!("{word} Gent"), "2022-01-01", Some("44021"));
            check(&format!("{word}  GAND"), "2022-01-01", Some("44021"));
            check(&format!("{word} St. Niklaas"), "2022-01-01", Some("46021"));
        }
    }

    #[test]
    fn other_words_and_two_words_are_not() {
        for text in [
            "OCMW van Gent",
            "stad stad Gent",
            "Politiezone Gent",
            "Gent stad",
            "Gentt",
            "",
            "stad",
            "-",
            "Stad en OCMW",
        ] {
            check(text, "2022-01-01", None);
        }
    }

    #[test]
    fn a_name_that_begins_like_a_leading_word_is_whole() {
        check("Staden", "2022-01-01", Some("35014"));
        check("Stad Staden", "2022-01-01", Some("35014"));
        check("gemeente staden", "2022-01-01", Some("35014"));
    }

    #[test]
    fn codes_resolve() {
        check("11002", "2022-01-01", Some("11002"));
        check(" 10000 ", "2022-01-01", Some("10000"));
        check("99999", "2022-01-01", None);
    }

    #[test]
    fn a_name_is_the_municipality_and_a_province_only_when_said() {
        check("Antwerpen", "2022-01-01", Some("11002"));
        check("Stad Antwerpen", "2022-01-01", Some("11002"));
        for text in
            ["Provincie Antwerpen", "provinciebestuur Antwerpen", "Prov. Antwerpen", "PROV ANTWERPEN", "Prov.Antwerpen"]
        {
            check(text, "2022-01-01", Some("10000"));
        }
        check("Limburg", "2022-01-01", Some("70000"));
        check("Provincie Limburg", "2022-01-01", Some("70000"));
        check("Prov. Vl.-Brabant", "2022-01-01", Some("20001"));
        check("Vl. Brabant", "2022-01-01", Some("20001"));
        check("Provincie Gent", "2022-01-01", None);
        check("Provincie Anvers", "2022-01-01", None);
    }

    #[test]
    fn of_several_through_time_the_one_of_the_day_wins_else_the_latest() {
        check("Aalter", "2018-12-31", Some("44001"));
        check("Aalter", "2019-01-01", Some("44084"));
        check("Gemeente Aalter", "1960-01-01", Some("44084"));
        check("Aalter", "", Some("44084"));
        check("Aalter (voor fusie)", "2022-01-01", Some("44001"));
        check("Lovendegem", "2022-01-01", Some("44036"));
        check("Borsbeek", "2026-01-01", Some("11007"));
    }

    #[test]
    fn no_two_authorities_of_flanders_are_confused() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../ingest/sample/authorities.csv");
        let text = std::fs::read_to_string(file).unwrap();
        let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(';').collect()).collect();
        let all: Vec<Authority> =
            rows.iter().map(|row| authority(row[0], row[1], row[2], row[4], row[5], row[6])).collect();
        assert!(all.len() > 300);
        let resolver = Resolver::new(&all, &[]);
        for one in &all {
            let text = if one.kind == "provincie" { format!("Provincie {}", one.name) } else { one.name.clone() };
            let last = one.valid_until.and_then(|until| until.pred_opt());
            for day in [Some(one.valid_from), last].into_iter().flatten() {
                assert_eq!(resolver.resolve(&text).on(Some(day)), Some(one.nis_code.as_str()), "{text}");
                assert_eq!(resolver.resolve(&one.nis_code).on(Some(day)), Some(one.nis_code.as_str()));
            }
        }
    }

    #[test]
    fn an_alias_of_an_unknown_code_resolves_nothing() {
        check("Nergens", "2022-01-01", None);
    }

    #[test]
    fn nearest_names_are_official() {
        let resolver = resolver();
        assert_eq!(resolver.nearest("Gennt", 3)[0], "Gent");
        assert_eq!(resolver.nearest("stad Antverpen", 3)[0], "Antwerpen");
        assert_eq!(resolver.nearest("Sint-Nicklaas", 1), ["Sint-Niklaas"]);
        assert_eq!(resolver.nearest("Annvers", 1), ["Antwerpen"]);
        assert_eq!(resolver.nearest("Lovendegemm", 3).len(), 3);
    }

    #[test]
    fn the_fingerprint_follows_the_content_only() {
        let mut turned = flanders();
        turned.reverse();
        let aliases = [("Gand".to_owned(), "44021".to_owned())];
        let first = Resolver::new(&flanders(), &aliases);
        assert_eq!(first.fingerprint(), Resolver::new(&turned, &aliases).fingerprint());
        assert_ne!(first.fingerprint(), Resolver::new(&flanders(), &[]).fingerprint());
    }
}
