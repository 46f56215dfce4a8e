//! Versions as people say them: "version 3" is the third meaning of the company's numbers that came into force.
//!
//! A KPI goes by the first of them in which it meant what it means: what is changed elsewhere in the file gives it no
//! new version.

use std::collections::BTreeMap;

use shiftbell_metrics::definitions::{Definitions, Kpi, read};
use shiftbell_metrics::period::Period;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::facts::Changed;
use shiftbell_store::{Db, StoreError, definitions};

use crate::companies::{Companies, Company, vocabulary};

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

    /// When a KPI came to mean something else, up to the meaning with this hash; the oldest first.
    pub fn changes_of(&self, workspace: &str, kpi: &str, hash: &str) -> Vec<Instant> {
        let meanings = self.0.get(workspace).map(Vec::as_slice).unwrap_or_default();
        let known = meanings.iter().filter_map(|meaning| Some((meaning.since, meaning.kpis.get(kpi)?)));
        let known: Vec<_> = known.collect();
        // A file that an earlier one is put back to is no new meaning, so what came between is not counted as a change.
        let Some(last) = known.iter().position(|(_, known)| *known == hash) else { return Vec::new() };
        let pairs = known[..=last].windows(2);
        pairs.filter(|pair| pair[0].1 != pair[1].1).map(|pair| pair[1].0).collect()
    }

    /// The same of every KPI of a company.
    pub fn changes(&self, company: &Company) -> Changes {
        let of = |kpi: &Kpi| (kpi.slug.clone(), self.changes_of(company.name(), &kpi.slug, &kpi.version));
        Changes(company.defs().kpis.iter().map(of).filter(|(_, changes)| !changes.is_empty()).collect())
    }
}

/// When each KPI of a company came to mean something else.
#[derive(Clone, Debug, Default)]
pub struct Changes(BTreeMap<String, Vec<Instant>>);

impl Changes {
    /// What these KPIs say about a period, together with another that is shown beside it, and reaches over a change; the oldest
    /// first.
    pub fn over<'a>(
        &self,
        defs: &Definitions,
        shown: impl Iterator<Item = (&'a str, &'a Period)>,
        beside: Option<&Period>,
    ) -> Vec<Changed> {
        let mut days: BTreeMap<Day, Vec<String>> = BTreeMap::new();
        for (kpi, period) in shown {
            let label = defs.kpi(kpi).map_or(kpi, |kpi| &kpi.label);
            for at in within(self.0.get(kpi).into_iter().flatten(), period, beside) {
                let what = days.entry(defs.workspace.zone.day_of(at)).or_default();
                if what.iter().all(|known| known != label) {
                    what.push(label.to_owned());
                }
            }
        }
        days.into_iter().map(|(day, what)| Changed { day: day.date(), what }).collect()
    }
}

/// Those between the beginning of the first of two periods and the end of the last: what begins with the change is all of one
/// meaning.
pub fn within<'a>(
    changes: impl Iterator<Item = &'a Instant>,
    period: &Period,
    beside: Option<&Period>,
) -> impl Iterator<Item = Instant> {
    let from = beside.map_or(period.starts_at(), |beside| beside.starts_at().min(period.starts_at()));
    let until = beside.map_or(period.ends_at(), |beside| beside.ends_at().max(period.ends_at()));
    changes.copied().filter(move |at| from < *at && *at < until)
}

fn hashes(defs: &Definitions) -> BTreeMap<String, String> {
    defs.kpis.iter().map(|kpi| (kpi.slug.clone(), kpi.version.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kpi_changed_when_it_came_to_mean_something_else_and_not_when_another_did() {
        let meaning = |number, since, kpis: &[(&str, &str)]| Meaning {
            number,
            since: Instant(since),
            kpis: kpis.iter().map(|(kpi, hash)| ((*kpi).to_owned(), (*hash).to_owned())).collect(),
        };
        let all = vec![
            meaning(1, 10, &[("mqls", "aaaa"), ("won", "cccc")]),
            meaning(2, 20, &[("mqls", "bbbb"), ("won", "cccc")]),
            meaning(3, 30, &[("mqls", "bbbb"), ("won", "cccc"), ("sqls", "dddd")]),
            meaning(4, 40, &[("mqls", "eeee"), ("won", "cccc"), ("sqls", "dddd")]),
        ];
        let versions = Versions(BTreeMap::from([("acme".to_owned(), all)]));
        let of = |kpi, hash| versions.changes_of("acme", kpi, hash);
        assert_eq!(of("mqls", "eeee"), [Instant(20), Instant(40)]);
        assert_eq!(of("mqls", "bbbb"), [Instant(20)], "what came later is no change of this one");
        assert_eq!(of("won", "cccc"), [], "it always meant this");
        assert_eq!(of("sqls", "dddd"), [], "it is new");
        assert_eq!(of("mqls", "ffff"), []);
    }

    #[test]
    fn a_period_that_begins_with_a_change_is_all_of_one_meaning_and_one_beside_it_is_not() {
        let zone = shiftbell_metrics::time::Zone::utc();
        let days = |from, until| Period::of_days(Day(from), Day(until), &zone);
        let (before, after) = (days(90, 100), days(100, 110));
        let all = [after.starts_at(), after.starts_at().plus_ms(1)];
        let found = |period, beside| within(all.iter(), period, beside).count();
        assert_eq!((found(&after, None), found(&before, None)), (1, 0));
        assert_eq!((found(&after, Some(&before)), found(&before, Some(&after))), (2, 2));
    }
}
