//! Who: the records behind a number, for those who may see them.

use std::collections::BTreeMap;

use shiftbell_metrics::answer::{Asked, Fate, Rows, Someone, who};
use shiftbell_metrics::definitions::KpiKind;
use shiftbell_metrics::event::Event;
use shiftbell_metrics::id::{EntityId, EntityKey, EntityKind};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Instant, Zone};
use shiftbell_render::document::Document;
use shiftbell_render::facts::{Footer, Person};
use shiftbell_render::messages::{Behind, KpiPeople, Notice};
use shiftbell_store::{Session, entities, events, workspaces};

use super::{Answered, AskError, Asker, about, answered_in, apart, capital, facts, joined, names_of, rows, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};

/// Most records that one message names.
const SHOWN_MAX: usize = 10;

/// Lists the records that were counted, or those that were not.
pub(super) async fn list(
    program: &Program,
    company: &Company,
    asker: &Asker,
    mut question: Question,
    reached: bool,
) -> Result<Document, AskError> {
    if let Right::Refused(why) = rights::join_records(company.defs(), asker, &mut question) {
        return super::not_granted(company, asker, why);
    }
    let mut snapshot = program.db.read().await?;
    let ages = about::ages_at(&mut snapshot, company, program.clock.now()).await?;
    let mut documents = Vec::new();
    for question in apart(company, question) {
        let answered = match answered_in(&mut snapshot, program, company, &question).await? {
            Ok(answered) => answered,
            Err(why) => {
                documents.push(sentence(capital(&format!("{why}."))));
                continue;
            }
        };
        if !names_records(company, &question) {
            let label = &answered.answer.label;
            documents.push(sentence(format!("{label} is worked out from others: ask who is behind one of those.")));
            continue;
        }
        let found = match behind(&mut snapshot, company, &answered).await? {
            Ok(found) => found,
            Err(why) => {
                documents.push(sentence(capital(&format!("{why}."))));
                continue;
            }
        };
        let wanted: Vec<Someone> =
            found.into_iter().filter(|one| is_wanted(company, &answered, one, reached)).collect();
        let footer = Footer::only_you(ages.clone(), &answered.receipt);
        let (those, others) = words_for(company, &question);
        let facts = KpiPeople {
            those: those.to_owned(),
            others: others.to_owned(),
            title: answered.answer.label.clone(),
            scope: facts::scope(&answered.answer),
            value: facts::figure(&answered.answer.figure, company.defs()),
            reached,
            total: wanted.len() as u64,
            people: described(&mut snapshot, company, &answered, &wanted).await?,
            footer,
        };
        documents.push(Notice::from(facts).document()?);
    }
    Ok(joined(documents))
}

fn names_records(company: &Company, question: &Question) -> bool {
    let kpi = company.defs().kpi(&question.kpi);
    kpi.is_some_and(|kpi| !matches!(kpi.kind, KpiKind::Formula { .. } | KpiKind::Standard { .. }))
}

/// What is said of those who are counted, and of the others.
fn words_for(company: &Company, question: &Question) -> (&'static str, &'static str) {
    match company.defs().kpi(&question.kpi).map(|kpi| &kpi.kind) {
        Some(KpiKind::Worklist { .. }) => ("done", "still to do"),
        Some(KpiKind::Stock { have: Some(_), .. }) => ("with it", "without it"),
        Some(KpiKind::Stock { have: None, .. }) => ("in this state", "not in it"),
        Some(KpiKind::Share { .. }) => ("that count", "that do not"),
        Some(KpiKind::Count { .. } | KpiKind::Sum { .. }) => ("counted", "not counted"),
        _ => ("who got there", "who did not"),
    }
}

/// Everybody who entered, from the same snapshot as the answer.
async fn behind(
    session: &mut Session,
    company: &Company,
    answered: &Answered,
) -> Result<Result<Vec<Someone>, shiftbell_metrics::answer::Cannot>, AskError> {
    let generation = workspaces::live_generation(session, company.name()).await?;
    // The period of the answer, so that the list is of that number also where none was asked for.
    let question = Question { period: Some(answered.answer.period.clone()), ..answered.question.clone() };
    let names = names_of(company, &question);
    let asked = Asked { defs: company.defs(), question: &question, now: answered.asked_at, names: &names };
    let mut rows = Rows::default();
    for _ in 0..super::ROUNDS_MAX {
        match who(&asked, &rows) {
            Ok(Ok(found)) => return Ok(Ok(found)),
            Ok(Err(reads)) => rows::read(session, company.name(), generation, reads, &mut rows).await?,
            Err(why) => return Ok(Err(why)),
        }
    }
    Err(AskError::Endless)
}

/// Those who got there; or those who neither did nor were lost, and whose window is closed.
fn is_wanted(company: &Company, answered: &Answered, one: &Someone, reached: bool) -> bool {
    if reached {
        return one.fate == Fate::Reached;
    }
    let kpi = company.defs().kpi(&answered.question.kpi);
    let window = kpi.and_then(|kpi| match (&kpi.kind, &answered.answer.motion) {
        (KpiKind::Conversion { within, .. }, Some(motion)) => within.of(motion).and_then(|span| span.elapsed_ms()),
        _ => None,
    });
    let is_closed = window.is_none_or(|window| answered.asked_at.since(one.at) > window);
    matches!(one.fate, Fate::Neither | Fate::Later) && is_closed
}

