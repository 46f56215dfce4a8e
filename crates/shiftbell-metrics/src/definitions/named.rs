//! Whom people mean when they type a name: an e-mail address, or what stands before its `@`.

use super::model::{Definitions, Person};
use super::spelling::near;

/// What a typed name stands for.
#[derive(Clone, Debug)]
pub enum Named<'a> {
    Person(&'a Person),
    /// Several people are called so.
    Several(Vec<&'a Person>),
    /// Nobody is; these come near.
    Nobody(Vec<&'a Person>),
}

impl Definitions {
    /// The person of this name: an address of theirs, else what stands before the `@` of one, whatever its case.
    pub fn named(&self, typed: &str) -> Named<'_> {
        let typed = typed.trim().trim_start_matches('@');
        if let Some(person) = self.person(typed) {
            return Named::Person(person);
        }
        let called = |person: &&Person| addresses(person).any(|address| before_at(address).eq_ignore_ascii_case(typed));
        let found: Vec<&Person> = self.people.iter().filter(called).collect();
        match found.as_slice() {
            [only] => Named::Person(only),
            [] => {
                let names = self.people.iter().map(|person| {
                    if typed.contains('@') { person.email.clone() } else { before_at(&person.email).to_owned() }
                });
                let of = |name: &String| {
                    self.people.iter().find(|person| person.email == *name || before_at(&person.email) == name)
                };
                Named::Nobody(near(typed, names).iter().filter_map(of).collect())
            }
            _ => Named::Several(found),
        }
    }
}

fn addresses(person: &Person) -> impl Iterator<Item = &str> {
    std::iter::once(person.email.as_str()).chain(person.also.iter().map(String::as_str))
}

fn before_at(address: &str) -> &str {
    address.split('@').next().unwrap_or(address)
}
