//! How long windows are, and which period is meant by none.

use shiftbell_metrics::definitions::{Kpi, KpiKind, Span, SpanUnit, TimeTo};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::time::{Day, MS_PER_DAY, MS_PER_HOUR};

use super::answer::{Ask, Naive};

impl Naive<'_> {
    /// The period of a question that names none: full weeks whose windows have closed.
    pub(crate) fn default_period(&self, ask: &Ask<'_>) -> Period {
        let workspace = &self.definitions.workspace;
        let today = workspace.zone.day_of(self.now);
        // How things stand is a matter of today.
        if matches!(ask.kpi.kind, KpiKind::Stock { .. } | KpiKind::Worklist { .. }) {
            return Period::of_days(today, today.plus(1), &workspace.zone);
        }
        if let Some(period) = super::revenue::default_period(self.definitions, ask, today) {
            return period;
        }
        let week_start = |day: Day| {
            let mut day = day;
            while day.date().weekday() != workspace.week_starts {
                day = day.plus(-1);
            }
            day
        };
        let window = if ask.in_period { 0 } else { self.longest_window(ask, ask.kpi) };
        let days = i32::try_from((window + MS_PER_DAY - 1) / MS_PER_DAY).expect("a window of days");
        let until = week_start(week_start(today).plus(-days));
        let weeks = i32::try_from(self.definitions.policies.default_period_weeks).expect("some weeks");
        Period::of_days(until.plus(-7 * weeks), until, &workspace.zone)
    }

    fn longest_window(&self, ask: &Ask<'_>, kpi: &Kpi) -> i64 {
        let motion = ask.motion.or(ask.kpi.motion.as_deref());
        let motions = self.definitions.motions.iter().filter(|of| motion.is_none_or(|motion| motion == of.id));
        let longest = |kpi: &Kpi| motions.clone().filter_map(|motion| window(kpi, &motion.id)).max().unwrap_or(0);
        match &kpi.kind {
            KpiKind::Conversion { .. } => longest(kpi),
            // A time waits as long as the conversion between the same two stages.
            KpiKind::Time { from, to: TimeTo::Stage(to), .. } => {
                let is_same = |kpi: &&Kpi| matches!(&kpi.kind, KpiKind::Conversion { from: a, to: b, .. } if a == from && b == to);
                self.definitions.kpis.iter().find(is_same).map_or(0, longest)
            }
            KpiKind::Formula { kpis, .. } => {
                let parts = kpis.iter().filter_map(|slug| self.definitions.kpi(slug));
                parts.map(|part| self.longest_window(ask, part)).max().unwrap_or(0)
            }
            _ => 0,
        }
    }
}

pub(crate) fn window(kpi: &Kpi, motion: &str) -> Option<i64> {
    let KpiKind::Conversion { within, .. } = &kpi.kind else { return None };
    within.of(motion).map(|span: &Span| match span.unit {
        SpanUnit::Minutes => i64::from(span.count) * 60_000,
        SpanUnit::Hours => i64::from(span.count) * MS_PER_HOUR,
        SpanUnit::Days => i64::from(span.count) * MS_PER_DAY,
        SpanUnit::Weeks => i64::from(span.count) * 7 * MS_PER_DAY,
        other => panic!("{other:?} is no window"),
    })
}