/// The latest of them by name, with when they came and went.
async fn described(
    session: &mut Session,
    company: &Company,
    answered: &Answered,
    wanted: &[Someone],
) -> Result<Vec<Behind>, AskError> {
    let mut shown = wanted.to_vec();
    shown.sort_by_key(|one| (std::cmp::Reverse(one.at), one.entity));
    shown.truncate(SHOWN_MAX);
    let ids: Vec<EntityId> = shown.iter().map(|one| one.entity).collect();
    let known = entities::get(session, company.name(), &ids).await?;
    let mut accounts: Vec<EntityId> = known.iter().map(|entity| entity.account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    let mut told: BTreeMap<EntityId, Vec<Event>> = BTreeMap::new();
    for stored in events::of_accounts(session, company.name(), &accounts).await? {
        let event = stored.event().map_err(|error| AskError::Corrupt(error.to_string()))?;
        told.entry(stored.account).or_default().push(event);
    }
    let zone = &company.defs().workspace.zone;
    Ok(shown
        .iter()
        .map(|one| {
            let entity = known.iter().find(|entity| entity.id == one.entity);
            let events = entity.and_then(|entity| told.get(&entity.account)).map(Vec::as_slice).unwrap_or_default();
            let (name, owner) = match entity {
                Some(entity) => (name_of(&entity.key, events), owner_of(company, &entity.key, events)),
                None => (format!("record {}", one.entity.0), None),
            };
            Behind { name, when: when(answered, one, zone), owner }
        })
        .collect())
}

/// `MQL 3 Jul, SQL 14 Jul`.
fn when(answered: &Answered, one: &Someone, zone: &Zone) -> String {
    let day = |at: Instant| shiftbell_render::words::day(zone.day_of(at).date());
    let entered = match &answered.answer.from {
        Some(from) => format!("{from} {}", day(one.at)),
        None => day(one.at),
    };
    match (&answered.answer.to, one.took) {
        (Some(to), Some(took)) => format!("{entered}, {to} {}", day(one.at.plus_ms(took))),
        _ => entered,
    }
}

/// The record by the name that people use: its own, else that of its company, else its id.
fn name_of(key: &EntityKey, events: &[Event]) -> String {
    let own = |kind: EntityKind, field: &str| latest(kind, (kind == key.kind).then_some(key), events, field);
    let person = || {
        let names = [own(EntityKind::Contact, "first_name"), own(EntityKind::Contact, "last_name")];
        let whole = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        (!whole.is_empty()).then_some(whole)
    };
    let company = || own(EntityKind::Company, "name");
    let found = match key.kind {
        EntityKind::Contact => match (person(), company()) {
            (Some(person), Some(company)) => Some(format!("{person} ({company})")),
            (person, company) => person.or(company),
        },
        EntityKind::Deal => own(EntityKind::Deal, "name").or_else(company),
        EntityKind::Activity | EntityKind::Company | EntityKind::Subscription | EntityKind::Visitor => {
            company().or_else(person)
        }
    };
    found.unwrap_or_else(|| key.to_string())
}

/// The latest known text of a property, of this record or of any of its kind in the account.
fn latest(kind: EntityKind, of: Option<&EntityKey>, events: &[Event], field: &str) -> Option<String> {
    let is_of = |event: &&Event| of.is_none_or(|key| event.names.get(&kind).is_some_and(|id| *id == key.id));
    let set = events.iter().filter(is_of).filter_map(|event| {
        let value = event.set.get(&kind)?.get(field)?.as_text()?;
        Some((event.at, value.to_owned()))
    });
    set.max_by_key(|(at, _)| *at).map(|(_, value)| value)
}

/// Whose the record is now.
fn owner_of(company: &Company, key: &EntityKey, events: &[Event]) -> Option<String> {
    let is_of = |event: &&Event| event.names.get(&key.kind).is_some_and(|id| *id == key.id);
    let latest = events.iter().filter(is_of).filter(|event| event.owner.is_some()).max_by_key(|event| event.at)?;
    let owner = latest.owner.as_deref()?;
    let known = company.workspace.person(owner).map_or(owner, |person| person.email.as_str());
    Some(Person::new(known).name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(lines: &[&str]) -> Vec<Event> {
        lines.iter().map(|line| Event::from_json(line).unwrap()).collect()
    }

    #[test]
    fn a_record_is_named_as_it_was_named_last() {
        let events = events(&[
            r#"{"id":"1","type":"contact","at":"2026-08-01T09:30:00Z","contact":"c-1","company":"acme","set":{"contact":{"first_name":"Ann","last_name":"Old"},"company":{"name":"Acme"}}}"#,
            r#"{"id":"2","type":"contact","at":"2026-08-03T09:30:00Z","contact":"c-1","company":"acme","set":{"contact":{"last_name":"New"}}}"#,
            r#"{"id":"3","type":"contact","at":"2026-08-04T09:30:00Z","contact":"c-2","company":"acme","set":{"contact":{"first_name":"Bob"}}}"#,
            r#"{"id":"4","type":"deal","at":"2026-08-05T09:30:00Z","deal":"d-1","company":"acme"}"#,
        ]);
        let named = |kind, id: &str| name_of(&EntityKey { kind, id: id.to_owned() }, &events);
        assert_eq!(named(EntityKind::Contact, "c-1"), "Ann New (Acme)");
        assert_eq!(named(EntityKind::Contact, "c-2"), "Bob (Acme)");
        assert_eq!(named(EntityKind::Contact, "c-3"), "Acme");
        assert_eq!(named(EntityKind::Deal, "d-1"), "Acme");
    }
}
