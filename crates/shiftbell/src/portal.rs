//! What a source is set up as: read over its API, and kept, so that a delivery after a restart is read with the same labels
//! and owners.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use shiftbell_sources::hubspot::poll::PollProblem;
use shiftbell_sources::hubspot::portal::{Ask, Labels, Piece, Portal, Survey};
use shiftbell_store::{Db, StoreError, owners, portals};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::work::Workspace;
use crate::work::poll::{Connection, PollError, Polled};

/// What is known of the sources of one company: everybody who reads what they send looks here.
#[derive(Debug, Default)]
pub struct Known {
    labels: RwLock<BTreeMap<String, Arc<Labels>>>,
    /// Sources of which nothing is known, and that are being asked.
    awaited: RwLock<BTreeSet<String>>,
}

impl Known {
    /// The labels of a source; none where it was never read.
    pub fn labels(&self, source: &str) -> Arc<Labels> {
        let labels = self.labels.read().unwrap_or_else(PoisonError::into_inner);
        labels.get(source).cloned().unwrap_or_default()
    }

    fn learn(&self, source: &str, portal: &Portal) {
        let labels = Arc::new(Labels::new(portal));
        self.labels.write().unwrap_or_else(PoisonError::into_inner).insert(source.to_owned(), labels);
    }

    /// Somebody will ask this source. Where nothing is known of it, what it sends waits for that once: its owners would stay
    /// numbers for ever.
    pub fn awaits(&self, source: &str) {
        if !self.labels.read().unwrap_or_else(PoisonError::into_inner).contains_key(source) {
            self.awaited.write().unwrap_or_else(PoisonError::into_inner).insert(source.to_owned());
        }
    }

    /// Whether some source is being asked for the first time.
    pub fn is_waiting(&self) -> bool {
        !self.awaited.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// It was asked, whatever came of it.
    pub fn was_asked(&self, source: &str) {
        self.awaited.write().unwrap_or_else(PoisonError::into_inner).remove(source);
    }
}

/// Reads an account; `None` if it was asked to stop meanwhile.
///
/// # Errors
/// That the token is refused, or that the service does not answer.
pub async fn read(
    connection: &Connection,
    version: &str,
    clock: &Clock,
    stop: &CancellationToken,
) -> Result<Option<Portal>, PollProblem> {
    let mut survey = Survey::new(version);
    loop {
        match survey.ask(clock.now()) {
            Ask::Done => return Ok(Some(survey.finish())),
            Ask::Wait(until) => tokio::select! {
                () = stop.cancelled() => return Ok(None),
                () = clock.wait_until(until) => {}
            },
            Ask::Send(request) => {
                let said = tokio::select! {
                    () = stop.cancelled() => return Ok(None),
                    said = connection.send(&request) => said,
                };
                let now = clock.now();
                said.read(|answer| survey.take(answer, now))?;
            }
        }
    }
}

/// Reads an account anew and keeps what was read. `false`: it was asked to stop.
///
/// # Errors
/// As [`read`], or the database's.
pub async fn refresh(polled: &Polled<'_>) -> Result<bool, PollError> {
    let refreshed = read_anew(polled).await;
    polled.workspace.known.was_asked(&polled.settings.id);
    refreshed
}

async fn read_anew(polled: &Polled<'_>) -> Result<bool, PollError> {
    let version = &polled.settings.asking.version;
    let Some(mut portal) = read(polled.connection, version, polled.clock, polled.stop).await? else {
        return Ok(false);
    };
    let (workspace, source) = (&polled.workspace.name, &polled.settings.id);
    if let Some(before) = kept(polled.db, workspace, source).await? {
        portal.fill_from(before);
    }
    for why in portal.unread.values() {
        tracing::warn!(workspace, source, "{why}");
    }
    keep(polled, &portal).await?;
    polled.workspace.known.learn(source, &portal);
    Ok(true)
}

/// Takes what was kept of every source of a company.
///
/// # Errors
/// The database's.
pub async fn recall(db: &Db, workspace: &Workspace) -> Result<(), StoreError> {
    let mut snapshot = db.read().await?;
    for kept in portals::all(&mut snapshot, &workspace.name).await? {
        if let Ok(portal) = serde_json::from_str(&kept.body) {
            workspace.known.learn(&kept.source, &portal);
        }
    }
    Ok(())
}

/// As it was read last; `None` if it never was, or by a version of the program that wrote it otherwise.
///
/// # Errors
/// The database's.
pub async fn kept(db: &Db, workspace: &str, source: &str) -> Result<Option<Portal>, StoreError> {
    let mut snapshot = db.read().await?;
    let all = portals::all(&mut snapshot, workspace).await?;
    let of_source = all.into_iter().find(|portal| portal.source == *source);
    Ok(of_source.and_then(|portal| serde_json::from_str(&portal.body).ok()))
}

async fn keep(polled: &Polled<'_>, portal: &Portal) -> Result<(), StoreError> {
    let (workspace, source, now_ms) = (&polled.workspace.name, &polled.settings.id, polled.clock.now().as_ms());
    let body = serde_json::to_string(portal).unwrap_or_default();
    let mut tx = polled.db.write().await?;
    portals::keep(&mut tx, workspace, &portals::Portal { source: source.clone(), body, read_at_ms: now_ms }).await?;
    if !portal.unread.contains_key(&Piece::Owners) {
        let owner = |owner: &shiftbell_sources::hubspot::portal::Owner| owners::Owner {
            source: source.clone(),
            owner_id: owner.id.clone(),
            user_id: owner.user.clone(),
            email: owner.email.clone(),
            name: owner.name.clone(),
            teams: owner.teams.clone(),
            is_active: owner.is_active,
            seen_at_ms: now_ms,
        };
        let all: Vec<owners::Owner> = portal.owners.iter().map(owner).collect();
        owners::replace(&mut tx, workspace, source, &all, now_ms).await?;
    }
    tx.commit().await
}
