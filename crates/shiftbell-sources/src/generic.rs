//! Anything that can sign JSON: CloudEvents 1.0 in structured mode, one or a list, and plain normalised events.
//!
//! The `data` of a CloudEvent is a normalised event; its `id`, `time` and `type` fill what the data leave out. Binary mode
//! (the envelope in HTTP headers) is not read.

pub mod signature;

mod envelope;

use serde_json::Value as Json;
use shiftbell_metrics::time::Instant;

use crate::parsed::{Parsed, json_of, word_of};

/// Reads one delivery.
pub(crate) fn parse(body: &[u8], received_at: Instant) -> Parsed {
    let elements = match json_of(body) {
        Ok(Json::Array(elements)) => elements,
        Ok(one @ Json::Object(_)) => vec![one],
        Ok(other) => {
            return Parsed::unreadable(format!(
                "the body is {}; an event or a list of events was expected",
                word_of(&other)
            ));
        }
        Err(reason) => return Parsed::unreadable(reason),
    };
    let mut parsed = Parsed::default();
    for (index, element) in elements.into_iter().enumerate() {
        match element {
            Json::Object(map) => match envelope::read(map, received_at) {
                Ok(event) => parsed.events.push(event),
                Err(reason) => parsed.refuse(index, reason),
            },
            other => parsed.refuse(index, format!("an event is an object, found {}", word_of(&other))),
        }
    }
    parsed
}
