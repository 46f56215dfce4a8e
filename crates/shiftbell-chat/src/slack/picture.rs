//! Pictures: upload without a channel, wait until Slack has looked at the file, then show it in a block.
//!
//! This way the post gives a `ts` and the picture carries its text alternative. Sharing by `completeUploadExternal` gives
//! neither, and with `alt_txt` it silently never happens. <https://github.com/slackapi/python-slack-sdk/issues/1818>

use serde_json::{Map, Value, json};

use super::client::{Failure, SlackClient};
use crate::Picture;

const LOOKS_MAX: u32 = 10;
/// The longest wait is this many times the first.
const WAIT_FACTOR_MAX: u32 = 8;

/// <https://docs.slack.dev/reference/block-kit/blocks>
const BLOCKS_MAX: usize = 50;
/// 2,000 in an image, but all text of a message together has a limit too.
/// <https://docs.slack.dev/reference/block-kit/blocks/image-block>
const ALT_CHARS_MAX: usize = 1_500;

impl SlackClient {
    /// Uploads a picture and waits until it can be shown. The file id may be kept and given as [`crate::Message::file`], so that a
    /// message of unknown outcome can be found by its picture, and so that an edit shows the same one.
    ///
    /// Fails with the reason; the message should then go without it.
    pub async fn upload(&self, picture: &Picture) -> Result<String, String> {
        let told = |failure: Failure| format!("picture `{}` was not uploaded: {:?}", picture.name, failure.outcome);
        let params = [("filename", picture.name.clone()), ("length", picture.png.len().to_string())];
        let place = self.read("files.getUploadURLExternal", &params, "upload").await.map_err(told)?;
        let text = |name: &str| place.get(name).and_then(Value::as_str).unwrap_or_default();
        let (url, file) = (text("upload_url"), text("file_id"));
        self.upload_to(url, &picture.png).await.map_err(told)?;
        let body = json!({ "files": [{ "id": file, "title": picture.name }] });
        self.call("files.completeUploadExternal", &body, "upload").await.map_err(told)?;
        let mut wait = self.settings.picture_wait;
        for _ in 0..LOOKS_MAX {
            let seen = self.read("files.info", &[("file", file.to_owned())], "upload").await.map_err(told)?;
            let kind = seen.pointer("/file/mimetype").and_then(Value::as_str).unwrap_or_default();
            if !kind.is_empty() {
                return Ok(file.to_owned());
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(self.settings.picture_wait * WAIT_FACTOR_MAX);
        }
        Err(format!("picture `{}` is not ready after {LOOKS_MAX} looks", picture.name))
    }
}

/// The message with the picture above its buttons and last line.
pub(super) fn place_picture(body: &Map<String, Value>, file: &str, alt: &str) -> Map<String, Value> {
    let alt: String = alt.chars().take(ALT_CHARS_MAX).collect();
    place(body, json!({ "type": "image", "slack_file": { "id": file }, "alt_text": alt }))
}

/// The message with the text of the picture in its place. Nothing in it can mention, link or format.
pub(super) fn place_alt(body: &Map<String, Value>, alt: &str) -> Map<String, Value> {
    let mut text = String::new();
    for character in alt.chars().take(ALT_CHARS_MAX) {
        match character {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '*' | '_' | '~' | '`' => text.extend(['\u{200b}', character, '\u{200b}']),
            other => text.push(other),
        }
    }
    place(body, json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": text, "verbatim": true }] }))
}

fn place(body: &Map<String, Value>, block: Value) -> Map<String, Value> {
    let mut body = body.clone();
    if let Some(Value::Array(blocks)) = body.get_mut("blocks") {
        // Where the message was lowered with the picture already, there must not be two.
        blocks.retain(|block| block["type"] != "image");
        if blocks.len() >= BLOCKS_MAX {
            return body;
        }
        let is_foot = |block: &Value| matches!(block["type"].as_str(), Some("context" | "actions"));
        let at = blocks.iter().rposition(|block| !is_foot(block)).map_or(0, |last| last + 1);
        blocks.insert(at, block);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(kinds: &[&str]) -> Map<String, Value> {
        let blocks: Vec<Value> = kinds.iter().map(|kind| json!({ "type": kind })).collect();
        json!({ "text": "t", "blocks": blocks }).as_object().unwrap().clone()
    }

    fn kinds(body: &Map<String, Value>) -> Vec<&str> {
        body["blocks"].as_array().unwrap().iter().map(|block| block["type"].as_str().unwrap()).collect()
    }

    #[test]
    fn the_picture_stands_above_the_last_line_and_the_buttons() {
        let with = place_picture(&body(&["section", "section", "context", "actions"]), "F1", "b2b 161 of 300");
        assert_eq!(kinds(&with), ["section", "section", "image", "context", "actions"]);
        assert_eq!(with["blocks"][2]["slack_file"]["id"], "F1");
        assert_eq!(kinds(&place_alt(&body(&["section", "context"]), "b2b")), ["section", "context", "context"]);
        assert_eq!(kinds(&place_picture(&body(&["context"]), "F1", "b2b")), ["image", "context"]);
        assert_eq!(
            kinds(&place_picture(&body(&["section", "image", "context"]), "F1", "b2b")),
            ["section", "image", "context"]
        );
        assert_eq!(
            place_alt(&body(&["section"]), "<!here> & *")["blocks"][1]["elements"][0]["text"],
            "&lt;!here&gt; &amp; \u{200b}*\u{200b}"
        );
    }

    #[test]
    fn a_full_message_stays_as_it_is() {
        let full = body(&["section"; 50]);
        assert_eq!(place_picture(&full, "F1", "b2b"), full);
        let no_blocks = json!({ "text": "t" }).as_object().unwrap().clone();
        assert_eq!(place_alt(&no_blocks, "b2b"), no_blocks);
    }

    #[test]
    fn a_long_text_is_cut_where_slack_would_reject_it() {
        let with = place_alt(&body(&["section"]), &"ü".repeat(3_000));
        assert_eq!(with["blocks"][1]["elements"][0]["text"].as_str().unwrap().chars().count(), 1_500);
    }
}
