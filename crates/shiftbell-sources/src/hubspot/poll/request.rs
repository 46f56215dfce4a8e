//! The requests that are made, as HubSpot's API wants them.

use serde_json::{Value as Json, json};
use shiftbell_metrics::time::Instant;

use super::items::PROPERTIES;
use super::object::Object;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    /// Post, with the token itself as the body, which only the connection knows.
    TellToken,
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

/// Which records a search finds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sought {
    pub(super) object: Object,
    /// Changed since then.
    pub(super) since: Option<Instant>,
    /// When the round began: what is due until then is found too.
    pub(super) until: Instant,
    pub(super) below: Option<u64>,
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
        get(self.path("properties", object.plural()))
    }

    /// Records changed since a time, the highest id first, below one that is known; with the values of these properties.
    pub(super) fn search(&self, sought: Sought, properties: &[&str], limit: usize) -> Request {
        let since = sought.since.unwrap_or(Instant(0)).as_ms().max(0);
        let filter = |property: &str, operator: &str, value: String| json!({"propertyName": property, "operator": operator, "value": value});
        let mut groups = vec![vec![filter(sought.object.changed_at(), "GTE", since.to_string())]];
        // A task becomes due without being changed.
        if sought.object == Object::Tasks && sought.since.is_some() {
            let until = sought.until.as_ms().to_string();
            groups.push(vec![filter("hs_timestamp", "GTE", since.to_string()), filter("hs_timestamp", "LTE", until)]);
        }
        if let Some(below) = sought.below {
            groups.iter_mut().for_each(|group| group.push(filter("hs_object_id", "LT", below.to_string())));
        }
        let groups: Vec<Json> = groups.into_iter().map(|group| json!({ "filters": group })).collect();
        let mut names = vec!["hs_object_id"];
        names.extend(properties);
        let body = json!({
            "filterGroups": groups,
            "sorts": [{"propertyName": "hs_object_id", "direction": "DESCENDING"}],
            "properties": names,
            "limit": limit,
        });
        Request { is_search: true, ..post(self.path("objects", &format!("{}/search", sought.object.plural())), body) }
    }

    /// Records with the history of these properties.
    pub(super) fn read(&self, object: Object, ids: &[u64], properties: &[&str]) -> Request {
        let body = json!({
            "inputs": inputs(ids),
            "properties": if object.has_history() { &ALWAYS } else { properties },
            "propertiesWithHistory": if object.has_history() { properties } else { &[] },
        });
        post(self.path("objects", &format!("{}/batch/read", object.plural())), body)
    }

    /// Line items.
    pub(super) fn items(&self, ids: &[u64]) -> Request {
        let body = json!({ "inputs": inputs(ids), "properties": PROPERTIES });
        post(self.path("objects", "line_items/batch/read"), body)
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

    /// Every form, by id and name.
    pub(super) fn forms(&self, after: Option<&str>) -> Request {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let query = format!("limit={LISTED_AT_ONCE}{after}");
        get(match self.version.starts_with('v') {
            true => format!("/marketing/{}/forms?{query}", self.version),
            false => format!("/marketing/forms/{}?{query}", self.version),
        })
    }

    /// What was filled in in a form, the newest first. This address has had one version only.
    pub(super) fn filled(&self, form: &str, after: Option<&str>) -> Request {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        get(format!("/form-integrations/v1/submissions/forms/{form}?limit={FILLED_AT_ONCE}{after}"))
    }

    /// Contacts by their e-mail.
    pub(super) fn people(&self, emails: &[String]) -> Request {
        let filter = json!({"propertyName": "email", "operator": "IN", "values": emails});
        let body = json!({
            "filterGroups": [{ "filters": [filter] }],
            "properties": ["email", "hs_additional_emails"],
            "limit": LISTED_AT_ONCE,
        });
        Request { is_search: true, ..post(self.path("objects", "contacts/search"), body) }
    }

    /// Records in the archive, or all that are not, by id.
    pub(super) fn list(&self, object: Object, is_archived: bool, after: Option<&str>) -> Request {
        let after = after.map(|after| format!("&after={after}")).unwrap_or_default();
        let query = format!("limit={LISTED_AT_ONCE}&properties=hs_object_id&archived={is_archived}{after}");
        get(format!("{}?{query}", self.path("objects", object.plural())))
    }
}

/// What is read of every record, without history.
const ALWAYS: [&str; 2] = ["hs_object_source", "hubspot_owner_id"];
/// Records of one list.
const LISTED_AT_ONCE: usize = 100;
/// Submissions of one list; HubSpot gives no more.
const FILLED_AT_ONCE: usize = 50;

fn inputs(ids: &[u64]) -> Vec<Json> {
    ids.iter().map(|id| json!({"id": id.to_string()})).collect()
}

fn get(path: String) -> Request {
    Request { method: Method::Get, path, body: None, is_search: false }
}

fn post(path: String, body: Json) -> Request {
    Request { method: Method::Post, path, body: Some(body), is_search: false }
}
