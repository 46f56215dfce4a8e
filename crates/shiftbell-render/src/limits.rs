//! What the platforms accept: their limits as constants with their source, and strict checks of whole messages.
//!
//! The checks know nothing of how messages are made. The lowerings are tested against them, and the fake servers of
//! the system tests refuse what they refuse. Lengths are counted in UTF-16 units, which are never fewer than what a
//! platform counts.

pub mod discord;
pub mod slack;

use serde_json::Value;

/// Why Slack would refuse this `chat.postMessage` body or slash command answer, or `None` if it would accept it.
pub fn slack_would_reject(message: &Value) -> Option<String> {
    slack::check(message).err()
}

/// Why Discord would refuse this message (or the `data` of an interaction's answer), or `None`.
pub fn discord_would_reject(message: &Value) -> Option<String> {
    discord::check(message).err()
}

type Checked = Result<(), String>;

fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text at `key`, from `least` to `most` long.
fn text_within<'a>(of: &'a Value, key: &str, least: usize, most: usize) -> Result<&'a str, String> {
    let text = of.get(key).and_then(Value::as_str).ok_or_else(|| format!("`{key}` must be a text"))?;
    match length(text) {
        long if long > most => Err(format!("`{key}` has {long} characters, at most {most} are allowed")),
        short if short < least => Err(format!("`{key}` has {short} characters, at least {least} are needed")),
        _ => Ok(text),
    }
}

fn optional_text(of: &Value, key: &str, most: usize) -> Checked {
    if of.get(key).is_some() { text_within(of, key, 0, most).map(|_| ()) } else { Ok(()) }
}

/// The list at `key`, from `least` to `most` long.
fn list_within<'a>(of: &'a Value, key: &str, least: usize, most: usize) -> Result<&'a Vec<Value>, String> {
    let list = of.get(key).and_then(Value::as_array).ok_or_else(|| format!("`{key}` must be a list"))?;
    if list.len() < least || list.len() > most {
        return Err(format!("`{key}` has {} entries, {least} to {most} are allowed", list.len()));
    }
    Ok(list)
}

fn only_keys(of: &Value, known: &[&str]) -> Checked {
    let fields = of.as_object().ok_or("an object is expected")?;
    match fields.keys().find(|key| !known.contains(&key.as_str())) {
        Some(unknown) => Err(format!("`{unknown}` is not a field here")),
        None => Ok(()),
    }
}

fn web_address(of: &Value, key: &str, most: usize) -> Checked {
    let url = text_within(of, key, 1, most)?;
    let is_address = url.starts_with("https://") || url.starts_with("http://");
    if is_address && !url.contains(char::is_whitespace) { Ok(()) } else { Err(format!("`{key}` is no web address")) }
}
