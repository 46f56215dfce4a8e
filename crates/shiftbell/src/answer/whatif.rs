//! `/whatif`: what other rates, volumes and prices would bring, from the answers that anybody gets who asks.

mod read;
mod said;

use serde_json::{Value, json};
use shiftbell_metrics::definitions::Definitions;
use shiftbell_metrics::model::{
    Change, Lever, LeverName, LeverOf, NotAsked, WhatIfAsked, change, lever_names, measured, read_whatif, steps,
};
use shiftbell_metrics::question::{COMMAND_CHARS_MAX, Question};
use shiftbell_render::action::Action;
use shiftbell_render::document::{Button, Document};
use shiftbell_render::facts::Footer;
use shiftbell_render::messages::Notice;

use super::{AskError, Asker, about, capital, is_ready, joined, kept, not_answered, not_granted, sentence};
use crate::companies::Company;
use crate::http::reply::Problem;
use crate::program::Program;
use crate::rights::{self, Right};
use crate::work::shelf::Shelf;
use read::{Motion, motion};

/// What there is to say.
enum Said {
    /// One for each motion.
    Facts(Vec<Notice>),
    /// Why not, or how to ask.
    Words(Document),
}

/// Answers what is typed behind `/whatif`.
pub(super) async fn to_words(program: &Program, company: &Company, asker: &Asker, text: &str) -> Document {
    let document = match said(program, company, asker, text).await {
        Ok(Said::Words(document)) => Ok(document),
        Ok(Said::Facts(all)) => {
            let documents: Result<Vec<Document>, _> = all.iter().map(Notice::document).collect();
            documents.map(joined).map_err(AskError::from)
        }
        Err(error) => Err(error),
    };
    document.unwrap_or_else(|error| not_answered(company, &error))
}

/// The same for programs: the facts of each motion.
///
/// # Errors
/// Why there is no answer, as it would be said.
pub(super) async fn as_json(program: &Program, company: &Company, asker: &Asker, text: &str) -> Result<Value, Problem> {
    match said(program, company, asker, text).await {
        Ok(Said::Facts(all)) => serde_json::to_value(all).map_err(|error| failed(company, &error.into())),
        Ok(Said::Words(document)) => Err(super::bad(document.push)),
        Err(error) => Err(failed(company, &error)),
    }
}

fn failed(company: &Company, error: &AskError) -> Problem {
    Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, not_answered(company, error).push)
}

/// Words for what is typed so far: the last word is completed to a lever or a motion.
pub(super) fn completions(defs: &Definitions, typed: &str) -> Vec<(String, String)> {
    let (before, last) = match typed.rsplit_once(' ') {
        Some((before, last)) => (format!("{before} "), last),
        None => (String::new(), typed),
    };
    let motions = defs.motions.iter().map(|motion| motion.id.clone());
    let words = std::iter::once("best".to_owned()).chain(lever_names(defs)).chain(motions);
    let fits = words.filter(|word| word.starts_with(&last.to_lowercase()) && word != last);
    fits.take(25).map(|word| (format!("{before}{word}"), format!("{before}{word}"))).collect()
}

async fn said(program: &Program, company: &Company, asker: &Asker, text: &str) -> Result<Said, AskError> {
    let defs = company.defs();
    // A formula is made of the company's numbers: who may not see those may not see it.
    if let Right::Refused(why) = rights::join(defs, asker, &mut Question::of("")) {
        return not_granted(company, asker, why).map(Said::Words);
    }
    let sees_recurring = rights::sees_recurring(defs, asker);
    is_ready(program, company)?;
    if text.chars().count() > COMMAND_CHARS_MAX {
        let words = format!("That is too long: a question has at most {COMMAND_CHARS_MAX} characters.");
        return Ok(Said::Words(sentence(words)));
    }
    let asked = match read_whatif(text, defs) {
        Ok(asked) => asked,
        Err(not_asked) => return Ok(Said::Words(not_understood(&not_asked))),
    };
    let mut shelf = Shelf::open(program, company, program.clock.now()).await?;
    match asked {
        WhatIfAsked::Help => Ok(Said::Words(sentence(help(defs)))),
        WhatIfAsked::Best { motion: Some(only) } => best(program, &mut shelf, &only, sees_recurring).await,
        WhatIfAsked::Best { motion: None } => {
            let (mut all, mut why_not) = (Vec::new(), Vec::new());
            for motion in &defs.motions {
                match best(program, &mut shelf, &motion.id, sees_recurring).await? {
                    Said::Facts(facts) => all.extend(facts),
                    Said::Words(document) => why_not.push(document),
                }
            }
            // A motion whose formula is not known yet does not hide that of another.
            Ok(if all.is_empty() { Said::Words(joined(why_not)) } else { Said::Facts(all) })
        }
        WhatIfAsked::Change { motion, levers } => match motion.or_else(|| only_motion(defs, &levers)) {
            Some(motion) => changed(program, &mut shelf, (&motion, sees_recurring), &levers, text).await,
            None => Ok(Said::Words(which_motion(defs, text))),
        },
    }
}

fn help(defs: &Definitions) -> String {
    let (levers, motions) = (lever_names(defs), defs.motions.iter().map(|motion| motion.id.as_str()));
    let (lever, motion) =
        (levers.first().map_or("volume", String::as_str), defs.motions.first().map_or("", |motion| motion.id.as_str()));
    format!(
        "/whatif says what another number would bring, all else held: /whatif {lever} +5pt {motion} (points), +10% (of what it \
         is now) or 30% (its new value); several at once: /whatif {lever} +5pt volume -10% {motion}. /whatif best {motion} ranks \
         what is short of its target by what it is worth. Levers: {}. Motions: {}.",
        levers.join(", "),
        motions.collect::<Vec<_>>().join(", ")
    )
}

