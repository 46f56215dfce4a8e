//! Counts that add: how many entered a series on one day, how long it took them, and the money in it.
//!
//! A cell counts the whole of a series or one value of one dimension. Times are kept in buckets that are right-inclusive:
//! hours to 24 h, days to 120 d, then 30 d. So a window at a bucket's edge is exact, and histograms both add and subtract.

mod spread;
mod tally;

use std::collections::BTreeMap;

use crate::codec::{Corrupt, Dictionary, Name, Reader, Texts, Writer};
use crate::contribution::{Entry, LOST};
use crate::money::Currency;
use crate::time::{Day, MS_PER_DAY, MS_PER_HOUR};
pub use spread::{Spread, packed_on, spread};
pub use tally::Tally;

/// Which cell: the store adds workspace and generation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    pub motion: Name,
    pub series: Name,
    /// Day in the zone of the workspace.
    pub day: Day,
    /// Empty for the whole.
    pub dimension: Name,
    /// Empty for the whole, and where the value is not known.
    pub value: Name,
    pub slot: u16,
}

/// The first bucket of days, and the first of months.
const DAYS_FROM: u16 = 24;
const MONTHS_FROM: u16 = DAYS_FROM + 119;

/// The bucket of a span: 0 is no time at all, 24 is one day, 143 is 120 days.
///
/// ```
/// use shiftbell_metrics::cell::{bucket_of, edge};
/// use shiftbell_metrics::time::MS_PER_DAY;
/// let window = 60 * MS_PER_DAY;
/// assert_eq!(edge(bucket_of(window)), window);
/// assert!(bucket_of(window + 1) > bucket_of(window));
/// ```
pub fn bucket_of(ms: i64) -> u16 {
    let up = |unit: i64| u16::try_from(ms / unit + i64::from(ms % unit != 0)).unwrap_or(u16::MAX / 2);
    if ms <= 0 {
        0
    } else if ms <= MS_PER_DAY {
        up(MS_PER_HOUR)
    } else if ms <= 120 * MS_PER_DAY {
        DAYS_FROM - 1 + up(MS_PER_DAY)
    } else {
        MONTHS_FROM - 4 + up(30 * MS_PER_DAY)
    }
}

/// The longest span of a bucket, in milliseconds.
pub fn edge(bucket: u16) -> i64 {
    let number = i64::from(bucket);
    if bucket <= DAYS_FROM {
        number * MS_PER_HOUR
    } else if bucket <= MONTHS_FROM {
        (number - i64::from(DAYS_FROM) + 1) * MS_PER_DAY
    } else {
        (number - i64::from(MONTHS_FROM) + 4) * 30 * MS_PER_DAY
    }
}

/// Spans by bucket, in order, none of them zero.
pub type Histogram = BTreeMap<u16, i64>;

/// The counts of one cell, or a difference of two.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    pub entered: i64,
    /// By target (and, for [`both`], by target and loss).
    pub lags: BTreeMap<Name, Histogram>,
    /// Minor units by measure and currency.
    pub sums: BTreeMap<(Name, Currency), i128>,
}

/// What changes in a cell: the same counts with a sign.
pub type CellChange = Cell;

/// The name under which a cell keeps the spans after which an entry was both lost and at a target.
pub fn both(target: &str) -> String {
    format!("{LOST}+{target}")
}

const CELL_FORMAT: u8 = 1;

impl Cell {
    /// Counts one entry, `times` 1 to add it and -1 to take it out.
    pub fn count(&mut self, entry: &Entry, times: i64) {
        self.entered += times;
        let lost = entry.lag(LOST);
        for (target, lag) in &entry.lags {
            self.add_lag(Name::clone(target), *lag, times);
            if let Some(lost) = lost.filter(|_| &**target != LOST) {
                self.add_lag(Name::from(both(target)), lost.max(*lag), times);
            }
        }
        for (measure, money) in &entry.sums {
            self.add_sum(Name::clone(measure), money.currency, i128::from(money.minor) * i128::from(times));
        }
    }

