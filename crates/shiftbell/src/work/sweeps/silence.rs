//! A source that sends nothing for longer than it ever does at that time of the week, and when it is back.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::alert::{Cadence, Decision, Reason, SilenceFacts, SourceBack, SourceSilent, decide_silence};
use shiftbell_metrics::definitions::Source;
use shiftbell_metrics::time::{Instant, MS_PER_MINUTE};
use shiftbell_render::facts::{Footer, SeenBy, Sources};
use shiftbell_render::messages::{self, Back, Notice};
use shiftbell_store::cursors;
use shiftbell_store::incidents::{self, Incident, Opened};
use shiftbell_store::sightings::{self, DELIVERY, Sighting};

use super::tell;
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use crate::work::rollout::Addressed;
use crate::work::{To, source_name};

/// Under which the incidents are kept.
pub const RULE: &str = "source-silent";
/// Days back in which a source must have been heard to be watched.
const HEARD_WITHIN_DAYS: i32 = 30;

/// What is known about the rhythm of a source.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Rhythm {
    /// The latest arrival that was taken into account.
    last_at: Instant,
    cadence: Cadence,
}

/// What an incident keeps.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    silent: SourceSilent,
    /// Events seen when it was opened, to count what is caught up later.
    seen: i64,
    key: String,
}

/// Since when a source of an incident is silent.
pub(crate) fn since(incident: &Incident) -> Option<Instant> {
    serde_json::from_str::<Kept>(&incident.facts).ok().map(|kept| kept.silent.since)
}

/// Looks at every source of a company. Returns how many messages were put into the outbox. `is_watched`: whether this
/// process has been looking all the time, so that a gap between two arrivals is one of the source and not of ours.
///
/// # Errors
/// The database's.
pub async fn turn(program: &Program, company: &Company, is_watched: bool) -> Result<usize, AskError> {
    let now = program.clock.now();
    let zone = &company.defs().workspace.zone;
    let mut snapshot = program.db.read().await?;
    let seen = sightings::since(&mut snapshot, company.name(), zone.day_of(now).plus(-HEARD_WITHIN_DAYS)).await?;
    let open = incidents::open_ones(&mut snapshot, company.name()).await?;
    drop(snapshot);
    let mut count = 0;
    for source in &company.defs().sources {
        let Some(last_at) = last_of(&seen, &source.id) else { continue };
        let incident = open.iter().find(|incident| incident.rule == RULE && incident.subject == source.id);
        let rhythm = learn(program, company, source, last_at, is_watched && incident.is_none(), now).await?;
        let kept: Option<Kept> = incident.and_then(|incident| serde_json::from_str(&incident.facts).ok());
        let total = events_of(&seen, &source.id);
        let decision = decide_silence(&SilenceFacts {
            source: &source.id,
            last_at,
            now,
            zone,
            cadence: &rhythm.cadence,
            too_quiet: company.defs().noise.too_quiet,
            said_since: kept.as_ref().map(|kept| kept.silent.since),
            caught_up: u64::try_from(total - kept.as_ref().map_or(0, |kept| kept.seen)).unwrap_or(0),
        });
        count += match decision {
            Decision::Notify(Reason::SourceSilent(silent)) => say(program, company, silent, total, now).await?,
            Decision::Notify(Reason::SourceBack(back)) => {
                let Some(kept) = kept else { continue };
                say_back(program, company, &kept, &back, now).await?
            }
            Decision::Notify(Reason::Happened | Reason::RateFell(_) | Reason::BehindPlan(_)) | Decision::Hold(_) => 0,
        };
    }
    Ok(count)
}

/// Takes a new arrival into the rhythm of its source. Whoever is first does it; others find it done.
async fn learn(
    program: &Program,
    company: &Company,
    source: &Source,
    last_at: Instant,
    is_habit: bool,
    now: Instant,
) -> Result<Rhythm, AskError> {
    let cursor = format!("silence/{}", source.id);
    let mut snapshot = program.db.read().await?;
    let stored = cursors::get(&mut snapshot, company.name(), &cursor).await?;
    drop(snapshot);
    let mut rhythm: Rhythm = stored.and_then(|stored| serde_json::from_str(&stored).ok()).unwrap_or_default();
    if rhythm.last_at < last_at {
        if is_habit && rhythm.last_at > Instant(0) {
            rhythm.cadence.observe(rhythm.last_at, last_at, &company.defs().workspace.zone);
        }
        rhythm.last_at = last_at;
        keep(program, company, &cursor, &rhythm, now).await?;
    }
    Ok(rhythm)
}

