//! Rules that speak when something happens: won, leaving, unpaid.

use super::quiet::quiet_until;
use super::{Decision, HoldReason, Reason, Recipient};
use crate::definitions::{Noise, Place, Rule};
use crate::money::Money;
use crate::rollout::{InForce, Receiver};
use crate::time::{Instant, MS_PER_DAY};

/// Everything that decides about one event and one recipient.
#[derive(Clone, Debug)]
pub struct EventFacts<'a> {
    pub rule: &'a Rule,
    pub noise: &'a Noise,
    pub rollout: &'a InForce,
    pub recipient: Recipient<'a>,
    /// Where whoever receives it works; for a channel, the company's own place.
    pub place: &'a Place,
    /// Whether it came by a live delivery: not by import, backfill, rebuild or a new generation.
    pub is_live: bool,
    pub happened_at: Instant,
    pub arrived_at: Instant,
    pub now: Instant,
    /// What it is about, in the workspace's currency; a month for recurring amounts. `None` if not known.
    pub worth: Option<Money>,
    /// A source that it rests on and that is silent.
    pub silent_source: Option<&'a str>,
    pub is_said: bool,
    /// Messages this recipient had today, besides digests.
    pub said_today: u32,
}

/// Decides about one event. The first reason to hold counts; what is worth an unknown amount is not held for being small.
pub fn decide_event(facts: &EventFacts<'_>) -> Decision {
    match hold(facts) {
        Some(reason) => Decision::Hold(reason),
        None => Decision::Notify(Reason::Happened),
    }
}

fn hold(facts: &EventFacts<'_>) -> Option<HoldReason> {
    let rule = facts.rule;
    if let Some(why) = &rule.not_active {
        return Some(HoldReason::NotActive { why: why.clone() });
    }
    if !facts.is_live {
        return Some(HoldReason::NotLive);
    }
    let age_ms = facts.arrived_at.since(facts.happened_at);
    if age_ms > facts.noise.old_news.elapsed_ms().unwrap_or(MS_PER_DAY) {
        return Some(HoldReason::OldNews { age_ms });
    }
    if facts.is_said {
        return Some(HoldReason::AlreadySaid);
    }
    if let (Some(at_least), Some(worth)) = (rule.at_least, facts.worth)
        && worth.major() < at_least
    {
        let worth = format!("{} {}", worth.major(), worth.currency);
        return Some(HoldReason::BelowAtLeast { worth, at_least: at_least.to_string() });
    }
    if !rule.as_message {
        return Some(HoldReason::NextActionOnly);
    }
    if facts.rollout.receiver(facts.recipient) == Receiver::Nobody {
        return Some(HoldReason::NotRolledOut { recipient: facts.recipient.name().to_owned() });
    }
    if let Some(source) = facts.silent_source {
        return Some(HoldReason::SourceSilent { source_name: source.to_owned() });
    }
    if let Some(until) = quiet_until(facts.noise, &rule.id, facts.place, facts.now) {
        return Some(HoldReason::QuietUntil { until });
    }
    let allowed = match facts.recipient {
        Recipient::Person(_) => facts.noise.per_person_a_day,
        Recipient::Channel(_) => facts.noise.per_channel_a_day,
    };
    (facts.said_today >= allowed).then_some(HoldReason::BudgetUsed { allowed })
}
