//! An event names entities, and so links them. The latest link of each kind says to whose journey an entity belongs.
//!
//! A link is never followed backwards: one consultant who wrote to 50 companies does not make them one company, and two
//! people with the same e-mail domain have nothing to do with each other.

use serde::{Deserialize, Serialize};

use crate::event::{Event, kinds};
use crate::id::{EntityId, EntityKey, EntityKind};
use crate::time::{Instant, MS_PER_SECOND};
use crate::value::Value;

/// To what an entity is linked. `None`: no longer to anything of this kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Company(Option<EntityKey>),
    /// A contact; of an activity, whoever it belongs to.
    Contact(Option<EntityKey>),
    /// It is the same as this one and is counted there, for ever.
    Same(EntityKey),
}

/// A [`Target`] by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetId {
    Company(Option<EntityId>),
    Contact(Option<EntityId>),
    Same(EntityId),
}

impl Target {
    pub fn number(&self) -> TargetId {
        match self {
            Target::Company(to) => TargetId::Company(to.as_ref().map(EntityKey::number)),
            Target::Contact(to) => TargetId::Contact(to.as_ref().map(EntityKey::number)),
            Target::Same(to) => TargetId::Same(to.number()),
        }
    }
}

/// One link that an event makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub child: EntityKey,
    pub to: Target,
    pub at: Instant,
}

/// The links that an event makes: contact to company; deal and subscription to company and contact; visitor to contact; an
/// activity to the most specific that it names. An activity does not link those whom it names to each other.
pub fn links(event: &Event) -> Vec<Link> {
    if event.kind == kinds::MERGED {
        return merge_of(event).into_iter().collect();
    }
    let gone = event.kind == kinds::UNLINKED;
    if let Some(activity) = event.names.get(&EntityKind::Activity) {
        let Some((kind, id)) = event.names.iter().nth(1) else { return Vec::new() };
        let to = Target::Contact((!gone).then(|| EntityKey::new(*kind, id.clone())));
        return vec![Link { child: EntityKey::new(EntityKind::Activity, activity.clone()), to, at: event.at }];
    }
    let mut found = Vec::new();
    for (kind, id) in &event.names {
        let (to_company, to_contact) = match kind {
            EntityKind::Subscription | EntityKind::Deal => (true, true),
            EntityKind::Contact => (true, false),
            EntityKind::Visitor => (false, true),
            EntityKind::Activity | EntityKind::Company => (false, false),
        };
        let mut link = |wanted: EntityKind, target: fn(Option<EntityKey>) -> Target| {
            if let Some(other) = event.names.get(&wanted) {
                let to = target((!gone).then(|| EntityKey::new(wanted, other.clone())));
                found.push(Link { child: EntityKey::new(*kind, id.clone()), to, at: event.at });
            }
        };
        if to_company {
            link(EntityKind::Company, Target::Company);
        }
        if to_contact {
            link(EntityKind::Contact, Target::Contact);
        }
    }
    found
}

/// The link of a `merged` event: its entity is the same as `into`, an id of its own kind.
fn merge_of(event: &Event) -> Option<Link> {
    let child = event.entity();
    let into = match event.properties.get("into")? {
        Value::Text(id) => id.clone(),
        Value::Number(id) => id.normalize().to_string(),
        Value::Null | Value::Bool(_) | Value::Money(_) | Value::Json(_) => return None,
    };
    if into.is_empty() || into == child.id {
        return None;
    }
    let to = Target::Same(EntityKey::new(child.kind, into));
    Some(Link { child, to, at: event.at })
}

/// How much later than a new link the end of the old one may be said, and still not undo the new one: who moves to
/// another company is told as two changes, in either order and not in the same instant.
pub const MOVE_MS: i64 = 10 * MS_PER_SECOND;

/// One pointer: to whom, and since when that is known. `(None, at)`: unlinked at that time, less [`MOVE_MS`].
pub type Pointer = Option<(Option<EntityId>, Instant)>;

/// Where an entity points. The latest link of each kind counts, whatever the order in which they arrived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointers {
    pub company: Pointer,
    pub contact: Pointer,
    pub same: Pointer,
}

impl Pointers {
    /// Takes a link of this entity into account. Returns whether a pointer changed.
    pub fn take(&mut self, link: &Link) -> bool {
        self.point(link.to.number(), link.at)
    }

    /// As [`Pointers::take`], by numbers.
    pub fn point(&mut self, to: TargetId, at: Instant) -> bool {
        let (pointer, to) = match to {
            TargetId::Company(to) => (&mut self.company, to),
            TargetId::Contact(to) => (&mut self.contact, to),
            TargetId::Same(to) => (&mut self.same, Some(to)),
        };
        let new = (to, if to.is_some() { at } else { at.plus_ms(-MOVE_MS) });
        let later = pointer.is_none_or(|(old_to, old_at)| (new.1, new.0) > (old_at, old_to));
        if later {
            *pointer = Some(new);
        }
        later
    }

    /// Where to look next: the entity it was merged into, else its company, else its contact.
    pub fn next(&self) -> Option<EntityId> {
        [self.same, self.company, self.contact].into_iter().find_map(|pointer| pointer.and_then(|(to, _)| to))
    }
}

/// How many pointers are followed. Merges of merges are rare, and a deal is two steps from its company.
pub const DEPTH_MAX: usize = 8;

