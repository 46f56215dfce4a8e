//! The definitions against what really comes: words that nothing means, people whom nobody knows, parts that are not active.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::definitions::{Definitions, RolloutStep};
use shiftbell_metrics::time::Zone;
use shiftbell_metrics::value::Value;

use super::{counted, kept, know};
use crate::doctor::look::{Found, Stored};
use crate::doctor::{Finding, Known, Severity};
use crate::work::directory::gaps::Gap;

use Severity::{MayNeedYou, NeedsYou};

/// Most values that one finding names.
const NAMED_MAX: usize = 4;
/// Data about time zones that are older than this may not know the latest changes.
const ZONE_YEARS_MAX: i16 = 2;

pub(super) fn judge(found: &Found<'_>) -> Vec<Finding> {
    let mut all = Vec::new();
    all.extend(of_zones(found));
    if let Some(stored) = kept(found) {
        all.extend(of_stages(found.defs, &stored.values.stages));
        all.extend(of_owners(found.defs, stored));
        all.extend(of_gaps(&stored.gaps));
        let missed: Vec<&str> =
            stored.facts.iter().flatten().filter(|told| told.is_missed).map(|told| told.fact.as_str()).collect();
        if !missed.is_empty() {
            let means = format!("{} never seen in 30 days: {}.", were(missed.len(), "fact"), named(&missed));
            all.push(Finding::new(
                "facts-never-seen",
                MayNeedYou,
                means,
                "Run `shiftbell check`: it says why for each.",
            ));
        }
    }
    let idle = not_active(found.defs);
    if !idle.is_empty() {
        let verb = if idle.len() == 1 { "is" } else { "are" };
        let parts = counted(idle.len() as u64, "part");
        let means =
            format!("{parts} of the file {verb} not active yet: {}. `shiftbell check` lists them.", named(&idle));
        all.push(Finding::to_know("definitions-not-active", means));
    }
    all
}

fn were(n: usize, one: &str) -> String {
    let verb = if n == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(n as u64, one))
}

