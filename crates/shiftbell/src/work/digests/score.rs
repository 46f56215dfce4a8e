//! From a judged day to the facts of its message.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use shiftbell_metrics::definitions::{Better, LineEach, LineKind};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::pacing;
use shiftbell_metrics::scorecard::words::to_do;
use shiftbell_metrics::scorecard::{self as judged, DayFacts, Line, LineFacts, LineTarget, LineValue};
use shiftbell_render::facts::{Figure, Noun};
use shiftbell_render::messages::{Pace, Rest, Score, ScoreLine, ShortOf, Verdict};

/// The verdict, as it is said.
pub(super) fn verdict(verdict: &judged::Verdict, facts: &DayFacts) -> Verdict {
    match verdict {
        judged::Verdict::Success => Verdict::Successful,
        judged::Verdict::Partly => Verdict::Partly,
        judged::Verdict::NotYet => Verdict::NotYet,
        judged::Verdict::Miss => Verdict::NotSuccessful,
        judged::Verdict::NumbersOnly => Verdict::NumbersOnly,
        judged::Verdict::NoTarget => Verdict::NoTarget,
        judged::Verdict::NothingDue | judged::Verdict::Off => Verdict::NothingDue,
        judged::Verdict::NoVerdict(silence) => {
            let since = facts.zone.local(silence.since);
            let is_today = since.date() == facts.day.date();
            let clock = format!("{:02}:{:02}", since.hour(), since.minute());
            let day = shiftbell_render::words::day(since.date());
            Verdict::NoVerdict {
                source: silence.source.clone(),
                since: if is_today { clock } else { format!("{day}, {clock}") },
                missing: "what happened after that is missing".to_owned(),
            }
        }
    }
}

/// The lines in their order, each in the form that fits what it counts.
pub(super) fn lines(judged: &judged::Scorecard, facts: &DayFacts) -> Vec<ScoreLine> {
    let with_facts = |line: &Line| {
        let of = facts.lines.iter().find(|of| of.kpi == line.kpi)?;
        Some(ScoreLine { label: line.label.clone(), score: score(line, of, facts), required: line.is_required })
    };
    judged.lines.iter().filter_map(with_facts).collect()
}

fn score(line: &Line, of: &LineFacts, facts: &DayFacts) -> Score {
    if let Some(pacing) = &line.pacing {
        return paced(line, of, pacing, facts);
    }
    match (line.value, line.target) {
        (LineValue::Count { n, .. }, Some(LineTarget::Count(target))) if of.better == Better::Higher => {
            Score::Count { done: n, required: whole(target), of: of.of_what.clone() }
        }
        // Of what is due, all: single ones are counted.
        (LineValue::Rate { num, den }, Some(LineTarget::Rate(target)))
            if line.kind == LineKind::Leading && target == Decimal::ONE_HUNDRED =>
        {
            Score::Count { done: num, required: den, of: of.of_what.clone() }
        }
        (LineValue::Rate { num, den }, target) if den >= u64::from(facts.too_few) => Score::Rate {
            part: num,
            whole: den,
            period: match of.each {
                LineEach::Last(span) => Some(format!("the last {span}")),
                LineEach::Day | LineEach::Week | LineEach::Month | LineEach::Quarter => None,
            },
            target: match target {
                Some(LineTarget::Rate(per_cent)) => per_cent.to_f64().map(|per_cent| Figure::Share(per_cent / 100.0)),
                Some(LineTarget::Count(_) | LineTarget::Money(_) | LineTarget::Time { .. }) | None => None,
            },
        },
        _ => Score::Said { text: line.text.trim_end_matches(" (required)").to_owned() },
    }
}

