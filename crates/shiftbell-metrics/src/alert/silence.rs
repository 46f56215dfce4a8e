//! A source that sends nothing for longer than it ever does at that time of the week.

use serde::{Deserialize, Serialize};

use super::{Decision, HoldReason, Reason};
use crate::definitions::Span;
use crate::time::{Instant, MS_PER_DAY, MS_PER_MINUTE, Zone};

const HOURS: usize = 7 * 24;
/// A longer gap is an outage, not a habit.
const GAP_MS_MAX: i64 = 4 * MS_PER_DAY;
/// Fewer gaps than this around an hour of the week say nothing about it.
const GAPS_MIN: u32 = 8;
/// A source is silent when it sends nothing for so many times its longest usual gap, and at least so long.
const TIMES_USUAL: i64 = 3;
const SILENT_MS_MIN: i64 = 30 * MS_PER_MINUTE;

/// The longest gap between two arrivals, by the hour of the week in which it began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    longest_ms: Vec<i64>,
    gaps: Vec<u32>,
}

impl Default for Cadence {
    fn default() -> Cadence {
        Cadence { longest_ms: vec![0; HOURS], gaps: vec![0; HOURS] }
    }
}

impl Cadence {
    /// Learns from arrivals in order, usually of the last eight weeks without known silences.
    pub fn learn(arrivals: impl IntoIterator<Item = Instant>, zone: &Zone) -> Cadence {
        let mut cadence = Cadence::default();
        let mut before = None;
        for at in arrivals {
            if let Some(before) = before {
                cadence.observe(before, at, zone);
            }
            before = Some(at);
        }
        cadence
    }

    /// Adds one gap.
    pub fn observe(&mut self, before: Instant, at: Instant, zone: &Zone) {
        let gap = at.since(before);
        if !(0..=GAP_MS_MAX).contains(&gap) {
            return;
        }
        let hour = hour_of_week(before, zone);
        if let (Some(longest), Some(gaps)) = (self.longest_ms.get_mut(hour), self.gaps.get_mut(hour)) {
            *longest = (*longest).max(gap);
            *gaps = gaps.saturating_add(1);
        }
    }

    /// The longest gap that is usual for a silence that begins now: around this hour of the week, else on this weekday.
    /// `None` if too little has arrived to know.
    pub fn usual_ms(&self, since: Instant, zone: &Zone) -> Option<i64> {
        let hour = hour_of_week(since, zone);
        let around = [(hour + HOURS - 1) % HOURS, hour, (hour + 1) % HOURS];
        let day = hour / 24 * 24;
        self.longest(around.into_iter()).or_else(|| self.longest(day..day + 24))
    }

    fn longest(&self, hours: impl Iterator<Item = usize> + Clone) -> Option<i64> {
        let gaps: u32 = hours.clone().filter_map(|hour| self.gaps.get(hour)).sum();
        let longest = hours.filter_map(|hour| self.longest_ms.get(hour)).max()?;
        (gaps >= GAPS_MIN).then_some(*longest)
    }
}

fn hour_of_week(at: Instant, zone: &Zone) -> usize {
    let local = zone.local(at);
    let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    (day * 24 + usize::try_from(local.hour()).unwrap_or(0)).min(HOURS - 1)
}

/// What is known about one source.
#[derive(Clone, Debug)]
pub struct SilenceFacts<'a> {
    pub source: &'a str,
    /// The latest arrival.
    pub last_at: Instant,
    pub now: Instant,
    pub zone: &'a Zone,
    pub cadence: &'a Cadence,
    /// Fixed by the definitions; `None` is learned.
    pub too_quiet: Option<Span>,
    /// Since when it was said to be silent, if it was.
    pub said_since: Option<Instant>,
    /// Events that arrived since it is back.
    pub caught_up: u64,
}

/// A source that is silent: `The CRM has sent nothing for 2 h 10 min (on Thursdays at most 9 min).`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSilent {
    pub source: String,
    pub since: Instant,
    pub silent_ms: i64,
    /// `Thursday`: the weekday on which the silence began.
    pub weekday: String,
    /// The longest gap that is usual then.
    pub usual_ms: i64,
}

/// A source that is back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceBack {
    pub source: String,
    pub silent_since: Instant,
    pub back_at: Instant,
    pub caught_up: u64,
}

/// Whether to say that a source is silent, or that it is back.
pub fn decide_silence(facts: &SilenceFacts<'_>) -> Decision {
    if let Some(since) = facts.said_since {
        if facts.last_at <= since {
            return Decision::Hold(HoldReason::AlreadySaid);
        }
        return Decision::Notify(Reason::SourceBack(SourceBack {
            source: facts.source.to_owned(),
            silent_since: since,
            back_at: facts.last_at,
            caught_up: facts.caught_up,
        }));
    }
    let usual = facts.cadence.usual_ms(facts.last_at, facts.zone);
    let (usual_ms, limit_ms) = match (facts.too_quiet.and_then(Span::elapsed_ms), usual) {
        (Some(fixed), _) => (fixed, fixed),
        (None, Some(usual)) => (usual, (TIMES_USUAL * usual).max(SILENT_MS_MIN)),
        (None, None) => return Decision::Hold(HoldReason::NotLearned),
    };
    let silent_ms = facts.now.since(facts.last_at);
    if silent_ms <= limit_ms {
        return Decision::Hold(HoldReason::NotSilent);
    }
    Decision::Notify(Reason::SourceSilent(SourceSilent {
        source: facts.source.to_owned(),
        since: facts.last_at,
        silent_ms,
        weekday: crate::scorecard::words::weekday(facts.zone.day_of(facts.last_at)).to_owned(),
        usual_ms,
    }))
}
