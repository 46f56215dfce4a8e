//! The message to whoever can settle a doubt, changed by what came since.

use shiftbell_metrics::time::Instant;
use shiftbell_render::messages::{DoubtRaised, Notice};
use shiftbell_store::doubts::Doubt;
use shiftbell_store::{Tx, outbox};

use super::key;
use crate::answer::AskError;
use crate::companies::Company;
use crate::work::To;
use crate::work::letter::Letter;
use crate::work::sweeps::tell;

/// Edits it, where there is one: friction that is collected has none.
pub(super) async fn again(
    tx: &mut Tx,
    company: &Company,
    doubt: &Doubt,
    now: Instant,
    change: impl Fn(&mut DoubtRaised),
) -> Result<(), AskError> {
    let (to, key) = (To::Person(doubt.routed_to.clone()), key(doubt));
    for (outlet, _) in company.workspace.channels_of(&to) {
        let Some(listed) = outbox::find(tx, company.name(), &outlet, to.name(), &key).await? else { continue };
        let facts = outbox::facts(tx, company.name(), listed.id).await?.unwrap_or_default();
        let Ok(Letter { notice: Notice::DoubtRaised(mut raised), .. }) = Letter::read(&facts) else { continue };
        change(&mut raised);
        tell(tx, company, &to, &key, Notice::DoubtRaised(raised), listed.revision + 1, now).await?;
    }
    Ok(())
}
