//! Discord: interactions in (signed, or over a connection of our own), REST calls out.

mod answer;
mod client;
mod commands;
mod failure;
mod find;
pub mod gateway;
pub mod inspect;
mod interaction;
mod post;
mod signature;

pub use answer::{Choice, choices_response, deferred_response, interaction_response, pong, update_response};
pub use client::{DiscordClient, DiscordSettings};
pub use commands::{Registered, commands, commands_hash};
pub use interaction::{Completing, Interaction, read_interaction};
pub use post::repeat_is_safe;
pub use signature::verify;
