//! What the page and the demo show of one company: the bowtie, and the KPIs with their meaning.

mod kpis;

use serde::Serialize;
use serde_json::{Value, json};
use shiftbell_metrics::definitions::{Kpi, KpiKind};
use shiftbell_render::facts::{Figure, Footer, SeenBy, Sources};
use shiftbell_render::words;

use crate::answer::AskError;
use crate::bowtie::{Bowtie, Motion};
use crate::companies::Company;
use crate::program::Program;
use crate::work::digests;
use crate::work::shelf::Shelf;
pub use kpis::{Cell, Row};

/// One page of numbers, ready for its template.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub bowtie: Shown,
    pub kpis: Vec<Row>,
    /// The motions, in the order of the values in each row.
    pub motions: Vec<Heading>,
}

/// The bowtie: its picture in words, and as a list for screens on which the picture is small.
#[derive(Debug, Serialize)]
pub struct Shown {
    pub period: String,
    pub alt: String,
    /// What of it reaches over a change of what it means.
    pub changed: Option<String>,
    pub motions: Vec<Side>,
}

/// The left side of one motion.
#[derive(Debug, Serialize)]
pub struct Side {
    pub id: String,
    pub label: String,
    pub steps: Vec<Step>,
}

/// One stage.
#[derive(Debug, Serialize)]
pub struct Step {
    pub label: String,
    pub reached: String,
    /// Length of its bar, in hundredths.
    pub bar: u64,
    /// `26.9 % (84 of 312)`.
    pub onward: Option<String>,
    pub target: Option<String>,
}

/// One motion, as a heading.
#[derive(Debug, Serialize)]
pub struct Heading {
    pub id: String,
    pub label: String,
}

/// Commands that show something in this company.
pub fn examples(company: &Company) -> Vec<String> {
    let defs = company.defs();
    let typed = |kpi: &Kpi| kpi.word().to_owned();
    let rates: Vec<&Kpi> = defs
        .kpis
        .iter()
        .filter(|kpi| kpi.is_written && kpi.not_active.is_none() && matches!(kpi.kind, KpiKind::Conversion { .. }))
        .collect();
    let mut examples = Vec::new();
    let favourite = rates.iter().find(|kpi| kpi.also.iter().any(|also| also == "mql-conversion")).or(rates.first());
    if let Some(kpi) = favourite {
        examples.extend(defs.motions.iter().map(|motion| format!("/kpi {} {}", typed(kpi), motion.id)));
        if let (Some(motion), Some(by)) = (defs.motions.first(), defs.always_show.first()) {
            examples.push(format!("/kpi {} {} by {by}", typed(kpi), motion.id));
        }
        examples.push(format!("/kpi help {}", typed(kpi)));
    }
    if let Some(north) = &defs.workspace.north_star {
        examples.push(format!("/kpi {north} this quarter"));
    }
    if defs.kpi("mrr").is_some() {
        examples.push("/mrr last month".to_owned());
    }
    examples.extend(["/kpi list".to_owned(), "/kpi help".to_owned(), "/kpi mql-converson b2b".to_owned()]);
    examples
}

/// Computes the page in one snapshot.
pub async fn of(program: &Program, company: &Company) -> Result<Overview, AskError> {
    let now = program.clock.now();
    crate::answer::is_ready(program, company)?;
    let mut snapshot = program.db.read().await?;
    let kpis = kpis::rows(&mut snapshot, company, &program.versions, now).await?;
    let bowtie = crate::bowtie::of(&mut snapshot, company, &program.versions.changes(company), now).await?;
    let motions = company.defs().motions.iter();
    let motions = motions.map(|motion| Heading { id: motion.id.clone(), label: motion.label.clone() }).collect();
    Ok(Overview { bowtie: shown(&bowtie)?, kpis, motions })
}

fn shown(bowtie: &Bowtie) -> Result<Shown, AskError> {
    let changed = bowtie.changed()?;
    let alt = std::iter::once(bowtie.alt()).chain(changed.clone()).collect::<Vec<_>>().join(" ");
    Ok(Shown { period: bowtie.period.clone(), alt, changed, motions: bowtie.motions.iter().map(side).collect() })
}

fn side(motion: &Motion) -> Side {
    let count = |number: i64| u64::try_from(number).unwrap_or(0);
    let largest = motion.left().map(|(step, _)| count(step.entered)).max().unwrap_or(0).max(1);
    let steps = motion.left().map(|(step, onward)| Step {
        label: step.label.clone(),
        reached: words::count(count(step.entered)),
        bar: (count(step.entered) * 100).div_ceil(largest),
        onward: onward.map(|rate| Figure::rate(count(rate.num), count(rate.den)).full()),
        target: step.target.filter(|_| onward.is_some()).map(words::share),
    });
    Side { id: motion.id.clone(), label: motion.label.clone(), steps: steps.collect() }
}

/// The picture of the weekly message, as PNG.
pub async fn bowtie_png(program: &Program, company: &Company) -> Result<Vec<u8>, AskError> {
    let now = program.clock.now();
    crate::answer::is_ready(program, company)?;
    let today = company.defs().workspace.zone.day_of(now);
    let mut shelf = Shelf::open(program, company, now).await?;
    let week = digests::bowtie::of_week(&mut shelf, &[], today).await?;
    drop(shelf);
    let footer = Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None };
    let svg = shiftbell_render::picture::bowtie::svg(&digests::bowtie::facts(&week, footer))?;
    // Drawing takes longer than a thread that serves requests may be kept.
    let drawn = tokio::task::spawn_blocking(move || shiftbell_render::picture::png(&svg)).await;
    drawn.map_err(|_| AskError::Undrawn)?.map_err(AskError::from)
}

/// The bowtie's numbers for programs: the stages, and every number of the data model in the period that is asked for. The
/// inner `Err` says which words mean nothing.
pub async fn bowtie_json(program: &Program, company: &Company, text: &str) -> Result<Result<Value, String>, AskError> {
    let now = program.clock.now();
    crate::answer::is_ready(program, company)?;
    let mut snapshot = program.db.read().await?;
    let bowtie = crate::bowtie::of(&mut snapshot, company, &program.versions.changes(company), now).await?;
    drop(snapshot);
    let whole = crate::answer::bowtie_numbers(program, company, text).await?;
    Ok(whole.map(|whole| {
        json!({ "workspace": company.name(), "as_of": now.to_string(), "motions": bowtie.motions, "changed": bowtie.changed, "whole": whole })
    }))
}
