//! A document as a Discord message: content, components, and an embed only where the content has no room.
//!
//! Short messages are plain content, because that is what a phone's notification shows. A longer one keeps its first
//! block as content and the rest as an embed.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::action::Action;
use crate::document::{Block, Button, Document, Inline, Mention, Style};
use crate::fit::{self, Kind, Part, Room};
use crate::inline::{Markup, cut_to, length};
use crate::limits::discord as limits;

/// Separates what Discord would read as markup, and is not seen.
const APART: char = '\u{200b}';

/// A preformatted line that is wider breaks on a phone: such a table is said in sentences instead.
const CODE_WIDTH_MAX: usize = 44;
const LINE_MAX: usize = 900;
const PARTS_MAX: usize = 60;
const VISIBLE_BUTTONS_MAX: usize = 3;
const MORE_MAX: usize = limits::SELECT_OPTIONS_MAX;

/// The message. `picture` says whether the PNG goes with it as the file `files[0]`.
///
/// ```
/// use shiftbell_render::{discord, limits::discord_would_reject, messages::{KpiAnswer, Message}};
/// let answer = KpiAnswer::samples().remove(0).1;
/// let message = discord::message(&answer.document().unwrap(), false);
/// assert_eq!(discord_would_reject(&message), None);
/// ```
pub fn message(document: &Document, picture: bool) -> Value {
    let document = &narrow(document);
    let mut parts = fit::parts(document, &Markdown, code_line, Room { line: LINE_MAX, parts: PARTS_MAX });
    let mut message = json!({"allowed_mentions": {"parse": []}});
    if joined_length(&parts) <= limits::CONTENT_MAX {
        let content = joined(&parts);
        message["content"] = json!(if content.trim().is_empty() { push(document) } else { content });
    } else {
        let mut rest = parts.split_off(1);
        fit::fit(&mut parts, limits::CONTENT_MAX - ROOM_FOR_FENCES);
        fit::fit(&mut rest, limits::EMBED_DESCRIPTION_MAX - ROOM_FOR_FENCES);
        message["content"] = json!(joined(&parts));
        if !rest.is_empty() {
            message["embeds"] = json!([{"description": joined(&rest)}]);
        }
    }
    if let (true, Some(picture)) = (picture, &document.picture) {
        let alt = cut_to(&picture.alt, limits::ATTACHMENT_DESCRIPTION_MAX);
        message["attachments"] = json!([{"id": 0, "filename": picture.name, "description": alt}]);
    }
    let rows = rows(document);
    if !rows.is_empty() {
        message["components"] = json!(rows);
    }
    message
}

/// For the marks that [`joined`] puts around parts: each part has at most 12 characters more than its lines.
const ROOM_FOR_FENCES: usize = PARTS_MAX * 12;

fn push(document: &Document) -> String {
    let mut text = String::new();
    let words = if document.push.trim().is_empty() { "Shiftbell" } else { &document.push };
    Markdown.text(&cut_to(words, limits::CONTENT_MAX / 4), &mut text);
    text
}

/// Tables that are too wide for a phone, as sentences.
fn narrow(document: &Document) -> Document {
    let mut narrow = document.clone();
    for block in &mut narrow.blocks {
        let Block::Table(table) = block else { continue };
        if table.width() <= CODE_WIDTH_MAX {
            continue;
        }
        let line = |(name, rest): (String, String)| match (name.is_empty(), rest.is_empty()) {
            (false, false) => vec![Inline::Strong(name), Inline::Text(format!(": {rest}"))],
            (false, true) => vec![Inline::Text(name)],
            (true, _) => vec![Inline::Text(rest)],
        };
        let title = table.head.first().filter(|title| !title.is_empty());
        let title = title.map(|title| vec![Inline::Strong(title.clone())]);
        *block = Block::Lines(title.into_iter().chain(table.sentences().into_iter().map(line)).collect());
    }
    narrow
}

fn joined(parts: &[Part]) -> String {
    let text = |part: &Part| match part.kind {
        Kind::Lines => part.lines.join("\n"),
        Kind::Code => format!("```\n{}\n```", part.lines.join("\n")),
        Kind::Small => part.lines.iter().map(|line| format!("-# {line}")).collect::<Vec<_>>().join("\n"),
    };
    parts.iter().map(text).collect::<Vec<_>>().join("\n\n")
}

fn joined_length(parts: &[Part]) -> usize {
    length(&joined(parts))
}

