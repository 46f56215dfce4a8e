//! Discord's limits. <https://docs.discord.com/developers/resources/message#create-message>

use std::collections::HashSet;

use serde_json::Value;

use super::{Checked, length, list_within, only_keys, optional_text, text_within, web_address};

/// <https://docs.discord.com/developers/resources/message#create-message>
pub const CONTENT_MAX: usize = 2_000;
/// <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>
pub const EMBEDS_MAX: usize = 10;
pub const EMBED_TITLE_MAX: usize = 256;
pub const EMBED_DESCRIPTION_MAX: usize = 4_096;
pub const EMBED_FIELDS_MAX: usize = 25;
pub const EMBED_FIELD_NAME_MAX: usize = 256;
pub const EMBED_FIELD_VALUE_MAX: usize = 1_024;
pub const EMBED_FOOTER_MAX: usize = 2_048;
/// The sum over all embeds of a message.
pub const EMBEDS_TEXT_MAX: usize = 6_000;
/// <https://docs.discord.com/developers/components/reference>
pub const ROWS_MAX: usize = 5;
pub const ROW_BUTTONS_MAX: usize = 5;
pub const BUTTON_LABEL_MAX: usize = 80;
pub const CUSTOM_ID_MAX: usize = 100;
pub const BUTTON_URL_MAX: usize = 512;
pub const SELECT_OPTIONS_MAX: usize = 25;
pub const OPTION_LABEL_MAX: usize = 100;
pub const OPTION_VALUE_MAX: usize = 100;
pub const PLACEHOLDER_MAX: usize = 150;
pub const ATTACHMENTS_MAX: usize = 10;
pub const ATTACHMENT_DESCRIPTION_MAX: usize = 1_024;
pub const NONCE_MAX: usize = 25;

const MESSAGE_KEYS: [&str; 9] = [
    "content",
    "embeds",
    "components",
    "attachments",
    "allowed_mentions",
    "flags",
    "nonce",
    "enforce_nonce",
    "message_reference",
];

pub(super) fn check(message: &Value) -> Checked {
    only_keys(message, &MESSAGE_KEYS)?;
    optional_text(message, "content", CONTENT_MAX)?;
    optional_text(message, "nonce", NONCE_MAX)?;
    let has = |key: &str| message.get(key).and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    let says = message.get("content").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty());
    if !says && !has("embeds") && !has("attachments") {
        return Err("cannot send an empty message".to_owned());
    }
    check_mentions(message)?;
    check_embeds(message)?;
    check_components(message)?;
    check_attachments(message)
}

/// Stricter than Discord: every message must say that it mentions nobody.
fn check_mentions(message: &Value) -> Checked {
    let parse = message.get("allowed_mentions").and_then(|mentions| mentions.get("parse")).and_then(Value::as_array);
    match parse {
        Some(parse) if parse.is_empty() => Ok(()),
        _ => Err("`allowed_mentions.parse` must be an empty list".to_owned()),
    }
}

fn check_embeds(message: &Value) -> Checked {
    if message.get("embeds").is_none() {
        return Ok(());
    }
    let mut all_text = 0;
    for embed in list_within(message, "embeds", 0, EMBEDS_MAX)? {
        only_keys(embed, &["title", "description", "fields", "footer", "image", "color", "url", "timestamp"])?;
        optional_text(embed, "title", EMBED_TITLE_MAX)?;
        optional_text(embed, "description", EMBED_DESCRIPTION_MAX)?;
        if let Some(footer) = embed.get("footer") {
            text_within(footer, "text", 1, EMBED_FOOTER_MAX)?;
        }
        if embed.get("fields").is_some() {
            for field in list_within(embed, "fields", 0, EMBED_FIELDS_MAX)? {
                text_within(field, "name", 1, EMBED_FIELD_NAME_MAX)?;
                text_within(field, "value", 1, EMBED_FIELD_VALUE_MAX)?;
            }
        }
        all_text += text_of(embed);
    }
    if all_text > EMBEDS_TEXT_MAX {
        return Err(format!("embeds hold {all_text} characters, at most {EMBEDS_TEXT_MAX} are allowed"));
    }
    Ok(())
}

fn text_of(embed: &Value) -> usize {
    let text = |of: &Value, key: &str| of.get(key).and_then(Value::as_str).map_or(0, length);
    let fields = embed.get("fields").and_then(Value::as_array).into_iter().flatten();
    text(embed, "title")
        + text(embed, "description")
        + embed.get("footer").map_or(0, |footer| text(footer, "text"))
        + fields.map(|field| text(field, "name") + text(field, "value")).sum::<usize>()
}

fn check_components(message: &Value) -> Checked {
    if message.get("components").is_none() {
        return Ok(());
    }
    let mut ids = HashSet::new();
    for row in list_within(message, "components", 0, ROWS_MAX)? {
        only_keys(row, &["type", "components"])?;
        if row["type"] != 1 {
            return Err("components stand in rows (type 1)".to_owned());
        }
        let inside = list_within(row, "components", 1, ROW_BUTTONS_MAX)?;
        let selects = inside.iter().filter(|component| component["type"] == 3).count();
        if selects > 0 && inside.len() > 1 {
            return Err("a select stands alone in its row".to_owned());
        }
        inside.iter().try_for_each(|component| check_component(component, &mut ids))?;
    }
    Ok(())
}

fn check_component(component: &Value, ids: &mut HashSet<String>) -> Checked {
    match (component["type"].as_u64(), component["style"].as_u64()) {
        (Some(2), Some(5)) => {
            only_keys(component, &["type", "style", "label", "url", "disabled"])?;
            text_within(component, "label", 1, BUTTON_LABEL_MAX)?;
            web_address(component, "url", BUTTON_URL_MAX)
        }
        (Some(2), Some(1..=4)) => {
            only_keys(component, &["type", "style", "label", "custom_id", "disabled"])?;
            text_within(component, "label", 1, BUTTON_LABEL_MAX)?;
            unique_id(component, ids)
        }
        (Some(3), None) => {
            only_keys(component, &["type", "custom_id", "options", "placeholder", "min_values", "max_values"])?;
            unique_id(component, ids)?;
            optional_text(component, "placeholder", PLACEHOLDER_MAX)?;
            let mut values = HashSet::new();
            for option in list_within(component, "options", 1, SELECT_OPTIONS_MAX)? {
                text_within(option, "label", 1, OPTION_LABEL_MAX)?;
                let value = text_within(option, "value", 1, OPTION_VALUE_MAX)?;
                if !values.insert(value) {
                    return Err(format!("option value `{value}` is there twice"));
                }
            }
            Ok(())
        }
        _ => Err("a component must be a button or a select".to_owned()),
    }
}

fn unique_id(component: &Value, ids: &mut HashSet<String>) -> Checked {
    let id = text_within(component, "custom_id", 1, CUSTOM_ID_MAX)?;
    if ids.insert(id.to_owned()) { Ok(()) } else { Err(format!("`custom_id` `{id}` is there twice")) }
}

fn check_attachments(message: &Value) -> Checked {
    if message.get("attachments").is_none() {
        return Ok(());
    }
    for attachment in list_within(message, "attachments", 0, ATTACHMENTS_MAX)? {
        only_keys(attachment, &["id", "filename", "description"])?;
        text_within(attachment, "filename", 1, 260)?;
        optional_text(attachment, "description", ATTACHMENT_DESCRIPTION_MAX)?;
    }
    Ok(())
}
