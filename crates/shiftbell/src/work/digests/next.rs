//! The one next action: what the rules about single records would ask this person for, the most valuable first.

use shiftbell_metrics::contribution::Entry;
use shiftbell_metrics::definitions::{CountOf, Definitions, KpiKind, Person, Place, Rule, RuleKind};
use shiftbell_metrics::money::Money;
use shiftbell_metrics::time::{Day, Instant, MS_PER_DAY};
use shiftbell_render::messages::Next;
use shiftbell_render::words;

use super::desk::Desk;
use super::record;
use crate::answer::AskError;
use crate::work::shelf::Personal;

/// Days between which every record stands.
const ALL_DAYS: (Day, Day) = (Day(-1_000_000), Day(10_000_000));

/// What to do next; `None` if no record of this person waits for anything.
///
/// Somebody who asked and has had no answer comes first, the newest before the others: it can still be won today. Then
/// the deal that has been quiet for too long with most money in it.
pub(super) async fn action(
    desk: &mut Desk<'_>,
    mine: &Personal,
    person: &Person,
    place: &Place,
    day: Day,
) -> Result<Option<Next>, AskError> {
    let defs = desk.shelf.company.defs();
    let mut unanswered: Option<(Entry, String)> = None;
    let mut quiet: Option<(Money, i64, Entry)> = None;
    for rule in defs.rules.iter().filter(|rule| rule.to == "owner") {
        let RuleKind::Record { reached, within, without: Some(fact), span, .. } = &rule.kind else { continue };
        let Some(stage) = reached.as_ref().or(within.as_ref()) else { continue };
        let series = format!("fact/{fact}");
        let waits_ms = span.and_then(|span| span.elapsed_ms()).unwrap_or(0);
        for entry in open_records(desk, mine, rule, stage).await? {
            let last = entry.state(&series).and_then(|value| value.as_instant());
            let amount = entry.sums.iter().map(|(_, money)| *money).max_by_key(|money| money.minor);
            match (reached, amount) {
                // What one came to this stage by counts: nothing since then is an answer.
                (Some(_), None) if last.is_none_or(|last| last < entry.at) => {
                    if unanswered.as_ref().is_none_or(|(newest, _)| newest.at < entry.at) {
                        unanswered = Some((entry, stage.clone()));
                    }
                }
                (None, Some(amount)) if is_worth_it(rule, amount) => {
                    let since = last.map_or(entry.at, |last| last.max(entry.at));
                    let quiet_ms = desk.shelf.now.since(since);
                    if quiet_ms >= waits_ms && quiet.as_ref().is_none_or(|(most, ..)| most.minor < amount.minor) {
                        quiet = Some((amount, quiet_ms, entry));
                    }
                }
                (Some(_) | None, Some(_) | None) => {}
            }
        }
    }
    if let Some((entry, stage)) = unanswered {
        let name = called(desk, &entry).await?;
        let at = moment(entry.at, place, day);
        return Ok(Some(match asked_for(defs, person, &stage) {
            Some(asked_for) => Next::NoReply { record: name, asked_for, at },
            None => {
                let label = defs.stage(&stage).map_or(stage.as_str(), |stage| stage.label.as_str());
                Next::Other { text: format!("{name} came to {label} at {at} and has had no reply") }
            }
        }));
    }
    let Some((amount, quiet_ms, entry)) = quiet else { return Ok(None) };
    let days = u64::try_from(quiet_ms / MS_PER_DAY).unwrap_or(0);
    Ok(Some(Next::Quiet { record: called(desk, &entry).await?, money: Some(amount), days, closes: None }))
}

/// The person's records that stand at this stage, in the rule's motion.
async fn open_records(desk: &mut Desk<'_>, mine: &Personal, rule: &Rule, stage: &str) -> Result<Vec<Entry>, AskError> {
    let motions = &desk.shelf.company.defs().motions;
    let motions = motions.iter().filter(|motion| rule.motion.as_ref().is_none_or(|only| *only == motion.id));
    let (mut found, now) = (Vec::new(), desk.shelf.now);
    for motion in motions {
        let entries = desk.shelf.entries_of(mine, &motion.id, &format!("open/{stage}"), ALL_DAYS).await?;
        found.extend(entries.into_iter().filter(|entry| mine.is(entry.owner.as_ref()) && !entry.is_over(now)));
    }
    Ok(found)
}

fn is_worth_it(rule: &Rule, amount: Money) -> bool {
    rule.at_least.is_none_or(|least| amount.major() >= least)
}

/// As the account is known, else as the record itself says.
async fn called(desk: &mut Desk<'_>, entry: &Entry) -> Result<String, AskError> {
    if let Some(name) = record::name(&mut desk.shelf, entry.entity).await? {
        return Ok(name);
    }
    let own = entry.state("name").and_then(|value| value.as_text().map(str::to_owned));
    Ok(own.unwrap_or_else(|| "a record without a name".to_owned()))
}

/// What those who reached a stage asked for, as the person's own scorecard calls it: `Meeting requests`, so `a meeting`.
fn asked_for(defs: &Definitions, person: &Person, stage: &str) -> Option<String> {
    let lines = defs.scorecards.roles.get(&person.role)?;
    let of_stage = lines.iter().filter_map(|line| defs.kpi(&line.kpi)).find(|kpi| {
        matches!(&kpi.kind, KpiKind::Count { of: CountOf::Stage(of) } if of == stage)
            && kpi.label.to_lowercase().ends_with(" requests")
    })?;
    let thing = of_stage.label.to_lowercase();
    Some(format!("a {}", thing.trim_end_matches(" requests")))
}

/// `15:12`, with the day where it is another one.
fn moment(at: Instant, place: &Place, today: Day) -> String {
    let local = place.zone.local(at);
    let clock = format!("{:02}:{:02}", local.hour(), local.minute());
    if place.zone.day_of(at) == today { clock } else { format!("{clock} on {}", words::day(local.date())) }
}
