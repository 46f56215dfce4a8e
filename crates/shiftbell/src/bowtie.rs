//! The bowtie of a company as it is now: how many reach each stage, and how many go on to the next.

use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use shiftbell_metrics::answer::{Figure as Number, Rate};
use shiftbell_metrics::definitions::{Kpi, KpiKind, StageOf, Target};
use shiftbell_metrics::period::full_weeks_before;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::Instant;
use shiftbell_render::facts::{Changed, Figure};
use shiftbell_render::template::{self, RenderError};
use shiftbell_render::words;
use shiftbell_store::Session;

use crate::answer::{AskError, computed};
use crate::companies::Company;
use crate::versions::Changes;
use crate::work::digests::bowtie::stage_count;

/// Weeks that volumes are shown for.
const WEEKS: u32 = 13;

/// Every motion, in the order of the file.
#[derive(Clone, Debug, Serialize)]
pub struct Bowtie {
    pub period: String,
    /// How many weeks each rate is made of.
    pub weeks: u32,
    pub motions: Vec<Motion>,
    /// What of it reaches over a change of what it means.
    pub changed: Vec<Changed>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Motion {
    pub id: String,
    pub label: String,
    pub steps: Vec<Step>,
}

/// One stage.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub stage: String,
    pub label: String,
    /// How many reached it in the period.
    pub entered: i64,
    /// Whether it is of people or deals, and so on the left of the knot.
    pub is_left: bool,
    /// How many of those who entered went on to the next, in the latest weeks whose window has closed.
    pub onward: Option<Rate>,
    /// What that rate should be, as a share.
    pub target: Option<f64>,
}

/// Reads the bowtie from the numbers that this session sees.
pub async fn of(session: &mut Session, company: &Company, changes: &Changes, now: Instant) -> Result<Bowtie, AskError> {
    let defs = company.defs();
    let workspace = &defs.workspace;
    let period = full_weeks_before(workspace.zone.day_of(now), WEEKS, workspace.week_starts, &workspace.zone);
    let (mut motions, mut shown) = (Vec::new(), Vec::new());
    for motion in &defs.motions {
        let mut steps = Vec::new();
        for (place, stage) in defs.chain.iter().enumerate().filter(|(_, stage)| motion.stages.contains_key(&stage.id)) {
            let asked_here =
                |kpi: &&Kpi| kpi.not_active.is_none() && kpi.motion.as_ref().is_none_or(|only| *only == motion.id);
            let count = stage_count(defs, &stage.id, &motion.id);
            let next = defs.chain.get(place + 1).map(|next| next.id.as_str()).unwrap_or_default();
            let rate = defs.kpis.iter().filter(asked_here).find(|kpi| is_conversion(&kpi.kind, &stage.id, next));
            let target = rate.and_then(|kpi| share(kpi.target.of(&motion.id)?));
            let asked = |slug: &str, period| Question { motion: Some(motion.id.clone()), period, ..Question::of(slug) };
            let entered = match count {
                Some(kpi) => match computed(session, company, &asked(&kpi.slug, Some(period.clone())), now).await? {
                    Ok(answer) => {
                        shown.push((answer.kpi, answer.period));
                        match answer.figure {
                            Number::Count { count } => count,
                            Number::Rate { .. }
                            | Number::Money { .. }
                            | Number::Duration { .. }
                            | Number::Number { .. } => 0,
                        }
                    }
                    Err(_) => 0,
                },
                None => 0,
            };
            let onward = match rate {
                Some(kpi) => match computed(session, company, &asked(&kpi.slug, None), now).await? {
                    Ok(answer) => {
                        shown.push((answer.kpi, answer.period));
                        match answer.figure {
                            Number::Rate { rate } => Some(rate),
                            Number::Count { .. }
                            | Number::Money { .. }
                            | Number::Duration { .. }
                            | Number::Number { .. } => None,
                        }
                    }
                    Err(_) => None,
                },
                None => None,
            };
            let is_left = is_left(stage.of);
            steps.push(Step { stage: stage.id.clone(), label: stage.label.clone(), entered, is_left, onward, target });
        }
        motions.push(Motion { id: motion.id.clone(), label: motion.label.clone(), steps });
    }
    let changed = changes.over(defs, shown.iter().map(|(kpi, period)| (kpi.as_str(), period)), None);
    Ok(Bowtie { period: period.label, weeks: defs.policies.default_period_weeks, motions, changed })
}

