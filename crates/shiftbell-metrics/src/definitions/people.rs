//! `[teams]`, `[places]` and `[holidays]`: who works where and when.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::Date;

use super::document::{Entry, Item, Table, Text};
use super::facts::check_name;
use super::model::{Person, Place, Team};
use super::report::Report;
use super::{words, workspace};

/// Everybody, their teams and places.
#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) people: Vec<Person>,
    pub(super) teams: Vec<Team>,
    pub(super) places: BTreeMap<String, Place>,
    /// People of whom the file does not know come from a source.
    pub(super) others_exist: bool,
}

impl People {
    /// Roles that somebody has, and those with rights.
    pub(super) fn roles(&self, with_rights: &[String]) -> Vec<String> {
        let mut roles: Vec<String> = self.people.iter().map(|person| person.role.clone()).collect();
        roles.extend(with_rights.iter().cloned());
        roles.sort();
        roles.dedup();
        roles
    }

    fn find(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|person| {
            person.email.eq_ignore_ascii_case(email) || person.also.iter().any(|also| also.eq_ignore_ascii_case(email))
        })
    }

    /// The e-mail of somebody in a team.
    pub(super) fn known(&self, report: &mut Report<'_>, item: &Item<'_>) -> Option<String> {
        let text = item.text(report)?;
        self.check(report, &text);
        Some(text.text)
    }

    pub(super) fn check(&self, report: &mut Report<'_>, text: &Text) {
        if !words::is_email(&text.text) {
            let message = format!("\"{}\" is no e-mail address", text.text);
            report.problem(&text.span, message, Some("people are named by their e-mail address".to_owned()));
        } else if self.find(&text.text).is_none() && !self.others_exist {
            let emails = self.people.iter().map(|person| person.email.as_str());
            report.unknown(&text.span, &text.text, "person in a team", emails);
        }
    }

    pub(super) fn is_known(&self, email: &str) -> bool {
        self.find(email).is_some()
    }
}