    fn add_lag(&mut self, target: Name, lag: i64, times: i64) {
        *self.lags.entry(target).or_default().entry(bucket_of(lag)).or_default() += times;
    }

    fn add_sum(&mut self, measure: Name, currency: Currency, minor: i128) {
        *self.sums.entry((measure, currency)).or_default() += minor;
    }

    /// Adds another cell or a change.
    pub fn add(&mut self, other: &Cell) {
        self.entered += other.entered;
        for (target, histogram) in &other.lags {
            let mine = self.lags.entry(Name::clone(target)).or_default();
            histogram.iter().for_each(|(bucket, n)| *mine.entry(*bucket).or_default() += n);
        }
        for (of, minor) in &other.sums {
            *self.sums.entry(of.clone()).or_default() += minor;
        }
        self.drop_zeros();
    }

    fn drop_zeros(&mut self) {
        for histogram in self.lags.values_mut() {
            histogram.retain(|_, n| *n != 0);
        }
        self.lags.retain(|_, histogram| !histogram.is_empty());
        self.sums.retain(|_, minor| *minor != 0);
    }

    pub fn is_empty(&self) -> bool {
        self.entered == 0 && self.lags.is_empty() && self.sums.is_empty()
    }

    /// Takes a change in.
    ///
    /// # Errors
    /// A count would fall below zero: the stored bytes and the stored contributions disagree.
    pub fn apply(&mut self, change: &CellChange) -> Result<(), Corrupt> {
        self.add(change);
        let negative = self.entered < 0 || self.lags.values().flat_map(|histogram| histogram.values()).any(|n| *n < 0);
        if negative || (self.entered == 0 && !self.is_empty()) {
            return Err(Corrupt { what: "cell", why: "a count would fall below zero" });
        }
        Ok(())
    }

    /// The stored bytes; `None` for an empty cell, which is deleted.
    pub fn encode(&self) -> Option<Vec<u8>> {
        if self.is_empty() {
            return None;
        }
        let (mut texts, mut body) = (Dictionary::default(), Writer::default());
        body.signed(self.entered);
        body.count(self.lags.len());
        for (target, histogram) in &self.lags {
            body.number(texts.place(target));
            body.count(histogram.len());
            let mut last = 0;
            for (bucket, n) in histogram {
                body.number(u64::from(bucket - last));
                body.signed(*n);
                last = *bucket;
            }
        }
        body.count(self.sums.len());
        for ((measure, currency), minor) in &self.sums {
            body.number(texts.place(measure));
            body.number(texts.place(&Name::from(currency.code())));
            body.wide(*minor);
        }
        let mut whole = Writer::default();
        whole.byte(CELL_FORMAT);
        texts.write(&mut whole);
        whole.bytes.extend_from_slice(&body.bytes);
        Some(whole.bytes)
    }

    pub fn decode(bytes: &[u8]) -> Result<Cell, Corrupt> {
        let mut cell = Cell::default();
        let (mut lags, mut sums) = (Vec::new(), Vec::new());
        cell.entered = visit(
            bytes,
            |name| Some(Name::from(name)),
            |counted| match counted {
                Counted::Lag { of, bucket, n } => lags.push((Name::clone(of), bucket, n)),
                Counted::Sum { of, currency, minor } => sums.push((Name::clone(of), currency, minor)),
            },
        )?;
        lags.into_iter().for_each(|(of, bucket, n)| _ = cell.lags.entry(of).or_default().insert(bucket, n));
        sums.into_iter().for_each(|(of, currency, minor)| _ = cell.sums.insert((of, currency), minor));
        Ok(cell)
    }
}

