//! `/shiftbell away` and `/shiftbell back`: who is not at work, as they or those above them say.

mod when;

use shiftbell_metrics::definitions::Person;
use shiftbell_metrics::time::Day;
use shiftbell_render::action::Action;
use shiftbell_render::document::{Button, Document};
use shiftbell_render::facts::Person as Named;
use shiftbell_render::words;
use shiftbell_store::leave::{self, Leave};

use super::{WHO_ARE_YOU, said_by, whom};
use crate::answer::{AskError, Asker, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights;
use crate::work::absent::manager_of;

/// `away [@ann] [until 23 Nov]`.
pub(super) async fn away(
    program: &Program,
    company: &Company,
    asker: &Asker,
    rest: &str,
) -> Result<Document, AskError> {
    let (person, rest) = match about(program, company, asker, rest).await {
        Ok(found) => found,
        Err(why) => return Ok(sentence(why)),
    };
    let today = today(program, company, &person);
    if rest.is_empty() {
        return standing(program, company, asker, &person, today).await;
    }
    let (first, last) = match when::read(rest, today) {
        Ok(days) => days,
        Err(why) => return Ok(sentence(why)),
    };
    let said = Leave { email: key_of(&person), first, last, said_by: said_by(asker) };
    let mut tx = program.db.write().await?;
    let whole = leave::say(&mut tx, company.name(), &said, program.clock.now().as_ms()).await?;
    tx.commit().await?;
    Ok(told(company, asker, &person, &whole, today))
}

/// `back [@ann]`.
pub(super) async fn back(
    program: &Program,
    company: &Company,
    asker: &Asker,
    rest: &str,
) -> Result<Document, AskError> {
    let (person, rest) = match about(program, company, asker, rest).await {
        Ok(found) => found,
        Err(why) => return Ok(sentence(why)),
    };
    if !rest.is_empty() {
        return Ok(sentence(
            "Say only /shiftbell back, once somebody is back. /shiftbell away until 23 Nov changes the day.",
        ));
    }
    let today = today(program, company, &person);
    let mut tx = program.db.write().await?;
    let by = said_by(asker);
    let ended =
        leave::end(&mut tx, company.name(), &key_of(&person), today, (&by, program.clock.now().as_ms())).await?;
    tx.commit().await?;
    let who = Who::of(asker, &person);
    Ok(sentence(match ended.is_empty() {
        true => format!("{} not away.", who.is()),
        false => format!("Welcome back: {} at work again, and scorecards and alerts come as before.", who.name_is()),
    }))
}

/// Whether somebody is away, or will be.
async fn standing(
    program: &Program,
    company: &Company,
    asker: &Asker,
    person: &Person,
    today: Day,
) -> Result<Document, AskError> {
    let mut snapshot = program.db.read().await?;
    let all = leave::of_person(&mut snapshot, company.name(), &key_of(person)).await?;
    drop(snapshot);
    let who = Who::of(asker, person);
    let to_come: Vec<&Leave> = all.iter().filter(|leave| leave.last >= today).collect();
    let Some(first) = to_come.first() else {
        let words = format!("{} not away. Say until when: /shiftbell away until 23 Nov, or away today.", who.is());
        return Ok(sentence(words));
    };
    let days: Vec<String> = to_come.iter().map(|leave| span(leave, today)).collect();
    let said_by = Named::new(&first.said_by).name;
    Ok(sentence(format!("{} away {} (said by {said_by}).", who.is(), words::list(&days, 5)))
        .with_buttons([back_button(asker, person)]))
}

/// What was understood, and what it means.
fn told(company: &Company, asker: &Asker, person: &Person, whole: &Leave, today: Day) -> Document {
    let who = Who::of(asker, person);
    let manager = manager_of(company.defs(), person).map(|email| Named::new(email).name);
    let instead = manager.map_or_else(String::new, |manager| format!(" What cannot wait goes to {manager}."));
    sentence(format!(
        "{} away {}; {} is the first day back. Until then no scorecard and no alert comes, and these days do not count in the pace.{instead}",
        who.is(),
        span(whole, today),
        named_day(whole.last.plus(1)),
    ))
    .with_buttons([back_button(asker, person)])
}

fn back_button(asker: &Asker, person: &Person) -> Button {
    let words = match is_self(asker, person) {
        true => "shiftbell back".to_owned(),
        false => format!("shiftbell back {}", person.email),
    };
    Button::new("Back", Action::ask(words))
}

/// `until Monday 23 Nov`, `from Wednesday 2 Dec until Saturday 5 Dec`, `on Wednesday 2 Dec`.
fn span(leave: &Leave, today: Day) -> String {
    match (leave.first, leave.last) {
        (first, last) if first == last && last == today => "today".to_owned(),
        (first, last) if first == last => format!("on {}", named_day(last)),
        (first, last) if first <= today => format!("until {}", named_day(last)),
        (first, last) => format!("from {} until {}", named_day(first), named_day(last)),
    }
}

fn named_day(day: Day) -> String {
    format!("{} {}", words::weekday(day.date()), words::day(day.date()))
}

/// Whom an order is about, and what stands behind their name: somebody else only for whoever may say so.
async fn about<'a>(
    program: &Program,
    company: &Company,
    asker: &Asker,
    rest: &'a str,
) -> Result<(Person, &'a str), String> {
    let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    if !word.contains('@') {
        return match asker {
            Asker::Person(person) => Ok((person.clone(), rest)),
            Asker::Operator => Err("Say who is away: /shiftbell away @name until 23 Nov.".to_owned()),
            Asker::Stranger { .. } => Err(WHO_ARE_YOU.to_owned()),
        };
    }
    // A stranger learns nothing about who there is.
    if matches!(asker, Asker::Stranger { .. }) {
        return Err(WHO_ARE_YOU.to_owned());
    }
    let person = whom::person(program, company, word).await?;
    let defs = company.defs();
    if is_self(asker, &person) || rights::manages(defs, asker, &person) || rights::keeps_settings(defs, asker) {
        return Ok((person, behind.trim()));
    }
    let manager = manager_of(defs, &person).map_or_else(|| "their manager".to_owned(), |email| Named::new(email).name);
    Err(format!(
        "You can say this of yourself and of people below you. Of {}, {manager} can.",
        Named::new(&person.email).name
    ))
}

fn is_self(asker: &Asker, person: &Person) -> bool {
    matches!(asker, Asker::Person(own) if own.email.eq_ignore_ascii_case(&person.email))
}

/// Under which a person's leave is kept, however the file writes them.
fn key_of(person: &Person) -> String {
    person.email.to_lowercase()
}

fn today(program: &Program, company: &Company, person: &Person) -> Day {
    let defs = company.defs();
    let place = defs.places.get(&person.place).unwrap_or(&company.workspace.meaning.fallback_place);
    place.zone.day_of(program.clock.now())
}

/// The one an answer is about, as the one who reads it calls them.
enum Who {
    You,
    Other(String),
}

impl Who {
    fn of(asker: &Asker, person: &Person) -> Who {
        if is_self(asker, person) { Who::You } else { Who::Other(Named::new(&person.email).name) }
    }

    fn is(&self) -> String {
        match self {
            Who::You => "You are".to_owned(),
            Who::Other(name) => format!("{name} is"),
        }
    }

    fn name_is(&self) -> String {
        match self {
            Who::You => "you are".to_owned(),
            Who::Other(name) => format!("{name} is"),
        }
    }
}
