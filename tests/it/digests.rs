//! Digests and sweeps: each arrives at its time on its reader's clock, once, and is edited once.

mod changed;
mod first_day;
mod leaks;
mod past;
mod preview;
mod receipts;
mod rollout;
mod sending;
mod silence;
mod team;
mod unseen;
mod weekly;
pub(crate) mod world;
