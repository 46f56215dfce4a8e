//! The cells of very many entries, counted at once: what [`super::spread`] gives, for whoever has all of them at hand.
//!
//! Texts are numbers here and a cell is found by four of them, so that an entry costs no allocation.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::spread::has_cells;
use super::{Cell, CellKey, both, bucket_of};
use crate::codec::{Dictionary, Name};
use crate::contribution::{LOST, Row, name};
use crate::fold::Plan;
use crate::money::Currency;
use crate::time::Day;

/// A cell, by the places of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    motion: u64,
    series: u64,
    day: Day,
    dimension: u64,
    value: u64,
}

/// The counts of one cell.
#[derive(Debug, Default)]
struct Counts {
    entered: i64,
    /// By target and bucket, in order.
    lags: Vec<((u64, u16), i64)>,
    /// By measure, in order.
    sums: Vec<((u64, Currency), i128)>,
}

/// Counts rows into cells.
#[derive(Debug)]
pub struct Tally {
    texts: Dictionary,
    /// The place of the target that is both lost and at this one.
    both: FxHashMap<u64, u64>,
    lost: u64,
    whole: u64,
    /// The dimensions that have cells.
    dims: Vec<Name>,
    cells: FxHashMap<Place, Counts>,
}

impl Tally {
    pub fn new(plan: &Plan) -> Tally {
        let mut texts = Dictionary::default();
        let (lost, whole) = (texts.place(&name(LOST)), texts.place(&name("")));
        let dims = plan.dims.iter().filter(|dim| dim.has_cells).map(|dim| Name::clone(&dim.name)).collect();
        Tally { texts, both: FxHashMap::default(), lost, whole, dims, cells: FxHashMap::default() }
    }

    /// Counts a row that entered on a day of the workspace's zone.
    pub fn count(&mut self, row: &Row, day: Day) {
        if !has_cells(&row.series) {
            return;
        }
        let entry = &row.entry;
        let mut lags = Vec::with_capacity(2 * entry.lags.len());
        let lost = entry.lag(LOST);
        for (target, lag) in &entry.lags {
            let target = self.texts.place(target);
            lags.push((target, bucket_of(*lag)));
            if let Some(lost) = lost.filter(|_| target != self.lost) {
                lags.push((self.both(target), bucket_of(lost.max(*lag))));
            }
        }
        let sums: Vec<(u64, Currency, i128)> = entry
            .sums
            .iter()
            .map(|(measure, money)| (self.texts.place(measure), money.currency, i128::from(money.minor)))
            .collect();
        let whole = Place {
            motion: self.texts.place(&row.motion),
            series: self.texts.place(&row.series),
            day,
            dimension: self.whole,
            value: self.whole,
        };
        self.cells.entry(whole).or_default().add(&lags, &sums);
        for dim in &self.dims {
            let value = entry.dim(dim).map_or(self.whole, |value| self.texts.place(value));
            let of = Place { dimension: self.texts.place(dim), value, ..whole };
            self.cells.entry(of).or_default().add(&lags, &sums);
        }
    }

    fn both(&mut self, target: u64) -> u64 {
        if let Some(known) = self.both.get(&target) {
            return *known;
        }
        let text = self.texts.name(target).map_or_else(String::new, |target| both(target));
        let place = self.texts.place(&Name::from(text));
        self.both.insert(target, place);
        place
    }

    /// The cells, each in the first of its slots.
    pub fn cells(self) -> BTreeMap<CellKey, Cell> {
        let text = |place: u64| self.texts.name(place).map_or_else(|| name(""), Name::clone);
        let key = |place: &Place| CellKey {
            motion: text(place.motion),
            series: text(place.series),
            day: place.day,
            dimension: text(place.dimension),
            value: text(place.value),
            slot: 0,
        };
        let cell = |counts: &Counts| {
            let mut cell = Cell { entered: counts.entered, ..Cell::default() };
            for ((target, bucket), n) in &counts.lags {
                cell.lags.entry(text(*target)).or_default().insert(*bucket, *n);
            }
            for ((measure, currency), minor) in counts.sums.iter().filter(|(_, minor)| *minor != 0) {
                cell.sums.insert((text(*measure), *currency), *minor);
            }
            cell
        };
        self.cells.iter().map(|(place, counts)| (key(place), cell(counts))).collect()
    }
}

impl Counts {
    fn add(&mut self, lags: &[(u64, u16)], sums: &[(u64, Currency, i128)]) {
        self.entered += 1;
        for lag in lags {
            match self.lags.binary_search_by_key(lag, |(known, _)| *known) {
                Ok(at) => self.lags[at].1 += 1,
                Err(at) => self.lags.insert(at, (*lag, 1)),
            }
        }
        for (measure, currency, minor) in sums {
            match self.sums.binary_search_by_key(&(*measure, *currency), |(known, _)| *known) {
                Ok(at) => self.sums[at].1 += minor,
                Err(at) => self.sums.insert(at, ((*measure, *currency), *minor)),
            }
        }
    }
}
