//! Versions as people say them: "version 3" is the third meaning of the company's numbers that came into force.
//!
//! A KPI goes by the first of them in which it meant what it means: what is changed elsewhere in the file gives it no
//! new version.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::{Definitions, read};
use shiftbell_metrics::time::Instant;
use shiftbell_store::{Db, StoreError, definitions};

use crate::companies::{Companies, vocabulary};

/// Of every company.
#[derive(Debug, Default)]
pub struct Versions(BTreeMap<String, Vec<Meaning>>);

/// One meaning: its number, and the hash of each KPI in it.
#[derive(Debug)]
struct Meaning {
    number: i64,
    since: Instant,
    kpis: BTreeMap<String, String>,
}

impl Versions {
    /// Reads every meaning that was ever in force.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(db: &Db, companies: &Companies) -> Result<Versions, StoreError> {
        let mut all = BTreeMap::new();
        let mut snapshot = db.read().await?;
        for company in companies.all() {
            let defs = company.defs();
            let mut meanings = Vec::new();
            for kept in definitions::all(&mut snapshot, company.name()).await? {
                let kpis = if kept.meaning == defs.meaning {
                    hashes(defs)
                } else {
                    // What this version cannot read any more has no KPI that could be the same as one of today's.
                    read("", &kept.text, &vocabulary()).definitions.as_ref().map(hashes).unwrap_or_default()
                };
                meanings.push(Meaning { number: kept.number, since: Instant(kept.since_ms), kpis });
            }
            all.insert(company.name().to_owned(), meanings);
        }
        Ok(Versions(all))
    }

    /// What people call this hash of a KPI: the number of the first meaning with it; the hash itself where none is known.
    pub fn said(&self, workspace: &str, kpi: &str, hash: &str) -> String {
        let meanings = self.0.get(workspace).map(Vec::as_slice).unwrap_or_default();
        let with_it = meanings.iter().filter(|meaning| meaning.kpis.get(kpi).is_some_and(|known| known == hash));
        with_it.map(|meaning| meaning.number).min().map_or_else(|| hash.to_owned(), |number| number.to_string())
    }

    /// When a KPI came to mean what it means, if it meant something else before.
    pub fn changed_at(&self, workspace: &str, kpi: &str, hash: &str) -> Option<Instant> {
        let meanings = self.0.get(workspace).map(Vec::as_slice).unwrap_or_default();
        let is_it = |meaning: &&Meaning| meaning.kpis.get(kpi).is_some_and(|known| known == hash);
        let first = meanings.iter().filter(is_it).min_by_key(|meaning| meaning.number)?;
        let was_other = meanings.iter().any(|meaning| meaning.number < first.number && meaning.kpis.contains_key(kpi));
        was_other.then_some(first.since)
    }
}

fn hashes(defs: &Definitions) -> BTreeMap<String, String> {
    defs.kpis.iter().map(|kpi| (kpi.slug.clone(), kpi.version.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kpi_changed_when_it_first_meant_what_it_means_and_not_when_something_else_did() {
        let meaning = |number, since, kpis: &[(&str, &str)]| Meaning {
            number,
            since: Instant(since),
            kpis: kpis.iter().map(|(kpi, hash)| ((*kpi).to_owned(), (*hash).to_owned())).collect(),
        };
        let all = vec![
            meaning(1, 10, &[("mqls", "aaaa"), ("won", "cccc")]),
            meaning(2, 20, &[("mqls", "bbbb"), ("won", "cccc")]),
            meaning(3, 30, &[("mqls", "bbbb"), ("won", "cccc"), ("sqls", "dddd")]),
        ];
        let versions = Versions(BTreeMap::from([("acme".to_owned(), all)]));
        assert_eq!(versions.changed_at("acme", "mqls", "bbbb"), Some(Instant(20)));
        assert_eq!(versions.changed_at("acme", "won", "cccc"), None, "it always meant this");
        assert_eq!(versions.changed_at("acme", "sqls", "dddd"), None, "it is new");
        assert_eq!(versions.changed_at("acme", "mqls", "eeee"), None);
    }
}
