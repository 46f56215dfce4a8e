//! What only single entries can tell: shares, unions of facts, and what stands open now.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::measure::{Measured, Scope};
use super::tally::{Ask, days_of, kept, of_fact, segments_of};
use super::{Cannot, Figure, Rate};
use crate::codec::Name;
use crate::contribution::Entry;
use crate::definitions::{FieldName, StageOf};
use crate::expression::Expression;
use crate::fold::{MRR_CHANGES, RENEWS_AT};
use crate::id::EntityId;
use crate::money::Currency;
use crate::period::Period;
use crate::revenue::Exact;
use crate::segment::Columns;
use crate::time::{Day, Instant, MS_PER_DAY, Zone};
use crate::value::Value;

/// What happened of a fact, and its group. A movement of recurring revenue is told at the latest event before it: of two that are
/// told at one, their times tell which is which.
type Events = BTreeMap<(EntityId, Instant, u64), Option<Name>>;

/// A record behind a number: since when, its group, and whether it counts as it should (is done, has what it should have).
#[derive(Clone, Debug)]
pub(super) struct Behind {
    pub(super) entity: EntityId,
    pub(super) at: Instant,
    pub(super) group: Option<Name>,
    pub(super) counts: bool,
}

/// Days between which every record stands.
pub(super) const ALL_DAYS: (Day, Day) = (Day(-1_000_000), Day(2_000_000));

