//! What if: one or several numbers of a formula at another value, everything else held.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::growth::{RightSide, growth, net_retention};

/// Weeks of a year, as the spans of formulas are counted: four quarters of thirteen.
pub const WEEKS_PER_YEAR: u32 = 52;

/// A motion's formula: what comes in over some weeks, what becomes of it, and what is paid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Formula {
    /// Of the first stage, over `weeks`.
    pub volume: f64,
    /// Weeks in which the volume came in: 13.
    pub weeks: u32,
    /// From each stage to the next, 0 to 1, the last ends with the win.
    pub rates: Vec<f64>,
    /// Of the list price, 0 to 1.
    pub discount: f64,
    /// A year's list price of a win, in major units. `None` where wins have no amount.
    pub list_price: Option<f64>,
    /// Recurring revenue of a year that is there already, in major units.
    pub recurring: f64,
    /// Measured over a year.
    pub right: RightSide,
}

/// The number that is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeverOf {
    Volume,
    /// Place in [`Formula::rates`].
    Rate(usize),
    Discount,
    /// The list price.
    Price,
    /// One minus the revenue that is kept in a year.
    Churn,
}

/// How it is changed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// By so much of itself: 0.1 is ten per cent more.
    Relative(f64),
    /// By so many hundredths of the whole: 5 makes 26.9 % to 31.9 %. Only of what is a share.
    Points(f64),
    /// To this value: 0.3, or a volume or price.
    To(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lever {
    pub of: LeverOf,
    pub change: Change,
}

/// Why a lever cannot be pulled so far.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LeverError {
    #[error("there is no step {place}; the formula has {steps}")]
    NoStep { place: usize, steps: usize },
    #[error("points are for rates; write it in per cent, such as +10%")]
    NoShare,
    #[error("that would be {}, but a share is between 0 and 100 %; at most {} is possible", shown(*value), Room(*from, *value))]
    NotAShare { from: f64, value: f64 },
    #[error("that would be {value}, but it cannot be less than nothing; at most -100% is possible")]
    BelowNothing { value: f64 },
    #[error("wins have no amount here, so there is no price and no discount to change")]
    NoPrice,
    #[error("it is changed twice; leave one of them")]
    Twice,
}

fn shown(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// What is left up to all or down to nothing, in points.
struct Room(f64, f64);

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = |share: f64| (share * 1_000.0).floor() / 10.0;
        if self.1 > 1.0 { write!(f, "+{}pt", points(1.0 - self.0)) } else { write!(f, "-{}pt", points(self.0)) }
    }
}

/// What a formula gives.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// In the weeks of the formula.
    pub wins: f64,
    /// New revenue of a year that is won in these weeks, in major units. `None` where wins have no amount.
    pub new_arr: Option<f64>,
    /// Recurring revenue of a year, twelve months on, if each span of so many weeks brings the same.
    pub arr_in_a_year: Option<f64>,
}

/// What a formula gives as it stands.
///
/// `new ARR = volume x rates x (1 - discount) x list price`; a year on, it is
/// `recurring x net + new ARR x onboarded x (1 + f + f ^ 2 ...)`, one term for each full span in a year, where `net` is a
/// year's net retention and `f = net ^ (weeks / 52)` that of one span: what was won last has lost nothing yet.
///
/// ```
/// use shiftbell_metrics::model::{Formula, RightSide, outcome};
/// let right = RightSide { onboarded: 0.95, kept: 1.0, expansion: 0.03 };
/// let formula = Formula {
///     volume: 100.0, weeks: 13, rates: vec![0.5], discount: 0.0, list_price: Some(1_000.0), recurring: 0.0, right,
/// };
/// let given = outcome(&formula);
/// assert_eq!((given.wins, given.new_arr), (50.0, Some(50_000.0)));
/// assert!((given.arr_in_a_year.unwrap() - 192_124.34).abs() < 0.01);
/// ```
pub fn outcome(formula: &Formula) -> Outcome {
    let given = growth(formula.volume, &formula.rates, formula.discount, formula.list_price);
    let net = net_retention(formula.right.kept, formula.right.expansion);
    let spans = WEEKS_PER_YEAR / formula.weeks.max(1);
    let of_span = |span: u32| net.powf(f64::from(span * formula.weeks) / f64::from(WEEKS_PER_YEAR));
    let spans_kept: f64 = (0..spans).map(of_span).sum();
    let arr_in_a_year = given.amount.map(|new| formula.recurring * net + new * formula.right.onboarded * spans_kept);
    Outcome { wins: given.wins, new_arr: given.amount, arr_in_a_year }
}

