//! Adding up a selection of entries, from cells where they hold it and from segments otherwise.

use std::collections::BTreeMap;

use super::Rate;
use super::rows::{Desk, Read};
use crate::cell;
use crate::contribution::{Entry, LOST};
use crate::definitions::Definitions;
use crate::money::{Currency, Money};
use crate::period::Period;
use crate::time::{Day, Instant};

/// Most values that a dimension may declare to be kept in cells.
pub(super) const CELL_VALUES_MAX: usize = 64;

/// To whom an entry is credited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credit {
    /// Who did it, else who owns it.
    Actor,
    Owner,
    /// Who owns the contact.
    Sourced,
}

/// Which entries count.
#[derive(Clone, Debug)]
pub(super) struct Selection<'a> {
    pub(super) defs: &'a Definitions,
    pub(super) now: Instant,
    pub(super) motion: &'a str,
    pub(super) series: &'a str,
    pub(super) period: &'a Period,
    pub(super) filters: &'a [(String, String)],
    /// In lower case; empty for everybody.
    pub(super) names: &'a [String],
    pub(super) credit: Credit,
    /// Stage (or fact) that may be reached, and within which time.
    pub(super) target: Option<&'a str>,
    pub(super) window_ms: Option<i64>,
    pub(super) measure: Option<&'a str>,
}

/// What a selection adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) entered: i64,
    /// Reached the target, within the window if there is one.
    pub(super) reached: i64,
    pub(super) closed: Rate,
    pub(super) running: Rate,
    /// Times to the target on the edges of the lag buckets.
    pub(super) lags: BTreeMap<u16, i64>,
    pub(super) sums: BTreeMap<Currency, i128>,
}

impl Tally {
    pub(super) fn rate(&self) -> Rate {
        Rate { num: self.reached, den: self.entered }
    }

    fn add_day(&mut self, entered: i64, reached: i64, is_closed: bool) {
        self.entered += entered;
        self.reached += reached;
        let part = if is_closed { &mut self.closed } else { &mut self.running };
        part.den += entered;
        part.num += reached;
    }

    pub(super) fn add(&mut self, other: &Tally, sign: i64) {
        self.entered += sign * other.entered;
        self.reached += sign * other.reached;
        for (mine, theirs) in [(&mut self.closed, other.closed), (&mut self.running, other.running)] {
            mine.num += sign * theirs.num;
            mine.den += sign * theirs.den;
        }
        for (bucket, n) in &other.lags {
            *self.lags.entry(*bucket).or_default() += sign * n;
        }
        for (currency, sum) in &other.sums {
            *self.sums.entry(*currency).or_default() += i128::from(sign) * sum;
        }
        self.lags.retain(|_, n| *n != 0);
        self.sums.retain(|_, sum| *sum != 0);
    }

    /// Sums as money, the workspace's own currency first. A sum beyond 64 bits is capped: no company has it.
    pub(super) fn money(&self, own: Currency) -> Vec<Money> {
        let money = |(currency, sum): (&Currency, &i128)| {
            let capped = i64::try_from(*sum).unwrap_or(if *sum < 0 { i64::MIN } else { i64::MAX });
            Money::new(capped, *currency)
        };
        let mut amounts: Vec<Money> = self.sums.iter().map(money).collect();
        amounts.sort_by_key(|money| (money.currency != own, money.currency));
        if amounts.first().is_none_or(|money| money.currency != own) {
            amounts.insert(0, Money::new(0, own));
        }
        amounts
    }

    /// The time within which this share of those who arrived had arrived, on an edge of the buckets.
    pub(super) fn percentile_ms(&self, share: f64) -> Option<i64> {
        let total: i64 = self.lags.values().sum();
        let rank = ((total as f64 * share).ceil() as i64).max(1);
        let mut seen = 0;
        self.lags.iter().find_map(|(bucket, n)| {
            seen += n;
            (seen >= rank).then(|| cell::edge(*bucket))
        })
    }
}

impl<'a> Selection<'a> {
    /// Adds up everything selected.
    pub(super) fn tally(&self, desk: &Desk<'_>) -> Tally {
        match self.filters {
            [] if self.cells_hold("") => self.from_cells(desk, "", Some("")).remove("").unwrap_or_default(),
            [(dimension, value)] if self.cells_hold(dimension) => {
                self.from_cells(desk, dimension, Some(value)).remove(value.as_str()).unwrap_or_default()
            }
            _ => {
                let mut whole = Tally::default();
                self.entries(desk).for_each(|entry| self.count(entry, &mut whole));
                whole
            }
        }
    }

    /// Adds up by the value of a dimension; the empty value is "not known". The parts add up to the whole.
    pub(super) fn tally_by(&self, desk: &Desk<'_>, dimension: &str) -> BTreeMap<String, Tally> {
        let mut parts = BTreeMap::new();
        if self.filters.is_empty() && self.cells_hold(dimension) {
            parts = self.from_cells(desk, dimension, None);
            let mut unknown = self.tally(desk);
            parts.values().for_each(|part| unknown.add(part, -1));
            if unknown != Tally::default() {
                parts.insert(String::new(), unknown);
            }
            return parts;
        }
        for entry in self.entries(desk) {
            let value = if dimension == "owner" { self.credited(entry) } else { entry.dim(dimension).map(|v| &**v) };
            self.count(entry, parts.entry(value.unwrap_or_default().to_owned()).or_default());
        }
        parts
    }

