//! The month in recurring revenue: the same bridge that anybody gets who asks `/mrr` for that month.

use serde_json::json;
use shiftbell_metrics::definitions::KpiKind;
use shiftbell_metrics::period::{Period, Unit, previous};
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::Day;
use shiftbell_render::facts::{SeenBy, Sources};
use shiftbell_render::messages::Notice;

use super::desk::Desk;
use super::post::Body;
use crate::answer::{AskError, mrr};

/// The message about the month before this day, split by the first breakout; `None` where no revenue recurs.
pub(super) async fn written(
    desk: &mut Desk<'_>,
    day: Day,
    receipt: String,
) -> Result<Option<(Notice, Body)>, AskError> {
    let defs = desk.shelf.company.defs();
    if !defs.kpi(mrr::KPI).is_some_and(|kpi| matches!(kpi.kind, KpiKind::Standard { .. })) {
        return Ok(None);
    }
    let month = previous(&Period::containing(day, Unit::Month, &defs.workspace));
    let last = month.until.plus(-1);
    let question = Question { period: Some(month), by: defs.always_show.first().cloned(), ..Question::of(mrr::KPI) };
    let Ok(bridge) = desk.shelf.mrr(&question).await? else { return Ok(None) };
    let mut footer = desk.footer(&defs.workspace.zone, true, SeenBy::Channel, &receipt);
    footer.data_to = Some(shiftbell_render::words::day(last.date()));
    footer.sources = Sources::AllComplete;
    let facts = mrr::facts(desk.shelf.company, &desk.shelf.changes, &question, &bridge, footer);
    let body = json!({ "mrr": &facts, "questions": [question], "asked_at": desk.shelf.now });
    Ok(Some((Notice::from(facts), Body { id: receipt, mark: desk.shelf.mark.clone(), body })))
}
