//! What people said is off, where digests show it.

use shiftbell_render::facts::Person;
use shiftbell_render::messages::Said;
use shiftbell_render::messages::doubt::Way;
use shiftbell_render::words;
use shiftbell_store::{StoreError, doubts};

use super::team;
use crate::work::To;
use crate::work::shelf::Shelf;

/// Ways that are named in one line.
const NAMED_MAX: usize = 5;

/// What somebody said about a message of theirs: a bad day explains itself.
pub(super) async fn about(shelf: &mut Shelf<'_>, notice: i64, to: &To) -> Result<Option<Said>, StoreError> {
    let (company, about) = (shelf.company, format!("n-{notice}"));
    let said = doubts::of_message(&mut shelf.snapshot, company.name(), &about, to.name()).await?;
    let Some(last) = said.last() else { return Ok(None) };
    let ways: Vec<String> =
        said.iter().filter_map(|doubt| Some(Way::from_word(&doubt.way)?.said().to_owned())).collect();
    let in_words: Vec<&str> = said.iter().filter_map(|doubt| doubt.words.as_deref()).collect();
    let is_collected =
        Way::from_word(&last.way).is_some_and(|way| !way.is_for_keeper()) && team::reads(company, &last.routed_to);
    Ok(Some(Said {
        what: words::list(&ways, NAMED_MAX),
        about: (!in_words.is_empty()).then(|| in_words.join("; ")),
        // Whoever reads it in the morning has not been asked yet.
        asked: (!is_collected).then(|| Person::new(&last.routed_to)),
    }))
}
