//! Working days of a place.

use jiff::civil::Weekday;

use crate::definitions::{Definitions, Paced, Place};
use crate::period::Period;
use crate::schedule::moment;
use crate::time::{Day, Instant};

/// Where the company itself is: the first of its places in its own zone, else five days a week without holidays. Goals
/// of the company are paced there, and its channels are quiet there.
pub fn home(defs: &Definitions) -> Place {
    let zone = &defs.workspace.zone;
    let here = defs.places.values().find(|place| place.zone == *zone);
    here.cloned().unwrap_or_else(|| Place {
        zone: zone.clone(),
        days: vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday],
        from: jiff::civil::time(9, 0, 0, 0),
        until: jiff::civil::time(18, 0, 0, 0),
        holidays: Vec::new(),
    })
}

/// Longest span that is walked day by day: more than a hundred years.
const DAYS_MAX: i32 = 40_000;

/// Whether people at this place work on this day.
pub fn is_working_day(place: &Place, day: Day) -> bool {
    let date = day.date();
    place.days.contains(&date.weekday()) && !place.holidays.contains(&date)
}

/// Working days from `from` up to, not including, `until`.
pub fn working_days_between(place: &Place, from: Day, until: Day) -> u32 {
    let until = until.min(from.plus(DAYS_MAX));
    let days = (from.0..until.0).filter(|day| is_working_day(place, Day(*day)));
    u32::try_from(days.count()).unwrap_or(u32::MAX)
}

/// The first working day after this one; `None` if there is none within a year.
pub fn next_working_day(place: &Place, after: Day) -> Option<Day> {
    (1..=366).map(|days| after.plus(days)).find(|day| is_working_day(place, *day))
}

/// The last working day before this one; `None` if there is none within a year.
pub fn last_working_day(place: &Place, before: Day) -> Option<Day> {
    (1..=366).map(|days| before.plus(-days)).find(|day| is_working_day(place, *day))
}

/// Whether this day is the `n`-th working day (from 1) of its month.
pub fn is_nth_working_day_of_month(place: &Place, n: u8, day: Day) -> bool {
    let first = Day::from_date(day.date().first_of_month());
    is_working_day(place, day) && working_days_between(place, first, day.plus(1)) == u32::from(n)
}

/// Milliseconds of working time of a place between two instants: its hours on its working days, whatever clocks do between.
/// Nothing if `until` is not after `from`.
pub fn working_ms(place: &Place, from: Instant, until: Instant) -> i64 {
    let zone = &place.zone;
    let mut sum = 0_i64;
    let mut day = zone.day_of(from);
    let last = zone.day_of(until);
    while from < until && day <= last {
        if is_working_day(place, day) {
            let at = |time: jiff::civil::Time| moment(zone, day, time);
            let (opens, closes) = (at(place.from).max(from), at(place.until).min(until));
            sum += closes.since(opens).max(0);
        }
        day = day.plus(1);
    }
    sum
}

/// Days of a period that are gone, and all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed {
    pub gone: u32,
    pub all: u32,
}

impl Elapsed {
    /// The share that is gone, 0 to 1; of a period without any day, all of it.
    pub fn fraction(self) -> f64 {
        if self.all == 0 { 1.0 } else { f64::from(self.gone.min(self.all)) / f64::from(self.all) }
    }

    pub fn left(self) -> u32 {
        self.all.saturating_sub(self.gone)
    }
}

/// How much of a period is gone at the end of `day`, in working days of the place or in calendar days.
pub fn elapsed(paced: Paced, place: &Place, period: &Period, day: Day) -> Elapsed {
    let until = day.plus(1).clamp(period.from, period.until);
    let calendar = |until: Day| u32::try_from(until.0 - period.from.0).unwrap_or(0);
    match paced {
        Paced::WorkingDays => Elapsed {
            gone: working_days_between(place, period.from, until),
            all: working_days_between(place, period.from, period.until),
        },
        Paced::CalendarDays => Elapsed { gone: calendar(until), all: calendar(period.until) },
    }
}

