//! The receipt of a message that nobody asked for: a scorecard, or the weekly bowtie.

use serde::Deserialize;
use shiftbell_metrics::bowtie::{Bowtie, MotionBowtie, StageRow};
use shiftbell_metrics::definitions::{CountOf, Definitions, Kpi, KpiKind};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::scorecard::Scorecard;
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::facts::{Figure, Person};
use shiftbell_render::messages::{BowtiePeriod, Digest, DigestLine, DigestWhy, Mrr, Notice, Recount, Team};
use shiftbell_render::words;
use shiftbell_store::Session;
use shiftbell_store::receipts::Receipt;

use super::recount::Recounted;
use crate::answer::funnel::KeptFunnel;
use crate::answer::{AskError, Asker, about, computed, facts, not_granted};
use crate::companies::Company;
use crate::rights::{self, Right};
use crate::work::digests::value_of;

/// What is kept of a digest.
#[derive(Debug, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    said: Said,
    /// Every question that was asked for it.
    questions: Vec<Question>,
    asked_at: Instant,
    /// Whom a digest of a team went to.
    #[serde(default)]
    manager: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Scorecard(Box<Scorecard>),
    Bowtie(Box<Bowtie>),
    /// As its message said it.
    Team(Box<Team>),
    WhatIf(Box<WhatIf>),
    /// As its message said it.
    BowtiePeriod(Box<BowtiePeriod>),
    /// As its message said it.
    Mrr(Box<Mrr>),
    Funnel(Box<KeptFunnel>),
}

/// What other numbers would bring: what was typed, and the numbers that it was worked out from.
#[derive(Debug, Deserialize)]
struct WhatIf {
    words: String,
    weeks: u32,
    motion: MotionBowtie,
}

impl Kept {
    /// `None`: it is the receipt of an answer.
    pub(super) fn read(body: &str) -> Option<Kept> {
        serde_json::from_str(body).ok()
    }

    /// What it comes to now, line by line of a scorecard; of the weekly bowtie only what it was.
    pub(super) async fn recounted(
        self,
        session: &mut Session,
        company: &Company,
        can_count: bool,
    ) -> Result<Recounted, AskError> {
        let person = self.about().map(str::to_owned);
        let (line, recount) = match &self.said {
            Said::Scorecard(card) if can_count => (card.push.clone(), Some(self.again(session, company, card).await?)),
            Said::Scorecard(card) => (card.push.clone(), None),
            Said::Bowtie(bowtie) => (bowtie.headline.clone(), None),
            Said::Team(_) | Said::BowtiePeriod(_) | Said::Mrr(_) | Said::Funnel(_) => (headline_of(&self.said), None),
            Said::WhatIf(what_if) => (format!("/{}", what_if.words), None),
        };
        Ok(Recounted { line, asked_at: self.asked_at, kpi: None, person, recount })
    }

    async fn again(&self, session: &mut Session, company: &Company, card: &Scorecard) -> Result<Recount, AskError> {
        let mut changed = Vec::new();
        for line in &card.lines {
            let Some(question) = self.questions.iter().find(|question| question.kpi == line.kpi) else { continue };
            let now = computed(session, company, question, self.asked_at).await?;
            let Some(value) = now.ok().and_then(|now| Some((value_of(&now)?, now.figure))) else { continue };
            if value.0 != line.value {
                let figure = facts::figure(&value.1, company.defs()).bare();
                changed.push(format!("{} is {figure} now, was \"{}\"", line.label, line.text));
            }
        }
        Ok(if changed.is_empty() { Recount::Same } else { Recount::Changed(changed) })
    }

    /// Whose numbers it printed; `None` for the company's.
    fn about(&self) -> Option<&str> {
        match &self.said {
            Said::Scorecard(card) => Some(&card.person),
            Said::Bowtie(_) => None,
            Said::Team(_) => self.manager.as_deref(),
            Said::WhatIf(_) | Said::BowtiePeriod(_) | Said::Mrr(_) | Said::Funnel(_) => None,
        }
    }

