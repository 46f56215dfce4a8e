//! Receipts: kept behind the answer, read when somebody asks why.

use serde_json::{Value, json};
use shiftbell_metrics::answer::Answer;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::Instant;
use shiftbell_store::receipts::{self, Receipt};
use shiftbell_store::{Session, Snapshot, StoreError};

use super::AskError;
use crate::companies::Company;
use crate::program::Program;

/// Letters of a receipt's id, so many where several processes may choose the same one at the same time.
const LETTERS_ALONE: usize = 4;
const LETTERS_SHARED: usize = 6;

/// Gives a receipt to be kept. Returns its id, which nothing else has.
pub(super) async fn keep(
    session: &mut Session,
    program: &Program,
    company: &Company,
    question: &Question,
    answer: &Answer,
    (now, mark): (Instant, String),
) -> Result<String, AskError> {
    // The period is written down, so that the same question asked next week is still this one.
    let fixed = Question { period: Some(answer.period.clone()), ..question.clone() };
    let body = serde_json::to_string(&json!({ "question": fixed, "answer": answer, "asked_at": now }))?;
    keep_body(session, program, company, body, (now, mark)).await
}

/// The same for what is no answer to one question.
pub(super) async fn keep_body(
    session: &mut Session,
    program: &Program,
    company: &Company,
    body: String,
    (now, mark): (Instant, String),
) -> Result<String, AskError> {
    let mut letters = if program.db.slots() == 1 { LETTERS_ALONE } else { LETTERS_SHARED };
    loop {
        let id = format!("r-{}", program.chance.word(letters));
        // Taken: a longer one is soon free.
        letters += 1;
        if receipts::is_taken(session, company.name(), &id).await? {
            continue;
        }
        let receipt = Receipt { id: id.clone(), asked_at_ms: now.as_ms(), mark: mark.clone(), body: body.clone() };
        if program.keeper.keep(company.name(), receipt).await {
            return Ok(id);
        }
    }
}

/// A snapshot that sees this receipt, if there is one.
pub(super) async fn snapshot_with(program: &Program, company: &Company, id: &str) -> Result<Snapshot, StoreError> {
    program.keeper.settle(company.name(), id).await;
    program.db.read().await
}

/// The question of a receipt, as it was asked.
pub(super) async fn question(program: &Program, company: &Company, id: &str) -> Option<Question> {
    let mut snapshot = snapshot_with(program, company, id).await.ok()?;
    let kept = receipts::get(&mut snapshot, company.name(), id).await.ok()??;
    let body: Value = serde_json::from_str(&kept.body).ok()?;
    serde_json::from_value(body.get("question")?.clone()).ok()
}

/// What was typed for the answer of a receipt that is about no single question.
pub(super) async fn words(program: &Program, company: &Company, id: &str) -> Option<String> {
    let mut snapshot = snapshot_with(program, company, id).await.ok()?;
    let kept = receipts::get(&mut snapshot, company.name(), id).await.ok()??;
    let body: Value = serde_json::from_str(&kept.body).ok()?;
    body["what_if"]["words"].as_str().map(str::to_owned)
}
