//! The arithmetic of every kind of KPI.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::compare::{against, chance, standout};
use super::rows::Desk;
use super::tally::{Credit, Selection, Tally};
use super::{Answer, Asked, Before, Cannot, Chance, Figure, Maturity, Newer, Outcome, Part, Rate, Read, Rows, Ways};
use crate::definitions::{CountOf, FieldName, Kpi, KpiKind, Target, TimeShow, TimeTo};
use crate::expression::Scope;
use crate::period::{Period, default_period, full_weeks_before, previous, previous_at_same_age, week_start};
use crate::time::{Instant, MS_PER_DAY};
use crate::value::Value;

/// Most values shown in a breakdown; the rest is added up as "other".
const PARTS_MAX: usize = 50;

/// Answers a question from rows, or says which rows it needs.
pub fn ask(asked: &Asked<'_>, rows: &Rows) -> Outcome {
    let desk = Desk::new(rows);
    let answer = Ask { asked, desk: &desk }.answer();
    match answer {
        Err(why) => Outcome::Cannot(why),
        Ok(answer) => match desk.missing() {
            needed if needed.is_empty() => Outcome::Answer(Box::new(answer)),
            needed => Outcome::Need(needed),
        },
    }
}

/// What became of everyone who entered a conversion: `None` for any other kind of KPI, or with the rows it needs.
pub fn ways(asked: &Asked<'_>, rows: &Rows) -> Result<Option<Ways>, Vec<Read>> {
    let desk = Desk::new(rows);
    let ask = Ask { asked, desk: &desk };
    let ways = ask.ways();
    match desk.missing() {
        needed if needed.is_empty() => Ok(ways),
        needed => Err(needed),
    }
}

struct Ask<'a> {
    asked: &'a Asked<'a>,
    desk: &'a Desk<'a>,
}

/// What a KPI measures in one motion, ready to be added up over a period.
struct Measure<'a> {
    kpi: &'a Kpi,
    /// One, or every motion added up.
    motions: Vec<&'a str>,
    window_ms: Option<i64>,
}

impl<'a> Ask<'a> {
    fn answer(&self) -> Result<Answer, Cannot> {
        let (defs, question) = (self.asked.defs, self.asked.question);
        let kpi = defs.kpi(&question.kpi).ok_or_else(|| Cannot::NoKpi(question.kpi.clone()))?;
        let measure = self.measure(kpi)?;
        let period = self.period(&measure);
        let figure = self.figure(&measure, &period, &question.filters)?;
        let mut answer = self.bare(&measure, period, figure);
        self.add_maturity(&measure, &mut answer);
        self.add_before(&measure, &mut answer)?;
        self.add_target(&measure, &mut answer);
        self.add_standout(&measure, &mut answer);
        self.add_parts(&measure, &mut answer)?;
        Ok(answer)
    }

    fn ways(&self) -> Option<Ways> {
        let kpi = self.asked.defs.kpi(&self.asked.question.kpi)?;
        let measure = self.measure(kpi).ok()?;
        let KpiKind::Conversion { from, to, .. } = &kpi.kind else { return None };
        let period = self.period(&measure);
        let motion = measure.motions.first()?;
        let mut selection = self.selection(&measure, motion, from, &period, &self.asked.question.filters);
        selection.target = Some(to);
        (!self.asked.question.in_period).then(|| selection.ways(self.desk))
    }

