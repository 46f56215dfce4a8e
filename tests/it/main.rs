//! One test binary: how the whole program behaves, and whether the house is tidy.

mod bulk;
mod definitions;
mod digests;
mod discord;
mod doctor;
mod doors;
mod doubts;
mod fake_hubspot;
mod init;
mod kill;
mod migrations;
mod polling;
mod portal;
mod rebuild;
mod rollout;
mod rubbish;
mod seen;
mod session;
mod slack;
mod sockets;
mod sources;
mod story;
mod tidy;
mod told;
mod walk;
mod whatif;