fn rows(document: &Document) -> Vec<Value> {
    let mut seen = HashSet::new();
    let mut fits = |button: &&Button| match &button.action {
        Action::Open { url } => is_safe_address(url) && length(url) <= limits::BUTTON_URL_MAX,
        Action::Ask { .. } | Action::Picture { .. } | Action::About { .. } => {
            button.action.encode().is_some_and(|id| seen.insert(id))
        }
    };
    let buttons: Vec<&Button> = document.buttons.iter().filter(&mut fits).collect();
    let more: Vec<&Button> = document.more.iter().filter(&mut fits).collect();
    let (visible, hidden) = buttons.split_at(buttons.len().min(VISIBLE_BUTTONS_MAX));
    // A select cannot hold a link: those stand beside the buttons.
    let (links, rest): (Vec<&Button>, Vec<&Button>) =
        hidden.iter().chain(&more).partition(|button| matches!(button.action, Action::Open { .. }));
    let mut rows = Vec::new();
    let first: Vec<Value> =
        visible.iter().chain(&links).take(limits::ROW_BUTTONS_MAX).map(|one| component(one)).collect();
    if !first.is_empty() {
        rows.push(json!({"type": 1, "components": first}));
    }
    let options: Vec<Value> = rest.iter().take(MORE_MAX).map(|one| option(one)).collect();
    if !options.is_empty() {
        let select = json!({"type": 3, "custom_id": "more", "placeholder": "More", "options": options});
        rows.push(json!({"type": 1, "components": [select]}));
    }
    rows
}

fn component(button: &Button) -> Value {
    let label = label(button, limits::BUTTON_LABEL_MAX);
    match &button.action {
        Action::Open { url } => json!({"type": 2, "style": 5, "label": label, "url": url}),
        Action::Ask { .. } | Action::Picture { .. } | Action::About { .. } => {
            let style = match button.style {
                Style::Primary => 1,
                Style::Plain => 2,
            };
            json!({"type": 2, "style": style, "label": label, "custom_id": button.action.encode()})
        }
    }
}

fn option(button: &Button) -> Value {
    json!({"label": label(button, limits::OPTION_LABEL_MAX), "value": button.action.encode()})
}

fn label(button: &Button, most: usize) -> String {
    let label = if button.label.trim().is_empty() { "?" } else { &button.label };
    cut_to(label, most)
}

fn is_safe_address(url: &str) -> bool {
    crate::template::escape::web_address(url).as_deref() == Some(url)
}

fn code_line(line: &str) -> String {
    line.replace('`', "'")
}

/// Discord's own Markdown. <https://support.discord.com/hc/en-us/articles/210298617>
struct Markdown;

impl Markup for Markdown {
    fn text(&self, text: &str, out: &mut String) {
        for character in text.chars() {
            match character {
                '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '(' | ')' | '\\' => {
                    out.extend(['\\', character])
                }
                '@' => out.extend([character, APART]),
                '/' if out.ends_with(':') || out.ends_with(".gg") => out.extend([APART, character]),
                other => out.push(other),
            }
        }
    }

    fn strong(&self, text: &str, out: &mut String) {
        if text.trim().is_empty() {
            return out.push_str(text);
        }
        out.push_str("**");
        self.text(text.trim(), out);
        out.push_str("**");
    }

    fn code(&self, text: &str, out: &mut String) {
        if !text.trim().is_empty() {
            out.push_str(&format!("`{}`", code_line(text.trim())));
        }
    }

    fn link(&self, label: &str, url: &str, out: &mut String) {
        let mut words = String::new();
        self.text(label, &mut words);
        if is_safe_address(url) && !words.trim().is_empty() {
            out.push_str(&format!("[{words}](<{url}>)"));
        } else {
            out.push_str(&words);
        }
    }

    fn person(&self, mention: &Mention, out: &mut String) {
        match &mention.discord {
            Some(id) if id.len() <= 20 && !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) => {
                out.push_str(&format!("<@{id}>"));
            }
            _ => self.text(&mention.name, out),
        }
    }

    /// `-`, `+` and `12.` begin a list; `#` and `>` are escaped anyway.
    fn guard_start(&self, line: &mut String) {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        if line.starts_with(['-', '+']) {
            line.insert(0, '\\');
        } else if digits > 0 && line[digits..].starts_with('.') {
            line.insert(digits, '\\');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut out = String::new();
        Markdown.text(text, &mut out);
        Markdown.guard_start(&mut out);
        out
    }

    #[test]
    fn text_cannot_mention_link_or_format() {
        assert_eq!(said("@everyone <@1>"), "@\u{200b}everyone \\<@\u{200b}1\\>");
        assert_eq!(said("**x** ||y||"), r"\*\*x\*\* \|\|y\|\|");
        assert_eq!(said("[x](http://evil)"), "\\[x\\]\\(http:\u{200b}//evil\\)");
        assert_eq!(said("1. first"), r"1\. first");
        assert_eq!(said("- first"), r"\- first");
    }
}
