//! A manager's team on one day: who needs help, and what they said is in the way. Nobody is ranked.

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::Message;
use super::doubt::Way;
use crate::action::{Action, Verb};
use crate::document::{Button, Document};
use crate::facts::{Footer, Person, SeenBy, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Team {
    pub day: Date,
    /// Of those whose day was judged, how many had a successful one.
    pub good: u64,
    pub judged: u64,
    /// Who said something first, then whose day was short.
    pub help: Vec<Help>,
    pub well: Vec<Person>,
    /// Whose day could not be judged, because a source was silent.
    pub unjudged: Vec<Person>,
    pub away: Vec<Person>,
    /// What was said before and is not settled.
    pub waiting: u64,
    pub footer: Footer,
}

/// Somebody who needs something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Help {
    pub person: Person,
    /// `8 of 10 follow-ups done`.
    pub short: Option<String>,
    pub said: Vec<Friction>,
}

/// What they said is in the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Friction {
    pub way: Way,
    pub words: Option<String>,
}

impl Message for Team {
    const NAME: &'static str = "team";

    fn samples() -> Vec<(&'static str, Team)> {
        let person = |name: &str| Person::new(format!("{name}@clowns.example"));
        let leads = Help {
            person: person("bdr.three"),
            short: Some("6 of 20 conversations done".into()),
            said: vec![Friction { way: Way::Leads, words: None }],
        };
        let short = Help { person: person("bdr.one"), short: Some("8 of 10 follow-ups done".into()), said: Vec::new() };
        let full = Team {
            day: date(2026, 11, 19),
            good: 2,
            judged: 4,
            help: vec![leads, short.clone()],
            well: vec![person("bdr.two"), person("ae.one")],
            unjudged: Vec::new(),
            away: vec![person("ae.two")],
            waiting: 1,
            footer: Footer {
                data_to: None,
                sources: Sources::Complete(vec!["HubSpot".into()]),
                seen_by: SeenBy::OnlyYou,
                receipt: Some("r-t55e".into()),
            },
        };
        let all_well = Team {
            good: 4,
            help: Vec::new(),
            well: ["bdr.one", "bdr.two", "bdr.three", "ae.one"].map(person).to_vec(),
            away: Vec::new(),
            waiting: 0,
            ..full.clone()
        };
        let unsaid = Team { good: 3, help: vec![short], waiting: 0, ..full.clone() };
        let blocked = Help {
            person: person("ae.one"),
            short: None,
            said: vec![
                Friction { way: Way::Waiting, words: Some("billing answer for Sample Insurance".into()) },
                Friction { way: Way::Leads, words: None },
            ],
        };
        let silent = Team {
            good: 0,
            judged: 0,
            help: vec![blocked],
            well: Vec::new(),
            unjudged: vec![person("bdr.one")],
            waiting: 0,
            ..full.clone()
        };
        vec![("out-of-leads", full), ("all-well", all_well), ("nobody-said", unsaid), ("not-judged", silent)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let receipt = self.footer.receipt();
        let document = template::document(Self::NAME, &View::of(self))?;
        let has_said = self.waiting > 0 || self.help.iter().any(|help| !help.said.is_empty());
        let show = has_said.then(|| Button::primary("Show what waits", Action::ask("/shiftbell doubts")));
        Ok(document.with_buttons(show).with_buttons([super::something_is_off(receipt)]).with_more([Button::about(
            "Why",
            Verb::Why,
            receipt,
        )]))
    }
}

#[derive(Serialize)]
struct View<'a> {
    #[serde(flatten)]
    facts: &'a Team,
    /// The first of those who said something, for the first line.
    first: Option<Said<'a>>,
    help: Vec<Said<'a>>,
}

#[derive(Serialize)]
struct Said<'a> {
    person: &'a Person,
    short: Option<&'a str>,
    /// `ran out of leads; waiting for someone (billing answer)`.
    said: Option<String>,
}

impl View<'_> {
    fn of(facts: &Team) -> View<'_> {
        let said = |help: &Help| {
            let all = help.said();
            (!all.is_empty()).then_some(all)
        };
        fn view(help: &Help, said: Option<String>) -> Said<'_> {
            Said { person: &help.person, short: help.short.as_deref(), said }
        }
        let first = facts.help.iter().find_map(|help| Some(view(help, Some(said(help)?))));
        View { facts, first, help: facts.help.iter().map(|help| view(help, said(help))).collect() }
    }
}

impl Help {
    fn said(&self) -> String {
        self.said.iter().map(Friction::text).collect::<Vec<_>>().join("; ")
    }

    /// What is short and what was said, in one line.
    pub fn text(&self) -> String {
        let said = (!self.said.is_empty()).then(|| format!("said: {}", self.said()));
        self.short.clone().into_iter().chain(said).collect::<Vec<_>>().join("; ")
    }
}

impl Friction {
    fn text(&self) -> String {
        let words = self.words.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
        format!("{}{words}", self.way.said())
    }
}
