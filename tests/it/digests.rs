//! Digests and sweeps: each arrives at its time on its reader's clock, once, and is edited once.

mod sending;
mod world;
