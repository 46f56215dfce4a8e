//! HubSpot's own figure beside ours: what it would count itself, asked without reading a single record, and why it differs.
//!
//! [`count`] says for a fact what HubSpot can count, `None` where nothing comes near. The caller sends [`Count::request`] and
//! gives the answer to [`total`]; a figure that could not be had is left out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use shiftbell_metrics::definitions::Fact;
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::poll::{Answer, Method, Request};

/// Something that HubSpot can count by a search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// `deals`
    object: String,
    filters: Vec<Json>,
    /// What it counts, in words: `deals in Contract won today`.
    pub what: String,
    pub why: Differs,
}

/// Why HubSpot's figure and ours are not the same figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Differs {
    /// It counts the stage in which records are now.
    StageOfToday,
    /// It counts by the close date, which people type in.
    CloseDate,
    /// It counts records by when they were made, and none that were merged away or deleted since.
    Made,
    /// It counts activities by the time that they bear, whoever did them and whatever came of them.
    Activity,
}

/// What is known of an account: its own words.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The map of the source, as the definitions file has it.
    pub map: &'a BTreeMap<String, Vec<String>>,
    /// Id and label of every stage of deals.
    pub stages: &'a [(String, String)],
    /// E-mail and id of every owner.
    pub owners: &'a [(String, String)],
}

/// What HubSpot can count that comes near a fact in these days; `owner`: only what belongs to the person with this e-mail.
pub fn count(fact: &Fact, known: Known<'_>, (from, until): (Instant, Instant), owner: Option<&str>) -> Option<Count> {
    let has_more =
        fact.when.is_some() || fact.nth.is_some() || fact.stage.is_some() || fact.mrr.is_some() || !fact.by.is_empty();
    if has_more {
        return None;
    }
    let between = |property: &str| {
        let (low, high) = (from.as_ms().to_string(), until.plus_ms(-1).as_ms().to_string());
        json!({"propertyName": property, "operator": "BETWEEN", "value": low, "highValue": high})
    };
    let kind = match fact.events.as_slice() {
        [] => None,
        [kind] => Some(kind.as_str()),
        _ => return None,
    };
    let mut count = match (kind, fact.state.as_slice(), fact.properties.as_slice()) {
        (None | Some("deal"), [(field, values)], []) if field.to_string() == "deal.stage" => {
            deals(known, values, between("closedate"))?
        }
        (None | Some("contact"), [(field, values)], []) if field.to_string() == "contact.lifecycle" => {
            let words = theirs(known.map, "contact.lifecycle", values);
            let what = format!("contacts whose lifecycle stage is {} today", words.join(" or "));
            Count::of("contacts", what, Differs::StageOfToday, vec![is_in("lifecyclestage", &words)])
        }
        (Some("contact_created"), [], []) => {
            Count::of("contacts", "contacts made in these days".into(), Differs::Made, vec![between("createdate")])
        }
        (Some("call"), [], []) => {
            Count::of("calls", "calls in these days".into(), Differs::Activity, vec![between("hs_timestamp")])
        }
        (Some("meeting"), [], []) => {
            let when = between("hs_meeting_start_time");
            Count::of("meetings", "meetings in these days".into(), Differs::Activity, vec![when])
        }
        _ => return None,
    };
    if let Some(email) = owner {
        let ids = owner_ids(known, email);
        if ids.is_empty() {
            return None;
        }
        count.filters.push(is_in("hubspot_owner_id", &ids));
    }
    Some(count)
}

/// Deals that reached a stage: of those that end there, the ones closed in these days; else the ones that are there now.
fn deals(known: Known<'_>, values: &[Value], closed: Json) -> Option<Count> {
    let words = theirs(known.map, "deal.stage", values);
    let is_meant = |id: &str, label: &str| words.iter().any(|word| same(word, id) || same(word, label));
    let found: Vec<&(String, String)> = known.stages.iter().filter(|(id, label)| is_meant(id, label)).collect();
    let (ids, labels): (Vec<String>, Vec<String>) = match found.is_empty() {
        // An account whose stages were not read: its words may be ids.
        true => (words.clone(), words),
        false => found.into_iter().map(|(id, label)| (id.clone(), label.clone())).unzip(),
    };
    if ids.is_empty() {
        return None;
    }
    let is_end = values.iter().all(|value| matches!(value.as_text(), Some("won" | "lost")));
    let named = labels.join(" or ");
    let in_stage = is_in("dealstage", &ids);
    Some(match is_end {
        true => {
            let what = format!("deals in {named} with a close date in these days");
            Count::of("deals", what, Differs::CloseDate, vec![in_stage, closed])
        }
        false => Count::of("deals", format!("deals in {named} today"), Differs::StageOfToday, vec![in_stage]),
    })
}

impl Count {
    fn of(object: &str, what: String, why: Differs, filters: Vec<Json>) -> Count {
        Count { object: object.to_owned(), filters, what, why }
    }

    /// One search that gives one record and the count of all.
    pub fn request(&self, version: &str) -> Request {
        let object = &self.object;
        let path = match version.starts_with('v') {
            true => format!("/crm/{version}/objects/{object}/search"),
            false => format!("/crm/objects/{version}/{object}/search"),
        };
        let body = json!({"filterGroups": [{"filters": self.filters}], "properties": ["hs_object_id"], "limit": 1});
        Request { method: Method::Post, path, body: Some(body), is_search: true }
    }
}

/// How many there are; `None` if HubSpot did not say: no right to read them, a limit, a fault.
pub fn total(answer: &Answer<'_>) -> Option<u64> {
    if !(200..300).contains(&answer.status) {
        return None;
    }
    serde_json::from_slice::<Json>(answer.body).ok()?.get("total")?.as_u64()
}

fn is_in(property: &str, values: &[String]) -> Json {
    json!({"propertyName": property, "operator": "IN", "values": values})
}

/// HubSpot's words for values of ours: those of the map, else what every account has.
fn theirs(map: &BTreeMap<String, Vec<String>>, field: &str, values: &[Value]) -> Vec<String> {
    let of = |value: &Value| -> Vec<String> {
        let Some(ours) = value.as_text() else { return Vec::new() };
        let mapped = map.get(&format!("{field}.{ours}")).into_iter().flatten();
        let mapped: Vec<String> =
            mapped.map(|word| word.split_once('=').map_or(word.as_str(), |(_, value)| value).to_owned()).collect();
        match (mapped.is_empty(), field, ours) {
            (false, ..) => mapped,
            (true, "deal.stage", "won") => vec!["closedwon".to_owned()],
            (true, "deal.stage", "lost") => vec!["closedlost".to_owned()],
            (true, ..) => vec![ours.to_owned()],
        }
    };
    values.iter().flat_map(of).collect()
}

fn owner_ids(known: Known<'_>, email: &str) -> Vec<String> {
    let by_map = known.map.iter().filter(|(key, _)| {
        key.strip_prefix("owner.").is_some_and(|of| of.trim_matches('"').eq_ignore_ascii_case(email))
    });
    let mapped = by_map.flat_map(|(_, ids)| ids).filter(|id| !id.contains(':')).cloned();
    let read = known.owners.iter().filter(|(of, _)| of.eq_ignore_ascii_case(email)).map(|(_, id)| id.clone());
    let mut ids: Vec<String> = mapped.chain(read).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Whether two words are the same but for case and punctuation.
fn same(one: &str, other: &str) -> bool {
    crate::words::folded(one) == crate::words::folded(other)
}

#[cfg(test)]
mod tests;
