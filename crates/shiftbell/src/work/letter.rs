//! What a row of the outbox holds: the facts of a message, or one of the messages below another.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::messages::{Mark, Notice, Undelivered};
use shiftbell_render::template::RenderError;
use shiftbell_store::outbox::delivery::Claimed;
use shiftbell_store::{StoreError, Tx, outbox};

use crate::companies::Company;
use crate::work::To;

/// A message as the outbox keeps it: facts, never words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    #[serde(flatten)]
    pub notice: Notice,
    /// The message under which this one is a reply, as the outlet named it.
    #[serde(default, rename = "below", skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
    /// Which of the messages below, from 1.
    #[serde(default, rename = "place_below", skip_serializing_if = "Option::is_none")]
    pub place: Option<usize>,
    /// What its reader should know besides: that it is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
}

impl Letter {
    pub fn new(notice: Notice) -> Letter {
        Letter { notice, thread: None, place: None, mark: None }
    }

    /// As it is stored.
    pub fn facts(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Reads stored facts, or says in a sentence why it cannot.
    pub fn read(facts: &str) -> Result<Letter, String> {
        serde_json::from_str(facts).map_err(|error| format!("its facts cannot be read by this version: {error}"))
    }

    /// The words of this letter alone.
    pub fn document(&self) -> Result<Document, RenderError> {
        let mut document = self.notice.document()?;
        let document = match self.place {
            Some(place) if (1..=document.thread.len()).contains(&place) => document.thread.swap_remove(place - 1),
            Some(_) | None => document,
        };
        match &self.mark {
            Some(mark) => mark.on(document),
            None => Ok(document),
        }
    }
}

/// Puts the messages below a delivered one into the outbox.
///
/// # Errors
/// The database's.
pub async fn enqueue_thread(tx: &mut Tx, message: &Claimed, remote_id: &str, now: Instant) -> Result<(), StoreError> {
    let Ok(letter) = Letter::read(&message.facts) else { return Ok(()) };
    // An edit changes the message, not what was said under it.
    if letter.thread.is_some() || message.remote_id.is_some() {
        return Ok(());
    }
    let below = letter.notice.document().map_or(0, |document| document.thread.len());
    for place in 1..=below {
        let reply =
            Letter { thread: Some(remote_id.to_owned()), place: Some(place), ..Letter::new(letter.notice.clone()) };
        let Ok(facts) = reply.facts() else { continue };
        let notice = outbox::Notice {
            outlet: &message.outlet,
            destination: &message.destination,
            channel: &message.channel,
            kind: "below",
            dedupe_key: &format!("{}/below/{place}", message.dedupe_key),
            digest: None,
            revision: 1,
            facts: &facts,
            due_at_ms: now.as_ms(),
            held: None,
        };
        outbox::enqueue(tx, &message.workspace, &notice, now.as_ms()).await?;
    }
    Ok(())
}

/// Puts the same message into the outbox for somebody else, who is told for whom it was.
///
/// # Errors
/// The database's.
pub async fn pass_on(
    tx: &mut Tx,
    company: &Company,
    message: &Claimed,
    to: String,
    mark: Mark,
    now: Instant,
) -> Result<(), StoreError> {
    let Ok(letter) = Letter::read(&message.facts) else { return Ok(()) };
    let Ok(facts) = (Letter { mark: Some(mark), ..letter }).facts() else { return Ok(()) };
    let to = To::Person(to);
    for (outlet, channel) in company.workspace.channels_of(&to) {
        let notice = outbox::Notice {
            outlet: &outlet,
            destination: to.name(),
            channel: &channel,
            kind: &message.kind,
            dedupe_key: &message.dedupe_key,
            digest: None,
            revision: 1,
            facts: &facts,
            due_at_ms: now.as_ms(),
            held: None,
        };
        outbox::enqueue(tx, company.name(), &notice, now.as_ms()).await?;
    }
    Ok(())
}

/// Tells who keeps the definitions that a message did not arrive, unless it is that very message.
///
/// # Errors
/// The database's.
pub async fn tell_owner(
    tx: &mut Tx,
    company: &Company,
    message: &Claimed,
    why: &str,
    now: Instant,
) -> Result<(), StoreError> {
    let owner = company.defs().rollout.reviewer.clone();
    let (Some(owner), false) = (owner, message.kind == "undelivered") else {
        nobody_told(company, message);
        return Ok(());
    };
    let minutes = u64::try_from((now.as_ms() - message.enqueued_at_ms) / 60_000).unwrap_or(0);
    let facts = Letter::new(Notice::from(Undelivered {
        what: shiftbell_render::words::capital(&message.kind.replace('-', " ")),
        destination: message.destination.clone(),
        outlet: shiftbell_render::words::capital(&message.outlet),
        said: why.to_owned(),
        attempts: u64::try_from(message.attempts).unwrap_or(0),
        minutes,
        waiting: 0,
        fix: None,
        replay: "Send again".to_owned(),
        notice: message.id.to_string(),
    }));
    let Ok(facts) = facts.facts() else { return Ok(()) };
    let mut is_told = false;
    for (outlet, channel) in company.workspace.channels_of(&To::Person(owner.clone())) {
        // The same channel is closed; where there is another path, it is taken.
        if outlet == message.outlet && channel == message.channel {
            continue;
        }
        let notice = outbox::Notice {
            outlet: &outlet,
            destination: &owner,
            channel: &channel,
            kind: "undelivered",
            dedupe_key: &format!("undelivered/{}", message.id),
            digest: None,
            revision: 1,
            facts: &facts,
            due_at_ms: now.as_ms(),
            held: None,
        };
        outbox::enqueue(tx, company.name(), &notice, now.as_ms()).await?;
        is_told = true;
    }
    if !is_told {
        nobody_told(company, message);
    }
    Ok(())
}

/// There is no other path to the owner: only the log, the metrics and `/readyz` can say it.
fn nobody_told(company: &Company, message: &Claimed) {
    tracing::error!(
        workspace = company.name(),
        notice.id = message.id,
        outlet = message.outlet,
        "a message did not arrive and its owner cannot be told by another path; set `reviewer` in [rollout], and a second outlet"
    );
    metrics::counter!("shiftbell_untold_notices_total", "workspace" => company.name().to_owned()).increment(1);
}
