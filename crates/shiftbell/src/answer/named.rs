//! Whom somebody means in chat: a mention, an e-mail address, or what stands before its `@`.

use shiftbell_chat::Outlet;
use shiftbell_metrics::definitions::{Named, Person};
use shiftbell_render::action::Action;
use shiftbell_render::document::{Button, Document};

use super::{Asker, sentence};
use crate::companies::Company;
use crate::program::Program;

/// Characters of a name that are shown again.
const SHOWN_MAX: usize = 60;

/// Words that may mean a person.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Mentioned {
    /// A user of a chat system, by its own id.
    User(Outlet, String),
    Name(String),
}

/// The person whom these words mean, or a message that says why it is nobody, with `order` in front of each suggestion.
pub(super) async fn person(
    program: &Program,
    company: &Company,
    words: &str,
    order: &str,
) -> Result<Person, Box<Document>> {
    match mentioned(words) {
        Mentioned::User(outlet, user) => match Asker::of_chat(program, company, outlet, &user).await {
            Asker::Person(person) => Ok(person),
            _ => Err(Box::new(sentence(
                "I do not know who that is: their e-mail address in chat is not one of the definitions file. Name them by the \
                 e-mail address that the file has.",
            ))),
        },
        Mentioned::Name(name) => by_name(company, &name, order).map_err(Box::new),
    }
}

fn by_name(company: &Company, name: &str, order: &str) -> Result<Person, Document> {
    let shown: String = name.chars().take(SHOWN_MAX).collect();
    let buttons = |people: Vec<&Person>| {
        let button = |person: &Person| Button::new(&person.email, Action::ask(format!("{order} {}", person.email)));
        people.into_iter().take(3).map(button).collect::<Vec<_>>()
    };
    match company.defs().named(name) {
        Named::Person(person) => Ok(person.clone()),
        Named::Several(people) => {
            Err(sentence(format!("Several people are called \"{shown}\". Which one?")).with_buttons(buttons(people)))
        }
        Named::Nobody(near) if near.is_empty() => Err(sentence(format!(
            "I know nobody called \"{shown}\". People are those of [teams] in the definitions file."
        ))),
        Named::Nobody(near) => Err(sentence(format!("I know nobody called \"{shown}\". Did you mean one of these?"))
            .with_buttons(buttons(near))),
    }
}

/// `<@U123|ann>` and `<@U123>` are users of Slack, `<@123>` and `<@!123>` of Discord; `<mailto:a@b.example|a@b.example>` is what
/// Slack makes of an e-mail address.
fn mentioned(words: &str) -> Mentioned {
    let words = words.trim();
    let Some(inner) = words.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
        return Mentioned::Name(words.to_owned());
    };
    let of = inner.split('|').next().unwrap_or_default();
    if let Some(address) = of.strip_prefix("mailto:") {
        return Mentioned::Name(address.to_owned());
    }
    match of.strip_prefix('@').map(|id| id.trim_start_matches('!')) {
        Some(id) if !id.is_empty() && id.chars().all(|c| c.is_ascii_digit()) => {
            Mentioned::User(Outlet::Discord, id.to_owned())
        }
        Some(id) if !id.is_empty() && id.len() <= 30 && id.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Mentioned::User(Outlet::Slack, id.to_owned())
        }
        Some(_) | None => Mentioned::Name(inner.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mention_is_read_in_every_form_that_the_chats_write() {
        let user = |outlet, id: &str| Mentioned::User(outlet, id.to_owned());
        let name = |name: &str| Mentioned::Name(name.to_owned());
        assert_eq!(mentioned(" <@U012AB3CD|bdr.one> "), user(Outlet::Slack, "U012AB3CD"));
        assert_eq!(mentioned("<@U012AB3CD>"), user(Outlet::Slack, "U012AB3CD"));
        assert_eq!(mentioned("<@1400000000000000002>"), user(Outlet::Discord, "1400000000000000002"));
        assert_eq!(mentioned("<@!1400000000000000002>"), user(Outlet::Discord, "1400000000000000002"));
        assert_eq!(mentioned("<mailto:bdr.one@clowns.example|bdr.one@clowns.example>"), name("bdr.one@clowns.example"));
        assert_eq!(mentioned("@bdr.one"), name("@bdr.one"));
        for odd in ["<@>", "<!channel>", "<@&55>", "<#C1|sales>", "<@U1", "<>", "", "<@U1|x|y", "<@../../x>"] {
            assert!(matches!(mentioned(odd), Mentioned::Name(_)), "{odd}");
        }
    }
}
