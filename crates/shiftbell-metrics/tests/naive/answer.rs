//! What a question comes to, counted entry by entry.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use shiftbell_metrics::answer::{Figure, Maturity, Rate};
use shiftbell_metrics::definitions::{CountOf, Definitions, FieldName, Kpi, KpiKind, StageOf, Target};
use shiftbell_metrics::expression::Expression;
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::account::Account;
use super::entries::{Entry, Known};
use super::revenue::Moved;
use super::sentences::{Open, Parts};
use super::windows::window;
use super::worklists::{List, rate_of};
use super::{facts, ledger, stages};

/// A company as the naive side knows it: every entry of every account.
pub(crate) struct Naive<'d> {
    pub(crate) definitions: &'d Definitions,
    pub(crate) now: Instant,
    pub(crate) entries: Vec<Entry>,
    pub(crate) moved: Vec<Moved>,
}

/// What is asked of a KPI.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) kpi: &'a Kpi,
    pub(crate) motion: Option<&'a str>,
    /// Dimension and value; `None` where it must not be known.
    pub(crate) filters: Vec<(String, Option<String>)>,
    /// Names of the person to whom it must be credited.
    pub(crate) names: Vec<String>,
    pub(crate) period: Period,
    pub(crate) in_period: bool,
}

pub(crate) fn naive<'d>(definitions: &'d Definitions, accounts: &'d [Account], now: Instant) -> Naive<'d> {
    let mut found = Naive { definitions, now, entries: Vec::new(), moved: Vec::new() };
    for account in accounts {
        let movements = ledger::movements(definitions, account);
        let mut all = facts::occurrences(definitions, account);
        all.extend(super::revenue::occurrences(definitions, account, &movements));
        all.sort_by_key(|seen| seen.at);
        let ways = stages::ways(definitions, account, &all);
        let known = Known { definitions, account, now, all, ways };
        found.entries.extend(known.entries());
        found.moved.extend(super::revenue::moved(&known, &movements));
    }
    found
}

pub(crate) fn number(value: Option<Decimal>) -> Figure {
    Figure::Number { value, is_share: false }
}

pub(crate) fn rate(num: usize, den: usize) -> Figure {
    Figure::Rate { rate: Rate { num: num as i64, den: den as i64 } }
}

fn judged(entries: &[(&Entry, bool)]) -> Figure {
    rate(entries.iter().filter(|(_, is_good)| *is_good).count(), entries.len())
}

impl<'d> Naive<'d> {
    /// `None` where the question makes no sense.
    pub(crate) fn figure(&self, ask: &Ask<'_>) -> Option<Figure> {
        if ask.kpi.not_active.is_some() {
            return None;
        }
        if let (Some(motion), Some(only)) = (ask.motion, &ask.kpi.motion)
            && motion != only
        {
            return None;
        }
        if matches!(&ask.kpi.kind, KpiKind::Conversion { .. })
            && ask.motion.is_some_and(|motion| window(ask.kpi, motion).is_none())
        {
            return None;
        }
        Some(match &ask.kpi.kind {
            KpiKind::Count { of: CountOf::Stage(stage) } => {
                Figure::Count { count: self.within(ask, stage).len() as i64 }
            }
            KpiKind::Count { of: CountOf::Facts(facts) } => {
                Figure::Count { count: self.any_of(ask, facts).len() as i64 }
            }
            KpiKind::Conversion { from, to, .. } if ask.in_period => {
                rate(self.within(ask, to).len(), self.within(ask, from).len())
            }
            KpiKind::Conversion { from, to, .. } => {
                let entered = self.entered(ask, from);
                let reached = entered.iter().filter(|(entry, window)| in_time(entry, to, *window)).count();
                rate(reached, entered.len())
            }
            KpiKind::Time { from, to, show, working_hours } => self.time(ask, from, to, (*show, *working_hours)),
            KpiKind::Sum { of, at } => self.sum(ask, of, at),
            KpiKind::Share { of, also } => judged(&self.also(ask, of, also)),
            KpiKind::Stock { of, filter, have } => {
                let standing = self.standing(ask, *of, filter.as_ref(), have.as_ref());
                if have.is_some() { judged(&standing) } else { Figure::Count { count: standing.len() as i64 } }
            }
            KpiKind::Formula { formula, .. } => self.formula(ask, formula)?,
            KpiKind::Standard { name, .. } => self.standard(ask, name)?,
            KpiKind::Worklist { due, due_by, done } => rate_of(self.due(ask, List { due, due_by, done })?.iter()),
        })
    }

