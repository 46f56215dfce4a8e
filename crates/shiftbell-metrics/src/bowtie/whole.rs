//! The bowtie of any period, whole: every volume, conversion and time from awareness to expansion by its name in the trade.

use serde::Serialize;

use crate::definitions::{Definitions, Motion, Stage, StageOf};
use crate::model::{METRICS, Metric, Unit, lifetime};
use crate::stats::Counts;

/// Years of the lifetime value: a horizon that is the same for everybody, instead of one that rests on a churn of a few.
const YEARS: u32 = 5;

/// Which stage of a motion stands at which volume of the bowtie. The parts of the chain (`bowtie = "education"`) are the
/// mapping: the last stage of people at awareness, the first at education, the first and the last at selection, the last
/// at commit. What a motion does not have stays empty.
#[derive(Clone, Debug, Default)]
pub struct Places<'a> {
    /// Prospects, leads, opportunities, qualified, wins.
    pub left: [Option<&'a Stage>; 5],
    /// The first stage of customers: the first impact.
    pub first_impact: Option<&'a Stage>,
    /// Stages that feed the beginning again: advocates, upgrades.
    pub loops: Vec<&'a Stage>,
}

/// Finds the places of a motion's own stages.
pub fn places<'a>(defs: &'a Definitions, motion: &Motion) -> Places<'a> {
    let own: Vec<&Stage> = defs.chain.iter().filter(|stage| motion.stages.contains_key(&stage.id)).collect();
    let of = |part: &'static str| own.iter().copied().filter(move |stage| stage.bowtie == part);
    let people = |stage: &&Stage| stage.of != StageOf::Visitor;
    let (first, last) = (of("selection").next(), of("selection").next_back());
    Places {
        left: [
            of("awareness").rfind(people).or_else(|| of("awareness").next_back()),
            of("education").next(),
            first,
            // One stage of selection is no two: then nothing is between it and the win.
            last.filter(|last| first.is_some_and(|first| first.id != last.id)),
            of("commit").next_back(),
        ],
        first_impact: own.iter().copied().find(|stage| stage.of == StageOf::Customer),
        loops: own.iter().copied().filter(|stage| stage.feeds.is_some()).collect(),
    }
}

/// What is known of one motion in one period. What is not known is `None`, and never zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WholeFacts {
    /// How many reached each of the five stages of the left in the period.
    pub volumes: [Option<u64>; 5],
    /// Of those who entered in the period, how many went on to the next of the five within its window.
    pub steps: [Option<Counts>; 4],
    /// Half of them were there after so many milliseconds: from each of the five to the next, then from the win to the
    /// first impact.
    pub waits_ms: [Option<i64>; 5],
    /// A year of what was won in the period, and the same at list price. Major units.
    pub committed: Option<f64>,
    pub listed: Option<f64>,
    /// Of what was won in the period: what did not end before it began.
    pub onboarded: Option<(f64, f64)>,
    /// A year of recurring revenue at the end.
    pub recurring: Option<f64>,
    /// Of what customers paid a year ago: the start, what is kept of it, what they pay now.
    pub kept: Option<(f64, f64, f64)>,
    /// Of the customers of a year ago: who no longer pays, and all.
    pub lost_customers: Option<Counts>,
}

/// One number of the bowtie.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Number {
    /// The code with its meaning: `cr5-discount`.
    pub id: &'static str,
    pub label: &'static str,
    /// Whether lower is better.
    pub lower_is_better: bool,
    /// In the unit of the number: how many, major units of money, a share of one, days. `None` where it is not known.
    pub value: Option<f64>,
    /// Of a conversion of people: its counts.
    pub counts: Option<Counts>,
}

/// Every number that the data model names, in its order.
///
/// Left of the win people and deals are counted, right of it money: nothing is divided across the knot but by the price. The
/// eighth conversion is expansion over what was kept, so that `net retention = cr7 x (1 + cr8)`.
pub fn whole(facts: &WholeFacts) -> Vec<Number> {
    METRICS.iter().map(|metric| number(metric, facts)).collect()
}

