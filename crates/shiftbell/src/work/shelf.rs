//! The numbers of one moment, read once and asked by many: 10,000 scorecards read each series as often as one does.

use std::collections::{BTreeMap, HashMap};

use shiftbell_metrics::answer::{Answer, Asked, Cannot, MrrBridge, Outcome, Read, Rows, ask, mrr_bridge};
use shiftbell_metrics::contribution::{Entry, Name};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::question::Question;
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_store::{Session, Snapshot, workspaces};

use crate::answer::rows;
use crate::answer::{AskError, names_of_person};
use crate::companies::Company;
use crate::program::Program;
use crate::versions::Changes;
use crate::work::past::{Past, Until};

/// Most rounds of reading for one answer.
const ROUNDS_MAX: usize = 8;

/// One snapshot, with everything that was read from it.
#[derive(Debug)]
pub struct Shelf<'a> {
    pub company: &'a Company,
    pub now: Instant,
    pub snapshot: Snapshot,
    /// Which events this snapshot sees.
    pub mark: String,
    /// When KPIs came to mean something else.
    pub changes: Changes,
    generation: Option<i64>,
    /// The numbers of an earlier hour, in place of the stored ones.
    past: Option<Past>,
    whole: Rows,
    of_persons: BTreeMap<Read, HashMap<Name, Vec<Entry>>>,
}

/// What one person's answers rest on: only entries that they did, own or found.
#[derive(Debug, Default)]
pub struct Personal {
    /// Every name under which sources know them, in lower case. Empty: the whole company.
    names: Vec<String>,
    rows: Rows,
}

impl Personal {
    pub fn of(company: &Company, email: &str) -> Personal {
        Personal { names: names_of_person(company, email), rows: Rows::default() }
    }

    /// For people who answer for the whole company's numbers.
    pub fn everybody() -> Personal {
        Personal::default()
    }

    pub fn is(&self, name: Option<&Name>) -> bool {
        name.is_some_and(|name| self.names.iter().any(|mine| **mine == **name))
    }
}

