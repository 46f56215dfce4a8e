//! `shiftbell ask`: the same answers as in chat, in the terminal.

use std::io::Write;

use shiftbell_metrics::definitions::{NamedFunnel, read_funnel};
use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::{FunnelAnswer, Notice};

use super::{Ask, Here, check};
use crate::answer::{self, Asker};
use crate::clock::Clock;
use crate::companies::Company;
use crate::failure::Failure;
use crate::program::Program;
use crate::rights::{self, Right};

pub(super) async fn run(ask: &Ask, here: Here) -> Result<(), Failure> {
    let companies = check::load(&here)?;
    let clock = clock_at(ask.at.as_deref(), here.clock)?;
    let company = std::sync::Arc::clone(companies.chosen(ask.workspace.as_deref())?);
    let asker = asker_of(&company, ask.person.as_deref())?;
    let program = Program::to_ask(here.config, clock, here.chance, companies, company.name()).await?;
    let line = ask.command.join(" ");
    let out = if let Some(named) = &ask.funnel {
        let counted = of_funnel(&program, &company, &asker, named, &line).await?;
        if ask.json {
            format!("{:#}\n", serde_json::to_value(&counted).map_err(anyhow::Error::from)?)
        } else {
            shiftbell_render::plain::transcript(&Notice::from(counted).document().map_err(anyhow::Error::from)?)
        }
    } else if ask.json {
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

/// Counts a funnel: of the definitions by its name, else the one in this file.
async fn of_funnel(
    program: &Program,
    company: &Company,
    asker: &Asker,
    named: &str,
    period: &str,
) -> Result<FunnelAnswer, Failure> {
    let period = answer::funnel::period_of(program, company, period).map_err(Failure::Usage)?;
    let defs = company.defs();
    let funnel = match defs.funnels.iter().find(|funnel| funnel.id == named) {
        Some(known) => known.clone(),
        None => of_file(company, named)?,
    };
    if let Right::Refused(why) = rights::join_funnel(defs, asker, &funnel) {
        return Err(Failure::Usage(why));
    }
    Ok(answer::funnel::counted(program, company, &funnel, period).await.map_err(anyhow::Error::from)?)
}

fn of_file(company: &Company, path: &str) -> Result<NamedFunnel, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let known: Vec<&str> = company.defs().funnels.iter().map(|funnel| funnel.id.as_str()).collect();
        let known = if known.is_empty() {
            String::new()
        } else {
            format!(", nor a funnel of {}: {}", company.name(), known.join(", "))
        };
        Failure::Usage(format!("{path} is no file that can be read ({error}){known}"))
    })?;
    read_funnel(path, &text, company.defs()).map_err(|problems| {
        let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::Usage(said.join("\n"))
    })
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
