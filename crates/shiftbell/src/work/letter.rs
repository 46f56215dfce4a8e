//! What a row of the outbox holds: the facts of a message, or one of the messages below another.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::rollout::Receiver;
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::messages::{Framed, Mark, Notice, Undelivered};
use shiftbell_render::template::RenderError;
use shiftbell_store::outbox::Enqueued;
use shiftbell_store::outbox::delivery::Claimed;
use shiftbell_store::{StoreError, Tx, outbox};

use super::beside::Compared;
use super::rollout::Addressed;
use crate::companies::Company;
use crate::work::{To, Workspace};

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
    /// For whom it would be, where the reviewer receives it in the frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub framed: Option<Framed>,
    /// Figures that the CRM can count too: it is asked when the message leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<Compared>,
}

impl Letter {
    pub fn new(notice: Notice) -> Letter {
        Letter { notice, thread: None, place: None, mark: None, framed: None, compared: Vec::new() }
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
        let document = match &self.mark {
            Some(mark) => mark.on(document)?,
            None => document,
        };
        match &self.framed {
            Some(framed) => framed.on(document),
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
    let addressed = Addressed::to(To::Person(to), message.dedupe_key.as_str());
    put(tx, &company.workspace, &addressed, Letter { mark: Some(mark), ..letter }, now, now).await?;
    Ok(())
}

/// Puts a letter into the outbox, in every outlet in which its receiver is reached. Returns its number there if it is new.
///
/// # Errors
/// The database's.
pub async fn put(
    tx: &mut Tx,
    workspace: &Workspace,
    addressed: &Addressed,
    letter: Letter,
    due: Instant,
    now: Instant,
) -> Result<Option<i64>, StoreError> {
    let kind = letter.notice.name();
    let framed = addressed.framed.clone().or(letter.framed);
    let Ok(facts) = (Letter { framed, ..letter }).facts() else { return Ok(None) };
    let mut first = None;
    for (outlet, channel) in workspace.channels_of(&addressed.to) {
        let notice = outbox::Notice {
            outlet: &outlet,
            destination: addressed.to.name(),
            channel: &channel,
            kind,
            dedupe_key: &addressed.key,
            digest: None,
            revision: 1,
            facts: &facts,
            due_at_ms: due.as_ms(),
            held: None,
        };
        if let Enqueued::New(id) = outbox::enqueue(tx, &workspace.name, &notice, now.as_ms()).await? {
            tracing::info!(notice.id = id, kind, outlet, "enqueued a notice");
            first = first.or(Some(id));
        }
    }
    Ok(first)
}

/// Shows the reviewer a message that the roll-out holds back, unless it is a part or an edit of one that was said. A digest is
/// not shown here: those of a day are collected into one message.
///
/// # Errors
/// The database's.
pub async fn show_instead(
    tx: &mut Tx,
    company: &Company,
    message: &Claimed,
    receiver: &Receiver,
    now: Instant,
) -> Result<(), StoreError> {
    let to = match message.destination.contains('@') {
        true => To::Person(message.destination.clone()),
        false => To::Channel(message.destination.clone()),
    };
    let (Ok(letter), Some(addressed)) =
        (Letter::read(&message.facts), Addressed::of(receiver, &to, &message.dedupe_key))
    else {
        return Ok(());
    };
    let is_digest = matches!(letter.notice, Notice::Scorecard(_) | Notice::Bowtie(_));
    let is_shown = outbox::framed::is(&message.dedupe_key);
    if is_shown || is_digest || letter.thread.is_some() || message.remote_id.is_some() {
        return Ok(());
    }
    put(tx, &company.workspace, &addressed, letter, now, now).await?;
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
