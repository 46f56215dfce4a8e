//! The page of the documentation that shows a session, and whether it is still what one sees.

use std::path::{Path, PathBuf};

/// Set, the page is written anew instead of being compared.
const UPDATE: &str = "SHIFTBELL_UPDATE_PAGES";

/// A page of Markdown in which each step of a session is a block of code behind its mark, `<!-- session: init -->`.
#[derive(Debug)]
pub(super) struct Page {
    file: PathBuf,
    text: String,
    shown: Vec<(String, String)>,
}

impl Page {
    pub(super) fn open(name: &str) -> Page {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests are in the workspace");
        let file = root.join(name);
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        Page { file, text, shown: Vec::new() }
    }

    /// What was seen at a step.
    pub(super) fn shows(&mut self, step: &str, seen: &str) {
        self.shown.push((step.to_owned(), seen.trim_end().to_owned()));
    }

    /// Compares every step with the page, or writes it.
    pub(super) fn holds(self) {
        let mut renewed = self.text.clone();
        for (step, seen) in &self.shown {
            let mark = format!("<!-- session: {step} -->\n");
            let Some(at) = renewed.find(&mark) else { panic!("{} has no step `{step}`", self.file.display()) };
            let begins = at + mark.len() + renewed[at + mark.len()..].find('\n').expect("a block behind the mark") + 1;
            let ends = begins + renewed[begins..].find("```\n").expect("an end of the block");
            renewed.replace_range(begins..ends, &format!("{seen}\n"));
        }
        let marks = self.text.matches("<!-- session: ").count();
        assert_eq!(marks, self.shown.len(), "each step of the page is seen, and each step that is seen is on the page");
        if std::env::var_os(UPDATE).is_some() {
            std::fs::write(&self.file, renewed).expect("the page can be written");
            return;
        }
        let (page, seen) = (settled(&self.text), settled(&renewed));
        if page != seen {
            let differs = page.lines().zip(seen.lines()).find(|(one, other)| one != other);
            let file = self.file.display();
            panic!(
                "{file} does not show what one sees any more; first at {differs:#?}\nrun this test with {UPDATE}=1 and read the change"
            );
        }
    }
}

/// The same text without what is different in every session: receipts, times of day, addresses, spans of seconds.
fn settled(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let before_is_word = out.chars().last().is_some_and(char::is_alphanumeric);
        if !before_is_word && let Some(after) = changing(rest) {
            out.push('~');
            rest = after;
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// What stands behind a word that is different in every session, if the text begins with one.
fn changing(text: &str) -> Option<&str> {
    let while_is = |text: &str, is: fn(char) -> bool| text.find(|c: char| !is(c)).unwrap_or(text.len());
    if let Some(receipt) = text.strip_prefix("r-") {
        let end = while_is(receipt, |c| c.is_ascii_lowercase() || c.is_ascii_digit());
        return (end >= 4).then(|| &receipt[end..]);
    }
    // A span that has just begun.
    let text = text.strip_prefix("under ").unwrap_or(text);
    let digits = while_is(text, |c| c.is_ascii_digit());
    let (number, after) = text.split_at(digits);
    if number.is_empty() {
        return None;
    }
    // A time of day, with or without seconds.
    if let Some(minutes) = after.strip_prefix(':') {
        let end = while_is(minutes, |c| c.is_ascii_digit() || c == ':');
        return (end >= 2).then(|| &minutes[end..]);
    }
    [" s", " ms", " min ago", " seconds"].iter().find_map(|unit| after.strip_prefix(unit))
}

#[cfg(test)]
mod tests {
    use super::settled;

    #[test]
    fn only_what_differs_in_every_session_is_left_out_of_the_comparison() {
        assert_eq!(settled("26.9 % (84 of 312). r-7k3m at 14:05, 3 s"), "26.9 % (84 of 312). ~ at ~, ~");
        assert_eq!(settled("http://127.0.0.1:8080/x under 1 min ago"), "http://127.0.0.~/x ~");
        assert_eq!(settled("HubSpot 2 min ago, under way, 2 h 55 min ago"), "HubSpot ~, under way, 2 h ~");
    }
}
