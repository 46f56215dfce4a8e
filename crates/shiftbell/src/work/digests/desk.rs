//! What every message of one run is written from: the numbers, how fresh they are, what has never been seen.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::answer::Figure;
use shiftbell_metrics::money::Money;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::rollout::InForce;
use shiftbell_metrics::scorecard::Silence;
use shiftbell_metrics::time::{Instant, Zone};
use shiftbell_render::facts::{Footer, SeenBy, SourceAge, Sources};

use super::seen::Seen;
use crate::answer::{AskError, about};
use crate::companies::Company;
use crate::program::Program;
use crate::work::absent::Absent;
use crate::work::rollout;
use crate::work::shelf::Shelf;

/// One run of a digest.
#[derive(Debug)]
pub struct Desk<'a> {
    pub shelf: Shelf<'a>,
    /// The roll-out as this run sees it.
    pub rollout: InForce,
    pub(super) seen: Seen,
    pub(super) absent: Absent,
    ages: Vec<SourceAge>,
    usual: BTreeMap<(String, Option<String>), Option<Money>>,
}

impl<'a> Desk<'a> {
    /// # Errors
    /// The database's.
    pub async fn open(program: &Program, company: &'a Company, now: Instant) -> Result<Desk<'a>, AskError> {
        Desk::at(Shelf::open(program, company, now).await?).await
    }

    /// As it would have been at an earlier hour. How fresh the data were then is not known, and so not said.
    ///
    /// # Errors
    /// The database's, or events that cannot be read.
    pub async fn of_past(program: &Program, company: &'a Company, hour: Instant) -> Result<Desk<'a>, AskError> {
        let desk = Desk::at(Shelf::of_past(program, company, hour).await?).await?;
        Ok(Desk { ages: Vec::new(), ..desk })
    }

    async fn at(mut shelf: Shelf<'a>) -> Result<Desk<'a>, AskError> {
        let (company, now) = (shelf.company, shelf.now);
        let rollout = rollout::in_force(&mut shelf.snapshot, &company.workspace).await?;
        let seen = Seen::read(&mut shelf).await?;
        let absent = Absent::read(&mut shelf.snapshot, &company.workspace, now).await?;
        let ages = about::ages_at(&mut shelf.snapshot, company, now).await?;
        Ok(Desk { shelf, rollout, seen, absent, ages, usual: BTreeMap::new() })
    }

    /// What one of those that a sum adds up usually brings, over the default period.
    pub(super) async fn usual(&mut self, kpi: &str, motion: Option<&str>) -> Result<Option<Money>, AskError> {
        let key = (kpi.to_owned(), motion.map(str::to_owned));
        if let Some(known) = self.usual.get(&key) {
            return Ok(*known);
        }
        let question = Question { motion: key.1.clone(), ..Question::of(kpi) };
        let usual = match self.shelf.ask(&question).await? {
            Ok(answer) => average(&answer.figure),
            Err(_) => None,
        };
        self.usual.insert(key, usual);
        Ok(usual)
    }

    /// The silence of a source that sends one of these kinds of event.
    pub(crate) fn silence_of(&self, kinds: &BTreeSet<&str>) -> Option<Silence> {
        self.seen.silence_of(self.shelf.company.defs(), kinds)
    }

    /// The last line of a message, on its reader's clock.
    pub(crate) fn footer(&self, zone: &Zone, is_closed: bool, seen_by: SeenBy, receipt: &str) -> Footer {
        let fresh = self.ages.iter().map(|age| age.minutes).min();
        let (data_to, sources) = match fresh {
            None => (None, Sources::Unsaid),
            Some(_) if is_closed => (None, Sources::Complete(self.ages.iter().map(|age| age.name.clone()).collect())),
            Some(minutes) => {
                let minutes = i64::try_from(minutes).unwrap_or(0);
                let at = zone.local(self.shelf.now.plus_ms(-minutes * shiftbell_metrics::time::MS_PER_MINUTE));
                (Some(format!("{:02}:{:02}", at.hour(), at.minute())), Sources::Ages(self.ages.clone()))
            }
        };
        Footer { data_to, sources, seen_by, receipt: Some(receipt.to_owned()) }
    }
}

/// The mean of what was added up, in the first currency.
pub(crate) fn average(figure: &Figure) -> Option<Money> {
    let Figure::Money { amounts, records } = figure else { return None };
    let whole = amounts.first()?;
    (*records > 0 && whole.minor > 0).then(|| Money::new(whole.minor / records, whole.currency))
}