    fn measure(&self, kpi: &'a Kpi) -> Result<Measure<'a>, Cannot> {
        let (defs, question) = (self.asked.defs, self.asked.question);
        if let Some(why) = &kpi.not_active {
            return Err(Cannot::NotActive(why.clone()));
        }
        let label = |id: &str| defs.motion(id).map_or_else(|| id.to_owned(), |motion| motion.id.clone());
        if let (Some(only), Some(wanted)) = (&kpi.motion, &question.motion)
            && only != wanted
        {
            return Err(Cannot::OtherMotion { kpi: kpi.label.clone(), motion: label(only) });
        }
        let one = question.motion.as_deref().or(kpi.motion.as_deref());
        let motions: Vec<&str> = match one {
            Some(id) => defs.motions.iter().filter(|motion| motion.id == id).map(|motion| motion.id.as_str()).collect(),
            None => defs.motions.iter().map(|motion| motion.id.as_str()).collect(),
        };
        let window_ms = match &kpi.kind {
            KpiKind::Conversion { within, .. } => {
                let [motion] = motions.as_slice() else {
                    return Err(Cannot::NeedsMotion(motions.join(", ")));
                };
                let missing = || Cannot::NotInMotion { kpi: kpi.label.clone(), motion: label(motion) };
                Some(within.of(motion).and_then(|span| span.elapsed_ms()).ok_or_else(missing)?)
            }
            KpiKind::Time { .. }
            | KpiKind::Count { .. }
            | KpiKind::Sum { .. }
            | KpiKind::Share { .. }
            | KpiKind::Stock { .. }
            | KpiKind::Worklist { .. }
            | KpiKind::Formula { .. }
            | KpiKind::Standard { .. } => None,
        };
        Ok(Measure { kpi, motions, window_ms })
    }

    fn period(&self, measure: &Measure<'_>) -> Period {
        let workspace = &self.asked.defs.workspace;
        let today = workspace.zone.day_of(self.asked.now);
        let weeks = self.asked.defs.policies.default_period_weeks;
        let waits_ms = if self.asked.question.in_period { None } else { self.waits_ms(measure) };
        match (&self.asked.question.period, waits_ms) {
            (Some(period), _) => period.clone(),
            (None, Some(window)) => {
                let days = u32::try_from((window + MS_PER_DAY - 1) / MS_PER_DAY).unwrap_or(u32::MAX);
                default_period(today, weeks, days, workspace)
            }
            (None, None) => full_weeks_before(today, weeks, workspace.week_starts, &workspace.zone),
        }
    }

    /// How long one waits until the last who entered has arrived: the window, for a time that of the same two stages.
    fn waits_ms(&self, measure: &Measure<'_>) -> Option<i64> {
        let KpiKind::Time { from, to: TimeTo::Stage(to), .. } = &measure.kpi.kind else { return measure.window_ms };
        let [motion] = measure.motions.as_slice() else { return None };
        self.asked.defs.kpis.iter().find_map(|kpi| match &kpi.kind {
            KpiKind::Conversion { from: a, to: b, within, .. } if a == from && b == to => {
                within.of(motion)?.elapsed_ms()
            }
            _ => None,
        })
    }

    fn bare(&self, measure: &Measure<'_>, period: Period, figure: Figure) -> Answer {
        let (defs, question) = (self.asked.defs, self.asked.question);
        let label = |id: &String| defs.stage(id).map_or_else(|| id.clone(), |stage| stage.label.clone());
        let (from, to) = match &measure.kpi.kind {
            KpiKind::Conversion { from, to, .. } => (Some(label(from)), Some(label(to))),
            KpiKind::Time { from, to: TimeTo::Stage(to) | TimeTo::Fact(to), .. } => {
                (Some(label(from)), Some(label(to)))
            }
            KpiKind::Count { .. }
            | KpiKind::Sum { .. }
            | KpiKind::Share { .. }
            | KpiKind::Stock { .. }
            | KpiKind::Worklist { .. }
            | KpiKind::Formula { .. }
            | KpiKind::Standard { .. } => (None, None),
        };
        let motion = match measure.motions.as_slice() {
            [one] => Some((*one).to_owned()),
            _ => None,
        };
        let window =
            motion.as_deref().and_then(|motion| super::window_of(measure.kpi, motion)).map(ToString::to_string);
        let is_too_few = matches!(&figure, Figure::Rate { rate } if rate.den < i64::from(defs.policies.too_few));
        Answer {
            kpi: measure.kpi.slug.clone(),
            label: measure.kpi.label.clone(),
            motion,
            from,
            to,
            figure,
            period,
            is_default_period: question.period.is_none(),
            window,
            in_period: question.in_period,
            filters: question.filters.clone(),
            version: measure.kpi.version.clone(),
            maturity: None,
            newer: None,
            before: None,
            target: None,
            standout: None,
            by: question.by.clone(),
            parts: Vec::new(),
            ways: None,
            is_too_few,
            inputs: BTreeMap::new(),
        }
    }

    /// The entries of a series in one motion, as the question limits them.
    fn selection<'s>(
        &'s self,
        measure: &'s Measure<'_>,
        motion: &'s str,
        series: &'s str,
        period: &'s Period,
        filters: &'s [(String, String)],
    ) -> Selection<'s> {
        let sourced = measure.kpi.credit.as_deref() == Some("sourced");
        let credit = match series.starts_with("fact/") {
            true => Credit::Actor,
            false if sourced => Credit::Sourced,
            false => Credit::Owner,
        };
        Selection {
            defs: self.asked.defs,
            now: self.asked.now,
            motion,
            series,
            period,
            filters,
            names: self.asked.names,
            credit,
            target: None,
            window_ms: measure.window_ms,
            measure: None,
        }
    }

    /// The number over a period.
    fn figure(&self, measure: &Measure<'_>, period: &Period, filters: &[(String, String)]) -> Result<Figure, Cannot> {
        let own = self.asked.defs.workspace.currency;
        let whole = |part: &Tallied| part.figure(measure, own);
        match &measure.kpi.kind {
            KpiKind::Share { of, also } => Ok(Figure::Rate { rate: self.share(measure, of, also, period, filters) }),
            KpiKind::Stock { of, filter, have } => {
                Ok(super::stock::stock(self.asked, self.desk, *of, filter.as_ref(), have.as_ref()))
            }
            KpiKind::Formula { kpis, formula, .. } => self.formula(measure, kpis, formula, period, filters),
            KpiKind::Count { of: CountOf::Facts(facts) } if facts.len() > 1 => {
                Ok(Figure::Count { count: self.distinct(measure, facts, period, filters) })
            }
            KpiKind::Count { .. } | KpiKind::Sum { .. } | KpiKind::Conversion { .. } | KpiKind::Time { .. } => {
                Ok(whole(&self.tallied(measure, period, filters)))
            }
            KpiKind::Worklist { .. } | KpiKind::Standard { .. } => {
                Err(Cannot::NotActive(format!("{} is not active yet", measure.kpi.label)))
            }
        }
    }

    /// Adds up every series and motion that the KPI counts.
    fn tallied(&self, measure: &Measure<'_>, period: &Period, filters: &[(String, String)]) -> Tallied {
        let mut sum = Tallied::default();
        self.each_series(measure, |motion, series, target, field| {
            let mut selection = self.selection(measure, motion, series, period, filters);
            selection.target = target;
            selection.measure = field;
            if self.asked.question.in_period && target.is_some() {
                selection.target = None;
                selection.window_ms = None;
                sum.entered.add(&selection.tally(self.desk), 1);
                selection.series = target.unwrap_or_default();
                sum.arrived.add(&selection.tally(self.desk), 1);
            } else {
                sum.entered.add(&selection.tally(self.desk), 1);
            }
        });
        sum.in_period = self.asked.question.in_period;
        sum
    }

    /// The same by the values of a dimension.
    fn tallied_by(&self, measure: &Measure<'_>, period: &Period, dimension: &str) -> BTreeMap<String, Tallied> {
        let mut parts: BTreeMap<String, Tallied> = BTreeMap::new();
        let in_period = self.asked.question.in_period;
        self.each_series(measure, |motion, series, target, field| {
            let mut selection = self.selection(measure, motion, series, period, &self.asked.question.filters);
            selection.target = target.filter(|_| !in_period);
            selection.measure = field;
            if in_period {
                selection.window_ms = None;
            }
            for (value, tally) in selection.tally_by(self.desk, dimension) {
                parts.entry(value).or_default().entered.add(&tally, 1);
            }
            if let (true, Some(target)) = (in_period, target) {
                selection.series = target;
                for (value, tally) in selection.tally_by(self.desk, dimension) {
                    parts.entry(value).or_default().arrived.add(&tally, 1);
                }
            }
        });
        parts.values_mut().for_each(|part| part.in_period = in_period);
        parts
    }

    /// Calls with motion, series, target and measure of everything that the KPI adds up.
    fn each_series(&self, measure: &Measure<'_>, mut call: impl FnMut(&str, &str, Option<&str>, Option<&str>)) {
        for motion in &measure.motions {
            match &measure.kpi.kind {
                KpiKind::Conversion { from, to, .. } => call(motion, from, Some(to), None),
                KpiKind::Time { from, to: TimeTo::Stage(to), .. } => call(motion, from, Some(to), None),
                KpiKind::Time { from, to: TimeTo::Fact(fact), .. } => {
                    call(motion, from, Some(&format!("fact/{fact}")), None);
                }
                KpiKind::Count { of } => each_of(of, |series| call(motion, series, None, None)),
                KpiKind::Sum { of, at } => {
                    let field = of.to_string();
                    each_of(at, |series| call(motion, series, None, Some(&field)));
                }
                KpiKind::Share { .. }
                | KpiKind::Stock { .. }
                | KpiKind::Worklist { .. }
                | KpiKind::Formula { .. }
                | KpiKind::Standard { .. } => {}
            }
        }
    }

    /// How many events were any of these facts: an event that is two of them counts once.
    fn distinct(&self, measure: &Measure<'_>, facts: &[String], period: &Period, filters: &[(String, String)]) -> i64 {
        let mut seen = BTreeSet::new();
        for motion in &measure.motions {
            for fact in facts {
                let series = format!("fact/{fact}");
                let selection = self.selection(measure, motion, &series, period, filters);
                seen.extend(selection.entries(self.desk).map(|entry| (entry.entity, entry.event)));
            }
        }
        i64::try_from(seen.len()).unwrap_or(i64::MAX)
    }

    fn share(
        &self,
        measure: &Measure<'_>,
        of: &str,
        also: &str,
        period: &Period,
        filters: &[(String, String)],
    ) -> Rate {
        let mut rate = Rate::default();
        for motion in &measure.motions {
            let (of, also) = (format!("fact/{of}"), format!("fact/{also}"));
            let also = self.selection(measure, motion, &also, period, filters);
            let matched: BTreeSet<_> = also.entries(self.desk).map(|entry| (entry.entity, entry.event)).collect();
            let of = self.selection(measure, motion, &of, period, filters);
            for entry in of.entries(self.desk) {
                rate.den += 1;
                rate.num += i64::from(matched.contains(&(entry.entity, entry.event)));
            }
        }
        rate
    }

    fn formula(
        &self,
        measure: &Measure<'_>,
        kpis: &[String],
        formula: &crate::expression::Expression,
        period: &Period,
        filters: &[(String, String)],
    ) -> Result<Figure, Cannot> {
        let mut inputs = Inputs { values: BTreeMap::new(), now: self.asked.now };
        for slug in kpis {
            let kpi = self.asked.defs.kpi(slug).ok_or_else(|| Cannot::NoKpi(slug.clone()))?;
            let part = self.measure(kpi)?;
            let figure = self.figure(&part, period, filters)?;
            inputs.values.insert(slug.clone(), value_of(&figure));
        }
        let is_share = measure.kpi.target.by_motion.values().chain(&measure.kpi.target.every).any(is_rate);
        let value = formula.value(&inputs);
        match value {
            Some(Value::Money(money)) => Ok(Figure::Money { amounts: vec![money], records: 0 }),
            other => Ok(Figure::Number { value: other.and_then(|value| value.as_number()), is_share }),
        }
    }

    fn add_maturity(&self, measure: &Measure<'_>, answer: &mut Answer) {
        if measure.window_ms.is_none() || answer.in_period {
            return;
        }
        let whole = self.tallied(measure, &answer.period, &answer.filters).entered;
        answer.maturity = Some(Maturity { closed: whole.closed, running: whole.running });
        if answer.is_default_period {
            let workspace = &self.asked.defs.workspace;
            let until = week_start(workspace.zone.day_of(self.asked.now), workspace.week_starts);
            if answer.period.until < until {
                let period = Period::of_days(answer.period.until, until, &workspace.zone);
                let rate = self.tallied(measure, &period, &answer.filters).entered.rate();
                answer.newer = Some(Newer { period, rate });
            }
        }
    }

    fn add_before(&self, measure: &Measure<'_>, answer: &mut Answer) -> Result<(), Cannot> {
        if matches!(measure.kpi.kind, KpiKind::Stock { .. }) {
            return Ok(());
        }
        let today = answer.period.zone.day_of(self.asked.now);
        let period = match &self.asked.question.versus {
            Some(versus) => versus.clone(),
            None if answer.is_default_period => previous(&answer.period),
            None => previous_at_same_age(&answer.period, today),
        };
        let figure = self.figure(measure, &period, &answer.filters)?;
        let chance = match (&answer.figure, &figure) {
            (Figure::Rate { rate: now }, Figure::Rate { rate: before }) if !answer.in_period => {
                chance(*now, *before, self.asked.defs.policies.too_few)
            }
            _ => Chance::NotJudged,
        };
        answer.before = Some(Before { period, figure, chance });
        Ok(())
    }

    fn add_target(&self, measure: &Measure<'_>, answer: &mut Answer) {
        let target = match measure.motions.as_slice() {
            [motion] => measure.kpi.target.of(motion),
            _ => measure.kpi.target.every.as_ref(),
        };
        if let Some(target) = target
            && !answer.in_period
        {
            answer.target = against(&answer.figure, *target, measure.kpi.better, self.asked.defs);
        }
    }

    fn add_standout(&self, measure: &Measure<'_>, answer: &mut Answer) {
        let question = self.asked.question;
        let plain = question.by.is_none() && question.filters.is_empty() && self.asked.names.is_empty();
        let KpiKind::Conversion { .. } = measure.kpi.kind else { return };
        if !plain || answer.in_period {
            return;
        }
        let whole = self.tallied(measure, &answer.period, &[]).entered.rate();
        answer.standout = self.asked.defs.always_show.iter().find_map(|dimension| {
            let parts = self.tallied_by(measure, &answer.period, dimension);
            let parts = parts.into_iter().map(|(value, part)| (value, part.entered)).collect();
            standout(dimension, &parts, whole, measure.kpi.better, self.asked.defs.policies.too_few)
        });
    }

    fn add_parts(&self, measure: &Measure<'_>, answer: &mut Answer) -> Result<(), Cannot> {
        let Some(dimension) = &self.asked.question.by else { return Ok(()) };
        let own = self.asked.defs.workspace.currency;
        let mut parts: Vec<(String, Tallied)> = match &measure.kpi.kind {
            KpiKind::Count { .. } | KpiKind::Sum { .. } | KpiKind::Conversion { .. } | KpiKind::Time { .. } => {
                self.tallied_by(measure, &answer.period, dimension).into_iter().collect()
            }
            KpiKind::Share { .. }
            | KpiKind::Stock { .. }
            | KpiKind::Worklist { .. }
            | KpiKind::Formula { .. }
            | KpiKind::Standard { .. } => {
                let why = format!("{} cannot be broken down by {dimension} yet", measure.kpi.label);
                return Err(Cannot::NotActive(why));
            }
        };
        parts.sort_by_key(|(value, part)| (value.is_empty(), std::cmp::Reverse(part.entered.entered), value.clone()));
        let mut rest = Tallied { in_period: answer.in_period, ..Tallied::default() };
        for (_, part) in parts.drain(PARTS_MAX.min(parts.len())..) {
            rest.entered.add(&part.entered, 1);
            rest.arrived.add(&part.arrived, 1);
        }
        if rest.entered != Tally::default() {
            parts.push(("other".to_owned(), rest));
        }
        let part = |(value, part): (String, Tallied)| Part {
            value: (!value.is_empty()).then_some(value),
            figure: part.figure(measure, own),
        };
        answer.parts = parts.into_iter().map(part).collect();
        Ok(())
    }
}

