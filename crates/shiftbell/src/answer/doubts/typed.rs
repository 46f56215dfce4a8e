//! The same by words: `/shiftbell off n-51 ..`, `/shiftbell answer d-12 ..`, `/shiftbell doubts`.

use shiftbell_render::document::Document;
use shiftbell_render::messages::doubt::{Outcome, Way};
use shiftbell_store::doubts::{self, State};

use super::{answer, name_of, open, say};
use crate::answer::{AskError, Asker, sentence};
use crate::companies::Company;
use crate::program::Program;

/// The longest words that are kept.
const WORDS_CHARS_MAX: usize = 500;

/// `off`: opens the ways, or says one with words.
pub(in crate::answer) async fn off(
    program: &Program,
    company: &Company,
    asker: &Asker,
    text: &str,
) -> Result<Document, AskError> {
    let (about, rest) = first_word(text);
    if about.is_empty() {
        return Ok(sentence(
            "Say what it is about: \"/shiftbell off r-7k3m\" and your words. The receipt is the last word of a message; its button \"Something is off\" knows it too.",
        ));
    }
    let (word, behind) = first_word(rest);
    let named = Way::from_word(&word.to_lowercase());
    let words = short(if named.is_some() { behind } else { rest });
    match (named, words) {
        (None, None) => open(program, company, asker, about).await,
        (Some(way), words) => say(program, company, asker, about, way, words.as_deref()).await,
        (None, Some(words)) => {
            let way = answers(program, company, asker, about).await?.unwrap_or(Way::Else);
            say(program, company, asker, about, way, Some(&words)).await
        }
    }
}

/// What these words answer, where the person was asked back about this message, or has said something without words.
async fn answers(program: &Program, company: &Company, asker: &Asker, about: &str) -> Result<Option<Way>, AskError> {
    let mut snapshot = program.db.read().await?;
    let said = doubts::of_message(&mut snapshot, company.name(), about, &name_of(asker)).await?;
    let asked = said.iter().rev().find(|doubt| doubt.state == State::Asked);
    let wordless = || said.iter().rev().find(|doubt| doubt.state == State::Open && doubt.words.is_none());
    Ok(asked.or_else(wordless).and_then(|doubt| Way::from_word(&doubt.way)))
}

/// `answer`: one doubt, settled or asked back, with words.
pub(in crate::answer) async fn answered(
    program: &Program,
    company: &Company,
    asker: &Asker,
    text: &str,
) -> Result<Document, AskError> {
    let (number, rest) = first_word(text);
    let (word, behind) = first_word(rest);
    let outcome = Outcome::from_word(&word.to_lowercase());
    let Some(outcome) = outcome.filter(|_| !number.is_empty()) else {
        return Ok(sentence(
            "Say which and how: \"/shiftbell answer d-12 right\" and why; instead of right also fixed, settled, or ask and your question. /shiftbell doubts lists what waits.",
        ));
    };
    answer(program, company, asker, number, outcome, short(behind).as_deref()).await
}

/// Words without what ends a sentence: the message that shows them adds its own.
fn short(words: &str) -> Option<String> {
    let words: String = words.trim().trim_end_matches(['.', '?', '!']).chars().take(WORDS_CHARS_MAX).collect();
    (!words.is_empty()).then_some(words)
}

fn first_word(text: &str) -> (&str, &str) {
    let text = text.trim();
    text.split_once(char::is_whitespace).map_or((text, ""), |(first, rest)| (first, rest.trim()))
}
