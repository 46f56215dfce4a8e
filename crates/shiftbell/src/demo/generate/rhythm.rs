//! When things happen: days, working hours, seasons and growth.

use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, Zone};

use super::chance::Chance;

/// Days of the generated year.
pub(super) const DAYS: usize = 365;
const PLACES: [&str; 3] = ["America/New_York", "America/Los_Angeles", "Europe/Berlin"];

/// The days of the year that ends with `until`.
#[derive(Debug)]
pub(super) struct Rhythm {
    pub(super) until_ms: i64,
    first: Day,
    /// By place: when each day starts there.
    starts_ms: [Vec<i64>; 3],
}

impl Rhythm {
    pub(super) fn new(until: Instant) -> Rhythm {
        let zones = PLACES.map(|name| Zone::named(name).unwrap_or_else(Zone::utc));
        let last = zones[0].day_of(until);
        let first = last.plus(1 - i32::try_from(DAYS).unwrap_or(0));
        let start = |zone: &Zone, index: usize| zone.start_of(first.plus(i32::try_from(index).unwrap_or(0))).as_ms();
        let starts_ms = zones.map(|zone| (0..DAYS).map(|index| start(&zone, index)).collect());
        Rhythm { until_ms: until.as_ms(), first, starts_ms }
    }

    /// When a day starts at a place; days after the year follow at even steps.
    pub(super) fn start_ms(&self, place: usize, index: usize) -> i64 {
        let starts = &self.starts_ms[place];
        let last = starts.len() - 1;
        starts
            .get(index)
            .copied()
            .unwrap_or_else(|| starts[last] + i64::try_from(index - last).unwrap_or(0) * MS_PER_DAY)
    }

    /// On which day of the year an instant falls; what is earlier falls on the first.
    pub(super) fn index_of(&self, at_ms: i64) -> usize {
        usize::try_from((at_ms - self.starts_ms[0][0]).div_euclid(MS_PER_DAY)).unwrap_or(0)
    }

    /// 0 is Monday.
    pub(super) fn weekday(&self, index: usize) -> i32 {
        (self.first.0 + i32::try_from(index).unwrap_or(0) + 3).rem_euclid(7)
    }

    fn month_and_day(&self, index: usize) -> (i8, i8) {
        let date = self.first.plus(i32::try_from(index).unwrap_or(0)).date();
        (date.month(), date.day())
    }

    pub(super) fn is_first_of_month(&self, index: usize) -> bool {
        self.month_and_day(index).1 == 1
    }

    pub(super) fn is_working_day(&self, index: usize) -> bool {
        self.weekday(index) < 5 && !matches!(self.month_and_day(index), (12, 24..=26) | (1, 1))
    }

    /// A moment in the working hours of a day.
    pub(super) fn at_work(&self, place: usize, index: usize, chance: &mut Chance) -> i64 {
        self.start_ms(place, index) + chance.between(9 * MS_PER_HOUR, 18 * MS_PER_HOUR)
    }

    /// The working moment that follows after some days; the weekend waits until Monday.
    pub(super) fn work_after(&self, from_ms: i64, days: f64, place: usize, chance: &mut Chance) -> i64 {
        let mut index = self.index_of(after(from_ms, days));
        while self.weekday(index) > 4 {
            index += 1;
        }
        let at = self.at_work(place, index, chance);
        if at > from_ms { at } else { from_ms + chance.between(5 * MS_PER_MINUTE, 2 * MS_PER_HOUR) }
    }

    /// How much a business day brings, 1 on an ordinary one: autumn is strong, summer weak, and we grow.
    pub(super) fn business_season(&self, index: usize) -> f64 {
        const MONTHS: [f64; 12] = [0.85, 0.95, 1.05, 1.05, 1.0, 0.95, 0.8, 0.8, 1.05, 1.1, 1.1, 0.8];
        MONTHS[self.month(index)] * (0.6 + 0.4 * self.progress(index))
    }

    /// How much a day brings from families: weekends sell most, and we grow fast.
    pub(super) fn family_season(&self, index: usize) -> f64 {
        const MONTHS: [f64; 12] = [0.8, 0.85, 0.95, 1.0, 1.15, 1.2, 1.05, 0.95, 0.95, 1.0, 1.0, 1.15];
        const WEEKDAYS: [f64; 7] = [0.8, 0.75, 0.8, 0.85, 1.0, 1.45, 1.35];
        let weekday = usize::try_from(self.weekday(index)).unwrap_or(0);
        MONTHS[self.month(index)] * WEEKDAYS[weekday] * 0.15_f64.powf(1.0 - self.progress(index))
    }

    fn month(&self, index: usize) -> usize {
        usize::try_from(self.month_and_day(index).0 - 1).unwrap_or(0)
    }

    /// From 0 on the first day to 1 on the last.
    #[expect(clippy::cast_precision_loss, reason = "at most a few hundred days")]
    fn progress(&self, index: usize) -> f64 {
        index.min(DAYS) as f64 / DAYS as f64
    }
}

/// An instant some days later, to the millisecond.
pub(super) fn after(from_ms: i64, days: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "spans of a few years in milliseconds"
    )]
    let span = (days * MS_PER_DAY as f64) as i64;
    from_ms.saturating_add(span)
}
