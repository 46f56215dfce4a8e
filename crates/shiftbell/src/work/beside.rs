//! The CRM's own figure beside ours, for whoever reviews the numbers in the frame.
//!
//! What can be compared is kept with the message, in its facts; the CRM is asked when the message is about to leave, outside of
//! any transaction. A figure that cannot be had (no token, no right, a limit, no answer in time) is left out and counted.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use shiftbell_metrics::bowtie::Bowtie;
use shiftbell_metrics::definitions::{CountOf, Definitions, Fact, Kpi, KpiKind};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::scorecard::{LineValue, Scorecard};
use shiftbell_render::document::Document;
use shiftbell_render::facts::Person;
use shiftbell_render::messages::{Beside, Why};
use shiftbell_render::words;
use shiftbell_sources::Kind;
use shiftbell_sources::hubspot::own::{self, Differs, Known};

use super::poll::Connection;
use crate::companies::Company;
use crate::program::Program;

/// Figures of one message: a search each, of the few that an account has in a second.
pub const FIGURES_MAX: usize = 6;
/// All of them together; a message does not wait longer for what it can leave out.
const WITHIN: Duration = Duration::from_secs(8);

/// A figure of a message that the CRM can count too.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    source: String,
    /// `Won, b2b`
    figure: String,
    ours: u64,
    days: String,
    count: own::Count,
}

/// Stages and owners of each source, as it was set up when it was read last.
#[derive(Clone, Debug, Default)]
pub struct Portals(BTreeMap<String, Words>);

#[derive(Clone, Debug, Default)]
struct Words {
    stages: Vec<(String, String)>,
    owners: Vec<(String, String)>,
}

/// What of a digest the CRM can count too, from what its receipt keeps.
pub fn of_digest(company: &Company, portals: &Portals, receipt: &Json) -> Vec<Compared> {
    let Ok(kept) = serde_json::from_value::<Kept>(receipt.clone()) else { return Vec::new() };
    let mut found: Vec<Compared> = Vec::new();
    let mut add = |figure: String, ours: u64, question: &Question| {
        if let Some(compared) = compared(company, portals, question, figure, ours)
            && !found.contains(&compared)
        {
            found.push(compared);
        }
    };
    match kept.said {
        Said::Scorecard(card) => {
            let name = Person::new(&card.person).name;
            for line in &card.lines {
                let question = kept.questions.iter().find(|question| question.kpi == line.kpi);
                if let (LineValue::Count { n, .. }, Some(question)) = (line.value, question) {
                    add(format!("{name}, {}", line.label), n, question);
                }
            }
        }
        Said::Bowtie(bowtie) => {
            for motion in &bowtie.motions {
                for stage in &motion.stages {
                    let asked = kept.questions.iter().find(|question| {
                        let of_stage = company.defs().kpi(&question.kpi).is_some_and(
                            |kpi| matches!(&kpi.kind, KpiKind::Count { of: CountOf::Stage(of) } if *of == stage.stage),
                        );
                        question.motion.as_ref() == Some(&motion.motion)
                            && question.period.as_ref() == Some(&bowtie.week)
                            && of_stage
                    });
                    if let Some(question) = asked {
                        add(format!("{}, {}", stage.label, motion.motion), stage.week, question);
                    }
                }
            }
        }
    }
    found.truncate(FIGURES_MAX);
    found
}

#[derive(Debug, Deserialize)]
struct Kept {
    #[serde(flatten)]
    said: Said,
    questions: Vec<Question>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Scorecard(Box<Scorecard>),
    Bowtie(Box<Bowtie>),
}

/// The figure of one question, if the CRM can count it too.
pub fn compared(
    company: &Company,
    portals: &Portals,
    question: &Question,
    figure: String,
    ours: u64,
) -> Option<Compared> {
    let defs = company.defs();
    let (kpi, period) = (defs.kpi(&question.kpi)?, question.period.as_ref()?);
    // The owner of the contact is no filter of a deal.
    if !question.filters.is_empty()
        || question.by.is_some()
        || question.each.is_some()
        || (question.person.is_some() && kpi.credit.is_some())
    {
        return None;
    }
    let fact = fact_of(defs, kpi, question.motion.as_deref())?;
    let source = defs.sources.iter().find(|source| Kind::from_word(&source.kind) == Some(Kind::HubSpot))?;
    company.doors.get(&source.id)?.token.as_ref()?;
    let none = Words::default();
    let words = portals.0.get(&source.id).unwrap_or(&none);
    let known = Known { map: &source.map, stages: &words.stages, owners: &words.owners };
    let span = (period.zone.start_of(period.from), period.zone.start_of(period.until));
    let count = own::count(fact, known, span, question.person.as_deref())?;
    let days = words::days(period.from.date(), period.until.plus(-1).date());
    Some(Compared { source: source.id.clone(), figure, ours, days, count })
}

/// The one fact that a KPI counts; `None` if it counts several, or another in each motion.
fn fact_of<'a>(defs: &'a Definitions, kpi: &Kpi, motion: Option<&str>) -> Option<&'a Fact> {
    let KpiKind::Count { of } = &kpi.kind else { return None };
    let facts: Vec<&String> = match of {
        CountOf::Facts(facts) => facts.iter().collect(),
        CountOf::Stage(stage) => {
            let only = motion.or(kpi.motion.as_deref());
            let motions = defs.motions.iter().filter(|motion| only.is_none_or(|only| only == motion.id));
            motions.filter_map(|motion| motion.stages.get(stage)).flatten().collect()
        }
    };
    match facts.as_slice() {
        [only] => defs.fact(only),
        _ => None,
    }
}

/// The message with the CRM's own figures, as far as they can be had. No transaction may be open.
pub async fn with(program: &Program, company: &Company, compared: &[Compared], document: Document) -> Document {
    if compared.is_empty() {
        return document;
    }
    let found = read(program, company, compared).await;
    Beside::on(&found, document.clone()).unwrap_or(document)
}

/// Asks the CRM for its own figures. No transaction may be open.
async fn read(program: &Program, company: &Company, compared: &[Compared]) -> Vec<Beside> {
    let mut found = Vec::new();
    let asking = async {
        for one in compared {
            if let Some(theirs) = total(program, company, one).await {
                found.push(one.beside(company, theirs));
            }
        }
    };
    let is_in_time = tokio::time::timeout(WITHIN, asking).await.is_ok();
    let left_out = compared.len() - found.len();
    if left_out > 0 {
        tracing::debug!(left_out, is_in_time, "the CRM's own figures could not be had");
    }
    for (n, outcome) in [(found.len(), "read"), (left_out, "left-out")] {
        metrics::counter!("shiftbell_crm_figures_total", "outcome" => outcome).increment(n as u64);
    }
    found
}

async fn total(program: &Program, company: &Company, compared: &Compared) -> Option<u64> {
    let door = company.doors.get(&compared.source)?;
    let connection = Connection::new(&program.config.hubspot_api_url, door.token.as_ref()?).ok()?;
    let said = connection.send(&compared.count.request(&door.settings.asking.version)).await;
    said.read(own::total)
}

impl Compared {
    fn beside(&self, company: &Company, theirs: u64) -> Beside {
        Beside {
            crm: company.workspace.source_name(&self.source),
            of_what: self.figure.clone(),
            ours: self.ours,
            period: self.days.clone(),
            theirs,
            what: self.count.what.clone(),
            why: match self.count.why {
                Differs::StageOfToday => Why::StageOfToday,
                Differs::CloseDate => Why::CloseDate,
                Differs::Made => Why::Made,
                Differs::Activity => Why::Activity,
            },
        }
    }
}
