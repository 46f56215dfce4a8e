//! One change that HubSpot reports, as events.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use shiftbell_metrics::event::{Event, ID_BYTES_MAX, Properties, kinds};
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::fields;
use super::identity::event_id;
use crate::parsed::{shortened, word_of};
use crate::settings::SourceSettings;

/// What one element means.
pub(super) enum Reading {
    Events(Vec<Event>),
    /// Authentic, but not counted here.
    Ignored(String),
}

/// The properties that feed an event where the map says nothing: HubSpot's own for forms, and the usual name for meetings.
const FEEDS: [(&str, &str, &str); 3] = [
    ("recent_conversion_event_name", "form", "form"),
    ("meeting_status", "meeting", "status"),
    ("meeting_outcome", "meeting", "status"),
];

/// One element of a delivery.
pub(super) struct Change<'a>(pub(super) &'a Map<String, Json>);

impl Change<'_> {
    /// Text, or a number as text (HubSpot numbers its records). `null` and empty text are absent.
    fn text(&self, key: &str) -> Result<Option<String>, String> {
        match self.0.get(key) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) if text.is_empty() => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(Json::Number(number)) => Ok(Some(number.to_string())),
            Some(Json::Bool(truth)) => Ok(Some(truth.to_string())),
            Some(other) => Err(format!("`{key}` is {}; text or a number was expected", word_of(other))),
        }
    }

    fn id(&self, key: &str) -> Result<String, String> {
        let id = self.text(key)?.ok_or_else(|| format!("`{key}` is missing; the id of a record was expected"))?;
        if id.len() > ID_BYTES_MAX || id.contains('\0') {
            return Err(format!("`{key}` is {} bytes long or holds a NUL; the id of a record was expected", id.len()));
        }
        Ok(id)
    }

    fn at(&self) -> Result<Instant, String> {
        let text = self.text("occurredAt")?.ok_or("`occurredAt` is missing; milliseconds since 1970 were expected")?;
        let at = text.parse().map(Instant).ok().filter(|at| at.to_timestamp().as_millisecond() == at.as_ms());
        at.ok_or_else(|| format!("`occurredAt` is `{}`; milliseconds since 1970 were expected", shortened(&text)))
    }

    fn is_true(&self, key: &str) -> Option<bool> {
        self.0.get(key).and_then(Json::as_bool)
    }

    /// Ids from a list, as they come with merges.
    fn ids(&self, key: &str) -> Result<Vec<String>, String> {
        let Some(Json::Array(list)) = self.0.get(key) else { return Ok(Vec::new()) };
        list.iter()
            .map(|id| match id {
                Json::String(text) if !text.is_empty() && text.len() <= ID_BYTES_MAX => Ok(text.clone()),
                Json::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
                other => Err(format!("`{key}` holds {}; ids of records were expected", word_of(other))),
            })
            .collect()
    }
}

/// What a change is about.
enum About {
    Entity(EntityKind),
    NotCounted(String),
}

/// Reads one element.
///
/// # Errors
/// A sentence, if it is no change that HubSpot would send.
pub(super) fn read(change: &Change<'_>, settings: &SourceSettings) -> Result<Reading, String> {
    let subscription = match change.text("subscriptionType")? {
        Some(subscription) => subscription,
        None => {
            change.text("eventType")?.ok_or("`subscriptionType` is missing; such as `contact.creation` was expected")?
        }
    };
    if let (Some(account), Some(portal)) = (&settings.account, change.text("portalId")?)
        && *account != portal
    {
        return Ok(Reading::Ignored(format!("it is of account {}, not of {account}", shortened(&portal))));
    }
    let Some((object, verb)) = subscription.split_once('.') else {
        return Ok(Reading::Ignored(format!("`{}` is no kind of change that is known", shortened(&subscription))));
    };
    if verb == "associationChange" {
        return associated(change, settings);
    }
    let type_id = change.text("objectTypeId")?;
    let entity = match about(object, type_id.as_deref()) {
        About::Entity(entity) => entity,
        About::NotCounted(reason) => return Ok(Reading::Ignored(reason)),
    };
    let reader = Reader { change, settings, entity, at: change.at()? };
    match verb {
        "creation" => reader.created(),
        "propertyChange" => reader.changed(),
        "deletion" => reader.ended(kinds::DELETED, None),
        "privacyDeletion" => reader.ended(kinds::DELETED, Some("privacy")),
        "restore" => reader.ended(kinds::RESTORED, None),
        "merge" => reader.merged(),
        other => Ok(Reading::Ignored(format!("`{object}.{}` is no kind of change that is counted", shortened(other)))),
    }
}

