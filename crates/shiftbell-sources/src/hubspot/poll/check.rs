//! The parts of a round that ask for lists: what is in the archive, and in a full check what there is at all.

use shiftbell_metrics::time::Instant;

use super::object::Object;
use super::page::Page;
use super::position::Place;
use super::rows::{self, Reader};
use super::{Listed, Poll};

impl Poll {
    /// Compares a page of the full check with the records that were read of it before. What is missing is read next, what is
    /// gone is part of the page.
    pub fn compare(&mut self, page: &mut Page, ours: &[u64]) {
        let (Some(listed), Some(check)) = (page.listed.take(), &mut self.position.check) else { return };
        let since = self.settings.asking.history_ms.map(|history| check.began.plus_ms(-history));
        let (missing, gone) = listed.compare(ours, since, check.began);
        if !missing.is_empty() || !gone.is_empty() {
            let difference = check.differences.entry(listed.object).or_default();
            difference.missing += missing.len() as u64;
            difference.gone += gone.len() as u64;
        }
        page.seen.extend(gone);
        page.position.check.clone_from(&self.position.check);
        if !missing.is_empty() {
            let next = self.pages.back().map_or_else(|| self.position.place.clone(), |last| last.next.clone());
            let page = self.add_page(0, next);
            self.read_page(page, listed.object, &missing);
        }
    }

    pub(super) fn take_archived(
        &mut self,
        object: Object,
        place: &Place,
        json: &serde_json::Value,
    ) -> Result<(), String> {
        let Some(schema) = self.schema.get(&object) else { return Ok(()) };
        let reader = Reader { settings: &self.settings, schema, object, began: Instant(0) };
        let read = rows::results(json)?.iter().map(|row| reader.archived(row)).collect::<Result<Vec<_>, _>>()?;
        let next = match rows::after(json)? {
            after @ Some(_) => Some(Place { after, ..Place::beginning(place.part) }),
            None => self.after(place.part),
        };
        let before = if place.after.is_none() { 0 } else { self.position.archived.get(&object).copied().unwrap_or(0) };
        self.position.archived.insert(object, before + read.len() as u64);
        let page = self.begin_page(0, next);
        self.page_of(page, |page| page.take_records(read));
        Ok(())
    }

    pub(super) fn take_listed(
        &mut self,
        object: Object,
        place: &Place,
        json: &serde_json::Value,
    ) -> Result<(), String> {
        let records = rows::listed(json)?;
        let above = place.below.unwrap_or(0);
        if records.first_key_value().is_some_and(|(first, _)| *first <= above) {
            return Err("the list did not come in the order of its numbers".to_owned());
        }
        let (next, to) = match (rows::after(json)?, records.last_key_value()) {
            (after @ Some(_), Some((last, _))) => {
                (Some(Place { below: Some(*last), after, ..Place::beginning(place.part) }), *last)
            }
            _ => (self.after(place.part), u64::MAX),
        };
        let page = self.begin_page(0, next);
        self.page_of(page, |page| page.listed = Some(Listed { object, above, to, records }));
        Ok(())
    }
}
