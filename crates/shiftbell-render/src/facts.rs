//! The facts that several messages share: people, figures, freshness.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use shiftbell_metrics::money::Money;

use crate::words;

/// Below this many a rate is shown by its counts only: a percentage of seven people says more than is known.
pub const TOO_FEW: u64 = 10;

/// A person as messages name them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub email: String,
    pub name: String,
}

impl Person {
    /// The person with this address, named by what stands before the `@`.
    /// ```
    /// use shiftbell_render::facts::Person;
    /// assert_eq!(Person::new("bdr.one@clowns.example").name, "bdr.one");
    /// ```
    pub fn new(email: impl Into<String>) -> Person {
        let email = email.into();
        let name = email.split('@').next().unwrap_or_default().to_owned();
        Person { email, name }
    }
}

/// What came to mean something else on a day within those that a message or a picture shows. Both sides of that day are counted
/// as it is meant now, so its reader may remember other numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    pub day: Date,
    /// `MQLs`, `MQL to SQL`.
    pub what: Vec<String>,
}

/// A figure, with what it was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Of `whole` so many did `part`.
    Rate {
        part: u64,
        whole: u64,
    },
    /// Of the money `whole` so much is `part`.
    MoneyRate {
        part: Money,
        whole: Money,
    },
    Count(u64),
    Number(f64),
    Money(Money),
    /// A share without counts, such as a target: 0.3 is 30 %.
    Share(f64),
    /// Days, for times.
    Days(f64),
    /// The middle and the slow end of a time, over so many.
    Time {
        median_days: f64,
        p90_days: f64,
        of: u64,
        /// Who still waits; they are in both.
        #[serde(default)]
        open: u64,
        /// Whether only working time is counted: 24 hours of it are a day here.
        #[serde(default)]
        is_work: bool,
    },
    /// Hours of working time, for targets.
    WorkHours(f64),
    Nothing,
    /// Of work to do: there is none.
    NothingDue,
}

impl Figure {
    pub fn rate(part: u64, whole: u64) -> Figure {
        Figure::Rate { part, whole }
    }

    /// Whether this is a rate of too few to be a percentage.
    pub fn is_too_few(&self) -> bool {
        matches!(self, Figure::Rate { whole, .. } if *whole < TOO_FEW)
    }

    /// The figure with its counts: `26.9 % (84 of 312)`.
    pub fn full(&self) -> String {
        match self {
            Figure::Rate { part, whole } if self.is_too_few() => counts(*part, *whole),
            Figure::Rate { part, whole } => format!("{} ({})", words::percent(*part, *whole), counts(*part, *whole)),
            Figure::MoneyRate { part, whole } => {
                format!("{} ({} of {})", self.bare(), words::money(*part), words::money(*whole))
            }
            Figure::Time { median_days, p90_days, of, open, is_work } => {
                let say = if *is_work { work_days } else { days };
                let waiting =
                    if *open == 0 { String::new() } else { format!("; {} still waiting", words::count(*open)) };
                let (median, p90) = (say(*median_days), say(*p90_days));
                format!("{median} in the middle, 9 of 10 within {p90} ({}{waiting})", words::count(*of))
            }
            Figure::Count(_)
            | Figure::Number(_)
            | Figure::Money(_)
            | Figure::Share(_)
            | Figure::Days(_)
            | Figure::WorkHours(_)
            | Figure::Nothing
            | Figure::NothingDue => self.bare(),
        }
    }

    /// The figure alone: `26.9 %`.
    pub fn bare(&self) -> String {
        match self {
            Figure::Rate { part, whole } if self.is_too_few() => counts(*part, *whole),
            Figure::Rate { part, whole } => words::percent(*part, *whole),
            Figure::MoneyRate { part, whole } => match (u64::try_from(part.minor), u64::try_from(whole.minor)) {
                (Ok(part), Ok(whole)) => words::percent(part, whole),
                _ => format!("{} of {}", words::money(*part), words::money(*whole)),
            },
            Figure::Count(number) => words::count(*number),
            Figure::Number(number) => words::number(*number),
            Figure::Money(money) => words::money(*money),
            Figure::Share(share) => words::share(*share),
            Figure::Days(number) => days(*number),
            Figure::Time { median_days, is_work: true, .. } => work_days(*median_days),
            Figure::Time { median_days, .. } => days(*median_days),
            Figure::WorkHours(hours) => work_days(*hours / 24.0),
            Figure::Nothing => "nothing yet".to_owned(),
            Figure::NothingDue => "nothing was due".to_owned(),
        }
    }

    /// The counts alone, `84 of 312`, where the words around them say the rest.
    pub fn counts(&self) -> String {
        match self {
            Figure::Rate { part, whole } => counts(*part, *whole),
            Figure::MoneyRate { .. }
            | Figure::Count(_)
            | Figure::Number(_)
            | Figure::Money(_)
            | Figure::Share(_)
            | Figure::Days(_)
            | Figure::WorkHours(_)
            | Figure::Time { .. }
            | Figure::Nothing
            | Figure::NothingDue => self.full(),
        }
    }

