//! Deliver: claim, check the recipient, render, mark as sending, send, record the outcome.
//!
//! No transaction is open while a request is under way. The mark is durable before the request leaves, so that a process
//! that dies in between has left word: whoever claims the message next looks for it before saying it again.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use shiftbell_chat::backoff::retry_after_ms;
use shiftbell_chat::queue::Turn;
use shiftbell_chat::{Found, Message, Outcome, Sought, To};
use shiftbell_metrics::alert::HoldReason;
use shiftbell_metrics::rollout::Receiver;
use shiftbell_metrics::time::{Instant, MS_PER_SECOND};
use shiftbell_render::document::{Block, Document, Inline};
use shiftbell_render::messages::{Mark, Notice};
use shiftbell_store::outbox::State;
use shiftbell_store::outbox::delivery::{self, Claimed};
use shiftbell_store::{Session, StoreError, inbox, outbox};

use super::absent::Absent;
use super::letter::{self, Letter};
use super::{beside, rollout};
use crate::companies::Company;
use crate::outlets::{Client, Lowered};
use crate::program::Program;
use crate::work::CONSOLE;

/// Messages that one claim takes, each of another channel.
const CLAIM_MAX: i64 = 20;
/// A turn that comes within this is waited for; a later one is left to the next claim.
const WAIT_FOR_TURN_MS: i64 = 3 * MS_PER_SECOND;

/// What to record about a message.
enum Record {
    Delivered(String),
    /// It is visible, but perhaps as it was said at first.
    Found(String),
    RetryAt(Instant, String),
    /// No request left.
    Postponed {
        until: Instant,
        why: String,
        is_attempt: bool,
    },
    Unknown(Instant, String),
    Hold(String),
    /// The roll-out does not reach whom it is for, as it stands now.
    NotReached(Receiver),
    Dead(String),
    /// The channel needs a person: everything for it waits.
    Closed(String),
    /// Its reader is not at work: somebody else is told, by a message of its own.
    PassedOn {
        to: String,
        mark: Mark,
        why: String,
    },
}

/// Claims what is due in every workspace and delivers it. Returns how many messages that were.
///
/// # Errors
/// The database's. What was claimed is due again when its lease ends.
pub async fn turn(program: &Arc<Program>) -> Result<usize, StoreError> {
    let now = program.clock.now();
    let lease_ms = i64::from(program.config.lease_seconds) * MS_PER_SECOND;
    let mut snapshot = program.db.read().await?;
    let due = delivery::workspaces_due(&mut snapshot, now.as_ms()).await?;
    drop(snapshot);
    let mut count = 0;
    for workspace in due {
        let Some(company) = program.companies.get(&workspace).cloned() else { continue };
        let mut tx = program.db.write().await?;
        let lease_until = now.plus_ms(lease_ms).as_ms();
        let claimed = delivery::claim(&mut tx, &workspace, now.as_ms(), lease_until, CLAIM_MAX).await?;
        tx.commit().await?;
        count += claimed.len();
        // Each is of another channel, so that a slow one delays nobody else.
        let all = claimed.iter().map(|message| one(program, &company, message));
        for done in futures_util::future::join_all(all).await {
            done?;
        }
    }
    Ok(count)
}

async fn one(program: &Program, company: &Company, message: &Claimed) -> Result<(), StoreError> {
    let record = match deliver(program, company, message).await {
        Ok(record) => record,
        // Somebody else has it now, or the program stops before anything left: nothing to record.
        Err(StoreError::LeaseLost) => return Ok(()),
        Err(error) => return Err(error),
    };
    match keep(program, company, message, record).await {
        Err(StoreError::LeaseLost) => Ok(()),
        done => done,
    }
}