fn paced(line: &Line, of: &LineFacts, pacing: &pacing::Pacing, facts: &DayFacts) -> Score {
    let money = |major: f64, like: Money| {
        Decimal::from_f64_retain(major)
            .and_then(|major| Money::from_major(major.round_dp(2), like.currency))
            .map_or(Figure::Number(major), Figure::Money)
    };
    // A plan is no promise to the cent.
    let about = |major: f64| if major >= 1_000.0 { (major / 100.0).round() * 100.0 } else { major.round() };
    let (done, goal, plan) = match line.value {
        LineValue::Money(sum) => (Figure::Money(sum), money(pacing.target, sum), money(about(pacing.expected), sum)),
        LineValue::Count { n, .. } => {
            (Figure::Count(n), Figure::Number(pacing.target), Figure::Number(pacing.expected))
        }
        LineValue::Rate { .. } | LineValue::MoneyRate { .. } | LineValue::Time { .. } | LineValue::NoRecords => {
            return Score::Said { text: line.text.trim_end_matches(" (required)").to_owned() };
        }
    };
    let rest = match (of.usual, line.value) {
        (Some(usual), LineValue::Money(sum)) if pacing.to_go > 0.0 && pacing.days_left > 0 => {
            let each = usual.major().to_f64().filter(|each| *each > 0.0);
            each.and_then(|each| {
                let money = Decimal::from_f64_retain(about(pacing.to_go))?;
                Some(Rest {
                    money: Money::from_major(money, sum.currency)?,
                    deals: (pacing.to_go / each).ceil().to_u64()?,
                    working_days: u64::from(pacing.days_left),
                })
            })
        }
        _ => None,
    };
    let pace = match pacing.pace {
        _ if pacing.to_go == 0.0 => Pace::Reached,
        pacing::Pace::OnPace => Pace::OnPace,
        pacing::Pace::SlightlyBehind => Pace::SlightlyBehind,
        pacing::Pace::Behind => Pace::Behind,
        pacing::Pace::TooEarly => Pace::TooEarly,
    };
    let period = match of.each {
        LineEach::Day => "today".to_owned(),
        LineEach::Week => "week".to_owned(),
        LineEach::Month => facts.day.date().strftime("%B").to_string(),
        LineEach::Quarter => "quarter".to_owned(),
        LineEach::Last(span) => span.to_string(),
    };
    Score::Pace { done, goal, plan, pace, period, rest: rest.filter(|_| of.is_in_working_days) }
}

/// The line that is short, with its words.
pub(super) fn short_of(judged: &judged::Scorecard) -> Option<ShortOf> {
    match judged.verdict {
        judged::Verdict::NotYet | judged::Verdict::Partly | judged::Verdict::Miss => {}
        judged::Verdict::Success
        | judged::Verdict::NumbersOnly
        | judged::Verdict::NoTarget
        | judged::Verdict::NothingDue
        | judged::Verdict::Off
        | judged::Verdict::NoVerdict(_) => return None,
    }
    let line = judged.lines.get(judged.short?)?;
    let to_go = line.to_go?;
    let done = match line.value {
        LineValue::Count { n, .. } => n,
        LineValue::Rate { num, .. } => num,
        LineValue::Money(_) | LineValue::MoneyRate { .. } | LineValue::Time { .. } | LineValue::NoRecords => {
            return None;
        }
    };
    Some(in_words(&line.label, done, done + to_go))
}

/// `8 of 10 follow-ups`, with what there is to do about them: `to go`, or the verb of the label.
fn in_words(label: &str, done: u64, required: u64) -> ShortOf {
    let thing = |n: u64| {
        let text = to_do(n, label);
        let text = text.split_once(' ').map_or(text.as_str(), |(_, rest)| rest).to_owned();
        text.rsplit_once(" to ").map_or((text.clone(), "go".to_owned()), |(thing, verb)| (thing.into(), verb.into()))
    };
    let ((one, _), (many, verb)) = (thing(1), thing(2));
    let reached = match verb.as_str() {
        "go" => "done",
        _ => label.rsplit(' ').next().unwrap_or("done"),
    };
    ShortOf { done, required, what: Noun::new(one, many), to_go: format!("to {verb}"), reached: reached.to_owned() }
}

/// What a successful day was made of: what its first line says after the verdict.
pub(super) fn praise(judged: &judged::Scorecard) -> Option<String> {
    let (_, rest) = judged.headline.split_once("a successful day. ")?;
    (judged.verdict == judged::Verdict::Success).then(|| rest.to_owned())
}

fn whole(target: Decimal) -> u64 {
    target.ceil().to_u64().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_is_said_with_the_verb_of_its_label() {
        let said = |label: &str| {
            let short = in_words(label, 1, 3);
            format!("{} {}; {} {}", short.what.counted(2), short.to_go, short.what.many, short.reached)
        };
        assert_eq!(said("Follow-ups"), "2 follow-ups to go; follow-ups done");
        assert_eq!(said("At-risk accounts contacted"), "2 at-risk accounts to contact; at-risk accounts contacted");
        assert_eq!(in_words("Next steps set", 10, 11).what.counted(1), "1 next step");
    }
}
