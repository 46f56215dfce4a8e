//! HubSpot, by its webhooks and by its API ([`poll`]). Both give the same events for the same change, so that the faster one
//! wins and nothing doubles.
//!
//! A delivery is a list of at most 100 changes, one property or one association each, in any order and any number of times.
//! Three generations of the format are read: `eventType` (2016), `contact.propertyChange` and `object.propertyChange`.
//!
//! What webhooks do not bring:
//! - **Forms.** There is no webhook for a submission; the contact's property `recent_conversion_event_name` says which form
//!   was the latest, and is read as an event `form`. The same form sent twice changes nothing there and is not seen. A poll
//!   reads each submission; the two tell of one form a moment apart, and it is counted once.
//! - **Activities.** Calls, e-mails, meetings and tasks arrive one property at a time and without the contact they belong to.
//!   What they say is ignored and counted, since a poll brings it whole; that one is deleted or restored is taken.
//! - **Calculated properties** (scores, counts) are reported not to fire; a poll reads them.

pub mod signature;

mod change;
mod fields;
mod identity;
mod line;
pub mod own;
pub mod poll;
pub mod portal;
mod record;

use serde_json::Value as Json;

use crate::parsed::{Parsed, json_of, shortened, word_of};
use crate::settings::SourceSettings;
use change::{Change, Reading};

/// Reads one delivery.
pub(crate) fn parse(body: &[u8], settings: &SourceSettings) -> Parsed {
    let elements = match json_of(body) {
        Ok(Json::Array(elements)) => elements,
        Ok(other) => {
            return Parsed::unreadable(format!("the body is {}; a list of changes was expected", word_of(&other)));
        }
        Err(reason) => return Parsed::unreadable(reason),
    };
    let mut parsed = Parsed::default();
    for (index, element) in elements.iter().enumerate() {
        match element {
            Json::Object(map) => match change::read(&Change(map), settings) {
                Ok(Reading::Events(events)) => parsed.events.extend(events),
                Ok(Reading::Ignored(reason)) => parsed.ignore(reason),
                Err(reason) => parsed.refuse(index, shortened_reason(reason)),
            },
            other => parsed.refuse(index, format!("a change is an object, found {}", word_of(other))),
        }
    }
    parsed
}

fn shortened_reason(reason: String) -> String {
    if reason.len() > 300 { shortened(&reason) } else { reason }
}
