//! Why: what a receipt says, and the same number worked out again from the events that it could see.

mod digest;
mod heard;
mod left_out;
mod parts;
pub(super) mod recount;
mod since;

use serde::Deserialize;
use shiftbell_metrics::answer::{Answer, Asked, Figure, Outcome, Read, Rows, Someone, Ways, ask, ways, who};
use shiftbell_metrics::definitions::KpiKind;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::messages::{KpiWhy, Notice, Status};
use shiftbell_store::receipts::{self, Receipt};
use shiftbell_store::{Session, Snapshot};

use super::{AskError, Asker, computed, facts, kept, names_of, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};
use crate::versions::within;
use crate::work::beside::{self, Compared, Portals};
use crate::work::past::{Past, Until};

/// What is kept of an answer.
#[derive(Debug, Deserialize)]
struct Kept {
    question: Question,
    answer: Answer,
    asked_at: Instant,
}

/// Explains a receipt to somebody whose scope covers it.
pub(super) async fn to_receipt(
    program: &Program,
    company: &Company,
    asker: &Asker,
    id: &str,
) -> Result<Document, AskError> {
    super::is_ready(program, company)?;
    let mut snapshot = kept::snapshot_with(program, company, id).await?;
    let Some(receipt) = receipts::get(&mut snapshot, company.name(), id).await? else {
        return Ok(sentence(format!("Receipt {id} is not known here, or has expired.")));
    };
    // Who reviews the numbers sees the CRM's own beside them.
    let is_reviewed = rights::keeps_settings(company.defs(), asker);
    if let Some(kept) = digest::Kept::read(&receipt.body) {
        drop(snapshot);
        let compared = match is_reviewed {
            true => beside::of_digest(company, &Portals::default(), &serde_json::from_str(&receipt.body)?),
            false => Vec::new(),
        };
        let document = digest::explained(company, asker, &receipt, &kept)?;
        return Ok(beside::with(program, company, &compared, document).await);
    }
    let mut kept: Kept = serde_json::from_str(&receipt.body)?;
    if let Right::Refused(why) = rights::join(company.defs(), asker, &mut kept.question) {
        return Ok(sentence(why));
    }
    match explained(program, company, snapshot, &receipt, &kept).await? {
        Some(facts) => {
            let document = Notice::from(facts).document()?;
            let compared = if is_reviewed { kept.compared(company) } else { None };
            Ok(beside::with(program, company, compared.as_slice(), document).await)
        }
        None => Ok(sentence("This number is not defined any more, so that it cannot be computed again.")),
    }
}

/// `None`: the number is not defined any more.
async fn explained(
    program: &Program,
    company: &Company,
    mut snapshot: Snapshot,
    receipt: &Receipt,
    kept: &Kept,
) -> Result<Option<KpiWhy>, AskError> {
    let defs = company.defs();
    let past = Past::fold(&mut snapshot, company, Until::Mark(&receipt.mark)).await?;
    let (then, reads) = kept.answer(company, &past)?;
    let Some(status) = status(program, company, &mut snapshot, receipt, kept, (then, &reads)).await? else {
        return Ok(None);
    };
    let sources = heard::of(&mut snapshot, company, kept).await?;
    drop(snapshot);
    let (left_out, merged) = left_out::of(company, kept, &past)?;
    // What it was made of can be said only by what it means now.
    let is_redefined = matches!(status, Status::Redefined { .. });
    let made_of = kept.ways(company, &past)?.filter(|_| !is_redefined).map(|ways| parts::of(company, kept, &ways));
    let changes = program.versions.changes_of(company.name(), &kept.answer.kpi, &kept.answer.version);
    let changes: Vec<Instant> = within(changes.iter(), &kept.answer.period, None).collect();
    let kpi = defs.kpi(&kept.answer.kpi);
    let is_followed = kpi.is_some_and(|kpi| matches!(kpi.kind, KpiKind::Conversion { .. } | KpiKind::Time { .. }));
    Ok(Some(KpiWhy {
        receipt: receipt.id.clone(),
        value: Some(facts::whole_figure(&kept.answer, defs)),
        subject: parts::subject(&kept.answer),
        status,
        parts: made_of,
        left_out,
        merged,
        stages: if is_redefined { Vec::new() } else { parts::stages(company, &kept.answer) },
        version: program.versions.said(company.name(), &kept.answer.kpi, &kept.answer.version),
        one_version: changes.is_empty(),
        sources,
        differs_from: if is_followed { heard::counts_today(company) } else { None },
    }))
}

