//! Whether a goal will be reached if it goes on like this.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::calendar::Elapsed;
use crate::definitions::{Definitions, Goal, Person};
use crate::period::Period;
use crate::time::Day;

/// From this share of the plan to date it is on pace, from [`SLIGHTLY`] slightly behind, below that behind.
const ON_PACE: f64 = 1.0;
const SLIGHTLY: f64 = 0.9;
/// Before this share of the period, or this many expected, nothing can be said.
const FRACTION_MIN: f64 = 0.1;
const EXPECTED_MIN: f64 = 3.0;
/// What rounding may do to a quotient.
const ROUNDING: f64 = 1e-9;

/// The verdict, without a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pace {
    OnPace,
    SlightlyBehind,
    Behind,
    TooEarly,
}

impl Pace {
    pub fn words(self) -> &'static str {
        match self {
            Pace::OnPace => "on pace",
            Pace::SlightlyBehind => "slightly behind",
            Pace::Behind => "behind",
            Pace::TooEarly => "too early to say",
        }
    }
}

/// What a goal counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoalOf {
    /// People, deals: few of them prove nothing yet.
    Count,
    Money,
}

/// A goal and where it stands. Money is in major units.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pacing {
    pub target: f64,
    pub actual: f64,
    /// Plan to date: `target x fraction of the period that is gone`.
    pub expected: f64,
    /// `actual / expected`; 1 where nothing is expected yet.
    pub index: f64,
    /// `actual / fraction`: where it ends if it goes on like this. `None` at the very beginning.
    pub projection: Option<f64>,
    /// `target - actual`, never below zero.
    pub to_go: f64,
    /// `to go / days that are left`. `None` on the last day.
    pub required_per_day: Option<f64>,
    pub days_left: u32,
    pub pace: Pace,
}

impl Pacing {
    /// How far ahead (above zero) or behind (below zero) of the plan, in whole per cent.
    pub fn ahead_per_cent(&self) -> i64 {
        ((self.index - 1.0) * 100.0).round() as i64
    }
}

/// Paces a goal evenly over the (working) days of its period. `None` without a goal above zero.
///
/// ```
/// use shiftbell_metrics::{calendar::Elapsed, pacing::{Pace, GoalOf, pace}};
/// let quarter = pace(150_000.0, 82_000.0, Elapsed { gone: 36, all: 62 }, GoalOf::Money).unwrap();
/// assert_eq!(quarter.expected.round(), 87_097.0);
/// assert_eq!(quarter.pace, Pace::SlightlyBehind);
/// ```
pub fn pace(target: f64, actual: f64, elapsed: Elapsed, of: GoalOf) -> Option<Pacing> {
    pace_at(target, actual, elapsed.fraction(), elapsed.left(), of)
}

/// Paces a goal by the share that is usually reached by now (`fraction`), for a company that closes late.
pub fn pace_at(target: f64, actual: f64, fraction: f64, days_left: u32, of: GoalOf) -> Option<Pacing> {
    let is_usable = target.is_finite() && target > 0.0 && actual.is_finite() && (0.0..=1.0).contains(&fraction);
    is_usable.then(|| pacing(target, actual, target * fraction, days_left, of))
}

/// One pace for several goals, such as those of a team whose members have different calendars: the plans add up.
pub fn together(parts: &[Pacing], of: GoalOf) -> Option<Pacing> {
    let sum = |of: fn(&Pacing) -> f64| parts.iter().map(of).sum::<f64>();
    let days_left = parts.iter().map(|part| part.days_left).max()?;
    Some(pacing(sum(|part| part.target), sum(|part| part.actual), sum(|part| part.expected), days_left, of))
}

fn pacing(target: f64, actual: f64, expected: f64, days_left: u32, of: GoalOf) -> Pacing {
    let fraction = expected / target;
    let index = if expected > 0.0 { actual / expected } else { 1.0 };
    let is_early = fraction < FRACTION_MIN - ROUNDING || (of == GoalOf::Count && expected < EXPECTED_MIN - ROUNDING);
    let to_go = (target - actual).max(0.0);
    let pace = if to_go == 0.0 {
        Pace::OnPace
    } else if is_early {
        Pace::TooEarly
    } else if index >= ON_PACE - ROUNDING {
        Pace::OnPace
    } else if index >= SLIGHTLY - ROUNDING {
        Pace::SlightlyBehind
    } else {
        Pace::Behind
    };
    Pacing {
        target,
        actual,
        expected,
        index,
        projection: (fraction > 0.0).then(|| actual / fraction),
        to_go,
        required_per_day: (days_left > 0).then(|| to_go / f64::from(days_left)),
        days_left,
        pace,
    }
}

