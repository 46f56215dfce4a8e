//! The requests of a round by what they are for: those that can be made, and those that are under way.

use std::collections::{BTreeMap, VecDeque};

use super::object::Object;
use super::position::Place;

/// Which request an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A request by what it is for.
#[derive(Clone, Debug)]
pub(super) enum Job {
    Properties(Object),
    Count(Object),
    /// Line items of deals.
    Items {
        page: u64,
        ids: Vec<u64>,
    },
    /// Which forms there are.
    Forms(Option<String>),
    /// Contacts by their e-mail.
    People {
        page: u64,
        emails: Vec<String>,
    },
    /// Finds the records of the page that begins here.
    Find(Place),
    Read {
        page: u64,
        object: Object,
        ids: Vec<u64>,
    },
    Links {
        page: u64,
        object: Object,
        to: Object,
        ids: Vec<u64>,
        after: Option<String>,
    },
}

impl Job {
    /// What it reads, for sentences.
    pub(super) fn subject(&self) -> String {
        match self {
            Job::Properties(object) => format!("the properties of {}", object.plural()),
            Job::Count(object) | Job::Read { object, .. } => object.plural().to_owned(),
            Job::Items { .. } => "line items".to_owned(),
            Job::Forms(_) => "forms".to_owned(),
            Job::People { .. } => Object::Contacts.plural().to_owned(),
            Job::Find(place) => place.part.subject().to_owned(),
            Job::Links { object, to, .. } => format!("which {} belong to {}", to.plural(), object.plural()),
        }
    }

    /// Whether it must be answered before the next page can be found.
    fn opens_pages(&self) -> bool {
        matches!(self, Job::Properties(_) | Job::Count(_) | Job::Forms(_) | Job::Find(_))
    }
}

/// What is to be asked, and what was.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    due: VecDeque<Job>,
    sent: BTreeMap<Ticket, Job>,
    tickets: u64,
}

impl Jobs {
    pub(super) fn add(&mut self, job: Job) {
        self.due.push_back(job);
    }

    /// It is to be asked before anything else.
    pub(super) fn add_first(&mut self, job: Job) {
        self.due.push_front(job);
    }

    /// The next one to be sent.
    pub(super) fn due(&self) -> Option<&Job> {
        self.due.front()
    }

    /// Sends the one that is due.
    pub(super) fn send(&mut self) -> Ticket {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.sent.extend(self.due.pop_front().map(|job| (ticket, job)));
        ticket
    }

    /// What was asked with this ticket; `None` if that is no longer of interest.
    pub(super) fn answered(&mut self, ticket: Ticket) -> Option<Job> {
        self.sent.remove(&ticket)
    }

    /// Whether nothing that finds pages is still to be asked or under way.
    pub(super) fn is_empty_of_searches(&self) -> bool {
        !self.due.iter().chain(self.sent.values()).any(Job::opens_pages)
    }
}
