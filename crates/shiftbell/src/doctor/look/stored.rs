//! What the database tells, read in one moment and without changing anything.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_metrics::value::Value;
use shiftbell_store::held::{self, SetAsideCount};
use shiftbell_store::inbox::{self, Backlog, Unreadable};
use shiftbell_store::outbox::{self, Listed, State};
use shiftbell_store::signatures::{self, Checked};
use shiftbell_store::{Db, Session, generations, incidents, sightings};

use super::Database;
use crate::companies::Company;
use crate::doctor::Place;
use crate::seen;
use crate::work::derive::DeriveError;
use crate::work::directory::gaps::{self, Gap};
use crate::work::facts_seen::{self, DAYS};
use crate::work::sweeps::silence;

/// Different values of a field that are remembered.
const VALUES_MAX: usize = 200;
/// Longest value that is told, in characters.
const CHARS_MAX: usize = 60;

/// What is kept about one company.
#[derive(Debug)]
pub struct Stored {
    pub kind: &'static str,
    pub bytes: Option<u64>,
    pub backlog: Backlog,
    /// The latest delivery that could not be read.
    pub unreadable: Option<Unreadable>,
    /// Events ahead of their time.
    pub held: i64,
    pub set_aside: Vec<SetAsideCount>,
    pub messages: Vec<(State, i64)>,
    /// The latest message that was given up.
    pub given_up: Option<Listed>,
    /// When something arrived last at each destination of each outlet.
    pub arrived: Vec<(String, String, i64)>,
    pub numbers: Numbers,
    /// What is told of each fact; `None` if nothing happened lately.
    pub facts: Option<Vec<seen::Told>>,
    pub signatures: Vec<Checked>,
    /// When each source was heard last, of those heard lately.
    pub heard: Vec<(String, i64)>,
    /// Sources that have told of anything at all, however long ago.
    pub told: BTreeSet<String>,
    /// Sources that are silent for longer than they ever are, and since when.
    pub silent: Vec<(String, Instant)>,
    pub values: Values,
    /// What of who is who does not fit together.
    pub gaps: Vec<Gap>,
}

/// Whether the numbers that answer are those of the definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    None,
    Current,
    /// They are being built.
    Building,
    OfOtherDefinitions,
}

/// Values that events of the last days said, and how often.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    pub stages: BTreeMap<String, u64>,
    pub owners: BTreeMap<String, u64>,
}

pub(super) async fn look(place: Place<'_>, now: Instant) -> Database {
    let db = match place.db {
        Ok(db) => db,
        Err(why) => return Database::Unreachable { why: why.to_owned() },
    };
    match db.are_tables_current().await {
        Ok(true) => {}
        Ok(false) => return Database::Other,
        Err(error) => return Database::Unreachable { why: error.to_string() },
    }
    match stored(db, place.company, now).await {
        Ok(stored) => Database::Open(Box::new(stored)),
        Err(error) => Database::Unreachable { why: error.to_string() },
    }
}

async fn stored(db: &Db, company: &Company, now: Instant) -> Result<Stored, DeriveError> {
    let (name, zone) = (company.name(), &company.defs().workspace.zone);
    let since = zone.day_of(now).plus(-DAYS);
    let mut snapshot = db.read().await?;
    let session: &mut Session = &mut snapshot;
    let open = incidents::open_ones(session, name).await?;
    let silent = open.iter().filter(|incident| incident.rule == silence::RULE);
    let silent = silent.map(|one| (one.subject.clone(), silence::since(one).unwrap_or(Instant(one.opened_at_ms))));
    Ok(Stored {
        kind: db.kind(),
        bytes: db.bytes().await.ok(),
        backlog: inbox::backlog(session, name).await?,
        unreadable: inbox::unreadable_ones(session, name, 1).await?.pop(),
        held: held::count(session, name).await?,
        set_aside: held::set_aside_counts(session, name).await?,
        messages: outbox::counts(session, name).await?,
        given_up: outbox::dead_ones(session, name, 1).await?.pop(),
        arrived: outbox::arrived_last(session, name).await?,
        numbers: numbers(session, company).await?,
        facts: seen::facts(session, company, now).await?,
        signatures: signatures::since(session, name, since).await?,
        heard: sightings::last_seen(session, name, since).await?,
        told: told(session, name).await?,
        silent: silent.collect(),
        values: values(session, company, now).await?,
        gaps: gaps::all(session, &company.workspace).await?,
    })
}

/// Sources of which any event was seen. One that answers and has nothing is another matter than one that is silent.
async fn told(session: &mut Session, name: &str) -> Result<BTreeSet<String>, DeriveError> {
    let all = sightings::since(session, name, Day(0)).await?;
    let events = all.into_iter().filter(|sighting| sighting.name != sightings::DELIVERY);
    Ok(events.map(|sighting| sighting.source).collect())
}

async fn numbers(session: &mut Session, company: &Company) -> Result<Numbers, DeriveError> {
    let meaning = &company.defs().meaning;
    let live = generations::live(session, company.name()).await?;
    let building = generations::building(session, company.name()).await?;
    Ok(match (live, building) {
        (Some(live), _) if live.meaning == *meaning => Numbers::Current,
        (_, Some(next)) if next.meaning == *meaning => Numbers::Building,
        (Some(_), _) => Numbers::OfOtherDefinitions,
        (None, _) => Numbers::None,
    })
}

async fn values(session: &mut Session, company: &Company, now: Instant) -> Result<Values, DeriveError> {
    let mut values = Values::default();
    facts_seen::each(session, &company.workspace, now, |_, event| {
        let deal = event.set.get(&EntityKind::Deal);
        if let Some(stage) = deal.and_then(|deal| deal.get("stage")).and_then(Value::as_text) {
            count(&mut values.stages, stage);
        }
        let set = event.set.values().filter_map(|set| set.get("owner")).filter_map(Value::as_text);
        for owner in set.chain(event.owner.as_deref()).filter(|owner| !owner.trim().is_empty()) {
            count(&mut values.owners, owner);
        }
    })
    .await?;
    Ok(values)
}

/// Counts a value that comes from outside: without what would move a cursor, and only so many different ones.
fn count(values: &mut BTreeMap<String, u64>, value: &str) {
    let value: String = value.trim().chars().filter(|c| !c.is_control()).take(CHARS_MAX).collect();
    if let Some(n) = values.get_mut(&value) {
        *n += 1;
    } else if values.len() < VALUES_MAX {
        values.insert(value, 1);
    }
}
