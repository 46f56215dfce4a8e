//! Working days of a place.

use jiff::civil::Weekday;

use crate::definitions::{Definitions, Paced, Place, Span, SpanUnit};
use crate::period::Period;
use crate::schedule::moment;
use crate::time::{Day, Instant, MS_PER_DAY, MS_PER_HOUR};

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
/// Days within which a number of working hours has passed: more than any rule waits.
const DAYS_OF_WAITING: i32 = 800;

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

/// Working time of a place as a sum that only grows, so that the working time of any span is one subtraction.
#[derive(Clone, Debug)]
pub struct WorkClock {
    /// By working day: when it opens and closes, and the milliseconds worked before it.
    days: Vec<(Instant, Instant, i64)>,
}

impl WorkClock {
    /// The hours of a place on its working days, whatever clocks do between. Time before `from` and after `until` is not
    /// counted.
    pub fn new(place: &Place, from: Instant, until: Instant) -> WorkClock {
        let zone = &place.zone;
        let (first, last) = (zone.day_of(from), zone.day_of(until.max(from)));
        let mut days = Vec::new();
        let mut sum = 0_i64;
        for day in (first.0..=last.0.min(first.0.saturating_add(DAYS_MAX))).map(Day) {
            if is_working_day(place, day) {
                let (opens, closes) = (moment(zone, day, place.from), moment(zone, day, place.until));
                days.push((opens, closes, sum));
                sum += closes.since(opens).max(0);
            }
        }
        WorkClock { days }
    }

    /// Milliseconds of working time between two instants; nothing if `until` is not after `from`.
    pub fn between(&self, from: Instant, until: Instant) -> i64 {
        (self.until(until) - self.until(from)).max(0)
    }

    fn until(&self, at: Instant) -> i64 {
        let opened = self.days.partition_point(|(opens, _, _)| *opens <= at);
        let Some((opens, closes, before)) = opened.checked_sub(1).map(|last| self.days[last]) else { return 0 };
        before + at.min(closes).since(opens).max(0)
    }
}

/// Milliseconds of working time of a place between two instants. For many spans, make one [`WorkClock`].
pub fn working_ms(place: &Place, from: Instant, until: Instant) -> i64 {
    if until <= from { 0 } else { WorkClock::new(place, from, until).between(from, until) }
}

/// When a span that began at an instant is over: a number of working days later at the same time of day, after so many
/// working hours, or simply later. `None` where nobody works.
pub fn after(place: &Place, at: Instant, span: Span) -> Option<Instant> {
    let count = i64::from(span.count);
    match span.unit {
        SpanUnit::WorkingDays => {
            let zone = &place.zone;
            let mut day = zone.day_of(at);
            for _ in 0..count.min(i64::from(DAYS_MAX)) {
                day = next_working_day(place, day)?;
            }
            Some(moment(zone, day, zone.local(at).time()))
        }
        SpanUnit::WorkingHours => {
            let (mut left, first) = (count * MS_PER_HOUR, place.zone.day_of(at));
            // Day by day: most waits are over within a few, and a clock of years is too much for each.
            let mut days = (0..=DAYS_OF_WAITING).map(|days| first.plus(days)).filter(|day| is_working_day(place, *day));
            days.find_map(|day| {
                let opens = moment(&place.zone, day, place.from).max(at);
                let open = moment(&place.zone, day, place.until).since(opens).max(0);
                let is_over = left <= open && open > 0;
                let over = is_over.then(|| opens.plus_ms(left));
                left -= open;
                over
            })
        }
        SpanUnit::Months => Some(at.plus_ms(count * 30 * MS_PER_DAY)),
        SpanUnit::Quarters => Some(at.plus_ms(count * 91 * MS_PER_DAY)),
        SpanUnit::Years => Some(at.plus_ms(count * 365 * MS_PER_DAY)),
        SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::Days | SpanUnit::Weeks => {
            span.elapsed_ms().map(|ms| at.plus_ms(ms))
        }
    }
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

    fn at(text: &str) -> Instant {
        Instant::parse(text).unwrap()
    }

    #[test]
    fn a_request_of_friday_evening_waits_from_monday_morning_on() {
        let span = |from, until| working_ms(&new_york(), at(from), at(until)) / crate::time::MS_PER_MINUTE;
        assert_eq!(span("2026-11-20T23:30:00Z", "2026-11-23T14:20:00Z"), 20, "asked 18:30, answered Monday 9:20");
        assert_eq!(span("2026-11-20T22:30:00Z", "2026-11-23T14:20:00Z"), 50, "asked 17:30");
        assert_eq!(span("2026-11-25T15:00:00Z", "2026-11-30T15:00:00Z"), 9 * 60, "over two holidays");
        assert_eq!(span("2026-11-20T15:00:00Z", "2026-11-20T15:00:00Z"), 0);
        assert_eq!(span("2026-11-21T15:00:00Z", "2026-11-22T15:00:00Z"), 0, "a weekend");
    }

    #[test]
    fn a_clock_of_years_says_what_a_walk_over_the_minutes_says() {
        let (from, until) = (at("2026-02-20T00:00:00Z"), at("2026-04-10T00:00:00Z"));
        let place = berlin();
        let clock = WorkClock::new(&place, from, until);
        let works = |at: Instant| {
            let local = place.zone.local(at);
            let is_open = (place.from..place.until).contains(&local.time());
            is_open && is_working_day(&place, place.zone.day_of(at))
        };
        for (start, minutes) in [(7, 50_000), (13_001, 20_160), (24_000, 300), (40_000, 1)] {
            let from = from.plus_ms(start * 60_000);
            let walked = (0..minutes).filter(|minute| works(from.plus_ms(minute * 60_000))).count() as i64;
            assert_eq!(clock.between(from, from.plus_ms(minutes * 60_000)), walked * 60_000, "{start} {minutes}");
        }
    }

    #[test]
    fn a_span_of_working_time_ends_when_people_work() {
        let over = |from, count, unit| after(&new_york(), at(from), Span { count, unit }).map(|at| at.to_string());
        let asked = "2026-11-20T22:30:00Z";
        assert_eq!(over(asked, 1, SpanUnit::WorkingDays).as_deref(), Some("2026-11-23T22:30:00Z"));
        assert_eq!(over(asked, 4, SpanUnit::WorkingHours).as_deref(), Some("2026-11-23T17:30:00Z"));
        assert_eq!(over(asked, 2, SpanUnit::Days).as_deref(), Some("2026-11-22T22:30:00Z"));
        let mut nowhere = new_york();
        nowhere.days.clear();
        assert_eq!(after(&nowhere, at(asked), Span { count: 1, unit: SpanUnit::WorkingHours }), None);
    }

    #[test]
    fn where_nobody_works_no_day_is_found() {
        let mut nowhere = office("UTC", &[]);
        nowhere.days.clear();
        assert_eq!(next_working_day(&nowhere, day(2026, 1, 1)), None);
        assert_eq!(elapsed(Paced::WorkingDays, &nowhere, &quarter(), day(2026, 11, 1)).fraction(), 1.0);
    }
}
