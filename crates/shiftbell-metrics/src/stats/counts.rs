//! The two numbers behind every rate.

use serde::{Deserialize, Serialize};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    pub num: u64,
    pub den: u64,
}

impl Counts {
    pub fn new(num: u64, den: u64) -> Counts {
        Counts { num, den }
    }

    /// `num / den`, 0 to 1; `None` of nothing.
    pub fn rate(self) -> Option<f64> {
        (self.den > 0).then(|| self.num as f64 / self.den as f64)
    }

    /// Both together. A rate over groups is that of their sums, never the mean of their rates.
    #[must_use]
    pub fn plus(self, other: Counts) -> Counts {
        Counts::new(self.num + other.num, self.den + other.den)
    }
}
