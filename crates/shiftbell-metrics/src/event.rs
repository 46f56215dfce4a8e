//! The normalised event: a fact at a time, about one entity.

use std::collections::BTreeMap;

use serde_json::{Map, json};

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

    pub fn from_json(text: &str) -> Result<Event, Unreadable> {
        let json: serde_json::Value = serde_json::from_str(text).map_err(|e| Unreadable::NotJson(e.to_string()))?;
        match json {
            serde_json::Value::Object(map) => Event::from_map(map),
            other => Err(Unreadable::NotJson(format!("found {}", kind_of(&other)))),
        }
    }

    /// Reads an event from a JSON object. Unknown keys are kept as properties.
    pub fn from_map(mut map: Map<String, serde_json::Value>) -> Result<Event, Unreadable> {
        let id = take_id(&mut map, "id")?.ok_or(Unreadable::Missing { key: "id" })?;
        let kind = take_id(&mut map, "type")?.ok_or(Unreadable::Missing { key: "type" })?;
        let at = take_at(&mut map)?;
        let mut names = BTreeMap::new();
        for entity in EntityKind::ALL {
            if let Some(name) = take_id(&mut map, entity.word())? {
                names.insert(entity, name);
            }
        }
        if names.is_empty() {
            return Err(Unreadable::NoEntity);
        }
        let owner = take_id(&mut map, "owner")?;
        let set = take_set(&mut map)?;
        let properties = map.into_iter().map(|(key, value)| (key, Value::from_json(value))).collect();
        Ok(Event { id, kind, at, names, owner, set, properties })
    }

    pub fn to_json(&self) -> serde_json::Value {
        let mut map = Map::new();
        map.insert("id".into(), json!(self.id));
        map.insert("type".into(), json!(self.kind));
        map.insert("at".into(), json!(self.at.to_string()));
        for (kind, id) in &self.names {
            map.insert(kind.word().into(), json!(id));
        }
        if let Some(owner) = &self.owner {
            map.insert("owner".into(), json!(owner));
        }
        if !self.set.is_empty() {
            let set: Map<_, _> = self.set.iter().map(|(kind, of)| (kind.word().into(), properties_json(of))).collect();
            map.insert("set".into(), set.into());
        }
        for (key, value) in &self.properties {
            map.entry(key.clone()).or_insert_with(|| value.to_json());
        }
        map.into()
    }
}

fn properties_json(properties: &Properties) -> serde_json::Value {
    properties.iter().map(|(key, value)| (key.clone(), value.to_json())).collect::<Map<_, _>>().into()
}

fn take_at(map: &mut Map<String, serde_json::Value>) -> Result<Instant, Unreadable> {
    let wanted = "a time such as \"2026-08-01T09:30:00Z\"";
    match map.remove("at") {
        None | Some(serde_json::Value::Null) => Err(Unreadable::Missing { key: "at" }),
        Some(serde_json::Value::String(text)) => Instant::parse(&text).ok_or_else(|| Unreadable::Wrong {
            key: "at".into(),
            found: format!("`{text}`"),
            wanted,
        }),
        Some(other) => Err(Unreadable::Wrong { key: "at".into(), found: kind_of(&other).into(), wanted }),
    }
}

/// An id: text, or a number (many systems number their records). Empty text and null are no id.
fn take_id(map: &mut Map<String, serde_json::Value>, key: &str) -> Result<Option<String>, Unreadable> {
    let wrong = |found: String| Unreadable::Wrong { key: key.into(), found, wanted: "text of at most 512 bytes" };
    match map.remove(key) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) if text.is_empty() => Ok(None),
        Some(serde_json::Value::String(text)) if text.len() > ID_BYTES_MAX => {
            Err(wrong(format!("{} bytes long", text.len())))
        }
        Some(serde_json::Value::String(text)) if text.contains('\0') => Err(wrong("text with a NUL in it".into())),
        Some(serde_json::Value::String(text)) => Ok(Some(text)),
        Some(serde_json::Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong(kind_of(&other).into())),
    }
}

fn take_set(map: &mut Map<String, serde_json::Value>) -> Result<BTreeMap<EntityKind, Properties>, Unreadable> {
    let wrong = |key: String, found: &serde_json::Value| Unreadable::Wrong {
        key,
        found: kind_of(found).into(),
        wanted: "an object such as {\"contact\":{\"source\":\"ads\"}}",
    };
    let sets = match map.remove("set") {
        None | Some(serde_json::Value::Null) => return Ok(BTreeMap::new()),
        Some(serde_json::Value::Object(sets)) => sets,
        Some(other) => return Err(wrong("set".into(), &other)),
    };
    let mut result = BTreeMap::new();
    for (word, of) in sets {
        let kind = EntityKind::from_word(&word).ok_or_else(|| Unreadable::Wrong {
            key: format!("set.{word}"),
            found: "set".into(),
            wanted: "one of contact, company, deal, subscription or visitor",
        })?;
        match of {
            serde_json::Value::Object(of) => {
                result.insert(kind, of.into_iter().map(|(k, v)| (k, Value::from_json(v))).collect());
            }
            serde_json::Value::Null => {}
            other => return Err(wrong(format!("set.{word}"), &other)),
        }
    }
    Ok(result)
}

fn kind_of(json: &serde_json::Value) -> &'static str {
    match json {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "true or false",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "text",
        serde_json::Value::Array(_) => "a list",
        serde_json::Value::Object(_) => "an object",
    }
}
