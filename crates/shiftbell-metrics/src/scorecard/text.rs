//! The words of a scorecard, built from its figures.

use super::{DayFacts, DayState, Line, LineFacts, LineTarget, LineValue, Scorecard, Verdict, words};
use crate::definitions::{Better, LineEach, LineKind};
use crate::pacing::{Pace, Pacing};

/// A line with its words.
pub(super) fn line(line: &LineFacts, facts: &DayFacts) -> Line {
    let attained = line.attained();
    Line {
        kpi: line.kpi.clone(),
        label: label(line, facts),
        text: text(line, facts),
        kind: line.kind,
        is_required: line.is_required,
        value: line.value,
        target: line.target,
        attained,
        is_met: line.is_met(),
        to_go: line.to_go(),
        pacing: line.pacing,
        remark: remark(line),
    }
}

fn label(line: &LineFacts, facts: &DayFacts) -> String {
    let label = &line.label;
    let date = facts.day.date();
    match line.each {
        LineEach::Day => label.clone(),
        LineEach::Week => format!("{label} this week"),
        LineEach::Month => format!("{label} in {}", date.strftime("%B")),
        LineEach::Quarter => format!("{label} this quarter"),
        // Behind the counts of a rate, before those of money.
        LineEach::Last(span) if matches!(line.value, LineValue::MoneyRate { .. }) => format!("{label}, {span}"),
        LineEach::Last(_) => label.clone(),
    }
}

fn text(line: &LineFacts, facts: &DayFacts) -> String {
    let required = if line.is_required { " (required)" } else { "" };
    if line.actual().is_none() {
        return match line.kind {
            LineKind::Leading => format!("none due{required}"),
            LineKind::Quality | LineKind::Lagging => format!("nothing yet{}", span(line)),
        };
    }
    if let Some(pacing) = &line.pacing {
        return format!("{}{required}", paced(line, pacing));
    }
    match line.kind {
        LineKind::Leading => format!("{}{}{required}", counted(line), progress(line, facts.state)),
        LineKind::Quality | LineKind::Lagging => format!("{}{}{}{required}", rated(line, facts), span(line), aim(line)),
    }
}

/// `8 of 10`, `11 of 11 open deals`, `$500 of $1,000`.
fn counted(line: &LineFacts) -> String {
    let value = match (line.value, line.target) {
        (LineValue::Count { n, .. }, Some(LineTarget::Count(target))) => {
            format!("{} of {}", words::count(n), target.normalize())
        }
        (LineValue::Money(money), Some(LineTarget::Money(target))) => {
            format!("{} of {}", words::money(money), words::money(target))
        }
        (LineValue::Time { ms }, Some(LineTarget::Time { ms: target })) => {
            format!("{}, target {}", words::time(ms), words::time(target))
        }
        (value, _) => words::value(&value),
    };
    match &line.of_what {
        Some(what) => format!("{value} {what}"),
        None => value,
    }
}

fn progress(line: &LineFacts, state: DayState) -> String {
    match (line.is_met(), line.to_go(), state) {
        (Some(true), _, _) => ", done".to_owned(),
        (Some(false), Some(to_go), DayState::Open) => format!(", {} to go", words::count(to_go)),
        (_, _, _) => String::new(),
    }
}

/// `8 of 10 (80 %)`, `90.0 % ($54,900 of $61,000)`, `3 of 7` where a percentage would say too much.
fn rated(line: &LineFacts, facts: &DayFacts) -> String {
    let value = words::value(&line.value);
    match (line.value, line.actual()) {
        (LineValue::Rate { den, .. }, Some(rate)) if den >= u64::from(facts.too_few) => {
            format!("{value} ({})", words::per_cent(rate, usize::from(den >= 100)))
        }
        (LineValue::MoneyRate { .. }, Some(rate)) => format!("{} ({value})", words::per_cent(rate, 1)),
        (_, _) => value,
    }
}

