//! What this process knows about each company without asking the database: whether its numbers are being built, and how
//! many deliveries of it are unread.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Counters by workspace, shared by the doors and the workers.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Accounts that are built so far, of companies whose numbers cannot be asked yet.
    building: Mutex<BTreeMap<String, u64>>,
    /// Deliveries that wait: counted from time to time, and one more with each that arrives here.
    unread: Mutex<BTreeMap<String, u64>>,
}

impl Readiness {
    /// How many accounts are built, while the numbers of a company are in the making. `None`: they can be asked.
    pub fn built(&self, workspace: &str) -> Option<u64> {
        locked(&self.building).get(workspace).copied()
    }

    /// Every company whose numbers are in the making.
    pub fn all_building(&self) -> BTreeMap<String, u64> {
        locked(&self.building).clone()
    }

    /// Notes that the numbers of a company are in the making.
    pub fn is_building(&self, workspace: &str, built: u64) {
        locked(&self.building).insert(workspace.to_owned(), built);
    }

    /// Notes that the numbers of a company answer.
    pub fn is_built(&self, workspace: &str) {
        locked(&self.building).remove(workspace);
    }

    /// About how many deliveries of a company wait.
    pub fn unread(&self, workspace: &str) -> u64 {
        locked(&self.unread).get(workspace).copied().unwrap_or(0)
    }

    /// Notes one more delivery that waits.
    pub fn one_more(&self, workspace: &str) {
        *locked(&self.unread).entry(workspace.to_owned()).or_default() += 1;
    }

    /// Notes how many deliveries wait as the database counts them.
    pub fn counted(&self, workspace: &str, unread: u64) {
        locked(&self.unread).insert(workspace.to_owned(), unread);
    }
}

fn locked<T>(held: &Mutex<T>) -> MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_arrives_is_counted_until_the_database_says_better() {
        let readiness = Readiness::default();
        readiness.one_more("acme");
        readiness.one_more("acme");
        assert_eq!((readiness.unread("acme"), readiness.unread("other")), (2, 0));
        readiness.counted("acme", 1);
        assert_eq!(readiness.unread("acme"), 1);
    }

    #[test]
    fn a_company_can_be_asked_once_its_numbers_are_built() {
        let readiness = Readiness::default();
        readiness.is_building("acme", 0);
        readiness.is_building("acme", 200);
        assert_eq!((readiness.built("acme"), readiness.built("other")), (Some(200), None));
        readiness.is_built("acme");
        assert_eq!(readiness.built("acme"), None);
    }
}
