//! Reads a HubSpot account over its API, without doing any input or output itself: it says which request comes next, and
//! takes the answer. Whoever drives it owns the connection, the clock and the database.
//!
//! A poll goes in rounds. A round asks for every record that was changed since a time, kind by kind, the newest record
//! first, and gives each record's whole history as events. The first round reaches back as far as the settings say (a
//! backfill); each later one begins a little before the one before it began, so that what the search did not show yet is
//! seen by the next, and asks the archive for what was deleted. There is one way for both.
//!
//! Pages are cut by the id of the record and never by an offset: the search gives no more than 10,000 results for one
//! question, and a list import gives any number of records one timestamp. A record changes while it is read only towards a
//! later time, and so belongs to the next round as well.
//!
//! Several requests may be under way at once, so that the limits of the account decide how long it takes and not the way to
//! HubSpot and back: those of one page, and the search for the next. Pages are given in their order whatever comes first.
//!
//! What a round cannot see:
//! - the time of an association of a deal: HubSpot does not tell it. It counts from when the deal was made (see [`Seen`]);
//! - values older than the versions that HubSpot keeps of a property.

mod activity;
mod answer;
mod check;
mod compare;
mod forms;
mod history;
mod items;
mod jobs;
mod object;
mod pace;
mod page;
mod position;
mod probe;
mod request;
mod rows;
mod schema;
mod seen;
mod take;

use std::collections::{BTreeMap, VecDeque};

use shiftbell_metrics::time::{Instant, MS_PER_SECOND};

pub use answer::{Answer, PollProblem};
pub(in crate::hubspot) use answer::{Judged, judge};
pub use compare::{Check, Difference, Listed};
pub use jobs::Ticket;
pub use object::Object;
pub(in crate::hubspot) use pace::Pace;
pub use page::Page;
pub use position::{FormPlace, Part, Place, Position};
pub use probe::{given, probes};
pub use request::{Method, Request};
pub(in crate::hubspot) use rows::results;
pub use schema::Wanted;
pub use seen::{Now, Seen};

use crate::settings::SourceSettings;
use forms::Forms;
use jobs::{Job, Jobs};
use page::PageInWork;
use position::Course;
use request::{Api, Sought};
use schema::Schema;

