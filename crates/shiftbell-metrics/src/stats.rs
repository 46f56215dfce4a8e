//! How sure a number is, without a name of a test ever reaching a person.

mod counts;
pub mod interval;
mod outlier;
pub mod survival;

pub use counts::Counts;
pub use interval::{Interval, newcombe_difference, wilson, z_of};
pub use outlier::{StandsOut, stands_out};
