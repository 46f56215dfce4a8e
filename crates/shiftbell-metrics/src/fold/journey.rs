//! One account, laid out for the walk: its events in order, its entities, and what each property was when.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::order::{belongings, fill_in_once, in_order, made_again, merges_of, tell_once};
use super::plan::Plan;
use super::{LeftOut, StoredEvent};
use crate::codec::Name;
use crate::contribution::name;
use crate::event::{Event, kinds};
use crate::id::{EntityId, EntityKind};
use crate::links::{Pointers, account_of};
use crate::time::Instant;
use crate::value::Value;

/// The place of an event in the order of the journey: a time that has no ties.
pub(super) type Step = u32;
/// The end of the journey: what is known today.
pub(super) const TODAY: Step = Step::MAX;

/// The entities in view, by kind.
pub(super) type Named = [Option<usize>; EntityKind::ALL.len()];
pub(super) const NOBODY: Named = [None; EntityKind::ALL.len()];

/// The values of one property with the step at which each began.
type Timeline<'a> = Vec<(Step, Cow<'a, Value>)>;

#[derive(Debug)]
pub(super) struct Entity<'a> {
    pub(super) id: EntityId,
    pub(super) kind: EntityKind,
    /// The first event that names it.
    pub(super) first: Step,
    /// The entity whose events tell of it: itself, or the first that names it.
    pub(super) carrier: EntityId,
    pub(super) is_left_out: bool,
    fields: Vec<(u16, Timeline<'a>)>,
    /// Its contacts (of a deal) or contact (of a visitor, the last counts), with the first step that links them.
    pub(super) contacts: Vec<(usize, Step)>,
    /// Of a deal: whether the contact with whom it began counts nowhere.
    pub(super) began_left_out: bool,
}

#[derive(Debug)]
pub(super) struct Journey<'a> {
    pub(super) plan: &'a Plan,
    pub(super) events: Vec<&'a StoredEvent>,
    pub(super) entities: Vec<Entity<'a>>,
    /// The entities that each event names.
    pub(super) named: Vec<Named>,
    /// Whether each event counts: what is deleted or a test does not.
    pub(super) counts: Vec<bool>,
    /// Whether each event tells of a record that was made before under another id.
    pub(super) made_again: Vec<bool>,
    pub(super) root: usize,
    pub(super) left_out: Vec<LeftOut>,
}

