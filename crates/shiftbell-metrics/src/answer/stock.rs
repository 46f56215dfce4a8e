//! How many records are in a state now.

use std::borrow::Cow;

use super::rows::{Desk, Read};
use super::{Asked, Figure, Rate};
use crate::contribution::Entry;
use crate::definitions::{FieldName, StageOf};
use crate::expression::{Expression, Scope};
use crate::time::{Day, Instant, Zone};
use crate::value::Value;

/// Days between which every record stands.
const ALL_DAYS: (Day, Day) = (Day(-1_000_000), Day(10_000_000));

/// An open record as a sentence sees it now.
struct Standing<'a> {
    entry: &'a Entry,
    now: Instant,
    zone: &'a Zone,
}

impl Scope for Standing<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        if field.name == "touched_today" {
            let touched = self.entry.state(&format!("{}.last_touch_at", field.of))?.as_instant()?;
            return Some(Cow::Owned(Value::Bool(self.zone.day_of(touched) == self.zone.day_of(self.now))));
        }
        self.entry.state(&field.to_string()).map(Cow::Owned)
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }
}

/// Of the records that `filter` selects, how many `have` holds for; their number where nothing must hold.
pub(super) fn stock(
    asked: &Asked<'_>,
    desk: &Desk<'_>,
    of: StageOf,
    filter: Option<&Expression>,
    have: Option<&Expression>,
) -> Figure {
    let zone = asked.question.period.as_ref().map_or(&asked.defs.workspace.zone, |period| &period.zone);
    let mut rate = Rate::default();
    for entry in open_records(asked, desk, of) {
        let scope = Standing { entry, now: asked.now, zone };
        if filter.is_none_or(|filter| filter.holds(&scope)) {
            rate.den += 1;
            rate.num += i64::from(have.is_some_and(|have| have.holds(&scope)));
        }
    }
    match have {
        Some(_) => Figure::Rate { rate },
        None => Figure::Count { count: rate.den },
    }
}

/// Records of one kind that stand open, of the motion and the person that were asked about.
pub(super) fn open_records<'d>(asked: &Asked<'_>, desk: &'d Desk<'_>, of: StageOf) -> Vec<&'d Entry> {
    let mut records = Vec::new();
    let motions = asked
        .defs
        .motions
        .iter()
        .filter(|motion| asked.question.motion.as_ref().is_none_or(|wanted| *wanted == motion.id));
    for motion in motions {
        for stage in asked.defs.chain.iter().filter(|stage| stage.of == of) {
            let entries = desk.segments(Read::Segments {
                motion: motion.id.clone(),
                series: format!("open/{}", stage.id),
                from: ALL_DAYS.0,
                until: ALL_DAYS.1,
            });
            records.extend(entries.iter().filter(|entry| belongs(asked, entry)));
        }
    }
    records
}

fn belongs(asked: &Asked<'_>, entry: &Entry) -> bool {
    let mine = asked.names.is_empty()
        || entry.owner.as_deref().is_some_and(|owner| asked.names.iter().any(|name| name == owner));
    mine && asked
        .question
        .filters
        .iter()
        .all(|(dimension, value)| entry.dim(dimension).is_some_and(|found| **found == **value))
}
