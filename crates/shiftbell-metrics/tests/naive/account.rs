//! Whose events are whose, and what was known of somebody when: looked up in the list of events, each time anew.

use std::collections::BTreeSet;

use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::StoredEvent;
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE, MS_PER_SECOND};
use shiftbell_metrics::value::Value;

use super::merges::{Merges, made_again, merges, retold, survivor, told_once};

/// The place of an event among those of its account; [`TODAY`] is after all of them.
pub(crate) type Place = usize;
pub(crate) const TODAY: Place = usize::MAX;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) root: EntityKey,
    /// In order of time, each once.
    pub(crate) events: Vec<StoredEvent>,
    /// Events which tell that a record was made that was made before, under another id.
    pub(crate) made_again: Vec<(String, String)>,
    /// Who is deleted or a test, and so counts nowhere.
    pub(crate) left_out: BTreeSet<EntityKey>,
}

fn named(event: &Event, kind: EntityKind) -> Option<EntityKey> {
    event.names.get(&kind).map(|id| EntityKey::new(kind, id.clone()))
}

fn is_named(event: &Event, who: &EntityKey) -> bool {
    event.names.get(&who.kind).is_some_and(|id| *id == who.id)
}

/// Whether an event belongs to somebody: to the most specific that it names.
fn belongs_to(event: &Event, who: &EntityKey) -> bool {
    event.names.first_key_value() == Some((&who.kind, &who.id))
}

fn all_named(event: &Event) -> impl Iterator<Item = EntityKey> + '_ {
    event.names.iter().map(|(kind, id)| EntityKey::new(*kind, id.clone()))
}

/// Every account of a company, with its events.
pub(crate) fn accounts(definitions: &Definitions, told: &[StoredEvent]) -> Vec<Account> {
    let mut seen = BTreeSet::new();
    let mut once: Vec<&StoredEvent> = Vec::new();
    for stored in told {
        if seen.insert((&stored.source, &stored.event.id, stored.event.entity())) {
            once.push(stored);
        }
    }
    let merges = merges(&once);
    let everybody: BTreeSet<EntityKey> = once.iter().flat_map(|stored| all_named(&stored.event)).collect();
    let of: Vec<(EntityKey, EntityKey)> =
        everybody.into_iter().map(|who| (root_of(&once, &merges, &who), who)).collect();
    let roots: BTreeSet<&EntityKey> = of.iter().map(|(root, _)| root).collect();
    let account = |root: &EntityKey| {
        let members: Vec<&EntityKey> = of.iter().filter(|(of, _)| of == root).map(|(_, who)| who).collect();
        let own = once.iter().filter(|stored| members.iter().any(|who| belongs_to(&stored.event, who)));
        Account::new(definitions, root.clone(), own.copied(), &merges)
    };
    roots.into_iter().map(account).filter(|account| !account.events.is_empty()).collect()
}

/// Where whoever it was merged into is, else the company that somebody belongs to at the latest association, else that of the
/// contact it belongs to, else itself.
fn root_of(events: &[&StoredEvent], merges: &Merges, who: &EntityKey) -> EntityKey {
    if merges.contains_key(who) {
        return root_of(events, merges, &survivor(merges, who));
    }
    let company = || latest_link(events, who, EntityKind::Company);
    let contact = || latest_link(events, who, EntityKind::Contact);
    let next = match who.kind {
        EntityKind::Contact => company(),
        EntityKind::Visitor => contact(),
        EntityKind::Deal | EntityKind::Subscription => company().or_else(contact),
        EntityKind::Activity | EntityKind::Company => None,
    };
    next.map_or_else(|| who.clone(), |next| root_of(events, merges, &next))
}

fn latest_link(events: &[&StoredEvent], who: &EntityKey, to: EntityKind) -> Option<EntityKey> {
    let links = events.iter().filter(|stored| is_named(&stored.event, who)).filter_map(|stored| {
        let other = named(&stored.event, to)?;
        // Who moves is told as two changes, so the end of a link may come up to ten seconds late.
        let is_end = stored.event.kind == "unlinked";
        let at = if is_end { stored.event.at.plus_ms(-10 * MS_PER_SECOND) } else { stored.event.at };
        Some((at, (!is_end).then(|| (other.number(), other))))
    });
    links.max_by(|a, b| (a.0, a.1.as_ref().map(|to| to.0)).cmp(&(b.0, b.1.as_ref().map(|to| to.0))))?.1.map(|to| to.1)
}