impl<'a> Journey<'a> {
    pub(super) fn new(plan: &'a Plan, account: EntityId, events: &'a [StoredEvent]) -> Journey<'a> {
        let mut events = in_order(events);
        let merges = merges_of(&events);
        tell_once(&mut events, &merges);
        fill_in_once(&mut events, &merges);
        let mut journey = Journey {
            plan,
            made_again: made_again(&events, &merges),
            named: Vec::with_capacity(events.len()),
            counts: Vec::with_capacity(events.len()),
            events,
            entities: Vec::new(),
            root: 0,
            left_out: Vec::new(),
        };
        let mut places = HashMap::new();
        let root_kind = journey.find_all(&merges, &mut places, account);
        journey.root = *places.entry(account).or_insert_with(|| {
            journey.entities.push(Entity::new(account, root_kind, 0, account));
            journey.entities.len() - 1
        });
        journey.lay_out();
        journey.leave_out(&merges);
        journey
    }

    /// Gives every entity that an event names a place. Returns the kind of the account's root.
    fn find_all(
        &mut self,
        merges: &BTreeMap<EntityId, Pointers>,
        places: &mut HashMap<EntityId, usize>,
        account: EntityId,
    ) -> EntityKind {
        let mut root_kind = EntityKind::Company;
        let belongs = belongings(&self.events);
        for (step, stored) in self.events.iter().enumerate() {
            let own = stored.event.entity_id();
            let mut named = NOBODY;
            let activity = stored.event.names.get(&EntityKind::Activity);
            let names = activity.and_then(|activity| belongs.get(activity.as_str()));
            for (kind, id) in names.copied().unwrap_or(&stored.event.names) {
                let raw = EntityId::of(*kind, id);
                let canonical = if merges.contains_key(&raw) {
                    account_of(raw, |entity| merges.get(&entity).copied())
                } else {
                    raw
                };
                if canonical == account {
                    root_kind = *kind;
                }
                let place = *places.entry(canonical).or_insert_with(|| {
                    self.entities.push(Entity::new(canonical, *kind, step as Step, own));
                    self.entities.len() - 1
                });
                if own == canonical {
                    self.entities[place].carrier = own;
                }
                named[*kind as usize] = Some(place);
            }
            self.named.push(named);
        }
        root_kind
    }

    /// What each property was when, and who belongs to whom.
    fn lay_out(&mut self) {
        for step in 0..self.events.len() {
            let event = &self.events[step].event;
            let named = self.named[step];
            for (kind, set) in &event.set {
                let Some(place) = named[*kind as usize] else { continue };
                for (key, value) in set {
                    if let Some(field) = self.plan.field(*kind, key) {
                        self.entities[place].set(field, step as Step, Cow::Borrowed(value));
                    }
                }
            }
            self.take_owner(event, &named, step as Step);
            let unlinks = event.kind == kinds::UNLINKED;
            for kind in [EntityKind::Deal, EntityKind::Subscription, EntityKind::Visitor] {
                if let (Some(child), Some(contact)) = (named[kind as usize], named[EntityKind::Contact as usize]) {
                    self.entities[child].link(contact, step as Step, unlinks);
                }
            }
        }
    }

    /// The owner of a change of an entity is the entity's owner, where the change does not say it by itself.
    fn take_owner(&mut self, event: &'a Event, named: &Named, step: Step) {
        let Some(kind) = EntityKind::from_word(&event.kind) else { return };
        let says = event.set.get(&kind).is_some_and(|set| set.contains_key("owner"));
        if let (Some(owner), Some(place), Some(field), false) =
            (&event.owner, named[kind as usize], self.plan.field(kind, "owner"), says)
        {
            self.entities[place].set(field, step, Cow::Owned(Value::text(owner.clone())));
        }
    }

    /// Finds what is deleted, merged or a test, and the events that do not count because of it.
    fn leave_out(&mut self, merges: &BTreeMap<EntityId, Pointers>) {
        let mut deleted = BTreeMap::new();
        for stored in &self.events {
            match stored.event.kind.as_str() {
                kinds::DELETED => drop(deleted.insert(stored.event.entity_id(), true)),
                kinds::RESTORED => drop(deleted.insert(stored.event.entity_id(), false)),
                _ => {}
            }
        }
        for place in 0..self.entities.len() {
            let id = self.entities[place].id;
            if deleted.get(&id) == Some(&true) {
                self.entities[place].is_left_out = true;
                self.left_out.push(LeftOut::Deleted(id));
            } else if !self.plan.keeps_test_records && self.is_test(place) {
                self.entities[place].is_left_out = true;
                self.left_out.push(LeftOut::Test(id));
            }
        }
        if self.left_out.contains(&LeftOut::Test(self.entities[self.root].id)) {
            self.entities.iter_mut().for_each(|entity| entity.is_left_out = true);
        }
        for alias in merges.keys() {
            let into = account_of(*alias, |entity| merges.get(&entity).copied());
            if into != *alias {
                self.left_out.push(LeftOut::Merged { alias: *alias, into });
            }
        }
        // A deal all of whose contacts are left out goes with them.
        for place in 0..self.entities.len() {
            let entity = &self.entities[place];
            let has_contacts = entity.kind == EntityKind::Deal && !entity.contacts.is_empty();
            if has_contacts && entity.contacts.iter().all(|(contact, _)| self.entities[*contact].is_left_out) {
                self.entities[place].is_left_out = true;
            }
        }
        self.leave_out_activities();
        for step in 0..self.events.len() {
            let named = &mut self.named[step];
            let own = named.iter().flatten().next().copied();
            let special = [kinds::UNLINKED, kinds::MERGED, kinds::DELETED, kinds::RESTORED];
            let counts = own.is_none_or(|own| !self.entities[own].is_left_out)
                && !special.contains(&self.events[step].event.kind.as_str());
            for place in named.iter_mut() {
                *place = place.filter(|place| !self.entities[*place].is_left_out);
            }
            self.counts.push(counts);
        }
        let left_out: Vec<bool> = self.entities.iter().map(|entity| entity.is_left_out).collect();
        for entity in &mut self.entities {
            entity.began_left_out = entity.contacts.first().is_some_and(|(contact, _)| left_out[*contact]);
            entity.contacts.retain(|(contact, _)| !left_out[*contact]);
        }
    }

    /// An activity goes with those to whom it belongs, if all of them are left out.
    fn leave_out_activities(&mut self) {
        for named in &self.named {
            let Some(activity) = named[EntityKind::Activity as usize] else { continue };
            let mut others = named.iter().flatten().filter(|place| **place != activity).peekable();
            if others.peek().is_some() && others.all(|place| self.entities[*place].is_left_out) {
                self.entities[activity].is_left_out = true;
            }
        }
    }

    fn is_test(&self, place: usize) -> bool {
        let kind = self.entities[place].kind;
        self.plan.test_records.iter().any(|(field, values)| {
            EntityKind::from_word(&field.of) == Some(kind)
                && self.value(place, &field.name, TODAY).is_some_and(|value| one_of(&value, values))
        })
    }

    /// Whom an event is about: the most specific that it names; an activity is about those to whom it belongs.
    pub(super) fn subject_of(&self, step: usize) -> Option<usize> {
        let named = &self.named[step];
        let others = named.iter().skip(1).flatten().next();
        others.or(named[EntityKind::Activity as usize].as_ref()).copied()
    }

    pub(super) fn event(&self, step: usize) -> &'a Event {
        &self.events[step].event
    }

    pub(super) fn at(&self, step: Step) -> Instant {
        self.events.get(step as usize).map_or(Instant::EARLIEST, |stored| stored.event.at)
    }

    /// The contact in view: the one named, else whom the visitor was identified as, else that of the deal.
    pub(super) fn contact_of(&self, named: &Named) -> Option<usize> {
        let through = |kind: EntityKind| named[kind as usize].and_then(|child| self.contact_at_last(child));
        named[EntityKind::Contact as usize]
            .or_else(|| through(EntityKind::Visitor))
            .or_else(|| through(EntityKind::Deal))
            .or_else(|| through(EntityKind::Subscription))
    }

    /// The contact of a visitor, or the first of a deal.
    pub(super) fn contact_at_last(&self, child: usize) -> Option<usize> {
        let entity = &self.entities[child];
        let contact = if entity.kind == EntityKind::Visitor { entity.contacts.last() } else { entity.contacts.first() };
        contact.map(|(contact, _)| *contact)
    }

    pub(super) fn company(&self) -> Option<usize> {
        (self.entities[self.root].kind == EntityKind::Company).then_some(self.root)
    }

    /// The value of a property as of a step, that step's own event included.
    pub(super) fn value(&self, place: usize, field: &str, step: Step) -> Option<Cow<'_, Value>> {
        let entity = &self.entities[place];
        let known = self.plan.field(entity.kind, field).and_then(|id| entity.value(id, step));
        if known.is_none() && field == "email_domain" {
            let email = self.value(place, "email", step)?;
            let (_, domain) = email.as_text()?.rsplit_once('@')?;
            return Some(Cow::Owned(Value::text(domain.trim().to_lowercase())));
        }
        known.map(Cow::Borrowed)
    }

    /// The step from which on a property has the value that it has today.
    pub(super) fn known_since(&self, place: usize, field: &str) -> Option<Step> {
        let entity = &self.entities[place];
        let id = self.plan.field(entity.kind, field)?;
        let (_, values) = entity.fields.iter().find(|(known, _)| *known == id)?;
        values.last().filter(|(_, value)| !value.is_null()).map(|(from, _)| *from)
    }

    /// The first value after a step that says something, and when. What is blank says as little as what is not set.
    pub(super) fn first_after<T>(
        &self,
        place: usize,
        field: &str,
        step: Step,
        says: impl Fn(&Value) -> Option<T>,
    ) -> Option<(Step, T)> {
        let entity = &self.entities[place];
        entity.first_after(self.plan.field(entity.kind, field)?, step, says)
    }

    /// Who owned an entity at a step, in lower case; if nobody yet, the first who did.
    pub(super) fn owner(&self, place: usize, step: Step) -> Option<Name> {
        let named = |value: &Value| person(value.as_text());
        let then = self.value(place, "owner", step).and_then(|value| named(&value));
        then.or_else(|| self.first_after(place, "owner", step, named).map(|(_, owner)| owner))
    }
}

