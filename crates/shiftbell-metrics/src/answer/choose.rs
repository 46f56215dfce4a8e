//! Which KPI, which motion, which period: from the words of a question to what is measured.

use std::collections::BTreeMap;

use super::compare::{against, chance, standout};
use super::coverage::goal_of;
use super::measure::{Measured, Scope};
use super::pipeline::has_no_past;
use super::rows::{Desk, Read, Rows};
use super::split::{largest, series};
use super::{Answer, Asked, Before, Cannot, Chance, Figure, Newer, Outcome, Part, Ways};
use crate::definitions::pipeline::COVERAGE;
use crate::definitions::{Better, CountOf, Definitions, Kpi, KpiKind, PerMotion, Span, SpanUnit, TimeTo};
use crate::period::{Period, Unit, default_period, full_weeks_before, previous, previous_at_same_age};
use crate::time::MS_PER_DAY;

/// How deep formulas may rest on formulas.
pub(super) const FORMULA_DEPTH_MAX: usize = 8;

/// Answers a question from rows, or says which rows it needs. Which rows never depends on what is in others.
pub fn ask(asked: &Asked<'_>, rows: &Rows) -> Outcome {
    let desk = Desk::new(rows);
    match answer(asked, &desk, false) {
        Err(why) => Outcome::Cannot(why),
        Ok(answer) => match desk.missing() {
            needed if needed.is_empty() => Outcome::Answer(Box::new(answer)),
            needed => Outcome::Need(needed),
        },
    }
}

/// Every row that a question needs.
pub fn reads(asked: &Asked<'_>) -> Result<Vec<Read>, Cannot> {
    match ask(asked, &Rows::default()) {
        Outcome::Need(reads) => Ok(reads),
        Outcome::Answer(_) => Ok(Vec::new()),
        Outcome::Cannot(why) => Err(why),
    }
}

/// What became of everyone who entered a conversion: `None` for any other kind of KPI, or with the rows it needs.
pub fn ways(asked: &Asked<'_>, rows: &Rows) -> Result<Option<Ways>, Vec<Read>> {
    let desk = Desk::new(rows);
    let found = kpi_of(asked.defs, &asked.question.kpi).and_then(|kpi| {
        let motions = motions_of(asked, &kpi)?;
        let period = period_of(asked, &kpi, &motions)?;
        let is_cohort = matches!(kpi.kind, KpiKind::Conversion { .. }) && !asked.question.in_period;
        let scope = Scope { asked, desk: &desk, kpi: &kpi, motions: &motions, period: &period, by: None, exact: true };
        if is_cohort { scope.measure().map(|found| found.ways) } else { Ok(None) }
    });
    match desk.missing() {
        needed if needed.is_empty() => Ok(found.unwrap_or_default()),
        needed => Err(needed),
    }
}

pub(super) fn answer(asked: &Asked<'_>, desk: &Desk<'_>, exact: bool) -> Result<Answer, Cannot> {
    let kpi = kpi_of(asked.defs, &asked.question.kpi)?;
    let motions = motions_of(asked, &kpi)?;
    let period = period_of(asked, &kpi, &motions)?;
    let by = asked.question.by.as_deref();
    for dimension in asked.question.filters.iter().map(|(dimension, _)| dimension.as_str()).chain(by) {
        if asked.defs.dimension(dimension).is_none() {
            return Err(Cannot::NoDimension(dimension.to_owned()));
        }
    }
    let scope = Scope { asked, desk, kpi: &kpi, motions: &motions, period: &period, by, exact };
    let mut answer = bare(&scope, scope.measure()?);
    match (asked.question.each, asked.question.top) {
        (Some(unit), _) => {
            answer.by = Some(unit.word().to_owned());
            answer.parts = series(&scope, unit)?;
        }
        (None, Some(top)) => answer.parts = largest(scope.kpi, answer.parts, top),
        (None, None) => {}
    }
    if answer.is_default_period {
        answer.newer = newer(&scope)?;
    }
    // A series is its own past.
    if asked.question.each.is_none() || asked.question.versus.is_some() {
        answer.before = before(&scope, &answer)?;
    }
    let target = match motions.as_slice() {
        [motion] => kpi.target.of(motion),
        _ => kpi.target.every.as_ref(),
    };
    if let Some(target) = target.filter(|_| !answer.in_period) {
        answer.target = against(&answer.figure, *target, kpi.better, asked.defs);
    }
    answer.standout = outlier(&scope)?;
    Ok(answer)
}

