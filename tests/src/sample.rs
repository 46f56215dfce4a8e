//! The sample company, as the demo runs it.

use shiftbell_metrics::definitions::{KindWords, Vocabulary};

/// The definitions file of Clowns To Go.
pub const DEFINITIONS: &str = include_str!("../../deploy/clowns-to-go.toml");

/// What a definitions file may name beside its own words.
pub fn vocabulary() -> Vocabulary {
    let outlet = |kind, secrets, settings| KindWords { kind, secrets, required: &[], settings, not_active: None };
    Vocabulary {
        sources: shiftbell_sources::kinds(),
        outlets: vec![
            outlet("slack", &["token", "secret"], &["team", "history", "on_unknown"]),
            outlet("discord", &["token", "public_key"], &["guild", "application"]),
        ],
    }
}