/// Everything up to the outcome.
async fn deliver(program: &Program, company: &Company, message: &Claimed) -> Result<Record, StoreError> {
    let letter = match Letter::read(&message.facts) {
        Ok(letter) => letter,
        Err(why) => return Ok(Record::Dead(why)),
    };
    if let Some(held) = not_reached(&mut *program.db.read().await?, company, message).await? {
        return Ok(held);
    }
    if let Some(record) = not_at_work(program, company, message, &letter).await? {
        return Ok(record);
    }
    let document = match letter.document() {
        Ok(document) => document,
        Err(error) => return Ok(Record::Dead(error.to_string())),
    };
    let document = beside::with(program, company, &letter.compared, document).await;
    if message.outlet == CONSOLE {
        print(program, message, &document);
        return Ok(Record::Delivered(format!("{CONSOLE}/{}", message.id)));
    }
    let Some(client) = program.outlets.client(company.name(), &message.outlet) else {
        return Ok(Record::Hold(format!(
            "there is no token for {}; set the one that its outlet names",
            message.outlet
        )));
    };
    let channel = match client.channel(program, company, message).await {
        Ok(channel) => channel,
        Err(outcome) => return Ok(unsent(record_of(program, message, outcome))),
    };
    let to = if message.destination.contains('@') { To::Person(&channel) } else { To::Channel(&channel) };
    let document = program.outlets.with_mentions(program, company, document).await;
    send(program, company, &client, to, message, &letter, document).await
}

/// What becomes of a message to somebody who went away since it was decided. What they can see already is edited all the same.
async fn not_at_work(
    program: &Program,
    company: &Company,
    message: &Claimed,
    letter: &Letter,
) -> Result<Option<Record>, StoreError> {
    let is_new = message.was == State::Due && message.remote_id.is_none() && letter.thread.is_none();
    if !is_new || !message.destination.contains('@') {
        return Ok(None);
    }
    let (workspace, email, now) = (&company.workspace, &message.destination, program.clock.now());
    let mut snapshot = program.db.read().await?;
    let own = Absent::of_person(&mut snapshot, workspace, email).await?;
    let Some(why) = own.why_at(workspace, email, now) else { return Ok(None) };
    let reason = why.reason(email);
    if matches!(letter.notice, Notice::Scorecard(_)) {
        return Ok(Some(Record::Hold(reason)));
    }
    let absent = Absent::read(&mut snapshot, workspace, now).await?;
    Ok(Some(match absent.stand_in(workspace, email, now) {
        Some(to) => Record::PassedOn { to: to.to_owned(), mark: why.mark(email), why: reason },
        None => Record::Hold(format!("{reason}, and nobody above them is there")),
    }))
}

/// Looks for what may have left already, waits for its turn, leaves word, and sends.
async fn send(
    program: &Program,
    company: &Company,
    client: &Client,
    to: To<'_>,
    message: &Claimed,
    letter: &Letter,
    mut document: Document,
) -> Result<Record, StoreError> {
    let edits = message.remote_id.as_deref().filter(|_| letter.thread.is_none());
    let may_be_there = edits.is_none() && matches!(message.was, State::Sending | State::Unknown);
    if may_be_there {
        let lowered = client.lowered(&document).await;
        match look(program, client, to, message, letter, &lowered).await {
            Looked::Known(record) => return Ok(record),
            Looked::SayAgain => {}
            Looked::SayAgainMarked => document.blocks.push(may_be_a_repeat()),
        }
    }
    if let Some(wait) = turn_of(program, client, to, edits).await {
        return Ok(Record::Postponed { until: wait, why: "it waits for its turn".to_owned(), is_attempt: false });
    }
    let lowered = client.lowered(&document).await;
    let now = program.clock.now();
    let mut tx = program.db.write().await?;
    // Somebody may have changed the roll-out while it waited for its turn.
    if let Some(held) = not_reached(&mut tx, company, message).await? {
        tx.roll_back().await?;
        return Ok(held);
    }
    delivery::sending(&mut tx, message, now.as_ms(), now.plus_ms(first_look_ms(program)).as_ms()).await?;
    tx.commit().await?;
    let body = Message { thread: letter.thread.as_deref(), ..lowered.message() };
    let outcome = match edits {
        Some(id) => client.edit(id, &body, now).await,
        None => client.post(to, &body, &message.dedupe_key, now).await,
    };
    Ok(match record_of(program, message, outcome) {
        // A repeat that the service recognised left the first one as it was.
        Record::Delivered(remote_id) if may_be_there => Record::Found(remote_id),
        record => record,
    })
}

/// Takes a place in the channel's queue, or says when there is one.
async fn turn_of(program: &Program, client: &Client, to: To<'_>, edits: Option<&str>) -> Option<Instant> {
    loop {
        let now = program.clock.now();
        let turn = match edits {
            Some(_) => client.may_edit(to.id(), now),
            None => client.may_send(to.id(), now),
        };
        match turn {
            Turn::Go => return None,
            Turn::WaitUntil(at) if at.since(now) <= WAIT_FOR_TURN_MS => program.clock.wait_until(at).await,
            Turn::WaitUntil(at) => return Some(at),
        }
    }
}

