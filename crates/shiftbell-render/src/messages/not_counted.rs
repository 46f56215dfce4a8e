//! Lines of scorecards that are left out, because nothing of what they count has ever arrived, or not for long.

use serde::{Deserialize, Serialize};

use super::Message;
use crate::document::Document;
use crate::template::{self, RenderError};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotCounted {
    pub lines: Vec<Unseen>,
}

/// One line, and what is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unseen {
    /// `Conversations`.
    pub label: String,
    /// `call or email`.
    pub event: String,
    /// Where it would come from, if that can only be one: `HubSpot`.
    pub source: Option<String>,
    pub days: u64,
}

impl Message for NotCounted {
    const NAME: &'static str = "not-counted";

    fn samples() -> Vec<(&'static str, NotCounted)> {
        let calls =
            Unseen { label: "Conversations".into(), event: "call".into(), source: Some("HubSpot".into()), days: 14 };
        let meetings =
            Unseen { label: "Meeting requests".into(), event: "form or meeting".into(), source: None, ..calls.clone() };
        vec![
            ("one", NotCounted { lines: vec![calls.clone()] }),
            ("several", NotCounted { lines: vec![calls, meetings] }),
        ]
    }

    fn document(&self) -> Result<Document, RenderError> {
        Ok(template::document(Self::NAME, self)?.with_buttons([super::something_is_off("")]))
    }
}
