//! How sure a number is, without a name of a test ever reaching a person.

pub mod interval;

pub use interval::{Interval, newcombe_difference, wilson, z_of};
