//! A HubSpot account of any size that needs no memory: every answer is worked out from the numbers in the question.
//!
//! Records of a kind are numbered from 1, the newest last. Deals and activities belong to the contact with their number, as
//! far as there is one. It knows no changes: that is what [`crate::fake_hubspot`] is for.

use std::fmt::Write as _;

use serde_json::Value as Json;
use shiftbell_metrics::time::Instant;

/// How many records there are.
#[derive(Clone, Copy, Debug)]
pub struct VastPortal {
    pub companies: u64,
    pub contacts: u64,
    pub deals: u64,
    pub calls: u64,
    pub emails: u64,
    pub meetings: u64,
    pub tasks: u64,
    /// When the newest was made; each is a minute older than the one after it.
    pub now: Instant,
}

impl VastPortal {
    /// So many of a kind, by its plural.
    pub fn count(&self, kind: &str) -> u64 {
        match kind {
            "companies" => self.companies,
            "contacts" => self.contacts,
            "deals" => self.deals,
            "calls" => self.calls,
            "emails" => self.emails,
            "meetings" => self.meetings,
            "tasks" => self.tasks,
            _ => 0,
        }
    }

    /// The answer to a request; `None`, if there is nothing at this address.
    pub fn answer(&self, path: &str, body: &Json) -> Option<String> {
        let path = path.split('?').next()?.trim_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        Some(match parts.as_slice() {
            ["crm", _, "properties", kind] => properties(kind),
            ["crm", _, "objects", kind, "search"] => self.search(kind, body),
            ["crm", _, "objects", kind, "batch", "read"] => self.read(kind, body),
            ["crm", _, "associations", _, to, "batch", "read"] => self.links(to, body),
            ["crm", _, "objects", _] | ["marketing", ..] => r#"{"results":[]}"#.to_owned(),
            _ => return None,
        })
    }

    fn search(&self, kind: &str, body: &Json) -> String {
        let total = self.count(kind);
        let filters = body["filterGroups"][0]["filters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let below =
            filters.iter().find(|filter| filter["operator"] == "LT").and_then(|filter| filter["value"].as_str());
        let below: u64 = below.and_then(|below| below.parse().ok()).unwrap_or(total + 1);
        let limit = body["limit"].as_u64().unwrap_or(10);
        let ids = (1..below.min(total + 1)).rev().take(usize::try_from(limit).unwrap_or(0));
        format!(r#"{{"total":{total},"results":[{}]}}"#, self.rows(kind, ids, false))
    }

    fn read(&self, kind: &str, body: &Json) -> String {
        let with_history = body["propertiesWithHistory"].as_array().is_some_and(|names| !names.is_empty());
        format!(r#"{{"status":"COMPLETE","results":[{}]}}"#, self.rows(kind, ids(body), with_history))
    }

    fn links(&self, to: &str, body: &Json) -> String {
        let mut out = String::from(r#"{"status":"COMPLETE","results":["#);
        for (n, id) in ids(body).filter(|_| to == "contacts").filter(|id| *id <= self.contacts).enumerate() {
            let comma = if n > 0 { "," } else { "" };
            let _ =
                write!(out, r#"{comma}{{"from":{{"id":"{id}"}},"to":[{{"toObjectId":{id},"associationTypes":[]}}]}}"#);
        }
        out.push_str("]}");
        out
    }

    fn rows(&self, kind: &str, ids: impl Iterator<Item = u64>, with_history: bool) -> String {
        let mut out = String::new();
        for (n, id) in ids.enumerate() {
            let age = i64::try_from(self.count(kind).saturating_sub(id)).unwrap_or(0);
            let at = self.now.plus_ms(-60_000 * age);
            let comma = if n > 0 { "," } else { "" };
            let _ = write!(
                out,
                r#"{comma}{{"id":"{id}","properties":{},"createdAt":"{at}","updatedAt":"{at}","archived":false"#,
                values(kind, id, at)
            );
            if let Some((name, value)) = history(kind, id).filter(|_| with_history) {
                let _ =
                    write!(out, r#","propertiesWithHistory":{{"{name}":[{{"value":"{value}","timestamp":"{at}"}}]}}"#);
            }
            out.push('}');
        }
        out
    }
}

fn ids(body: &Json) -> impl Iterator<Item = u64> {
    body["inputs"].as_array().into_iter().flatten().filter_map(|input| input["id"].as_str()?.parse().ok())
}

fn properties(kind: &str) -> String {
    let names: &[&str] = match kind {
        "contacts" => &["email"],
        "companies" => &["name"],
        "deals" => &["dealstage"],
        "calls" => &["hs_timestamp", "hs_call_disposition", "hs_call_direction"],
        "emails" => &["hs_timestamp", "hs_email_direction"],
        "meetings" => &["hs_meeting_outcome"],
        _ => &["hs_task_status"],
    };
    let rows: Vec<String> = names.iter().map(|name| format!(r#"{{"name":"{name}","type":"string"}}"#)).collect();
    format!(r#"{{"results":[{}]}}"#, rows.join(","))
}

/// What a search gives of a record.
fn values(kind: &str, id: u64, at: Instant) -> String {
    match kind {
        "calls" => format!(
            r#"{{"hs_timestamp":"{at}","hs_call_disposition":"{}","hs_call_direction":"OUTBOUND"}}"#,
            if id.is_multiple_of(4) {
                "f240bbac-87c9-4f6e-bf70-924b57d47db7"
            } else {
                "73a0d17f-1163-4015-bdd5-ec830791da20"
            }
        ),
        "emails" => format!(
            r#"{{"hs_timestamp":"{at}","hs_email_direction":"{}"}}"#,
            if id.is_multiple_of(5) { "INCOMING_EMAIL" } else { "EMAIL" }
        ),
        "contacts" => r#"{"hs_object_source":"IMPORT"}"#.to_owned(),
        _ => "{}".to_owned(),
    }
}

/// The one property that has a history.
fn history(kind: &str, id: u64) -> Option<(&'static str, String)> {
    Some(match kind {
        "contacts" => ("email", format!("c{id}@sample{}.example", id % 5_000)),
        "companies" => ("name", format!("Sample {id}")),
        "deals" => ("dealstage", if id.is_multiple_of(3) { "closedwon" } else { "discovery" }.to_owned()),
        "meetings" => ("hs_meeting_outcome", if id.is_multiple_of(3) { "NO_SHOW" } else { "COMPLETED" }.to_owned()),
        "tasks" => ("hs_task_status", "COMPLETED".to_owned()),
        _ => return None,
    })
}
