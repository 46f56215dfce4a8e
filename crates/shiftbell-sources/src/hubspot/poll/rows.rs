//! What stands in HubSpot's answers, read without trust.

use serde_json::{Map, Value as Json};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::time::Instant;

use super::object::Object;
use super::schema::{COMPANY, Schema, Written};
use super::seen::Seen;
use crate::hubspot::record::Record;
use crate::parsed::{shortened, word_of};
use crate::settings::SourceSettings;

/// Results of one search. HubSpot gives up to 200; a page is committed as a whole, and its events with it.
pub(super) const SEARCHED_AT_ONCE: usize = 100;

/// `associationTypeId` of a company that is the primary one, of a contact and of a deal.
const PRIMARY_TYPES: [u64; 2] = [1, 5];

/// The list under `results`.
pub(super) fn results(json: &Json) -> Result<&[Json], String> {
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

fn id_of(json: Option<&Json>) -> Result<u64, String> {
    let id = match json {
        Some(Json::String(text)) => text.parse().ok(),
        Some(Json::Number(number)) => number.as_u64(),
        _ => None,
    };
    id.ok_or_else(|| format!("an `id` is {}; a number was expected", json.map_or("missing", word_of)))
}

/// One record: what happened to it, and what it belongs to now.
pub(super) struct Read {
    pub(super) events: Vec<Event>,
    pub(super) seen: Seen,
}

/// Reads a record with its history.
pub(super) fn read_record(
    settings: &SourceSettings,
    schema: &Schema,
    object: Object,
    row: &Json,
) -> Result<Read, String> {
    let id = id_of(row.get("id"))?.to_string();
    let record = Record { settings, entity: object.entity(), id: &id };
    let created_at = time(row, "createdAt")?;
    let updated_at = time(row, "updatedAt")?;
    let source = row.get("properties").and_then(|of| of.get("hs_object_source")).and_then(Json::as_str);
    let mut events = vec![record.created(created_at, source.unwrap_or_default())];
    if let Some(Json::Object(histories)) = row.get("propertiesWithHistory") {
        read_histories(&record, schema, histories, &mut events)?;
    }
    Ok(Read { events, seen: Seen::new(EntityKey::new(object.entity(), id.clone()), created_at, updated_at) })
}

fn read_histories(
    record: &Record<'_>,
    schema: &Schema,
    histories: &Map<String, Json>,
    events: &mut Vec<Event>,
) -> Result<(), String> {
    for (property, versions) in histories {
        let Json::Array(versions) = versions else { continue };
        let mut versions = versions
            .iter()
            .map(|version| Version::read(version, schema.written(property)))
            .collect::<Result<Vec<_>, _>>()?;
        versions.sort_by_key(|version| version.at);
        if record.entity == EntityKind::Contact && property == COMPANY {
            belonged(record, &versions, events);
        } else {
            // A cleared form is no form: what does not count is left out, as with webhooks.
            let changes = versions.iter().map(|of| record.changed(of.at, property, &of.value, of.by.as_deref()));
            events.extend(changes.flatten());
        }
    }
    Ok(())
}

/// The companies to which a contact belonged, one after the other.
fn belonged(record: &Record<'_>, versions: &[Version], events: &mut Vec<Event>) {
    let mut before = "";
    for version in versions {
        if version.value.is_empty() && !before.is_empty() {
            events.push(record.linked(EntityKind::Company, before, version.at, true));
        } else if !version.value.is_empty() {
            events.push(record.linked(EntityKind::Company, &version.value, version.at, false));
        }
        before = &version.value;
    }
}

/// One value that a property had.
struct Version {
    value: String,
    at: Instant,
    by: Option<String>,
}

impl Version {
    fn read(json: &Json, written: Written) -> Result<Version, String> {
        let at = time(json, "timestamp")?;
        let value = match json.get("value") {
            None | Some(Json::Null) => String::new(),
            Some(Json::String(text)) => text.clone(),
            Some(Json::Number(number)) => number.to_string(),
            Some(Json::Bool(truth)) => truth.to_string(),
            Some(other) => return Err(format!("the value of a property is {}; text was expected", word_of(other))),
        };
        let value = match written {
            Written::AsTime => in_milliseconds(&value).unwrap_or(value),
            Written::AsItIs => value,
        };
        let source = json.get("sourceId").and_then(Json::as_str).filter(|source| !source.is_empty());
        let user = || json.get("updatedByUserId").and_then(Json::as_u64).map(|user| format!("userId:{user}"));
        Ok(Version { value, at, by: source.map(str::to_owned).or_else(user) })
    }
}

/// As webhooks write a date or a time: the API writes `2026-08-01` and `2026-08-01T09:30:00Z`.
fn in_milliseconds(text: &str) -> Option<String> {
    let text = text.trim();
    let at = Instant::parse(text).or_else(|| Instant::parse(&format!("{text}T00:00:00Z")))?;
    Some(at.as_ms().to_string())
}

fn time(json: &Json, key: &str) -> Result<Instant, String> {
    let text = json.get(key).and_then(Json::as_str).ok_or_else(|| format!("`{key}` is missing from a record"))?;
    Instant::parse(text).ok_or_else(|| format!("`{key}` is `{}`; a time was expected", shortened(text)))
}

/// One association: of which record, to which.
pub(super) struct Link {
    pub(super) from: String,
    pub(super) to: String,
}

/// Associations of several records, and where those with very many go on.
pub(super) struct Links {
    pub(super) found: Vec<Link>,
    pub(super) more: Vec<(u64, String)>,
}

/// Reads associations; of companies only the primary one counts, as with webhooks.
pub(super) fn links(to: Object, json: &Json) -> Result<Links, String> {
    let mut links = Links { found: Vec::new(), more: Vec::new() };
    for row in results(json)? {
        let from = id_of(row.get("from").and_then(|from| from.get("id")))?;
        for end in row.get("to").and_then(Json::as_array).into_iter().flatten() {
            if to == Object::Companies && !is_primary(end) {
                continue;
            }
            let to_id = id_of(end.get("toObjectId"))?;
            links.found.push(Link { from: from.to_string(), to: to_id.to_string() });
        }
        let after = row.get("paging").and_then(|paging| paging.get("next")).and_then(|next| next.get("after"));
        if let Some(after) = after.and_then(Json::as_str) {
            links.more.push((from, after.to_owned()));
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
