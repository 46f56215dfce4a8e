//! Funnels: counted from every event, account by account.

use shiftbell_metrics::definitions::{NamedFunnel, SkipPolicy};
use shiftbell_metrics::funnel::{Anchor, Attribution, Cohort, Counting, Follower, Found, Order, Window, plan_of};
use shiftbell_metrics::period::{Period, default_period, parse_period};
use shiftbell_metrics::stats::Counts;
use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_render::facts::{Figure, Footer, SeenBy, Sources};
use shiftbell_render::messages::{FunnelAnswer, FunnelPart, FunnelStepLine};
use shiftbell_store::entities;

use super::{AskError, facts};
use crate::clock::Stopwatch;
use crate::companies::Company;
use crate::program::Program;
use crate::work::past::{Until, journeys};

/// Accounts whose events are read at once.
const ACCOUNTS_AT_ONCE: i64 = 500;

/// Counts a funnel over a period; without one, over the latest full weeks whose window has closed, as every rate is. It reads all
/// events: what it costs grows with them, and it says how long it took.
///
/// # Errors
/// The database's, or events that cannot be read.
pub(crate) async fn counted(
    program: &Program,
    company: &Company,
    funnel: &NamedFunnel,
    period: Option<Period>,
) -> Result<FunnelAnswer, AskError> {
    let began = Stopwatch::start();
    let now = program.clock.now();
    let period = period.unwrap_or_else(|| latest(company, &funnel.rules.window, now));
    let plan = plan_of(company.defs(), funnel);
    let mut follower = Follower::new(funnel, &plan, Cohort { period: &period, now });
    let mut snapshot = program.db.read().await?;
    let mut after = None;
    loop {
        let accounts = entities::accounts_after(&mut snapshot, company.name(), after, ACCOUNTS_AT_ONCE).await?;
        let Some(last) = accounts.last() else { break };
        after = Some(*last);
        for (account, journey) in journeys(&mut snapshot, company, &accounts, Until::Now).await? {
            follower.add(account, &journey);
        }
    }
    drop(snapshot);
    let (events, found) = follower.found();
    Ok(said(company, funnel, &period, &found, events, began.elapsed_s()))
}

/// The period that is typed behind a funnel; none is the latest weeks.
///
/// # Errors
/// A sentence that names what is no period.
pub(crate) fn period_of(program: &Program, company: &Company, words: &str) -> Result<Option<Period>, String> {
    let typed: Vec<&str> = words.split_whitespace().collect();
    if typed.is_empty() {
        return Ok(None);
    }
    let workspace = &company.defs().workspace;
    let today = workspace.zone.day_of(program.clock.now());
    match parse_period(&typed, today, workspace).filter(|(_, used)| *used == typed.len()) {
        Some((period, _)) => Ok(Some(period)),
        None => Err(format!(
            "\"{words}\" is no period. Behind a funnel stands a period such as 2026-Q3, last month or 2026-06-15..2026-09-13, or \
             nothing."
        )),
    }
}

fn latest(company: &Company, window: &Window, now: shiftbell_metrics::time::Instant) -> Period {
    let workspace = &company.defs().workspace;
    let days = match window {
        Window::Elapsed { ms } => u32::try_from((ms + MS_PER_DAY - 1) / MS_PER_DAY).unwrap_or(u32::MAX),
        Window::Days { days, .. } => u32::try_from(*days).unwrap_or(0) + 1,
    };
    default_period(workspace.zone.day_of(now), company.defs().policies.default_period_weeks, days, workspace)
}

fn said(
    company: &Company,
    funnel: &NamedFunnel,
    period: &Period,
    found: &Found,
    events: u64,
    seconds: f64,
) -> FunnelAnswer {
    let rate = |counts: Counts| Figure::rate(counts.num, counts.den);
    let steps = funnel.steps.iter().zip(&found.whole.steps).enumerate().map(|(place, (step, count))| FunnelStepLine {
        label: step.label.clone(),
        reached: count.reached,
        of_first: (place > 0).then(|| rate(found.whole.from_first(place))),
        of_before: (place > 1).then(|| rate(found.whole.from_before(place))),
        median_days: count.median_wait_ms().filter(|_| place > 0).map(days),
        skipped: count.skipped,
    });
    let last = funnel.steps.len() - 1;
    let by = funnel.rules.by.as_ref().map_or("", |(by, _)| by);
    let names = facts::names(company, by, found.parts.keys().map(Option::as_deref));
    let mut parts: Vec<(u64, FunnelPart)> = found
        .parts
        .iter()
        .zip(names)
        .map(|((_, tally), name)| {
            let counts = tally.from_first(last);
            (counts.den, FunnelPart { name, value: rate(counts) })
        })
        .collect();
    parts.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    FunnelAnswer {
        label: funnel.label.clone(),
        scope: funnel.motion.clone(),
        whom: funnel.counted().to_owned(),
        window: window_words(&funnel.rules.window),
        period: period.label.clone(),
        rules: rules(funnel),
        may_exceed: funnel.rules.counting == Counting::Events,
        steps: steps.collect(),
        by: funnel.rules.by.as_ref().map(|(by, _)| by.clone()),
        parts_overlap: matches!(funnel.rules.by, Some((_, Attribution::All))),
        parts: parts.into_iter().map(|(_, part)| part).collect(),
        running: found.whole.running,
        is_mature: found.is_mature,
        events,
        seconds,
        footer: Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None },
    }
}

#[expect(clippy::cast_precision_loss, reason = "days of a wait, shown with one digit")]
fn days(ms: i64) -> f64 {
    ms as f64 / MS_PER_DAY as f64
}

fn window_words(window: &Window) -> String {
    let (count, unit) = match window {
        Window::Days { days, .. } => (i64::from(*days), "calendar day"),
        Window::Elapsed { ms } if ms % MS_PER_DAY == 0 => (ms / MS_PER_DAY, "day"),
        Window::Elapsed { ms } if ms % MS_PER_HOUR == 0 => (ms / MS_PER_HOUR, "hour"),
        Window::Elapsed { ms } => (ms / MS_PER_MINUTE, "minute"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The rules by which it was counted, since other tools choose others.
fn rules(funnel: &NamedFunnel) -> Vec<String> {
    let rules = &funnel.rules;
    if rules.counting == Counting::Events {
        return vec!["each last step credited to the latest first step before it".to_owned()];
    }
    let mut said = vec![match rules.order {
        Order::Ordered => "in order",
        Order::Strict => "in order with nothing else between",
        Order::Any => "in any order",
    }];
    said.push(match rules.anchor {
        Anchor::Best => "from the attempt that went furthest",
        Anchor::First => "from the first attempt",
    });
    if rules.order != Order::Any {
        said.extend(match rules.skips {
            SkipPolicy::Implied => Some("a later step implies those before it"),
            SkipPolicy::Any => Some("each step by itself"),
            SkipPolicy::Strict => None,
        });
    }
    said.into_iter().map(str::to_owned).collect()
}
