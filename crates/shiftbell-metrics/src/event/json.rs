//! The JSON form of an event, read and written without a tree of values in between: an import does little else.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, de};
use serde_json::{Map, Value as Json};

use super::{Event, ID_BYTES_MAX, Properties, Unreadable};
use crate::id::EntityKind;
use crate::time::Instant;

const KINDS: usize = EntityKind::ALL.len();

/// An object as it was read, before it is known whether it is an event.
#[derive(Default)]
struct Raw {
    id: Option<Json>,
    kind: Option<Json>,
    at: Option<Json>,
    owner: Option<Json>,
    names: [Option<Json>; KINDS],
    set: Option<Either<Words>>,
    properties: Properties,
}

type Sets = BTreeMap<EntityKind, Properties>;

pub(super) fn read(text: &str) -> Result<Event, Unreadable> {
    match serde_json::from_str::<Raw>(text) {
        Ok(raw) => raw.event(),
        Err(error) => match serde_json::from_str::<Json>(text) {
            Ok(other) if !other.is_object() => Err(Unreadable::NotJson(format!("found {}", kind_of(&other)))),
            Ok(_) | Err(_) => Err(Unreadable::NotJson(error.to_string())),
        },
    }
}

pub(super) fn read_map(map: Map<String, Json>) -> Result<Event, Unreadable> {
    serde_json::from_value::<Raw>(Json::Object(map)).map_err(|error| Unreadable::NotJson(error.to_string()))?.event()
}

impl Raw {
    fn event(self) -> Result<Event, Unreadable> {
        let id = id_of(self.id, "id")?.ok_or(Unreadable::Missing { key: "id" })?;
        let kind = id_of(self.kind, "type")?.ok_or(Unreadable::Missing { key: "type" })?;
        let at = at_of(self.at)?;
        let mut names = BTreeMap::new();
        for (entity, name) in EntityKind::ALL.into_iter().zip(self.names) {
            names.extend(id_of(name, entity.word())?.map(|name| (entity, name)));
        }
        if names.is_empty() {
            return Err(Unreadable::NoEntity);
        }
        let owner = id_of(self.owner, "owner")?;
        let set = match self.set {
            None | Some(Either::Null) => Sets::new(),
            Some(Either::Object(Words(sets))) => sets?,
            Some(Either::Other(found)) => return Err(no_set("set".into(), found)),
        };
        Ok(Event { id, kind, at, names, owner, set, properties: self.properties })
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Raw, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut raw = Raw::default();
        // Of a key that is there twice, the last counts.
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "id" => raw.id = Some(map.next_value()?),
                "type" => raw.kind = Some(map.next_value()?),
                "at" => raw.at = Some(map.next_value()?),
                "owner" => raw.owner = Some(map.next_value()?),
                "set" => raw.set = Some(map.next_value()?),
                word => match EntityKind::ALL.iter().position(|kind| kind.word() == word) {
                    Some(place) => raw.names[place] = Some(map.next_value()?),
                    None => drop(raw.properties.insert(key.into_owned(), map.next_value()?)),
                },
            }
        }
        Ok(raw)
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key<'de>, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A value that should be an object.
enum Either<T> {
    Object(T),
    Null,
    /// What it is instead.
    Other(&'static str),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Either<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Either<T>, D::Error> {
        deserializer.deserialize_any(EitherVisitor(PhantomData))
    }
}

struct EitherVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EitherVisitor<T> {
    type Value = Either<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Either<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Either::Object)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Either<T>, E> {
        Ok(Either::Null)
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Either<T>, E> {
        Ok(Either::Other(kind_of(&Json::Bool(true))))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Either<T>, E> {
        Ok(Either::Other(kind_of(&Json::from(0))))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Either<T>, E> {
        self.visit_i64(0)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Either<T>, E> {
        self.visit_i64(0)
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Either<T>, E> {
        Ok(Either::Other(kind_of(&Json::String(String::new()))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Either<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Either::Other(kind_of(&Json::Array(Vec::new()))))
    }
}

/// What stands under `set`. What is wrong in it is no error yet: first the whole text must be JSON.
struct Words(Result<Sets, Unreadable>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        deserializer.deserialize_map(WordsVisitor)
    }
}

struct WordsVisitor;

impl<'de> Visitor<'de> for WordsVisitor {
    type Value = Words;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Words, A::Error> {
        let (mut sets, mut wrong) = (Sets::new(), None);
        while let Some(Key(word)) = map.next_key()? {
            let value: Either<Properties> = map.next_value()?;
            match (EntityKind::from_word(&word), value) {
                (None, _) => {
                    let wanted = "one of contact, company, deal, subscription or visitor";
                    let key = format!("set.{word}");
                    wrong = wrong.or(Some(Unreadable::Wrong { key, found: "set".into(), wanted }));
                }
                (Some(kind), Either::Object(properties)) => drop(sets.insert(kind, properties)),
                (Some(_), Either::Null) => {}
                (Some(_), Either::Other(found)) => wrong = wrong.or(Some(no_set(format!("set.{word}"), found))),
            }
        }
        Ok(Words(wrong.map_or(Ok(sets), Err)))
    }
}

fn no_set(key: String, found: &str) -> Unreadable {
    Unreadable::Wrong { key, found: found.into(), wanted: "an object such as {\"contact\":{\"source\":\"ads\"}}" }
}

fn at_of(at: Option<Json>) -> Result<Instant, Unreadable> {
    let wanted = "a time such as \"2026-08-01T09:30:00Z\"";
    let wrong = |found: String| Unreadable::Wrong { key: "at".into(), found, wanted };
    match at {
        None | Some(Json::Null) => Err(Unreadable::Missing { key: "at" }),
        Some(Json::String(text)) => Instant::parse(&text).ok_or_else(|| wrong(format!("`{text}`"))),
        Some(other) => Err(wrong(kind_of(&other).into())),
    }
}

/// An id: text, or a number (many systems number their records). Empty text and null are no id.
fn id_of(id: Option<Json>, key: &str) -> Result<Option<String>, Unreadable> {
    let wrong = |found: String| Unreadable::Wrong { key: key.into(), found, wanted: "text of at most 512 bytes" };
    match id {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if text.is_empty() => Ok(None),
        Some(Json::String(text)) if text.len() > ID_BYTES_MAX => Err(wrong(format!("{} bytes long", text.len()))),
        Some(Json::String(text)) if text.contains('\0') => Err(wrong("text with a NUL in it".into())),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(Json::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong(kind_of(&other).into())),
    }
}

fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", &self.id)?;
        map.serialize_entry("type", &self.kind)?;
        map.serialize_entry("at", &self.at.to_timestamp())?;
        for (kind, id) in &self.names {
            map.serialize_entry(kind.word(), id)?;
        }
        if let Some(owner) = &self.owner {
            map.serialize_entry("owner", owner)?;
        }
        if !self.set.is_empty() {
            map.serialize_entry("set", &self.set)?;
        }
        for (key, value) in self.properties.iter().filter(|(key, _)| !self.has(key)) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Event {
    /// Whether its JSON form has this key without its properties.
    fn has(&self, key: &str) -> bool {
        match key {
            "id" | "type" | "at" => true,
            "owner" => self.owner.is_some(),
            "set" => !self.set.is_empty(),
            word => self.names.keys().any(|kind| kind.word() == word),
        }
    }
}
