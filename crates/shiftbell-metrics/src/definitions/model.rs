//! The checked definitions: every name in them exists, every span and rate is typed.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time, Weekday};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::expression::Expression;
use crate::id::EntityKind;
use crate::money::Currency;
use crate::time::Zone;
use crate::value::Value;

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

/// Something that happens, told apart by what the event says and by the state of what it is about.
#[derive(Clone, Debug)]
pub struct Fact {
    pub name: String,
    /// Kinds of event; empty means any.
    pub events: Vec<String>,
    /// Properties of the event that must have one of these values.
    pub properties: Vec<(String, Vec<Value>)>,
    /// Fields such as `deal.stage` that must have one of these values.
    pub state: Vec<(FieldName, Vec<Value>)>,
    pub when: Option<Expression>,
    /// Roles, one of which the person who did it must have (the event's `by`, else the role of its owner when it arrived).
    pub by: Vec<String>,
    /// Only the n-th time it happens to an account.
    pub nth: Option<u32>,
    /// Only while the account is at this place: `customer` (it has won).
    pub stage: Option<String>,
    /// A movement of the ledger of recurring revenue (not active yet).
    pub mrr: Option<String>,
}

impl Fact {
    /// Whether the conditions on state count when they *become* true (the event is a change of an entity, or there is
    /// no event at all), rather than whenever an event meets them.
    pub fn is_edge(&self) -> bool {
        let has_state = !self.state.is_empty() || self.when.is_some();
        has_state && self.events.iter().all(|kind| EntityKind::from_word(kind).is_some())
    }
}

/// A field of an entity or of the event, as written: `contact.lead_score`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldName {
    /// `contact`, `company`, `deal`, `subscription`, `visitor`, `customer`, `event`, or the kind of an event (`order`, `spend`).
    pub of: String,
    pub name: String,
}

impl FieldName {
    /// A name as written: `contact.lead_score`, or a word without a point, whose `of` is empty.
    pub fn written(text: &str) -> FieldName {
        let (of, name) = text.split_once('.').unwrap_or(("", text));
        FieldName { of: of.to_owned(), name: name.to_owned() }
    }
}

impl std::fmt::Display for FieldName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.of.is_empty() { f.write_str(&self.name) } else { write!(f, "{}.{}", self.of, self.name) }
    }
}

/// What a stage counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageOf {
    Visitor,
    Contact,
    Deal,
    /// The whole account.
    Customer,
}

#[derive(Clone, Debug)]
pub struct Stage {
    pub id: String,
    pub label: String,
    pub of: StageOf,
    /// `awareness`, `education`, `selection`, `commit`, `onboarding`, `adoption` or `expansion`.
    pub bowtie: String,
    pub feeds: Option<String>,
}

/// What it means that an entity is at a later stage without having been seen at an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipPolicy {
    /// It was there too, at the latest when it reached the later stage.
    Implied,
    /// Only those who were seen at every stage before it count.
    Strict,
    /// Each stage counts who was seen at it.
    Any,
}

#[derive(Clone, Debug)]
pub enum Who {
    /// All of these hold.
    That(Vec<(FieldName, Vec<Value>)>, Option<Expression>),
    EveryoneElse,
}

#[derive(Clone, Debug)]
pub struct Motion {
    pub id: String,
    pub label: String,
    pub who: Who,
    /// Judged on the account as it is now (`false`) or as it was when the stage was reached (`true`).
    pub who_as_of_entry: bool,
    pub touch: String,
    pub lead_by: String,
    pub paced: Paced,
    /// Role and share of a won deal in per cent; adds up to 100.
    pub credit: Vec<(String, Decimal)>,
    /// Facts of each stage by the stage's id. A stage that is absent is never reached in this motion.
    pub stages: BTreeMap<String, Vec<String>>,
    /// Facts that end the way on the left.
    pub lost: Vec<String>,
    /// Facts that end the way on the right.
    pub gone: Vec<String>,
    /// Whether a later won deal of an account that has won before counts as won again (`true`), or is expansion (`false`).
    pub counts_again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paced {
    WorkingDays,
    CalendarDays,
}

#[derive(Clone, Debug)]
pub struct Dimension {
    pub name: String,
    /// The first that is known counts.
    pub from: Vec<FieldName>,
    /// Allowed values; empty means any.
    pub values: Vec<String>,
}

/// One value, or one for each motion.
#[derive(Clone, Debug, PartialEq)]
pub struct PerMotion<T> {
    pub every: Option<T>,
    pub by_motion: BTreeMap<String, T>,
}

impl<T> Default for PerMotion<T> {
    fn default() -> PerMotion<T> {
        PerMotion { every: None, by_motion: BTreeMap::new() }
    }
}

impl<T> PerMotion<T> {
    pub fn every(value: T) -> PerMotion<T> {
        PerMotion { every: Some(value), by_motion: BTreeMap::new() }
    }

