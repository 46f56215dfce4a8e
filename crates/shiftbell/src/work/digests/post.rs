//! Puts the messages of a digest into the outbox, many in one transaction, each with its receipt.

use serde_json::Value;
use shiftbell_metrics::definitions::Digest;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::messages::{Mark, Notice};
use shiftbell_store::outbox::{self, Enqueued, Listed, Revised, State};
use shiftbell_store::receipts::{self, Receipt};
use shiftbell_store::{StoreError, Tx};

use super::{dedupe_key, row};
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use crate::work::To;
use crate::work::delivery;
use crate::work::letter::Letter;
use crate::work::shelf::Shelf;

/// Messages in one transaction: a digest of everybody must not keep other writers waiting.
const BATCH: usize = 100;
/// Long enough that ten thousand a day for a year do not meet.
const RECEIPT_LETTERS: usize = 8;

/// How a message was computed, under the id that it prints.
#[derive(Clone, Debug)]
pub struct Body {
    pub id: String,
    /// Which events were visible.
    pub mark: String,
    pub body: Value,
}

/// A new id for a receipt.
pub fn new_receipt(program: &Program) -> String {
    format!("r-{}", program.chance.word(RECEIPT_LETTERS))
}

/// What is in the outbox about a digest of a day.
#[derive(Debug)]
pub(super) enum Posted {
    Nothing,
    Closed,
    Open(Open),
}

/// A message whose day was not over when it was written.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) revision: i64,
    pub(super) mark: Option<Mark>,
}

/// Whether a recipient has this digest of this day already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Nothing,
    /// It was said, or is about to be.
    Said,
    /// In this revision it did not leave, since the roll-out did not reach them then.
    HeldBack(i64),
}

pub(super) async fn standing(
    shelf: &mut Shelf<'_>,
    digest: &Digest,
    day: Day,
    to: &To,
) -> Result<Standing, StoreError> {
    let mut standing = Standing::Said;
    for (outlet, _) in shelf.company.workspace.channels_of(to) {
        match row(shelf, digest, day, to, &outlet).await? {
            None => return Ok(Standing::Nothing),
            Some(listed) if is_held_back(&listed) => standing = Standing::HeldBack(listed.revision),
            Some(_) => {}
        }
    }
    Ok(standing)
}

/// Whether nobody has seen it because the roll-out held it back.
fn is_held_back(listed: &Listed) -> bool {
    listed.state == State::Held
        && listed.remote_id.is_none()
        && listed.reason.as_deref() == Some(delivery::held_back(&listed.destination).as_str())
}

/// What a recipient was told about this day.
pub(super) async fn posted(shelf: &mut Shelf<'_>, digest: &Digest, day: Day, to: &To) -> Result<Posted, StoreError> {
    for (outlet, _) in shelf.company.workspace.channels_of(to) {
        let Some(listed) = row(shelf, digest, day, to, &outlet).await? else { continue };
        if is_held_back(&listed) {
            continue;
        }
        let name = shelf.company.name();
        let Some(facts) = outbox::facts(&mut shelf.snapshot, name, listed.id).await? else { continue };
        let Ok(letter) = Letter::read(&facts) else { continue };
        let is_closed = matches!(&letter.notice, Notice::Scorecard(scorecard) if scorecard.closed);
        return Ok(match is_closed {
            true => Posted::Closed,
            false => Posted::Open(Open { revision: listed.revision, mark: letter.mark }),
        });
    }
    Ok(Posted::Nothing)
}

/// Messages of one digest and day on their way into the outbox.
#[derive(Debug)]
pub(super) struct Post<'a> {
    program: &'a Program,
    company: &'a Company,
    digest: &'a Digest,
    day: Day,
    now: Instant,
    tx: Option<Tx>,
    in_tx: usize,
    count: usize,
}

impl<'a> Post<'a> {
    pub(super) fn new(
        program: &'a Program,
        company: &'a Company,
        digest: &'a Digest,
        day: Day,
        now: Instant,
    ) -> Post<'a> {
        Post { program, company, digest, day, now, tx: None, in_tx: 0, count: 0 }
    }

    /// A first message. Somebody else may have said it meanwhile: then nothing changes.
    pub(super) async fn put(&mut self, to: &To, letter: Letter, receipt: Body) -> Result<(), AskError> {
        self.write(to, &letter, receipt, None).await
    }

    /// An edit of a message.
    pub(super) async fn revise(
        &mut self,
        to: &To,
        letter: Letter,
        receipt: Body,
        revision: i64,
    ) -> Result<(), AskError> {
        self.write(to, &letter, receipt, Some(revision)).await
    }

    async fn write(&mut self, to: &To, letter: &Letter, receipt: Body, revision: Option<i64>) -> Result<(), AskError> {
        let facts = letter.facts()?;
        let key = dedupe_key(self.digest, self.day);
        let mut tx = match self.tx.take() {
            Some(tx) => tx,
            None => self.program.db.write().await?,
        };
        let name = self.company.name();
        let mut is_new = false;
        for (outlet, channel) in self.company.workspace.channels_of(to) {
            let notice = outbox::Notice {
                outlet: &outlet,
                destination: to.name(),
                channel: &channel,
                kind: letter.notice.name(),
                dedupe_key: &key,
                digest: Some((&self.digest.id, self.day)),
                revision: revision.unwrap_or(1),
                facts: &facts,
                due_at_ms: self.now.as_ms(),
                held: None,
            };
            is_new |= match revision {
                None => {
                    matches!(outbox::enqueue(&mut tx, name, &notice, self.now.as_ms()).await?, Enqueued::New(_))
                }
                Some(_) => {
                    !matches!(outbox::revise(&mut tx, name, &notice, self.now.as_ms()).await?, Revised::Unchanged)
                }
            };
        }
        if is_new {
            let (id, mark) = (receipt.id, receipt.mark);
            let kept = Receipt { id, asked_at_ms: self.now.as_ms(), mark, body: receipt.body.to_string() };
            receipts::keep(&mut tx, name, &kept).await?;
            self.count += 1;
        }
        self.in_tx += 1;
        self.tx = Some(tx);
        if self.in_tx >= BATCH {
            self.commit().await?;
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        self.in_tx = 0;
        match self.tx.take() {
            Some(tx) => tx.commit().await,
            None => Ok(()),
        }
    }

    /// Ends with everything written. Returns how many messages are new or newer.
    pub(super) async fn finish(mut self) -> Result<usize, AskError> {
        self.commit().await?;
        if self.count > 0 {
            tracing::info!(digest = self.digest.id, day = %self.day.date(), messages = self.count, "enqueued a digest");
            self.program.woken.delivery.notify_one();
        }
        Ok(self.count)
    }
}
