//! What people filled in: form by form, the newest first. A submission names its contact by e-mail.
//!
//! Who is not known yet (the search shows a new contact only after a while) is looked for again in the next rounds, for a
//! week. What a form's submission says is also said, without its form's id, by a property of the contact; the fold counts
//! the two once, since they are a moment apart.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Instant, MS_PER_DAY};
use shiftbell_metrics::value::Value;

use super::jobs::Job;
use super::position::{FormPlace, Part, Place};
use super::rows::{self, results};
use super::{Poll, PollProblem};
use crate::hubspot::record::{CONVERSION, Record, fed_value};
use crate::settings::SourceSettings;

/// Forms by id, with their names.
pub(super) type Forms = BTreeMap<String, String>;

/// How long somebody who is not known is looked for.
const UNKNOWN_MS_MAX: i64 = 7 * MS_PER_DAY;
/// People who are looked for by one search.
const PEOPLE_AT_ONCE: usize = 100;

/// What somebody filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) form: String,
    pub(super) name: String,
    pub(super) at: Instant,
    /// In lower case.
    pub(super) email: String,
    /// The contact, once it is found.
    pub(super) contact: Option<u64>,
}

impl Filled {
    pub(super) fn event(&self, settings: &SourceSettings) -> Option<Event> {
        let id = self.contact?.to_string();
        let record = Record { settings, entity: EntityKind::Contact, id: &id };
        let mut event = record.happened("form", self.at, &[&self.form, &self.at.as_ms().to_string()]);
        let word = fed_value(settings, "form", "form", CONVERSION, &self.name);
        event.properties.insert("form".to_owned(), Value::text(word));
        Some(event)
    }
}

impl Poll {
    pub(super) fn take_forms(&mut self, json: &Json) -> Result<(), String> {
        let forms = self.forms.get_or_insert_default();
        for row in results(json)? {
            let text = |key: &str| row.get(key).and_then(Json::as_str);
            // It becomes part of an address.
            let id = text("id").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
            if let (Some(id), Some(name)) = (id, text("name")) {
                forms.insert(id.to_owned(), name.to_owned());
            }
        }
        if let Some(after) = rows::after(json)? {
            self.jobs.add(Job::Forms(Some(after)));
        }
        Ok(())
    }

    /// The place where a form is read, or the first of the next one.
    pub(super) fn form_place(&mut self, place: Place) -> Option<Place> {
        let forms = self.forms.as_ref()?;
        if let Some(form) = &place.form
            && forms.contains_key(&form.id)
            && place.after.is_some()
        {
            return Some(place);
        }
        let is_next = |id: &&String| place.form.as_ref().is_none_or(|form| **id > form.id);
        let id = forms.keys().find(is_next)?.clone();
        let unknown = self.position.unknown_since.remove(&id);
        let began = self.position.began.unwrap_or(Instant(0));
        let unknown = unknown.filter(|since| began.since(*since) <= UNKNOWN_MS_MAX);
        let since = self.position.since.map(|since| unknown.map_or(since, |unknown| unknown.min(since)));
        Some(Place { form: Some(FormPlace { id, since }), ..Place::beginning(Part::Forms) })
    }

    pub(super) fn take_filled(&mut self, place: &Place, json: &Json) -> Result<(), String> {
        let (Some(form), Some(forms)) = (&place.form, &self.forms) else { return Ok(()) };
        let name = forms.get(&form.id).cloned().unwrap_or_default();
        let is_old = |at: Instant| form.since.is_some_and(|since| at < since);
        let mut filled = Vec::new();
        let mut reaches_old = false;
        for row in results(json)? {
            let at = row.get("submittedAt").and_then(Json::as_i64).map(Instant);
            let at = at.ok_or("`submittedAt` is missing from what was filled in")?;
            reaches_old |= is_old(at);
            let email = email_of(row).filter(|_| !is_old(at));
            filled.extend(email.map(|email| Filled {
                form: form.id.clone(),
                name: name.clone(),
                at,
                email,
                contact: None,
            }));
        }
        let after = rows::after(json)?.filter(|_| !reaches_old);
        let page = self.begin_page(0, Some(Place { after, ..place.clone() }));
        let emails: BTreeSet<String> = filled.iter().map(|filled| filled.email.clone()).collect();
        let emails: Vec<String> = emails.into_iter().collect();
        for emails in emails.chunks(PEOPLE_AT_ONCE) {
            self.jobs.add(Job::People { page, emails: emails.to_vec() });
            self.page_of(page, |page| page.missing += 1);
        }
        self.page_of(page, |page| page.filled = filled);
        Ok(())
    }

    pub(super) fn take_people(&mut self, page: u64, json: &Json) -> Result<(), String> {
        let ids = rows::ids(json)?;
        let mut people: BTreeMap<String, u64> = BTreeMap::new();
        for (row, id) in results(json)?.iter().zip(ids) {
            let properties = row.get("properties");
            let text = |name: &str| properties.and_then(|of| of.get(name)).and_then(Json::as_str).unwrap_or_default();
            let all = text("hs_additional_emails").split(';').chain([text("email")]);
            people.extend(all.map(|email| (email.trim().to_lowercase(), id)));
        }
        self.page_of(page, |page| {
            for filled in &mut page.filled {
                filled.contact = filled.contact.or_else(|| people.get(&filled.email).copied());
            }
        });
        Ok(())
    }

    /// Without the scope, forms are known only by the property of the contact that says which was the latest.
    pub(super) fn leave_out_forms(&mut self, problem: PollProblem) {
        self.forms = None;
        self.forms_refused = Some(problem);
    }
}

fn email_of(row: &Json) -> Option<String> {
    let values = row.get("values").and_then(Json::as_array)?;
    let email = values.iter().find(|value| value.get("name").and_then(Json::as_str) == Some("email"))?;
    let email = email.get("value").and_then(Json::as_str)?.trim().to_lowercase();
    (!email.is_empty() && email.len() <= 320).then_some(email)
}
