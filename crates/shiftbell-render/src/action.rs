//! What a click means. A button carries its action as text of at most [`ACTION_BYTES_MAX`] bytes through the chat
//! system and back; what it opens is checked again under the rights of the person who clicks.

use serde::{Deserialize, Serialize};

/// The longest encoded action that fits every surface (a Discord `custom_id` is the shortest).
/// <https://discord.com/developers/docs/components/reference#anatomy-of-a-component-custom-id>
pub const ACTION_BYTES_MAX: usize = 100;

/// What a button does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Opens a web page; nothing comes back to us.
    Open { url: String },
    /// Runs a command as if the person had typed it, for example `kpi mql-conversion b2b`.
    Ask { words: String },
    /// Sends the answer to these words with its picture to whoever clicks, alone.
    Picture { words: String },
    /// Does something about the answer or message that this receipt belongs to.
    About { verb: Verb, receipt: String },
}

/// What can be done about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Post the answer to the channel, as said by this person.
    Share,
    BreakDown,
    /// How the number was made.
    Why,
    /// Something is off: wrong number, out of leads, waiting for someone, away, something else.
    Off,
    OffWrong,
    OffLeads,
    OffWaiting,
    OffAway,
    OffElse,
    /// Of a doubt: it was wrong, and is put right.
    Fixed,
    /// Of a doubt: the number is right.
    Right,
    AskBack,
    /// Of a doubt that is about no number: it is seen to.
    Settled,
    /// I take it.
    Take,
    /// The people behind the number.
    Who,
    /// Those who did not get there.
    WhoNot,
    SnoozeDay,
    SnoozeThreeDays,
    SnoozeWeek,
    /// Silence with a reason.
    Silence,
    /// How often would this have fired.
    HowOften,
    ChangeTime,
    Pause,
    Stop,
    /// Who sees this.
    Audience,
    Versions,
    /// Send the undelivered message again.
    Replay,
}

impl Verb {
    pub const ALL: [Verb; 27] = [
        Verb::Share,
        Verb::BreakDown,
        Verb::Why,
        Verb::Off,
        Verb::OffWrong,
        Verb::OffLeads,
        Verb::OffWaiting,
        Verb::OffAway,
        Verb::OffElse,
        Verb::Fixed,
        Verb::Right,
        Verb::AskBack,
        Verb::Settled,
        Verb::Take,
        Verb::Who,
        Verb::WhoNot,
        Verb::SnoozeDay,
        Verb::SnoozeThreeDays,
        Verb::SnoozeWeek,
        Verb::Silence,
        Verb::HowOften,
        Verb::ChangeTime,
        Verb::Pause,
        Verb::Stop,
        Verb::Audience,
        Verb::Versions,
        Verb::Replay,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Verb::Share => "share",
            Verb::BreakDown => "break-down",
            Verb::Why => "why",
            Verb::Off => "off",
            Verb::OffWrong => "off-wrong",
            Verb::OffLeads => "off-leads",
            Verb::OffWaiting => "off-waiting",
            Verb::OffAway => "off-away",
            Verb::OffElse => "off-else",
            Verb::Fixed => "fixed",
            Verb::Right => "right",
            Verb::AskBack => "ask-back",
            Verb::Settled => "settled",
            Verb::Take => "take",
            Verb::Who => "who",
            Verb::WhoNot => "who-not",
            Verb::SnoozeDay => "snooze-day",
            Verb::SnoozeThreeDays => "snooze-three-days",
            Verb::SnoozeWeek => "snooze-week",
            Verb::Silence => "silence",
            Verb::HowOften => "how-often",
            Verb::ChangeTime => "change-time",
            Verb::Pause => "pause",
            Verb::Stop => "stop",
            Verb::Audience => "audience",
            Verb::Versions => "versions",
            Verb::Replay => "replay",
        }
    }
}

impl Action {
    pub fn about(verb: Verb, receipt: impl Into<String>) -> Action {
        Action::About { verb, receipt: receipt.into() }
    }

    pub fn ask(words: impl Into<String>) -> Action {
        Action::Ask { words: words.into() }
    }

    pub fn picture(words: impl Into<String>) -> Action {
        Action::Picture { words: words.into() }
    }

    /// The text that travels in the button: `why:r-7k3m`, `ask:kpi mql-conversion b2b`. `None` for a link, which needs
    /// none, and for an action that is too long or holds a control character: such a button is left out.
    pub fn encode(&self) -> Option<String> {
        let text = match self {
            Action::Open { .. } => return None,
            Action::Ask { words } => format!("ask:{words}"),
            Action::Picture { words } => format!("picture:{words}"),
            Action::About { verb, receipt } => format!("{}:{receipt}", verb.as_str()),
        };
        (text.len() <= ACTION_BYTES_MAX && !text.chars().any(char::is_control)).then_some(text)
    }

    /// Reads what [`Action::encode`] wrote. `None`: not ours.
    /// ```
    /// use shiftbell_render::action::{Action, Verb};
    /// let why = Action::about(Verb::Why, "r-7k3m");
    /// assert_eq!(why.encode().as_deref(), Some("why:r-7k3m"));
    /// assert_eq!(Action::decode("why:r-7k3m"), Some(why));
    /// ```
    pub fn decode(text: &str) -> Option<Action> {
        let (verb, rest) = text.split_once(':')?;
        match verb {
            "ask" => return Some(Action::ask(rest)),
            "picture" => return Some(Action::picture(rest)),
            _ => {}
        }
        let verb = Verb::ALL.into_iter().find(|known| known.as_str() == verb)?;
        Some(Action::about(verb, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_comes_back_as_it_went() {
        for verb in Verb::ALL {
            let action = Action::about(verb, "r-7k3m");
            assert_eq!(Action::decode(&action.encode().unwrap()), Some(action));
        }
        let ask = Action::ask("kpi win-rate b2b 2026-Q3 vs 2026-Q2");
        assert_eq!(Action::decode(&ask.encode().unwrap()), Some(ask));
        let picture = Action::picture("mrr last month");
        assert_eq!(Action::decode(&picture.encode().unwrap()), Some(picture));
    }

    #[test]
    fn what_is_not_ours_is_nothing() {
        assert_eq!(Action::decode("launch:missiles"), None);
        assert_eq!(Action::decode("why"), None);
        assert_eq!(Action::ask("x".repeat(200)).encode(), None);
    }
}
