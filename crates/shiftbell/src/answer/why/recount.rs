//! What a receipt comes to now: worked out from the stored numbers, so that a click can wait for it.

use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::Recount;
use shiftbell_store::{Session, receipts};

use super::{Kept, digest, parts};
use crate::answer::{AskError, computed, facts, is_ready, kept};
use crate::companies::Company;
use crate::program::Program;

/// A receipt, with what it says and what it comes to now.
#[derive(Debug)]
pub(in crate::answer) struct Recounted {
    /// Its answer in one line.
    pub(in crate::answer) line: String,
    pub(in crate::answer) asked_at: Instant,
    /// The one number that it is about; `None` for a digest.
    pub(in crate::answer) kpi: Option<String>,
    /// Whose numbers it shows; `None` for the company's.
    pub(in crate::answer) person: Option<String>,
    /// `None` where it cannot be said just now.
    pub(in crate::answer) recount: Option<Recount>,
}

/// `None`: no such receipt is known, or it has expired.
pub(in crate::answer) async fn of(
    program: &Program,
    company: &Company,
    id: &str,
) -> Result<Option<Recounted>, AskError> {
    let mut snapshot = kept::snapshot_with(program, company, id).await?;
    let Some(receipt) = receipts::get(&mut snapshot, company.name(), id).await? else { return Ok(None) };
    let can_count = is_ready(program, company).is_ok();
    if let Some(kept) = digest::Kept::read(&receipt.body) {
        return Ok(Some(kept.recounted(&mut snapshot, company, can_count).await?));
    }
    let kept: Kept = serde_json::from_str(&receipt.body)?;
    let recount = if can_count { Some(of_answer(&mut snapshot, company, &kept).await?) } else { None };
    let figure = facts::whole_figure(&kept.answer, company.defs()).full();
    Ok(Some(Recounted {
        line: format!("{}: {figure}", parts::subject(&kept.answer)),
        asked_at: kept.asked_at,
        kpi: Some(kept.question.kpi),
        person: kept.question.person,
        recount,
    }))
}

async fn of_answer(session: &mut Session, company: &Company, kept: &Kept) -> Result<Recount, AskError> {
    Ok(match computed(session, company, &kept.question, kept.asked_at).await? {
        Ok(now) if now.version != kept.answer.version => Recount::Redefined,
        Ok(now) if now.figure == kept.answer.figure => Recount::Same,
        Ok(now) => Recount::Changed(vec![facts::figure(&now.figure, company.defs()).full()]),
        Err(_) => Recount::Redefined,
    })
}
