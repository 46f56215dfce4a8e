//! Counting: the same sums from cells and from segments.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::{Block, Desk, Read};
use super::{Cannot, Rate};
use crate::calendar::WorkClock;
use crate::cell::{self, Counted, Histogram, both, bucket_of, edge};
use crate::codec::{Corrupt, Name};
use crate::contribution::LOST;
use crate::definitions::Definitions;
use crate::money::Currency;
use crate::period::Period;
use crate::segment::{Columns, Credit};
use crate::time::{Day, Zone};

/// How a filter names the entries whose value is not known.
pub const UNKNOWN: &str = "unknown";

/// What is counted.
#[derive(Clone, Debug)]
pub(super) struct Ask<'a> {
    pub(super) motions: Vec<&'a str>,
    pub(super) series: String,
    pub(super) period: &'a Period,
    pub(super) by: Option<&'a str>,
    pub(super) filters: &'a [(String, String)],
    pub(super) target: Option<String>,
    /// Milliseconds, inclusive.
    pub(super) window: Option<i64>,
    pub(super) measure: Option<String>,
    /// Whose entries count, by any of these names in lower case; empty: everybody's.
    pub(super) names: &'a [String],
    /// How the person is credited: the first of these that is known.
    pub(super) credit: &'static [Credit],
    /// From segments even where cells would do.
    pub(super) exact: bool,
    /// Spans are counted in working time by this clock.
    pub(super) working: Option<&'a WorkClock>,
}

impl Ask<'_> {
    /// A window asks whether somebody arrived within it; only without one is every span wanted.
    fn has_spans(&self) -> bool {
        self.window.is_none()
    }
}

/// Sums of one group on one day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) entered: i64,
    /// At the target within the window.
    pub(super) reached: i64,
    /// Lost within the window and not at the target by then.
    pub(super) lost: i64,
    /// Of the others, at the target after the window; only from segments.
    pub(super) later: i64,
    /// Lost and never at the target.
    pub(super) over: i64,
    /// Spans to the target, however long; only where no window is asked for.
    pub(super) spans: Histogram,
    pub(super) sums: BTreeMap<Currency, i128>,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Tally) {
        self.entered += other.entered;
        self.reached += other.reached;
        self.lost += other.lost;
        self.later += other.later;
        self.over += other.over;
        other.spans.iter().for_each(|(bucket, n)| *self.spans.entry(*bucket).or_default() += n);
        other.sums.iter().for_each(|(currency, minor)| *self.sums.entry(*currency).or_default() += minor);
    }

    pub(super) fn rate(&self) -> Rate {
        Rate { num: self.reached, den: self.entered }
    }

    fn take_cell(&mut self, bytes: &[u8], wanted: &Wanted<'_>) -> Result<(), Corrupt> {
        let entered = cell::visit(
            bytes,
            |name| wanted.part(name),
            |counted| match counted {
                Counted::Lag { of: CellPart::Reached, bucket, n } => {
                    self.reached += if bucket <= wanted.last { n } else { 0 };
                    if wanted.spans {
                        *self.spans.entry(bucket).or_default() += n;
                    }
                }
                Counted::Lag { of: CellPart::Lost, bucket, n } => {
                    self.lost += if bucket <= wanted.last { n } else { 0 };
                    self.over += n;
                }
                // Who was lost and arrived all the same is counted among both.
                Counted::Lag { of: CellPart::Both, bucket, n } => {
                    self.lost -= if bucket <= wanted.last { n } else { 0 };
                    self.over -= n;
                }
                Counted::Sum { of: CellPart::Measure, currency, minor } => {
                    *self.sums.entry(currency).or_default() += minor
                }
                Counted::Lag { of: CellPart::Measure, .. } | Counted::Sum { .. } => {}
            },
        )?;
        self.entered += entered;
        Ok(())
    }
}

/// Which counts of a cell are read.
struct Wanted<'a> {
    target: Option<&'a str>,
    both: String,
    measure: Option<&'a str>,
    /// The last bucket within the window.
    last: u16,
    /// Whether every span is to be known, not only whether it was within the window.
    spans: bool,
}

#[derive(Clone, Copy)]
enum CellPart {
    Reached,
    Lost,
    Both,
    Measure,
}

impl<'a> Wanted<'a> {
    fn of(ask: &'a Ask<'_>) -> Wanted<'a> {
        let target = ask.target.as_deref();
        Wanted {
            target,
            both: target.map(both).unwrap_or_default(),
            measure: ask.measure.as_deref(),
            last: ask.window.map_or(u16::MAX, bucket_of),
            spans: ask.has_spans(),
        }
    }

    fn part(&self, name: &str) -> Option<CellPart> {
        match self.target {
            Some(target) if name == target => Some(CellPart::Reached),
            Some(_) if name == LOST => Some(CellPart::Lost),
            Some(_) if name == self.both => Some(CellPart::Both),
            _ => self.measure.filter(|measure| *measure == name).map(|_| CellPart::Measure),
        }
    }
}