enum Looked {
    Known(Record),
    SayAgain,
    SayAgainMarked,
}

/// Looks for a message that may have left already.
async fn look(
    program: &Program,
    client: &Client,
    to: To<'_>,
    message: &Claimed,
    letter: &Letter,
    lowered: &Lowered,
) -> Looked {
    let now = program.clock.now();
    let sent = Instant(message.sending_at_ms.unwrap_or(message.enqueued_at_ms));
    // Of several requests of unknown outcome the first may be the one that arrived.
    let since = message.unsure_since_ms.map_or(sent, Instant);
    if client.repeat_is_safe(since, now) {
        return Looked::SayAgain;
    }
    let first_look = sent.plus_ms(first_look_ms(program));
    if now < first_look {
        return Looked::Known(Record::Unknown(first_look, "its outcome is not known yet".to_owned()));
    }
    let second_look = first_look.plus_ms(2 * first_look_ms(program));
    let body = Message { thread: letter.thread.as_deref(), ..lowered.message() };
    let sought = Sought { to, dedupe_key: &message.dedupe_key, since, message: &body };
    match client.find(&sought, now).await {
        Found::Delivered { remote_id } => Looked::Known(Record::Found(remote_id)),
        Found::NotThere if now < second_look => {
            Looked::Known(Record::Unknown(second_look, "it is not there yet; looking again".to_owned()))
        }
        Found::NotThere => Looked::SayAgain,
        Found::CannotTell { why } if client.holds_unknown() => {
            Looked::Known(Record::Hold(format!("it may have been said, and cannot be looked for: {why}")))
        }
        Found::CannotTell { .. } => Looked::SayAgainMarked,
        Found::Later { after_ms, why } => {
            Looked::Known(Record::Unknown(now.plus_ms(after_ms.max(first_look_ms(program))), why))
        }
    }
}

/// The same for a message of which no request has left: whatever is unknown about it stays so.
fn unsent(record: Record) -> Record {
    match record {
        Record::RetryAt(until, why) | Record::Unknown(until, why) => Record::Postponed { until, why, is_attempt: true },
        record @ (Record::Delivered(_)
        | Record::Found(_)
        | Record::Postponed { .. }
        | Record::Hold(_)
        | Record::NotReached(_)
        | Record::Dead(_)
        | Record::Closed(_)
        | Record::PassedOn { .. }) => record,
    }
}

/// When a message whose outcome is unknown is looked for; it is looked for again after twice that.
fn first_look_ms(program: &Program) -> i64 {
    i64::from(program.config.look_again_seconds) * MS_PER_SECOND
}

fn may_be_a_repeat() -> Block {
    Block::Small(vec![vec![Inline::Text(
        "This may be a repeat: it is not known whether the first one arrived.".to_owned(),
    )]])
}

/// What an outcome means for the message.
fn record_of(program: &Program, message: &Claimed, outcome: Outcome) -> Record {
    metrics::counter!("shiftbell_notices_total", "outlet" => message.outlet.clone(), "outcome" => outcome.word())
        .increment(1);
    let now = program.clock.now();
    match outcome {
        Outcome::Delivered { remote_id } => Record::Delivered(remote_id),
        Outcome::RetryAt { after_ms, why } => {
            let attempt = u32::try_from(message.attempts).unwrap_or(u32::MAX);
            match retry_after_ms(attempt, program.chance.fraction()) {
                // What the service asks for is obeyed at once; our own patience is for faults without an answer.
                Some(_) if after_ms > 0 && attempt <= 3 => Record::RetryAt(now.plus_ms(after_ms), why),
                Some(wait_ms) => Record::RetryAt(now.plus_ms(after_ms.max(wait_ms)), why),
                None => Record::Dead(why),
            }
        }
        Outcome::Refused { why } => Record::Dead(why),
        Outcome::Closed { why } => Record::Closed(why),
        Outcome::Unknown { why } => Record::Unknown(now.plus_ms(first_look_ms(program)), why),
    }
}