/// What was added up: those who entered, and, counted in the period, those who arrived.
#[derive(Default)]
struct Tallied {
    entered: Tally,
    arrived: Tally,
    in_period: bool,
}

impl Tallied {
    fn figure(&self, measure: &Measure<'_>, own: crate::money::Currency) -> Figure {
        let entered = &self.entered;
        match &measure.kpi.kind {
            KpiKind::Conversion { .. } if self.in_period => {
                Figure::Rate { rate: Rate { num: self.arrived.entered, den: entered.entered } }
            }
            KpiKind::Conversion { .. } => Figure::Rate { rate: entered.rate() },
            KpiKind::Time { show, .. } => Figure::Duration {
                median_ms: entered.percentile_ms(0.5),
                p90_ms: entered.percentile_ms(0.9),
                shows_p90: *show == TimeShow::P90,
                reached: entered.reached,
                open: entered.entered - entered.reached,
            },
            KpiKind::Sum { .. } => Figure::Money { amounts: entered.money(own), records: entered.entered },
            KpiKind::Count { .. }
            | KpiKind::Share { .. }
            | KpiKind::Stock { .. }
            | KpiKind::Worklist { .. }
            | KpiKind::Formula { .. }
            | KpiKind::Standard { .. } => Figure::Count { count: entered.entered },
        }
    }
}