/// The account of an entity: whose journey its events belong to.
///
/// Follows [`Pointers::next`] until there is none. Pointers in a circle (each merged into the other) end at the smallest
/// number of the circle, from wherever one begins.
/// ```
/// use shiftbell_metrics::id::EntityId;
/// use shiftbell_metrics::links::account_of;
/// assert_eq!(account_of(EntityId(7), |_| None), EntityId(7));
/// ```
pub fn account_of(entity: EntityId, pointers: impl Fn(EntityId) -> Option<Pointers>) -> EntityId {
    let mut path = vec![entity];
    for _ in 0..DEPTH_MAX {
        let here = path[path.len() - 1];
        let Some(next) = pointers(here).and_then(|found| found.next()) else {
            return here;
        };
        if let Some(start) = path.iter().position(|seen| *seen == next) {
            return path[start..].iter().copied().min().unwrap_or(here);
        }
        path.push(next);
    }
    path[path.len() - 1]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn event(json: &str) -> Event {
        Event::from_json(json).unwrap()
    }

    fn pointers(events: &[Event]) -> BTreeMap<EntityId, Pointers> {
        let mut all: BTreeMap<EntityId, Pointers> = BTreeMap::new();
        for link in events.iter().flat_map(links) {
            all.entry(link.child.number()).or_default().take(&link);
        }
        all
    }

    fn account(events: &[Event], kind: EntityKind, id: &str) -> EntityId {
        let all = pointers(events);
        account_of(EntityId::of(kind, id), |entity| all.get(&entity).copied())
    }

    #[test]
    fn a_deal_of_a_contact_of_a_company_belongs_to_the_company() {
        let events = [
            event(r#"{"id":"1","type":"form","at":"2026-01-01T00:00:00Z","contact":"c","company":"acme"}"#),
            event(r#"{"id":"2","type":"deal","at":"2026-01-02T00:00:00Z","deal":"d","contact":"c"}"#),
            event(r#"{"id":"3","type":"visit","at":"2026-01-01T00:00:00Z","visitor":"v","contact":"c"}"#),
        ];
        let acme = EntityId::of(EntityKind::Company, "acme");
        assert_eq!(account(&events, EntityKind::Deal, "d"), acme);
        assert_eq!(account(&events, EntityKind::Visitor, "v"), acme);
        assert_eq!(account(&events, EntityKind::Contact, "other"), EntityId::of(EntityKind::Contact, "other"));
    }

    #[test]
    fn the_latest_link_counts_whatever_the_order_of_arrival() {
        let mut events = [
            event(r#"{"id":"1","type":"form","at":"2026-01-01T00:00:00Z","contact":"c","company":"acme"}"#),
            event(r#"{"id":"2","type":"form","at":"2026-01-03T00:00:00Z","contact":"c","company":"bolt"}"#),
            event(r#"{"id":"3","type":"unlinked","at":"2026-01-02T00:00:00Z","contact":"c","company":"acme"}"#),
        ];
        let bolt = EntityId::of(EntityKind::Company, "bolt");
        assert_eq!(account(&events, EntityKind::Contact, "c"), bolt);
        events.reverse();
        assert_eq!(account(&events, EntityKind::Contact, "c"), bolt);
        assert_eq!(account(&events[..1], EntityKind::Contact, "c"), EntityId::of(EntityKind::Contact, "c"));
    }

    #[test]
    fn who_moves_to_another_company_stays_there_when_the_old_link_ends_a_moment_later() {
        let mut events = [
            event(r#"{"id":"1","type":"linked","at":"2026-01-01T00:00:00Z","contact":"c","company":"acme"}"#),
            event(r#"{"id":"2","type":"linked","at":"2026-02-01T00:00:00Z","contact":"c","company":"bolt"}"#),
            event(r#"{"id":"3","type":"unlinked","at":"2026-02-01T00:00:02Z","contact":"c","company":"acme"}"#),
        ];
        for _ in 0..3 {
            events.rotate_left(1);
            assert_eq!(account(&events, EntityKind::Contact, "c"), EntityId::of(EntityKind::Company, "bolt"));
        }
    }

    #[test]
    fn an_activity_belongs_to_the_most_specific_it_was_said_last_to_be_of_and_links_nobody_else() {
        let mut events = [
            event(
                r#"{"id":"1","type":"call","at":"2026-01-01T00:00:00Z","activity":"call/1","contact":"c","deal":"d"}"#,
            ),
            event(r#"{"id":"2","type":"linked","at":"2026-01-02T00:00:00Z","contact":"c","company":"acme"}"#),
            event(r#"{"id":"3","type":"linked","at":"2026-01-02T00:00:00Z","deal":"d","company":"bolt"}"#),
        ];
        let of = |company| EntityId::of(EntityKind::Company, company);
        assert_eq!(account(&events, EntityKind::Activity, "call/1"), of("bolt"));
        assert_eq!(account(&events, EntityKind::Contact, "c"), of("acme"));
        events[0] = event(r#"{"id":"1","type":"call","at":"2026-01-01T00:00:00Z","activity":"call/1","contact":"c"}"#);
        assert_eq!(account(&events, EntityKind::Activity, "call/1"), of("acme"));
    }

    #[test]
    fn a_circle_of_merges_ends_at_one_account_from_everywhere() {
        let events = [
            event(r#"{"id":"1","type":"merged","at":"2026-01-01T00:00:00Z","contact":"a","into":"b"}"#),
            event(r#"{"id":"2","type":"merged","at":"2026-01-02T00:00:00Z","contact":"b","into":"c"}"#),
            event(r#"{"id":"3","type":"merged","at":"2026-01-03T00:00:00Z","contact":"c","into":"b"}"#),
        ];
        let at_a = account(&events, EntityKind::Contact, "a");
        assert_eq!(at_a, account(&events, EntityKind::Contact, "b"));
        assert_eq!(at_a, account(&events, EntityKind::Contact, "c"));
        assert_ne!(at_a, EntityId::of(EntityKind::Contact, "a"));
    }
}
