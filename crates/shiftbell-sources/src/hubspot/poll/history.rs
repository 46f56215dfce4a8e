//! The history of a record's properties, as events.

use serde_json::{Map, Value as Json};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;

use super::rows::time;
use super::schema::{COMPANY, MERGED, Schema, Written};
use crate::hubspot::record::Record;
use crate::parsed::word_of;

/// One value that a property had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) value: String,
    pub(super) at: Instant,
    pub(super) by: Option<String>,
}

/// The versions of a property, the oldest first.
pub(super) fn versions(schema: &Schema, property: &str, versions: &Json) -> Result<Vec<Version>, String> {
    let Json::Array(versions) = versions else { return Ok(Vec::new()) };
    let written = schema.written(property);
    let mut versions = versions.iter().map(|one| Version::read(one, written)).collect::<Result<Vec<_>, _>>()?;
    versions.sort_by_key(|version| version.at);
    Ok(versions)
}

/// What happened to a record, by the history of its properties.
pub(super) fn events(
    record: &Record<'_>,
    schema: &Schema,
    histories: &Map<String, Json>,
    events: &mut Vec<Event>,
) -> Result<(), String> {
    for (property, of) in histories {
        let versions = versions(schema, property, of)?;
        if record.entity == EntityKind::Contact && property == COMPANY {
            belonged(record, &versions, events);
        } else if property == MERGED {
            took_in(record, &versions, events);
        } else {
            // A cleared form is no form: what does not count is left out, as with webhooks.
            let changes = versions.iter().map(|of| record.changed(of.at, property, &of.value, of.by.as_deref()));
            events.extend(changes.flatten());
        }
    }
    Ok(())
}

/// The companies to which a contact belonged, one after the other.
fn belonged(record: &Record<'_>, versions: &[Version], events: &mut Vec<Event>) {
    let mut before = "";
    for version in versions {
        if version.value.is_empty() && !before.is_empty() {
            events.push(record.linked(EntityKind::Company, before, version.at, true));
        } else if !version.value.is_empty() {
            events.push(record.linked(EntityKind::Company, &version.value, version.at, false));
        }
        before = &version.value;
    }
}

/// The records that were merged into this one: each is one that a version names first.
fn took_in(record: &Record<'_>, versions: &[Version], events: &mut Vec<Event>) {
    let mut known: Vec<&str> = vec![record.id];
    for version in versions {
        for id in version.value.split(';').map(str::trim).filter(|id| !id.is_empty()) {
            if !known.contains(&id) {
                known.push(id);
                let gone = Record { id, ..*record };
                events.push(gone.merged_into(record.id, version.at));
            }
        }
    }
}

impl Version {
    fn read(json: &Json, written: Written) -> Result<Version, String> {
        let at = time(json, "timestamp")?;
        let value = text_of(json.get("value"))?;
        let value = match written {
            Written::Time => in_milliseconds(&value).unwrap_or(value),
            Written::Text => value,
        };
        let source = json.get("sourceId").and_then(Json::as_str).filter(|source| !source.is_empty());
        let user = || json.get("updatedByUserId").and_then(Json::as_u64).map(|user| format!("userId:{user}"));
        Ok(Version { value, at, by: source.map(str::to_owned).or_else(user) })
    }
}

/// The value of a property as text; none is empty.
pub(super) fn text_of(value: Option<&Json>) -> Result<String, String> {
    Ok(match value {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        Some(Json::Bool(truth)) => truth.to_string(),
        Some(other) => return Err(format!("the value of a property is {}; text was expected", word_of(other))),
    })
}

/// As webhooks write a date or a time: the API writes `2026-08-01` and `2026-08-01T09:30:00Z`.
fn in_milliseconds(text: &str) -> Option<String> {
    let text = text.trim();
    let at = Instant::parse(text).or_else(|| Instant::parse(&format!("{text}T00:00:00Z")))?;
    Some(at.as_ms().to_string())
}