/// The KPIs of a formula as its fields.
struct Inputs {
    values: BTreeMap<String, Value>,
    now: Instant,
}

impl Scope for Inputs {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        self.values.get(&field.name).map(Cow::Borrowed)
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }
}

fn each_of(of: &CountOf, mut call: impl FnMut(&str)) {
    match of {
        CountOf::Stage(stage) => call(stage),
        CountOf::Facts(facts) => facts.iter().for_each(|fact| call(&format!("fact/{fact}"))),
    }
}

fn is_rate(target: &Target) -> bool {
    matches!(target, Target::Rate(_))
}

/// A figure as a formula sees it: a rate as a share of one, money as money.
fn value_of(figure: &Figure) -> Value {
    match figure {
        Figure::Count { count } => Value::Number((*count).into()),
        Figure::Rate { rate } if rate.den == 0 => Value::Null,
        Figure::Rate { rate } => {
            Value::Number(rust_decimal::Decimal::from(rate.num) / rust_decimal::Decimal::from(rate.den))
        }
        Figure::Money { amounts, .. } => amounts.first().copied().map_or(Value::Null, Value::Money),
        Figure::Duration { median_ms, .. } => median_ms.map_or(Value::Null, |ms| Value::Number(ms.into())),
        Figure::Number { value, .. } => value.map_or(Value::Null, Value::Number),
    }
}
