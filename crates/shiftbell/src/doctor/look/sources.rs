//! What is known of the sources without the database: how each can reach us, and what it says itself where it is asked.

use secrecy::SecretString;
use shiftbell_metrics::definitions::{SecretFrom, Source};
use shiftbell_metrics::time::Instant;
use shiftbell_sources::SourceSettings;
use shiftbell_sources::hubspot::poll::{PollProblem, given, probes};

use super::Asked;
use crate::doctor::Place;
use crate::work::poll::Connection;

/// A source and how it stands.
#[derive(Clone, Debug)]
pub struct SourceFound {
    pub id: String,
    /// As people write it.
    pub name: String,
    /// What holds its secret, as the operator knows it; `None` where it sends nothing over HTTP.
    pub secret: Option<String>,
    /// What holds its token; `None` where it is not asked.
    pub token: Option<String>,
    /// What it says itself; `None` where it cannot be asked.
    pub told: Option<Asked<Told>>,
    /// What time it was here when it told.
    pub asked_at: Instant,
}

/// What a source says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// What time it is there.
    pub at: Option<Instant>,
    /// What the token may not read, and the scopes that it lacks for it, where the source names them.
    pub lacks: Vec<(String, Vec<String>)>,
}

pub(super) async fn look(place: Place<'_>) -> Vec<SourceFound> {
    let company = place.company;
    let mut found = Vec::new();
    for source in &company.defs().sources {
        let Some(door) = company.doors.get(&source.id) else { continue };
        let held = |key: &str| source.secrets.get(key).map(holder);
        let told = match &door.token {
            Some(token) => Some(ask(place, source, token).await),
            None => None,
        };
        found.push(SourceFound {
            id: source.id.clone(),
            name: company.workspace.source_name(&source.id),
            secret: held("secret").filter(|_| !door.secrets.is_empty()),
            token: held("token").filter(|_| door.token.is_some()),
            told,
            asked_at: place.clock.now(),
        });
    }
    found
}

async fn ask(place: Place<'_>, source: &Source, token: &SecretString) -> Asked<Told> {
    let connection = match Connection::new(&place.config.hubspot_api_url, token) {
        Ok(connection) => connection,
        Err(why) => return Asked::Refused { code: why, todo: None },
    };
    let mut told = Told::default();
    for (what, request) in probes(&SourceSettings::of(source).asking.version) {
        let said = connection.send(&request).await;
        let (at, given) = said.read(|answer| {
            let at = (answer.header)("date").and_then(Instant::of_http_date);
            (at, given(answer, what, place.clock.now()))
        });
        told.at = at.or(told.at);
        match given {
            Ok(()) => {}
            Err(PollProblem::Token { said }) => return Asked::Refused { code: said, todo: None },
            Err(PollProblem::Scopes { what, scopes }) => told.lacks.push((what, scopes)),
            Err(other) => return Asked::NoAnswer { why: other.to_string() },
        }
    }
    Asked::Yes(told)
}

/// What holds a secret, as the operator knows it.
fn holder(from: &SecretFrom) -> String {
    match from {
        SecretFrom::Env(name) => name.clone(),
        SecretFrom::File(path) => format!("the file {path}"),
    }
}
