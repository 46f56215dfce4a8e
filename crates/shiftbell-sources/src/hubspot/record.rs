//! What can happen to a record, as events: the same event whoever tells of it, a webhook or a poll.
//!
//! The identity of an event is made only of what both ways know: the record, the property, the value and the time, never
//! the number that a webhook gives to its notification. What a poll learns again is therefore known, and what a webhook
//! brings after a poll is too.

use std::collections::BTreeMap;

use shiftbell_metrics::event::{Event, Properties, kinds};
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Instant, MS_PER_SECOND};
use shiftbell_metrics::value::Value;

use super::fields;
use super::identity::event_id;
use crate::parsed::shortened;
use crate::settings::SourceSettings;

/// The contact's property that says which form was the latest.
pub(super) const CONVERSION: &str = "recent_conversion_event_name";
/// The properties that feed an event where the map says nothing: HubSpot's own for forms, and the usual name for meetings.
const FEEDS: [(&str, &str, &str); 3] =
    [(CONVERSION, "form", "form"), ("meeting_status", "meeting", "status"), ("meeting_outcome", "meeting", "status")];

/// How a record came to its end, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Deleted,
    DeletedForPrivacy,
    Restored,
}

/// One record of which something is told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) settings: &'a SourceSettings,
    pub(super) entity: EntityKind,
    pub(super) id: &'a str,
}

