//! Which lever pays most: each brought to its own target, or to the best it ever was.

use serde::{Deserialize, Serialize};

use super::lever::{Change, Formula, Lever, LeverOf, change, outcome};
use crate::stats::Counts;

/// What is known of a number beside its present value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    pub of: LeverOf,
    /// The company's own target: 0 to 1 for a share.
    pub target: Option<f64>,
    /// The best span of as many weeks as the formula has, and its counts where it is a rate. The present span is one of them.
    pub best: Option<Best>,
}

/// A span in which a number was at its best.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub value: f64,
    pub counts: Option<Counts>,
}

/// To where a number is brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    ToTarget,
    ToBest,
}

/// What it pays to bring one number to where it should be, or already was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    pub of: LeverOf,
    pub way: Way,
    pub from: f64,
    pub to: f64,
    pub more_wins: f64,
    /// In major units. `None` where wins have no amount.
    pub more_arr: Option<f64>,
    pub more_arr_in_a_year: Option<f64>,
    /// Whether it was ever there. `None` if nothing is known of earlier spans.
    pub was_reached: Option<bool>,
    pub best: Option<Best>,
}

/// The numbers that are short of their own target (where there is none, of their own best span), the one that pays most
/// first.
///
/// Equal relative changes are never compared: in a product ten per cent more of any factor brings the same, so that such a
/// ranking would only say which number was typed first. What pays is what a year has more of; where wins have no amount,
/// wins; and of those that pay the same the smaller change comes first.
pub fn best(formula: &Formula, reaches: &[Reach]) -> Vec<Gap> {
    let mut gaps: Vec<Gap> = reaches.iter().filter_map(|reach| gap(formula, reach)).collect();
    let pays = |gap: &Gap| gap.more_arr_in_a_year.unwrap_or(gap.more_wins);
    let size = |gap: &Gap| (gap.to - gap.from).abs();
    gaps.sort_by(|one, other| pays(other).total_cmp(&pays(one)).then_with(|| size(one).total_cmp(&size(other))));
    gaps
}

fn gap(formula: &Formula, reach: &Reach) -> Option<Gap> {
    let from = value(formula, reach.of)?;
    let is_lower_better = matches!(reach.of, LeverOf::Discount | LeverOf::Churn);
    let is_better = |one: f64, other: f64| if is_lower_better { one < other - 1e-12 } else { one > other + 1e-12 };
    let (way, to) = match (reach.target, reach.best) {
        (Some(target), _) => (Way::ToTarget, target),
        (None, Some(best)) => (Way::ToBest, best.value),
        (None, None) => return None,
    };
    if !is_better(to, from) {
        return None;
    }
    let lever = Lever { of: reach.of, change: Change::To(to) };
    let (now, then) = (outcome(formula), outcome(&change(formula, &[lever]).ok()?));
    let more = |now: Option<f64>, then: Option<f64>| Some(then? - now?);
    Some(Gap {
        of: reach.of,
        way,
        from,
        to,
        more_wins: then.wins - now.wins,
        more_arr: more(now.new_arr, then.new_arr),
        more_arr_in_a_year: more(now.arr_in_a_year, then.arr_in_a_year),
        was_reached: reach.best.map(|best| !is_better(to, best.value)),
        best: reach.best,
    })
}

fn value(formula: &Formula, of: LeverOf) -> Option<f64> {
    match of {
        LeverOf::Volume => Some(formula.volume),
        LeverOf::Rate(place) => formula.rates.get(place).copied(),
        LeverOf::Discount => formula.list_price.map(|_| formula.discount),
        LeverOf::Price => formula.list_price,
        LeverOf::Churn => Some(1.0 - formula.right.kept),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::RightSide;

    /// The b2b of the reference messages.
    fn b2b() -> Formula {
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

    fn target(of: LeverOf, target: f64) -> Reach {
        Reach { of, target: Some(target), best: None }
    }

    #[test]
    fn each_at_its_own_target_is_worth_what_the_reference_message_says() {
        let reaches = [
            target(LeverOf::Discount, 0.05),
            target(LeverOf::Rate(2), 0.60),
            target(LeverOf::Rate(3), 0.30),
            target(LeverOf::Rate(1), 0.30),
        ];
        let gaps = best(&b2b(), &reaches);
        let order: Vec<LeverOf> = gaps.iter().map(|gap| gap.of).collect();
        assert_eq!(
            order,
            [LeverOf::Rate(1), LeverOf::Rate(3), LeverOf::Discount],
            "what is above its target is no gap"
        );
        for (gap, worth) in gaps.iter().zip([31_300.0, 13_700.0, 8_900.0]) {
            assert!((gap.more_arr.unwrap() - worth).abs() < 50.0, "{gap:?}");
            assert_eq!((gap.way, gap.was_reached), (Way::ToTarget, None));
        }
    }

    #[test]
    fn without_a_target_the_own_best_weeks_are_the_measure_and_it_is_said_whether_it_was_ever_there() {
        let counts = Counts::new(97, 307);
        let own_best = Best { value: 97.0 / 307.0, counts: Some(counts) };
        let of = LeverOf::Rate(1);
        let gaps = best(&b2b(), &[Reach { of, target: None, best: Some(own_best) }]);
        assert_eq!((gaps[0].way, gaps[0].was_reached), (Way::ToBest, Some(true)));
        assert!((gaps[0].to - 97.0 / 307.0).abs() < 1e-12);
        let gaps = best(&b2b(), &[Reach { of, target: Some(0.35), best: Some(own_best) }]);
        assert_eq!((gaps[0].way, gaps[0].was_reached), (Way::ToTarget, Some(false)));
        let gaps = best(&b2b(), &[Reach { of, target: Some(0.30), best: Some(own_best) }]);
        assert_eq!(gaps[0].was_reached, Some(true));
    }

    #[test]
    fn a_discount_is_better_when_it_is_smaller() {
        let best_ever = Some(Best { value: 0.04, counts: None });
        let gaps = best(&b2b(), &[Reach { of: LeverOf::Discount, target: Some(0.05), best: best_ever }]);
        assert_eq!(gaps[0].was_reached, Some(true));
        assert!(best(&b2b(), &[target(LeverOf::Discount, 0.10)]).is_empty());
    }

    proptest! {
        #[test]
        fn the_order_is_that_of_what_each_pays_computed_by_hand(targets in proptest::collection::vec(0.01_f64..1.0, 4)) {
            let formula = b2b();
            let reaches: Vec<Reach> =
                targets.iter().enumerate().map(|(place, to)| target(LeverOf::Rate(place), *to)).collect();
            // A second way to the same: in a product a factor pays by how often it goes into its target.
            let mut by_hand: Vec<(f64, usize)> = targets
                .iter()
                .zip(&formula.rates)
                .enumerate()
                .filter(|(_, (to, from))| *to > *from)
                .map(|(place, (to, from))| (to / from, place))
                .collect();
            by_hand.sort_by(|one, other| other.0.total_cmp(&one.0));
            let found: Vec<usize> = best(&formula, &reaches)
                .iter()
                .filter_map(|gap| match gap.of {
                    LeverOf::Rate(place) => Some(place),
                    LeverOf::Volume | LeverOf::Discount | LeverOf::Price | LeverOf::Churn => None,
                })
                .collect();
            prop_assert_eq!(found, by_hand.iter().map(|(_, place)| *place).collect::<Vec<_>>());
        }
    }
}
