//! Why a fact was never seen: what came instead of what it asks for.

use std::collections::BTreeMap;

use crate::definitions::{Fact, FieldName, nearest};
use crate::event::Event;
use crate::expression::Expression;
use crate::id::EntityKind;
use crate::value::Value;

/// Different values that are remembered of one field.
const VALUES_MAX: usize = 100;
/// Most values that are told.
const TOLD_MAX: usize = 3;
/// Longest value that is told, in characters.
const CHARS_MAX: usize = 40;

/// The probable reason why a fact was never seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing of its kind came; this kind that did come has nearly the same name.
    NoSuchEvent { near: Option<String> },
    /// So many events of its kind came, and none said anything of this field.
    NeverSaid { events: u64, field: String },
    /// So many events of its kind came, and of those that said something of the field none said what is asked for.
    SaysOther { events: u64, field: String, wanted: Vec<String>, found: Vec<(String, u64)>, near: Option<String> },
    /// So many events of its kind came, each condition was met by some, but never all together.
    NeverTogether { events: u64 },
}

/// What came of the kinds of event in which facts were looked for in vain.
#[derive(Debug)]
pub struct Heard<'d> {
    facts: Vec<Looked<'d>>,
    kinds: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Looked<'d> {
    fact: &'d Fact,
    events: u64,
    /// How often each value of each of its fields was said.
    said: BTreeMap<String, BTreeMap<String, u64>>,
}

impl<'d> Heard<'d> {
    /// Looks for the reasons of these facts.
    pub fn new(facts: impl IntoIterator<Item = &'d Fact>) -> Heard<'d> {
        let looked = |fact| Looked { fact, events: 0, said: BTreeMap::new() };
        Heard { facts: facts.into_iter().map(looked).collect(), kinds: BTreeMap::new() }
    }

    /// Takes an event into account.
    pub fn event(&mut self, event: &Event) {
        count(&mut self.kinds, &event.kind);
        for looked in &mut self.facts {
            if looked.fact.events.is_empty() || looked.fact.events.contains(&event.kind) {
                looked.take(event);
            }
        }
    }

    /// Why this fact was never seen; `None` if it was not looked for.
    pub fn why(&self, name: &str) -> Option<Why> {
        let looked = self.facts.iter().find(|looked| looked.fact.name == name)?;
        let fact = looked.fact;
        if looked.events == 0 {
            let mut near = fact.events.iter().filter_map(|kind| nearest(kind, self.kinds.keys().cloned()));
            return Some(Why::NoSuchEvent { near: near.next() });
        }
        let properties = fact.properties.iter().map(|(key, wanted)| (key.clone(), wanted));
        let state = fact.state.iter().map(|(field, wanted)| (field.to_string(), wanted));
        for (field, wanted) in properties.chain(state) {
            let wanted: Vec<String> = wanted.iter().map(shown).collect();
            let none = BTreeMap::new();
            let said = looked.said.get(&field).unwrap_or(&none);
            if said.is_empty() {
                return Some(Why::NeverSaid { events: looked.events, field });
            }
            if wanted.iter().any(|wanted| said.contains_key(wanted)) {
                continue;
            }
            let near = wanted.iter().find_map(|wanted| nearest(wanted, said.keys().cloned()));
            let mut found: Vec<(String, u64)> = said.iter().map(|(value, n)| (value.clone(), *n)).collect();
            found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            found.truncate(TOLD_MAX);
            return Some(Why::SaysOther { events: looked.events, field, wanted, found, near });
        }
        let unsaid = looked.fields_of_when().find(|field| !looked.said.contains_key(field));
        Some(match unsaid {
            Some(field) => Why::NeverSaid { events: looked.events, field },
            None => Why::NeverTogether { events: looked.events },
        })
    }
}

impl Looked<'_> {
    fn take(&mut self, event: &Event) {
        self.events += 1;
        for (key, _) in &self.fact.properties {
            note(&mut self.said, key.clone(), event.properties.get(key));
        }
        for (field, _) in &self.fact.state {
            note(&mut self.said, field.to_string(), value_of(event, field));
        }
        for field in self.fact.when.iter().flat_map(Expression::fields) {
            note(&mut self.said, field.to_string(), value_of(event, field));
        }
    }

