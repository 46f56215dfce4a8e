//! A record as it is now, against what is known of it: what HubSpot tells without a time.
//!
//! The associations of a deal have no time in the API. One that a poll sees for the first time counts from when the deal
//! was made, so that it makes no difference when the poll came; one that is gone, or is back, counts from the deal's last
//! change. What a webhook told meanwhile, with its own time, says the same and changes nothing. Of an activity, what it says
//! and to whom it belongs counts as HubSpot tells it last.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::event::{Event, Properties, kinds};
use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::links::{MOVE_MS, Pointers, links};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::object::Object;
use crate::hubspot::record::{Record, Turn};
use crate::settings::SourceSettings;

/// A record that a page found.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub object: Object,
    /// Its number at HubSpot.
    pub number: u64,
    pub key: EntityKey,
    pub created_at: Instant,
    pub updated_at: Instant,
    pub now: Now,
}

/// What HubSpot tells of a record without a time.
#[derive(Clone, Debug, PartialEq)]
pub enum Now {
    /// It is there; everything else about it has a time.
    Alive,
    /// A deal, with its primary company, and what its line items say of it where they are read.
    Deal { company: Option<String>, contacts: Vec<String>, items: Properties },
    /// An activity: to whom it belongs, and what it says of itself.
    Activity { of: BTreeMap<EntityKind, String>, says: Properties },
    /// An activity that belongs to nobody, and so counts nowhere.
    Nobodys,
    /// It is no more.
    Gone,
}

impl Seen {
    /// The events that make what is known of this record (its own events, in any order) into what it is now.
    pub fn settle(&self, told: &[Event]) -> Vec<Event> {
        let settings = SourceSettings::default();
        let record = Record { settings: &settings, entity: self.key.kind, id: &self.key.id };
        let mut known: Vec<Event> = told.iter().filter(|event| is_about_links_or_life(event)).cloned().collect();
        let before = known.len();
        match &self.now {
            Now::Gone | Now::Nobodys => return self.go(&record, !told.is_empty(), &known),
            Now::Alive => self.come_back(&record, &mut known),
            Now::Deal { company, contacts, items } => {
                self.come_back(&record, &mut known);
                let deal = Deal { seen: self, record, company: company.as_deref(), contacts };
                deal.tell_links(&mut known);
                deal.settle_contacts(&mut known);
                deal.settle_company(&mut known);
                deal.settle_account(&mut known);
                known.extend(self.tell_items(&record, items, told));
            }
            Now::Activity { of, says } => {
                self.come_back(&record, &mut known);
                known.extend(self.correct(&record, of, says, told));
            }
        }
        known.split_off(before)
    }

    /// It is gone, which matters only if anything of it is known.
    fn go(&self, record: &Record<'_>, is_known: bool, known: &[Event]) -> Vec<Event> {
        let is_gone = last_turn(known).is_some_and(|last| last.kind == kinds::DELETED);
        let end = record.turned(Turn::Deleted, self.updated_at);
        if is_gone || !is_known || known.iter().any(|event| event.id == end.id) { Vec::new() } else { vec![end] }
    }

    /// What was told of an activity before is not what it says now, or it belongs to somebody else.
    fn correct(
        &self,
        record: &Record<'_>,
        of: &BTreeMap<EntityKind, String>,
        says: &Properties,
        told: &[Event],
    ) -> Option<Event> {
        let mut told: Vec<&Event> =
            told.iter().filter(|event| event.names.contains_key(&EntityKind::Activity)).collect();
        told.sort_by_key(|event| (event.at, event.kind != ACTIVITY, event.id.clone()));
        let last = told.last()?.at;
        let mut said = Properties::new();
        for set in told.iter().filter_map(|event| event.set.get(&EntityKind::Activity)) {
            said.extend(set.clone());
        }
        let was_of = told.iter().rev().find(|event| event.names.len() > 1).map(|event| &event.names);
        let is_of = was_of.is_some_and(|names| names.iter().skip(1).eq(of.iter()));
        let mut says: Properties = says.clone();
        for name in said.keys().filter(|name| !says.contains_key(*name)).cloned().collect::<Vec<_>>() {
            says.insert(name, Value::Null);
        }
        says.retain(|name, value| said.get(name).unwrap_or(&Value::Null) != value);
        let at = self.updated_at.max(last.plus_ms(1));
        (!is_of || !says.is_empty()).then(|| record.corrected(at, of, says))
    }

