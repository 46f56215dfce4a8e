//! One page of a round: found by a search or in a list, read with history, then with what it belongs to.

use std::collections::{BTreeMap, HashMap};

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;

use super::compare::Listed;
use super::forms::Filled;
use super::items::{self, Item};
use super::object::Object;
use super::position::{Place, Position};
use super::rows::{Link, Read};
use super::seen::{Now, Seen};
use crate::settings::SourceSettings;

/// A page that is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Everything that ever happened to its records, as far as HubSpot tells.
    pub events: Vec<Event>,
    /// Its records as they are now.
    pub seen: Vec<Seen>,
    /// Of the full check: what the account has, to be compared by [`super::Poll::compare`].
    pub listed: Option<Listed>,
    /// Forms that were filled in by people who are not known yet.
    pub filled_by_nobody: u64,
    /// Where the poll is after it.
    pub position: Position,
}

/// A page that is being read. Its answers come in any order.
#[derive(Debug)]
pub(super) struct PageInWork {
    pub(super) number: u64,
    /// Records that were found; some may be gone when they are read.
    pub(super) count: u64,
    /// What is read after it.
    pub(super) next: Option<Place>,
    /// Requests that are not answered yet.
    pub(super) missing: usize,
    pub(super) listed: Option<Listed>,
    pub(super) filled: Vec<Filled>,
    records: Vec<Read>,
    links: Vec<(Object, Link)>,
    /// Line items by number, and the fields of a deal that they fill.
    items: BTreeMap<u64, Item>,
    from_items: Vec<&'static str>,
}

impl PageInWork {
    pub(super) fn new(number: u64, count: usize, next: Option<Place>) -> PageInWork {
        PageInWork {
            number,
            count: count as u64,
            next,
            missing: 0,
            listed: None,
            filled: Vec::new(),
            records: Vec::new(),
            links: Vec::new(),
            items: BTreeMap::new(),
            from_items: Vec::new(),
        }
    }

    pub(super) fn take_records(&mut self, records: Vec<Read>) {
        self.records.extend(records);
    }

    pub(super) fn take_links(&mut self, to: Object, found: Vec<Link>) {
        self.links.extend(found.into_iter().map(|link| (to, link)));
    }

    pub(super) fn is_complete(&self) -> bool {
        self.missing == 0
    }

    pub(super) fn take_items(&mut self, items: BTreeMap<u64, Item>) {
        self.items.extend(items);
    }

    /// Its deals say this of themselves by way of their line items.
    pub(super) fn ask_items(&mut self, fields: Vec<&'static str>) {
        self.from_items = fields;
    }

    /// What was filled in by people who are not known.
    pub(super) fn filled_by_nobody(&self) -> impl Iterator<Item = &Filled> {
        self.filled.iter().filter(|filled| filled.contact.is_none())
    }

    pub(super) fn finish(mut self, settings: &SourceSettings, position: Position) -> Page {
        let at: HashMap<u64, usize> = self.records.iter().enumerate().map(|(at, read)| (read.id, at)).collect();
        // The lowest numbers first, so that it makes no difference in which order they came.
        self.links.sort_by_key(|(to, link)| (*to, link.to));
        for (to, link) in &self.links {
            if let Some(read) = at.get(&link.from).and_then(|at| self.records.get_mut(*at)) {
                read.seen.now.take_link(*to, &link.to.to_string());
            }
        }
        self.give_items(settings);
        let filled_by_nobody = self.filled_by_nobody().count() as u64;
        let mut events: Vec<Event> = self.filled.iter().filter_map(|filled| filled.event(settings)).collect();
        let mut seen = Vec::with_capacity(self.records.len());
        for mut read in std::mem::take(&mut self.records) {
            read.belong();
            events.extend(read.events);
            seen.push(read.seen);
        }
        Page { events, seen, listed: self.listed, filled_by_nobody, position }
    }
}

impl PageInWork {
    fn give_items(&mut self, settings: &SourceSettings) {
        if self.from_items.is_empty() {
            return;
        }
        let mut of: HashMap<u64, Vec<&Item>> = HashMap::new();
        for (_, link) in self.links.iter().filter(|(to, _)| *to == Object::LineItems) {
            of.entry(link.from).or_default().extend(self.items.get(&link.to));
        }
        for read in &mut self.records {
            if let Now::Deal { items, .. } = &mut read.seen.now {
                *items = items::fields(settings, of.get(&read.id).map(Vec::as_slice).unwrap_or_default());
                items.retain(|name, _| self.from_items.contains(&name.as_str()));
            }
        }
    }
}

impl Now {
    fn take_link(&mut self, to: Object, id: &str) {
        match self {
            Now::Deal { company, .. } if to == Object::Companies => *company = Some(id.to_owned()),
            Now::Deal { contacts, .. } if to == Object::Contacts => contacts.push(id.to_owned()),
            Now::Activity { of, .. } => {
                of.entry(to.entity()).or_insert_with(|| id.to_owned());
            }
            Now::Deal { .. } | Now::Alive | Now::Nobodys | Now::Gone => {}
        }
    }
}

impl Read {
    /// An activity is of one deal and one contact, of a company only where it is of neither; it happens to them. One that
    /// belongs to nobody counts nowhere.
    fn belong(&mut self) {
        let Now::Activity { of, .. } = &mut self.seen.now else { return };
        if of.len() > 1 {
            of.remove(&EntityKind::Company);
        }
        for event in &mut self.events {
            event.names.extend(of.clone());
        }
        if of.is_empty() {
            self.events.clear();
            self.seen.now = Now::Nobodys;
        }
    }
}
