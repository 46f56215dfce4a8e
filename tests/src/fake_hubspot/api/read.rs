//! Reading by id: properties with their history, and associations.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Map, Value as Json, json};
use shiftbell_metrics::time::Instant;

use super::super::record::{Record, Version};
use super::super::{FakeHubSpot, Object};
use super::http::{Refusal, invalid};

/// Records of one read, and with history.
const BATCH_MAX: usize = 100;
const BATCH_MAX_WITH_HISTORY: usize = 50;
/// Records whose associations are asked for at once, and associations of one record in one answer.
const ASSOCIATIONS_BATCH_MAX: usize = 1_000;
const ASSOCIATIONS_MAX: usize = 500;
/// Properties that the API writes as times, while webhooks write milliseconds.
const TIMES: [&str; 5] =
    ["closedate", "notes_next_activity_date", "createdate", "hs_timestamp", "hs_meeting_start_time"];
/// Records of one list.
const LIST_MAX: usize = 100;
/// The outcomes of calls, whose values nobody reads.
const DISPOSITIONS: [(&str, &str); 4] = [
    ("f240bbac-87c9-4f6e-bf70-924b57d47db7", "Connected"),
    ("b2cf5968-551e-4856-9783-52b3da59a7d0", "Left voicemail"),
    ("73a0d17f-1163-4015-bdd5-ec830791da20", "No answer"),
    ("0a4e1b2c-0000-4000-8000-00000000beef", "Spoke with the boss"),
];
const BUILT_IN: [&str; 6] =
    ["hs_object_id", "hs_object_source", "createdate", "hubspot_owner_id", "hs_merged_object_ids", "lastmodifieddate"];

/// Every property of a kind of record: those built in, and those that any record has.
pub(super) fn properties(portal: &FakeHubSpot, object: Object) -> Json {
    let of = portal.records.iter().filter(|((kind, _), _)| *kind == object);
    let mut names: BTreeSet<&str> = of.flat_map(|(_, record)| record.history.keys().map(String::as_str)).collect();
    names.extend(BUILT_IN);
    let results: Vec<Json> = names
        .into_iter()
        .map(|name| {
            let kind = if TIMES.contains(&name) { "datetime" } else { "string" };
            let options: Vec<Json> = match name {
                "hs_call_disposition" => {
                    DISPOSITIONS.iter().map(|(value, label)| json!({"value": value, "label": label})).collect()
                }
                _ => Vec::new(),
            };
            json!({"name": name, "label": name.replace('_', " "), "type": kind, "fieldType": "text", "options": options})
        })
        .collect();
    json!({"results": results})
}

/// The value of a property as the API writes it.
pub(super) fn value_of(object: Object, id: u64, record: &Record, name: &str) -> Option<String> {
    match name {
        "hs_object_id" => Some(id.to_string()),
        "hs_object_source" => Some(record.made_by.clone()),
        "createdate" => Some(record.created_at.to_string()),
        "lastmodifieddate" if object == Object::Contact => Some(record.modified_at.to_string()),
        "hs_lastmodifieddate" if object != Object::Contact => Some(record.modified_at.to_string()),
        name => record.property(name).map(|value| written(name, value)),
    }
}

fn written(name: &str, value: &str) -> String {
    match value.parse().map(Instant) {
        Ok(at) if TIMES.contains(&name) => at.to_string(),
        _ => value.to_owned(),
    }
}

/// Records by id from the lowest, those that are there or those in the archive. What was deleted for privacy is in neither.
pub(super) fn list(portal: &FakeHubSpot, object: Object, query: &str) -> Result<Json, Refusal> {
    let of = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let limit: usize = of("limit").unwrap_or("10").parse().map_err(|_| invalid("limit is no number"))?;
    if limit > LIST_MAX {
        return Err(invalid(&format!("limit must be at most {LIST_MAX}")));
    }
    let after: u64 = of("after").unwrap_or("0").parse().map_err(|_| invalid("after is none of ours"))?;
    let is_archived = of("archived") == Some("true");
    let all = portal.records.range((object, after)..=(object, u64::MAX));
    let mut all = all.filter(|(_, record)| record.is_deleted() == is_archived && !record.is_forgotten);
    let row = |((_, id), record): (&(Object, u64), &Record)| {
        let mut row = json!({"id": id.to_string(), "properties": {"hs_object_id": id.to_string()},
            "archived": is_archived, "createdAt": record.created_at.to_string(),
            "updatedAt": record.modified_at.to_string()});
        if let Some(at) = record.archived_at {
            row["archivedAt"] = json!(at.to_string());
        }
        row
    };
    let results: Vec<Json> = all.by_ref().take(limit).map(row).collect();
    let mut answer = json!({ "results": results });
    if let Some(((_, next), _)) = all.next() {
        answer["paging"] = json!({"next": {"after": next.to_string()}});
    }
    Ok(answer)
}