/// The formula with these numbers at their other values. All are changed from what they were, so their order does not matter.
///
/// # Errors
/// A share that would leave 0 to 1, a volume or price below nothing, points of what is no share, a number changed twice.
pub fn change(formula: &Formula, levers: &[Lever]) -> Result<Formula, LeverError> {
    let mut changed = formula.clone();
    for (index, lever) in levers.iter().enumerate() {
        if levers.iter().take(index).any(|before| before.of == lever.of) {
            return Err(LeverError::Twice);
        }
        match lever.of {
            LeverOf::Volume => changed.volume = amount(formula.volume, lever.change)?,
            LeverOf::Rate(place) => {
                let no_step = LeverError::NoStep { place, steps: formula.rates.len() };
                let rate = changed.rates.get_mut(place).ok_or(no_step)?;
                *rate = share(*rate, lever.change)?;
            }
            LeverOf::Discount if formula.list_price.is_none() => return Err(LeverError::NoPrice),
            LeverOf::Discount => changed.discount = share(formula.discount, lever.change)?,
            LeverOf::Price => {
                let price = formula.list_price.ok_or(LeverError::NoPrice)?;
                changed.list_price = Some(amount(price, lever.change)?);
            }
            LeverOf::Churn => changed.right.kept = 1.0 - share(1.0 - formula.right.kept, lever.change)?,
        }
    }
    Ok(changed)
}

fn share(from: f64, change: Change) -> Result<f64, LeverError> {
    let value = match change {
        Change::Relative(by) => from * (1.0 + by),
        Change::Points(points) => from + points / 100.0,
        Change::To(value) => value,
    };
    // A rate of 0.7 and thirty points more is all of them, whatever the last binary digit says.
    if (-1e-9..=1.0 + 1e-9).contains(&value) {
        Ok(value.clamp(0.0, 1.0))
    } else {
        Err(LeverError::NotAShare { from, value })
    }
}

