//! Plain text: the command line, the fallback, and what the golden messages are compared with.

use crate::document::{Block, Button, Document};
use crate::markdown::plain_text;

/// The message as text: blocks apart by an empty line, no buttons.
pub fn text(document: &Document) -> String {
    let blocks: Vec<String> = document.blocks.iter().map(block).filter(|text| !text.is_empty()).collect();
    blocks.join("\n\n")
}

/// The message as a reader of a transcript needs it: with its push line, buttons, picture and thread.
pub fn transcript(document: &Document) -> String {
    let mut out = String::new();
    if !document.push.is_empty() {
        out.push_str(&format!("Push line: {}\n\n", document.push));
    }
    out.push_str(&text(document));
    let picture = document.picture.as_ref().map(|picture| format!("[picture: {}]", picture.alt));
    for line in picture.into_iter().chain(buttons(document)) {
        out.push('\n');
        out.push_str(&line);
    }
    for below in &document.thread {
        out.push_str("\n\nIn the thread:\n\n");
        out.push_str(&transcript(below));
    }
    out
}

/// `[Share here]  [Why]  [...]`, and nothing if there are none.
fn buttons(document: &Document) -> Option<String> {
    let shown = |button: &Button| format!("[{}]", button.label);
    let mut labels: Vec<String> = document.buttons.iter().map(shown).collect();
    if !document.more.is_empty() {
        let more: Vec<&str> = document.more.iter().map(|button| button.label.as_str()).collect();
        labels.push(format!("[... {}]", more.join(" / ")));
    }
    (!labels.is_empty()).then(|| labels.join("  "))
}

fn block(block: &Block) -> String {
    match block {
        Block::Lines(lines) | Block::Small(lines) => {
            let lines: Vec<String> = lines.iter().map(|line| line.iter().map(plain_text).collect()).collect();
            lines.join("\n")
        }
        Block::Table(table) => table.lines().join("\n"),
        Block::Code(lines) => lines.join("\n"),
    }
}