    /// What the line items of a deal say of it now: from its beginning, if nothing was said before.
    fn tell_items(&self, record: &Record<'_>, items: &Properties, told: &[Event]) -> Option<Event> {
        let mut told: Vec<(Instant, &Properties)> =
            told.iter().filter_map(|event| Some((event.at, event.set.get(&EntityKind::Deal)?))).collect();
        told.sort_by_key(|(at, _)| *at);
        let said = |name: &str| told.iter().rev().find_map(|(at, set)| Some((*at, set.get(name)?)));
        let is_new = |name: &String, value: &Value| said(name).map_or(&Value::Null, |(_, said)| said) != value;
        let says: Properties = items
            .iter()
            .filter(|(name, value)| is_new(name, value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        let before = says.keys().filter_map(|name| said(name)).map(|(at, _)| at).max();
        let at = before.map_or(self.created_at, |before| self.updated_at.max(before.plus_ms(1)));
        (!says.is_empty()).then(|| record.corrected(at, &BTreeMap::new(), says))
    }

    /// It is alive, so that a deletion is over.
    fn come_back(&self, record: &Record<'_>, known: &mut Vec<Event>) {
        if let Some(last) = last_turn(known)
            && last.kind == kinds::DELETED
        {
            let at = self.updated_at.max(last.at.plus_ms(1));
            known.push(record.turned(Turn::Restored, at));
        }
    }
}

/// A deal as it is now.
struct Deal<'a> {
    seen: &'a Seen,
    record: Record<'a>,
    company: Option<&'a str>,
    contacts: &'a [String],
}

impl Deal<'_> {
    /// What belongs to it now has belonged to it from the beginning, whether a webhook told so before or not: when a poll
    /// comes makes no difference then.
    fn tell_links(&self, known: &mut Vec<Event>) {
        let contacts = self.contacts.iter().map(|contact| (EntityKind::Contact, contact.as_str()));
        let company = self.company.iter().map(|company| (EntityKind::Company, *company));
        for (kind, id) in contacts.chain(company) {
            let link = self.record.linked(kind, id, self.seen.created_at, false);
            if known.iter().all(|event| event.id != link.id) {
                known.push(link);
            }
        }
    }

    fn settle_contacts(&self, known: &mut Vec<Event>) {
        // By contact: whether it is linked, and since when that is known.
        let mut ordered: Vec<&Event> = known.iter().collect();
        ordered.sort_by_key(|event| (event.at, event.kind != kinds::UNLINKED));
        let mut linked: BTreeMap<&str, (bool, Instant)> = BTreeMap::new();
        for event in ordered {
            if let Some(contact) = event.names.get(&EntityKind::Contact) {
                linked.insert(contact, (event.kind != kinds::UNLINKED, event.at));
            }
        }
        let now: BTreeSet<&str> = self.contacts.iter().map(String::as_str).collect();
        let made = now.iter().filter_map(|contact| match linked.get(contact) {
            None | Some((true, _)) => None,
            Some((false, since)) => {
                let at = self.seen.updated_at.max(since.plus_ms(1));
                Some(self.record.linked(EntityKind::Contact, contact, at, false))
            }
        });
        let gone = linked.iter().filter(|(contact, (is_linked, _))| *is_linked && !now.contains(*contact));
        let gone = gone.map(|(contact, (_, since))| {
            self.record.linked(EntityKind::Contact, contact, self.seen.updated_at.max(since.plus_ms(1)), true)
        });
        let new: Vec<Event> = made.chain(gone).collect();
        known.extend(new);
    }

    fn settle_company(&self, known: &mut Vec<Event>) {
        let number = |id: &str| EntityId::of(EntityKind::Company, id);
        match (pointers(known).company, self.company) {
            (None, _) => {}
            (Some((to, since)), Some(now)) if to != Some(number(now)) => {
                let at = self.seen.updated_at.max(since.plus_ms(1));
                known.push(self.record.linked(EntityKind::Company, now, at, false));
            }
            (Some((Some(_), since)), None) => {
                let named = known.iter().filter_map(|event| Some((event.at, event.names.get(&EntityKind::Company)?)));
                let Some(last) = named.max().map(|(_, company)| company.clone()) else { return };
                let at = self.seen.updated_at.max(since.plus_ms(MOVE_MS + 1));
                known.push(self.record.linked(EntityKind::Company, &last, at, true));
            }
            (Some(_), _) => {}
        }
    }

    /// A deal without a company belongs to a contact: of several to one that does not depend on when polls came.
    fn settle_account(&self, known: &mut Vec<Event>) {
        let number = |id: &str| EntityId::of(EntityKind::Contact, id);
        if self.company.is_some() {
            return;
        }
        let first = self.contacts.iter().max_by_key(|contact| number(contact));
        match (pointers(known).contact, first) {
            (Some((to, since)), Some(first)) if to != Some(number(first)) => {
                let at = self.seen.updated_at.max(since.plus_ms(MOVE_MS + 1));
                known.push(self.record.linked(EntityKind::Contact, first, at, false));
            }
            (Some((Some(_), since)), None) => {
                let named = known.iter().filter_map(|event| Some((event.at, event.names.get(&EntityKind::Contact)?)));
                let Some(last) = named.max().map(|(_, contact)| contact.clone()) else { return };
                let at = self.seen.updated_at.max(since.plus_ms(MOVE_MS + 1));
                known.push(self.record.linked(EntityKind::Contact, &last, at, true));
            }
            _ => {}
        }
    }
}

/// The kind of event by which an activity is corrected; at one time it comes before what happens.
const ACTIVITY: &str = "activity";

/// The last time that it was deleted or restored.
fn last_turn(known: &[Event]) -> Option<&Event> {
    let turns = known.iter().filter(|event| [kinds::DELETED, kinds::RESTORED].contains(&event.kind.as_str()));
    turns.max_by_key(|event| (event.at, event.kind == kinds::DELETED))
}

fn is_about_links_or_life(event: &Event) -> bool {
    event.names.len() > 1 || [kinds::DELETED, kinds::RESTORED].contains(&event.kind.as_str())
}

/// Where the links known so far lead.
fn pointers(known: &[Event]) -> Pointers {
    let mut pointers = Pointers::default();
    for link in known.iter().flat_map(links) {
        pointers.take(&link);
    }
    pointers
}
