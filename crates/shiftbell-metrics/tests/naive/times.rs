//! How long it takes, when some still wait.

use shiftbell_metrics::answer::Figure;
use shiftbell_metrics::definitions::{KpiKind, SpanUnit, Target, TimeShow, TimeTo};
use shiftbell_metrics::time::{Instant, MS_PER_DAY, MS_PER_HOUR};

use super::answer::{Ask, Naive, fact, rate};
use super::entries::LOST;
use super::hours::Office;

impl Naive<'_> {
    /// How long those took who arrived, and how long at least those have waited who may still arrive.
    fn waits(&self, ask: &Ask<'_>, from: &str, to: &TimeTo, is_work: bool) -> (Vec<i64>, Vec<i64>) {
        let to = match to {
            TimeTo::Stage(stage) => stage.clone(),
            TimeTo::Fact(name) => fact(name),
        };
        let office = Office::of(self.definitions);
        let between = |from: Instant, until: Instant| {
            if is_work { office.worked(from, until) } else { until.since(from).max(0) }
        };
        let zone = &ask.period.zone;
        let (mut arrived, mut waiting) = (Vec::new(), Vec::new());
        for entry in self.within(ask, from) {
            match (entry.then.get(&to), entry.then.get(LOST)) {
                (Some(at), _) => arrived.push(rounded_up(between(entry.at, *at))),
                (None, Some(_)) => {}
                // Since the end of the day on which it entered, at least.
                (None, None) => {
                    let since = zone.start_of(zone.day_of(entry.at).plus(1));
                    waiting.push(rounded_up(between(since, self.now)));
                }
            }
        }
        (arrived, waiting)
    }

    pub(crate) fn time(&self, ask: &Ask<'_>, from: &str, to: &TimeTo, (show, is_work): (TimeShow, bool)) -> Figure {
        let (arrived, waiting) = self.waits(ask, from, to, is_work);
        Figure::Duration {
            median_ms: quantile(&arrived, &waiting, 0.5),
            p90_ms: quantile(&arrived, &waiting, 0.9),
            shows_p90: show == TimeShow::P90,
            reached: arrived.len() as i64,
            open: waiting.len() as i64,
            is_work,
        }
    }

    /// Of those who arrived or wait, how many arrived within the target, where times are told as finely as that.
    pub(crate) fn within_target(&self, ask: &Ask<'_>) -> Option<Figure> {
        let KpiKind::Time { from, to, working_hours, .. } = &ask.kpi.kind else { return None };
        let motion = ask.motion.or(ask.kpi.motion.as_deref());
        let of_motion = motion.and_then(|motion| ask.kpi.target.by_motion.get(motion));
        let Some(Target::Span(span)) = of_motion.or(ask.kpi.target.every.as_ref()) else { return None };
        let ms = match span.unit {
            SpanUnit::Minutes => i64::from(span.count) * 60_000,
            SpanUnit::Hours | SpanUnit::WorkingHours => i64::from(span.count) * MS_PER_HOUR,
            _ => i64::from(span.count) * MS_PER_DAY,
        };
        let (arrived, waiting) = self.waits(ask, from, to, *working_hours);
        let in_time = arrived.iter().filter(|took| **took <= ms).count();
        (rounded_up(ms) == ms).then(|| rate(in_time, arrived.len() + waiting.len()))
    }
}

/// Times are told in whole hours up to a day, whole days up to 120, then in 30 days.
fn rounded_up(ms: i64) -> i64 {
    let unit = match ms {
        ..=MS_PER_DAY => MS_PER_HOUR,
        ms if ms <= 120 * MS_PER_DAY => MS_PER_DAY,
        _ => 30 * MS_PER_DAY,
    };
    (ms + unit - 1).div_euclid(unit) * unit
}

/// The time after which a share has arrived, if those who wait arrive like the others: of those who had not arrived before, so
/// many arrive now. `None` where too many wait to say.
fn quantile(arrived: &[i64], waiting: &[i64], share: f64) -> Option<i64> {
    let mut times = arrived.to_vec();
    times.sort_unstable();
    times.dedup();
    let mut remain = 1.0;
    for time in times {
        let now = arrived.iter().filter(|at| **at == time).count() as f64;
        let not_before = arrived.iter().chain(waiting).filter(|at| **at >= time).count() as f64;
        remain *= 1.0 - now / not_before;
        if remain <= 1.0 - share + 1e-9 {
            return Some(time);
        }
    }
    None
}
