//! What people said about the roll-out in chat, in the order in which they did: the record, and what is in force, are the
//! same rows.

use shiftbell_metrics::definitions::RolloutStep;
use shiftbell_metrics::rollout::Said;

use crate::dialect::Sql;
use crate::{Session, StoreError, Tx, workspaces};

/// The word for whoever is at the terminal.
pub const OPERATOR: &str = "operator";

/// One thing that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub said: Said,
    /// An e-mail, or [`OPERATOR`].
    pub by: String,
    pub at_ms: i64,
}

/// Writes down what was said. `file`: the step that the definitions file names now. Whoever else says something waits until
/// this transaction ends.
///
/// # Errors
/// [`StoreError::UnknownWorkspace`], or the database's.
pub async fn say(tx: &mut Tx, workspace: &str, change: &Change, file: RolloutStep) -> Result<(), StoreError> {
    let id = workspaces::take_numbers(tx, workspace, 1).await?[0];
    let (what, subject) = match &change.said {
        Said::Step { step, .. } => (STEP, step.word()),
        Said::Pilot(email) => (PILOT, email.as_str()),
        Said::NotPilot(email) => (NOT_PILOT, email.as_str()),
    };
    let args = [
        workspace.into(),
        id.into(),
        change.at_ms.into(),
        change.by.as_str().into(),
        what.into(),
        subject.into(),
        file.word().into(),
    ];
    tx.execute(&SAY, &args).await?;
    Ok(())
}

/// Lets whoever else wants to say something wait until this transaction ends, so that it says what follows from what it read.
///
/// # Errors
/// The database's.
pub async fn take_turns(tx: &mut Tx, workspace: &str) -> Result<(), StoreError> {
    let _: Option<(String,)> = tx.fetch_one(&TAKE_TURNS, &[workspace.into()]).await?;
    Ok(())
}

/// Everything that was said, oldest first.
///
/// # Errors
/// [`StoreError::UnknownWord`] if a newer version wrote it, or the database's.
pub async fn changes(session: &mut Session, workspace: &str) -> Result<Vec<Change>, StoreError> {
    let rows: Vec<Columns> = session.fetch(&CHANGES, &[workspace.into()]).await?;
    rows.into_iter().map(change).collect()
}

type Columns = (String, String, String, String, i64);

fn change((what, subject, file, by, at_ms): Columns) -> Result<Change, StoreError> {
    let step = |column, word: &str| {
        RolloutStep::from_word(word).ok_or_else(|| StoreError::UnknownWord { column, found: word.to_owned() })
    };
    let said = match what.as_str() {
        STEP => Said::Step {
            step: step("rollout_changes.subject", &subject)?,
            file: step("rollout_changes.file_step", &file)?,
        },
        PILOT => Said::Pilot(subject),
        NOT_PILOT => Said::NotPilot(subject),
        _ => return Err(StoreError::UnknownWord { column: "rollout_changes.what", found: what }),
    };
    Ok(Change { said, by, at_ms })
}

const STEP: &str = "step";
const PILOT: &str = "pilot";
const NOT_PILOT: &str = "not-pilot";

const SAY: Sql = Sql::one(
    "INSERT INTO rollout_changes (workspace, id, said_at, said_by, what, subject, file_step) \
     VALUES ($1, $2, $3, $4, $5, $6, $7)",
);
const TAKE_TURNS: Sql = Sql::one("SELECT t.workspace FROM workspaces AS t WHERE t.workspace = $1 {lock}");
const CHANGES: Sql =
    Sql::one("SELECT what, subject, file_step, said_by, said_at FROM rollout_changes WHERE workspace = $1 ORDER BY id");

pub(crate) const STATEMENTS: &[Sql] = &[SAY, TAKE_TURNS, CHANGES];
