//! How the portal is set up, over the API.

use axum::http::{Method, StatusCode};
use serde_json::{Value as Json, json};

use super::super::setup::{Owner, Pipeline, Stage};
use super::super::{FakeHubSpot, Object};
use super::http::{Refusal, invalid, permitted_by};
use super::{Shared, TOKEN, locked, read};

/// The most of one page.
const PAGE_MAX: usize = 100;

/// Answers an address that is about the account; `None`: it is about something else.
pub(super) fn answer(
    shared: &Shared,
    method: &Method,
    path: &str,
    query: &str,
    body: &[u8],
) -> Option<Result<Json, Refusal>> {
    let path = path.trim_matches('/');
    let page = || Page::read(query);
    Some(match (method.as_str(), path) {
        ("GET", "account-info/v3/details") => Ok(account(&locked(&shared.portal))),
        ("POST", "oauth/v2/private-apps/get/access-token-info") => token(shared, body),
        ("GET", "crm/v3/pipelines/deals" | "crm/pipelines/2026-03/deals") => {
            permitted_by(shared, "crm.objects.deals.read").map(|()| pipelines(&locked(&shared.portal)))
        }
        ("GET", "marketing/v3/forms") => permitted_by(shared, "forms")
            .and_then(|()| page().map(|page| page.of(locked(&shared.portal).forms.iter().map(form).collect()))),
        ("GET", "crm/v3/owners" | "crm/owners/2026-03") => {
            permitted_by(shared, "crm.objects.owners.read").and_then(|()| {
                let is_archived = query.split('&').any(|part| part == "archived=true");
                let portal = locked(&shared.portal);
                let of = portal.setup.owners.iter().filter(|owner| owner.is_archived == is_archived);
                page().map(|page| page.of(of.map(owner).collect()))
            })
        }
        ("GET", "calling/v1/dispositions") => Ok(dispositions(&locked(&shared.portal))),
        _ => return None,
    })
}

/// Every property of a kind of record, as the administrators named them.
pub(super) fn properties(portal: &FakeHubSpot, object: Object) -> Json {
    let mut json = read::properties(portal, object);
    let rows = json["results"].as_array_mut().expect("properties are a list");
    for ((of, name), property) in &portal.setup.properties {
        if *of != object {
            continue;
        }
        let options: Vec<Json> = property
            .options
            .iter()
            .enumerate()
            .map(|(n, (value, label))| json!({"value": value, "label": label, "displayOrder": n, "hidden": false}))
            .collect();
        let row = json!({"name": name, "label": property.label, "type": property.kind, "fieldType": "select",
            "options": options, "hubspotDefined": !property.is_custom, "archived": false});
        rows.retain(|row| row["name"] != *name);
        rows.push(row);
    }
    json
}

fn account(portal: &FakeHubSpot) -> Json {
    json!({"portalId": portal.portal, "accountType": "STANDARD", "timeZone": portal.setup.zone,
        "companyCurrency": portal.setup.currency, "additionalCurrencies": portal.setup.more_currencies,
        "utcOffset": "-05:00", "utcOffsetMilliseconds": -18_000_000, "uiDomain": "app.hubspot.com",
        "dataHostingLocation": "na1"})
}

fn token(shared: &Shared, body: &[u8]) -> Result<Json, Refusal> {
    let body: Json = serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))?;
    if body["tokenKey"] != TOKEN {
        return Err((StatusCode::NOT_FOUND, json!({"status": "error", "message": "Unable to find private app"})));
    }
    let scopes: Vec<String> = locked(&shared.scopes).iter().cloned().collect();
    Ok(json!({"userId": 2001, "hubId": locked(&shared.portal).portal, "appId": 54_321, "scopes": scopes}))
}

fn pipelines(portal: &FakeHubSpot) -> Json {
    let stage = |(n, stage): (usize, &Stage)| {
        let is_closed = ["0.0", "1.0"].contains(&stage.probability.as_str());
        json!({"id": stage.id, "label": stage.label, "displayOrder": n, "archived": false,
            "metadata": {"isClosed": is_closed.to_string(), "probability": stage.probability}})
    };
    let pipeline = |(n, pipeline): (usize, &Pipeline)| {
        let stages: Vec<Json> = pipeline.stages.iter().enumerate().map(stage).collect();
        json!({"id": pipeline.id, "label": pipeline.label, "displayOrder": n, "archived": false, "stages": stages})
    };
    json!({"results": portal.setup.pipelines.iter().enumerate().map(pipeline).collect::<Vec<_>>()})
}

fn form((id, name): (&String, &String)) -> Json {
    json!({"id": id, "name": name, "formType": "hubspot", "archived": false})
}

/// An archived owner is no user any more.
fn owner(owner: &Owner) -> Json {
    let teams: Vec<Json> = owner
        .teams
        .iter()
        .enumerate()
        .map(|(n, team)| json!({"id": (n + 1).to_string(), "name": team, "primary": n == 0}))
        .collect();
    json!({"id": owner.id.to_string(), "email": owner.email, "type": "PERSON",
        "firstName": owner.name.0, "lastName": owner.name.1,
        "userId": if owner.is_archived { Json::Null } else { json!(owner.user) },
        "userIdIncludingInactive": owner.user, "archived": owner.is_archived, "teams": teams})
}

fn dispositions(portal: &FakeHubSpot) -> Json {
    portal.setup.dispositions.iter().map(|(id, label)| json!({"id": id, "label": label, "deleted": false})).collect()
}

struct Page {
    limit: usize,
    after: usize,
}

impl Page {
    fn read(query: &str) -> Result<Page, Refusal> {
        let of = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        let number = |name: &str, otherwise: usize| match of(name) {
            None => Ok(otherwise),
            Some(text) => text.parse().map_err(|_| invalid(&format!("{name} is no number"))),
        };
        let page = Page { limit: number("limit", 100)?, after: number("after", 0)? };
        if page.limit > PAGE_MAX {
            return Err(invalid(&format!("limit must be at most {PAGE_MAX}")));
        }
        Ok(page)
    }

    fn of(&self, all: Vec<Json>) -> Json {
        let count = all.len();
        let rows: Vec<Json> = all.into_iter().skip(self.after).take(self.limit).collect();
        let next = self.after + rows.len();
        let mut json = json!({"results": rows});
        if next < count {
            json["paging"] = json!({"next": {"after": next.to_string(), "link": ""}});
        }
        json
    }
}
