//! The message that somebody says something about: what it said, and whether it was for them.

use serde_json::Value;
use shiftbell_metrics::question::Question;
use shiftbell_render::document::Document;
use shiftbell_render::messages::Recount;
use shiftbell_store::doubts::Doubt;
use shiftbell_store::outbox;

use crate::answer::why::recount;
use crate::answer::{AskError, Asker, not_granted, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};
use crate::work::letter::Letter;

/// What a posted message is called in a button: `n-51`, its number in the outbox.
const POSTED: &str = "n-";

/// A message that somebody may say something about.
#[derive(Debug)]
pub(super) struct Doubted {
    /// What names it: `n-51`, or the receipt of an answer.
    pub(super) about: String,
    pub(super) receipt: Option<String>,
    pub(super) kind: String,
    /// Its first line, as the phone shows it.
    pub(super) line: Option<String>,
    /// When it was said.
    pub(super) at_ms: Option<i64>,
    pub(super) recount: Option<Recount>,
    /// The one number that it is about.
    pub(super) kpi: Option<String>,
}

pub(super) enum Found {
    Doubted(Doubted),
    /// What to say instead.
    Refused(Document),
}

/// Finds it, and sees whether it was for this person.
pub(super) async fn find(program: &Program, company: &Company, asker: &Asker, about: &str) -> Result<Found, AskError> {
    match about.strip_prefix(POSTED).map(str::parse) {
        Some(Ok(number)) => posted(program, company, asker, number).await,
        Some(Err(_)) => Ok(unknown(about)),
        None => answer(program, company, asker, about).await,
    }
}

async fn posted(program: &Program, company: &Company, asker: &Asker, number: i64) -> Result<Found, AskError> {
    let about = format!("{POSTED}{number}");
    let mut snapshot = program.db.read().await?;
    let Some(listed) = outbox::get(&mut snapshot, company.name(), number).await? else { return Ok(unknown(&about)) };
    let facts = outbox::facts(&mut snapshot, company.name(), number).await?.unwrap_or_default();
    drop(snapshot);
    if !rights::hears(company.defs(), asker, &listed.destination) {
        let words = "That message was not for you, so that it is for others to say what is off about it.";
        return Ok(Found::Refused(not_granted(company, asker, words.to_owned())?));
    }
    // The facts are forgotten after a while: then it is known only which message it was.
    let line = first_line(&facts);
    let receipt = printed_receipt(&facts);
    let known = match &receipt {
        Some(receipt) => recount::of(program, company, receipt).await?,
        None => None,
    };
    let (recount, kpi) = known.map_or((None, None), |known| (known.recount, known.kpi));
    let at_ms = listed.delivered_at_ms.or(Some(listed.due_at_ms));
    Ok(Found::Doubted(Doubted { about, receipt, kind: listed.kind, line, at_ms, recount, kpi }))
}

/// The receipt at the end of a message.
fn printed_receipt(facts: &str) -> Option<String> {
    let facts: Value = serde_json::from_str(facts).ok()?;
    facts.pointer("/footer/receipt")?.as_str().filter(|receipt| !receipt.is_empty()).map(str::to_owned)
}

/// An answer that somebody asked for, by its receipt.
async fn answer(program: &Program, company: &Company, asker: &Asker, receipt: &str) -> Result<Found, AskError> {
    let Some(known) = recount::of(program, company, receipt).await? else { return Ok(unknown(receipt)) };
    let mut question = Question { person: known.person, ..Question::of(known.kpi.clone().unwrap_or_default()) };
    if let Right::Refused(why) = rights::join(company.defs(), asker, &mut question) {
        return Ok(Found::Refused(not_granted(company, asker, why)?));
    }
    Ok(Found::Doubted(Doubted {
        about: receipt.to_owned(),
        receipt: Some(receipt.to_owned()),
        kind: "answer".to_owned(),
        line: Some(known.line),
        at_ms: Some(known.asked_at.as_ms()),
        recount: known.recount,
        kpi: known.kpi,
    }))
}

fn unknown(about: &str) -> Found {
    let short: String = about.chars().take(20).collect();
    Found::Refused(sentence(format!(
        "\"{short}\" is no message that is known here, or it is too old. The button under a message knows which it is."
    )))
}

/// The first line of the message that a doubt is about, where it is still known.
pub(super) async fn line_of(program: &Program, company: &Company, doubt: &Doubt) -> Result<Option<String>, AskError> {
    let Some(Ok(number)) = doubt.about.strip_prefix(POSTED).map(str::parse) else {
        return Ok(recount::of(program, company, &doubt.about).await?.map(|known| known.line));
    };
    let facts = outbox::facts(&mut *program.db.read().await?, company.name(), number).await?.unwrap_or_default();
    Ok(first_line(&facts))
}

fn first_line(facts: &str) -> Option<String> {
    Some(Letter::read(facts).ok()?.document().ok()?.push)
}
