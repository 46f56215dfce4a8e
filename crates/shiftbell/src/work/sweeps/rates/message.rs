//! The facts of the message about a rate that fell: what it costs, why, what is still open.

use shiftbell_metrics::alert::RateFall;
use shiftbell_metrics::calendar::{home, next_working_day};
use shiftbell_metrics::contribution::Entry;
use shiftbell_metrics::definitions::{Definitions, KpiKind, Place, Rule, RuleKind, Span, SpanUnit};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::schedule::moment;
use shiftbell_metrics::scorecard::words::lower_first;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::facts::{Figure, Person, SeenBy};
use shiftbell_render::messages::{Cause, RateFell, Stake};
use shiftbell_render::words;

use super::fall::{Fall, Sweep, Watched};
use crate::answer::AskError;
use crate::work::digests::bowtie::money_of_wins;
use crate::work::digests::record;

/// Days between which every record stands.
const ALL_DAYS: (Day, Day) = (Day(-1_000_000), Day(10_000_000));
/// Most records that are named.
const NAMED_MAX: usize = 3;

/// What people at the stage that the rate begins at wait for, as a rule about single records says.
struct Awaited<'a> {
    stage: &'a str,
    fact: &'a str,
    span: Option<Span>,
}

pub(super) async fn of(sweep: &mut Sweep<'_, '_>, rule: &Rule, fall: &Fall) -> Result<RateFell, AskError> {
    let defs = sweep.desk.shelf.company.defs();
    let RuleKind::Rate { ask, .. } = &rule.kind else { return Ok(bare(sweep, rule, fall)) };
    let mut message = bare(sweep, rule, fall);
    message.asked = ask.clone().map(Person::new);
    let Some(awaited) = awaited(defs, &fall.watched) else { return Ok(message) };
    message.cause = cause(sweep, fall, &awaited).await?;
    let waiting = waiting(sweep, fall, &awaited).await?;
    message.open = waiting.len() as u64;
    for entry in waiting.iter().take(NAMED_MAX) {
        message.longest.extend(record::name(&mut sweep.desk.shelf, entry.entity).await?);
    }
    let ownerless = waiting.iter().filter(|entry| entry.owner.is_none()).count();
    message.next = match (waiting.len(), ownerless) {
        (0, _) => None,
        (_, ownerless) if ownerless > 0 => {
            Some(format!("give the {} without an owner one", words::count(ownerless as u64)))
        }
        (all, _) => Some(format!("answer the {}", words::count(all as u64))),
    };
    Ok(message)
}

/// The rate alone.
fn bare(sweep: &Sweep<'_, '_>, rule: &Rule, fall: &Fall) -> RateFell {
    let defs = sweep.desk.shelf.company.defs();
    let of = money_of_wins(defs).map_or_else(|| "money".to_owned(), |kpi| lower_first(&kpi.label));
    let part =
        fall.watched.part.as_ref().map_or_else(String::new, |(_, value)| format!(" {}", value.replace('-', " ")));
    let label = defs.kpi(&fall.watched.kpi).map_or(fall.watched.kpi.as_str(), |kpi| kpi.label.as_str());
    let figure = |counts: shiftbell_metrics::stats::Counts| Figure::rate(counts.num, counts.den);
    let seen_by = if rule.to.contains('@') { SeenBy::OnlyYou } else { SeenBy::Channel };
    let mut footer = sweep.desk.footer(&defs.workspace.zone, false, seen_by, "");
    (footer.receipt, footer.data_to) = (None, None);
    let compared = [(fall.watched.kpi.as_str(), &fall.recent)].into_iter();
    RateFell {
        scope: format!("{}{part}", fall.watched.motion),
        problem: None,
        at_stake: fall.price.map(|(about, least, most)| Stake { about, of, least, most }),
        rate: format!("{label} within {}", fall.age),
        now: figure(fall.fall.recent),
        since: fall.recent.from.date(),
        before: figure(fall.fall.before),
        changed: sweep.desk.shelf.changes.over(defs, compared, Some(&fall.before)),
        cause: None,
        open: 0,
        longest: Vec::new(),
        next: None,
        asked: None,
        ends: Some(format!("two full weeks are back above {}", back_above(&fall.fall))),
        taken: None,
        ended: None,
        footer,
    }
}

/// The rate above which it is over, in whole per cent.
pub(super) fn back_above(fall: &RateFall) -> String {
    words::share((fall.back_above * 100.0).floor() / 100.0)
}

