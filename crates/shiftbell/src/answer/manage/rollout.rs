//! `/shiftbell pilot`, `frame`, `focus`, `grow`: who is let in, said by whoever may change settings.
//!
//! What is said, what it changes and the welcome of whoever is new are one transaction, and whoever says something at the same
//! moment waits for it: each answer tells what really followed.

mod answered;
mod times;

use shiftbell_metrics::alert::{Recipient, quiet_until};
use shiftbell_metrics::definitions::{Person, RolloutStep};
use shiftbell_metrics::rollout::{InForce, Said};
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::facts::{Footer, SeenBy, Sources};
use shiftbell_render::messages::{Notice, Welcome};
use shiftbell_store::rollout::{self as kept, Change};
use shiftbell_store::{StoreError, Tx};

use super::{said_by, whom};
use crate::answer::{AskError, Asker, about, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::work::letter::{self, Letter};
use crate::work::rollout::{Addressed, in_force};
use crate::work::{To, place_of};

/// What is told about the roll-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told<'a> {
    /// Who is in?
    Pilots,
    /// `@somebody`, or `remove @somebody`.
    Pilot(&'a str),
    Step(RolloutStep),
}

/// Under which a person is welcomed, once for ever.
const WELCOME: &str = "welcome";

/// Follows what is told. Whether somebody may say it is asked before.
pub(super) async fn follow(
    program: &Program,
    company: &Company,
    asker: &Asker,
    told: Told<'_>,
) -> Result<Document, AskError> {
    match told {
        Told::Pilots => {
            let mut snapshot = program.db.read().await?;
            let now = in_force(&mut snapshot, &company.workspace).await?;
            let changes = kept::changes(&mut snapshot, company.name()).await?;
            Ok(answered::who_is_in(company, &now, changes.last()))
        }
        Told::Pilot(words) => {
            let words = words.trim();
            let (is_out, name) = match words.split_once(char::is_whitespace) {
                Some(("remove", name)) => (true, name),
                _ => (false, words),
            };
            if name.is_empty() || name == "remove" {
                return Ok(sentence("Say whom: /shiftbell pilot @somebody, or /shiftbell pilot remove @somebody."));
            }
            match whom::person(program, company, name).await {
                Ok(person) => change(program, company, asker, Wanted::Pilot { person, is_out }).await,
                Err(why) => Ok(sentence(why)),
            }
        }
        Told::Step(step) => change(program, company, asker, Wanted::Step(step)).await,
    }
}

/// What is to be so.
#[derive(Clone, Debug)]
enum Wanted {
    Pilot { person: Person, is_out: bool },
    Step(RolloutStep),
}

/// What became of it: the roll-out before and after, and who is new in it.
struct Changed<'a> {
    wanted: &'a Wanted,
    before: InForce,
    after: InForce,
    let_in: Vec<&'a Person>,
    now: Instant,
}

async fn change(program: &Program, company: &Company, asker: &Asker, wanted: Wanted) -> Result<Document, AskError> {
    let now = program.clock.now();
    let (defs, name) = (company.defs(), company.name());
    let mut tx = program.db.write().await?;
    kept::take_turns(&mut tx, name).await?;
    let before = in_force(&mut tx, &company.workspace).await?;
    let said = match said(&wanted, &before, defs.rollout.step) {
        Ok(said) => said,
        Err(why) => {
            tx.roll_back().await?;
            return Ok(sentence(why));
        }
    };
    let by = said_by(asker);
    for said in said {
        kept::say(&mut tx, name, &Change { said, by: by.clone(), at_ms: now.as_ms() }, defs.rollout.step).await?;
    }
    let after = in_force(&mut tx, &company.workspace).await?;
    let reached = |by: &InForce, person: &Person| by.reaches(Recipient::Person(&person.email));
    let let_in: Vec<&Person> =
        defs.people.iter().filter(|person| reached(&after, person) && !reached(&before, person)).collect();
    for person in let_in.iter().filter(|person| is_awaited(company, &wanted, person)) {
        welcome(&mut tx, company, person, now).await?;
    }
    tx.commit().await?;
    tracing::info!(workspace = name, by, step = after.step().word(), "the roll-out was changed in chat");
    program.woken.timer.notify_one();
    program.woken.delivery.notify_one();
    Ok(answered::what_follows(company, &Changed { wanted: &wanted, before, after, let_in, now }))
}

/// What has to be said so that it is so, or why it cannot be or is already.
fn said(wanted: &Wanted, before: &InForce, file: RolloutStep) -> Result<Vec<Said>, String> {
    let step = |step| Said::Step { step, file };
    match wanted {
        Wanted::Step(to) if *to == before.step() => Err(answered::is_there(*to)),
        Wanted::Step(RolloutStep::Frame) if before.reviewer().is_none() => Err(
            "In the frame only the reviewer receives, and there is none: add reviewer = \"...\" to [rollout] in the definitions \
             file first."
                .to_owned(),
        ),
        Wanted::Step(to) => Ok(vec![step(*to)]),
        Wanted::Pilot { person, .. } if before.is_reviewer(&person.email) => {
            Err("That is the reviewer, who always receives. [rollout] in the definitions file says who it is.".to_owned())
        }
        Wanted::Pilot { .. } if before.step() == RolloutStep::Grow => {
            Err("Everybody is in already. /shiftbell focus goes back to the pilots alone; then one can be let in or out.".to_owned())
        }
        Wanted::Pilot { person, is_out: true } if before.is_pilot(&person.email) => {
            Ok(vec![Said::NotPilot(person.email.clone())])
        }
        Wanted::Pilot { person, is_out: true } => {
            Err(format!("{} is no pilot. /shiftbell pilots lists them.", answered::called(person)))
        }
        Wanted::Pilot { person, is_out: false } => {
            let is_new = !before.is_pilot(&person.email);
            let pilot = is_new.then(|| Said::Pilot(person.email.clone()));
            let further = (before.step() == RolloutStep::Frame).then(|| step(RolloutStep::Focus));
            let said: Vec<Said> = pilot.into_iter().chain(further).collect();
            match said.is_empty() {
                true => Err(format!("{} is in already. /shiftbell pilots lists who is.", answered::called(person))),
                false => Ok(said),
            }
        }
    }
}

/// Whether somebody who is new is told so: who was named, and who has a scorecard to come.
fn is_awaited(company: &Company, wanted: &Wanted, person: &Person) -> bool {
    let is_named = matches!(wanted, Wanted::Pilot { person: named, .. } if named.email == person.email);
    is_named || company.defs().scorecards.roles.contains_key(&person.role)
}

/// Puts the one line into the outbox that tells somebody what will come. Whoever had it once does not get it again.
async fn welcome(tx: &mut Tx, company: &Company, person: &Person, now: Instant) -> Result<(), StoreError> {
    let to = To::Person(person.email.clone());
    let place = place_of(&company.workspace, &to);
    let due = quiet_until(&company.defs().noise, WELCOME, place, now).unwrap_or(now);
    let notice = Notice::from(Welcome {
        card: times::of(company, person, place, now).map(|(times, _)| times),
        keeper: about::keeper(company),
        footer: Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None },
    });
    let addressed = Addressed::to(to, WELCOME);
    letter::put(tx, &company.workspace, &addressed, Letter::new(notice), due, now).await?;
    Ok(())
}
