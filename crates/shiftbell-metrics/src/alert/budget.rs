//! A message that does not fit into the day's budget waits: the largest sums of money go first.

use crate::time::Instant;

/// One message that wants to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<T> {
    /// In minor units of the workspace's currency; `None` if nobody knows.
    pub worth_minor: Option<i64>,
    pub happened_at: Instant,
    pub of: T,
}

/// The messages that may still be sent today, largest money first, and those that wait for the next digest.
///
/// Of equal sums the older goes first; what is worth nobody knows goes last.
pub fn within_budget<T>(mut candidates: Vec<Candidate<T>>, allowed: u32, said: u32) -> (Vec<T>, Vec<T>) {
    candidates.sort_by_key(|one| (std::cmp::Reverse(one.worth_minor), one.happened_at));
    let left = usize::try_from(allowed.saturating_sub(said)).unwrap_or(usize::MAX).min(candidates.len());
    let waiting = candidates.split_off(left);
    (candidates.into_iter().map(|one| one.of).collect(), waiting.into_iter().map(|one| one.of).collect())
}
