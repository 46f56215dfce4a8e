//! Lines that are added to any message: that it may be a repeat, that it is late, that it is a preview, that it was for
//! somebody else.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::template::{self, RenderError};

/// What is known about a message besides what it says, and its reader should know too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// An earlier attempt was cut off and may have arrived: `at` is its local time.
    Repeat { at: String },
    /// Due and sent, as local times.
    Late { due: String, sent: String },
    /// Somebody asked to see the digest `of` as `person` would receive it.
    Preview { of: String, person: String },
    /// It was for somebody who is away, or gone: `until` is their last day away.
    InsteadOf { person: String, until: Option<String> },
}

impl Mark {
    /// The message with this line: a repeat and a preview say so first, in the push line too; lateness stands before the last line.
    pub fn on(&self, mut document: Document) -> Result<Document, RenderError> {
        let line = template::document("mark", self)?;
        match self {
            Mark::Repeat { .. } | Mark::Preview { .. } => {
                document.push = format!("{} {}", line.push, document.push);
                document.blocks.splice(0..0, line.blocks);
            }
            Mark::Late { .. } | Mark::InsteadOf { .. } => document.put_before_last_line(line.blocks),
        }
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use crate::messages::{Message, Won};
    use crate::plain;

    use super::*;

    fn won_with(mark: &Mark) -> Document {
        mark.on(Won::samples().remove(0).1.document().unwrap()).unwrap()
    }

    #[test]
    fn a_repeat_says_so_first() {
        let marked = won_with(&Mark::Repeat { at: "08:30".into() });
        assert!(marked.push.starts_with("This may be a repeat: Sample Hotel Group is won"));
        assert!(plain::text(&marked).starts_with("This may be a repeat: an attempt at 08:30 was cut off"));
    }

    #[test]
    fn a_preview_says_first_whose_it_is() {
        let marked = won_with(&Mark::Preview { of: "scorecard".into(), person: "bdr.one@clowns.example".into() });
        assert!(marked.push.starts_with("Preview: Sample Hotel Group is won"));
        let text = plain::text(&marked);
        assert!(text.starts_with("Preview of scorecard, as bdr.one@clowns.example would receive it now."), "{text}");
    }

    #[test]
    fn a_late_message_says_when_it_was_due() {
        let text = plain::text(&won_with(&Mark::Late { due: "08:30".into(), sent: "10:12".into() }));
        let blocks: Vec<&str> = text.split("\n\n").collect();
        assert_eq!(blocks[1..], ["Late: due 08:30, sent 10:12.", "HubSpot 2 min ago. r-n14w"]);
    }

    #[test]
    fn a_message_for_somebody_who_is_not_there_says_for_whom_it_was() {
        let away = Mark::InsteadOf { person: "ae.two".into(), until: Some("23 Nov".into()) };
        let text = plain::text(&won_with(&away));
        assert_eq!(text.split("\n\n").nth(1), Some("This was for ae.two, who is away until 23 Nov."));
        let gone = Mark::InsteadOf { person: "ae.two".into(), until: None };
        assert!(plain::text(&won_with(&gone)).contains("This was for ae.two, who is not here any more."));
    }
}
