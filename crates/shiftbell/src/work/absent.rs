//! Who is not at work: on leave, as somebody said, or gone for good. Nobody writes to them, and what cannot wait goes to
//! somebody else; what they did stays counted.

use std::collections::{BTreeMap, BTreeSet};

use shiftbell_metrics::definitions::{Definitions, Person, Place};
use shiftbell_metrics::time::{Day, Instant};
use shiftbell_render::facts::Person as Named;
use shiftbell_render::messages::Mark;
use shiftbell_render::words;
use shiftbell_store::leave::{self, Leave};
use shiftbell_store::people::{self, Kept};
use shiftbell_store::{Session, StoreError};

use super::Workspace;

/// How far back leave matters: no goal is longer than a year.
const DAYS_BACK: i32 = 400;
/// Longest way up the teams.
const LEVELS_MAX: usize = 16;

/// Why somebody is not told anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Until this day, included.
    Away(Day),
    /// A chat or the CRM says that they are not there any more.
    Gone,
}

/// Who is not at work, by their e-mail address in lower case.
#[derive(Clone, Debug, Default)]
pub struct Absent {
    leave: BTreeMap<String, Vec<Leave>>,
    gone: BTreeSet<String>,
}

impl Absent {
    /// As it is known now.
    ///
    /// # Errors
    /// The database's.
    pub async fn read(session: &mut Session, workspace: &Workspace, now: Instant) -> Result<Absent, StoreError> {
        let name = workspace.name.as_str();
        let since = workspace.defs().workspace.zone.day_of(now).plus(-DAYS_BACK);
        let mut absent = Absent::default();
        for leave in leave::since(session, name, since).await? {
            absent.leave.entry(leave.email.clone()).or_default().push(leave);
        }
        let kept = people::all(session, name).await?;
        let directory = workspace.directory();
        let left = workspace.defs().people.iter().filter(|person| directory.has_left(&person.email));
        absent.gone.extend(left.map(|person| person.email.to_lowercase()));
        absent.gone.extend(kept.iter().filter(|kept| kept.is_closed()).map(|kept| kept.email.to_lowercase()));
        Ok(absent)
    }

    /// Of one person only.
    ///
    /// # Errors
    /// The database's.
    pub async fn of_person(session: &mut Session, workspace: &Workspace, email: &str) -> Result<Absent, StoreError> {
        let (name, key) = (workspace.name.as_str(), email.to_lowercase());
        let mut absent = Absent::default();
        let kept = people::of_person(session, name, email).await?;
        if kept.iter().any(Kept::is_closed) || workspace.directory().has_left(email) {
            absent.gone.insert(key.clone());
        }
        absent.leave.insert(key.clone(), leave::of_person(session, name, &key).await?);
        Ok(absent)
    }

    /// Why this person is told nothing on this day; `None`: they are.
    pub fn why(&self, email: &str, day: Day) -> Option<Why> {
        let email = email.to_lowercase();
        if self.gone.contains(&email) {
            return Some(Why::Gone);
        }
        let on = |leave: &&Leave| leave.first <= day && day <= leave.last;
        self.leave.get(&email)?.iter().find(on).map(|leave| Why::Away(leave.last))
    }

    /// The same at an instant, on the person's own calendar.
    pub fn why_at(&self, workspace: &Workspace, email: &str, at: Instant) -> Option<Why> {
        self.why(email, place_of(workspace, email).zone.day_of(at))
    }

    /// A person's place, with their leave as days on which nobody works there.
    pub fn place_for(&self, email: &str, place: &Place) -> Place {
        let mut own = place.clone();
        for leave in self.leave.get(&email.to_lowercase()).into_iter().flatten() {
            own.holidays.extend((leave.first.0..=leave.last.0).map(|day| Day(day).date()));
        }
        own
    }

    /// Who is told instead of somebody: the next one up the teams who is at work.
    pub fn stand_in<'a>(&self, workspace: &'a Workspace, email: &str, now: Instant) -> Option<&'a str> {
        let defs = workspace.defs();
        let mut person = defs.person(email)?;
        for _ in 0..LEVELS_MAX {
            let manager = manager_of(defs, person)?;
            if self.why_at(workspace, manager, now).is_none() {
                return Some(manager);
            }
            person = defs.person(manager)?;
        }
        None
    }

    /// Everybody of the company who is away on their own day, with their last day away.
    pub fn away_at<'a>(&self, workspace: &'a Workspace, now: Instant) -> Vec<(&'a Person, Day)> {
        let away = |person: &'a Person| match self.why_at(workspace, &person.email, now) {
            Some(Why::Away(until)) => Some((person, until)),
            Some(Why::Gone) | None => None,
        };
        workspace.defs().people.iter().filter_map(away).collect()
    }
}

impl Why {
    /// What the reader of a message should know that was for somebody else.
    pub fn mark(self, email: &str) -> Mark {
        let until = match self {
            Why::Away(until) => Some(words::day(until.date())),
            Why::Gone => None,
        };
        Mark::InsteadOf { person: Named::new(email).name, until }
    }

    /// As the reason of a message that is kept back.
    pub fn reason(self, email: &str) -> String {
        match self {
            Why::Away(until) => format!("{email} is away until {}", words::day(until.date())),
            Why::Gone => format!("{email} is not here any more"),
        }
    }
}

/// Who manages a person: their team's manager, or where that is the person, that of the team above.
pub fn manager_of<'a>(defs: &'a Definitions, person: &Person) -> Option<&'a str> {
    let mut team = Some(person.team.as_str());
    for _ in 0..LEVELS_MAX {
        let found = team.and_then(|id| defs.teams.iter().find(|team| team.id == id))?;
        match found.manager.as_deref() {
            Some(manager) if !manager.eq_ignore_ascii_case(&person.email) => return Some(manager),
            Some(_) | None => team = found.part_of.as_deref(),
        }
    }
    None
}

/// Where somebody works.
pub(super) fn place_of<'a>(workspace: &'a Workspace, email: &str) -> &'a Place {
    let defs = workspace.defs();
    let place = defs.person(email).and_then(|person| defs.places.get(&person.place));
    place.unwrap_or(&workspace.meaning.fallback_place)
}
