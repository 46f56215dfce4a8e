//! Messages as a person reads them.

use std::fmt::Write;

use serde_json::Value;

use super::team::{Channel, Posted};

/// Every message: who sees it, its words, pictures and buttons, oldest first, replies below their message.
pub(super) fn of_channel(channel: &Channel) -> String {
    let mut lines = String::new();
    for posted in channel.posted.iter().filter(|one| one.thread_ts.is_none()) {
        write_message(&mut lines, posted, "");
        for reply in channel.posted.iter().filter(|one| one.thread_ts.as_deref() == Some(&posted.ts)) {
            write_message(&mut lines, reply, "  > ");
        }
    }
    lines
}

fn write_message(lines: &mut String, posted: &Posted, indent: &str) {
    let who = match &posted.only_for {
        Some(user) => format!("shiftbell (only {user} sees this)"),
        None => "shiftbell".to_owned(),
    };
    let edited = if posted.is_edited { " (edited)" } else { "" };
    let _ = writeln!(lines, "{indent}{who}:{edited}");
    for line in of_body(&posted.body).lines() {
        let _ = writeln!(lines, "{indent}{line}");
    }
}

/// The words of a message; the top-level text only where there are no blocks, as in Slack.
pub(super) fn of_body(body: &Value) -> String {
    let blocks = body["blocks"].as_array().filter(|blocks| !blocks.is_empty());
    let lines = match blocks {
        None => body["text"].as_str().unwrap_or_default().to_owned(),
        Some(blocks) => blocks.iter().map(of_block).collect::<Vec<_>>().join("\n"),
    };
    lines.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn of_block(block: &Value) -> String {
    let list = |name: &str| block[name].as_array().into_iter().flatten();
    match block["type"].as_str().unwrap_or_default() {
        "section" | "header" => {
            let fields = list("fields").filter_map(|field| field["text"].as_str());
            block["text"]["text"].as_str().into_iter().chain(fields).collect::<Vec<_>>().join("\n")
        }
        "context" => list("elements").filter_map(|it| it["text"].as_str()).collect::<Vec<_>>().join(" "),
        "actions" => list("elements").map(of_control).collect::<Vec<_>>().join("  "),
        "image" => format!("[picture: {}]", block["alt_text"].as_str().unwrap_or_default()),
        "divider" => "---".to_owned(),
        _ => all_text(block),
    }
}

fn of_control(element: &Value) -> String {
    match element["options"].as_array() {
        Some(options) => {
            let labels: Vec<&str> = options.iter().filter_map(|option| option["text"]["text"].as_str()).collect();
            format!("[... {}]", labels.join(" / "))
        }
        None => format!("[{}]", element["text"]["text"].as_str().unwrap_or_default()),
    }
}

fn all_text(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| *key != "type")
            .map(|(key, value)| {
                if key == "text" {
                    value.as_str().map_or_else(|| all_text(value), str::to_owned)
                } else {
                    all_text(value)
                }
            })
            .collect(),
        Value::Array(items) => items.iter().map(all_text).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => String::new(),
    }
}

/// What would notify somebody.
pub(super) fn pings(channel: &Channel) -> Vec<String> {
    let mut found = Vec::new();
    for posted in &channel.posted {
        let raw = posted.body.to_string();
        for start in ["<!here", "<!channel", "<!everyone", "<!subteam", "<@"] {
            found.extend(
                raw.match_indices(start)
                    .map(|(at, _)| raw[at..].split('>').next().unwrap_or_default().to_owned() + ">"),
            );
        }
    }
    found
}
