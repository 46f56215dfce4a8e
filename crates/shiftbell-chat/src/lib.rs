//! Slack and Discord: requests in, messages out, outcomes back.
//!
//! The only crate that knows the two APIs. It verifies and reads what they send (pure functions over the raw body), sends
//! what `shiftbell-render` has lowered, and says how that ended as an [`Outcome`]. It never decides what to say or to whom,
//! never retries by itself, keeps nothing on disk, and has no clock: the delivery worker of the program drives time.

pub mod asked;
pub mod backoff;
pub mod discord;
pub mod outcome;
pub mod queue;
pub mod refused;
pub mod slack;

pub use asked::{Asked, Clicked, Outlet, ReplyTo, Visibility};
pub use outcome::{Found, Message, Outcome, Picture};
pub use refused::{Refused, Unreadable};
