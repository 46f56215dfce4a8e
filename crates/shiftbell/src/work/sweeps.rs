//! Sweeps: what no single event shows, so that the clock has to look for it. One incident and one message each, edited
//! as it goes on.

pub mod rates;
pub mod silence;

use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::Notice;
use shiftbell_store::{Tx, outbox};

use super::letter::{self, Letter};
use super::rollout::Addressed;
use crate::answer::AskError;
use crate::companies::Company;

/// Puts the message about an incident into the outbox, or edits it. Returns its number in the outbox if it is new.
async fn tell(
    tx: &mut Tx,
    company: &Company,
    addressed: &Addressed,
    notice: Notice,
    revision: i64,
    now: Instant,
) -> Result<Option<i64>, AskError> {
    if revision <= 1 {
        return Ok(letter::put(tx, &company.workspace, addressed, Letter::new(notice), now, now).await?);
    }
    let letter = Letter { framed: addressed.framed.clone(), ..Letter::new(notice) };
    let facts = letter.facts()?;
    for (outlet, channel) in company.workspace.channels_of(&addressed.to) {
        let row = outbox::Notice {
            outlet: &outlet,
            destination: addressed.to.name(),
            channel: &channel,
            kind: letter.notice.name(),
            dedupe_key: &addressed.key,
            digest: None,
            revision,
            facts: &facts,
            due_at_ms: now.as_ms(),
            held: None,
        };
        outbox::revise(tx, company.name(), &row, now.as_ms()).await?;
    }
    Ok(None)
}
