//! One page of a round: found by a search or in a list, read with history, then with what it belongs to.

use std::collections::HashMap;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;

use super::object::Object;
use super::position::{Place, Position};
use super::rows::{Link, Read};
use super::seen::{Now, Seen};

/// A page that is complete.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Everything that ever happened to its records, as far as HubSpot tells.
    pub events: Vec<Event>,
    /// Its records as they are now.
    pub seen: Vec<Seen>,
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
    records: Vec<Read>,
    links: Vec<(Object, Link)>,
}

impl PageInWork {
    pub(super) fn new(number: u64, count: usize, next: Option<Place>) -> PageInWork {
        PageInWork { number, count: count as u64, next, missing: 0, records: Vec::new(), links: Vec::new() }
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

    pub(super) fn finish(mut self, position: Position) -> Page {
        let at: HashMap<u64, usize> = self.records.iter().enumerate().map(|(at, read)| (read.id, at)).collect();
        // The lowest numbers first, so that it makes no difference in which order they came.
        self.links.sort_by_key(|(to, link)| (*to, link.to));
        for (to, link) in &self.links {
            if let Some(read) = at.get(&link.from).and_then(|at| self.records.get_mut(*at)) {
                read.seen.now.take_link(*to, &link.to.to_string());
            }
        }
        let (mut events, mut seen) = (Vec::new(), Vec::with_capacity(self.records.len()));
        for mut read in self.records {
            read.belong();
            events.extend(read.events);
            seen.push(read.seen);
        }
        Page { events, seen, position }
    }
}

impl Now {
    fn take_link(&mut self, to: Object, id: &str) {
        match self {
            Now::Deal { company, .. } if to == Object::Companies => *company = Some(id.to_owned()),
            Now::Deal { contacts, .. } => contacts.push(id.to_owned()),
            Now::Activity { of, .. } => {
                of.entry(to.entity()).or_insert_with(|| id.to_owned());
            }
            Now::Alive | Now::Gone => {}
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
            self.seen.now = Now::Gone;
        }
    }
}
