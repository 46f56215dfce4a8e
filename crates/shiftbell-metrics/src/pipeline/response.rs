//! How fast people answer who ask.

use crate::calendar::working_ms;
use crate::definitions::{Place, Sure};
use crate::stats::survival::{Watched, kaplan_meier, quantile};
use crate::stats::{Counts, z_of};
use crate::time::Instant;

/// Somebody who asked, and when a person first wrote or called back. An automatic reply is no answer: leave it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    pub created: Instant,
    pub answered: Option<Instant>,
}

/// How fast leads are answered. Whoever was not answered stays in it, as waiting at least as long as they have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Response {
    pub leads: u64,
    pub answered: u64,
    /// `None` while fewer than half were answered.
    pub median_ms: Option<i64>,
    /// `None` while fewer than nine in ten were answered.
    pub p90_ms: Option<i64>,
    /// Of those that were answered alone: too fast, since the others are not in it.
    pub median_answered_ms: Option<i64>,
    /// Of those that were answered alone, and moved by a single slow one: to compare with what others print.
    pub mean_answered_ms: Option<f64>,
    /// Answered within the time that was promised, of all for whom it is over.
    pub within: Counts,
    /// Not answered, and the time that was promised still runs.
    pub running: u64,
}

/// Measures leads by now. With a place, only its working hours count: a lead of Friday evening waits from Monday morning on.
///
/// ```
/// use shiftbell_metrics::{pipeline::{Lead, response}, stats::Counts, time::Instant};
/// let lead = |answered: Option<i64>| Lead { created: Instant(0), answered: answered.map(|min| Instant(min * 60_000)) };
/// let found = response(&[lead(Some(3)), lead(Some(9)), lead(None)], 5 * 60_000, None, Instant(3_600_000));
/// assert_eq!((found.within, found.median_ms, found.p90_ms), (Counts::new(1, 3), Some(9 * 60_000), None));
/// ```
pub fn response(leads: &[Lead], promised_ms: i64, place: Option<&Place>, now: Instant) -> Response {
    let span = |from: Instant, until: Instant| match place {
        Some(place) => working_ms(place, from, until),
        None => until.since(from).max(0),
    };
    let waits: Vec<Watched> = leads
        .iter()
        .filter(|lead| lead.created <= now)
        .map(|lead| {
            let answered = lead.answered.filter(|at| *at <= now);
            Watched { time: span(lead.created, answered.unwrap_or(now)), happened: answered.is_some() }
        })
        .collect();
    let curve = kaplan_meier(&waits, z_of(Sure::Strongly));
    let mut answered: Vec<i64> = waits.iter().filter(|wait| wait.happened).map(|wait| wait.time).collect();
    answered.sort_unstable();
    let middle = answered.len().checked_sub(1).map(|last| (answered[last / 2], answered[answered.len() / 2]));
    let is_running = |wait: &&Watched| !wait.happened && wait.time <= promised_ms;
    let running = waits.iter().filter(is_running).count() as u64;
    let in_time = answered.iter().filter(|wait| **wait <= promised_ms).count() as u64;
    let sum: f64 = answered.iter().map(|wait| *wait as f64).sum();
    Response {
        leads: waits.len() as u64,
        answered: answered.len() as u64,
        median_ms: quantile(&curve, 0.5),
        p90_ms: quantile(&curve, 0.9),
        median_answered_ms: middle.map(|(low, high)| low + (high - low) / 2),
        mean_answered_ms: middle.map(|_| sum / answered.len() as f64),
        within: Counts::new(in_time, waits.len() as u64 - running),
        running,
    }
}
