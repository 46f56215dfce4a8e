//! `/bowtie [motion] [period] [vs period] [as funnel or flywheel]`: the weekly bowtie as of now, or that of any period.

mod asked;
mod period;

use serde_json::{Value, json};
use shiftbell_metrics::definitions::{Definitions, Motion, rests_on_recurring};
use shiftbell_metrics::period::{Period, full_weeks_before, previous};
use shiftbell_metrics::question::Question;
use shiftbell_render::document::Document;
use shiftbell_render::facts::Footer;
use shiftbell_render::messages::{BowtiePeriod, Notice};
use shiftbell_store::receipts::{self, Receipt};

use asked::{Asked, Shape};
use period::side;

use super::{AskError, Asker, about, is_ready, not_granted, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::rights::{self, Right};
use crate::work::digests::bowtie::{changed, for_one};
use crate::work::digests::desk::Desk;
use crate::work::digests::post::{Body, new_receipt};
use crate::work::shelf::Shelf;

/// Answers with what was asked for, or says in a sentence why not.
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
    let zone = &defs.workspace.zone;
    let today = zone.day_of(program.clock.now());
    let asked = match asked::read(defs, text, today) {
        Ok(asked) => asked,
        Err(why) => return Ok(sentence(why)),
    };
    is_ready(program, company)?;
    if let Right::Refused(why) = rights::join(defs, asker, &mut Question::of("")) {
        return not_granted(company, asker, why);
    }
    let sees_money = rights::sees_recurring(defs, asker);
    let mut desk = Desk::open(program, company, program.clock.now()).await?;
    let id = new_receipt(program);
    let (notice, receipt) = match (&asked.period, asked.shape) {
        (None, Shape::Bowtie) => for_one(&mut desk, &asked.motions, sees_money, id).await?,
        (None, _) => {
            // A loop takes longer than a week.
            let weeks = defs.policies.default_period_weeks;
            let latest = full_weeks_before(today, weeks, defs.workspace.week_starts, zone);
            let before = previous(&latest);
            of_period(&mut desk, &asked, (&latest, &before), sees_money, id).await?
        }
        (Some((period, versus)), _) => of_period(&mut desk, &asked, (period, versus), sees_money, id).await?,
    };
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

async fn of_period(
    desk: &mut Desk<'_>,
    asked: &Asked,
    (period, versus): (&Period, &Period),
    sees_money: bool,
    id: String,
) -> Result<(Notice, Body), AskError> {
    let company = desk.shelf.company;
    let defs = company.defs();
    let mut questions = Vec::new();
    let mut motions = Vec::new();
    for motion in wanted(defs, &asked.motions) {
        let now = side(&mut desk.shelf, motion, period, sees_money, &mut questions).await?;
        let before = side(&mut desk.shelf, motion, versus, sees_money, &mut Vec::new()).await?;
        motions.push(period::shown(defs, motion, &now, &before, asked.shape));
    }
    let now = desk.shelf.now;
    let ages = about::ages_at(desk.shelf.session(), company, now).await?;
    let seen =
        questions.iter().filter(|question| asked.shape != Shape::Funnel || !rests_on_recurring(defs, &question.kpi));
    let changed = changed(&desk.shelf, seen, Some(versus));
    let message = BowtiePeriod {
        period: period.label.clone(),
        versus: versus.label.clone(),
        shape: asked.shape.word().to_owned(),
        motions,
        changed,
        footer: Footer::only_you(ages, &id),
    };
    let body = json!({ "bowtie_period": &message, "questions": questions, "asked_at": now });
    Ok((Notice::from(message), Body { id, mark: desk.shelf.mark.clone(), body }))
}

/// Every number of the data model of each motion, by its name, for programs: `text` is what stands behind `/bowtie`. Without a
/// period, of the weeks that volumes are shown for.
///
/// # Errors
/// Words that mean nothing, the database's.
pub async fn numbers(program: &Program, company: &Company, text: &str) -> Result<Result<Value, String>, AskError> {
    let defs = company.defs();
    let workspace = &defs.workspace;
    let today = workspace.zone.day_of(program.clock.now());
    let asked = match asked::read(defs, text, today) {
        Ok(asked) => asked,
        Err(why) => return Ok(Err(why)),
    };
    let weeks = defs.policies.default_period_weeks;
    let usual = full_weeks_before(today, weeks, workspace.week_starts, &workspace.zone);
    let (period, versus) = asked.period.unwrap_or_else(|| (usual.clone(), previous(&usual)));
    let mut shelf = Shelf::open(program, company, program.clock.now()).await?;
    let mut motions = Vec::new();
    for motion in wanted(defs, &asked.motions) {
        let now = side(&mut shelf, motion, &period, true, &mut Vec::new()).await?;
        let before = side(&mut shelf, motion, &versus, true, &mut Vec::new()).await?;
        motions.push(json!({ "motion": motion.id, "numbers": now.numbers(), "before": before.numbers() }));
    }
    Ok(Ok(json!({ "period": period, "versus": versus, "motions": motions })))
}

/// The motions that are named; none is all.
fn wanted<'a>(defs: &'a Definitions, named: &[String]) -> impl Iterator<Item = &'a Motion> {
    defs.motions.iter().filter(move |motion| named.is_empty() || named.contains(&motion.id))
}