    /// By what it was broken out, where that may show single people.
    fn by(&self) -> Option<String> {
        match &self.said {
            Said::Funnel(funnel) => funnel.answer.by.clone(),
            Said::Scorecard(_) | Said::Bowtie(_) | Said::Team(_) => None,
            Said::WhatIf(_) | Said::BowtiePeriod(_) | Said::Mrr(_) => None,
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
    let mut whole = Question { person: kept.about().map(str::to_owned), by: kept.by(), ..Question::of(kpi) };
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
        Said::Team(team) => {
            let manager = kept.manager.clone().unwrap_or_default();
            let place = defs.person(&manager).and_then(|person| defs.places.get(&person.place));
            let what = Digest::Team { manager: Person::new(manager), day: team.day };
            let zone = place.map_or(&defs.workspace.zone, |place| &place.zone);
            (what, headline_of(&kept.said), zone, of_team(team))
        }
        Said::WhatIf(what_if) => {
            let what = Digest::WhatIf { motion: what_if.motion.motion.clone() };
            (what, format!("/{}", what_if.words), &defs.workspace.zone, of_what_if(defs, what_if, &kept.questions))
        }
        Said::BowtiePeriod(bowtie) => {
            let what = Digest::BowtiePeriod { period: bowtie.period.clone() };
            (what, headline_of(&kept.said), &defs.workspace.zone, of_period(defs, bowtie, &kept.questions))
        }
        Said::Mrr(mrr) => {
            let what = Digest::Mrr { period: mrr.period.clone() };
            (what, headline_of(&kept.said), &defs.workspace.zone, of_mrr(defs, mrr, &kept.questions))
        }
        Said::Funnel(funnel) => {
            let KeptFunnel { answer, .. } = &**funnel;
            let what = Digest::Funnel { label: answer.label.clone(), period: answer.period.clone() };
            (what, headline_of(&kept.said), &defs.workspace.zone, funnel.lines(defs))
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

/// The first line of what is kept as its message said it.
fn headline_of(said: &Said) -> String {
    let notice = match said {
        Said::Team(team) => Notice::Team(team.clone()),
        Said::BowtiePeriod(bowtie) => Notice::BowtiePeriod(bowtie.clone()),
        Said::Mrr(mrr) => Notice::Mrr(mrr.clone()),
        Said::Funnel(funnel) => Notice::FunnelAnswer(Box::new(funnel.answer.clone())),
        Said::Scorecard(_) | Said::Bowtie(_) | Said::WhatIf(_) => return String::new(),
    };
    notice.document().map(|document| document.push).unwrap_or_default()
}

/// Each of the team: what their scorecard said when its day closed, and what they said themselves.
fn of_team(team: &Team) -> Vec<DigestLine> {
    let line = |person: &Person, said: String| DigestLine {
        label: person.name.clone(),
        said,
        made_of: "their scorecard of that day, as it closed, and what they said with \"Something is off\"".to_owned(),
        ask: None,
    };
    let help = team.help.iter().map(|help| line(&help.person, help.text()));
    let well = team.well.iter().map(|person| line(person, "a successful day".to_owned()));
    let unjudged = team.unjudged.iter().map(|person| line(person, "no verdict".to_owned()));
    let away = team.away.iter().map(|person| line(person, "away".to_owned()));
    help.chain(well).chain(unjudged).chain(away).collect()
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

/// What it was and what it is, by the first breakout.
fn of_mrr(defs: &Definitions, mrr: &Mrr, questions: &[Question]) -> Vec<DigestLine> {
    let ask = questions.first().map(|question| Question { by: None, ..question.clone() }.command());
    let lines = mrr.whole.iter().chain(&mrr.parts).map(|line| DigestLine {
        label: line.name.clone().unwrap_or_else(|| "MRR".to_owned()),
        said: format!("{} to {}", words::money(line.opening), words::money(line.closing)),
        made_of: made_of(defs, "mrr", None),
        ask: ask.clone(),
    });
    lines.collect()
}

/// Each stage and each step with the question that gives it.
fn of_period(defs: &Definitions, bowtie: &BowtiePeriod, questions: &[Question]) -> Vec<DigestLine> {
    let mut lines = Vec::new();
    for motion in &bowtie.motions {
        let of_motion = || questions.iter().filter(|question| question.motion.as_deref() == Some(&motion.motion));
        let labelled =
            |label: &str| of_motion().find(|question| defs.kpi(&question.kpi).is_some_and(|kpi| kpi.label == label));
        let mut add = |label: &str, said: String| {
            let question = labelled(label);
            lines.push(DigestLine {
                label: format!("{}, {label}", motion.motion),
                said,
                made_of: question
                    .map_or_else(String::new, |question| made_of(defs, &question.kpi, Some(&motion.motion))),
                ask: question.map(Question::command),
            });
        };
        for stage in &motion.stages {
            add(&stage.label, words::count(stage.reached));
            if let Some(step) = &stage.next {
                add(&step.label, step.value.full());
            }
        }
    }
    lines
}

/// The volume and the rates that were multiplied.
fn of_what_if(defs: &Definitions, what_if: &WhatIf, questions: &[Question]) -> Vec<DigestLine> {
    let motion = &what_if.motion.motion;
    let line = |label: &str, said: String, question: Option<&Question>, slug: &str| DigestLine {
        label: format!("{motion}, {label}"),
        said,
        made_of: made_of(defs, slug, Some(motion)),
        ask: question.map(Question::command),
    };
    let mut lines = Vec::new();
    if let Some(first) = what_if.motion.stages.first() {
        let is_counted = |question: &&Question| {
            let days = question.period.as_ref().map(Period::days);
            days == i32::try_from(what_if.weeks * 7).ok()
                && defs.kpi(&question.kpi).is_some_and(|kpi| counts(kpi, first))
        };
        if let Some(question) = questions.iter().find(is_counted) {
            let said = format!("{} in {} weeks", words::number(first.usual * f64::from(what_if.weeks)), what_if.weeks);
            lines.push(line(&first.label, said, Some(question), &question.kpi));
        }
    }
    for step in what_if.motion.stages.iter().filter_map(|stage| stage.next.as_ref()) {
        let question = questions.iter().find(|question| question.kpi == step.kpi && question.by.is_none());
        lines.push(line(&step.label, Figure::rate(step.counts.num, step.counts.den).full(), question, &step.kpi));
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
