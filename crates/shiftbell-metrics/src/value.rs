//! Property values as events carry them.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::json;

use crate::money::{Currency, Money};
use crate::time::Instant;

/// The value of a property. What is not a simple value is kept as JSON, so that nothing that arrived is lost.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    Money(Money),
    Json(serde_json::Value),
}

impl Value {
    pub fn text(text: impl Into<String>) -> Value {
        Value::Text(text.into())
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text of a text, `None` for anything else.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Money(_) | Value::Json(_) => None,
        }
    }

    /// The number of a number, or of a text that is one (sources send numbers as text).
    pub fn as_number(&self) -> Option<Decimal> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok(),
            Value::Money(money) => Some(money.major()),
            Value::Null | Value::Bool(_) | Value::Json(_) => None,
        }
    }

    /// The truth of a boolean, or of a text that says `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            Value::Text(text) => match text.trim() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            Value::Null | Value::Number(_) | Value::Money(_) | Value::Json(_) => None,
        }
    }

    /// The instant of a text in RFC 3339 or of a number of milliseconds.
    pub fn as_instant(&self) -> Option<Instant> {
        match self {
            Value::Text(text) => Instant::parse(text),
            Value::Number(ms) => i64::try_from(ms.trunc()).ok().map(Instant),
            Value::Null | Value::Bool(_) | Value::Money(_) | Value::Json(_) => None,
        }
    }

    /// The money of money, or of a plain number in the given currency.
    pub fn as_money(&self, default: Currency) -> Option<Money> {
        match self {
            Value::Money(money) => Some(*money),
            Value::Number(_) | Value::Text(_) => Money::from_major(self.as_number()?, default),
            Value::Null | Value::Bool(_) | Value::Json(_) => None,
        }
    }

    /// The JSON form, read back by [`Value::from_json`] as the same value.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null => serde_json::Value::Null,
            Value::Bool(truth) => json!(truth),
            Value::Number(number) => number_to_json(*number),
            Value::Text(text) => json!(text),
            Value::Money(money) => json!({"amount": money.major().to_string(), "currency": money.currency.code()}),
            Value::Json(value) => value.clone(),
        }
    }

    /// Reads JSON: `{"amount":"1200.00","currency":"USD"}` is money, other objects and lists stay as they are.
    pub fn from_json(json: serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Bool(truth),
            serde_json::Value::Number(number) => match number.to_string().parse::<Decimal>() {
                Ok(exact) => Value::Number(exact),
                Err(_) => Decimal::from_scientific(&number.to_string())
                    .map_or(Value::Json(serde_json::Value::Number(number)), Value::Number),
            },
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Object(map) => {
                money_of(&map).map_or(Value::Json(serde_json::Value::Object(map)), Value::Money)
            }
            serde_json::Value::Array(_) => Value::Json(json),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Money(_) | Value::Json(_) => {
                self.to_json().serialize(serializer)
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        serde_json::Value::deserialize(deserializer).map(Value::from_json)
    }
}

/// A JSON number where it is read back exactly, else its digits as text: never a rounded one.
fn number_to_json(number: Decimal) -> serde_json::Value {
    let text = number.normalize().to_string();
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Number(json)) if json.to_string().parse() == Ok(number) => json.into(),
        _ => json!(text),
    }
}

fn money_of(map: &serde_json::Map<String, serde_json::Value>) -> Option<Money> {
    if map.len() != 2 {
        return None;
    }
    let currency = Currency::from_code(map.get("currency")?.as_str()?)?;
    let amount = match map.get("amount")? {
        serde_json::Value::String(text) => text.trim().parse().ok()?,
        serde_json::Value::Number(number) => number.to_string().parse().ok()?,
        _ => return None,
    };
    Money::from_major(amount, currency)
}
