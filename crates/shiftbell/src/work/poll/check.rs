//! The full check once a day: all that the source has, against what was read of it.

use shiftbell_metrics::schedule::moment;
use shiftbell_metrics::time::{Instant, MS_PER_DAY, Zone};
use shiftbell_sources::SourceSettings;
use shiftbell_sources::hubspot::poll::{Listed, Position};
use shiftbell_store::polled;

use super::{PollError, Polled};

/// Whether the time of the check has come since the last one; before the first, since the last round.
pub(super) fn is_due(position: &Position, settings: &SourceSettings, zone: &Zone, now: Instant) -> bool {
    let Some(minute) = settings.asking.full_check else { return false };
    let part = |minute: i64| i8::try_from(minute).unwrap_or(0);
    let time = jiff::civil::time(part(minute / 60), part(minute % 60), 0, 0);
    let today = moment(zone, zone.day_of(now), time);
    let last = if today <= now { today } else { moment(zone, zone.day_of(now.plus_ms(-MS_PER_DAY)), time) };
    let before = position.checked.as_ref().map(|check| check.began).or(position.last_began);
    before.is_some_and(|before| before < last)
}

/// The records that were read of those that are listed.
pub(super) async fn known(of: &Polled<'_>, listed: &Listed) -> Result<Vec<u64>, PollError> {
    let number = |id: u64| i64::try_from(id).unwrap_or(i64::MAX);
    let kind = polled::Of { workspace: &of.workspace.name, source: &of.settings.id, object: listed.object.plural() };
    let mut snapshot = of.db.read().await?;
    let found = polled::between(&mut snapshot, kind, number(listed.above), number(listed.to)).await?;
    Ok(found.into_iter().map(i64::cast_unsigned).collect())
}
