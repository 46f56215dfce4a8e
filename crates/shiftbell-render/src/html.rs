//! A document as a card of a web page that looks like chat. Nothing in it comes from data but text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::action::Action;
use crate::document::{Block, Button, Document, Inline, Style};

/// The card: an `<article class="message">`, with its thread below. Its buttons send their action as the field
/// `action` of the form that the page puts around it.
pub fn card(document: &Document) -> String {
    let mut out = String::from("<article class=\"message\">\n");
    for block in &document.blocks {
        out.push_str(&self::block(block));
    }
    if let Some(picture) = &document.picture {
        out.push_str(&format!(
            "<img class=\"picture\" src=\"data:image/svg+xml;base64,{}\" alt=\"{}\">\n",
            BASE64.encode(&picture.svg),
            escape(&picture.alt)
        ));
    }
    let buttons: String = document.buttons.iter().map(button).collect();
    let more: String = document.more.iter().map(button).collect();
    if !buttons.is_empty() || !more.is_empty() {
        let more = if more.is_empty() {
            String::new()
        } else {
            format!("<details><summary aria-label=\"More\">...</summary>{more}</details>")
        };
        out.push_str(&format!("<div class=\"buttons\">{buttons}{more}</div>\n"));
    }
    for below in &document.thread {
        out.push_str(&format!("<div class=\"thread\">\n{}</div>\n", card(below)));
    }
    out.push_str("</article>\n");
    out
}

fn block(block: &Block) -> String {
    let joined = |lines: &[Vec<Inline>]| lines.iter().map(|line| self::line(line)).collect::<Vec<_>>().join("<br>\n");
    match block {
        Block::Lines(lines) => format!("<p>{}</p>\n", joined(lines)),
        Block::Small(lines) => format!("<p class=\"small\">{}</p>\n", joined(lines)),
        Block::Code(lines) => format!("<pre>{}</pre>\n", escape(&lines.join("\n"))),
        Block::Table(table) => format!("<pre>{}</pre>\n", escape(&table.lines().join("\n"))),
    }
}

fn line(line: &[Inline]) -> String {
    line.iter().map(inline).collect()
}

fn inline(inline: &Inline) -> String {
    match inline {
        Inline::Text(text) => escape(text),
        Inline::Strong(text) => format!("<strong>{}</strong>", escape(text)),
        Inline::Code(text) => format!("<code>{}</code>", escape(text)),
        Inline::Person(mention) => format!("<span class=\"person\">{}</span>", escape(&mention.name)),
        Inline::Link { label, url } => link(label, url, "link"),
    }
}

fn link(label: &str, url: &str, class: &str) -> String {
    match crate::template::escape::web_address(url) {
        Some(url) => {
            format!(
                "<a class=\"{class}\" href=\"{}\" rel=\"noopener noreferrer nofollow\">{}</a>",
                escape(&url),
                escape(label)
            )
        }
        None => escape(label),
    }
}

fn button(button: &Button) -> String {
    let class = match button.style {
        Style::Plain => "button",
        Style::Primary => "button primary",
    };
    match &button.action {
        Action::Open { url } => link(&button.label, url, class),
        Action::Ask { .. } | Action::Picture { .. } | Action::About { .. } => {
            let Some(action) = button.action.encode() else { return String::new() };
            let (action, label) = (escape(&action), escape(&button.label));
            format!("<button class=\"{class}\" name=\"action\" value=\"{action}\">{label}</button>")
        }
    }
}

/// Text that stays text between tags and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_no_web_address_is_text() {
        assert_eq!(link("<b>", "javascript:alert(1)", "link"), "&lt;b&gt;");
    }
}
