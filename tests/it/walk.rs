//! The whole program as a sales manager meets it: what happened comes in signed, and is read in chat.

mod answers;
mod by_socket;
mod news;
mod pictures;
mod season;

const THURSDAY: &str = "2026-11-19 14:05 America/New_York";
