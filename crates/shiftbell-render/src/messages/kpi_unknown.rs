//! What was typed is not understood: the word is named, and at most three things that were likely meant are a click away.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::action::Action;
use crate::document::{Button, Document};
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KpiUnknown {
    pub unknown: Unknown,
    /// Different things, never two names of one; the likeliest first.
    pub suggestions: Vec<Suggestion>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    Kpi {
        typed: String,
    },
    /// Another word: `kind` is what it would have to be (`product`); `None` if it could be anything.
    Word {
        typed: String,
        kind: Option<String>,
    },
}

/// What may have been meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggestion {
    /// `MQL to SQL, b2b`, or the right word.
    pub label: String,
    /// The command without its slash, with all that was understood: `kpi mql-conversion b2b`.
    pub words: String,
}

impl Message for KpiUnknown {
    const NAME: &'static str = "kpi-unknown";

    fn samples() -> Vec<(&'static str, KpiUnknown)> {
        let suggestion = |label: &str, words: &str| Suggestion { label: label.into(), words: words.into() };
        let kpi = KpiUnknown {
            unknown: Unknown::Kpi { typed: "mql-converson".into() },
            suggestions: vec![
                suggestion("MQL to SQL, b2b", "kpi mql-conversion b2b"),
                suggestion("MQLs, b2b", "kpi mqls b2b"),
                suggestion("Lead to MQL, b2b", "kpi lead-conversion b2b"),
            ],
        };
        let word = KpiUnknown {
            unknown: Unknown::Word { typed: "corprate".into(), kind: Some("product".into()) },
            suggestions: vec![suggestion("corporate-events", "kpi mql-conversion b2b product:corporate-events")],
        };
        let nothing =
            KpiUnknown { unknown: Unknown::Word { typed: "xyzzy".into(), kind: None }, suggestions: Vec::new() };
        vec![("kpi", kpi), ("word", word), ("nothing", nothing)]
    }

    fn document(&self) -> Result<Document, RenderError> {
        #[derive(Serialize)]
        struct View<'a> {
            #[serde(flatten)]
            facts: &'a KpiUnknown,
            only: Option<&'a str>,
        }
        let only = match self.suggestions.as_slice() {
            [one] => Some(one.label.as_str()),
            _ => None,
        };
        let document = template::document(Self::NAME, &View { facts: self, only })?;
        let buttons = self.suggestions.iter().take(3);
        Ok(document.with_buttons(buttons.map(|one| Button::new(&one.label, Action::ask(&one.words)))))
    }
}
