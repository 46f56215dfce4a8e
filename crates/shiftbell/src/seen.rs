//! How often each fact was seen lately, how it arrives, and why it probably never does: in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use shiftbell_metrics::definitions::Fact;
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::unseen::{Heard, Why};
use shiftbell_render::words;
use shiftbell_store::Session;

use crate::companies::Company;
use crate::work::derive::DeriveError;
use crate::work::facts_seen::{self, DAYS};

/// What is told of one fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub fact: String,
    /// Whether it was never seen though it could be.
    pub is_missed: bool,
    /// "12 times, last 19 Nov 13:02; HubSpot, polled", or "never: " and the probable reason.
    pub words: String,
}

/// One line for each fact, ready to print.
///
/// # Errors
/// The database's.
pub async fn lines(session: &mut Session, company: &Company, now: Instant) -> Result<String, DeriveError> {
    let Some(all) = facts(session, company, now).await? else {
        return Ok(format!("note: nothing happened in the last {DAYS} days, so that no fact was seen\n"));
    };
    let mut out = format!("facts of the last {DAYS} days:\n");
    let width = all.iter().map(|told| told.fact.len()).max().unwrap_or(0).min(24);
    for told in all {
        let _ = writeln!(out, "  {:width$}  {}", told.fact, told.words);
    }
    Ok(out)
}

/// The sources that brought each kind of event.
type Kinds = BTreeMap<String, BTreeSet<String>>;

/// How often a fact was seen, when last, and where it came from.
#[derive(Debug, Default)]
struct Sum<'a> {
    n: i64,
    last_at_ms: i64,
    sources: BTreeSet<&'a str>,
}

/// What is told of each fact, in the order of the file; `None` if nothing at all happened lately.
///
/// # Errors
/// The database's.
pub async fn facts(session: &mut Session, company: &Company, now: Instant) -> Result<Option<Vec<Told>>, DeriveError> {
    let defs = company.defs();
    let seen = facts_seen::lately(session, &company.workspace, now).await?;
    let mut sums: BTreeMap<&str, Sum<'_>> = BTreeMap::new();
    for one in &seen {
        let sum = sums.entry(&one.fact).or_default();
        sum.n += one.n;
        sum.last_at_ms = sum.last_at_ms.max(one.last_at_ms);
        sum.sources.insert(&one.source);
    }
    let unseen = defs.facts.iter().filter(|fact| fact.mrr.is_none() && !sums.contains_key(fact.name.as_str()));
    let mut heard = Heard::new(unseen);
    let mut kinds = Kinds::new();
    facts_seen::each(session, &company.workspace, now, |happened, event| {
        heard.event(event);
        if !kinds.get(&event.kind).is_some_and(|sources| sources.contains(&happened.source)) {
            kinds.entry(event.kind.clone()).or_default().insert(happened.source.clone());
        }
    })
    .await?;
    if kinds.is_empty() {
        return Ok(None);
    }
    let told = |fact: &Fact| {
        let (is_missed, words) = match (sums.get(fact.name.as_str()), heard.why(&fact.name)) {
            (Some(sum), _) => (false, told_of(company, sum)),
            (None, Some(why)) => (true, format!("never: {}", sentence(company, fact, &why, &kinds))),
            (None, None) => (false, "not active yet".to_owned()),
        };
        Told { fact: fact.name.clone(), is_missed, words }
    };
    Ok(Some(defs.facts.iter().map(told).collect()))
}

fn told_of(company: &Company, sum: &Sum<'_>) -> String {
    let local = company.defs().workspace.zone.local(Instant(sum.last_at_ms));
    let times = if sum.n == 1 {
        "once".to_owned()
    } else {
        format!("{} times", words::count(u64::try_from(sum.n).unwrap_or(0)))
    };
    let ways: Vec<String> = sum.sources.iter().map(|source| company.arrives(source)).collect();
    let (day, hour, minute) = (words::day(local.date()), local.hour(), local.minute());
    format!("{times}, last {day} {hour:02}:{minute:02}; {}", ways.join("; "))
}

/// Why a fact was never seen, and what to write if something else is meant.
fn sentence(company: &Company, fact: &Fact, why: &Why, kinds: &Kinds) -> String {
    let kind = fact.events.join("` or `");
    let events = |n: u64| {
        let number = words::count(n);
        let plural = if n == 1 { "" } else { "s" };
        let of = if fact.events.is_empty() { String::new() } else { format!(" `{kind}`") };
        format!("{number}{of} event{plural} came")
    };
    match why {
        Why::NoSuchEvent { near: None } => format!("no `{kind}` event came from anywhere"),
        Why::NoSuchEvent { near: Some(near) } => {
            format!("no `{kind}` event came from anywhere; did you mean `{near}`, which did?")
        }
        Why::NeverSaid { events: n, field } => format!("{}, and none says anything of `{field}`", events(*n)),
        Why::NeverTogether { events: n } => format!("{}, and none meets all that is asked for at once", events(*n)),
        Why::SaysOther { events: n, field, wanted, found, near } => {
            let found: Vec<String> = found.iter().map(|(value, n)| format!("\"{value}\" ({n})")).collect();
            let asked = wanted.first().map_or("", String::as_str);
            let meant = match (near, map_line(company, fact, field, asked, kinds)) {
                (Some(near), _) => format!("; did you mean \"{near}\"?"),
                (None, Some(line)) => format!("; if one of them is meant, {line}"),
                (None, None) => String::new(),
            };
            format!("{}, but `{field}` was {}, never \"{asked}\"{meant}", events(*n), found.join(", "))
        }
    }
}

/// The line of a source's map that would give a word of the vendor our meaning.
fn map_line(company: &Company, fact: &Fact, field: &str, wanted: &str, kinds: &Kinds) -> Option<String> {
    let kind = fact.events.first()?;
    let sources = kinds.get(kind)?;
    let mapped = company.defs().sources.iter().find(|source| sources.contains(&source.id) && !source.map.is_empty())?;
    let field = if field.contains('.') { field.to_owned() } else { format!("{kind}.{field}") };
    Some(format!("write {field}.{wanted} = [\"...\"] under [sources.{}.map]", mapped.id))
}
