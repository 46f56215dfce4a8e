//! What the demo shows in the terminal: the bowtie, a scorecard, what fired, and a conversation.

use std::fmt::Write as _;

use shiftbell_metrics::calendar::{is_working_day, last_working_day};
use shiftbell_metrics::definitions::DigestKind;
use shiftbell_metrics::schedule::moment;
use shiftbell_metrics::scorecard::DayState;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::{plain, words};
use shiftbell_store::outbox::{self, State};
use shiftbell_store::{StoreError, events, inbox};

use super::WORKSPACE;
use super::live::Sent;
use crate::answer::{self, AskError, Asker};
use crate::companies::Company;
use crate::failure::Failure;
use crate::program::Program;
use crate::work::digests::{self, desk::Desk};
use crate::work::letter::Letter;
use crate::work::sweeps::rates;

/// How often to look whether everything that was sent is in the numbers.
const LOOK_EVERY_MS: i64 = 50;
/// Whose scorecard is shown.
const SCORECARD_OF: &str = "bdr.one@clowns.example";
/// Alerts that are shown.
const ALERTS_MAX: i64 = 200;

/// Waits until nothing that arrived waits any more.
pub(super) async fn settled(program: &Program) -> Result<(), Failure> {
    while !program.stop.is_cancelled() {
        if waiting(program).await.map_err(|error| Failure::Database(error.to_string()))? == 0 {
            return Ok(());
        }
        program.clock.wait_ms(LOOK_EVERY_MS).await;
    }
    Ok(())
}

async fn waiting(program: &Program) -> Result<i64, StoreError> {
    let mut snapshot = program.db.read().await?;
    Ok(inbox::backlog(&mut snapshot, WORKSPACE).await?.waiting)
}

/// Prints the tour.
pub(super) async fn print(program: &Program, sent: &Sent, address: &str) -> Result<(), Failure> {
    let Some(company) = program.companies.get(WORKSPACE) else { return Ok(()) };
    let text = told(program, company, sent, address)
        .await
        .map_err(|error| Failure::Other(anyhow::Error::new(error).context("show the sample company")))?;
    crate::cli::print(&text);
    Ok(())
}

async fn told(program: &Program, company: &Company, sent: &Sent, address: &str) -> Result<String, AskError> {
    let now = program.clock.now();
    let mut out = String::new();
    let mut snapshot = program.db.read().await?;
    let count = events::count(&mut snapshot, WORKSPACE).await?;
    let bowtie = crate::bowtie::of(&mut snapshot, company, &program.versions.changes(company), now).await?;
    drop(snapshot);
    heading(&mut out, "Clowns To Go");
    let _ = writeln!(
        out,
        "{count} events of a year; the last {} came just now through the signed webhook\n{} ({} deliveries kept, {} sent again and known).",
        sent.events,
        format_args!("http://{address}/hooks/{WORKSPACE}/demo"),
        sent.kept,
        sent.known
    );
    heading(&mut out, "The bowtie");
    out.push_str(&bowtie.table());
    heading(&mut out, "A scorecard");
    out.push_str(&scorecard(program, company, now).await?);
    // What the timer does when the working day begins, so that the demo shows it at any hour.
    for rule in company.defs().rules.iter().filter(|rule| rates::watches(rule)) {
        rates::sweep(program, company, rule, now).await?;
    }
    heading(&mut out, "What fired");
    out.push_str(&alerts(program, company).await?);
    heading(&mut out, "As in chat");
    for command in crate::overview::examples(company).into_iter().take(4) {
        let document = answer::to_typed(program, company, &Asker::Operator, &command).await;
        let _ = writeln!(out, "> {command}\n{}\n", plain::transcript(&document).trim_end());
        if let Some(receipt) = receipt_of(&plain::transcript(&document)).filter(|_| command.ends_with("b2b")) {
            let why = answer::to_typed(program, company, &Asker::Operator, &format!("/kpi why {receipt}")).await;
            let _ = writeln!(out, "> /kpi why {receipt}\n{}\n", plain::transcript(&why).trim_end());
        }
    }
    for command in ["/mrr", "/mrr by product", "/kpi nrr"] {
        let document = answer::to_typed(program, company, &Asker::Operator, command).await;
        let _ = writeln!(out, "> {command}\n{}\n", plain::transcript(&document).trim_end());
    }
    let _ = writeln!(out, "The page: http://{address}   (Ctrl-C ends the demo)");
    Ok(out)
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{text}\n{}", "-".repeat(text.len()));
}

/// The receipt that stands at the end of an answer.
fn receipt_of(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.starts_with("r-")).map(|word| word.trim_end_matches('.').to_owned())
}

/// The scorecard of one person on the latest working day that has come to its hour.
async fn scorecard(program: &Program, company: &Company, now: Instant) -> Result<String, AskError> {
    let cards = company.defs().digests.iter().filter(|digest| digest.send == DigestKind::Scorecard);
    for digest in cards {
        for group in digests::groups(company, digest).into_iter().filter_map(|group| group.only(SCORECARD_OF)) {
            let today = group.place.zone.day_of(now);
            let is_over =
                |day: Day| moment(&group.place.zone, day, digest.at) <= now && is_working_day(&group.place, day);
            let day = if is_over(today) { Some(today) } else { last_working_day(&group.place, today) };
            let Some(day) = day else { continue };
            let at = moment(&group.place.zone, day, digest.at);
            let mut desk = Desk::of_past(program, company, at).await?;
            for to in &group.to {
                let written =
                    digests::written(program, &mut desk, digest, &group.place, to, day, DayState::Open).await?;
                if let Some((notice, _)) = written {
                    let text = plain::transcript(&notice.document()?);
                    let (hour, minute) = (digest.at.hour(), digest.at.minute());
                    let date = day.date();
                    let day = format!("{} {}", words::weekday(date), words::long_day(date));
                    return Ok(format!("to {} at {hour:02}:{minute:02} of {day}:\n{}\n", to.name(), text.trim_end()));
                }
            }
        }
    }
    Ok("Nobody has one today.\n".to_owned())
}

/// Every alert, delivered or waiting for the morning.
async fn alerts(program: &Program, company: &Company) -> Result<String, AskError> {
    let mut snapshot = program.db.read().await?;
    let mut listed = outbox::latest(&mut snapshot, company.name(), ALERTS_MAX).await?;
    listed.reverse();
    let mut out = String::new();
    for message in &listed {
        let Some(facts) = outbox::facts(&mut snapshot, company.name(), message.id).await? else { continue };
        let Ok(Ok(document)) = Letter::read(&facts).map(|letter| letter.document()) else { continue };
        let waits = match message.state {
            State::Delivered => String::new(),
            State::Due | State::Sending | State::Unknown => {
                let local = company.defs().workspace.zone.local(Instant(message.due_at_ms));
                format!(" (leaves {} {:02}:{:02})", local.date(), local.hour(), local.minute())
            }
            State::Held | State::Dead => format!(" ({})", message.reason.as_deref().unwrap_or("held")),
        };
        let _ = writeln!(out, "to {}{waits}:\n{}\n", message.destination, plain::transcript(&document).trim_end());
    }
    if listed.is_empty() {
        out.push_str("Nothing.\n");
    }
    Ok(out)
}