    /// The figure as a sum: `26.9 % = 84 / 312`.
    pub fn equation(&self) -> String {
        match self {
            Figure::Rate { part, whole } => {
                format!("{} = {} / {}", words::percent(*part, *whole), words::count(*part), words::count(*whole))
            }
            Figure::MoneyRate { part, whole } => {
                format!("{} = {} / {}", self.bare(), words::money(*part), words::money(*whole))
            }
            Figure::Count(_)
            | Figure::Number(_)
            | Figure::Money(_)
            | Figure::Share(_)
            | Figure::Days(_)
            | Figure::WorkHours(_)
            | Figure::Time { .. }
            | Figure::Nothing
            | Figure::NothingDue => self.full(),
        }
    }
}

fn counts(part: u64, whole: u64) -> String {
    format!("{} of {}", words::count(part), words::count(whole))
}

/// `3.2 days`; what takes less than a day in hours.
fn days(number: f64) -> String {
    if number > 0.0 && number < 1.0 {
        return hours(number * 24.0, "hour");
    }
    let text = words::number(number);
    let unit = if text == "1" { "day" } else { "days" };
    format!("{text} {unit}")
}

/// Working time is said in hours: a day of it is no day of the calendar.
fn work_days(number: f64) -> String {
    hours(number * 24.0, "working hour")
}

fn hours(number: f64, unit: &str) -> String {
    let text = words::number(number);
    match text.as_str() {
        "0" if number > 0.0 => format!("under 1 {unit}"),
        "1" => format!("1 {unit}"),
        _ => format!("{text} {unit}s"),
    }
}

/// A thing that is counted, as one and as many: `follow-up`, `follow-ups`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noun {
    pub one: String,
    pub many: String,
}

impl Noun {
    pub fn new(one: impl Into<String>, many: impl Into<String>) -> Noun {
        Noun { one: one.into(), many: many.into() }
    }

    /// The noun of a plural that ends in `s`: `Follow-ups` is `follow-up`, `follow-ups`.
    pub fn of_plural(many: &str) -> Noun {
        let mut letters = many.chars();
        let starts_word =
            letters.next().is_some_and(char::is_uppercase) && !letters.next().is_some_and(char::is_uppercase);
        let many = if starts_word { lower_first(many) } else { many.to_owned() };
        let one = many.strip_suffix('s').unwrap_or(&many).to_owned();
        Noun { one, many }
    }

    /// `1 follow-up`, `2 follow-ups`.
    pub fn counted(&self, number: u64) -> String {
        format!("{} {}", words::count(number), if number == 1 { &self.one } else { &self.many })
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The last line of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footer {
    /// How far the figures go, as the reader's own time or day: `16:58`, `Sunday 15 Nov`.
    pub data_to: Option<String>,
    pub sources: Sources,
    pub seen_by: SeenBy,
    /// The id that `/kpi why` takes.
    pub receipt: Option<String>,
}

/// How fresh the sources are that the figures rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sources {
    /// Nothing is said: the message rests on no source.
    Unsaid,
    AllComplete,
    /// These are complete to the end of what is shown.
    Complete(Vec<String>),
    Ages(Vec<SourceAge>),
}

/// When a source was last heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceAge {
    pub name: String,
    pub minutes: u64,
}

impl SourceAge {
    pub fn new(name: impl Into<String>, minutes: u64) -> SourceAge {
        SourceAge { name: name.into(), minutes }
    }
}

/// Who else sees a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// A channel: those who are in it, so nothing is said.
    Channel,
    OnlyYou,
    YouAnd(Vec<Person>),
}

impl Footer {
    /// The footer of an answer that only the asker sees.
    pub fn only_you(ages: Vec<SourceAge>, receipt: impl Into<String>) -> Footer {
        Footer { data_to: None, sources: Sources::Ages(ages), seen_by: SeenBy::OnlyYou, receipt: Some(receipt.into()) }
    }

    pub(crate) fn receipt(&self) -> &str {
        self.receipt.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use shiftbell_metrics::money::{Currency, Money};

    use super::*;

    #[test]
    fn a_rate_is_never_without_its_counts_and_a_small_one_has_no_percentage() {
        assert_eq!(Figure::rate(84, 312).full(), "26.9 % (84 of 312)");
        assert_eq!(Figure::rate(3, 7).full(), "3 of 7");
        let dollars = |major: i64| Money::new(major * 100, Currency::USD);
        let kept = Figure::MoneyRate { part: dollars(54_900), whole: dollars(61_000) };
        assert_eq!(kept.full(), "90.0 % ($54,900 of $61,000)");
        assert_eq!(Figure::Days(1.0).full(), "1 day");
        assert_eq!(Figure::Days(0.04).full(), "1 hour");
        assert_eq!(Figure::Days(0.5).full(), "12 hours");
        assert_eq!(Figure::WorkHours(4.0).full(), "4 working hours");
    }

    #[test]
    fn nouns_follow_their_number() {
        assert_eq!(Noun::of_plural("Follow-ups").counted(1), "1 follow-up");
        assert_eq!(Noun::of_plural("SQLs").counted(2), "2 SQLs");
    }
}
