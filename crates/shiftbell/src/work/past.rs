//! The numbers of another moment, folded anew from the events: as a receipt saw them, or as they stood at an earlier hour.

use shiftbell_metrics::answer::{Read, Rows};
use shiftbell_metrics::cell::{Spread, spread};
use shiftbell_metrics::contribution::{Contribution, Delta, Entry, delta};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::{LeftOut, Plan, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::segment::Segment;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_store::{Session, entities, events};

use crate::answer::AskError;
use crate::companies::Company;

/// Accounts whose events are read at once.
const ACCOUNTS_AT_ONCE: i64 = 500;

/// Which events there were.
#[derive(Clone, Copy, Debug)]
pub enum Until<'a> {
    /// All that are known.
    Now,
    /// Those that a receipt could see.
    Mark(&'a str),
    /// Those that had happened by then, however late they arrived.
    Hour(Instant),
}

/// Numbers worked out again, without those that are stored.
#[derive(Debug, Default)]
pub struct Past {
    numbers: Spread,
    pub left_out: Vec<LeftOut>,
    /// Every event of the accounts in which a test record was left out.
    pub with_tests: Vec<Journey>,
}

/// An account with its events.
pub type Journey = (EntityId, Vec<StoredEvent>);

impl Past {
    /// Folds every account as its events were.
    ///
    /// # Errors
    /// The database's, or events that cannot be read.
    pub async fn fold(session: &mut Session, company: &Company, until: Until<'_>) -> Result<Past, AskError> {
        let plan = &company.workspace.meaning.plan;
        let zone = &company.defs().workspace.zone;
        let mut past = Past::default();
        let mut all = Delta::default();
        let mut after: Option<EntityId> = None;
        loop {
            let accounts = entities::accounts_after(session, company.name(), after, ACCOUNTS_AT_ONCE).await?;
            let Some(last) = accounts.last() else {
                past.numbers = spread(&all, plan, zone, 1);
                return Ok(past);
            };
            after = Some(*last);
            for (account, journey) in journeys(session, company, &accounts, until).await? {
                let (contributions, left_out) = plan.fold_whole(account, &journey);
                add(&mut all, contributions);
                if left_out.iter().any(|left| matches!(left, LeftOut::Test(_))) {
                    past.with_tests.push((account, journey));
                }
                past.left_out.extend(left_out);
            }
        }
    }

    /// What a few accounts alone give under this plan.
    pub fn of(company: &Company, plan: &Plan, journeys: &[Journey]) -> Past {
        let mut all = Delta::default();
        for (account, journey) in journeys {
            add(&mut all, plan.fold(*account, journey));
        }
        Past { numbers: spread(&all, plan, &company.defs().workspace.zone, 1), ..Past::default() }
    }

    /// What reads of the stored numbers would give.
    pub fn lay_out(&self, reads: Vec<Read>, rows: &mut Rows) {
        for read in reads {
            match &read {
                Read::Cells { dimension, value, .. } => {
                    let fits = self.numbers.cells.iter().filter(|(key, _)| {
                        read.takes(&key.motion, &key.series, key.day)
                            && *key.dimension == **dimension
                            && value.as_ref().is_none_or(|value| *key.value == **value)
                    });
                    let found = fits.map(|(key, change)| (key.day, key.value.to_string(), change.clone())).collect();
                    rows.add_cells(read, found);
                }
                Read::Segments { motion, series, from, until } => {
                    let found = self.entries(motion, series, (*from, *until));
                    rows.add_segments(read, found);
                }
            }
        }
    }

    /// Every entry of one series on these days.
    pub fn entries(&self, motion: &str, series: &str, (from, until): (Day, Day)) -> Vec<Entry> {
        let read = Read::Segments { motion: motion.to_owned(), series: series.to_owned(), from, until };
        let fits = self.numbers.segments.iter().filter(|(key, _)| read.takes(&key.motion, &key.series, key.day));
        fits.flat_map(|(_, change)| Segment::new(change.added.clone()).entries().to_vec()).collect()
    }
}

fn add(all: &mut Delta, contributions: Vec<(EntityId, Contribution)>) {
    for (_, contribution) in contributions {
        all.merge(delta(&Contribution::default(), &contribution));
    }
}

/// The events of these accounts that there were, account by account.
///
/// # Errors
/// The database's, or events that cannot be read.
pub async fn journeys(
    session: &mut Session,
    company: &Company,
    accounts: &[EntityId],
    until: Until<'_>,
) -> Result<Vec<Journey>, AskError> {
    let mut stored = known(session, company, accounts, until).await?.into_iter().peekable();
    let mut all = Vec::new();
    while let Some(first) = stored.next() {
        let account = first.account;
        let mut journey = vec![folded(first)?];
        while let Some(next) = stored.next_if(|next| next.account == account) {
            journey.push(folded(next)?);
        }
        all.push((account, journey));
    }
    Ok(all)
}

async fn known(
    session: &mut Session,
    company: &Company,
    accounts: &[EntityId],
    until: Until<'_>,
) -> Result<Vec<events::StoredEvent>, AskError> {
    Ok(match until {
        Until::Now => events::of_accounts(session, company.name(), accounts).await?,
        Until::Mark(mark) => events::of_accounts_at(session, company.name(), accounts, mark).await?,
        Until::Hour(hour) => {
            let mut stored = events::of_accounts(session, company.name(), accounts).await?;
            stored.retain(|stored| stored.at <= hour);
            stored
        }
    })
}

fn folded(stored: events::StoredEvent) -> Result<StoredEvent, AskError> {
    let event: Event = stored.event().map_err(|error| AskError::Corrupt(error.to_string()))?;
    Ok(StoredEvent { source: stored.source, event, by: stored.by_role })
}
