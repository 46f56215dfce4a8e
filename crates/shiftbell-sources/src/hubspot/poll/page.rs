//! One page of a round: found by a search, read with history, then with what it belongs to.

use std::collections::VecDeque;

use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;

use super::ToLink;
use super::object::Object;
use super::position::Position;
use super::rows::{Link, Read};
use super::seen::Seen;

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

/// A page that is being read.
#[derive(Debug)]
pub(super) struct PageInWork {
    pub(super) object: Object,
    /// Records that the search found; some may be gone when they are read.
    pub(super) count: u64,
    pub(super) lowest: Option<u64>,
    /// Whether there are none below it.
    pub(super) is_last: bool,
    pub(super) to_read: VecDeque<u64>,
    pub(super) to_link: ToLink,
    events: Vec<Event>,
    seen: Vec<Seen>,
}

impl PageInWork {
    pub(super) fn new(object: Object, ids: Vec<u64>, is_last: bool) -> PageInWork {
        let to_link = match ids.is_empty() {
            true => VecDeque::new(),
            false => object.linked_to().iter().map(|to| (*to, ids.clone(), None)).collect(),
        };
        PageInWork {
            object,
            count: ids.len() as u64,
            lowest: ids.last().copied(),
            is_last,
            to_read: ids.into(),
            to_link,
            events: Vec::new(),
            seen: Vec::new(),
        }
    }

    pub(super) fn take_record(&mut self, read: Read) {
        self.events.extend(read.events);
        self.seen.push(read.seen);
    }

    pub(super) fn take_links(&mut self, to: Object, found: &[Link]) {
        for link in found {
            let Some(seen) = self.seen.iter_mut().find(|seen| seen.key.id == link.from) else { continue };
            match to.entity() {
                EntityKind::Company => seen.company = Some(link.to.clone()),
                _ => seen.contacts.push(link.to.clone()),
            }
        }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.to_read.is_empty() && self.to_link.is_empty()
    }

    pub(super) fn finish(self, position: Position) -> Page {
        Page { events: self.events, seen: self.seen, position }
    }
}
