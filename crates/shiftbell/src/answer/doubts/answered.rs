//! The answer to a doubt: kept, put into the message about it, and told to whoever had it, in one transaction.

use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::facts::Person;
use shiftbell_render::messages::doubt::{Outcome, Settled, Way};
use shiftbell_render::messages::{DoubtAnswered, Notice};
use shiftbell_store::doubts::{self, Doubt, State};

use super::{clock, key, message, name_of, told};
use crate::answer::{AskError, Asker, not_granted, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights;
use crate::work::To;
use crate::work::sweeps::tell;

/// Answers the doubt with this number (`d-12`), for whoever may.
pub(in crate::answer) async fn answer(
    program: &Program,
    company: &Company,
    asker: &Asker,
    number: &str,
    outcome: Outcome,
    words: Option<&str>,
) -> Result<Document, AskError> {
    let unknown = || sentence(format!("There is no doubt \"{}\" here.", number.chars().take(20).collect::<String>()));
    let Some(id) = number.strip_prefix("d-").and_then(|id| id.parse().ok()) else { return Ok(unknown()) };
    let mut snapshot = program.db.read().await?;
    let found = doubts::get(&mut snapshot, company.name(), id).await?;
    drop(snapshot);
    let Some(doubt) = found else { return Ok(unknown()) };
    if !may_answer(company.defs(), asker, &doubt) {
        let words = format!(
            "This is for {} to answer, or for whoever keeps the definitions.",
            Person::new(&doubt.routed_to).name
        );
        return not_granted(company, asker, words);
    }
    let line = message::line_of(program, company, &doubt).await?;
    let state = if outcome == Outcome::Asked { State::Asked } else { State::Closed };
    let (now, by) = (program.clock.now(), name_of(asker));
    let answer = words.map_or_else(|| outcome.word().to_owned(), |words| format!("{}: {words}", outcome.word()));
    let mut tx = program.db.write().await?;
    if !doubts::answer(&mut tx, company.name(), id, state, (&answer, &by), now.as_ms()).await? {
        tx.roll_back().await?;
        return Ok(sentence(answered_before(program, company, id).await?));
    }
    told::again(&mut tx, company, &doubt, now, |raised| {
        let at = clock(company, &doubt.routed_to, now);
        match outcome {
            Outcome::Asked => raised.asked_back = Some(at),
            Outcome::Fixed | Outcome::Right | Outcome::Settled => {
                raised.settled = Some(Settled { by: Person::new(&by), at, outcome, words: words.map(str::to_owned) });
            }
        }
    })
    .await?;
    let is_told = doubt.said_by.contains('@');
    if is_told {
        let notice = Notice::from(DoubtAnswered {
            by: Person::new(&by),
            outcome,
            words: words.map(str::to_owned),
            way: Way::from_word(&doubt.way).unwrap_or(Way::Else),
            line,
            about: doubt.about.clone(),
            receipt: doubt.receipt.clone(),
        });
        let to = To::Person(doubt.said_by.clone());
        tell(&mut tx, company, &to, &answer_key(&doubt, outcome, now), notice, 1, now).await?;
    }
    tx.commit().await?;
    program.woken.delivery.notify_one();
    let whom = Person::new(&doubt.said_by).name;
    Ok(sentence(match outcome {
        Outcome::Asked if is_told => format!("{whom} is asked."),
        Outcome::Asked => format!("Noted. {whom} has no address to be asked at."),
        Outcome::Fixed | Outcome::Right | Outcome::Settled if is_told => format!("Noted. {whom} is told."),
        Outcome::Fixed | Outcome::Right | Outcome::Settled => "Noted.".to_owned(),
    }))
}

/// An end is told once; a question once for what was known when it was asked.
fn answer_key(doubt: &Doubt, outcome: Outcome, now: Instant) -> String {
    match outcome {
        Outcome::Asked => format!("{}/asked/{}", key(doubt), now.as_ms()),
        Outcome::Fixed | Outcome::Right | Outcome::Settled => format!("{}/answered", key(doubt)),
    }
}

/// Whoever was told of it, and whoever keeps the definitions.
fn may_answer(defs: &Definitions, asker: &Asker, doubt: &Doubt) -> bool {
    let is_routed = matches!(asker, Asker::Person(person) if person.email.eq_ignore_ascii_case(&doubt.routed_to));
    is_routed || rights::keeps_deliveries(defs, asker)
}

/// What somebody else, or the same click, has done meanwhile.
async fn answered_before(program: &Program, company: &Company, id: i64) -> Result<String, AskError> {
    let doubt = doubts::get(&mut *program.db.read().await?, company.name(), id).await?;
    Ok(match doubt {
        Some(Doubt { state: State::Asked, said_by, .. }) => {
            format!("{} was asked already, and has not answered yet.", Person::new(said_by).name)
        }
        Some(Doubt { answered_by: Some(by), answered_at_ms: Some(at), routed_to, .. }) => {
            format!("It was settled by {}, {}.", Person::new(by).name, clock(company, &routed_to, Instant(at)))
        }
        Some(_) | None => "It is settled already.".to_owned(),
    })
}
