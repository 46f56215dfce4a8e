//! Text as it stands in cells.

/// For a message: one line, and not a long one.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Letters and digits in lower case: what is compared of two names.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The same without the s of the plural.
pub(super) fn singular(text: &str) -> String {
    let folded = folded(text);
    match folded.strip_suffix('s') {
        Some(one) if one.len() > 1 && !one.ends_with('s') => one.to_owned(),
        _ => folded,
    }
}

/// What a spreadsheet shows where a calculation failed.
pub(super) fn is_error(text: &str) -> bool {
    ["#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"].contains(&text)
}

/// The cell in which a name such as `B2` is a place in the spreadsheet.
pub(super) fn place_in(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '$'));
    words.into_iter().find(|word| {
        let plain = word.trim_start_matches('$');
        let letters = plain.chars().take_while(char::is_ascii_uppercase).count();
        let digits = plain.get(letters..).unwrap_or_default().trim_start_matches('$');
        (1..=3).contains(&letters) && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The part before and after a phrase, whatever the case of its letters.
pub(super) fn split_at<'t>(text: &'t str, phrase: &str) -> Option<(&'t str, &'t str)> {
    let at = text.to_ascii_lowercase().find(phrase)?;
    Some((text.get(..at)?.trim(), text.get(at + phrase.len()..)?.trim()))
}

/// What stands behind one of these beginnings, whatever the case of its letters.
pub(super) fn after<'t>(text: &'t str, beginnings: &[&str]) -> Option<&'t str> {
    let lower = text.to_ascii_lowercase();
    let begins = beginnings.iter().find(|beginning| lower.starts_with(*beginning))?;
    text.get(begins.len()..).map(str::trim)
}

/// What stands before one of these endings, whatever the case of its letters.
pub(super) fn before<'t>(text: &'t str, endings: &[&str]) -> Option<&'t str> {
    let lower = text.to_ascii_lowercase();
    let ends = endings.iter().find(|ending| lower.ends_with(*ending))?;
    text.get(..text.len() - ends.len()).map(str::trim)
}

/// `'a ''quoted'' text'`, as [`quoted`] writes it, and what stands behind it.
pub(super) fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.trim_start().strip_prefix('\'')?;
    let mut out = String::new();
    loop {
        let (part, after) = rest.split_once('\'')?;
        out.push_str(part);
        match after.strip_prefix('\'') {
            Some(more) => {
                out.push('\'');
                rest = more;
            }
            None => return Some((out, after.trim_start())),
        }
    }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
