//! What a token has to be allowed, and what is missing, in sentences. `init` prints them; so does whoever looks later why
//! nothing comes.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::super::poll::{Method, Request, Wanted};
use super::read;

/// One scope of a private app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As HubSpot lists it.
    pub name: &'static str,
    /// What it lets the token read.
    pub reads: &'static str,
    /// What is not there without it.
    pub without: &'static str,
    pub need: Need,
}

/// Who misses a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing works without it.
    Always,
    /// Everything is counted, but not by the name that people know.
    Names,
    /// Whoever counts this kind of event.
    Event(&'static str),
    /// Whoever reads what a deal's line items tell.
    Items,
}

/// Everything that is read. Calls, meetings and tasks come with contacts.
pub static SCOPES: [Scope; 7] = [
    Scope {
        name: "crm.objects.contacts.read",
        reads: "contacts",
        without: "nothing can be counted",
        need: Need::Always,
    },
    Scope {
        name: "crm.objects.companies.read",
        reads: "companies",
        without: "nothing can be counted",
        need: Need::Always,
    },
    Scope { name: "crm.objects.deals.read", reads: "deals", without: "nothing can be counted", need: Need::Always },
    Scope {
        name: "crm.objects.owners.read",
        reads: "owners",
        without: "nobody is known as the owner of a record",
        need: Need::Names,
    },
    Scope {
        name: "forms",
        reads: "forms",
        without: "their names are not known, nor any but the latest that somebody sent",
        need: Need::Event("form"),
    },
    Scope { name: "sales-email-read", reads: "e-mails", without: "they are not counted", need: Need::Event("email") },
    Scope {
        name: "crm.objects.line_items.read",
        reads: "line items",
        without: "it is not known which products a deal is about",
        need: Need::Items,
    },
];

impl Scope {
    /// Whether these definitions miss something without it.
    pub fn is_wanted(&self, wanted: &Wanted) -> bool {
        match self.need {
            Need::Always | Need::Names => true,
            Need::Event(kind) => wanted.events.contains(kind),
            Need::Items => wanted.reads_items(),
        }
    }

    /// That it is missing, in a sentence.
    pub fn missing(&self) -> String {
        format!(
            "the token may not read {}, so that {}: tick `{}` in the private app under Scopes, then take its token again",
            self.reads, self.without, self.name
        )
    }
}

/// The scopes that are missing from these.
pub fn lacking(granted: &BTreeSet<String>) -> impl Iterator<Item = &'static Scope> {
    SCOPES.iter().filter(|scope| !granted.contains(scope.name))
}

/// Asks what a token may read.
pub fn ask_token() -> Request {
    let path = "/oauth/v2/private-apps/get/access-token-info".to_owned();
    Request { method: Method::TellToken, path, body: None, is_search: false }
}

/// What the answer to [`ask_token`] grants.
///
/// # Errors
/// That it names no scopes.
pub fn granted(json: &Json) -> Result<BTreeSet<String>, String> {
    read::scopes(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_may_read_everything_lacks_nothing() {
        let all = SCOPES.iter().map(|scope| scope.name.to_owned()).collect();
        assert_eq!(lacking(&all).count(), 0);
    }

    #[test]
    fn what_is_missing_is_named_with_the_box_to_tick() {
        let all = SCOPES.iter().map(|scope| scope.name.to_owned()).filter(|name| name != "crm.objects.deals.read");
        assert_eq!(
            lacking(&all.collect()).map(Scope::missing).collect::<Vec<_>>(),
            [
                "the token may not read deals, so that nothing can be counted: tick `crm.objects.deals.read` in the private app under Scopes, then take its token again"
            ]
        );
    }
}
