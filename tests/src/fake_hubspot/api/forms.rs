//! What people filled in: by form, the newest first, in pages of at most fifty.

use serde_json::{Value as Json, json};

use super::super::FakeHubSpot;
use super::http::{Refusal, invalid};

const PAGE_MAX: usize = 50;

/// What somebody filled in.
#[derive(Clone, Debug)]
pub struct Filled {
    pub form: String,
    pub at: shiftbell_metrics::time::Instant,
    pub email: String,
}

pub(super) fn filled(portal: &FakeHubSpot, form: &str, query: &str) -> Result<Json, Refusal> {
    let of = |key: &str| query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
    let number = |key: &str, usually: usize| match of(key) {
        Some(text) => text.parse().map_err(|_| invalid(&format!("{key} is no number"))),
        None => Ok(usually),
    };
    let (limit, after) = (number("limit", 20)?, number("after", 0)?);
    if limit > PAGE_MAX {
        return Err(invalid("limit must be at most 50"));
    }
    let mut all: Vec<&Filled> = portal.filled.iter().filter(|filled| filled.form == form).collect();
    all.sort_by_key(|filled| std::cmp::Reverse(filled.at));
    let row = |filled: &&Filled| {
        json!({"submittedAt": filled.at.as_ms(), "pageUrl": "https://clowns.example/",
            "values": [{"name": "firstname", "value": "Ann"}, {"name": "email", "value": filled.email}]})
    };
    let results: Vec<Json> = all.iter().skip(after).take(limit).map(row).collect();
    let mut answer = json!({ "results": results });
    if all.len() > after + limit {
        answer["paging"] = json!({"next": {"after": (after + limit).to_string()}});
    }
    Ok(answer)
}
