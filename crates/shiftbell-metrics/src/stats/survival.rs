//! Waiting times of which some still run: who still waits counts as waiting at least so long, and is never left out.
//!
//! Leaving out whoever still waits makes every time too short, and taking the lost for still waiting makes every win too likely.
//! These are the textbook estimators that do neither. Times are whole numbers of any unit, so that ties are exact.

use serde::{Deserialize, Serialize};

use super::interval::Interval;

/// One who was watched for so long, and whether it happened then. If not, it had not happened yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    pub time: i64,
    pub happened: bool,
}

/// The share to whom it has not happened yet, at a time at which it happened to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub time: i64,
    /// Who was still watched just before.
    pub at_risk: u64,
    /// To how many it happened then.
    pub events: u64,
    /// 0 to 1.
    pub share: f64,
    /// Standard error of the share (Greenwood). `None` once it has happened to everybody.
    pub error: Option<f64>,
    /// Of the share (log-log). `None` once it has happened to everybody.
    pub interval: Option<Interval>,
}

/// The share still waiting over time (Kaplan and Meier, 1958): the product of `1 - events / at risk`.
///
/// Its standard error is `share x √ Σ events / (at risk (at risk - events))`; the interval is taken on the scale of
/// `ln(-ln share)`, where it stays between none and all: `share ^ exp(± z √Σ / |ln share|)`. Of two things at one time, what
/// happened comes before what was only watched till then.
///
/// ```
/// use shiftbell_metrics::stats::survival::{Watched, kaplan_meier};
/// let watched = [(6, true), (6, true), (6, true), (6, false)].map(|(time, happened)| Watched { time, happened });
/// assert_eq!(kaplan_meier(&watched, 1.96)[0].share, 0.25);
/// ```
pub fn kaplan_meier(watched: &[Watched], z: f64) -> Vec<Point> {
    let (mut share, mut sum) = (1.0, 0.0);
    let mut points = Vec::new();
    for (time, at_risk, events) in times(watched) {
        let (n, d) = (at_risk as f64, events as f64);
        share *= 1.0 - d / n;
        sum += d / (n * (n - d));
        let is_left = events < at_risk && share > 0.0;
        let width = z * f64::sqrt(sum) / f64::ln(share).abs();
        points.push(Point {
            time,
            at_risk,
            events,
            share: if events == at_risk { 0.0 } else { share },
            error: is_left.then(|| share * f64::sqrt(sum)),
            interval: is_left.then(|| Interval { low: share.powf(width.exp()), high: share.powf((-width).exp()) }),
        });
    }
    points
}

/// The first time at which it has happened to this part (0.5: the median) or more of all. `None` if it never came so far while
/// anybody was watched: then the time is longer than all that is known.
///
/// ```
/// use shiftbell_metrics::stats::survival::{Watched, kaplan_meier, quantile};
/// let quick_and_waiting = [(1, true), (5, true), (9, false), (9, false), (9, false)];
/// let curve = kaplan_meier(&quick_and_waiting.map(|(time, happened)| Watched { time, happened }), 1.96);
/// assert_eq!((quantile(&curve, 0.4), quantile(&curve, 0.5)), (Some(5), None));
/// ```
pub fn quantile(curve: &[Point], part: f64) -> Option<i64> {
    // Two fifths are reached by two of five, whatever the last binary digit says.
    curve.iter().find(|point| 1.0 - point.share >= part - 1e-12).map(|point| point.time)
}

/// Each time at which something happened, who was watched just before, and to how many it happened.
fn times(watched: &[Watched]) -> Vec<(i64, u64, u64)> {
    let mut sorted = watched.to_vec();
    sorted.sort_by_key(|one| one.time);
    let mut left = sorted.len() as u64;
    let same_time = sorted.chunk_by(|one, other| one.time == other.time);
    let all = same_time.map(|chunk| {
        let at_risk = left;
        left -= chunk.len() as u64;
        (chunk[0].time, at_risk, chunk.iter().filter(|one| one.happened).count() as u64)
    });
    all.filter(|(_, _, events)| *events > 0).collect()
}

