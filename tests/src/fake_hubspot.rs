//! HubSpot as far as its webhooks go: a portal in memory that notifies of every change, the way the real one does.
//!
//! Notifications are made from the state of the portal, never conjured up: a property that already has the value fires
//! nothing, a deleted record cannot be changed, a primary company is told twice and both ways. They are sent in batches of
//! at most 100 with a signature, at most ten requests at once, and again after anything but a 2xx.

mod notification;
mod sender;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use shiftbell_metrics::time::Instant;

pub use notification::{Generation, Object};
pub use sender::{Sent, Signature};

/// Where a change came from: `changeSource` and `sourceId`.
pub const IMPORT: (&str, &str) = ("IMPORT", "import:1");

#[derive(Debug, Default)]
struct Record {
    properties: BTreeMap<String, String>,
    is_deleted: bool,
}

/// A portal, and the app that sends its changes.
#[derive(Debug)]
pub struct FakeHubSpot {
    portal: u64,
    secret: String,
    /// How its payloads look.
    pub generation: Generation,
    /// How it signs.
    pub signature: Signature,
    /// The portal's clock: when the next change occurs.
    pub now: Instant,
    /// Who makes the next changes: `userId:77`.
    pub user: String,
    records: BTreeMap<(Object, u64), Record>,
    associations: BTreeSet<(Object, u64, Object, u64)>,
    record_last: u64,
    event_last: u64,
    pending: Vec<Json>,
}

impl FakeHubSpot {
    pub fn new(portal: u64, secret: &str, now: Instant) -> FakeHubSpot {
        FakeHubSpot {
            portal,
            secret: secret.to_owned(),
            generation: Generation::Legacy,
            signature: Signature::V3,
            now,
            user: "userId:1".to_owned(),
            records: BTreeMap::new(),
            associations: BTreeSet::new(),
            record_last: 332_507_367_000,
            event_last: 0,
            pending: Vec::new(),
        }
    }

    /// Notifications that have not been sent.
    pub fn pending(&self) -> usize {
        self.pending.len()
    }

    /// A contact out of an imported list.
    pub fn import_contact(&mut self, properties: &[(&str, &str)]) -> u64 {
        self.create_by(Object::Contact, properties, IMPORT)
    }

    /// A record made by the user; its properties fire like any change, at the same millisecond.
    pub fn create(&mut self, object: Object, properties: &[(&str, &str)]) -> u64 {
        let user = self.user.clone();
        self.create_by(object, properties, ("CRM_UI", &user))
    }

    fn create_by(&mut self, object: Object, properties: &[(&str, &str)], by: (&str, &str)) -> u64 {
        self.record_last += 1;
        let id = self.record_last;
        self.records.insert((object, id), Record::default());
        let flag = if object == Object::Contact { "NEW" } else { "CREATED" };
        self.notify(object, "creation", json!({"objectId": id, "changeFlag": flag}), by);
        for (property, value) in properties {
            self.set_by(object, id, property, value, by);
        }
        id
    }

    /// A change of one property by the user.
    pub fn set(&mut self, object: Object, id: u64, property: &str, value: &str) {
        let user = self.user.clone();
        self.set_by(object, id, property, value, ("CRM_UI", &user));
    }

    fn set_by(&mut self, object: Object, id: u64, property: &str, value: &str, by: (&str, &str)) {
        let record = self.record(object, id);
        assert!(!record.is_deleted, "{object:?} {id} is deleted and cannot be changed");
        let before = record.properties.insert(property.to_owned(), value.to_owned());
        if before.as_deref() != Some(value) {
            let more = json!({"objectId": id, "propertyName": property, "propertyValue": value});
            self.notify(object, "propertyChange", more, by);
        }
    }

    fn record(&mut self, object: Object, id: u64) -> &mut Record {
        self.records.get_mut(&(object, id)).unwrap_or_else(|| panic!("the portal has no {object:?} {id}"))
    }

    /// Associates two records; with a company, as the primary one.
    pub fn associate(&mut self, from: (Object, u64), to: (Object, u64)) {
        self.association(from, to, false);
    }

    /// Takes an association away.
    pub fn dissociate(&mut self, from: (Object, u64), to: (Object, u64)) {
        self.association(from, to, true);
    }

    fn association(&mut self, from: (Object, u64), to: (Object, u64), is_removed: bool) {
        self.record(from.0, from.1);
        self.record(to.0, to.1);
        let (lesser, greater) = (from.min(to), from.max(to));
        let key = (lesser.0, lesser.1, greater.0, greater.1);
        let is_change = if is_removed { self.associations.remove(&key) } else { self.associations.insert(key) };
        if !is_change {
            return;
        }
        let user = self.user.clone();
        let has_company = from.0 == Object::Company || to.0 == Object::Company;
        let primaries: &[bool] = if has_company { &[true, false] } else { &[false] };
        for (from, to) in [(from, to), (to, from)] {
            for is_primary in primaries {
                let more = json!({
                    "associationType": format!("{}_TO_{}", from.0.upper(), to.0.upper()),
                    "fromObjectId": from.1, "toObjectId": to.1,
                    "associationRemoved": is_removed, "isPrimaryAssociation": is_primary,
                });
                self.notify(from.0, "associationChange", more, ("CRM_UI", &user));
            }
        }
    }

    /// Deletes a record; for privacy, both notifications come.
    pub fn delete(&mut self, object: Object, id: u64, for_privacy: bool) {
        let user = self.user.clone();
        self.record(object, id).is_deleted = true;
        let more = || json!({"objectId": id, "changeFlag": "DELETED"});
        if for_privacy {
            self.notify(object, "privacyDeletion", more(), ("GDPR", &user));
        }
        self.notify(object, "deletion", more(), ("CRM_UI", &user));
    }

    /// Brings a deleted record back.
    pub fn restore(&mut self, object: Object, id: u64) {
        let user = self.user.clone();
        self.record(object, id).is_deleted = false;
        self.notify(object, "restore", json!({"objectId": id}), ("CRM_UI", &user));
    }

    /// Merges a record into another; like the real one, the result has a new id. Returns it.
    pub fn merge(&mut self, object: Object, primary: u64, merged: u64) -> u64 {
        let user = self.user.clone();
        let mut properties = std::mem::take(&mut self.record(object, merged).properties);
        properties.append(&mut self.record(object, primary).properties);
        for old in [primary, merged] {
            self.record(object, old).is_deleted = true;
        }
        self.record_last += 1;
        let into = self.record_last;
        self.records.insert((object, into), Record { properties, is_deleted: false });
        let more = json!({"objectId": into, "primaryObjectId": primary, "mergedObjectIds": [merged], "newObjectId": into,
            "numberOfPropertiesMoved": 1});
        self.notify(object, "merge", more, ("CRM_UI", &user));
        into
    }

    /// What the portal knows of a property, to compare with.
    pub fn property(&self, object: Object, id: u64, property: &str) -> Option<&str> {
        self.records.get(&(object, id))?.properties.get(property).map(String::as_str)
    }
}
