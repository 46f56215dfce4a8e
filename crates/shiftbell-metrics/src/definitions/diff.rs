//! What two definitions files mean differently: which numbers change and why, and what changed without changing any.
//!
//! What is compared is what a version is made of, so that two files with the same versions differ in nothing that counts.

mod beside;
mod ground;
mod kpis;
#[cfg(test)]
mod tests;

use std::fmt;

use super::model::Definitions;

/// Everything that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diff {
    /// Meanings of the whole, before and after.
    pub old: String,
    pub new: String,
    /// What numbers rest on and the KPIs: the ground first.
    pub changes: Vec<Changed>,
    /// KPIs whose answers change, by slug: those that are written, then those that exist by themselves.
    pub answers: Vec<String>,
    /// What is worded differently and means the same.
    pub reworded: Vec<String>,
    /// What changed beside the numbers: goals, people, digests, rules ... by name.
    pub beside: Vec<String>,
}

/// Something that means something else now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// `KPI`, `fact`, `stage`, `motion`, `dimension`, `policy`, `workspace`.
    pub what: &'static str,
    pub name: String,
    /// In one line; `None` if it was not there.
    pub old: Option<String>,
    /// In one line; `None` if it is not there any more.
    pub new: Option<String>,
    /// What changed of what a KPI rests on.
    pub because: Vec<String>,
}

impl Diff {
    /// Whether what is kept must be worked out anew from the events.
    pub fn needs_refold(&self) -> bool {
        self.old != self.new
    }
}

impl fmt::Display for Changed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, name) = (self.what, &self.name);
        match (&self.old, &self.new) {
            (None, Some(new)) => write!(f, "{what} {name} added: {new}")?,
            (Some(old), None) => write!(f, "{what} {name} removed: {old}")?,
            (Some(old), Some(new)) => write!(f, "{what} {name} changed\n    was: {old}\n    is:  {new}")?,
            (None, None) => write!(f, "{what} {name}")?,
        }
        if !self.because.is_empty() {
            write!(f, "\n    because of {}", self.because.join(", "))?;
        }
        Ok(())
    }
}

/// Compares what two files mean.
pub fn diff(old: &Definitions, new: &Definitions) -> Diff {
    let mut diff = Diff {
        old: old.meaning.clone(),
        new: new.meaning.clone(),
        changes: Vec::new(),
        answers: Vec::new(),
        reworded: Vec::new(),
        beside: beside::changed(old, new),
    };
    ground::compare(old, new, &mut diff);
    kpis::compare(old, new, &mut diff);
    diff
}

/// Compares things by their names: what each means, and how it is said.
fn by_name<'a, T: 'a>(
    diff: &mut Diff,
    what: &'static str,
    old: impl Fn(&str) -> Option<&'a T>,
    new: impl Fn(&str) -> Option<&'a T>,
    names: Vec<&str>,
    means: &impl Fn(&T) -> String,
    say: &impl Fn(&T) -> String,
) {
    for name in names {
        let (before, after) = (old(name), new(name));
        let is_same = before.map(means) == after.map(means);
        if !is_same {
            let (before, after) = (before.map(say), after.map(say));
            diff.changes.push(Changed { what, name: name.to_owned(), old: before, new: after, because: Vec::new() });
        }
    }
}

/// Names of both, in the order of the new file, then those that are gone.
fn names<'a>(new: impl Iterator<Item = &'a str>, old: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = new.collect();
    for name in old {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
