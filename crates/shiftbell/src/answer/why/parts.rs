//! What a number is made of, in parts that add up, and what is not in it.

use shiftbell_metrics::answer::{Answer, Ways};
use shiftbell_metrics::definitions::{CountOf, KpiKind, Stage, StageOf, TimeTo};
use shiftbell_render::messages::{Parts, StageMeaning};

use super::Kept;
use crate::answer::{about, facts};
use crate::companies::Company;

/// What was asked for: `New ARR, b2b, 17 Aug - 15 Nov 2026, New York time`.
pub(super) fn subject(answer: &Answer) -> String {
    let scope = facts::scope(answer).map(|scope| format!(", {scope}")).unwrap_or_default();
    format!("{}{scope}, {}", answer.label, about::period_in_zone(&answer.period))
}

/// Everybody who entered, in parts that add up.
pub(super) fn of(company: &Company, kept: &Kept, ways: &Ways) -> Parts {
    let answer = &kept.answer;
    let running =
        answer.maturity.map_or(0, |maturity| maturity.running.den - maturity.running.num).clamp(0, ways.neither);
    let motion = answer.motion.as_ref().map_or_else(String::new, |motion| format!(" in {motion}"));
    let from = staged(company, answer.from.as_ref());
    let whose = from.map_or(StageOf::Contact, |from| from.of);
    let reached = |stage: Option<&Stage>, label: &Option<String>| match stage {
        Some(stage) => stage.reached(whose),
        None => format!("reached {}", label.as_deref().unwrap_or("it")),
    };
    let (entered_as, reached_as) =
        (reached(from, &answer.from), reached(staged(company, answer.to.as_ref()), &answer.to));
    let lost = answer.motion.as_ref().map(|motion| company.defs().say_stage(motion, "lost"));
    Parts {
        entered: facts::count(ways.entered),
        entered_as: format!("{} {entered_as}{motion}", from.map_or("entries", Stage::whose)),
        period: about::period_in_zone(&answer.period),
        window: answer.window.clone(),
        reached: facts::count(ways.reached),
        reached_as: reached_as.clone(),
        lost: facts::count(ways.lost),
        lost_as: match lost.filter(|lost| !lost.is_empty()) {
            Some(lost) => format!("were lost ({lost})"),
            None => "were lost".to_owned(),
        },
        neither: facts::count(ways.neither - running),
        later: facts::count(ways.later),
        later_as: format!("{reached_as} later"),
        running: facts::count(running),
    }
}

fn staged<'a>(company: &'a Company, label: Option<&String>) -> Option<&'a Stage> {
    company.defs().chain.iter().find(|stage| Some(&stage.label) == label)
}

/// What the stages of an answer mean in its motion.
pub(super) fn stages(company: &Company, answer: &Answer) -> Vec<StageMeaning> {
    let defs = company.defs();
    let (Some(motion), Some(kpi)) = (&answer.motion, defs.kpi(&answer.kpi)) else { return Vec::new() };
    let stages: Vec<&String> = match &kpi.kind {
        KpiKind::Conversion { from, to, .. } | KpiKind::Time { from, to: TimeTo::Stage(to), .. } => vec![from, to],
        KpiKind::Time { from, to: TimeTo::Fact(_), .. } => vec![from],
        KpiKind::Count { of: CountOf::Stage(stage) } | KpiKind::Sum { at: CountOf::Stage(stage), .. } => vec![stage],
        KpiKind::Count { of: CountOf::Facts(_) }
        | KpiKind::Sum { at: CountOf::Facts(_), .. }
        | KpiKind::Share { .. }
        | KpiKind::Stock { .. }
        | KpiKind::Worklist { .. }
        | KpiKind::Formula { .. }
        | KpiKind::Standard { .. } => Vec::new(),
    };
    stages
        .into_iter()
        .filter_map(|id| {
            let stage = defs.stage(id)?;
            Some(StageMeaning { name: stage.one(), meaning: about::facts_of(defs, motion, id) })
        })
        .collect()
}
