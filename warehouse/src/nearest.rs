//! The nearest known names to a wrong one, for errors that say how to mend.

/// The at most `limit` of `known` nearest to `wrong`, nearest first, ties by
/// name; none that is too far off to be of help.
///
/// ```
/// use peil_warehouse::nearest::nearest;
/// assert_eq!(nearest("landng", ["landing", "warehouse"], 3), ["landing"]);
/// assert!(nearest("xyz", ["landing", "warehouse"], 3).is_empty());
/// ```
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>, limit: usize) -> Vec<&'a str> {
    let wrong = wrong.to_lowercase();
    let mut scored: Vec<(f64, &str)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wrong, &name.to_lowercase()), name))
        .filter(|(score, _)| *score >= 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(limit).map(|(_, name)| name).collect()
}

/// A sentence's end that names the nearest, as ` (did you mean `landing`?)`;
/// empty where nothing is near.
pub fn did_you_mean<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match nearest(wrong, known, 3).as_slice() {
        [] => String::new(),
        names => format!(
            " (did you mean {}?)",
            names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ")
        ),
    }
}
