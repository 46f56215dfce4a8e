//! What waits for somebody's answer.

use shiftbell_metrics::time::Instant;
use shiftbell_render::action::Verb;
use shiftbell_render::document::{Block, Button, Document, Inline};
use shiftbell_render::facts::Person;
use shiftbell_render::messages::doubt::Way;
use shiftbell_store::doubts::{self, Doubt, State};

use super::{clock, message, name_of, number};
use crate::answer::{AskError, Asker, sentence};
use crate::companies::Company;
use crate::program::Program;

/// Most that are listed.
const LISTED_MAX: usize = 20;

/// What went to this person and is not settled, the oldest first, with the buttons of the oldest.
pub(in crate::answer) async fn list(program: &Program, company: &Company, asker: &Asker) -> Result<Document, AskError> {
    let me = name_of(asker);
    let most = i64::try_from(LISTED_MAX).unwrap_or(i64::MAX).saturating_add(1);
    let mut snapshot = program.db.read().await?;
    let all = doubts::not_closed(&mut snapshot, company.name(), &me, most).await?;
    drop(snapshot);
    let Some(oldest) = all.first() else {
        return Ok(sentence("Nothing waits for your answer."));
    };
    let more = if all.len() > LISTED_MAX { "More than " } else { "" };
    let shown = all.len().min(LISTED_MAX);
    let noun = if shown == 1 { "thing waits" } else { "things wait" };
    let headline = format!("{more}{shown} {noun} for your answer, the oldest first.");
    let mut lines = Vec::new();
    for doubt in all.iter().take(LISTED_MAX) {
        let line = message::line_of(program, company, doubt).await?;
        lines.push(vec![Inline::Text(said(company, &me, doubt, line))]);
    }
    let how = "Answer with a button (the oldest), or in words: /shiftbell answer d-12 fixed, right, settled or ask, and the words.";
    let blocks = vec![
        Block::Lines(vec![vec![Inline::Strong(headline.clone())]]),
        Block::Lines(lines),
        Block::Small(vec![vec![Inline::Text(how.to_owned())]]),
    ];
    Ok(Document { push: headline, blocks, ..Document::default() }.with_buttons(buttons(oldest)))
}

fn said(company: &Company, reader: &str, doubt: &Doubt, line: Option<String>) -> String {
    let way = Way::from_word(&doubt.way).unwrap_or(Way::Else).said();
    let at = clock(company, reader, Instant(doubt.said_at_ms));
    let words = doubt.words.as_ref().map(|words| format!(" ({words})")).unwrap_or_default();
    let line = line.map(|line| format!(" About: {line}")).unwrap_or_default();
    let asked = if doubt.state == State::Asked { " You asked back." } else { "" };
    format!("{}, {at}, {}: {way}{words}.{asked}{line}", number(doubt), Person::new(&doubt.said_by).name)
}

fn buttons(doubt: &Doubt) -> Vec<Button> {
    let number = number(doubt);
    let button = |label: &str, verb| Button::about(format!("{label} ({number})"), verb, &number);
    match Way::from_word(&doubt.way) {
        Some(Way::Wrong) => vec![
            button("It was wrong, fixed", Verb::Fixed),
            button("It is right", Verb::Right),
            button("Ask back", Verb::AskBack),
        ],
        Some(Way::Leads | Way::Waiting | Way::Away | Way::Else) | None => {
            vec![button("It is settled", Verb::Settled), button("Ask back", Verb::AskBack)]
        }
    }
}