/// Two records now belong together, or no longer. HubSpot tells each of both ways, and a primary company twice.
fn associated(change: &Change<'_>, settings: &SourceSettings) -> Result<Reading, String> {
    let kind = match change.text("associationType")? {
        Some(kind) => kind,
        None => {
            let of = |key: &str| change.text(key).map(Option::unwrap_or_default);
            format!("{}_TO_{}", of("fromObjectTypeId")?, of("toObjectTypeId")?)
        }
    };
    let known = kind.split_once("_TO_").and_then(|(from, to)| Some((end_of(from)?, end_of(to)?)));
    let Some((from, to)) = known.filter(|(from, to)| from != to) else {
        return Ok(Reading::Ignored(format!("associations `{}` are not counted", shortened(&kind))));
    };
    let is_primary = change.is_true("isPrimaryAssociation");
    if (from == EntityKind::Company || to == EntityKind::Company) && is_primary == Some(false) {
        return Ok(Reading::Ignored("only the primary company of a record counts".to_owned()));
    }
    let is_removed = change.is_true("associationRemoved") == Some(true);
    let (from_id, to_id) = (change.id("fromObjectId")?, change.id("toObjectId")?);
    let word = if is_removed { "removed" } else { "made" };
    let reader = Reader { change, settings, entity: from, at: change.at()? };
    let mut event = reader.about_record(from, &from_id, &[to.word(), &from_id, &to_id, word])?;
    event.kind = if is_removed { kinds::UNLINKED } else { "linked" }.to_owned();
    event.names.insert(to, to_id);
    Ok(Reading::Events(vec![event]))
}

/// One end of an association, by HubSpot's word or type id.
fn end_of(word: &str) -> Option<EntityKind> {
    match word {
        "CONTACT" | "0-1" => Some(EntityKind::Contact),
        "COMPANY" | "0-2" => Some(EntityKind::Company),
        "DEAL" | "0-3" => Some(EntityKind::Deal),
        _ => None,
    }
}

/// What the first half of a subscription, or the type id of a generic one, is about.
fn about(object: &str, type_id: Option<&str>) -> About {
    let not = |reason: &str| About::NotCounted(reason.to_owned());
    match (object, type_id) {
        ("contact", _) | ("object", Some("0-1")) => About::Entity(EntityKind::Contact),
        ("company", _) | ("object", Some("0-2")) => About::Entity(EntityKind::Company),
        ("deal", _) | ("object", Some("0-3")) => About::Entity(EntityKind::Deal),
        ("object", Some("0-27" | "0-46" | "0-47" | "0-48" | "0-49")) => {
            not("activity webhooks carry no contact; activities come by polling or file")
        }
        ("object", Some("0-69" | "0-53")) => not("subscriptions and invoices are read from billing"),
        ("object", Some(custom)) if custom.starts_with("2-") => not("records of custom objects are not counted"),
        ("object", Some(other)) => About::NotCounted(format!("objects of type `{}` are not counted", shortened(other))),
        ("object", None) => not("it does not say of which type its object is"),
        (other, _) => About::NotCounted(format!("changes of `{}` are not counted", shortened(other))),
    }
}

struct Reader<'a> {
    change: &'a Change<'a>,
    settings: &'a SourceSettings,
    entity: EntityKind,
    at: Instant,
}

