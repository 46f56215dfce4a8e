//! `/shiftbell`: what people tell the program about itself and about them, as `/kpi` is what they ask it.
//!
//! [`Order`] is the one list: the parser, the help and the suggestions read it. An order is in it once it is followed.

mod leave;
mod link;
mod preview;
mod rollout;
mod whom;

use shiftbell_metrics::definitions::{RolloutStep, near};
use shiftbell_render::action::Action;
use shiftbell_render::document::{Block, Button, Document, Inline};
use shiftbell_render::table::{Align, Table};

use super::{AskError, Asker, not_answered, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::{doctor, rights};
use rollout::Told;

/// Longest line that is read, in characters.
const CHARS_MAX: usize = 300;
/// Who said something that was said at the terminal.
const OPERATOR: &str = "operator";
/// What is said to somebody whom the company does not know.
const WHO_ARE_YOU: &str = "I do not know who you are here yet.";

/// What `/shiftbell` can be told, in the order in which its help lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Away,
    Back,
    Link,
    Doctor,
    Preview,
    Help,
    Pilots,
    Pilot,
    Step(RolloutStep),
}

/// One way to give an order.
struct Way {
    /// What is typed behind `/shiftbell`.
    typed: &'static str,
    does: &'static str,
    whose: Whose,
}

/// To whom help shows a way. Whether it is followed is checked again by the order, for what it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Everybody,
    /// Somebody of the company.
    Person,
    /// Whoever manages a team.
    Lead,
    /// Whoever keeps the settings.
    Settings,
    /// Whoever keeps the settings, or the deliveries.
    Keeper,
}

const fn way(typed: &'static str, does: &'static str, whose: Whose) -> Way {
    Way { typed, does, whose }
}

impl Order {
    const ALL: &[Order] = &[
        Order::Away,
        Order::Back,
        Order::Preview,
        Order::Link,
        Order::Pilots,
        Order::Pilot,
        Order::Step(RolloutStep::Frame),
        Order::Step(RolloutStep::Focus),
        Order::Step(RolloutStep::Grow),
        Order::Doctor,
        Order::Help,
    ];

    /// The first word behind `/shiftbell`.
    fn word(self) -> &'static str {
        match self {
            Order::Away => "away",
            Order::Back => "back",
            Order::Link => "link",
            Order::Doctor => "doctor",
            Order::Preview => "preview",
            Order::Help => "help",
            Order::Pilots => "pilots",
            Order::Pilot => "pilot",
            Order::Step(step) => step.word(),
        }
    }

    fn ways(self) -> &'static [Way] {
        match self {
            Order::Away => {
                const {
                    &[
                        way("away until 23 Nov", "no scorecard and no alert until then", Whose::Person),
                        way("away from 2 Dec until 5 Dec", "also: away today, away 3 days", Whose::Person),
                        way("away @name until 23 Nov", "the same for somebody below you", Whose::Lead),
                    ]
                }
            }
            Order::Back => const { &[way("back", "at work again", Whose::Person)] },
            Order::Link => {
                const {
                    &[
                        way("link", "a code with which Discord knows you too", Whose::Person),
                        way("link CODE", "be known here, by the code that you have", Whose::Everybody),
                        way("link @name ann@clowns.example", "say who somebody is in this chat", Whose::Keeper),
                    ]
                }
            }
            Order::Doctor => {
                const { &[way("doctor", "what of the set-up needs somebody, and the one thing to do", Whose::Keeper)] }
            }
            Order::Preview => {
                const {
                    &[
                        way("preview scorecard", "a digest as you would receive it now", Whose::Person),
                        way("preview scorecard @name", "as somebody below you would", Whose::Lead),
                    ]
                }
            }
            Order::Help => const { &[way("help", "this list", Whose::Everybody)] },
            Order::Pilots => const { &[way("pilots", "who is let in, and who said so last", Whose::Settings)] },
            Order::Pilot => {
                const {
                    &[
                        way("pilot @name", "lets one person in", Whose::Settings),
                        way("pilot remove @name", "takes one person out again", Whose::Settings),
                    ]
                }
            }
            Order::Step(RolloutStep::Frame) => {
                const { &[way("frame", "only the reviewer receives, and receives everything", Whose::Settings)] }
            }
            Order::Step(RolloutStep::Focus) => {
                const { &[way("focus", "the pilots and the channels receive theirs", Whose::Settings)] }
            }
            Order::Step(RolloutStep::Grow) => const { &[way("grow", "everybody receives theirs", Whose::Settings)] },
        }
    }

    fn ways_of(self, company: &Company, asker: &Asker) -> impl Iterator<Item = &'static Way> {
        self.ways().iter().filter(move |way| way.whose.is(company, asker))
    }

    fn is_for(self, company: &Company, asker: &Asker) -> bool {
        self.ways_of(company, asker).next().is_some()
    }

    fn named(word: &str) -> Option<Order> {
        Order::ALL.iter().copied().find(|order| order.word() == word)
    }
}

