//! Did you mean?

/// The known word nearest to `word`, if one is near enough that it was probably meant.
///
/// ```
/// use shiftbell_metrics::definitions::nearest;
/// assert_eq!(nearest("mqls", ["mql", "sql", "won"].map(String::from)), Some("mql".to_owned()));
/// assert_eq!(nearest("zebra", ["mql", "sql", "won"].map(String::from)), None);
/// ```
pub fn nearest(word: &str, known: impl IntoIterator<Item = String>) -> Option<String> {
    near(word, known).into_iter().next()
}

/// The known words near `word`, nearest first, at most three.
pub fn near(word: &str, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let wanted = plain(word);
    let mut ranked: Vec<(usize, String)> = known
        .into_iter()
        .filter_map(|name| {
            let candidate = plain(&name);
            let distance = strsim::osa_distance(&wanted, &candidate);
            let longest = wanted.chars().count().max(candidate.chars().count());
            let begins = wanted.len() >= 3 && (candidate.starts_with(&wanted) || wanted.starts_with(&candidate));
            let is_near = distance * 3 <= longest.max(3) + 1 || (begins && candidate.len() >= 3);
            is_near.then_some((distance, name))
        })
        .collect();
    ranked.sort();
    ranked.dedup();
    ranked.truncate(3);
    ranked.into_iter().map(|(_, name)| name).collect()
}

/// Without what is easily confused: case, hyphens and underscores.
fn plain(word: &str) -> String {
    word.chars().take(128).flat_map(char::to_lowercase).map(|c| if matches!(c, '_' | ' ') { '-' } else { c }).collect()
}
