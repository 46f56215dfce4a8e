//! `/shiftbell`: what people tell the program about itself and about them, as `/kpi` is what they ask it.
//!
//! [`Order`] is the one list: the parser, the help and the suggestions read it. An order is in it once it is followed.

mod preview;

use shiftbell_metrics::definitions::{RolloutStep, near};
use shiftbell_render::action::Action;
use shiftbell_render::document::{Block, Button, Document, Inline};
use shiftbell_render::table::{Align, Table};

use super::rollout::{self, Told};
use super::{AskError, Asker, not_answered, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::{doctor, rights};

/// Longest line that is read, in characters.
const CHARS_MAX: usize = 300;

/// What `/shiftbell` can be told, in the order in which its help lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Doctor,
    Preview,
    Help,
    Pilots,
    Pilot,
    Step(RolloutStep),
}

/// One way to give an order: what is typed behind `/shiftbell`, and what it does.
type Way = (&'static str, &'static str);

impl Order {
    pub(crate) const ALL: &[Order] = &[
        Order::Doctor,
        Order::Preview,
        Order::Help,
        Order::Pilots,
        Order::Pilot,
        Order::Step(RolloutStep::Frame),
        Order::Step(RolloutStep::Focus),
        Order::Step(RolloutStep::Grow),
    ];

    /// The first word behind `/shiftbell`.
    pub(crate) fn word(self) -> &'static str {
        match self {
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
            Order::Doctor => &[("doctor", "what of the set-up needs somebody, and the one thing to do")],
            Order::Preview => {
                &[("preview scorecard", "a digest as you would receive it now; with @person, as they would")]
            }
            Order::Help => &[("help", "this list")],
            Order::Pilots => &[("pilots", "who is let in, and who said so last")],
            Order::Pilot => {
                &[("pilot @somebody", "lets one person in"), ("pilot remove @somebody", "takes one person out again")]
            }
            Order::Step(RolloutStep::Frame) => &[("frame", "only the reviewer receives, and receives everything")],
            Order::Step(RolloutStep::Focus) => &[("focus", "the pilots and the channels receive theirs")],
            Order::Step(RolloutStep::Grow) => &[("grow", "everybody receives theirs")],
        }
    }

    /// Whether help shows it to this person. The order itself checks it again.
    fn is_for(self, company: &Company, asker: &Asker) -> bool {
        match self {
            Order::Doctor => {
                rights::keeps_settings(company.defs(), asker) || rights::keeps_deliveries(company.defs(), asker)
            }
            Order::Preview => matches!(asker, Asker::Operator | Asker::Person(_)),
            Order::Help => true,
            Order::Pilots | Order::Pilot | Order::Step(_) => rights::keeps_settings(company.defs(), asker),
        }
    }

    fn named(word: &str) -> Option<Order> {
        Order::ALL.iter().copied().find(|order| order.word() == word)
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
    if !order.is_for(company, asker) {
        return Ok(not_theirs(company, order));
    }
    match order {
        Order::Doctor => Ok(doctor::said::document(&doctor::examine_within(program, company).await)),
        Order::Preview => preview::shown(program, company, asker, rest).await,
        Order::Help => Ok(help(company, asker)),
        Order::Pilots => rollout::follow(program, company, asker, Told::Pilots).await,
        Order::Pilot => rollout::follow(program, company, asker, Told::Pilot(rest)).await,
        Order::Step(step) => rollout::follow(program, company, asker, Told::Step(step)).await,
    }
}

/// Words for what is typed so far: what is shown and what is taken.
pub(super) fn completions(typed: &str) -> Vec<(String, String)> {
    let typed = typed.trim_start().to_lowercase();
    let ways = Order::ALL.iter().flat_map(|order| order.ways());
    ways.filter(|(words, _)| words.starts_with(&typed))
        .map(|(words, does)| (format!("{words}: {does}"), (*words).to_owned()))
        .collect()
}

/// What is said to somebody who may not give an order, and who may.
fn not_theirs(company: &Company, order: Order) -> Document {
    let keeper = super::about::keeper(company).map_or_else(|| "your RevOps colleague".to_owned(), |keeper| keeper.name);
    sentence(format!("/shiftbell {} is for whoever keeps the settings: ask {keeper}.", order.word()))
}

/// Every order that this person may give.
fn help(company: &Company, asker: &Asker) -> Document {
    let ways = Order::ALL.iter().filter(|order| order.is_for(company, asker)).flat_map(|order| order.ways());
    let rows = ways.map(|(words, does)| vec![format!("/shiftbell {words}"), (*does).to_owned()]).collect();
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
    let words = Order::ALL.iter().filter(|order| order.is_for(company, asker)).map(|order| order.word().to_owned());
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
