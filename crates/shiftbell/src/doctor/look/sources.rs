//! What is known of the sources without the database: how each can reach us, and what it says itself where it is asked.

use shiftbell_metrics::definitions::SecretFrom;
use shiftbell_metrics::time::Instant;

use super::Asked;
use crate::doctor::Place;

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
}

pub(super) async fn look(place: Place<'_>) -> Vec<SourceFound> {
    let company = place.company;
    let mut found = Vec::new();
    for source in &company.defs().sources {
        let Some(door) = company.doors.get(&source.id) else { continue };
        let held = |key: &str| source.secrets.get(key).map(holder);
        found.push(SourceFound {
            id: source.id.clone(),
            name: company.workspace.source_name(&source.id),
            secret: held("secret").filter(|_| !door.secrets.is_empty()),
            token: held("token").filter(|_| door.token.is_some()),
            told: None,
            asked_at: place.clock.now(),
        });
    }
    found
}

/// What holds a secret, as the operator knows it.
fn holder(from: &SecretFrom) -> String {
    match from {
        SecretFrom::Env(name) => name.clone(),
        SecretFrom::File(path) => format!("the file {path}"),
    }
}
