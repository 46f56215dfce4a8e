//! What the answers of a round give: the page that a search found, its records, and what they belong to.

use shiftbell_metrics::time::Instant;

use super::jobs::Job;
use super::object::Object;
use super::page::PageInWork;
use super::position::{Part, Place};
use super::rows::{self, Reader};
use super::schema::Schema;
use super::{Poll, READ_AT_ONCE, items};

/// Line items of one read; HubSpot refuses more.
const ITEMS_AT_ONCE: usize = 100;

impl Poll {
    pub(super) fn take_json(&mut self, job: &Job, json: &serde_json::Value) -> Result<(), String> {
        match job {
            Job::Properties(object) => {
                self.schema.insert(*object, Schema::read(&self.settings, &self.wanted, *object, json)?);
            }
            Job::Count(object) => {
                self.position.totals.insert(*object, rows::total(json)?);
            }
            Job::Items { page, .. } => {
                let items = items::read(json)?;
                self.page_of(*page, |page| page.take_items(items));
            }
            Job::Forms(_) => self.take_forms(json)?,
            Job::People { page, .. } => self.take_people(*page, json)?,
            Job::Find(place) => match place.part {
                Part::Changed(object) => self.take_found(object, place, json)?,
                Part::Archive(object) => self.take_archived(object, place, json)?,
                Part::Listed(object) => self.take_listed(object, place, json)?,
                Part::Forms => self.take_filled(place, json)?,
            },
            Job::Read { page, object, .. } => {
                let read = self.read(*object, rows::results(json)?)?;
                self.page_of(*page, |page| page.take_records(read));
            }
            Job::Links { page, object, to, .. } => {
                let linked = rows::links(*object, *to, json)?;
                for (id, after) in linked.more {
                    self.jobs.add(Job::Links {
                        page: *page,
                        object: *object,
                        to: *to,
                        ids: vec![id],
                        after: Some(after),
                    });
                    self.page_of(*page, |page| page.missing += 1);
                }
                if *to == Object::LineItems {
                    let ids: Vec<u64> = linked.found.iter().map(|link| link.to).collect();
                    for ids in ids.chunks(ITEMS_AT_ONCE) {
                        self.jobs.add(Job::Items { page: *page, ids: ids.to_vec() });
                        self.page_of(*page, |page| page.missing += 1);
                    }
                }
                self.page_of(*page, |page| page.take_links(*to, linked.found));
            }
        }
        if let Job::Read { page, .. } | Job::Links { page, .. } | Job::People { page, .. } | Job::Items { page, .. } =
            job
        {
            self.page_of(*page, |page| page.missing -= 1);
        }
        Ok(())
    }

    pub(super) fn page_of(&mut self, number: u64, change: impl FnOnce(&mut PageInWork)) {
        if let Some(page) = self.pages.iter_mut().find(|page| page.number == number) {
            change(page);
        }
    }

    pub(super) fn read(&self, object: Object, rows: &[serde_json::Value]) -> Result<Vec<rows::Read>, String> {
        let Some(schema) = self.schema.get(&object) else { return Ok(Vec::new()) };
        let began = self.position.began.unwrap_or(Instant(0));
        let reader = Reader { settings: &self.settings, schema, object, began };
        rows.iter().map(|row| reader.record(row)).collect()
    }

    /// A search has found a page; it is read now.
    pub(super) fn take_found(&mut self, object: Object, place: &Place, json: &serde_json::Value) -> Result<(), String> {
        let ids = rows::ids(json)?;
        if ids.windows(2).any(|pair| pair[0] <= pair[1])
            || place.below.is_some_and(|below| ids.iter().any(|id| *id >= below))
        {
            return Err("the search did not sort its results by `hs_object_id` as it was asked to".to_owned());
        }
        let read = if object.has_history() { Vec::new() } else { self.read(object, rows::results(json)?)? };
        let next = match ids.last() {
            Some(lowest) if ids.len() == rows::SEARCHED_AT_ONCE => {
                Some(Place { below: Some(*lowest), ..Place::beginning(place.part) })
            }
            _ => self.after(place.part),
        };
        let page = self.begin_page(ids.len(), next);
        if object.has_history() {
            self.read_page(page, object, &ids);
        } else {
            self.link_page(page, object, &ids);
            self.page_of(page, |page| page.take_records(read));
        }
        Ok(())
    }

    /// Reads these records, and what they belong to.
    pub(super) fn read_page(&mut self, page: u64, object: Object, ids: &[u64]) {
        for ids in ids.chunks(READ_AT_ONCE) {
            self.jobs.add(Job::Read { page, object, ids: ids.to_vec() });
            self.page_of(page, |page| page.missing += 1);
        }
        self.link_page(page, object, ids);
    }

    pub(super) fn link_page(&mut self, page: u64, object: Object, ids: &[u64]) {
        let schema = self.schema.get(&object).filter(|_| object == Object::Deals && !ids.is_empty());
        let fields = schema.map(|schema| schema.filled_by_items(&self.settings, &self.wanted)).unwrap_or_default();
        if !fields.is_empty() && !self.left_out.contains_key(&Object::LineItems) {
            self.jobs.add(Job::Links { page, object, to: Object::LineItems, ids: ids.to_vec(), after: None });
            self.page_of(page, |page| {
                page.missing += 1;
                page.ask_items(fields);
            });
        }
        for to in object.linked_to().iter().filter(|_| !ids.is_empty()) {
            self.jobs.add(Job::Links { page, object, to: *to, ids: ids.to_vec(), after: None });
            self.page_of(page, |page| page.missing += 1);
        }
    }
}
