//! Why: what a receipt says, and the same number worked out again from the events that it could see.

use serde::Deserialize;
use shiftbell_metrics::answer::{Answer, Asked, Outcome, Read, Rows, Ways, ask, ways};
use shiftbell_metrics::cell::{Spread, spread};
use shiftbell_metrics::contribution::{Contribution, Delta, delta};
use shiftbell_metrics::definitions::{KpiKind, StageOf};
use shiftbell_metrics::event::Event;
use shiftbell_metrics::fold::{LeftOut, StoredEvent};
use shiftbell_metrics::id::EntityId;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::segment::Segment;
use shiftbell_metrics::time::Instant;
use shiftbell_render::document::Document;
use shiftbell_render::messages::{KpiWhy, Notice, Parts, StageMeaning, Status};
use shiftbell_store::{Session, entities, events, receipts};

use super::{AskError, Asker, about, computed, facts, kept, names_of, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};

/// Accounts whose events are read at once.
const ACCOUNTS_AT_ONCE: i64 = 500;

#[derive(Debug, Deserialize)]
struct Kept {
    question: Question,
    answer: Answer,
    asked_at: Instant,
}

/// Numbers worked out again, without those that are stored.
struct Recomputed {
    numbers: Spread,
    left_out: Vec<LeftOut>,
}

/// Explains a receipt to somebody whose scope covers it.
pub(super) async fn to_receipt(
    program: &Program,
    company: &Company,
    asker: &Asker,
    id: &str,
) -> Result<Document, AskError> {
    super::is_ready(program, company)?;
    let mut snapshot = kept::snapshot_with(program, company, id).await?;
    let Some(receipt) = receipts::get(&mut snapshot, company.name(), id).await? else {
        return Ok(sentence(format!("Receipt {id} is not known here, or has expired.")));
    };
    let mut kept: Kept = serde_json::from_str(&receipt.body)?;
    if let Right::Refused(why) = rights::join(company.defs(), asker, &mut kept.question) {
        return Ok(sentence(why));
    }
    let again = recompute(&mut snapshot, company, &receipt.mark).await?;
    let then = again.answer(company, &kept)?;
    let now = computed(&mut snapshot, company, &kept.question, kept.asked_at).await?.ok();
    let since = events::count_since(&mut snapshot, company.name(), &receipt.mark).await?;
    drop(snapshot);
    let said = facts::figure(&kept.answer.figure, company.defs());
    let status = match (then, now) {
        (Some(then), Some(now)) if then.figure == kept.answer.figure && now.figure == then.figure => Status::Same,
        (_, Some(now)) => {
            Status::Changed { events: facts::count(since), now: facts::figure(&now.figure, company.defs()) }
        }
        (Some(then), None) if then.figure == kept.answer.figure => Status::Same,
        (_, None) => return Ok(sentence("This number is not defined any more, so that it cannot be computed again.")),
    };
    let (left_out, merged) = left_out(company, &again.left_out);
    let facts = KpiWhy {
        receipt: id.to_owned(),
        value: Some(said),
        status,
        parts: again.ways(company, &kept)?.map(|ways| parts(company, &kept, &ways)),
        left_out,
        merged,
        stages: stages(company, &kept.answer),
        version: kept.answer.version.clone(),
        one_version: true,
        sources: Vec::new(),
        differs_from: None,
    };
    Ok(Notice::from(facts).document()?)
}

/// Folds every account as its events were when the receipt was written.
async fn recompute(session: &mut Session, company: &Company, mark: &str) -> Result<Recomputed, AskError> {
    let plan = &company.workspace.meaning.plan;
    let zone = &company.defs().workspace.zone;
    let mut again = Recomputed { numbers: Spread::default(), left_out: Vec::new() };
    let mut all = Delta::default();
    let mut after: Option<EntityId> = None;
    loop {
        let accounts = entities::accounts_after(session, company.name(), after, ACCOUNTS_AT_ONCE).await?;
        let Some(last) = accounts.last() else {
            again.numbers = spread(&all, plan, zone, 1);
            return Ok(again);
        };
        after = Some(*last);
        let mut stored = events::of_accounts_at(session, company.name(), &accounts, mark).await?.into_iter().peekable();
        while let Some(first) = stored.next() {
            let account = first.account;
            let mut journey = vec![folded(first)?];
            while let Some(next) = stored.next_if(|next| next.account == account) {
                journey.push(folded(next)?);
            }
            let (contributions, left_out) = plan.fold_whole(account, &journey);
            again.left_out.extend(left_out);
            for (_, contribution) in contributions {
                all.merge(delta(&Contribution::default(), &contribution));
            }
        }
    }
}

fn folded(stored: events::StoredEvent) -> Result<StoredEvent, AskError> {
    let event: Event = stored.event().map_err(|error| AskError::Corrupt(error.to_string()))?;
    Ok(StoredEvent { source: stored.source, event, by: stored.by_role })
}

