//! What revenue work means: events in, numbers out.
//!
//! This crate is pure. It never reads a file, a clock, the environment or a database, it knows the name of no vendor and of
//! no chat system, and it never waits. Everything it needs is a parameter and everything it finds out is returned.

pub mod alert;
pub mod answer;
pub mod bowtie;
pub mod calendar;
pub mod cell;
pub mod codec;
pub mod contribution;
pub mod credit;
pub mod definitions;
pub mod event;
pub mod expression;
pub mod fold;
pub mod funnel;
pub mod id;
pub mod leak;
pub mod links;
pub mod model;
pub mod money;
pub mod pacing;
pub mod period;
pub mod pipeline;
pub mod question;
pub mod receipt;
pub mod revenue;
pub mod rollout;
pub mod schedule;
pub mod scorecard;
pub mod segment;
pub mod stats;
pub mod time;
pub mod unseen;
pub mod value;
