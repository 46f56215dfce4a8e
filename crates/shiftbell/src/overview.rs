//! What the page and the demo show of one company: the bowtie, and the KPIs with their meaning.

use serde::Serialize;
use serde_json::{Value, json};
use shiftbell_metrics::answer::{Answer, Figure as Number, Standing};
use shiftbell_metrics::definitions::{Kpi, KpiKind, Target};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::Instant;
use shiftbell_render::facts::Figure;
use shiftbell_store::Session;

use crate::answer::{AskError, computed, figure};
use crate::companies::Company;
use crate::program::Program;

/// One page of numbers, ready for its template.
#[derive(Debug, Serialize)]
pub struct Overview {
    pub bowtie: Bowtie,
    pub kpis: Vec<Row>,
    pub kpis_lead: String,
    /// Headings of the motions, in the order of the values in each row.
    pub motions: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Bowtie {
    pub headline: String,
    pub alt: String,
}

/// One KPI in every motion.
#[derive(Debug, Serialize)]
pub struct Row {
    pub label: String,
    pub slug: String,
    pub values: Vec<Cell>,
    pub target: String,
    pub means: String,
}

/// One KPI in one motion.
#[derive(Debug, Serialize)]
pub struct Cell {
    pub motion: String,
    pub number: Option<String>,
    pub counts: Option<String>,
    /// `above` or `below`; empty if there is no target.
    pub verdict: &'static str,
    /// Why there is no number.
    pub reason: Option<String>,
}

/// Commands that show something in this company.
pub fn examples(company: &Company) -> Vec<String> {
    let defs = company.defs();
    let typed = |kpi: &Kpi| kpi.also.first().cloned().unwrap_or_else(|| kpi.slug.clone());
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
    examples.extend(["/kpi list".to_owned(), "/kpi help".to_owned(), "/kpi mql-converson b2b".to_owned()]);
    examples
}

/// Computes the page in one snapshot.
pub async fn of(program: &Program, company: &Company) -> Result<Overview, AskError> {
    let now = program.clock.now();
    crate::answer::is_ready(program, company)?;
    let mut snapshot = program.db.read().await?;
    let defs = company.defs();
    let mut kpis = Vec::new();
    for kpi in defs.kpis.iter().filter(|kpi| kpi.level.is_some()) {
        kpis.push(row(&mut snapshot, company, kpi, now).await?);
    }
    let bowtie = crate::bowtie::of(&mut snapshot, company, now).await?;
    Ok(Overview {
        bowtie: Bowtie { headline: bowtie.headline(), alt: bowtie.alt() },
        kpis,
        kpis_lead: "Without a period, a rate is the latest 13 full weeks whose window has closed, so that it agrees with the weekly post."
            .to_owned(),
        motions: defs.motions.iter().map(|motion| motion.id.clone()).collect(),
    })
}

async fn row(session: &mut Session, company: &Company, kpi: &Kpi, now: Instant) -> Result<Row, AskError> {
    let defs = company.defs();
    let mut values = Vec::new();
    for motion in &defs.motions {
        let cell =
            |number, counts, verdict, reason| Cell { motion: motion.id.clone(), number, counts, verdict, reason };
        if kpi.motion.as_ref().is_some_and(|only| *only != motion.id) {
            values.push(cell(None, None, "", Some("-".to_owned())));
            continue;
        }
        let question = Question { motion: Some(motion.id.clone()), ..Question::of(&kpi.slug) };
        values.push(match computed(session, company, &question, now).await? {
            Ok(answer) => {
                let (number, counts) = parts(&figure(&answer.figure, defs));
                cell(Some(number), counts, verdict(&answer), None)
            }
            Err(why) => cell(None, None, "", Some(why.to_string())),
        });
    }
    let means = match (&kpi.means.every, kpi.means.by_motion.is_empty()) {
        (Some(every), _) => every.clone(),
        (None, true) => String::new(),
        (None, false) => {
            kpi.means.by_motion.iter().map(|(motion, means)| format!("{motion}: {means}")).collect::<Vec<_>>().join(" ")
        }
    };
    Ok(Row { label: kpi.label.clone(), slug: kpi.slug.clone(), values, target: targets(kpi), means })
}

/// The number and, apart from it, its counts.
fn parts(figure: &Figure) -> (String, Option<String>) {
    let (bare, full) = (figure.bare(), figure.full());
    let counts = full.strip_prefix(&bare).map(|rest| rest.trim().trim_matches(['(', ')']).to_owned());
    (bare, counts.filter(|counts| !counts.is_empty()))
}

fn verdict(answer: &Answer) -> &'static str {
    match answer.target.as_ref().map(|target| target.standing) {
        Some(Standing::Better) => "above",
        Some(Standing::Worse) => "below",
        Some(Standing::Level) | None => "",
    }
}

fn targets(kpi: &Kpi) -> String {
    let one = |target: &Target| match target {
        Target::Rate(percent) => format!("{percent} %"),
        Target::Number(number) => number.to_string(),
        Target::Span(span) => span.to_string(),
    };
    let mut all: Vec<String> =
        kpi.target.by_motion.iter().map(|(motion, target)| format!("{motion} {}", one(target))).collect();
    all.extend(kpi.target.every.as_ref().map(one));
    all.join(", ")
}

/// The bowtie's picture.
pub async fn bowtie_png(program: &Program, company: &Company) -> Result<Vec<u8>, AskError> {
    let now = program.clock.now();
    crate::answer::is_ready(program, company)?;
    let mut snapshot = program.db.read().await?;
    let bowtie = crate::bowtie::of(&mut snapshot, company, now).await?;
    drop(snapshot);
    let _ = bowtie;
    Err(AskError::Endless)
}

/// The bowtie's numbers for programs.
pub async fn bowtie_json(program: &Program, company: &Company) -> Result<Value, AskError> {
    let now = program.clock.now();
    crate::answer::is_ready(program, company)?;
    let mut snapshot = program.db.read().await?;
    let bowtie = crate::bowtie::of(&mut snapshot, company, now).await?;
    Ok(json!({ "workspace": company.name(), "as_of": now.to_string(), "motions": bowtie.motions }))
}

/// Whether a figure has anything in it.
pub fn is_empty(number: &Number) -> bool {
    match number {
        Number::Count { count } => *count == 0,
        Number::Rate { rate } => rate.den == 0,
        Number::Money { records, .. } => *records == 0,
        Number::Duration { reached, .. } => *reached == 0,
        Number::Number { value, .. } => value.is_none(),
    }
}