fn bare(scope: &Scope<'_>, found: Measured) -> Answer {
    let (asked, question) = (scope.asked, scope.asked.question);
    let (from, to) = ends_of(asked.defs, scope.kpi);
    let too_few = i64::from(asked.defs.policies.too_few);
    Answer {
        kpi: scope.kpi.slug.clone(),
        label: scope.kpi.label.clone(),
        motion: match scope.motions {
            [one] => Some((*one).to_owned()),
            _ => None,
        },
        from,
        to,
        is_too_few: matches!(&found.figure, Figure::Rate { rate } if rate.den < too_few),
        parts: parts_of(&found),
        figure: found.figure,
        period: scope.period.clone(),
        is_default_period: question.period.is_none() && question.each.is_none(),
        window: window_of(scope.kpi, scope.motions).map(|span| span.to_string()),
        in_period: question.in_period,
        filters: question.filters.clone(),
        version: scope.kpi.version.clone(),
        maturity: found.maturity,
        newer: None,
        before: None,
        target: None,
        standout: None,
        by: question.by.clone(),
        ways: found.ways,
        inputs: found.inputs,
        note: found.note,
    }
}

/// The breakdown, largest first, what is not known last.
fn parts_of(found: &Measured) -> Vec<Part> {
    let mut parts: Vec<Part> = found
        .groups
        .iter()
        .map(|(value, figure)| Part {
            value: value.as_ref().map(ToString::to_string),
            figure: figure.clone(),
            is_running: false,
        })
        .collect();
    let size = |figure: &Figure| match figure {
        Figure::Count { count } => *count,
        Figure::Rate { rate } => rate.den,
        Figure::Money { amounts, .. } => amounts.first().map_or(0, |money| money.minor),
        Figure::Duration { reached, open, .. } => reached + open,
        Figure::Number { .. } => 0,
    };
    parts.sort_by_key(|part| (part.value.is_none(), std::cmp::Reverse(size(&part.figure)), part.value.clone()));
    parts
}

/// What entered after the default period: their windows are still running, so they are said apart.
fn newer(scope: &Scope<'_>) -> Result<Option<Newer>, Cannot> {
    if !matches!(scope.kpi.kind, KpiKind::Conversion { .. }) || scope.asked.question.in_period {
        return Ok(None);
    }
    let today = scope.period.zone.day_of(scope.asked.now);
    let period = Period::of_days(scope.period.until, today.plus(1), &scope.period.zone);
    let figure = Scope { period: &period, by: None, ..*scope }.measure()?.figure;
    let Figure::Rate { rate } = figure else { return Ok(None) };
    Ok(Some(Newer { period, rate }))
}

/// The same KPI in the period asked for, else in the one just before. A stock has no past.
fn before(scope: &Scope<'_>, now: &Answer) -> Result<Option<Before>, Cannot> {
    if has_no_past(scope.asked.defs, &scope.kpi.kind) {
        return Ok(None);
    }
    let today = scope.period.zone.day_of(scope.asked.now);
    let period = match &scope.asked.question.versus {
        Some(versus) => versus.clone(),
        None if now.is_default_period => previous(scope.period),
        None => previous_at_same_age(scope.period, today),
    };
    let found = Scope { period: &period, by: None, ..*scope }.measure()?;
    let runs = |maturity: Option<super::Maturity>| maturity.is_some_and(|found| found.running.den > 0);
    let chance = match (&now.figure, &found.figure) {
        // Who may still arrive is not compared with who had the time.
        _ if now.in_period || runs(now.maturity) || runs(found.maturity) => Chance::NotJudged,
        (Figure::Rate { rate: now }, Figure::Rate { rate: before }) => {
            chance(*now, *before, scope.asked.defs.policies.too_few)
        }
        _ => Chance::NotJudged,
    };
    Ok(Some(Before { period, figure: found.figure, chance }))
}

