//! Who people are in Slack: looked for by their addresses, and again each week, so that an account that was closed is noticed.

use std::sync::Arc;

use shiftbell_chat::slack::Looked;
use shiftbell_metrics::definitions::Person as InFile;
use shiftbell_metrics::time::{MS_PER_DAY, MS_PER_MINUTE};
use shiftbell_store::people::{self, Kept, Person};
use shiftbell_store::{StoreError, Tx};

use crate::companies::Company;
use crate::outlets::{Client, by_addresses};
use crate::program::Program;

const SLACK: &str = "slack";
/// How often it is looked whether somebody has to be looked for.
const LOOK_EVERY_MS: i64 = MS_PER_MINUTE;
/// For how long an answer is good.
const GOOD_MS: i64 = 7 * MS_PER_DAY;
/// People in one turn: Slack allows some fifty such questions a minute, and commands ask too.
const AT_ONCE: usize = 20;

/// Looks until the program stops.
pub(super) async fn keep(program: Arc<Program>) {
    loop {
        tokio::select! {
            () = program.stop.cancelled() => return,
            () = program.clock.wait_ms(LOOK_EVERY_MS) => {}
        }
        for company in program.companies.all() {
            if let Err(error) = turn(&program, company).await {
                tracing::warn!(%error, workspace = company.name(), "could not keep who people are in Slack");
            }
        }
    }
}

/// Looks for those of one company who were not looked for this week. Returns how many.
///
/// # Errors
/// The database's.
pub async fn turn(program: &Program, company: &Company) -> Result<usize, StoreError> {
    let Some(client @ Client::Slack { .. }) = program.outlets.client(company.name(), SLACK) else { return Ok(0) };
    let mut snapshot = program.db.read().await?;
    let kept = people::all(&mut snapshot, company.name()).await?;
    drop(snapshot);
    let old = program.clock.now().as_ms() - GOOD_MS;
    let of = |person: &InFile| kept.iter().find(|kept| kept.outlet == SLACK && kept.email == person.email);
    let is_due = |kept: Option<&Kept>| kept.is_none_or(|kept| kept.linked_by.is_none() && kept.seen_at_ms <= old);
    let due = company.defs().people.iter().filter(|person| !person.known_as.contains_key(SLACK) && is_due(of(person)));
    let mut count = 0;
    for person in due.take(AT_ONCE) {
        if program.stop.is_cancelled() {
            break;
        }
        match looked(&client, company, person, of(person)).await {
            Looked::Person(found) => {
                let (email, outlet) = (person.email.clone(), SLACK.to_owned());
                let found = Person { email, outlet, outlet_id: found.user, name: None };
                let mut tx = program.db.write().await?;
                people::remember(&mut tx, company.name(), &found, program.clock.now().as_ms()).await?;
                tx.commit().await?;
            }
            Looked::Nobody => is_gone(program.db.write().await?, program, company, &person.email).await?,
            Looked::Failed(outcome) => {
                tracing::debug!(workspace = company.name(), ?outcome, "Slack was asked who somebody is");
                break;
            }
        }
        count += 1;
    }
    Ok(count)
}

/// Somebody who was found is looked at by their id: an account is the same person whatever address it has now.
async fn looked(client: &Client, company: &Company, person: &InFile, kept: Option<&Kept>) -> Looked {
    let Client::Slack { client, .. } = client else { return Looked::Nobody };
    match kept.filter(|kept| !kept.outlet_id.is_empty()) {
        Some(kept) => client.person(&kept.outlet_id).await,
        None => by_addresses(client, company, &person.email).await,
    }
}

async fn is_gone(mut tx: Tx, program: &Program, company: &Company, email: &str) -> Result<(), StoreError> {
    people::is_gone(&mut tx, company.name(), email, SLACK, program.clock.now().as_ms()).await?;
    tx.commit().await
}