    /// Every selected entry.
    pub(super) fn entries<'d>(&self, desk: &'d Desk<'_>) -> impl Iterator<Item = &'d Entry> {
        let (starts, ends) = (self.period.starts_at(), self.period.ends_at());
        let zone = &self.defs.workspace.zone;
        let read = Read::Segments {
            motion: self.motion.to_owned(),
            series: self.series.to_owned(),
            from: zone.day_of(starts),
            until: zone.day_of(ends.plus_ms(-1)).plus(1),
        };
        let this = self.clone();
        desk.segments(read).iter().filter(move |entry| {
            starts <= entry.at
                && entry.at < ends
                && this.filters.iter().all(|(dim, value)| entry.dim(dim).is_some_and(|found| **found == **value))
                && (this.names.is_empty()
                    || this.credited(entry).is_some_and(|who| this.names.iter().any(|name| name == who)))
        })
    }

    fn credited<'e>(&self, entry: &'e Entry) -> Option<&'e str> {
        let (owner, sourced) = (entry.owner.as_deref(), entry.sourced.as_deref());
        match self.credit {
            Credit::Actor => entry.actor.as_deref().or(owner),
            Credit::Owner => owner,
            Credit::Sourced => sourced.or(owner),
        }
    }

    fn is_closed(&self, day: Day) -> bool {
        self.window_ms.is_none_or(|window| self.defs.workspace.zone.start_of(day.plus(1)).plus_ms(window) <= self.now)
    }

    fn count(&self, entry: &Entry, tally: &mut Tally) {
        let lag = self.target.and_then(|target| entry.lag(target));
        let within = lag.filter(|lag| self.window_ms.is_none_or(|window| *lag <= window));
        let day = self.defs.workspace.zone.day_of(entry.at);
        tally.add_day(1, i64::from(within.is_some()), self.is_closed(day));
        if let Some(lag) = lag {
            *tally.lags.entry(cell::bucket_of(lag)).or_default() += 1;
        }
        if let Some(money) = self.measure.and_then(|measure| entry.sum(measure)) {
            *tally.sums.entry(money.currency).or_default() += i128::from(money.minor);
        }
    }

    /// Whether cells of this dimension answer the question exactly.
    fn cells_hold(&self, dimension: &str) -> bool {
        let is_kept = dimension.is_empty() || kept_in_cells(self.defs, dimension);
        let aligned = self.period.zone == self.defs.workspace.zone;
        is_kept
            && aligned
            && self.names.is_empty()
            && self.window_ms.is_none_or(|ms| cell::edge(cell::bucket_of(ms)) == ms)
    }

    fn from_cells(&self, desk: &Desk<'_>, dimension: &str, value: Option<&str>) -> BTreeMap<String, Tally> {
        let read = Read::Cells {
            motion: self.motion.to_owned(),
            series: self.series.to_owned(),
            from: self.period.from,
            until: self.period.until,
            dimension: dimension.to_owned(),
            value: value.map(str::to_owned),
        };
        let mut parts: BTreeMap<String, Tally> = BTreeMap::new();
        for (day, value, cell) in desk.cells(read) {
            let tally = match parts.get_mut(value) {
                Some(tally) => tally,
                None => parts.entry(value.clone()).or_default(),
            };
            let mut reached = 0;
            for (bucket, n) in self.target.and_then(|target| cell.lags.get(target)).into_iter().flatten() {
                if self.window_ms.is_none_or(|window| cell::edge(*bucket) <= window) {
                    reached += n;
                }
                *tally.lags.entry(*bucket).or_default() += n;
            }
            tally.add_day(cell.entered, reached, self.is_closed(*day));
            for ((measure, currency), sum) in &cell.sums {
                if self.measure.is_some_and(|wanted| wanted == &**measure) {
                    *tally.sums.entry(*currency).or_default() += sum;
                }
            }
        }
        parts
    }

    /// What became of everyone selected: from segments, since cells do not hold who was both lost and reached.
    pub(super) fn ways(&self, desk: &Desk<'_>) -> super::Ways {
        let mut ways = super::Ways::default();
        for entry in self.entries(desk) {
            let within = |lag: i64| self.window_ms.is_none_or(|window| lag <= window);
            let lag = self.target.and_then(|target| entry.lag(target));
            ways.entered += 1;
            if lag.is_some_and(within) {
                ways.reached += 1;
                continue;
            }
            ways.later += i64::from(lag.is_some());
            if entry.lag(LOST).is_some_and(within) {
                ways.lost += 1;
            } else {
                ways.neither += 1;
            }
        }
        ways
    }
}

/// Whether a dimension has cells of its own: it declares its values, and not too many.
pub(super) fn kept_in_cells(defs: &Definitions, dimension: &str) -> bool {
    let values = defs.dimension(dimension).map_or(0, |dimension| dimension.values.len());
    (1..=CELL_VALUES_MAX).contains(&values)
}
