//! Working time, walked day by day.

use jiff::civil::{Time, Weekday, time};
use shiftbell_metrics::definitions::{Definitions, Span, SpanUnit};
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, Zone};

/// The office of the company: from nine to six from Monday to Friday, but for its holidays.
pub(crate) struct Office<'d> {
    zone: &'d Zone,
    holidays: Vec<jiff::civil::Date>,
}

impl<'d> Office<'d> {
    pub(crate) fn of(definitions: &'d Definitions) -> Office<'d> {
        let home = definitions.places.get("home").expect("a place of the file");
        Office { zone: &definitions.workspace.zone, holidays: home.holidays.clone() }
    }

    fn works(&self, day: Day) -> bool {
        let date = day.date();
        ![Weekday::Saturday, Weekday::Sunday].contains(&date.weekday()) && !self.holidays.contains(&date)
    }

    /// When the clocks show this time on a day: the first time that they do, or the first minute behind a gap.
    fn shown(&self, day: Day, time: Time) -> Instant {
        let ms = i64::from(time.hour()) * MS_PER_HOUR
            + i64::from(time.minute()) * MS_PER_MINUTE
            + i64::from(time.second()) * 1_000
            + i64::from(time.millisecond());
        let noon = self.zone.start_of(day).plus_ms(ms);
        let mut near = [-1, 0, 1].map(|hours| noon.plus_ms(hours * MS_PER_HOUR)).into_iter();
        near.find(|at| self.zone.local(*at) == day.date().to_datetime(time)).unwrap_or_else(|| {
            let minutes = (0..25 * 60).map(|minute| self.zone.start_of(day).plus_ms(minute * MS_PER_MINUTE));
            let mut after = minutes.filter(|at| self.zone.local(*at) >= day.date().to_datetime(time));
            after.next().expect("a day ends")
        })
    }

    fn hours(&self, day: Day) -> (Instant, Instant) {
        (self.shown(day, time(9, 0, 0, 0)), self.shown(day, time(18, 0, 0, 0)))
    }

    /// Milliseconds of work between two instants.
    pub(crate) fn worked(&self, from: Instant, until: Instant) -> i64 {
        let mut sum = 0;
        let mut day = self.zone.day_of(from);
        while self.zone.start_of(day) < until {
            if self.works(day) {
                let (opens, closes) = self.hours(day);
                sum += closes.min(until).since(opens.max(from)).max(0);
            }
            day = day.plus(1);
        }
        sum
    }

    /// When so much time has passed since an instant.
    pub(crate) fn after(&self, at: Instant, span: Span) -> Instant {
        let count = i64::from(span.count);
        match span.unit {
            SpanUnit::Hours => at.plus_ms(count * MS_PER_HOUR),
            SpanUnit::Days => at.plus_ms(count * MS_PER_DAY),
            SpanUnit::WorkingDays => {
                let mut day = self.zone.day_of(at);
                for _ in 0..count {
                    day = day.plus(1);
                    while !self.works(day) {
                        day = day.plus(1);
                    }
                }
                self.shown(day, self.zone.local(at).time())
            }
            SpanUnit::WorkingHours => {
                let (mut day, mut left) = (self.zone.day_of(at), count * MS_PER_HOUR);
                loop {
                    let (opens, closes) = self.hours(day);
                    let open = if self.works(day) { closes.since(opens.max(at)).max(0) } else { 0 };
                    if open > 0 && left <= open {
                        return opens.max(at).plus_ms(left);
                    }
                    left -= open;
                    day = day.plus(1);
                }
            }
            other => panic!("no rule waits {other:?}"),
        }
    }
}