impl Whose {
    fn is(self, company: &Company, asker: &Asker) -> bool {
        let defs = company.defs();
        match self {
            Whose::Everybody => true,
            Whose::Person => !matches!(asker, Asker::Stranger { .. }),
            Whose::Lead => rights::keeps_settings(defs, asker) || rights::leads(defs, asker),
            Whose::Settings => rights::keeps_settings(defs, asker),
            Whose::Keeper => rights::keeps_settings(defs, asker) || rights::keeps_deliveries(defs, asker),
        }
    }
}

/// Follows what stands behind `/shiftbell`.
pub(super) async fn to_words(program: &Program, company: &Company, asker: &Asker, text: &str) -> Document {
    if text.chars().count() > CHARS_MAX {
        return sentence(format!("That is more than {CHARS_MAX} characters. {}", for_help()));
    }
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let word = word.to_lowercase();
    let followed = match Order::named(&word) {
        None if word.is_empty() => Ok(help(company, asker)),
        None => Ok(unknown(company, asker, &word)),
        Some(order) => follow(program, company, asker, order, rest.trim()).await,
    };
    followed.unwrap_or_else(|error| not_answered(company, &error))
}

async fn follow(
    program: &Program,
    company: &Company,
    asker: &Asker,
    order: Order,
    rest: &str,
) -> Result<Document, AskError> {
    match (order, asker) {
        (Order::Link | Order::Help, _) => {}
        (_, Asker::Stranger { outlet, .. }) => return Ok(link::how(company, *outlet)),
        (Order::Doctor | Order::Pilots | Order::Pilot | Order::Step(_), _) if !order.is_for(company, asker) => {
            return Ok(not_theirs(company, order));
        }
        _ => {}
    }
    match order {
        Order::Away => leave::away(program, company, asker, rest).await,
        Order::Back => leave::back(program, company, asker, rest).await,
        Order::Link => link::follow(program, company, asker, rest).await,
        Order::Doctor => Ok(doctor::said::document(&doctor::examine_within(program, company).await)),
        Order::Preview => preview::shown(program, company, asker, rest).await,
        Order::Help => Ok(help(company, asker)),
        Order::Pilots => rollout::follow(program, company, asker, Told::Pilots).await,
        Order::Pilot => rollout::follow(program, company, asker, Told::Pilot(rest)).await,
        Order::Step(step) => rollout::follow(program, company, asker, Told::Step(step)).await,
    }
}

/// Who says something, as it is kept.
fn said_by(asker: &Asker) -> String {
    match asker {
        Asker::Person(person) => person.email.clone(),
        Asker::Operator | Asker::Stranger { .. } => OPERATOR.to_owned(),
    }
}

/// Words for what is typed so far: what is shown and what is taken.
pub(super) fn completions(typed: &str) -> Vec<(String, String)> {
    let typed = typed.trim_start().to_lowercase();
    let ways = Order::ALL.iter().flat_map(|order| order.ways());
    ways.filter(|way| way.typed.to_lowercase().starts_with(&typed))
        .map(|way| (format!("{}: {}", way.typed, way.does), way.typed.to_owned()))
        .collect()
}

/// What is said to somebody who may not give an order, and who may.
fn not_theirs(company: &Company, order: Order) -> Document {
    let keeper = super::about::keeper(company).map_or_else(|| "your RevOps colleague".to_owned(), |keeper| keeper.name);
    sentence(format!("/shiftbell {} is for whoever keeps the settings: ask {keeper}.", order.word()))
}

/// Every order that this person may give.
fn help(company: &Company, asker: &Asker) -> Document {
    let ways = Order::ALL.iter().flat_map(|order| order.ways_of(company, asker));
    let rows = ways.map(|way| vec![format!("/shiftbell {}", way.typed), way.does.to_owned()]).collect();
    let headline = "/shiftbell is for what concerns you and this program; numbers are asked with /kpi.";
    Document {
        push: headline.to_owned(),
        blocks: vec![
            Block::Lines(vec![vec![
                Inline::Strong(headline.to_owned()),
                Inline::Text(" Only you see the answers.".to_owned()),
            ]]),
            Block::Table(Table { head: Vec::new(), align: vec![Align::Left, Align::Left], rows }),
        ],
        ..Document::default()
    }
}

/// Names the word that is no order, with what was likely meant as buttons.
fn unknown(company: &Company, asker: &Asker, word: &str) -> Document {
    let may = |order: &&Order| order.is_for(company, asker);
    let words = Order::ALL.iter().filter(may).map(|order| order.word().to_owned());
    let near = near(word, words);
    let shown: String = word.chars().take(40).collect();
    let (question, buttons) = match near.as_slice() {
        [] => (for_help(), vec![Button::new("Help", Action::ask("shiftbell help"))]),
        _ => (
            "Did you mean one of these?".to_owned(),
            near.iter().map(|word| Button::new(word, Action::ask(format!("shiftbell {word}")))).collect(),
        ),
    };
    sentence(format!("/shiftbell knows no \"{shown}\". {question}")).with_buttons(buttons)
}

fn for_help() -> String {
    "/shiftbell help lists what can be said.".to_owned()
}
