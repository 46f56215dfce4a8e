//! What this process knows about each company without asking the database: whether its numbers are being built, how many
//! deliveries of it are unread, and whether its chat systems are connected.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use shiftbell_chat::Outlet;
use shiftbell_metrics::time::Instant;

/// Counters by workspace, shared by the doors and the workers.
#[derive(Debug, Default)]
pub struct Readiness {
    /// Accounts that are built so far, of companies whose numbers cannot be asked yet.
    building: Mutex<BTreeMap<String, u64>>,
    /// Deliveries that wait: counted from time to time, and one more with each that arrives here.
    unread: Mutex<BTreeMap<String, u64>>,
    /// Connections to chat systems that this process keeps open.
    sockets: Mutex<BTreeMap<(String, Outlet), Standing>>,
    /// Companies whose commands could not be registered with Discord, and why.
    unregistered: Mutex<BTreeMap<String, String>>,
}

/// How a connection that this process keeps open stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Up { since: Instant },
    Down { since: Instant, why: String },
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

    /// Every connection that is kept open: company, chat system, and how it stands.
    pub fn all_sockets(&self) -> BTreeMap<(String, Outlet), Standing> {
        locked(&self.sockets).clone()
    }

    /// Notes how a connection stands. One that stays down is down since the first time.
    pub fn socket_stands(&self, outlet: Outlet, workspace: &str, standing: Standing) {
        let up_since_s = match &standing {
            Standing::Up { since } => since.as_ms().div_euclid(1_000),
            Standing::Down { .. } => 0,
        };
        #[expect(clippy::cast_precision_loss, reason = "a gauge for people to look at")]
        metrics::gauge!("shiftbell_socket_up_since_seconds", "workspace" => workspace.to_owned(), "outlet" => outlet.word())
            .set(up_since_s as f64);
        let mut sockets = locked(&self.sockets);
        let known = sockets.entry((workspace.to_owned(), outlet)).or_insert_with(|| standing.clone());
        *known = match (&*known, standing) {
            (Standing::Down { since, .. }, Standing::Down { why, .. }) => Standing::Down { since: *since, why },
            (_, standing) => standing,
        };
    }

    /// Every company whose commands nobody finds in Discord, and why.
    pub fn all_unregistered(&self) -> BTreeMap<String, String> {
        locked(&self.unregistered).clone()
    }

    /// Notes whether the commands of a company are registered with Discord, or why they are not.
    pub fn commands_stand(&self, workspace: &str, registered: Result<(), String>) {
        let mut unregistered = locked(&self.unregistered);
        match registered {
            Ok(()) => unregistered.remove(workspace),
            Err(why) => unregistered.insert(workspace.to_owned(), why),
        };
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
    fn a_connection_that_stays_down_is_down_since_the_first_time() {
        let readiness = Readiness::default();
        let down = |since, why: &str| Standing::Down { since: Instant(since), why: why.to_owned() };
        let stands = |standing| {
            readiness.socket_stands(Outlet::Slack, "acme", standing);
            readiness.all_sockets().remove(&("acme".to_owned(), Outlet::Slack)).unwrap()
        };
        assert_eq!(stands(down(1, "cut")), down(1, "cut"));
        assert_eq!(stands(down(2, "refused")), down(1, "refused"));
        assert_eq!(stands(Standing::Up { since: Instant(3) }), Standing::Up { since: Instant(3) });
        assert_eq!(stands(down(4, "cut")), down(4, "cut"));
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