impl<'a> Shelf<'a> {
    /// # Errors
    /// The database's.
    pub async fn open(program: &Program, company: &'a Company, now: Instant) -> Result<Shelf<'a>, AskError> {
        let mut snapshot = program.db.read().await?;
        let generation = workspaces::live_generation(&mut snapshot, company.name()).await?;
        let mark = workspaces::mark(&mut snapshot, company.name()).await?;
        let whole = Rows::default();
        let changes = program.versions.changes(company);
        let of_persons = BTreeMap::new();
        Ok(Shelf { company, now, snapshot, mark, changes, generation, past: None, whole, of_persons })
    }

    /// The numbers as they stood at an earlier hour: nothing that happened later is in them. It takes as long as folding
    /// every account.
    ///
    /// # Errors
    /// The database's, or events that cannot be read.
    pub async fn of_past(program: &Program, company: &'a Company, hour: Instant) -> Result<Shelf<'a>, AskError> {
        let mut shelf = Shelf::open(program, company, hour).await?;
        shelf.past = Some(Past::fold(&mut shelf.snapshot, company, Until::Hour(hour)).await?);
        Ok(shelf)
    }

    /// Whether what happened at this instant is known here.
    pub fn sees(&self, at: Instant) -> bool {
        self.past.is_none() || at <= self.now
    }

    pub fn session(&mut self) -> &mut Session {
        &mut self.snapshot
    }

    /// Answers a question about the whole company.
    ///
    /// # Errors
    /// The database's, or numbers that cannot be read.
    pub async fn ask(&mut self, question: &Question) -> Result<Result<Answer, Cannot>, AskError> {
        self.ask_by(self.company.defs(), question).await
    }

    /// The same under other definitions, such as a shorter window, over the same numbers.
    ///
    /// # Errors
    /// The database's, or numbers that cannot be read.
    pub async fn ask_by(
        &mut self,
        defs: &Definitions,
        question: &Question,
    ) -> Result<Result<Answer, Cannot>, AskError> {
        let asked = Asked { defs, question, now: self.now, names: &[] };
        for _ in 0..ROUNDS_MAX {
            match ask(&asked, &self.whole) {
                Outcome::Answer(answer) => return Ok(Ok(*answer)),
                Outcome::Cannot(why) => return Ok(Err(why)),
                Outcome::Need(reads) => match &self.past {
                    Some(past) => past.lay_out(reads, &mut self.whole),
                    None => {
                        let name = self.company.name();
                        rows::read(&mut self.snapshot, name, self.generation, reads, &mut self.whole).await?;
                    }
                },
            }
        }
        Err(AskError::Endless)
    }

    /// The bridge of recurring revenue of the whole company.
    ///
    /// # Errors
    /// The database's, or numbers that cannot be read.
    pub async fn mrr(&mut self, question: &Question) -> Result<Result<MrrBridge, Cannot>, AskError> {
        for _ in 0..ROUNDS_MAX {
            let asked = Asked { defs: self.company.defs(), question, now: self.now, names: &[] };
            match mrr_bridge(&asked, &self.whole) {
                Ok(Ok(bridge)) => return Ok(Ok(bridge)),
                Err(why) => return Ok(Err(why)),
                Ok(Err(reads)) => match &self.past {
                    Some(past) => past.lay_out(reads, &mut self.whole),
                    None => {
                        let name = self.company.name();
                        rows::read(&mut self.snapshot, name, self.generation, reads, &mut self.whole).await?;
                    }
                },
            }
        }
        Err(AskError::Endless)
    }

    /// Answers a question about what is one person's.
    ///
    /// # Errors
    /// The database's, or numbers that cannot be read.
    pub async fn ask_of(
        &mut self,
        person: &mut Personal,
        question: &Question,
    ) -> Result<Result<Answer, Cannot>, AskError> {
        if person.names.is_empty() {
            return self.ask(question).await;
        }
        for _ in 0..ROUNDS_MAX {
            let asked = Asked { defs: self.company.defs(), question, now: self.now, names: &person.names };
            match ask(&asked, &person.rows) {
                Outcome::Answer(answer) => return Ok(Ok(*answer)),
                Outcome::Cannot(why) => return Ok(Err(why)),
                Outcome::Need(reads) => {
                    for read in reads {
                        let entries = self.share_of(person, &read).await?;
                        person.rows.add_segments(read, entries);
                    }
                }
            }
        }
        Err(AskError::Endless)
    }

    /// A person's entries of one series on these days.
    ///
    /// # Errors
    /// The database's, or numbers that cannot be read.
    pub async fn entries_of(
        &mut self,
        person: &Personal,
        motion: &str,
        series: &str,
        (from, until): (Day, Day),
    ) -> Result<Vec<Entry>, AskError> {
        let read = Read::Segments { motion: motion.to_owned(), series: series.to_owned(), from, until };
        self.share_of(person, &read).await
    }

    /// Everybody's entries of one series on these days.
    ///
    /// # Errors
    /// The database's, or numbers that cannot be read.
    pub async fn entries(
        &mut self,
        motion: &str,
        series: &str,
        (from, until): (Day, Day),
    ) -> Result<Vec<Entry>, AskError> {
        if let Some(past) = &self.past {
            return Ok(past.entries(motion, series, (from, until)));
        }
        let name = self.company.name();
        rows::entries(&mut self.snapshot, name, self.generation, (motion, series), from..until).await
    }

    async fn share_of(&mut self, person: &Personal, read: &Read) -> Result<Vec<Entry>, AskError> {
        // What concerns a person is never in cells.
        let Read::Segments { motion, series, from, until } = read else { return Ok(Vec::new()) };
        if !self.of_persons.contains_key(read) {
            let entries = self.entries(motion, series, (*from, *until)).await?;
            self.of_persons.insert(read.clone(), by_person(entries));
        }
        let by_person = self.of_persons.get(read);
        let mut mine: Vec<Entry> = Vec::new();
        for name in &person.names {
            mine.extend(by_person.and_then(|all| all.get(name.as_str())).into_iter().flatten().cloned());
        }
        if person.names.len() > 1 {
            // Under two names of one person the same entry is found twice.
            mine.sort();
            mine.dedup();
        }
        Ok(mine)
    }
}

/// Each entry under everyone whom it may be credited to.
fn by_person(entries: Vec<Entry>) -> HashMap<Name, Vec<Entry>> {
    let mut all: HashMap<Name, Vec<Entry>> = HashMap::new();
    for entry in entries {
        let mut names: Vec<Name> =
            [&entry.actor, &entry.owner, &entry.sourced].into_iter().flatten().cloned().collect();
        names.sort();
        names.dedup();
        for name in names {
            all.entry(name).or_default().push(entry.clone());
        }
    }
    all
}
