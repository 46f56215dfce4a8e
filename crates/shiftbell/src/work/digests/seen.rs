//! Which kinds of event arrived lately, and which sources are silent now.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::definitions::{CountOf, Definitions, Kpi, KpiKind, LineKind, RuleKind, ScorecardLine, TimeTo};
use shiftbell_metrics::scorecard::Silence;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_store::{StoreError, incidents, sightings};

use super::unseen;
use crate::work::shelf::Shelf;
use crate::work::source_name;
use crate::work::sweeps::silence;

/// A line whose facts were not seen for so many days is left out.
pub(super) const DAYS: i32 = 14;

/// What was heard of each source.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Sources by kind of event.
    sources: BTreeMap<String, BTreeSet<String>>,
    silent: Vec<(String, Instant)>,
    /// KPIs of which it was said that nothing of them arrives, with the day of that.
    pub(super) said: BTreeMap<String, Day>,
}

impl Seen {
    pub(super) async fn read(shelf: &mut Shelf<'_>) -> Result<Seen, StoreError> {
        let (name, zone) = (shelf.company.name(), &shelf.company.defs().workspace.zone);
        let since = zone.day_of(shelf.now).plus(-DAYS);
        let mut seen = Seen::default();
        for sighting in sightings::since(&mut shelf.snapshot, name, since).await? {
            seen.sources.entry(sighting.name).or_default().insert(sighting.source);
        }
        for incident in incidents::open_ones(&mut shelf.snapshot, name).await? {
            if incident.rule == silence::RULE && incident.opened_at_ms <= shelf.now.as_ms() {
                let since = silence::since(&incident).unwrap_or(Instant(incident.opened_at_ms));
                seen.silent.push((incident.subject, since));
            } else if incident.rule == unseen::RULE {
                seen.said.extend(unseen::day_of(&incident).map(|day| (incident.subject, day)));
            }
        }
        Ok(seen)
    }

    /// Whether none of the facts of a KPI has arrived lately, though others have.
    pub(super) fn is_never_seen(&self, defs: &Definitions, kpi: &Kpi) -> bool {
        let kinds = kinds_of(defs, kpi);
        !self.sources.is_empty() && !kinds.is_empty() && kinds.iter().all(|kind| !self.sources.contains_key(*kind))
    }

    /// The silence of a source on which one of the leading lines rests.
    pub(super) fn silence(&self, defs: &Definitions, lines: &[ScorecardLine]) -> Option<Silence> {
        let leading = lines.iter().filter(|line| line.kind == LineKind::Leading);
        let kinds: BTreeSet<&str> =
            leading.filter_map(|line| defs.kpi(&line.kpi)).flat_map(|kpi| kinds_of(defs, kpi)).collect();
        self.silence_of(defs, &kinds)
    }

    /// The silence of a source that sends one of these kinds of event.
    pub(super) fn silence_of(&self, defs: &Definitions, kinds: &BTreeSet<&str>) -> Option<Silence> {
        let sends = |source: &str| {
            kinds.iter().any(|kind| self.sources.get(*kind).is_some_and(|sources| sources.contains(source)))
        };
        let (source, since) = self.silent.iter().find(|(source, _)| sends(source))?;
        Some(Silence { source: source_name(defs, source), since: *since })
    }
}

/// The kinds of event on which a KPI rests; empty where that cannot be said.
pub(crate) fn kinds_of<'a>(defs: &'a Definitions, kpi: &'a Kpi) -> BTreeSet<&'a str> {
    let facts: Vec<&str> = match &kpi.kind {
        KpiKind::Count { of } | KpiKind::Sum { at: of, .. } => counted(defs, kpi, of),
        KpiKind::Conversion { from, to, .. } => [staged(defs, kpi, from), staged(defs, kpi, to)].concat(),
        KpiKind::Time { from, to: TimeTo::Stage(to), .. } => [staged(defs, kpi, from), staged(defs, kpi, to)].concat(),
        KpiKind::Time { from, to: TimeTo::Fact(fact), .. } => [staged(defs, kpi, from), vec![fact]].concat(),
        KpiKind::Share { of, .. } => vec![of],
        KpiKind::Worklist { due, due_by, done } => {
            let rules = defs.rules.iter().filter(|rule| due_by.contains(&rule.id));
            let events = rules.filter_map(|rule| match &rule.kind {
                RuleKind::Event { fact } => Some(fact.as_str()),
                RuleKind::Record { .. } | RuleKind::Rate { .. } | RuleKind::Pace { .. } => None,
            });
            due.iter().map(String::as_str).chain(events).chain([done.as_str()]).collect()
        }
        KpiKind::Stock { .. } | KpiKind::Formula { .. } | KpiKind::Standard { .. } => Vec::new(),
    };
    let mut kinds = BTreeSet::new();
    for fact in facts.into_iter().filter_map(|name| defs.fact(name)) {
        if fact.events.is_empty() {
            // Any kind may be it.
            return BTreeSet::new();
        }
        kinds.extend(fact.events.iter().map(String::as_str));
    }
    kinds
}

fn counted<'a>(defs: &'a Definitions, kpi: &Kpi, of: &'a CountOf) -> Vec<&'a str> {
    match of {
        CountOf::Stage(stage) => staged(defs, kpi, stage),
        CountOf::Facts(facts) => facts.iter().map(String::as_str).collect(),
    }
}

/// The facts of a stage in every motion that the KPI counts.
fn staged<'a>(defs: &'a Definitions, kpi: &Kpi, stage: &str) -> Vec<&'a str> {
    let motions = defs.motions.iter().filter(|motion| kpi.motion.as_ref().is_none_or(|only| *only == motion.id));
    motions.filter_map(|motion| motion.stages.get(stage)).flatten().map(String::as_str).collect()
}
