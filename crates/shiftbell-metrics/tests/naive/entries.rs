//! What an account adds to the numbers: an entry for each stage reached and each fact that happened, and what stands open.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::{Definitions, Dimension, FieldName, KpiKind, RuleKind, StageOf, TimeTo};
use shiftbell_metrics::id::{EntityKey, EntityKind};
use shiftbell_metrics::money::{Currency, Money};
use shiftbell_metrics::time::Instant;
use shiftbell_metrics::value::Value;

use super::account::{Account, Place, TODAY, person};
use super::facts::{Occurrence, View, still_holds};
use super::stages::{Reached, Ways};

/// The target under which an entry keeps when it was lost.
pub(crate) const LOST: &str = "lost";
/// The same for when its customer ended.
pub(crate) const GONE: &str = "gone";

/// Somebody reached a stage for the first time, a fact happened, or a record stands open.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) motion: String,
    /// A stage, `fact/<name>`, `open/<stage>`.
    pub(crate) series: String,
    pub(crate) who: EntityKey,
    /// What is to be done about it: what is about a customer is one thing with all that is.
    pub(crate) record: EntityKey,
    /// Which event it was, for facts.
    pub(crate) event: Option<(String, String)>,
    pub(crate) at: Instant,
    pub(crate) actor: Option<String>,
    pub(crate) owner: Option<String>,
    /// The owner of the contact.
    pub(crate) sourced: Option<String>,
    pub(crate) dims: BTreeMap<String, String>,
    /// When it came to each later stage and fact, and when it was lost.
    pub(crate) then: BTreeMap<String, Instant>,
    pub(crate) sums: BTreeMap<String, Money>,
    /// What sentences about open records ask.
    pub(crate) state: BTreeMap<String, Value>,
}

/// Who is in view of somebody.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    own: EntityKey,
    deal: Option<EntityKey>,
    contact: Option<EntityKey>,
    company: Option<EntityKey>,
}

impl Around {
    fn who(&self, kind: EntityKind) -> Option<&EntityKey> {
        match kind {
            kind if kind == self.own.kind => Some(&self.own),
            EntityKind::Deal => self.deal.as_ref(),
            EntityKind::Contact => self.contact.as_ref(),
            EntityKind::Company => self.company.as_ref(),
            _ => None,
        }
    }
}

/// Everything that is known of an account.
pub(crate) struct Known<'d> {
    pub(crate) definitions: &'d Definitions,
    pub(crate) account: &'d Account,
    pub(crate) now: Instant,
    pub(crate) all: Vec<Occurrence<'d>>,
    pub(crate) ways: Ways<'d>,
}