/// Sums by day and group. The group is the value of the dimension asked for; `None` where it is not known, or not asked.
pub(super) type Tallies = BTreeMap<Day, BTreeMap<Option<Name>, Tally>>;

/// Counts what is asked.
pub(super) fn tally(definitions: &Definitions, desk: &Desk<'_>, ask: &Ask<'_>) -> Result<Tallies, Cannot> {
    let mut found = Tallies::new();
    let zone = &definitions.workspace.zone;
    let cells = cell_dimension(definitions, ask);
    let days = days_of(ask.period, zone);
    for motion in &ask.motions {
        match cells {
            Some(dimension) => from_cells(desk, ask, motion, days, dimension, &mut found)?,
            None => {
                for block in desk.segments(segments_of(motion, &ask.series, days)) {
                    from_block(ask, block, zone, &mut found)?;
                }
            }
        }
    }
    Ok(found)
}

pub(super) fn segments_of(motion: &str, series: &str, days: (Day, Day)) -> Read {
    Read::Segments { motion: motion.to_owned(), series: series.to_owned(), from: days.0, until: days.1 }
}

/// The days in the workspace's zone that a period touches.
pub(super) fn days_of(period: &Period, zone: &Zone) -> (Day, Day) {
    if period.zone == *zone || period.from >= period.until {
        return (period.from, period.until);
    }
    (zone.day_of(period.starts_at()), zone.day_of(period.ends_at().plus_ms(-1)).plus(1))
}

/// The dimension whose cells answer this ("" for the whole), or `None` if only segments can.
fn cell_dimension<'a>(definitions: &Definitions, ask: &Ask<'a>) -> Option<&'a str> {
    let odd = ask.window.is_some_and(|window| edge(bucket_of(window)) != window);
    if ask.exact
        || odd
        || ask.working.is_some()
        || !ask.names.is_empty()
        || ask.period.zone != definitions.workspace.zone
    {
        return None;
    }
    let touched: BTreeSet<&str> = ask.filters.iter().map(|(dimension, _)| dimension.as_str()).chain(ask.by).collect();
    let mut touched = touched.into_iter();
    match (touched.next(), touched.next()) {
        (None, _) => Some(""),
        (Some(one), None) => definitions.dimension(one).filter(|found| crate::fold::has_cells(found)).map(|_| one),
        (Some(_), Some(_)) => None,
    }
}

fn from_cells(
    desk: &Desk<'_>,
    ask: &Ask<'_>,
    motion: &str,
    days: (Day, Day),
    dimension: &str,
    found: &mut Tallies,
) -> Result<(), Corrupt> {
    let wanted: BTreeSet<&str> =
        ask.filters.iter().map(|(_, wanted)| if wanted == UNKNOWN { "" } else { wanted.as_str() }).collect();
    let mut wanted = wanted.into_iter();
    let (value, contradicts) = match (wanted.next(), wanted.next()) {
        (_, Some(_)) => (None, true),
        (Some(one), None) => (Some(one), false),
        (None, None) => (dimension.is_empty().then_some(""), false),
    };
    let read = Read::Cells {
        motion: motion.to_owned(),
        series: ask.series.clone(),
        from: days.0,
        until: days.1,
        dimension: dimension.to_owned(),
        value: value.map(str::to_owned),
    };
    let counts = Wanted::of(ask);
    for cell in desk.cells(read).iter().filter(|_| !contradicts) {
        let group = (ask.by.is_some() && !cell.value.is_empty()).then(|| Name::from(cell.value.as_str()));
        found.entry(cell.day).or_default().entry(group).or_default().take_cell(&cell.bytes, &counts)?;
    }
    Ok(())
}

/// Which entries of a segment count: one truth for each.
pub(super) fn kept(ask: &Ask<'_>, columns: &Columns<'_>, zone: &Zone) -> Result<Vec<bool>, Corrupt> {
    let mut keep = vec![true; columns.len()];
    for (dimension, wanted) in ask.filters {
        let place = if wanted == UNKNOWN { Some(0) } else { columns.texts().find(wanted) };
        match (columns.dim(dimension)?, place) {
            (Some(places), Some(place)) => {
                keep.iter_mut().zip(places).for_each(|(keep, found)| *keep &= found == place)
            }
            (None, Some(0)) => {}
            (None, Some(_)) | (_, None) => keep.fill(false),
        }
    }
    if !ask.names.is_empty() {
        let wanted: BTreeSet<u64> = ask.names.iter().filter_map(|name| columns.texts().find(name)).collect();
        let mut credited = vec![0_u64; columns.len()];
        for credit in ask.credit {
            if let Some(places) = columns.person(*credit)? {
                credited
                    .iter_mut()
                    .zip(places)
                    .filter(|(known, _)| **known == 0)
                    .for_each(|(known, place)| *known = place);
            }
        }
        keep.iter_mut().zip(credited).for_each(|(keep, place)| *keep &= wanted.contains(&place));
    }
    if ask.period.zone != *zone {
        let (from, until) = (ask.period.starts_at(), ask.period.ends_at());
        keep.iter_mut().zip(columns.at()?).for_each(|(keep, at)| *keep &= from <= at && at < until);
    }
    Ok(keep)
}