async fn keep(
    program: &Program,
    company: &Company,
    cursor: &str,
    rhythm: &Rhythm,
    now: Instant,
) -> Result<(), AskError> {
    let text = serde_json::to_string(rhythm)?;
    let mut tx = program.db.write().await?;
    cursors::set(&mut tx, company.name(), cursor, &text, now.as_ms()).await?;
    Ok(tx.commit().await?)
}

/// Teaches the rhythm of a source from its arrivals, in order: after an import of history, and in tests.
///
/// # Errors
/// The database's.
pub async fn teach(program: &Program, company: &Company, source: &str, arrivals: &[Instant]) -> Result<(), AskError> {
    let cadence = Cadence::learn(arrivals.iter().copied(), &company.defs().workspace.zone);
    let rhythm = Rhythm { last_at: arrivals.last().copied().unwrap_or_default(), cadence };
    keep(program, company, &format!("silence/{source}"), &rhythm, program.clock.now()).await
}

async fn say(
    program: &Program,
    company: &Company,
    silent: SourceSilent,
    seen: i64,
    now: Instant,
) -> Result<usize, AskError> {
    let key = format!("{RULE}/{}/{}", silent.source, silent.since.as_ms());
    let subject = silent.source.clone();
    let kept = Kept { silent, seen, key };
    let facts = serde_json::to_string(&kept)?;
    let mut tx = program.db.write().await?;
    if incidents::open(&mut tx, company.name(), RULE, &subject, &facts, now.as_ms()).await? == Opened::AlreadyOpen {
        tx.roll_back().await?;
        return Ok(0);
    }
    let mut count = 0;
    if let Some(keeper) = keeper(company) {
        let message = message(company, &kept.silent, None);
        if let Some(id) = tell(&mut tx, company, &Addressed::to(keeper, kept.key.as_str()), message, 1, now).await? {
            incidents::set_notice(&mut tx, company.name(), RULE, &subject, id).await?;
            count = 1;
        }
    }
    tx.commit().await?;
    tracing::warn!(source = subject, "a source is silent for longer than usual; alerts that rest on it wait");
    program.woken.delivery.notify_one();
    Ok(count)
}

async fn say_back(
    program: &Program,
    company: &Company,
    kept: &Kept,
    back: &SourceBack,
    now: Instant,
) -> Result<usize, AskError> {
    let mut tx = program.db.write().await?;
    if incidents::end(&mut tx, company.name(), RULE, &kept.silent.source, now.as_ms()).await?.is_none() {
        tx.roll_back().await?;
        return Ok(0);
    }
    if let Some(keeper) = keeper(company) {
        let at = company.defs().workspace.zone.local(back.back_at);
        let back = Back {
            since: format!("{:02}:{:02}", at.hour(), at.minute()),
            caught_up: back.caught_up,
            missing: 0,
            posted: 0,
        };
        let message = message(company, &kept.silent, Some(back));
        tell(&mut tx, company, &Addressed::to(keeper, kept.key.as_str()), message, 2, now).await?;
    }
    tx.commit().await?;
    program.woken.delivery.notify_one();
    Ok(1)
}

fn message(company: &Company, silent: &SourceSilent, back: Option<Back>) -> Notice {
    let minutes = |ms: i64| u64::try_from(ms / MS_PER_MINUTE).unwrap_or(0);
    Notice::from(messages::SourceSilent {
        source: source_name(company.defs(), &silent.source),
        minutes: minutes(silent.silent_ms),
        usual_minutes: Some(minutes(silent.usual_ms)),
        on_weekday: company.defs().noise.too_quiet.is_none().then(|| silent.weekday.clone()),
        told: None,
        back,
        footer: Footer { data_to: None, sources: Sources::Unsaid, seen_by: SeenBy::OnlyYou, receipt: None },
    })
}

/// Who looks after sources: the reviewer of the roll-out, else somebody who may change settings.
fn keeper(company: &Company) -> Option<To> {
    let defs = company.defs();
    let may = |role: &str| defs.rights.get(role).is_some_and(|rights| rights.iter().any(|right| right == "settings"));
    let reviewer = defs.rollout.reviewer.clone();
    let other = || defs.people.iter().find(|person| may(&person.role)).map(|person| person.email.clone());
    reviewer.or_else(other).map(To::Person)
}

fn last_of(seen: &[Sighting], source: &str) -> Option<Instant> {
    let deliveries = seen.iter().filter(|sighting| sighting.source == source && sighting.name == DELIVERY);
    deliveries.map(|sighting| Instant(sighting.last_at_ms)).max()
}

fn events_of(seen: &[Sighting], source: &str) -> i64 {
    seen.iter()
        .filter(|sighting| sighting.source == source && sighting.name != DELIVERY)
        .map(|sighting| sighting.n)
        .sum()
}
