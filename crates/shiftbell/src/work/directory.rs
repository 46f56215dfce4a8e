//! Who is who: the people of the file, and the owners under whom each source knows them.
//!
//! An owner is, in this order: whom somebody chose, whom the file's map says, who has the owner's e-mail address. An owner who
//! is nobody here still counts in every total; only no person's own numbers have them.

pub mod gaps;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use shiftbell_metrics::definitions::{Definitions, Source};
use shiftbell_sources::SourceSettings;
use shiftbell_store::owner_choices::{self, OwnerChoice};
use shiftbell_store::owners::{self, Owner};
use shiftbell_store::{Session, StoreError};

/// An owner, and who that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub owner: Owner,
    pub is: Is,
}

/// Who an owner is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Is {
    /// The person with this e-mail address in the file, and who said so where it was said by hand.
    Person { email: String, said_by: Option<String> },
    /// Somebody said that it is none of the company's people.
    NotOneOfUs { said_by: String },
    /// Nobody knows.
    Nobody,
}

/// Who is who in one company.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    owners: Vec<Known>,
    /// E-mail address in the file by every name of an owner, in lower case.
    by_name: HashMap<String, String>,
    /// The names of a person's owners by the person's e-mail address, both in lower case.
    names: BTreeMap<String, Vec<String>>,
    /// Whose owners have all been deactivated, by e-mail address in lower case.
    left: BTreeSet<String>,
    /// Ids that are different people in different sources: they name nobody.
    contested: BTreeSet<String>,
}

impl Directory {
    /// # Errors
    /// The database's.
    pub async fn read(session: &mut Session, defs: &Definitions, workspace: &str) -> Result<Directory, StoreError> {
        let owners = owners::all(session, workspace).await?;
        let choices = owner_choices::all(session, workspace).await?;
        Ok(Directory::of(defs, owners, &choices))
    }

    /// Joins what is known.
    pub fn of(defs: &Definitions, owners: Vec<Owner>, choices: &[OwnerChoice]) -> Directory {
        let settings: BTreeMap<&str, SourceSettings> =
            defs.sources.iter().map(|source: &Source| (source.id.as_str(), SourceSettings::of(source))).collect();
        let owners: Vec<Known> = owners
            .into_iter()
            .map(|owner| Known { is: who(defs, settings.get(owner.source.as_str()), choices, &owner), owner })
            .collect();
        let mut all = Directory { owners, ..Directory::default() };
        all.name();
        all.retire();
        all
    }

    /// The e-mail address in the file of whom a source calls by this name.
    pub fn person(&self, name: &str) -> Option<&str> {
        self.by_name.get(&name.to_lowercase()).map(String::as_str)
    }

    /// Every name under which sources know a person besides those in the file, in lower case.
    pub fn names(&self, email: &str) -> &[String] {
        self.names.get(&email.to_lowercase()).map_or(&[], Vec::as_slice)
    }

    /// Whether every owner of a person has been deactivated.
    pub fn has_left(&self, email: &str) -> bool {
        self.left.contains(&email.to_lowercase())
    }

    pub fn owners(&self) -> &[Known] {
        &self.owners
    }

    fn name(&mut self) {
        for known in &self.owners {
            let Is::Person { email, .. } = &known.is else { continue };
            for name in [Some(&known.owner.owner_id), known.owner.email.as_ref()].into_iter().flatten() {
                let name = name.to_lowercase();
                if self.by_name.get(&name).is_some_and(|other| !other.eq_ignore_ascii_case(email)) {
                    self.contested.insert(name.clone());
                }
                self.by_name.insert(name, email.clone());
            }
        }
        self.by_name.retain(|name, _| !self.contested.contains(name));
        for (name, email) in &self.by_name {
            self.names.entry(email.to_lowercase()).or_default().push(name.clone());
        }
        self.names.values_mut().for_each(|names| names.sort());
    }

    fn retire(&mut self) {
        // A source that names nobody as active says nothing about anybody.
        let speaking: BTreeSet<&str> =
            self.owners.iter().filter(|one| one.owner.is_active).map(|one| one.owner.source.as_str()).collect();
        let mut is_active: BTreeMap<String, bool> = BTreeMap::new();
        for known in self.owners.iter().filter(|one| speaking.contains(one.owner.source.as_str())) {
            if let Is::Person { email, .. } = &known.is {
                *is_active.entry(email.to_lowercase()).or_default() |= known.owner.is_active;
            }
        }
        self.left = is_active.into_iter().filter(|(_, is_active)| !is_active).map(|(email, _)| email).collect();
    }
}

fn who(defs: &Definitions, settings: Option<&SourceSettings>, choices: &[OwnerChoice], owner: &Owner) -> Is {
    let in_file = |email: &str| defs.person(email).map(|person| person.email.clone());
    let is_it = |choice: &&OwnerChoice| choice.source == owner.source && choice.owner_id == owner.owner_id;
    if let Some(choice) = choices.iter().find(is_it) {
        return match choice.email.as_deref().map(in_file) {
            Some(Some(email)) => Is::Person { email, said_by: Some(choice.chosen_by.clone()) },
            // Somebody who is in the file no more.
            Some(None) => Is::Nobody,
            None => Is::NotOneOfUs { said_by: choice.chosen_by.clone() },
        };
    }
    let mapped = settings.and_then(|settings| settings.words.person(&owner.owner_id));
    match mapped.or(owner.email.as_deref()).and_then(in_file) {
        Some(email) => Is::Person { email, said_by: None },
        None => Is::Nobody,
    }
}

#[cfg(test)]
mod tests;