/// Records what became of a message; who must act is told by another path, in the same transaction.
async fn keep(program: &Program, company: &Company, message: &Claimed, record: Record) -> Result<(), StoreError> {
    let now = program.clock.now();
    let mut tx = program.db.write().await?;
    match record {
        Record::Delivered(remote_id) => {
            delivery::delivered(&mut tx, message, &remote_id, now.as_ms()).await?;
            letter::enqueue_thread(&mut tx, message, &remote_id, now).await?;
        }
        Record::Found(remote_id) => {
            // What is visible may be an earlier revision: then this one is still to come, as an edit.
            let revision = if message.revision > 1 { message.revision - 1 } else { message.revision };
            let seen = Claimed { revision, ..message.clone() };
            delivery::delivered(&mut tx, &seen, &remote_id, now.as_ms()).await?;
            letter::enqueue_thread(&mut tx, message, &remote_id, now).await?;
        }
        Record::RetryAt(at, why) => delivery::retry_at(&mut tx, message, at.as_ms(), &why).await?,
        Record::Postponed { until, why, is_attempt } => {
            delivery::postpone(&mut tx, message, until.as_ms(), &why, is_attempt).await?;
        }
        Record::Unknown(at, why) => delivery::unknown(&mut tx, message, at.as_ms(), &why).await?,
        Record::Hold(why) => delivery::hold(&mut tx, message, &why).await?,
        Record::PassedOn { to, mark, why } => {
            delivery::hold(&mut tx, message, &format!("{why}; {to} was told instead")).await?;
            letter::pass_on(&mut tx, company, message, to, mark, now).await?;
        }
        Record::NotReached(receiver) => {
            delivery::hold(&mut tx, message, &held_back(&message.destination)).await?;
            letter::show_instead(&mut tx, company, message, &receiver, now).await?;
        }
        Record::Dead(why) => {
            tracing::error!(notice.id = message.id, outlet = message.outlet, why, "gave up a message");
            delivery::dead(&mut tx, message, &why).await?;
            letter::tell_owner(&mut tx, company, message, &why, now).await?;
        }
        Record::Closed(why) => {
            tracing::error!(notice.id = message.id, outlet = message.outlet, why, "a channel needs a person");
            delivery::hold(&mut tx, message, &why).await?;
            let (workspace, outlet, channel) = (&message.workspace, &message.outlet, &message.channel);
            delivery::close_channel(&mut tx, workspace, outlet, channel, &why).await?;
            letter::tell_owner(&mut tx, company, message, &why, now).await?;
        }
    }
    tx.commit().await
}

/// The roll-out is asked when a message leaves, whatever it was when the message was written.
async fn not_reached(
    session: &mut Session,
    company: &Company,
    message: &Claimed,
) -> Result<Option<Record>, StoreError> {
    // What its reader asked to see is an answer, and no message of the roll-out.
    if outbox::is_preview(&message.dedupe_key) {
        return Ok(None);
    }
    let in_force = rollout::in_force(session, &company.workspace).await?;
    let receiver = rollout::receiver(&in_force, &message.destination);
    Ok((receiver != Receiver::Themselves).then_some(Record::NotReached(receiver)))
}

/// The reason of a message that the roll-out holds back.
pub(super) fn held_back(destination: &str) -> String {
    HoldReason::NotRolledOut { recipient: destination.to_owned() }.to_string()
}

fn print(program: &Program, message: &Claimed, document: &Document) {
    if !program.is_quiet.load(Ordering::Relaxed) {
        println!("\n[{}]\n{}", message.destination, shiftbell_render::plain::transcript(document).trim_end());
    }
}

/// Ends the leases of a process that is gone, where no other can hold any: at the start on SQLite.
///
/// # Errors
/// The database's.
pub async fn take_over(program: &Program) -> Result<(), StoreError> {
    let now_ms = program.clock.now().as_ms();
    for company in program.companies.all() {
        let mut tx = program.db.write().await?;
        delivery::take_over(&mut tx, company.name(), now_ms).await?;
        inbox::take_over(&mut tx, company.name(), now_ms).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// How many messages of a workspace are in each state, for readiness and the demo.
///
/// # Errors
/// The database's.
pub async fn is_idle(program: &Program, workspace: &str) -> Result<bool, StoreError> {
    let mut snapshot = program.db.read().await?;
    let counts = outbox::counts(&mut snapshot, workspace).await?;
    Ok(counts.iter().all(|(state, n)| *n == 0 || matches!(state, State::Delivered | State::Held | State::Dead)))
}
