//! The KPIs of a company as rows: what each is now in every motion, what it should be, what it means.

use serde::Serialize;
use shiftbell_metrics::answer::{Answer, Figure as Number, Standing};
use shiftbell_metrics::definitions::{Kpi, Target};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::Instant;
use shiftbell_render::facts::Figure;
use shiftbell_render::words;
use shiftbell_store::Session;

use crate::answer::{AskError, computed, figure};
use crate::companies::Company;
use crate::versions::Versions;

/// One KPI in every motion.
#[derive(Debug, Serialize)]
pub struct Row {
    pub label: String,
    /// What is typed to ask for it.
    pub slug: String,
    pub version: String,
    pub values: Vec<Cell>,
    /// What it means everywhere.
    pub means: Option<String>,
    /// What it means in each motion, where that differs.
    pub means_by_motion: Vec<MeansHere>,
}

#[derive(Debug, Serialize)]
pub struct MeansHere {
    pub motion: String,
    pub means: String,
}

/// One KPI in one motion.
#[derive(Debug, Default, Serialize)]
pub struct Cell {
    pub motion: String,
    pub number: Option<String>,
    pub counts: Option<String>,
    pub target: Option<String>,
    /// `met`, `not met` or `level`; `None` without a target, and where too few were counted to say.
    pub verdict: Option<&'static str>,
    pub is_met: bool,
    pub is_missed: bool,
    /// Why there is no number.
    pub reason: Option<String>,
}

/// The KPIs that are spoken of (those with a level; all that are written where none has one).
pub(super) async fn rows(
    session: &mut Session,
    company: &Company,
    versions: &Versions,
    now: Instant,
) -> Result<Vec<Row>, AskError> {
    let kpis = &company.defs().kpis;
    let have_levels = kpis.iter().any(|kpi| kpi.level.is_some());
    let mut rows = Vec::new();
    for kpi in kpis.iter().filter(|kpi| if have_levels { kpi.level.is_some() } else { kpi.is_written }) {
        rows.push(row(session, company, versions, kpi, now).await?);
    }
    Ok(rows)
}

async fn row(
    session: &mut Session,
    company: &Company,
    versions: &Versions,
    kpi: &Kpi,
    now: Instant,
) -> Result<Row, AskError> {
    let mut values = Vec::new();
    for motion in &company.defs().motions {
        values.push(cell(session, company, kpi, &motion.id, now).await?);
    }
    let by_motion = kpi.means.by_motion.iter();
    Ok(Row {
        label: kpi.label.clone(),
        slug: kpi.word().to_owned(),
        version: versions.said(company.name(), &kpi.slug, &kpi.version),
        values,
        means: kpi.means.every.clone(),
        means_by_motion: by_motion
            .map(|(motion, means)| MeansHere { motion: motion.clone(), means: means.clone() })
            .collect(),
    })
}

async fn cell(
    session: &mut Session,
    company: &Company,
    kpi: &Kpi,
    motion: &str,
    now: Instant,
) -> Result<Cell, AskError> {
    let nothing = Cell { motion: motion.to_owned(), ..Cell::default() };
    if kpi.motion.as_ref().is_some_and(|only| only != motion) {
        return Ok(nothing);
    }
    if let Some(why) = &kpi.not_active {
        return Ok(Cell { reason: Some(format!("Not yet: {why}.")), ..nothing });
    }
    let question = Question { motion: Some(motion.to_owned()), ..Question::of(&kpi.slug) };
    let answer = match computed(session, company, &question, now).await? {
        Ok(answer) => answer,
        Err(why) => return Ok(Cell { reason: Some(format!("Not yet: {why}.")), ..nothing }),
    };
    let (number, counts) = parts(&figure(&answer.figure, company.defs()), &answer.figure);
    let verdict = verdict(&answer);
    Ok(Cell {
        number: Some(number),
        counts,
        target: kpi.target.of(motion).map(written),
        verdict,
        is_met: verdict == Some("met"),
        is_missed: verdict == Some("not met"),
        ..nothing
    })
}

/// The number and, apart from it, what was counted.
fn parts(figure: &Figure, number: &Number) -> (String, Option<String>) {
    let bare = figure.bare();
    let counted = |count: i64| words::count(u64::try_from(count).unwrap_or(0));
    let counts = match number {
        Number::Rate { .. } => Some(figure.counts()).filter(|counts| *counts != bare),
        Number::Duration { reached, open, .. } => {
            Some(format!("{} arrived, {} waiting", counted(*reached), counted(*open)))
        }
        Number::Money { records: 1, .. } => Some("1 record".to_owned()),
        Number::Money { records, .. } => Some(format!("{} records", counted(*records))),
        Number::Count { .. } | Number::Number { .. } => None,
    };
    (bare, counts)
}

fn verdict(answer: &Answer) -> Option<&'static str> {
    if answer.is_too_few {
        return None;
    }
    answer.target.as_ref().map(|target| match target.standing {
        Standing::Better => "met",
        Standing::Worse => "not met",
        Standing::Level => "level",
    })
}

fn written(target: &Target) -> String {
    match target {
        Target::Rate(per_cent) => format!("{per_cent} %"),
        Target::Number(number) => number.to_string(),
        Target::Span(span) => span.to_string(),
    }
}