/// Of the dimensions that are always shown, the value that differs most from all others on the bad side.
fn outlier(scope: &Scope<'_>) -> Result<Option<super::Standout>, Cannot> {
    let question = scope.asked.question;
    let is_cohort = matches!(scope.kpi.kind, KpiKind::Conversion { .. }) && !question.in_period;
    let is_plain =
        question.by.is_none() && question.each.is_none() && question.filters.is_empty() && scope.asked.names.is_empty();
    if !is_cohort || !is_plain || scope.motions.len() > 1 {
        return Ok(None);
    }
    let mut found = None;
    for dimension in &scope.asked.defs.always_show {
        let parts = Scope { by: Some(dimension), ..*scope }.measure()?;
        let Figure::Rate { rate: whole } = parts.figure else { continue };
        let rates: BTreeMap<_, _> = parts
            .groups
            .into_iter()
            .filter_map(|(value, figure)| match figure {
                Figure::Rate { rate } => Some((value, rate)),
                Figure::Count { .. } | Figure::Money { .. } | Figure::Duration { .. } | Figure::Number { .. } => None,
            })
            .collect();
        found = found.or(standout(dimension, &rates, whole, scope.kpi.better, scope.asked.defs.policies.too_few));
    }
    Ok(found)
}

/// The KPI of this name; the name of a stage counts who reached it.
pub(super) fn kpi_of(definitions: &Definitions, name: &str) -> Result<Kpi, Cannot> {
    if let Some(kpi) = definitions.kpi(name) {
        return match &kpi.not_active {
            Some(why) => Err(Cannot::NotActive(why.clone())),
            None => Ok(kpi.clone()),
        };
    }
    let stage = definitions.stage(name).ok_or_else(|| Cannot::NoKpi(name.to_owned()))?;
    Ok(Kpi {
        slug: stage.id.clone(),
        label: stage.label.clone(),
        also: Vec::new(),
        means: PerMotion::default(),
        level: None,
        kind: KpiKind::Count { of: CountOf::Stage(stage.id.clone()) },
        motion: None,
        target: PerMotion::default(),
        better: Better::Higher,
        owner: None,
        signed: None,
        leads_to: Vec::new(),
        was: None,
        credit: None,
        is_written: false,
        version: definitions.meaning.chars().take(4).collect(),
        not_active: None,
    })
}

/// The motions that count. Facts of accounts without a motion (its name is empty) count only in the whole.
pub(super) fn motions_of<'a>(asked: &'a Asked<'_>, kpi: &'a Kpi) -> Result<Vec<&'a str>, Cannot> {
    let wanted = asked.question.motion.as_deref();
    if let Some(wanted) = wanted
        && asked.defs.motion(wanted).is_none()
    {
        return Err(Cannot::NoMotion(wanted.to_owned()));
    }
    if let (Some(wanted), Some(only)) = (wanted, &kpi.motion)
        && wanted != only
    {
        return Err(Cannot::OtherMotion { kpi: kpi.label.clone(), motion: only.clone() });
    }
    let motions: Vec<&str> = match wanted.or(kpi.motion.as_deref()) {
        Some(one) => vec![one],
        None => asked.defs.motions.iter().map(|motion| motion.id.as_str()).chain([""]).collect(),
    };
    if let (KpiKind::Conversion { within, .. }, [motion]) = (&kpi.kind, motions.as_slice())
        && within.of(motion).and_then(|span| length_ms(*span)).is_none()
    {
        return Err(Cannot::NotInMotion { kpi: kpi.label.clone(), motion: (*motion).to_owned() });
    }
    Ok(motions)
}

/// The window of a conversion; of several motions the longest.
pub(super) fn window_of(kpi: &Kpi, motions: &[&str]) -> Option<Span> {
    let KpiKind::Conversion { within, .. } = &kpi.kind else { return None };
    let spans = motions.iter().filter_map(|motion| within.of(motion)).copied();
    spans.max_by_key(|span| length_ms(*span).unwrap_or(i64::MAX))
}

