//! One KPI in one period: what it comes to.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::choose::{FORMULA_DEPTH_MAX, kpi_of, length_ms};
use super::compare::length;
use super::rows::Desk;
use super::tally::{Ask, Tallies, Tally, groups, join, of_fact, tally, whole};
use super::told::never;
use super::{Asked, Cannot, Figure, Maturity, Rate, Ways, waiting};
use crate::calendar::{WorkClock, home};
use crate::cell::{bucket_of, edge};
use crate::codec::Name;
use crate::definitions::{
    CountOf, Definitions, FieldName, Kpi, KpiKind, Target, TimeShow, TimeTo, is_economics, is_pipeline, lower,
};
use crate::expression::Expression;
use crate::money::{Currency, Money};
use crate::period::Period;
use crate::segment::Credit;
use crate::time::{Day, Instant, MS_PER_DAY};
use crate::value::Value;

/// What is measured, for whom, when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) asked: &'a Asked<'a>,
    pub(super) desk: &'a Desk<'a>,
    pub(super) kpi: &'a Kpi,
    pub(super) motions: &'a [&'a str],
    pub(super) period: &'a Period,
    pub(super) by: Option<&'a str>,
    /// From segments only, with everything that only they know.
    pub(super) exact: bool,
}

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    pub(super) figure: Figure,
    /// By the value of the dimension asked for; they add up to the whole.
    pub(super) groups: Vec<(Option<Name>, Figure)>,
    pub(super) maturity: Option<Maturity>,
    pub(super) ways: Option<Ways>,
    pub(super) inputs: BTreeMap<String, Figure>,
    /// What has to be said beside it: why there is no value, or what is not in it.
    pub(super) note: Option<String>,
}

impl Measured {
    pub(super) fn only(figure: Figure) -> Measured {
        Measured { figure, groups: Vec::new(), maturity: None, ways: None, inputs: BTreeMap::new(), note: None }
    }

    /// No value, and why.
    pub(super) fn nothing(why: impl Into<String>) -> Measured {
        let note = Some(why.into());
        Measured { note, ..Measured::only(Figure::Number { value: None, is_share: false }) }
    }
}

/// The part of a time that says how many arrived within the target.
pub const WITHIN_TARGET: &str = "within-target";

/// Facts are credited to who did them, else to who owned the record.
const FACT_CREDIT: &[Credit] = &[Credit::Actor, Credit::Owner];
const OWNER_CREDIT: &[Credit] = &[Credit::Owner];
/// What was sourced is credited to the owner of the contact, else of the record.
const SOURCED_CREDIT: &[Credit] = &[Credit::Sourced, Credit::Owner];

impl<'a> Scope<'a> {
    pub(super) fn measure(&self) -> Result<Measured, Cannot> {
        self.measure_within(0)
    }

    fn measure_within(&self, depth: usize) -> Result<Measured, Cannot> {
        match &self.kpi.kind {
            KpiKind::Count { of } => self.count(of),
            KpiKind::Conversion { from, to, .. } if self.asked.question.in_period => self.in_period(from, to),
            KpiKind::Conversion { from, to, .. } => self.conversion(from, to),
            KpiKind::Time { from, to, working_hours, show } => self.time(from, to, *working_hours, *show),
            KpiKind::Sum { of, at } => self.sum(of, at),
            KpiKind::Share { of, also } => Ok(self.over_records(self.shared(of, also)?)),
            KpiKind::Stock { of, filter, have } => self.stock(*of, filter.as_ref(), have.as_ref()),
            KpiKind::Worklist { due, due_by, done } => Ok(self.over_records(self.due(due, due_by, done)?)),
            KpiKind::Formula { kpis, formula, .. } => self.formula(kpis, formula, depth),
            KpiKind::Standard { name, .. } if is_pipeline(name) => self.pipeline(name),
            KpiKind::Standard { name, .. } if is_economics(name) => self.economics(name),
            KpiKind::Standard { name, .. } => self.recurring(name),
        }
    }