/// Whether the number still comes out the same, and if not, why not.
async fn status(
    program: &Program,
    company: &Company,
    snapshot: &mut Session,
    receipt: &Receipt,
    kept: &Kept,
    (then, reads): (Option<Answer>, &[Read]),
) -> Result<Option<Status>, AskError> {
    let then = then.map(|then| then.figure);
    let Some(now) = computed(snapshot, company, &kept.question, kept.asked_at).await?.ok() else {
        let is_same = then.is_some_and(|then| then == kept.answer.figure);
        return Ok(is_same.then_some(Status::Same));
    };
    let is_same = now.figure == kept.answer.figure;
    if is_same && then.is_some_and(|then| then == now.figure) {
        return Ok(Some(Status::Same));
    }
    let figure = facts::figure(&now.figure, company.defs());
    if now.version != kept.answer.version {
        let version = program.versions.said(company.name(), &now.kpi, &now.version);
        return Ok(Some(Status::Redefined { version, now: figure }));
    }
    let events = since::touching(snapshot, company, &receipt.mark, reads).await?;
    Ok(Some(Status::Changed { events, now: figure }))
}

impl Kept {
    /// What the CRM can count too, where the answer is a count.
    fn compared(&self, company: &Company) -> Option<Compared> {
        let Figure::Count { count } = &self.answer.figure else { return None };
        let question = Question { period: Some(self.answer.period.clone()), ..self.question.clone() };
        let ours = u64::try_from(*count).ok()?;
        let motion = self.answer.motion.as_ref().map_or_else(String::new, |motion| format!(", {motion}"));
        let figure = format!("{}{motion}", self.answer.label);
        beside::compared(company, &Portals::default(), &question, figure, ours)
    }

    /// The same question to other numbers, with what had to be read of them.
    fn answer(&self, company: &Company, past: &Past) -> Result<(Option<Answer>, Vec<Read>), AskError> {
        let names = names_of(company, &self.question);
        let asked = Asked { defs: company.defs(), question: &self.question, now: self.asked_at, names: &names };
        let (mut rows, mut all) = (Rows::default(), Vec::new());
        for _ in 0..super::ROUNDS_MAX {
            match ask(&asked, &rows) {
                Outcome::Answer(answer) => return Ok((Some(*answer), all)),
                Outcome::Cannot(_) => return Ok((None, all)),
                Outcome::Need(reads) => {
                    all.extend(reads.iter().cloned());
                    past.lay_out(reads, &mut rows);
                }
            }
        }
        Err(AskError::Endless)
    }

    /// Everybody who entered; nobody where the answer is not about single records.
    fn who(&self, company: &Company, past: &Past) -> Result<Vec<Someone>, AskError> {
        let names = names_of(company, &self.question);
        let asked = Asked { defs: company.defs(), question: &self.question, now: self.asked_at, names: &names };
        let mut rows = Rows::default();
        for _ in 0..super::ROUNDS_MAX {
            match who(&asked, &rows) {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(reads)) => past.lay_out(reads, &mut rows),
                Err(_) => return Ok(Vec::new()),
            }
        }
        Err(AskError::Endless)
    }

    fn ways(&self, company: &Company, past: &Past) -> Result<Option<Ways>, AskError> {
        let names = names_of(company, &self.question);
        let asked = Asked { defs: company.defs(), question: &self.question, now: self.asked_at, names: &names };
        let mut rows = Rows::default();
        for _ in 0..super::ROUNDS_MAX {
            match ways(&asked, &rows) {
                Ok(found) => return Ok(found),
                Err(reads) => past.lay_out(reads, &mut rows),
            }
        }
        Err(AskError::Endless)
    }
}
