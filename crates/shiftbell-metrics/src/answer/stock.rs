//! What only single entries can tell: shares, unions of facts, worklists, and what stands open now.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::measure::{Measured, Scope};
use super::tally::{Ask, days_of, kept, of_fact, segments_of};
use super::{Cannot, Figure, Rate};
use crate::codec::Name;
use crate::contribution::Entry;
use crate::definitions::{FieldName, StageOf};
use crate::expression::Expression;
use crate::id::EntityId;
use crate::period::Period;
use crate::segment::Columns;
use crate::time::{Day, Instant, MS_PER_DAY, Zone};
use crate::value::Value;

/// The events of a fact, each with its group.
type Events = BTreeMap<(EntityId, u64), Option<Name>>;

/// Days between which every record stands.
pub(super) const ALL_DAYS: (Day, Day) = (Day(-1_000_000), Day(2_000_000));

impl Scope<'_> {
    fn zone(&self) -> &Zone {
        &self.asked.defs.workspace.zone
    }

    fn events(&self, fact: &str) -> Result<Events, Cannot> {
        let ask = self.ask(of_fact(fact));
        let mut found = Events::new();
        self.each_segment(&ask, days_of(ask.period, self.zone()), |columns, keep| {
            let groups = ask.by.map(|by| columns.dim(by)).transpose()?.flatten();
            for (index, key) in columns.entities()?.into_iter().zip(columns.events()?).enumerate() {
                if keep[index] {
                    let place = groups.as_ref().map_or(0, |groups| groups[index]);
                    found.insert(key, columns.text(place)?);
                }
            }
            Ok(())
        })?;
        Ok(found)
    }

    pub(super) fn each_segment(
        &self,
        ask: &Ask<'_>,
        days: (Day, Day),
        mut see: impl FnMut(&Columns<'_>, &[bool]) -> Result<(), Cannot>,
    ) -> Result<(), Cannot> {
        for motion in &ask.motions {
            for block in self.desk.segments(segments_of(motion, &ask.series, days)) {
                let columns = block.columns()?;
                let keep = kept(ask, &columns, self.zone())?;
                if keep.contains(&true) {
                    see(&columns, &keep)?;
                }
            }
        }
        Ok(())
    }

    /// The figure of the whole and of each group.
    fn over_groups<T: Copy>(
        &self,
        groups: BTreeMap<Option<Name>, T>,
        sum: impl Fn(T, T) -> T,
        none: T,
        figure: impl Fn(T) -> Figure,
    ) -> Measured {
        let mut found = Measured::only(figure(groups.values().copied().fold(none, sum)));
        if self.by.is_some() {
            found.groups = groups.into_iter().map(|(group, part)| (group, figure(part))).collect();
        }
        found
    }

    fn over_rates(&self, rates: BTreeMap<Option<Name>, Rate>) -> Measured {
        let sum = |a: Rate, b: Rate| Rate { num: a.num + b.num, den: a.den + b.den };
        self.over_groups(rates, sum, Rate::default(), |rate| Figure::Rate { rate })
    }

    /// Of the events that are `of`, how many are also `also`.
    pub(super) fn share(&self, of: &str, also: &str) -> Result<Measured, Cannot> {
        let (all, those) = (self.events(of)?, self.events(also)?);
        Ok(self.over_rates(rates(&all, |key| those.contains_key(key))))
    }

    /// How many events are any of these facts; one that is several counts once.
    pub(super) fn any_of(&self, facts: &[String]) -> Result<Measured, Cannot> {
        let mut all = Events::new();
        for fact in facts {
            all.extend(self.events(fact)?);
        }
        let mut groups: BTreeMap<Option<Name>, i64> = BTreeMap::new();
        all.into_values().for_each(|group| *groups.entry(group).or_default() += 1);
        Ok(self.over_groups(groups, |a, b| a + b, 0, |count| Figure::Count { count }))
    }

    /// Of the records that were due in the period, how many were done in it.
    pub(super) fn worklist(&self, due: &[String], done: &str) -> Result<Measured, Cannot> {
        if due.is_empty() {
            return Err(Cannot::NotActive(format!("what is due for {} comes from rules", self.kpi.label)));
        }
        let mut records = Events::new();
        for fact in due {
            records.extend(self.events(fact)?.into_iter().map(|((entity, _), group)| ((entity, 0), group)));
        }
        let done: BTreeSet<EntityId> = self.events(done)?.into_keys().map(|(entity, _)| entity).collect();
        Ok(self.over_rates(rates(&records, |(entity, _)| done.contains(entity))))
    }

    /// The series in which records of a kind stand open: each stage at which one can stand. A deal that is won is closed;
    /// a customer who has not begun stands where it won.
    pub(super) fn open_series(&self, of: StageOf) -> Vec<String> {
        let chain = &self.asked.defs.chain;
        let won = chain.iter().rposition(|stage| stage.of == StageOf::Deal);
        let stands = |(index, stage): &(usize, &crate::definitions::Stage)| match of {
            StageOf::Customer => stage.of == of || Some(*index) == won,
            StageOf::Deal => stage.of == of && Some(*index) != won,
            StageOf::Visitor | StageOf::Contact => stage.of == of,
        };
        chain.iter().enumerate().filter(stands).map(|(_, stage)| format!("open/{}", stage.id)).collect()
    }

    /// How many records stand in a state now and, where it says `have`, how many of them also have something.
    pub(super) fn stock(
        &self,
        of: StageOf,
        filter: Option<&Expression>,
        have: Option<&Expression>,
    ) -> Result<Measured, Cannot> {
        let (now, zone) = (self.asked.now, &self.period.zone);
        let mut records: BTreeMap<Option<Name>, Rate> = BTreeMap::new();
        // What stands now: the day on which it came there does not matter.
        let ever = Period::of_days(Day(0), Day(0), self.zone());
        for series in self.open_series(of) {
            let ask = Ask { period: &ever, ..self.ask(series) };
            self.each_segment(&ask, ALL_DAYS, |columns, keep| {
                for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                    let known = Standing { entry, now, zone };
                    if filter.is_none_or(|filter| filter.holds(&known)) {
                        let group = self.by.and_then(|by| entry.dim(by)).cloned();
                        let rate = records.entry(group).or_default();
                        rate.num += i64::from(have.is_none_or(|have| have.holds(&known)));
                        rate.den += 1;
                    }
                }
                Ok(())
            })?;
        }
        if have.is_some() {
            return Ok(self.over_rates(records));
        }
        let counts = records.into_iter().map(|(group, rate)| (group, rate.den)).collect();
        Ok(self.over_groups(counts, |a, b| a + b, 0, |count| Figure::Count { count }))
    }
}