/// Where a section stands in the file: `[teams]`, `[places]` and `[holidays]` belong together.
pub(super) fn read(
    report: &mut Report<'_>,
    teams: Option<Table<'_>>,
    places: Option<Table<'_>>,
    holidays: Option<Table<'_>>,
    outlets: &[&'static str],
) -> People {
    let holidays = holidays.map(|table| read_holidays(report, table)).unwrap_or_default();
    let mut everybody = People::default();
    for entry in places.into_iter().flat_map(|mut table| table.rest()) {
        check_name(report, &entry.key, "place");
        match place(report, &entry, &holidays) {
            Some(place) => {
                everybody.places.insert(entry.key.text, place);
            }
            None => report.is_wrong("place", &entry.key.text),
        }
    }
    if let Some(table) = teams {
        read_teams(report, table, &mut everybody, outlets);
    }
    everybody
}

fn read_holidays(report: &mut Report<'_>, mut table: Table<'_>) -> BTreeMap<String, Vec<Date>> {
    let mut holidays = BTreeMap::new();
    for entry in table.rest() {
        holidays.insert(entry.key.text.clone(), dates(report, &entry.item));
    }
    holidays
}

fn dates(report: &mut Report<'_>, item: &Item<'_>) -> Vec<Date> {
    match item.list() {
        Some(items) => items.iter().filter_map(|item| item.date(report)).collect(),
        None => {
            item.wrong(report, "a list of dates such as [2026-12-25]");
            Vec::new()
        }
    }
}

fn place(report: &mut Report<'_>, entry: &Entry<'_>, holidays: &BTreeMap<String, Vec<Date>>) -> Option<Place> {
    let mut table = entry.item.table(report, format!("[places.{}]", entry.key.text))?;
    let zone = table.require(report, "timezone", "\"Europe/Berlin\"").and_then(|item| workspace::zone(report, &item));
    let days = table.require(report, "days", "\"mon-fri\"").and_then(|item| item.weekdays(report));
    let hours = table.require(report, "hours", "\"09:00-18:00\"").and_then(|item| {
        let text = item.text(report)?;
        let (from, until) = text.text.split_once('-').unwrap_or((&text.text, ""));
        let hours = words::clock(from.trim()).zip(words::clock(until.trim())).filter(|(from, until)| from < until);
        if hours.is_none() {
            item.wrong(report, "hours such as \"09:00-18:00\"");
        }
        hours
    });
    let days_off = table.get("holidays").map(|item| match item.as_text() {
        None => dates(report, &item),
        Some(text) => holidays.get(&text.text).cloned().unwrap_or_else(|| {
            report.unknown(&text.span, &text.text, "list of holidays", holidays.keys().map(String::as_str));
            Vec::new()
        }),
    });
    table.close(report);
    let (from, until) = hours?;
    Some(Place { zone: zone?, days: days?, from, until, holidays: days_off.unwrap_or_default() })
}

fn read_teams(report: &mut Report<'_>, mut table: Table<'_>, everybody: &mut People, outlets: &[&'static str]) {
    let name = table.name.clone();
    people_from(report, &mut table, &name, everybody);
    let mut references: Vec<(Text, bool)> = Vec::new();
    for entry in table.rest() {
        check_name(report, &entry.key, "team");
        let id = entry.key.text.clone();
        let Some(mut of_team) = entry.item.table(report, format!("[teams.{id}]")) else {
            continue;
        };
        let manager = of_team.get("manager").and_then(|item| item.text(report));
        let part_of = of_team.get("part_of").and_then(|item| item.text(report));
        let name = of_team.name.clone();
        people_from(report, &mut of_team, &name, everybody);
        for line in of_team.table(report, "people").into_iter().flat_map(|mut people| people.rest()) {
            match person(report, &line, &id, everybody, outlets) {
                Some(person) => everybody.people.push(person),
                None => report.is_wrong("person in a team", &line.key.text),
            }
        }
        of_team.close(report);
        everybody.teams.push(Team {
            id,
            manager: manager.as_ref().map(|text| text.text.clone()),
            part_of: part_of.as_ref().map(|text| text.text.clone()),
        });
        references.extend(manager.map(|text| (text, true)));
        references.extend(part_of.map(|text| (text, false)));
    }
    for (text, is_person) in references {
        if is_person {
            everybody.check(report, &text);
        } else if !everybody.teams.iter().any(|team| team.id == text.text) {
            let teams = everybody.teams.iter().map(|team| team.id.as_str());
            report.unknown(&text.span, &text.text, "team", teams);
        } else if is_circle(&text.text, &everybody.teams) {
            let message = format!("the team \"{}\" would be part of itself", text.text);
            report.problem(&text.span, message, Some("take one `part_of` out".to_owned()));
        }
    }
}

fn people_from(report: &mut Report<'_>, table: &mut Table<'_>, name: &str, everybody: &mut People) {
    let Some(item) = table.get("people_from") else {
        return;
    };
    if item.text(report).is_some() {
        everybody.others_exist = true;
        let name = format!("{}.people_from", name.trim_matches(['[', ']']));
        report.note(&item.span, name, "people are taken from the lines of this file only");
    }
}

fn is_circle(team: &str, teams: &[Team]) -> bool {
    let mut at = team;
    for _ in teams {
        match teams.iter().find(|known| known.id == at).and_then(|known| known.part_of.as_deref()) {
            Some(above) if above == team => return true,
            Some(above) => at = above,
            None => return false,
        }
    }
    false
}

fn person(
    report: &mut Report<'_>,
    line: &Entry<'_>,
    team: &str,
    everybody: &People,
    outlets: &[&'static str],
) -> Option<Person> {
    let email = line.key.text.clone();
    check_new(report, &email, &line.key.span, everybody);
    let mut table = line.item.table(report, format!("[teams.{team}.people.\"{email}\"]"))?;
    let role = table.require(report, "role", "\"bdr\"").and_then(|item| item.text(report));
    if let Some(role) = &role {
        check_name(report, role, "role");
    }
    let place = table.require(report, "place", "\"berlin\"").and_then(|item| item.text(report));
    if let Some(place) = &place
        && !everybody.places.contains_key(&place.text)
    {
        report.unknown(&place.span, &place.text, "place", everybody.places.keys().map(String::as_str));
    }
    let also = table.get("also").map(|item| item.texts(report)).unwrap_or_default();
    for other in &also {
        check_new(report, &other.text, &other.span, everybody);
    }
    let since = table.get("since").and_then(|item| item.date(report));
    let mut known_as = BTreeMap::new();
    for outlet in outlets {
        if let Some(id) = table.get(outlet).and_then(|item| item.text(report)) {
            if let Some(other) = everybody.people.iter().find(|other| other.known_as.get(*outlet) == Some(&id.text)) {
                let message = format!("\"{}\" is already \"{}\" in {outlet}", id.text, other.email);
                report.problem(&id.span, message, Some("each id belongs to one person".to_owned()));
            }
            known_as.insert((*outlet).to_owned(), id.text);
        }
    }
    table.close(report);
    Some(Person {
        email,
        role: role?.text,
        place: place?.text,
        team: team.to_owned(),
        also: also.into_iter().map(|text| text.text).collect(),
        since,
        known_as,
    })
}

/// An address that nobody has yet.
fn check_new(report: &mut Report<'_>, email: &str, span: &Range<usize>, everybody: &People) {
    if !words::is_email(email) {
        let fix = Some("people are named by their e-mail address, in quotes".to_owned());
        report.problem(span, format!("\"{email}\" is no e-mail address"), fix);
    } else if let Some(person) = everybody.find(email) {
        let message = format!("\"{email}\" is already in the team \"{}\"", person.team);
        report.problem(span, message, Some("a person is in one team".to_owned()));
    }
}