impl Record<'_> {
    /// It was made. A record is made once, so that the identity needs no time.
    pub(super) fn created(&self, at: Instant, source: &str) -> Event {
        let mut event = self.event(at, &["creation"]);
        if self.entity == EntityKind::Contact {
            event.kind = "contact_created".to_owned();
            let source = if source.is_empty() { "unknown".to_owned() } else { source.to_lowercase() };
            let how = if source.starts_with("import") { "import".to_owned() } else { source };
            event.properties.insert("how".to_owned(), Value::text(how));
        } else {
            event.properties.insert("change".to_owned(), Value::text("created"));
        }
        event
    }

    /// A property has a new value; empty text clears it. `by` is who did it, such as `userId:77`.
    ///
    /// # Errors
    /// The reason, if this change is none that counts.
    pub(super) fn changed(&self, at: Instant, property: &str, theirs: &str, by: Option<&str>) -> Result<Event, String> {
        if let Some((kind, name)) = feed(self.settings, self.entity, property) {
            if theirs.is_empty() {
                return Err(format!("`{}` was cleared, which is no {kind}", shortened(property)));
            }
            // Something that was done is counted, and the two ways may differ by less than a second.
            let second = Instant(at.as_ms().div_euclid(MS_PER_SECOND) * MS_PER_SECOND);
            let mut event = self.event(at, &["propertyChange", property, &second.as_ms().to_string(), theirs]);
            event.kind = kind.to_owned();
            event.owner = by.and_then(|by| fields::email(self.settings, by).map(str::to_owned));
            let value = fed_value(self.settings, kind, name, property, theirs);
            event.properties.insert(name.to_owned(), Value::text(value));
            return Ok(event);
        }
        let mut event = self.event(at, &["propertyChange", property, &at.as_ms().to_string(), theirs]);
        let set = fields::changes(self.settings, self.entity, property, theirs);
        if let Some(owner) = set.get("owner") {
            event.owner = owner.as_text().map(str::to_owned);
        }
        event.set.insert(self.entity, set);
        Ok(event)
    }

    /// A property that may not be told has a new value.
    pub(super) fn changed_in_secret(&self, at: Instant, property: &str) -> Event {
        let mut event = self.event(at, &["propertyChange", property, &at.as_ms().to_string(), "REDACTED"]);
        event.properties.insert("redacted".to_owned(), Value::Bool(true));
        event.set.insert(self.entity, Properties::from([(property.to_owned(), Value::Null)]));
        event
    }

    pub(super) fn turned(&self, turn: Turn, at: Instant) -> Event {
        let (word, kind, reason) = match turn {
            Turn::Deleted => ("deletion", kinds::DELETED, None),
            Turn::DeletedForPrivacy => ("privacyDeletion", kinds::DELETED, Some("privacy")),
            Turn::Restored => ("restore", kinds::RESTORED, None),
        };
        let mut event = self.event(at, &[word, &at.as_ms().to_string()]);
        event.kind = kind.to_owned();
        if let Some(reason) = reason {
            event.properties.insert("reason".to_owned(), Value::text(reason));
        }
        event
    }

    /// Of an activity: it happened.
    pub(super) fn happened(&self, kind: &str, at: Instant, what: &[&str]) -> Event {
        let mut event = self.event(at, &[&["happened"], what].concat());
        event.kind = kind.to_owned();
        event
    }

    /// It is found to be otherwise than was told. HubSpot does not say since when.
    pub(super) fn corrected(&self, at: Instant, names: &BTreeMap<EntityKind, String>, says: Properties) -> Event {
        let mut event = self.event(at, &["corrected", &at.as_ms().to_string()]);
        event.names.extend(names.clone());
        event.set.insert(self.entity, says);
        event
    }

    /// It is no more; what is known of it belongs to another record of its kind. That happens once.
    pub(super) fn merged_into(&self, into: &str, at: Instant) -> Event {
        let mut event = self.event(at, &["merge", into]);
        event.kind = kinds::MERGED.to_owned();
        event.properties.insert("into".to_owned(), Value::text(into));
        event
    }

    /// It belongs together with another record, or no longer. Both records tell of it, which is one event.
    pub(super) fn linked(&self, to: EntityKind, to_id: &str, at: Instant, is_removed: bool) -> Event {
        let ((lesser, lesser_id), (greater, greater_id)) = {
            let (one, other) = ((self.entity, self.id), (to, to_id));
            if one.0 <= other.0 { (one, other) } else { (other, one) }
        };
        let word = if is_removed { "removed" } else { "made" };
        let at_ms = at.as_ms().to_string();
        Event {
            id: event_id(&["association", lesser.word(), lesser_id, greater.word(), greater_id, word, &at_ms]),
            kind: if is_removed { kinds::UNLINKED } else { "linked" }.to_owned(),
            at,
            names: BTreeMap::from([(lesser, lesser_id.to_owned()), (greater, greater_id.to_owned())]),
            owner: None,
            set: BTreeMap::new(),
            properties: Properties::new(),
        }
    }

    fn event(&self, at: Instant, what: &[&str]) -> Event {
        let mut parts = vec![self.entity.word(), self.id];
        parts.extend(what);
        Event {
            id: event_id(&parts),
            kind: self.entity.word().to_owned(),
            at,
            names: BTreeMap::from([(self.entity, self.id.to_owned())]),
            owner: None,
            set: BTreeMap::new(),
            properties: Properties::new(),
        }
    }
}

/// The event, and its property, that a change of this property is.
pub(super) fn feed<'a>(settings: &'a SourceSettings, entity: EntityKind, property: &str) -> Option<(&'a str, &'a str)> {
    settings.words.feed(property).or_else(|| {
        let is_ours = entity != EntityKind::Company;
        FEEDS.iter().find(|(of, _, _)| is_ours && *of == property).map(|(_, kind, name)| (*kind, *name))
    })
}

/// A form is named `page: form` where HubSpot found it on a page; either may hold a colon itself.
pub(super) fn fed_value(settings: &SourceSettings, kind: &str, name: &str, property: &str, theirs: &str) -> String {
    let of = |text: &str| settings.words.value(kind, name, property, text).map(str::to_owned);
    let endings = theirs.match_indices(": ").map(|(at, colon)| &theirs[at + colon.len()..]);
    let last = theirs.rsplit_once(": ").map_or(theirs, |(_, form)| form);
    let unmapped = || (if kind == "form" { last } else { theirs }).to_owned();
    std::iter::once(theirs).chain(endings).find_map(of).unwrap_or_else(unmapped)
}