impl Account {
    fn new<'e>(
        definitions: &Definitions,
        root: EntityKey,
        events: impl Iterator<Item = &'e StoredEvent>,
        merges: &Merges,
    ) -> Account {
        let mut events: Vec<StoredEvent> = events.map(|stored| retold(merges, stored)).collect();
        // What changes a state comes before what was done at the same instant.
        let class = |kind: &str| match kind {
            "merged" | "unlinked" | "deleted" | "restored" => 0,
            "contact" | "company" | "deal" | "subscription" | "visitor" => 1,
            _ => 2,
        };
        events.sort_by_key(|stored| {
            let event = &stored.event;
            (event.at, class(&event.kind), stored.source.clone(), event.id.clone(), event.entity_id())
        });
        told_once(&mut events, merges);
        let mut account = Account { root, made_again: made_again(&events, merges), events, left_out: BTreeSet::new() };
        account.drop_second_tellings();
        account.leave_out(definitions);
        account
    }

    /// One form of one person is told several ways, up to two minutes apart.
    fn drop_second_tellings(&mut self) {
        let mut kept: Vec<StoredEvent> = Vec::new();
        let mut filled: Vec<(EntityKey, Value, Instant)> = Vec::new();
        for stored in self.events.drain(..) {
            let event = &stored.event;
            if let Some(form) = event.properties.get("form").filter(|_| event.kind == "form") {
                let is_again = filled.iter().any(|(who, what, at)| {
                    *who == event.entity() && what == form && event.at.since(*at) <= 2 * MS_PER_MINUTE
                });
                if is_again && event.set.is_empty() {
                    continue;
                }
                if !is_again {
                    filled.push((event.entity(), form.clone(), event.at));
                }
            }
            kept.push(stored);
        }
        self.events = kept;
    }

    fn leave_out(&mut self, definitions: &Definitions) {
        let everybody = self.everybody();
        for who in &everybody {
            let mut own = self.events.iter().filter(|stored| belongs_to(&stored.event, who));
            let last = own.rfind(|stored| ["deleted", "restored"].contains(&stored.event.kind.as_str()));
            let is_deleted = last.is_some_and(|stored| stored.event.kind == "deleted");
            let is_test = definitions.privacy.test_records.iter().any(|(field, values)| {
                let value = (field.of == who.kind.word()).then(|| self.value(who, &field.name, TODAY)).flatten();
                value.is_some_and(|value| values.contains(&value))
            });
            if is_test && *who == self.root {
                self.left_out = everybody.into_iter().collect();
                return;
            }
            if is_deleted || is_test {
                self.left_out.insert(who.clone());
            }
        }
        for who in everybody.iter().filter(|who| who.kind == EntityKind::Deal) {
            let contacts = self.all_contacts_of(who);
            if !contacts.is_empty() && contacts.iter().all(|contact| self.left_out.contains(contact)) {
                self.left_out.insert(who.clone());
            }
        }
    }

    /// Whoever is named here, in the order in which they first are, and the root.
    pub(crate) fn everybody(&self) -> Vec<EntityKey> {
        let mut all: Vec<EntityKey> = Vec::new();
        for who in self.events.iter().flat_map(|stored| all_named(&stored.event)).chain([self.root.clone()]) {
            if !all.contains(&who) {
                all.push(who);
            }
        }
        all
    }

    pub(crate) fn event(&self, place: Place) -> &Event {
        &self.events[place].event
    }

    /// Whether something happened there that counts: not of the deleted or a test, and more than a note about records.
    pub(crate) fn counts(&self, place: Place) -> bool {
        let event = self.event(place);
        !self.left_out.iter().any(|who| belongs_to(event, who))
            && !["merged", "unlinked", "deleted", "restored"].contains(&event.kind.as_str())
    }

    /// Who is named by an event, unless left out.
    pub(crate) fn named(&self, place: Place, kind: EntityKind) -> Option<EntityKey> {
        named(self.event(place), kind).filter(|who| !self.left_out.contains(who))
    }

    /// The first event that names somebody.
    pub(crate) fn first(&self, who: &EntityKey) -> Option<Place> {
        self.events.iter().position(|stored| is_named(&stored.event, who))
    }

    pub(crate) fn company(&self) -> Option<EntityKey> {
        (self.root.kind == EntityKind::Company).then(|| self.root.clone())
    }

    fn all_contacts_of(&self, child: &EntityKey) -> Vec<EntityKey> {
        let mut contacts: Vec<EntityKey> = Vec::new();
        for stored in self.events.iter().filter(|stored| is_named(&stored.event, child)) {
            let Some(contact) = named(&stored.event, EntityKind::Contact) else { continue };
            // A visitor is whom it was identified as last.
            if stored.event.kind == "unlinked" || child.kind == EntityKind::Visitor {
                contacts.retain(|known| *known != contact);
            }
            if stored.event.kind != "unlinked" && !contacts.contains(&contact) {
                contacts.push(contact);
            }
        }
        contacts
    }

    /// The contacts of a deal, in the order in which they came to it.
    pub(crate) fn contacts_of(&self, child: &EntityKey) -> Vec<EntityKey> {
        self.all_contacts_of(child).into_iter().filter(|contact| !self.left_out.contains(contact)).collect()
    }

    /// Whether a deal began with somebody who counts nowhere.
    pub(crate) fn began_left_out(&self, deal: &EntityKey) -> bool {
        self.all_contacts_of(deal).first().is_some_and(|contact| self.left_out.contains(contact))
    }

    /// Whom a visitor was identified as last; with whom a deal or a subscription began.
    pub(crate) fn contact_of(&self, child: &EntityKey) -> Option<EntityKey> {
        if child.kind == EntityKind::Company {
            return None;
        }
        let contacts = self.contacts_of(child);
        if child.kind == EntityKind::Visitor { contacts.last().cloned() } else { contacts.first().cloned() }
    }

    /// Every value that a property was given, with the place.
    fn told_of(&self, who: &EntityKey, field: &str) -> Vec<(Place, Value)> {
        let mut told = Vec::new();
        for (place, stored) in self.events.iter().enumerate() {
            let event = &stored.event;
            if !is_named(event, who) {
                continue;
            }
            let set = event.set.get(&who.kind).and_then(|set| set.get(field));
            // The owner of a change of somebody is their owner.
            let owner = event.owner.as_ref().filter(|_| field == "owner" && event.kind == who.kind.word());
            told.extend(set.cloned().or_else(|| owner.map(Value::text)).map(|value| (place, value)));
        }
        told
    }

    /// What a property was at an event, what that event says included.
    pub(crate) fn value(&self, who: &EntityKey, field: &str, place: Place) -> Option<Value> {
        let told = self.told_of(who, field);
        let known = told.into_iter().rev().find(|(at, _)| *at <= place).map(|(_, value)| value);
        let known = known.filter(|value| !value.is_null());
        if known.is_none() && field == "email_domain" {
            let email = self.value(who, "email", place)?;
            return email.as_text()?.rsplit_once('@').map(|(_, domain)| Value::text(domain.trim().to_lowercase()));
        }
        known
    }

    /// The first of the values of a property after an event that says something.
    pub(crate) fn first_after<T>(
        &self,
        who: &EntityKey,
        field: &str,
        place: Place,
        says: impl Fn(&Value) -> Option<T>,
    ) -> Option<(Place, T)> {
        let after = self.told_of(who, field).into_iter().filter(|(at, _)| *at > place);
        after.filter_map(|(at, value)| Some((at, says(&value)?))).next()
    }

    /// Who owned somebody at an event; if nobody yet, the first who did. In lower case.
    pub(crate) fn owner(&self, who: &EntityKey, place: Place) -> Option<String> {
        let name = |value: &Value| person(value.as_text());
        let then = self.value(who, "owner", place).and_then(|value| name(&value));
        then.or_else(|| self.first_after(who, "owner", place, name).map(|(_, by)| by))
    }
}

pub(crate) fn person(text: Option<&str>) -> Option<String> {
    text.map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}
