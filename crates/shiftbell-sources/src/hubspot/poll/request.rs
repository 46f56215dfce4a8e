//! The requests that are made, as HubSpot's API wants them.

use serde_json::{Value as Json, json};
use shiftbell_metrics::time::Instant;

use super::object::Object;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// One request, without host and token.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    pub method: Method,
    /// With its query, from the `/` on.
    pub path: String,
    pub body: Option<Json>,
    /// Searches have a limit of their own.
    pub is_search: bool,
}

/// The addresses of one version of the API: `v3` and before stand in front of the kind of address, dates behind it.
#[derive(Clone, Debug)]
pub(super) struct Api {
    version: String,
}

impl Api {
    pub(super) fn new(version: &str) -> Api {
        Api { version: version.to_owned() }
    }

    fn path(&self, area: &str, rest: &str) -> String {
        let version = &self.version;
        match (version.starts_with('v'), area) {
            // Associations have had a version of their own.
            (true, "associations") => format!("/crm/v4/{area}/{rest}"),
            (true, _) => format!("/crm/{version}/{area}/{rest}"),
            (false, _) => format!("/crm/{area}/{version}/{rest}"),
        }
    }

    pub(super) fn properties(&self, object: Object) -> Request {
        let path = self.path("properties", object.plural());
        Request { method: Method::Get, path, body: None, is_search: false }
    }

    /// Records changed since a time, the highest id first, below one that is known.
    pub(super) fn search(&self, object: Object, since: Option<Instant>, below: Option<u64>, limit: usize) -> Request {
        let since = since.unwrap_or(Instant(0)).as_ms().max(0).to_string();
        let mut filters = vec![json!({"propertyName": object.changed_at(), "operator": "GTE", "value": since})];
        if let Some(below) = below {
            filters.push(json!({"propertyName": "hs_object_id", "operator": "LT", "value": below.to_string()}));
        }
        let body = json!({
            "filterGroups": [{ "filters": filters }],
            "sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}],
            "properties": ["hs_object_id"],
            "limit": limit,
        });
        Request { is_search: true, ..post(self.path("objects", &format!("{}/search", object.plural())), body) }
    }

    /// Records with the history of these properties.
    pub(super) fn read(&self, object: Object, ids: &[u64], properties: &[&str]) -> Request {
        let body = json!({
            "inputs": inputs(ids),
            "properties": ["hs_object_source"],
            "propertiesWithHistory": properties,
        });
        post(self.path("objects", &format!("{}/batch/read", object.plural())), body)
    }

    /// To which records these belong.
    pub(super) fn links(&self, object: Object, to: Object, ids: &[u64], after: Option<&str>) -> Request {
        let inputs: Vec<Json> = match after {
            // A record with very many associations is asked again by itself.
            Some(after) => ids.iter().map(|id| json!({"id": id.to_string(), "after": after})).collect(),
            None => inputs(ids),
        };
        let path = self.path("associations", &format!("{}/{}/batch/read", object.plural(), to.plural()));
        post(path, json!({ "inputs": inputs }))
    }
}

fn inputs(ids: &[u64]) -> Vec<Json> {
    ids.iter().map(|id| json!({"id": id.to_string()})).collect()
}

fn post(path: String, body: Json) -> Request {
    Request { method: Method::Post, path, body: Some(body), is_search: false }
}