fn amount(from: f64, change: Change) -> Result<f64, LeverError> {
    let value = match change {
        Change::Relative(by) => from * (1.0 + by),
        Change::To(value) => value,
        Change::Points(_) => return Err(LeverError::NoShare),
    };
    if value >= 0.0 && value.is_finite() { Ok(value) } else { Err(LeverError::BelowNothing { value }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn formula() -> Formula {
        Formula {
            volume: 2_106.0,
            weeks: 13,
            rates: vec![310.0 / 2_080.0, 84.0 / 312.0, 53.0 / 86.0, 14.0 / 49.0],
            discount: 0.08,
            list_price: Some(20_000.0),
            recurring: 0.0,
            right: RightSide { onboarded: 0.95, kept: 1.0, expansion: 0.03 },
        }
    }

    fn with(of: LeverOf, change: Change) -> Result<Formula, LeverError> {
        super::change(&formula(), &[Lever { of, change }])
    }

    #[test]
    fn five_points_more_are_what_the_reference_message_says() {
        let (now, then) = (outcome(&formula()), outcome(&with(LeverOf::Rate(1), Change::Points(5.0)).unwrap()));
        assert!((now.wins - 14.88).abs() < 0.005 && (then.wins - 17.64).abs() < 0.005);
        assert!((now.new_arr.unwrap() - 273_800.0).abs() < 50.0 && (then.new_arr.unwrap() - 324_600.0).abs() < 50.0);
        let more = then.arr_in_a_year.unwrap() - now.arr_in_a_year.unwrap();
        assert!((more - 195_400.0).abs() < 50.0, "{more}");
    }

    #[test]
    fn a_lever_that_goes_too_far_says_how_far_it_goes() {
        let said = with(LeverOf::Rate(1), Change::Points(80.0)).unwrap_err().to_string();
        assert_eq!(said, "that would be 106.9 %, but a share is between 0 and 100 %; at most +73pt is possible");
        let said = with(LeverOf::Discount, Change::Points(-20.0)).unwrap_err().to_string();
        assert_eq!(said, "that would be -12.0 %, but a share is between 0 and 100 %; at most -8pt is possible");
        assert_eq!(with(LeverOf::Volume, Change::Points(5.0)), Err(LeverError::NoShare));
        assert!(matches!(with(LeverOf::Price, Change::Relative(-1.5)), Err(LeverError::BelowNothing { .. })));
        assert_eq!(with(LeverOf::Rate(4), Change::To(0.5)), Err(LeverError::NoStep { place: 4, steps: 4 }));
        let free = Formula { list_price: None, ..formula() };
        let lever = Lever { of: LeverOf::Discount, change: Change::To(0.1) };
        assert_eq!(super::change(&free, &[lever]), Err(LeverError::NoPrice));
        assert_eq!(super::change(&formula(), &[lever, lever]), Err(LeverError::Twice));
    }

    #[test]
    fn all_of_a_share_is_reached_and_not_passed() {
        let seventy = Formula { rates: vec![0.7], ..formula() };
        let lever = Lever { of: LeverOf::Rate(0), change: Change::Points(30.0) };
        assert_eq!(super::change(&seventy, &[lever]).unwrap().rates, [1.0]);
    }

    #[test]
    fn churn_changes_what_is_there_already_and_no_win() {
        let there = Formula { recurring: 100_000.0, ..formula() };
        let lever = Lever { of: LeverOf::Churn, change: Change::Points(10.0) };
        let (now, then) = (outcome(&there), outcome(&super::change(&there, &[lever]).unwrap()));
        assert_eq!((now.wins, now.new_arr), (then.wins, then.new_arr));
        assert!(then.arr_in_a_year.unwrap() < now.arr_in_a_year.unwrap() - 10_000.0);
    }

    proptest! {
        #[test]
        fn the_same_relative_change_of_any_factor_gives_the_same(by in -0.5_f64..0.3) {
            let formula = Formula { rates: vec![0.1, 0.2, 0.7, 0.3], ..formula() };
            let factors = [LeverOf::Volume, LeverOf::Rate(0), LeverOf::Rate(1), LeverOf::Rate(2), LeverOf::Rate(3), LeverOf::Price];
            let given: Vec<f64> = factors
                .iter()
                .map(|of| outcome(&super::change(&formula, &[Lever { of: *of, change: Change::Relative(by) }]).unwrap()).new_arr.unwrap())
                .collect();
            for amount in &given {
                prop_assert!((amount / given[0] - 1.0).abs() < 1e-12);
            }
        }

        #[test]
        fn several_levers_multiply_and_their_order_does_not_matter(one in 0.5_f64..1.5, other in 0.5_f64..1.5) {
            let levers = [
                Lever { of: LeverOf::Rate(0), change: Change::Relative(one - 1.0) },
                Lever { of: LeverOf::Rate(3), change: Change::Relative(other - 1.0) },
            ];
            let mut turned = levers;
            turned.reverse();
            let there = outcome(&super::change(&formula(), &levers).unwrap());
            let back = outcome(&super::change(&formula(), &turned).unwrap());
            prop_assert_eq!(there, back);
            prop_assert!((there.wins / outcome(&formula()).wins / (one * other) - 1.0).abs() < 1e-12);
        }
    }
}