/// What somebody aims for on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    /// Money in major units. Of a new person, their share of it.
    pub amount: f64,
    pub period: Period,
    pub motion: Option<String>,
}

/// The goal for a KPI whose period holds this day: of a person their own, else that of each of their role; without a
/// person, the company's. `motion` chooses among several; `None` takes the first.
pub fn aim(defs: &Definitions, kpi: &str, motion: Option<&str>, person: Option<&Person>, day: Day) -> Option<Aim> {
    let of_kpi = defs.goals.iter().filter(|goal| goal.kpi == kpi);
    let fitting = of_kpi.filter(|goal| motion.is_none() || goal.motion.is_none() || goal.motion.as_deref() == motion);
    let now: Vec<(&Goal, Period)> = fitting
        .filter_map(|goal| Some((goal, Period::of_goal(&goal.period, day, &defs.workspace)?)))
        .filter(|(_, period)| period.contains_day(day))
        .collect();
    let first = |is_meant: &dyn Fn(&Goal) -> bool| now.iter().find(|(goal, _)| is_meant(goal));
    let (goal, period) = match person {
        None => first(&|goal| goal.person.is_none() && goal.each.is_none()),
        Some(person) => {
            first(&|goal| goal.person.as_deref().is_some_and(|one| one.eq_ignore_ascii_case(&person.email)))
                .or_else(|| first(&|goal| goal.person.is_none() && goal.each.as_deref() == Some(&person.role)))
        }
    }?;
    let share = person.map_or(1.0, |person| share_of_goal(&defs.new_in_role, person.since, day.date()));
    Some(Aim { amount: goal.amount.to_f64()? * share, period: period.clone(), motion: goal.motion.clone() })
}

