//! Names that people type: what is the same name, and what is nearly one.

use crate::definitions::{Definitions, Kpi};

/// A name without case, hyphens, underscores and spaces.
pub(super) fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '@' || *c == '+').flat_map(char::to_lowercase).collect()
}

/// Every name of a KPI: its slug first, then its other names, then its label.
pub(super) fn names_of(kpi: &Kpi) -> impl Iterator<Item = &str> {
    std::iter::once(kpi.slug.as_str()).chain(kpi.also.iter().map(String::as_str)).chain([kpi.label.as_str()])
}

/// The KPI with exactly this name; a slug goes before another name, and that before a label.
pub(super) fn kpi_named<'a>(name: &str, defs: &'a Definitions) -> Option<&'a Kpi> {
    let wanted = key(name);
    if wanted.is_empty() {
        return None;
    }
    let has = |matches: &dyn Fn(&Kpi) -> bool| defs.kpis.iter().find(|kpi| matches(kpi));
    has(&|kpi| key(&kpi.slug) == wanted)
        .or_else(|| has(&|kpi| kpi.also.iter().any(|also| key(also) == wanted)))
        .or_else(|| has(&|kpi| key(&kpi.label) == wanted))
}

/// Below this, a name is not suggested.
const NEAR_ENOUGH: f64 = 0.4;

/// The KPIs nearest to what was typed, best first, each once.
pub(super) fn nearest_kpis<'a>(typed: &str, defs: &'a Definitions, limit: usize) -> Vec<&'a Kpi> {
    nearest(typed, defs.kpis.iter().filter(|kpi| kpi.not_active.is_none()), |kpi| names_of(kpi).collect(), limit)
}

/// The things nearest to what was typed, best first. Of equals, the one that comes first.
pub(super) fn nearest<'n, T>(
    typed: &str,
    things: impl Iterator<Item = T>,
    names: impl Fn(&T) -> Vec<&'n str>,
    limit: usize,
) -> Vec<T> {
    let mut scored: Vec<(f64, T)> = things
        .map(|thing| (names(&thing).into_iter().map(|name| similarity(typed, name)).fold(0.0, f64::max), thing))
        .filter(|(score, _)| *score >= NEAR_ENOUGH)
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    scored.into_iter().take(limit).map(|(_, thing)| thing).collect()
}

/// How near what was typed is to a name, 0 to 1: as a whole, or part by part.
///
/// Words of three letters are the trade's own (MQL, SQL, ARR): one letter off is another word, not a slip.
pub(super) fn similarity(typed: &str, name: &str) -> f64 {
    let (typed_key, name_key) = (key(typed), key(name));
    if typed_key.is_empty() || name_key.is_empty() {
        return 0.0;
    }
    let (typed_parts, name_parts) = (parts(typed), parts(name));
    // Written as one word, it may be a slip of the whole; with parts, each is compared with its like.
    let is_one_word = typed_parts.len() < 2 || name_parts.len() < 2 || typed_key == name_key;
    let whole = if is_one_word { part_similarity(&typed_key, &name_key) } else { 0.0 };
    if typed_parts.is_empty() || name_parts.is_empty() {
        return whole;
    }
    let mut taken = vec![false; name_parts.len()];
    let mut sum = 0.0;
    for part in &typed_parts {
        let best = name_parts
            .iter()
            .enumerate()
            .filter(|(index, _)| !taken[*index])
            .map(|(index, name_part)| (part_similarity(part, name_part), index))
            .max_by(|one, other| one.0.total_cmp(&other.0));
        if let Some((score, index)) = best.filter(|(score, _)| *score > 0.0) {
            taken[index] = true;
            sum += score;
        }
    }
    let unmatched = taken.iter().filter(|taken| !**taken).count();
    whole.max(sum / typed_parts.len() as f64 - 0.05 * unmatched as f64)
}

/// The parts of a name, without the words that tell nothing apart.
fn parts(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .map(key)
        .filter(|part| !part.is_empty() && !matches!(part.as_str(), "to" | "of" | "a" | "the" | "and" | "with" | "for"))
        .take(12)
        .collect()
}

fn part_similarity(typed: &str, name: &str) -> f64 {
    if typed == name {
        return 1.0;
    }
    let singular = |word: &str| word.strip_suffix('s').map(str::to_owned).filter(|rest| rest.len() >= 2);
    if singular(name).as_deref() == Some(typed) || singular(typed).as_deref() == Some(name) {
        return 1.0;
    }
    let (short, long) =
        (typed.chars().count().min(name.chars().count()), typed.chars().count().max(name.chars().count()));
    if long > 60 {
        return 0.0;
    }
    let slips = strsim::damerau_levenshtein(typed, name);
    let allowed = match short {
        0..=2 => 0,
        3 => usize::from(same_letters(typed, name)),
        4..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    if slips <= allowed {
        return 1.0 - slips as f64 / long as f64;
    }
    if typed.chars().count() >= 3 && (name.starts_with(typed) || typed.starts_with(name)) {
        return 0.6 + 0.3 * short as f64 / long as f64;
    }
    if typed.chars().count() >= 4 && name.contains(typed) {
        return 0.5 + 0.3 * short as f64 / long as f64;
    }
    0.0
}

fn same_letters(one: &str, other: &str) -> bool {
    let sorted = |word: &str| {
        let mut letters: Vec<char> = word.chars().collect();
        letters.sort_unstable();
        letters
    };
    sorted(one) == sorted(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_hyphens_do_not_make_another_name() {
        assert_eq!(key("MQL Conversion"), key("mql_conversion"));
        assert_eq!(similarity("MQL conversion", "mql-conversion"), 1.0);
    }

    #[test]
    fn a_slip_is_near_and_another_trade_word_is_not() {
        assert!(similarity("mql-converson", "mql-conversion") > 0.9);
        assert!(similarity("mql-converson", "mqls") > similarity("mql-converson", "sql-conversion"));
        assert_eq!(similarity("mql", "sql"), 0.0);
        assert!(similarity("mlq", "mql") > NEAR_ENOUGH);
        assert!(similarity("corprate", "corporate-events") > 0.8);
        assert_eq!(similarity("weather", "mqls"), 0.0);
    }
}