impl<'d> Known<'d> {
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let mut entries = self.stage_entries();
        entries.extend(self.all.iter().filter_map(|seen| self.fact_entry(seen)));
        entries.extend(super::open::open_entries(self));
        entries
    }

    fn stage_entries(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let counted = self.ways.of.iter().filter(|(who, _)| !self.account.left_out.contains(who));
        for (who, way) in counted {
            // What a customer buys later is counted apart.
            let apart = if self.ways.expansion.contains(who) { "expansion/" } else { "" };
            for (stage, reached) in way {
                let mut entry = self.entry(who, &format!("{apart}{stage}"), *reached);
                entry.then = self.then(who, stage, reached.at);
                for field in self.measures_at(stage) {
                    let amount = self.money(&field, &self.around(who));
                    entry.sums.extend(amount.map(|amount| (field.to_string(), amount)));
                }
                entries.push(entry);
            }
        }
        entries
    }

    /// An entry of somebody at an event, as they were then.
    pub(crate) fn entry(&self, who: &EntityKey, series: &str, reached: Reached<'_>) -> Entry {
        let around = self.around(who);
        let owner = |kind| self.account.owner(around.who(kind)?, reached.place);
        Entry {
            motion: reached.motion.id.clone(),
            series: series.to_owned(),
            who: who.clone(),
            record: who.clone(),
            event: None,
            at: reached.at,
            actor: person(self.account.event(reached.place.min(self.account.events.len() - 1)).owner.as_deref()),
            owner: owner(who.kind).or_else(|| owner(EntityKind::Contact)).or_else(|| owner(EntityKind::Company)),
            sourced: owner(EntityKind::Contact),
            dims: self.dims(&around, reached.place),
            then: BTreeMap::new(),
            sums: BTreeMap::new(),
            state: BTreeMap::new(),
        }
    }

    /// Somebody's contact, first deal and company.
    pub(crate) fn around(&self, who: &EntityKey) -> Around {
        let is_root = *who == self.account.root;
        let mut deals = self.ways.counted_for.iter().filter(|(_, contact)| is_root || contact == who);
        // A deal that counts for nobody is still the account's.
        let deal =
            deals.next().map(|(deal, _)| deal.clone()).or_else(|| if is_root { self.earliest_deal() } else { None });
        Around { own: who.clone(), deal, contact: self.account.contact_of(who), company: self.account.company() }
    }

    /// Of all deals that reached a stage, whoever they count for, the one that did so first.
    fn earliest_deal(&self) -> Option<EntityKey> {
        let deals = self.ways.of.iter().filter(|(who, way)| {
            who.kind == EntityKind::Deal && !way.is_empty() && !self.account.left_out.contains(*who)
        });
        let began = |way: &BTreeMap<_, Reached<'d>>| way.values().map(|reached| reached.at).min();
        deals.min_by_key(|(who, way)| (began(way), who.number())).map(|(who, _)| who.clone())
    }

    /// The first deal of the account.
    pub(crate) fn first_deal(&self) -> Option<EntityKey> {
        self.around(&self.account.root).deal
    }

    /// The dimensions: as they were at an event; where not known by then, as they became known first.
    fn dims(&self, around: &Around, place: Place) -> BTreeMap<String, String> {
        let mut dims = BTreeMap::new();
        for dimension in &self.definitions.dimensions {
            let asked = || {
                dimension.from.iter().filter_map(|field| {
                    let kind = EntityKind::from_word(&field.of)?;
                    Some((around.who(kind)?, field.name.as_str()))
                })
            };
            let then = asked().find_map(|(who, field)| spelled(dimension, &self.account.value(who, field, place)?));
            let first = || {
                let later = asked().filter_map(|(who, field)| {
                    self.account.first_after(who, field, place, |value| spelled(dimension, value))
                });
                later.min_by_key(|(at, _)| *at).map(|(_, value)| value)
            };
            dims.extend(then.or_else(first).map(|value| (dimension.name.clone(), value)));
        }
        dims
    }

    /// When an entry at a stage came to each later stage and to the facts that somebody waits for, and when it was lost.
    fn then(&self, who: &EntityKey, stage: &str, entered: Instant) -> BTreeMap<String, Instant> {
        let chain = &self.definitions.chain;
        let index = chain.iter().position(|known| known.id == stage).expect("a stage of the chain");
        let mut then = BTreeMap::new();
        for later in &chain[index + 1..] {
            let at = self.ways.reached(self.definitions, self.account, who, &later.id).filter(|at| *at >= entered);
            then.extend(at.map(|at| (later.id.clone(), at)));
        }
        then.extend(self.first_facts(who, entered));
        if chain[index].of != StageOf::Customer && stage != "won" {
            let lost = self.losses(who).into_iter().filter(|at| *at >= entered).min();
            then.extend(lost.map(|at| (LOST.to_owned(), at)));
        } else {
            let gone = self.all.iter().filter(|seen| seen.motion.gone.contains(&seen.fact.name));
            let gone = gone.map(|seen| seen.at).filter(|at| *at >= entered).min();
            then.extend(gone.map(|at| (GONE.to_owned(), at)));
        }
        then
    }

    /// When facts that somebody waits for first happened to somebody from an instant on.
    fn first_facts(&self, who: &EntityKey, from: Instant) -> BTreeMap<String, Instant> {
        let first = |fact: &str| {
            let seen = self.all.iter().filter(|seen| seen.fact.name == fact && seen.at >= from);
            seen.filter(|seen| self.concerns(seen, who)).map(|seen| seen.at).min()
        };
        awaited(self.definitions).into_iter().filter_map(|fact| Some((format!("fact/{fact}"), first(fact)?))).collect()
    }

    /// When each of those facts last happened to somebody, as the event says that told it.
    pub(crate) fn last_facts(&self, who: &EntityKey) -> BTreeMap<String, Instant> {
        let last = |fact: &str| {
            let seen = self.all.iter().filter(|seen| seen.fact.name == fact && self.concerns(seen, who));
            seen.map(|seen| self.account.event(seen.place).at).max()
        };
        awaited(self.definitions).into_iter().filter_map(|fact| Some((format!("fact/{fact}"), last(fact)?))).collect()
    }

    /// Whether a fact concerns somebody: itself, a contact of its, or anybody for the whole account.
    pub(crate) fn concerns(&self, seen: &Occurrence<'_>, who: &EntityKey) -> bool {
        match who.kind {
            EntityKind::Contact => seen.contact.as_ref() == Some(who),
            EntityKind::Visitor => seen.contact.is_some() && seen.contact == self.account.contact_of(who),
            EntityKind::Deal => {
                let contacts = self.account.contacts_of(who);
                seen.deal.as_ref() == Some(who) || seen.contact.as_ref().is_some_and(|by| contacts.contains(by))
            }
            _ => true,
        }
    }

    /// The losses of deals, else of contacts.
    fn lost(&self) -> impl Iterator<Item = (&EntityKey, &Occurrence<'d>)> {
        let lost = self.all.iter().filter(|seen| seen.motion.lost.contains(&seen.fact.name));
        lost.filter_map(|seen| Some((seen.deal.as_ref().or(seen.contact.as_ref())?, seen)))
    }

    /// When somebody was lost, alone or with a deal.
    fn losses(&self, who: &EntityKey) -> Vec<Instant> {
        let person = match who.kind {
            EntityKind::Visitor => self.account.contact_of(who).unwrap_or_else(|| who.clone()),
            _ => who.clone(),
        };
        let is_of = |lost: &EntityKey| {
            let counted = self.ways.counted_for.iter().any(|(deal, contact)| deal == lost && *contact == person);
            *lost == person || (counted && !self.ways.expansion.contains(lost))
        };
        // Who is not lost any more was not lost.
        self.lost().filter(|(lost, _)| is_of(lost) && self.is_lost(lost)).map(|(_, seen)| seen.at).collect()
    }

    /// Whether somebody is lost today: a state that no longer holds is over, a thing that happened is not.
    pub(crate) fn is_lost(&self, who: &EntityKey) -> bool {
        self.lost().any(|(lost, seen)| lost == who && still_holds(self.account, seen))
    }

    fn measures_at(&self, stage: &str) -> Vec<FieldName> {
        super::open::measures(self.definitions)
            .into_iter()
            .filter(|(at, _)| at == stage)
            .map(|(_, field)| field)
            .collect()
    }

    /// An amount as known today.
    pub(crate) fn money(&self, field: &FieldName, around: &Around) -> Option<Money> {
        let who = around.who(EntityKind::from_word(&field.of)?)?;
        let currency = self.account.value(who, "currency", TODAY);
        let currency = currency.and_then(|code| Currency::from_code(code.as_text()?));
        self.account.value(who, &field.name, TODAY)?.as_money(currency.unwrap_or(self.definitions.workspace.currency))
    }

    fn fact_entry(&self, seen: &Occurrence<'d>) -> Option<Entry> {
        let stored = &self.account.events[seen.place];
        let kinds =
            [EntityKind::Subscription, EntityKind::Deal, EntityKind::Contact, EntityKind::Visitor, EntityKind::Company];
        let who = kinds.into_iter().find_map(|kind| self.account.named(seen.place, kind))?;
        let view = View::at(self.account, seen.place);
        let in_view = |kind| view.who(kind).filter(|_| kind != who.kind);
        let around = Around {
            own: who.clone(),
            deal: in_view(EntityKind::Deal),
            contact: in_view(EntityKind::Contact),
            company: in_view(EntityKind::Company),
        };
        let owner = |kind| self.account.owner(around.who(kind)?, seen.place);
        let said = stored.event.properties.get("motion").and_then(Value::as_text);
        let motion = said.and_then(|said| self.definitions.motion(said)).unwrap_or(seen.motion);
        let amount = stored.event.properties.get("amount").filter(|_| stored.event.kind == "spend");
        let amount = amount.and_then(|amount| amount.as_money(self.definitions.workspace.currency));
        let series = format!("fact/{}", seen.fact.name);
        let reached = Reached { at: seen.at, place: seen.place, motion };
        let is_of_customer = [EntityKind::Company, EntityKind::Subscription].contains(&who.kind);
        Some(Entry {
            record: if is_of_customer { self.account.root.clone() } else { who.clone() },
            then: self.first_facts(&who, seen.at),
            event: Some((stored.source.clone(), stored.event.id.clone())),
            owner: owner(who.kind)
                .or_else(|| owner(EntityKind::Deal))
                .or_else(|| owner(EntityKind::Contact))
                .or_else(|| owner(EntityKind::Company)),
            sourced: owner(EntityKind::Contact),
            dims: self.dims(&around, seen.place),
            sums: amount.map(|amount| ("spend.amount".to_owned(), amount)).into_iter().collect(),
            ..self.entry(&who, &series, reached)
        })
    }
}

/// The facts that a time is measured to, or that a rule or a worklist waits for.
fn awaited(definitions: &Definitions) -> Vec<&str> {
    let mut facts: Vec<&str> = Vec::new();
    for kpi in &definitions.kpis {
        match &kpi.kind {
            KpiKind::Time { to: TimeTo::Fact(fact), .. } => facts.push(fact),
            KpiKind::Worklist { done, .. } => facts.push(done),
            _ => {}
        }
    }
    for rule in &definitions.rules {
        facts.extend(rule.ends.as_deref());
        if let RuleKind::Record { without, .. } = &rule.kind {
            facts.extend(without.as_deref());
        }
    }
    facts
}

/// A value as it is counted: as declared where it differs only in case, spaces and underscores; owners in lower case.
pub(crate) fn spelled(dimension: &Dimension, value: &Value) -> Option<String> {
    let text = value.as_text()?.trim().to_owned();
    let plain = |text: &str| text.to_ascii_lowercase().replace([' ', '_'], "-");
    let declared = dimension.values.iter().find(|known| plain(known) == plain(&text)).cloned();
    let text = if dimension.name == "owner" { text.to_lowercase() } else { text };
    declared.or(Some(text)).filter(|text| !text.is_empty())
}
