//! The receipt of a message that nobody asked for: a scorecard, or the weekly bowtie.

use serde::Deserialize;
use shiftbell_metrics::bowtie::{Bowtie, StageRow};
use shiftbell_metrics::definitions::{CountOf, Definitions, Kpi, KpiKind};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::scorecard::Scorecard;
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::facts::{Figure, Person};
use shiftbell_render::messages::{Digest, DigestLine, DigestWhy, Notice};
use shiftbell_render::words;
use shiftbell_store::receipts::Receipt;

use crate::answer::{AskError, Asker, about, not_granted};
use crate::companies::Company;
use crate::rights::{self, Right};

/// What is kept of a digest.
#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    said: Said,
    /// Every question that was asked for it.
    questions: Vec<Question>,
    asked_at: Instant,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Scorecard(Box<Scorecard>),
    Bowtie(Box<Bowtie>),
}

impl Kept {
    /// `None`: it is the receipt of an answer.
    pub(super) fn read(body: &str) -> Option<Kept> {
        serde_json::from_str(body).ok()
    }

    /// Whose numbers it printed; `None` for the company's.
    fn about(&self) -> Option<&str> {
        match &self.said {
            Said::Scorecard(card) => Some(&card.person),
            Said::Bowtie(_) => None,
        }
    }
}

/// Explains it to somebody who may see what it printed.
pub(super) fn explained(
    company: &Company,
    asker: &Asker,
    receipt: &Receipt,
    kept: &Kept,
) -> Result<Document, AskError> {
    let defs = company.defs();
    let kpi = kept.questions.first().map(|question| question.kpi.clone()).unwrap_or_default();
    let mut whole = Question { person: kept.about().map(str::to_owned), ..Question::of(kpi) };
    if let Right::Refused(why) = rights::join(defs, asker, &mut whole) {
        return not_granted(company, asker, why);
    }
    let (what, headline, zone, lines) = match &kept.said {
        Said::Scorecard(card) => {
            let place = defs.person(&card.person).and_then(|person| defs.places.get(&person.place));
            let what = Digest::Scorecard { person: Person::new(&card.person), day: card.day.date() };
            let zone = place.map_or(&defs.workspace.zone, |place| &place.zone);
            (what, card.headline.clone(), zone, of_scorecard(defs, asker, card, &kept.questions))
        }
        Said::Bowtie(bowtie) => {
            let (first, last) = (bowtie.week.from.date(), bowtie.week.until.plus(-1).date());
            let what = Digest::Bowtie { first, last };
            (what, bowtie.headline.clone(), &defs.workspace.zone, of_bowtie(defs, bowtie, &kept.questions))
        }
    };
    let local = zone.local(kept.asked_at);
    let city = words::city(zone.name());
    let facts = DigestWhy {
        receipt: receipt.id.clone(),
        what,
        as_of: format!("{} {:02}:{:02}, {city} time", words::day(local.date()), local.hour(), local.minute()),
        headline,
        lines,
    };
    Ok(Notice::from(facts).document()?)
}

fn of_scorecard(defs: &Definitions, asker: &Asker, card: &Scorecard, questions: &[Question]) -> Vec<DigestLine> {
    let is_own = matches!(asker, Asker::Person(person) if person.email.eq_ignore_ascii_case(&card.person));
    let line = |line: &shiftbell_metrics::scorecard::Line| {
        let question = questions.iter().find(|question| question.kpi == line.kpi);
        // Only they can ask for their own numbers.
        let ask = question.and_then(|question| match &question.person {
            Some(_) => is_own.then(|| format!("{} for me", question.command())),
            None => Some(question.command()),
        });
        DigestLine {
            label: line.label.clone(),
            said: line.text.clone(),
            made_of: made_of(defs, &line.kpi, question.and_then(|question| question.motion.as_deref())),
            ask,
        }
    };
    card.lines.iter().map(line).collect()
}

fn of_bowtie(defs: &Definitions, bowtie: &Bowtie, questions: &[Question]) -> Vec<DigestLine> {
    let mut lines = Vec::new();
    for motion in &bowtie.motions {
        let of_motion = || questions.iter().filter(|question| question.motion.as_deref() == Some(&motion.motion));
        for stage in &motion.stages {
            let is_counted = |question: &&Question| {
                question.period.as_ref() == Some(&bowtie.week)
                    && defs.kpi(&question.kpi).is_some_and(|kpi| counts(kpi, stage))
            };
            let mut add = |label: &str, said: String, question: Option<&Question>, slug: &str| {
                lines.push(DigestLine {
                    label: format!("{}, {label}", motion.motion),
                    said,
                    made_of: made_of(defs, slug, Some(&motion.motion)),
                    ask: question.map(Question::command),
                });
            };
            if let Some(question) = of_motion().find(is_counted) {
                let said = format!("{} in the week", words::count(stage.week));
                add(&stage.label, said, Some(question), &question.kpi);
            }
            if let Some(step) = &stage.next {
                let question = of_motion().find(|question| question.kpi == step.kpi && question.by.is_none());
                add(&step.label, Figure::rate(step.counts.num, step.counts.den).full(), question, &step.kpi);
            }
        }
    }
    lines
}

fn counts(kpi: &Kpi, stage: &StageRow) -> bool {
    matches!(&kpi.kind, KpiKind::Count { of: CountOf::Stage(of) } if *of == stage.stage)
}

/// What a KPI counts.
fn made_of(defs: &Definitions, kpi: &str, motion: Option<&str>) -> String {
    defs.kpi(kpi).map_or_else(|| kpi.to_owned(), |kpi| about::made_of(defs, kpi, motion))
}
