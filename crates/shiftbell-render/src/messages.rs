//! What Shiftbell says. One file per message: its facts, its samples, its buttons; the words are in `templates/`.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::action::Verb;
use crate::document::{Button, Document};
use crate::template::RenderError;

mod beside;
mod bowtie;
mod bowtie_period;
mod definition_changed;
mod digest_why;
pub mod doubt;
mod doubt_answered;
mod doubt_raised;
mod first_day;
mod frame_scorecards;
mod framed;
mod funnel_answer;
mod kpi_answer;
mod kpi_definition;
mod kpi_help;
mod kpi_list;
mod kpi_people;
mod kpi_refused;
mod kpi_unknown;
mod kpi_why;
mod leaving;
mod levers;
mod marks;
mod mrr;
mod not_counted;
mod rate_fell;
mod scorecard;
mod source_silent;
mod team;
mod undelivered;
mod welcome;
mod what_if;
mod won;

pub use beside::{Beside, Why};
pub use bowtie::{
    Base, Bowtie, Gap, LeakCount, MoneyColumn, MotionGoal, MotionWeek, MrrMove, MrrMoves, StageWeek, Worth,
};
pub use bowtie_period::{BowtiePeriod, LoopPeriod, MoneyPeriod, MotionPeriod, StagePeriod, StepPeriod};
pub use definition_changed::{DefinitionChanged, Effect};
pub use digest_why::{Digest, DigestLine, DigestWhy};
pub use doubt_answered::DoubtAnswered;
pub use doubt_raised::{DoubtRaised, Recount};
pub use first_day::{FirstDay, OldLeak, Open};
pub use frame_scorecards::FrameScorecards;
pub use framed::Framed;
pub use funnel_answer::{FunnelAnswer, FunnelPart, FunnelStepLine};
pub use kpi_answer::{Compared, Goal, KpiAnswer, Newer, Row, Running, Standing, Standout};
pub use kpi_definition::{KpiDefinition, MotionMeaning};
pub use kpi_help::KpiHelp;
pub use kpi_list::{KpiEntry, KpiGroup, KpiList};
pub use kpi_people::{Behind, KpiPeople};
pub use kpi_refused::{KpiRefused, Refusal};
pub use kpi_unknown::{KpiUnknown, Suggestion, Unknown};
pub use kpi_why::{KpiWhy, Parts, SourceCheck, StageMeaning, Status};
pub use leaving::{Kept, Leaving, LeavingKind};
pub use levers::{LeverLine, Levers};
pub use marks::Mark;
pub use mrr::{Mrr, MrrLine, MrrProblem, MrrWhy};
pub use not_counted::{NotCounted, Unseen};
pub use rate_fell::{Cause, Ended, RateFell, Stake, Taken};
pub use scorecard::{
    Changed, Closes, Credit, CreditPart, Next, Pace, Record, Rest, Said, Score, ScoreLine, Scorecard, ShortOf, Verdict,
};
pub use source_silent::{Back, SourceSilent};
pub use team::{Friction, Help, Team};
pub use undelivered::Undelivered;
pub use welcome::{CardTimes, Welcome};
pub use what_if::{Amount, Changed as WhatIfChanged, Held, Other, Reached, Sure, WhatIf, Year};
pub use won::Won;

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

notices![
    KpiAnswer,
    KpiList,
    KpiHelp,
    KpiDefinition,
    KpiWhy,
    DigestWhy,
    KpiPeople,
    Mrr,
    BowtiePeriod,
    KpiUnknown,
    KpiRefused,
    WhatIf,
    Levers,
    FunnelAnswer,
    Scorecard,
    FrameScorecards,
    Bowtie,
    Won,
    RateFell,
    Leaving,
    SourceSilent,
    DefinitionChanged,
    DoubtRaised,
    DoubtAnswered,
    Team,
    FirstDay,
    NotCounted,
    Welcome,
    Undelivered
];

/// The button of every automatic message.
fn something_is_off(receipt: &str) -> Button {
    Button::about("Something is off", Verb::Off, receipt)
}
