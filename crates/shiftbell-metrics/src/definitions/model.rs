//! The checked definitions: every name in them exists, every span and rate is typed.

mod aims;
mod counted;
mod funnel;
mod kpi;
mod people;
mod sources;
mod span;
mod speaking;

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use rust_decimal::Decimal;

pub use aims::*;
pub use counted::*;
pub use funnel::*;
pub use kpi::*;
pub use people::*;
pub use sources::*;
pub use span::*;
pub use speaking::*;

use crate::expression::Catalogue;
use crate::money::Currency;
use crate::time::Zone;

/// Everything a definitions file says about one company.
#[derive(Clone, Debug)]
pub struct Definitions {
    pub workspace: Workspace,
    /// In the order of the file.
    pub facts: Vec<Fact>,
    /// The one chain of stages, first to last.
    pub chain: Vec<Stage>,
    pub skipped: SkipPolicy,
    /// In the order of the file. Exactly one may be `Who::EveryoneElse`.
    pub motions: Vec<Motion>,
    /// In the order of the file.
    pub dimensions: Vec<Dimension>,
    pub always_show: Vec<String>,
    /// Written KPIs in the order of the file, then the standard family that exists without being written.
    pub kpis: Vec<Kpi>,
    /// In the order of the file. They change no number that is kept.
    pub funnels: Vec<NamedFunnel>,
    pub goals: Vec<Goal>,
    /// Share of the goals in the first, second ... month of a new person, in per cent.
    pub new_in_role: Vec<Decimal>,
    pub scorecards: Scorecards,
    pub people: Vec<Person>,
    pub teams: Vec<Team>,
    pub places: BTreeMap<String, Place>,
    pub destinations: BTreeMap<String, Destination>,
    pub digests: Vec<Digest>,
    pub rules: Vec<Rule>,
    pub noise: Noise,
    pub rights: BTreeMap<String, Vec<String>>,
    pub privacy: Privacy,
    pub rollout: Rollout,
    pub sources: Vec<Source>,
    /// In the order of the file.
    pub outlets: Vec<Outlet>,
    pub policies: Policies,
    /// Fields that may be named, with what they hold.
    pub catalogue: Catalogue,
    /// Hash of everything that changes a number (facts, stages, motions, dimensions, KPIs, policies); hex, 16 characters.
    pub meaning: String,
}

impl Definitions {
    pub fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }

    pub fn motion(&self, id: &str) -> Option<&Motion> {
        self.motions.iter().find(|motion| motion.id == id)
    }

    pub fn dimension(&self, name: &str) -> Option<&Dimension> {
        self.dimensions.iter().find(|dimension| dimension.name == name)
    }

    /// The KPI with this slug or one of its other names.
    pub fn kpi(&self, name: &str) -> Option<&Kpi> {
        self.kpis
            .iter()
            .find(|kpi| kpi.slug == name)
            .or_else(|| self.kpis.iter().find(|kpi| kpi.also.iter().any(|also| also == name)))
    }

    /// The position of a stage in the chain.
    pub fn stage_index(&self, id: &str) -> Option<usize> {
        self.chain.iter().position(|stage| stage.id == id)
    }

    pub fn stage(&self, id: &str) -> Option<&Stage> {
        self.chain.iter().find(|stage| stage.id == id)
    }

    /// The person with this e-mail address, or with it among their other addresses. Case does not matter.
    pub fn person(&self, email: &str) -> Option<&Person> {
        self.people.iter().find(|person| {
            person.email.eq_ignore_ascii_case(email) || person.also.iter().any(|also| also.eq_ignore_ascii_case(email))
        })
    }
}

#[derive(Clone, Debug)]
pub struct Workspace {
    pub name: String,
    pub zone: Zone,
    pub currency: Currency,
    pub week_starts: Weekday,
    /// 1 for January.
    pub year_starts_month: i8,
    pub business_model: String,
    pub growth_stage: String,
    pub north_star: Option<String>,
}
