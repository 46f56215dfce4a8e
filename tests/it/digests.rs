//! Digests and sweeps: each arrives at its time on its reader's clock, once, and is edited once.

mod leaks;
mod past;
mod preview;
mod receipts;
mod rollout;
mod sending;
mod silence;
mod weekly;
pub(crate) mod world;