    /// What is asked of one series. Facts and stages are credited differently.
    pub(super) fn ask(&self, series: String) -> Ask<'a> {
        let is_sourced = self.kpi.credit.as_deref() == Some("sourced");
        let credit = match series.split_once('/') {
            // A meeting that a colleague holds is the success of whoever found the person.
            Some(("fact" | "closed", _)) | None if is_sourced => SOURCED_CREDIT,
            Some(("fact", _)) => FACT_CREDIT,
            Some(_) | None => OWNER_CREDIT,
        };
        Ask {
            motions: self.motions.to_vec(),
            series,
            period: self.period,
            by: self.by,
            filters: &self.asked.question.filters,
            target: None,
            window: None,
            measure: None,
            names: self.asked.names,
            credit,
            exact: self.exact,
            working: None,
        }
    }

    pub(super) fn tally(&self, ask: &Ask<'_>) -> Result<Tallies, Cannot> {
        tally(self.asked.defs, self.desk, ask)
    }

    pub(super) fn grouped(&self, tallies: &Tallies, figure: impl Fn(&Tally) -> Figure) -> Measured {
        let mut found = Measured::only(figure(&whole(tallies)));
        if self.by.is_some() {
            found.groups = groups(tallies).into_iter().map(|(group, tally)| (group, figure(&tally))).collect();
        }
        found
    }

    fn count(&self, of: &CountOf) -> Result<Measured, Cannot> {
        let count = |tally: &Tally| Figure::Count { count: tally.entered };
        match of {
            CountOf::Stage(stage) => Ok(self.grouped(&self.tally(&self.ask(stage.clone()))?, count)),
            CountOf::Facts(facts) if can_overlap(self.asked.defs, facts) => self.any_of(facts),
            CountOf::Facts(facts) => {
                let mut all = Tallies::new();
                for fact in facts {
                    join(&mut all, self.tally(&self.ask(of_fact(fact)))?);
                }
                Ok(self.grouped(&all, count))
            }
        }
    }

    fn sum(&self, of: &FieldName, at: &CountOf) -> Result<Measured, Cannot> {
        let series = match at {
            CountOf::Stage(stage) => vec![stage.clone()],
            CountOf::Facts(facts) => facts.iter().map(|fact| of_fact(fact)).collect(),
        };
        self.sum_of(of, series)
    }

    pub(super) fn sum_of(&self, of: &FieldName, series: Vec<String>) -> Result<Measured, Cannot> {
        let mut all = Tallies::new();
        for series in series {
            join(&mut all, self.tally(&Ask { measure: Some(of.to_string()), ..self.ask(series) })?);
        }
        let own = self.asked.defs.workspace.currency;
        Ok(self.grouped(&all, |tally| Figure::Money { amounts: amounts(&tally.sums, own), records: tally.entered }))
    }

    /// Those who entered `from` in the period, and how many of them reached `to` within the window of their motion.
    fn conversion(&self, from: &str, to: &str) -> Result<Measured, Cannot> {
        let (mut all, mut maturity) = (Tallies::new(), Maturity::default());
        for motion in self.motions.iter().filter(|motion| !motion.is_empty()) {
            let Some(window) = window_ms(self.kpi, motion) else { continue };
            let ask = Ask {
                motions: vec![motion],
                target: Some(to.to_owned()),
                window: Some(window),
                ..self.ask(from.to_owned())
            };
            let found = self.tally(&ask)?;
            for (day, tallies) in &found {
                let side = if self.is_closed(*day, window) { &mut maturity.closed } else { &mut maturity.running };
                for tally in tallies.values() {
                    side.num += tally.reached;
                    side.den += tally.entered;
                }
            }
            join(&mut all, found);
        }
        let mut found = self.grouped(&all, |tally| Figure::Rate { rate: tally.rate() });
        found.maturity = Some(maturity);
        let Tally { entered, reached, lost, later, .. } = whole(&all);
        found.ways = Some(Ways { entered, reached, lost, neither: entered - reached - lost, later });
        // Cells do not tell who came later: better nothing than a zero that looks like a count.
        found.ways = found.ways.filter(|_| self.exact);
        Ok(found)
    }

    /// Whether the window of everybody who entered on this day has closed.
    fn is_closed(&self, day: Day, window: i64) -> bool {
        self.period.zone.start_of(day.plus(1)).plus_ms(window) <= self.asked.now
    }

    /// Both stages counted in the period, whoever they are: may exceed 100 %.
    fn in_period(&self, from: &str, to: &str) -> Result<Measured, Cannot> {
        let entered = self.tally(&self.ask(from.to_owned()))?;
        let reached = self.tally(&self.ask(to.to_owned()))?;
        let rate = |num: i64, den: i64| Figure::Rate { rate: Rate { num, den } };
        let mut found = Measured::only(rate(whole(&reached).entered, whole(&entered).entered));
        if self.by.is_some() {
            let (entered, reached) = (groups(&entered), groups(&reached));
            let values: BTreeSet<&Option<Name>> = entered.keys().chain(reached.keys()).collect();
            let count = |of: &BTreeMap<Option<Name>, Tally>, value| of.get(value).map_or(0, |tally| tally.entered);
            for value in values {
                found.groups.push((value.clone(), rate(count(&reached, value), count(&entered, value))));
            }
        }
        Ok(found)
    }

    fn time(&self, from: &str, to: &TimeTo, working_hours: bool, show: TimeShow) -> Result<Measured, Cannot> {
        let target = match to {
            TimeTo::Stage(stage) => stage.clone(),
            TimeTo::Fact(fact) => of_fact(fact),
        };
        let clock = working_hours.then(|| self.work_clock());
        let working = clock.as_ref();
        let tallies = self.tally(&Ask { target: Some(target), working, ..self.ask(from.to_owned()) })?;
        let figure = |tallies: &Tallies| {
            let age = |day: Day| waiting::age(day, &self.period.zone, self.asked.now, working);
            let waiting::Waits { median_ms, p90_ms, arrived, waiting } = waiting::waits(tallies, age);
            Figure::Duration {
                median_ms,
                p90_ms,
                shows_p90: show == TimeShow::P90,
                reached: arrived,
                open: waiting,
                is_work: working_hours,
            }
        };
        let mut found = Measured::only(figure(&tallies));
        found.inputs.extend(self.within_target(&whole(&tallies)));
        if self.by.is_some() {
            for group in groups(&tallies).into_keys() {
                let own = tallies
                    .iter()
                    .filter_map(|(day, all)| Some((*day, BTreeMap::from([(group.clone(), all.get(&group)?.clone())]))));
                let own = figure(&own.collect());
                found.groups.push((group, own));
            }
        }
        Ok(found)
    }

    /// Of those who arrived or still wait, how many arrived within the target; where the target lies on the edge of a bucket.
    fn within_target(&self, tally: &Tally) -> Option<(String, Figure)> {
        let target = match self.motions {
            [motion] => self.kpi.target.of(motion),
            _ => self.kpi.target.every.as_ref(),
        };
        let Some(Target::Span(span)) = target else { return None };
        let ms = length(*span).filter(|ms| edge(bucket_of(*ms)) == *ms)?;
        let num = tally.spans.range(..=bucket_of(ms)).map(|(_, n)| n).sum();
        let den = tally.spans.values().sum::<i64>() + waiting::still_waiting(tally);
        Some((WITHIN_TARGET.to_owned(), Figure::Rate { rate: Rate { num, den } }))
    }

    /// The working hours of the company's own place, over everything that a question of this period can reach.
    fn work_clock(&self) -> WorkClock {
        let (from, now) = (self.period.starts_at(), self.asked.now);
        let margin = 2 * MS_PER_DAY;
        WorkClock::new(&home(self.asked.defs), from.plus_ms(-margin), now.plus_ms(margin))
    }

    fn formula(&self, kpis: &[String], formula: &Expression, depth: usize) -> Result<Measured, Cannot> {
        if depth > FORMULA_DEPTH_MAX {
            return Err(Cannot::Circle(self.kpi.label.clone()));
        }
        let (mut inputs, mut why, mut remark) = (BTreeMap::new(), None, None);
        for slug in kpis {
            let kpi = kpi_of(self.asked.defs, slug)?;
            let found = Scope { kpi: &kpi, by: None, ..*self }.part_of_formula(depth)?;
            let of = if has_no_value(&found.figure) { &mut why } else { &mut remark };
            *of = of.take().or(found.note);
            inputs.insert(slug.clone(), found.figure);
        }
        let is_rate = |target: &Target| matches!(target, Target::Rate(_));
        let is_share = self.kpi.target.by_motion.values().chain(&self.kpi.target.every).any(is_rate);
        let found = formula.value(&Inputs { figures: &inputs, now: self.asked.now });
        let mut found = Measured::only(match found {
            Some(Value::Money(money)) => Figure::Money { amounts: vec![money], records: 0 },
            other => Figure::Number { value: other.and_then(|value| value.as_number()), is_share },
        });
        let has_none = has_no_value(&found.figure);
        let nothing = || "a part of it has no value, or it divides by 0".to_owned();
        found.note = if has_none { why.or(remark).or_else(|| Some(nothing())) } else { remark };
        found.inputs = inputs;
        Ok(found)
    }

    /// A KPI as a part of a formula. A sum over facts of which nobody ever told one has no value: it is not zero.
    fn part_of_formula(&self, depth: usize) -> Result<Measured, Cannot> {
        let (mut found, ever) = (self.measure_within(depth + 1)?, self.was_ever_told(self.kpi)?);
        let label = lower(&self.kpi.label);
        match (&self.kpi.kind, &found.figure) {
            (KpiKind::Sum { .. }, _) if !ever => Ok(Measured::nothing(never(&label, self.only_motion()))),
            (KpiKind::Sum { at: CountOf::Facts(_), .. }, Figure::Money { records: 0, .. }) => {
                found.note = Some(format!("no {label} was told for {}, which counts as 0", self.period.label));
                Ok(found)
            }
            (_, _) => Ok(found),
        }
    }
}

