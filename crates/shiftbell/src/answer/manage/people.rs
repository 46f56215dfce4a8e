//! `/shiftbell people`: who is away, for whoever leads; and for whoever keeps the settings, owners who are nobody here, one
//! after the other, each with the people that it may be.

use shiftbell_metrics::definitions::{Definitions, Person};
use shiftbell_render::action::Action;
use shiftbell_render::document::{Block, Button, Document, Inline};
use shiftbell_render::facts::Person as Named;
use shiftbell_render::words;
use shiftbell_store::owner_choices::{self, OwnerChoice};
use shiftbell_store::people;

use super::{WHO_ARE_YOU, said_by, whom};
use crate::answer::{AskError, Asker, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights;
use crate::work::absent::Absent;
use crate::work::directory::gaps::{self, called, strangers};
use crate::work::directory::{Directory, Is, Known};

/// People whom an owner may be, as buttons and under the three dots.
const LIKELY_MAX: usize = 5;
/// Lines of what does not fit together.
const GAPS_MAX: usize = 8;

/// `people`, `people 1009`, `people 1009 is ann@clowns.example`, `people 1009 is nobody`, `people 1009 undo`.
pub(super) async fn follow(
    program: &Program,
    company: &Company,
    asker: &Asker,
    rest: &str,
) -> Result<Document, AskError> {
    if matches!(asker, Asker::Stranger { .. }) {
        return Ok(sentence(WHO_ARE_YOU));
    }
    let defs = company.defs();
    let words: Vec<&str> = rest.split_whitespace().collect();
    if !rights::keeps_settings(defs, asker) {
        return match words.as_slice() {
            [] if rights::leads(defs, asker) => below(program, company, asker).await,
            [] => Ok(sentence("Only whoever leads people, or keeps the settings, sees this list.")),
            _ => Ok(sentence("Only whoever keeps the settings can say who an owner is.")),
        };
    }
    let mut snapshot = program.db.read().await?;
    let directory = Directory::read(&mut snapshot, defs, company.name()).await?;
    match words.as_slice() {
        [] => {
            let kept = people::all(&mut snapshot, company.name()).await?;
            let absent = Absent::read(&mut snapshot, &company.workspace, program.clock.now()).await?;
            drop(snapshot);
            Ok(all(program, company, &directory, &gaps::of(&company.workspace, &directory, &kept), &absent))
        }
        [id, order @ ..] => {
            drop(snapshot);
            let known = match found(&directory, id) {
                Ok(known) => known,
                Err(why) => return Ok(sentence(why)),
            };
            match order {
                [] => Ok(question(defs, &directory, known)),
                ["is", address] => choose(program, company, asker, &directory, known, address).await,
                ["undo"] => undo(program, company, &directory, known).await,
                _ => {
                    Ok(sentence(format!("Write /shiftbell people {id} is ann@clowns.example, or is nobody, or undo.")))
                }
            }
        }
    }
}

/// Everything that does not fit together, and the first question.
fn all(program: &Program, company: &Company, directory: &Directory, gaps: &[gaps::Gap], absent: &Absent) -> Document {
    let waiting = strangers(directory).count();
    let others: Vec<&gaps::Gap> = gaps.iter().filter(|gap| gap.name != "owner-without-person").collect();
    let headline = match (waiting, others.len(), directory.owners().is_empty()) {
        (0, 0, true) => {
            "No owners have been read from the CRM yet; the people of the file are known by their address.".to_owned()
        }
        (0, 0, false) => "Every owner is somebody, and everybody is reached.".to_owned(),
        (0, n, _) => format!("{n} of the people need a look."),
        (1, _, _) => {
            "1 owner in the CRM is nobody here: what they do counts for the company and for no person.".to_owned()
        }
        (n, _, _) => {
            format!("{n} owners in the CRM are nobody here: what they do counts for the company and for no person.")
        }
    };
    let mut blocks = vec![Block::Lines(vec![vec![Inline::Strong(headline.clone())]])];
    let mut kinds: Vec<(&gaps::Gap, Vec<String>)> = Vec::new();
    for gap in others {
        match kinds.iter_mut().find(|(first, _)| first.name == gap.name) {
            Some((_, about)) => about.push(gap.about.clone()),
            None => kinds.push((gap, vec![gap.about.clone()])),
        }
    }
    let line = |(gap, about): (&gaps::Gap, Vec<String>)| {
        vec![Inline::Text(format!("{} {}. To do: {}.", words::list(&about, GAPS_MAX), gap.means, gap.todo))]
    };
    if !kinds.is_empty() {
        blocks.push(Block::Lines(kinds.into_iter().map(line).collect()));
    }
    let away = away_line(absent.away_at(&company.workspace, program.clock.now()));
    blocks.extend(away.map(|line| Block::Lines(vec![vec![Inline::Text(line)]])));
    let by_hand = by_hand(company.defs(), directory);
    if !by_hand.is_empty() {
        blocks.push(Block::Small(by_hand));
    }
    let mut document = Document { push: headline, blocks, ..Document::default() };
    if let Some(first) = strangers(directory).next() {
        let asked = question(company.defs(), directory, first);
        document.blocks.extend(asked.blocks);
        document = document.with_buttons(asked.buttons).with_more(asked.more);
    }
    document
}

/// Who an owner is, to be answered by a click.
fn question(defs: &Definitions, directory: &Directory, known: &Known) -> Document {
    let id = id_of(directory, known);
    let likely = likely(defs, known);
    let is = |person: &&Person| {
        Button::new(Named::new(&person.email).name, Action::ask(format!("shiftbell people {id} is {}", person.email)))
    };
    let nobody = Button::new("Not one of us", Action::ask(format!("shiftbell people {id} is nobody")));
    let mut more: Vec<Button> = likely.iter().skip(1).map(is).collect();
    more.truncate(LIKELY_MAX - 1);
    let next = next_after(directory, known)
        .map(|next| Button::new("Next", Action::ask(format!("shiftbell people {}", id_of(directory, next)))));
    let line =
        format!("Who is {}? Somebody who is not offered: /shiftbell people {id} is NAME@YOURS.", called(defs, known));
    sentence(line).with_buttons(likely.iter().take(1).map(is).chain([nobody]).chain(next)).with_more(more)
}

async fn choose(
    program: &Program,
    company: &Company,
    asker: &Asker,
    directory: &Directory,
    known: &Known,
    address: &str,
) -> Result<Document, AskError> {
    let defs = company.defs();
    let email = match address {
        "nobody" => None,
        address => match whom::person(program, company, address).await {
            Ok(person) => Some(person.email),
            Err(why) => return Ok(sentence(why)),
        },
    };
    let choice = OwnerChoice {
        source: known.owner.source.clone(),
        owner_id: known.owner.owner_id.clone(),
        email: email.clone(),
        chosen_by: said_by(asker),
    };
    let mut tx = program.db.write().await?;
    owner_choices::choose(&mut tx, company.name(), &choice, program.clock.now().as_ms()).await?;
    tx.commit().await?;
    company.workspace.refresh_directory(&program.db).await?;
    let who = match &email {
        Some(email) => {
            format!("is {email} now: their own numbers have what {} did, also before.", known.owner.owner_id)
        }
        None => "is none of yours: what they do counts in the totals only.".to_owned(),
    };
    let undo = Action::ask(format!("shiftbell people {} undo", id_of(directory, known)));
    let next = next_after(directory, known)
        .map(|next| Button::new("Next", Action::ask(format!("shiftbell people {}", id_of(directory, next)))));
    Ok(sentence(format!("Done: {} {who}", called(defs, known)))
        .with_buttons([Button::new("Undo", undo)].into_iter().chain(next)))
}

async fn undo(
    program: &Program,
    company: &Company,
    directory: &Directory,
    known: &Known,
) -> Result<Document, AskError> {
    let owner = &known.owner;
    let mut tx = program.db.write().await?;
    let was_there = owner_choices::undo(&mut tx, company.name(), &owner.source, &owner.owner_id).await?;
    tx.commit().await?;
    company.workspace.refresh_directory(&program.db).await?;
    let again = Button::new("Ask again", Action::ask(format!("shiftbell people {}", id_of(directory, known))));
    let called = called(company.defs(), known);
    Ok(sentence(match was_there {
        true => format!("Undone: {called} is who the addresses say again."),
        false => format!("Nobody had said who {called} is."),
    })
    .with_buttons([again]))
}

/// Who of those below somebody is away.
async fn below(program: &Program, company: &Company, asker: &Asker) -> Result<Document, AskError> {
    let now = program.clock.now();
    let mut snapshot = program.db.read().await?;
    let absent = Absent::read(&mut snapshot, &company.workspace, now).await?;
    drop(snapshot);
    let mut away = absent.away_at(&company.workspace, now);
    away.retain(|(person, _)| rights::manages(company.defs(), asker, person));
    Ok(sentence(away_line(away).unwrap_or_else(|| "Away: nobody below you.".to_owned())))
}

/// `Away: ae.two until 23 Nov.`
fn away_line(away: Vec<(&Person, shiftbell_metrics::time::Day)>) -> Option<String> {
    let names: Vec<String> = away
        .into_iter()
        .map(|(person, until)| format!("{} until {}", Named::new(&person.email).name, words::day(until.date())))
        .collect();
    (!names.is_empty()).then(|| format!("Away: {}.", names.join(", ")))
}

/// What was said by hand, with how it is undone.
fn by_hand(defs: &Definitions, directory: &Directory) -> Vec<Vec<Inline>> {
    let said = directory.owners().iter().filter_map(|known| {
        let (who, by) = match &known.is {
            Is::Person { email, said_by: Some(by) } => (email.as_str(), by),
            Is::NotOneOfUs { said_by } => ("none of us", said_by),
            Is::Person { said_by: None, .. } | Is::Nobody => return None,
        };
        let id = id_of(directory, known);
        let by = Named::new(by).name;
        Some(format!("{} is {who}, said {by}: /shiftbell people {id} undo", called(defs, known)))
    });
    said.take(GAPS_MAX).map(|line| vec![Inline::Text(line)]).collect()
}

/// People whose address or name is nearest to an owner's, the nearest first; nobody who has an owner of their own is left out,
/// since one person may be two owners.
fn likely<'a>(defs: &'a Definitions, known: &Known) -> Vec<&'a Person> {
    let local = |email: &str| email.split('@').next().unwrap_or_default().to_lowercase();
    let wanted = known.owner.email.as_deref().map_or_else(|| known.owner.name.to_lowercase().replace(' ', "."), local);
    let mut people: Vec<(f64, &Person)> = defs
        .people
        .iter()
        .map(|person| {
            let names = std::iter::once(&person.email).chain(&person.also).map(|email| local(email));
            (names.map(|name| strsim::jaro_winkler(&wanted, &name)).fold(0.0, f64::max), person)
        })
        .collect();
    people.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    people.into_iter().take(LIKELY_MAX).map(|(_, person)| person).collect()
}

