//! What a HubSpot account is set up as: its time zone and currencies, pipelines, properties, forms, owners, and what the
//! token may read.
//!
//! [`Survey`] reads it without doing any input or output itself, as [`super::poll::Poll`] reads records: it says which
//! request comes next, and takes the answer. It is read once at the beginning of every round, and by `shiftbell init`.
//!
//! A token that may not read one part still reads the others: what is missing is kept, with its sentence, under
//! [`Portal::unread`]. Only a token that is refused altogether ends a survey.

mod labels;
mod read;
mod scopes;
mod survey;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use shiftbell_metrics::id::EntityKind;

pub use labels::Labels;
pub(crate) use labels::Written;
pub use scopes::{Need, SCOPES, Scope, ask_token, granted, lacking};
pub use survey::{Ask, Survey};

/// What an account is set up as.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Portal {
    pub account: Account,
    /// What the token may read, by HubSpot's names; `None` where HubSpot did not tell.
    pub scopes: Option<BTreeSet<String>>,
    /// The user who made the token.
    pub made_by: Option<String>,
    /// Of deals, in the order in which HubSpot shows them.
    pub pipelines: Vec<Pipeline>,
    /// Of contacts, companies and deals.
    pub properties: BTreeMap<EntityKind, Vec<Property>>,
    pub forms: Vec<Form>,
    /// Archived ones too: what they did stays theirs.
    pub owners: Vec<Owner>,
    /// Outcomes of calls: label by id.
    pub dispositions: BTreeMap<String, String>,
    /// What could not be read, and why, in a sentence.
    pub unread: BTreeMap<Piece, String>,
}

/// A piece of what an account is set up as, each of which may be there without the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Piece {
    Account,
    Pipelines,
    Contacts,
    Companies,
    Deals,
    Forms,
    Owners,
}

/// The account itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The id of the portal.
    pub id: String,
    /// IANA name, such as `US/Eastern`.
    pub zone: Option<String>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Others in which deals may be.
    pub more_currencies: Vec<String>,
}

/// A pipeline of deals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pipeline {
    pub id: String,
    pub label: String,
    pub stages: Vec<Stage>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Internal: `closedwon`, `1f4f1ec1-...` or `123456`.
    pub id: String,
    pub label: String,
    pub end: Option<End>,
}

/// How a deal ends in a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    Won,
    Lost,
}

/// A property of one kind of record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    pub name: String,
    pub label: String,
    /// `string`, `number`, `date`, `datetime`, `enumeration`, `bool`.
    pub kind: String,
    /// Whether the company made it.
    pub is_custom: bool,
    /// Label by value.
    pub options: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    pub id: String,
    pub name: String,
}

/// Somebody to whom records belong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The id that stands in `hubspot_owner_id`.
    pub id: String,
    /// The id of the user, which stands in `sourceId`; an archived owner's too.
    pub user: Option<String>,
    pub email: Option<String>,
    pub name: String,
    /// The primary one first.
    pub teams: Vec<String>,
    pub is_active: bool,
}

impl Portal {
    /// Every stage with its pipeline.
    pub fn stages(&self) -> impl Iterator<Item = (&Pipeline, &Stage)> {
        self.pipelines.iter().flat_map(|pipeline| pipeline.stages.iter().map(move |stage| (pipeline, stage)))
    }

    /// What could not be read this time is as it was.
    pub fn fill_from(&mut self, before: Portal) {
        for piece in self.unread.keys() {
            match piece {
                Piece::Account => self.account = before.account.clone(),
                Piece::Pipelines => self.pipelines.clone_from(&before.pipelines),
                Piece::Contacts | Piece::Companies | Piece::Deals => {}
                Piece::Forms => self.forms.clone_from(&before.forms),
                Piece::Owners => self.owners.clone_from(&before.owners),
            }
        }
        for (kind, properties) in before.properties {
            self.properties.entry(kind).or_insert(properties);
        }
    }

    /// What the token lacks of everything that is read; nothing where HubSpot did not tell.
    pub fn lacks(&self) -> Vec<&'static Scope> {
        self.scopes.as_ref().map(|granted| scopes::lacking(granted).collect()).unwrap_or_default()
    }
}
