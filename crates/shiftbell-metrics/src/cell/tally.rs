//! The cells of very many entries, counted at once: what [`super::spread`] gives, for whoever has all of them at hand.
//!
//! Texts are numbers here and a cell is found by four of them, so that an entry costs no allocation.

use rustc_hash::FxHashMap;

use super::spread::has_cells;
use super::{Cell, CellKey, both, bucket_of};
use crate::codec::{Dictionary, Name};
use crate::contribution::{LOST, Row, name};
use crate::fold::Plan;
use crate::money::Currency;
use crate::time::Day;

/// The place of a text: there are never four thousand million of them.
type Text = u32;

/// A cell, by the places of its texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    motion: Text,
    series: Text,
    day: Day,
    dimension: Text,
    value: Text,
}

/// The counts of one cell.
#[derive(Debug, Default)]
struct Counts {
    entered: i64,
    /// By target and bucket, in order.
    lags: Vec<((Text, u16), i64)>,
    /// By measure, in order.
    sums: Vec<((Text, Currency), i128)>,
}

#[derive(Debug, Default)]
struct Texts(Dictionary);

impl Texts {
    fn place(&mut self, text: &Name) -> Text {
        Text::try_from(self.0.place(text)).unwrap_or(Text::MAX)
    }

    fn text(&self, place: Text) -> Name {
        self.0.name(u64::from(place)).map_or_else(|| name(""), Name::clone)
    }
}

/// Counts rows into cells.
#[derive(Debug)]
pub struct Tally {
    texts: Texts,
    /// The place of the target that is both lost and at this one.
    both: FxHashMap<Text, Text>,
    lost: Text,
    whole: Text,
    /// The dimensions that have cells.
    dims: Vec<Name>,
    cells: FxHashMap<Place, Counts>,
}

impl Tally {
    pub fn new(plan: &Plan) -> Tally {
        let mut texts = Texts::default();
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
        let sums: Vec<(Text, Currency, i128)> = entry
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

    fn both(&mut self, target: Text) -> Text {
        if let Some(known) = self.both.get(&target) {
            return *known;
        }
        let place = self.texts.place(&Name::from(both(&self.texts.text(target))));
        self.both.insert(target, place);
        place
    }

    /// Takes in what another has counted, which is gone then.
    pub fn merge(&mut self, other: Tally) {
        for (place, counts) in other.cells {
            let mut own = |text: Text| self.texts.place(&other.texts.text(text));
            let place = Place {
                motion: own(place.motion),
                series: own(place.series),
                day: place.day,
                dimension: own(place.dimension),
                value: own(place.value),
            };
            let lags: Vec<_> = counts.lags.iter().map(|((target, bucket), n)| ((own(*target), *bucket), *n)).collect();
            let sums: Vec<_> = counts.sums.iter().map(|((of, currency), n)| ((own(*of), *currency), *n)).collect();
            let mine = self.cells.entry(place).or_default();
            mine.entered += counts.entered;
            lags.into_iter().for_each(|(lag, n)| mine.add_lag(lag, n));
            sums.into_iter().for_each(|(of, minor)| mine.add_sum(of, minor));
        }
    }

    /// The cells in order, each in the first of its slots. One is made at a time: all of them, written out, would take more
    /// memory than everything that was counted.
    pub fn cells(mut self) -> impl Iterator<Item = (CellKey, Cell)> {
        let mut keys: Vec<(CellKey, Place)> = self.cells.keys().map(|place| (self.key(place), *place)).collect();
        keys.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        keys.into_iter().filter_map(move |(key, place)| {
            let counts = self.cells.remove(&place)?;
            Some((key, self.cell(&counts)))
        })
    }

    fn key(&self, place: &Place) -> CellKey {
        CellKey {
            motion: self.texts.text(place.motion),
            series: self.texts.text(place.series),
            day: place.day,
            dimension: self.texts.text(place.dimension),
            value: self.texts.text(place.value),
            slot: 0,
        }
    }

    fn cell(&self, counts: &Counts) -> Cell {
        let mut cell = Cell { entered: counts.entered, ..Cell::default() };
        for ((target, bucket), n) in &counts.lags {
            cell.lags.entry(self.texts.text(*target)).or_default().insert(*bucket, *n);
        }
        for ((measure, currency), minor) in counts.sums.iter().filter(|(_, minor)| *minor != 0) {
            cell.sums.insert((self.texts.text(*measure), *currency), *minor);
        }
        cell
    }
}

impl Counts {
    fn add(&mut self, lags: &[(Text, u16)], sums: &[(Text, Currency, i128)]) {
        self.entered += 1;
        lags.iter().for_each(|lag| self.add_lag(*lag, 1));
        sums.iter().for_each(|(measure, currency, minor)| self.add_sum((*measure, *currency), *minor));
    }

    fn add_lag(&mut self, lag: (Text, u16), n: i64) {
        match self.lags.binary_search_by_key(&lag, |(known, _)| *known) {
            Ok(at) => self.lags[at].1 += n,
            Err(at) => self.lags.insert(at, (lag, n)),
        }
    }

    fn add_sum(&mut self, of: (Text, Currency), minor: i128) {
        match self.sums.binary_search_by_key(&of, |(known, _)| *known) {
            Ok(at) => self.sums[at].1 += minor,
            Err(at) => self.sums.insert(at, (of, minor)),
        }
    }
}
