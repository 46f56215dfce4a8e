//! What stands in HubSpot's answers, read without trust.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use shiftbell_metrics::event::{Event, Properties};
use shiftbell_metrics::id::EntityKey;
use shiftbell_metrics::time::Instant;

use super::activity::Activity;
use super::history;
use super::object::Object;
use super::schema::Schema;
use super::seen::{Now, Seen};
use crate::hubspot::record::Record;
use crate::parsed::{shortened, word_of};
use crate::settings::SourceSettings;

/// Results of one search, which make one page; HubSpot gives no more.
pub(super) const SEARCHED_AT_ONCE: usize = 200;

/// `associationTypeId` of a company that is the primary one, of a contact and of a deal.
const PRIMARY_TYPES: [u64; 2] = [1, 5];

/// The list under `results`.
pub(in crate::hubspot) fn results(json: &Json) -> Result<&[Json], String> {
    match json.get("results") {
        Some(Json::Array(results)) => Ok(results),
        other => Err(format!("`results` is {}; a list was expected", other.map_or("missing", word_of))),
    }
}

/// How many records a search found.
pub(super) fn total(json: &Json) -> Result<u64, String> {
    json.get("total").and_then(Json::as_u64).ok_or_else(|| "`total` is missing from the answer of a search".to_owned())
}

/// The ids of a search's results, in its order.
pub(super) fn ids(json: &Json) -> Result<Vec<u64>, String> {
    results(json)?.iter().map(|row| id_of(row.get("id"))).collect()
}

/// The numbers of a list's records, with the time of the last change of each.
pub(super) fn listed(json: &Json) -> Result<BTreeMap<u64, Instant>, String> {
    results(json)?.iter().map(|row| Ok((id_of(row.get("id"))?, time(row, "updatedAt")?))).collect()
}

/// Where a list goes on; `None` at its end.
pub(super) fn after(json: &Json) -> Result<Option<String>, String> {
    let Some(after) = json.get("paging").and_then(|paging| paging.get("next")?.get("after")) else { return Ok(None) };
    let text = match after {
        Json::String(text) => text.clone(),
        Json::Number(number) => number.to_string(),
        other => return Err(format!("`after` is {}; text was expected", word_of(other))),
    };
    // It becomes part of an address.
    let is_plain =
        text.len() <= 500 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.".contains(&byte));
    if is_plain { Ok(Some(text)) } else { Err(format!("`after` is `{}`, which cannot be sent", shortened(&text))) }
}

fn id_of(json: Option<&Json>) -> Result<u64, String> {
    let id = match json {
        Some(Json::String(text)) => text.parse().ok(),
        Some(Json::Number(number)) => number.as_u64(),
        _ => None,
    };
    id.ok_or_else(|| format!("an `id` is {}; a number was expected", json.map_or("missing", word_of)))
}

/// One record: what happened to it, and what it is now.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) id: u64,
    pub(super) events: Vec<Event>,
    pub(super) seen: Seen,
}

/// What a record is read with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) settings: &'a SourceSettings,
    pub(super) schema: &'a Schema,
    pub(super) object: Object,
    /// When the round began.
    pub(super) began: Instant,
}

impl Reader<'_> {
    /// Reads a record: with its history, where that was asked for.
    pub(super) fn record(&self, row: &Json) -> Result<Read, String> {
        let id = id_of(row.get("id"))?;
        let name = id.to_string();
        let (created_at, updated_at) = (time(row, "createdAt")?, time(row, "updatedAt")?);
        let (events, now) = if self.object.event().is_some() {
            let activity = self.activity(&name, row, created_at)?;
            (activity.events(), Now::Activity { of: BTreeMap::new(), says: activity.state() })
        } else {
            let record = Record { settings: self.settings, entity: self.object.entity(), id: &name };
            let source = row.get("properties").and_then(|of| of.get("hs_object_source")).and_then(Json::as_str);
            let mut events = vec![record.created(created_at, source.unwrap_or_default())];
            if let Some(Json::Object(histories)) = row.get("propertiesWithHistory") {
                history::events(&record, self.schema, histories, &mut events)?;
            }
            let is_deal = self.object == Object::Deals;
            (
                events,
                if is_deal {
                    Now::Deal { company: None, contacts: Vec::new(), items: Properties::new() }
                } else {
                    Now::Alive
                },
            )
        };
        let (object, key) = (self.object, self.key(&name));
        Ok(Read { id, events, seen: Seen { object, number: id, key, created_at, updated_at, now } })
    }

    fn activity<'r>(&'r self, id: &'r str, row: &'r Json, created_at: Instant) -> Result<Activity<'r>, String> {
        let mut values = BTreeMap::new();
        if let Some(Json::Object(properties)) = row.get("properties") {
            for (name, value) in properties {
                values.insert(name.as_str(), history::text_of(Some(value))?);
            }
        }
        let mut histories = BTreeMap::new();
        if let Some(Json::Object(of)) = row.get("propertiesWithHistory") {
            for (name, of) in of {
                let versions = history::versions(self.schema, name, of)?;
                values.extend(versions.last().map(|last| (name.as_str(), last.value.clone())));
                histories.insert(name.as_str(), versions);
            }
        }
        let (settings, object, labels) = (self.settings, self.object, self.schema.labels());
        Ok(Activity { settings, object, id, created_at, values, labels, histories, now: self.began })
    }

    /// A record of the archive: when it came there.
    pub(super) fn archived(&self, row: &Json) -> Result<Read, String> {
        let id = id_of(row.get("id"))?;
        let at = time(row, "archivedAt").or_else(|_| time(row, "updatedAt"))?;
        let now = Now::Gone;
        let (object, key) = (self.object, self.key(&id.to_string()));
        let seen = Seen { object, number: id, key, created_at: at, updated_at: at, now };
        Ok(Read { id, events: Vec::new(), seen })
    }

    fn key(&self, id: &str) -> EntityKey {
        EntityKey::new(self.object.entity(), self.object.entity_id(id))
    }
}

pub(super) fn time(json: &Json, key: &str) -> Result<Instant, String> {
    let text = json.get(key).and_then(Json::as_str).ok_or_else(|| format!("`{key}` is missing from a record"))?;
    Instant::parse(text).ok_or_else(|| format!("`{key}` is `{}`; a time was expected", shortened(text)))
}

/// One association: of which record, to which.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// Associations of several records, and where those with very many go on.
pub(super) struct Links {
    pub(super) found: Vec<Link>,
    pub(super) more: Vec<(u64, String)>,
}

/// Reads associations; of a deal's companies only the primary one counts, as with webhooks.
pub(super) fn links(from: Object, to: Object, json: &Json) -> Result<Links, String> {
    let mut links = Links { found: Vec::new(), more: Vec::new() };
    for row in results(json)? {
        let of = id_of(row.get("from").and_then(|from| from.get("id")))?;
        for end in row.get("to").and_then(Json::as_array).into_iter().flatten() {
            if from == Object::Deals && to == Object::Companies && !is_primary(end) {
                continue;
            }
            links.found.push(Link { from: of, to: id_of(end.get("toObjectId"))? });
        }
        if let Some(after) = after(row)? {
            links.more.push((of, after));
        }
    }
    Ok(links)
}

fn is_primary(end: &Json) -> bool {
    let types = end.get("associationTypes").and_then(Json::as_array);
    types.into_iter().flatten().any(|one| {
        let of_hubspot = one.get("category").and_then(Json::as_str) == Some("HUBSPOT_DEFINED");
        of_hubspot && one.get("typeId").and_then(Json::as_u64).is_some_and(|id| PRIMARY_TYPES.contains(&id))
    })
}
