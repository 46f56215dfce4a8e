//! What happened in an account, fact by fact: for counting that follows other chains than the stages.

use std::collections::BTreeSet;

use super::StoredEvent;
use super::journey::Journey;
use super::plan::Plan;
use super::walk::{View, walk};
use crate::event::Properties;
use crate::expression::Scope;
use crate::id::{EntityId, EntityKind};
use crate::time::Instant;
use crate::value::Value;

/// One event of an account that counts, with the facts that it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// Unique within the account.
    pub id: String,
    pub at: Instant,
    /// Id of the motion that the account was in.
    pub motion: Option<String>,
    /// Names of facts.
    pub facts: BTreeSet<String>,
    pub visitor: Option<EntityId>,
    pub contact: Option<EntityId>,
    pub deal: Option<EntityId>,
    /// Those that were asked for: of the event itself, or dimensions as they were then.
    pub properties: Properties,
}

impl Plan {
    /// Every event of an account that counts, in order, with the facts that it is: of those that something counts in these
    /// definitions. Test records, deleted ones and repeats are left out, as everywhere.
    pub fn happened(&self, account: EntityId, events: &[StoredEvent], properties: &[&str]) -> Vec<Happened> {
        if events.is_empty() {
            return Vec::new();
        }
        let journey = Journey::new(self, account, events);
        let walk = walk(&journey);
        let counted = (0..journey.events.len()).filter(|index| journey.counts[*index]);
        let mut all: Vec<(usize, Happened)> = counted
            .map(|index| {
                let view = View::of(&journey, index);
                let stored = journey.events[index];
                let entity = |kind: EntityKind| view.named[kind as usize].map(|place| journey.entities[place].id);
                let happened = Happened {
                    id: format!("{}/{}/{}", stored.event.entity_id().0, stored.source, stored.event.id),
                    at: stored.event.at,
                    motion: None,
                    facts: BTreeSet::new(),
                    visitor: entity(EntityKind::Visitor),
                    contact: entity(EntityKind::Contact),
                    deal: entity(EntityKind::Deal),
                    properties: properties
                        .iter()
                        .filter_map(|name| Some(((*name).to_owned(), self.property(&view, name)?)))
                        .collect(),
                };
                (index, happened)
            })
            .collect();
        for seen in &walk.occurrences {
            if let Ok(place) = all.binary_search_by_key(&(seen.step as usize), |(index, _)| *index) {
                let happened = &mut all[place].1;
                happened.facts.insert(self.facts[seen.fact].fact.name.clone());
                happened.motion = seen.motion.map(|motion| self.motions[motion].id.to_string());
            }
        }
        all.into_iter().map(|(_, happened)| happened).collect()
    }

    fn property(&self, view: &View<'_, '_>, name: &str) -> Option<Value> {
        match self.dims.iter().find(|dim| &*dim.name == name) {
            Some(dim) => {
                let known = dim.from.iter().find_map(|field| dim.value(view.field(field)?.as_ref()));
                known.map(|value| Value::text(&*value))
            }
            None => view.event.properties.get(name).cloned(),
        }
    }
}
