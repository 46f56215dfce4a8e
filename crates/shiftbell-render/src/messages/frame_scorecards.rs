//! In the frame: the scorecards that would go out at one hour, for the reviewer only. The cards are below it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Framed, Message, Scorecard};
use crate::document::Document;
use crate::facts::{Footer, SeenBy, SourceAge, Sources};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameScorecards {
    pub day: Date,
    /// On the clock of those who would receive them: `17:00`, and where it hangs: `New York`.
    pub at: String,
    pub place: String,
    pub cards: Vec<Scorecard>,
    pub footer: Footer,
}

/// What the words are made of besides: the push line of each card says what it would say.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    facts: &'a FrameScorecards,
    count: usize,
    lines: Vec<SummaryLine>,
}

#[derive(Serialize)]
struct SummaryLine {
    name: String,
    says: String,
}

impl Message for FrameScorecards {
    const NAME: &'static str = "frame-scorecards";

    fn samples() -> Vec<(&'static str, FrameScorecards)> {
        let cards: Vec<Scorecard> = Scorecard::samples().into_iter().map(|(_, card)| card).take(2).collect();
        let hour = FrameScorecards {
            day: jiff::civil::date(2026, 11, 19),
            at: "17:00".into(),
            place: "New York".into(),
            cards,
            footer: Footer {
                data_to: Some("16:58".into()),
                sources: Sources::Ages(vec![SourceAge::new("HubSpot", 2)]),
                seen_by: SeenBy::OnlyYou,
                receipt: None,
            },
        };
        let one = FrameScorecards { cards: hour.cards[..1].to_vec(), ..hour.clone() };
        vec![("an-hour", hour), ("one-card", one)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        let (mut lines, mut thread) = (Vec::new(), Vec::new());
        for card in &self.cards {
            let document = card.document()?;
            lines.push(SummaryLine { name: card.person.name.clone(), says: document.push.clone() });
            thread.push(Framed::of(card.person.name.as_str()).on(document)?);
        }
        let document = template::document(Self::NAME, &Summary { facts: self, count: self.cards.len(), lines })?;
        let off = super::something_is_off(self.footer.receipt());
        Ok(Document { thread, ..document }.with_buttons([off]))
    }
}
