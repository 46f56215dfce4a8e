//! What the stand-ins of Slack and Discord share: a real server on loopback, a clock, and faults on demand.

mod clock;
mod connection;
mod fault;

pub use clock::FakeClock;
pub use connection::{Connection, serve};
pub use fault::{Fault, Faults, Moment};
