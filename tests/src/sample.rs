//! The sample company, as the demo runs it.

pub use shiftbell::companies::vocabulary;

/// The definitions file of Clowns To Go.
pub const DEFINITIONS: &str = include_str!("../../deploy/clowns-to-go.toml");
