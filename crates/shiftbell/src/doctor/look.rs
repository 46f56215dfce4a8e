//! Looks at everything: the machine, the database, the services. What cannot be looked at is found so, and ends nothing.

mod chat;
mod machine;
mod sources;
mod stored;

use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::time::Instant;

pub use chat::{Asked, DiscordFound, Place as ChatPlace, SlackFound};
pub use machine::{Disk, templates_that_fail};
pub use sources::{SourceFound, Told};
pub use stored::{Numbers, Stored, Values};

use super::Place;

/// Everything that was found about one company.
#[derive(Debug)]
pub struct Found<'a> {
    pub now: Instant,
    pub defs: &'a Definitions,
    /// What the company has to do without: secrets that are not set, in sentences.
    pub lacks: &'a [String],
    /// How each chat system asks, or what the operator must decide.
    pub ways: Vec<Result<String, String>>,
    pub database: Database,
    pub disk: Option<Disk>,
    /// The edition of the data about time zones that is built in, such as `2026b`.
    pub zone_data: Option<&'static str>,
    pub templates: Vec<String>,
    pub sources: Vec<SourceFound>,
    pub slack: Option<SlackFound>,
    pub discord: Option<DiscordFound>,
}

/// What the database tells.
#[derive(Debug)]
pub enum Database {
    Unreachable {
        why: String,
    },
    /// Its tables are of another version.
    Other,
    Open(Box<Stored>),
}

/// Looks at one company.
pub async fn look(place: Place<'_>) -> Found<'_> {
    let company = place.company;
    let now = place.clock.now();
    let (database, slack, discord, sources) =
        tokio::join!(stored::look(place, now), chat::slack(place), chat::discord(place, now), sources::look(place),);
    Found {
        now,
        defs: company.defs(),
        lacks: &company.lacks,
        ways: company.ways(place.config.public_base()),
        database,
        disk: machine::disk(&place.config.database_url),
        zone_data: machine::zone_data(),
        templates: templates_that_fail(),
        sources,
        slack,
        discord,
    }
}
