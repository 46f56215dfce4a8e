//! Worklists: of the records that were due, how many were done.
//!
//! A record is due by a fact (`due`) or because a rule finds it (`due_by`). By a rule it is due from when the rule finds it
//! until it is done or over; so it is due on each of those days, and done on one of them.

use std::collections::BTreeMap;

use super::Cannot;
use super::measure::Scope;
use super::stock::{ALL_DAYS, Behind, Standing};
use super::tally::{Ask, of_fact};
use crate::calendar::{after, home};
use crate::contribution::{ACCOUNT, Entry, GONE, LOST};
use crate::definitions::{Definitions, Place, Rule, RuleKind};
use crate::id::EntityId;
use crate::period::Period;
use crate::question::Question;
use crate::segment::Credit;
use crate::time::{Day, Instant};

/// What happened longer ago is no work of today any more.
const DAYS_BACK: i32 = 400;

/// Records that are due.
type Records = BTreeMap<EntityId, Behind>;

impl Scope<'_> {
    /// The records that were due in the period, and whether each was done in it.
    pub(super) fn due(&self, due: &[String], due_by: &[String], done: &str) -> Result<Vec<Behind>, Cannot> {
        let mut found = self.due_by_facts(due, done)?;
        let mut records = Records::new();
        for rule in self.asked.defs.rules.iter().filter(|rule| due_by.contains(&rule.id)) {
            self.found_by(rule, done, &mut records)?;
        }
        found.extend(records.into_values());
        Ok(found)
    }

    /// What facts of the period say is due. A record that is due twice is done once it was done twice.
    fn due_by_facts(&self, due: &[String], done: &str) -> Result<Vec<Behind>, Cannot> {
        if due.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = BTreeMap::new();
        for fact in due {
            all.extend(self.events(fact)?);
        }
        // Whoever does it, whatever is known of the record by then: it is done.
        let (question, defs) = (Question { filters: Vec::new(), ..self.asked.question.clone() }, self.asked.defs);
        let anybody = super::Asked { names: &[], question: &question, ..self.asked.clone() };
        let motions: Vec<&str> = defs.motions.iter().map(|motion| motion.id.as_str()).chain([""]).collect();
        let scope = Scope { asked: &anybody, motions: &motions, ..*self };
        let mut left: BTreeMap<EntityId, usize> = BTreeMap::new();
        for (entity, ..) in scope.events(done)?.into_keys() {
            *left.entry(entity).or_default() += 1;
        }
        let behind = all.into_iter().map(|((entity, at, _), group)| {
            let left = left.entry(entity).or_default();
            let counts = *left > 0;
            *left -= usize::from(counts);
            Behind { entity, at, group, counts }
        });
        Ok(behind.collect())
    }

    fn found_by(&self, rule: &Rule, done: &str, records: &mut Records) -> Result<(), Cannot> {
        let asked = super::Asked { names: self.names_for(rule), ..self.asked.clone() };
        let scope = Scope { asked: &asked, ..*self };
        let motions: Vec<&str> =
            self.motions.iter().copied().filter(|one| rule.motion.as_deref().is_none_or(|only| only == *one)).collect();
        let work = Work { rule, done: of_fact(done), from: self.period.starts_at(), until: self.period.ends_at() };
        let home = home(self.asked.defs);
        let series = match &rule.kind {
            RuleKind::Event { fact } => vec![of_fact(fact)],
            RuleKind::Record { reached: Some(stage), .. } => vec![stage.clone()],
            RuleKind::Record { within: Some(stage), .. } => self.stands_from(stage),
            RuleKind::Record { .. } | RuleKind::Rate { .. } | RuleKind::Pace { .. } => Vec::new(),
        };
        let stands = is_standing(rule);
        if stands {
            self.must_be_recent()?;
        }
        let ever = Period::of_days(Day(0), Day(0), &self.asked.defs.workspace.zone);
        let days = if stands { ALL_DAYS } else { (self.period.from.plus(-DAYS_BACK), self.period.until) };
        for series in series {
            let ask = Ask { period: &ever, motions: motions.clone(), credit: &[Credit::Owner], ..scope.ask(series) };
            scope.each_segment(&ask, days, |columns, keep| {
                for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                    let state = match &rule.kind {
                        RuleKind::Event { .. } => work.of_event(entry),
                        RuleKind::Record { .. } if stands && entry.is_over(asked.now) => None,
                        RuleKind::Record { .. } if stands => work.of_standing(&self.standing(entry), &home),
                        RuleKind::Record { .. } => work.of_reached(entry, &home),
                        RuleKind::Rate { .. } | RuleKind::Pace { .. } => None,
                    };
                    if let Some(is_done) = state {
                        let entity = record_of(entry);
                        let group = self.by.and_then(|by| entry.dim(by)).cloned();
                        let own = Behind { entity, at: entry.at, group, counts: is_done };
                        let known = records.entry(entity).or_insert_with(|| own.clone());
                        let counts = known.counts || is_done;
                        // Of several ways in which it came to be due, the first says since when, and what it is counted with.
                        *known = Behind { counts, ..if own.at < known.at { own } else { known.clone() } };
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Who must own a record for it to be due to whoever is asked for: nobody in particular, where the rule tells it to
    /// everybody of their role, or to them by name.
    fn names_for(&self, rule: &Rule) -> &[String] {
        let defs = self.asked.defs;
        let of = |email: &str| self.asked.names.iter().any(|name| name.eq_ignore_ascii_case(email));
        let Some(person) = defs.people.iter().find(|person| of(&person.email)) else { return self.asked.names };
        let is_told = |to: &str| {
            of(to) || defs.destinations.get(to).is_some_and(|destination| destination.seen_by == person.role)
        };
        let is_for_them = is_told(&rule.to) || rule.also_to.as_deref().is_some_and(is_told);
        if is_for_them { &[] } else { self.asked.names }
    }

    /// The series in which those stand open who reached a stage, there or further on.
    fn stands_from(&self, stage: &str) -> Vec<String> {
        let defs = self.asked.defs;
        let Some(from) = defs.stage_index(stage) else { return Vec::new() };
        let of = defs.chain[from].of;
        let further = defs.chain[from..].iter().map(|stage| format!("open/{}", stage.id));
        let open = self.open_series(of);
        further.filter(|series| open.contains(series)).collect()
    }
}

/// One record to be done: the account where it is known, else what it is.
fn record_of(entry: &Entry) -> EntityId {
    let account = entry.state(ACCOUNT).and_then(|account| i64::try_from(account.as_number()?).ok());
    account.map_or(entry.entity, EntityId)
}

/// What a rule makes of a record in a period: `None` if it is not due, else whether it was done.
struct Work<'a> {
    rule: &'a Rule,
    /// The series of the fact that does it.
    done: String,
    from: Instant,
    until: Instant,
}

impl Work<'_> {
    fn is_in(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }

    /// Due since `since`, done and over when: the same for all kinds of rules.
    fn judge(&self, since: Instant, done: Option<Instant>, over: Option<Instant>) -> Option<bool> {
        if since >= self.until || done.is_some_and(|at| at < self.from) {
            return None;
        }
        if done.is_some_and(|at| at < self.until) {
            return Some(true);
        }
        // What is over by itself needs nobody any more.
        over.is_none_or(|at| at >= self.until).then_some(false)
    }

    fn of_event(&self, entry: &Entry) -> Option<bool> {
        let when = |series: &str| entry.lag(series).map(|lag| entry.at.plus_ms(lag));
        let over = self.rule.ends.as_deref().and_then(|ends| when(&of_fact(ends)));
        self.judge(entry.at, when(&self.done), over)
    }

    fn of_reached(&self, entry: &Entry, home: &Place) -> Option<bool> {
        let RuleKind::Record { without, span, .. } = &self.rule.kind else { return None };
        let since = span.map_or(Some(entry.at), |span| after(home, entry.at, span))?;
        let when = |series: &str| entry.lag(series).map(|lag| entry.at.plus_ms(lag));
        let awaited = without.as_deref().and_then(|fact| when(&of_fact(fact)));
        if awaited.is_some_and(|at| at < since) {
            return None;
        }
        let over = [awaited, when(LOST), when(GONE)].into_iter().flatten().min();
        self.judge(since, when(&self.done), over)
    }

    /// How a record stands is only known as it is now.
    fn of_standing(&self, standing: &Standing<'_>, home: &Place) -> Option<bool> {
        let (entry, now) = (standing.entry, standing.now);
        let RuleKind::Record { that, without, span, .. } = &self.rule.kind else { return None };
        let moment = |series: &str| entry.state(series).and_then(|value| value.as_instant());
        let done = moment(&self.done).filter(|at| self.is_in(*at));
        // What was done is often what ends it: then the rule finds it no more.
        let was_ended = done.is_some() && self.rule.ends.as_deref().is_some_and(|ends| of_fact(ends) == self.done);
        let waited = without.as_deref().is_none_or(|fact| {
            let last = moment(&of_fact(fact)).unwrap_or(entry.at).max(entry.at);
            let over = span.map_or(Some(last), |span| after(home, last, span));
            done.is_some_and(|done| done <= last) || over.is_some_and(|over| over <= now)
        });
        let holds = that.as_ref().is_none_or(|that| that.holds(standing));
        ((waited && holds) || was_ended).then_some(done.is_some())
    }
}

/// Whether a rule looks at how records stand now.
fn is_standing(rule: &Rule) -> bool {
    matches!(&rule.kind, RuleKind::Record { within: Some(_), reached: None, .. })
}

/// Whether a worklist depends on how records stand now.
pub(super) fn depends_on_now(defs: &Definitions, due_by: &[String]) -> bool {
    defs.rules.iter().any(|rule| due_by.contains(&rule.id) && is_standing(rule))
}
