//! The only crate that knows SQL.
//!
//! One text per operation, run unchanged on SQLite and on PostgreSQL; the few places where the two differ are named in
//! `dialect.rs`. Functions take `&mut Tx` (they write) or `&mut Session` (they read: a `Tx` or a `Snapshot`).
//!
//! What it never does: decide. It does not fold, judge a rule, choose words or read a clock; every instant is a parameter. It
//! never opens a network connection but the one to PostgreSQL, and no function here starts a transaction of its own except
//! [`receiver::Receiver`] and [`keeper::Keeper`], which put what many requests give them into one.

mod db;
mod dialect;
mod error;
mod session;

pub mod accounts;
pub mod cells;
pub mod contributions;
pub mod cursors;
pub mod definitions;
pub mod doubts;
pub mod entities;
pub mod events;
pub mod facts_seen;
pub mod generations;
pub mod held;
pub mod inbox;
pub mod incidents;
pub mod keeper;
pub mod leave;
pub mod link_codes;
pub mod migrations;
pub mod outbox;
pub mod owner_choices;
pub mod owners;
pub mod people;
pub mod polled;
pub mod portals;
pub mod receipts;
pub mod receiver;
pub mod requests;
pub mod rollout;
pub mod segments;
pub mod sightings;
pub mod signatures;
pub mod statements;
pub mod workspaces;

pub use db::{Bulk, Db};
pub use error::StoreError;
pub use session::{Session, Snapshot, Tx};
