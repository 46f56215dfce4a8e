//! What is new in an account since the definitions file was written, as lines that could be added to it. Lines that stand
//! there are never touched.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_sources::hubspot::portal::{End, Portal};

use super::suggest::{is_email, people};
use super::{folded, free_slug, list, quoted};

/// What an account held when the file was written or added to: names by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    pub pipelines: BTreeMap<String, String>,
    pub stages: BTreeMap<String, String>,
    pub forms: BTreeMap<String, String>,
    pub owners: BTreeMap<String, String>,
}

impl Held {
    pub fn of(portal: &Portal) -> Held {
        Held {
            pipelines: portal.pipelines.iter().map(|of| (of.id.clone(), of.label.clone())).collect(),
            stages: portal.stages().map(|(_, stage)| (stage.id.clone(), stage.label.clone())).collect(),
            forms: portal.forms.iter().map(|form| (form.id.clone(), form.name.clone())).collect(),
            owners: portal.owners.iter().map(|owner| (owner.id.clone(), owner.name.clone())).collect(),
        }
    }
}

/// A line that could be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The section below whose head it goes, such as `[teams.sales.people]`.
    pub section: String,
    pub line: String,
    pub why: String,
}

/// Everything that is new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    pub additions: Vec<Addition>,
    /// What only a person can decide, in sentences.
    pub by_hand: Vec<String>,
}

impl Changed {
    pub fn is_nothing(&self) -> bool {
        self.additions.is_empty() && self.by_hand.is_empty()
    }
}

/// What is new. `source` is the id of the source in the file, `before` what the account held then.
pub fn changed(text: &str, defs: &Definitions, source: &str, before: &Held, portal: &Portal) -> Changed {
    let map = defs.sources.iter().find(|known| known.id == source).map(|known| &known.map);
    let mut words: Vec<String> = map.into_iter().flat_map(|map| map.keys().cloned()).collect();
    let mut changed = Changed::default();
    let section = format!("[sources.{source}.map]");
    let mut name = |changed: &mut Changed, field: &str, label: &str, why: String| {
        let taken: Vec<String> =
            words.iter().filter_map(|word| word.strip_prefix(&format!("{field}.")).map(str::to_owned)).collect();
        let slug = free_slug(label, "other", &taken);
        words.push(format!("{field}.{slug}"));
        changed.add(text, &section, format!("{field}.{slug} = {}", list([label])), why);
    };
    for pipeline in portal.pipelines.iter().filter(|of| !before.pipelines.contains_key(&of.id)) {
        let why = format!("the pipeline \"{}\" is new", pipeline.label);
        name(&mut changed, "deal.pipeline", &pipeline.label, why);
    }
    for (pipeline, stage) in portal.stages().filter(|(_, stage)| !before.stages.contains_key(&stage.id)) {
        let is_known = map.is_some_and(|map| {
            let of_stages = map.iter().filter(|(key, _)| key.starts_with("deal.stage."));
            of_stages.flat_map(|(_, theirs)| theirs).any(|word| folded(word) == folded(&stage.label))
        });
        let what = format!("the stage \"{}\" of \"{}\" is new", stage.label, pipeline.label);
        match stage.end {
            _ if is_known => {}
            Some(end) => {
                let ours = if end == End::Won { "won" } else { "lost" };
                changed.by_hand.push(format!(
                    "{what}, and ends deals as {ours}: add {} to deal.stage.{ours}",
                    quoted(&stage.label)
                ));
            }
            None => name(&mut changed, "deal.stage", &stage.label, what),
        }
    }
    for form in portal.forms.iter().filter(|form| !before.forms.contains_key(&form.id)) {
        let why = format!("the form \"{}\" is new; a fact can name it now", form.name);
        name(&mut changed, "form.form", &form.name, why);
    }
    new_people(text, defs, before, portal, &mut changed);
    gone(before, portal, &mut changed);
    changed
}

fn new_people(text: &str, defs: &Definitions, before: &Held, portal: &Portal, changed: &mut Changed) {
    let mut new = portal.clone();
    new.owners.retain(|owner| {
        let is_known = owner.email.as_deref().is_none_or(|email| defs.person(email).is_some());
        owner.is_active && !is_known && !before.owners.contains_key(&owner.id)
    });
    let team = defs.people.last().map(|person| (person.team.clone(), person.place.clone()));
    for owner in &new.owners {
        let Some(email) = owner.email.as_deref().filter(|email| is_email(email)) else { continue };
        let role = people(&new, email).first().map_or("ae", |person| person.role);
        let why = format!("{} is a new owner", owner.name);
        match &team {
            Some((team, place)) => {
                let line = format!("{} = {{ role = \"{role}\", place = \"{place}\" }}", quoted(email));
                changed.add(text, &format!("[teams.{team}.people]"), line, why);
            }
            None => changed.by_hand.push(format!("{why}: add a line for {email} to a team")),
        }
    }
}

fn gone(before: &Held, portal: &Portal, changed: &mut Changed) {
    let now = Held::of(portal);
    for (what, then, now) in [
        ("pipeline", &before.pipelines, &now.pipelines),
        ("stage", &before.stages, &now.stages),
        ("form", &before.forms, &now.forms),
    ] {
        for (id, name) in then {
            match now.get(id) {
                None => changed.by_hand.push(format!("the {what} \"{name}\" is gone")),
                Some(called) if called != name => {
                    changed.by_hand.push(format!(
                        "the {what} \"{name}\" is called \"{called}\" now: put its new name beside the old"
                    ));
                }
                Some(_) => {}
            }
        }
    }
}

impl Changed {
    /// A line, or where the file has no such section, what somebody would do by hand.
    fn add(&mut self, text: &str, section: &str, line: String, why: String) {
        if head_of(text, section).is_some() {
            self.additions.push(Addition { section: section.to_owned(), line, why });
        } else {
            self.by_hand.push(format!("{why}: add below {section}: {line}"));
        }
    }
}

/// The number of the line with this head, from 0.
fn head_of(text: &str, section: &str) -> Option<usize> {
    text.lines().position(|line| line.split('#').next().unwrap_or_default().trim() == section)
}

/// The file with the lines added, each right below the head of its section.
pub fn with_additions(text: &str, additions: &[Addition]) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for addition in additions.iter().rev() {
        if let Some(at) = head_of(&lines.join("\n"), &addition.section) {
            lines.insert(at + 1, &addition.line);
        }
    }
    lines.join("\n") + "\n"
}