/// A person as entries name one.
pub(super) fn person(text: Option<&str>) -> Option<Name> {
    let text = text?.trim();
    (!text.is_empty()).then(|| name(&text.to_lowercase()))
}

impl<'a> Entity<'a> {
    fn new(id: EntityId, kind: EntityKind, first: Step, carrier: EntityId) -> Entity<'a> {
        Entity {
            id,
            kind,
            first,
            carrier,
            is_left_out: false,
            fields: Vec::new(),
            contacts: Vec::new(),
            began_left_out: false,
        }
    }

    /// The same value again changes nothing: the earliest time wins.
    fn set(&mut self, field: u16, step: Step, value: Cow<'a, Value>) {
        match self.fields.iter_mut().find(|(known, _)| *known == field) {
            Some((_, values)) => {
                if values.last().is_some_and(|(_, last)| *last != value) {
                    values.push((step, value));
                }
            }
            None => self.fields.push((field, vec![(step, value)])),
        }
    }

    fn link(&mut self, contact: usize, step: Step, unlinks: bool) {
        let known = self.contacts.iter().position(|(linked, _)| *linked == contact);
        match (known, unlinks) {
            (Some(at), true) => drop(self.contacts.remove(at)),
            // A visitor is whom it was identified as last.
            (Some(at), false) if self.kind == EntityKind::Visitor => {
                let link = self.contacts.remove(at);
                self.contacts.push(link);
            }
            (Some(_), false) | (None, true) => {}
            (None, false) => self.contacts.push((contact, step)),
        }
    }

    fn value(&self, field: u16, step: Step) -> Option<&Value> {
        let (_, values) = self.fields.iter().find(|(known, _)| *known == field)?;
        let until = values.partition_point(|(from, _)| *from <= step);
        let (_, value) = values.get(until.checked_sub(1)?)?;
        (!value.is_null()).then_some(value)
    }

    fn first_after<T>(&self, field: u16, step: Step, says: impl Fn(&Value) -> Option<T>) -> Option<(Step, T)> {
        let (_, values) = self.fields.iter().find(|(known, _)| *known == field)?;
        let after = &values[values.partition_point(|(from, _)| *from <= step)..];
        after.iter().find_map(|(from, value)| Some((*from, says(value)?)))
    }
}

/// Whether a value is one of these; numbers and truths that came as text are equal to what they say.
pub(super) fn one_of(value: &Value, wanted: &[Value]) -> bool {
    wanted.iter().any(|wanted| match wanted {
        Value::Text(text) => match value {
            Value::Text(found) => found == text,
            Value::Bool(truth) => text == if *truth { "true" } else { "false" },
            Value::Number(number) => text.parse() == Ok(*number),
            Value::Null | Value::Money(_) | Value::Json(_) => false,
        },
        Value::Number(number) => value.as_number() == Some(*number),
        Value::Bool(truth) => value.as_bool() == Some(*truth),
        Value::Null | Value::Money(_) | Value::Json(_) => value == wanted,
    })
}
