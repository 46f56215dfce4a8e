//! The mapping of a table: which column is what. A small TOML file beside the CSV file.
//!
//! ```toml
//! timezone = "America/New_York"               # of times without an offset; else the workspace's
//! type     = { always = "deal" }              # what each row is; or a column: type = "Kind"
//! id       = "Record ID"                      # may be left out: then the content of the row is its id
//! at       = { column = "Close Date", format = "%d/%m/%Y" }       # the format may be left out where only one is possible
//! deal     = "Deal ID"
//! company  = "Company ID"
//! owner    = "Owner"
//!
//! [set.deal]
//! stage         = { column = "Stage", values = { "Contract won" = "won" } }
//! annual_amount = { column = "Amount", currency = "USD" }         # or currency_column = "Currency"
//!
//! [properties]
//! change = { always = "created" }
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::money::Currency;
use shiftbell_metrics::time::Zone;

/// Which column of a table is what.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// One character, `,` unless said otherwise.
    pub delimiter: Option<char>,
    pub timezone: Option<String>,
    /// `.` (1,200.50) unless it is `,` (1.200,50).
    pub decimal: Option<char>,
    #[serde(rename = "type")]
    pub kind: From,
    pub id: Option<From>,
    pub at: From,
    pub owner: Option<From>,
    pub contact: Option<From>,
    pub company: Option<From>,
    pub deal: Option<From>,
    pub subscription: Option<From>,
    pub visitor: Option<From>,
    #[serde(default)]
    pub set: BTreeMap<String, BTreeMap<String, From>>,
    #[serde(default)]
    pub properties: BTreeMap<String, From>,
}

/// Where a value comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum From {
    Column(String),
    Always { always: String },
    Spec(Spec),
}

/// A column and how it is read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    pub column: String,
    /// Of a date or time, such as `%d/%m/%Y`.
    pub format: Option<String>,
    /// It is money in this currency.
    pub currency: Option<String>,
    /// It is money in the currency that this column names.
    pub currency_column: Option<String>,
    /// Their words and ours.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
}

impl From {
    /// The column, if it is one.
    pub(super) fn column(&self) -> Option<&str> {
        match self {
            From::Column(column) => Some(column),
            From::Always { .. } => None,
            From::Spec(spec) => Some(&spec.column),
        }
    }

    pub(super) fn spec(&self) -> Option<&Spec> {
        match self {
            From::Spec(spec) => Some(spec),
            From::Column(_) | From::Always { .. } => None,
        }
    }
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// Every problem, one sentence each; those of the TOML itself with line and column.
    pub fn read(text: &str) -> Result<Mapping, Vec<String>> {
        let mapping: Mapping = toml::from_str(text).map_err(|e| vec![e.to_string().trim_end().to_owned()])?;
        let mut problems = Vec::new();
        if let Some(delimiter) = mapping.delimiter
            && (!delimiter.is_ascii() || delimiter == '"')
        {
            problems.push(format!("`delimiter` is `{delimiter}`; one character such as , or ; was expected"));
        }
        if let Some(decimal) = mapping.decimal
            && !matches!(decimal, '.' | ',')
        {
            problems.push(format!("`decimal` is `{decimal}`; . or , was expected"));
        }
        if let Some(name) = &mapping.timezone
            && Zone::named(name).is_none()
        {
            problems.push(format!("`timezone` is `{name}`; an IANA zone such as America/New_York was expected"));
        }
        if mapping.names().next().is_none() {
            problems.push(
                "no row would name an entity; say which column is contact, company, deal, subscription or visitor"
                    .into(),
            );
        }
        for kind in mapping.set.keys().filter(|kind| EntityKind::from_word(kind).is_none()) {
            problems.push(format!(
                "`set.{kind}` sets nothing; contact, company, deal, subscription or visitor was expected"
            ));
        }
        for spec in mapping.all().filter_map(|(_, from)| from.spec()) {
            if let Some(code) = &spec.currency
                && Currency::from_code(code).is_none()
            {
                problems.push(format!("`{code}` is no ISO 4217 currency code, such as USD or EUR"));
            }
        }
        if problems.is_empty() { Ok(mapping) } else { Err(problems) }
    }

    /// The entities that a row names.
    pub(super) fn names(&self) -> impl Iterator<Item = (EntityKind, &From)> {
        let all = [
            (EntityKind::Subscription, &self.subscription),
            (EntityKind::Deal, &self.deal),
            (EntityKind::Contact, &self.contact),
            (EntityKind::Visitor, &self.visitor),
            (EntityKind::Company, &self.company),
        ];
        all.into_iter().filter_map(|(kind, from)| Some((kind, from.as_ref()?)))
    }

    /// The fields that a row sets.
    pub(super) fn sets(&self) -> impl Iterator<Item = (EntityKind, &str, &From)> {
        self.set.iter().flat_map(|(word, fields)| {
            let kind = EntityKind::from_word(word);
            fields.iter().filter_map(move |(field, from)| Some((kind?, field.as_str(), from)))
        })
    }

    /// Everything that comes from somewhere, with the name under which it is known to us.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &From)> {
        let fixed = [
            ("type", Some(&self.kind)),
            ("id", self.id.as_ref()),
            ("at", Some(&self.at)),
            ("owner", self.owner.as_ref()),
        ];
        fixed
            .into_iter()
            .filter_map(|(name, from)| Some((name, from?)))
            .chain(self.names().map(|(kind, from)| (kind.word(), from)))
            .chain(self.sets().map(|(_, field, from)| (field, from)))
            .chain(self.properties.iter().map(|(name, from)| (name.as_str(), from)))
    }

    pub(super) fn zone(&self, default: &Zone) -> Zone {
        self.timezone.as_deref().and_then(Zone::named).unwrap_or_else(|| default.clone())
    }
}