/// One who was watched for so long, and which of several endings it had then. `None`: none yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub time: i64,
    /// The number of the ending, from 0.
    pub by: Option<usize>,
}

/// The share that has ended in each way so far, at a time at which somebody ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    pub time: i64,
    pub at_risk: u64,
    /// Not ended yet.
    pub waiting: f64,
    /// By the number of the ending. Together with `waiting` they are one.
    pub ended: Vec<f64>,
}

/// How many have ended in each way over time, where one ending makes the others impossible (Aalen and Johansen, 1978): at each
/// time, of those still waiting, `endings / at risk` end so.
///
/// One minus the share of a single ending, taking the others for still waiting, says too much.
///
/// ```
/// use shiftbell_metrics::stats::survival::{Ended, aalen_johansen};
/// let deals = [(1, Some(0)), (2, Some(1)), (3, None), (4, None)].map(|(time, by)| Ended { time, by });
/// assert_eq!(aalen_johansen(&deals, 2).last().unwrap().ended, [0.25, 0.25]);
/// ```
pub fn aalen_johansen(all: &[Ended], endings: usize) -> Vec<Shares> {
    let watched: Vec<Watched> = all.iter().map(|one| Watched { time: one.time, happened: one.by.is_some() }).collect();
    let (mut waiting, mut ended) = (1.0, vec![0.0; endings]);
    let mut shares = Vec::new();
    for (time, at_risk, events) in times(&watched) {
        for (ending, share) in ended.iter_mut().enumerate() {
            let then = all.iter().filter(|one| one.time == time && one.by == Some(ending)).count();
            *share += waiting * then as f64 / at_risk as f64;
        }
        waiting *= 1.0 - events as f64 / at_risk as f64;
        shares.push(Shares { time, at_risk, waiting, ended: ended.clone() });
    }
    shares
}

/// Whether two groups wait differently.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    pub chi_square: f64,
    /// How probable so large a difference is, or a larger one, if there is none.
    pub p: f64,
}

/// The log-rank test of two groups (Mantel, 1966): at each time, how many more in the first it happened to than its part of those
/// watched would have, squared, over its variance. `None` if nothing happened while both were watched.
///
/// ```
/// use shiftbell_metrics::stats::survival::{Watched, log_rank};
/// let group = [3, 5, 8].map(|time| Watched { time, happened: true });
/// let same = log_rank(&group, &group).unwrap();
/// assert!(same.chi_square < 1e-12 && (same.p - 1.0).abs() < 1e-6);
/// ```
pub fn log_rank(one: &[Watched], other: &[Watched]) -> Option<Difference> {
    let both: Vec<Watched> = one.iter().chain(other).copied().collect();
    let (mut more, mut variance) = (0.0, 0.0);
    for (time, at_risk, events) in times(&both) {
        let (n, d) = (at_risk as f64, events as f64);
        let n_one = one.iter().filter(|watched| watched.time >= time).count() as f64;
        let d_one = one.iter().filter(|watched| watched.time == time && watched.happened).count() as f64;
        more += d_one - d * n_one / n;
        if at_risk > 1 {
            variance += d * (n_one / n) * (1.0 - n_one / n) * (n - d) / (n - 1.0);
        }
    }
    if variance <= 0.0 {
        return None;
    }
    let chi_square = more * more / variance;
    Some(Difference { chi_square, p: beyond(f64::sqrt(chi_square / 2.0)) })
}

