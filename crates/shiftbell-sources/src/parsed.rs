//! What came out of one delivery.

use std::collections::BTreeMap;

use shiftbell_metrics::event::Event;

/// Everything that one delivery held. `events + ignored + unreadable` accounts for every element of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// In the order in which they stood.
    pub events: Vec<Event>,
    /// Authentic, but not wanted: how many elements, by the reason.
    pub ignored: BTreeMap<String, u64>,
    pub unreadable: Vec<Unreadable>,
}

/// An element that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Its place in the delivery, from 0; `None` if the delivery as a whole could not be read.
    pub index: Option<usize>,
    /// A sentence for the person who must act.
    pub reason: String,
}

impl Parsed {
    /// A delivery of which nothing could be read.
    pub(crate) fn unreadable(reason: impl Into<String>) -> Parsed {
        Parsed { unreadable: vec![Unreadable { index: None, reason: reason.into() }], ..Parsed::default() }
    }

    pub(crate) fn ignore(&mut self, reason: impl Into<String>) {
        *self.ignored.entry(reason.into()).or_default() += 1;
    }

    pub(crate) fn refuse(&mut self, index: usize, reason: impl Into<String>) {
        self.unreadable.push(Unreadable { index: Some(index), reason: reason.into() });
    }
}

/// The JSON of a body, or why it is none, with the place.
pub(crate) fn json_of(body: &[u8]) -> Result<serde_json::Value, String> {
    if body.is_empty() {
        return Err("the body is empty; a list of changes was expected".to_owned());
    }
    let text = std::str::from_utf8(body)
        .map_err(|e| format!("the body is not UTF-8: byte {} does not belong to a character", e.valid_up_to()))?;
    serde_json::from_str(text).map_err(|e| {
        if e.is_eof() {
            format!("the body is cut off after {} bytes: {e}", body.len())
        } else {
            format!("the body is not JSON: {e}")
        }
    })
}

/// What a JSON value is, in words.
pub(crate) fn word_of(json: &serde_json::Value) -> &'static str {
    match json {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "true or false",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "text",
        serde_json::Value::Array(_) => "a list",
        serde_json::Value::Object(_) => "an object",
    }
}

/// At most 80 characters of a value from outside, for a sentence.
pub(crate) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
    if text.chars().nth(80).is_some() {
        short.push_str("...");
    }
    short
}
