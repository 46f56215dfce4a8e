//! What stands in HubSpot's answers about an account, read without trust.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{Account, End, Form, Owner, Pipeline, Property, Stage};
use crate::hubspot::poll::results;
use crate::parsed::word_of;

/// The longest id or label that is kept; HubSpot's own are shorter.
const TEXT_CHARS_MAX: usize = 250;
/// The most options of one property that are kept, and the most entries of any list of one page.
const OPTIONS_MAX: usize = 1_000;
const ROWS_MAX: usize = 2_000;

pub(super) fn account(json: &Json) -> Result<Account, String> {
    let id = text(json, "portalId").ok_or("`portalId` is missing from the account")?;
    let currencies = json.get("additionalCurrencies").and_then(Json::as_array).into_iter().flatten();
    Ok(Account {
        id,
        zone: text(json, "timeZone"),
        currency: text(json, "companyCurrency"),
        more_currencies: currencies.filter_map(Json::as_str).map(kept).take(ROWS_MAX).collect(),
    })
}

pub(super) fn scopes(json: &Json) -> Result<BTreeSet<String>, String> {
    match json.get("scopes") {
        Some(Json::Array(scopes)) => Ok(scopes.iter().filter_map(Json::as_str).map(kept).take(ROWS_MAX).collect()),
        other => Err(format!("`scopes` is {}; a list was expected", other.map_or("missing", word_of))),
    }
}

pub(super) fn pipelines(json: &Json) -> Result<Vec<Pipeline>, String> {
    let mut rows: Vec<&Json> = results(json)?.iter().filter(|row| !is_archived(row)).take(ROWS_MAX).collect();
    rows.sort_by_key(|row| order(row));
    let pipeline = |row: &&Json| {
        let mut stages: Vec<&Json> = match row.get("stages") {
            Some(Json::Array(stages)) => stages.iter().filter(|stage| !is_archived(stage)).take(ROWS_MAX).collect(),
            _ => Vec::new(),
        };
        stages.sort_by_key(|stage| order(stage));
        let id = text(row, "id")?;
        let label = text(row, "label").unwrap_or_else(|| id.clone());
        Some(Pipeline { id, label, stages: stages.into_iter().filter_map(stage).collect() })
    };
    Ok(rows.iter().filter_map(pipeline).collect())
}

fn stage(json: &Json) -> Option<Stage> {
    let id = text(json, "id")?;
    let metadata = |key: &str| json.get("metadata").and_then(|metadata| text(metadata, key));
    let probability = metadata("probability").and_then(|text| text.parse::<Decimal>().ok());
    let is_closed = metadata("isClosed").as_deref() == Some("true");
    let end = match probability {
        Some(probability) if is_closed && probability >= Decimal::ONE => Some(End::Won),
        Some(probability) if is_closed && probability.is_zero() => Some(End::Lost),
        _ => None,
    };
    Some(Stage { label: text(json, "label").unwrap_or_else(|| id.clone()), id, end })
}

pub(super) fn properties(json: &Json) -> Result<Vec<Property>, String> {
    let property = |row: &Json| {
        let name = text(row, "name")?;
        let options = row.get("options").and_then(Json::as_array).into_iter().flatten();
        let options = options.filter_map(|option| {
            let value = text(option, "value")?;
            Some((value.clone(), text(option, "label").unwrap_or(value)))
        });
        Some(Property {
            label: text(row, "label").unwrap_or_else(|| name.clone()),
            kind: text(row, "type").unwrap_or_default(),
            is_custom: row.get("hubspotDefined").and_then(Json::as_bool) != Some(true),
            options: options.take(OPTIONS_MAX).collect(),
            name,
        })
    };
    Ok(results(json)?.iter().filter(|row| !is_archived(row)).filter_map(property).take(ROWS_MAX).collect())
}

pub(super) fn forms(json: &Json) -> Result<Vec<Form>, String> {
    let form = |row: &Json| Some(Form { id: text(row, "id")?, name: text(row, "name")? });
    Ok(results(json)?.iter().filter(|row| !is_archived(row)).filter_map(form).collect())
}

pub(super) fn owners(json: &Json, are_active: bool) -> Result<Vec<Owner>, String> {
    let owner = |row: &Json| {
        let id = text(row, "id")?;
        let email = text(row, "email").filter(|email| email.contains('@')).map(|email| email.to_lowercase());
        let names = [text(row, "firstName"), text(row, "lastName")];
        let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let mut teams: Vec<&Json> = row.get("teams").and_then(Json::as_array).into_iter().flatten().collect();
        teams.sort_by_key(|team| team.get("primary").and_then(Json::as_bool) != Some(true));
        Some(Owner {
            // An archived owner has no `userId` any more.
            user: text(row, "userId").or_else(|| text(row, "userIdIncludingInactive")),
            name: if name.is_empty() { email.clone().unwrap_or_else(|| id.clone()) } else { name },
            teams: teams.into_iter().filter_map(|team| text(team, "name")).take(ROWS_MAX).collect(),
            is_active: are_active && !is_archived(row),
            id,
            email,
        })
    };
    Ok(results(json)?.iter().filter_map(owner).collect())
}

/// A list without a name, unlike the others.
pub(super) fn dispositions(json: &Json) -> Result<BTreeMap<String, String>, String> {
    let Json::Array(rows) = json else {
        return Err(format!("the outcomes of calls are {}; a list was expected", word_of(json)));
    };
    Ok(rows.iter().take(ROWS_MAX).filter_map(|row| Some((text(row, "id")?, text(row, "label")?))).collect())
}

fn is_archived(row: &Json) -> bool {
    row.get("archived").and_then(Json::as_bool) == Some(true)
}

fn order(row: &Json) -> i64 {
    row.get("displayOrder").and_then(Json::as_i64).unwrap_or(i64::MAX)
}

/// Text, or a number as text; empty text is absent.
pub(super) fn text(json: &Json, key: &str) -> Option<String> {
    match json.get(key)? {
        Json::String(text) if !text.trim().is_empty() => Some(kept(text)),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// One line of bounded length, whatever stood there.
fn kept(text: &str) -> String {
    text.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(TEXT_CHARS_MAX).collect()
}
