//! The events of a journey in their order, and what is said of several of them together: merges, and whose an activity is.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::StoredEvent;
use crate::event::kinds;
use crate::id::{EntityId, EntityKind};
use crate::links::{Pointers, account_of, links};
use crate::time::{Instant, MS_PER_MINUTE};
use crate::value::Value;

/// The events by time; what changes state comes before what was done at the same instant. Repeats are dropped.
pub(super) fn in_order(events: &[StoredEvent]) -> Vec<&StoredEvent> {
    let class = |kind: &str| match kind {
        kinds::UNLINKED | kinds::MERGED | kinds::DELETED | kinds::RESTORED => 0_u8,
        kind if EntityKind::from_word(kind).is_some() => 1,
        _ => 2,
    };
    let mut keyed: Vec<_> = events
        .iter()
        .map(|stored| {
            let event = &stored.event;
            ((event.at, class(&event.kind), stored.source.as_str(), event.id.as_str(), event.entity_id()), stored)
        })
        .collect();
    keyed.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let mut seen = HashSet::with_capacity(keyed.len());
    keyed.retain(|((_, _, source, id, entity), _)| seen.insert((*entity, *source, *id)));
    keyed.into_iter().map(|(_, stored)| stored).collect()
}

/// Whom each activity names: what was said last, since nobody tells since when that is so.
pub(super) fn belongings<'a>(events: &[&'a StoredEvent]) -> HashMap<&'a str, &'a BTreeMap<EntityKind, String>> {
    let mut belongs = HashMap::new();
    for stored in events.iter().filter(|stored| stored.event.names.len() > 1) {
        if let Some(activity) = stored.event.names.get(&EntityKind::Activity) {
            belongs.insert(activity.as_str(), &stored.event.names);
        }
    }
    belongs
}

/// How far apart one form of one person is told by several ways: by what was filled in, and by what changed because of it.
const FORM_MS: i64 = 2 * MS_PER_MINUTE;

/// Drops the second telling of a form.
pub(super) fn fill_in_once(events: &mut Vec<&StoredEvent>, merges: &BTreeMap<EntityId, Pointers>) {
    let mut filled: HashMap<(EntityId, &str), Instant> = HashMap::new();
    events.retain(|stored| {
        let event = &stored.event;
        let Some(form) = event.properties.get("form").and_then(Value::as_text).filter(|_| event.kind == "form") else {
            return true;
        };
        let person = account_of(event.entity_id(), |entity| merges.get(&entity).copied());
        let before = filled.get(&(person, form)).copied();
        let is_new = before.is_none_or(|before| event.at.since(before) > FORM_MS);
        if is_new {
            filled.insert((person, form), event.at);
        }
        is_new || !event.set.is_empty()
    });
}

/// Which entities were merged into which.
pub(super) fn merges_of(events: &[&StoredEvent]) -> BTreeMap<EntityId, Pointers> {
    let mut merges: BTreeMap<EntityId, Pointers> = BTreeMap::new();
    for stored in events.iter().filter(|stored| stored.event.kind == kinds::MERGED) {
        for link in links(&stored.event) {
            merges.entry(link.child.number()).or_default().take(&link);
        }
    }
    merges
}

/// Drops what was told of one record under several ids: whoever was merged was told of before, and the record that stays has
/// the history of both.
pub(super) fn tell_once(events: &mut Vec<&StoredEvent>, merges: &BTreeMap<EntityId, Pointers>) {
    if merges.is_empty() {
        return;
    }
    let canonical = |entity: EntityId| account_of(entity, |entity| merges.get(&entity).copied());
    let merged: HashSet<EntityId> = merges.keys().flat_map(|alias| [*alias, canonical(*alias)]).collect();
    let mut told = HashSet::new();
    events.retain(|stored| {
        let event = &stored.event;
        let entity = event.entity_id();
        let is_special =
            [kinds::UNLINKED, kinds::MERGED, kinds::DELETED, kinds::RESTORED].contains(&event.kind.as_str());
        if !merged.contains(&entity) || is_special {
            return true;
        }
        let entity = canonical(entity);
        let says = format!("{:?}", event.properties);
        !event.set.is_empty() || told.insert((entity, &stored.source, &event.kind, event.at, says))
    });
}

/// Which of the events tell once more that a record was made, of a record that was made twice and merged: only the first counts.
/// What they say of it beside stays known.
pub(super) fn made_again(events: &[&StoredEvent], merges: &BTreeMap<EntityId, Pointers>) -> Vec<bool> {
    let canonical = |entity: EntityId| account_of(entity, |entity| merges.get(&entity).copied());
    let merged: HashSet<EntityId> = merges.keys().flat_map(|alias| [*alias, canonical(*alias)]).collect();
    let mut made = HashSet::new();
    let again = events.iter().map(|stored| {
        let event = &stored.event;
        let is_made = event.kind == "contact_created"
            || event.properties.get("change").and_then(Value::as_text) == Some("created");
        let is_one = is_made && merged.contains(&event.entity_id());
        is_one && !made.insert((canonical(event.entity_id()), &event.kind))
    });
    again.collect()
}
