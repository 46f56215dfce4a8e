//! One test binary: how the whole program behaves, and whether the house is tidy.

mod bulk;
mod definitions;
mod digests;
mod discord;
mod fake_hubspot;
mod kill;
mod migrations;
mod rebuild;
mod slack;
mod story;
mod tidy;
mod walk;
