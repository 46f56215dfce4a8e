//! What comes from a CRM is text: it is shown as it is and never read as markup.

/// The longest value that a template prints; longer ones end in `…`.
pub const VALUE_CHARS_MAX: usize = 600;

/// One plain line: no line breaks, control or invisible formatting characters, single spaces, a bounded length.
/// ```
/// use shiftbell_render::template::escape::line;
/// assert_eq!(line("Bank\r\n# of\u{202e} Samples\0 "), "Bank # of Samples");
/// ```
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(VALUE_CHARS_MAX));
    let mut length = 0;
    for character in text.chars() {
        let character = match character {
            c if c.is_whitespace() || c.is_control() => ' ',
            c if is_invisible(c) => continue,
            c => c,
        };
        if character == ' ' && (out.is_empty() || out.ends_with(' ')) {
            continue;
        }
        if length == VALUE_CHARS_MAX {
            out.truncate(out.trim_end().len());
            out.push('…');
            return out;
        }
        out.push(character);
        length += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// The lines of a rendered part as one line; not shortened.
pub(crate) fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A line that Markdown reads as literal text, whatever it holds: every ASCII punctuation character is escaped.
/// <https://spec.commonmark.org/0.31.2/#backslash-escapes>
pub fn markdown(text: &str) -> String {
    let line = line(text);
    let mut out = String::with_capacity(line.len() + 8);
    for character in line.chars() {
        if character.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Characters that change how others are shown and cannot be seen: direction marks, tags, fillers. The joiners of
/// emoji and of Persian stay.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The address if it is one that may be opened, made safe for every surface.
/// ```
/// use shiftbell_render::template::escape::web_address;
/// assert_eq!(web_address("javascript:alert(1)"), None);
/// assert_eq!(web_address("https://crm.example/a|b").as_deref(), Some("https://crm.example/a%7Cb"));
/// ```
pub fn web_address(url: &str) -> Option<String> {
    const URL_BYTES_MAX: usize = 2_000;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
    let host_is_named = rest.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '[');
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b':' | b'/' | b'?' | b'#' | b'@' | b'!' | b'$' | b'&' => {
                out.push(char::from(byte))
            }
            b'+' | b',' | b';' | b'=' | b'%' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    (host_is_named && out.len() <= URL_BYTES_MAX).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_value_is_cut() {
        let long = line(&"x".repeat(100_000));
        assert_eq!(long.chars().count(), VALUE_CHARS_MAX + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn markup_becomes_text() {
        assert_eq!(markdown("[x](http://evil)"), r"\[x\]\(http\:\/\/evil\)");
        assert_eq!(markdown("1. a\n- b"), r"1\. a \- b");
    }
}
