//! The definitions, compiled for the fold: which kind of event concerns which fact, and which fields are worth keeping.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::closed::closed_series;
use super::revenue::RevenuePlan;
use crate::codec::Name;
use crate::contribution::name;
use crate::definitions::{
    CountOf, Definitions, Dimension, Fact, FieldName, KpiKind, Motion, Rule, RuleKind, SkipPolicy, StageOf, TimeTo,
    Who, pipeline,
};
use crate::event::{Event, kinds};
use crate::expression::Expression;
use crate::id::EntityKind;
use crate::money::Currency;
use crate::revenue::{Policy, Rates};
use crate::value::Value;

/// The definitions as the fold reads them.
#[derive(Debug)]
pub struct Plan {
    pub(crate) currency: Currency,
    pub(crate) skipped: SkipPolicy,
    pub(crate) chain: Vec<StagePlan>,
    /// The last stage of deals: who is there has won.
    pub(crate) won: Option<usize>,
    /// The series of deals that ended.
    pub(crate) closed: Option<Name>,
    pub(crate) motions: Vec<MotionPlan>,
    pub(crate) facts: Vec<FactPlan>,
    by_kind: HashMap<String, Vec<usize>>,
    any_kind: Vec<usize>,
    fields: [HashMap<String, u16>; KINDS],
    pub(crate) dims: Vec<DimPlan>,
    pub(crate) stage_measures: Vec<(usize, Name, FieldName)>,
    pub(crate) open_fields: Vec<(Name, FieldName)>,
    /// Whether people stand open from the first stage on, not only from the second.
    pub(crate) stands_from_first: bool,
    pub(crate) test_records: Vec<(FieldName, Vec<Value>)>,
    /// Whether test records are counted like others (to find out how many were left out).
    pub(crate) keeps_test_records: bool,
    pub(crate) revenue: RevenuePlan,
}

#[derive(Debug)]
pub(crate) struct StagePlan {
    pub(crate) id: Name,
    pub(crate) of: StageOf,
    pub(crate) open: Name,
    pub(crate) expansion: Name,
}

#[derive(Debug)]
pub(crate) struct MotionPlan {
    pub(crate) id: Name,
    pub(crate) who: Who,
    pub(crate) as_of_entry: bool,
    pub(crate) counts_again: bool,
    /// Whether each stage of the chain exists in this motion.
    pub(crate) has: Vec<bool>,
    /// Where its deals begin, if they can be won here.
    pub(crate) first_of_deals: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct FactPlan {
    pub(crate) fact: Fact,
    pub(crate) is_edge: bool,
    /// Whose state must become true, for edges.
    pub(crate) subject: EntityKind,
    /// Motion and stage.
    pub(crate) stages: Vec<(usize, usize)>,
    pub(crate) lost_in: Vec<usize>,
    pub(crate) gone_in: Vec<usize>,
    /// `fact/<name>`, where something counts it or waits for it.
    pub(crate) series: Option<Name>,
    /// Whether entries of stages keep the time to it.
    pub(crate) is_target: bool,
    /// Whether open records and what is due by a rule keep when it happened.
    pub(crate) is_watched: bool,
    /// Whether a worklist takes it for something to be done: its entries keep the time to what is watched.
    pub(crate) is_due: bool,
    pub(crate) measures: Vec<(Name, FieldName)>,
}

#[derive(Debug)]
pub(crate) struct DimPlan {
    pub(crate) name: Name,
    pub(crate) from: Vec<FieldName>,
    values: Vec<(String, Name)>,
    /// Whether it has cells of its own: its values are listed and few.
    pub(crate) has_cells: bool,
}

/// Most values a dimension may list to have cells of its own.
pub const CELL_VALUES_MAX: usize = 64;

/// Kinds of entity.
const KINDS: usize = EntityKind::ALL.len();

/// Fields that are kept of every entity, because messages name and address it by them.
const ALWAYS: [&str; 5] = ["owner", "email", "name", "title", "currency"];

impl Plan {
    pub fn new(definitions: &Definitions) -> Plan {
        let chain: Vec<StagePlan> = definitions
            .chain
            .iter()
            .map(|stage| StagePlan {
                id: name(&stage.id),
                of: stage.of,
                open: name(&format!("open/{}", stage.id)),
                expansion: name(&format!("expansion/{}", stage.id)),
            })
            .collect();
        let uses = Uses::of(definitions);
        let facts: Vec<FactPlan> =
            definitions.facts.iter().map(|fact| FactPlan::new(fact, definitions, &uses)).collect();
        let (mut by_kind, mut any_kind) = (HashMap::<String, Vec<usize>>::new(), Vec::new());
        for (index, plan) in facts.iter().enumerate() {
            if plan.fact.events.is_empty() {
                any_kind.push(index);
            }
            for kind in plan.fact.events.iter().collect::<BTreeSet<_>>() {
                by_kind.entry(kind.clone()).or_default().push(index);
            }
        }
        let won = chain.iter().rposition(|stage| stage.of == StageOf::Deal);
        let mut plan = Plan {
            currency: definitions.workspace.currency,
            skipped: definitions.skipped,
            won,
            closed: won.map(|won| name(&closed_series(&chain[won].id))),
            motions: definitions.motions.iter().map(|motion| MotionPlan::new(motion, definitions)).collect(),
            dims: definitions.dimensions.iter().map(DimPlan::new).collect(),
            stage_measures: uses.stage_measures(definitions),
            open_fields: uses.open_fields.iter().map(|field| (name(&field.to_string()), field.clone())).collect(),
            stands_from_first: uses.stands_from_first,
            test_records: definitions.privacy.test_records.clone(),
            keeps_test_records: false,
            revenue: RevenuePlan::new(Policy::of(&definitions.policies.mrr), Rates::clone(&definitions.policies.rates)),
            fields: Default::default(),
            chain,
            facts,
            by_kind,
            any_kind,
        };
        plan.keep_fields(&uses);
        plan
    }

