//! What Shiftbell says. One file per message: its facts, its samples, its buttons; the words are in `templates/`.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::action::Verb;
use crate::document::{Button, Document};
use crate::template::RenderError;

mod kpi_answer;

pub use kpi_answer::{Compared, Goal, KpiAnswer, Newer, Row, Running, Standing, Standout};

/// A message: typed facts that know their words.
pub trait Message: Serialize + DeserializeOwned {
    /// The name of the template.
    const NAME: &'static str;

    /// Facts to show, test and document the message with. The first is the one of the reference messages.
    fn samples() -> Vec<(&'static str, Self)>;

    /// The message with its buttons.
    fn document(&self) -> Result<Document, RenderError>;
}

macro_rules! notices {
    ($($kind:ident),+ $(,)?) => {
        /// Any message, as the outbox keeps it: facts in, words when it is delivered.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "message", rename_all = "kebab-case")]
        pub enum Notice {
            $($kind(Box<$kind>),)+
        }

        impl Notice {
            /// The name of the message's template.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Notice::$kind(_) => $kind::NAME,)+
                }
            }

            pub fn document(&self) -> Result<Document, RenderError> {
                match self {
                    $(Notice::$kind(facts) => facts.document(),)+
                }
            }

            /// Every sample of every message.
            pub fn samples() -> Vec<(&'static str, Notice)> {
                let mut all = Vec::new();
                $(all.extend($kind::samples().into_iter().map(|(name, facts)| (name, Notice::from(facts))));)+
                all
            }
        }

        $(impl From<$kind> for Notice {
            fn from(facts: $kind) -> Notice {
                Notice::$kind(Box::new(facts))
            }
        })+
    };
}

notices![KpiAnswer];

/// The button of every automatic message.
fn something_is_off(receipt: &str) -> Button {
    Button::about("Something is off", Verb::Off, receipt)
}
