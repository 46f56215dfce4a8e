//! A record as it is now, against what is known of it: what HubSpot tells without a time.
//!
//! The associations of a deal have no time in the API. One that a poll sees for the first time counts from when the deal
//! was made, so that it makes no difference when the poll came; one that is gone, or is back, counts from the deal's last
//! change. What a webhook told meanwhile, with its own time, says the same and changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::event::{Event, kinds};
use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::links::{MOVE_MS, Pointers, links};
use shiftbell_metrics::time::Instant;

use crate::hubspot::record::{Record, Turn};
use crate::settings::SourceSettings;

/// A record that a page found alive.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub key: EntityKey,
    pub created_at: Instant,
    pub updated_at: Instant,
    /// Of a deal: its primary company.
    pub company: Option<String>,
    /// Of a deal.
    pub contacts: Vec<String>,
}

impl Seen {
    pub(super) fn new(key: EntityKey, created_at: Instant, updated_at: Instant) -> Seen {
        Seen { key, created_at, updated_at, company: None, contacts: Vec::new() }
    }

    /// The events that make what is known of this record (its own events, in any order) into what it is now.
    pub fn settle(&self, known: &[Event]) -> Vec<Event> {
        let settings = SourceSettings::default();
        let record = Record { settings: &settings, entity: self.key.kind, id: &self.key.id };
        let mut known: Vec<Event> = known.iter().filter(|event| is_about_links_or_life(event)).cloned().collect();
        let before = known.len();
        self.come_back(&record, &mut known);
        if self.key.kind == EntityKind::Deal {
            self.tell_links(&record, &mut known);
            self.settle_contacts(&record, &mut known);
            self.settle_company(&record, &mut known);
            self.settle_account(&record, &mut known);
        }
        known.split_off(before)
    }

    /// It is alive, so that a deletion is over.
    fn come_back(&self, record: &Record<'_>, known: &mut Vec<Event>) {
        let turns = known.iter().filter(|event| [kinds::DELETED, kinds::RESTORED].contains(&event.kind.as_str()));
        if let Some(last) = turns.max_by_key(|event| (event.at, event.kind == kinds::DELETED))
            && last.kind == kinds::DELETED
        {
            let at = self.updated_at.max(last.at.plus_ms(1));
            known.push(record.turned(Turn::Restored, at));
        }
    }

    /// What belongs to it now has belonged to it from the beginning, whether a webhook told so before or not: when a poll
    /// comes makes no difference then.
    fn tell_links(&self, record: &Record<'_>, known: &mut Vec<Event>) {
        let contacts = self.contacts.iter().map(|contact| (EntityKind::Contact, contact));
        let company = self.company.iter().map(|company| (EntityKind::Company, company));
        for (kind, id) in contacts.chain(company) {
            let link = record.linked(kind, id, self.created_at, false);
            if known.iter().all(|event| event.id != link.id) {
                known.push(link);
            }
        }
    }

    fn settle_contacts(&self, record: &Record<'_>, known: &mut Vec<Event>) {
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
                let at = self.updated_at.max(since.plus_ms(1));
                Some(record.linked(EntityKind::Contact, contact, at, false))
            }
        });
        let gone = linked.iter().filter(|(contact, (is_linked, _))| *is_linked && !now.contains(*contact));
        let gone = gone.map(|(contact, (_, since))| {
            record.linked(EntityKind::Contact, contact, self.updated_at.max(since.plus_ms(1)), true)
        });
        let new: Vec<Event> = made.chain(gone).collect();
        known.extend(new);
    }

    fn settle_company(&self, record: &Record<'_>, known: &mut Vec<Event>) {
        let number = |id: &str| EntityId::of(EntityKind::Company, id);
        match (pointers(known).company, &self.company) {
            (None, _) => {}
            (Some((to, since)), Some(now)) if to != Some(number(now)) => {
                let at = self.updated_at.max(since.plus_ms(1));
                known.push(record.linked(EntityKind::Company, now, at, false));
            }
            (Some((Some(_), since)), None) => {
                let named = known.iter().filter_map(|event| Some((event.at, event.names.get(&EntityKind::Company)?)));
                let Some(last) = named.max().map(|(_, company)| company.clone()) else { return };
                let at = self.updated_at.max(since.plus_ms(MOVE_MS + 1));
                known.push(record.linked(EntityKind::Company, &last, at, true));
            }
            (Some(_), _) => {}
        }
    }

    /// A deal without a company belongs to a contact: of several to one that does not depend on when polls came.
    fn settle_account(&self, record: &Record<'_>, known: &mut Vec<Event>) {
        let number = |id: &str| EntityId::of(EntityKind::Contact, id);
        if self.company.is_some() {
            return;
        }
        let first = self.contacts.iter().max_by_key(|contact| number(contact));
        match (pointers(known).contact, first) {
            (Some((to, since)), Some(first)) if to != Some(number(first)) => {
                let at = self.updated_at.max(since.plus_ms(MOVE_MS + 1));
                known.push(record.linked(EntityKind::Contact, first, at, false));
            }
            (Some((Some(_), since)), None) => {
                let named = known.iter().filter_map(|event| Some((event.at, event.names.get(&EntityKind::Contact)?)));
                let Some(last) = named.max().map(|(_, contact)| contact.clone()) else { return };
                let at = self.updated_at.max(since.plus_ms(MOVE_MS + 1));
                known.push(record.linked(EntityKind::Contact, &last, at, true));
            }
            _ => {}
        }
    }
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
