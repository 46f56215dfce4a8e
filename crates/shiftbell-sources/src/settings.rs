//! What the definitions file says about one source, ready for use.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::model::Source;
use shiftbell_metrics::money::Currency;

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
    /// The vendor's words for ours.
    pub words: Words,
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

    /// The settings of a source of the checked definitions.
    pub fn of(source: &Source) -> SourceSettings {
        let setting = |key: &str| source.settings.get(key).map(String::as_str);
        SourceSettings {
            id: source.id.clone(),
            account: setting("account").map(str::to_owned),
            is_v3_required: setting("v3_required") == Some("true"),
            is_plain_sha256: setting("signature") == Some("sha256"),
            currency: setting("currency").and_then(Currency::from_code),
            words: Words::new(&source.map),
        }
    }
}