fn not_understood(not_asked: &NotAsked) -> Document {
    sentence(format!("{not_asked} /whatif help says more."))
}

/// The motion that is meant where none is named: the only one, or the only one of a lever.
fn only_motion(defs: &Definitions, levers: &[(LeverName, Change)]) -> Option<String> {
    if let [only] = defs.motions.as_slice() {
        return Some(only.id.clone());
    }
    levers.iter().find_map(|(name, _)| match name {
        LeverName::Step(slug) => defs.kpi(slug)?.motion.clone(),
        LeverName::Volume | LeverName::Price | LeverName::Discount | LeverName::Churn => None,
    })
}

fn which_motion(defs: &Definitions, text: &str) -> Document {
    let buttons = defs
        .motions
        .iter()
        .map(|motion| Button::new(&motion.id, Action::ask(format!("whatif {} {}", text.trim(), motion.id))));
    let names: Vec<&str> = defs.motions.iter().map(|motion| motion.id.as_str()).collect();
    let why = "A formula belongs to one motion, since a mean of two describes neither.";
    sentence(format!("In which motion: {}? {why}", names.join(" or "))).with_buttons(buttons)
}

async fn best(program: &Program, shelf: &mut Shelf<'_>, name: &str, sees_recurring: bool) -> Result<Said, AskError> {
    let found = motion(shelf, name, sees_recurring).await?;
    let formula = match measured(&found.bowtie, found.weeks, found.priced) {
        Ok(formula) => formula,
        Err(why) => return Ok(Said::Words(sentence(format!("{name}: {why}.")))),
    };
    let receipt = receipt(program, shelf, &found, &format!("whatif best {name}")).await?;
    let ages = about::ages_at(&mut shelf.snapshot, shelf.company, shelf.now).await?;
    let facts = said::levers(shelf.company.defs(), &found, &formula, Footer::only_you(ages, receipt));
    Ok(Said::Facts(vec![Notice::from(facts)]))
}

async fn changed(
    program: &Program,
    shelf: &mut Shelf<'_>,
    (name, sees_recurring): (&str, bool),
    named: &[(LeverName, Change)],
    text: &str,
) -> Result<Said, AskError> {
    let found = motion(shelf, name, sees_recurring).await?;
    let formula = match measured(&found.bowtie, found.weeks, found.priced) {
        Ok(formula) => formula,
        Err(why) => return Ok(Said::Words(sentence(format!("{name}: {why}.")))),
    };
    let levers = match levers(&found, named) {
        Ok(levers) => levers,
        Err(why) => return Ok(Said::Words(sentence(why))),
    };
    let then = match change(&formula, &levers) {
        Ok(then) => then,
        Err(why) => return Ok(Said::Words(sentence(capital(&format!("{why}."))))),
    };
    let words = format!("whatif {}", text.trim());
    let words = if text.split_whitespace().any(|word| word.eq_ignore_ascii_case(name)) {
        words
    } else {
        format!("{words} {name}")
    };
    let receipt = receipt(program, shelf, &found, &words).await?;
    let ages = about::ages_at(&mut shelf.snapshot, shelf.company, shelf.now).await?;
    let footer = Footer::only_you(ages, receipt);
    let facts = said::what_if(shelf.company.defs(), &found, (&formula, &then), &levers, footer);
    Ok(Said::Facts(vec![Notice::from(facts)]))
}

/// The levers by their places in the formula of this motion.
fn levers(found: &Motion, named: &[(LeverName, Change)]) -> Result<Vec<Lever>, String> {
    let mut levers = Vec::new();
    for (name, change) in named {
        let of = match name {
            LeverName::Volume => LeverOf::Volume,
            LeverName::Price => LeverOf::Price,
            LeverName::Discount if found.priced.discount.is_none() => {
                return Err(
                    "What is given away of the list price is not known: define a KPI `discount`, such as formula = \
                     '1 - won-amount / won-list-amount'."
                        .to_owned(),
                );
            }
            LeverName::Discount => LeverOf::Discount,
            LeverName::Churn if !found.is_kept_known => {
                return Err(
                    "What is kept in a year is not measured here yet, so that churn cannot be changed.".to_owned()
                );
            }
            LeverName::Churn => LeverOf::Churn,
            LeverName::Step(slug) => {
                let known = steps(&found.bowtie).find(|(_, step)| step.kpi == *slug);
                let all: Vec<&str> = steps(&found.bowtie).map(|(_, step)| step.kpi.as_str()).collect();
                let name = &found.bowtie.motion;
                known
                    .map(|(of, _)| of)
                    .ok_or_else(|| format!("{slug} is no step of {name}. Its steps are {}.", all.join(", ")))?
            }
        };
        levers.push(Lever { of, change: *change });
    }
    Ok(levers)
}

/// Keeps what the answer was worked out from, so that `/kpi why` can show it.
async fn receipt(program: &Program, shelf: &mut Shelf<'_>, found: &Motion, words: &str) -> Result<String, AskError> {
    let body = json!({
        "what_if": { "words": words, "weeks": found.weeks, "motion": found.bowtie },
        "questions": found.questions,
        "asked_at": shelf.now,
    });
    let (now, mark) = (shelf.now, shelf.mark.clone());
    kept::keep_body(&mut shelf.snapshot, program, shelf.company, serde_json::to_string(&body)?, (now, mark)).await
}
