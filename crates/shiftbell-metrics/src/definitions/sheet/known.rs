//! What words in a formula can stand for: the stages, facts, fields, motions and KPIs of the file, and the KPIs of the sheet.

use std::collections::BTreeMap;

use super::super::kpis::standard_names;
use super::super::model::{CountOf, Definitions};
use super::super::spelling::nearest;
use super::cells::{folded, singular};
use super::formula::Doubt;
use crate::expression::{Catalogue, Type};

/// Stages by names that the trade has for them, singular and folded.
const STAGES: [(&str, &str); 11] = [
    ("marketingqualifiedlead", "mql"),
    ("salesqualifiedlead", "sql"),
    ("salesacceptedlead", "sal"),
    ("opportunity", "deal"),
    ("opportunitie", "deal"),
    ("opp", "deal"),
    ("win", "won"),
    ("wondeal", "won"),
    ("dealwon", "won"),
    ("closedwon", "won"),
    ("closedwondeal", "won"),
];

/// Recurring revenue by names that the trade has for it, folded.
const STANDARD: [(&str, &str); 9] = [
    ("grr", "gross-retention"),
    ("grossrevenueretention", "gross-retention"),
    ("nrr", "net-retention"),
    ("ndr", "net-retention"),
    ("netrevenueretention", "net-retention"),
    ("netdollarretention", "net-retention"),
    ("cmrr", "committed-mrr"),
    ("arpa", "revenue-per-customer"),
    ("logoretention", "customer-retention"),
];

pub(super) struct Known<'d> {
    pub(super) defs: &'d Definitions,
    /// Slugs by every name of a KPI, folded.
    kpis: BTreeMap<String, String>,
    /// Every name of a KPI as a formula may write it.
    pub(super) names: Catalogue,
}

impl<'d> Known<'d> {
    /// Those of a file.
    pub(super) fn of(defs: &'d Definitions) -> Known<'d> {
        let mut known = Known { defs, kpis: BTreeMap::new(), names: Catalogue::default() };
        // Whoever is written first keeps a name; slugs go before labels.
        for kpi in &defs.kpis {
            for name in std::iter::once(&kpi.slug).chain(&kpi.also) {
                known.names.add(name, Type::Number);
                known.kpis.entry(folded(name)).or_insert_with(|| kpi.slug.clone());
            }
        }
        for kpi in &defs.kpis {
            known.kpis.entry(folded(&kpi.label)).or_insert_with(|| kpi.slug.clone());
        }
        known
    }

    /// A KPI of the sheet. Its names go before those of the file.
    pub(super) fn add(&mut self, slug: &str, label: &str) {
        self.names.add(slug, Type::Number);
        self.kpis.insert(folded(label), slug.to_owned());
        self.kpis.insert(folded(slug), slug.to_owned());
    }

    pub(super) fn kpi(&self, text: &str) -> Option<&str> {
        let plural = format!("{}s", singular(text));
        [folded(text), singular(text), plural].iter().find_map(|name| self.kpis.get(name)).map(String::as_str)
    }

    pub(super) fn stage(&self, text: &str) -> Option<&'d str> {
        let name = singular(without_article(text));
        let chain = &self.defs.chain;
        let is_it = |id: &str, label: &str| singular(id) == name || singular(label) == name;
        let found = chain.iter().find(|stage| is_it(&stage.id, &stage.label)).or_else(|| {
            let id = STAGES.iter().find(|(called, _)| *called == name).map(|(_, id)| *id)?;
            chain.iter().find(|stage| stage.id == id)
        });
        // Half a bracket belongs to a calculation.
        let is_whole = text.matches('(').count() == text.matches(')').count();
        found.filter(|_| is_whole && !name.is_empty()).map(|stage| stage.id.as_str())
    }

    pub(super) fn fact(&self, text: &str) -> Option<&'d str> {
        let text = without_article(text);
        let facts = &self.defs.facts;
        let found = facts.iter().find(|fact| fact.name == text);
        let found = found.or_else(|| facts.iter().find(|fact| singular(&fact.name) == singular(text)));
        found.map(|fact| fact.name.as_str())
    }

    /// Facts of which any counts: `call accepted or reply received`.
    pub(super) fn facts(&self, text: &str) -> Result<Vec<String>, Doubt> {
        let names = text.split([',', '\n']).flat_map(|part| part.split(" or ")).map(str::trim);
        names.filter(|name| !name.is_empty()).map(|name| self.one_fact(name)).collect()
    }

    pub(super) fn one_fact(&self, name: &str) -> Result<String, Doubt> {
        self.fact(name).map(str::to_owned).ok_or_else(|| self.unknown(name, "fact", self.fact_names()))
    }

    /// A stage, or facts of which any counts. `fact` before it says that no stage is meant.
    pub(super) fn counted(&self, text: &str) -> Result<CountOf, Doubt> {
        if let Some(facts) = super::cells::after(text, &["facts ", "fact "]) {
            return self.facts(facts).map(CountOf::Facts);
        }
        if let Some(stage) = self.stage(text) {
            return Ok(CountOf::Stage(stage.to_owned()));
        }
        self.facts(text).map(CountOf::Facts).map_err(|_| {
            let stages = self.defs.chain.iter().map(|stage| stage.id.clone());
            self.unknown(text, "stage or fact", stages.chain(self.fact_names()))
        })
    }

    pub(super) fn field(&self, text: &str) -> Result<String, Doubt> {
        let name = folded(without_article(text));
        let names: Vec<String> = self.defs.catalogue.names().collect();
        let found = names.iter().find(|field| folded(field) == name).cloned();
        found.ok_or_else(|| self.unknown(text, "field", names))
    }

    /// A standard KPI that exists without being written.
    pub(super) fn standard(text: &str) -> Option<&'static str> {
        let name = folded(text);
        let called = STANDARD.iter().find(|(called, _)| *called == name).map(|(_, standard)| *standard);
        called.or_else(|| standard_names().find(|standard| folded(standard) == name))
    }

    pub(super) fn kpi_names(&self) -> impl Iterator<Item = String> {
        self.names.names()
    }

    fn fact_names(&self) -> impl Iterator<Item = String> + 'd {
        self.defs.facts.iter().map(|fact| fact.name.clone())
    }

    fn unknown(&self, text: &str, what: &str, known: impl IntoIterator<Item = String>) -> Doubt {
        let known: Vec<String> = known.into_iter().collect();
        let text = super::cells::shortened(text);
        let fix = match nearest(&text, known.iter().cloned()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write one of these: {}", some_of(&known)),
        };
        Doubt::new(format!("\"{text}\" is no {what} of this file"), fix)
    }
}

/// As many as can be read in one line.
fn some_of(names: &[String]) -> String {
    const MOST: usize = 12;
    let shown = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{shown} ...") } else { shown }
}

fn without_article(text: &str) -> &str {
    let text = text.trim();
    super::cells::after(text, &["the ", "all ", "new ", "a ", "an "]).unwrap_or(text)
}
