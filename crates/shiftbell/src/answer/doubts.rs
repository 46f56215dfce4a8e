//! "Something is off": what somebody says about a message, to whom it goes, and what they are told in the end.

mod answered;
pub(super) mod listed;
mod message;
mod route;
mod told;
pub(super) mod typed;

use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::facts::Person;
use shiftbell_render::messages::doubt::{Way, ways};
use shiftbell_render::messages::{DoubtRaised, Notice};
use shiftbell_store::doubts::{self, Doubt, State};

use super::{AskError, Asker, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::work::To;
use crate::work::digests::team;
use crate::work::sweeps::tell;
use message::{Doubted, Found};

pub(super) use answered::answer;

/// What a click on "Something is off" opens, for whoever may say it.
pub(super) async fn open(
    program: &Program,
    company: &Company,
    asker: &Asker,
    about: &str,
) -> Result<Document, AskError> {
    Ok(match message::find(program, company, asker, about).await? {
        Found::Doubted(doubted) => ways("What is off? You are told what becomes of it.", &doubted.about),
        Found::Refused(why) => why,
    })
}

/// Keeps what somebody says, and puts it on its way to whoever can settle it, in one transaction. The same said twice is
/// kept once; new words are added.
pub(super) async fn say(
    program: &Program,
    company: &Company,
    asker: &Asker,
    about: &str,
    way: Way,
    words: Option<&str>,
) -> Result<Document, AskError> {
    let doubted = match message::find(program, company, asker, about).await? {
        Found::Doubted(doubted) => doubted,
        Found::Refused(why) => return Ok(why),
    };
    if way == Way::Else && words.is_none() {
        return Ok(sentence(format!("Please say it in your words: type \"/shiftbell off {about}\" and the words.")));
    }
    let said_by = name_of(asker);
    let Some(to) = route::whom(company, asker, way, doubted.kpi.as_deref()) else {
        return Ok(sentence(
            "There is nobody here who could be told. Set `reviewer` in [rollout] of the definitions file.",
        ));
    };
    let new = doubts::New {
        about: &doubted.about,
        receipt: doubted.receipt.as_deref(),
        kind: &doubted.kind,
        said_by: &said_by,
        way: way.word(),
        words,
        routed_to: &to,
    };
    let (is_new, doubt) = keep(program, company, way, &doubted, &new).await?;
    program.woken.delivery.notify_one();
    let is_noted = (is_new || words.is_some()) && doubt.state != State::Closed;
    Ok(sentence(if is_noted { noted(company, &doubt, way) } else { said_before(company, &doubt) }))
}

/// Everything that is written about one saying. Returns whether it is new, and the doubt as it is then.
async fn keep(
    program: &Program,
    company: &Company,
    way: Way,
    doubted: &Doubted,
    new: &doubts::New<'_>,
) -> Result<(bool, Doubt), AskError> {
    let now = program.clock.now();
    let mut tx = program.db.write().await?;
    let (is_new, mut doubt) = doubts::say(&mut tx, company.name(), new, now.as_ms()).await?;
    if is_new && !is_collected(company, way, &doubt.routed_to) {
        let raised = Notice::from(raised(company, &doubt, way, doubted));
        tell(&mut tx, company, &To::Person(doubt.routed_to.clone()), &key(&doubt), raised, 1, now).await?;
    }
    if let (false, Some(words)) = (is_new, new.words) {
        let all = together(doubt.words.as_deref(), words);
        if doubts::add_words(&mut tx, company.name(), doubt.id, &all).await? {
            (doubt.words, doubt.state) = (Some(all), State::Open);
            let with_words = raised(company, &doubt, way, doubted);
            told::again(&mut tx, company, &doubt, now, |raised| raised.clone_from(&with_words)).await?;
        }
    }
    tx.commit().await?;
    Ok((is_new, doubt))
}

/// Whether it waits for a digest, instead of a message of its own.
fn is_collected(company: &Company, way: Way, to: &str) -> bool {
    !way.is_for_keeper() && team::reads(company, to)
}

fn noted(company: &Company, doubt: &Doubt, way: Way) -> String {
    let whom = Person::new(&doubt.routed_to).name;
    let heard = if is_collected(company, way, &doubt.routed_to) {
        format!("Noted, and {whom} reads it in the next team digest.")
    } else {
        format!("Noted, and {whom} is told.")
    };
    match way {
        Way::Waiting if doubt.words.is_none() => format!(
            "{heard} For whom are you waiting, and for what? Add it: \"/shiftbell off {} waiting\" and the words.",
            doubt.about
        ),
        Way::Wrong | Way::Leads | Way::Waiting | Way::Away | Way::Else => {
            format!("{heard} You hear what becomes of it.")
        }
    }
}

/// The same said again.
fn said_before(company: &Company, doubt: &Doubt) -> String {
    let at = clock(company, &doubt.said_by, Instant(doubt.said_at_ms));
    let whom = Person::new(&doubt.routed_to).name;
    match (doubt.state, &doubt.answered_by) {
        (State::Closed, Some(by)) => {
            let by = Person::new(by).name;
            format!(
                "You said so {at}, and {by} has answered it. What is still off, say in words: \"/shiftbell off {}\" and the words.",
                doubt.about
            )
        }
        (State::Asked, _) => {
            format!(
                "You said so {at}. {whom} has a question about it: answer with \"/shiftbell off {}\" and your words.",
                doubt.about
            )
        }
        (State::Open | State::Closed, _) => format!("You said so {at}; {whom} is told and has not answered yet."),
    }
}

/// The facts of the message to whoever can settle it.
fn raised(company: &Company, doubt: &Doubt, way: Way, doubted: &Doubted) -> DoubtRaised {
    DoubtRaised {
        doubt: number(doubt),
        by: Person::new(&doubt.said_by),
        way,
        words: doubt.words.clone(),
        at: clock(company, &doubt.routed_to, Instant(doubted.at_ms.unwrap_or(doubt.said_at_ms))),
        line: doubted.line.clone(),
        recount: doubted.recount.clone().filter(|_| way == Way::Wrong),
        receipt: doubt.receipt.clone(),
        asked_back: None,
        settled: None,
    }
}

/// Under which the message about a doubt is said once.
fn key(doubt: &Doubt) -> String {
    format!("doubt/{}", doubt.id)
}

/// As people type it.
fn number(doubt: &Doubt) -> String {
    format!("d-{}", doubt.id)
}

fn together(before: Option<&str>, words: &str) -> String {
    match before {
        Some(before) => format!("{before}; {words}"),
        None => words.to_owned(),
    }
}

fn name_of(asker: &Asker) -> String {
    match asker {
        Asker::Person(person) => person.email.clone(),
        Asker::Operator | Asker::Stranger { .. } => "the operator".to_owned(),
    }
}

/// `Thu 19 Nov 17:03`, on the clock of whoever reads it.
fn clock(company: &Company, reader: &str, at: Instant) -> String {
    let defs = company.defs();
    let place = defs.person(reader).and_then(|person| defs.places.get(&person.place));
    let local = place.map_or(&defs.workspace.zone, |place| &place.zone).local(at);
    format!("{} {:02}:{:02}", shiftbell_render::words::day(local.date()), local.hour(), local.minute())
}
