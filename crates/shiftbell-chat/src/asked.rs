//! What a person did in a chat, the same for both outlets.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A chat service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outlet {
    Slack,
    Discord,
}

impl Outlet {
    /// The word used for this outlet in files, tables and metrics.
    pub fn word(self) -> &'static str {
        match self {
            Outlet::Slack => "slack",
            Outlet::Discord => "discord",
        }
    }
}

impl fmt::Display for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A command that a person typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub outlet: Outlet,
    /// The Slack team (or the enterprise, where the app is installed on the organisation) or the Discord guild. Empty in a
    /// Discord direct message.
    pub place: String,
    pub user: String,
    pub channel: String,
    /// With its slash: `/kpi`.
    pub command: String,
    /// What stands behind the command: `mql-conversion b2b`.
    pub text: String,
    pub reply: ReplyTo,
    /// The same request delivered twice has the same id.
    pub id: String,
}

/// A button that a person clicked, or an option that a person chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clicked {
    pub outlet: Outlet,
    pub place: String,
    pub user: String,
    pub channel: String,
    /// The message that carries the button, as [`crate::Outcome::Delivered`] named it; `None` for one that only the person sees.
    pub message: Option<String>,
    /// The control: Slack's `action_id`, Discord's `custom_id`.
    pub action: String,
    /// What the button carries or what was chosen; `shiftbell_render::action::Action::decode` reads it.
    pub value: String,
    pub reply: ReplyTo,
    pub id: String,
}

/// Where a later answer to a request goes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyTo {
    /// Five answers within 30 minutes.
    Slack { response_url: String },
    /// Answers within 15 minutes.
    Discord { application: String, interaction: String, token: String },
}

/// Both variants carry a credential, so neither is printed.
impl fmt::Debug for ReplyTo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReplyTo::Slack { .. } => "ReplyTo::Slack([secret])",
            ReplyTo::Discord { .. } => "ReplyTo::Discord([secret])",
        })
    }
}

/// Who sees an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    OnlyAsker,
    Everyone,
}