    pub fn of(&self, motion: &str) -> Option<&T> {
        self.by_motion.get(motion).or(self.every.as_ref())
    }
}

/// A span of time as written: `60 days`, `1 working day`, `4 hours`, `13 weeks`, `12 months`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub count: u32,
    pub unit: SpanUnit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanUnit {
    Minutes,
    Hours,
    WorkingHours,
    Days,
    WorkingDays,
    Weeks,
    Months,
    Quarters,
    Years,
}

impl Span {
    /// Length in milliseconds of real elapsed time, for units that have one (minutes to weeks).
    pub fn elapsed_ms(self) -> Option<i64> {
        let unit = match self.unit {
            SpanUnit::Minutes => crate::time::MS_PER_MINUTE,
            SpanUnit::Hours => crate::time::MS_PER_HOUR,
            SpanUnit::Days => crate::time::MS_PER_DAY,
            SpanUnit::Weeks => 7 * crate::time::MS_PER_DAY,
            SpanUnit::WorkingHours
            | SpanUnit::WorkingDays
            | SpanUnit::Months
            | SpanUnit::Quarters
            | SpanUnit::Years => {
                return None;
            }
        };
        Some(i64::from(self.count) * unit)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            SpanUnit::Minutes => "minute",
            SpanUnit::Hours => "hour",
            SpanUnit::WorkingHours => "working hour",
            SpanUnit::Days => "day",
            SpanUnit::WorkingDays => "working day",
            SpanUnit::Weeks => "week",
            SpanUnit::Months => "month",
            SpanUnit::Quarters => "quarter",
            SpanUnit::Years => "year",
        };
        write!(f, "{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

/// What a KPI should reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// In per cent: 30 for "30 %".
    Rate(Decimal),
    Number(Decimal),
    Span(Span),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    Higher,
    Lower,
}

#[derive(Clone, Debug)]
pub struct Kpi {
    pub slug: String,
    pub label: String,
    pub also: Vec<String>,
    pub means: PerMotion<String>,
    /// `north-star`, `primary`, `secondary`; `None` for numbers of the day.
    pub level: Option<String>,
    pub kind: KpiKind,
    /// Only in this motion.
    pub motion: Option<String>,
    pub target: PerMotion<Target>,
    pub better: Better,
    /// E-mail of the keeper of the definition.
    pub owner: Option<String>,
    pub signed: Option<Date>,
    pub leads_to: Vec<String>,
    pub was: Option<String>,
    /// `sourced`: credit goes to the owner of the contact, not of the deal.
    pub credit: Option<String>,
    /// `false` for the standard family that exists without being written.
    pub is_written: bool,
    /// Hash of what it means (its kind, the facts and stages it rests on, windows, policies): 4 hex characters.
    pub version: String,
    /// Why it cannot be asked yet, in words for a person; `None` if it can.
    pub not_active: Option<String>,
}

#[derive(Clone, Debug)]
pub enum KpiKind {
    Count { of: CountOf },
    Conversion { from: String, to: String, within: PerMotion<Span>, early: PerMotion<Span> },
    Time { from: String, to: TimeTo, working_hours: bool, show: TimeShow },
    Sum { of: FieldName, at: CountOf },
    Share { of: String, also: String },
    Stock { of: StageOf, filter: Option<Expression>, have: Option<Expression> },
    Worklist { due: Vec<String>, due_by: Vec<String>, done: String },
    Formula { text: String, kpis: Vec<String>, formula: Expression },
    Standard { name: String, over: Option<Span> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountOf {
    Stage(String),
    Facts(Vec<String>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeTo {
    Stage(String),
    Fact(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeShow {
    Median,
    P90,
}

#[derive(Clone, Debug)]
pub struct Goal {
    pub kpi: String,
    pub motion: Option<String>,
    pub period: GoalPeriod,
    pub amount: Decimal,
    /// E-mail of one person.
    pub person: Option<String>,
    /// Every person of this role.
    pub each: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GoalPeriod {
    /// A period of the question grammar, such as `2026-Q4`.
    Fixed(String),
    EveryMonth,
    EveryQuarter,
    EveryWeek,
}

#[derive(Clone, Debug)]
pub struct Scorecards {
    /// In per cent.
    pub good_day: Decimal,
    pub partly: Decimal,
    pub first_week_numbers_only: bool,
    /// By role.
    pub roles: BTreeMap<String, Vec<ScorecardLine>>,
}

#[derive(Clone, Debug)]
pub struct ScorecardLine {
    pub kpi: String,
    pub kind: LineKind,
    pub each: LineEach,
    pub target: Option<Target>,
    pub required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineKind {
    Leading,
    Quality,
    Lagging,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEach {
    Day,
    Week,
    Month,
    Quarter,
    /// The span that ends with the day, such as "30 days", "13 weeks" or "12 months".
    Last(Span),
}

#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    pub role: String,
    pub place: String,
    pub team: String,
    pub also: Vec<String>,
    pub since: Option<Date>,
    /// Their id in an outlet, by the outlet's name, where the file says it.
    pub known_as: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct Team {
    pub id: String,
    /// E-mail.
    pub manager: Option<String>,
    pub part_of: Option<String>,
}

#[derive(Clone, Debug)]
pub struct Place {
    pub zone: Zone,
    pub days: Vec<Weekday>,
    pub from: Time,
    pub until: Time,
    pub holidays: Vec<Date>,
}

#[derive(Clone, Debug)]
pub struct Destination {
    pub id: String,
    pub name: String,
    /// Id of the channel by the name of the outlet.
    pub channels: BTreeMap<String, String>,
    pub seen_by: String,
}

#[derive(Clone, Debug)]
pub struct Digest {
    pub id: String,
    pub send: DigestKind,
    pub to: DigestTo,
    pub at: Time,
    pub days: DigestDays,
    /// When the message is edited once, silently. `24:00` is the end of the day.
    pub closes: Option<Closes>,
    pub motions: Vec<String>,
    pub not_active: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    Scorecard,
    Team,
    Bowtie,
    RecurringRevenue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestTo {
    EachPerson,
    EachManager,
    Destination(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DigestDays {
    WorkingDays,
    EveryDay,
    Weekdays(Vec<Weekday>),
    NthWorkingDayOfMonth(u8),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    EndOfDay,
    At(Time),
}

#[derive(Clone, Debug)]
pub struct Rule {
    pub id: String,
    pub kind: RuleKind,
    pub motion: Option<String>,
    /// `owner`, a destination, or an e-mail.
    pub to: String,
    pub also_to: Option<String>,
    pub or_else: Option<String>,
    pub ends: Option<String>,
    /// In the workspace's currency, major units, a month for recurring amounts.
    pub at_least: Option<Decimal>,
    /// `false`: only a line in the owner's scorecard.
    pub as_message: bool,
    pub not_active: Option<String>,
}

#[derive(Clone, Debug)]
pub enum RuleKind {
    /// A fact happened.
    Event { fact: String },
    /// A rate fell against its own past, at the same age.
    Rate { watch: Vec<String>, by: Vec<String>, recent: Span, before: Span, ask: Option<String>, sure: Sure },
    /// One record needs something.
    Record {
        reached: Option<String>,
        within: Option<String>,
        that: Option<Expression>,
        without: Option<String>,
        span: Option<Span>,
    },
    /// Behind a goal.
    Pace { watch: Vec<String>, below: Decimal, span: Span },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sure {
    /// The 95 % interval of the difference excludes zero.
    Strongly,
    /// The 80 % interval does.
    Fairly,
}

#[derive(Clone, Debug)]
pub struct Noise {
    pub per_person_a_day: u32,
    pub per_channel_a_day: u32,
    pub repeat: String,
    pub quiet_from: Option<Time>,
    pub quiet_until: Option<Time>,
    pub quiet_except: Vec<String>,
    pub old_news: Span,
    /// `None` is learned from the source's own cadence.
    pub too_quiet: Option<Span>,
}

#[derive(Clone, Debug)]
pub struct Privacy {
    pub person_in_channel: bool,
    pub ranking: bool,
    pub manager_sees: String,
    pub smallest_group: u32,
    pub keep_days: u32,
    /// Fields of records that are never counted, and their values.
    pub test_records: Vec<(FieldName, Vec<Value>)>,
}

#[derive(Clone, Debug)]
pub struct Rollout {
    pub step: RolloutStep,
    pub reviewer: Option<String>,
    pub pilots: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutStep {
    Frame,
    Focus,
    Grow,
}

/// Where a secret is found. The definitions file never holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFrom {
    Env(String),
    File(String),
}

/// Which kinds of source and outlet the program has, and the keys each understands: the core knows none by name.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    pub sources: Vec<KindWords>,
    pub outlets: Vec<KindWords>,
}

#[derive(Clone, Debug)]
pub struct KindWords {
    pub kind: &'static str,
    /// Keys that hold a secret (`{ env = ".." }` or `{ file = ".." }`).
    pub secrets: &'static [&'static str],
    /// Secret keys without which it cannot work.
    pub required: &'static [&'static str],
    /// Other keys it understands.
    pub settings: &'static [&'static str],
    /// Why it is not active yet.
    pub not_active: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub struct Source {
    pub id: String,
    pub kind: String,
    /// By the name of the key in the file: `secret`, `token`, `key`, `write_key`.
    pub secrets: BTreeMap<String, SecretFrom>,
    /// Our field or property (`deal.stage.won`, `contact.lead_score`) and the vendor's words for it.
    pub map: BTreeMap<String, Vec<String>>,
    /// Everything else that the file says about it, as text (`account`, `ask_every`, `history`, `joined_by.customer.metadata` ...).
    pub settings: BTreeMap<String, String>,
    pub not_active: Option<String>,
}

/// A chat system in which this company is reached.
#[derive(Clone, Debug)]
pub struct Outlet {
    pub kind: String,
    pub secrets: BTreeMap<String, SecretFrom>,
    pub settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub struct Policies {
    /// Weeks of the default period.
    pub default_period_weeks: u32,
    /// Below this many there is no percentage.
    pub too_few: u32,
    /// In percentage points: this close to its target reads "level".
    pub level_points: Decimal,
    pub credit_owner_at_the_time: bool,
    pub late_data: Span,
    pub new_meaning_all_history: bool,
    /// `[policies.mrr]` as written: checked words, not active yet.
    pub mrr: BTreeMap<String, String>,
}