fn from_block(ask: &Ask<'_>, block: &Block, zone: &Zone, found: &mut Tallies) -> Result<(), Cannot> {
    let columns = block.columns()?;
    let keep = kept(ask, &columns, zone)?;
    if !keep.contains(&true) {
        return Ok(());
    }
    let groups = ask.by.map(|by| columns.dim(by)).transpose()?.flatten();
    let target = ask.target.as_ref().map(|target| columns.lag(target)).transpose()?.flatten();
    let lost = if ask.target.is_some() { columns.lag(LOST)? } else { None };
    let sums = ask.measure.as_ref().map(|measure| columns.sums(measure)).transpose()?.flatten();
    // Where every entry is of the block's own day, times need not be read.
    let known_day = block.day.filter(|_| ask.period.zone == *zone);
    let times = if known_day.is_none() || ask.working.is_some() { Some(columns.at()?) } else { None };
    let mut local: BTreeMap<(Day, u64), Tally> = BTreeMap::new();
    for (index, _) in keep.iter().enumerate().filter(|(_, keep)| **keep) {
        let day = match (known_day, &times) {
            (Some(day), _) => day,
            (None, Some(times)) => ask.period.zone.day_of(times[index]),
            (None, None) => ask.period.from,
        };
        let group = groups.as_ref().map_or(0, |groups| groups[index]);
        let tally = local.entry((day, group)).or_default();
        tally.entered += 1;
        let span = |column: &Option<Vec<u64>>| {
            let lag = column.as_ref().and_then(|lags| lags[index].checked_sub(1))?;
            let (Some(clock), Some(times)) = (ask.working, &times) else { return Some(lag) };
            let until = times[index].plus_ms(lag.cast_signed());
            Some(clock.between(times[index], until).cast_unsigned())
        };
        tally.take(ask, span(&target), span(&lost));
        if let Some(money) = sums.as_ref().and_then(|sums| sums[index]) {
            *tally.sums.entry(money.currency).or_default() += i128::from(money.minor);
        }
    }
    for ((day, group), tally) in local {
        let group = columns.text(group)?;
        found.entry(day).or_default().entry(group).or_default().add(&tally);
    }
    Ok(())
}

impl Tally {
    fn take(&mut self, ask: &Ask<'_>, target: Option<u64>, lost: Option<u64>) {
        if ask.target.is_none() {
            return;
        }
        let window = ask.window.unwrap_or(i64::MAX).cast_unsigned();
        let reached = target.is_some_and(|lag| lag <= window);
        let lost_within = lost.is_some_and(|lag| lag <= window) && !reached;
        self.reached += i64::from(reached);
        self.lost += i64::from(lost_within);
        self.later += i64::from(!reached && !lost_within && target.is_some());
        self.over += i64::from(lost.is_some() && target.is_none());
        if let Some(lag) = target.filter(|_| ask.has_spans()) {
            *self.spans.entry(bucket_of(lag.cast_signed())).or_default() += 1;
        }
    }
}

/// Adds the sums of other entries.
pub(super) fn join(all: &mut Tallies, other: Tallies) {
    for (day, groups) in other {
        let mine = all.entry(day).or_default();
        groups.into_iter().for_each(|(group, tally)| mine.entry(group).or_default().add(&tally));
    }
}

/// One tally of all days and groups.
pub(super) fn whole(tallies: &Tallies) -> Tally {
    let mut sum = Tally::default();
    tallies.values().flat_map(BTreeMap::values).for_each(|tally| sum.add(tally));
    sum
}

/// One tally for each group.
pub(super) fn groups(tallies: &Tallies) -> BTreeMap<Option<Name>, Tally> {
    let mut sums: BTreeMap<Option<Name>, Tally> = BTreeMap::new();
    for (group, tally) in tallies.values().flatten() {
        sums.entry(group.clone()).or_default().add(tally);
    }
    sums
}

/// A series of a fact.
pub(super) fn of_fact(fact: &str) -> String {
    format!("fact/{fact}")
}
