//! Which authority stands for which on a day: the composition of that day.
//!
//! A reference follows its successors until one exists on the day. One that
//! does not exist yet stays itself, and so does one that ended without a
//! successor.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::authority::Authority;

/// A stretch of days on which one authority stands for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Composition {
    /// The authority that is referred to.
    pub nis_code: String,
    /// First day; none: since ever.
    pub from_day: Option<NaiveDate>,
    /// First day no longer; none: open.
    pub until_day: Option<NaiveDate>,
    /// The authority that stands for it.
    pub composition_nis: String,
}

/// The compositions of all authorities, by code and day, without gaps.
pub(crate) fn compositions(authorities: &[Authority]) -> Vec<Composition> {
    let mut rows: BTreeMap<&str, Vec<&Authority>> = BTreeMap::new();
    for authority in authorities {
        rows.entry(&authority.nis_code).or_default().push(authority);
    }
    rows.values_mut().for_each(|rows| rows.sort());
    rows.keys().flat_map(|code| stretches(code, &rows)).collect()
}

fn stretches(code: &str, rows: &BTreeMap<&str, Vec<&Authority>>) -> Vec<Composition> {
    let mut stretches: Vec<Composition> = Vec::new();
    for from_day in std::iter::once(None).chain(turning_days(code, rows).into_iter().map(Some)) {
        let stands = standing_for(code, from_day.unwrap_or(NaiveDate::MIN), rows);
        match stretches.last_mut() {
            Some(last) if last.composition_nis == stands => {}
            last => {
                if let Some(last) = last {
                    last.until_day = from_day;
                }
                stretches.push(Composition {
                    nis_code: code.to_owned(),
                    from_day,
                    until_day: None,
                    composition_nis: stands.to_owned(),
                });
            }
        }
    }
    stretches
}

/// The days on which the composition of `code` can change: where it or one of
/// those that may stand for it begins or ends.
fn turning_days(code: &str, rows: &BTreeMap<&str, Vec<&Authority>>) -> BTreeSet<NaiveDate> {
    let mut days = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![code];
    while let Some(code) = open.pop() {
        if !seen.insert(code) {
            continue;
        }
        for row in rows.get(code).into_iter().flatten() {
            days.insert(row.valid_from);
            days.extend(row.valid_until);
            open.extend(row.successor.as_deref());
        }
    }
    days
}

fn standing_for<'a>(code: &'a str, day: NaiveDate, rows: &BTreeMap<&'a str, Vec<&'a Authority>>) -> &'a str {
    let mut current = code;
    let mut passed = vec![code];
    loop {
        let known = rows.get(current).map_or(&[][..], Vec::as_slice);
        if known.iter().any(|row| row.valid_from <= day && row.valid_until.is_none_or(|until| day < until)) {
            return current;
        }
        // The last row that ended says who took over; none has ended before
        // its existence.
        let ended = known.iter().rev().find(|row| row.valid_until.is_some_and(|until| until <= day));
        let successor = ended.and_then(|row| row.successor.as_deref()).filter(|code| rows.contains_key(code));
        match successor {
            None => return current,
            // A circle of successors is a fault of the reference: all of its
            // members count as one.
            Some(next) if passed.contains(&next) => {
                let circle = passed.iter().skip_while(|code| **code != next);
                return circle.min().copied().unwrap_or(current);
            }
            Some(next) => {
                passed.push(next);
                current = next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authority::tests::{authority, day, flanders};

    fn on(authorities: &[Authority], code: &str, when: &str) -> String {
        let when = day(when);
        let all = compositions(authorities);
        let mut hits = all.iter().filter(|row| {
            row.nis_code == code
                && row.from_day.is_none_or(|from| from <= when)
                && row.until_day.is_none_or(|until| when < until)
        });
        let hit = hits.next().unwrap().composition_nis.clone();
        assert!(hits.next().is_none(), "overlap");
        hit
    }

    #[test]
    fn mergers_take_effect_on_their_day() {
        let known = flanders();
        assert_eq!(on(&known, "44036", "2018-12-31"), "44036");
        assert_eq!(on(&known, "44036", "2019-01-01"), "44085");
        assert_eq!(on(&known, "11007", "2024-12-31"), "11007");
        assert_eq!(on(&known, "11007", "2025-01-01"), "11002");
        assert_eq!(on(&known, "11002", "2025-01-01"), "11002");
        assert_eq!(on(&known, "44001", "2022-06-30"), "44084");
        assert_eq!(on(&known, "11056", "2025-01-01"), "46030");
    }

    #[test]
    fn before_its_existence_an_authority_stays_itself() {
        assert_eq!(on(&flanders(), "44085", "2018-12-31"), "44085");
        assert_eq!(on(&flanders(), "44084", "1900-01-01"), "44084");
    }

    #[test]
    fn a_lasting_authority_has_one_open_stretch() {
        let gent: Vec<_> = compositions(&flanders()).into_iter().filter(|row| row.nis_code == "44021").collect();
        assert_eq!(
            gent,
            [Composition {
                nis_code: "44021".into(),
                from_day: None,
                until_day: None,
                composition_nis: "44021".into()
            }]
        );
    }

    #[test]
    fn chains_ends_gaps_and_circles() {
        let known = [
            authority("1", "Een", "gemeente", "1977-01-01", "2019-01-01", "2"),
            authority("2", "Twee", "gemeente", "2019-01-01", "2025-01-01", "3"),
            authority("3", "Drie", "gemeente", "2025-01-01", "", ""),
            authority("4", "Vier", "gemeente", "1977-01-01", "2019-01-01", ""),
            authority("5", "Vijf", "gemeente", "1977-01-01", "2000-01-01", "6"),
            authority("6", "Zes", "gemeente", "1977-01-01", "2001-01-01", "5"),
            authority("7", "Zeven", "gemeente", "1977-01-01", "2010-01-01", ""),
            authority("7", "Zeven nieuw", "gemeente", "2010-01-01", "", ""),
            authority("8", "Acht", "gemeente", "1977-01-01", "2010-01-01", "99"),
        ];
        assert_eq!(on(&known, "1", "2020-01-01"), "2");
        assert_eq!(on(&known, "1", "2025-01-01"), "3");
        assert_eq!(on(&known, "4", "2022-01-01"), "4");
        assert_eq!(on(&known, "5", "2000-06-01"), "6");
        assert_eq!(on(&known, "5", "2022-01-01"), "5");
        assert_eq!(on(&known, "6", "2022-01-01"), "5");
        assert_eq!(on(&known, "7", "2022-01-01"), "7");
        assert_eq!(compositions(&known).iter().filter(|row| row.nis_code == "7").count(), 1);
        assert_eq!(on(&known, "8", "2022-01-01"), "8");
    }
}