    /// The same plan, counting test records too: the difference is what was left out.
    pub fn with_test_records(definitions: &Definitions) -> Plan {
        Plan { keeps_test_records: true, ..Plan::new(definitions) }
    }

    /// Whether an event of this kind can change a number by what happened. Others are counted, not folded.
    pub fn counts(&self, kind: &str) -> bool {
        self.by_kind.contains_key(kind)
            || EntityKind::from_word(kind).is_some()
            || [kinds::UNLINKED, kinds::MERGED, kinds::DELETED, kinds::RESTORED].contains(&kind)
    }

    /// Whether this event can change a number: by its kind, by what it sets, or because it links entities.
    pub fn needs(&self, event: &Event) -> bool {
        self.counts(&event.kind)
            || event.names.len() > 1
            || event.set.contains_key(&EntityKind::Subscription)
            || event.set.iter().any(|(kind, set)| set.keys().any(|key| self.field(*kind, key).is_some()))
            || self.any_kind.iter().any(|fact| !self.facts[*fact].is_edge)
    }

    /// The fields of this kind of entity that any number, message or condition reads.
    pub fn fields_of(&self, kind: EntityKind) -> impl Iterator<Item = &str> {
        self.fields[kind as usize].keys().map(String::as_str)
    }

    pub(crate) fn facts_of(&self, kind: &str) -> impl Iterator<Item = usize> + '_ {
        self.by_kind.get(kind).into_iter().flatten().chain(&self.any_kind).copied()
    }

    pub(crate) fn field(&self, kind: EntityKind, field: &str) -> Option<u16> {
        self.fields[kind as usize].get(field).copied()
    }

    fn keep_fields(&mut self, uses: &Uses) {
        let mut wanted: BTreeSet<FieldName> = uses.fields.clone();
        for fact in &self.facts {
            // Of an activity, what it says of itself is kept: it may say more later.
            let says = fact.fact.properties.iter().map(|(key, _)| key.clone());
            wanted.extend(says.map(|name| FieldName { of: EntityKind::Activity.word().to_owned(), name }));
            wanted.extend(fact.fact.state.iter().map(|(field, _)| field.clone()));
            wanted.extend(fact.fact.when.iter().flat_map(Expression::fields).cloned());
            wanted.extend(fact.measures.iter().map(|(_, field)| field.clone()));
        }
        for motion in &self.motions {
            if let Who::That(fields, sentence) = &motion.who {
                wanted.extend(fields.iter().map(|(field, _)| field.clone()));
                wanted.extend(sentence.iter().flat_map(Expression::fields).cloned());
            }
        }
        wanted.extend(self.dims.iter().flat_map(|dim| dim.from.iter().cloned()));
        wanted.extend(self.stage_measures.iter().map(|(_, _, field)| field.clone()));
        wanted.extend(self.test_records.iter().map(|(field, _)| field.clone()));
        let mut next = 0_u16;
        let mut keep = |fields: &mut [HashMap<String, u16>; KINDS], kind: EntityKind, field: &str| {
            fields[kind as usize].entry(field.to_owned()).or_insert_with(|| {
                next += 1;
                next
            });
        };
        for kind in EntityKind::ALL {
            for field in ALWAYS {
                keep(&mut self.fields, kind, field);
            }
        }
        for field in &wanted {
            match EntityKind::from_word(&field.of) {
                Some(kind) => keep(&mut self.fields, kind, &field.name),
                // What belongs to the customer belongs to whoever is the root of the account.
                None if field.of == "customer" => {
                    EntityKind::ALL.into_iter().for_each(|kind| keep(&mut self.fields, kind, &field.name));
                }
                None => keep(&mut self.fields, EntityKind::Activity, &field.name),
            }
        }
        keep(&mut self.fields, EntityKind::Activity, "by");
    }
}

