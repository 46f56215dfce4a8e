//! The program: command line, configuration, clock, HTTP, workers, web pages. It wires the other crates together.
//!
//! It never computes a number (that is `shiftbell-metrics`), writes SQL (`shiftbell-store`) or a sentence of a message
//! (`templates/` and `shiftbell-render`).

pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod failure;
pub mod log;
pub mod work;