impl Reader<'_> {
    fn created(&self) -> Result<Reading, String> {
        let mut event = self.event(&[])?;
        if self.entity == EntityKind::Contact {
            event.kind = "contact_created".to_owned();
            let source = self.change.text("changeSource")?.unwrap_or_else(|| "unknown".to_owned()).to_lowercase();
            let how = if source.starts_with("import") { "import".to_owned() } else { source };
            event.properties.insert("how".to_owned(), Value::text(how));
        } else {
            event.properties.insert("change".to_owned(), Value::text("created"));
        }
        Ok(Reading::Events(vec![event]))
    }

    fn changed(&self) -> Result<Reading, String> {
        let property =
            self.change.text("propertyName")?.ok_or("`propertyName` is missing in a change of a property")?;
        let theirs = self.change.text("propertyValue")?.unwrap_or_default();
        let mut event = self.event(&[])?;
        if theirs == "REDACTED" && self.change.is_true("isSensitive") != Some(false) {
            event.properties.insert("redacted".to_owned(), Value::Bool(true));
            event.set.insert(self.entity, Properties::from([(property, Value::Null)]));
            return Ok(Reading::Events(vec![event]));
        }
        if let Some((kind, name)) = self.feed(&property) {
            if theirs.is_empty() {
                return Ok(Reading::Ignored(format!("`{}` was cleared, which is no {kind}", shortened(&property))));
            }
            event.kind = kind.to_owned();
            event.owner = self.actor()?;
            event.properties.insert(name.to_owned(), Value::text(self.fed_value(kind, name, &property, &theirs)));
            return Ok(Reading::Events(vec![event]));
        }
        let set = fields::changes(self.settings, self.entity, &property, &theirs);
        if let Some(owner) = set.get("owner") {
            event.owner = owner.as_text().map(str::to_owned);
        }
        event.set.insert(self.entity, set);
        Ok(Reading::Events(vec![event]))
    }

    /// The event, and its property, that a change of this property is.
    fn feed<'a>(&'a self, property: &str) -> Option<(&'a str, &'a str)> {
        self.settings.words.feed(property).or_else(|| {
            let is_ours = self.entity != EntityKind::Company;
            FEEDS.iter().find(|(of, _, _)| is_ours && *of == property).map(|(_, kind, name)| (*kind, *name))
        })
    }

    /// A form is named `page: form` where HubSpot found it on a page.
    fn fed_value(&self, kind: &str, name: &str, property: &str, theirs: &str) -> String {
        let of = |text: &str| self.settings.words.value(kind, name, property, text).map(str::to_owned);
        of(theirs).or_else(|| of(theirs.rsplit_once(": ")?.1)).unwrap_or_else(|| theirs.to_owned())
    }

    fn ended(&self, kind: &str, reason: Option<&str>) -> Result<Reading, String> {
        let mut event = self.event(&[])?;
        event.kind = kind.to_owned();
        if let Some(reason) = reason {
            event.properties.insert("reason".to_owned(), Value::text(reason));
        }
        Ok(Reading::Events(vec![event]))
    }

    /// One event for each record that is no more; the record that stays may be a new one.
    fn merged(&self) -> Result<Reading, String> {
        let primary = self.change.text("primaryObjectId")?;
        let into = match self.change.text("newObjectId")?.or_else(|| primary.clone()) {
            Some(into) => into,
            None => self.change.id("objectId")?,
        };
        let mut gone = self.change.ids("mergedObjectIds")?;
        gone.extend(primary);
        gone.sort();
        gone.dedup();
        gone.retain(|id| *id != into);
        if gone.is_empty() {
            return Err("a merge names no record besides the one that stays; `mergedObjectIds` was expected".to_owned());
        }
        let events = gone.into_iter().map(|id| {
            let mut event = self.about_record(self.entity, &id, &[&into, &id])?;
            event.kind = kinds::MERGED.to_owned();
            event.properties.insert("into".to_owned(), Value::text(into.clone()));
            Ok(event)
        });
        Ok(Reading::Events(events.collect::<Result<_, String>>()?))
    }

    fn event(&self, more: &[&str]) -> Result<Event, String> {
        self.about_record(self.entity, &self.change.id("objectId")?, more)
    }

    /// An event that names one record, with its identity; `more` tells apart several events of one element.
    fn about_record(&self, entity: EntityKind, id: &str, more: &[&str]) -> Result<Event, String> {
        let text = |key: &str| self.change.text(key).map(Option::unwrap_or_default);
        let verb = text("subscriptionType")?.rsplit('.').next().unwrap_or_default().to_owned();
        let verb =
            if verb.is_empty() { text("eventType")?.rsplit('.').next().unwrap_or_default().to_owned() } else { verb };
        let at = self.at.as_ms().to_string();
        let (portal, event_number) = (text("portalId")?, text("eventId")?);
        let (object, property, value) = (text("objectId")?, text("propertyName")?, text("propertyValue")?);
        let mut parts =
            vec![portal.as_str(), &verb, self.entity.word(), &object, &property, &at, &event_number, &value];
        parts.extend(more);
        Ok(Event {
            id: event_id(&parts),
            kind: self.entity.word().to_owned(),
            at: self.at,
            names: BTreeMap::from([(entity, id.to_owned())]),
            owner: None,
            set: BTreeMap::new(),
            properties: Properties::new(),
        })
    }

    /// Who did it, where the map knows the user: `sourceId` is `userId:98499705` for a change by hand. Only something that
    /// was done has an owner; whoever edits a record does not own it.
    fn actor(&self) -> Result<Option<String>, String> {
        let source = self.change.text("sourceId")?;
        Ok(source.and_then(|id| self.settings.words.person(&id).map(str::to_owned)))
    }
}
