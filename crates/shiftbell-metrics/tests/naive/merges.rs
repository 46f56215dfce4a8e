//! Records that turned out to be one: what was told of one is the history of the other.

use std::collections::BTreeMap;

use shiftbell_metrics::fold::StoredEvent;
use shiftbell_metrics::id::EntityKey;

/// Who was merged, and into whom.
pub(crate) type Merges = BTreeMap<EntityKey, EntityKey>;

pub(crate) fn merges(events: &[&StoredEvent]) -> Merges {
    let merged = events.iter().filter(|stored| stored.event.kind == "merged");
    let into = |stored: &StoredEvent| {
        let who = stored.event.entity();
        let into = stored.event.properties.get("into").and_then(|into| into.as_text());
        let into = into.map(|id| EntityKey::new(who.kind, id.to_owned()))?;
        Some((who, into))
    };
    merged.filter_map(|stored| into(stored)).collect()
}

/// Who somebody is after all merges.
pub(crate) fn survivor(merges: &Merges, who: &EntityKey) -> EntityKey {
    let mut who = who;
    while let Some(into) = merges.get(who) {
        who = into;
    }
    who.clone()
}

/// An event as it is told of those who are left.
pub(crate) fn retold(merges: &Merges, stored: &StoredEvent) -> StoredEvent {
    let mut stored = stored.clone();
    for (kind, id) in &mut stored.event.names {
        *id = survivor(merges, &EntityKey::new(*kind, id.clone())).id;
    }
    stored
}

fn is_one_of_several(merges: &Merges, who: &EntityKey) -> bool {
    merges.values().any(|into| into == who)
}

/// What one source tells twice of one moment, under two ids, happened once; what changes a record may change it again.
pub(crate) fn told_once(events: &mut Vec<StoredEvent>, merges: &Merges) {
    let all = events.clone();
    let is_same = |one: &StoredEvent, other: &StoredEvent| {
        let (a, b) = (&one.event, &other.event);
        one.source == other.source
            && (a.entity(), &a.kind, a.at, &a.properties) == (b.entity(), &b.kind, b.at, &b.properties)
            && a.set.is_empty()
            && b.set.is_empty()
    };
    let mut place = 0;
    events.retain(|stored| {
        let again = all[..place].iter().any(|before| is_same(before, stored));
        place += 1;
        let is_note = ["merged", "unlinked", "deleted", "restored"].contains(&stored.event.kind.as_str());
        !again || is_note || !is_one_of_several(merges, &stored.event.entity())
    });
}

/// Events by source and id which tell once more that a record was made.
pub(crate) fn made_again(events: &[StoredEvent], merges: &Merges) -> Vec<(String, String)> {
    let made = |stored: &&StoredEvent| {
        stored.event.kind == "contact_created" && is_one_of_several(merges, &stored.event.entity())
    };
    let made: Vec<&StoredEvent> = events.iter().filter(made).collect();
    let is_again =
        |place: usize| made[..place].iter().any(|before| before.event.entity() == made[place].event.entity());
    let again = (0..made.len()).filter(|place| is_again(*place)).map(|place| made[place]);
    again.map(|stored| (stored.source.clone(), stored.event.id.clone())).collect()
}
