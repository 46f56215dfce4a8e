//! Which properties of a record are worth reading: those that the definitions use.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use shiftbell_metrics::id::EntityKind;

use super::activity;
use super::items;
use super::object::Object;
use super::rows;
use crate::hubspot::fields::field_of;
use crate::hubspot::identity::event_id;
use crate::hubspot::record::feed;
use crate::settings::SourceSettings;

/// What the definitions read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The fields of ours, by the kind of record that has them.
    pub fields: BTreeMap<EntityKind, BTreeSet<String>>,
    /// The kinds of event: an activity (`call`, `email`, `meeting`, `task`) or `form` that is not named is not asked for.
    pub events: BTreeSet<String>,
}

/// Fields by which messages name a record.
const NAMES: [&str; 5] = ["name", "first_name", "last_name", "email", "owner"];
/// A contact's company, with the time at which it became that.
pub(super) const COMPANY: &str = "associatedcompanyid";
/// The records that were merged into one, with the time at which that was done.
pub(super) const MERGED: &str = "hs_merged_object_ids";

/// How HubSpot writes the values of a property in its API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Text,
    /// As a date or a time; webhooks tell the same in milliseconds.
    Time,
}

/// The properties of one kind of record that are read.
#[derive(Clone, Debug, Default)]
pub(super) struct Schema {
    properties: BTreeMap<String, Written>,
    /// Of activities: the label of each value that has one, by property.
    labels: BTreeMap<String, BTreeMap<String, String>>,
}

impl Wanted {
    /// The same for the same fields.
    pub(super) fn hash(&self) -> String {
        let names = self.fields.iter().flat_map(|(kind, fields)| fields.iter().flat_map(|field| [kind.word(), field]));
        let events = self.events.iter().flat_map(|kind| ["event", kind]);
        event_id(&names.chain(events).collect::<Vec<_>>())
    }

    /// The kinds of record that are read, in their order.
    pub(super) fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        Object::ALL.into_iter().filter(|object| object.event().is_none_or(|event| self.events.contains(event)))
    }

    /// Whether something is read that the line items of a deal tell.
    pub(in crate::hubspot) fn reads_items(&self) -> bool {
        items::FIELDS.into_iter().any(|field| self.has(EntityKind::Deal, field))
    }

    fn has(&self, entity: EntityKind, field: &str) -> bool {
        NAMES.contains(&field) || self.fields.get(&entity).is_some_and(|fields| fields.contains(field))
    }
}

impl Schema {
    /// Chooses from everything that the account has.
    pub(super) fn read(
        settings: &SourceSettings,
        wanted: &Wanted,
        object: Object,
        json: &Json,
    ) -> Result<Schema, String> {
        let (mut properties, mut labels) = (BTreeMap::new(), BTreeMap::new());
        for row in rows::results(json)? {
            let text = |key: &str| row.get(key).and_then(Json::as_str);
            let Some(name) = text("name") else { continue };
            if is_wanted(settings, wanted, object, name) {
                let is_time = matches!(text("type"), Some("date" | "datetime"));
                properties.insert(name.to_owned(), if is_time { Written::Time } else { Written::Text });
                if object.event().is_some() {
                    labels.insert(name.to_owned(), labels_of(row));
                }
            }
        }
        if object == Object::Contacts {
            properties.insert(COMPANY.to_owned(), Written::Text);
        }
        Ok(Schema { properties, labels })
    }

    pub(super) fn labels(&self) -> &BTreeMap<String, BTreeMap<String, String>> {
        &self.labels
    }

    /// Which fields of a deal its line items fill: those that are wanted and that no property of the deal is.
    pub(super) fn filled_by_items(&self, settings: &SourceSettings, wanted: &Wanted) -> Vec<&'static str> {
        let is_property =
            |field: &str| self.properties.keys().any(|name| field_of(settings, EntityKind::Deal, name) == field);
        let fields = items::FIELDS.into_iter().filter(|field| wanted.has(EntityKind::Deal, field));
        fields.filter(|field| !is_property(field)).collect()
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.properties.keys().map(String::as_str).collect()
    }

    pub(super) fn written(&self, property: &str) -> Written {
        self.properties.get(property).copied().unwrap_or(Written::Text)
    }
}

/// The label of each value of a property that has a list of them.
fn labels_of(property: &Json) -> BTreeMap<String, String> {
    let options = property.get("options").and_then(Json::as_array).into_iter().flatten();
    let text = |option: &Json, key: &str| option.get(key).and_then(Json::as_str).map(str::to_owned);
    options.filter_map(|option| Some((text(option, "value")?, text(option, "label")?))).collect()
}

fn is_wanted(settings: &SourceSettings, wanted: &Wanted, object: Object, property: &str) -> bool {
    let entity = object.entity();
    if let Some(event) = object.event() {
        return activity::properties(object).contains(&property) || settings.words.is_bound(event, property);
    }
    if property == MERGED {
        return true;
    }
    if feed(settings, entity, property).is_some() {
        return true;
    }
    let field = field_of(settings, entity, property);
    let also = match (entity, field) {
        (EntityKind::Contact, "email") => Some("email_domain"),
        (EntityKind::Deal, "amount") => Some("annual_amount"),
        _ => None,
    };
    wanted.has(entity, field) || also.is_some_and(|also| wanted.has(entity, also))
}
