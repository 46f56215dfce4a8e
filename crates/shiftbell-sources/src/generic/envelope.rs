//! The envelope of CloudEvents 1.0.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use shiftbell_metrics::event::{Event, ID_BYTES_MAX};
use shiftbell_metrics::time::Instant;

use crate::parsed::{shortened, word_of};

/// Reads a CloudEvent, or an object without `specversion` as the event itself.
pub(super) fn read(mut map: Map<String, Json>, received_at: Instant) -> Result<Event, String> {
    match map.remove("specversion") {
        None => Event::from_map(map).map_err(|e| e.to_string()),
        Some(Json::String(version)) if version == "1.0" => unwrap(map, received_at),
        Some(Json::String(version)) => {
            Err(format!("`specversion` is `{}`; only CloudEvents 1.0 is read", shortened(&version)))
        }
        Some(other) => Err(format!("`specversion` is {}; \"1.0\" was expected", word_of(&other))),
    }
}

fn unwrap(mut envelope: Map<String, Json>, received_at: Instant) -> Result<Event, String> {
    let mut required = |key: &str| match envelope.remove(key) {
        Some(Json::String(text)) if !text.is_empty() => Ok(text),
        Some(other) if !other.is_null() => {
            Err(format!("`{key}` of the CloudEvent is {}; text was expected", word_of(&other)))
        }
        Some(_) | None => Err(format!("`{key}` of the CloudEvent is missing")),
    };
    let (id, source, kind) = (required("id")?, required("source")?, required("type")?);
    let time = match envelope.remove("time") {
        None | Some(Json::Null) => received_at.to_string(),
        Some(Json::String(time)) => time,
        Some(other) => return Err(format!("`time` of the CloudEvent is {}; RFC 3339 was expected", word_of(&other))),
    };
    let mut event = data_of(&mut envelope)?;
    event.entry("id").or_insert_with(|| json!(identity(&source, &id)));
    event.entry("type").or_insert_with(|| json!(kind));
    event.entry("at").or_insert_with(|| json!(time));
    Event::from_map(event).map_err(|e| format!("`data` of the CloudEvent: {e}"))
}

/// Two CloudEvents are the same where source and id are the same.
fn identity(source: &str, id: &str) -> String {
    let whole = format!("{source}#{id}");
    if whole.len() <= ID_BYTES_MAX { whole } else { hex::encode(&Sha256::digest(whole)[..16]) }
}

fn data_of(envelope: &mut Map<String, Json>) -> Result<Map<String, Json>, String> {
    let content = envelope.remove("datacontenttype");
    if let Some(content) = content.as_ref().and_then(Json::as_str)
        && !content.contains("json")
    {
        return Err(format!("`datacontenttype` is `{}`; JSON was expected", shortened(content)));
    }
    let data = match (envelope.remove("data"), envelope.remove("data_base64")) {
        (Some(data), _) => data,
        (None, Some(Json::String(text))) => STANDARD
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or("`data_base64` of the CloudEvent holds no JSON")?,
        (None, _) => return Err("`data` of the CloudEvent is missing; a normalised event was expected".to_owned()),
    };
    match data {
        Json::Object(map) => Ok(map),
        other => Err(format!("`data` of the CloudEvent is {}; a normalised event was expected", word_of(&other))),
    }
}
