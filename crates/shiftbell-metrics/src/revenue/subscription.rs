//! One subscription: what was told of it, and what it was worth from when to when.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::coupon::{self, Coupon};
use super::exact::Exact;
use super::item::{Interval, Item, read_amount, read_items};
use super::policy::{ChurnMoment, Paused, Policy};
use super::problem::Problem;
use crate::event::Properties;
use crate::money::Currency;
use crate::time::Instant;
use crate::value::Value;

/// What an event told of a subscription.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    pub at: Instant,
    /// What it sets of the subscription.
    pub set: &'a Properties,
    /// What it says of itself: `change`, `reason`, `effective_at`.
    pub says: &'a Properties,
}

/// Why a subscription ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// It was not paid.
    Involuntary,
    /// The customer said so.
    Voluntary,
    /// Nobody said: never taken for the customer's wish, unless the policy says so.
    Unknown,
}

impl Why {
    pub const ALL: [Why; 3] = [Why::Involuntary, Why::Voluntary, Why::Unknown];

    pub fn word(self) -> &'static str {
        match self {
            Why::Involuntary => "involuntary",
            Why::Voluntary => "voluntary",
            Why::Unknown => "unknown",
        }
    }
}

/// Amounts a month by currency and product.
pub type Parts = BTreeMap<(Currency, String), Exact>;

/// How a subscription stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Not begun, in trial, or without a status.
    Before,
    Runs,
    Paused,
    Ended(Why),
}

/// What a subscription is worth for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) standing: Standing,
    /// What counts as recurring.
    pub(super) recurring: Parts,
    /// What is charged by use, where that is kept apart.
    pub(super) usage: Parts,
    /// What coupons take off that the policy does not take off.
    pub(super) discount: Parts,
}

impl Level {
    fn nothing(standing: Standing) -> Level {
        Level { standing, recurring: Parts::new(), usage: Parts::new(), discount: Parts::new() }
    }
}

/// A subscription over time: each level holds until the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    pub(super) levels: Vec<(Instant, Level)>,
    /// When it was told that it has ended, which may be before what is paid ends.
    pub(super) told_ended: Option<Instant>,
    pub(super) problems: Vec<Problem>,
}

/// First and last instant that a date may name: 1970 and 2100. Beyond is a mistake, or a way to say "never".
const TIMES: std::ops::Range<i64> = 0..4_133_980_800_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Before,
    Trial,
    Active,
    PastDue,
    Unpaid,
    Paused,
    Ended,
}

fn status(word: &str) -> Option<Status> {
    Some(match word.trim().to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
        "future" | "pending" | "incomplete" | "incomplete_expired" | "draft" => Status::Before,
        "trial" | "trialing" | "in_trial" => Status::Trial,
        "active" | "leaving" | "non_renewing" => Status::Active,
        "past_due" | "overdue" => Status::PastDue,
        "unpaid" => Status::Unpaid,
        "paused" | "on_hold" => Status::Paused,
        "ended" | "canceled" | "cancelled" | "expired" => Status::Ended,
        _ => return None,
    })
}

/// Reasons that say that it was not paid. Any other reason is the customer's.
const UNPAID_REASONS: [&str; 7] =
    ["payment_failed", "payment_failure", "payment_disputed", "not_paid", "unpaid", "past_due", "involuntary"];

/// A subscription as of one telling.
#[derive(Clone, Debug)]
struct State {
    status: Status,
    items: Vec<Item>,
    coupons: Vec<Coupon>,
    starts_at: Option<Instant>,
    ends_at: Option<Instant>,
    renews_at: Option<Instant>,
    /// It was said that it will end.
    is_leaving: bool,
    /// Until when it counts after it has ended, and why it ended.
    runs_until: Option<Instant>,
    why: Why,
    reason: Option<String>,
}

