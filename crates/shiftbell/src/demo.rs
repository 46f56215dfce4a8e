//! The sample company, without any account anywhere.

pub mod generate;
