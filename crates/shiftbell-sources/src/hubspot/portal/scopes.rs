//! What a token has to be allowed, and what is missing, in sentences. `init` prints them; so does whoever looks later why
//! nothing comes.

use std::collections::BTreeSet;

/// One scope of a private app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As HubSpot lists it.
    pub name: &'static str,
    /// What it lets the token read.
    pub reads: &'static str,
    /// What is not there without it.
    pub without: &'static str,
    /// Whether nothing works without it.
    pub is_needed: bool,
}

/// Everything that is read.
pub const SCOPES: [Scope; 5] = [
    Scope { name: "crm.objects.contacts.read", reads: "contacts", without: "nothing can be counted", is_needed: true },
    Scope {
        name: "crm.objects.companies.read",
        reads: "companies",
        without: "nothing can be counted",
        is_needed: true,
    },
    Scope { name: "crm.objects.deals.read", reads: "deals", without: "nothing can be counted", is_needed: true },
    Scope {
        name: "crm.objects.owners.read",
        reads: "owners",
        without: "nobody is known as the owner of a record",
        is_needed: false,
    },
    Scope { name: "forms", reads: "forms", without: "their names are not known", is_needed: false },
];

/// What is missing from these, one sentence each.
pub fn missing(granted: &BTreeSet<String>) -> Vec<String> {
    let lacking = SCOPES.iter().filter(|scope| !granted.contains(scope.name));
    lacking
        .map(|scope| {
            format!(
                "the token may not read {}, so that {}: tick `{}` in the private app under Scopes, then take its token again",
                scope.reads, scope.without, scope.name
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_that_may_read_everything_lacks_nothing() {
        let all = SCOPES.iter().map(|scope| scope.name.to_owned()).collect();
        assert_eq!(missing(&all), Vec::<String>::new());
    }

    #[test]
    fn what_is_missing_is_named_with_the_box_to_tick() {
        let all = SCOPES.iter().map(|scope| scope.name.to_owned()).filter(|name| name != "crm.objects.deals.read");
        assert_eq!(
            missing(&all.collect()),
            [
                "the token may not read deals, so that nothing can be counted: tick `crm.objects.deals.read` in the private app under Scopes, then take its token again"
            ]
        );
    }
}
