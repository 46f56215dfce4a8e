//! The normalised event: a fact at a time, about one entity.

mod json;

use std::collections::BTreeMap;

use serde_json::Map;

use crate::id::{EntityId, EntityKey, EntityKind};
use crate::time::Instant;
use crate::value::Value;

/// Properties by name.
pub type Properties = BTreeMap<String, Value>;

/// Something that happened, in the words of no vendor.
///
/// Its JSON form is one object: `id`, `type`, `at`, the entities it names (`contact`, `company`, `deal`, `subscription`,
/// `visitor`), `owner`, `set`, and its own properties beside them.
///
/// ```
/// use shiftbell_metrics::event::Event;
/// let event = Event::from_json(r#"{"id":"evt-1","type":"form","at":"2026-08-01T09:30:00Z","contact":"c-42","form":"demo"}"#).unwrap();
/// assert_eq!(event.kind, "form");
/// assert_eq!(event.properties["form"].as_text(), Some("demo"));
/// assert_eq!(Event::from_json(&event.to_json().to_string()).unwrap(), event);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unique within its entity and source.
    pub id: String,
    /// What happened: `form`, `call`, `deal`, `order` ... (`type` in JSON).
    pub kind: String,
    pub at: Instant,
    /// The entities it names, at most one of each kind, and so links.
    pub names: BTreeMap<EntityKind, String>,
    /// Who did it or owns it, as the source names people (an e-mail where it is known).
    pub owner: Option<String>,
    /// Changes of properties as of `at`.
    pub set: BTreeMap<EntityKind, Properties>,
    pub properties: Properties,
}

/// Kinds with a meaning of their own in the fold.
pub mod kinds {
    /// The two entities named here no longer belong together.
    pub const UNLINKED: &str = "unlinked";
    /// The entity is the same as `into` (an id of its own kind) and is counted there, for ever.
    pub const MERGED: &str = "merged";
    /// The entity was deleted at its source: it counts nowhere, until `restored`.
    pub const DELETED: &str = "deleted";
    pub const RESTORED: &str = "restored";
}

/// Why a text is no event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("not a JSON object: {0}")]
    NotJson(String),
    #[error("`{key}` is missing; an event needs `id`, `type` and `at`")]
    Missing { key: &'static str },
    #[error("`{key}` is {found}, but should be {wanted}")]
    Wrong { key: String, found: String, wanted: &'static str },
    #[error("it names no entity; one of contact, company, deal, subscription or visitor is needed")]
    NoEntity,
}

/// Longest id of an event or entity, in bytes.
pub const ID_BYTES_MAX: usize = 512;

impl Event {
    /// The entity to which this event belongs for ever: the most specific that it names.
    pub fn entity(&self) -> EntityKey {
        match self.names.first_key_value() {
            Some((kind, id)) => EntityKey::new(*kind, id.clone()),
            None => EntityKey::new(EntityKind::Company, ""),
        }
    }

    /// The number of that entity.
    pub fn entity_id(&self) -> EntityId {
        match self.names.first_key_value() {
            Some((kind, id)) => EntityId::of(*kind, id),
            None => EntityId::of(EntityKind::Company, ""),
        }
    }

    /// Reads an event from the text of a JSON object. Unknown keys are kept as properties.
    ///
    /// # Errors
    /// [`Unreadable`], with the key that is missing or wrong.
    pub fn from_json(text: &str) -> Result<Event, Unreadable> {
        json::read(text)
    }

    /// As [`Event::from_json`], from an object that was read already.
    ///
    /// # Errors
    /// As [`Event::from_json`].
    pub fn from_map(map: Map<String, serde_json::Value>) -> Result<Event, Unreadable> {
        json::read_map(map)
    }

    /// The JSON form, read back by [`Event::from_json`] as the same event.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The text of the JSON form.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
