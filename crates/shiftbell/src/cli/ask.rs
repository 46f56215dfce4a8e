//! `shiftbell ask`: the same answers as in chat, in the terminal.

use std::io::Write;

use shiftbell_metrics::time::Instant;

use super::{Ask, Here, check};
use crate::answer::{self, Asker};
use crate::clock::Clock;
use crate::companies::Company;
use crate::failure::Failure;
use crate::program::Program;

pub(super) async fn run(ask: &Ask, here: Here) -> Result<(), Failure> {
    let companies = check::load(&here)?;
    let clock = clock_at(ask.at.as_deref(), here.clock)?;
    let company = std::sync::Arc::clone(companies.chosen(ask.workspace.as_deref())?);
    let asker = asker_of(&company, ask.person.as_deref())?;
    let program = Program::to_ask(here.config, clock, here.chance, companies, company.name()).await?;
    let line = ask.command.join(" ");
    let out = if ask.json {
        let text = line.trim().trim_start_matches("/kpi");
        match answer::as_json(&program, &company, &asker, text).await {
            Ok(json) => format!("{json:#}\n"),
            Err(problem) => return Err(Failure::Usage(problem.sentence)),
        }
    } else {
        shiftbell_render::plain::transcript(&answer::to_typed(&program, &company, &asker, &line).await)
    };
    program.finish().await;
    print(&out);
    Ok(())
}

/// A clock that stands at the given instant, else the given one.
pub(super) fn clock_at(at: Option<&str>, clock: Clock) -> Result<Clock, Failure> {
    match at {
        None => Ok(clock),
        Some(text) => match Instant::parse(text) {
            Some(at) => Ok(Clock::at(at)),
            None => Err(Failure::Usage(format!("`{text}` is no instant; write it as 2026-11-19T19:05:00Z"))),
        },
    }
}

/// Who asks: a person of the company, else the operator.
pub(super) fn asker_of(company: &Company, email: Option<&str>) -> Result<Asker, Failure> {
    let Some(email) = email else { return Ok(Asker::Operator) };
    match company.defs().person(email) {
        Some(person) => Ok(Asker::Person(person.clone())),
        None => {
            let near = shiftbell_metrics::definitions::nearest(
                email,
                company.defs().people.iter().map(|person| person.email.clone()),
            );
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Err(Failure::Usage(format!("{} has no person {email}{hint}", company.name())))
        }
    }
}

/// Prints what a pipe may have stopped reading.
pub(crate) fn print(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = std::io::stdout().write_all(b"\n");
    }
}
