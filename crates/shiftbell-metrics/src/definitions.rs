//! What a company means by its numbers: a definitions file, read, checked and typed.

pub mod model;

pub use model::*;