fn rates(of: &Events, counts: impl Fn(&(EntityId, u64)) -> bool) -> BTreeMap<Option<Name>, Rate> {
    let mut rates: BTreeMap<Option<Name>, Rate> = BTreeMap::new();
    for (key, group) in of {
        let rate = rates.entry(group.clone()).or_default();
        rate.num += i64::from(counts(key));
        rate.den += 1;
    }
    rates
}

/// An open record as sentences see it.
///
/// What depends on the clock is worked out here: `deal.touched_today`, `customer.days_since_contact`.
#[derive(Debug)]
pub struct Standing<'a> {
    pub entry: &'a Entry,
    pub now: Instant,
    /// Whose day "today" is.
    pub zone: &'a Zone,
}

impl crate::expression::Scope for Standing<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        let moment = |field: &str| self.entry.state(field).and_then(|value| value.as_instant());
        let value = match (field.of.as_str(), field.name.as_str()) {
            ("deal", "touched_today") => Value::Bool(
                moment("deal.last_touch_at").is_some_and(|at| self.zone.day_of(at) == self.zone.day_of(self.now)),
            ),
            ("customer", "days_since_contact") => {
                let since = moment("customer.last_contact_at").unwrap_or(self.entry.at);
                Value::Number(Decimal::from(self.now.since(since) / MS_PER_DAY))
            }
            _ => self.entry.state(&field.to_string())?,
        };
        Some(Cow::Owned(value))
    }

    fn now(&self) -> Option<Instant> {
        Some(self.now)
    }
}
