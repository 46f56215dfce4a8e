//! Reads a HubSpot account over its API, without doing any input or output itself: it says which request comes next, and
//! takes the answer. Whoever drives it owns the connection, the clock and the database.
//!
//! A poll goes in rounds. A round asks for every record that was changed since a time, kind by kind, the newest record
//! first, and gives each record's whole history as events. The first round reaches back as far as the settings say (a
//! backfill); each later one begins a little before the one before it began, so that what the search did not show yet is
//! seen by the next. There is one way for both.
//!
//! Pages are cut by the id of the record and never by an offset: the search gives no more than 10,000 results for one
//! question, and a list import gives any number of records one timestamp. A record changes while it is read only towards a
//! later time, and so belongs to the next round as well.
//!
//! What a round cannot see:
//! - the time of an association of a deal: HubSpot does not tell it. It counts from when the deal was made (see [`Seen`]);
//! - values older than the versions that HubSpot keeps of a property.

mod answer;
mod object;
mod pace;
mod page;
mod position;
mod probe;
mod request;
mod rows;
mod schema;
mod seen;

use std::collections::{BTreeMap, VecDeque};

use shiftbell_metrics::time::{Instant, MS_PER_SECOND};

pub use answer::{Answer, PollProblem};
pub use object::Object;
pub use page::Page;
pub use position::Position;
pub use probe::{given, probes};
pub use request::{Method, Request};
pub use schema::Wanted;
pub use seen::Seen;

use crate::settings::SourceSettings;
use answer::{Judged, judge};
use pace::Pace;
use page::PageInWork;
use request::Api;
use schema::Schema;

/// Tries of one request before a round is given up. It goes on at the same page the next time.
const TRIES_MAX: u32 = 8;
/// The wait before the second try; it doubles with each.
const AFTER_FAILURE_MS: i64 = MS_PER_SECOND;
/// The longest wait between tries.
const AFTER_FAILURE_MS_MAX: i64 = 60 * MS_PER_SECOND;
/// Records of one read with history; HubSpot refuses more.
const READ_AT_ONCE: usize = 50;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Send this, and give the answer to [`Poll::take`].
    Send(Request),
    /// Nothing may be sent before this time.
    Wait(Instant),
    /// The round is complete.
    Done,
}

/// One account being read.
#[derive(Debug)]
pub struct Poll {
    api: Api,
    settings: SourceSettings,
    wanted: Wanted,
    position: Position,
    /// What is read once at the beginning of every round.
    schema: BTreeMap<Object, Schema>,
    page: Option<PageInWork>,
    pace: Pace,
    failures: u32,
    not_before: Option<Instant>,
}

/// A request by what it is for.
#[derive(Clone, Debug)]
enum Job {
    Properties(Object),
    Count(Object),
    Search(Object),
    Read(Object, Vec<u64>),
    Links { object: Object, to: Object, ids: Vec<u64>, after: Option<String> },
}

impl Poll {
    /// Goes on where `position` says; from the beginning, if other fields are wanted than then.
    pub fn new(settings: SourceSettings, wanted: Wanted, mut position: Position) -> Poll {
        let names = wanted.hash();
        if position.wanted != names {
            position.forget();
            position.wanted = names;
        }
        Poll {
            api: Api::new(&settings.asking.version),
            settings,
            wanted,
            position,
            schema: BTreeMap::new(),
            page: None,
            pace: Pace::default(),
            failures: 0,
            not_before: None,
        }
    }

    /// How far it is. What is kept is [`Page::position`], together with the events of that page.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// Begins the next round: everything that was changed since the one before began, or as far back as the settings say. A
    /// round that is under way goes on.
    pub fn begin(&mut self, now: Instant) {
        self.position.begin(now, self.settings.asking.history_ms);
        self.schema.clear();
        self.page = None;
    }

    /// What to do next.
    pub fn ask(&mut self, now: Instant) -> Ask {
        let Some(job) = self.job() else { return Ask::Done };
        let request = self.request(&job);
        let free = self.pace.free_at(request.is_search, now).max(self.not_before.unwrap_or(now));
        if free > now {
            return Ask::Wait(free);
        }
        self.not_before = None;
        self.pace.sent(request.is_search, now);
        Ask::Send(request)
    }

    /// Takes the answer to the request that was asked last. A page is given once it is complete: its events and its position
    /// belong into one transaction.
    ///
    /// # Errors
    /// What somebody must change before it can go on, or that the service did not answer for long.
    pub fn take(&mut self, answer: &Answer<'_>, now: Instant) -> Result<Option<Page>, PollProblem> {
        let Some(job) = self.job() else { return Ok(None) };
        self.pace.learn(answer);
        let json = match judge(answer, &job.subject(), now)? {
            Judged::Read(json) => json,
            Judged::Later(at) => {
                self.not_before = Some(at);
                return Ok(None);
            }
            Judged::Again(why) => return self.again(why, now),
        };
        let taken = match job {
            Job::Properties(object) => self.take_properties(object, &json),
            Job::Count(object) => self.take_count(object, &json),
            Job::Search(object) => self.take_search(object, &json),
            Job::Read(object, ids) => self.take_records(object, &ids, &json),
            Job::Links { to, .. } => self.take_links(to, &json),
        };
        match taken {
            Ok(()) => self.failures = 0,
            Err(why) => return self.again(why, now),
        }
        Ok(self.page_if_complete())
    }

