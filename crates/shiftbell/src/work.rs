//! The workers: from deliveries to numbers, from notices to messages, and what the clock sets off.

pub mod absent;
pub mod beside;
pub mod build;
pub mod bulk;
pub mod checkpoint;
pub mod decide;
pub mod delivery;
pub mod derive;
pub mod digests;
pub mod directory;
pub mod facts_seen;
pub mod import;
pub mod intake;
pub mod letter;
pub mod past;
pub mod poll;
pub mod rebuild;
pub mod recognise;
pub mod refold;
pub mod rollout;
pub mod shelf;
mod sockets;
mod story;
pub mod sweeps;
pub mod timer;
pub mod workers;

use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::{Weekday, time};
use shiftbell_metrics::definitions::{Definitions, Person, Place, Source};
use shiftbell_metrics::fold::Plan;
use shiftbell_sources::SourceSettings;
use shiftbell_store::{Db, StoreError};

use crate::portal::Known;
pub use decide::{To, place_of};
use directory::Directory;

/// One company: its name and what it means by its numbers.
#[derive(Clone, Debug)]
pub struct Workspace {
    pub name: String,
    pub meaning: Arc<Meaning>,
    /// The outlets that can be reached, by their kind. Where there is none, messages go to the console.
    pub outlets: Vec<String>,
    /// Who is who, as it was read last: shared by everybody who knows this company.
    directory: Arc<RwLock<Arc<Directory>>>,
    /// What is known of how its sources are set up.
    pub known: Arc<Known>,
}

/// The outlet that prints.
pub const CONSOLE: &str = "console";

/// Definitions, and the same compiled for the fold.
#[derive(Debug)]
pub struct Meaning {
    pub defs: Definitions,
    pub plan: Plan,
    /// The file as it was read, kept with the numbers that it gave.
    pub text: String,
    /// Where people work of whom nothing else is known.
    pub fallback_place: Place,
}

/// A source as people write it: `HubSpot`, `Stripe`, and our own by their id, such as `website`.
pub fn source_name(defs: &Definitions, id: &str) -> String {
    let kind = defs.sources.iter().find(|source| source.id == id).map(|source| source.kind.as_str());
    match kind {
        Some("hubspot") => "HubSpot".to_owned(),
        Some("stripe") => "Stripe".to_owned(),
        Some("salesforce") => "Salesforce".to_owned(),
        Some(_) | None => id.to_owned(),
    }
}

impl Workspace {
    pub fn new(name: impl Into<String>, defs: Definitions, text: impl Into<String>) -> Workspace {
        let plan = Plan::new(&defs);
        let outlets = defs.outlets.iter().map(|outlet| outlet.kind.clone()).collect();
        let fallback_place = Place {
            zone: defs.workspace.zone.clone(),
            days: Weekday::Monday.cycle_forward().take(5).collect(),
            from: time(9, 0, 0, 0),
            until: time(18, 0, 0, 0),
            holidays: Vec::new(),
        };
        let meaning = Meaning { defs, plan, text: text.into(), fallback_place };
        Workspace {
            name: name.into(),
            meaning: Arc::new(meaning),
            outlets,
            directory: Arc::default(),
            known: Arc::default(),
        }
    }

    /// How what a source sends is read now.
    pub fn settings_of(&self, source: &Source) -> SourceSettings {
        SourceSettings::of(source).with_labels(self.known.labels(&source.id))
    }

    /// In which outlets, and there in which channel, somebody is reached. The channel of a person is their id there, or
    /// their e-mail where it has yet to be looked up.
    pub fn channels_of(&self, to: &To) -> Vec<(String, String)> {
        if self.outlets.is_empty() {
            return vec![(CONSOLE.to_owned(), to.name().to_owned())];
        }
        let defs = self.defs();
        let channel = |outlet: &String| match to {
            To::Channel(id) => {
                defs.destinations.get(id).and_then(|destination| destination.channels.get(outlet)).cloned()
            }
            To::Person(email) => {
                let known = defs.person(email).and_then(|person| person.known_as.get(outlet)).cloned();
                Some(known.unwrap_or_else(|| email.clone()))
            }
        };
        let mut found: Vec<(String, String)> =
            self.outlets.iter().filter_map(|outlet| Some((outlet.clone(), channel(outlet)?))).collect();
        if matches!(to, To::Person(_)) {
            // A person is told once, in the outlet that the file names first.
            found.truncate(1);
        }
        found
    }

    pub fn defs(&self) -> &Definitions {
        &self.meaning.defs
    }

    /// A source as people write it.
    pub fn source_name(&self, id: &str) -> String {
        source_name(self.defs(), id)
    }

    /// The role of the person whom a source calls by this name.
    pub fn role_of(&self, owner: Option<&str>) -> Option<String> {
        self.person(owner?).map(|person| person.role.clone())
    }

    /// The person whom the file, or a source, calls by this name.
    pub fn person(&self, name: &str) -> Option<&Person> {
        let defs = self.defs();
        defs.person(name).or_else(|| defs.person(self.directory().person(name)?))
    }

    /// Who is who, as it was read last.
    pub fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads anew who is who.
    ///
    /// # Errors
    /// The database's; then it stays as it was.
    pub async fn refresh_directory(&self, db: &Db) -> Result<(), StoreError> {
        let mut snapshot = db.read().await?;
        let read = Directory::read(&mut snapshot, self.defs(), &self.name).await?;
        drop(snapshot);
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(read);
        Ok(())
    }
}
