//! A digest as one person would receive it, for whoever asks. It takes no real message's place, and nobody closes it.

use shiftbell_metrics::definitions::{Digest, DigestKind, DigestTo, Person};
use shiftbell_metrics::scorecard::DayState;
use shiftbell_render::messages::Mark;
use shiftbell_store::outbox;
use shiftbell_store::receipts::{self, Receipt};

use super::desk::Desk;
use super::post::Body;
use super::{place_of, written};
use crate::answer::AskError;
use crate::answer::Asker;
use crate::companies::Company;
use crate::program::Program;
use crate::rights;
use crate::work::To;
use crate::work::letter::Letter;

/// What somebody would receive, and how it was computed.
#[derive(Debug)]
pub struct Preview {
    letter: Letter,
    receipt: Body,
    key: String,
}

/// A digest as a person would receive it now, in the day that it is for them; `Err` says in a sentence why there is nothing to
/// show, or why this asker may not see it.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub async fn of(
    program: &Program,
    desk: &mut Desk<'_>,
    digest: &Digest,
    person: &Person,
    asker: &Asker,
) -> Result<Result<Preview, String>, AskError> {
    let company = desk.shelf.company;
    let defs = company.defs();
    if let Some(why) = &digest.not_active {
        return Ok(Err(format!("The digest {} cannot be sent yet: {why}.", digest.id)));
    }
    let (to, place) = match (&digest.to, digest.send) {
        (DigestTo::Destination(id), _) => {
            if let Err(why) = rights::sees_channel(defs, person, id) {
                return Ok(Err(why));
            }
            (To::Channel(id.clone()), shiftbell_metrics::calendar::home(defs))
        }
        (DigestTo::EachPerson, DigestKind::Scorecard) => {
            if !rights::sees_person(defs, asker, person) {
                return Ok(Err(format!("The scorecard of {} is theirs, and for whoever leads them.", person.email)));
            }
            (To::Person(person.email.clone()), place_of(company, person))
        }
        (DigestTo::EachPerson | DigestTo::EachManager, _) => {
            return Ok(Err(format!("The digest {} has nobody yet.", digest.id)));
        }
    };
    let day = place.zone.day_of(desk.shelf.now);
    let Some((notice, receipt)) = written(program, desk, digest, &place, &to, day, DayState::Open).await? else {
        return Ok(Err(format!(
            "{} would receive nothing: it is no working day for them, or they have no line that can be counted.",
            person.email
        )));
    };
    let mark = Mark::Preview { of: digest.id.clone(), person: person.email.clone() };
    let key = format!("{}/{}/{}", digest.id, person.email, receipt.id);
    Ok(Ok(Preview { letter: Letter { mark: Some(mark), ..Letter::new(notice) }, receipt, key }))
}

impl Preview {
    pub fn letter(&self) -> &Letter {
        &self.letter
    }

    /// Keeps how it was computed, so that it can be asked why.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep(&self, program: &Program, company: &Company) -> Result<(), AskError> {
        let mut tx = program.db.write().await?;
        receipts::keep(&mut tx, company.name(), &self.kept(program)).await?;
        Ok(tx.commit().await?)
    }

    fn kept(&self, program: &Program) -> Receipt {
        Receipt {
            id: self.receipt.id.clone(),
            asked_at_ms: program.clock.now().as_ms(),
            mark: self.receipt.mark.clone(),
            body: self.receipt.body.to_string(),
        }
    }

    /// Sends it to whoever asked, in every outlet in which they are reached. Returns how many messages that are.
    ///
    /// # Errors
    /// The database's.
    pub async fn send(&self, program: &Program, company: &Company, me: &Person) -> Result<usize, AskError> {
        let now = program.clock.now().as_ms();
        let facts = self.letter.facts()?;
        let mut tx = program.db.write().await?;
        receipts::keep(&mut tx, company.name(), &self.kept(program)).await?;
        let mut count = 0;
        for (outlet, channel) in company.workspace.channels_of(&To::Person(me.email.clone())) {
            let notice = outbox::Notice {
                outlet: &outlet,
                destination: &me.email,
                channel: &channel,
                kind: self.letter.notice.name(),
                dedupe_key: &outbox::preview_key(&self.key),
                digest: None,
                revision: 1,
                facts: &facts,
                due_at_ms: now,
                held: None,
            };
            outbox::enqueue(&mut tx, company.name(), &notice, now).await?;
            count += 1;
        }
        tx.commit().await?;
        program.woken.delivery.notify_one();
        Ok(count)
    }
}