/// One count of a cell, as it lies in the bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Counted<'a, K> {
    /// So many took this long to a target.
    Lag { of: &'a K, bucket: u16, n: i64 },
    /// So much of a measure, in minor units.
    Sum { of: &'a K, currency: Currency, minor: i128 },
}

/// Reads of the bytes of a cell what is wanted, without building the whole of it: of its many targets and measures a question
/// needs one or two. Returns how many entered.
pub(crate) fn visit<K>(
    bytes: &[u8],
    wanted: impl Fn(&str) -> Option<K>,
    mut each: impl FnMut(Counted<'_, K>),
) -> Result<i64, Corrupt> {
    let mut reader = Reader::new(bytes, "cell");
    if reader.byte()? != CELL_FORMAT {
        return Err(reader.corrupt("an unknown format"));
    }
    let texts = Texts::read(&mut reader)?;
    let entered = reader.signed()?;
    for _ in 0..reader.count(2)? {
        let of = wanted(texts.text(reader.number()?, &reader)?);
        let mut bucket = 0_u16;
        for _ in 0..reader.count(2)? {
            let step = u16::try_from(reader.number()?).ok().and_then(|step| bucket.checked_add(step));
            bucket = step.ok_or_else(|| reader.corrupt("a bucket too large"))?;
            let n = reader.signed()?;
            of.iter().for_each(|of| each(Counted::Lag { of, bucket, n }));
        }
    }
    for _ in 0..reader.count(3)? {
        let of = wanted(texts.text(reader.number()?, &reader)?);
        let code = texts.text(reader.number()?, &reader)?;
        let currency = Currency::from_code(code).ok_or_else(|| reader.corrupt("an unknown currency"))?;
        let minor = reader.wide()?;
        of.iter().for_each(|of| each(Counted::Sum { of, currency, minor }));
    }
    reader.finish()?;
    Ok(entered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribution::name;
    use crate::id::EntityId;
    use crate::money::Money;
    use crate::time::Instant;

    fn cell() -> Cell {
        let mut entry = Entry::new(EntityId(1), 0, Instant(0));
        entry.lags = vec![(name(LOST), 3 * MS_PER_DAY), (name("sql"), 9 * MS_PER_DAY)];
        entry.sums.push((name("deal.amount"), Money::new(-17, Currency::USD)));
        let mut cell = Cell::default();
        cell.count(&entry, 2);
        cell
    }

    #[test]
    fn buckets_are_right_inclusive_and_in_order() {
        let days = |days: i64| days * MS_PER_DAY;
        for (ms, bucket) in [
            (0, 0),
            (1, 1),
            (MS_PER_HOUR, 1),
            (MS_PER_HOUR + 1, 2),
            (days(1), 24),
            (days(1) + 1, 25),
            (days(2), 25),
            (days(120), 143),
            (days(120) + 1, 144),
            (days(150), 144),
            (days(150) + 1, 145),
        ] {
            assert_eq!(bucket_of(ms), bucket, "{ms} ms");
            assert!(edge(bucket) >= ms && (bucket == 0 || edge(bucket - 1) < ms), "{ms} ms");
        }
        assert!((0..400).all(|bucket| bucket_of(edge(bucket)) == bucket));
    }

    #[test]
    fn a_cell_is_read_as_it_was_written_and_cut_bytes_are_an_error() {
        let cell = cell();
        let bytes = cell.encode().unwrap();
        assert_eq!(Cell::decode(&bytes).unwrap(), cell);
        for length in 0..bytes.len() {
            assert!(Cell::decode(&bytes[..length]).is_err(), "cut at {length}");
        }
        assert_eq!(cell.lags[&*both("sql")], Histogram::from([(bucket_of(9 * MS_PER_DAY), 2)]));
    }

    #[test]
    fn a_cell_that_reaches_zero_is_deleted_and_never_falls_below() {
        let mut back = cell();
        back.entered = -2;
        back.lags.values_mut().flat_map(|histogram| histogram.values_mut()).for_each(|n| *n = -*n);
        back.sums.values_mut().for_each(|minor| *minor = -*minor);
        let mut left = cell();
        left.apply(&back).unwrap();
        assert_eq!(left.encode(), None);
        assert!(left.apply(&back).is_err());
    }
}
