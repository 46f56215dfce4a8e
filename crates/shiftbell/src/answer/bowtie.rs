//! `/bowtie [motion]`: the weekly bowtie as of now, for whoever asks.

use shiftbell_metrics::definitions::{Definitions, nearest};
use shiftbell_metrics::question::Question;
use shiftbell_render::document::Document;
use shiftbell_store::receipts::{self, Receipt};

use super::{AskError, Asker, is_ready, not_granted, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};
use crate::work::digests::bowtie::for_one;
use crate::work::digests::desk::Desk;
use crate::work::digests::post::new_receipt;

/// Answers with the latest full week, or says in a sentence why not.
pub(super) async fn to_words(
    program: &Program,
    company: &Company,
    asker: &Asker,
    text: &str,
) -> Result<Document, AskError> {
    let defs = company.defs();
    if matches!(asker, Asker::Stranger { .. }) {
        return super::who_are_you(company);
    }
    let motions = match motions(defs, text) {
        Ok(motions) => motions,
        Err(why) => return Ok(sentence(why)),
    };
    is_ready(program, company)?;
    if let Right::Refused(why) = rights::join(defs, asker, &mut Question::of("")) {
        return not_granted(company, asker, why);
    }
    let sees_money = rights::sees_recurring(defs, asker);
    let mut desk = Desk::open(program, company, program.clock.now()).await?;
    let (notice, receipt) = for_one(&mut desk, &motions, sees_money, new_receipt(program)).await?;
    drop(desk);
    let kept = Receipt {
        id: receipt.id,
        asked_at_ms: program.clock.now().as_ms(),
        mark: receipt.mark,
        body: receipt.body.to_string(),
    };
    let mut tx = program.db.write().await?;
    receipts::keep(&mut tx, company.name(), &kept).await?;
    tx.commit().await?;
    Ok(notice.document()?)
}

/// The motions that are named; none is all.
fn motions(defs: &Definitions, text: &str) -> Result<Vec<String>, String> {
    let motion = |word: &str| {
        let is = |known: &str| known.eq_ignore_ascii_case(word);
        let known = defs.motions.iter().find(|motion| is(&motion.id) || is(&motion.label));
        known.map(|motion| motion.id.clone()).ok_or_else(|| {
            let shown: String = word.chars().take(40).collect();
            let hint = match nearest(word, defs.motions.iter().map(|motion| motion.id.clone())) {
                Some(near) => format!(" Did you mean {near}?"),
                None => String::new(),
            };
            format!(
                "\"{shown}\" is no motion.{hint} /bowtie shows the latest full week, of one motion or of all; other periods: /kpi."
            )
        })
    };
    text.split_whitespace().map(motion).collect()
}
