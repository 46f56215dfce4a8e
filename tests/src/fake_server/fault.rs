//! Faults that a test switches on.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Connection;

/// How the next request goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// 429 with `Retry-After`; nothing happens.
    SlowDown { retry_after_s: u32 },
    /// This status with an empty body; nothing happens.
    Status(u16),
    /// This error code of the service (Slack's `error`); nothing happens.
    Error(&'static str),
    /// The connection is accepted and nothing is ever answered; nothing happens.
    Hang,
    /// The connection is cut before anything happens.
    CutBefore,
    /// It happens, then the connection is cut before the answer.
    ActThenCut,
    /// It happens, and nothing is ever answered.
    ActThenHang,
    /// It happens, and this status is answered.
    ActThenStatus(u16),
}

impl Fault {
    /// Whether the request is acted on before it goes wrong.
    pub fn acts(&self) -> bool {
        match self {
            Fault::ActThenCut | Fault::ActThenHang | Fault::ActThenStatus(_) => true,
            Fault::SlowDown { .. } | Fault::Status(_) | Fault::Error(_) | Fault::Hang | Fault::CutBefore => false,
        }
    }
}

/// Where a request is, as its server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// It has arrived and nothing has happened.
    Arrived,
    /// It has happened and nothing is answered.
    Done,
}

/// Told of every request: its method, and where it is.
type Watcher = Arc<dyn Fn(&str, Moment) + Send + Sync>;

/// The faults that are switched on, and a count of the requests.
#[derive(Default)]
pub struct Faults {
    switched_on: Mutex<Vec<SwitchedOn>>,
    requests: Mutex<Vec<String>>,
    watcher: Mutex<Option<Watcher>>,
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Faults").field("switched_on", &self.switched_on).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct SwitchedOn {
    method: String,
    fault: Fault,
    times: usize,
}

impl Faults {
    /// The next `times` calls whose method contains `method` go wrong like this. `""` means any, `usize::MAX` until
    /// [`Faults::recover`].
    pub fn switch_on(&self, method: &str, fault: Fault, times: usize) {
        self.switched_on.lock().expect("not poisoned").push(SwitchedOn { method: method.to_owned(), fault, times });
    }

    /// From now on everything works.
    pub fn recover(&self) {
        self.switched_on.lock().expect("not poisoned").clear();
    }

    /// From now on `watcher` is told of every request, and the request waits until it returns.
    pub fn watch(&self, watcher: impl Fn(&str, Moment) + Send + Sync + 'static) {
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(watcher));
    }

    fn tell(&self, method: &str, moment: Moment) {
        let watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(watcher) = watcher {
            watcher(method, moment);
        }
    }

    /// Counts a request and takes the fault that is meant for it.
    pub(crate) fn next(&self, method: &str) -> Option<Fault> {
        self.requests.lock().expect("not poisoned").push(method.to_owned());
        let mut all = self.switched_on.lock().expect("not poisoned");
        let at = all.iter().position(|one| method.contains(&one.method))?;
        let fault = all[at].fault.clone();
        if all[at].times != usize::MAX {
            all[at].times -= 1;
            if all[at].times == 0 {
                all.remove(at);
            }
        }
        Some(fault)
    }

    /// Calls so far whose method contains this.
    pub fn requests(&self, method: &str) -> usize {
        self.requests.lock().expect("not poisoned").iter().filter(|one| one.contains(method)).count()
    }
}

impl Faults {
    /// Runs `act` for one request, unless a fault says otherwise. `said` makes the answer of a fault that answers.
    pub(crate) async fn around(
        &self,
        method: &str,
        connection: &Connection,
        said: impl FnOnce(&Fault) -> Response,
        act: impl FnOnce() -> Response,
    ) -> Response {
        self.tell(method, Moment::Arrived);
        let fault = self.next(method);
        let acts = fault.as_ref().is_none_or(Fault::acts);
        let answer = if acts { act() } else { StatusCode::OK.into_response() };
        if acts {
            self.tell(method, Moment::Done);
        }
        let Some(fault) = fault else { return answer };
        match fault {
            Fault::SlowDown { .. } | Fault::Error(_) => said(&fault),
            Fault::Status(status) | Fault::ActThenStatus(status) => {
                StatusCode::from_u16(status).expect("a status").into_response()
            }
            Fault::Hang | Fault::ActThenHang => std::future::pending().await,
            Fault::CutBefore | Fault::ActThenCut => {
                connection.cut();
                answer
            }
        }
    }
}