    fn fields_of_when(&self) -> impl Iterator<Item = String> {
        self.fact.when.iter().flat_map(Expression::fields).map(FieldName::to_string)
    }
}

fn value_of<'e>(event: &'e Event, field: &FieldName) -> Option<&'e Value> {
    match EntityKind::from_word(&field.of) {
        Some(kind) => event.set.get(&kind)?.get(&field.name),
        None => event.properties.get(&field.name),
    }
}

fn note(said: &mut BTreeMap<String, BTreeMap<String, u64>>, field: String, value: Option<&Value>) {
    let Some(value) = value.filter(|value| !value.is_null()) else { return };
    count(said.entry(field).or_default(), &shown(value));
}

/// Counts a word that comes from outside, so only so many different ones.
fn count(words: &mut BTreeMap<String, u64>, word: &str) {
    if let Some(n) = words.get_mut(word) {
        *n += 1;
    } else if words.len() < VALUES_MAX {
        words.insert(word.to_owned(), 1);
    }
}

/// A value as it is told: from outside, so without what would move a cursor, and cut.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Text(text) => text.clone(),
        other => other.to_json().to_string(),
    };
    text.chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(name: &str, kind: &str, properties: &[(&str, &str)]) -> Fact {
        let properties = properties.iter().map(|(key, value)| ((*key).to_owned(), vec![Value::text(*value)])).collect();
        Fact {
            name: name.to_owned(),
            events: vec![kind.to_owned()],
            properties,
            state: Vec::new(),
            when: None,
            by: Vec::new(),
            nth: None,
            stage: None,
            mrr: None,
        }
    }

    fn event(kind: &str, key: &str, value: &str) -> Event {
        let text =
            serde_json::json!({ "id": "e", "type": kind, "at": "2026-08-01T09:30:00Z", "contact": "c", key: value });
        Event::from_json(&text.to_string()).unwrap()
    }

    #[test]
    fn another_spelling_is_named_and_others_are_counted() {
        let facts = [fact("asked", "form", &[("form", "meeting-request")])];
        let mut heard = Heard::new(&facts);
        assert_eq!(heard.why("asked"), Some(Why::NoSuchEvent { near: None }));
        (0..12).for_each(|_| heard.event(&event("form", "form", "Contact us")));
        heard.event(&event("form", "form", "meeting-requests"));
        let Some(Why::SaysOther { events, field, found, near, .. }) = heard.why("asked") else { panic!("{heard:?}") };
        assert_eq!((events, field.as_str(), near.as_deref()), (13, "form", Some("meeting-requests")));
        assert_eq!(found[0], ("Contact us".to_owned(), 12));
    }

    #[test]
    fn a_kind_of_another_spelling_a_field_that_is_never_said_and_conditions_that_never_meet_are_told_apart() {
        let facts =
            [fact("called", "call", &[("outcome", "accepted"), ("direction", "out")]), fact("paid", "chekout", &[])];
        let mut heard = Heard::new(&facts);
        heard.event(&event("checkout", "step", "1"));
        assert_eq!(heard.why("paid"), Some(Why::NoSuchEvent { near: Some("checkout".to_owned()) }));
        heard.event(&event("call", "outcome", "accepted"));
        assert_eq!(heard.why("called"), Some(Why::NeverSaid { events: 1, field: "direction".to_owned() }));
        heard.event(&event("call", "direction", "out"));
        assert_eq!(heard.why("called"), Some(Why::NeverTogether { events: 2 }));
        assert_eq!(heard.why("other"), None);
    }

    #[test]
    fn what_came_from_outside_moves_no_cursor_and_fills_no_memory() {
        let facts = [fact("asked", "form", &[("form", "demo")])];
        let mut heard = Heard::new(&facts);
        for n in 0..10_000 {
            heard.event(&event("form", "form", &format!("\u{1b}[2J{n}{}", "x".repeat(500))));
        }
        let Some(Why::SaysOther { found, .. }) = heard.why("asked") else { panic!() };
        assert!(found.iter().all(|(value, _)| value.chars().count() <= CHARS_MAX && !value.contains('\u{1b}')));
        assert_eq!(heard.facts[0].said["form"].len(), VALUES_MAX);
    }
}
