//! One change that HubSpot reports, as events.

use serde_json::{Map, Value as Json};
use shiftbell_metrics::event::{Event, ID_BYTES_MAX};
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;

use super::poll::Object;
use super::record::{Record, Turn};
use crate::parsed::{shortened, word_of};
use crate::settings::SourceSettings;

/// What one element means.
pub(super) enum Reading {
    Events(Vec<Event>),
    /// Authentic, but not counted here.
    Ignored(String),
}

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
    match verb {
        "merge" => merged(change, settings, entity),
        "creation" | "propertyChange" if entity == EntityKind::Activity => Ok(Reading::Ignored(
            "activities are asked for, since they come with those to whom they belong then".to_owned(),
        )),
        "creation" | "propertyChange" | "deletion" | "privacyDeletion" | "restore" => {
            let (at, id) = (change.at()?, change.id("objectId")?);
            let activity = type_id.as_deref().and_then(Object::from_type_id);
            let id = activity.map_or_else(|| id.clone(), |object| object.entity_id(&id));
            happened(change, verb, Record { settings, entity, id: &id }, at)
        }
        other => Ok(Reading::Ignored(format!("`{object}.{}` is no kind of change that is counted", shortened(other)))),
    }
}

fn happened(change: &Change<'_>, verb: &str, record: Record<'_>, at: Instant) -> Result<Reading, String> {
    let event = match verb {
        "creation" => record.created(at, &change.text("changeSource")?.unwrap_or_default()),
        "deletion" => record.turned(Turn::Deleted, at),
        "privacyDeletion" => record.turned(Turn::DeletedForPrivacy, at),
        "restore" => record.turned(Turn::Restored, at),
        _ => return changed(change, record, at),
    };
    Ok(Reading::Events(vec![event]))
}

fn changed(change: &Change<'_>, record: Record<'_>, at: Instant) -> Result<Reading, String> {
    let property = change.text("propertyName")?.ok_or("`propertyName` is missing in a change of a property")?;
    let theirs = change.text("propertyValue")?.unwrap_or_default();
    if theirs == "REDACTED" && change.is_true("isSensitive") != Some(false) {
        return Ok(Reading::Events(vec![record.changed_in_secret(at, &property)]));
    }
    let by = change.text("sourceId")?;
    Ok(match record.changed(at, &property, &theirs, by.as_deref()) {
        Ok(event) => Reading::Events(vec![event]),
        Err(reason) => Reading::Ignored(reason),
    })
}

/// One event for each record that is no more; the record that stays may be a new one.
fn merged(change: &Change<'_>, settings: &SourceSettings, entity: EntityKind) -> Result<Reading, String> {
    let at = change.at()?;
    let primary = change.text("primaryObjectId")?;
    let into = match change.text("newObjectId")?.or_else(|| primary.clone()) {
        Some(into) => into,
        None => change.id("objectId")?,
    };
    let mut gone = change.ids("mergedObjectIds")?;
    gone.extend(primary);
    gone.sort();
    gone.dedup();
    gone.retain(|id| *id != into);
    if gone.is_empty() {
        return Err("a merge names no record besides the one that stays; `mergedObjectIds` was expected".to_owned());
    }
    let events = gone.iter().map(|id| Record { settings, entity, id }.merged_into(&into, at));
    Ok(Reading::Events(events.collect()))
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
    let record = Record { settings, entity: from, id: &from_id };
    Ok(Reading::Events(vec![record.linked(to, &to_id, change.at()?, is_removed)]))
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
        ("object", Some("0-27" | "0-47" | "0-48" | "0-49")) => About::Entity(EntityKind::Activity),
        ("object", Some("0-46")) => not("notes are not counted"),
        ("object", Some("0-69" | "0-53")) => not("subscriptions and invoices are read from billing"),
        ("object", Some(custom)) if custom.starts_with("2-") => not("records of custom objects are not counted"),
        ("object", Some(other)) => About::NotCounted(format!("objects of type `{}` are not counted", shortened(other))),
        ("object", None) => not("it does not say of which type its object is"),
        (other, _) => About::NotCounted(format!("changes of `{}` are not counted", shortened(other))),
    }
}
