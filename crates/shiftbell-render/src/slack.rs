//! A document as Slack's `chat.postMessage` (or the answer to a slash command): text, Block Kit, nothing else. The
//! channel, metadata and thread are added by who sends it.

use serde_json::{Value, json};

use crate::action::Action;
use crate::document::{Button, Document, Mention, Style};
use crate::fit::{self, Kind, Part, Room};
use crate::inline::{self, Markup, cut, cut_to};
use crate::limits::slack as limits;

/// Separates what Slack would read as markup, and is not seen.
const APART: char = '\u{200b}';

/// Buttons that are seen at once; the rest stand under the three dots.
const VISIBLE_BUTTONS_MAX: usize = 3;
/// The characters of all blocks, with room for buttons and alt text below [`limits::ALL_TEXT_MAX`].
const BODY_MAX: usize = 8_000;
const LINE_MAX: usize = 2_000;
const PARTS_MAX: usize = 35;
const ALT_MAX: usize = 1_500;
const PUSH_CHARS_MAX: usize = 600;

/// The message. `picture` is the id of the uploaded file (`F...`); without one the picture is left out.
///
/// ```
/// use shiftbell_render::{limits::slack_would_reject, messages::{KpiAnswer, Message}, slack};
/// let answer = KpiAnswer::samples().remove(0).1;
/// let message = slack::message(&answer.document().unwrap(), None);
/// assert_eq!(slack_would_reject(&message), None);
/// ```
pub fn message(document: &Document, picture: Option<&str>) -> Value {
    let mut parts = fit::parts(document, &Mrkdwn, code_line, Room { line: LINE_MAX, parts: PARTS_MAX });
    fit::fit(&mut parts, BODY_MAX);
    let (small, body): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(|part| part.kind == Kind::Small);
    let mut blocks: Vec<Value> = body.into_iter().flat_map(sections).collect();
    if let (Some(file), Some(picture)) = (picture, &document.picture) {
        let alt = cut_to(&or(&picture.alt, &picture.name), ALT_MAX);
        blocks.push(json!({"type": "image", "slack_file": {"id": file}, "alt_text": alt}));
    }
    blocks.extend(small.into_iter().map(context));
    blocks.extend(actions(document));
    json!({
        "text": push(document),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// The line for the notification and for screen readers.
fn push(document: &Document) -> String {
    let mut text = String::new();
    Mrkdwn.text(&cut(&or(&document.push, "Shiftbell"), PUSH_CHARS_MAX), &mut text);
    Mrkdwn.guard_start(&mut text);
    text
}

fn or(text: &str, otherwise: &str) -> String {
    if text.trim().is_empty() { otherwise.to_owned() } else { text.to_owned() }
}

/// A part as one or more sections, none longer than a section may be.
fn sections(part: &Part) -> Vec<Value> {
    const FENCES: usize = 16;
    let mut texts: Vec<String> = Vec::new();
    let mut text = String::new();
    for line in &part.lines {
        if !text.is_empty() && inline::length(&text) + inline::length(line) + FENCES > limits::SECTION_TEXT_MAX {
            texts.push(std::mem::take(&mut text));
        }
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
    }
    texts.push(text);
    let fenced = |text: String| if part.kind == Kind::Code { format!("```\n{text}\n```") } else { text };
    texts.into_iter().map(|text| json!({"type": "section", "text": mrkdwn(&fenced(text))})).collect()
}

fn context(part: &Part) -> Value {
    let mut text = String::new();
    for line in &part.lines {
        if inline::length(&text) + inline::length(line) < limits::CONTEXT_TEXT_MAX {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(line);
        }
    }
    json!({"type": "context", "elements": [mrkdwn(&text)]})
}

fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

fn plain(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": cut_to(&or(text, "?"), most), "emoji": false})
}

fn actions(document: &Document) -> Option<Value> {
    let buttons: Vec<&Button> = document.buttons.iter().filter(|button| fits(button)).collect();
    let (visible, hidden) = buttons.split_at(buttons.len().min(VISIBLE_BUTTONS_MAX));
    let mut elements: Vec<Value> = visible.iter().enumerate().map(|(at, one)| element(one, at)).collect();
    let more = hidden.iter().copied().chain(document.more.iter().filter(|button| fits(button)));
    let options: Vec<Value> = more.take(limits::OVERFLOW_OPTIONS_MAX).map(option).collect();
    if !options.is_empty() {
        elements.push(json!({"type": "overflow", "action_id": "more", "options": options}));
    }
    (!elements.is_empty()).then(|| json!({"type": "actions", "elements": elements}))
}

fn fits(button: &Button) -> bool {
    match &button.action {
        Action::Open { url } => is_safe_address(url) && inline::length(url) <= limits::URL_MAX,
        Action::Ask { .. } | Action::Picture { .. } | Action::About { .. } => button.action.encode().is_some(),
    }
}

fn is_safe_address(url: &str) -> bool {
    crate::template::escape::web_address(url).as_deref() == Some(url)
}

fn element(button: &Button, at: usize) -> Value {
    let mut element = json!({
        "type": "button",
        "action_id": format!("button-{at}"),
        "text": plain(&button.label, limits::BUTTON_TEXT_MAX),
    });
    match &button.action {
        Action::Open { url } => element["url"] = json!(url),
        Action::Ask { .. } | Action::Picture { .. } | Action::About { .. } => {
            element["value"] = json!(button.action.encode())
        }
    }
    if button.style == Style::Primary {
        element["style"] = json!("primary");
    }
    element
}

fn option(button: &Button) -> Value {
    let mut option = json!({
        "text": plain(&button.label, limits::OPTION_TEXT_MAX),
        "value": button.action.encode().unwrap_or_else(|| "open".to_owned()),
    });
    if let Action::Open { url } = &button.action {
        option["url"] = json!(url);
    }
    option
}

/// A preformatted line: nothing but `&`, `<`, `>` and addresses are read, and the fence that would end it.
fn code_line(line: &str) -> String {
    let mut out = String::new();
    for character in line.chars() {
        match character {
            '`' => out.push('\''),
            '/' if out.ends_with(':') => out.extend([APART, '/']),
            other => push_entity(other, &mut out),
        }
    }
    out
}

fn push_entity(character: char, out: &mut String) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        other => out.push(other),
    }
}

/// Slack's own markup. <https://docs.slack.dev/messaging/formatting-message-text>
struct Mrkdwn;

impl Markup for Mrkdwn {
    fn text(&self, text: &str, out: &mut String) {
        let letters: Vec<char> = text.chars().collect();
        for (at, &character) in letters.iter().enumerate() {
            let before = at.checked_sub(1).map_or(' ', |before| letters[before]);
            let after = letters.get(at + 1).copied().unwrap_or(' ');
            match character {
                '`' => out.push('\''),
                '_' if before.is_alphanumeric() && after.is_alphanumeric() => out.push('_'),
                '*' | '_' | '~' => out.extend([APART, character, APART]),
                ':' if after == '/' || starts_emoji(&letters[at + 1..]) => out.extend([':', APART]),
                '@' | '#' if !before.is_alphanumeric() && after.is_alphanumeric() => out.extend([character, APART]),
                other => push_entity(other, out),
            }
        }
    }

    fn strong(&self, text: &str, out: &mut String) {
        if text.trim().is_empty() {
            return out.push_str(text);
        }
        out.push('*');
        self.text(text.trim(), out);
        out.push('*');
    }

    fn code(&self, text: &str, out: &mut String) {
        if !text.trim().is_empty() {
            out.push_str(&format!("`{}`", code_line(text.trim())));
        }
    }

    fn link(&self, label: &str, url: &str, out: &mut String) {
        let mut words = String::new();
        self.text(&label.replace('|', "/"), &mut words);
        if is_safe_address(url) && !words.trim().is_empty() {
            out.push_str(&format!("<{}|{words}>", url.replace('&', "&amp;")));
        } else {
            out.push_str(&words);
        }
    }

    fn person(&self, mention: &Mention, out: &mut String) {
        match &mention.slack {
            Some(id) if is_user_id(id) => out.push_str(&format!("<@{id}>")),
            _ => self.text(&mention.name, out),
        }
    }

    fn guard_start(&self, line: &mut String) {
        if line.starts_with("&gt;") {
            line.insert(0, APART);
        }
    }
}

/// Whether `:` before these letters would begin an emoji such as `:fire:`.
fn starts_emoji(letters: &[char]) -> bool {
    let is_name = |c: &&char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '\'');
    let name = letters.iter().take_while(is_name).count();
    name > 0 && letters.get(name) == Some(&':')
}

fn is_user_id(id: &str) -> bool {
    id.len() <= 20 && id.starts_with(['U', 'W']) && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut out = String::new();
        Mrkdwn.text(text, &mut out);
        out
    }

    #[test]
    fn text_cannot_mention_link_or_format() {
        assert_eq!(said("<!channel> & <@U1>"), "&lt;!channel&gt; &amp; &lt;@\u{200b}U1&gt;");
        assert_eq!(said("*x*"), "\u{200b}*\u{200b}x\u{200b}*\u{200b}");
        assert_eq!(said("`x`"), "'x'");
        assert_eq!(said("lead_score 10:41"), "lead_score 10:41");
        assert_eq!(said(":fire: http://evil"), ":\u{200b}fire: http:\u{200b}//evil");
    }

    #[test]
    fn only_an_id_of_slack_becomes_a_mention() {
        let mention =
            |id: &str| Mention { email: "a@b.example".into(), name: "a".into(), slack: Some(id.into()), discord: None };
        let mut out = String::new();
        Mrkdwn.person(&mention("U0123"), &mut out);
        Mrkdwn.person(&mention("!channel"), &mut out);
        assert_eq!(out, "<@U0123>a");
    }
}