/// Records by id. Ids that were merged away give the record that they became; unknown and archived ones are left out.
pub(super) fn batch(portal: &FakeHubSpot, object: Object, body: &Json) -> Result<(StatusCode, Json), Refusal> {
    let ids = inputs(body)?;
    let with_history = names(body, "propertiesWithHistory");
    let most = if with_history.is_empty() { BATCH_MAX } else { BATCH_MAX_WITH_HISTORY };
    if ids.len() > most {
        return Err(invalid(&format!(
            "The maximum number of inputs supported in a batch request is {most}, but {} were provided",
            ids.len()
        )));
    }
    let plain = names(body, "properties");
    let mut results = Vec::new();
    for id in &ids {
        let id = *portal.aliases.get(&(object, *id)).unwrap_or(id);
        let Some(record) = portal.records.get(&(object, id)).filter(|record| !record.is_deleted()) else { continue };
        let mut properties = Map::new();
        for name in plain.iter().chain(&with_history) {
            properties.insert((*name).to_owned(), json!(value_of(object, id, record, name)));
        }
        let mut row = json!({"id": id.to_string(), "properties": properties, "archived": false,
            "createdAt": record.created_at.to_string(), "updatedAt": record.modified_at.to_string()});
        if !with_history.is_empty() {
            let histories = with_history.iter().filter_map(|name| {
                let versions = record.history.get(*name)?;
                Some(((*name).to_owned(), versions.iter().rev().map(|version| version_json(name, version)).collect()))
            });
            row["propertiesWithHistory"] = Json::Object(histories.collect());
        }
        results.push(row);
    }
    let missing = ids.len() - results.len();
    if missing == 0 {
        return Ok((StatusCode::OK, json!({"status": "COMPLETE", "results": results})));
    }
    let errors = json!([{"status": "error", "category": "OBJECT_NOT_FOUND", "message": "Could not get some objects"}]);
    Ok((
        StatusCode::MULTI_STATUS,
        json!({"status": "COMPLETE", "results": results, "numErrors": missing, "errors": errors}),
    ))
}

fn version_json(name: &str, version: &Version) -> Json {
    let mut json = json!({"value": written(name, &version.value), "timestamp": version.at.to_string(),
        "sourceType": version.source, "sourceId": version.source_id});
    if let Some(user) = version.source_id.strip_prefix("userId:").and_then(|user| user.parse::<u64>().ok()) {
        json["updatedByUserId"] = json!(user);
    }
    json
}

/// To which records of another kind these belong, without any time.
pub(super) fn associations(portal: &FakeHubSpot, from: Object, to: Object, body: &Json) -> Result<Json, Refusal> {
    let ids = inputs(body)?;
    if ids.len() > ASSOCIATIONS_BATCH_MAX {
        return Err(invalid("too many inputs"));
    }
    let mut results = Vec::new();
    for (id, input) in ids.iter().zip(body["inputs"].as_array().into_iter().flatten()) {
        let after: usize = input["after"].as_str().and_then(|after| after.parse().ok()).unwrap_or(0);
        let all = ends(portal, (from, *id), to);
        if all.is_empty() {
            continue;
        }
        let page: Vec<&Json> = all.iter().skip(after).take(ASSOCIATIONS_MAX).collect();
        let mut row = json!({"from": {"id": id.to_string()}, "to": page});
        if all.len() > after + ASSOCIATIONS_MAX {
            row["paging"] = json!({"next": {"after": (after + ASSOCIATIONS_MAX).to_string()}});
        }
        results.push(row);
    }
    Ok(json!({"status": "COMPLETE", "results": results}))
}

fn ends(portal: &FakeHubSpot, of: (Object, u64), to: Object) -> Vec<Json> {
    let mut all = Vec::new();
    for (key, is_primary) in &portal.associations {
        let (one, other) = ((key.0, key.1), (key.2, key.3));
        let end = if one == of && other.0 == to {
            other
        } else if other == of && one.0 == to {
            one
        } else {
            continue;
        };
        let (primary, plain) = match (of.0, to) {
            (Object::Contact, Object::Company) => (Some(1), 279),
            (Object::Deal, Object::Company) => (Some(5), 341),
            _ => (None, 3),
        };
        let mut types = vec![json!({"category": "HUBSPOT_DEFINED", "typeId": plain, "label": null})];
        if let Some(primary) = primary.filter(|_| *is_primary) {
            types.push(json!({"category": "HUBSPOT_DEFINED", "typeId": primary, "label": "Primary"}));
        }
        all.push(json!({"toObjectId": end.1, "associationTypes": types}));
    }
    all
}

pub(super) fn inputs(body: &Json) -> Result<Vec<u64>, Refusal> {
    let inputs = body["inputs"].as_array().ok_or_else(|| invalid("`inputs` is missing"))?;
    let id =
        |input: &Json| input["id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(|| invalid("an input has no id"));
    inputs.iter().map(id).collect()
}

fn names<'a>(body: &'a Json, key: &str) -> Vec<&'a str> {
    body[key].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}
