//! What is said about the roll-out: what follows, who is in, and the next step.

use shiftbell_metrics::alert::Recipient;
use shiftbell_metrics::definitions::{Person, RolloutStep};
use shiftbell_metrics::rollout::{InForce, Said};
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::{Block, Document, Inline};
use shiftbell_render::words;
use shiftbell_store::rollout::Change;

use super::{Changed, Wanted, times};
use crate::companies::Company;
use crate::work::{To, place_of};

/// Names in one list.
const NAMED_MAX: usize = 8;

/// As people call somebody: `bdr.one`.
pub(super) fn called(person: &Person) -> String {
    shiftbell_render::facts::Person::new(&person.email).name
}

/// What is said where a step is reached already.
pub(super) fn is_there(step: RolloutStep) -> String {
    match step {
        RolloutStep::Frame => {
            "It is in the frame already: only the reviewer receives. /shiftbell pilot @somebody lets one person in."
        }
        RolloutStep::Focus => {
            "It is in focus already: the pilots and the channels receive. /shiftbell pilots lists who is in."
        }
        RolloutStep::Grow => "Everybody is in already. /shiftbell focus goes back to the pilots.",
    }
    .to_owned()
}

/// What follows from a change, verdict first.
pub(super) fn what_follows(company: &Company, changed: &Changed<'_>) -> Document {
    let mut lines = vec![verdict(company, changed)];
    if changed.before.step() == RolloutStep::Frame && changed.after.step() != RolloutStep::Frame {
        lines.push(out_of_the_frame(company, changed));
    }
    let late = changed.let_in.iter().filter(|person| follows_today(company, person, changed.now)).count();
    if late > 0 && matches!(changed.wanted, Wanted::Step(_)) {
        lines.push(format!(
            "Today's scorecard follows at once for {}, whose hour is past and whose day is not over.",
            counted(late, "person", "people")
        ));
    }
    lines.push(format!("{} {}", how_many(company, &changed.after), next_step(&changed.after)));
    document(lines)
}

fn verdict(company: &Company, changed: &Changed<'_>) -> String {
    match changed.wanted {
        Wanted::Pilot { person, is_out: true } => {
            format!("{} receives nothing more by itself from now on; asking goes on as before.", called(person))
        }
        Wanted::Pilot { person, is_out: false } => let_in(company, person, changed.now),
        Wanted::Step(RolloutStep::Frame) => format!(
            "Only {} receives from now on, and receives everything: each message with the line for whom it would be.",
            changed.after.reviewer().map_or_else(|| "nobody".to_owned(), of_email)
        ),
        Wanted::Step(RolloutStep::Focus) => match pilots(company, &changed.after).as_slice() {
            [] => "Only the channels and the reviewer receive from now on; there is no pilot yet.".to_owned(),
            pilots => format!("The pilots receive theirs from now on: {}.", words::list(pilots, NAMED_MAX)),
        },
        Wanted::Step(RolloutStep::Grow) => format!(
            "Everybody receives theirs from now on. {} new; whoever has a scorecard is told so in one line.",
            match changed.let_in.len() {
                0 => "Nobody is".to_owned(),
                1 => "1 person is".to_owned(),
                n => format!("{n} people are"),
            }
        ),
    }
}

/// What somebody who is named gets, and when.
fn let_in(company: &Company, person: &Person, now: Instant) -> String {
    let place = place_of(&company.workspace, &To::Person(person.email.clone()));
    let name = called(person);
    match times::of(company, person, place, now) {
        None => format!("{name} gets what concerns them from now on; the role {} has no scorecard.", person.role),
        Some((_, true)) => format!("{name} gets today's scorecard now, and one at its hour from then on."),
        Some((times, false)) => {
            let zone = &place.zone;
            let is_here = zone.name() == company.defs().workspace.zone.name();
            let city = if is_here { String::new() } else { format!(" in {}", words::city(zone.name())) };
            format!("{name} gets the scorecard from {} {}{city} on.", times.first.trim_start_matches("on "), times.at)
        }
    }
}

