//! `[goals]` and `[scorecards]`: what we aim for.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::document::{Item, Table, Text};
use super::kpis::{known_kpi, known_motion, read_target};
use super::model::{
    Goal, GoalPeriod, Kpi, KpiKind, LineEach, LineKind, Motion, ScorecardLine, Scorecards, Span, SpanUnit,
};
use super::people::People;
use super::report::Report;
use super::words;

/// What goals and scorecards name.
pub(super) struct Ground<'g> {
    pub(super) kpis: &'g [Kpi],
    pub(super) motions: &'g [Motion],
    pub(super) people: &'g People,
    pub(super) roles: &'g [String],
}

pub(super) fn read_goals(
    report: &mut Report<'_>,
    mut table: Table<'_>,
    ground: &Ground<'_>,
) -> (Vec<Goal>, Vec<Decimal>) {
    let mut goals = Vec::new();
    if let Some(item) = table.get("list") {
        match item.list() {
            Some(items) => {
                for item in &items {
                    let Some(goal) = goal(report, item, ground) else { continue };
                    if goals.iter().any(|before| is_same(before, &goal)) {
                        let message = format!("there is already a goal for \"{}\" here", goal.kpi);
                        report.problem(&item.span, message, Some("leave one of them".to_owned()));
                    }
                    goals.push(goal);
                }
            }
            None => item.wrong(report, "a list of goals"),
        }
    }
    let mut shares = Vec::new();
    if let Some(item) = table.get("new_in_role") {
        match item.list() {
            Some(items) => shares.extend(items.iter().filter_map(|item| item.percent(report))),
            None => item.wrong(report, "a list of rates such as [\"25 %\", \"50 %\"]"),
        }
    }
    table.close(report);
    (goals, shares)
}

/// Whether two goals are for the same.
fn is_same(left: &Goal, right: &Goal) -> bool {
    let of = |goal: &Goal| (goal.kpi.clone(), goal.motion.clone(), goal.person.clone(), goal.each.clone());
    of(left) == of(right) && left.period == right.period
}

fn goal(report: &mut Report<'_>, item: &Item<'_>, ground: &Ground<'_>) -> Option<Goal> {
    let mut table = item.table(report, "a goal")?;
    let kpi = table.require(report, "kpi", "\"new-arr\"").and_then(|item| {
        let text = item.text(report)?;
        let kpi = known_kpi(report, &text.text, &text.span, ground.kpis)?;
        check_can_have_a_goal(report, kpi, &text);
        Some(kpi)
    });
    let motion_item = table.get("motion");
    let motion = motion_item.as_ref().and_then(|item| known_motion(report, item, ground.motions));
    if let (Some(item), Some(motion), Some(only)) = (motion_item, &motion, kpi.and_then(|kpi| kpi.motion.as_ref()))
        && motion != only
    {
        let message = format!("\"{}\" is of the motion \"{only}\" only", kpi.map_or("", |kpi| &kpi.slug));
        report.problem(&item.span, message, Some(format!("write motion = \"{only}\"")));
    }
    let period = table.require(report, "period", "\"2026-Q4\"").and_then(|item| period(report, &item));
    let amount = table.require(report, "goal", "300_000").and_then(|item| item.number(report));
    let person = table.get("person").and_then(|item| ground.people.known(report, &item));
    let each = table.get("each").and_then(|item| role(report, &item, ground.roles));
    if person.is_some() && each.is_some() {
        let fix = Some("write one goal for each".to_owned());
        report.problem(&item.span, "a goal is for one person or for each of a role, not both", fix);
    }
    table.close(report);
    Some(Goal { kpi: kpi?.slug.clone(), motion, period: period?, amount: amount?, person, each })
}

fn check_can_have_a_goal(report: &mut Report<'_>, kpi: &Kpi, text: &Text) {
    match &kpi.kind {
        KpiKind::Count { .. } | KpiKind::Sum { .. } | KpiKind::Formula { .. } | KpiKind::Standard { .. } => {}
        KpiKind::Conversion { .. }
        | KpiKind::Time { .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. } => {
            let fix = Some(format!("give it a target under [kpis.{}]", kpi.slug));
            report.problem(&text.span, format!("\"{}\" is no amount that adds up over a period", text.text), fix);
        }
    }
}

/// A role that somebody has or that has rights.
pub(super) fn role(report: &mut Report<'_>, item: &Item<'_>, roles: &[String]) -> Option<String> {
    let text = item.text(report)?;
    if !roles.contains(&text.text) {
        report.unknown(&text.span, &text.text, "role", roles.iter().map(String::as_str));
    }
    Some(text.text)
}

fn period(report: &mut Report<'_>, item: &Item<'_>) -> Option<GoalPeriod> {
    let text = item.text(report)?;
    let period = match text.text.as_str() {
        "every week" => Some(GoalPeriod::EveryWeek),
        "every month" => Some(GoalPeriod::EveryMonth),
        "every quarter" => Some(GoalPeriod::EveryQuarter),
        fixed if is_fixed_period(fixed) => Some(GoalPeriod::Fixed(fixed.to_owned())),
        _ => None,
    };
    if period.is_none() {
        let fix = Some("write \"2026-Q4\", \"2026-11\", \"2026\" or \"every month\"".to_owned());
        report.problem(&text.span, format!("\"{}\" is no period of a goal", text.text), fix);
    }
    period
}

