//! The kinds of record that are read.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::id::EntityKind;

/// A kind of record of a HubSpot account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Object {
    Companies,
    Contacts,
    Deals,
}

impl Object {
    /// In the order in which a round reads them.
    pub const ALL: [Object; 3] = [Object::Companies, Object::Contacts, Object::Deals];

    /// As HubSpot's addresses name it, and people too.
    pub fn plural(self) -> &'static str {
        match self {
            Object::Companies => "companies",
            Object::Contacts => "contacts",
            Object::Deals => "deals",
        }
    }

    pub(super) fn entity(self) -> EntityKind {
        match self {
            Object::Companies => EntityKind::Company,
            Object::Contacts => EntityKind::Contact,
            Object::Deals => EntityKind::Deal,
        }
    }

    /// The property that says when a record was changed last.
    pub(super) fn changed_at(self) -> &'static str {
        match self {
            Object::Contacts => "lastmodifieddate",
            Object::Companies | Object::Deals => "hs_lastmodifieddate",
        }
    }

    /// The kinds to which its associations are asked for. A contact's company is one of its properties, with history.
    pub(super) fn linked_to(self) -> &'static [Object] {
        match self {
            Object::Companies | Object::Contacts => &[],
            Object::Deals => &[Object::Companies, Object::Contacts],
        }
    }

    /// The next kind that a round reads.
    pub(super) fn next(self) -> Option<Object> {
        let at = Object::ALL.into_iter().position(|object| object == self)?;
        Object::ALL.get(at + 1).copied()
    }
}
