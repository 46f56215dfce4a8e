//! Judges what was found. Nobody is asked here: the same findings follow from the same facts.

mod chat;
mod clock;
mod meaning;
mod sources;
mod stored;

use super::look::{Database, Found, Stored};
use super::{Finding, Known};

/// Everything that needs somebody, may, or is good to know; what matters most first.
pub fn findings(found: &Found<'_>) -> Vec<Finding> {
    let mut all = stored::judge(found);
    all.extend(clock::judge(found));
    all.extend(chat::judge(found));
    all.extend(sources::judge(found));
    all.extend(meaning::judge(found));
    all.sort_by_key(|finding| finding.severity);
    all
}

/// How it stands, whether or not anything is wrong.
pub fn known(found: &Found<'_>) -> Vec<Known> {
    let mut all = meaning::known(found);
    all.extend(chat::known(found));
    all.extend(sources::known(found));
    all.extend(stored::known(found));
    all
}

/// What is kept, where the database could be read.
fn kept<'a>(found: &'a Found<'_>) -> Option<&'a Stored> {
    match &found.database {
        Database::Open(stored) => Some(stored),
        Database::Unreachable { .. } | Database::Other => None,
    }
}

fn know(what: impl Into<String>, words: impl Into<String>) -> Known {
    Known { what: what.into(), words: words.into() }
}

/// "1 message", "12 messages", "2 deliveries".
fn counted(n: u64, one: &str) -> String {
    let many = match one.strip_suffix("ry") {
        Some(stem) => format!("{stem}ries"),
        None => format!("{one}s"),
    };
    if n == 1 { format!("1 {one}") } else { format!("{} {many}", shiftbell_render::words::count(n)) }
}

/// With a capital and a full stop.
fn sentence(text: &str) -> String {
    format!("{}.", shiftbell_render::words::capital(text.trim_end_matches('.')))
}

/// A count of the database's.
fn n(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}

/// "3 minutes", "5 hours", "2 days": how long something is ago.
fn span(ms: i64) -> String {
    let minutes = n(ms / shiftbell_metrics::time::MS_PER_MINUTE);
    match minutes {
        0..=119 => counted(minutes, "minute"),
        120..=2_879 => counted(minutes / 60, "hour"),
        _ => counted(minutes / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests;
