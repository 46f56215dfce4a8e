//! What other systems send, as events: untrusted bytes in, normalised events out.
//!
//! This crate is pure. It reads no file, no clock and no environment and never waits; whoever calls it says what time it is.
//! There is one module for each kind of source. Everything here is written for bytes from strangers: [`verify`] refuses
//! with a reason, [`parse`] never fails as a whole (one bad element does not lose the others), and nothing panics.
//!
//! ```
//! use shiftbell_metrics::time::Instant;
//! use shiftbell_sources::{Kind, SourceSettings, parse};
//! let body = br#"[{"eventId":1,"portalId":7,"occurredAt":1785580200000,"subscriptionType":"contact.creation","objectId":42,
//!                  "changeSource":"IMPORT"}]"#;
//! let parsed = parse(Kind::HubSpot, body, &SourceSettings::new("hubspot-main"), Instant(1_785_580_201_000));
//! assert_eq!(parsed.events[0].kind, "contact_created");
//! assert_eq!(parsed.events[0].properties["how"].as_text(), Some("import"));
//! ```

pub mod file;
pub mod generic;
pub mod hubspot;

mod kind;
mod parsed;
mod settings;
mod signature;
mod words;

pub use kind::{Kind, kinds};
pub use parsed::{Parsed, Unreadable};
pub use settings::{Asking, SourceSettings, setting_problems};
pub use signature::{Refused, Request, Secret, SignatureUsed, check_secret, delivery_key, verify};
pub use words::{Words, map_problems};

use shiftbell_metrics::time::Instant;

/// Reads one delivery of a source.
///
/// `received_at` is used only where a delivery does not say when something happened (a CloudEvent without `time`).
pub fn parse(kind: Kind, body: &[u8], settings: &SourceSettings, received_at: Instant) -> Parsed {
    match kind {
        Kind::HubSpot => hubspot::parse(body, settings),
        Kind::Generic => generic::parse(body, received_at),
        Kind::File => file::parse(body),
    }
}
