//! How the portal is set up: what its administrators chose, as against the records that people keep in it.

use std::collections::BTreeMap;

use super::Object;

/// The account, its pipelines, its own properties and owners.
#[derive(Clone, Debug)]
pub struct Setup {
    pub zone: String,
    pub currency: String,
    pub more_currencies: Vec<String>,
    pub pipelines: Vec<Pipeline>,
    /// Properties whose label, type or options are not the usual ones, by kind of record and name.
    pub properties: BTreeMap<(Object, String), Property>,
    pub owners: Vec<Owner>,
    /// Outcomes of calls: id and label.
    pub dispositions: Vec<(String, String)>,
}

/// A pipeline of deals: id, label, and its stages in their order.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub id: String,
    pub label: String,
    pub stages: Vec<Stage>,
}

/// `probability` is `1.0` and `0.0` where the deal is closed.
#[derive(Clone, Debug)]
pub struct Stage {
    pub id: String,
    pub label: String,
    pub probability: String,
}

#[derive(Clone, Debug)]
pub struct Property {
    pub label: String,
    /// `string`, `number`, `date`, `datetime`, `enumeration`.
    pub kind: String,
    /// Value and label.
    pub options: Vec<(String, String)>,
    pub is_custom: bool,
}

#[derive(Clone, Debug)]
pub struct Owner {
    pub id: u64,
    pub user: u64,
    pub email: String,
    pub name: (String, String),
    /// The primary one first.
    pub teams: Vec<String>,
    pub is_archived: bool,
}

impl Default for Setup {
    /// As a new account comes: one pipeline with HubSpot's own stages, and nobody yet.
    fn default() -> Setup {
        Setup {
            zone: "America/New_York".to_owned(),
            currency: "USD".to_owned(),
            more_currencies: Vec::new(),
            pipelines: vec![Pipeline::of(
                "default",
                "Sales Pipeline",
                &[
                    ("appointmentscheduled", "Appointment Scheduled", "0.2"),
                    ("contractsent", "Contract Sent", "0.9"),
                    ("closedwon", "Closed Won", "1.0"),
                    ("closedlost", "Closed Lost", "0.0"),
                ],
            )],
            properties: BTreeMap::new(),
            owners: Vec::new(),
            dispositions: vec![("f240bbac-87c9-4f6e-bf70-124b57d47db7".to_owned(), "Connected".to_owned())],
        }
    }
}

impl Setup {
    /// Adds an owner, who is a user too.
    pub fn add_owner(&mut self, id: u64, user: u64, email: &str, team: &str) {
        let name = email.split('@').next().unwrap_or_default();
        let (first, last) = name.split_once('.').unwrap_or((name, ""));
        self.owners.push(Owner {
            id,
            user,
            email: email.to_owned(),
            name: (first.to_owned(), last.to_owned()),
            teams: if team.is_empty() { Vec::new() } else { vec![team.to_owned()] },
            is_archived: false,
        });
    }

    /// Gives a property options: value and label.
    pub fn add_options(&mut self, object: Object, name: &str, label: &str, options: &[(&str, &str)]) {
        let options = options.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect();
        self.add_property(object, name, label, "enumeration", options);
    }

    /// Gives a property a label and a type.
    pub fn add_property(
        &mut self,
        object: Object,
        name: &str,
        label: &str,
        kind: &str,
        options: Vec<(String, String)>,
    ) {
        let property = Property { label: label.to_owned(), kind: kind.to_owned(), options, is_custom: true };
        self.properties.insert((object, name.to_owned()), property);
    }
}

impl Pipeline {
    /// A pipeline with stages of id, label and probability.
    pub fn of(id: &str, label: &str, stages: &[(&str, &str, &str)]) -> Pipeline {
        let stage = |(id, label, probability): &(&str, &str, &str)| Stage {
            id: (*id).to_owned(),
            label: (*label).to_owned(),
            probability: (*probability).to_owned(),
        };
        Pipeline { id: id.to_owned(), label: label.to_owned(), stages: stages.iter().map(stage).collect() }
    }
}
