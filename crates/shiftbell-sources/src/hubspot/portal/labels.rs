//! What stands behind internal ids and values, ready to be looked up for every change: labels, e-mails of owners, zone and
//! currency.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::time::Zone;

use super::{End, Portal, Property};
use crate::words::folded;

/// The properties whose values are the ids of pipelines and stages.
const PIPELINE: &str = "pipeline";
const STAGE: &str = "dealstage";

/// HubSpot's own outcomes of calls, which have the same ids in every account.
const DISPOSITIONS: [(&str, &str); 6] = [
    ("9d9162e7-6cf3-4944-bf63-4dff82258764", "Busy"),
    ("f240bbac-87c9-4f6e-bf70-124b57d47db7", "Connected"),
    ("a4c4c377-d246-4b32-a13b-75a56a4cd0ff", "Left live message"),
    ("b2cf5968-551e-4856-9783-52b3da59a7d0", "Left voicemail"),
    ("73a0d17f-1163-4015-bdd5-ec830791da20", "No answer"),
    ("17b47fee-58de-441e-a44c-c6300d46f273", "Wrong number"),
];

/// The labels of one account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    zone: Option<Zone>,
    currency: Option<Currency>,
    /// Whether deals may be in other currencies too.
    has_more_currencies: bool,
    properties: BTreeMap<EntityKind, BTreeMap<String, Named>>,
    ends: BTreeMap<String, End>,
    /// E-mail by the id of an owner, and by that of a user: the two number by themselves.
    owners: BTreeMap<String, String>,
    users: BTreeMap<String, String>,
    forms: BTreeMap<String, String>,
    dispositions: BTreeMap<String, String>,
}

/// How HubSpot writes the values of a property.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Written {
    #[default]
    Text,
    /// A day, as its midnight in UTC.
    Day,
    Time,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Named {
    label: String,
    written: Written,
    /// Label by value.
    values: BTreeMap<String, String>,
    /// The labels as words are compared.
    folded: BTreeSet<String>,
}

impl Labels {
    pub fn new(portal: &Portal) -> Labels {
        let named = |all: &Vec<Property>| all.iter().map(|one| (one.name.clone(), Named::of(one))).collect();
        let mut properties: BTreeMap<EntityKind, BTreeMap<String, Named>> =
            portal.properties.iter().map(|(kind, all)| (*kind, named(all))).collect();
        let of_deals = properties.entry(EntityKind::Deal).or_default();
        let pipelines = portal.pipelines.iter().map(|pipeline| (pipeline.id.clone(), pipeline.label.clone()));
        of_deals.entry(PIPELINE.to_owned()).or_default().name(pipelines);
        let stages = portal.stages().map(|(_, stage)| (stage.id.clone(), stage.label.clone()));
        of_deals.entry(STAGE.to_owned()).or_default().name(stages);

        let known = portal.owners.iter().filter_map(|owner| Some((owner, owner.email.clone()?)));
        let (mut owners, mut users) = (BTreeMap::new(), BTreeMap::new());
        for (owner, email) in known {
            if let Some(user) = &owner.user {
                users.insert(user.clone(), email.clone());
            }
            owners.insert(owner.id.clone(), email);
        }
        let own = DISPOSITIONS.iter().map(|(id, label)| ((*id).to_owned(), (*label).to_owned()));
        Labels {
            zone: portal.account.zone.as_deref().and_then(Zone::named),
            currency: portal.account.currency.as_deref().and_then(Currency::from_code),
            has_more_currencies: !portal.account.more_currencies.is_empty(),
            properties,
            ends: portal.stages().filter_map(|(_, stage)| Some((stage.id.clone(), stage.end?))).collect(),
            owners,
            users,
            forms: portal.forms.iter().map(|form| (form.id.clone(), form.name.clone())).collect(),
            dispositions: own.chain(portal.dispositions.clone()).collect(),
        }
    }

    /// The label of a property.
    pub(crate) fn property(&self, entity: EntityKind, name: &str) -> Option<&str> {
        self.named(entity, name).map(|named| named.label.as_str()).filter(|label| !label.is_empty())
    }

    /// The label of a value of a property: of an option, a stage or a pipeline.
    pub fn value(&self, entity: EntityKind, property: &str, value: &str) -> Option<&str> {
        self.named(entity, property)?.values.get(value).map(String::as_str)
    }

    /// Whether a value reads like the label of another one: `appointmentscheduled` may have been renamed, and another stage
    /// called "Appointment scheduled".
    pub(crate) fn is_label_of_another(&self, entity: EntityKind, property: &str, value: &str) -> bool {
        self.named(entity, property).is_some_and(|named| {
            let word = folded(value);
            named.folded.contains(&word) && named.values.get(value).is_some_and(|label| folded(label) != word)
        })
    }

    /// How the values of a property are written; `None` where nothing is known of it.
    pub(crate) fn written(&self, entity: EntityKind, property: &str) -> Option<Written> {
        self.named(entity, property).map(|named| named.written)
    }

    /// How a deal ends in the stage with this id.
    pub fn end(&self, stage: &str) -> Option<End> {
        self.ends.get(stage).copied()
    }

    /// The e-mail of an owner by id, or of a user by id: `1001`, `userId:77`, `77`.
    pub fn email(&self, id: &str) -> Option<&str> {
        let found = match id.strip_prefix("userId:") {
            Some(user) => self.users.get(user),
            None => self.owners.get(id).or_else(|| self.users.get(id)),
        };
        found.map(String::as_str)
    }

    /// The name of a form by id.
    pub fn form(&self, id: &str) -> Option<&str> {
        self.forms.get(id).map(String::as_str)
    }

    /// The label of an outcome of a call by id.
    pub fn disposition(&self, id: &str) -> Option<&str> {
        self.dispositions.get(id).map(String::as_str)
    }

    /// The zone in which the account counts its days.
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// The account's own currency.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }

    /// Whether an amount alone does not say in which currency it is.
    pub fn has_more_currencies(&self) -> bool {
        self.has_more_currencies
    }

    fn named(&self, entity: EntityKind, property: &str) -> Option<&Named> {
        self.properties.get(&entity)?.get(property)
    }
}

impl Named {
    fn of(property: &Property) -> Named {
        let written = match property.kind.as_str() {
            "date" => Written::Day,
            "datetime" => Written::Time,
            _ => Written::Text,
        };
        let mut named = Named { label: property.label.clone(), written, ..Named::default() };
        named.name(property.options.iter().cloned());
        named
    }

    fn name(&mut self, values: impl Iterator<Item = (String, String)>) {
        for (value, label) in values {
            self.folded.insert(folded(&label));
            self.values.insert(value, label);
        }
    }
}
