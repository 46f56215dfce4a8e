//! How long it takes when some are still there: whoever is not watched any longer hands on what it stands for, in equal parts,
//! to all who were there longer (Efron's way to the estimates of Kaplan and Meier, and of Aalen and Johansen).

/// How long somebody was there, and whether it then went on (or was lost). `None`: it is still there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) ms: i64,
    pub(crate) went_on: Option<bool>,
}

/// What each stands for in the end, in the order of their times; the last who are still there keep theirs.
fn weighed(stays: &[Stay]) -> Vec<(Stay, f64)> {
    let mut sorted = stays.to_vec();
    // At one time, who ends comes before who is only watched till then.
    sorted.sort_by_key(|stay| (stay.ms, stay.went_on.is_none()));
    let mut weights = vec![1.0 / sorted.len() as f64; sorted.len()];
    for place in 0..sorted.len() {
        let longer = sorted.len() - place - 1;
        if sorted[place].went_on.is_none() && longer > 0 {
            let part = std::mem::take(&mut weights[place]) / longer as f64;
            weights[place + 1..].iter_mut().for_each(|weight| *weight += part);
        }
    }
    sorted.into_iter().zip(weights).collect()
}

/// The first time by which those who count are so much.
fn first(weighed: &[(Stay, f64)], counts: impl Fn(Stay) -> bool, wanted: f64) -> Option<i64> {
    let mut sum = 0.0;
    let mut those = weighed.iter().filter(|(stay, _)| counts(*stay));
    let found = those.find(|(_, weight)| {
        sum += weight;
        sum >= wanted - 1e-9
    });
    found.map(|(stay, _)| stay.ms)
}

/// When a part of all have ended, either way.
pub(crate) fn share_of_all(stays: &[Stay], part: f64) -> Option<i64> {
    first(&weighed(stays), |stay| stay.went_on.is_some(), part)
}

/// When a part of those who are not lost have gone on, taking everybody who is still there for one who may.
pub(crate) fn until_won(stays: &[Stay], part: f64) -> Option<i64> {
    let weighed = weighed(stays);
    let lost: f64 = weighed.iter().filter(|(stay, _)| stay.went_on == Some(false)).map(|(_, weight)| weight).sum();
    first(&weighed, |stay| stay.went_on == Some(true), (1.0 - lost) * part)
}