fn span(line: &LineFacts) -> String {
    match (line.each, line.value) {
        (LineEach::Last(_), LineValue::MoneyRate { .. }) => String::new(),
        (LineEach::Last(span), _) => format!(" in the last {span}"),
        (LineEach::Day | LineEach::Week | LineEach::Month | LineEach::Quarter, _) => String::new(),
    }
}

fn aim(line: &LineFacts) -> String {
    let Some(target) = line.target else {
        return String::new();
    };
    let target = match target {
        LineTarget::Count(count) => count.normalize().to_string(),
        LineTarget::Rate(per_cent) => format!("{} %", per_cent.normalize()),
        LineTarget::Money(money) => words::money(money),
        LineTarget::Time { ms } => words::time(ms),
    };
    match (line.better, line.value) {
        (Better::Lower, LineValue::Count { .. }) => format!(", limit {target}"),
        (Better::Lower | Better::Higher, _) => format!(", target {target}"),
    }
}

/// `7 of 9, on pace (plan to date 6.6)`.
fn paced(line: &LineFacts, pacing: &Pacing) -> String {
    let plan = plan_to_date(line, pacing);
    match (pacing.pace, pacing.to_go == 0.0) {
        (_, true) => format!("{}, reached", of_goal(line, pacing)),
        (Pace::TooEarly, _) => format!("{}, {}", of_goal(line, pacing), Pace::TooEarly.words()),
        (pace, _) => format!("{}, {} (plan to date {plan})", of_goal(line, pacing), pace.words()),
    }
}

fn of_goal(line: &LineFacts, pacing: &Pacing) -> String {
    if let LineValue::Money(money) = line.value {
        return format!("{} of {}", words::money(money), words::about_money(pacing.target, money.currency));
    }
    format!("{} of {}", words::value(&line.value), words::about_count(pacing.target))
}

fn plan_to_date(line: &LineFacts, pacing: &Pacing) -> String {
    if let LineValue::Money(money) = line.value {
        return words::about_money(pacing.expected, money.currency);
    }
    words::about_count(pacing.expected)
}

/// What is left of a goal of money, in deals of the usual size.
fn remark(line: &LineFacts) -> Option<String> {
    let (pacing, usual) = (line.pacing.as_ref()?, line.usual?);
    let each = words::major(usual);
    if pacing.to_go <= 0.0 || each <= 0.0 || pacing.days_left == 0 {
        return None;
    }
    let deals = (pacing.to_go / each).ceil() as u64;
    let rest = words::about_money(pacing.to_go, usual.currency);
    let (deals, plural) = (words::count(deals), if deals == 1 { "" } else { "s" });
    let working = if line.is_in_working_days { "working " } else { "" };
    let days = format!("{} {working}day{}", pacing.days_left, if pacing.days_left == 1 { "" } else { "s" });
    Some(format!("The other {rest} is about {deals} deal{plural} of the usual size in {days}."))
}

/// The first line: the verdict, and what makes it.
pub(super) fn headline(scorecard: &Scorecard, shown: &[&LineFacts], facts: &DayFacts) -> String {
    let day = &scorecard.weekday;
    let short = scorecard.short.map(|index| shown[index]);
    let why = match (&scorecard.verdict, short) {
        (Verdict::Success, _) => all_done(shown),
        (Verdict::NotYet, Some(line)) => still_to_do(line),
        (Verdict::Partly | Verdict::Miss, Some(line)) => so_far(line),
        (_, _) => None,
    };
    let fact = match &scorecard.verdict {
        Verdict::Success => "a successful day.".to_owned(),
        Verdict::NotYet => "not yet a successful day.".to_owned(),
        Verdict::Partly => "partly a successful day.".to_owned(),
        Verdict::Miss => "not a successful day.".to_owned(),
        Verdict::NumbersOnly => "your numbers. There is no verdict in your first days.".to_owned(),
        Verdict::NoTarget => "your numbers. No target is set for them.".to_owned(),
        Verdict::NothingDue => "nothing was due.".to_owned(),
        Verdict::Off => "off.".to_owned(),
        Verdict::NoVerdict(silence) => {
            let since = facts.zone.local(silence.since).strftime("%H:%M");
            format!(
                "no verdict. {} has sent nothing since {since}, so what happened after that is missing. This does not count as a miss.",
                silence.source
            )
        }
    };
    match why {
        Some(why) => format!("{day}: {fact} {why}."),
        None => format!("{day}: {fact}"),
    }
}

