//! Lines that are left out because nothing of what they count arrives: said once to whoever looks after sources, and once in
//! each person's scorecard. Again only when it has arrived since and is missing again.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::definitions::{Definitions, DigestKind, Kpi, Person};
use shiftbell_metrics::scorecard::LineFacts;
use shiftbell_metrics::time::Day;
use shiftbell_render::messages::{NotCounted, Notice, Unseen};
use shiftbell_store::incidents::{self, Incident, Opened};
use shiftbell_store::outbox;

use super::desk::Desk;
use super::kinds_of;
use super::seen::DAYS;
use crate::answer::AskError;
use crate::program::Program;
use crate::work::sweeps::{silence, tell};
use crate::work::{To, source_name};

/// Under which it is kept what was said.
pub(super) const RULE: &str = "not-counted";

/// What an incident keeps.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    /// Of the message that left the line out first.
    day: Day,
}

/// Since which day a line is left out.
pub(super) fn day_of(incident: &Incident) -> Option<Day> {
    serde_json::from_str::<Kept>(&incident.facts).ok().map(|kept| kept.day)
}

/// Notes which lines are left out, and returns those of which this person reads for the first time.
pub(super) async fn first_said(
    desk: &mut Desk<'_>,
    person: &Person,
    day: Day,
    lines: &[LineFacts],
) -> Result<Vec<Unseen>, AskError> {
    let (company, defs) = (desk.shelf.company, desk.shelf.company.defs());
    let mut first = Vec::new();
    for line in lines.iter().filter(|line| line.is_never_seen) {
        desk.left_out.insert(line.kpi.clone());
        let is_first = match desk.seen.said.get(&line.kpi).copied() {
            None => true,
            Some(said) => last_card(desk, person, day).await?.is_none_or(|last| last < said),
        };
        if is_first {
            first.extend(defs.kpi(&line.kpi).map(|kpi| unseen(company.defs(), kpi)));
        }
    }
    Ok(first)
}

/// The day of the scorecard before, in any outlet.
async fn last_card(desk: &mut Desk<'_>, person: &Person, day: Day) -> Result<Option<Day>, AskError> {
    let company = desk.shelf.company;
    let mut last = None;
    for digest in company.defs().digests.iter().filter(|digest| digest.send == DigestKind::Scorecard) {
        for (outlet, _) in company.workspace.channels_of(&To::Person(person.email.clone())) {
            let of = (digest.id.as_str(), day);
            let found =
                outbox::last_day_of(&mut desk.shelf.snapshot, company.name(), of, &outlet, &person.email).await?;
            last = last.max(found);
        }
    }
    Ok(last)
}

fn unseen(defs: &Definitions, kpi: &Kpi) -> Unseen {
    let kinds: Vec<String> = kinds_of(defs, kpi).into_iter().map(|kind| kind.replace('_', " ")).collect();
    let active: Vec<_> = defs.sources.iter().filter(|source| source.not_active.is_none()).collect();
    let source = match active.as_slice() {
        [only] => Some(source_name(defs, &only.id)),
        _ => None,
    };
    Unseen { label: kpi.label.clone(), event: kinds.join(" or "), source, days: u64::try_from(DAYS).unwrap_or(0) }
}

/// Tells what was left out of the messages of this run for the first time, and forgets what has arrived since.
pub(super) async fn tell_new(program: &Program, desk: &Desk<'_>, day: Day) -> Result<(), AskError> {
    let (company, now, defs) = (desk.shelf.company, desk.shelf.now, desk.shelf.company.defs());
    let is_back = |kpi: &str| defs.kpi(kpi).is_none_or(|kpi| !desk.seen.is_never_seen(defs, kpi));
    let back: Vec<&String> = desk.seen.said.keys().filter(|kpi| is_back(kpi)).collect();
    let new: Vec<&String> = desk.left_out.iter().filter(|kpi| !desk.seen.said.contains_key(*kpi)).collect();
    if back.is_empty() && new.is_empty() {
        return Ok(());
    }
    let facts = serde_json::to_string(&Kept { day })?;
    let mut tx = program.db.write().await?;
    for kpi in back {
        incidents::end(&mut tx, company.name(), RULE, kpi, now.as_ms()).await?;
    }
    let mut lines = Vec::new();
    for kpi in new {
        let opened = incidents::open(&mut tx, company.name(), RULE, kpi, &facts, now.as_ms()).await?;
        if opened == Opened::New {
            lines.extend(defs.kpi(kpi).map(|kpi| unseen(defs, kpi)));
        }
    }
    if let (false, Some(keeper)) = (lines.is_empty(), silence::keeper(company)) {
        let key = format!(
            "{RULE}/{}/{}",
            now.as_ms(),
            lines.iter().map(|line| line.label.as_str()).collect::<Vec<_>>().join("/")
        );
        tell(&mut tx, company, &keeper, &key, Notice::from(NotCounted { lines }), 1, now).await?;
    }
    tx.commit().await?;
    program.woken.delivery.notify_one();
    Ok(())
}