    fn again(&mut self, why: String, now: Instant) -> Result<Option<Page>, PollProblem> {
        self.failures += 1;
        if self.failures >= TRIES_MAX {
            return Err(PollProblem::Unavailable { tries: self.failures, why });
        }
        let wait_ms = AFTER_FAILURE_MS << (self.failures - 1).min(10);
        self.not_before = Some(now.plus_ms(wait_ms.min(AFTER_FAILURE_MS_MAX)));
        Ok(None)
    }

    /// The request that is due. It stays the same until its answer is taken.
    fn job(&self) -> Option<Job> {
        self.position.began?;
        if let Some(object) = Object::ALL.into_iter().find(|object| !self.schema.contains_key(object)) {
            return Some(Job::Properties(object));
        }
        if let Some(object) = Object::ALL.into_iter().find(|object| !self.position.totals.contains_key(object)) {
            return Some(Job::Count(object));
        }
        let object = self.position.object?;
        let Some(page) = &self.page else { return Some(Job::Search(object)) };
        if !page.to_read.is_empty() {
            return Some(Job::Read(object, page.to_read.iter().take(READ_AT_ONCE).copied().collect()));
        }
        let (to, ids, after) = page.to_link.front()?.clone();
        Some(Job::Links { object, to, ids, after })
    }

    fn request(&self, job: &Job) -> Request {
        match job {
            Job::Properties(object) => self.api.properties(*object),
            Job::Count(object) => self.api.search(*object, self.position.since, None, 1),
            Job::Search(object) => {
                self.api.search(*object, self.position.since, self.position.below, rows::SEARCHED_AT_ONCE)
            }
            Job::Read(object, ids) => {
                let names = self.schema.get(object).map(Schema::names).unwrap_or_default();
                self.api.read(*object, ids, &names)
            }
            Job::Links { object, to, ids, after } => self.api.links(*object, *to, ids, after.as_deref()),
        }
    }

    fn take_properties(&mut self, object: Object, json: &serde_json::Value) -> Result<(), String> {
        self.schema.insert(object, Schema::read(&self.settings, &self.wanted, object, json)?);
        Ok(())
    }

    fn take_count(&mut self, object: Object, json: &serde_json::Value) -> Result<(), String> {
        self.position.totals.insert(object, rows::total(json)?);
        Ok(())
    }

    fn take_search(&mut self, object: Object, json: &serde_json::Value) -> Result<(), String> {
        let ids = rows::ids(json)?;
        if ids.windows(2).any(|pair| pair[0] <= pair[1])
            || self.position.below.is_some_and(|below| ids.iter().any(|id| *id >= below))
        {
            return Err("the search did not sort its results by `hs_object_id` as it was asked to".to_owned());
        }
        let is_last = ids.len() < rows::SEARCHED_AT_ONCE;
        self.page = Some(PageInWork::new(object, ids, is_last));
        Ok(())
    }

    fn take_records(&mut self, object: Object, ids: &[u64], json: &serde_json::Value) -> Result<(), String> {
        let (Some(schema), Some(page)) = (self.schema.get(&object), &mut self.page) else { return Ok(()) };
        for row in rows::results(json)? {
            page.take_record(rows::read_record(&self.settings, schema, object, row)?);
        }
        page.to_read.drain(..ids.len());
        Ok(())
    }

    fn take_links(&mut self, to: Object, json: &serde_json::Value) -> Result<(), String> {
        let Some(page) = &mut self.page else { return Ok(()) };
        let linked = rows::links(to, json)?;
        page.take_links(to, &linked.found);
        page.to_link.pop_front();
        for (id, after) in linked.more {
            page.to_link.push_front((to, vec![id], Some(after)));
        }
        Ok(())
    }

    fn page_if_complete(&mut self) -> Option<Page> {
        let page = self.page.take_if(|page| page.is_complete())?;
        self.position.passed(&page);
        Some(page.finish(self.position.clone()))
    }
}

impl Job {
    /// What it reads, for sentences.
    fn subject(&self) -> String {
        match self {
            Job::Properties(object) => format!("the properties of {}", object.plural()),
            Job::Count(object) | Job::Search(object) | Job::Read(object, _) => object.plural().to_owned(),
            Job::Links { object, to, .. } => format!("which {} belong to {}", to.plural(), object.plural()),
        }
    }
}

/// Associations still to be read: to which kind, of which records, and where the next page begins.
type ToLink = VecDeque<(Object, Vec<u64>, Option<String>)>;