    /// Whether an entry counts for whoever asks, whenever it was.
    pub(crate) fn counts(&self, ask: &Ask<'_>, entry: &Entry) -> bool {
        let is_sourced = ask.kpi.credit.as_deref() == Some("sourced");
        let is_fact = entry.series.starts_with("fact/");
        let is_open = entry.series.starts_with("open/");
        let first = if is_sourced && !is_open {
            &entry.sourced
        } else if is_fact {
            &entry.actor
        } else {
            &None
        };
        let credited = first.as_ref().or(entry.owner.as_ref());
        let motion = ask.motion.or(ask.kpi.motion.as_deref());
        motion.is_none_or(|motion| motion == entry.motion)
            && ask.filters.iter().all(|(dimension, value)| entry.dims.get(dimension) == value.as_ref())
            && (ask.names.is_empty() || credited.is_some_and(|by| ask.names.contains(by)))
    }

    /// The entries of a series in the period.
    pub(crate) fn within(&self, ask: &Ask<'_>, series: &str) -> Vec<&Entry> {
        let (from, until) = (ask.period.starts_at(), ask.period.ends_at());
        let entries =
            self.entries.iter().filter(|entry| entry.series == series && from <= entry.at && entry.at < until);
        entries.filter(|entry| self.counts(ask, entry)).collect()
    }

    /// Events that are any of these facts, each once.
    pub(crate) fn any_of(&self, ask: &Ask<'_>, facts: &[String]) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = Vec::new();
        for (index, name) in facts.iter().enumerate() {
            for entry in self.within(ask, &fact(name)) {
                let is_same =
                    |other: &&Entry| (&other.who, &other.event, other.at) == (&entry.who, &entry.event, entry.at);
                if index == 0 || !found.iter().any(is_same) {
                    found.push(entry);
                }
            }
        }
        found
    }

    /// Those who entered a conversion in the period, with the window of their motion.
    fn entered(&self, ask: &Ask<'_>, from: &str) -> Vec<(&Entry, i64)> {
        let entered = self.within(ask, from).into_iter();
        entered.filter_map(|entry| Some((entry, window(ask.kpi, &entry.motion)?))).collect()
    }

    /// Of those who entered on days whose windows have closed, and of the others.
    pub(crate) fn maturity(&self, ask: &Ask<'_>) -> Option<Maturity> {
        let KpiKind::Conversion { from, to, .. } = &ask.kpi.kind else { return None };
        let mut found = Maturity::default();
        for (entry, window) in self.entered(ask, from) {
            let zone = &ask.period.zone;
            let last = zone.start_of(zone.day_of(entry.at).plus(1)).plus_ms(window);
            let side = if last <= self.now { &mut found.closed } else { &mut found.running };
            side.den += 1;
            side.num += i64::from(in_time(entry, to, window));
        }
        Some(found)
    }

    fn sum(&self, ask: &Ask<'_>, of: &FieldName, at: &CountOf) -> Figure {
        let entries: Vec<&Entry> = match at {
            CountOf::Stage(stage) => self.within(ask, stage),
            CountOf::Facts(facts) => facts.iter().flat_map(|name| self.within(ask, &fact(name))).collect(),
        };
        self.added_up(&entries, &of.to_string())
    }

