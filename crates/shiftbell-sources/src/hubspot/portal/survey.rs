//! Which request comes next, and what its answer adds.

use std::collections::{BTreeSet, VecDeque};

use serde_json::Value as Json;
use shiftbell_metrics::id::EntityKind;
use shiftbell_metrics::time::Instant;

use super::super::line::Line;
use super::super::poll::{Answer, Method, PollProblem, Request};
use super::{Piece, Portal, read, scopes};

/// The kinds of record whose properties are read, with their words in addresses.
const RECORDS: [(EntityKind, &str); 3] =
    [(EntityKind::Contact, "contacts"), (EntityKind::Company, "companies"), (EntityKind::Deal, "deals")];
/// Owners, and forms, of one page.
const AT_ONCE: usize = 100;
/// Pages that are followed of one list: a list that never ends must not hold up a round for ever.
const PAGES_MAX: u32 = 200;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Send this, and give the answer to [`Survey::take`].
    Send(Request),
    /// Nothing may be sent before this time.
    Wait(Instant),
    /// Everything is read.
    Done,
}

/// An account being surveyed.
#[derive(Debug)]
pub struct Survey {
    version: String,
    to_read: VecDeque<Part>,
    portal: Portal,
    line: Line,
}

/// One thing to ask for.
#[derive(Clone, Debug)]
enum Part {
    Account,
    Token,
    Pipelines,
    Properties(EntityKind, &'static str),
    Forms(Place),
    Owners { are_active: bool, place: Place },
    Dispositions,
}

/// Where in a list.
#[derive(Clone, Debug, Default)]
struct Place {
    page: u32,
    after: Option<String>,
}

impl Survey {
    /// `version` is that of the API, as in `api_version`.
    pub fn new(version: &str) -> Survey {
        let first = Place::default;
        let lists = [
            Part::Forms(first()),
            Part::Owners { are_active: true, place: first() },
            Part::Owners { are_active: false, place: first() },
            Part::Dispositions,
        ];
        let parts = [Part::Account, Part::Token, Part::Pipelines].into_iter();
        Survey {
            version: version.to_owned(),
            to_read: parts.chain(RECORDS.map(|(kind, word)| Part::Properties(kind, word))).chain(lists).collect(),
            portal: Portal::default(),
            line: Line::default(),
        }
    }

    /// What to do next.
    pub fn ask(&mut self, now: Instant) -> Ask {
        match self.to_read.front() {
            None => Ask::Done,
            Some(part) => {
                let request = part.request(&self.version);
                self.line.send(&request, now).map_or_else(Ask::Wait, |()| Ask::Send(request))
            }
        }
    }

    /// Takes the answer to the request that was asked last.
    ///
    /// # Errors
    /// That the token is refused, or that the service did not answer for long.
    pub fn take(&mut self, answer: &Answer<'_>, now: Instant) -> Result<(), PollProblem> {
        let Some(part) = self.to_read.front().cloned() else { return Ok(()) };
        let json = match self.line.take(answer, part.subject(), now) {
            Ok(None) => return Ok(()),
            Ok(Some(json)) => json,
            Err(problem) => return self.without(&part, problem),
        };
        match part.clone().take(&json, &mut self.portal) {
            Err(why) => self.line.again(why, now).or_else(|problem| self.without(&part, problem)),
            Ok(more) => {
                self.line.succeeded();
                self.to_read.pop_front();
                if let Some(more) = more {
                    self.to_read.push_front(more);
                }
                Ok(())
            }
        }
    }

    /// Everything that was read.
    pub fn finish(self) -> Portal {
        self.portal
    }

