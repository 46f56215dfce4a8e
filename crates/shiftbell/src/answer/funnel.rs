//! Funnels: counted from every event, account by account.

use serde::{Deserialize, Serialize};
use serde_json::json;
use shiftbell_metrics::definitions::{Definitions, FunnelStep, NamedFunnel, SkipPolicy};
use shiftbell_metrics::funnel::{Anchor, Attribution, Cohort, Counting, Follower, Found, Order, Window, plan_of};
use shiftbell_metrics::period::{Period, default_period, parse_period};
use shiftbell_metrics::stats::Counts;
use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE};
use shiftbell_render::facts::{Figure, Footer, SeenBy, Sources};
use shiftbell_render::messages::{DigestLine, FunnelAnswer, FunnelPart, FunnelStepLine};
use shiftbell_render::words;
use shiftbell_store::{entities, workspaces};

use super::{AskError, facts, kept};
use crate::clock::Stopwatch;
use crate::companies::Company;
use crate::program::Program;
use crate::work::past::{Until, journeys};

/// Accounts whose events are read at once.
const ACCOUNTS_AT_ONCE: i64 = 500;

/// What is kept of a funnel that was counted: as its message said it, and what each step was then.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct KeptFunnel {
    /// In the definitions; one that was only asked once may have the name of none.
    id: String,
    pub(super) answer: FunnelAnswer,
    /// What each step counts.
    steps: Vec<String>,
    /// `2026-07-01..2026-09-30`
    days: String,
}

impl KeptFunnel {
    /// Each step with what it counts.
    pub(super) fn lines(&self, defs: &Definitions) -> Vec<DigestLine> {
        let command = || format!("/kpi {} {}", self.id, self.days);
        let is_known = defs.funnels.iter().any(|funnel| funnel.id == self.id);
        let line = |(place, (step, made_of)): (usize, (&FunnelStepLine, &String))| {
            let wait = step.median_days.map(|days| format!(", median wait {} days", words::number(days)));
            let of_first = step.of_first.as_ref().map(|share| format!(", {} of the first", share.bare()));
            DigestLine {
                label: step.label.clone(),
                said: [Some(words::count(step.reached)), of_first, wait].into_iter().flatten().collect(),
                made_of: made_of.clone(),
                ask: (place == 0 && is_known).then(command),
            }
        };
        self.answer.steps.iter().zip(&self.steps).enumerate().map(line).collect()
    }
}

/// Any of its facts, by motion; of a funnel of one motion only those that count in it.
fn made_of(step: &FunnelStep, only: Option<&str>) -> String {
    let words = |facts: &Vec<String>| facts.iter().map(|fact| fact.replace('-', " ")).collect::<Vec<_>>().join(" or ");
    let counts = |motion: &str| only.is_none_or(|only| motion.is_empty() || motion == only);
    let by_motion = step.facts.iter().filter(|(motion, _)| counts(motion)).map(|(motion, facts)| match only {
        None if !motion.is_empty() => format!("in {motion} {}", words(facts)),
        None | Some(_) => words(facts),
    });
    by_motion.collect::<Vec<_>>().join(", ")
}

/// Counts a funnel over a period; without one, over the latest full weeks whose window has closed, as every rate is. It reads all
/// events: what it costs grows with them, and it says how long it took. Its receipt says what each step counted.
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
    let mark = workspaces::mark(&mut snapshot, company.name()).await?;
    let mut after = None;
    loop {
        let accounts = entities::accounts_after(&mut snapshot, company.name(), after, ACCOUNTS_AT_ONCE).await?;
        let Some(last) = accounts.last() else { break };
        after = Some(*last);
        for (account, journey) in journeys(&mut snapshot, company, &accounts, Until::Now).await? {
            follower.add(account, &journey);
        }
    }
    let (events, found) = follower.found();
    let answer = said(company, funnel, &period, &found, events, began.elapsed_s());
    let kept = KeptFunnel {
        id: funnel.id.clone(),
        answer: answer.clone(),
        steps: funnel.steps.iter().map(|step| made_of(step, funnel.motion.as_deref())).collect(),
        days: format!("{}..{}", period.from.date(), period.until.plus(-1).date()),
    };
    let body = json!({ "funnel": kept, "questions": [], "asked_at": now });
    let receipt = kept::keep_body(&mut snapshot, program, company, serde_json::to_string(&body)?, (now, mark)).await?;
    let footer = Footer { receipt: Some(receipt), ..answer.footer };
    Ok(FunnelAnswer { footer, ..answer })
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