/// What a phone shows: the verdict with its figure, then what is done, or the goal where all is done.
pub(super) fn push(scorecard: &Scorecard, shown: &[&LineFacts], facts: &DayFacts) -> String {
    let short = scorecard.short.map(|index| shown[index]);
    let first = match (&scorecard.verdict, short) {
        (Verdict::Success, _) => "A successful day.".to_owned(),
        (Verdict::NotYet, Some(line)) => format!("Not yet: {}.", still_short(line)),
        (Verdict::Partly, Some(line)) => format!("Partly a successful day: {}.", still_short(line)),
        (Verdict::Miss, Some(line)) => format!("Not a successful day: {}.", still_short(line)),
        (_, _) => headline(scorecard, shown, facts),
    };
    let goal = shown.iter().find_map(|line| Some((line, line.pacing.as_ref()?)));
    let rest = match (&scorecard.verdict, goal) {
        (Verdict::Success, Some((line, pacing))) => {
            let goal = match line.each {
                LineEach::Quarter => "Quarter".to_owned(),
                LineEach::Week => "Week".to_owned(),
                LineEach::Month => facts.day.date().strftime("%B").to_string(),
                LineEach::Day | LineEach::Last(_) => line.label.clone(),
            };
            format!("{goal}: {}, plan to date {}.", of_goal(line, pacing), plan_to_date(line, pacing))
        }
        (Verdict::Success | Verdict::NotYet | Verdict::Partly | Verdict::NumbersOnly | Verdict::NoTarget, _) => {
            done(shown)
        }
        (_, _) => String::new(),
    };
    format!("{first} {rest}").trim_end().to_owned()
}

/// `2 follow-ups to go (8 of 10)`.
fn still_short(line: &LineFacts) -> String {
    let counts = counted(&LineFacts { of_what: None, ..line.clone() });
    match line.to_go() {
        Some(to_go) => format!("{} ({counts})", words::to_do(to_go, &line.label)),
        None => format!("{} {counts}", words::lower_first(&line.label)),
    }
}

fn still_to_do(line: &LineFacts) -> Option<String> {
    line.to_go().map(|to_go| words::to_do(to_go, &line.label)).or_else(|| so_far(line))
}

/// `1 of 3 at-risk accounts contacted`.
fn so_far(line: &LineFacts) -> Option<String> {
    let counts = counted(&LineFacts { of_what: None, ..line.clone() });
    Some(match line.to_go() {
        Some(_) => format!("{counts} {}", words::lower_first(&line.label)),
        None => format!("{}: {counts}", line.label),
    })
}

/// `Conversations 26, meeting requests 2.`
fn done(shown: &[&LineFacts]) -> String {
    let done = shown.iter().filter(|line| line.is_judged() && line.is_met() == Some(true));
    let words: Vec<String> = done
        .enumerate()
        .map(|(index, line)| {
            let label = if index == 0 { line.label.clone() } else { words::lower_first(&line.label) };
            format!("{label} {}", words::value(&line.value))
        })
        .collect();
    if words.is_empty() { String::new() } else { format!("{}.", words.join(", ")) }
}

/// The required line, or how many lines are done.
fn all_done(shown: &[&LineFacts]) -> Option<String> {
    let judged: Vec<&&LineFacts> = shown.iter().filter(|line| line.is_judged() && line.is_met().is_some()).collect();
    if let Some(line) = judged.iter().find(|line| line.is_required) {
        return Some(format!("{}: {}", line.label, counted(line)));
    }
    let met = judged.iter().filter(|line| line.is_met() == Some(true)).count();
    Some(format!("{met} of {} done", judged.len()))
}
