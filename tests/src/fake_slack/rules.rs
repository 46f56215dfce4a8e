//! What Slack does not accept in a message.

use serde_json::Value;
use shiftbell_render::limits::slack_would_reject;

use super::methods::{Args, Error, text};
use super::team::Team;

pub(super) fn check_message(team: &Team, args: &Args) -> Result<(), Error> {
    let blocks = match args.get("blocks") {
        None | Some(Value::Null) => &Vec::new(),
        Some(Value::Array(blocks)) => blocks,
        Some(_) => return Err(Error("invalid_blocks_format")),
    };
    if text(args, "text").is_empty() && blocks.is_empty() {
        return Err(Error("no_text"));
    }
    if text(args, "text").chars().count() > 40_000 {
        return Err(Error("msg_too_long"));
    }
    if let Some(metadata) = args.get("metadata") {
        let has_type = metadata["event_type"].as_str().is_some_and(|kind| !kind.is_empty());
        if !has_type || !metadata["event_payload"].is_object() {
            return Err(Error("invalid_metadata_format"));
        }
    }
    for block in blocks {
        if block["type"] == "image"
            && let Some(id) = block["slack_file"]["id"].as_str()
        {
            // A file that Slack is still looking at cannot be shown yet.
            if !team.files.get(id).is_some_and(|file| file.is_complete && file.looks >= team.looks_until_ready) {
                return Err(Error("invalid_blocks"));
            }
        }
    }
    match slack_would_reject(&Value::Object(args.clone())) {
        Some(why) if why.contains("msg_blocks_too_long") => Err(Error("msg_blocks_too_long")),
        Some(_) => Err(Error("invalid_blocks")),
        None => Ok(()),
    }
}