/// The fields from which a field of the customer is worked out.
fn worked_out_from(field: &FieldName) -> Vec<FieldName> {
    let names: &[&str] = match field.to_string().as_str() {
        "customer.days_to_renewal" => &["subscription.renews_at", "subscription.status"],
        "customer.renewal_deal" => &["deal.kind", "subscription.renews_at", "subscription.status"],
        _ => &[],
    };
    names.iter().map(|name| FieldName::written(name)).collect()
}

/// What the KPIs and rules ask of the fold.
#[derive(Default)]
struct Uses {
    series: BTreeSet<String>,
    targets: BTreeSet<String>,
    /// Sums: the field and where it is added up.
    sums: Vec<(FieldName, CountOf)>,
    /// Facts whose last time open records keep, and whose first time after them entries that are due keep.
    watched: BTreeSet<String>,
    due: BTreeSet<String>,
    open_fields: BTreeSet<FieldName>,
    fields: BTreeSet<FieldName>,
    /// Whether people stand open from the first stage on, not only from the second.
    stands_from_first: bool,
}

impl Uses {
    fn of(definitions: &Definitions) -> Uses {
        let mut uses = Uses::default();
        for kpi in &definitions.kpis {
            match &kpi.kind {
                KpiKind::Count { of: CountOf::Facts(facts) } => uses.series.extend(facts.iter().cloned()),
                KpiKind::Time { to: TimeTo::Fact(fact), .. } => uses.wait_for(fact),
                KpiKind::Sum { of, at } => {
                    if let CountOf::Facts(facts) = at {
                        uses.series.extend(facts.iter().cloned());
                    }
                    uses.sums.push((of.clone(), at.clone()));
                }
                KpiKind::Share { of, also } => uses.series.extend([of.clone(), also.clone()]),
                KpiKind::Stock { of, filter, have } => {
                    uses.stands_from_first |= *of == StageOf::Contact;
                    uses.open_fields.extend(filter.iter().chain(have).flat_map(Expression::fields).cloned());
                }
                KpiKind::Worklist { due, due_by, done } => {
                    uses.series.extend(due.iter().cloned());
                    uses.series.insert(done.clone());
                    let rules = definitions.rules.iter().filter(|rule| due_by.contains(&rule.id));
                    rules.for_each(|rule| uses.work_off(rule, done));
                }
                KpiKind::Standard { name, .. } => uses.standard(definitions, name),
                KpiKind::Count { of: CountOf::Stage(_) }
                | KpiKind::Time { to: TimeTo::Stage(_), .. }
                | KpiKind::Conversion { .. }
                | KpiKind::Formula { .. } => {}
            }
        }
        for rule in &definitions.rules {
            uses.series.extend(rule.ends.iter().cloned());
            match &rule.kind {
                RuleKind::Event { fact } => {
                    uses.series.insert(fact.clone());
                }
                RuleKind::Record { that, without, .. } => {
                    without.iter().for_each(|fact| uses.wait_for(fact));
                    uses.open_fields.extend(that.iter().flat_map(Expression::fields).cloned());
                }
                RuleKind::Rate { .. } | RuleKind::Pace { .. } => {}
            }
        }
        uses.fields = uses.open_fields.clone();
        uses.fields.extend(uses.open_fields.iter().flat_map(worked_out_from));
        uses
    }

    /// What must be kept to know whether what a rule finds was done.
    fn work_off(&mut self, rule: &Rule, done: &str) {
        match &rule.kind {
            RuleKind::Event { fact } => {
                self.due.insert(fact.clone());
                self.watched.extend(rule.ends.iter().cloned().chain([done.to_owned()]));
            }
            RuleKind::Record { reached: Some(_), .. } => self.wait_for(done),
            RuleKind::Record { .. } => drop(self.watched.insert(done.to_owned())),
            RuleKind::Rate { .. } | RuleKind::Pace { .. } => {}
        }
    }

    /// What only standard KPIs ask for: when open deals should close, what lost ones were worth, about which nobody decided.
    fn standard(&mut self, definitions: &Definitions, name: &str) {
        match name {
            pipeline::COVERAGE => {
                self.open_fields.insert(FieldName::written(pipeline::CLOSE_AT));
            }
            pipeline::WIN_RATE_BY_VALUE => {
                for (first, won) in
                    definitions.motions.iter().filter_map(|motion| pipeline::ends_of(definitions, motion))
                {
                    let amount = pipeline::amount_of(definitions, won).cloned();
                    self.sums.extend(amount.map(|amount| (amount, CountOf::Stage(first.to_owned()))));
                }
            }
            _ => {}
        }
        self.series.extend(pipeline::policy_of(name, &definitions.policies).iter().cloned());
    }

