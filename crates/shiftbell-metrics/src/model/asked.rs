//! What somebody types behind `/whatif`: levers with their changes, or which one pays most.

use serde::{Deserialize, Serialize};

use super::lever::Change;
use crate::definitions::{Definitions, KpiKind, Stage, StageOf, nearest};

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhatIfAsked {
    Change {
        motion: Option<String>,
        levers: Vec<(LeverName, Change)>,
    },
    /// Which lever pays most.
    Best {
        motion: Option<String>,
    },
    /// Nothing, or `help`.
    Help,
}

/// A lever by its name: which step it is depends on the motion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeverName {
    /// Slug of the KPI of a step.
    Step(String),
    Volume,
    Price,
    Discount,
    Churn,
}

/// The words for what is no step.
const NAMES: [(&str, LeverName); 6] = [
    ("volume", LeverName::Volume),
    ("price", LeverName::Price),
    ("acv", LeverName::Price),
    ("deal-size", LeverName::Price),
    ("discount", LeverName::Discount),
    ("churn", LeverName::Churn),
];

/// Why it was not understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAsked {
    #[error("I know no lever \"{word}\".{}", did_you_mean(nearest.as_ref(), levers))]
    Unknown { word: String, nearest: Option<String>, levers: Vec<String> },
    #[error("{label} is no step on the way to a win. Levers are {}.", levers.join(", "))]
    NoStep { label: String, levers: Vec<String> },
    #[error("By how much? Write it behind the lever: {lever} +5pt, {lever} +10% or {lever} 30%.")]
    NoChange { lever: String },
    #[error("Of what? \"{word}\" stands behind no lever: write for example {example} {word}.")]
    NoLever { word: String, example: String },
    #[error("\"{word}\" is no change. Write +5pt (points), +10% (of what it is now) or 30% (its new value).")]
    NoNumber { word: String },
    #[error("\"{word}\" is the second motion: ask for one at a time.")]
    SecondMotion { word: String },
}

fn did_you_mean(nearest: Option<&String>, levers: &[String]) -> String {
    match nearest {
        Some(nearest) => format!(" Did you mean {nearest}?"),
        None => format!(" Levers are {}.", levers.join(", ")),
    }
}

/// Every name of a lever here, as it is typed.
pub fn lever_names(defs: &Definitions) -> Vec<String> {
    let steps = defs.kpis.iter().filter(|kpi| {
        kpi.not_active.is_none() && matches!(&kpi.kind, KpiKind::Conversion { from, to, .. } if is_step(defs, from, to))
    });
    let others = NAMES.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "deal-size" && name != "acv");
    steps.map(|kpi| kpi.slug.clone()).chain(others).collect()
}

/// Whether some motion goes from the one stage straight to the other, on the way to the win.
fn is_step(defs: &Definitions, from: &str, to: &str) -> bool {
    defs.motions.iter().any(|motion| {
        let is_left = |stage: &&Stage| matches!(stage.of, StageOf::Contact | StageOf::Deal);
        let chain = defs.chain.iter().filter(is_left).map(|stage| stage.id.as_str());
        let chain = chain.filter(|id| motion.stages.contains_key(*id));
        let chain: Vec<&str> = chain.collect();
        chain.windows(2).any(|pair| pair == [from, to])
    })
}

/// Reads what is typed: `mql-to-sql +5pt b2b`, `volume +10% price +10% b2b`, `best b2b`.
///
/// # Errors
/// The word that was not understood, and what would be.
pub fn read_whatif(text: &str, defs: &Definitions) -> Result<WhatIfAsked, NotAsked> {
    let words = joined(text);
    let (mut motion, mut is_best) = (None::<String>, false);
    let mut levers: Vec<(LeverName, String, Option<Change>)> = Vec::new();
    for word in words.iter().filter(|word| !["to", "by", "in", "and", "at"].contains(&word.as_str())) {
        if word == "help" {
            return Ok(WhatIfAsked::Help);
        }
        if word == "best" {
            is_best = true;
        } else if let Some(found) = defs.motions.iter().find(|motion| motion.id.eq_ignore_ascii_case(word)) {
            if motion.as_ref().is_some_and(|known| *known != found.id) {
                return Err(NotAsked::SecondMotion { word: shown(word) });
            }
            motion = Some(found.id.clone());
        } else if word.starts_with(|c: char| c.is_ascii_digit() || "+-=$.".contains(c)) {
            let change = change_of(word).ok_or_else(|| NotAsked::NoNumber { word: shown(word) })?;
            let example = || lever_names(defs).into_iter().next().unwrap_or_else(|| "volume".to_owned());
            match levers.last_mut() {
                Some((_, _, empty @ None)) => *empty = Some(change),
                Some(_) | None => return Err(NotAsked::NoLever { word: shown(word), example: example() }),
            }
        } else {
            levers.push((named(word, defs)?, shown(word), None));
        }
    }
    if is_best {
        return Ok(WhatIfAsked::Best { motion });
    }
    if levers.is_empty() {
        return Ok(WhatIfAsked::Help);
    }
    let all: Result<Vec<_>, NotAsked> = levers
        .into_iter()
        .map(|(name, word, change)| Ok((name, change.ok_or(NotAsked::NoChange { lever: word })?)))
        .collect();
    Ok(WhatIfAsked::Change { motion, levers: all? })
}

