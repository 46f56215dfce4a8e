//! `/shiftbell preview scorecard @person`: a digest as somebody would receive it now, shown to whoever asks.

use shiftbell_metrics::definitions::{Digest, Person, nearest};
use shiftbell_render::document::Document;

use super::whom;
use crate::answer::{AskError, Asker, is_ready, sentence};
use crate::companies::Company;
use crate::program::Program;
use crate::work::digests::desk::Desk;
use crate::work::digests::preview;

/// Answers with the digest, or says in a sentence why not.
pub(super) async fn shown(
    program: &Program,
    company: &Company,
    asker: &Asker,
    text: &str,
) -> Result<Document, AskError> {
    let mut words = text.split_whitespace();
    let digest = match digest(company, words.next()) {
        Ok(digest) => digest,
        Err(why) => return Ok(sentence(why)),
    };
    let about = match about(program, company, asker, words.next()).await {
        Ok(person) => person,
        Err(why) => return Ok(sentence(why)),
    };
    is_ready(program, company)?;
    let mut desk = Desk::open(program, company, program.clock.now()).await?;
    let found = preview::of(program, &mut desk, digest, &about, asker).await?;
    drop(desk);
    match found {
        Ok(preview) => {
            preview.keep(program, company).await?;
            Ok(preview.letter().document()?)
        }
        Err(why) => Ok(sentence(why)),
    }
}

fn digest<'a>(company: &'a Company, word: Option<&str>) -> Result<&'a Digest, String> {
    let digests = &company.defs().digests;
    let all = || digests.iter().map(|digest| digest.id.clone()).collect::<Vec<_>>().join(", ");
    let Some(word) = word else { return Err(format!("Which one? There are: {}.", all())) };
    digests.iter().find(|digest| digest.id.eq_ignore_ascii_case(word)).ok_or_else(|| {
        let near = nearest(word, digests.iter().map(|digest| digest.id.clone()));
        let shown: String = word.chars().take(40).collect();
        match near {
            Some(near) => format!("There is no digest \"{shown}\". Did you mean {near}?"),
            None => format!("There is no digest \"{shown}\". There are: {}.", all()),
        }
    })
}

/// The person named by e-mail or by a mention, else the asker.
async fn about(program: &Program, company: &Company, asker: &Asker, word: Option<&str>) -> Result<Person, String> {
    let Some(word) = word else {
        return match asker {
            Asker::Person(person) => Ok(person.clone()),
            Asker::Operator | Asker::Stranger { .. } => Err("As whom? Name a person by their e-mail.".to_owned()),
        };
    };
    whom::person(program, company, word).await
}