/// The share of their goals, 0 to 1, for somebody who began on `since`: by month of their time, then all of it.
pub fn share_of_goal(new_in_role: &[Decimal], since: Option<Date>, on: Date) -> f64 {
    let Some(since) = since else {
        return 1.0;
    };
    let months =
        (i32::from(on.year()) - i32::from(since.year())) * 12 + i32::from(on.month()) - i32::from(since.month());
    let full = months - i32::from(on.day() < since.day());
    let share = usize::try_from(full.max(0)).ok().and_then(|month| new_in_role.get(month));
    share.and_then(|per_cent| per_cent.to_f64()).map_or(1.0, |per_cent| per_cent / 100.0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::definitions::GoalPeriod;
    use crate::question::sample::company;

    fn close(found: f64, wanted: f64, within: f64) {
        assert!((found - wanted).abs() < within, "{found} should be {wanted}");
    }

    #[test]
    fn an_even_plan_and_a_late_one_give_opposite_verdicts() {
        let even = pace(60.0, 21.0, Elapsed { gone: 9, all: 22 }, GoalOf::Count).unwrap();
        close(even.expected, 24.545_454_545_454_547, 1e-9);
        close(even.index, 0.855_555_555_555_555_5, 1e-9);
        close(even.projection.unwrap(), 51.333_333_333_333_336, 1e-9);
        close(even.required_per_day.unwrap(), 3.0, 1e-9);
        assert_eq!(even.pace, Pace::Behind);
        let late = pace_at(60.0, 21.0, 0.34, 13, GoalOf::Count).unwrap();
        close(late.expected, 20.4, 1e-9);
        close(late.index, 1.029_411_764_705_882_5, 1e-9);
        close(late.projection.unwrap(), 61.764_705_882_352_935, 1e-9);
        assert_eq!(late.pace, Pace::OnPace);
    }

    #[test]
    fn the_published_projection_is_reached() {
        let found = pace(260_000.0, 96_000.0, Elapsed { gone: 12, all: 30 }, GoalOf::Money).unwrap();
        close(found.projection.unwrap(), 240_000.0, 1e-6);
        close(found.projection.unwrap() / found.target, 0.923, 1e-3);
    }

    #[test]
    fn the_plans_of_the_reference_messages_are_reached() {
        let ae = pace(150_000.0, 82_000.0, Elapsed { gone: 36, all: 62 }, GoalOf::Money).unwrap();
        close(ae.expected, 87_097.0, 0.5);
        assert_eq!((ae.pace, ae.to_go, ae.days_left), (Pace::SlightlyBehind, 68_000.0, 26));
        let bdr = pace(9.0, 7.0, Elapsed { gone: 14, all: 19 }, GoalOf::Count).unwrap();
        close(bdr.expected, 6.6, 0.05);
        assert_eq!(bdr.pace, Pace::OnPace);
        let b2b = pace(300_000.0, 130_400.0, Elapsed { gone: 32, all: 62 }, GoalOf::Money).unwrap();
        close(b2b.expected, 154_800.0, 50.0);
        assert_eq!((b2b.pace, b2b.ahead_per_cent()), (Pace::Behind, -16));
        let b2c = pace(300.0, 161.0, Elapsed { gone: 46, all: 92 }, GoalOf::Count).unwrap();
        close(b2c.expected, 150.0, 1e-9);
        assert_eq!((b2c.pace, b2c.ahead_per_cent()), (Pace::OnPace, 7));
    }

    #[test]
    fn a_team_has_the_sum_of_its_plans() {
        let (us, germany) = (Elapsed { gone: 14, all: 19 }, Elapsed { gone: 14, all: 21 });
        let parts = [(7.0, us), (6.0, us), (4.0, germany)]
            .map(|(actual, elapsed)| pace(9.0, actual, elapsed, GoalOf::Count).unwrap());
        let team = together(&parts, GoalOf::Count).unwrap();
        close(team.expected, 19.26, 0.005);
        close(team.index, 0.88, 0.005);
        assert_eq!((team.pace, team.to_go, team.actual), (Pace::Behind, 10.0, 17.0));
        assert_eq!(together(&[], GoalOf::Count), None);
    }

    #[test]
    fn it_is_too_early_until_something_can_be_expected() {
        let first = |actual, all| pace(10.0, actual, Elapsed { gone: 1, all }, GoalOf::Count).unwrap().pace;
        assert_eq!(first(0.0, 20), Pace::TooEarly);
        assert_eq!(first(0.0, 4), Pace::TooEarly); // 2.5 expected
        assert_eq!(first(0.0, 3), Pace::Behind); // 3.3 expected
        assert_eq!(first(10.0, 20), Pace::OnPace); // reached already
        assert_eq!(pace(10.0, 9.0, Elapsed { gone: 4, all: 4 }, GoalOf::Money).unwrap().pace, Pace::SlightlyBehind);
        assert_eq!(pace(0.0, 9.0, Elapsed { gone: 1, all: 4 }, GoalOf::Money), None);
    }

    #[test]
    fn a_goal_is_found_for_its_person_role_or_company() {
        let mut defs = company();
        let goal = |amount: i64, person: Option<&str>, each: Option<&str>, period| Goal {
            kpi: "sqls".into(),
            motion: Some("b2b".into()),
            period,
            amount: amount.into(),
            person: person.map(str::to_owned),
            each: each.map(str::to_owned),
        };
        let quarter = || GoalPeriod::Fixed("2026-Q4".into());
        defs.goals = vec![
            goal(27, None, None, GoalPeriod::EveryMonth),
            goal(9, None, Some("ae"), GoalPeriod::EveryMonth),
            goal(50, Some("Ann@clowns.example"), None, quarter()),
        ];
        defs.new_in_role = vec![Decimal::from(25)];
        defs.people[1].since = Some(date(2026, 11, 2));
        let (ann, bob) = (defs.people[0].clone(), defs.people[1].clone());
        let on = Day::from_date(date(2026, 11, 19));
        let amount = |motion, person, on| aim(&defs, "sqls", motion, person, on).map(|aim| aim.amount);
        assert_eq!(amount(None, None, on), Some(27.0));
        assert_eq!(amount(Some("b2b"), Some(&ann), on), Some(50.0));
        assert_eq!(amount(None, Some(&bob), on), Some(2.25));
        assert_eq!(amount(None, Some(&ann), Day::from_date(date(2026, 9, 1))), Some(9.0));
        assert_eq!(amount(Some("b2c"), Some(&ann), on), None);
    }

    #[test]
    fn new_people_have_a_part_of_the_goal() {
        let ramp = [Decimal::from(25), Decimal::from(50), Decimal::from(75)];
        let share = |on| share_of_goal(&ramp, Some(date(2026, 9, 15)), on);
        assert_eq!(share(date(2026, 10, 14)), 0.25);
        assert_eq!(share(date(2026, 10, 15)), 0.5);
        assert_eq!(share(date(2026, 12, 14)), 0.75);
        assert_eq!(share(date(2026, 12, 15)), 1.0);
        assert_eq!(share_of_goal(&ramp, None, date(2026, 12, 15)), 1.0);
    }
}
