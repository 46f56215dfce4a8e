//! How a change is written, in three generations.

use serde_json::{Map, Value as Json, json};

use super::FakeHubSpot;

/// The kinds of record that the portal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    Contact,
    Company,
    Deal,
    Call,
    Email,
    Meeting,
    Task,
}

impl Object {
    pub const ALL: [Object; 7] =
        [Object::Contact, Object::Company, Object::Deal, Object::Call, Object::Email, Object::Meeting, Object::Task];

    pub(super) fn word(self) -> &'static str {
        match self {
            Object::Contact => "contact",
            Object::Company => "company",
            Object::Deal => "deal",
            Object::Call => "call",
            Object::Email => "email",
            Object::Meeting => "meeting",
            Object::Task => "task",
        }
    }

    pub(super) fn upper(self) -> String {
        self.word().to_uppercase()
    }

    pub(super) fn plural(self) -> &'static str {
        match self {
            Object::Contact => "contacts",
            Object::Company => "companies",
            Object::Deal => "deals",
            Object::Call => "calls",
            Object::Email => "emails",
            Object::Meeting => "meetings",
            Object::Task => "tasks",
        }
    }

    /// By its plural or type id, as addresses name it.
    pub(super) fn from_path(word: &str) -> Option<Object> {
        Object::ALL
            .into_iter()
            .find(|object| object.plural() == word || object.word() == word || object.type_id() == word)
    }

    fn type_id(self) -> &'static str {
        match self {
            Object::Contact => "0-1",
            Object::Company => "0-2",
            Object::Deal => "0-3",
            Object::Call => "0-48",
            Object::Email => "0-49",
            Object::Meeting => "0-47",
            Object::Task => "0-27",
        }
    }

    /// Whether it is a call, e-mail, meeting or task, of which only the generic form tells.
    pub fn is_activity(self) -> bool {
        matches!(self, Object::Call | Object::Email | Object::Meeting | Object::Task)
    }

    /// The scope without which it cannot be read.
    pub(super) fn scope(self) -> &'static str {
        match self {
            Object::Company => "crm.objects.companies.read",
            Object::Deal => "crm.objects.deals.read",
            Object::Email => "sales-email-read",
            Object::Contact | Object::Call | Object::Meeting | Object::Task => "crm.objects.contacts.read",
        }
    }
}

/// A generation of payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// `eventType`, as the documentation of 2016 shows it.
    First,
    /// `subscriptionType: contact.propertyChange`.
    Legacy,
    /// `subscriptionType: object.propertyChange` with `objectTypeId`.
    Generic,
}

impl FakeHubSpot {
    /// Puts a notification into the queue. Its `eventId` is neither unique for certain nor in any order, as in life.
    pub(super) fn notify(&mut self, object: Object, verb: &str, more: Json, by: (&str, &str)) {
        self.event_last += 1;
        let event_id = (self.event_last.wrapping_mul(2_654_435_761) ^ self.portal) % 4_294_967_296;
        let Json::Object(mut fields) = more else { unreachable!("a notification is written as an object") };
        let is_generic = self.generation == Generation::Generic || object.is_activity();
        // Privacy deletions have no generic form.
        let of = if is_generic && verb != "privacyDeletion" { "object" } else { object.word() };
        let subscription = format!("{of}.{verb}");
        let key = if self.generation == Generation::First { "eventType" } else { "subscriptionType" };
        fields.insert("subscriptionId".into(), json!(subscription_id(&subscription, &fields)));
        fields.insert(key.into(), json!(subscription));
        if of == "object" {
            fields.insert("objectTypeId".into(), json!(object.type_id()));
            fields.insert("isSensitive".into(), json!(false));
        }
        fields.insert("eventId".into(), json!(event_id));
        fields.insert("portalId".into(), json!(self.portal));
        fields.insert("appId".into(), json!(54_321));
        fields.insert("occurredAt".into(), json!(self.now.as_ms()));
        fields.insert("attemptNumber".into(), json!(0));
        fields.insert("changeSource".into(), json!(by.0));
        fields.insert("sourceId".into(), json!(by.1));
        self.pending.push(Json::Object(fields));
    }

    /// Another subscription of the app sees the same changes: each pending notification is there once more, under another
    /// subscription but with the same `eventId`.
    pub fn duplicate_pending(&mut self) {
        let copies = self.pending.iter().map(|notification| {
            let mut copy = notification.clone();
            copy["subscriptionId"] = json!(copy["subscriptionId"].as_u64().unwrap_or(0) + 1);
            copy
        });
        let copies: Vec<Json> = copies.collect();
        self.pending.extend(copies);
    }

    /// Puts the pending notifications into another order, which depends only on the seed.
    pub fn shuffle_pending(&mut self, seed: u64) {
        let mut state = seed;
        for end in (1..self.pending.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from((state >> 33) % (end as u64 + 1)).unwrap_or(0);
            self.pending.swap(end, at);
        }
    }
}

/// One subscription per kind of change, and one per property.
fn subscription_id(subscription: &str, fields: &Map<String, Json>) -> u64 {
    let property = fields.get("propertyName").and_then(Json::as_str).unwrap_or_default();
    subscription.bytes().chain(property.bytes()).fold(1_000, |id, byte| (id * 31 + u64::from(byte)) % 9_000_000)
}
