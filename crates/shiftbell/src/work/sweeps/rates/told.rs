//! The incident of a rate that fell, and its one message: told once, edited when it gets worse, edited when it is over.

use serde::{Deserialize, Serialize};
use shiftbell_metrics::alert::RateFall;
use shiftbell_metrics::definitions::Rule;
use shiftbell_metrics::rollout::Receiver;
use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::{Ended, Notice, RateFell};
use shiftbell_store::incidents::{self, Incident, Opened};

use super::fall::{Fall, Watched};
use crate::answer::AskError;
use crate::companies::Company;
use crate::program::Program;
use crate::work::To;
use crate::work::rollout::Addressed;
use crate::work::sweeps::tell;

/// So many times as many missing as when it was told last is worse.
const WORSE: f64 = 1.25;

/// What an incident keeps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) watched: Watched,
    pub(super) fall: RateFall,
    pub(super) worth_minor: Option<i64>,
    key: String,
    revision: i64,
    message: RateFell,
    /// Who was told: whoever else the roll-out reaches meanwhile is not told of it any more.
    #[serde(default)]
    receiver: Receiver,
}

impl Kept {
    /// `None` if it was written by another version.
    pub(super) fn of(incident: &Incident) -> Option<Kept> {
        serde_json::from_str(&incident.facts).ok()
    }

    pub(super) fn is_worse(&self, fall: &Fall) -> bool {
        fall.fall.missing >= self.fall.missing * WORSE
    }

    /// Edits the message with the newer figures.
    pub(super) async fn renew(
        &self,
        program: &Program,
        company: &Company,
        (rule, to): (&Rule, &To),
        fall: &Fall,
        message: RateFell,
        now: Instant,
    ) -> Result<(), AskError> {
        let kept = Kept {
            fall: fall.fall,
            worth_minor: fall.worth_minor(),
            revision: self.revision + 1,
            message: RateFell { taken: self.message.taken.clone(), ..message },
            ..self.clone()
        };
        let facts = serde_json::to_string(&kept)?;
        let mut tx = program.db.write().await?;
        incidents::open(&mut tx, company.name(), &rule.id, &fall.subject(), &facts, now.as_ms()).await?;
        if let Some(addressed) = Addressed::of(&kept.receiver, to, &kept.key) {
            tell(&mut tx, company, &addressed, Notice::from(kept.message), kept.revision, now).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Ends the incident and says so in its message.
    pub(super) async fn end(
        &self,
        program: &Program,
        company: &Company,
        (rule, to): (&Rule, &To),
        subject: &str,
        now: Instant,
    ) -> Result<(), AskError> {
        let mut tx = program.db.write().await?;
        if incidents::end(&mut tx, company.name(), &rule.id, subject, now.as_ms()).await?.is_none() {
            return Ok(tx.roll_back().await?);
        }
        let today = company.defs().workspace.zone.local(now).date();
        let ended = Ended {
            at: shiftbell_render::words::day(today),
            how: format!("two full weeks are back above {}", super::message::back_above(&self.fall)),
        };
        let message = RateFell { ended: Some(ended), ..self.message.clone() };
        if let Some(addressed) = Addressed::of(&self.receiver, to, &self.key) {
            tell(&mut tx, company, &addressed, Notice::from(message), self.revision + 1, now).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Opens the incident and tells whoever receives it. `false`: somebody else opened it, or nobody is told.
pub(super) async fn open(
    program: &Program,
    company: &Company,
    (rule, to, receiver): (&Rule, &To, &Receiver),
    fall: &Fall,
    message: RateFell,
    now: Instant,
) -> Result<bool, AskError> {
    let subject = fall.subject();
    let kept = Kept {
        watched: fall.watched.clone(),
        fall: fall.fall,
        worth_minor: fall.worth_minor(),
        key: format!("{}/{subject}/{}", rule.id, now.as_ms()),
        revision: 1,
        message,
        receiver: receiver.clone(),
    };
    let facts = serde_json::to_string(&kept)?;
    let mut tx = program.db.write().await?;
    if incidents::open(&mut tx, company.name(), &rule.id, &subject, &facts, now.as_ms()).await? == Opened::AlreadyOpen {
        tx.roll_back().await?;
        return Ok(false);
    }
    let addressed = Addressed::of(receiver, to, &kept.key);
    if let Some(addressed) = &addressed {
        let id = tell(&mut tx, company, addressed, Notice::from(kept.message), 1, now).await?;
        if let Some(id) = id {
            incidents::set_notice(&mut tx, company.name(), &rule.id, &subject, id).await?;
        }
    }
    tx.commit().await?;
    Ok(addressed.is_some())
}
