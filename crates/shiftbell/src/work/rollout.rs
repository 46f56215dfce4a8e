//! The roll-out in force, read where it is needed, and what goes to the reviewer in place of whom it is for.

use shiftbell_metrics::alert::Recipient;
use shiftbell_metrics::rollout::{InForce, Receiver, Said};
use shiftbell_render::facts::Person;
use shiftbell_render::messages::Framed;
use shiftbell_store::rollout;
use shiftbell_store::{Session, StoreError, outbox};

use super::{To, Workspace};

/// The roll-out as this session sees it: the definitions file, moved on by what was said in chat.
///
/// # Errors
/// The database's.
pub async fn in_force(session: &mut Session, workspace: &Workspace) -> Result<InForce, StoreError> {
    let said: Vec<Said> =
        rollout::changes(session, &workspace.name).await?.into_iter().map(|change| change.said).collect();
    Ok(InForce::of(&workspace.defs().rollout, &said))
}

/// Where a message goes, and under which key it is unique there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addressed {
    pub to: To,
    pub key: String,
    /// The line in front where somebody receives it in place of whom it is for.
    pub framed: Option<Framed>,
}

impl Addressed {
    /// To whom it is for.
    pub fn to(to: To, key: impl Into<String>) -> Addressed {
        Addressed { to, key: key.into(), framed: None }
    }

    /// `None`: nobody receives it.
    pub fn of(receiver: &Receiver, to: &To, key: &str) -> Option<Addressed> {
        match receiver {
            Receiver::Themselves => Some(Addressed::to(to.clone(), key)),
            Receiver::Reviewer(email) => Some(Addressed {
                to: To::Person(email.clone()),
                key: outbox::framed::key(to.name(), key),
                framed: Some(Framed::of(name(to))),
            }),
            Receiver::Nobody => None,
        }
    }
}

/// Whom a message is for, as people call them: `bdr.one`, `#sales`.
pub fn name(to: &To) -> String {
    match to {
        To::Person(email) => Person::new(email).name,
        To::Channel(id) => format!("#{id}"),
    }
}

/// How many messages of the day's budget of `to` are used: those that it was sent, or those that the reviewer was shown in
/// its place.
///
/// # Errors
/// The database's.
pub async fn said_since(
    session: &mut Session,
    workspace: &Workspace,
    receiver: &Receiver,
    to: &To,
    since_ms: i64,
) -> Result<u32, StoreError> {
    let said = match receiver {
        Receiver::Themselves | Receiver::Nobody => {
            outbox::enqueued_since(session, &workspace.name, to.name(), since_ms).await?
        }
        Receiver::Reviewer(email) => {
            outbox::framed::since(session, &workspace.name, email, to.name(), since_ms).await?
        }
    };
    Ok(u32::try_from(said).unwrap_or(u32::MAX))
}

/// Who receives what is for a destination, as the outbox names it.
pub fn receiver(in_force: &InForce, destination: &str) -> Receiver {
    in_force.receiver(if destination.contains('@') {
        Recipient::Person(destination)
    } else {
        Recipient::Channel(destination)
    })
}