/// The owner of this id, also written `source/id`.
fn found<'a>(directory: &'a Directory, id: &str) -> Result<&'a Known, String> {
    let is_it =
        |known: &&Known| known.owner.owner_id == id || format!("{}/{}", known.owner.source, known.owner.owner_id) == id;
    let mut all = directory.owners().iter().filter(is_it);
    match (all.next(), all.next()) {
        (Some(known), None) => Ok(known),
        (Some(one), Some(other)) => {
            Err(format!("There are two owners {id}: write {}/{id} or {}/{id}.", one.owner.source, other.owner.source))
        }
        (None, _) => {
            let shown: String = id.chars().take(40).collect();
            Err(format!("No source has an owner \"{shown}\". /shiftbell people lists who is nobody here."))
        }
    }
}

/// As an owner is named in a command.
fn id_of(directory: &Directory, known: &Known) -> String {
    let id = &known.owner.owner_id;
    let is_alone = directory.owners().iter().filter(|other| other.owner.owner_id == *id).count() == 1;
    if is_alone { id.clone() } else { format!("{}/{id}", known.owner.source) }
}

/// The next owner who is nobody, behind this one.
fn next_after<'a>(directory: &'a Directory, known: &Known) -> Option<&'a Known> {
    let all: Vec<&Known> = strangers(directory).filter(|other| other.owner != known.owner).collect();
    let key = |known: &Known| (known.owner.source.clone(), known.owner.owner_id.clone());
    all.iter().find(|other| key(other) > key(known)).or(all.first()).copied()
}
