//! `shiftbell init` without its terminal: what an account suggests, the files that follow from the answers, and what is new in
//! the account since. Nothing here asks, reads or writes.

pub mod changed;
pub mod sign;
pub mod suggest;
pub mod tokens;
pub mod written;

use shiftbell_sources::hubspot::portal::Portal;

pub use sign::Sign;
pub use suggest::{Split, Way};

/// The longest file that is written: one screen to read, whatever the account holds.
pub const LINES_MAX: usize = 60;
/// Ways of selling that such a file has room for.
pub const WAYS_MAX: usize = 3;

/// Everything that a definitions file is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the workspace, which is that of its file.
    pub workspace: String,
    /// As people call the company.
    pub company: String,
    pub zone: String,
    pub currency: String,
    pub source: Source,
    pub outlet: Outlet,
    pub people: Vec<Person>,
    /// The e-mail of whoever receives everything at first.
    pub reviewer: String,
}

/// Where the events come from.
#[derive(Clone, Debug)]
pub enum Source {
    HubSpot(Box<FromHubSpot>),
    /// From files, or from anything that can sign JSON.
    File,
}

/// What was chosen from an account.
#[derive(Clone, Debug)]
pub struct FromHubSpot {
    pub portal: Portal,
    /// The environment variable with the token.
    pub token: String,
    pub split: Split,
    pub ways: Vec<Way>,
    pub mql: Sign,
    pub sql: Sign,
    /// Ids of stages.
    pub won: Vec<String>,
}

/// Where messages go. Tokens are named by their environment variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlet {
    Slack { team: Option<String>, bot: String, app: String, channel: Option<String> },
    Discord { guild: Option<String>, bot: String, channel: Option<String> },
    Console,
}

/// A line under `[teams.company.people]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub email: String,
    pub role: &'static str,
}

/// A name as definitions files have them, from any text; `None` where no letter is left.
pub fn slug(text: &str) -> Option<String> {
    let plain: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let joined = plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let name: String = joined.trim_start_matches(|c: char| !c.is_ascii_lowercase()).chars().take(40).collect();
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

/// The same, and none of those that are taken.
pub(crate) fn free_slug(text: &str, otherwise: &str, taken: &[String]) -> String {
    let wanted = slug(text).unwrap_or_else(|| otherwise.to_owned());
    let numbered = (2..).map(|n| format!("{wanted}-{n}"));
    std::iter::once(wanted.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(wanted)
}

/// Text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A list of texts as TOML writes it.
pub(crate) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    format!("[{}]", texts.into_iter().map(quoted).collect::<Vec<_>>().join(", "))
}

/// Letters and digits in lower case, as words of a map are compared.
pub(crate) fn folded(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_becomes_a_name_or_none() {
        assert_eq!(slug("Sales Pipeline (US)").as_deref(), Some("sales-pipeline-us"));
        assert_eq!(slug("2nd \"way\"").as_deref(), Some("nd-way"));
        assert_eq!(slug("Продажи"), None);
        let taken = ["sales".to_owned(), "sales-2".to_owned()];
        assert_eq!(free_slug("Sales!", "way", &taken), "sales-3");
    }

    #[test]
    fn whatever_is_quoted_is_read_back_in_one_line() {
        for text in ["plain", "say \"hi\"", "back\\slash", "'single'", "#no comment", "日本語"] {
            let line = format!("x = {}", quoted(text));
            assert_eq!(toml::from_str::<toml::Table>(&line).unwrap()["x"].as_str(), Some(text));
        }
        assert_eq!(quoted("two\nlines"), "\"two lines\"");
    }
}
