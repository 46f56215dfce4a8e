//! Where it comes from, and questions on which honest people differ.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::span::Span;
use crate::revenue::Rates;

/// Where a secret is found. The definitions file never holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFrom {
    Env(String),
    File(String),
}

/// Which kinds of source and outlet the program has, and the keys each understands: the core knows none by name.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub sources: Vec<KindWords>,
    pub outlets: Vec<KindWords>,
}

#[derive(Clone, Debug)]
pub struct KindWords {
    pub kind: &'static str,
    /// Keys that hold a secret (`{ env = ".." }` or `{ file = ".." }`).
    pub secrets: &'static [&'static str],
    /// Secret keys without which it cannot work.
    pub required: &'static [&'static str],
    /// Other keys it understands.
    pub settings: &'static [&'static str],
    /// Why it is not active yet.
    pub not_active: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub id: String,
    pub kind: String,
    /// By the name of the key in the file: `secret`, `token`, `key`, `write_key`.
    pub secrets: BTreeMap<String, SecretFrom>,
    /// Our field or property (`deal.stage.won`, `contact.lead_score`) and the vendor's words for it.
    pub map: BTreeMap<String, Vec<String>>,
    /// Everything else that the file says about it, as text (`account`, `ask_every`, `history`, `joined_by.customer.metadata` ...).
    pub settings: BTreeMap<String, String>,
    pub not_active: Option<String>,
}

/// A chat system in which this company is reached.
#[derive(Clone, Debug)]
pub struct Outlet {
    pub kind: String,
    pub secrets: BTreeMap<String, SecretFrom>,
    pub settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct Policies {
    /// Weeks of the default period.
    pub default_period_weeks: u32,
    /// Below this many there is no percentage.
    pub too_few: u32,
    /// In percentage points: this close to its target reads "level".
    pub level_points: Decimal,
    pub credit_owner_at_the_time: bool,
    pub late_data: Span,
    pub new_meaning_all_history: bool,
    /// `[policies.mrr]` as written: checked words, for [`crate::revenue::Policy::of`].
    pub mrr: BTreeMap<String, String>,
    /// `[policies.mrr.rates]`: what other currencies are in the workspace's own.
    pub rates: Box<Rates>,
    pub economics: Economics,
    /// `[policies.pipeline]`: facts which say that nobody decided about a lost deal.
    pub no_decision: Vec<String>,
}

/// What the unit economics rest on, as far as the file says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Economics {
    /// What is left of revenue after what it costs to serve it, in per cent.
    pub gross_margin: Option<Decimal>,
    /// The KPI that adds up what is spent on winning customers.
    pub cost: Option<String>,
    /// The KPI that adds up what the company burns: what it spends beyond what it takes in.
    pub burn: Option<String>,
    /// `[policies.mrr] usage`: over how many full months what is charged by use is averaged.
    pub usage_months: Option<u32>,
}