fn number(metric: &Metric, facts: &WholeFacts) -> Number {
    let code = metric.id.split('-').next().unwrap_or_default();
    let place = code.chars().last().and_then(|digit| digit.to_digit(10)).map_or(0, |digit| digit as usize);
    let counts = if code.starts_with("cr") { facts.steps.get(place - 1).copied().flatten() } else { None };
    let value = match (metric.unit, place) {
        (Unit::Count, _) => facts.volumes.get(place - 1).copied().flatten().map(|count| count as f64),
        (Unit::Money, _) => money(place, facts),
        (Unit::Share, 1..=4) => counts.and_then(Counts::rate),
        (Unit::Share, _) => share(place, facts),
        (Unit::Time, _) => time(place, facts),
    };
    let lower_is_better = metric.better == crate::definitions::Better::Lower;
    Number { id: metric.id, label: metric.label, lower_is_better, value, counts }
}

fn money(place: usize, facts: &WholeFacts) -> Option<f64> {
    match place {
        6 => facts.committed,
        7 => facts.onboarded.map(|(kept, _)| kept),
        8 => facts.recurring,
        _ => {
            let (start, _, now) = facts.kept.filter(|(start, _, _)| *start > 0.0)?;
            Some(lifetime(facts.recurring?, now / start, YEARS))
        }
    }
}

fn share(place: usize, facts: &WholeFacts) -> Option<f64> {
    match place {
        5 => Some(1.0 - facts.committed? / facts.listed.filter(|listed| *listed > 0.0)?),
        6 => facts.onboarded.filter(|(_, all)| *all > 0.0).map(|(kept, all)| kept / all),
        7 => facts.kept.filter(|(start, _, _)| *start > 0.0).map(|(start, kept, _)| kept / start),
        _ => facts.kept.filter(|(_, kept, _)| *kept > 0.0).map(|(_, kept, now)| (now - kept) / kept),
    }
}

/// In days.
fn time(place: usize, facts: &WholeFacts) -> Option<f64> {
    let days = |ms: i64| ms as f64 / crate::time::MS_PER_DAY as f64;
    match place {
        1..=4 => facts.waits_ms[place - 1].map(days),
        6 => facts.waits_ms[4].map(days),
        // Who loses one in ten a year keeps a customer for ten years. Without any loss that is not known.
        8 => facts.lost_customers.filter(|lost| lost.num > 0)?.rate().map(|lost| 365.0 / lost),
        // When something is signed, and for how long, no source tells.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(numbers: &[Number], id: &str) -> Option<f64> {
        numbers.iter().find(|number| number.id == id).unwrap().value
    }

    #[test]
    fn the_published_formula_stands_at_its_places() {
        let facts = WholeFacts {
            volumes: [Some(500), Some(75), Some(15), Some(13), Some(4)],
            steps: [(75, 500), (15, 75), (13, 15), (4, 13)].map(|(num, den)| Some(Counts::new(num, den))),
            committed: Some(69_120.0),
            listed: Some(86_400.0),
            ..WholeFacts::default()
        };
        let found = whole(&facts);
        assert_eq!(of(&found, "vm1-prospects"), Some(500.0));
        assert_eq!(of(&found, "cr1-prospect-to-lead"), Some(0.15));
        assert!((of(&found, "cr5-discount").unwrap() - 0.20).abs() < 1e-9);
        assert!(found.iter().find(|number| number.id == "cr5-discount").unwrap().lower_is_better);
        assert_eq!(of(&found, "cr7-kept"), None, "what is not known is never zero");
        assert_eq!(of(&found, "dt5-signing"), None);
    }

    #[test]
    fn ten_in_a_hundred_lost_a_year_is_ten_years() {
        let lost = WholeFacts { lost_customers: Some(Counts::new(10, 100)), ..WholeFacts::default() };
        assert_eq!(of(&whole(&lost), "dt8-customer-lifetime"), Some(3650.0));
        let none = WholeFacts { lost_customers: Some(Counts::new(0, 100)), ..WholeFacts::default() };
        assert_eq!(of(&whole(&none), "dt8-customer-lifetime"), None);
    }

    proptest! {
        /// `net retention = cr7 x (1 + cr8)`, and gross retention never exceeds it.
        #[test]
        fn what_was_kept_times_its_expansion_is_net_retention(start in 1.0_f64..1e9, kept in 0.01_f64..1.0, grown in 0.0_f64..3.0) {
            let (kept, now) = (start * kept, start * kept * (1.0 + grown));
            let found = whole(&WholeFacts { kept: Some((start, kept, now)), ..WholeFacts::default() });
            let (cr7, cr8) = (of(&found, "cr7-kept").unwrap(), of(&found, "cr8-expansion").unwrap());
            prop_assert!((cr7 * (1.0 + cr8) - now / start).abs() < 1e-9);
            prop_assert!(cr7 <= now / start + 1e-9);
        }
    }
}