fn is_left(of: StageOf) -> bool {
    match of {
        StageOf::Contact | StageOf::Deal => true,
        StageOf::Visitor | StageOf::Customer => false,
    }
}

/// A rate to be reached, as a share.
fn share(target: &Target) -> Option<f64> {
    match target {
        Target::Rate(per_cent) => Some(per_cent.to_f64()? / 100.0),
        Target::Number(_) | Target::Span(_) => None,
    }
}

fn is_conversion(kind: &KpiKind, stage: &str, next: &str) -> bool {
    matches!(kind, KpiKind::Conversion { from, to, .. } if from == stage && to == next)
}

impl Bowtie {
    /// What is to be known of the rates beside the counts.
    fn not_chained(&self) -> String {
        let weeks = self.weeks;
        format!(
            "Each rate: the latest {weeks} full weeks whose window is closed, each step with its own window, so the counts do not chain."
        )
    }

    /// The whole in a sentence.
    pub fn headline(&self) -> String {
        format!("Who reached each stage, {}, and how many went on to the next.", self.period)
    }

    /// The whole as a table for a terminal.
    pub fn table(&self) -> String {
        let mut out = format!("{}\n", self.headline());
        for motion in &self.motions {
            out.push_str(&format!("\n{:<16}{:>9}   to the next step\n", motion.id, "reached"));
            for step in &motion.steps {
                let onward = step.onward.filter(|rate| rate.den > 0).map_or_else(String::new, |rate| {
                    let (num, den) = (u64::try_from(rate.num).unwrap_or(0), u64::try_from(rate.den).unwrap_or(0));
                    Figure::rate(num, den).full()
                });
                let reached = words::count(u64::try_from(step.entered).unwrap_or(0));
                out.push_str(format!("{:<16}{reached:>9}   {onward}", step.label).trim_end());
                out.push('\n');
            }
        }
        out.push_str(&format!("\n{}\n", self.not_chained()));
        out
    }

    /// What of it reaches over a change, as a sentence.
    ///
    /// # Errors
    /// The template's.
    pub fn changed(&self) -> Result<Option<String>, RenderError> {
        if self.changed.is_empty() {
            return Ok(None);
        }
        Ok(Some(template::document("changed", self)?.push))
    }

    /// Every value of the picture as text.
    pub fn alt(&self) -> String {
        self.motions.iter().map(|motion| format!("{}: {}.", motion.id, motion.sentence())).collect::<Vec<_>>().join(" ")
    }
}

impl Motion {
    fn sentence(&self) -> String {
        let step = |step: &Step| {
            let number = words::count(u64::try_from(step.entered).unwrap_or(0));
            match step.onward.filter(|rate| rate.den > 0) {
                Some(rate) => {
                    let counts = (u64::try_from(rate.num).unwrap_or(0), u64::try_from(rate.den).unwrap_or(0));
                    format!("{number} {} ({} go on)", step.label, words::percent(counts.0, counts.1))
                }
                None => format!("{number} {}", step.label),
            }
        };
        self.steps.iter().map(step).collect::<Vec<_>>().join(", ")
    }
}

impl Motion {
    /// The steps left of the knot, each with the rate at which people go on to the next of them.
    pub fn left(&self) -> impl Iterator<Item = (&Step, Option<Rate>)> {
        let knot = self.steps.iter().rposition(|step| step.is_left);
        let steps = self.steps.iter().enumerate().filter(|(_, step)| step.is_left);
        steps.map(move |(at, step)| (step, step.onward.filter(|rate| Some(at) != knot && rate.den > 0)))
    }
}