fn named(word: &str, defs: &Definitions) -> Result<LeverName, NotAsked> {
    let plain = word.replace('_', "-");
    if let Some((_, name)) = NAMES.iter().find(|(name, _)| *name == plain) {
        return Ok(name.clone());
    }
    let levers = lever_names(defs);
    match defs.kpi(&plain) {
        Some(kpi) if levers.contains(&kpi.slug) => Ok(LeverName::Step(kpi.slug.clone())),
        Some(kpi) => Err(NotAsked::NoStep { label: kpi.label.clone(), levers }),
        None => {
            let known = levers.iter().cloned().chain(defs.motions.iter().map(|motion| motion.id.clone()));
            Err(NotAsked::Unknown { word: shown(word), nearest: nearest(&plain, known), levers })
        }
    }
}

/// Words in small letters; a sign or unit that stands alone belongs to its number.
fn joined(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace().take(100).map(str::to_lowercase) {
        let is_unit = ["%", "pt", "pts", "points", "point"].contains(&word.as_str());
        match words.last_mut() {
            Some(last) if is_unit || ["+", "-", "="].contains(&last.as_str()) => last.push_str(&word),
            Some(_) | None => words.push(word),
        }
    }
    words
}

/// `+5pt`, `-10%`, `30%`, `=30%`, `25000`, `$25,000`, `25k`.
fn change_of(word: &str) -> Option<Change> {
    let is_change = word.starts_with(['+', '-']);
    let text = word.trim_start_matches('=').replace([',', '$', '_'], "");
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    for unit in ["points", "point", "pts", "pt"] {
        if let Some(points) = text.strip_suffix(unit) {
            return number(points).filter(|_| is_change).map(Change::Points);
        }
    }
    if let Some(share) = text.strip_suffix('%') {
        let share = number(share)? / 100.0;
        return Some(if is_change { Change::Relative(share) } else { Change::To(share) });
    }
    if is_change {
        return None;
    }
    match text.strip_suffix('k') {
        Some(thousands) => number(thousands).map(|thousands| Change::To(thousands * 1_000.0)),
        None => number(&text).map(Change::To),
    }
}

/// At most sixty characters of a strange word are repeated.
fn shown(word: &str) -> String {
    word.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definitions::PerMotion;
    use crate::question::sample::company;

    /// The sample company with a chain, so that its conversions are steps.
    fn definitions() -> Definitions {
        let mut defs = company();
        let stage = |id: &str| Stage {
            id: id.to_owned(),
            label: id.to_uppercase(),
            of: StageOf::Contact,
            bowtie: "education".to_owned(),
            feeds: None,
            seen_as: None,
        };
        defs.chain = ["lead", "mql", "sql", "deal", "won"].map(stage).to_vec();
        for motion in &mut defs.motions {
            motion.stages = defs.chain.iter().map(|stage| (stage.id.clone(), Vec::new())).collect();
        }
        for kpi in &mut defs.kpis {
            if let Some((from, to)) = kpi.slug.split_once("-to-") {
                let (from, to) = (from.to_owned(), to.to_owned());
                kpi.kind = KpiKind::Conversion { from, to, within: PerMotion::default(), early: PerMotion::default() };
            }
        }
        defs
    }

    fn read(text: &str) -> Result<WhatIfAsked, NotAsked> {
        read_whatif(text, &definitions())
    }

    fn wrong(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    fn step(slug: &str) -> LeverName {
        LeverName::Step(slug.to_owned())
    }

    #[test]
    fn one_lever_or_several_in_any_order() {
        let one = WhatIfAsked::Change {
            motion: Some("b2b".to_owned()),
            levers: vec![(step("mql-to-sql"), Change::Points(5.0))],
        };
        for text in ["mql-to-sql +5pt b2b", "b2b MQL-to-SQL +5 pt", "mql-conversion by + 5 points in b2b"] {
            assert_eq!(read(text).as_ref(), Ok(&one), "{text}");
        }
        let levers = vec![
            (LeverName::Volume, Change::Relative(0.1)),
            (LeverName::Price, Change::To(25_000.0)),
            (step("mql-to-sql"), Change::To(0.3)),
        ];
        let several = WhatIfAsked::Change { motion: None, levers };
        assert_eq!(read("volume +10% acv to $25,000 and mql-to-sql =30%"), Ok(several.clone()));
        assert_eq!(read("volume +10 % deal-size 25k mql_to_sql 30 %"), Ok(several));
    }

    #[test]
    fn the_best_and_help() {
        assert_eq!(read("best"), Ok(WhatIfAsked::Best { motion: None }));
        assert_eq!(read("b2b best"), Ok(WhatIfAsked::Best { motion: Some("b2b".to_owned()) }));
        assert_eq!((read(""), read("help")), (Ok(WhatIfAsked::Help), Ok(WhatIfAsked::Help)));
    }

    #[test]
    fn what_is_not_understood_is_named_with_what_would_be() {
        assert_eq!(wrong("mql-to-sgl +5pt"), "I know no lever \"mql-to-sgl\". Did you mean mql-to-sql?");
        assert!(wrong("zebra +5pt").starts_with("I know no lever \"zebra\". Levers are "));
        assert!(wrong("mql-to-sql b2b").starts_with("By how much? Write it behind the lever: mql-to-sql +5pt"));
        assert!(wrong("+5pt mql-to-sql").starts_with("Of what? \"+5pt\" stands behind no lever"));
        assert!(wrong("mql-to-sql +5pt +6pt").starts_with("Of what? \"+6pt\""));
        assert_eq!(
            wrong("mql-to-sql +5"),
            "\"+5\" is no change. Write +5pt (points), +10% (of what it is now) or 30% (its new value)."
        );
        assert!(wrong("mql-to-sql +xpt").contains("no change"));
        assert!(wrong("best b2b b2c").contains("second motion"));
        assert!(wrong("sqls +5%").contains("is no step on the way to a win"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_typed_makes_it_fail(text in "\\PC{0,80}") {
            let _ = read(&text);
        }
    }
}