impl Scope<'_> {
    fn zone(&self) -> &Zone {
        &self.asked.defs.workspace.zone
    }

    pub(super) fn events(&self, fact: &str) -> Result<Events, Cannot> {
        let ask = self.ask(of_fact(fact));
        let mut found = Events::new();
        self.each_segment(&ask, days_of(ask.period, self.zone()), |columns, keep| {
            let groups = ask.by.map(|by| columns.dim(by)).transpose()?.flatten();
            let keys = columns.entities()?.into_iter().zip(columns.events()?);
            for (index, ((entity, event), at)) in keys.zip(columns.at()?).enumerate() {
                if keep[index] {
                    let place = groups.as_ref().map_or(0, |groups| groups[index]);
                    found.insert((entity, at, event), columns.text(place)?);
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

    /// Of these records, how many count, in whole and by group.
    pub(super) fn over_records(&self, records: impl IntoIterator<Item = Behind>) -> Measured {
        let mut rates: BTreeMap<Option<Name>, Rate> = BTreeMap::new();
        for record in records {
            let rate = rates.entry(record.group).or_default();
            rate.num += i64::from(record.counts);
            rate.den += 1;
        }
        let sum = |a: Rate, b: Rate| Rate { num: a.num + b.num, den: a.den + b.den };
        self.over_groups(rates, sum, Rate::default(), |rate| Figure::Rate { rate })
    }

    /// The events that are `of`, and whether each is also `also`.
    pub(super) fn shared(&self, of: &str, also: &str) -> Result<Vec<Behind>, Cannot> {
        let (all, those) = (self.events(of)?, self.events(also)?);
        let behind = all.into_iter().map(|(key, group)| {
            let counts = those.contains_key(&key);
            Behind { entity: key.0, at: key.1, group, counts }
        });
        Ok(behind.collect())
    }

    /// The events that are any of these facts; one that is several is there once.
    pub(super) fn happened(&self, facts: &[String]) -> Result<Vec<Behind>, Cannot> {
        let mut all = Events::new();
        for fact in facts {
            all.extend(self.events(fact)?);
        }
        let behind = all.into_iter().map(|((entity, at, _), group)| Behind { entity, at, group, counts: true });
        Ok(behind.collect())
    }

    /// How many events are any of these facts.
    pub(super) fn any_of(&self, facts: &[String]) -> Result<Measured, Cannot> {
        let mut groups: BTreeMap<Option<Name>, i64> = BTreeMap::new();
        self.happened(facts)?.into_iter().for_each(|record| *groups.entry(record.group).or_default() += 1);
        Ok(self.over_groups(groups, |a, b| a + b, 0, |count| Figure::Count { count }))
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

    /// How records stand is not kept: whoever asks for a period that is over since more than a day is told so.
    pub(super) fn must_be_recent(&self) -> Result<(), Cannot> {
        let asks_for_past = self.asked.question.period.is_some() || self.asked.question.versus.is_some();
        if asks_for_past && self.period.ends_at().plus_ms(MS_PER_DAY) <= self.asked.now {
            return Err(Cannot::NoPast(self.kpi.label.clone()));
        }
        Ok(())
    }

    pub(super) fn standing<'e>(&'e self, entry: &'e Entry) -> Standing<'e> {
        let currency = self.asked.defs.workspace.currency;
        Standing { entry, now: self.asked.now, zone: &self.period.zone, currency }
    }

    /// How many records stand in a state now and, where it says `have`, how many of them also have something.
    pub(super) fn stock(
        &self,
        of: StageOf,
        filter: Option<&Expression>,
        have: Option<&Expression>,
    ) -> Result<Measured, Cannot> {
        let records = self.stand(of, filter, have)?;
        if have.is_some() {
            return Ok(self.over_records(records));
        }
        let mut counts: BTreeMap<Option<Name>, i64> = BTreeMap::new();
        records.into_iter().for_each(|record| *counts.entry(record.group).or_default() += 1);
        Ok(self.over_groups(counts, |a, b| a + b, 0, |count| Figure::Count { count }))
    }

    /// The records that stand in a state now, and whether each has what it should have.
    pub(super) fn stand(
        &self,
        of: StageOf,
        filter: Option<&Expression>,
        have: Option<&Expression>,
    ) -> Result<Vec<Behind>, Cannot> {
        self.must_be_recent()?;
        let mut records = Vec::new();
        // What stands now: the day on which it came there does not matter.
        let ever = Period::of_days(Day(0), Day(0), self.zone());
        for series in self.open_series(of) {
            let ask = Ask { period: &ever, ..self.ask(series) };
            self.each_segment(&ask, ALL_DAYS, |columns, keep| {
                for (entry, _) in columns.entries()?.iter().zip(keep).filter(|(_, keep)| **keep) {
                    let known = self.standing(entry);
                    if !entry.is_over(known.now) && filter.is_none_or(|filter| filter.holds(&known)) {
                        let group = self.by.and_then(|by| entry.dim(by)).cloned();
                        let counts = have.is_none_or(|have| have.holds(&known));
                        records.push(Behind { entity: entry.entity, at: entry.at, group, counts });
                    }
                }
                Ok(())
            })?;
        }
        Ok(records)
    }
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
    /// In which what customers pay is added up.
    pub currency: Currency,
}

impl Standing<'_> {
    /// What the customer pays a month now: every change until now, added up exactly and rounded once.
    fn mrr(&self) -> Option<Value> {
        let Value::Json(serde_json::Value::Array(changes)) = self.entry.state(MRR_CHANGES)? else { return None };
        let until_now = changes.iter().filter(|change| change[0].as_i64().is_some_and(|at| Instant(at) <= self.now));
        let amounts = until_now.filter_map(|change| change[1].as_str()?.parse::<Exact>().ok());
        Some(Value::Money(amounts.sum::<Exact>().to_money(self.currency)?))
    }
}

impl crate::expression::Scope for Standing<'_> {
    fn field(&self, field: &FieldName) -> Option<Cow<'_, Value>> {
        let moment = |field: &str| self.entry.state(field).and_then(|value| value.as_instant());
        let value = match (field.of.as_str(), field.name.as_str()) {
            ("deal", "touched_today") => Value::Bool(
                moment("deal.last_touch_at").is_some_and(|at| self.zone.day_of(at) == self.zone.day_of(self.now)),
            ),
            ("customer", "days_to_renewal") => match moment(RENEWS_AT) {
                Some(at) => Value::Number(Decimal::from(at.since(self.now).div_euclid(MS_PER_DAY))),
                None => self.entry.state("customer.days_to_renewal")?,
            },
            ("customer", "mrr") => self.mrr().or_else(|| self.entry.state("customer.mrr"))?,
            ("customer", "owner") => Value::text(self.entry.owner.as_deref()?),
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
