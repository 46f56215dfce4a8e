//! One value, or one for each motion, in a single cell: a line `b2b: ...` for each.

use super::super::model::{Motion, PerMotion};
use super::cells::{after, folded};

/// Marks a value for all motions that would otherwise be read as one for each.
const ALL: &str = "all:";

/// Reads a cell. Lines that do not begin with a motion belong to the one before.
pub(super) fn read(text: &str, motions: &[Motion]) -> PerMotion<String> {
    let text = text.trim();
    if text.is_empty() {
        return PerMotion::default();
    }
    if let Some(rest) = after(text, &[ALL]) {
        return PerMotion::every(rest.to_owned());
    }
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match (motion_of(line, motions), parts.last_mut()) {
            (Some((motion, rest)), _) => parts.push((motion, rest.to_owned())),
            (None, Some((_, before))) => {
                before.push('\n');
                before.push_str(line.trim());
            }
            (None, None) => return PerMotion::every(text.to_owned()),
        }
    }
    PerMotion { every: None, by_motion: parts.into_iter().collect() }
}

/// `b2b: what it means there`
fn motion_of<'l>(line: &'l str, motions: &[Motion]) -> Option<(String, &'l str)> {
    let (name, rest) = line.split_once(':')?;
    let motion = named(name, motions)?;
    Some((motion.id.clone(), rest.trim()))
}

/// The motion that goes by this name, whatever its spelling.
pub(super) fn named<'m>(name: &str, motions: &'m [Motion]) -> Option<&'m Motion> {
    let name = folded(name);
    motions.iter().find(|motion| !name.is_empty() && folded(&motion.id) == name).or_else(|| {
        let begins = |motion: &&Motion| {
            let label = motion.label.split(':').next().unwrap_or_default();
            folded(&motion.label) == name || folded(label) == name
        };
        motions.iter().find(begins)
    })
}

/// Writes what [`read`] reads.
pub(super) fn write<T>(values: &PerMotion<T>, motions: &[Motion], say: impl Fn(&T) -> String) -> String {
    if values.by_motion.is_empty() {
        let text = values.every.as_ref().map(say).unwrap_or_default();
        let again = read(&text, motions);
        let is_plain = text.is_empty() || again.every.as_deref() == Some(text.trim());
        return if is_plain { text } else { format!("{ALL} {text}") };
    }
    let lines = values.by_motion.iter().map(|(motion, value)| format!("{motion}: {}", say(value)));
    lines.collect::<Vec<_>>().join("\n")
}