/// The first few, and how many more there are.
fn named<T: AsRef<str>>(all: &[T]) -> String {
    let shown: Vec<&str> = all.iter().take(NAMED_MAX).map(AsRef::as_ref).collect();
    match all.len().saturating_sub(NAMED_MAX) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// The first source that has a map of its words.
fn mapped(defs: &Definitions) -> Option<&str> {
    defs.sources.iter().find(|source| !source.map.is_empty()).map(|source| source.id.as_str())
}

/// Stages in which deals really are and which no fact means.
fn of_stages(defs: &Definitions, seen: &BTreeMap<String, u64>) -> Option<Finding> {
    let asked = defs.facts.iter().flat_map(|fact| &fact.state).filter(|(field, _)| field.to_string() == "deal.stage");
    let meant: BTreeSet<&str> = asked.flat_map(|(_, values)| values).filter_map(Value::as_text).collect();
    if meant.is_empty() {
        return None;
    }
    let unmapped = seen.iter().filter(|(stage, _)| !meant.contains(stage.as_str()));
    let mut unmapped: Vec<(&str, u64)> = unmapped.map(|(stage, n)| (stage.as_str(), *n)).collect();
    unmapped.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let (first, _) = unmapped.first()?;
    // A stage at which deals end is no step on the way: what happens there should count.
    let ends = |stage: &str| ["won", "lost", "closed"].iter().any(|word| stage.to_lowercase().contains(word));
    let end = unmapped.iter().map(|(stage, _)| *stage).find(|stage| ends(stage));
    let words: Vec<String> = unmapped.iter().map(|(stage, n)| format!("\"{stage}\" ({n})")).collect();
    let means = format!("Deals came into stages that no fact means: {}.", named(&words));
    let example = end.unwrap_or(first);
    let todo = match mapped(defs) {
        Some(source) => format!(
            "Where one of them counts, write for example deal.stage.won = [\"{example}\"] under [sources.{source}.map]."
        ),
        None => "Where one of them counts, name it in the fact that means it.".to_owned(),
    };
    let severity = if end.is_some() { NeedsYou } else { MayNeedYou };
    Some(Finding::new("stage-unmapped", severity, means, todo))
}

/// Owners of records, and people who did something, whom the file does not know.
fn of_owners(defs: &Definitions, stored: &Stored) -> Option<Finding> {
    // Those whom the CRM itself names are told of with their names.
    let is_told = |owner: &str| stored.gaps.iter().any(|gap| gap.names.iter().any(|name| name == owner));
    let unknown = stored.values.owners.iter().filter(|(owner, _)| defs.person(owner).is_none() && !is_told(owner));
    let mut unknown: Vec<(&str, u64)> = unknown.map(|(owner, n)| (owner.as_str(), *n)).collect();
    unknown.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let (first, _) = unknown.first()?;
    let words: Vec<String> = unknown.iter().map(|(owner, n)| format!("{owner} ({n})")).collect();
    let means =
        format!("Records belong to people whom the file does not know: {}; they only count in totals.", named(&words));
    let todo = match mapped(defs).filter(|_| !first.contains('@')) {
        Some(source) => {
            format!("Say under [sources.{source}.map] whose it is: owner.\"name@company\" = [\"{first}\"].")
        }
        None => format!("Add {first} to a team, or to `also` of somebody."),
    };
    Some(Finding::new("owner-unmapped", MayNeedYou, means, todo))
}

/// What of who is who does not fit together, one finding for each kind.
fn of_gaps(gaps: &[Gap]) -> Vec<Finding> {
    let mut kinds: BTreeMap<&'static str, Vec<&Gap>> = BTreeMap::new();
    for gap in gaps {
        kinds.entry(gap.name).or_default().push(gap);
    }
    let one = |(name, gaps): (&'static str, Vec<&Gap>)| {
        let first = gaps.first()?;
        let who: Vec<&str> = gaps.iter().map(|gap| gap.about.as_str()).collect();
        let means = format!("{}: {}.", named(&who), first.means);
        Some(Finding::new(name, MayNeedYou, means, format!("{}.", shiftbell_render::words::capital(&first.todo))))
    };
    kinds.into_iter().filter_map(one).collect()
}

fn of_zones(found: &Found<'_>) -> Vec<Finding> {
    let defs = found.defs;
    let zones = defs.places.values().map(|place| place.zone.name()).chain([defs.workspace.zone.name()]);
    let lost: BTreeSet<&str> = zones.filter(|name| Zone::named(name).is_none()).collect();
    let mut all: Vec<Finding> = lost
        .into_iter()
        .map(|name| {
            let means =
                format!("The zone {name} is not in the data that is built in, so that its days are those of UTC.");
            Finding::new("zone-unknown", NeedsYou, means, "Name a zone of the IANA database.").of(name)
        })
        .collect();
    let year = found.zone_data.and_then(|edition| edition.get(..4)?.parse::<i16>().ok());
    let now = found.defs.workspace.zone.local(found.now).year();
    if let Some(year) = year.filter(|year| now - year >= ZONE_YEARS_MAX) {
        let means =
            format!("The data about time zones are of {year}; clocks that were changed by law since then are off.");
        all.push(Finding::new("zone-data-old", MayNeedYou, means, "Install a newer version of the program."));
    }
    all
}

/// Parts of the file that do nothing yet.
fn not_active(defs: &Definitions) -> Vec<String> {
    // What nobody wrote waits for nobody.
    let idle = defs.kpis.iter().filter(|kpi| kpi.is_written && kpi.not_active.is_some());
    let kpis = idle.map(|kpi| format!("kpis.{}", kpi.slug));
    let digests = defs.digests.iter().filter(|it| it.not_active.is_some()).map(|it| format!("digests.{}", it.id));
    let rules = defs.rules.iter().filter(|it| it.not_active.is_some()).map(|it| format!("rules.{}", it.id));
    let sources = defs.sources.iter().filter(|it| it.not_active.is_some()).map(|it| format!("sources.{}", it.id));
    kpis.chain(digests).chain(rules).chain(sources).collect()
}

pub(super) fn known(found: &Found<'_>) -> Vec<Known> {
    let step = match found.defs.rollout.step {
        RolloutStep::Frame => "frame: only the reviewer receives messages",
        RolloutStep::Focus => "focus: the pilots receive theirs",
        RolloutStep::Grow => "grow: everyone receives theirs",
    };
    let zones = found.zone_data.unwrap_or("of an unknown edition");
    vec![know("roll-out", step), know("time zones", zones)]
}
