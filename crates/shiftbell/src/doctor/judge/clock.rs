//! Whether this machine's clock is right: signatures with a time more than five minutes off are refused, in both directions.

use shiftbell_metrics::time::{Instant, MS_PER_MINUTE, MS_PER_SECOND};

use super::span;
use crate::doctor::look::{Asked, Found};
use crate::doctor::{Finding, Severity};

/// From here on requests are refused.
const BROKEN_MS: i64 = 5 * MS_PER_MINUTE;
const ODD_MS: i64 = MS_PER_MINUTE;

pub(super) fn judge(found: &Found<'_>) -> Option<Finding> {
    // Where several services tell the time, the one nearest to ours: one service's clock may be wrong, not every one's.
    let (who, ahead_ms) = told(found).into_iter().min_by_key(|(_, ahead_ms)| ahead_ms.abs())?;
    let off_ms = ahead_ms.abs();
    if off_ms < ODD_MS {
        return None;
    }
    let way = if ahead_ms > 0 { "ahead of" } else { "behind" };
    let (severity, what) = if off_ms >= BROKEN_MS {
        (Severity::NeedsYou, "so that signed requests are refused")
    } else {
        (Severity::MayNeedYou, "and from 5 minutes on signed requests are refused")
    };
    let by = if off_ms < 2 * MS_PER_MINUTE { format!("{} seconds", off_ms / MS_PER_SECOND) } else { span(off_ms) };
    let means = format!("This machine's clock is {by} {way} {who}'s, {what}.");
    Some(Finding::new(
        "clock-off",
        severity,
        means,
        "Let the machine set its clock over the network (NTP), and look again.",
    ))
}

/// By how much our clock is ahead of each service that tells the time.
fn told<'a>(found: &'a Found<'_>) -> Vec<(&'a str, i64)> {
    let ahead = |ours: Instant, theirs: Instant| ours.since(theirs);
    let slack = found.slack.as_ref().and_then(|slack| match &slack.bot {
        Some(Asked::Yes(bot)) => Some(("Slack", ahead(slack.asked_at, bot.at?))),
        _ => None,
    });
    let sources = found.sources.iter().filter_map(|source| match &source.told {
        Some(Asked::Yes(told)) => Some((source.name.as_str(), ahead(source.asked_at, told.at?))),
        _ => None,
    });
    slack.into_iter().chain(sources).collect()
}