/// Offices for tests.
#[cfg(test)]
pub(crate) mod sample {
    use jiff::civil::{Date, Weekday, date, time};

    use super::Place;
    use crate::time::Zone;

    pub(crate) fn office(zone: &str, holidays: &[Date]) -> Place {
        use Weekday::{Friday, Monday, Thursday, Tuesday, Wednesday};
        Place {
            zone: Zone::named(zone).unwrap(),
            days: vec![Monday, Tuesday, Wednesday, Thursday, Friday],
            from: time(9, 0, 0, 0),
            until: time(18, 0, 0, 0),
            holidays: holidays.to_vec(),
        }
    }

    pub(crate) fn new_york() -> Place {
        let holidays = [date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 24), date(2026, 12, 25)];
        office("America/New_York", &holidays)
    }

    pub(crate) fn berlin() -> Place {
        office("Europe/Berlin", &[date(2026, 12, 25)])
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::sample::{berlin, new_york, office};
    use super::*;
    use crate::time::Zone;

    fn day(year: i16, month: i8, day: i8) -> Day {
        Day::from_date(date(year, month, day))
    }

    fn quarter() -> Period {
        Period::of_days(day(2026, 10, 1), day(2027, 1, 1), &Zone::utc())
    }

    #[test]
    fn the_quarter_of_the_reference_messages_has_62_working_days() {
        let gone = |on| elapsed(Paced::WorkingDays, &new_york(), &quarter(), on);
        assert_eq!(gone(day(2026, 11, 15)), Elapsed { gone: 32, all: 62 });
        assert_eq!(gone(day(2026, 11, 19)), Elapsed { gone: 36, all: 62 });
        assert_eq!(gone(day(2026, 11, 19)).left(), 26);
    }

    #[test]
    fn november_is_longer_in_berlin() {
        let november = Period::of_days(day(2026, 11, 1), day(2026, 12, 1), &Zone::utc());
        let gone = |place: &Place| elapsed(Paced::WorkingDays, place, &november, day(2026, 11, 19));
        assert_eq!(gone(&new_york()), Elapsed { gone: 14, all: 19 });
        assert_eq!(gone(&berlin()), Elapsed { gone: 14, all: 21 });
    }

    #[test]
    fn calendar_days_count_weekends() {
        let gone = elapsed(Paced::CalendarDays, &new_york(), &quarter(), day(2026, 11, 15));
        assert_eq!(gone, Elapsed { gone: 46, all: 92 });
        assert_eq!(elapsed(Paced::CalendarDays, &new_york(), &quarter(), day(2026, 1, 1)).gone, 0);
        assert_eq!(elapsed(Paced::CalendarDays, &new_york(), &quarter(), day(2028, 1, 1)).fraction(), 1.0);
    }

    #[test]
    fn holidays_are_skipped() {
        assert_eq!(next_working_day(&new_york(), day(2026, 11, 25)), Some(day(2026, 11, 30)));
        assert_eq!(last_working_day(&new_york(), day(2026, 11, 30)), Some(day(2026, 11, 25)));
        assert!(is_nth_working_day_of_month(&new_york(), 2, day(2026, 11, 3)));
        assert!(!is_nth_working_day_of_month(&new_york(), 2, day(2026, 11, 2)));
        assert!(!is_nth_working_day_of_month(&new_york(), 0, day(2026, 11, 1)));
    }

    #[test]
    fn where_nobody_works_no_day_is_found() {
        let mut nowhere = office("UTC", &[]);
        nowhere.days.clear();
        assert_eq!(next_working_day(&nowhere, day(2026, 1, 1)), None);
        assert_eq!(elapsed(Paced::WorkingDays, &nowhere, &quarter(), day(2026, 11, 1)).fraction(), 1.0);
    }
}
