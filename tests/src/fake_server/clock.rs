//! The time as the chat service sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::HeaderValue;
use shiftbell_metrics::time::Instant;

/// Either the machine's time, for a program that runs as its own process, or a time that the test sets.
#[derive(Clone, Debug)]
pub enum FakeClock {
    Machine,
    Set(Arc<AtomicI64>),
}

impl FakeClock {
    pub fn at(instant: Instant) -> FakeClock {
        FakeClock::Set(Arc::new(AtomicI64::new(instant.as_ms())))
    }

    #[expect(clippy::disallowed_methods, reason = "a real chat service has its own clock")]
    pub fn now(&self) -> Instant {
        match self {
            FakeClock::Machine => Instant::from(jiff::Timestamp::now()),
            FakeClock::Set(ms) => Instant(ms.load(Ordering::SeqCst)),
        }
    }

    /// What stands in the `date` header of an answer of a service whose clock is this much ahead.
    pub(crate) fn http_date(&self, ahead_ms: i64) -> HeaderValue {
        let at = self.now().plus_ms(ahead_ms).to_timestamp();
        let text = at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        text.parse().expect("a date is a value of a header")
    }

    /// Moves a set clock on; the machine's clock cannot be moved.
    pub fn advance_ms(&self, ms: i64) {
        match self {
            FakeClock::Machine => panic!("the machine's clock cannot be moved"),
            FakeClock::Set(now) => {
                now.fetch_add(ms, Ordering::SeqCst);
            }
        }
    }
}