/// Lays out what was told of one subscription.
pub(super) fn timeline(told: &[Told<'_>], policy: &Policy, own: Currency) -> Timeline {
    let mut found = Timeline::default();
    let mut changes: Vec<(Instant, &Told<'_>)> =
        told.iter().map(|told| (effective(told, &mut found.problems), told)).collect();
    // A change that takes effect later is one of then, after all that was told before it.
    changes.sort_by_key(|(at, told)| (*at, told.at));
    let mut state = State {
        status: Status::Before,
        items: Vec::new(),
        coupons: Vec::new(),
        starts_at: None,
        ends_at: None,
        renews_at: None,
        is_leaving: false,
        runs_until: None,
        why: Why::Unknown,
        reason: None,
    };
    let mut changes = changes.into_iter().peekable();
    while let Some((at, told)) = changes.next() {
        state.take(at, told, policy, own, &mut found);
        let until = changes.peek().map_or(Instant::LATEST, |(next, _)| *next);
        if until == at {
            continue;
        }
        for at in state.turns(at, until) {
            let level = state.level(at, policy);
            if found.levels.last().is_none_or(|(_, last)| *last != level) {
                found.levels.push((at, level));
            }
        }
    }
    found.problems.sort();
    found.problems.dedup();
    found
}

fn effective(told: &Told<'_>, problems: &mut Vec<Problem>) -> Instant {
    time_of(told.says, "effective_at", problems).flatten().unwrap_or(told.at)
}

/// `None` if nothing was told of it, `Some(None)` if it was taken back or cannot be.
fn time_of(of: &Properties, key: &'static str, problems: &mut Vec<Problem>) -> Option<Option<Instant>> {
    let value = of.get(key)?;
    if *value == Value::Null {
        return Some(None);
    }
    let at = value.as_instant().filter(|at| TIMES.contains(&at.as_ms()));
    if at.is_none() {
        problems.push(Problem::OutOfTime(key, text_of(value)));
    }
    Some(at)
}

fn text_of(value: &Value) -> String {
    value.as_text().map_or_else(|| value.to_json().to_string(), |text| text.to_string())
}

impl State {
    fn take(&mut self, at: Instant, told: &Told<'_>, policy: &Policy, own: Currency, found: &mut Timeline) {
        let change = told.says.get("change").map(text_of).unwrap_or_default();
        self.take_items(told.set, own, &mut found.problems);
        if let Some(coupons) = told.set.get("coupons") {
            self.coupons = coupon::read(&coupons.to_json(), &self.coupons, at, own, &mut found.problems);
        }
        for (key, of) in
            [("starts_at", &mut self.starts_at), ("ends_at", &mut self.ends_at), ("renews_at", &mut self.renews_at)]
        {
            if let Some(time) = time_of(told.set, key, &mut found.problems) {
                *of = time;
            }
        }
        if let Some(reason) = told.says.get("reason").or_else(|| told.set.get("reason")).map(text_of) {
            self.reason = Some(reason).filter(|reason| !reason.trim().is_empty());
        }
        match change.as_str() {
            "cancel_scheduled" => self.is_leaving = true,
            "cancel_withdrawn" | "renewed" => {
                self.is_leaving = false;
                if !told.set.contains_key("ends_at") {
                    self.ends_at = None;
                }
            }
            _ => {}
        }
        if let Some(status) = self.told_status(told.set, &change, &mut found.problems) {
            self.turn_to(status, at, policy, found);
        }
    }

    fn take_items(&mut self, set: &Properties, own: Currency, problems: &mut Vec<Problem>) {
        if let Some(items) = set.get("items") {
            let (items, wrong) = read_items(&items.to_json(), own);
            self.items = items;
            problems.extend(wrong);
            return;
        }
        // A source without items may tell one amount a month.
        let Some(amount) = set.get("monthly_amount") else { return };
        match read_amount(&amount.to_json(), set.get("currency").map(Value::to_json).as_ref(), own) {
            Ok((monthly, currency)) => {
                let product = set.get("product").or_else(|| set.get("plan")).map(text_of).unwrap_or_default();
                let interval = Interval::Month;
                self.items = vec![Item { product, currency, monthly, interval, count: 1, metered: false }];
            }
            Err(problem) => problems.push(problem),
        }
    }

    fn told_status(&self, set: &Properties, change: &str, problems: &mut Vec<Problem>) -> Option<Status> {
        if let Some(value) = set.get("status") {
            let word = text_of(value);
            let known = status(&word);
            if known.is_none() {
                problems.push(Problem::UnknownStatus(word));
            }
            return known;
        }
        match change {
            "started" if self.status == Status::Before => Some(Status::Active),
            "resumed" => Some(Status::Active),
            "paused" => Some(Status::Paused),
            "ended" => Some(Status::Ended),
            _ => None,
        }
    }

    fn turn_to(&mut self, status: Status, at: Instant, policy: &Policy, found: &mut Timeline) {
        let before = std::mem::replace(&mut self.status, status);
        if !matches!(status, Status::Ended | Status::Unpaid) {
            self.runs_until = None;
            found.told_ended = None;
            return;
        }
        if matches!(before, Status::Ended | Status::Unpaid) && self.runs_until.is_some() {
            return;
        }
        let is_unpaid = status == Status::Unpaid || before == Status::PastDue;
        self.why = why(is_unpaid, self.reason.as_deref(), policy);
        // Who was not paying has nothing left to use up.
        let pays = before == Status::Active || (before == Status::Trial && policy.trials_count);
        let paid_until = self.ends_at.or(self.renews_at).filter(|_| pays && !is_unpaid);
        self.runs_until = Some(match policy.churn_moment {
            ChurnMoment::EndOfTerm => paid_until.map_or(at, |until| until.max(at)),
            ChurnMoment::WhenCancelled | ChurnMoment::WhenScheduled => at,
        });
        found.told_ended = Some(at);
    }

    /// The instants from `from` to `until` at which it changes by itself.
    fn turns(&self, from: Instant, until: Instant) -> Vec<Instant> {
        let mut turns = vec![from];
        let by_itself = [self.starts_at, self.ends_at, self.runs_until].into_iter().flatten();
        turns.extend(by_itself.chain(self.coupons.iter().filter_map(|coupon| coupon.until(&self.items))));
        turns.retain(|at| (from..until).contains(at));
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    fn level(&self, at: Instant, policy: &Policy) -> Level {
        if self.status == Status::Before || self.starts_at.is_some_and(|starts| at < starts) {
            return Level::nothing(Standing::Before);
        }
        let is_over = self.ends_at.is_some_and(|ends| at >= ends)
            || self.runs_until.is_some_and(|ends| at >= ends)
            || (self.is_leaving && policy.churn_moment == ChurnMoment::WhenScheduled);
        if is_over {
            let told = self.runs_until.is_some();
            let is_unpaid = self.status == Status::PastDue;
            let why = if told { self.why } else { why(is_unpaid, self.reason.as_deref(), policy) };
            return Level::nothing(Standing::Ended(why));
        }
        match self.status {
            Status::Before => Level::nothing(Standing::Before),
            Status::Trial if !policy.trials_count => Level::nothing(Standing::Before),
            Status::PastDue if !policy.past_due_counts => Level::nothing(Standing::Ended(Why::Involuntary)),
            Status::Paused if policy.paused == Paused::Zero => Level::nothing(Standing::Paused),
            Status::Paused if policy.paused == Paused::Churn => {
                Level::nothing(Standing::Ended(why(false, self.reason.as_deref(), policy)))
            }
            Status::Trial | Status::Active | Status::PastDue | Status::Unpaid | Status::Paused | Status::Ended => {
                self.worth(at, policy)
            }
        }
    }

    fn worth(&self, at: Instant, policy: &Policy) -> Level {
        let mut level = Level::nothing(Standing::Runs);
        for item in &self.items {
            let apart = item.metered && !policy.metered_counts;
            let into = if apart { &mut level.usage } else { &mut level.recurring };
            *into.entry((item.currency, item.product.clone())).or_default() += item.monthly;
        }
        level.discount = coupon::take_off(&mut level.recurring, &self.coupons, &self.items, at, policy);
        for parts in [&mut level.recurring, &mut level.usage, &mut level.discount] {
            parts.retain(|_, amount| !amount.is_zero());
        }
        level
    }
}

fn why(is_unpaid: bool, reason: Option<&str>, policy: &Policy) -> Why {
    let says =
        |reason: &str| UNPAID_REASONS.contains(&reason.trim().to_ascii_lowercase().replace(['-', ' '], "_").as_str());
    match reason {
        _ if is_unpaid => Why::Involuntary,
        Some(reason) if says(reason) => Why::Involuntary,
        Some(_) => Why::Voluntary,
        None if policy.silence_is_voluntary => Why::Voluntary,
        None => Why::Unknown,
    }
}

/// Reads a list under a key; what is no list is none.
pub(super) fn list(json: &Json) -> &[Json] {
    json.as_array().map_or(&[], Vec::as_slice)
}
