//! Slack's limits. <https://docs.slack.dev/reference/block-kit/blocks>

use std::collections::HashSet;

use serde_json::Value;

use super::{Checked, length, list_within, only_keys, optional_text, text_within, web_address};

/// <https://docs.slack.dev/reference/methods/chat.postMessage>: 4,000 recommended, cut at 40,000.
pub const TEXT_MAX: usize = 4_000;
/// <https://docs.slack.dev/reference/block-kit/blocks>
pub const BLOCKS_MAX: usize = 50;
/// <https://docs.slack.dev/reference/block-kit/blocks/section-block>
pub const SECTION_TEXT_MAX: usize = 3_000;
/// <https://docs.slack.dev/reference/block-kit/blocks/context-block>
pub const CONTEXT_ELEMENTS_MAX: usize = 10;
/// <https://docs.slack.dev/reference/block-kit/composition-objects/text-object>
pub const CONTEXT_TEXT_MAX: usize = 3_000;
/// <https://docs.slack.dev/reference/block-kit/blocks/actions-block>
pub const ACTIONS_MAX: usize = 25;
/// <https://docs.slack.dev/reference/block-kit/block-elements/button-element>
pub const BUTTON_TEXT_MAX: usize = 75;
pub const BUTTON_VALUE_MAX: usize = 2_000;
pub const URL_MAX: usize = 3_000;
pub const ID_MAX: usize = 255;
/// <https://docs.slack.dev/reference/block-kit/block-elements/overflow-menu-element>
pub const OVERFLOW_OPTIONS_MAX: usize = 5;
/// <https://docs.slack.dev/reference/block-kit/composition-objects/option-object>
pub const OPTION_TEXT_MAX: usize = 75;
pub const OPTION_VALUE_MAX: usize = 150;
/// <https://docs.slack.dev/reference/block-kit/blocks/image-block>
pub const IMAGE_ALT_MAX: usize = 2_000;
/// Not documented: `msg_blocks_too_long` was seen from about 11,000 characters of block text on.
/// <https://github.com/slackapi/bolt-js/issues/2509>
pub const ALL_TEXT_MAX: usize = 11_000;

const MESSAGE_KEYS: [&str; 14] = [
    "text",
    "blocks",
    "channel",
    "ts",
    "thread_ts",
    "metadata",
    "mrkdwn",
    "parse",
    "link_names",
    "unfurl_links",
    "unfurl_media",
    "response_type",
    "replace_original",
    "delete_original",
];

pub(super) fn check(message: &Value) -> Checked {
    only_keys(message, &MESSAGE_KEYS)?;
    text_within(message, "text", 1, TEXT_MAX)?;
    let mut ids = HashSet::new();
    let mut all_text = 0;
    if message.get("blocks").is_some() {
        for (at, block) in list_within(message, "blocks", 0, BLOCKS_MAX)?.iter().enumerate() {
            check_block(block, &mut ids).map_err(|why| format!("block {at}: {why}"))?;
            all_text += text_of(block);
        }
    }
    if all_text > ALL_TEXT_MAX {
        return Err(format!("msg_blocks_too_long: {all_text} characters in all blocks, at most {ALL_TEXT_MAX}"));
    }
    Ok(())
}

fn check_block(block: &Value, ids: &mut HashSet<String>) -> Checked {
    unique_id(block, "block_id", ids)?;
    match block.get("type").and_then(Value::as_str) {
        Some("section") => {
            only_keys(block, &["type", "block_id", "text", "expand"])?;
            check_text(&block["text"], "mrkdwn", SECTION_TEXT_MAX)
        }
        Some("context") => {
            only_keys(block, &["type", "block_id", "elements"])?;
            let elements = list_within(block, "elements", 1, CONTEXT_ELEMENTS_MAX)?;
            elements.iter().try_for_each(|element| check_text(element, "mrkdwn", CONTEXT_TEXT_MAX))
        }
        Some("actions") => {
            only_keys(block, &["type", "block_id", "elements"])?;
            let elements = list_within(block, "elements", 1, ACTIONS_MAX)?;
            elements.iter().try_for_each(|element| check_element(element, ids))
        }
        Some("image") => check_image(block),
        Some("divider") => only_keys(block, &["type", "block_id"]),
        Some(other) => Err(format!("`{other}` is no block that we send")),
        None => Err("a block needs a type".to_owned()),
    }
}

fn check_image(block: &Value) -> Checked {
    only_keys(block, &["type", "block_id", "alt_text", "slack_file", "image_url", "title"])?;
    text_within(block, "alt_text", 1, IMAGE_ALT_MAX)?;
    match (block.get("slack_file"), block.get("image_url")) {
        (Some(file), None) => text_within(file, "id", 2, ID_MAX).map(|_| ()),
        (None, Some(_)) => web_address(block, "image_url", URL_MAX),
        _ => Err("an image needs either `slack_file` or `image_url`".to_owned()),
    }
}

fn check_element(element: &Value, ids: &mut HashSet<String>) -> Checked {
    unique_id(element, "action_id", ids)?;
    match element.get("type").and_then(Value::as_str) {
        Some("button") => {
            only_keys(
                element,
                &["type", "action_id", "text", "value", "url", "style", "confirm", "accessibility_label"],
            )?;
            check_text(&element["text"], "plain_text", BUTTON_TEXT_MAX)?;
            optional_text(element, "value", BUTTON_VALUE_MAX)?;
            match element.get("style").map(Value::as_str) {
                None | Some(Some("primary" | "danger")) => {}
                Some(_) => return Err("`style` must be `primary` or `danger`".to_owned()),
            }
            if element.get("url").is_some() { web_address(element, "url", URL_MAX) } else { Ok(()) }
        }
        Some("overflow") => {
            only_keys(element, &["type", "action_id", "options", "confirm"])?;
            for option in list_within(element, "options", 1, OVERFLOW_OPTIONS_MAX)? {
                only_keys(option, &["text", "value", "url", "description"])?;
                check_text(&option["text"], "plain_text", OPTION_TEXT_MAX)?;
                text_within(option, "value", 1, OPTION_VALUE_MAX)?;
                if option.get("url").is_some() {
                    web_address(option, "url", URL_MAX)?;
                }
            }
            Ok(())
        }
        _ => Err("an action must be a button or an overflow menu".to_owned()),
    }
}

fn check_text(text: &Value, kind: &str, most: usize) -> Checked {
    only_keys(text, &["type", "text", "verbatim", "emoji"])?;
    if text.get("type").and_then(Value::as_str) != Some(kind) {
        return Err(format!("a text of type `{kind}` is expected"));
    }
    let words = text_within(text, "text", 1, most)?;
    if words.trim().is_empty() { Err("a text must not be blank".to_owned()) } else { Ok(()) }
}

fn unique_id(of: &Value, key: &str, ids: &mut HashSet<String>) -> Checked {
    if of.get(key).is_none() {
        return Ok(());
    }
    let id = text_within(of, key, 1, ID_MAX)?;
    if ids.insert(format!("{key} {id}")) { Ok(()) } else { Err(format!("`{key}` `{id}` is there twice")) }
}

/// All text that a block shows.
fn text_of(value: &Value) -> usize {
    match value {
        Value::Array(all) => all.iter().map(text_of).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| match value.as_str() {
                Some(text) if key == "text" || key == "alt_text" => length(text),
                Some(_) => 0,
                None => text_of(value),
            })
            .sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
