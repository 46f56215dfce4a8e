//! Names of KPIs while they are typed.

use super::name::{key, names_of, similarity};
use crate::definitions::{Definitions, Kpi};

/// KPIs whose slug, other name or label goes on from `prefix`, then those that contain it, then near ones: slug and label,
/// each KPI once, at most `limit`. An empty prefix gives the most important ones. What cannot be asked yet is left out.
pub fn autocomplete(prefix: &str, defs: &Definitions, limit: usize) -> Vec<(String, String)> {
    let prefix: String = prefix.chars().take(100).collect();
    let wanted = key(prefix.trim().trim_start_matches("/kpi"));
    let mut found: Vec<(u8, u8, &Kpi)> = defs
        .kpis
        .iter()
        .filter(|kpi| kpi.not_active.is_none())
        .filter_map(|kpi| Some((fit(&wanted, &prefix, kpi)?, importance(kpi), kpi)))
        .collect();
    found.sort_by_key(|(fit, importance, _)| (*fit, *importance));
    found.into_iter().take(limit).map(|(_, _, kpi)| (kpi.slug.clone(), kpi.label.clone())).collect()
}

fn fit(wanted: &str, typed: &str, kpi: &Kpi) -> Option<u8> {
    let keys: Vec<String> = names_of(kpi).map(key).collect();
    if keys.iter().any(|name| name == wanted) || wanted.is_empty() {
        Some(0)
    } else if keys.iter().any(|name| name.starts_with(wanted)) {
        Some(1)
    } else if keys.iter().any(|name| name.contains(wanted)) {
        Some(2)
    } else {
        names_of(kpi).any(|name| similarity(typed, name) > 0.6).then_some(3)
    }
}

fn importance(kpi: &Kpi) -> u8 {
    match kpi.level.as_deref() {
        Some("north-star") => 0,
        Some("primary") => 1,
        Some("secondary") => 2,
        Some(_) | None if kpi.is_written => 3,
        Some(_) | None => 4,
    }
}
