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
    Calls,
    Emails,
    Meetings,
    Tasks,
    /// What a deal is about. They are read with their deal and never by themselves.
    #[serde(rename = "line_items")]
    LineItems,
}

impl Object {
    /// In the order in which a round reads them: whoever an activity belongs to is known before it.
    pub const ALL: [Object; 7] = [
        Object::Companies,
        Object::Contacts,
        Object::Deals,
        Object::Calls,
        Object::Emails,
        Object::Meetings,
        Object::Tasks,
    ];

    /// As HubSpot's addresses name it, and people too.
    pub fn plural(self) -> &'static str {
        match self {
            Object::Companies => "companies",
            Object::Contacts => "contacts",
            Object::Deals => "deals",
            Object::Calls => "calls",
            Object::Emails => "emails",
            Object::Meetings => "meetings",
            Object::Tasks => "tasks",
            Object::LineItems => "line_items",
        }
    }

    /// The kind with this type id, as webhooks of the newest generation name it.
    pub(in crate::hubspot) fn from_type_id(id: &str) -> Option<Object> {
        match id {
            "0-1" => Some(Object::Contacts),
            "0-2" => Some(Object::Companies),
            "0-3" => Some(Object::Deals),
            "0-48" => Some(Object::Calls),
            "0-49" => Some(Object::Emails),
            "0-47" => Some(Object::Meetings),
            "0-27" => Some(Object::Tasks),
            _ => None,
        }
    }

    pub(in crate::hubspot) fn entity(self) -> EntityKind {
        match self {
            Object::Companies => EntityKind::Company,
            Object::Contacts => EntityKind::Contact,
            Object::Deals | Object::LineItems => EntityKind::Deal,
            Object::Calls | Object::Emails | Object::Meetings | Object::Tasks => EntityKind::Activity,
        }
    }

    /// The kind of record that is such an entity; an activity may be of several.
    pub fn of_entity(entity: EntityKind) -> Option<Object> {
        Object::ALL.into_iter().find(|object| object.entity() == entity && object.event().is_none())
    }

    /// Of an activity: the kind of event that it is.
    pub(in crate::hubspot) fn event(self) -> Option<&'static str> {
        match self {
            Object::Companies | Object::Contacts | Object::Deals | Object::LineItems => None,
            Object::Calls => Some("call"),
            Object::Emails => Some("email"),
            Object::Meetings => Some("meeting"),
            Object::Tasks => Some("task"),
        }
    }

    /// The id of the entity that a record is: activities of several kinds may have one number.
    pub(in crate::hubspot) fn entity_id(self, id: &str) -> String {
        self.event().map_or_else(|| id.to_owned(), |event| format!("{event}/{id}"))
    }

    /// The property that says when a record was changed last.
    pub(super) fn changed_at(self) -> &'static str {
        match self {
            Object::Contacts => "lastmodifieddate",
            _ => "hs_lastmodifieddate",
        }
    }

    /// Whether the history of its properties is read. What a call or an e-mail says is counted as it is known today, so that
    /// a search brings all of it.
    pub(super) fn has_history(self) -> bool {
        !matches!(self, Object::Calls | Object::Emails)
    }

    /// The kinds to which its associations are asked for. A contact's company is one of its properties, with history.
    pub(super) fn linked_to(self) -> &'static [Object] {
        match self {
            Object::Companies | Object::Contacts | Object::LineItems => &[],
            Object::Deals => &[Object::Companies, Object::Contacts],
            Object::Calls | Object::Emails | Object::Meetings | Object::Tasks => {
                &[Object::Deals, Object::Contacts, Object::Companies]
            }
        }
    }
}