impl Recomputed {
    fn answer(&self, company: &Company, kept: &Kept) -> Result<Option<Answer>, AskError> {
        let names = names_of(company, &kept.question);
        let asked = Asked { defs: company.defs(), question: &kept.question, now: kept.asked_at, names: &names };
        let mut rows = Rows::default();
        for _ in 0..super::ROUNDS_MAX {
            match ask(&asked, &rows) {
                Outcome::Answer(answer) => return Ok(Some(*answer)),
                Outcome::Cannot(_) => return Ok(None),
                Outcome::Need(reads) => self.lay_out(reads, &mut rows),
            }
        }
        Err(AskError::Endless)
    }

    fn ways(&self, company: &Company, kept: &Kept) -> Result<Option<Ways>, AskError> {
        let names = names_of(company, &kept.question);
        let asked = Asked { defs: company.defs(), question: &kept.question, now: kept.asked_at, names: &names };
        let mut rows = Rows::default();
        for _ in 0..super::ROUNDS_MAX {
            match ways(&asked, &rows) {
                Ok(found) => return Ok(found),
                Err(reads) => self.lay_out(reads, &mut rows),
            }
        }
        Err(AskError::Endless)
    }

    /// What a read of the stored numbers would give.
    fn lay_out(&self, reads: Vec<Read>, rows: &mut Rows) {
        for read in reads {
            match &read {
                Read::Cells { motion, series, from, until, dimension, value } => {
                    let mut found = Vec::new();
                    for (key, change) in &self.numbers.cells {
                        let fits = *key.motion == **motion
                            && *key.series == **series
                            && *key.dimension == **dimension
                            && (*from..*until).contains(&key.day)
                            && value.as_ref().is_none_or(|value| *key.value == **value);
                        if fits {
                            found.push((key.day, key.value.to_string(), change.clone()));
                        }
                    }
                    rows.add_cells(read, found);
                }
                Read::Segments { motion, series, from, until } => {
                    let mut found = Vec::new();
                    for (key, change) in &self.numbers.segments {
                        let fits =
                            *key.motion == **motion && *key.series == **series && (*from..*until).contains(&key.day);
                        if fits {
                            found.extend(Segment::new(change.added.clone()).entries().iter().cloned());
                        }
                    }
                    rows.add_segments(read, found);
                }
            }
        }
    }
}

/// Everybody who entered, in parts that add up.
fn parts(company: &Company, kept: &Kept, ways: &Ways) -> Parts {
    let answer = &kept.answer;
    let running =
        answer.maturity.map_or(0, |maturity| maturity.running.den - maturity.running.num).clamp(0, ways.neither);
    let motion = answer.motion.as_ref().map_or_else(String::new, |motion| format!(" in {motion}"));
    let to = answer.to.clone().unwrap_or_default();
    Parts {
        entered: facts::count(ways.entered),
        entered_as: format!("{} reached {}{motion}", unit(company, answer), answer.from.clone().unwrap_or_default()),
        period: about::period_in_zone(&answer.period),
        window: answer.window.clone(),
        reached: facts::count(ways.reached),
        reached_as: format!("reached {to}"),
        lost: facts::count(ways.lost),
        lost_as: "were disqualified or lost".to_owned(),
        neither: facts::count(ways.neither - running),
        later: facts::count(ways.later),
        later_as: format!("reached {to} later"),
        running: facts::count(running),
    }
}

fn unit(company: &Company, answer: &Answer) -> &'static str {
    let from = company.defs().chain.iter().find(|stage| Some(&stage.label) == answer.from.as_ref());
    match from.map(|stage| stage.of) {
        Some(StageOf::Contact) => "people",
        Some(StageOf::Deal) => "deals",
        Some(StageOf::Visitor) => "visitors",
        Some(StageOf::Customer) => "customers",
        None => "entries",
    }
}

/// What is not in any number: test records, deleted ones, and how many merged duplicates count once.
fn left_out(company: &Company, all: &[LeftOut]) -> (Vec<String>, u64) {
    let how_many = |wanted: fn(&LeftOut) -> bool| all.iter().filter(|left| wanted(left)).count();
    let tests = how_many(|left| matches!(left, LeftOut::Test(_)));
    let deleted = how_many(|left| matches!(left, LeftOut::Deleted(_)));
    let merged = how_many(|left| matches!(left, LeftOut::Merged { .. }));
    let mut phrases = Vec::new();
    if tests > 0 {
        let field =
            company.defs().privacy.test_records.first().map_or_else(String::new, |(field, _)| format!(" ({field})"));
        phrases.push(format!("{tests} test {}{field}", if tests == 1 { "record" } else { "records" }));
    }
    if deleted > 0 {
        phrases.push(format!("{deleted} deleted {}", if deleted == 1 { "record" } else { "records" }));
    }
    (phrases, u64::try_from(merged).unwrap_or(0))
}

/// What the two stages mean in the motion of the answer.
fn stages(company: &Company, answer: &Answer) -> Vec<StageMeaning> {
    let defs = company.defs();
    let (Some(motion), Some(kpi)) = (&answer.motion, defs.kpi(&answer.kpi)) else { return Vec::new() };
    let KpiKind::Conversion { from, to, .. } = &kpi.kind else { return Vec::new() };
    [from, to]
        .into_iter()
        .filter_map(|id| {
            let stage = defs.stage(id)?;
            Some(StageMeaning { name: stage.label.clone(), meaning: about::facts_of(defs, motion, id) })
        })
        .collect()
}
