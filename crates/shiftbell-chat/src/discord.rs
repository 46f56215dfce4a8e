//! Discord: signed interactions in, REST calls out.

mod answer;
mod interaction;
mod signature;

pub use answer::{Choice, choices_response, deferred_response, interaction_response, pong, update_response};
pub use interaction::{Completing, Interaction, read_interaction};
pub use signature::verify;
