//! How long deals take, and how long everybody stays in a stage: with those that are still there.

use std::collections::BTreeMap;

use super::Cannot;
use super::Figure;
use super::measure::{Measured, Scope};
use super::pipeline::{Deals, count, named};
use super::tally::days_of;
use crate::codec::Corrupt;
use crate::contribution::{GONE, LOST};
use crate::definitions::Sure;
use crate::pipeline::{Cycle, Deal, End, cycle};
use crate::segment::Columns;
use crate::stats::survival::quantile;
use crate::stats::z_of;
use crate::time::Instant;

impl Scope<'_> {
    /// From creation to the win of the deals created in the period, as far as it is known now.
    pub(super) fn cycle_length(&self, deals: &Deals) -> Measured {
        let created: Deals = deals
            .iter()
            .map(|(group, deals)| {
                let own = deals.iter().filter(|deal| self.period.contains(deal.created)).copied().collect();
                (group.clone(), own)
            })
            .filter(|(_, deals): &(_, Vec<Deal>)| !deals.is_empty())
            .collect();
        self.of_groups(&as_of(&created, self.asked.now), |deals| {
            let (found, ends) = (self.lasted(deals), Ends::of(deals));
            let figure = Figure::Duration {
                median_ms: found.median_ms,
                p90_ms: found.p90_ms,
                shows_p90: false,
                reached: ends.won.cast_signed(),
                open: ends.open.cast_signed(),
                is_work: false,
            };
            let mut measured = Measured::only(figure);
            measured.inputs = named([
                ("won", count(ends.won)),
                ("lost", count(ends.lost)),
                ("still-open", count(ends.open)),
                ("won-alone", took(found.won_only_ms, ends.won)),
                ("either-way", took(found.until_closed_ms, ends.won + ends.lost)),
            ]);
            measured.note = match (found.median_ms, deals.len()) {
                (_, 0) => Some(format!("no deal was created in {}", self.period.label)),
                (None, _) => Some("not half of them are won yet".to_owned()),
                (Some(_), _) => None,
            };
            measured
        })
    }

    /// From the stage on of those who reached it in the period until they are out of it: further on, or lost.
    pub(super) fn stay(&self, stage: &str) -> Result<Measured, Cannot> {
        let defs = self.asked.defs;
        let Some(place) = defs.stage_index(stage) else { return Err(Cannot::NoKpi(self.kpi.slug.clone())) };
        let later: Vec<&str> = defs.chain[place + 1..].iter().map(|stage| stage.id.as_str()).collect();
        let mut stays = Deals::new();
        let ask = self.ask(stage.to_owned());
        self.each_segment(&ask, days_of(ask.period, &defs.workspace.zone), |columns, keep| {
            let groups = ask.by.map(|by| columns.dim(by)).transpose()?.flatten();
            for (index, stay) in read(columns, &later)?.into_iter().enumerate().filter(|(index, _)| keep[*index]) {
                let group = groups.as_ref().map_or(0, |groups| groups[index]);
                stays.entry(columns.text(group)?).or_default().push(stay);
            }
            Ok(())
        })?;
        Ok(self.of_groups(&as_of(&stays, self.asked.now), |stays| {
            let (found, ends) = (self.lasted(stays), Ends::of(stays));
            let mut measured = Measured::only(Figure::Duration {
                median_ms: found.until_closed_ms,
                p90_ms: quantile(&found.open, 0.9),
                shows_p90: false,
                reached: (ends.won + ends.lost).cast_signed(),
                open: ends.open.cast_signed(),
                is_work: false,
            });
            measured.inputs =
                named([("went-on", count(ends.won)), ("lost", count(ends.lost)), ("still-there", count(ends.open))]);
            measured.note = match (found.until_closed_ms, stays.len()) {
                (_, 0) => Some(format!("nobody came there in {}", self.period.label)),
                (None, _) => Some("not half of them have left it yet".to_owned()),
                (Some(_), _) => None,
            };
            measured
        }))
    }

    fn lasted(&self, stays: &[Deal]) -> Cycle {
        cycle(stays, self.asked.now, z_of(Sure::Strongly))
    }
}

/// As they are known now: an end that is announced for later is none yet.
fn as_of(stays: &Deals, now: Instant) -> Deals {
    let known = |of: &Vec<Deal>| of.iter().filter_map(|stay| stay.as_of(now)).collect();
    stays.iter().map(|(group, of)| (group.clone(), known(of))).collect()
}

/// How stays ended, by number.
#[derive(Default)]
struct Ends {
    won: u64,
    lost: u64,
    open: u64,
}

impl Ends {
    fn of(stays: &[Deal]) -> Ends {
        let mut ends = Ends::default();
        for stay in stays {
            match stay.closed {
                Some((_, End::Won)) => ends.won += 1,
                Some((_, End::Lost | End::NoDecision)) => ends.lost += 1,
                None => ends.open += 1,
            }
        }
        ends
    }
}

/// The middle of times that are all known.
fn took(median_ms: Option<i64>, of: u64) -> Figure {
    Figure::Duration { median_ms, p90_ms: None, shows_p90: false, reached: of.cast_signed(), open: 0, is_work: false }
}

/// Each entry as a stay that goes on to the first later stage, or is lost before.
fn read(columns: &Columns<'_>, later: &[&str]) -> Result<Vec<Deal>, Corrupt> {
    let mut first: BTreeMap<usize, (u64, End)> = BTreeMap::new();
    let ways = later.iter().map(|stage| (*stage, End::Won)).chain([LOST, GONE].map(|end| (end, End::Lost)));
    for (target, end) in ways {
        let Some(lags) = columns.lag(target)? else { continue };
        for (index, lag) in lags.into_iter().enumerate() {
            // 0 stands for "never"; a lag of so many milliseconds is one more.
            if let Some(lag) = lag.checked_sub(1)
                && first.get(&index).is_none_or(|(known, _)| lag < *known)
            {
                first.insert(index, (lag, end));
            }
        }
    }
    let stay = |(index, created): (usize, Instant)| {
        let closed = first.get(&index).map(|(lag, end)| (created.plus_ms(lag.cast_signed()), *end));
        Deal { created, closed, amount: None }
    };
    Ok(columns.at()?.into_iter().enumerate().map(stay).collect())
}
