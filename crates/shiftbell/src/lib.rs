//! The program: command line, configuration, clock, HTTP, workers, web pages. It wires the other crates together.
//!
//! It never computes a number (that is `shiftbell-metrics`), writes SQL (`shiftbell-store`) or a sentence of a message
//! (`templates/` and `shiftbell-render`).

pub mod answer;
pub mod bowtie;
pub mod cli;
pub mod clock;
pub mod companies;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod failure;
pub mod http;
pub mod init;
pub mod log;
pub mod meters;
pub mod outlets;
pub mod overview;
pub mod portal;
pub mod program;
pub mod readiness;
pub mod rights;
pub mod secrets;
pub mod seen;
pub mod signatures;
pub mod versions;
pub mod work;
