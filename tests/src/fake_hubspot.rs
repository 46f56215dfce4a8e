//! HubSpot: a portal in memory that notifies of every change and can be read over its API, the way the real one does.
//!
//! Notifications are made from the state of the portal, never conjured up: a property that already has the value fires
//! nothing, a deleted record cannot be changed, a primary company is told twice and both ways. They are sent in batches of
//! at most 100 with a signature, at most ten requests at once, and again after anything but a 2xx.

mod api;
mod notification;
mod record;
mod sender;
mod setup;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};
use shiftbell_metrics::time::Instant;

pub use api::{ALL_SCOPES, Filled, HubSpotApi, LineItem, TOKEN};
pub use notification::{Generation, Object};
use record::Record;
pub use sender::{Sent, Signature};
pub use setup::{Owner, Pipeline, Property, Setup, Stage};

/// Where a change came from: `changeSource` and `sourceId`.
pub const IMPORT: (&str, &str) = ("IMPORT", "import:1");

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
    /// How long after a change the search shows it.
    pub search_lag_ms: i64,
    /// Forms by id, with their names, and what was filled in.
    pub forms: BTreeMap<String, String>,
    pub filled: Vec<Filled>,
    /// By number.
    pub line_items: BTreeMap<u64, LineItem>,
    /// Records that the search has lost, as its index does at times.
    pub unsearchable: BTreeSet<(Object, u64)>,
    /// What its administrators chose.
    pub setup: Setup,
    /// Who makes the next changes: `userId:77`.
    pub user: String,
    records: BTreeMap<(Object, u64), Record>,
    /// With whether the company in it is the primary one.
    associations: BTreeMap<(Object, u64, Object, u64), bool>,
    /// Ids that were merged away, and where they lead.
    aliases: BTreeMap<(Object, u64), u64>,
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
            search_lag_ms: 0,
            forms: BTreeMap::new(),
            filled: Vec::new(),
            line_items: BTreeMap::new(),
            unsearchable: BTreeSet::new(),
            setup: Setup::default(),
            user: "userId:1".to_owned(),
            records: BTreeMap::new(),
            associations: BTreeMap::new(),
            aliases: BTreeMap::new(),
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
        self.records.insert((object, id), Record::new(self.now, by));
        let flag = if object == Object::Contact { "NEW" } else { "CREATED" };
        self.notify(object, "creation", json!({"objectId": id, "changeFlag": flag}), by);
        for (property, value) in properties {
            self.set_by(object, id, property, value, by);
        }
        id
    }

    /// Somebody fills in a form. Who is known is told of it by a property too, a moment later.
    pub fn fill_in(&mut self, form: &str, email: &str) {
        self.filled.push(Filled { form: form.to_owned(), at: self.now, email: email.to_owned() });
        let known = self.records.iter().find(|((object, _), record)| {
            *object == Object::Contact && !record.is_deleted() && record.property("email") == Some(email)
        });
        if let Some(((_, id), _)) = known {
            let (id, name) = (*id, format!("Our page: {}", self.forms[form]));
            self.now = self.now.plus_ms(1_500);
            self.set_by(Object::Contact, id, "recent_conversion_event_name", &name, ("FORM", "form"));
        }
    }

    /// A change of one property by the user.
    pub fn set(&mut self, object: Object, id: u64, property: &str, value: &str) {
        let user = self.user.clone();
        self.set_by(object, id, property, value, ("CRM_UI", &user));
    }

    fn set_by(&mut self, object: Object, id: u64, property: &str, value: &str, by: (&str, &str)) {
        let now = self.now;
        let record = self.record(object, id);
        assert!(!record.is_deleted(), "{object:?} {id} is deleted and cannot be changed");
        if record.set(property, value, now, by) {
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
        let has_company = from.0 == Object::Company || to.0 == Object::Company;
        let is_primary = if is_removed {
            let Some(is_primary) = self.associations.remove(&key) else { return };
            is_primary
        } else {
            if has_company {
                self.only_primary(key);
            }
            if self.associations.insert(key, has_company) == Some(has_company) {
                return;
            }
            has_company
        };
        self.note_company(lesser, greater, is_removed, is_primary);
        let user = self.user.clone();
        let primaries: &[bool] = if is_primary { &[true, false] } else { &[false] };
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

    /// A record has one primary company at most: the others stay associated.
    fn only_primary(&mut self, key: (Object, u64, Object, u64)) {
        let record =
            |of: &(Object, u64, Object, u64)| if of.0 == Object::Company { (of.2, of.3) } else { (of.0, of.1) };
        for (other, is_primary) in &mut self.associations {
            let has_company = other.0 == Object::Company || other.2 == Object::Company;
            if has_company && record(other) == record(&key) && *other != key {
                *is_primary = false;
            }
        }
    }

    /// Properties that HubSpot keeps by itself: they change the record, and no webhook tells of them.
    fn note_company(&mut self, lesser: (Object, u64), greater: (Object, u64), is_removed: bool, is_primary: bool) {
        let (now, user) = (self.now, self.user.clone());
        if lesser.0 == Object::Contact && greater.0 == Object::Company && is_primary {
            let company = if is_removed { String::new() } else { greater.1.to_string() };
            self.record(lesser.0, lesser.1).set("associatedcompanyid", &company, now, ("CRM_UI", &user));
        }
        for (object, id) in [lesser, greater] {
            self.record(object, id).touch(now);
        }
    }

    /// Deletes a record; for privacy, both notifications come.
    pub fn delete(&mut self, object: Object, id: u64, for_privacy: bool) {
        let (now, user) = (self.now, self.user.clone());
        self.record(object, id).end(now, for_privacy);
        self.part(object, id);
        let more = || json!({"objectId": id, "changeFlag": "DELETED"});
        if for_privacy {
            self.notify(object, "privacyDeletion", more(), ("GDPR", &user));
        }
        self.notify(object, "deletion", more(), ("CRM_UI", &user));
    }

    /// Takes a record that is gone out of every association, silently. Returns to what it belonged.
    fn part(&mut self, object: Object, id: u64) -> Vec<((Object, u64), bool)> {
        let now = self.now;
        let is_of = |key: &(Object, u64, Object, u64)| (key.0, key.1) == (object, id) || (key.2, key.3) == (object, id);
        let all: Vec<_> = self.associations.keys().filter(|key| is_of(key)).copied().collect();
        let mut others = Vec::new();
        for key in all {
            let is_primary = self.associations.remove(&key).unwrap_or(false);
            let other = if (key.0, key.1) == (object, id) { (key.2, key.3) } else { (key.0, key.1) };
            self.record(other.0, other.1).touch(now);
            if is_primary && (object, other.0) == (Object::Company, Object::Contact) {
                self.record(other.0, other.1).set("associatedcompanyid", "", now, ("CRM_UI", "system"));
            }
            others.push((other, is_primary));
        }
        others
    }

    /// Brings a deleted record back, without what it belonged to.
    pub fn restore(&mut self, object: Object, id: u64) {
        let (now, user) = (self.now, self.user.clone());
        self.record(object, id).come_back(now);
        self.notify(object, "restore", json!({"objectId": id}), ("CRM_UI", &user));
    }

    /// Merges a record into another; like the real one, the result has a new id, the history of both and what both belonged
    /// to. Returns it.
    pub fn merge(&mut self, object: Object, primary: u64, merged: u64) -> u64 {
        let (now, user) = (self.now, self.user.clone());
        let by = ("CRM_UI", user.as_str());
        self.record_last += 1;
        let into = self.record_last;
        let (one, other) = (self.record(object, primary).clone(), self.record(object, merged).clone());
        self.records.insert((object, into), Record::merged(&one, &other, (primary, merged), now, by));
        for old in [merged, primary] {
            for ((kind, id), is_primary) in self.part(object, old) {
                let (lesser, greater) = ((object, into).min((kind, id)), (object, into).max((kind, id)));
                self.associations.insert((lesser.0, lesser.1, greater.0, greater.1), is_primary);
                if is_primary && (object, kind) == (Object::Company, Object::Contact) {
                    self.record(kind, id).set("associatedcompanyid", &into.to_string(), now, ("CRM_UI", "system"));
                }
            }
            self.records.remove(&(object, old));
            self.aliases.insert((object, old), into);
        }
        let more = json!({"objectId": into, "primaryObjectId": primary, "mergedObjectIds": [merged], "newObjectId": into,
            "numberOfPropertiesMoved": 1});
        self.notify(object, "merge", more, ("CRM_UI", &user));
        into
    }

    /// What the portal knows of a property, to compare with.
    pub fn property(&self, object: Object, id: u64, property: &str) -> Option<&str> {
        self.records.get(&(object, id))?.property(property)
    }

    /// The app with everything that is pending, to be sent while the portal goes on.
    #[must_use]
    pub fn outgoing(&mut self) -> FakeHubSpot {
        let mut sender = FakeHubSpot::new(self.portal, &self.secret, self.now);
        (sender.generation, sender.signature) = (self.generation, self.signature);
        sender.pending = std::mem::take(&mut self.pending);
        sender
    }
}
