//! The records behind a number, and what became of each.

use shiftbell_metrics::answer::{Fate, Someone};
use shiftbell_metrics::definitions::{CountOf, KpiKind, TimeTo};

use super::answer::{Ask, Naive, fact};
use super::entries::{Entry, LOST};
use super::windows::window;
use super::worklists::{Due, List};

impl Naive<'_> {
    pub(crate) fn people(&self, ask: &Ask<'_>) -> Vec<Someone> {
        let plain = |entry: &&Entry| someone(entry, Fate::Reached);
        let all = |facts: &[String]| facts.iter().flat_map(|name| self.within(ask, &fact(name))).collect::<Vec<_>>();
        match &ask.kpi.kind {
            KpiKind::Count { of: CountOf::Stage(stage) } | KpiKind::Sum { at: CountOf::Stage(stage), .. } => {
                self.within(ask, stage).iter().map(plain).collect()
            }
            // An event that is two of the facts is counted once, and added up twice.
            KpiKind::Count { of: CountOf::Facts(facts) } => self.any_of(ask, facts).iter().map(plain).collect(),
            KpiKind::Sum { at: CountOf::Facts(facts), .. } => all(facts).iter().map(plain).collect(),
            KpiKind::Conversion { from, to, .. } => {
                let entered = self.within(ask, from).into_iter();
                let entered = entered.filter_map(|entry| Some((entry, window(ask.kpi, &entry.motion)?)));
                entered.map(|(entry, window)| on_the_way(entry, to, window)).collect()
            }
            KpiKind::Time { from, to, .. } => {
                let to = match to {
                    TimeTo::Stage(stage) => stage.clone(),
                    TimeTo::Fact(name) => fact(name),
                };
                self.within(ask, from).into_iter().map(|entry| on_the_way(entry, &to, i64::MAX)).collect()
            }
            KpiKind::Share { of, also } => judged(self.also(ask, of, also)),
            KpiKind::Stock { of, filter, have } => judged(self.standing(ask, *of, filter.as_ref(), have.as_ref())),
            KpiKind::Worklist { due, due_by, done } => {
                let due = self.due(ask, List { due, due_by, done }).expect("what has a figure has records");
                let fate = |is_done: bool| if is_done { Fate::Reached } else { Fate::Neither };
                let someone = |one: &Due<'_>| Someone {
                    entity: one.record.number(),
                    at: one.entry.at,
                    fate: fate(one.done),
                    took: None,
                };
                due.iter().map(someone).collect()
            }
            KpiKind::Formula { .. } | KpiKind::Standard { .. } => Vec::new(),
        }
    }
}

fn someone(entry: &Entry, fate: Fate) -> Someone {
    Someone { entity: entry.who.number(), at: entry.at, fate, took: None }
}

/// Those who are as they should be, and the others.
fn judged(entries: Vec<(&Entry, bool)>) -> Vec<Someone> {
    let fate = |is_good: bool| if is_good { Fate::Reached } else { Fate::Neither };
    entries.into_iter().map(|(entry, is_good)| someone(entry, fate(is_good))).collect()
}

/// Where somebody got in the window, or after it.
fn on_the_way(entry: &Entry, to: &str, window: i64) -> Someone {
    let after = |then: &str| entry.then.get(then).map(|at| at.since(entry.at));
    let fate = match (after(to), after(LOST)) {
        (Some(took), _) if took <= window => Fate::Reached,
        (_, Some(lost)) if lost <= window => Fate::Lost,
        (Some(_), _) => Fate::Later,
        (None, _) => Fate::Neither,
    };
    Someone { took: after(to), ..someone(entry, fate) }
}