    fn wait_for(&mut self, fact: &str) {
        self.series.insert(fact.to_owned());
        self.targets.insert(fact.to_owned());
    }

    fn stage_measures(&self, definitions: &Definitions) -> Vec<(usize, Name, FieldName)> {
        let mut found = BTreeMap::new();
        for (field, at) in &self.sums {
            if let CountOf::Stage(stage) = at
                && let Some(index) = definitions.stage_index(stage)
            {
                found.insert((index, field.clone()), name(&field.to_string()));
            }
        }
        found.into_iter().map(|((index, field), name)| (index, name, field)).collect()
    }
}

impl MotionPlan {
    fn new(motion: &Motion, definitions: &Definitions) -> MotionPlan {
        MotionPlan {
            id: name(&motion.id),
            who: motion.who.clone(),
            as_of_entry: motion.who_as_of_entry,
            counts_again: motion.counts_again,
            has: definitions.chain.iter().map(|stage| motion.stages.contains_key(&stage.id)).collect(),
            first_of_deals: pipeline::ends_of(definitions, motion)
                .and_then(|(first, _)| definitions.stage_index(first)),
        }
    }
}

impl FactPlan {
    fn new(fact: &Fact, definitions: &Definitions, uses: &Uses) -> FactPlan {
        let (mut stages, mut lost_in, mut gone_in) = (Vec::new(), Vec::new(), Vec::new());
        for (at, motion) in definitions.motions.iter().enumerate() {
            for (stage, facts) in &motion.stages {
                if let Some(index) = definitions.stage_index(stage)
                    && facts.contains(&fact.name)
                {
                    stages.push((at, index));
                }
            }
            if motion.lost.contains(&fact.name) {
                lost_in.push(at);
            }
            if motion.gone.contains(&fact.name) {
                gone_in.push(at);
            }
        }
        let measures = uses.sums.iter().filter_map(|(field, at)| match at {
            CountOf::Facts(facts) if facts.contains(&fact.name) => Some((name(&field.to_string()), field.clone())),
            CountOf::Facts(_) | CountOf::Stage(_) => None,
        });
        let mut measures: Vec<_> = measures.collect();
        measures.sort();
        measures.dedup();
        FactPlan {
            is_edge: fact.is_edge(),
            subject: subject_of(fact),
            stages,
            lost_in,
            gone_in,
            series: uses.series.contains(&fact.name).then(|| name(&format!("fact/{}", fact.name))),
            is_target: uses.targets.contains(&fact.name),
            is_watched: uses.watched.contains(&fact.name),
            is_due: uses.due.contains(&fact.name),
            measures,
            fact: fact.clone(),
        }
    }
}

/// The most specific entity whose fields a fact reads.
fn subject_of(fact: &Fact) -> EntityKind {
    let state = fact.state.iter().map(|(field, _)| field);
    state
        .chain(fact.when.iter().flat_map(Expression::fields))
        .filter_map(|field| EntityKind::from_word(&field.of))
        .min()
        .or_else(|| fact.events.iter().filter_map(|kind| EntityKind::from_word(kind)).min())
        .unwrap_or(EntityKind::Company)
}

impl DimPlan {
    fn new(dimension: &Dimension) -> DimPlan {
        DimPlan {
            name: name(&dimension.name),
            from: dimension.from.clone(),
            values: dimension.values.iter().map(|value| (plain(value), name(value))).collect(),
            has_cells: has_cells(dimension),
        }
    }

    /// Whether a value is one of those that are declared, where any are.
    pub(crate) fn knows(&self, value: &Name) -> bool {
        self.values.is_empty() || self.values.iter().any(|(_, known)| known == value)
    }

    /// A value as it is counted: spelled as declared where it differs only in case and spaces, else as it came.
    pub(crate) fn value(&self, value: &Value) -> Option<Name> {
        let text = match value {
            Value::Text(text) => text.trim().to_owned(),
            Value::Number(number) => number.normalize().to_string(),
            Value::Bool(truth) => truth.to_string(),
            Value::Null | Value::Money(_) | Value::Json(_) => return None,
        };
        if text.is_empty() {
            return None;
        }
        let wanted = plain(&text);
        let declared = self.values.iter().find(|(plain, _)| *plain == wanted).map(|(_, value)| Name::clone(value));
        Some(declared.unwrap_or_else(|| if &*self.name == "owner" { name(&text.to_lowercase()) } else { name(&text) }))
    }
}

/// Whether a dimension has cells of its own.
pub fn has_cells(dimension: &Dimension) -> bool {
    (1..=CELL_VALUES_MAX).contains(&dimension.values.len())
}

fn plain(text: &str) -> String {
    text.trim().chars().map(|c| if c == ' ' || c == '_' { '-' } else { c.to_ascii_lowercase() }).collect()
}
