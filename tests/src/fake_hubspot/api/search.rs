//! The CRM search: filters, one order, pages of at most 200, and never more than 10,000 results.

use serde_json::{Value as Json, json};

use super::super::record::Record;
use super::super::{FakeHubSpot, Object};
use super::http::{Refusal, invalid};
use super::read::value_of;

const RESULTS_MAX: usize = 10_000;
const PAGE_MAX: usize = 200;
const FILTERS_MAX: usize = 6;
const GROUPS_MAX: usize = 5;
const VALUES_MAX: usize = 100;

pub(super) fn search(portal: &FakeHubSpot, object: Object, body: &Json, deepest: &mut usize) -> Result<Json, Refusal> {
    let limit = number(body, "limit")?.unwrap_or(10);
    let after = number(body, "after")?.unwrap_or(0);
    if limit > PAGE_MAX {
        return Err(invalid(&format!("The requested limit {limit} exceeds the maximum of {PAGE_MAX}")));
    }
    *deepest = (*deepest).max(after + limit);
    if after + limit > RESULTS_MAX {
        return Err(invalid("There was a problem with the request: paging beyond 10,000 results is not supported"));
    }
    let filters = filters(body)?;
    let mut found = Vec::new();
    for ((kind, id), record) in &portal.records {
        if *kind != object
            || record.is_deleted()
            || portal.unsearchable.contains(&(*kind, *id))
            || record.modified_at.as_ms() > portal.now.as_ms() - portal.search_lag_ms
        {
            continue;
        }
        let mut fits = false;
        for group in &filters {
            let of = group.iter().map(|filter| filter.fits(object, *id, record)).collect::<Result<Vec<_>, _>>()?;
            fits |= of.iter().all(|fits| *fits);
        }
        if fits {
            found.push((*id, record));
        }
    }
    sort(body, object, &mut found)?;
    let total = found.len();
    let results: Vec<Json> =
        found.iter().skip(after).take(limit).map(|(id, record)| row(object, *id, record, body)).collect();
    let mut answer = json!({"total": total, "results": results});
    if after + limit < total {
        answer["paging"] = json!({"next": {"after": (after + limit).to_string()}});
    }
    Ok(answer)
}

fn row(object: Object, id: u64, record: &Record, body: &Json) -> Json {
    let names = body["properties"].as_array().into_iter().flatten().filter_map(Json::as_str);
    let properties: serde_json::Map<String, Json> =
        names.map(|name| (name.to_owned(), json!(value_of(object, id, record, name)))).collect();
    json!({"id": id.to_string(), "properties": properties, "archived": false,
        "createdAt": record.created_at.to_string(), "updatedAt": record.modified_at.to_string()})
}

fn number(body: &Json, key: &str) -> Result<Option<usize>, Refusal> {
    match &body[key] {
        Json::Null => Ok(None),
        Json::Number(n) => Ok(n.as_u64().and_then(|n| usize::try_from(n).ok())),
        Json::String(text) => text.parse().map(Some).map_err(|_| invalid(&format!("{key} is no number"))),
        _ => Err(invalid(&format!("{key} is no number"))),
    }
}

struct Filter {
    property: String,
    operator: String,
    value: i128,
    /// Of `BETWEEN`.
    high: i128,
    /// Of `IN`, in lower case.
    values: Vec<String>,
}

/// Groups of filters: one that fits is enough.
fn filters(body: &Json) -> Result<Vec<Vec<Filter>>, Refusal> {
    let groups = body["filterGroups"].as_array().map(Vec::as_slice).unwrap_or_default();
    if groups.is_empty() || groups.len() > GROUPS_MAX {
        return Err(invalid("this portal understands one to five groups of filters"));
    }
    groups.iter().map(group).collect()
}

/// Filters that must all fit.
fn group(group: &Json) -> Result<Vec<Filter>, Refusal> {
    let filters = group["filters"].as_array().ok_or_else(|| invalid("a group of filters has none"))?;
    if filters.len() > FILTERS_MAX {
        return Err(invalid("A filter group can have at most 6 filters"));
    }
    let filter = |json: &Json| {
        let text = |key: &str| json[key].as_str().ok_or_else(|| invalid(&format!("a filter has no {key}")));
        let number = |key: &str| {
            let value = text(key)?;
            value.parse().map_err(|_| invalid(&format!("{value} was not a valid long.")))
        };
        let (property, operator) = (text("propertyName")?.to_owned(), text("operator")?.to_owned());
        if operator == "IN" {
            let values = json["values"].as_array().ok_or_else(|| invalid("a filter has no values"))?;
            if values.len() > VALUES_MAX {
                return Err(invalid("a filter has at most 100 values"));
            }
            let values = values.iter().filter_map(Json::as_str).map(str::to_lowercase).collect();
            return Ok(Filter { property, operator, value: 0, high: 0, values });
        }
        let high = if operator == "BETWEEN" { number("highValue")? } else { 0 };
        Ok(Filter { property, operator, value: number("value")?, high, values: Vec::new() })
    };
    filters.iter().map(filter).collect()
}

impl Filter {
    fn fits(&self, object: Object, id: u64, record: &Record) -> Result<bool, Refusal> {
        if self.operator == "IN" {
            let found = record.property(&self.property).unwrap_or_default().to_lowercase();
            return Ok(self.values.contains(&found));
        }
        if self.operator == "BETWEEN" {
            let found = key_of(object, id, record, &self.property).or_else(|refusal| {
                let stated = record.property(&self.property).map(|at| at.parse().unwrap_or(i128::MIN));
                if self.property == "closedate" { Ok(stated.unwrap_or(i128::MIN)) } else { Err(refusal) }
            })?;
            return Ok((self.value..=self.high).contains(&found));
        }
        let found = key_of(object, id, record, &self.property)?;
        match self.operator.as_str() {
            "GTE" => Ok(found >= self.value),
            "GT" => Ok(found > self.value),
            "LTE" => Ok(found <= self.value),
            "LT" => Ok(found < self.value),
            "EQ" => Ok(found == self.value),
            other => Err(invalid(&format!("{other} is not a valid operator"))),
        }
    }
}

/// What can be filtered and sorted by here: ids and times.
fn key_of(object: Object, id: u64, record: &Record, property: &str) -> Result<i128, Refusal> {
    let modified = if object == Object::Contact { "lastmodifieddate" } else { "hs_lastmodifieddate" };
    match property {
        "hs_object_id" => Ok(i128::from(id)),
        "createdate" | "hs_createdate" => Ok(i128::from(record.created_at.as_ms())),
        "hs_timestamp" if object.is_activity() => {
            Ok(record.property(property).and_then(|at| at.parse().ok()).unwrap_or(i128::MIN))
        }
        name if name == modified => Ok(i128::from(record.modified_at.as_ms())),
        other => Err(invalid(&format!("Property '{other}' does not exist on this object or cannot be searched"))),
    }
}

fn sort(body: &Json, object: Object, found: &mut [(u64, &Record)]) -> Result<(), Refusal> {
    let sorts = body["sorts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (property, is_down) = match sorts {
        [] => ("createdate", false),
        [sort] => (sort["propertyName"].as_str().unwrap_or_default(), sort["direction"] == "DESCENDING"),
        _ => return Err(invalid("Only one sort is supported")),
    };
    for (id, record) in found.iter() {
        key_of(object, *id, record, property)?;
    }
    found.sort_by_key(|(id, record)| key_of(object, *id, record, property).unwrap_or_default());
    if is_down {
        found.reverse();
    }
    Ok(())
}
