//! What is known of the sources without the database: how each can reach us, and what it says itself where it is asked.

use secrecy::SecretString;
use shiftbell_metrics::definitions::{SecretFrom, Source};
use shiftbell_metrics::time::Instant;
use shiftbell_sources::SourceSettings;
use shiftbell_sources::hubspot::poll::{PollProblem, given, probes};
use shiftbell_sources::hubspot::portal::{Need, Scope, ask_token, granted, lacking};

use super::Asked;
use crate::doctor::Place;
use crate::work::poll::{Connection, wanted};

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
    /// What the token may not read although the definitions need it.
    pub lacks: Vec<Lack>,
}

/// Something that a token may not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    pub what: String,
    /// What would let it, where that is known.
    pub scopes: Vec<String>,
    /// Whether only names are missing, and no number.
    pub is_of_names: bool,
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
    let probes = probes(&SourceSettings::of(source).asking.version);
    for (what, request) in [("what it is allowed", ask_token())].into_iter().chain(probes) {
        let said = connection.send(&request).await;
        let (at, given) = said.read(|answer| {
            let at = (answer.header)("date").and_then(Instant::of_http_date);
            (at, given(answer, what, place.clock.now()))
        });
        told.at = at.or(told.at);
        match given {
            Ok(json) if request == ask_token() => told.lacks.extend(lacks(place, &json)),
            Ok(_) => {}
            Err(PollProblem::Token { said }) => return Asked::Refused { code: said, todo: None },
            // What a token may is also told by what it may not.
            Err(_) if request == ask_token() => {}
            Err(PollProblem::Scopes { what, scopes }) => {
                if !told.lacks.iter().any(|lack| lack.what == what) {
                    told.lacks.push(Lack { what, scopes, is_of_names: false });
                }
            }
            Err(other) => return Asked::NoAnswer { why: other.to_string() },
        }
    }
    Asked::Yes(told)
}

/// What a token with these scopes may not read although the definitions need it; nothing where it is not told.
fn lacks(place: Place<'_>, json: &serde_json::Value) -> Vec<Lack> {
    let wanted = wanted(&place.company.workspace);
    let granted = granted(json).ok();
    let lacking = granted.iter().flat_map(lacking).filter(|scope| scope.is_wanted(&wanted));
    let lack = |scope: &Scope| Lack {
        what: scope.reads.to_owned(),
        scopes: vec![scope.name.to_owned()],
        is_of_names: scope.need == Need::Names,
    };
    lacking.map(lack).collect()
}

/// What holds a secret, as the operator knows it.
fn holder(from: &SecretFrom) -> String {
    match from {
        SecretFrom::Env(name) => name.clone(),
        SecretFrom::File(path) => format!("the file {path}"),
    }
}
