//! What a company means by its numbers: a definitions file, read, checked and typed.

pub mod model;
mod spelling;

pub use model::*;
pub use spelling::{near, nearest};
