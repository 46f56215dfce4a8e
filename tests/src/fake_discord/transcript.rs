//! Messages as a person reads them.

use std::fmt::Write;

use serde_json::Value;

use super::guild::{Channel, Posted};

/// Every message: who sees it, its words, pictures and buttons, oldest first.
pub(super) fn of_channel(channel: &Channel) -> String {
    let mut lines = String::new();
    for posted in &channel.posted {
        let who = match &posted.only_for {
            Some(user) => format!("shiftbell (only {user} sees this)"),
            None => "shiftbell".to_owned(),
        };
        let edited = if posted.is_edited { " (edited)" } else { "" };
        let reply = if posted.replies_to.is_some() { " (reply)" } else { "" };
        let _ = writeln!(lines, "{who}:{edited}{reply}\n{}", of_posted(posted));
    }
    lines
}

pub(super) fn of_posted(posted: &Posted) -> String {
    let mut parts = vec![of_body(&posted.body)];
    parts.extend(posted.files.iter().map(|(name, alt)| format!("[picture {name}: {alt}]")));
    parts.join("\n")
}

/// The words and controls of a body.
pub(super) fn of_body(body: &Value) -> String {
    let mut parts: Vec<String> =
        body["content"].as_str().filter(|text| !text.is_empty()).map(str::to_owned).into_iter().collect();
    for embed in body["embeds"].as_array().into_iter().flatten() {
        parts.extend(["title", "description"].iter().filter_map(|key| embed[key].as_str()).map(str::to_owned));
        for field in embed["fields"].as_array().into_iter().flatten() {
            let text = |key: &str| field[key].as_str().unwrap_or_default().to_owned();
            parts.push(format!("{}: {}", text("name"), text("value")));
        }
        parts.extend(embed["footer"]["text"].as_str().map(str::to_owned));
    }
    for row in body["components"].as_array().into_iter().flatten() {
        let controls: Vec<String> = row["components"].as_array().into_iter().flatten().map(of_control).collect();
        parts.push(controls.join("  "));
    }
    parts.join("\n")
}

fn of_control(control: &Value) -> String {
    match control["options"].as_array() {
        Some(options) => {
            let labels: Vec<&str> = options.iter().filter_map(|option| option["label"].as_str()).collect();
            format!("[... {}]", labels.join(" / "))
        }
        None => format!("[{}]", control["label"].as_str().unwrap_or_default()),
    }
}
