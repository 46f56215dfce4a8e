//! How long deals take, or stay in a stage, with those that are still there.

use super::{Deal, End};
use crate::stats::survival::{Ended, Point, Shares, Watched, aalen_johansen, kaplan_meier, quantile};
use crate::time::Instant;

/// The number of each ending among the [`Shares`].
const WON: usize = 0;
const NOT_WON: usize = 1;

/// How long it takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cycle {
    /// By when half of all that are not lost are won, taking every open one for one that may still be won: with none lost it is the
    /// median of Kaplan and Meier, with none open that of the won. `None` while fewer than half of them are won.
    pub median_ms: Option<i64>,
    /// The same for nine in ten.
    pub p90_ms: Option<i64>,
    /// The median of those that were won, alone. Too short: the slow ones are still open.
    pub won_only_ms: Option<i64>,
    /// The median until it ends, either way, with the open ones waiting at least as long as they have. `None` while fewer than half
    /// have ended so far as anybody knows.
    pub until_closed_ms: Option<i64>,
    /// The time by which half of those that will be won by the longest known time are won. Lost ones are never taken for waiting.
    pub until_won_ms: Option<i64>,
    /// The share still open, over time.
    pub open: Vec<Point>,
    /// The shares won (first) and lost or given up (second), over time.
    pub ended: Vec<Shares>,
    /// Wins for each millisecond that a deal was open: the rate of wins while open.
    pub wins: u64,
    pub open_ms: i64,
}

/// How long these took, or have taken by now. Lost ones are a competing end (Aalen and Johansen): neither waiting nor won. Stays in one stage are measured the same way: [`End::Won`] is then "went on", and
/// whoever came back to a stage is one stay as long as all its times there.
///
/// ```
/// use shiftbell_metrics::{pipeline::{Deal, End, cycle}, time::Instant};
/// let deal = |created, closed: Option<i64>| Deal {
///     created: Instant(created), closed: closed.map(|at| (Instant(at), End::Won)), amount: None,
/// };
/// // Two were quick, three are open for long: half of all is not known yet, and the quick ones are not "the median".
/// let found = cycle(&[deal(0, Some(2)), deal(0, Some(4)), deal(0, None), deal(0, None), deal(0, None)], Instant(100), 1.96);
/// assert_eq!((found.won_only_ms, found.until_closed_ms), (Some(2), None));
/// ```
pub fn cycle(deals: &[Deal], now: Instant, z: f64) -> Cycle {
    let known: Vec<Deal> = deals.iter().filter_map(|deal| deal.as_of(now)).collect();
    let lasted = |deal: &Deal| deal.closed.map_or(now, |(at, _)| at).since(deal.created).max(0);
    let watched: Vec<Watched> =
        known.iter().map(|deal| Watched { time: lasted(deal), happened: deal.closed.is_some() }).collect();
    let by = |deal: &Deal| {
        deal.closed.map(|(_, end)| match end {
            End::Won => WON,
            End::Lost | End::NoDecision => NOT_WON,
        })
    };
    let endings: Vec<Ended> = known.iter().map(|deal| Ended { time: lasted(deal), by: by(deal) }).collect();
    let won: Vec<Watched> = known
        .iter()
        .filter(|deal| by(deal) == Some(WON))
        .map(|deal| Watched { time: lasted(deal), happened: true })
        .collect();
    let open = kaplan_meier(&watched, z);
    let ended = aalen_johansen(&endings, 2);
    let of_won = |shares: &Shares| shares.ended.get(WON).copied().unwrap_or(0.0);
    let all_won = ended.last().map_or(0.0, of_won);
    // Whoever is neither lost nor won by the longest known time may still be won.
    let may_be_won = ended.last().map_or(0.0, |last| of_won(last) + last.waiting);
    let won_by = |part: f64| {
        let wanted = may_be_won * part - 1e-12;
        ended.iter().find(|shares| of_won(shares) > 0.0 && of_won(shares) >= wanted).map(|shares| shares.time)
    };
    let half = ended.iter().find(|shares| all_won > 0.0 && of_won(shares) >= all_won / 2.0 - 1e-12);
    Cycle {
        median_ms: won_by(0.5),
        p90_ms: won_by(0.9),
        won_only_ms: quantile(&kaplan_meier(&won, z), 0.5),
        until_closed_ms: quantile(&open, 0.5),
        until_won_ms: half.map(|shares| shares.time),
        wins: won.len() as u64,
        open_ms: watched.iter().map(|one| one.time).sum(),
        open,
        ended,
    }
}
