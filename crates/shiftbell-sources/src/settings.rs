//! What the definitions file says about one source, ready for use.

use std::collections::BTreeMap;
use std::sync::Arc;

use shiftbell_metrics::definitions::model::Source;
use shiftbell_metrics::definitions::{SpanUnit, span};
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_MINUTE};

use crate::hubspot::portal::Labels;
use crate::words::Words;

/// The settings of one source.
#[derive(Clone, Debug, Default)]
pub struct SourceSettings {
    /// `hubspot-main`.
    pub id: String,
    /// The account (portal) from which it may send; changes of another one are ignored and counted.
    pub account: Option<String>,
    /// Refuse the older HubSpot signatures, which have no time and can be replayed.
    pub is_v3_required: bool,
    /// Sign as `X-Hub-Signature-256` instead of Standard Webhooks (`signature = "sha256"`), for senders that cannot do better.
    pub is_plain_sha256: bool,
    /// The one currency of the account. Without it, amounts stay plain numbers (and mean the workspace's currency).
    pub currency: Option<Currency>,
    /// How the source is asked for what it has, where it can be asked.
    pub asking: Asking,
    /// The vendor's words for ours.
    pub words: Words,
    /// What stands behind the vendor's internal values, as it was read from the account.
    pub labels: Arc<Labels>,
}

/// How a source is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// From one round to the next (`ask_every`).
    pub every_ms: i64,
    /// How far back the first round reaches (`history`); `None`: to the beginning.
    pub history_ms: Option<i64>,
    /// When everything is compared once a day (`full_check`), in minutes after midnight.
    pub full_check: Option<i64>,
    /// The version of the vendor's API (`api_version`).
    pub version: String,
}

impl Default for Asking {
    fn default() -> Asking {
        Asking { every_ms: EVERY_MS, history_ms: None, full_check: None, version: "v3".to_owned() }
    }
}

/// From one round to the next, where nothing is said.
const EVERY_MS: i64 = 5 * MS_PER_MINUTE;

/// The length of `5 minutes`, `2 years`: a month has 30 days here, a quarter 91, a year 365.
fn length_ms(text: &str) -> Option<i64> {
    let span = span(text)?;
    let days = |days: i64| Some(i64::from(span.count) * days * MS_PER_DAY);
    match span.unit {
        SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::Days | SpanUnit::Weeks => span.elapsed_ms(),
        SpanUnit::Months => days(30),
        SpanUnit::Quarters => days(91),
        SpanUnit::Years => days(365),
        SpanUnit::WorkingHours | SpanUnit::WorkingDays => None,
    }
}

/// The minute of the day that `02:00` is.
fn minute_of_day(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute) = (hour.parse::<i64>().ok()?, minute.parse::<i64>().ok()?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
}

/// What is wrong with the settings of a source, one sentence each.
pub fn setting_problems(source: &Source) -> Vec<String> {
    let lengths = [("ask_every", "5 minutes"), ("history", "2 years")];
    let wrong = lengths.into_iter().filter_map(|(key, such_as)| {
        let text = source.settings.get(key)?;
        length_ms(text).is_none().then(|| format!("`{key}` is `{text}`; a length such as \"{such_as}\" was expected"))
    });
    let check = source.settings.get("full_check").filter(|text| minute_of_day(text).is_none());
    let check = check.map(|text| format!("`full_check` is `{text}`; a time of day such as \"02:00\" was expected"));
    wrong.chain(check).collect()
}

impl SourceSettings {
    /// A source without any settings.
    pub fn new(id: impl Into<String>) -> SourceSettings {
        SourceSettings { id: id.into(), ..SourceSettings::default() }
    }

    /// The same with a map of vendor's words, as under `[sources.<id>.map]`.
    #[must_use]
    pub fn with_map(mut self, map: &BTreeMap<String, Vec<String>>) -> SourceSettings {
        self.words = Words::new(map);
        self
    }

    /// The same with the labels of the account.
    #[must_use]
    pub fn with_labels(mut self, labels: Arc<Labels>) -> SourceSettings {
        self.labels = labels;
        self
    }

    /// The settings of a source of the checked definitions.
    pub fn of(source: &Source) -> SourceSettings {
        let setting = |key: &str| source.settings.get(key).map(String::as_str);
        SourceSettings {
            id: source.id.clone(),
            account: setting("account").map(str::to_owned),
            is_v3_required: setting("v3_required") == Some("true"),
            is_plain_sha256: setting("signature") == Some("sha256"),
            currency: setting("currency").and_then(Currency::from_code),
            asking: Asking {
                every_ms: setting("ask_every").and_then(length_ms).unwrap_or(EVERY_MS),
                history_ms: setting("history").and_then(length_ms),
                full_check: setting("full_check").and_then(minute_of_day),
                version: setting("api_version").unwrap_or("v3").to_owned(),
            },
            words: Words::new(&source.map),
            labels: Arc::default(),
        }
    }
}