fn has_no_value(figure: &Figure) -> bool {
    matches!(figure, Figure::Number { value: None, .. } | Figure::Duration { median_ms: None, .. })
}

/// The window of a conversion in a motion, in milliseconds; `None` where the motion has none.
pub(super) fn window_ms(kpi: &Kpi, motion: &str) -> Option<i64> {
    let KpiKind::Conversion { within, .. } = &kpi.kind else { return None };
    within.of(motion).and_then(|span| length_ms(*span))
}

/// Whether one event could be two of these facts.
fn can_overlap(definitions: &Definitions, facts: &[String]) -> bool {
    let mut seen = BTreeSet::new();
    let mut kinds = facts.iter().filter_map(|fact| definitions.fact(fact)).map(|fact| &fact.events);
    facts.len() > 1 && kinds.any(|kinds| kinds.is_empty() || !kinds.iter().all(|kind| seen.insert(kind)))
}

/// Sums as money, the workspace's own currency first. A sum beyond 64 bits is capped: no company has it.
fn amounts(sums: &BTreeMap<Currency, i128>, own: Currency) -> Vec<Money> {
    let capped = |minor: i128| i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX });
    let others = sums.iter().filter(|(currency, minor)| **currency != own && **minor != 0);
    let first = (&own, sums.get(&own).unwrap_or(&0));
    std::iter::once(first).chain(others).map(|(currency, minor)| Money::new(capped(*minor), *currency)).collect()
}

/// The KPIs of a formula as its fields: a rate as a share of one. Amounts in two currencies have no value.
struct Inputs<'a> {
    figures: &'a BTreeMap<String, Figure>,
    now: Instant,
}

impl crate::expression::Scope for Inputs<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        let value = match self.figures.get(&field.name)? {
            Figure::Count { count } => Value::Number(Decimal::from(*count)),
            Figure::Rate { rate } => Value::Number(rate.percent()? / Decimal::ONE_HUNDRED),
            Figure::Money { amounts, .. } => {
                match amounts.iter().filter(|money| money.minor != 0).collect::<Vec<_>>()[..] {
                    [] => Value::Money(*amounts.first()?),
                    [one] => Value::Money(*one),
                    [_, ..] => return None,
                }
            }
            Figure::Duration { median_ms, p90_ms, shows_p90, .. } => {
                Value::Number(Decimal::from(if *shows_p90 { *p90_ms } else { *median_ms }?))
            }
            Figure::Number { value, .. } => Value::Number((*value)?),
        };
        Some(Cow::Owned(value))
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }
}
