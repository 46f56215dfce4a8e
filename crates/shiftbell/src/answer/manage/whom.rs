//! Whom an order is about: a mention as each chat writes it, an e-mail address, or the part of one before the `@`.

use shiftbell_chat::Outlet;
use shiftbell_metrics::definitions::{Definitions, Person, nearest};

use crate::answer::asker::person_of_chat;
use crate::companies::Company;
use crate::program::Program;

/// Longest word that can name somebody.
const CHARS_MAX: usize = 100;

/// Somebody as a word names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A user of an outlet, by the outlet's id.
    User(Outlet, String),
    /// An e-mail address in lower case, or its part before the `@`.
    Address(String),
}

/// Reads `<@U1>`, `<@U1|ann>` (Slack), `<@14>`, `<@!14>` (Discord), `ann@clowns.example`, `@ann`. `None`: names nobody.
pub(super) fn read(word: &str) -> Option<Named> {
    let word = word.trim();
    if word.chars().count() > CHARS_MAX {
        return None;
    }
    if let Some(mention) = word.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>')) {
        let (id, shown) = mention.trim_start_matches('!').split_once('|').unwrap_or((mention, ""));
        let id = id.trim_start_matches('!');
        let is_id = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric()) && !shown.contains(['<', '>']);
        // Slack's ids begin with a letter, Discord's are numbers.
        let outlet = if id.chars().all(|c| c.is_ascii_digit()) { Outlet::Discord } else { Outlet::Slack };
        return is_id.then(|| Named::User(outlet, id.to_owned()));
    }
    // Slack makes a link of an address.
    let word = word.strip_prefix("<mailto:").and_then(|rest| rest.split(['|', '>']).next()).unwrap_or(word);
    let word = word.trim_start_matches('@').to_lowercase();
    (!word.is_empty() && !word.contains(['<', '>'])).then_some(Named::Address(word))
}

/// The person of the company whom a word names, or a sentence that says why there is none.
pub(super) async fn person(program: &Program, company: &Company, word: &str) -> Result<Person, String> {
    match read(word) {
        None => Err(format!("\"{}\" names nobody. Write @name, or an e-mail address.", shown(word))),
        Some(Named::Address(address)) => by_address(company.defs(), &address),
        Some(Named::User(outlet, user)) => person_of_chat(program, company, outlet, &user).await.ok_or_else(|| {
            "I do not know who that is here: their e-mail address is not in the definitions file.".to_owned()
        }),
    }
}

fn by_address(defs: &Definitions, address: &str) -> Result<Person, String> {
    if let Some(person) = defs.person(address) {
        return Ok(person.clone());
    }
    let begins = |email: &str| email.to_lowercase().split('@').next() == Some(address);
    let mut found =
        defs.people.iter().filter(|person| begins(&person.email) || person.also.iter().any(|it| begins(it)));
    match (found.next(), found.next()) {
        (Some(person), None) => Ok(person.clone()),
        (Some(one), Some(other)) => {
            Err(format!("\"{address}\" may be {} or {}: write the whole address.", one.email, other.email))
        }
        (None, _) => {
            let names = defs.people.iter().flat_map(|person| {
                let local = person.email.split('@').next().unwrap_or_default();
                [person.email.clone(), local.to_owned()]
            });
            let hint = nearest(address, names).map_or_else(String::new, |near| format!(" Did you mean {near}?"));
            Err(format!("The definitions file has no person \"{}\".{hint}", shown(address)))
        }
    }
}

fn shown(word: &str) -> String {
    word.chars().take(CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_read_as_each_chat_writes_them() {
        let user = |outlet, id: &str| Some(Named::User(outlet, id.to_owned()));
        assert_eq!(read("<@U024BE7LH>"), user(Outlet::Slack, "U024BE7LH"));
        assert_eq!(read("<@W1|ann.x>"), user(Outlet::Slack, "W1"));
        assert_eq!(read("<@1400000000000000002>"), user(Outlet::Discord, "1400000000000000002"));
        assert_eq!(read("<@!14>"), user(Outlet::Discord, "14"));
        let address = |text: &str| Some(Named::Address(text.to_owned()));
        assert_eq!(read("@bdr.One"), address("bdr.one"));
        assert_eq!(read("<mailto:Ann@x.example|Ann@x.example>"), address("ann@x.example"));
        for rubbish in ["", "@", "<@>", "<@U1|<!channel>>", "<!channel>", "<#C1>", "<@&12>", &"x".repeat(200)] {
            assert_eq!(read(rubbish), None, "{rubbish}");
        }
    }
}
