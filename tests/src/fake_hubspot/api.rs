//! The portal's API on loopback. It refuses what the real one refuses: a wrong token, a missing scope, more than the limit,
//! pages and searches that are too large.

mod forms;
mod http;
mod items;
mod limits;
mod portal;
mod read;
mod search;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::FakeHubSpot;
use crate::fake_server::{FakeClock, Faults, serve};
pub use forms::Filled;
pub use items::LineItem;
use limits::Limits;

/// The token that the portal accepts.
pub const TOKEN: &str = "pat-na1-00000000-0000-4000-8000-000000000000";
/// Everything that a poll needs to be allowed.
pub const ALL_SCOPES: [&str; 7] = [
    "crm.objects.contacts.read",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.line_items.read",
    "crm.objects.owners.read",
    "forms",
    "sales-email-read",
];

/// What the doors of the API share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) portal: Arc<Mutex<FakeHubSpot>>,
    pub(super) scopes: Mutex<BTreeSet<String>>,
    pub(super) limits: Mutex<Limits>,
    pub(super) clock: FakeClock,
    pub(super) faults: Faults,
    /// By how much the clock that answers tell is ahead of that of the test.
    pub(super) ahead_ms: Mutex<i64>,
    /// Records that one search gave, to prove that none reads beyond its cap.
    pub(super) deepest: Mutex<usize>,
}

/// A portal that can be read.
#[derive(Debug)]
pub struct HubSpotApi {
    shared: Arc<Shared>,
    url: String,
    task: tokio::task::JoinHandle<()>,
}

impl HubSpotApi {
    /// Serves a portal until it is dropped. `clock` is that of the limits.
    pub async fn start(portal: FakeHubSpot, clock: FakeClock) -> HubSpotApi {
        let shared = Arc::new(Shared {
            portal: Arc::new(Mutex::new(portal)),
            scopes: Mutex::new(ALL_SCOPES.map(str::to_owned).into()),
            limits: Mutex::new(Limits::default()),
            clock,
            faults: Faults::default(),
            ahead_ms: Mutex::new(0),
            deepest: Mutex::new(0),
        });
        let (address, task) = serve(http::router(Arc::clone(&shared))).await;
        HubSpotApi { shared, url: format!("http://{address}"), task }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The portal itself, to change and to look at.
    pub fn portal(&self) -> MutexGuard<'_, FakeHubSpot> {
        locked(&self.shared.portal)
    }

    /// The same, for a watcher that changes it while it is read.
    pub fn world(&self) -> Arc<Mutex<FakeHubSpot>> {
        Arc::clone(&self.shared.portal)
    }

    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// What time it is at HubSpot is this much ahead of the test's clock.
    pub fn clock_is_ahead_by(&self, ms: i64) {
        *locked(&self.shared.ahead_ms) = ms;
    }

    /// What the token may read from now on.
    pub fn allow(&self, scopes: &[&str]) {
        *locked(&self.shared.scopes) = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// From now on so many requests in ten seconds, so many searches in one, so many a day.
    pub fn limit(&self, per_ten_seconds: usize, searches_per_second: usize, per_day: usize) {
        locked(&self.shared.limits).set(per_ten_seconds, searches_per_second, per_day);
    }

    /// Requests that were refused because there were too many.
    pub fn slowed_down(&self) -> usize {
        locked(&self.shared.limits).refused
    }

    /// The most results that anybody asked one search for.
    pub fn deepest_search(&self) -> usize {
        *locked(&self.shared.deepest)
    }
}

impl Drop for HubSpotApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
