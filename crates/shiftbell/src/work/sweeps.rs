//! Sweeps: what no single event shows, so that the clock has to look for it. One incident and one message each, edited
//! as it goes on.

pub mod first_day;
pub mod rates;
pub mod silence;

use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::Notice;
use shiftbell_store::outbox::{self, Enqueued};
use shiftbell_store::{StoreError, Tx};

use super::To;
use super::letter::Letter;
use crate::answer::AskError;
use crate::companies::Company;

/// Puts a message that may be edited later into the outbox, or edits it. Returns its number in the outbox.
pub(crate) async fn tell(
    tx: &mut Tx,
    company: &Company,
    to: &To,
    key: &str,
    notice: Notice,
    revision: i64,
    now: Instant,
) -> Result<Option<i64>, AskError> {
    let letter = Letter::new(notice);
    let facts = letter.facts()?;
    let mut first = None;
    for (outlet, channel) in company.workspace.channels_of(to) {
        let row = outbox::Notice {
            outlet: &outlet,
            destination: to.name(),
            channel: &channel,
            kind: letter.notice.name(),
            dedupe_key: key,
            digest: None,
            revision,
            facts: &facts,
            due_at_ms: now.as_ms(),
            held: None,
        };
        if revision > 1 {
            outbox::revise(tx, company.name(), &row, now.as_ms()).await?;
        } else if let Enqueued::New(id) = outbox::enqueue(tx, company.name(), &row, now.as_ms()).await? {
            first = first.or(Some(id));
        }
    }
    Ok(first)
}

/// How many messages a recipient was sent since their day began.
async fn said_since(tx: &mut Tx, company: &Company, to: &To, since: Instant) -> Result<u32, StoreError> {
    let said = outbox::enqueued_since(tx, company.name(), to.name(), since.as_ms()).await?;
    Ok(u32::try_from(said).unwrap_or(u32::MAX))
}