    pub(crate) fn added_up(&self, entries: &[&Entry], of: &str) -> Figure {
        let mut sums: BTreeMap<Currency, i64> = BTreeMap::new();
        for money in entries.iter().filter_map(|entry| entry.sums.get(of)) {
            *sums.entry(money.currency).or_default() += money.minor;
        }
        let own = Money::new(
            sums.remove(&self.definitions.workspace.currency).unwrap_or(0),
            self.definitions.workspace.currency,
        );
        let others =
            sums.into_iter().filter(|(_, minor)| *minor != 0).map(|(currency, minor)| Money::new(minor, currency));
        Figure::Money { amounts: std::iter::once(own).chain(others).collect(), records: entries.len() as i64 }
    }

    /// The events that are one fact, and whether each is another too.
    pub(crate) fn also(&self, ask: &Ask<'_>, of: &str, also: &str) -> Vec<(&Entry, bool)> {
        let those = self.within(ask, &fact(also));
        let is_both = |entry: &Entry| those.iter().any(|one| (&one.who, &one.event) == (&entry.who, &entry.event));
        self.within(ask, &fact(of)).into_iter().map(|entry| (entry, is_both(entry))).collect()
    }

    /// The records that stand in a state, and whether each has what it should have.
    pub(crate) fn standing(
        &self,
        ask: &Ask<'_>,
        of: StageOf,
        filter: Option<&Expression>,
        have: Option<&Expression>,
    ) -> Vec<(&Entry, bool)> {
        let stands = |entry: &&Entry| {
            let stage = entry.series.strip_prefix("open/").and_then(|stage| self.definitions.stage(stage));
            // Who has won and not begun is a customer, not a deal.
            stage.is_some_and(|stage| if stage.id == "won" { of == StageOf::Customer } else { stage.of == of })
        };
        let standing = self.entries.iter().filter(stands).filter(|entry| self.counts(ask, entry));
        let standing = standing.filter(|entry| filter.is_none_or(|filter| filter.holds(&self.open(ask, entry))));
        standing.map(|entry| (entry, have.is_none_or(|have| have.holds(&self.open(ask, entry))))).collect()
    }

    /// A record that stands open, as sentences see it.
    pub(crate) fn open(&self, ask: &Ask<'_>, entry: &Entry) -> Open {
        let own = self.definitions.workspace.currency;
        let of = self.moved.iter().filter(|one| one.entry.who == entry.who && one.currency == own);
        let paid = of
            .filter(|one| !super::revenue::BESIDE.contains(&one.kind) && one.entry.at <= self.now)
            .map(|one| one.grains)
            .sum();
        Open {
            entry: entry.clone(),
            now: self.now,
            zone: ask.period.zone.clone(),
            mrr: super::revenue::money(paid, own),
        }
    }

    fn formula(&self, ask: &Ask<'_>, formula: &Expression) -> Option<Figure> {
        let mut parts = BTreeMap::new();
        for field in formula.fields() {
            let kpi = self.definitions.kpi(&field.name).expect("a KPI of the file");
            // What nobody ever told is not zero.
            if let KpiKind::Sum { at: CountOf::Facts(facts), .. } = &kpi.kind {
                let of = Ask { kpi, ..ask.clone() };
                let is_told = |entry: &Entry| facts.iter().any(|name| entry.series == fact(name));
                if !self.entries.iter().any(|entry| is_told(entry) && self.counts(&of, entry)) {
                    return Some(Figure::Number { value: None, is_share: false });
                }
            }
            parts.insert(field.name.clone(), self.figure(&Ask { kpi, ..ask.clone() })?);
        }
        let is_rate = |target: &Target| matches!(target, Target::Rate(_));
        let is_share = ask.kpi.target.by_motion.values().chain(&ask.kpi.target.every).any(is_rate);
        Some(match formula.value(&Parts(&parts)) {
            Some(Value::Money(money)) => Figure::Money { amounts: vec![money], records: 0 },
            other => Figure::Number { value: other.and_then(|value| value.as_number()), is_share },
        })
    }
}

pub(crate) fn fact(name: &str) -> String {
    format!("fact/{name}")
}

/// Exactly as long after as the window is still within.
fn in_time(entry: &Entry, to: &str, window: i64) -> bool {
    entry.then.get(to).is_some_and(|at| at.since(entry.at) <= window)
}
