//! Which kinds of source there are, and the words of each in a definitions file.

use shiftbell_metrics::definitions::model::KindWords;

/// A kind of source that is active.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    HubSpot,
    /// Anything that can sign JSON: CloudEvents 1.0 or plain events, signed as Standard Webhooks or with `X-Hub-Signature-256`.
    Generic,
    /// Files that are imported by hand or from a folder. Nothing is received over the network.
    File,
}

impl Kind {
    /// Every kind that is active.
    pub const ALL: [Kind; 3] = [Kind::HubSpot, Kind::Generic, Kind::File];

    /// The word for this kind in a definitions file.
    pub fn word(self) -> &'static str {
        match self {
            Kind::HubSpot => "hubspot",
            Kind::Generic => "generic",
            Kind::File => "file",
        }
    }

    /// Whether its own reports count the stage in which people are today, and not when they reached it.
    pub fn reports_stage_of_today(self) -> bool {
        match self {
            Kind::HubSpot => true,
            Kind::Generic | Kind::File => false,
        }
    }

    /// The kind with this word, if it is active.
    pub fn from_word(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Every kind of source that a definitions file may name, and the keys that each understands.
///
/// `map` is understood by all and not listed.
pub fn kinds() -> Vec<KindWords> {
    const POLLED: &[&str] = &["account", "ask_every", "full_check", "history", "joined_by", "live_only"];
    let later = |kind, secrets, required, settings| KindWords {
        kind,
        secrets,
        required,
        settings,
        not_active: Some("this kind of source cannot be received yet; until then, import its records as a file"),
    };
    vec![
        KindWords {
            kind: "hubspot",
            secrets: &["secret", "token"],
            // Polling is the base and needs the token; webhooks make it faster and need the secret.
            required: &[],
            settings: &["account", "v3_required", "currency", "ask_every", "full_check", "history", "api_version"],
            not_active: None,
        },
        KindWords {
            kind: "generic",
            secrets: &["secret", "old_secret"],
            required: &["secret"],
            settings: &["signature"],
            not_active: None,
        },
        KindWords { kind: "file", secrets: &[], required: &[], settings: &["folder", "mapping"], not_active: None },
        later("salesforce", &["secret", "token"], &[], POLLED),
        later("pipedrive", &["password", "token"], &[], POLLED),
        later("stripe", &["key", "secret"], &[], POLLED),
        later("chargebee", &["key", "password"], &[], POLLED),
        later("segment", &["write_key", "secret"], &[], &[]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_active_kind_has_its_words() {
        for kind in Kind::ALL {
            assert!(kinds().iter().any(|words| words.kind == kind.word() && words.not_active.is_none()));
        }
        assert_eq!(kinds().iter().filter(|words| words.not_active.is_none()).count(), Kind::ALL.len());
        assert_eq!(Kind::from_word("stripe"), None);
    }
}
