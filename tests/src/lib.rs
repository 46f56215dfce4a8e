//! Test support: databases, fake servers and the whole program on loopback.

pub mod app;
pub mod child;
pub mod db;
pub mod fake_discord;
pub mod fake_hubspot;
pub mod fake_server;
pub mod fake_slack;
pub mod sample;
pub mod terminal;
pub mod test_clock;
pub mod vast_portal;