/// `2026`, `2026-Q4` or `2026-11`.
fn is_fixed_period(text: &str) -> bool {
    let (year, part) = text.split_once('-').unwrap_or((text, ""));
    let is_year = year.len() == 4 && year.parse::<u16>().is_ok_and(|year| (1970..=2200).contains(&year));
    is_year
        && match part.strip_prefix('Q') {
            Some(quarter) => matches!(quarter, "1" | "2" | "3" | "4"),
            None if text.contains('-') => {
                part.len() == 2 && part.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month))
            }
            None => true,
        }
}

/// The most lines that are read at a glance.
const LINES_MAX: usize = 5;

pub(super) fn read_scorecards(report: &mut Report<'_>, table: Option<Table<'_>>, ground: &Ground<'_>) -> Scorecards {
    let mut scorecards = Scorecards {
        good_day: Decimal::from(80),
        partly: Decimal::from(60),
        first_week_numbers_only: false,
        roles: BTreeMap::new(),
    };
    let Some(mut table) = table else {
        return scorecards;
    };
    let good_day = table.get("good_day");
    scorecards.good_day = good_day.as_ref().and_then(|item| item.percent(report)).unwrap_or(scorecards.good_day);
    if let Some(item) = good_day.filter(|_| scorecards.good_day > Decimal::ONE_HUNDRED) {
        item.wrong(report, "a rate of at most \"100 %\"");
    }
    let partly = table.get("partly");
    scorecards.partly = partly.as_ref().and_then(|item| item.percent(report)).unwrap_or(scorecards.partly);
    if let Some(item) = partly.filter(|_| scorecards.partly > scorecards.good_day) {
        let message = format!("partly is {} %, more than a good day", scorecards.partly.normalize());
        report.problem(&item.span, message, Some(format!("write less than {} %", scorecards.good_day.normalize())));
    }
    let weeks = [("numbers only", true), ("as always", false)];
    let first_week = table.get("first_week").and_then(|item| item.word(report, "way to treat the first week", &weeks));
    scorecards.first_week_numbers_only = first_week.unwrap_or(false);
    for entry in table.rest() {
        let role = entry.key.text.clone();
        if !ground.roles.contains(&role) {
            report.unknown(&entry.key.span, &role, "role in a team", ground.roles.iter().map(String::as_str));
        }
        let Some(mut of_role) = entry.item.table(report, format!("[scorecards.{role}]")) else {
            continue;
        };
        let lines = of_role.require(report, "lines", "[ { kpi = \"sqls\", kind = \"lagging\", each = \"month\" } ]");
        of_role.close(report);
        let Some(lines) = lines else {
            continue;
        };
        let Some(items) = lines.list() else {
            lines.wrong(report, "a list of lines");
            continue;
        };
        if items.len() > LINES_MAX {
            let message = format!("the scorecard has {} lines, at most {LINES_MAX} are read", items.len());
            report.problem(&lines.span, message, Some("take the least important out".to_owned()));
        }
        let mut read: Vec<ScorecardLine> = Vec::new();
        for item in &items {
            let Some(line) = line(report, item, ground) else { continue };
            if read.iter().any(|before| before.kpi == line.kpi && before.each == line.each) {
                let message = format!("\"{}\" is already a line of this scorecard", line.kpi);
                report.problem(&item.span, message, Some("leave one of them".to_owned()));
            }
            read.push(line);
        }
        scorecards.roles.insert(role, read);
    }
    scorecards
}

fn line(report: &mut Report<'_>, item: &Item<'_>, ground: &Ground<'_>) -> Option<ScorecardLine> {
    let mut table = item.table(report, "a line")?;
    let kpi = table.require(report, "kpi", "\"sqls\"").and_then(|item| {
        let text = item.text(report)?;
        known_kpi(report, &text.text, &text.span, ground.kpis)
    });
    let kinds = [("leading", LineKind::Leading), ("quality", LineKind::Quality), ("lagging", LineKind::Lagging)];
    let kind = table.require(report, "kind", "\"leading\"").and_then(|item| item.word(report, "kind of line", &kinds));
    let each = table.require(report, "each", "\"day\"").and_then(|item| each(report, &item));
    let target =
        table.get("target").and_then(|item| kpi.and_then(|kpi| read_target(report, &item, &kpi.slug, &kpi.kind)));
    let required = table.get("required").and_then(|item| item.truth(report));
    table.close(report);
    let required = required.unwrap_or(false);
    Some(ScorecardLine { kpi: kpi?.slug.clone(), kind: kind?, each: each?, target, required })
}

fn each(report: &mut Report<'_>, item: &Item<'_>) -> Option<LineEach> {
    let text = item.text(report)?;
    match text.text.as_str() {
        "day" => Some(LineEach::Day),
        "week" => Some(LineEach::Week),
        "month" => Some(LineEach::Month),
        "quarter" => Some(LineEach::Quarter),
        other => match words::span(other) {
            Some(span) if is_of_days(span) => Some(LineEach::Last(span)),
            _ => {
                let fix =
                    Some("write \"day\", \"week\", \"month\", \"quarter\" or a span such as \"30 days\"".to_owned());
                report.problem(&text.span, format!("\"{other}\" is no span of a line"), fix);
                None
            }
        },
    }
}

fn is_of_days(span: Span) -> bool {
    match span.unit {
        SpanUnit::Days
        | SpanUnit::WorkingDays
        | SpanUnit::Weeks
        | SpanUnit::Months
        | SpanUnit::Quarters
        | SpanUnit::Years => true,
        SpanUnit::Minutes | SpanUnit::Hours | SpanUnit::WorkingHours => false,
    }
}
