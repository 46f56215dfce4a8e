//! Rates that fell: once a day, each watched rate is compared with its own past, both judged at the same age.

mod fall;
mod message;
mod told;

use shiftbell_metrics::alert::{Candidate, within_budget};
use shiftbell_metrics::calendar::{home, is_working_day};
use shiftbell_metrics::definitions::{Place, Rule, RuleKind};
use shiftbell_metrics::rollout::Receiver;
use shiftbell_metrics::schedule::moment;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_store::cursors;
use shiftbell_store::incidents::{self, Incident};

use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use crate::work::digests::desk::Desk;
use crate::work::{To, rollout};
use fall::{Fall, Sweep};

/// Whether a rule looks for rates that fell.
pub(crate) fn watches(rule: &Rule) -> bool {
    matches!(rule.kind, RuleKind::Rate { .. }) && rule.not_active.is_none()
}

/// What was at stake in an incident of such a rule, in minor units of the company's currency.
pub(crate) fn worth_of(incident: &Incident) -> Option<i64> {
    told::Kept::of(incident)?.worth_minor
}

/// Sweeps every rule whose recipient's working day has begun and that was not swept today.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub async fn turn(program: &Program, company: &Company) -> Result<usize, AskError> {
    let now = program.clock.now();
    let mut count = 0;
    for rule in company.defs().rules.iter().filter(|rule| watches(rule)) {
        let place = place_of(company, &to(rule));
        let today = place.zone.day_of(now);
        if !is_working_day(&place, today) || now < moment(&place.zone, today, place.from) {
            continue;
        }
        let cursor = format!("rates/{}", rule.id);
        let mut snapshot = program.db.read().await?;
        let last = cursors::get(&mut snapshot, company.name(), &cursor).await?;
        drop(snapshot);
        if last.and_then(|last| last.parse().ok()).is_some_and(|last: i32| today <= Day(last)) {
            continue;
        }
        count += sweep(program, company, rule, now).await?;
        let mut tx = program.db.write().await?;
        cursors::set(&mut tx, company.name(), &cursor, &today.0.to_string(), now.as_ms()).await?;
        tx.commit().await?;
    }
    Ok(count)
}

/// Compares what one rule watches, ends what is over, edits what got worse, and tells what is new. Returns how many
/// messages are new.
///
/// # Errors
/// The database's, or numbers that cannot be read.
pub async fn sweep(program: &Program, company: &Company, rule: &Rule, now: Instant) -> Result<usize, AskError> {
    let to = to(rule);
    let mut desk = Desk::open(program, company, now).await?;
    // What is found while nobody is told is kept all the same: it is no news to whoever the roll-out reaches later.
    let receiver = desk.rollout.receiver(to.recipient());
    let open = incidents::open_ones(&mut desk.shelf.snapshot, company.name()).await?;
    let open: Vec<Incident> = open.into_iter().filter(|incident| incident.rule == rule.id).collect();
    let Some(mut sweep) = Sweep::new(&mut desk, rule) else { return Ok(0) };
    let mut falls = Vec::new();
    for fall in sweep.falls().await? {
        // What is over already is no news, though its weeks still weigh on the whole span.
        if !fall.fall.has_ended(&sweep.latest_weeks(&fall.watched).await?) {
            falls.push(fall);
        }
    }
    for incident in &open {
        let Some(kept) = told::Kept::of(incident) else { continue };
        let weeks = sweep.latest_weeks(&kept.watched).await?;
        if kept.fall.has_ended(&weeks) {
            kept.end(program, company, (rule, &to), &incident.subject, now).await?;
            continue;
        }
        match falls.iter().find(|fall| fall.subject() == incident.subject) {
            Some(fall) if kept.is_worse(fall) => {
                let message = message::of(&mut sweep, rule, fall).await?;
                kept.renew(program, company, (rule, &to), fall, message, now).await?;
            }
            Some(_) | None => {}
        }
    }
    let is_new = |fall: &Fall| open.iter().all(|incident| incident.subject != fall.subject());
    let new: Vec<Fall> = falls.into_iter().filter(is_new).collect();
    let mut count = 0;
    for fall in allowed(program, company, &to, &receiver, new, now).await? {
        let message = message::of(&mut sweep, rule, &fall).await?;
        count += usize::from(told::open(program, company, (rule, &to, &receiver), &fall, message, now).await?);
    }
    if count > 0 {
        program.woken.delivery.notify_one();
    }
    Ok(count)
}

/// Those that still fit into the day, the largest money first; the others are found again tomorrow.
async fn allowed(
    program: &Program,
    company: &Company,
    to: &To,
    receiver: &Receiver,
    falls: Vec<Fall>,
    now: Instant,
) -> Result<Vec<Fall>, AskError> {
    if falls.is_empty() || *receiver == Receiver::Nobody {
        return Ok(falls);
    }
    let noise = &company.defs().noise;
    let most = match to {
        To::Person(_) => noise.per_person_a_day,
        To::Channel(_) => noise.per_channel_a_day,
    };
    let place = place_of(company, to);
    let today = place.zone.start_of(place.zone.day_of(now));
    let mut snapshot = program.db.read().await?;
    let said = rollout::said_since(&mut snapshot, &company.workspace, receiver, to, today.as_ms()).await?;
    drop(snapshot);
    let candidate = |fall: Fall| Candidate { worth_minor: fall.worth_minor(), happened_at: now, of: fall };
    let (now_said, waiting) = within_budget(falls.into_iter().map(candidate).collect(), most, said);
    for fall in &waiting {
        tracing::info!(subject = fall.subject(), "a rate fell; its message waits, the day's budget is used");
    }
    Ok(now_said)
}

fn to(rule: &Rule) -> To {
    if rule.to.contains('@') { To::Person(rule.to.clone()) } else { To::Channel(rule.to.clone()) }
}

fn place_of(company: &Company, to: &To) -> Place {
    let defs = company.defs();
    let person = match to {
        To::Person(email) => defs.person(email),
        To::Channel(_) => None,
    };
    person.and_then(|person| defs.places.get(&person.place)).cloned().unwrap_or_else(|| home(defs))
}