    /// Goes on without a part that cannot be read. Outcomes of calls are named the same in most accounts, and what a token
    /// may is also told by what it may not; of a list that breaks off in the middle, none counts.
    fn without(&mut self, part: &Part, problem: PollProblem) -> Result<(), PollProblem> {
        let is_of_all = matches!(problem, PollProblem::Token { .. });
        let piece = match part {
            _ if is_of_all => return Err(problem),
            Part::Account if matches!(problem, PollProblem::Unavailable { .. }) => return Err(problem),
            Part::Dispositions | Part::Token => None,
            Part::Account => Some(Piece::Account),
            Part::Pipelines => Some(Piece::Pipelines),
            Part::Properties(kind, _) => Some(piece_of(*kind)),
            Part::Forms(_) => {
                self.portal.forms.clear();
                Some(Piece::Forms)
            }
            Part::Owners { .. } => {
                self.portal.owners.clear();
                Some(Piece::Owners)
            }
        };
        if let Some(piece) = piece {
            self.portal.unread.insert(piece, problem.to_string());
        }
        self.line.succeeded();
        self.to_read.retain(|left| left.subject() != part.subject());
        Ok(())
    }
}

fn piece_of(kind: EntityKind) -> Piece {
    match kind {
        EntityKind::Contact => Piece::Contacts,
        EntityKind::Company => Piece::Companies,
        _ => Piece::Deals,
    }
}

impl Part {
    /// What it reads, for sentences.
    fn subject(&self) -> &'static str {
        match self {
            Part::Account => "the account",
            Part::Token => "what it is allowed",
            Part::Pipelines => "the pipelines of deals",
            Part::Properties(EntityKind::Contact, _) => "the properties of contacts",
            Part::Properties(EntityKind::Company, _) => "the properties of companies",
            Part::Properties(..) => "the properties of deals",
            Part::Forms(_) => "forms",
            Part::Owners { .. } => "owners",
            Part::Dispositions => "the outcomes of calls",
        }
    }

    /// Only what belongs to the CRM goes with the configured version; the others have one of their own.
    fn request(&self, version: &str) -> Request {
        let crm = |area: &str, rest: &str| match version.starts_with('v') {
            true => format!("/crm/{version}/{area}{rest}"),
            false => format!("/crm/{area}/{version}{rest}"),
        };
        let path = match self {
            Part::Account => "/account-info/v3/details".to_owned(),
            Part::Token => return scopes::ask_token(),
            Part::Pipelines => crm("pipelines", "/deals"),
            Part::Properties(_, word) => crm("properties", &format!("/{word}")),
            Part::Forms(place) => format!("/marketing/v3/forms?formTypes=all&{}", place.query()),
            Part::Owners { are_active, place } => {
                crm("owners", &format!("?archived={}&{}", !are_active, place.query()))
            }
            Part::Dispositions => "/calling/v1/dispositions".to_owned(),
        };
        Request { method: Method::Get, path, body: None, is_search: false }
    }

    /// Adds what was read, and gives what is to be asked in its place.
    fn take(self, json: &Json, portal: &mut Portal) -> Result<Option<Part>, String> {
        match self {
            Part::Account => portal.account = read::account(json)?,
            Part::Token => {
                portal.scopes = Some(read::scopes(json)?);
                portal.made_by = read::text(json, "userId");
            }
            Part::Pipelines => portal.pipelines = read::pipelines(json)?,
            Part::Properties(kind, _) => {
                portal.properties.insert(kind, read::properties(json)?);
            }
            Part::Forms(place) => {
                portal.forms.extend(read::forms(json)?);
                return Ok(place.next(json).map(Part::Forms));
            }
            Part::Owners { are_active, place } => {
                let known: BTreeSet<String> = portal.owners.iter().map(|owner| owner.id.clone()).collect();
                let owners = read::owners(json, are_active)?;
                portal.owners.extend(owners.into_iter().filter(|owner| !known.contains(&owner.id)));
                return Ok(place.next(json).map(|place| Part::Owners { are_active, place }));
            }
            Part::Dispositions => portal.dispositions = read::dispositions(json)?,
        }
        Ok(None)
    }
}

impl Place {
    fn query(&self) -> String {
        match &self.after {
            Some(after) => format!("limit={AT_ONCE}&after={}", escaped(after)),
            None => format!("limit={AT_ONCE}"),
        }
    }

    /// The next page, if there is one, and it is another.
    fn next(self, json: &Json) -> Option<Place> {
        let after = json.get("paging")?.get("next")?.get("after")?.as_str()?.to_owned();
        let is_new = self.after.as_ref() != Some(&after) && self.page < PAGES_MAX;
        is_new.then(|| Place { page: self.page + 1, after: Some(after) })
    }
}

/// A mark from outside, for an address.
fn escaped(mark: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    mark.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
