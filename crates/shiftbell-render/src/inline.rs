//! Lines of a document in the markup of one surface, cut to a length without cutting an escape in two.

use crate::document::{Inline, Mention};

/// The markup of one surface. Every method writes text that shows exactly what it was given.
pub(crate) trait Markup {
    fn text(&self, text: &str, out: &mut String);
    fn strong(&self, text: &str, out: &mut String);
    fn code(&self, text: &str, out: &mut String);
    fn link(&self, label: &str, url: &str, out: &mut String);
    fn person(&self, mention: &Mention, out: &mut String);
    /// Keeps the start of a line from being read as a list, quotation or heading.
    fn guard_start(&self, line: &mut String);
}

/// The length that platforms count at most: UTF-16 units, which are never fewer than characters.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The first `chars` characters, with `…` if that is not all.
pub(crate) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        None => text.to_owned(),
        Some(_) if chars == 0 => String::new(),
        Some(_) => {
            let kept: String = text.chars().take(chars - 1).collect();
            kept.trim_end().to_owned() + "…"
        }
    }
}

/// The longest start of the text that is at most `units` long as platforms count, with `…` if that is not all.
pub(crate) fn cut_to(text: &str, units: usize) -> String {
    if length(text) <= units {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = text.chars().take_while(|letter| {
        used += letter.len_utf16();
        used <= units
    });
    fits.collect::<String>().trim_end().to_owned() + "…"
}

/// The line in this markup, at most `length_max` long.
pub(crate) fn line(markup: &impl Markup, line: &[Inline], length_max: usize) -> String {
    // A guard at the start adds one character.
    let length_max = length_max.saturating_sub(2);
    let mut out = String::new();
    for piece in line {
        let before = out.len();
        write(markup, piece, None, &mut out);
        if length(&out) > length_max {
            out.truncate(before);
            write_cut(markup, piece, length_max - length(&out), &mut out);
            break;
        }
    }
    markup.guard_start(&mut out);
    out
}

fn write(markup: &impl Markup, piece: &Inline, chars_max: Option<usize>, out: &mut String) {
    let shown = |text: &str| chars_max.map_or_else(|| text.to_owned(), |most| cut(text, most));
    match piece {
        Inline::Text(text) => markup.text(&shown(text), out),
        Inline::Strong(text) => markup.strong(&shown(text), out),
        Inline::Code(text) => markup.code(&shown(text), out),
        Inline::Link { label, url } => markup.link(&shown(label), url, out),
        Inline::Person(mention) => markup.person(&Mention { name: shown(&mention.name), ..mention.clone() }, out),
    }
}

/// Writes as many characters of the piece as fit into `room`, or nothing.
fn write_cut(markup: &impl Markup, piece: &Inline, room: usize, out: &mut String) {
    let fits = |chars: usize| {
        let mut tried = String::new();
        write(markup, piece, Some(chars), &mut tried);
        (length(&tried) <= room).then_some(tried)
    };
    let (mut fitting, mut least, mut most) = (None, 1, room);
    while least <= most {
        let middle = usize::midpoint(least, most);
        match fits(middle) {
            Some(tried) => {
                fitting = Some(tried);
                least = middle + 1;
            }
            None => most = middle - 1,
        }
    }
    out.push_str(&fitting.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_what_platforms_count() {
        assert_eq!(cut_to("abc", 3), "abc");
        assert_eq!(cut_to("abcd", 3), "ab…");
        assert_eq!(cut_to("🎪🎪🎪", 5), "🎪🎪…");
        assert_eq!(cut("abcd", 3), "ab…");
    }
}
