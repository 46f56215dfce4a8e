//! `shiftbell digest`: what a digest would say now, or sends it.

use shiftbell_metrics::definitions::{DigestKind, DigestTo, nearest};
use shiftbell_metrics::scorecard::DayState;
use shiftbell_metrics::time::Day;
use shiftbell_render::plain;

use super::ask::{clock_at, print};
use super::{Digest, Here, check};
use crate::answer::{AskError, Asker};
use crate::companies::Company;
use crate::failure::Failure;
use crate::program::Program;
use crate::rights;
use crate::work::digests::desk::Desk;
use crate::work::digests::{self, Group, preview};

pub(super) async fn run(asked: &Digest, here: Here) -> Result<(), Failure> {
    let companies = check::load(&here)?;
    let clock = clock_at(asked.at.as_deref(), here.clock)?;
    let company = std::sync::Arc::clone(companies.chosen(asked.workspace.as_deref())?);
    let digest = named(&company, &asked.name)?.clone();
    let person = person(&company, asked.person.as_deref())?;
    let program = Program::to_ask(here.config, clock, here.chance, companies, company.name()).await?;
    let now = program.clock.now();
    let failed = |error: crate::answer::AskError| Failure::Other(anyhow::Error::new(error).context("write the digest"));
    let desk = match asked.at {
        Some(_) => Desk::of_past(&program, &company, now).await,
        None => Desk::open(&program, &company, now).await,
    };
    let mut desk = desk.map_err(failed)?;
    if let (DigestTo::Destination(id), Some(person)) = (&digest.to, &person)
        && let Some(person) = company.defs().person(person)
    {
        rights::sees_channel(company.defs(), person, id).map_err(Failure::Usage)?;
    }
    if asked.to.is_some() {
        let sent = to_me(&program, &mut desk, &digest, asked, person.as_deref()).await;
        drop(desk);
        program.finish().await;
        print(&format!("{} in the outbox; a running `shiftbell serve` delivers them", messages(sent?)));
        return Ok(());
    }
    let mut said = Vec::new();
    let mut count = 0;
    for group in groups(&company, &digest, person.as_deref()) {
        // Whoever is named is written for, reached or not; sending asks the roll-out by itself.
        let group = if person.is_some() || asked.send_now { group } else { group.reached(&desk.rollout) };
        let day: Day = group.place.zone.day_of(now);
        if asked.send_now {
            count += digests::send(&program, &mut desk, &digest, &group, day, None).await.map_err(failed)?;
            continue;
        }
        for to in &group.to {
            let found = digests::written(&program, &mut desk, &digest, &group.place, to, day, DayState::Open)
                .await
                .map_err(failed)?;
            if let Some((notice, _)) = found {
                let document = notice.document().map_err(|error| failed(error.into()))?;
                said.push(format!("[{}]\n{}", to.name(), plain::transcript(&document).trim_end()));
            }
        }
    }
    // The database closes only when nobody reads it any more.
    drop(desk);
    program.finish().await;
    if asked.send_now {
        print(&format!("{} in the outbox; a running `shiftbell serve` delivers them", messages(count)));
    } else if said.is_empty() {
        print(
            "nobody would be sent anything: they are away or it is no working day for them, or the roll-out does not reach them yet",
        );
    } else {
        print(&said.join("\n\n"));
    }
    Ok(())
}

/// Sends a preview to whoever asks.
async fn to_me(
    program: &Program,
    desk: &mut Desk<'_>,
    digest: &shiftbell_metrics::definitions::Digest,
    asked: &Digest,
    person: Option<&str>,
) -> Result<usize, Failure> {
    let company = desk.shelf.company;
    let defs = company.defs();
    let me = asked.me.clone().or_else(|| defs.rollout.reviewer.clone()).ok_or_else(|| {
        Failure::Usage("who are you? Say it with --me, or name a `reviewer` under [rollout]".to_owned())
    })?;
    let asker = super::ask::asker_of(company, Some(&me))?;
    let Asker::Person(me) = &asker else { return Ok(0) };
    let about = person.and_then(|person| defs.person(person)).unwrap_or(me).clone();
    let failed = |error: AskError| Failure::Other(anyhow::Error::new(error).context("write the preview"));
    let preview = preview::of(program, desk, digest, &about, &asker).await.map_err(failed)?;
    preview.map_err(Failure::Usage)?.send(program, company, me).await.map_err(failed)
}

fn messages(count: usize) -> String {
    match count {
        0 => "no new message".to_owned(),
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    }
}

/// The digest of this name, if it can be sent.
fn named<'a>(company: &'a Company, name: &str) -> Result<&'a shiftbell_metrics::definitions::Digest, Failure> {
    let digests = &company.defs().digests;
    let Some(digest) = digests.iter().find(|digest| digest.id == name) else {
        let hint = nearest(name, digests.iter().map(|digest| digest.id.clone()))
            .map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let all: Vec<&str> = digests.iter().map(|digest| digest.id.as_str()).collect();
        return Err(Failure::Usage(format!(
            "{} has no digest {name}{hint} (there are: {})",
            company.name(),
            all.join(", ")
        )));
    };
    match &digest.not_active {
        Some(why) => Err(Failure::Usage(format!("the digest {name} cannot be sent yet: {why}"))),
        None => Ok(digest),
    }
}

/// The e-mail of a person whom the company knows.
fn person(company: &Company, email: Option<&str>) -> Result<Option<String>, Failure> {
    let Some(email) = email else { return Ok(None) };
    super::ask::asker_of(company, Some(email))?;
    Ok(company.defs().person(email).map(|person| person.email.clone()))
}

/// Everybody, or only this person.
fn groups(company: &Company, digest: &shiftbell_metrics::definitions::Digest, person: Option<&str>) -> Vec<Group> {
    let groups = digests::groups(company, digest);
    match (digest.send, person) {
        (DigestKind::Scorecard | DigestKind::Team, Some(person)) => {
            groups.into_iter().filter_map(|group| group.only(person)).collect()
        }
        (DigestKind::Scorecard | DigestKind::Team | DigestKind::Bowtie | DigestKind::RecurringRevenue, _) => groups,
    }
}