/// Milliseconds of a window. A month is 30 days, a quarter 91, a year 365; working time has no fixed length.
pub(super) fn length_ms(span: Span) -> Option<i64> {
    let days = |days: i64| Some(i64::from(span.count) * days * MS_PER_DAY);
    match span.unit {
        SpanUnit::Months => days(30),
        SpanUnit::Quarters => days(91),
        SpanUnit::Years => days(365),
        SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::Days | SpanUnit::Weeks => span.elapsed_ms(),
        SpanUnit::WorkingHours | SpanUnit::WorkingDays => None,
    }
}

/// The period asked for, else the latest full weeks; of a rate, those whose window has closed.
pub(super) fn period_of(asked: &Asked<'_>, kpi: &Kpi, motions: &[&str]) -> Result<Period, Cannot> {
    if let Some(period) = &asked.question.period {
        return Ok(period.clone());
    }
    let workspace = &asked.defs.workspace;
    let today = workspace.zone.day_of(asked.now);
    if let Some(unit) = asked.question.each {
        return Ok(Period::of_series(today, unit, workspace));
    }
    if let (KpiKind::Standard { name, .. }, [motion]) = (&kpi.kind, motions)
        && name == COVERAGE
        && let Some((_, goal)) = goal_of(asked.defs, motion, today)
    {
        return Ok(goal.period);
    }
    if let KpiKind::Standard { name, over } = &kpi.kind
        && let Some(period) = super::revenue::default_period(asked.defs, name, *over, today)
    {
        return Ok(period);
    }
    // How things stand, and what is to be done, is a matter of today.
    if matches!(&kpi.kind, KpiKind::Worklist { .. } | KpiKind::Stock { .. }) {
        return Ok(Period::containing(today, Unit::Day, workspace));
    }
    let weeks = asked.defs.policies.default_period_weeks;
    let window = if asked.question.in_period { 0 } else { longest_window(asked.defs, kpi, motions, 0)? };
    if window == 0 {
        return Ok(full_weeks_before(today, weeks, workspace.week_starts, &workspace.zone));
    }
    let days = u32::try_from((window + MS_PER_DAY - 1) / MS_PER_DAY).unwrap_or(u32::MAX);
    Ok(default_period(today, weeks, days, workspace))
}

/// How long one waits until everybody has had the time: the window, for a time that of the same two stages.
fn longest_window(definitions: &Definitions, kpi: &Kpi, motions: &[&str], depth: usize) -> Result<i64, Cannot> {
    let longest = |kpi: &Kpi| window_of(kpi, motions).and_then(length_ms).unwrap_or(0);
    match &kpi.kind {
        KpiKind::Conversion { .. } => Ok(longest(kpi)),
        KpiKind::Time { from, to: TimeTo::Stage(to), .. } => {
            let same = definitions
                .kpis
                .iter()
                .find(|kpi| matches!(&kpi.kind, KpiKind::Conversion { from: a, to: b, .. } if a == from && b == to));
            Ok(same.map_or(0, longest))
        }
        KpiKind::Formula { kpis, .. } => {
            if depth > FORMULA_DEPTH_MAX {
                return Err(Cannot::Circle(kpi.label.clone()));
            }
            let windows = kpis.iter().map(|part| {
                kpi_of(definitions, part).and_then(|part| longest_window(definitions, &part, motions, depth + 1))
            });
            windows.into_iter().try_fold(0, |longest, window| Ok(longest.max(window?)))
        }
        KpiKind::Time { to: TimeTo::Fact(_), .. }
        | KpiKind::Count { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Standard { .. } => Ok(0),
    }
}

/// What a conversion or time counts from and to, as people call it.
fn ends_of(definitions: &Definitions, kpi: &Kpi) -> (Option<String>, Option<String>) {
    let label = |stage: &String| definitions.stage(stage).map_or_else(|| stage.clone(), |stage| stage.label.clone());
    match &kpi.kind {
        KpiKind::Conversion { from, to, .. } | KpiKind::Time { from, to: TimeTo::Stage(to) | TimeTo::Fact(to), .. } => {
            (Some(label(from)), Some(label(to)))
        }
        KpiKind::Count { .. }
        | KpiKind::Sum { .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => (None, None),
    }
}