/// `erfc(x)` for `x >= 0`: twice the part of a normal distribution beyond `x √2`. By its series near zero and its continued
/// fraction elsewhere.
fn beyond(x: f64) -> f64 {
    let root_pi = f64::sqrt(std::f64::consts::PI);
    if x < 2.0 {
        let (mut term, mut sum, mut n) = (x, x, 0.0);
        while term.abs() > 1e-17 {
            n += 1.0;
            term *= -x * x / n;
            sum += term / (2.0 * n + 1.0);
        }
        return 1.0 - 2.0 / root_pi * sum;
    }
    let fraction = (1..=120).rev().fold(x, |below, n| x + f64::from(n) / 2.0 / below);
    (-x * x).exp() / root_pi / fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::definitions::Sure;
    use crate::stats::z_of;

    /// Weeks in remission of leukaemia, with a drug and without (Freireich and others, 1963).
    const TREATED: [(i64, bool); 21] = [
        (6, true),
        (6, true),
        (6, true),
        (6, false),
        (7, true),
        (9, false),
        (10, true),
        (10, false),
        (11, false),
        (13, true),
        (16, true),
        (17, false),
        (19, false),
        (20, false),
        (22, true),
        (23, true),
        (25, false),
        (32, false),
        (32, false),
        (34, false),
        (35, false),
    ];
    const PLACEBO: [i64; 21] = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23];

    fn treated() -> Vec<Watched> {
        TREATED.map(|(time, happened)| Watched { time, happened }).to_vec()
    }

    fn placebo() -> Vec<Watched> {
        PLACEBO.map(|time| Watched { time, happened: true }).to_vec()
    }

    #[test]
    fn the_share_still_waiting_is_the_published_one() {
        let curve = kaplan_meier(&treated(), z_of(Sure::Strongly));
        let found: Vec<(i64, f64, f64)> =
            curve.iter().map(|point| (point.time, point.share, point.error.unwrap())).collect();
        let published = [
            (6, 0.857143, 0.076360),
            (7, 0.806723, 0.086935),
            (10, 0.752941, 0.096350),
            (13, 0.690196, 0.106815),
            (16, 0.627451, 0.114054),
            (22, 0.537815, 0.128234),
            (23, 0.448179, 0.134591),
        ];
        assert_eq!(found.len(), published.len());
        for (one, other) in found.iter().zip(published) {
            assert!(one.0 == other.0 && (one.1 - other.1).abs() < 5e-7 && (one.2 - other.2).abs() < 5e-7, "{one:?}");
        }
        let first = curve[0].interval.unwrap();
        assert!((first.low - 0.619718).abs() < 1e-6 && (first.high - 0.951552).abs() < 1e-6, "{first:?}");
        assert_eq!(curve[0].share, 1.0 - 3.0 / 21.0);
    }

    #[test]
    fn medians_are_23_and_8() {
        assert_eq!(quantile(&kaplan_meier(&treated(), 1.96), 0.5), Some(23));
        let placebo = kaplan_meier(&placebo(), 1.96);
        assert_eq!(quantile(&placebo, 0.5), Some(8));
        let last = placebo.last().unwrap();
        assert_eq!((last.share, last.error, last.interval), (0.0, None, None));
    }

    #[test]
    fn the_two_groups_differ_by_more_than_chance() {
        let found = log_rank(&treated(), &placebo()).unwrap();
        assert!((found.chi_square - 16.792_940_989_216_547).abs() < 1e-9);
        assert!((found.p - 4.1688e-5).abs() < 1e-9, "{}", found.p);
        assert_eq!(log_rank(&[], &[]), None);
    }

    #[test]
    fn the_tail_of_the_normal_distribution_is_exact_on_both_branches() {
        for (x, expected) in [
            (0.0, 1.0),
            (0.5, 0.479_500_122_186_953_5),
            (1.0, 0.157_299_207_050_285_13),
            (2.0, 0.004_677_734_981_047_266),
            (3.0, 2.209_049_699_858_544e-5),
        ] {
            assert!((beyond(x) - expected).abs() < 1e-13, "erfc({x}) is {}", beyond(x));
        }
    }

    /// Day and ending of ten deals: won is 0, lost 1.
    fn deals() -> Vec<Ended> {
        let all = [
            (10, Some(0)),
            (15, Some(1)),
            (20, None),
            (25, Some(0)),
            (30, Some(1)),
            (30, None),
            (40, Some(0)),
            (45, None),
            (50, Some(1)),
            (60, None),
        ];
        all.map(|(time, by)| Ended { time, by }).to_vec()
    }

    #[test]
    fn won_and_lost_exclude_each_other() {
        let expected = [
            (10, 10, 0.9, 0.1, 0.0),
            (15, 9, 0.8, 0.1, 0.1),
            (25, 7, 0.685_714_285_714_285_7, 0.214_285_714_285_714_27, 0.1),
            (30, 6, 0.571_428_571_428_571_4, 0.214_285_714_285_714_27, 0.214_285_714_285_714_27),
            (40, 4, 0.428_571_428_571_428_6, 0.357_142_857_142_857_1, 0.214_285_714_285_714_27),
            (50, 2, 0.214_285_714_285_714_27, 0.357_142_857_142_857_1, 0.428_571_428_571_428_57),
        ];
        let found = aalen_johansen(&deals(), 2);
        assert_eq!(found.len(), expected.len());
        for (one, (time, at_risk, waiting, won, lost)) in found.iter().zip(expected) {
            assert_eq!((one.time, one.at_risk), (time, at_risk));
            for (share, expected) in [(one.waiting, waiting), (one.ended[0], won), (one.ended[1], lost)] {
                assert!((share - expected).abs() < 1e-9, "{one:?}");
            }
        }
        // Taking the lost for still waiting would overstate the wins.
        let naive = kaplan_meier(
            &deals().iter().map(|one| Watched { time: one.time, happened: one.by == Some(0) }).collect::<Vec<_>>(),
            1.96,
        );
        assert!((1.0 - naive.last().unwrap().share - 0.421_428_571_428_571_4).abs() < 1e-9);
    }

    fn any_endings() -> impl Strategy<Value = Vec<Ended>> {
        let ending = prop_oneof![Just(None), Just(Some(0_usize)), Just(Some(1)), Just(Some(2))];
        proptest::collection::vec((1_i64..30, ending).prop_map(|(time, by)| Ended { time, by }), 1..40)
    }

    proptest! {
        #[test]
        fn every_share_adds_up_to_one_and_none_falls(all in any_endings()) {
            let found = aalen_johansen(&all, 3);
            for shares in &found {
                prop_assert!((shares.waiting + shares.ended.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
            for pair in found.windows(2) {
                prop_assert!(pair[0].ended.iter().zip(&pair[1].ended).all(|(before, after)| before <= after));
            }
        }

        #[test]
        fn without_anybody_still_waiting_it_is_plain_counting(times in proptest::collection::vec(1_i64..20, 1..40)) {
            let all: Vec<Watched> = times.iter().map(|time| Watched { time: *time, happened: true }).collect();
            for point in kaplan_meier(&all, 1.96) {
                let later = times.iter().filter(|time| **time > point.time).count() as f64 / times.len() as f64;
                prop_assert!((point.share - later).abs() < 1e-12);
            }
        }

        #[test]
        fn with_one_ending_both_estimators_agree(all in any_endings()) {
            let one: Vec<Ended> = all.iter().map(|ended| Ended { by: ended.by.map(|_| 0), ..*ended }).collect();
            let watched: Vec<Watched> =
                one.iter().map(|ended| Watched { time: ended.time, happened: ended.by.is_some() }).collect();
            for (shares, point) in aalen_johansen(&one, 1).iter().zip(kaplan_meier(&watched, 1.96)) {
                prop_assert!((shares.ended[0] - (1.0 - point.share)).abs() < 1e-12);
                if let Some(interval) = point.interval {
                    prop_assert!(0.0 <= interval.low && interval.low <= point.share && point.share <= interval.high && interval.high <= 1.0);
                }
            }
        }

        #[test]
        fn which_group_comes_first_does_not_matter(one in any_endings(), other in any_endings()) {
            let watched = |all: &[Ended]| -> Vec<Watched> {
                all.iter().map(|one| Watched { time: one.time, happened: one.by.is_some() }).collect()
            };
            let (there, back) = (log_rank(&watched(&one), &watched(&other)), log_rank(&watched(&other), &watched(&one)));
            prop_assert_eq!(there.is_some(), back.is_some());
            if let (Some(there), Some(back)) = (there, back) {
                prop_assert!((there.chi_square - back.chi_square).abs() < 1e-9 && (0.0..=1.0 + 1e-9).contains(&there.p));
            }
        }
    }
}