/// Tries of one request before a round is given up. It goes on at the same page the next time.
const TRIES_MAX: u32 = 8;
/// The wait before the second try; it doubles with each.
const AFTER_FAILURE_MS: i64 = MS_PER_SECOND;
/// The longest wait between tries.
const AFTER_FAILURE_MS_MAX: i64 = 60 * MS_PER_SECOND;
/// Records of one read with history; HubSpot refuses more.
const READ_AT_ONCE: usize = 50;
/// Records of an archive that is read in every round. A longer one is read with the full check only.
const ARCHIVED_MAX: u64 = 1_000;
/// Pages that are read at the same time. More would not be faster and would need more memory.
const PAGES_AT_ONCE: usize = 4;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Send this, and give the answer to [`Poll::take`].
    Send(Ticket, Request),
    /// Nothing may be sent before this time.
    Wait(Instant),
    /// Nothing can be sent before a page is taken: [`Poll::page`] has one.
    Page,
    /// Nothing can be sent before an answer is there.
    Answer,
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
    /// Kinds of record that the token may not read and that a company can do without.
    left_out: BTreeMap<Object, PollProblem>,
    /// The forms of the account; none, if they are not asked for or may not be read.
    forms: Option<Forms>,
    forms_refused: Option<PollProblem>,
    pages: VecDeque<PageInWork>,
    pages_begun: u64,
    /// Whether the first search of this round is asked.
    is_open: bool,
    /// Where the next search or list begins, once it is known.
    ahead: Option<Place>,
    jobs: Jobs,
    pace: Pace,
    failures: u32,
    not_before: Option<Instant>,
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
            left_out: BTreeMap::new(),
            forms: None,
            forms_refused: None,
            pages: VecDeque::new(),
            pages_begun: 0,
            is_open: false,
            ahead: None,
            jobs: Jobs::default(),
            pace: Pace::default(),
            failures: 0,
            not_before: None,
        }
    }

    /// How far it is. What is kept is [`Page::position`], together with the events of that page.
    pub fn position(&self) -> &Position {
        &self.position
    }

    /// What the token may not read, and what would be needed: it is left out.
    pub fn left_out(&self) -> impl Iterator<Item = &PollProblem> {
        self.left_out.values().chain(&self.forms_refused)
    }

    /// Begins the next round: everything that was changed since the one before began, or as far back as the settings say. A
    /// round that is under way goes on. With `is_check` it also compares all that the account has with what is known.
    pub fn begin(&mut self, now: Instant, is_check: bool) {
        self.position.begin(now, self.settings.asking.history_ms, is_check);
        self.schema.clear();
        self.left_out.clear();
        (self.forms, self.forms_refused) = (None, None);
        self.pages.clear();
        self.is_open = false;
        self.ahead = None;
        self.jobs = Jobs::default();
        self.wanted.objects().for_each(|object| self.jobs.add(Job::Properties(object)));
        if self.wanted.events.contains("form") {
            self.jobs.add(Job::Forms(None));
        }
    }

    /// What to do next.
    pub fn ask(&mut self, now: Instant) -> Ask {
        let Some(began) = self.position.began else { return Ask::Done };
        self.look_ahead();
        let Some(job) = self.jobs.due() else {
            let has_page = self.pages.front().is_some_and(PageInWork::is_complete);
            return if has_page { Ask::Page } else { Ask::Answer };
        };
        let request = self.request(job, began);
        let free = self.pace.free_at(request.is_search, now).max(self.not_before.unwrap_or(now));
        if free > now {
            return Ask::Wait(free);
        }
        self.not_before = None;
        self.pace.sent(request.is_search, now);
        Ask::Send(self.jobs.send(), request)
    }

    /// Takes the answer to a request. What it makes complete is given by [`Poll::page`].
    ///
    /// # Errors
    /// What somebody must change before it can go on, or that the service did not answer for long.
    pub fn take(&mut self, ticket: Ticket, answer: &Answer<'_>, now: Instant) -> Result<(), PollProblem> {
        let Some(job) = self.jobs.answered(ticket) else { return Ok(()) };
        self.pace.learn(answer);
        let json = match judge(answer, &job.subject(), now) {
            Ok(Judged::Read(json)) => json,
            Ok(Judged::Later(at)) => {
                self.not_before = Some(at.max(self.not_before.unwrap_or(at)));
                self.jobs.add_first(job);
                return Ok(());
            }
            Ok(Judged::Again(why)) => return self.again(job, why, now),
            Err(problem) => return self.leave_out(&job, problem),
        };
        match self.take_json(&job, &json) {
            Ok(()) => {
                self.failures = 0;
                Ok(())
            }
            Err(why) => self.again(job, why, now),
        }
    }

    /// The next page that is complete: its events and its position belong into one transaction.
    pub fn page(&mut self) -> Option<Page> {
        let page = self.pages.pop_front_if(|page| page.is_complete())?;
        self.position.passed(&page);
        Some(page.finish(&self.settings, self.position.clone()))
    }

    fn again(&mut self, job: Job, why: String, now: Instant) -> Result<(), PollProblem> {
        self.jobs.add_first(job);
        self.failures += 1;
        if self.failures >= TRIES_MAX {
            return Err(PollProblem::Unavailable { tries: self.failures, why });
        }
        let wait_ms = AFTER_FAILURE_MS << (self.failures - 1).min(10);
        self.not_before = Some(now.plus_ms(wait_ms.min(AFTER_FAILURE_MS_MAX)));
        Ok(())
    }

    /// A company can do without its activities where the token may not read them; nothing else is missed then.
    fn leave_out(&mut self, job: &Job, problem: PollProblem) -> Result<(), PollProblem> {
        let object = match job {
            Job::Properties(object) | Job::Count(object) => *object,
            Job::Items { page, .. } | Job::Links { page, to: Object::LineItems, .. }
                if matches!(problem, PollProblem::Scopes { .. }) =>
            {
                self.left_out.insert(Object::LineItems, problem);
                self.page_of(*page, |page| {
                    page.missing -= 1;
                    page.ask_items(Vec::new());
                });
                return Ok(());
            }
            Job::Forms(_) if matches!(problem, PollProblem::Scopes { .. }) => {
                self.leave_out_forms(problem);
                return Ok(());
            }
            Job::Find(Place { part: Part::Forms, .. }) if matches!(problem, PollProblem::Scopes { .. }) => {
                self.leave_out_forms(problem);
                self.ahead = Some(Place::beginning(Part::Forms));
                return Ok(());
            }
            Job::Find(place) => match place.part.object() {
                Some(object) => object,
                None => return Err(problem),
            },
            Job::Forms(_) | Job::People { .. } | Job::Items { .. } | Job::Read { .. } | Job::Links { .. } => {
                return Err(problem);
            }
        };
        if object.event().is_none() || !matches!(problem, PollProblem::Scopes { .. }) {
            return Err(problem);
        }
        self.left_out.insert(object, problem);
        if let Job::Find(place) = job {
            self.ahead = Some(place.clone());
        }
        Ok(())
    }

    /// The kinds of record that this round reads.
    fn objects(&self) -> Vec<Object> {
        self.wanted.objects().filter(|object| !self.left_out.contains_key(object)).collect()
    }

    /// Adds what can be asked already: the search for a page while others are still being read.
    fn look_ahead(&mut self) {
        if !self.jobs.is_empty_of_searches() || self.pages.len() >= PAGES_AT_ONCE {
            return;
        }
        let objects = self.objects();
        if objects.iter().any(|object| !self.schema.contains_key(object)) {
            return;
        }
        if !self.is_open {
            self.is_open = true;
            let counted = |object: &Object| self.position.totals.contains_key(object);
            let uncounted: Vec<Object> = objects.iter().copied().filter(|object| !counted(object)).collect();
            uncounted.into_iter().for_each(|object| self.jobs.add(Job::Count(object)));
            self.ahead.clone_from(&self.position.place);
        }
        if let Some(place) = self.ahead.take() {
            let place = self.allowed(place, &objects);
            match place {
                // First, since it takes one after the other to find pages.
                Some(place) => self.jobs.add_first(Job::Find(place)),
                None => drop(self.begin_page(0, None)),
            }
        }
    }

    /// The place, or the next one that may be read.
    fn allowed(&mut self, mut place: Place, objects: &[Object]) -> Option<Place> {
        let course = Course { objects: Object::ALL.to_vec(), ..self.course() };
        // A list has no other order than by number, so that all of it must be read: a long archive once a day.
        let is_long = |object: &Object| self.position.archived.get(object).is_some_and(|n| *n > ARCHIVED_MAX);
        let is_put_off = |part: Part| matches!(part, Part::Archive(object) if is_long(&object) && !course.is_check);
        while place.part.object().is_some_and(|object| !objects.contains(&object)) || is_put_off(place.part) {
            place = Place::beginning(place.part.next(&course)?);
        }
        if place.part == Part::Forms { self.form_place(place) } else { Some(place) }
    }

    /// What this round reads.
    fn course(&self) -> Course {
        Course { objects: self.objects(), is_check: self.position.check.is_some(), has_forms: self.forms.is_some() }
    }

    fn begin_page(&mut self, count: usize, next: Option<Place>) -> u64 {
        self.ahead.clone_from(&next);
        self.add_page(count, next)
    }

    fn add_page(&mut self, count: usize, next: Option<Place>) -> u64 {
        self.pages_begun += 1;
        self.pages.push_back(PageInWork::new(self.pages_begun, count, next));
        self.pages_begun
    }

    fn request(&self, job: &Job, began: Instant) -> Request {
        let sought = |object, below| Sought { object, since: self.position.since, until: began, below };
        let names = |object| self.schema.get(object).map(Schema::names).unwrap_or_default();
        match job {
            Job::Properties(object) => self.api.properties(*object),
            Job::Count(object) => self.api.search(sought(*object, None), &[], 1),
            Job::Find(Place { part: Part::Changed(object), below, .. }) => {
                let names = if object.has_history() { Vec::new() } else { names(object) };
                self.api.search(sought(*object, *below), &names, rows::SEARCHED_AT_ONCE)
            }
            Job::Find(Place { part: Part::Archive(object), after, .. }) => {
                self.api.list(*object, true, after.as_deref())
            }
            Job::Find(Place { part: Part::Listed(object), after, .. }) => {
                self.api.list(*object, false, after.as_deref())
            }
            Job::Find(Place { part: Part::Forms, form, after, .. }) => {
                let form = form.as_ref().map(|form| form.id.as_str()).unwrap_or_default();
                self.api.filled(form, after.as_deref())
            }
            Job::Items { ids, .. } => self.api.items(ids),
            Job::Forms(after) => self.api.forms(after.as_deref()),
            Job::People { emails, .. } => self.api.people(emails),
            Job::Read { object, ids, .. } => self.api.read(*object, ids, &names(object)),
            Job::Links { object, to, ids, after, .. } => self.api.links(*object, *to, ids, after.as_deref()),
        }
    }

    /// What is read after a part.
    fn after(&self, part: Part) -> Option<Place> {
        part.next(&self.course()).map(Place::beginning)
    }
}
