//! Worklists: of the records that were due, how many were done.

use shiftbell_metrics::answer::{Figure, Rate};
use shiftbell_metrics::definitions::{KpiKind, Rule, RuleKind};
use shiftbell_metrics::id::EntityKey;
use shiftbell_metrics::time::MS_PER_DAY;

use super::answer::{Ask, Naive, fact};
use super::entries::{Entry, GONE, LOST};
use super::hours::Office;

/// A record that was due, by which entry, and whether it was done.
pub(crate) struct Due<'n> {
    pub(crate) record: EntityKey,
    pub(crate) entry: &'n Entry,
    pub(crate) done: bool,
}

/// What a worklist is made of.
#[derive(Clone, Copy)]
pub(crate) struct List<'k> {
    pub(crate) due: &'k [String],
    pub(crate) due_by: &'k [String],
    pub(crate) done: &'k str,
}

pub(crate) fn rate_of<'a, 'n: 'a>(due: impl Iterator<Item = &'a Due<'n>>) -> Figure {
    let mut rate = Rate::default();
    for one in due {
        rate.den += 1;
        rate.num += i64::from(one.done);
    }
    Figure::Rate { rate }
}

impl Naive<'_> {
    fn rules<'s>(&'s self, list: List<'s>) -> impl Iterator<Item = &'s Rule> {
        self.definitions.rules.iter().filter(move |rule| list.due_by.contains(&rule.id))
    }

    /// A value of a breakdown: the same question with one more filter, the last. Of a worklist those of the whole, since what is
    /// due once and done once is done, whichever value it had each time.
    pub(crate) fn part(&self, ask: &Ask<'_>) -> Option<Figure> {
        let KpiKind::Worklist { due, due_by, done } = &ask.kpi.kind else { return self.figure(ask) };
        let mut whole = ask.clone();
        let (dimension, value) = whole.filters.pop()?;
        let due = self.due(&whole, List { due, due_by, done })?;
        Some(rate_of(due.iter().filter(|one| one.entry.dims.get(&dimension) == value.as_ref())))
    }

    /// How records stand has no past.
    pub(crate) fn has_no_past(&self, list: List<'_>) -> bool {
        self.rules(list).any(|rule| matches!(&rule.kind, RuleKind::Record { within: Some(_), .. }))
    }

    /// `None` where the period is over and what was due then is not known any more.
    pub(crate) fn due(&self, ask: &Ask<'_>, list: List<'_>) -> Option<Vec<Due<'_>>> {
        if self.has_no_past(list) && ask.period.ends_at().plus_ms(MS_PER_DAY) <= self.now {
            return None;
        }
        let mut found = self.due_by_facts(ask, list);
        let mut records: Vec<Due<'_>> = Vec::new();
        for rule in self.rules(list) {
            for (entry, done) in self.found_by(ask, rule, list.done) {
                let record = entry.record.clone();
                match records.iter_mut().find(|known| known.record == record) {
                    // What two rules find is one thing to do.
                    Some(known) => {
                        known.done |= done;
                        if entry.at < known.entry.at {
                            known.entry = entry;
                        }
                    }
                    None => records.push(Due { record, entry, done }),
                }
            }
        }
        found.extend(records);
        Some(found)
    }

    /// Each fact that happened is due, and done once for each time that its record was done in the period, by whomever.
    fn due_by_facts(&self, ask: &Ask<'_>, list: List<'_>) -> Vec<Due<'_>> {
        let mut all = self.any_of(ask, list.due);
        all.sort_by_key(|entry| (entry.who.number(), entry.at));
        let anybody = Ask { names: Vec::new(), filters: Vec::new(), motion: None, ..ask.clone() };
        let done = self.within(&anybody, &fact(list.done));
        let mut found: Vec<Due<'_>> = Vec::new();
        for entry in all {
            let times = done.iter().filter(|done| done.who == entry.who).count();
            let before = found.iter().filter(|due| due.record == entry.who).count();
            found.push(Due { record: entry.who.clone(), entry, done: before < times });
        }
        found
    }

    /// Whether an entry counts for whoever asks: who is told of a rule by name looks after all that it finds.
    fn is_theirs(&self, ask: &Ask<'_>, rule: &Rule, entry: &Entry) -> bool {
        let is_told = ask.names.contains(&rule.to);
        ask.motion.is_none_or(|motion| motion == entry.motion)
            && rule.motion.as_ref().is_none_or(|motion| *motion == entry.motion)
            && ask.filters.iter().all(|(dimension, value)| entry.dims.get(dimension) == value.as_ref())
            && (ask.names.is_empty() || is_told || entry.owner.as_ref().is_some_and(|by| ask.names.contains(by)))
    }

    fn found_by(&self, ask: &Ask<'_>, rule: &Rule, done: &str) -> Vec<(&Entry, bool)> {
        let chain = &self.definitions.chain;
        let place = |stage: &str| chain.iter().position(|known| known.id == stage).expect("a stage");
        let is_found = |entry: &Entry| match &rule.kind {
            RuleKind::Event { fact: name } => entry.series == fact(name),
            RuleKind::Record { reached: Some(stage), .. } => entry.series == *stage,
            // There or further on, in a stage of the same kind of record.
            RuleKind::Record { within: Some(stage), .. } => entry.series.strip_prefix("open/").is_some_and(|here| {
                here != "won" && chain[place(here)].of == chain[place(stage)].of && place(here) >= place(stage)
            }),
            other => panic!("{other:?} finds no records"),
        };
        let entries = self.entries.iter().filter(|entry| is_found(entry) && self.is_theirs(ask, rule, entry));
        entries.filter_map(|entry| Some((entry, self.judge(ask, rule, entry, &fact(done))?))).collect()
    }

    /// Whether an entry was due in the period, and if so whether it was done in it.
    fn judge(&self, ask: &Ask<'_>, rule: &Rule, entry: &Entry, done: &str) -> Option<bool> {
        let (from, until) = (ask.period.starts_at(), ask.period.ends_at());
        let office = Office::of(self.definitions);
        let then = |what: &str| entry.then.get(what).copied();
        let (since, over) = match &rule.kind {
            RuleKind::Event { .. } => (entry.at, rule.ends.as_ref().and_then(|ends| then(&fact(ends)))),
            RuleKind::Record { within: Some(_), .. } => return self.judge_standing(ask, rule, entry, done),
            RuleKind::Record { without, span, .. } => {
                let since = span.map_or(entry.at, |span| office.after(entry.at, span));
                let awaited = without.as_ref().and_then(|without| then(&fact(without)));
                if awaited.is_some_and(|at| at < since) {
                    return None;
                }
                (since, [awaited, then(LOST), then(GONE)].into_iter().flatten().min())
            }
            other => panic!("{other:?} finds no records"),
        };
        match then(done) {
            Some(at) if at < from => None,
            Some(at) if at < until => (since < until).then_some(true),
            _ => (since < until && over.is_none_or(|at| at >= until)).then_some(false),
        }
    }

    fn judge_standing(&self, ask: &Ask<'_>, rule: &Rule, entry: &Entry, done: &str) -> Option<bool> {
        let RuleKind::Record { that, without, span, .. } = &rule.kind else { panic!("{:?}", rule.kind) };
        let last = |what: &str| entry.state.get(what).and_then(|at| at.as_instant());
        let done_at = last(done).filter(|at| ask.period.starts_at() <= *at && *at < ask.period.ends_at());
        let waits = without.as_ref().is_none_or(|without| {
            let since = last(&fact(without)).map_or(entry.at, |at| at.max(entry.at));
            let over = span.map_or(since, |span| Office::of(self.definitions).after(since, span));
            over <= self.now || done_at.is_some_and(|at| at <= since)
        });
        let holds = that.as_ref().is_none_or(|that| that.holds(&self.open(ask, entry)));
        let was_ended = done_at.is_some() && rule.ends.as_ref().is_some_and(|ends| fact(ends) == done);
        ((waits && holds) || was_ended).then_some(done_at.is_some())
    }
}
