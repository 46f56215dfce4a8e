//! Envelopes that were met before: a request that Slack repeats is answered once.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::UnboundedSender;

/// How many are remembered. Slack repeats within minutes; a request of a person in chat every second for a quarter of an hour.
const REMEMBERED: usize = 1_000;

/// Where acknowledgements leave: the connection that brought the envelope last.
pub(super) type Way = UnboundedSender<String>;

/// The latest envelopes.
#[derive(Debug, Default)]
pub(super) struct Met(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_id: HashMap<String, State>,
    oldest_first: VecDeque<String>,
}

#[derive(Debug)]
enum State {
    Working(Way),
    Done(String),
}

/// Whether an envelope is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    First,
    /// It is being worked in; its acknowledgement leaves by the way that was just given.
    AtWork,
    /// It was worked in: this is its acknowledgement, once more.
    Done(String),
}

impl Met {
    /// Notes an envelope, and the way by which its acknowledgement can leave.
    pub(super) fn meet(&self, id: &str, way: &Way) -> Meeting {
        let mut inner = self.locked();
        match inner.by_id.get_mut(id) {
            Some(State::Done(acknowledgement)) => return Meeting::Done(acknowledgement.clone()),
            Some(State::Working(before)) => {
                *before = way.clone();
                return Meeting::AtWork;
            }
            None => {}
        }
        inner.by_id.insert(id.to_owned(), State::Working(way.clone()));
        inner.oldest_first.push_back(id.to_owned());
        if inner.oldest_first.len() > REMEMBERED
            && let Some(oldest) = inner.oldest_first.pop_front()
        {
            inner.by_id.remove(&oldest);
        }
        Meeting::First
    }

    /// Sends the acknowledgement, and keeps it in case that it does not arrive.
    pub(super) fn done(&self, id: &str, acknowledgement: String) {
        let mut inner = self.locked();
        let Some(state) = inner.by_id.get_mut(id) else { return };
        if let State::Working(way) = std::mem::replace(state, State::Done(acknowledgement.clone())) {
            // That connection may be gone; then Slack brings the envelope again by another.
            let _ = way.send(acknowledgement);
        }
    }

    fn locked(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    #[test]
    fn an_envelope_that_comes_again_is_acknowledged_by_the_way_it_came_last() {
        let met = Met::default();
        let ((first, mut at_first), (second, mut at_second)) = (unbounded_channel(), unbounded_channel());
        assert_eq!(met.meet("e-1", &first), Meeting::First);
        assert_eq!(met.meet("e-1", &second), Meeting::AtWork);
        met.done("e-1", "ack".to_owned());
        assert_eq!((at_first.try_recv().ok(), at_second.try_recv().ok()), (None, Some("ack".to_owned())));
        assert_eq!(met.meet("e-1", &first), Meeting::Done("ack".to_owned()));
    }

    #[test]
    fn only_the_latest_are_remembered() {
        let met = Met::default();
        let (way, _kept) = unbounded_channel();
        for n in 0..=REMEMBERED {
            assert_eq!(met.meet(&n.to_string(), &way), Meeting::First);
        }
        assert_eq!(met.locked().by_id.len(), REMEMBERED);
        assert_eq!(met.meet("1", &way), Meeting::AtWork);
        assert_eq!(met.meet("0", &way), Meeting::First);
    }
}
