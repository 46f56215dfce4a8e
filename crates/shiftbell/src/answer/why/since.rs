//! What arrived after a receipt was written, and touches what it says.

use std::collections::BTreeMap;

use shiftbell_metrics::answer::Read;
use shiftbell_metrics::contribution::{Contribution, Delta, delta};
use shiftbell_metrics::id::EntityId;
use shiftbell_store::{Session, events};

use crate::answer::AskError;
use crate::companies::Company;
use crate::work::past::{self, Until};

/// Accounts whose events are read at once.
const ACCOUNTS_AT_ONCE: usize = 500;

/// How many events have arrived since in those accounts whose journeys they changed where the answer looks: in its motion,
/// its stages and its days. What arrived about others is not counted.
pub(super) async fn touching(
    session: &mut Session,
    company: &Company,
    mark: &str,
    reads: &[Read],
) -> Result<u64, AskError> {
    let news = events::accounts_since(session, company.name(), mark).await?;
    let mut count = 0;
    for some in news.chunks(ACCOUNTS_AT_ONCE) {
        let accounts: Vec<EntityId> = some.iter().map(|(account, _)| *account).collect();
        let before = contributions(session, company, &accounts, Until::Mark(mark)).await?;
        let after = contributions(session, company, &accounts, Until::Now).await?;
        for (account, events) in some {
            let nothing = BTreeMap::new();
            let of = |all: &'_ BTreeMap<EntityId, BTreeMap<EntityId, Contribution>>| {
                all.get(account).unwrap_or(&nothing).clone()
            };
            if is_touched(company, &of(&before), &of(&after), reads) {
                count += u64::try_from(*events).unwrap_or(0);
            }
        }
    }
    Ok(count)
}

async fn contributions(
    session: &mut Session,
    company: &Company,
    accounts: &[EntityId],
    until: Until<'_>,
) -> Result<BTreeMap<EntityId, BTreeMap<EntityId, Contribution>>, AskError> {
    let plan = &company.workspace.meaning.plan;
    let journeys = past::journeys(session, company, accounts, until).await?;
    let folded = journeys.into_iter().map(|(account, journey)| (account, plan.fold(account, &journey)));
    Ok(folded.map(|(account, of)| (account, of.into_iter().collect())).collect())
}

fn is_touched(
    company: &Company,
    before: &BTreeMap<EntityId, Contribution>,
    after: &BTreeMap<EntityId, Contribution>,
    reads: &[Read],
) -> bool {
    let zone = &company.defs().workspace.zone;
    let nothing = Contribution::default();
    let mut all = Delta::default();
    for entity in before.keys().chain(after.keys().filter(|entity| !before.contains_key(entity))) {
        let of = |all: &BTreeMap<EntityId, Contribution>| all.get(entity).unwrap_or(&nothing).clone();
        all.merge(delta(&of(before), &of(after)));
    }
    all.removed.iter().chain(&all.added).any(|row| {
        let day = zone.day_of(row.entry.at);
        reads.iter().any(|read| read.takes(&row.motion, &row.series, day))
    })
}
