//! The line in front of a message that the reviewer receives in place of whom it is for.

use serde::{Deserialize, Serialize};

use crate::document::Document;
use crate::template::{self, RenderError};

/// For whom a message would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Framed {
    /// `bdr.one`, `#sales`.
    pub to: String,
}

impl Framed {
    pub fn of(to: impl Into<String>) -> Framed {
        Framed { to: to.into() }
    }

    /// The message with this line first, in the push line too.
    ///
    /// # Errors
    /// A template that does not fit, which its test finds.
    pub fn on(&self, mut document: Document) -> Result<Document, RenderError> {
        let line = template::document("framed", self)?;
        document.push = format!("{} {}", line.push, document.push);
        document.blocks.splice(0..0, line.blocks);
        Ok(document)
    }
}

#[cfg(test)]
mod tests {
    use crate::messages::{Message, Won};
    use crate::plain;

    use super::*;

    #[test]
    fn the_reviewer_reads_first_for_whom_it_would_be() {
        let framed = Framed::of("#wins").on(Won::samples().remove(0).1.document().unwrap()).unwrap();
        assert!(framed.push.starts_with("For #wins: Sample Hotel Group is won"), "{}", framed.push);
        assert!(plain::text(&framed).starts_with("In the frame: this would go to #wins.\n\nSample Hotel Group is won"));
    }
}
