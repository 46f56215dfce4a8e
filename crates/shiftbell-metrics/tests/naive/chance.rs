//! Chance that is the same for the same seed, on every machine.

/// A row of numbers from a seed (splitmix64).
#[derive(Debug)]
pub(crate) struct Chance(u64);

/// Makes numbers that differ little differ much.
fn mixed(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// The seed is mixed first: else the row of one seed would be that of the next, one number later.
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(mixed(seed.wrapping_add(STEP)))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mixed(self.0)
    }

    /// From 0 up to, and without, the number.
    pub(crate) fn below(&mut self, number: usize) -> usize {
        (self.next() % number as u64) as usize
    }

    pub(crate) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}