/// Who else receives once the frame is left.
fn out_of_the_frame(company: &Company, changed: &Changed<'_>) -> String {
    let channels: Vec<String> = company.defs().destinations.keys().map(|id| format!("#{id}")).collect();
    // Who was named is told of already, and so are the pilots where focus was said.
    let others: Vec<String> = match changed.wanted {
        Wanted::Pilot { person: named, .. } => {
            changed.let_in.iter().filter(|person| person.email != named.email).map(|person| called(person)).collect()
        }
        Wanted::Step(_) => Vec::new(),
    };
    let channels = match channels.as_slice() {
        [] => None,
        _ => Some(format!("channels receive theirs too ({})", words::list(&channels, NAMED_MAX))),
    };
    let others = (!others.is_empty()).then(|| format!("the pilots {}", words::list(&others, NAMED_MAX)));
    let receive: Vec<String> = channels.into_iter().chain(others).collect();
    let receive = if receive.is_empty() { String::new() } else { format!(": {}", receive.join(", and ")) };
    format!("The frame is left{receive}. The reviewer is not shown what is for others any more.")
}

fn follows_today(company: &Company, person: &Person, now: Instant) -> bool {
    let place = place_of(&company.workspace, &To::Person(person.email.clone()));
    times::of(company, person, place, now).is_some_and(|(_, follows)| follows)
}

fn how_many(company: &Company, now: &InForce) -> String {
    let people = &company.defs().people;
    let is_in = people.iter().filter(|person| now.reaches(Recipient::Person(&person.email))).count();
    format!("{is_in} of {} {} in.", people.len(), if is_in == 1 { "people is" } else { "people are" })
}

fn next_step(now: &InForce) -> &'static str {
    match now.step() {
        RolloutStep::Frame => "/shiftbell pilot @somebody lets one person in.",
        RolloutStep::Focus => "/shiftbell grow lets everyone in.",
        RolloutStep::Grow => "/shiftbell focus goes back to the pilots.",
    }
}

/// Who is in, and who said so last.
pub(super) fn who_is_in(company: &Company, now: &InForce, last: Option<&Change>) -> Document {
    let pilots = pilots(company, now);
    let reviewer = now.reviewer().map_or_else(|| "nobody".to_owned(), of_email);
    let listed = words::list(&pilots, NAMED_MAX);
    let headline = match now.step() {
        RolloutStep::Frame => format!("In the frame: only {reviewer} receives, and receives everything."),
        RolloutStep::Focus if pilots.is_empty() => {
            "In focus: the channels and the reviewer receive; there is no pilot.".to_owned()
        }
        RolloutStep::Focus => format!("In focus: the channels receive, and {listed}."),
        RolloutStep::Grow => "Everybody receives theirs.".to_owned(),
    };
    let mut lines = vec![headline];
    if now.step() != RolloutStep::Focus && !pilots.is_empty() {
        lines.push(format!("Pilots in focus: {listed}."));
    }
    lines.push(format!("Reviewer: {reviewer}. {}", how_many(company, now)));
    if let Some(change) = last {
        let zone = &company.defs().workspace.zone;
        let at = zone.local(Instant(change.at_ms));
        let what = match &change.said {
            Said::Step { step, .. } => step.word().to_owned(),
            Said::Pilot(email) => format!("pilot {}", of_email(email)),
            Said::NotPilot(email) => format!("pilot remove {}", of_email(email)),
        };
        let (day, hour, minute) = (words::day(at.date()), at.hour(), at.minute());
        lines.push(format!("Last said by {}, {day} {hour:02}:{minute:02}: {what}.", of_email(&change.by)));
    }
    lines.push(next_step(now).to_owned());
    document(lines)
}

fn pilots(company: &Company, now: &InForce) -> Vec<String> {
    let known = |email: &str| company.defs().person(email).map_or_else(|| of_email(email), called);
    now.pilots().map(known).collect()
}

fn of_email(email: &str) -> String {
    shiftbell_render::facts::Person::new(email).name
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn document(lines: Vec<String>) -> Document {
    let push = lines.first().cloned().unwrap_or_default();
    let line = |(at, text): (usize, String)| vec![if at == 0 { Inline::Strong(text) } else { Inline::Text(text) }];
    let lines = lines.into_iter().enumerate().map(line).collect();
    Document { push, blocks: vec![Block::Lines(lines)], ..Document::default() }
}