fn awaited<'a>(defs: &'a Definitions, watched: &Watched) -> Option<Awaited<'a>> {
    let KpiKind::Conversion { from, .. } = &defs.kpi(&watched.kpi)?.kind else { return None };
    let here = |rule: &&Rule| rule.motion.as_ref().is_none_or(|only| *only == watched.motion);
    defs.rules.iter().filter(here).find_map(|rule| match &rule.kind {
        RuleKind::Record { reached: Some(stage), without: Some(fact), span, .. } if stage == from => {
            Some(Awaited { stage, fact, span: *span })
        }
        RuleKind::Record { .. } | RuleKind::Event { .. } | RuleKind::Rate { .. } | RuleKind::Pace { .. } => None,
    })
}

/// Records that stand at the stage and wait, the longest waiting first.
async fn waiting(sweep: &mut Sweep<'_, '_>, fall: &Fall, awaited: &Awaited<'_>) -> Result<Vec<Entry>, AskError> {
    let series = format!("fact/{}", awaited.fact);
    let open = format!("open/{}", awaited.stage);
    let mut entries = sweep.desk.shelf.entries(&fall.watched.motion, &open, ALL_DAYS).await?;
    let now = sweep.desk.shelf.now;
    entries.retain(|entry| {
        let last = entry.state(&series).and_then(|value| value.as_instant());
        !entry.is_over(now) && is_part(entry, &fall.watched) && last.is_none_or(|last| last < entry.at)
    });
    entries.sort_by_key(|entry| (entry.at, entry.entity));
    Ok(entries)
}

/// How many of the recent ones did not get in time what they waited for; only if that is more than before.
async fn cause(sweep: &mut Sweep<'_, '_>, fall: &Fall, awaited: &Awaited<'_>) -> Result<Option<Cause>, AskError> {
    let Some(span) = awaited.span else { return Ok(None) };
    let place = home(sweep.desk.shelf.company.defs());
    let recent = without(sweep, fall, awaited, &place, &fall.recent).await?;
    let before = without(sweep, fall, awaited, &place, &fall.before).await?;
    let share = |(part, whole, _): (u64, u64, u64)| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    if recent.0 == 0 || share(recent) <= share(before) {
        return Ok(None);
    }
    let defs = sweep.desk.shelf.company.defs();
    let stage = defs.stage(awaited.stage).map_or(awaited.stage, |stage| stage.label.as_str());
    let fact = awaited.fact.replace('-', " ");
    Ok(Some(Cause {
        part: recent.0,
        whole: recent.1,
        what: format!("had no {fact} within {span}"),
        before: Figure::rate(before.0, before.1),
        short: format!("{stage} without {fact} within {span}"),
        of_these: (recent.2 > 0).then(|| (recent.2, "have no owner".to_owned())),
    }))
}

/// Of those who came to the stage in a period: without the fact in time, all, and without it and without an owner.
async fn without(
    sweep: &mut Sweep<'_, '_>,
    fall: &Fall,
    awaited: &Awaited<'_>,
    place: &Place,
    period: &Period,
) -> Result<(u64, u64, u64), AskError> {
    let series = format!("fact/{}", awaited.fact);
    let days = (period.from, period.until);
    let entries = sweep.desk.shelf.entries(&fall.watched.motion, awaited.stage, days).await?;
    let (mut part, mut whole, mut ownerless) = (0, 0, 0);
    for entry in entries.iter().filter(|entry| period.contains(entry.at) && is_part(entry, &fall.watched)) {
        whole += 1;
        let in_time = awaited.span.and_then(|span| deadline(entry.at, span, place));
        let is_in_time = entry.lag(&series).is_some_and(|lag| in_time.is_none_or(|end| entry.at.plus_ms(lag) <= end));
        if !is_in_time {
            part += 1;
            ownerless += u64::from(entry.owner.is_none());
        }
    }
    Ok((part, whole, ownerless))
}

/// The end of a span that begins here; working days end at the same time of the day.
fn deadline(at: Instant, span: Span, place: &Place) -> Option<Instant> {
    if span.unit != SpanUnit::WorkingDays {
        return span.elapsed_ms().map(|ms| at.plus_ms(ms));
    }
    let first = place.zone.day_of(at);
    let day = (0..span.count).try_fold(first, |day, _| next_working_day(place, day))?;
    Some(moment(&place.zone, day, place.zone.local(at).time()))
}

fn is_part(entry: &Entry, watched: &Watched) -> bool {
    watched.part.as_ref().is_none_or(|(by, value)| entry.dim(by).is_some_and(|found| **found == **value))
}
