//! Line items: to which deal each belongs, and what it says.

use serde_json::{Value as Json, json};

use super::super::FakeHubSpot;
use super::http::Refusal;
use super::read::inputs;

/// One line of a deal.
#[derive(Clone, Debug)]
pub struct LineItem {
    pub deal: u64,
    pub properties: Vec<(String, String)>,
}

/// Which items belong to these deals.
pub(super) fn of_deals(portal: &FakeHubSpot, body: &Json) -> Result<Json, Refusal> {
    let rows = inputs(body)?.into_iter().filter_map(|deal| {
        let of = portal.line_items.iter().filter(|(_, item)| item.deal == deal);
        let to: Vec<Json> = of.map(|(id, _)| json!({"toObjectId": id, "associationTypes": []})).collect();
        (!to.is_empty()).then(|| json!({"from": {"id": deal.to_string()}, "to": to}))
    });
    Ok(json!({"status": "COMPLETE", "results": rows.collect::<Vec<_>>()}))
}

/// Items by number.
pub(super) fn batch(portal: &FakeHubSpot, body: &Json) -> Result<Json, Refusal> {
    let rows = inputs(body)?.into_iter().filter_map(|id| {
        let item = portal.line_items.get(&id)?;
        let properties: serde_json::Map<String, Json> =
            item.properties.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        Some(json!({"id": id.to_string(), "properties": properties}))
    });
    Ok(json!({"status": "COMPLETE", "results": rows.collect::<Vec<_>>()}))
}
