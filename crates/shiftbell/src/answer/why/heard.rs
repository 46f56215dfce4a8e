//! Which sources stand behind a number, when they were last heard, and which of them count differently themselves.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::Kpi;
use shiftbell_metrics::time::{Instant, Zone};
use shiftbell_render::messages::SourceCheck;
use shiftbell_render::words;
use shiftbell_sources::Kind;
use shiftbell_sources::hubspot::poll::Check;
use shiftbell_store::{Session, sightings};

use super::Kept;
use crate::answer::AskError;
use crate::companies::Company;
use crate::work::digests::kinds_of;
use crate::work::poll;

/// Days in which a source must have been heard to be mentioned.
const HEARD_WITHIN_DAYS: i32 = 30;

/// The sources that send what the answer counts; every source where that cannot be said.
pub(super) async fn of(session: &mut Session, company: &Company, kept: &Kept) -> Result<Vec<SourceCheck>, AskError> {
    let defs = company.defs();
    let kpi = defs.kpi(&kept.answer.kpi);
    // Only what counts in the motion that was asked for.
    let kpi = kpi.map(|kpi| Kpi { motion: kept.answer.motion.clone().or(kpi.motion.clone()), ..kpi.clone() });
    let kinds = kpi.as_ref().map(|kpi| kinds_of(defs, kpi)).unwrap_or_default();
    let zone = &defs.workspace.zone;
    let since = zone.day_of(kept.asked_at).plus(-HEARD_WITHIN_DAYS);
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for seen in sightings::since(session, company.name(), since).await? {
        if kinds.is_empty() || kinds.contains(seen.name.as_str()) {
            let at = last.entry(seen.source).or_insert(seen.last_at_ms);
            *at = seen.last_at_ms.max(*at);
        }
    }
    let mut found = Vec::new();
    for (source, at) in last {
        let check = poll::last_check(session, company.name(), &source).await?;
        found.push(SourceCheck {
            name: company.workspace.source_name(&source),
            heard: moment(zone, Instant(at)),
            differences: check.as_ref().map_or(0, Check::differences),
            last_check: check.map(|check| moment(zone, check.began)),
        });
    }
    Ok(found)
}

fn moment(zone: &Zone, at: Instant) -> String {
    let local = zone.local(at);
    format!("{} {:02}:{:02}", words::day(local.date()), local.hour(), local.minute())
}

/// The source of this company whose own report counts the stage in which people are today.
pub(super) fn counts_today(company: &Company) -> Option<String> {
    let sources = company.defs().sources.iter();
    let mut crms = sources.filter(|source| Kind::from_word(&source.kind).is_some_and(Kind::reports_stage_of_today));
    crms.next().map(|source| company.workspace.source_name(&source.id))
}
